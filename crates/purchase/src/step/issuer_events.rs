//! What the issuer says happened. Amounts are what each event adds; de-duplication by event is the inbox's.

use super::Rejected;
use super::draft::{Draft, Verdict};
use crate::{Adjustment, Booking, ChargeKind, ChargeRecord, Decision, Effect, Merchant, OwedAmount, OwedCause, State};
use money::Money;

/// The network went on with a charge. One that we never approved is a stand-in: the operator's risk.
pub(super) fn authorized(d: &mut Draft, charge_id: &str, amount: Money) -> Result<Verdict, Rejected> {
    let known =
        d.p.charges
            .iter()
            .any(|charge| charge.charge_id == charge_id && !matches!(charge.decision, Decision::Declined(_)));
    if known {
        return Ok(Verdict::Already);
    }
    let spendable = spendable(d);
    d.p.charges.push(ChargeRecord {
        charge_id: charge_id.to_owned(),
        request_id: format!("{charge_id}/stand-in"),
        kind: ChargeKind::Authorization,
        amount,
        merchant: Merchant::default(),
        decision: Decision::StandIn,
        asked_at: d.now,
        answer_by: d.now,
        undone: false,
        captured_minor: 0,
        reversed_minor: 0,
    });
    if spendable {
        d.book(Booking::ChargeApproved { amount });
    } else if let Some(charge) = d.p.charges.last_mut() {
        // Nothing is behind it: it reserves nothing, and its capture is the operator's.
        charge.undone = true;
    }
    Ok(Verdict::Applied)
}

/// The issuer declined after all (our answer came too late).
pub(super) fn declined(d: &mut Draft, charge_id: &str) -> Result<Verdict, Rejected> {
    let mut ended = Vec::new();
    for charge in d.p.charges.iter_mut().filter(|c| c.charge_id == charge_id && !c.undone) {
        let open = charge.open_minor();
        let check = charge.decision == Decision::ApprovedCheck;
        if check || charge.decision == Decision::Approved {
            charge.undone = true;
            ended.push((check, open));
        }
    }
    if ended.is_empty() {
        return Ok(Verdict::Already);
    }
    for (check, open) in ended {
        end_reserve(d, check, open)?;
    }
    d.finish_winding_up()?;
    Ok(Verdict::Applied)
}

fn end_reserve(d: &mut Draft, check: bool, minor: u64) -> Result<(), Rejected> {
    if minor > 0 {
        let amount = d.money(minor)?;
        d.book(if check { Booking::CheckEnded { amount } } else { Booking::ChargeReversed { amount } });
    }
    Ok(())
}

fn spendable(d: &Draft) -> bool {
    d.p.is_funded() && matches!(d.p.state, State::CardReady | State::Funded)
}

pub(super) fn captured(d: &mut Draft, charge_id: &str, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    let reserved = take(d, charge_id, amount.minor(), |charge, part| charge.captured_minor += part)?;
    if reserved.known && spendable(d) {
        capture_funds(d, amount, reserved.minor)?;
        return Ok(Verdict::Applied);
    }
    if reserved.minor > 0 {
        let lifted = d.money(reserved.minor)?;
        d.book(Booking::ChargeReversed { amount: lifted });
    }
    operator_bears(d, amount, reserved.known)?;
    Ok(Verdict::Applied)
}

struct Taken {
    /// A charge of that identifier stands, so the shopper's funds are behind it.
    known: bool,
    /// What it had reserved of the amount.
    minor: u64,
}

/// Takes `minor` out of what the records of a charge have open, and ends small checks as they come.
fn take(
    d: &mut Draft,
    charge_id: &str,
    minor: u64,
    mut apply: impl FnMut(&mut ChargeRecord, u64),
) -> Result<Taken, Rejected> {
    let (mut left, mut known, mut checks) = (minor, false, 0u64);
    for charge in d.p.charges.iter_mut().filter(|c| c.charge_id == charge_id && !c.undone) {
        let part = charge.open_minor().min(left);
        known |= charge.stands();
        if charge.decision == Decision::ApprovedCheck {
            checks += part;
        } else {
            left -= part;
        }
        if part > 0 {
            apply(charge, part);
        }
    }
    end_reserve(d, true, checks)?;
    Ok(Taken { known, minor: minor - left })
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

fn operator_bears(d: &mut Draft, amount: Money, late: bool) -> Result<(), Rejected> {
    d.book(Booking::ForceCaptured { amount });
    d.p.adjustments.push(if late { Adjustment::LateCapture { amount } } else { Adjustment::ForceCapture { amount } });
    Ok(())
}

pub(super) fn reversed(d: &mut Draft, charge_id: &str, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    let taken = take(d, charge_id, amount.minor(), |charge, part| charge.reversed_minor += part)?;
    end_reserve(d, false, taken.minor)?;
    if taken.known && spendable(d) && d.p.open_charges_minor() == 0 && !d.p.policy.splits {
        // The store has let go of it: close the card and pay back what is left.
        if d.p.winding_up { d.finish_winding_up()? } else { d.wind_up()? }
    } else {
        d.finish_winding_up()?;
    }
    Ok(Verdict::Applied)
}

/// A capture that no authorization of ours stands behind. Nobody knows whose it is: the operator bears it, so that the
/// shopper's funds stay for the store's own charge or go back.
pub(super) fn force_captured(d: &mut Draft, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    operator_bears(d, amount, false)?;
    Ok(Verdict::Applied)
}

pub(super) fn store_refunded(d: &mut Draft, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    d.p.adjustments.push(Adjustment::StoreRefund { amount });
    let to_shopper = d.p.captured_minor > d.p.overrun_minor;
    d.book(Booking::StoreRefunded { amount, to_shopper });
    if to_shopper {
        d.p.store_refunded_minor = d.p.store_refunded_minor.saturating_add(amount.minor());
        d.owe(OwedAmount::Currency(amount), OwedCause::StoreRefund);
    }
    Ok(Verdict::Applied)
}

pub(super) fn store_refund_reversed(d: &mut Draft, amount: Money) -> Result<Verdict, Rejected> {
    same_currency(d, amount)?;
    d.p.adjustments.push(Adjustment::StoreRefundReversed { amount });
    d.book(Booking::StoreRefundReversed { amount });
    if d.p.store_refunded_minor > 0 {
        d.effect(Effect::ReclaimRefund { amount });
    }
    Ok(Verdict::Applied)
}

fn same_currency(d: &Draft, amount: Money) -> Result<(), Rejected> {
    if amount.currency() == d.p.currency { Ok(()) } else { Err(Rejected::Unexpected("an amount in another currency")) }
}
