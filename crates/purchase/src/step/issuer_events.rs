//! What the issuer says happened. Amounts are what each event adds; de-duplication by event is the inbox's.

use super::Rejected;
use super::charge::takes_parts;
use super::draft::{Draft, Verdict};
use crate::{
    Adjustment, Booking, ChargeKind, ChargeRecord, Decision, DeclineReason, DisputeRecord, DisputeState, Effect, Flow,
    Merchant, OwedAmount, OwedCause, State,
};
use money::Money;

/// The network went on with a charge. One that we never approved is a stand-in: the operator's risk.
pub(super) fn authorized(d: &mut Draft, charge_id: &str, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    let known = of_charge(d, charge_id).any(|c| !c.undone && !matches!(c.decision, Decision::Declined(_)));
    if known || amount.is_zero() {
        return Ok(Verdict::Already);
    }
    let behind = spendable(d) && !of_charge(d, charge_id).any(refused_merchant);
    d.p.charges.push(ChargeRecord {
        charge_id: charge_id.to_owned(),
        request_id: format!("{charge_id}/stand-in"),
        kind: ChargeKind::Authorization,
        amount,
        merchant_amount: None,
        merchant: Merchant::default(),
        decision: Decision::StandIn,
        asked_at: d.now,
        answer_by: d.now,
        // With nothing behind it, it reserves nothing.
        undone: !behind,
        captured_minor: 0,
        reversed_minor: 0,
    });
    if behind {
        d.book(Booking::ChargeApproved { amount });
    }
    Ok(Verdict::Applied)
}

fn of_charge<'a>(d: &'a Draft, charge_id: &'a str) -> impl Iterator<Item = &'a ChargeRecord> {
    d.p.charges.iter().filter(move |charge| charge.charge_id == charge_id)
}

/// The issuer declined after all (our answer came too late). The notice names the charge, not the question: it means the
/// last one. Where we declined that one ourselves it is an echo, and what stood before still stands.
pub(super) fn declined(d: &mut Draft, charge_id: &str) -> Result<Verdict, Rejected> {
    let last = d.p.charges.iter_mut().rev().find(|charge| charge.charge_id == charge_id && !charge.undone);
    let Some(charge) = last else { return Ok(declined_unasked(d, charge_id)) };
    let open = charge.open_minor();
    match charge.decision {
        Decision::Declined(_) => return Ok(Verdict::Already),
        // It went on: what is captured or let go of already cannot have been declined.
        Decision::Approved | Decision::ApprovedCheck | Decision::StandIn
            if charge.captured_minor > 0 || charge.reversed_minor > 0 =>
        {
            return Ok(Verdict::Already);
        }
        Decision::Pending => charge.decision = Decision::Declined(DeclineReason::ClaimUnconfirmed),
        Decision::ApprovedCheck => {
            undo(charge);
            end_reserve(d, true, open)?;
        }
        Decision::Approved | Decision::StandIn => {
            undo(charge);
            end_reserve(d, false, open)?;
        }
    }
    d.finish_winding_up()?;
    Ok(Verdict::Applied)
}

/// It did not go on: nobody is to read a yes that did not count.
fn undo(charge: &mut ChargeRecord) {
    charge.undone = true;
    charge.decision = Decision::Declined(DeclineReason::ByIssuer);
}

/// Declined before we were asked: the question is still under way, and nobody waits for its answer.
fn declined_unasked(d: &mut Draft, charge_id: &str) -> Verdict {
    if d.p.state.terminal() || d.p.live_card().is_none() || of_charge(d, charge_id).next().is_some() {
        return Verdict::Already;
    }
    d.p.charges.push(ChargeRecord {
        charge_id: charge_id.to_owned(),
        request_id: unasked_name(charge_id),
        kind: ChargeKind::Authorization,
        amount: Money::zero(d.p.currency),
        merchant_amount: None,
        merchant: Merchant::default(),
        decision: Decision::Declined(DeclineReason::ByIssuer),
        asked_at: d.now,
        answer_by: d.now,
        undone: true,
        captured_minor: 0,
        reversed_minor: 0,
    });
    Verdict::Applied
}

/// Stands for the question that never came in time.
pub(super) fn unasked_name(charge_id: &str) -> String {
    format!("{charge_id}/unasked")
}

fn end_reserve(d: &mut Draft, check: bool, minor: u64) -> Result<(), Rejected> {
    if minor > 0 {
        let amount = d.money(minor)?;
        d.book(if check { Booking::CheckEnded { amount } } else { Booking::ChargeReversed { amount } });
    }
    Ok(())
}

fn spendable(d: &Draft) -> bool {
    let has_card = d.p.policy.flow != Flow::GiftCard;
    has_card && d.p.is_funded() && matches!(d.p.state, State::CardReady | State::Funded)
}

/// A charge that stands is paid from the shopper's funds while there are any; a small check, a merchant that was refused
/// and a capture that nobody asked about are the operator's.
pub(super) fn captured(d: &mut Draft, charge_id: &str, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    if amount.is_zero() {
        return Ok(Verdict::Already);
    }
    let taken = take(d, charge_id, amount.minor(), |charge, part| charge.captured_minor += part);
    if taken.check_minor > 0 {
        end_reserve(d, true, taken.check_minor)?;
        let check = d.money(taken.check_minor)?;
        operator_bears(d, Adjustment::ForceCapture { amount: check });
    }
    let rest = d.money(amount.minor() - taken.check_minor)?;
    if rest.is_zero() {
        return Ok(Verdict::Applied);
    }
    if taken.stands && spendable(d) {
        capture_funds(d, rest, taken.minor)?;
        return Ok(Verdict::Applied);
    }
    end_reserve(d, false, taken.minor)?;
    if taken.stands {
        withdraw_owed(d, rest)?;
        operator_bears(d, Adjustment::LateCapture { amount: rest });
    } else {
        operator_bears(d, Adjustment::ForceCapture { amount: rest });
    }
    Ok(Verdict::Applied)
}

fn refused_merchant(charge: &ChargeRecord) -> bool {
    use DeclineReason::{MerchantBlocked, MerchantLocked, WrongCurrency};
    matches!(charge.decision, Decision::Declined(MerchantBlocked | MerchantLocked | WrongCurrency))
}

/// What an event took out of what the records of a charge had open.
struct Taken {
    /// A charge of that identifier stands: it was approved against the funds.
    stands: bool,
    /// Out of approved charges, minor units.
    minor: u64,
    /// Out of small checks, minor units; only what approved charges do not cover.
    check_minor: u64,
}

fn take(d: &mut Draft, charge_id: &str, minor: u64, mut apply: impl FnMut(&mut ChargeRecord, u64)) -> Taken {
    let mut left = minor;
    let mut taken = Taken { stands: false, minor: 0, check_minor: 0 };
    for checks in [false, true] {
        for charge in d.p.charges.iter_mut().filter(|c| c.charge_id == charge_id && !c.undone) {
            if checks != (charge.decision == Decision::ApprovedCheck) {
                continue;
            }
            let part = charge.open_minor().min(left);
            left -= part;
            taken.stands |= charge.stands();
            *(if checks { &mut taken.check_minor } else { &mut taken.minor }) += part;
            if part > 0 {
                apply(charge, part);
            }
        }
    }
    taken
}

/// From the shopper's funds as far as they go, beyond them from the operator's.
fn capture_funds(d: &mut Draft, amount: Money, reserved_minor: u64) -> Result<(), Rejected> {
    let used = d.p.captured_minor.saturating_sub(d.p.overrun_minor);
    let left = d.order_total().minor().saturating_sub(used);
    let funded = d.money(amount.minor().min(left))?;
    let operator_cost = amount.checked_sub(funded)?;
    let tolerated = d.p.policy.tolerance_minor.saturating_sub(d.p.overrun_minor);
    let tolerance = d.money(operator_cost.minor().min(tolerated))?;
    let overrun = operator_cost.checked_sub(tolerance)?;
    let reserved = d.money(reserved_minor)?;
    d.p.captured_minor = d.p.captured_minor.saturating_add(amount.minor());
    d.p.overrun_minor = d.p.overrun_minor.saturating_add(operator_cost.minor());
    d.book(Booking::Captured { funded, tolerance, overrun, reserved });
    let used = d.p.captured_minor.saturating_sub(d.p.overrun_minor);
    if used >= d.order_total().minor() {
        d.complete()?;
    } else {
        d.finish_winding_up()?;
    }
    Ok(())
}

fn operator_bears(d: &mut Draft, adjustment: Adjustment) {
    if let Adjustment::ForceCapture { amount } | Adjustment::LateCapture { amount } = adjustment {
        d.book(Booking::ForceCaptured { amount });
    }
    d.p.adjustments.push(adjustment);
}

/// A void was followed by a capture: what was owed for the void and is not yet paid back is owed no more.
fn withdraw_owed(d: &mut Draft, amount: Money) -> Result<(), Rejected> {
    let left = voided_minor(d).saturating_sub(late_minor(d));
    let amount = d.money(amount.minor().min(left))?;
    if !amount.is_zero() {
        d.effect(Effect::ReclaimRefund { amount });
    }
    Ok(())
}

/// Owed because charges were let go of.
fn voided_minor(d: &Draft) -> u64 {
    sum(d.p.owed.iter().map(|owed| match (owed.cause, owed.amount) {
        (OwedCause::Voided | OwedCause::CapturedInPart, OwedAmount::Currency(amount)) => amount.minor(),
        _ => 0,
    }))
}

/// Captured when the purchase was over, of charges that had been approved.
fn late_minor(d: &Draft) -> u64 {
    sum(d.p.adjustments.iter().map(|adjustment| match adjustment {
        Adjustment::LateCapture { amount } => amount.minor(),
        _ => 0,
    }))
}

fn sum(minors: impl Iterator<Item = u64>) -> u64 {
    minors.fold(0, u64::saturating_add)
}

pub(super) fn reversed(d: &mut Draft, charge_id: &str, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    let taken = take(d, charge_id, amount.minor(), |charge, part| charge.reversed_minor += part);
    if taken.minor == 0 && taken.check_minor == 0 {
        return Ok(Verdict::Already);
    }
    end_reserve(d, true, taken.check_minor)?;
    end_reserve(d, false, taken.minor)?;
    let let_go = taken.minor > 0 && d.p.open_charges_minor() == 0;
    if let_go && spendable(d) && !d.p.winding_up && !takes_parts(d) {
        // The store has let go of it: close the card and pay back what is left.
        d.wind_up()?;
    } else {
        d.finish_winding_up()?;
    }
    Ok(Verdict::Applied)
}

/// A capture that no authorization of ours stands behind. Nobody knows whose it is: the operator bears it, so that the
/// shopper's funds stay for the store's own charge or go back.
pub(super) fn force_captured(d: &mut Draft, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    if amount.is_zero() {
        return Ok(Verdict::Already);
    }
    operator_bears(d, Adjustment::ForceCapture { amount });
    Ok(Verdict::Applied)
}

/// To the shopper what was captured from the shopper's funds, then to the operator what the operator bore; what is more
/// than both (a goodwill, or a refund told before its capture) is the shopper's.
pub(super) fn store_refunded(d: &mut Draft, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    if amount.is_zero() {
        return Ok(Verdict::Already);
    }
    let shoppers = d.p.captured_minor.saturating_sub(d.p.overrun_minor).saturating_sub(d.p.store_refunded_minor);
    let beyond = amount.minor().saturating_sub(shoppers);
    let operators = d.money(beyond.min(borne_minor(d)))?;
    let to_shopper = amount.checked_sub(operators)?;
    d.p.adjustments.push(Adjustment::StoreRefund { amount });
    if !operators.is_zero() {
        d.book(Booking::StoreRefunded { amount: operators, to_shopper: false });
    }
    if !to_shopper.is_zero() {
        d.book(Booking::StoreRefunded { amount: to_shopper, to_shopper: true });
        d.p.store_refunded_minor = d.p.store_refunded_minor.saturating_add(to_shopper.minor());
        d.owe(OwedAmount::Currency(to_shopper), OwedCause::StoreRefund);
    }
    Ok(Verdict::Applied)
}

/// Captures that the operator bore, less what refunds have brought back of them. A late capture counts only beyond what
/// was owed for the void: whether that was withdrawn in time is not known here, and must not cost the shopper.
fn borne_minor(d: &Draft) -> u64 {
    let late = late_minor(d).saturating_sub(voided_minor(d));
    let mut borne = d.p.overrun_minor.saturating_add(late);
    let (mut refunded, mut taken_back) = (0u64, 0u64);
    for adjustment in &d.p.adjustments {
        match adjustment {
            Adjustment::ForceCapture { amount } => borne = borne.saturating_add(amount.minor()),
            Adjustment::StoreRefund { amount } => refunded = refunded.saturating_add(amount.minor()),
            Adjustment::StoreRefundReversed { amount } => taken_back = taken_back.saturating_add(amount.minor()),
            Adjustment::LateCapture { .. } | Adjustment::LateFunds { .. } => {}
        }
    }
    borne.saturating_sub(refunded.saturating_sub(taken_back).saturating_sub(d.p.store_refunded_minor))
}

pub(super) fn store_refund_reversed(d: &mut Draft, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    if amount.is_zero() {
        return Ok(Verdict::Already);
    }
    d.p.adjustments.push(Adjustment::StoreRefundReversed { amount });
    d.book(Booking::StoreRefundReversed { amount });
    let from_shopper = d.money(amount.minor().min(d.p.store_refunded_minor))?;
    if !from_shopper.is_zero() {
        d.p.store_refunded_minor -= from_shopper.minor();
        d.effect(Effect::ReclaimRefund { amount: from_shopper });
    }
    Ok(Verdict::Applied)
}

/// What is won is owed as a store's refund is. Won and then lost after all is a refund taken back.
pub(super) fn disputed(
    d: &mut Draft,
    charge_id: &str,
    dispute_id: &str,
    amount: Money,
    state: DisputeState,
) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    let known = d.p.disputes.iter_mut().find(|dispute| dispute.dispute_id == dispute_id);
    let before = match known {
        // Told late: it is further by now.
        Some(known) if state == DisputeState::Opened || known.state == state => return Ok(Verdict::Already),
        Some(known) => Some(std::mem::replace(&mut known.state, state)),
        None => {
            let (dispute_id, charge_id) = (dispute_id.to_owned(), charge_id.to_owned());
            d.p.disputes.push(DisputeRecord { dispute_id, charge_id, amount, state });
            None
        }
    };
    match (before, state) {
        (_, DisputeState::Won) => store_refunded(d, amount),
        (Some(DisputeState::Won), _) => store_refund_reversed(d, amount),
        _ => Ok(Verdict::Applied),
    }
    // Of nothing there is nothing to refund, but the dispute is on record.
    .map(|_| Verdict::Applied)
}

fn same_currency(d: &Draft, amount: Money) -> Result<(), Rejected> {
    if amount.currency() == d.p.currency { Ok(()) } else { Err(Rejected::Unexpected("an amount in another currency")) }
}
