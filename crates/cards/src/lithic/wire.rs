//! The parts of Lithic's JSON that are used (docs.lithic.com, API reference: Card, Transaction, Auth Stream Access).
//!
//! Fields that Lithic documents as deprecated are not read.

use money::{Currency, Money};
use ports::Secret;
use serde::{Deserialize, Deserializer, Serialize};

/// A card in any answer but the reveal's: number and code are passed over unread.
#[derive(Debug, Deserialize)]
pub struct Card {
    pub token: String,
    pub state: String,
    #[serde(default)]
    pub memo: String,
    pub spend_limit: u64,
}

/// A card with its secrets, which only programs certified for PCI are given.
#[derive(Deserialize)]
pub struct RevealedCard {
    pub state: String,
    #[serde(default, deserialize_with = "secret")]
    pub pan: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub cvv: Option<Secret>,
    #[serde(default)]
    pub exp_month: String,
    #[serde(default)]
    pub exp_year: String,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

#[derive(Debug, Serialize)]
pub struct NewCard<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub state: &'static str,
    pub memo: &'a str,
    pub spend_limit: u64,
    pub spend_limit_duration: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_program_token: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct CardLimit {
    pub spend_limit: u64,
    pub spend_limit_duration: &'static str,
}

#[derive(Debug, Serialize)]
pub struct CardState {
    pub state: &'static str,
}

/// One page of a list; the next begins after the last item's token.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub has_more: bool,
}

#[derive(Debug, Deserialize)]
pub struct Balance {
    pub available_amount: i64,
    pub currency: String,
}

#[derive(Debug, Deserialize)]
pub struct ResponderEndpoint {
    #[serde(default)]
    pub enrolled: bool,
    #[serde(default)]
    pub url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct EventSubscription {
    pub token: String,
    pub url: String,
    pub disabled: bool,
    /// Absent, null or empty: all types.
    #[serde(default)]
    pub event_types: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct ErrorAnswer {
    pub message: String,
}

/// An amount in the smallest unit of its currency. Credits are negative in some answers and positive in others, so
/// the sign says nothing: the type of the event does.
#[derive(Debug, Deserialize)]
pub struct Amount {
    pub amount: i64,
    pub currency: String,
}

impl Amount {
    /// The amount without its sign.
    pub fn unsigned(&self) -> Option<Money> {
        Money::new(self.amount.unsigned_abs(), self.currency.parse::<Currency>().ok()?).ok()
    }

    /// The amount if it is not below zero.
    pub fn positive(&self) -> Option<Money> {
        if self.amount < 0 { None } else { self.unsigned() }
    }
}

#[derive(Debug, Deserialize)]
pub struct Amounts {
    /// What the card is billed.
    pub cardholder: Amount,
    /// What the store asks.
    pub merchant: Amount,
}

#[derive(Debug, Deserialize)]
pub struct MerchantInfo {
    pub acceptor_id: String,
    pub descriptor: String,
    pub mcc: String,
    pub country: String,
}

#[derive(Debug, Deserialize)]
pub struct AuthorizationCard {
    pub token: String,
}

/// The Auth Stream Access request.
#[derive(Debug, Deserialize)]
pub struct AuthorizationRequest {
    /// Sent by newer programs; absent from older ones.
    #[serde(default)]
    pub event_type: Option<String>,
    /// The transaction's; an increment has the same.
    pub token: String,
    /// This request's; programmes in a beta only.
    #[serde(default)]
    pub event_token: Option<String>,
    pub status: String,
    pub card: AuthorizationCard,
    pub amounts: Amounts,
    pub merchant: MerchantInfo,
}

#[derive(Debug, Serialize)]
pub struct AuthorizationAnswer<'a> {
    pub result: &'static str,
    pub token: &'a str,
}

#[derive(Debug, Deserialize)]
pub struct Transaction {
    pub token: String,
    pub card_token: String,
    /// Not among the required fields.
    #[serde(default)]
    pub events: Vec<TransactionEvent>,
}

#[derive(Debug, Deserialize)]
pub struct TransactionEvent {
    pub token: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub result: String,
    pub created: String,
    pub effective_polarity: String,
    pub amounts: EventAmounts,
}

#[derive(Debug, Deserialize)]
pub struct EventAmounts {
    pub cardholder: Amount,
}

/// A dispute, alone or as the body of `dispute.updated`.
#[derive(Debug, Deserialize)]
pub struct Dispute {
    pub token: String,
    pub transaction_token: String,
    pub amount: i64,
    pub status: String,
    pub created: String,
}

/// Of a 3-D Secure authentication. Amounts are whole minor units; a fraction is refused.
#[derive(Debug, Deserialize)]
pub struct AuthenticatedTransaction {
    pub amount: u64,
    #[serde(default)]
    pub cardholder_amount: Option<u64>,
    pub currency: String,
}

#[derive(Debug, Deserialize)]
pub struct AuthenticatedMerchant {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub mcc: Option<String>,
    #[serde(default)]
    pub country: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct AuthenticationRequest {
    #[serde(default)]
    pub event_type: Option<String>,
    pub token: String,
    pub authentication_result: String,
    pub card_token: String,
    pub merchant: AuthenticatedMerchant,
    pub three_ds_requestor_challenge_indicator: String,
    #[serde(default)]
    pub transaction: Option<AuthenticatedTransaction>,
}

#[derive(Debug, Serialize)]
pub struct AuthenticationAnswer {
    pub three_ds_authentication_decision: &'static str,
}

#[derive(Debug, Deserialize)]
pub struct ChallengeWindow {
    pub expiry_time: String,
}

#[derive(Debug, Deserialize)]
pub struct ChallengeEvent {
    pub authentication_object: AuthenticationRequest,
    pub challenge: ChallengeWindow,
}

#[derive(Debug, Serialize)]
pub struct ChallengeResponse<'a> {
    pub token: &'a str,
    pub challenge_response: &'static str,
}

/// What every event webhook has.
#[derive(Debug, Deserialize)]
pub struct EventHead {
    pub event_type: String,
}

#[derive(Debug, Deserialize)]
pub struct CardUpdated {
    pub card_token: String,
    pub state: String,
}
