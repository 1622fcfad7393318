//! The issuer asks: may the store have this?

use super::Rejected;
use super::draft::{Draft, Verdict};
use super::funding::start_claim;
use crate::{
    Booking, Charge, ChargeKind, ChargeRecord, ClaimOn, Decision, DeclineReason, Flow, Merchant, State, Timer,
};
use money::Rate;

pub(super) fn charge_requested(d: &mut Draft, charge: &Charge) -> Result<Verdict, Rejected> {
    if d.p.charge(&charge.request_id).is_some() {
        return Ok(Verdict::Already);
    }
    let decision = decide(d, charge)?;
    let answer_by = d.now.plus_ms(d.p.policy.answer_ms_max);
    d.p.charges.push(ChargeRecord::new(charge, decision, d.now, answer_by));
    match decision {
        Decision::Pending => {
            d.timer(Timer::Answer { request_id: charge.request_id.clone(), due_at: answer_by });
            start_claim(d)?;
        }
        Decision::Approved => approve(d, charge),
        Decision::ApprovedCheck if !charge.amount.is_zero() => {
            if let Some(card) = d.p.card.as_mut() {
                card.checks_used += 1;
            }
            d.book(Booking::CheckApproved { amount: charge.amount });
        }
        Decision::ApprovedCheck | Decision::Declined(_) | Decision::StandIn => {}
    }
    Ok(Verdict::Applied)
}

fn approve(d: &mut Draft, charge: &Charge) {
    if d.p.state == State::CardReady {
        d.to(State::Funded);
    }
    lock_to(d, &charge.merchant.acceptor_id);
    d.book(Booking::ChargeApproved { amount: charge.amount });
}

pub(super) fn lock_to(d: &mut Draft, acceptor_id: &str) {
    if let Some(card) = d.p.card.as_mut().filter(|card| card.locked_to.is_none() && !acceptor_id.is_empty()) {
        card.locked_to = Some(acceptor_id.to_owned());
    }
}

fn decide(d: &Draft, charge: &Charge) -> Result<Decision, Rejected> {
    if let Some(reason) = merchant_refused(d, &charge.merchant) {
        return Ok(Decision::Declined(reason));
    }
    let over = super::issuer_events::unasked_name(&charge.charge_id);
    if d.p.charge(&over).is_some() {
        return Ok(Decision::Declined(DeclineReason::ByIssuer));
    }
    let usable = d.p.live_card().is_some() && !d.p.winding_up;
    if !usable {
        return Ok(Decision::Declined(DeclineReason::CardClosed));
    }
    // A store may charge in a currency of its own: what the card is billed decides.
    if charge.amount.currency() != d.p.currency {
        return Ok(Decision::Declined(DeclineReason::WrongCurrency));
    }
    let check = is_check(d, charge);
    match d.p.state {
        State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::Held
        | State::CardReady
        | State::Claiming
        | State::Funded
            if check =>
        {
            Ok(check_decision(d, charge))
        }
        State::CardReady if !d.p.is_funded() => Ok(unfunded(d, charge)?),
        State::CardReady | State::Funded => Ok(funded(d, charge)?),
        State::Claiming => Ok(Decision::Declined(DeclineReason::ClaimUnconfirmed)),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::PayingVendor => Ok(Decision::Declined(DeclineReason::NotFunded)),
        State::Closing | State::Completed | State::Returned | State::Expired => {
            Ok(Decision::Declined(DeclineReason::CardClosed))
        }
    }
}

pub(super) fn merchant_refused(d: &Draft, merchant: &Merchant) -> Option<DeclineReason> {
    let policy = &d.p.policy;
    if policy.blocked_categories.contains(&merchant.category) || policy.blocked_countries.contains(&merchant.country) {
        return Some(DeclineReason::MerchantBlocked);
    }
    let locked = d.p.card.as_ref().and_then(|card| card.locked_to.as_deref());
    locked.is_some_and(|acceptor| acceptor != merchant.acceptor_id).then_some(DeclineReason::MerchantLocked)
}

/// Amount zero, or small and not what the order costs. What the vendor calls a check counts by its amount alone, and
/// what takes the money at once is none.
fn is_check(d: &Draft, charge: &Charge) -> bool {
    if charge.amount.is_zero() {
        return true;
    }
    let increment = d.p.charges.iter().any(|c| c.charge_id == charge.charge_id && c.stands());
    if charge.kind == ChargeKind::AuthorizationAndCapture || increment {
        return false;
    }
    let policy = &d.p.policy;
    let total = d.order_total().minor();
    let near_total = charge.amount.minor().saturating_add(policy.tolerance_minor) >= total && total > 0;
    charge.amount.minor() <= policy.check_minor_max && !near_total && !(d.p.is_funded() && takes_parts(d))
}

fn check_decision(d: &Draft, charge: &Charge) -> Decision {
    if charge.amount.is_zero() {
        return Decision::ApprovedCheck;
    }
    let used = d.p.card.as_ref().map_or(0, |card| card.checks_used);
    if used < d.p.policy.checks_max { Decision::ApprovedCheck } else { Decision::Declined(DeclineReason::CheckLimit) }
}

/// Held and unclaimed: everything is checked before the bitcoin is taken.
fn unfunded(d: &Draft, charge: &Charge) -> Result<Decision, Rejected> {
    let total = d.order_total();
    let own = charge.merchant_amount.currency() == d.p.currency;
    let amount = if own { charge.merchant_amount.minor() } else { charge.amount.minor() };
    let reason = if d.p.policy.claim_on == ClaimOn::Reveal || d.p.policy.flow == Flow::GiftCard {
        Some(DeclineReason::NotFunded)
    } else if amount > d.limit()?.minor() || charge.amount.minor() > d.limit()?.minor() {
        Some(DeclineReason::AmountTooHigh)
    } else if !d.p.policy.splits && amount.saturating_add(d.p.policy.tolerance_minor) < total.minor() {
        Some(DeclineReason::AmountTooLow)
    } else if !price_holds(d, charge.executable)? {
        Some(DeclineReason::PriceMoved)
    } else if !deadline_far(d, charge.tip) {
        Some(DeclineReason::DeadlineNear)
    } else {
        None
    };
    Ok(reason.map_or(Decision::Pending, Decision::Declined))
}

fn funded(d: &Draft, charge: &Charge) -> Result<Decision, Rejected> {
    let room = d.p.approvable_minor(d.limit()?.minor());
    if charge.amount.minor() > room {
        return Ok(Decision::Declined(DeclineReason::AmountTooHigh));
    }
    let below = charge.amount.minor().saturating_add(d.p.policy.tolerance_minor) < d.order_total().minor();
    let increment = d.p.charges.iter().any(|c| c.charge_id == charge.charge_id && c.stands());
    if !takes_parts(d) && below && !increment {
        return Ok(Decision::Declined(DeclineReason::AmountTooLow));
    }
    Ok(Decision::Approved)
}

/// May the store charge the order in parts? Under `reveal` it may: it charges when it ships.
pub(super) fn takes_parts(d: &Draft) -> bool {
    d.p.policy.splits || d.p.policy.claim_on == ClaimOn::Reveal
}

/// May the claim be made at this price? A missing price is no price.
pub(super) fn price_holds(d: &Draft, executable: Option<Rate>) -> Result<bool, Rejected> {
    let (Some(now), Some(quote)) = (executable, d.p.quote.as_ref()) else { return Ok(false) };
    let floor = quote.executable.less_spread_floor(d.p.policy.price_fall_max)?;
    Ok(now.currency() == floor.currency() && now.micro_per_btc() >= floor.micro_per_btc())
}

/// Enough blocks left to claim, against a tip known to be fresh.
pub(super) fn deadline_far(d: &Draft, tip: crate::Tip) -> bool {
    let margin = d.p.policy.deadline_margin_blocks;
    d.p.hold.is_some_and(|hold| tip.fresh && tip.height.saturating_add(margin) < hold.claim_deadline)
}

pub(super) fn answer_timed_out(d: &mut Draft, request_id: &str) -> Result<Verdict, Rejected> {
    match d.p.charge_mut(request_id) {
        Some(charge) if charge.decision == Decision::Pending => {
            charge.decision = Decision::Declined(DeclineReason::ClaimUnconfirmed);
            Ok(Verdict::Applied)
        }
        Some(_) => Ok(Verdict::Already),
        None => Err(Rejected::Unexpected("a charge that was never asked")),
    }
}
