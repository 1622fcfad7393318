//! What Coinbase writes (API v2). Only fields that are used.

use money::{Sat, parse_decimal};
use serde::{Deserialize, Serialize};

/// A login answer (OAuth2 Reference, "Token"); overwritten by whoever keeps it.
#[derive(Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub expires_in: u64,
}

#[derive(Deserialize, Default)]
pub struct LoginError {
    #[serde(default)]
    pub error: String,
}

#[derive(Deserialize)]
pub struct One<T> {
    pub data: T,
}

#[derive(Deserialize)]
pub struct Many<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub pagination: Pagination,
}

#[derive(Deserialize, Default)]
pub struct Pagination {
    pub next_starting_after: Option<String>,
    pub next_uri: Option<String>,
}

#[derive(Deserialize)]
pub struct User {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Deserialize)]
pub struct Account {
    pub id: String,
    #[serde(default)]
    pub primary: bool,
    pub currency: Currency,
    pub balance: Amount,
}

/// A code in the newer answers, an object around it in the older ones.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Currency {
    Code(String),
    Whole { code: String },
}

impl Currency {
    pub fn code(&self) -> &str {
        match self {
            Self::Code(code) | Self::Whole { code } => code,
        }
    }
}

#[derive(Deserialize)]
pub struct Amount {
    pub amount: String,
    pub currency: String,
}

impl Amount {
    /// Bitcoin, and whether it left the account. None for anything else, or more than eight places.
    pub fn bitcoin(&self) -> Option<(bool, Sat)> {
        let (out, digits) = match self.amount.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.amount.as_str()),
        };
        let sat = parse_decimal(digits, 8).ok().and_then(|sat| Sat::new(sat).ok())?;
        (self.currency == "BTC").then_some((out, sat))
    }
}

#[derive(Deserialize)]
pub struct Transaction {
    pub id: String,
    pub status: String,
    pub amount: Amount,
    #[serde(default)]
    pub description: Option<String>,
    pub created_at: String,
    #[serde(default)]
    pub idem: Option<String>,
    #[serde(default)]
    pub from: Option<Party>,
    #[serde(default)]
    pub network: Option<Network>,
}

#[derive(Deserialize)]
pub struct Party {
    pub id: Option<String>,
}

#[derive(Deserialize)]
pub struct Network {
    pub transaction_fee: Option<Amount>,
}

#[derive(Deserialize)]
pub struct Address {
    pub id: String,
    pub address: String,
}

#[derive(Serialize)]
pub struct NewSend<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub to: &'a str,
    pub amount: String,
    pub currency: &'static str,
    pub idem: &'a str,
    pub description: &'a str,
}

#[derive(Serialize)]
pub struct NewAddress<'a> {
    pub name: &'a str,
}

#[derive(Deserialize, Default)]
pub struct Errors {
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
pub struct ErrorEntry {
    pub id: String,
    #[serde(default)]
    pub message: String,
}
