//! The HTLC: accepted, returned, too late, too short.

use super::Rejected;
use super::draft::{Draft, Verdict};
use super::funding::start_claim;
use super::opening::request_card;
use crate::{
    Booking, ClaimOn, CloseCause, Decision, DeclineReason, Effect, Flow, Hold, PreimageSource, State, Timer, Tip,
};
use ids::PaymentHash;
use money::Msat;

pub(super) fn htlc_held(
    d: &mut Draft,
    payment_hash: PaymentHash,
    amount_msat: Msat,
    claim_deadline: u32,
    tip: Tip,
) -> Result<Verdict, Rejected> {
    if !d.p.payment_hashes.contains(&payment_hash) {
        return Err(Rejected::UnknownHash);
    }
    let current = d.p.invoice.as_ref().is_some_and(|invoice| invoice.payment_hash == payment_hash);
    match d.p.state {
        State::Invoiced if current => invoiced(d, payment_hash, amount_msat, claim_deadline, tip),
        // Told again, or a second payer: failing the hash would fail the whole hold. The node refuses the second.
        State::Held | State::CardReady | State::PayingVendor | State::Claiming | State::Funded | State::Completed
            if current =>
        {
            Ok(Verdict::Already)
        }
        // Nobody waits for it (any more): it goes back.
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => {
            d.effect(Effect::ReturnHtlc { payment_hash });
            Ok(Verdict::Applied)
        }
    }
}

fn invoiced(
    d: &mut Draft,
    payment_hash: PaymentHash,
    amount_msat: Msat,
    claim_deadline: u32,
    tip: Tip,
) -> Result<Verdict, Rejected> {
    let quote = d.p.quote.clone().ok_or(Rejected::Unexpected("an invoice without a quote"))?;
    let policy = d.p.policy.clone();
    let vendor_blocks = if policy.flow == Flow::GiftCard { policy.vendor_blocks_max } else { 0 };
    let needed = tip.height.saturating_add(policy.deadline_margin_blocks).saturating_add(vendor_blocks);
    if d.now > quote.expires_at {
        d.effect(Effect::ReturnHtlc { payment_hash });
        if policy.flow == Flow::CardFirst {
            d.p.invoice = None;
            d.to(State::CardPrepared);
        } else {
            d.close(CloseCause::QuoteExpired);
        }
        return Ok(Verdict::Applied);
    }
    // Where the way back ends at once, a height that may be old is no height.
    let pivot_now =
        policy.flow == Flow::GiftCard || (policy.flow == Flow::CardFirst && policy.claim_on == ClaimOn::Reveal);
    if amount_msat < quote.amount_msat || claim_deadline <= needed || (pivot_now && !tip.fresh) {
        d.effect(Effect::ReturnHtlc { payment_hash });
        return Ok(Verdict::Applied);
    }
    let preimage = match policy.flow {
        Flow::GiftCard => PreimageSource::Learned,
        Flow::Card | Flow::CardFirst | Flow::PaidFirst => {
            let invoice_number = d.p.invoice_number().ok_or(Rejected::Unexpected("an invoice without a quote"))?;
            PreimageSource::Derived { invoice_number }
        }
    };
    let hold = Hold { payment_hash, amount_msat, claim_deadline, held_at: d.now, preimage, returned: false };
    d.p.hold = Some(hold);
    d.cancel(Timer::QUOTE);
    let (invoiced_msat, excess_msat) = d.held_parts(amount_msat);
    d.book(Booking::HoldAccepted { invoiced_msat, excess_msat });
    let limit = d.limit()?;
    match (policy.flow, policy.claim_on) {
        (Flow::GiftCard, _) => return pay_vendor(d),
        (Flow::CardFirst, ClaimOn::Reveal) => start_claim(d)?,
        (Flow::CardFirst, ClaimOn::Authorization) => {
            d.to(State::Held);
            let card = d.p.live_card().ok_or(Rejected::Unexpected("a prepared card is missing"))?.to_owned();
            d.effect(Effect::RaiseLimit { card, limit });
            hold_timer(d);
        }
        (Flow::Card | Flow::PaidFirst, ClaimOn::Authorization | ClaimOn::Reveal) => {
            d.to(State::Held);
            request_card(d, limit);
            hold_timer(d);
        }
    }
    Ok(Verdict::Applied)
}

fn hold_timer(d: &mut Draft) {
    let due_at = d.now.plus_ms(d.p.policy.hold_ms_max);
    d.timer(Timer::Hold(due_at));
}

/// The pivot of a gift card: from here the HTLC goes back only if the paying node says that the send failed.
fn pay_vendor(d: &mut Draft) -> Result<Verdict, Rejected> {
    let vendor = d.p.vendor.clone().ok_or(Rejected::Unexpected("a gift card without an order"))?;
    d.to(State::PayingVendor);
    d.book(Booking::VendorSendStarted { amount_msat: vendor.amount_msat });
    super::gift_card::send(d, vendor);
    Ok(Verdict::Applied)
}

pub(super) fn htlc_returned(d: &mut Draft, payment_hash: PaymentHash) -> Result<Verdict, Rejected> {
    let Some(hold) = d.p.hold.filter(|hold| hold.payment_hash == payment_hash && !hold.returned) else {
        return Ok(Verdict::Already);
    };
    match d.p.state {
        State::Held | State::CardReady | State::PayingVendor | State::Claiming | State::Closing => {}
        State::Funded | State::Completed => return Err(Rejected::Unexpected("a claimed HTLC was returned")),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Returned
        | State::Expired => return Ok(Verdict::Already),
    }
    if d.p.is_funded() {
        return Err(Rejected::Unexpected("a claimed HTLC was returned"));
    }
    d.p.hold = Some(Hold { returned: true, ..hold });
    let (invoiced_msat, excess_msat) = d.held_parts(hold.amount_msat);
    d.book(Booking::HoldReturned { invoiced_msat, excess_msat });
    for charge in d.p.charges.iter_mut().filter(|charge| charge.decision == Decision::Pending) {
        charge.decision = Decision::Declined(DeclineReason::ClaimUnconfirmed);
    }
    let gift_card = d.p.policy.flow == Flow::GiftCard;
    match d.p.state {
        State::Closing => d.finish_closing(),
        // The send may still go through: what it then costs is the operator's.
        State::PayingVendor => d.park("the HTLC went back while the vendor is being paid"),
        State::Claiming if gift_card => super::gift_card::lost(d)?,
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::Claiming
        | State::Funded
        | State::Completed
        | State::Returned
        | State::Expired => d.close(CloseCause::NodeReturned),
    }
    Ok(Verdict::Applied)
}

pub(super) fn window_ended(d: &mut Draft) -> Result<Verdict, Rejected> {
    before_claim(d, CloseCause::HoldWindowEnded)
}

pub(super) fn deadline_near(d: &mut Draft) -> Result<Verdict, Rejected> {
    before_claim(d, CloseCause::DeadlineNear)
}

/// A timer that was set for something else and comes late ends nothing.
fn window_over(d: &Draft) -> bool {
    d.p.hold.is_none_or(|hold| d.now >= hold.held_at.plus_ms(d.p.policy.hold_ms_max))
}

fn before_claim(d: &mut Draft, cause: CloseCause) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::Held | State::CardReady if cause == CloseCause::HoldWindowEnded && !window_over(d) => {
            return Ok(Verdict::Already);
        }
        State::Held => {}
        State::CardReady if !d.p.is_funded() => {}
        State::Claiming | State::PayingVendor if cause == CloseCause::DeadlineNear => {
            return Err(Rejected::Unexpected("the claim deadline is near and the claim is not confirmed"));
        }
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => return Ok(Verdict::Already),
    }
    d.close(cause);
    Ok(Verdict::Applied)
}
