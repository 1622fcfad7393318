//! The parts of Kraken's JSON that are used (docs.kraken.com, Spot REST API reference).

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub struct Envelope<T> {
    pub error: Vec<String>,
    pub result: Option<T>,
}

#[derive(Debug, Deserialize)]
pub struct Placed {
    pub txid: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct OpenOrders {
    pub open: BTreeMap<String, Order>,
}

#[derive(Debug, Deserialize)]
pub struct ClosedOrders {
    pub closed: BTreeMap<String, Order>,
}

/// An order, open or closed. Decimals are texts.
#[derive(Debug, Deserialize)]
pub struct Order {
    /// `pending`, `open`, `closed`, `canceled` or `expired`.
    pub status: String,
    #[serde(default)]
    pub cl_ord_id: Option<String>,
    pub descr: Description,
    /// Bitcoin sold.
    pub vol_exec: String,
    /// What it brought, before the fee.
    pub cost: String,
    pub fee: String,
    /// Separated by commas.
    pub oflags: String,
}

#[derive(Debug, Deserialize)]
pub struct Description {
    pub pair: String,
}

#[derive(Debug, Deserialize)]
pub struct SystemStatus {
    /// `online`, `maintenance`, `cancel_only` or `post_only`.
    pub status: String,
}

#[derive(Debug, Deserialize)]
pub struct ServerTime {
    /// Seconds.
    pub unixtime: u64,
}

#[derive(Debug, Deserialize)]
pub struct AssetPair {
    pub altname: String,
    pub pair_decimals: u32,
    pub lot_decimals: u32,
    /// Bitcoin.
    pub ordermin: String,
    /// Currency; where absent, one unit of the last decimal.
    #[serde(default)]
    pub tick_size: Option<String>,
    /// `online` and others.
    #[serde(default)]
    pub status: Option<String>,
}
