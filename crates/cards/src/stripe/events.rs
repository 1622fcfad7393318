//! From Stripe's objects to [`ChargeChange`]s (docs.stripe.com/issuing/purchases/authorizations, /transactions).
//!
//! An authorization is told whole each time, with what was asked, what was held and released, and its transactions; a
//! capture or a refund is a transaction of its own. Each part has a name that stays, so the engine applies it once.
//!
//! Invariant: a change's amount is what its part added. A release that belongs to a capture lets go only of what it
//! releases beyond the capture.

use super::wire::{Authorization, CardStatus, Dispute, Event, EventHead, Identified, Transaction, money};
use ports::{CardRef, ChargeChange, DisputeState, IssuerNews, IssuerNotice, WebhookError};

pub const CREATED: &str = "issuing_authorization.created";
pub const UPDATED: &str = "issuing_authorization.updated";
pub const TRANSACTION: &str = "issuing_transaction.created";
const CARD: &str = "issuing_card.updated";
const DISPUTES: &str = "issuing_dispute.";

/// A capture and the release that it causes are written down at the same time, give or take.
const SAME_SECS: u64 = 3;
const BAD_AMOUNT: &str = "an amount is out of range or in no currency";

/// A change with the time it happened, in seconds.
pub type Timed = (u64, ChargeChange);

/// The news of an event whose signature was right.
pub fn news_of(body: &[u8]) -> Result<IssuerNews, WebhookError> {
    let malformed = |what: &str| WebhookError::Malformed(what.to_owned());
    let head: EventHead = serde_json::from_slice(body).map_err(|_| malformed("not an event"))?;
    let changes = match head.kind.as_str() {
        CREATED | UPDATED => {
            let event: Event<Authorization> = read(body, "not an authorization")?;
            changes_of_authorization(&event.data.object).map_err(malformed)?
        }
        TRANSACTION => {
            let event: Event<Transaction> = read(body, "not a transaction")?;
            vec![change_of_transaction(&event.data.object).map_err(malformed)?]
        }
        CARD => {
            let event: Event<CardStatus> = read(body, "not a card")?;
            let card = event.data.object;
            if card.status == "canceled" { vec![(0, card_closed(card.id))] } else { Vec::new() }
        }
        // It names the transaction; whose card that is, has to be asked.
        kind if kind.starts_with(DISPUTES) => {
            let event: Event<Identified> = read(body, "not a dispute")?;
            return Ok(IssuerNews { disputes: vec![event.data.object.id], ..IssuerNews::default() });
        }
        // The endpoint may get more than we need.
        _ => Vec::new(),
    };
    let changes = changes.into_iter().map(|(_, change)| change).collect();
    Ok(IssuerNews { changes, ..IssuerNews::default() })
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8], otherwise: &str) -> Result<T, WebhookError> {
    serde_json::from_slice(body).map_err(|_| WebhookError::Malformed(otherwise.to_owned()))
}

/// Canceling is final and so happens once: its identifier is made of the card's.
fn card_closed(id: String) -> ChargeChange {
    ChargeChange {
        event_id: format!("closed:{id}"),
        card: CardRef(id),
        charge_id: String::new(),
        notice: IssuerNotice::CardClosed,
    }
}

/// What was asked and what was let go of. Captures come as transactions.
pub fn changes_of_authorization(of: &Authorization) -> Result<Vec<Timed>, &'static str> {
    let change = |event_id: String, notice| ChargeChange {
        event_id,
        card: CardRef(of.card.id.clone()),
        charge_id: of.id.clone(),
        notice,
    };
    let amount = |minor: u64| money(minor, &of.currency).ok_or(BAD_AMOUNT);
    let mut changes = Vec::new();
    for (index, request) in of.request_history.iter().enumerate() {
        let notice = match (request.approved, amount(request.amount)?) {
            (false, _) => IssuerNotice::Declined,
            (true, nothing) if nothing.is_zero() => IssuerNotice::Other { kind: "zero_amount".to_owned() },
            (true, amount) => IssuerNotice::Authorized { amount },
        };
        changes.push((request.created, change(format!("{}:{index}", of.id), notice)));
    }
    let releases = let_go(of);
    let last = releases.len().saturating_sub(1);
    for (index, (event_id, at, minor)) in releases.into_iter().enumerate() {
        let amount = amount(minor)?;
        let expired = of.status == "expired" && index == last;
        let notice = if expired { IssuerNotice::Expired { amount } } else { IssuerNotice::Reversed { amount } };
        changes.push((at, change(event_id, notice)));
    }
    Ok(changes)
}

/// Name, time and minor units of each release beyond a capture.
fn let_go(of: &Authorization) -> Vec<(String, u64, u64)> {
    let mut captures: Vec<&Transaction> = of.transactions.iter().filter(|one| is_capture(one)).collect();
    let releases = of.balance_transactions.iter().filter(|one| one.kind == "issuing_authorization_release");
    let releases: Vec<_> = releases.collect();
    if releases.is_empty() {
        return all_at_once(of, &captures);
    }
    let mut found = Vec::new();
    for release in releases {
        let same = captures.iter().position(|capture| capture.created.abs_diff(release.created) <= SAME_SECS);
        let captured = same.map_or(0, |index| captures.remove(index).amount.unsigned_abs());
        let minor = release.amount.unsigned_abs().saturating_sub(captured);
        if minor > 0 {
            found.push((release.id.clone(), release.created, minor));
        }
    }
    found
}

/// Where the books name no releases, the status says that nothing is held any more.
fn all_at_once(of: &Authorization, captures: &[&Transaction]) -> Vec<(String, u64, u64)> {
    let approved: u64 = of.request_history.iter().filter(|one| one.approved).map(|one| one.amount).sum();
    let captured: u64 = captures.iter().map(|one| one.amount.unsigned_abs()).sum();
    let minor = approved.saturating_sub(captured);
    let over = matches!(of.status.as_str(), "reversed" | "expired");
    if over && minor > 0 { vec![(format!("{}:{}", of.id, of.status), of.created, minor)] } else { Vec::new() }
}

/// Captures take from the balance. What is called a capture and gives is one that was taken back.
fn is_capture(of: &Transaction) -> bool {
    of.kind == "capture" && of.amount <= 0
}

/// What the state of a dispute says: that it was submitted, and how it ended.
pub fn changes_of_dispute(dispute: &Dispute, of: &Transaction) -> Result<Vec<Timed>, &'static str> {
    let amount = money(dispute.amount, &dispute.currency).ok_or(BAD_AMOUNT)?;
    let states: &[(&str, DisputeState)] = match dispute.status.as_str() {
        "submitted" => &[("opened", DisputeState::Opened)],
        "won" => &[("opened", DisputeState::Opened), ("won", DisputeState::Won)],
        "lost" | "expired" => &[("opened", DisputeState::Opened), ("lost", DisputeState::Lost)],
        // Not submitted yet: nobody but us knows of it.
        _ => &[],
    };
    let change = |(word, state): &(&str, DisputeState)| {
        let notice = IssuerNotice::Disputed { dispute_id: dispute.id.clone(), amount, state: *state };
        let change = ChargeChange {
            event_id: format!("{}:{word}", dispute.id),
            card: CardRef(of.card.clone()),
            charge_id: charge_of(of),
            notice,
        };
        (dispute.created.max(of.created), change)
    };
    Ok(states.iter().map(change).collect())
}

fn charge_of(of: &Transaction) -> String {
    of.authorization.clone().unwrap_or_else(|| of.id.clone())
}

/// A refund that is taken back is a refund with a negative amount.
pub fn change_of_transaction(of: &Transaction) -> Result<Timed, &'static str> {
    let amount = money(of.amount.unsigned_abs(), &of.currency).ok_or(BAD_AMOUNT)?;
    let notice = match of.kind.as_str() {
        "capture" if !is_capture(of) => IssuerNotice::Refunded { amount },
        "capture" if of.authorization.is_none() => IssuerNotice::ForceCaptured { amount },
        "capture" => IssuerNotice::Captured { amount },
        "refund" if of.amount < 0 => IssuerNotice::RefundReversed { amount },
        "refund" => IssuerNotice::Refunded { amount },
        kind => IssuerNotice::Other { kind: kind.chars().take(40).collect() },
    };
    let change =
        ChargeChange { event_id: of.id.clone(), card: CardRef(of.card.clone()), charge_id: charge_of(of), notice };
    Ok((of.created, change))
}
