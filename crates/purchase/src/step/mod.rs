//! `step`: one event on one purchase.

mod authentication;
mod charge;
mod closing;
mod draft;
mod funding;
mod gift_card;
mod hold;
mod issuer_events;
mod opening;
mod paid_first;
mod rail;
mod sale;

use crate::{Booking, Effect, Event, Purchase, State, Timer};
pub use authentication::{Authentication, authentication};
use draft::{Draft, Verdict};
use ids::UnixMs;
use money::MoneyError;

/// What follows from an applied event; all of it is committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub purchase: Purchase,
    /// With their sequence numbers within the purchase.
    pub effects: Vec<(u32, Effect)>,
    pub bookings: Vec<Booking>,
    pub timers: Vec<Timer>,
    pub cancelled_timers: Vec<String>,
}

/// The answer to an event that is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Stepped {
    Applied(Box<Step>),
    /// It happened before, or means nothing any more; nothing changes.
    AlreadyApplied,
}

/// Why an event is refused. Nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// A shopper's wish that has to wait (`reveal` before the card is there).
    #[error("not ready yet")]
    NotReady,
    /// A shopper's wish that comes too late.
    #[error("too late for that")]
    TooLate,
    /// A shopper's wish that this purchase cannot be paid by.
    #[error("not this way")]
    OtherWay,
    /// A shopper's wish that was granted often enough.
    #[error("too often")]
    TooOften,
    /// The price fell since the quote; the purchase waits for a better one or is cancelled.
    #[error("the price moved")]
    PriceMoved,
    /// Too close to the claim deadline, or the chain tip is not known.
    #[error("the claim deadline is near")]
    DeadlineNear,
    /// An HTLC that belongs to no invoice of this purchase: it is returned.
    #[error("no invoice of this purchase has that hash")]
    UnknownHash,
    /// It contradicts what we did: the purchase is parked for the operator with this word.
    #[error("unexpected: {0}")]
    Unexpected(&'static str),
    /// An amount outside all limits.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Applies `event` to `purchase` (none only for [`Event::Created`]).
pub fn step(purchase: Option<&Purchase>, event: &Event, now: UnixMs) -> Result<Stepped, Rejected> {
    let Some(purchase) = purchase else {
        let Event::Created(creation) = event else {
            return Err(Rejected::Unexpected("an event before the creation"));
        };
        let mut draft = Draft::new(Purchase::new((**creation).clone(), now), now);
        opening::created(&mut draft)?;
        return Ok(draft.applied());
    };
    let mut draft = Draft::new(purchase.clone(), now);
    match dispatch(&mut draft, event)? {
        Verdict::Applied => Ok(draft.applied()),
        Verdict::Already => Ok(Stepped::AlreadyApplied),
    }
}

fn dispatch(d: &mut Draft, event: &Event) -> Result<Verdict, Rejected> {
    match event {
        Event::Created(_) => Ok(Verdict::Already),
        Event::QuoteGiven { quote, terms_hash } => opening::quote_given(d, quote, *terms_hash),
        Event::InvoiceIssued { number, payment_hash, bolt11 } => {
            opening::invoice_issued(d, *number, *payment_hash, bolt11)
        }
        Event::InvoiceFailed { .. } => opening::invoice_failed(d),
        Event::RailChosen { rail } => rail::chosen(d, *rail),
        Event::CancelRequested => closing::cancel_requested(d),
        Event::RevealRequested { executable, tip } => funding::reveal_requested(d, *executable, *tip),
        Event::HtlcHeld { payment_hash, amount_msat, claim_deadline, tip } => {
            hold::htlc_held(d, *payment_hash, *amount_msat, *claim_deadline, *tip)
        }
        Event::HtlcClaimed { payment_hash, amount_msat } => funding::htlc_claimed(d, *payment_hash, *amount_msat),
        Event::HtlcReturned { payment_hash } => hold::htlc_returned(d, *payment_hash),
        Event::CardCreated { card } => opening::card_created(d, card),
        Event::CardFailed { .. } => opening::card_failed(d),
        Event::LimitRaised => funding::limit_raised(d),
        Event::LimitFailed { .. } => funding::limit_failed(d),
        Event::CardClosed => closing::card_closed(d),
        Event::ChargeRequested(charge) => charge::charge_requested(d, charge),
        Event::ChargeAuthorized { charge_id, amount } => issuer_events::authorized(d, charge_id, *amount),
        Event::ChargeDeclined { charge_id } => issuer_events::declined(d, charge_id),
        Event::ChargeCaptured { charge_id, amount } => issuer_events::captured(d, charge_id, *amount),
        Event::ChargeReversed { charge_id, amount } => issuer_events::reversed(d, charge_id, *amount),
        Event::ForceCaptured { amount, .. } => issuer_events::force_captured(d, *amount),
        Event::StoreRefunded { amount, .. } => issuer_events::store_refunded(d, *amount),
        Event::StoreRefundReversed { amount, .. } => issuer_events::store_refund_reversed(d, *amount),
        Event::ChargeDisputed { charge_id, dispute_id, amount, state } => {
            issuer_events::disputed(d, charge_id, dispute_id, *amount, *state)
        }
        Event::ChallengeAsked { authentication_id, amount, merchant, answer_by } => {
            authentication::asked(d, authentication_id, *amount, merchant, *answer_by)
        }
        Event::ChallengeEnded { authentication_id, .. } => authentication::ended(d, authentication_id),
        Event::SaleClosed { attempt, sold, proceeds, fee_minor, fee_sat } => {
            sale::closed(d, *attempt, *sold, *proceeds, *fee_minor, *fee_sat)
        }
        Event::SaleFailed { attempt, .. } => sale::failed(d, *attempt),
        Event::SaleGivenUp { attempt, .. } => sale::given_up(d, *attempt),
        Event::VendorOrdered { order_id, payment_hash, bolt11, amount_msat, final_cltv_delta } => {
            gift_card::ordered(d, order_id, *payment_hash, bolt11, *amount_msat, *final_cltv_delta)
        }
        Event::VendorOrderFailed { .. } => gift_card::order_failed(d),
        Event::VendorPaid { fee_msat } => gift_card::paid(d, *fee_msat),
        Event::VendorSendFailed { .. } => gift_card::send_failed(d),
        Event::VendorDelivered => gift_card::delivered(d),
        Event::VendorFailed { .. } => gift_card::failed(d),
        Event::FundsConfirmed => paid_first::confirmed(d),
        Event::FundsRequested { target, seen_msat } => paid_first::requested(d, target, *seen_msat),
        Event::FundsRequestFailed { .. } => paid_first::request_failed(d),
        Event::FundsArrived { amount_msat, executable } => paid_first::arrived(d, *amount_msat, *executable),
        Event::QuoteExpired => opening::quote_expired(d),
        Event::HoldWindowEnded => hold::window_ended(d),
        Event::DeadlineNear { .. } => hold::deadline_near(d),
        Event::AnswerTimedOut { request_id } => charge::answer_timed_out(d, request_id),
        Event::CardOpenEnded => closing::card_open_ended(d),
        Event::Parked { reason } => closing::parked(d, reason),
        Event::Resumed => closing::resumed(d),
    }
}

/// The state that a log leads to; `None` for an empty log. An event that the log holds was applied once, so a refusal
/// here means that log and program do not fit together.
pub fn replay<'a>(log: impl IntoIterator<Item = (&'a Event, UnixMs)>) -> Result<Option<Purchase>, Rejected> {
    let mut purchase: Option<Purchase> = None;
    for (event, at) in log {
        match step(purchase.as_ref(), event, at)? {
            Stepped::Applied(step) => purchase = Some(step.purchase),
            Stepped::AlreadyApplied => return Err(Rejected::Unexpected("an event in the log that changes nothing")),
        }
    }
    Ok(purchase)
}

/// States in which an unfunded purchase may be closed without asking anybody.
pub(crate) const fn unwindable(state: State, funded: bool) -> bool {
    match state {
        State::Opened | State::CardPrepared | State::Quoted | State::Invoiced | State::AwaitingFunds | State::Held => {
            true
        }
        State::CardReady => !funded,
        State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => false,
    }
}
