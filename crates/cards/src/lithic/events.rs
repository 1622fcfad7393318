//! From Lithic's events to [`ChargeChange`]s (docs.lithic.com: "Transaction Flow", API reference "Transaction").
//!
//! Lithic sends the whole transaction with all its events each time one is added. All are read each time: each has an
//! identifier of its own, so the engine applies it once, and a lost webhook is made good by the next one.
//!
//! Invariant: a change's amount is what its event added. Lithic's amounts of single events are that already, except
//! for an authorization advice, whose amount replaces what was authorized.

use super::challenges;
use super::wire::{CardUpdated, Dispute, EventHead, Transaction, TransactionEvent};
use money::{Currency, Money};
use ports::{CardRef, ChargeChange, DisputeState, IssuerNews, IssuerNotice, WebhookError};

pub const TRANSACTION_EVENT: &str = "card_transaction.updated";
const CARD_EVENT: &str = "card.updated";
const DISPUTE_EVENT: &str = "dispute.updated";
const CHALLENGE_EVENT: &str = "three_ds_authentication.challenge";
const AUTHENTICATION_EVENT: &str = "three_ds_authentication.updated";

const BAD_AMOUNT: &str = "an amount is out of range or in no currency";

/// The news of an event webhook whose signature was right.
pub fn news_of_webhook(body: &[u8], billed_in: Currency) -> Result<IssuerNews, WebhookError> {
    let malformed = |what: &str| WebhookError::Malformed(what.to_owned());
    let head: EventHead = serde_json::from_slice(body).map_err(|_| malformed("no event_type"))?;
    match head.event_type.as_str() {
        TRANSACTION_EVENT => {
            let transaction: Transaction = serde_json::from_slice(body).map_err(|_| malformed("not a transaction"))?;
            let changes = changes_of(&transaction).map_err(malformed)?;
            Ok(news(changes.into_iter().map(|(_, change)| change).collect()))
        }
        CARD_EVENT => {
            let card: CardUpdated = serde_json::from_slice(body).map_err(|_| malformed("not a card"))?;
            Ok(news(if card.state == "CLOSED" { vec![card_closed(card.card_token)] } else { Vec::new() }))
        }
        // It names the transaction; whose card that is, has to be asked.
        DISPUTE_EVENT => {
            let dispute: Dispute = serde_json::from_slice(body).map_err(|_| malformed("not a dispute"))?;
            Ok(IssuerNews { disputes: vec![dispute.token], ..IssuerNews::default() })
        }
        CHALLENGE_EVENT => Ok(news(vec![challenges::asked(body, billed_in)?])),
        AUTHENTICATION_EVENT => Ok(news(challenges::ended(body)?.into_iter().collect())),
        // The subscription may be to more than we need.
        _ => Ok(news(Vec::new())),
    }
}

fn news(changes: Vec<ChargeChange>) -> IssuerNews {
    IssuerNews { changes, ..IssuerNews::default() }
}

/// What the state of a dispute says: that it was opened, and how it ended. `CASE_WON`: credit will be issued.
pub fn changes_of_dispute(
    dispute: &Dispute,
    card: &CardRef,
    currency: Currency,
) -> Result<Vec<(String, ChargeChange)>, &'static str> {
    let amount = Money::new(dispute.amount.unsigned_abs(), currency).map_err(|_| BAD_AMOUNT)?;
    let end: &[(&str, DisputeState)] = match dispute.status.as_str() {
        "CASE_WON" => &[("won", DisputeState::Won)],
        "CASE_CLOSED" => &[("lost", DisputeState::Lost)],
        _ => &[],
    };
    let change = |(word, state): &(&str, DisputeState)| {
        let change = ChargeChange {
            event_id: format!("{}:{word}", dispute.token),
            card: card.clone(),
            charge_id: dispute.transaction_token.clone(),
            notice: IssuerNotice::Disputed { dispute_id: dispute.token.clone(), amount, state: *state },
        };
        (sort_key(&dispute.created).to_owned(), change)
    };
    Ok([("opened", DisputeState::Opened)].iter().chain(end).map(change).collect())
}

/// Closing is final and so happens once: its identifier is made of the card's.
fn card_closed(token: String) -> ChargeChange {
    ChargeChange {
        event_id: format!("closed:{token}"),
        card: CardRef(token),
        charge_id: String::new(),
        notice: IssuerNotice::CardClosed,
    }
}

/// All changes of some transactions, each with a text that sorts by time.
pub fn changes_of_all(transactions: &[Transaction]) -> Result<Vec<(String, ChargeChange)>, &'static str> {
    let mut all = Vec::new();
    for transaction in transactions {
        all.extend(changes_of(transaction)?);
    }
    Ok(all)
}

/// What the earlier events of a transaction leave for the later ones to build on.
#[derive(Default)]
struct SoFar {
    /// We or a stand-in said yes. A capture without it is a forced one.
    approved: bool,
    /// Authorized and not reversed, in minor units.
    authorized_minor: u64,
}

fn changes_of(transaction: &Transaction) -> Result<Vec<(String, ChargeChange)>, &'static str> {
    let mut events: Vec<&TransactionEvent> = transaction.events.iter().collect();
    events.sort_by_key(|event| sort_key(&event.created));
    let mut so_far = SoFar::default();
    let mut changes = Vec::new();
    for event in events {
        for (suffix, notice) in notices(event, &mut so_far)? {
            let change = ChargeChange {
                event_id: format!("{}{suffix}", event.token),
                card: CardRef(transaction.card_token.clone()),
                charge_id: transaction.token.clone(),
                notice,
            };
            changes.push((sort_key(&event.created).to_owned(), change));
        }
    }
    Ok(changes)
}

/// RFC 3339 in UTC without its zone, so that times with and without fractions sort as text.
fn sort_key(created: &str) -> &str {
    created.split(['Z', 'z', '+']).next().unwrap_or_default()
}

/// What one event is, with the suffix that its identifier gets.
fn notices(event: &TransactionEvent, so_far: &mut SoFar) -> Result<Vec<(&'static str, IssuerNotice)>, &'static str> {
    let amount = event.amounts.cardholder.unsigned().ok_or(BAD_AMOUNT)?;
    let approved = event.result == "APPROVED";
    let one = |notice| Ok(vec![("", notice)]);
    let other = || Ok(vec![("", IssuerNotice::Other { kind: event.kind.clone() })]);
    match event.kind.as_str() {
        "AUTHORIZATION" | "FINANCIAL_AUTHORIZATION" | "AUTHORIZATION_ADVICE" if !approved => {
            one(IssuerNotice::Declined)
        }
        "AUTHORIZATION" => {
            so_far.authorize(amount);
            one(IssuerNotice::Authorized { amount })
        }
        "FINANCIAL_AUTHORIZATION" => {
            so_far.authorize(amount);
            Ok(vec![("", IssuerNotice::Authorized { amount }), (":captured", IssuerNotice::Captured { amount })])
        }
        "AUTHORIZATION_ADVICE" => Ok(vec![("", advice(event, amount, so_far)?)]),
        "AUTHORIZATION_REVERSAL" if approved => {
            so_far.authorized_minor = so_far.authorized_minor.saturating_sub(amount.minor());
            one(IssuerNotice::Reversed { amount })
        }
        "AUTHORIZATION_EXPIRY" if approved => one(IssuerNotice::Expired { amount }),
        "CLEARING" if approved && event.effective_polarity == "CREDIT" => one(IssuerNotice::Refunded { amount }),
        "CLEARING" if approved && so_far.approved => one(IssuerNotice::Captured { amount }),
        // Nobody approved it: without an authorization, or after a decline.
        "CLEARING" | "CORRECTION_DEBIT" if approved => one(IssuerNotice::ForceCaptured { amount }),
        "RETURN" | "FINANCIAL_CREDIT_AUTHORIZATION" | "CORRECTION_CREDIT" if approved => {
            one(IssuerNotice::Refunded { amount })
        }
        "RETURN_REVERSAL" if approved => one(IssuerNotice::RefundReversed { amount }),
        // Promised credits, balance inquiries, what was refused, what is not documented yet.
        _ => other(),
    }
}

impl SoFar {
    fn authorize(&mut self, amount: Money) {
        self.approved = true;
        self.authorized_minor = self.authorized_minor.saturating_add(amount.minor());
    }
}

/// An approved advice: its amount replaces what was authorized. Without an authorization of ours before it, a stand-in
/// has approved in our name.
fn advice(event: &TransactionEvent, amount: Money, so_far: &mut SoFar) -> Result<IssuerNotice, &'static str> {
    so_far.approved = true;
    let before = std::mem::replace(&mut so_far.authorized_minor, amount.minor());
    let by = Money::new(before.abs_diff(amount.minor()), amount.currency()).map_err(|_| BAD_AMOUNT)?;
    Ok(match amount.minor().cmp(&before) {
        std::cmp::Ordering::Greater => IssuerNotice::Authorized { amount: by },
        std::cmp::Ordering::Less => IssuerNotice::Reversed { amount: by },
        std::cmp::Ordering::Equal => IssuerNotice::Other { kind: event.kind.clone() },
    })
}
