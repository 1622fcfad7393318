//! A purchase while it is being changed.

use super::{Step, Stepped};
use crate::{
    Booking, CardState, CloseCause, Closing, Effect, Owed, OwedAmount, OwedCause, Parked, Purchase, State, Timer,
};
use ids::UnixMs;
use money::{Money, MoneyError, Msat};

/// What a handler says of an event that it does not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Applied,
    Already,
}

/// Collects the consequences; thrown away if the event turns out to be refused or known.
pub(super) struct Draft {
    pub p: Purchase,
    pub now: UnixMs,
    effects: Vec<(u32, Effect)>,
    bookings: Vec<Booking>,
    timers: Vec<Timer>,
    cancelled: Vec<String>,
}

impl Draft {
    pub fn new(p: Purchase, now: UnixMs) -> Self {
        Self { p, now, effects: Vec::new(), bookings: Vec::new(), timers: Vec::new(), cancelled: Vec::new() }
    }

    pub fn applied(self) -> Stepped {
        Stepped::Applied(Box::new(Step {
            purchase: self.p,
            effects: self.effects,
            bookings: self.bookings,
            timers: self.timers,
            cancelled_timers: self.cancelled,
        }))
    }

    pub fn to(&mut self, state: State) {
        if self.p.state != state {
            self.p.state = state;
            self.p.state_since = self.now;
        }
    }

    pub fn effect(&mut self, effect: Effect) {
        self.p.effects += 1;
        self.effects.push((self.p.effects, effect));
    }

    pub fn book(&mut self, booking: Booking) {
        self.bookings.push(booking);
    }

    pub fn timer(&mut self, timer: Timer) {
        let name = timer.name();
        self.cancelled.retain(|cancelled| *cancelled != name);
        self.timers.push(timer);
    }

    pub fn cancel(&mut self, name: &str) {
        self.timers.retain(|timer| timer.name() != name);
        if !self.cancelled.iter().any(|known| known == name) {
            self.cancelled.push(name.to_owned());
        }
    }

    /// The order total; a purchase has one from its quote on.
    pub fn order_total(&self) -> Money {
        self.p.order_total().unwrap_or(Money::zero(self.p.currency))
    }

    pub fn money(&self, minor: u64) -> Result<Money, MoneyError> {
        Money::new(minor, self.p.currency)
    }

    /// The order total and what the store may add to it.
    pub fn limit(&self) -> Result<Money, MoneyError> {
        self.order_total().checked_add(self.money(self.p.policy.tolerance_minor)?)
    }

    /// Before the claim: from this commit on everything is declined. The HTLC is failed back without waiting for the
    /// issuer; the card's closing is retried until confirmed.
    pub fn close(&mut self, cause: CloseCause) {
        self.to(State::Closing);
        self.p.closing = Some(Closing { cause });
        for name in [Timer::QUOTE, Timer::HOLD, Timer::CARD_OPEN] {
            self.cancel(name);
        }
        if let Some(hold) = self.p.hold.filter(|hold| !hold.returned) {
            self.effect(Effect::ReturnHtlc { payment_hash: hold.payment_hash });
        }
        self.close_card();
        // Lost ones were paid by us.
        if let Some(vendor) = self.p.vendor.clone().filter(|_| cause != CloseCause::NodeReturned) {
            self.effect(Effect::WatchOrder { order_id: vendor.order_id, bolt11: vendor.bolt11 });
        }
        self.finish_closing();
    }

    /// Asks the issuer to close the card, once.
    pub fn close_card(&mut self) {
        let Some(card) = self.p.card.as_mut() else { return };
        if let (CardState::Open, Some(reference)) = (card.state, card.card.clone()) {
            card.state = CardState::Closing;
            self.effect(Effect::CloseCard { card: reference });
        }
    }

    /// Terminal once the HTLC is back and no card can be used.
    pub fn finish_closing(&mut self) {
        let Some(closing) = self.p.closing.filter(|_| self.p.state == State::Closing) else { return };
        let back = self.p.hold.is_none_or(|hold| hold.returned);
        if back && self.card_is_dead() {
            self.to(if closing.cause == CloseCause::QuoteExpired { State::Expired } else { State::Returned });
        }
    }

    fn card_is_dead(&self) -> bool {
        self.p.card.as_ref().is_none_or(|card| matches!(card.state, CardState::Closed | CardState::Failed))
    }

    /// After the claim: close the card; what is left when no charge is open is owed.
    pub fn wind_up(&mut self) -> Result<(), MoneyError> {
        self.p.winding_up = true;
        self.cancel(Timer::CARD_OPEN);
        self.close_card();
        self.finish_winding_up()
    }

    pub fn finish_winding_up(&mut self) -> Result<(), MoneyError> {
        let live = matches!(self.p.state, State::Funded | State::CardReady) && self.p.winding_up;
        if !live || !self.card_is_dead() || self.p.open_charges_minor() > 0 {
            return Ok(());
        }
        self.complete()
    }

    /// `captured + owed - overrun = funded`.
    pub fn complete(&mut self) -> Result<(), MoneyError> {
        let total = self.order_total();
        let used = self.p.captured_minor.saturating_sub(self.p.overrun_minor);
        let left = total.minor().saturating_sub(used);
        if let (Some(funding), true) = (self.p.funding, used == 0 && !self.p.ever_charged()) {
            let undone = self.conversion(funding.amount_msat)?;
            self.book(Booking::ConversionUndone {
                claimed_msat: funding.amount_msat,
                rounding_msat: undone.rounding_msat,
                market_value: undone.market_value,
                order_total: undone.order_total,
                fee: undone.fee,
            });
            self.owe(OwedAmount::Bitcoin(funding.amount_msat), OwedCause::NeverCharged);
        } else if left > 0 {
            let cause = if used == 0 { OwedCause::Voided } else { OwedCause::CapturedInPart };
            self.owe(OwedAmount::Currency(self.money(left)?), cause);
        }
        self.cancel(Timer::CARD_OPEN);
        self.close_card();
        self.to(State::Completed);
        Ok(())
    }

    /// The held amount, split at what the invoice asks.
    pub fn held_parts(&self, amount_msat: Msat) -> (Msat, Msat) {
        let asked = self.p.quote.as_ref().map_or(amount_msat, |quote| quote.amount_msat);
        (amount_msat.min(asked), amount_msat.saturating_sub(asked))
    }

    /// For the operator to look at; nothing stops.
    pub fn park(&mut self, reason: &str) {
        self.p.parked = Some(Parked { reason: reason.to_owned(), at: self.now });
    }

    /// Opens a refund for an amount.
    pub fn owe(&mut self, amount: OwedAmount, cause: OwedCause) {
        let number = u32::try_from(self.p.owed.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.p.owed.push(Owed { number, amount, cause });
        match cause {
            OwedCause::NeverCharged | OwedCause::Voided | OwedCause::CapturedInPart | OwedCause::NotDelivered => {
                self.book(Booking::OwedOpened { amount, cause });
            }
            // Booked as owed when it came.
            OwedCause::StoreRefund | OwedCause::Overpaid | OwedCause::ArrivedLate => {}
        }
        self.effect(Effect::OpenRefund { number, amount, cause });
    }
}
