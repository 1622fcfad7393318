//! What is scarce and for how long a purchase has it: room to receive, the issuer's float, the account's share.
//!
//! Invariant: taken and given back in the commit that it belongs to. Web counts nothing beforehand.

use ids::NodeId;
use money::{Currency, Money, Msat};
use ports::{GiveBack, Reservation, ReservationChange, Room};
use purchase::{CardState, CloseCause, Purchase, State};

/// Room to receive that quotes have taken, msat.
pub fn room_name(node: NodeId) -> String {
    format!("room:{node}")
}

/// Float that quotes and open purchases have taken, minor units.
pub fn float_name(issuer: &str, currency: Currency) -> String {
    format!("float:{issuer}:{currency}")
}

/// What quotes for gift cards have taken of what a node can send, msat.
pub fn send_name(node: NodeId) -> String {
    format!("send:{node}")
}

/// What ends with a step, and what the operator bears from it on.
pub(crate) fn after(before: Option<&Purchase>, after: &Purchase) -> Vec<ReservationChange> {
    let mut changes: Vec<_> = ended(before, after).into_iter().map(ReservationChange::End).collect();
    changes.extend(crate::exposure::after(before, after));
    changes
}

/// The rules whose time has come with this step.
fn ended(before: Option<&Purchase>, after: &Purchase) -> Vec<GiveBack> {
    let Some(before) = before else { return Vec::new() };
    let mut ended = Vec::new();
    if waits(before) && !waits(after) {
        // Once the HTLC is here the node itself counts it.
        ended.push(GiveBack::WhenPaidOrOver);
        if after.state == State::CardPrepared {
            // The quote is over, the prepared card waits for another.
            ended.extend(QUOTES);
        }
    }
    if !before.is_funded() && after.is_funded() {
        ended.extend([GiveBack::UnlessAbandoned, GiveBack::WhenClaimedOrOver]);
    }
    if !before.state.terminal() && after.state.terminal() {
        ended.extend([GiveBack::WhenOver, GiveBack::WhenClaimedOrOver]);
        if !after.is_funded() {
            ended.push(GiveBack::WhenUnclaimed);
        }
        if !abandoned(after) {
            ended.push(GiveBack::UnlessAbandoned);
        }
        if !card_made(after) {
            ended.push(GiveBack::WhenNoCard);
        }
    }
    ended
}

/// What each quote takes anew.
const QUOTES: [GiveBack; 4] =
    [GiveBack::WhenUnclaimed, GiveBack::UnlessAbandoned, GiveBack::WhenClaimedOrOver, GiveBack::WhenOver];

/// Before another quote of the same purchase takes its own.
pub(crate) fn end_quote() -> impl Iterator<Item = ReservationChange> {
    QUOTES.into_iter().chain([GiveBack::WhenPaidOrOver]).map(ReservationChange::End)
}

/// A price is locked and nothing has come yet.
fn waits(p: &Purchase) -> bool {
    matches!(p.state, State::Quoted | State::Invoiced | State::AwaitingFunds)
}

/// A hold that the shopper let go: it was a free option on the price.
fn abandoned(p: &Purchase) -> bool {
    let shoppers = |cause| match cause {
        CloseCause::Cancelled | CloseCause::HoldWindowEnded => true,
        CloseCause::QuoteExpired
        | CloseCause::DeadlineNear
        | CloseCause::InvoiceFailed
        | CloseCause::CardFailed
        | CloseCause::LimitFailed
        | CloseCause::NodeReturned
        | CloseCause::HoldRefused
        | CloseCause::VendorFailed
        | CloseCause::FundsFailed
        | CloseCause::CardOpenEnded => false,
    };
    p.hold.is_some() && !p.is_funded() && p.closing.is_some_and(|closing| shoppers(closing.cause))
}

fn card_made(p: &Purchase) -> bool {
    p.card.as_ref().is_some_and(|card| match card.state {
        CardState::Open | CardState::Closing | CardState::Closed => true,
        CardState::Requested | CardState::Failed => card.card.is_some(),
    })
}

/// What a quote takes: room to receive at the node that holds.
pub(crate) fn of_room(node: NodeId, room: &Room, amount: Msat) -> Reservation {
    let (resource, limit) = (room_name(node), room.total_msat());
    Reservation { resource, amount: amount.get(), limit, give_back: GiveBack::WhenPaidOrOver }
}

/// What a quote for a card takes: float at the issuer.
pub(crate) fn of_float(issuer: &str, float: Money, limit: Money) -> Reservation {
    let resource = float_name(issuer, limit.currency());
    Reservation { resource, amount: limit.minor(), limit: float.minor(), give_back: GiveBack::WhenOver }
}

/// What a quote for a gift card takes: what the node that pays vendors can send. Kept until the claim, although the
/// node counts the send itself a little earlier.
pub(crate) fn of_send(node: NodeId, limit: u64, amount: Msat) -> Reservation {
    let resource = send_name(node);
    Reservation { resource, amount: amount.get(), limit, give_back: GiveBack::WhenClaimedOrOver }
}
