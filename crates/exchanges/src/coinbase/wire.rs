//! The parts of Coinbase's JSON that are used (docs.cdp.coinbase.com, Advanced Trade REST API). Decimals are texts.

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
pub struct CreateOrder {
    pub client_order_id: String,
    pub product_id: String,
    pub side: &'static str,
    pub order_configuration: Configuration,
}

#[derive(Debug, Serialize)]
pub struct Configuration {
    pub sor_limit_ioc: LimitIoc,
}

#[derive(Debug, Serialize)]
pub struct LimitIoc {
    pub base_size: String,
    pub limit_price: String,
}

#[derive(Debug, Deserialize)]
pub struct Created {
    pub success: bool,
    #[serde(default)]
    pub success_response: Option<Accepted>,
    #[serde(default)]
    pub error_response: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
pub struct Accepted {
    pub order_id: String,
    #[serde(default)]
    pub client_order_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refusal {
    pub error: String,
    pub message: String,
    pub preview_failure_reason: String,
    pub new_order_failure_reason: String,
}

#[derive(Debug, Deserialize)]
pub struct OneOrder {
    pub order: Order,
}

#[derive(Debug, Deserialize)]
pub struct Orders {
    pub orders: Vec<Order>,
    pub has_next: bool,
    #[serde(default)]
    pub cursor: String,
}

#[derive(Debug, Deserialize)]
pub struct Order {
    pub order_id: String,
    pub client_order_id: String,
    pub product_id: String,
    pub side: String,
    /// `PENDING`, `OPEN`, `FILLED`, `CANCELLED`, `EXPIRED`, `FAILED` and others.
    pub status: String,
    /// Bitcoin sold.
    pub filled_size: String,
    /// What it brought, before the fee.
    pub filled_value: String,
    /// In the quote currency.
    pub total_fees: String,
}

#[derive(Debug, Deserialize)]
pub struct Accounts {
    pub accounts: Vec<Account>,
    pub has_next: bool,
    #[serde(default)]
    pub cursor: String,
}

#[derive(Debug, Deserialize)]
pub struct Account {
    pub currency: String,
    pub available_balance: Amount,
    /// What orders hold.
    pub hold: Amount,
}

#[derive(Debug, Deserialize)]
pub struct Amount {
    pub value: String,
    pub currency: String,
}

#[derive(Debug, Deserialize)]
pub struct Permissions {
    pub can_view: bool,
    pub can_trade: bool,
    pub can_transfer: bool,
}

#[derive(Debug, Deserialize)]
pub struct ServerTime {
    #[serde(rename = "epochMillis")]
    pub epoch_millis: String,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Product {
    pub product_id: String,
    /// The last price; empty where there was none.
    pub price: String,
    pub price_increment: String,
    pub base_increment: String,
    pub base_min_size: String,
    pub quote_min_size: String,
    pub is_disabled: bool,
    pub trading_disabled: bool,
    pub cancel_only: bool,
    pub post_only: bool,
    pub auction_mode: bool,
    pub view_only: bool,
}

/// The body of an HTTP error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpError {
    pub error: String,
    pub message: String,
}
