//! The parts of Stripe's JSON that are used (docs.stripe.com/api/issuing, version [`API_VERSION`]).

use money::{Currency, Money};
use ports::Secret;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The version that requests ask for and that the answer to a question names.
pub const API_VERSION: &str = "2026-06-24.dahlia";

/// Minor units in a currency that Stripe writes in lower case.
pub fn money(amount: u64, currency: &str) -> Option<Money> {
    Money::new(amount, currency.to_ascii_uppercase().parse::<Currency>().ok()?).ok()
}

#[derive(Debug, Deserialize)]
pub struct Identified {
    pub id: String,
}

/// A card in any answer but the reveal's.
#[derive(Debug, Deserialize)]
pub struct Card {
    pub id: String,
    pub status: String,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    pub spending_controls: SpendingControls,
}

#[derive(Debug, Deserialize)]
pub struct SpendingControls {
    #[serde(default)]
    pub spending_limits: Option<Vec<SpendingLimit>>,
}

#[derive(Debug, Deserialize)]
pub struct SpendingLimit {
    pub amount: u64,
    pub interval: String,
}

/// A card with number and code expanded.
#[derive(Deserialize)]
pub struct RevealedCard {
    pub status: String,
    #[serde(default, deserialize_with = "secret")]
    pub number: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub cvc: Option<Secret>,
    pub exp_month: u8,
    pub exp_year: u16,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

/// One page of a list; the next begins after the last item.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
    pub has_more: bool,
}

#[derive(Debug, Deserialize)]
pub struct Balance {
    /// Absent from accounts without Issuing.
    #[serde(default)]
    pub issuing: Option<IssuingBalance>,
}

#[derive(Debug, Deserialize)]
pub struct IssuingBalance {
    pub available: Vec<BalanceAmount>,
}

#[derive(Debug, Deserialize)]
pub struct BalanceAmount {
    pub amount: i64,
    pub currency: String,
}

#[derive(Debug, Deserialize)]
pub struct WebhookEndpoint {
    pub id: String,
    pub url: String,
    pub status: String,
    pub enabled_events: Vec<String>,
    #[serde(default)]
    pub api_version: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ErrorAnswer {
    pub error: ErrorObject,
}

#[derive(Debug, Default, Deserialize)]
pub struct ErrorObject {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
}

/// What every event has; its object is read by its type.
#[derive(Debug, Deserialize)]
pub struct EventHead {
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Deserialize)]
pub struct Event<T> {
    pub data: EventData<T>,
}

#[derive(Debug, Deserialize)]
pub struct EventData<T> {
    pub object: T,
}

#[derive(Debug, Deserialize)]
pub struct CardStatus {
    pub id: String,
    pub status: String,
}

/// Of merchants; the identifier is the card network's.
#[derive(Debug, Deserialize)]
pub struct MerchantData {
    pub network_id: String,
    #[serde(default)]
    pub name: Option<String>,
    pub category_code: String,
    #[serde(default)]
    pub country: Option<String>,
}

/// What the store asks for now.
#[derive(Debug, Deserialize)]
pub struct PendingRequest {
    pub amount: u64,
    pub currency: String,
    pub merchant_amount: u64,
    pub merchant_currency: String,
}

#[derive(Debug, Deserialize)]
pub struct PastRequest {
    pub amount: u64,
    pub approved: bool,
    pub created: u64,
}

#[derive(Debug, Deserialize)]
pub struct BalanceTransaction {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub amount: i64,
    pub created: u64,
}

#[derive(Debug, Deserialize)]
pub struct Authorization {
    pub id: String,
    pub card: Identified,
    pub currency: String,
    pub merchant_data: MerchantData,
    #[serde(default)]
    pub pending_request: Option<PendingRequest>,
    pub request_history: Vec<PastRequest>,
    pub status: String,
    pub created: u64,
    #[serde(default)]
    pub balance_transactions: Vec<BalanceTransaction>,
    #[serde(default)]
    pub transactions: Vec<Transaction>,
}

/// A dispute with its transaction expanded, or in it.
#[derive(Debug, Deserialize)]
pub struct Dispute {
    pub id: String,
    pub amount: u64,
    pub currency: String,
    pub status: String,
    pub created: u64,
}

#[derive(Debug, Deserialize)]
pub struct DisputeOf {
    #[serde(flatten)]
    pub dispute: Dispute,
    pub transaction: Transaction,
}

/// What is a name, or the object of that name where it was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Named<T> {
    Whole(Box<T>),
    Name(serde::de::IgnoredAny),
}

/// Of `authorization` only the name is there unless it is expanded, which we never ask for.
#[derive(Debug, Deserialize)]
pub struct Transaction {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub amount: i64,
    pub currency: String,
    pub card: String,
    #[serde(default)]
    pub authorization: Option<String>,
    pub created: u64,
    #[serde(default)]
    pub dispute: Option<Named<Dispute>>,
}
