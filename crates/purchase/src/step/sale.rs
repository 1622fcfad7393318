//! Selling the bitcoin. A failed sale is the operator's exposure, never the shopper's problem.

use super::Rejected;
use super::draft::{Draft, Verdict};
use crate::{Booking, Effect, Sale, SaleState};
use money::{Money, Sat};

pub(super) fn closed(
    d: &mut Draft,
    attempt: u32,
    sold: Sat,
    proceeds: Money,
    fee_minor: u64,
    fee_sat: Sat,
) -> Result<Verdict, Rejected> {
    let sale = under_way(d, attempt)?;
    let Some(mut sale) = sale else { return Ok(Verdict::Already) };
    let fee = d.money(fee_minor)?;
    if sold.checked_add(fee_sat).is_err()
        || proceeds.currency() != d.p.currency
        || sold > sale.wanted.saturating_sub(sale.sold)
    {
        return Err(Rejected::Unexpected("a sale that was not asked for"));
    }
    if sold.is_zero() && (!proceeds.is_zero() || !fee.is_zero() || !fee_sat.is_zero()) {
        return Err(Rejected::Unexpected("proceeds of nothing sold"));
    }
    sale.sold = sale.sold.checked_add(sold)?;
    sale.proceeds_minor = sale.proceeds_minor.saturating_add(proceeds.minor());
    if !sold.is_zero() {
        d.book(Booking::Sold { sold, proceeds, fee, fee_sat });
    }
    let rest = sale.wanted.saturating_sub(sale.sold);
    if rest.is_zero() {
        sale.state = SaleState::Done;
        d.p.sale = Some(sale);
    } else {
        again(d, sale, rest);
    }
    Ok(Verdict::Applied)
}

pub(super) fn failed(d: &mut Draft, attempt: u32) -> Result<Verdict, Rejected> {
    let Some(sale) = under_way(d, attempt)? else { return Ok(Verdict::Already) };
    let rest = sale.wanted.saturating_sub(sale.sold);
    again(d, sale, rest);
    Ok(Verdict::Applied)
}

/// What is left is too little for any order: it stays the operator's exposure, without further attempts.
pub(super) fn given_up(d: &mut Draft, attempt: u32) -> Result<Verdict, Rejected> {
    let Some(sale) = under_way(d, attempt)? else { return Ok(Verdict::Already) };
    d.p.sale = Some(Sale { state: SaleState::Exposed, ..sale });
    Ok(Verdict::Applied)
}

/// The sale if this attempt is the one under way, nothing if it is an old one.
fn under_way(d: &Draft, attempt: u32) -> Result<Option<Sale>, Rejected> {
    let sale = d.p.sale.ok_or(Rejected::Unexpected("a sale that was not asked for"))?;
    if attempt > sale.attempt {
        return Err(Rejected::Unexpected("a sale that was not asked for"));
    }
    Ok((sale.attempt == attempt && sale.state == SaleState::UnderWay).then_some(sale))
}

fn again(d: &mut Draft, mut sale: Sale, rest: Sat) {
    let expected = d.p.quote.as_ref().map(|quote| quote.executable);
    match expected.filter(|_| sale.attempt < d.p.policy.sale_attempts_max) {
        Some(expected) => {
            sale.attempt += 1;
            d.effect(Effect::Sell { attempt: sale.attempt, amount: rest, expected });
        }
        None => sale.state = SaleState::Exposed,
    }
    d.p.sale = Some(sale);
}
