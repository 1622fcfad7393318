//! The card network as a merchant's acquirer sees it, whoever issued the card: a store charges a number, captures, voids,
//! refunds. Each simulated issuer is such a network of its own cards.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Who charges, as the network describes it (docs.lithic.com/reference/transaction, `merchant`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// What a statement shows, up to about 25 characters: `RARE GROOVE RECORDS`.
    pub descriptor: String,
    /// Four digits, ISO 18245. Music stores: `5735`.
    pub mcc: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    pub city: String,
    pub state: String,
    /// Unique per merchant at its acquirer. A merchant-locked card is locked to this.
    pub acceptor_id: String,
}

impl Default for Merchant {
    fn default() -> Self {
        Self {
            descriptor: "RARE GROOVE RECORDS".into(),
            mcc: "5735".into(),
            country: "USA".into(),
            city: "NEW ORLEANS".into(),
            state: "LA".into(),
            acceptor_id: "174030075991".into(),
        }
    }
}

/// Where a transaction is, in Lithic's words. `Settled` says that something was cleared, not that nothing is held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Declined,
    Expired,
    Pending,
    Settled,
    Voided,
}

/// How the merchant knows the card.
#[derive(Clone, PartialEq, Eq)]
pub enum CardRef {
    /// The issuer's token: a charge without a form to fill in.
    Token(String),
    /// What was typed into a checkout form; number, security code and expiry must all match.
    Typed(TypedCard),
}

/// The fields of a checkout form's card. No `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCard {
    /// 16 digits without spaces.
    pub number: String,
    /// Three digits.
    pub security_code: String,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
}

/// One attempt of a merchant to authorize an amount.
#[derive(Clone)]
pub struct Charge {
    pub card: CardRef,
    /// Minor units of `currency`, the merchant's. 0 is an account check.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    pub merchant: Merchant,
    /// For the address check; may be empty.
    pub postal_code: String,
    /// Asks for the balance (`BALANCE_INQUIRY`) instead of authorizing; `amount_minor` must be 0.
    pub balance_inquiry: bool,
}

impl Charge {
    /// A plain authorization in the default merchant's name.
    pub fn new(card: CardRef, amount_minor: i64, currency: &str) -> Self {
        Self {
            card,
            amount_minor,
            currency: currency.into(),
            merchant: Merchant::default(),
            postal_code: String::new(),
            balance_inquiry: false,
        }
    }
}

/// What the merchant's terminal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Approved,
    /// The issuer's words, such as Lithic's `result` and `detailed_results` entry; a real merchant sees less.
    Declined {
        result: String,
        detail: String,
    },
}

/// The answer to a [`Charge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeResult {
    pub outcome: Outcome,
    /// The transaction; `None` when the number belongs to no card.
    pub token: Option<String>,
    /// How long the responder took; `None` when it was not asked.
    pub answered_in: Option<Duration>,
}

impl ChargeResult {
    pub fn is_approved(&self) -> bool {
        self.outcome == Outcome::Approved
    }
}

/// What a transaction amounts to. Minor units of the card's currency, debits positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionState {
    pub status: Status,
    pub authorized_minor: i64,
    pub held_minor: i64,
    pub settled_minor: i64,
}

impl TransactionState {
    /// Taken by the store and not given back.
    pub fn captured_minor(self) -> i64 {
        self.settled_minor
    }
}

/// Why the driver refuses. A mistake of the caller, never a decline.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DriverError {
    #[error("no such card")]
    NoSuchCard,
    #[error("no such transaction")]
    NoSuchTransaction,
    #[error("not possible: {0}")]
    NotPossible(&'static str),
}

/// What a merchant can do with the cards of an issuer. Amounts are minor units of the merchant's currency.
#[async_trait]
pub trait CardNetwork: Send + Sync {
    /// A merchant charges a card: checks, the real-time authorization, the event. Answers when the verdict is known.
    async fn charge(&self, charge: Charge) -> Result<ChargeResult, DriverError>;

    /// More on an authorization that is there.
    async fn increment(&self, token: &str, minor: i64) -> Result<ChargeResult, DriverError>;

    /// Less, as much, or more than authorized; several times; also after a void or an expiry.
    fn capture(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError>;

    /// Lets go of all that is still held.
    fn void(&self, token: &str) -> Result<TransactionState, DriverError>;

    fn reverse_part(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError>;

    /// The authorization's validity ends.
    fn expire(&self, token: &str) -> Result<TransactionState, DriverError>;

    /// A refund that belongs to a charge.
    fn refund_within(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError>;

    /// A refund of its own, in the card's currency; answers its token.
    fn refund(&self, card: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError>;

    /// Takes back the newest refund of a charge, or a refund of its own.
    fn reverse_refund(&self, token: &str) -> Result<TransactionState, DriverError>;

    /// A capture without an authorization, in the card's currency; answers its token.
    fn force_capture(&self, card: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError>;

    fn transaction(&self, token: &str) -> Result<TransactionState, DriverError>;

    /// The card that a transaction is on.
    fn card_of(&self, token: &str) -> Result<String, DriverError>;
}

/// Billed amount of a merchant amount at `rate_millionths`, half up, between currencies of `from` and `to` decimals.
pub(crate) fn bill(merchant_minor: i64, rate_millionths: i64, from: u32, to: u32) -> i64 {
    let numerator = i128::from(merchant_minor) * i128::from(rate_millionths) * 10_i128.pow(to);
    let denominator = 1_000_000 * 10_i128.pow(from);
    i64::try_from((numerator + denominator / 2).div_euclid(denominator)).unwrap_or(i64::MAX)
}

/// Minor-unit decimals of a currency, ISO 4217, for those that a demo charges in.
pub(crate) fn decimals(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "CLP" | "ISK" | "VND" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_amounts_are_billed_half_up() {
        assert_eq!(bill(1000, 800_000, 2, 2), 800);
        assert_eq!(bill(3000, 6_655, 0, 2), 1997); // 3,000 yen at 0.006655: 19.965 dollars
        assert_eq!(bill(1, 500_000, 2, 2), 1);
    }
}
