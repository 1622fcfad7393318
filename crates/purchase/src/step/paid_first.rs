//! Sources that cannot be held: what was received and not used is paid back.

use super::Rejected;
use super::charge::price_holds;
use super::draft::{Draft, Verdict};
use super::funding::funded;
use super::opening::{request_card, request_funds};
use crate::{Adjustment, Booking, CloseCause, Flow, OwedAmount, OwedCause, State, Timer};
use money::{Msat, Rate};

/// A linked account sends, and an address is given out, only after this, and only while the price is locked.
pub(super) fn confirmed(d: &mut Draft) -> Result<Verdict, Rejected> {
    if d.p.policy.funds_source.is_none() {
        return Err(Rejected::Unexpected("a confirmation that nobody asked for"));
    }
    match d.p.state {
        State::Quoted if d.p.funds_confirmed => Ok(Verdict::Already),
        State::Quoted => {
            let quote = d.p.quote.clone().ok_or(Rejected::Unexpected("a purchase without a quote"))?;
            if d.now >= quote.expires_at {
                return Err(Rejected::TooLate);
            }
            d.p.funds_confirmed = true;
            request_funds(d, &quote);
            Ok(Verdict::Applied)
        }
        State::AwaitingFunds | State::CardReady | State::Funded | State::Completed => Ok(Verdict::Already),
        State::Closing | State::Returned | State::Expired => Err(Rejected::TooLate),
        State::Opened | State::CardPrepared | State::Invoiced | State::Held | State::PayingVendor | State::Claiming => {
            Err(Rejected::Unexpected("a confirmation in a state that has none"))
        }
    }
}

/// Was the source asked at all?
fn asked(d: &Draft) -> bool {
    d.p.policy.flow == Flow::PaidFirst && d.p.funds_confirmed
}

pub(super) fn requested(d: &mut Draft, target: &str, seen_msat: Msat) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::Quoted if asked(d) => {
            d.p.funds_target = Some(target.to_owned());
            d.to(State::AwaitingFunds);
            Ok(Verdict::Applied)
        }
        State::AwaitingFunds if d.p.funds_target.as_deref() != Some(target) || d.p.funds_seen_msat != seen_msat => {
            d.p.funds_target = Some(target.to_owned());
            d.p.funds_seen_msat = seen_msat;
            Ok(Verdict::Applied)
        }
        State::AwaitingFunds
        | State::CardReady
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Ok(Verdict::Already),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::Held
        | State::PayingVendor
        | State::Claiming => Err(Rejected::Unexpected("funds that were not asked for")),
    }
}

pub(super) fn request_failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::Quoted | State::AwaitingFunds if asked(d) => {
            d.close(CloseCause::FundsFailed);
            Ok(Verdict::Applied)
        }
        State::CardReady | State::Funded | State::Closing | State::Completed | State::Returned | State::Expired => {
            Ok(Verdict::Already)
        }
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::PayingVendor
        | State::Claiming => Err(Rejected::Unexpected("funds that were not asked for")),
    }
}

/// What of it was known before.
fn arrived_before(d: &Draft) -> Msat {
    let used = d.p.funding.map_or(Msat::ZERO, |funding| funding.amount_msat);
    let back = d.p.owed.iter().filter_map(|owed| match (owed.amount, owed.cause) {
        (OwedAmount::Bitcoin(amount), OwedCause::Overpaid | OwedCause::ArrivedLate) => Some(amount),
        _ => None,
    });
    back.fold(used, |sum, amount| sum.checked_add(amount).unwrap_or(Msat::MAX))
}

/// `total_msat`: all that ever arrived. What is new of it buys, or is owed.
pub(super) fn arrived(d: &mut Draft, total_msat: Msat, executable: Option<Rate>) -> Result<Verdict, Rejected> {
    if !asked(d) || total_msat.is_zero() {
        return Err(Rejected::Unexpected("funds that were not asked for"));
    }
    let amount_msat = total_msat.saturating_sub(arrived_before(d));
    if amount_msat.is_zero() {
        return Ok(Verdict::Already);
    }
    match d.p.state {
        State::Quoted | State::AwaitingFunds => {
            let quote = d.p.quote.clone().ok_or(Rejected::Unexpected("funds without a quote"))?;
            if amount_msat < quote.amount_msat && d.now <= quote.expires_at {
                late(d, amount_msat, OwedCause::ArrivedLate)?;
                d.close(CloseCause::FundsFailed);
                return Ok(Verdict::Applied);
            }
            // Too late for the locked price. What was seen in time still buys where the price has held.
            let held = !d.p.funds_seen_msat.is_zero() && price_holds(d, executable)?;
            if d.now > quote.expires_at && (amount_msat < quote.amount_msat || !held) {
                late(d, amount_msat, OwedCause::ArrivedLate)?;
                d.close(CloseCause::QuoteExpired);
                return Ok(Verdict::Applied);
            }
            let excess_msat = amount_msat.saturating_sub(quote.amount_msat);
            d.cancel(Timer::QUOTE);
            book(d, quote.amount_msat, excess_msat)?;
            funded(d, quote.amount_msat, excess_msat)?;
            let limit = d.limit()?;
            request_card(d, limit);
        }
        State::Closing | State::Returned | State::Expired => late(d, amount_msat, OwedCause::ArrivedLate)?,
        State::CardReady | State::Funded | State::Completed => late(d, amount_msat, OwedCause::Overpaid)?,
        State::Opened | State::CardPrepared | State::Invoiced | State::Held | State::PayingVendor | State::Claiming => {
            return Err(Rejected::Unexpected("funds in a state that has none"));
        }
    }
    Ok(Verdict::Applied)
}

fn book(d: &mut Draft, invoiced_msat: Msat, excess_msat: Msat) -> Result<(), Rejected> {
    let source = d.p.policy.funds_source.ok_or(Rejected::Unexpected("funds from nowhere"))?;
    d.book(Booking::FundsArrived { source, invoiced_msat, excess_msat });
    Ok(())
}

fn late(d: &mut Draft, amount_msat: Msat, cause: OwedCause) -> Result<(), Rejected> {
    book(d, Msat::ZERO, amount_msat)?;
    d.p.adjustments.push(Adjustment::LateFunds { amount_msat });
    d.owe(OwedAmount::Bitcoin(amount_msat), cause);
    Ok(())
}
