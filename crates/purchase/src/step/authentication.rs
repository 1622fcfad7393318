//! 3-D Secure: may the store take the one who pays for the card's holder? Nothing is booked, claimed or reserved by it.

use super::Rejected;
use super::charge::merchant_refused;
use super::draft::{Draft, Verdict};
use crate::{Challenge, Merchant, Purchase, State};
use ids::UnixMs;
use money::Money;

/// The answer to a store's bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    Allow,
    /// The shopper is asked in the panel.
    Challenge,
    Deny,
}

/// Allowed where a charge of that amount by that merchant would fit; asked where the store insists on it. `billed` is
/// what the card would be billed, nothing for a question without a payment.
pub fn authentication(p: &Purchase, billed: Option<Money>, merchant: &Merchant, insists: bool) -> Authentication {
    let d = Draft::new(p.clone(), p.state_since);
    let usable = p.live_card().is_some()
        && !p.winding_up
        && matches!(p.state, State::CardReady | State::Claiming | State::Funded);
    let fits = |amount: Money| {
        let limit = d.limit().map_or(0, |limit| limit.minor());
        amount.currency() == p.currency && amount.minor() <= p.approvable_minor(limit)
    };
    if !usable || merchant_refused(&d, merchant).is_some() || !billed.is_none_or(fits) {
        Authentication::Deny
    } else if insists {
        Authentication::Challenge
    } else {
        Authentication::Allow
    }
}

pub(super) fn asked(
    d: &mut Draft,
    authentication_id: &str,
    amount: Option<Money>,
    merchant: &str,
    answer_by: UnixMs,
) -> Result<Verdict, Rejected> {
    let known = d.p.challenge.as_ref().is_some_and(|challenge| challenge.authentication_id == authentication_id);
    if known || d.p.live_card().is_none() || d.p.state.terminal() || answer_by <= d.now {
        return Ok(Verdict::Already);
    }
    let (authentication_id, merchant) = (authentication_id.to_owned(), merchant.to_owned());
    d.p.challenge = Some(Challenge { authentication_id, amount, merchant, answer_by });
    Ok(Verdict::Applied)
}

pub(super) fn ended(d: &mut Draft, authentication_id: &str) -> Result<Verdict, Rejected> {
    match &d.p.challenge {
        Some(challenge) if challenge.authentication_id == authentication_id => {
            d.p.challenge = None;
            Ok(Verdict::Applied)
        }
        Some(_) | None => Ok(Verdict::Already),
    }
}
