//! The ways out: cancelled, the card closed, its time over, the operator.

use super::Rejected;
use super::draft::{Draft, Verdict};
use super::unwindable;
use crate::{CardState, CloseCause, Effect, Flow, State};

pub(super) fn cancel_requested(d: &mut Draft) -> Result<Verdict, Rejected> {
    let funded = d.p.is_funded();
    match d.p.state {
        state if unwindable(state, funded) => {
            d.close(CloseCause::Cancelled);
            Ok(Verdict::Applied)
        }
        State::CardReady | State::Funded if d.p.policy.flow != Flow::GiftCard && !d.p.winding_up => {
            d.wind_up()?;
            Ok(Verdict::Applied)
        }
        State::CardReady | State::Funded if d.p.winding_up => Ok(Verdict::Already),
        State::Closing | State::Returned | State::Expired => Ok(Verdict::Already),
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
        | State::Completed => Err(Rejected::TooLate),
    }
}

pub(super) fn card_closed(d: &mut Draft) -> Result<Verdict, Rejected> {
    let Some(card) = d.p.card.as_mut().filter(|card| card.state != CardState::Requested) else {
        return Err(Rejected::Unexpected("a card that is not there was closed"));
    };
    if matches!(card.state, CardState::Closed | CardState::Failed) {
        return Ok(Verdict::Already);
    }
    card.state = CardState::Closed;
    match d.p.state {
        State::Closing => d.finish_closing(),
        State::CardReady | State::Funded if d.p.is_funded() => d.wind_up()?,
        State::CardPrepared | State::Quoted | State::Invoiced | State::Held | State::CardReady => {
            d.close(CloseCause::CardFailed);
        }
        // Its funds are on their way: what is never charged is owed when they are here.
        State::Claiming => d.p.winding_up = true,
        State::Completed | State::Returned | State::Expired => {}
        State::Opened | State::AwaitingFunds | State::PayingVendor | State::Funded => {
            return Err(Rejected::Unexpected("a card in a state that has none"));
        }
    }
    Ok(Verdict::Applied)
}

pub(super) fn card_open_ended(d: &mut Draft) -> Result<Verdict, Rejected> {
    match d.p.state {
        state if !state.terminal() && !open_time_over(d) => Ok(Verdict::Already),
        State::CardPrepared | State::Quoted | State::Invoiced | State::Opened if d.p.policy.flow == Flow::CardFirst => {
            d.close(CloseCause::CardOpenEnded);
            Ok(Verdict::Applied)
        }
        State::CardReady | State::Funded if d.p.is_funded() && !d.p.winding_up && d.p.policy.flow != Flow::GiftCard => {
            d.wind_up()?;
            Ok(Verdict::Applied)
        }
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
        | State::Expired => Ok(Verdict::Already),
    }
}

/// Counted from the funding; a prepared card's from the creation. The timer of one ends nothing of the other.
fn open_time_over(d: &Draft) -> bool {
    let from = d.p.funding.map_or(d.p.created_at, |funding| funding.funded_at);
    d.now >= from.plus_ms(d.p.policy.card_open_ms_max)
}

pub(super) fn parked(d: &mut Draft, reason: &str) -> Result<Verdict, Rejected> {
    if d.p.parked.as_ref().is_some_and(|parked| parked.reason == reason) {
        return Ok(Verdict::Already);
    }
    d.park(reason);
    Ok(Verdict::Applied)
}

/// The operator says go on: what was under way is asked for again. Every effect here is safe to repeat.
pub(super) fn resumed(d: &mut Draft) -> Result<Verdict, Rejected> {
    if d.p.parked.take().is_none() {
        return Ok(Verdict::Already);
    }
    match d.p.state {
        State::Claiming => super::funding::start_claim(d)?,
        State::PayingVendor => {
            // With the hold gone back, nothing more is sent: only the end of what was sent is awaited.
            let covered = d.p.hold.is_some_and(|hold| !hold.returned);
            if let Some(vendor) = d.p.vendor.clone().filter(|_| covered) {
                super::gift_card::send(d, vendor);
            }
        }
        State::Closing => {
            if let Some(hold) = d.p.hold.filter(|hold| !hold.returned) {
                d.effect(Effect::ReturnHtlc { payment_hash: hold.payment_hash });
            }
            close_again(d);
        }
        State::CardReady | State::Funded | State::Completed | State::Returned | State::Expired => close_again(d),
        State::Opened | State::CardPrepared | State::Quoted | State::Invoiced | State::AwaitingFunds | State::Held => {}
    }
    Ok(Verdict::Applied)
}

fn close_again(d: &mut Draft) {
    let closing = d.p.card.as_ref().filter(|card| card.state == CardState::Closing);
    if let Some(card) = closing.and_then(|card| card.card.clone()) {
        d.effect(Effect::CloseCard { card });
    }
}
