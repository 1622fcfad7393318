//! Cards and card transactions as Lithic keeps them, and the arithmetic of a transaction's life.
//!
//! Invariant: a transaction's hold, settled amount and status are functions of its events and nothing else; the hold
//! is never below zero (docs.lithic.com/docs/transaction-flow: an over-reversal is capped).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use crate::network::{Merchant, Status, bill, decimals};

/// The published enumerations that both the wire and the records use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardType {
    MerchantLocked,
    Physical,
    SingleUse,
    Virtual,
    Unlocked,
    DigitalWallet,
}

/// Lithic's card states. `Closed` is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardState {
    Open,
    Paused,
    Closed,
}

/// The window of a spend limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LimitDuration {
    Annually,
    Forever,
    Monthly,
    Transaction,
}

/// A card. No `Debug`: the number must not end up in a log.
pub(crate) struct Card {
    pub(crate) token: String,
    pub(crate) pan: String,
    pub(crate) cvv: String,
    /// Two digits.
    pub(crate) exp_month: String,
    /// Four digits.
    pub(crate) exp_year: String,
    pub(crate) kind: CardType,
    pub(crate) state: CardState,
    /// Minor units; 0 is no limit at all (docs.lithic.com/reference/postcards).
    pub(crate) spend_limit: i64,
    pub(crate) spend_limit_duration: LimitDuration,
    pub(crate) memo: String,
    /// The caller's own key-value pairs.
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_ms: i64,
    /// The acceptor that a merchant-locked card is locked to, once one has been approved.
    pub(crate) locked_to: Option<String>,
    /// A single-use card that was closed by its first approved authorization.
    pub(crate) used_up: bool,
}

/// The kinds of events in a transaction's life that the sandbox plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    Authorization,
    AuthorizationAdvice,
    AuthorizationExpiry,
    AuthorizationReversal,
    BalanceInquiry,
    Clearing,
    Return,
    ReturnReversal,
}

impl EventKind {
    /// Whether money moves (and `amounts.settlement` is present).
    pub(crate) fn is_financial(self) -> bool {
        matches!(self, Self::Clearing | Self::Return | Self::ReturnReversal)
    }

    pub(crate) fn polarity(self) -> &'static str {
        match self {
            Self::AuthorizationExpiry | Self::AuthorizationReversal | Self::Return => "CREDIT",
            Self::Authorization
            | Self::AuthorizationAdvice
            | Self::BalanceInquiry
            | Self::Clearing
            | Self::ReturnReversal => "DEBIT",
        }
    }
}

/// An amount in the card's currency and in the merchant's. Minor units of each, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Billed {
    pub(crate) billed_minor: i64,
    pub(crate) merchant_minor: i64,
}

/// One event of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct CardEvent {
    pub(crate) token: String,
    pub(crate) kind: EventKind,
    pub(crate) amount: Billed,
    /// The published `result`, such as `APPROVED`, and the `detailed_results` under it.
    pub(crate) verdict: Verdict,
    pub(crate) created_ms: i64,
}

/// A `result` with its `detailed_results` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) result: String,
    pub(crate) detail: String,
}

impl Verdict {
    pub(crate) fn new(result: &str, detail: &str) -> Self {
        Self { result: result.into(), detail: detail.into() }
    }

    pub(crate) fn approved() -> Self {
        Self::new("APPROVED", "APPROVED")
    }

    pub(crate) fn is_approved(&self) -> bool {
        self.result == "APPROVED"
    }
}

/// A card transaction: what Lithic calls a `transaction`.
#[derive(Clone, Debug)]
pub(crate) struct CardTransaction {
    pub(crate) token: String,
    pub(crate) card_token: String,
    pub(crate) merchant: Merchant,
    pub(crate) merchant_currency: String,
    /// Billed per merchant minor unit, in millionths of the major-unit rate; printed with six decimals.
    pub(crate) rate_millionths: i64,
    pub(crate) postal_code: String,
    pub(crate) authorization_code: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) events: Vec<CardEvent>,
}

/// What a transaction amounts to after its events. Debits positive, minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) authorized: Billed,
    pub(crate) held_minor: i64,
    pub(crate) settled_minor: i64,
    pub(crate) settled_merchant_minor: i64,
    pub(crate) status: Status,
}

impl CardTransaction {
    /// Plays the events from the first to the last.
    pub(crate) fn standing(&self) -> Standing {
        let mut at = Standing {
            authorized: Billed::default(),
            held_minor: 0,
            settled_minor: 0,
            settled_merchant_minor: 0,
            status: Status::Declined,
        };
        let mut cleared = false;
        for event in self.events.iter().filter(|event| event.verdict.is_approved()) {
            let Billed { billed_minor, merchant_minor } = event.amount;
            match event.kind {
                // A second one is an increment.
                EventKind::Authorization => {
                    at.authorized.billed_minor += billed_minor;
                    at.authorized.merchant_minor += merchant_minor;
                    at.held_minor += billed_minor;
                }
                // An advice replaces what was authorized.
                EventKind::AuthorizationAdvice => {
                    at.authorized = event.amount;
                    at.held_minor = (billed_minor - at.settled_minor).max(0);
                }
                EventKind::BalanceInquiry => cleared = true,
                EventKind::Clearing => {
                    at.held_minor = (at.held_minor - billed_minor).max(0);
                    at.settled_minor += billed_minor;
                    at.settled_merchant_minor += merchant_minor;
                    cleared = true;
                }
                EventKind::AuthorizationReversal => {
                    at.held_minor = (at.held_minor - billed_minor).max(0);
                }
                EventKind::AuthorizationExpiry => at.held_minor = 0,
                EventKind::Return => {
                    at.settled_minor -= billed_minor;
                    at.settled_merchant_minor -= merchant_minor;
                    cleared = true;
                }
                EventKind::ReturnReversal => {
                    at.settled_minor += billed_minor;
                    at.settled_merchant_minor += merchant_minor;
                }
            }
            at.status = match (event.kind, cleared) {
                // A return that stood alone and was taken back leaves nothing.
                (EventKind::ReturnReversal, _) if at.settled_minor == 0 => Status::Voided,
                (_, true) => Status::Settled,
                (EventKind::AuthorizationExpiry, false) => Status::Expired,
                (EventKind::AuthorizationReversal, false) if at.held_minor == 0 => Status::Voided,
                (_, false) => Status::Pending,
            };
        }
        at
    }

    /// The `result` of the transaction: that of its newest authorization, else of its newest event.
    pub(crate) fn result(&self) -> &str {
        self.events
            .iter()
            .rev()
            .find(|event| matches!(event.kind, EventKind::Authorization | EventKind::AuthorizationAdvice))
            .or(self.events.last())
            .map_or("DECLINED", |event| &event.verdict.result)
    }

    pub(crate) fn updated_ms(&self) -> i64 {
        self.events.last().map_or(self.created_ms, |event| event.created_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[(EventKind, i64)]) -> (i64, i64, Status) {
        let events = events
            .iter()
            .map(|(kind, minor)| CardEvent {
                token: String::new(),
                kind: *kind,
                amount: Billed { billed_minor: *minor, merchant_minor: *minor },
                verdict: Verdict::approved(),
                created_ms: 0,
            })
            .collect();
        let transaction = CardTransaction {
            token: String::new(),
            card_token: String::new(),
            merchant: Merchant::default(),
            merchant_currency: "USD".into(),
            rate_millionths: 1_000_000,
            postal_code: String::new(),
            authorization_code: None,
            created_ms: 0,
            events,
        };
        let at = transaction.standing();
        (at.held_minor, at.settled_minor, at.status)
    }

    /// The sequences of docs.lithic.com/docs/transaction-flow, with their published holds, settlements and statuses.
    #[test]
    fn the_published_flows() {
        use EventKind::*;
        use Status::*;
        for (events, want) in [
            (vec![(Authorization, 1000)], (1000, 0, Pending)),
            (vec![(Authorization, 1000), (Clearing, 1000)], (0, 1000, Settled)),
            (vec![(Authorization, 1000), (AuthorizationReversal, 1000)], (0, 0, Voided)),
            (vec![(Authorization, 1000), (AuthorizationReversal, 900)], (100, 0, Pending)),
            (vec![(Authorization, 1000), (AuthorizationReversal, 1100)], (0, 0, Voided)),
            (vec![(Authorization, 1000), (AuthorizationExpiry, 1000)], (0, 0, Expired)),
            (vec![(Authorization, 1000), (AuthorizationAdvice, 2000)], (2000, 0, Pending)),
            (vec![(Authorization, 1000), (AuthorizationExpiry, 1000), (Clearing, 1000)], (0, 1000, Settled)),
            (
                vec![(Authorization, 1000), (Clearing, 800), (AuthorizationReversal, 100), (Clearing, 100)],
                (0, 900, Settled),
            ),
            (
                vec![(Authorization, 1000), (Clearing, 700), (Clearing, 100), (AuthorizationExpiry, 200)],
                (0, 800, Settled),
            ),
            (vec![(Authorization, 1000), (Clearing, 600)], (400, 600, Settled)),
            (vec![(Authorization, 5000), (Clearing, 7340)], (0, 7340, Settled)),
            (vec![(Authorization, 1000), (Authorization, 500), (Clearing, 1500)], (0, 1500, Settled)),
            (vec![(Clearing, 1000)], (0, 1000, Settled)),
            (vec![(Return, 800)], (0, -800, Settled)),
            (vec![(Return, 1000), (ReturnReversal, 1000)], (0, 0, Voided)),
            (vec![(BalanceInquiry, 0)], (0, 0, Settled)),
        ] {
            assert_eq!(after(&events), want, "{events:?}");
        }
    }
}
