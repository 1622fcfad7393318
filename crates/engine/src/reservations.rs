//! What is scarce and for how long a purchase has it: room to receive, the issuer's float, the account's share.

use ids::{AccountId, NodeId};
use money::{Currency, Money, Msat};
use ports::{Reservation, ReservationChange, Room};
use purchase::{Purchase, State};

pub(crate) fn room_name(node: NodeId) -> String {
    format!("room:{node}")
}

pub(crate) fn float_name(issuer: &str, currency: Currency) -> String {
    format!("float:{issuer}:{currency}")
}

/// One open, unpaid quote an account.
pub fn unpaid_name(account: AccountId) -> String {
    format!("unpaid:{account}")
}

/// A purchase and its state before.
pub(crate) struct Change<'a> {
    pub before: Option<&'a Purchase>,
    pub after: &'a Purchase,
    pub issuer: &'static str,
    pub node: NodeId,
}

/// Once the HTLC is here the node itself counts it; once it is over nothing is needed.
pub(crate) fn after(change: &Change<'_>) -> Vec<ReservationChange> {
    let (was, is) = (change.before.is_some_and(waits), waits(change.after));
    let mut given = Vec::new();
    if was && !is {
        given.push(room_name(change.node));
        given.push(unpaid_name(change.after.account));
    }
    let needed = |p: &Purchase| !p.state.terminal() && p.quote.is_some();
    if change.before.is_some_and(needed) && !needed(change.after) {
        given.push(float_name(change.issuer, change.after.currency));
    }
    given.into_iter().map(|resource| ReservationChange::GiveBack { resource }).collect()
}

/// A price is locked and nothing has come yet.
fn waits(p: &Purchase) -> bool {
    matches!(p.state, State::Quoted | State::Invoiced | State::AwaitingFunds)
}

/// What a quote takes: room at the node, float at the issuer.
pub(crate) fn of_quote(
    node: NodeId,
    room: &Room,
    issuer: &str,
    float: Money,
    amount: Msat,
    limit: Money,
) -> Vec<ReservationChange> {
    let take = |resource, amount, limit| ReservationChange::Take(Reservation { resource, amount, limit });
    vec![
        take(room_name(node), amount.get(), room.total_msat()),
        take(float_name(issuer, limit.currency()), limit.minor(), float.minor()),
    ]
}
