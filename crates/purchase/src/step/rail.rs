//! Another rail: a new invoice under a hash of its own, and the old one is not paid any more.
//!
//! Invariant: one hash is live at a time. From this commit on an HTLC for the old one goes back, whenever it comes.

use super::Rejected;
use super::draft::{Draft, Verdict};
use super::opening::create_invoice;
use crate::{Effect, Flow, RAIL_CHANGES_MAX, Rail, State};

pub(super) fn chosen(d: &mut Draft, rail: Rail) -> Result<Verdict, Rejected> {
    match d.p.policy.flow {
        Flow::Card | Flow::CardFirst => {}
        Flow::GiftCard | Flow::PaidFirst => return Err(Rejected::OtherWay),
    }
    match d.p.state {
        State::Quoted | State::Invoiced if d.p.rail == rail => Ok(Verdict::Already),
        State::Invoiced => change(d, rail),
        State::Opened | State::CardPrepared | State::Quoted => Err(Rejected::NotReady),
        State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Err(Rejected::TooLate),
    }
}

fn change(d: &mut Draft, rail: Rail) -> Result<Verdict, Rejected> {
    let quote = d.p.quote.clone().ok_or(Rejected::Unexpected("an invoice without a quote"))?;
    if d.now >= quote.expires_at {
        return Err(Rejected::TooLate);
    }
    if d.p.rail_changes >= RAIL_CHANGES_MAX {
        return Err(Rejected::TooOften);
    }
    let old = d.p.invoice.take().ok_or(Rejected::Unexpected("invoiced without an invoice"))?;
    d.p.rail = rail;
    d.p.rail_changes += 1;
    d.to(State::Quoted);
    // What a wallet sent just before.
    d.effect(Effect::ReturnHtlc { payment_hash: old.payment_hash });
    create_invoice(d, &quote, None)?;
    Ok(Verdict::Applied)
}
