//! One event on one refund.

use super::{
    Destination, PaidFrom, Refund, RefundEffect, RefundEvent, RefundSend, RefundState, RefundStep, RefundTimer, Stop,
    WithdrawLink,
};
use crate::{Booking, OwedAmount, Parked, Rejected};
use ids::{LinkHash, PaymentHash, UnixMs};
use money::{Money, Msat, Rate};

/// Shortest and longest pause before a refund is tried again; doubled each time.
const RETRY_MS_MIN: u64 = 15_000;
const RETRY_MS_MAX: u64 = 6 * 3_600_000;

/// `Ok(None)`: known already, nothing changes.
pub fn step_refund(refund: Option<&Refund>, event: &RefundEvent, now: UnixMs) -> Result<Option<RefundStep>, Rejected> {
    let Some(refund) = refund else {
        return opened(event, now).map(Some);
    };
    let mut d = Draft::new(refund.clone(), now);
    let applied = match event {
        RefundEvent::Opened { .. } => false,
        RefundEvent::DestinationGiven { destination } => destination_given(&mut d, destination)?,
        RefundEvent::LinkOffered { hash, amount_msat, rate, expires_at } => {
            let link = WithdrawLink {
                hash: *hash,
                amount_msat: *amount_msat,
                rate: *rate,
                expires_at: *expires_at,
                invoice: None,
            };
            link_offered(&mut d, link)?
        }
        RefundEvent::LinkUsed { hash, invoice } => link_used(&mut d, *hash, invoice)?,
        RefundEvent::WaitEnded => wait_ended(&mut d),
        RefundEvent::Prepared { send, attempt } => prepared(&mut d, send, *attempt)?,
        RefundEvent::PrepareFailed { reason, ask_again, attempt } => {
            prepare_failed(&mut d, reason, *ask_again, *attempt)
        }
        RefundEvent::SendSucceeded { payment_hash, fee_msat, taken_msat } => {
            succeeded(&mut d, *payment_hash, *fee_msat, *taken_msat)?
        }
        RefundEvent::SendFailed { payment_hash, reason } => failed(&mut d, *payment_hash, reason)?,
        RefundEvent::RetryDue => retry(&mut d),
        RefundEvent::Reclaimed { amount } => reclaimed(&mut d, *amount)?,
        RefundEvent::Parked { reason } if d.r.parked.as_ref().is_some_and(|parked| parked.reason == *reason) => false,
        RefundEvent::Parked { reason } => {
            d.r.parked = Some(Parked { reason: reason.clone(), at: now });
            d.r.stop = None;
            true
        }
        RefundEvent::Stopped { stop, reason } => stopped(&mut d, *stop, reason),
        RefundEvent::Resumed => resumed(&mut d),
    };
    Ok(applied.then(|| d.done()))
}

struct Draft {
    r: Refund,
    now: UnixMs,
    effects: Vec<(u32, RefundEffect)>,
    bookings: Vec<Booking>,
    timers: Vec<RefundTimer>,
}

impl Draft {
    fn new(r: Refund, now: UnixMs) -> Self {
        Self { r, now, effects: Vec::new(), bookings: Vec::new(), timers: Vec::new() }
    }

    fn done(self) -> RefundStep {
        RefundStep { refund: self.r, effects: self.effects, bookings: self.bookings, timers: self.timers }
    }

    fn effect(&mut self, effect: RefundEffect) {
        self.r.effects += 1;
        self.effects.push((self.r.effects, effect));
    }

    /// As far as it gets: to the shopper's answer, the end of the wait, or the preparation.
    fn advance(&mut self) {
        match self.r.destination.clone() {
            _ if self.now < self.r.not_before => {
                self.r.state = RefundState::Waiting;
                self.timers.push(RefundTimer::Wait(self.r.not_before));
            }
            None => self.r.state = RefundState::AwaitingDestination,
            Some(destination) => {
                self.r.state = RefundState::Preparing;
                self.r.attempts += 1;
                let (amount, attempt) = (self.r.amount, self.r.attempts);
                self.effect(RefundEffect::Prepare { amount, destination, attempt });
            }
        }
    }

    /// What it waited for is there.
    fn go_on(&mut self) {
        if self.r.stop.take().is_some() {
            self.r.parked = None;
        }
    }

    fn retry_later(&mut self) {
        let doublings = self.r.attempts.min(12);
        let pause_ms = RETRY_MS_MIN.saturating_mul(1 << doublings).min(RETRY_MS_MAX);
        self.timers.push(RefundTimer::Retry(self.now.plus_ms(pause_ms)));
    }
}

fn opened(event: &RefundEvent, now: UnixMs) -> Result<RefundStep, Rejected> {
    let RefundEvent::Opened { id, purchase, account, number, amount, cause, destination, not_before } = event else {
        return Err(Rejected::Unexpected("an event before the creation"));
    };
    let mut d = Draft::new(
        Refund {
            id: *id,
            purchase: *purchase,
            account: *account,
            number: *number,
            amount: *amount,
            cause: *cause,
            state: RefundState::AwaitingDestination,
            destination: destination.clone(),
            link: None,
            not_before: *not_before,
            created_at: now,
            send: None,
            payment_hashes: Vec::new(),
            attempts: 0,
            last_problem: None,
            paid_fee_msat: None,
            taken_msat: None,
            parked: None,
            stop: None,
            despite_loss: false,
            effects: 0,
        },
        now,
    );
    d.advance();
    Ok(d.done())
}

fn destination_given(d: &mut Draft, destination: &Destination) -> Result<bool, Rejected> {
    if d.r.destination.as_ref() == Some(destination) && d.r.state != RefundState::AwaitingDestination {
        return Ok(false);
    }
    match d.r.state {
        // Nothing is live while it is prepared, and what is fetched for the old destination is dropped by its number.
        RefundState::AwaitingDestination | RefundState::Preparing => {
            d.r.link = None;
            go_to(d, destination.clone());
            Ok(true)
        }
        RefundState::Waiting if d.r.destination.is_none() => {
            d.r.destination = Some(destination.clone());
            Ok(true)
        }
        RefundState::Waiting | RefundState::Sending | RefundState::Paid | RefundState::Cancelled => {
            Err(Rejected::TooLate)
        }
    }
}

fn go_to(d: &mut Draft, destination: Destination) {
    d.r.destination = Some(destination);
    d.r.last_problem = None;
    d.advance();
}

fn link_offered(d: &mut Draft, link: WithdrawLink) -> Result<bool, Rejected> {
    match d.r.state {
        RefundState::AwaitingDestination | RefundState::Preparing => {}
        RefundState::Waiting => return Err(Rejected::NotReady),
        RefundState::Sending | RefundState::Paid | RefundState::Cancelled => return Err(Rejected::TooLate),
    }
    if d.r.link.as_ref().is_some_and(|known| known.hash == link.hash) {
        return Ok(false);
    }
    if !owes(&d.r.amount, PaidFrom::Node, link.amount_msat, link.rate)? {
        // Part of it was reclaimed while it was being priced.
        return Err(Rejected::NotReady);
    }
    // Another way than the one that does not get anywhere.
    d.r.destination = None;
    d.r.state = RefundState::AwaitingDestination;
    d.r.link = Some(link);
    Ok(true)
}

fn link_used(d: &mut Draft, hash: LinkHash, invoice: &str) -> Result<bool, Rejected> {
    let Some(link) = d.r.link.as_mut().filter(|link| link.hash == hash) else { return Err(Rejected::TooLate) };
    if link.invoice.as_deref() == Some(invoice) && d.r.state != RefundState::AwaitingDestination {
        return Ok(false);
    }
    let open = d.r.state == RefundState::AwaitingDestination && link.invoice.is_none();
    if !open || d.now >= link.expires_at {
        return Err(Rejected::TooLate);
    }
    link.invoice = Some(invoice.to_owned());
    let rate = link.rate;
    go_to(d, Destination::Withdrawn { invoice: invoice.to_owned(), rate });
    Ok(true)
}

/// Is this what is owed, at that rate?
fn owes(amount: &OwedAmount, from: PaidFrom, amount_msat: Msat, rate: Option<Rate>) -> Result<bool, Rejected> {
    Ok(match (*amount, rate) {
        (OwedAmount::Bitcoin(owed), None) => owed == amount_msat,
        (OwedAmount::Currency(owed), Some(rate)) => from.pays(rate.msat_floor(owed)?) == amount_msat,
        (OwedAmount::Bitcoin(_) | OwedAmount::Currency(_), _) => false,
    })
}

fn wait_ended(d: &mut Draft) -> bool {
    let due = d.r.state == RefundState::Waiting && d.now >= d.r.not_before;
    if due {
        d.advance();
    }
    due
}

/// Is this what came of the newest preparation?
fn newest(d: &Draft, attempt: u32) -> bool {
    d.r.state == RefundState::Preparing && (attempt == 0 || attempt == d.r.attempts)
}

fn prepared(d: &mut Draft, send: &RefundSend, attempt: u32) -> Result<bool, Rejected> {
    if !newest(d, attempt) {
        return Ok(false);
    }
    if d.r.payment_hashes.contains(&send.payment_hash) {
        // One hash is tried once: a wallet that shows an old invoice, or an address that answers with one.
        let invoice = matches!(d.r.destination, Some(Destination::Bolt11 { .. } | Destination::Withdrawn { .. }));
        return Ok(prepare_failed(d, "this invoice was tried before and could not be paid", invoice, attempt));
    }
    if !owes(&d.r.amount, send.from, send.amount_msat, send.rate)? {
        return Err(Rejected::Unexpected("a refund of another amount than is owed"));
    }
    if let OwedAmount::Currency(owed) = d.r.amount {
        d.bookings.push(Booking::RefundPriced { owed, amount_msat: send.amount_msat });
    }
    d.bookings.push(Booking::RefundStarted { from: send.from, amount_msat: send.amount_msat });
    d.r.payment_hashes.push(send.payment_hash);
    d.r.send = Some(send.clone());
    d.r.state = RefundState::Sending;
    d.effect(RefundEffect::Send { send: send.clone() });
    Ok(true)
}

fn prepare_failed(d: &mut Draft, reason: &str, ask_again: bool, attempt: u32) -> bool {
    if !newest(d, attempt) {
        return false;
    }
    d.r.last_problem = Some(reason.to_owned());
    if ask_again {
        d.r.destination = None;
        d.r.state = RefundState::AwaitingDestination;
    } else {
        d.retry_later();
    }
    true
}

/// The send under way, if the hash is its own; `None` for an old hash whose end is known.
fn live(d: &Draft, payment_hash: PaymentHash) -> Result<Option<RefundSend>, Rejected> {
    if !d.r.payment_hashes.contains(&payment_hash) {
        return Err(Rejected::UnknownHash);
    }
    let current = d.r.send.clone().filter(|send| send.payment_hash == payment_hash);
    Ok(current.filter(|_| d.r.state == RefundState::Sending))
}

fn succeeded(d: &mut Draft, payment_hash: PaymentHash, fee_msat: Msat, taken_msat: Msat) -> Result<bool, Rejected> {
    let Some(send) = live(d, payment_hash)? else {
        let known = d.r.state == RefundState::Paid && d.r.send.as_ref().is_some_and(|s| s.payment_hash == payment_hash);
        return if known { Ok(false) } else { Err(Rejected::Unexpected("a refund that had failed was paid")) };
    };
    d.bookings.push(Booking::RefundSent { from: send.from, amount_msat: send.amount_msat, fee_msat });
    d.r.paid_fee_msat = Some(fee_msat);
    d.r.taken_msat = Some(taken_msat).filter(|taken| !taken.is_zero());
    d.r.state = RefundState::Paid;
    d.r.last_problem = None;
    d.go_on();
    Ok(true)
}

fn failed(d: &mut Draft, payment_hash: PaymentHash, reason: &str) -> Result<bool, Rejected> {
    let Some(send) = live(d, payment_hash)? else {
        return if d.r.state == RefundState::Paid {
            Err(Rejected::Unexpected("a paid refund failed"))
        } else {
            Ok(false)
        };
    };
    d.bookings.push(Booking::RefundFailed { from: send.from, amount_msat: send.amount_msat });
    if let OwedAmount::Currency(owed) = d.r.amount {
        d.bookings.push(Booking::RefundUnpriced { owed, amount_msat: send.amount_msat });
    }
    d.r.send = None;
    d.r.last_problem = Some(reason.to_owned());
    d.go_on();
    match d.r.destination {
        // An invoice is good for one hash only.
        Some(Destination::Bolt11 { .. } | Destination::Withdrawn { .. }) | None => {
            d.r.destination = None;
            d.r.state = RefundState::AwaitingDestination;
        }
        Some(
            Destination::LightningAddress { .. } | Destination::LinkedAccount { .. } | Destination::OnChain { .. },
        ) => {
            d.r.state = RefundState::Preparing;
            d.retry_later();
        }
    }
    Ok(true)
}

fn retry(d: &mut Draft) -> bool {
    let due = d.r.state == RefundState::Preparing;
    if due {
        d.advance();
    }
    due
}

/// The store took it back: what is not under way is not paid out.
fn reclaimed(d: &mut Draft, amount: Money) -> Result<bool, Rejected> {
    if amount.is_zero() {
        return Ok(false);
    }
    match d.r.state {
        RefundState::AwaitingDestination | RefundState::Waiting => {}
        // No hash is live yet; what is being prepared for the old amount is dropped when it arrives.
        RefundState::Preparing if d.r.amount == OwedAmount::Currency(amount) => {}
        RefundState::Preparing | RefundState::Sending | RefundState::Paid | RefundState::Cancelled => {
            return Err(Rejected::TooLate);
        }
    }
    let OwedAmount::Currency(owed) = d.r.amount else { return Err(Rejected::TooLate) };
    let left = owed.checked_sub(amount)?;
    d.bookings.push(Booking::RefundCancelled { owed: amount });
    // Its amount is not what is owed any more.
    d.r.link = None;
    d.r.amount = OwedAmount::Currency(left);
    if left.is_zero() {
        d.r.state = RefundState::Cancelled;
        d.go_on();
    }
    Ok(true)
}

fn stopped(d: &mut Draft, stop: Stop, reason: &str) -> bool {
    let said = d.r.parked.as_ref().is_some_and(|parked| parked.reason == reason);
    let open = matches!(d.r.state, RefundState::Preparing | RefundState::Sending);
    // What the operator has to look into is not written over by what ends by itself.
    let grave = d.r.parked.is_some() && d.r.stop.is_none();
    if said || !open || grave {
        return false;
    }
    d.r.parked = Some(Parked { reason: reason.to_owned(), at: d.now });
    d.r.stop = Some(stop);
    true
}

fn resumed(d: &mut Draft) -> bool {
    if d.r.parked.take().is_none() {
        return false;
    }
    d.r.despite_loss |= d.r.stop.take() == Some(Stop::FundsGone);
    match (d.r.state, d.r.send.clone()) {
        // The same hash again: the node looks it up, it is never sent twice.
        (RefundState::Sending, Some(send)) => d.effect(RefundEffect::Send { send }),
        (RefundState::Preparing, _) => d.advance(),
        (
            RefundState::AwaitingDestination
            | RefundState::Waiting
            | RefundState::Sending
            | RefundState::Paid
            | RefundState::Cancelled,
            _,
        ) => {}
    }
    true
}
