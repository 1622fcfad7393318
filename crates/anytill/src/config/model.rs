//! The settings as the program reads them. What each means is said in `config/default.toml`.

use super::SecretRef;
use super::sources::Sources;
use ids::NodeId;
use money::{Currency, Money};
use purchase::ClaimOn;
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub chain: Chain,
    pub node: Node,
    #[serde(default)]
    pub lnd: Vec<Lnd>,
    pub vendor_node: VendorNode,
    pub purchase: Purchase,
    pub sale: Sale,
    pub refund: Refund,
    pub accounts: Accounts,
    pub limits: Limits,
    pub served: Served,
    pub blocked: Blocked,
    #[serde(default)]
    pub stores: Vec<StoreRule>,
    pub issuer: Issuer,
    pub exchange: Exchange,
    pub gift_cards: GiftCards,
    pub sources: Sources,
    pub prices: Prices,
    pub treasury: Treasury,
    pub recipes: Recipes,
    pub log: Log,
    pub process: Process,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: String,
    pub body_bytes_max: usize,
    pub requests_per_minute_address: u32,
    pub requests_per_minute_account: u32,
    pub trusted_proxies: BTreeSet<IpAddr>,
    pub metrics_token: SecretRef,
    pub stop_secs_max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    Regtest,
    Signet,
    Testnet,
    Bitcoin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainKind {
    Bitcoind,
    Esplora,
    Electrum,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    pub network: Network,
    pub source: ChainKind,
    pub url: String,
    pub user: String,
    pub password: SecretRef,
    pub tip_age_secs_max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeLogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    Ldk,
    Lnd,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lnd {
    #[serde(default = "Lnd::called")]
    pub name: String,
    pub url: String,
    pub certificate: PathBuf,
    pub macaroon: SecretRef,
}

impl Lnd {
    fn called() -> String {
        "lnd".to_owned()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub kind: NodeKind,
    pub seed: SecretRef,
    pub listen: Vec<String>,
    pub announce: Vec<String>,
    pub alias: String,
    pub reserve_per_channel_sat: u64,
    pub peers_without_reserve: Vec<NodeId>,
    pub peers_zero_conf: Vec<NodeId>,
    pub lsp: String,
    pub lsp_token: SecretRef,
    pub rgs_url: String,
    pub log_level: NodeLogLevel,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorNode {
    pub enabled: bool,
    pub listen: Vec<String>,
    pub reserve_per_channel_sat: u64,
    pub peers_without_reserve: Vec<NodeId>,
    pub peers_zero_conf: Vec<NodeId>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    pub spread_ppm: u32,
    pub fee_bps: u32,
    pub quote_secs: u64,
    pub hold_secs: u64,
    pub hold_sat_min: u64,
    pub deadline_margin_blocks: u32,
    pub min_final_cltv_delta: u16,
    pub claim_on: ClaimOn,
    pub answer_ms_max: u64,
    pub price_fall_bps_max: u32,
    pub tolerance_minor: u64,
    pub check_minor_max: u64,
    pub checks_max: u32,
    pub card_open_secs: u64,
    pub card_attempts_max: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sale {
    pub slack_bps: u32,
    pub deadline_secs: u64,
    pub attempts_max: u32,
    pub exposure_sat_max: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    pub wait_secs: u64,
    pub early_minor_max: u64,
    pub early_store_minor_max: u64,
    pub fee_bps_max: u32,
    pub fee_msat_min: u64,
    pub destination_delay_secs: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    Invite,
    Open,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    pub registration: Registration,
    pub invite_days: u64,
    pub token_days: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    #[serde(deserialize_with = "amounts")]
    pub purchase_min: Vec<Money>,
    #[serde(deserialize_with = "amounts")]
    pub purchase_max: Vec<Money>,
    #[serde(deserialize_with = "one_amount")]
    pub day_max: Money,
    pub unpaid_max: u64,
    pub abandoned_day_max: u64,
    pub cards_day_max: u64,
    pub new_account_secs: u64,
    pub new_account_room_bps: u32,
    pub borne_account_minor_max: u64,
    pub borne_store_minor_max: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    pub currencies: Vec<Currency>,
    pub countries: Vec<String>,
    pub listed_stores_only: bool,
    pub local_stores: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    pub stores: Vec<String>,
    pub countries: Vec<String>,
    pub merchant_countries: Vec<String>,
    pub categories: Vec<String>,
}

/// One store's own terms; what is `None` is as in `[purchase]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreRule {
    pub host: String,
    pub name: Option<String>,
    pub claim_on: Option<ClaimOn>,
    #[serde(default)]
    pub splits: bool,
    pub tolerance_minor: Option<u64>,
    pub card_open_secs: Option<u64>,
}

/// Names of [`Lnd`]'s fields.
pub const LND_KEYS: &[&str] = &["name", "url", "certificate", "macaroon"];

/// Names of [`StoreRule`]'s fields.
pub const STORE_KEYS: &[&str] = &["host", "name", "claim_on", "splits", "tolerance_minor", "card_open_secs"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerVendor {
    /// No card programme.
    #[serde(rename = "")]
    None,
    Lithic,
    Stripe,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    pub vendor: IssuerVendor,
    pub base_url: String,
    pub api_key: SecretRef,
    pub authorization_secret: SecretRef,
    pub events_secret: SecretRef,
    pub challenges_secret: SecretRef,
    pub currency: Currency,
    pub card_program_token: String,
    pub account_token: String,
    pub financial_account_token: String,
    pub cardholder: String,
    pub headroom_minor: u64,
    pub decline_on_timeout_confirmed: bool,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeVendor {
    #[serde(rename = "")]
    None,
    Kraken,
    Coinbase,
}

impl ExchangeVendor {
    /// Where the vendor itself is.
    pub const fn own_url(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Kraken => "https://api.kraken.com",
            Self::Coinbase => "https://api.coinbase.com",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub vendor: ExchangeVendor,
    pub base_url: String,
    pub api_key: SecretRef,
    pub private_key: SecretRef,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiftCardVendorName {
    #[serde(rename = "")]
    None,
    Bitrefill,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiftCards {
    pub vendor: GiftCardVendorName,
    pub base_url: String,
    pub api_id: String,
    pub api_key: SecretRef,
    pub spread_ppm: u32,
    pub send_blocks_max: u32,
    pub catalogue_secs_max: u64,
    pub products: Vec<GiftCardProduct>,
    pub timeout_ms: u64,
}

/// A store, and the vendor's card that pays there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiftCardProduct {
    pub host: String,
    pub country: String,
    pub product: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    pub venues: Vec<Venue>,
    pub currencies: Vec<Currency>,
    pub refresh_ms: u64,
    pub quiet_ms: u64,
    pub venues_min: u32,
    pub age_ms_max: u64,
    pub deviation_bps_max: u32,
    pub timeout_ms: u64,
    pub table_url: String,
    pub table_age_days_max: u64,
    pub table_deviation_bps_max: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueVendor {
    Kraken,
    Coinbase,
    Bitstamp,
    Gemini,
    Bitfinex,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    pub vendor: VenueVendor,
    pub base_url: String,
    #[serde(default)]
    pub websocket_url: String,
}

/// Zero and an empty list are "not set".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Treasury {
    #[serde(deserialize_with = "amounts")]
    pub issuer_float_keep: Vec<Money>,
    #[serde(deserialize_with = "amounts")]
    pub issuer_float_warn: Vec<Money>,
    #[serde(deserialize_with = "amounts")]
    pub issuer_float_target: Vec<Money>,
    pub exchange_bitcoin_sat_min: u64,
    pub exchange_bitcoin_sat_target: u64,
    pub exchange_bitcoin_sat_max: u64,
    #[serde(deserialize_with = "amounts")]
    pub exchange_money_max: Vec<Money>,
    pub node_room_sat_min: u64,
    pub node_outbound_sat_target: u64,
    pub node_outbound_sat_max: u64,
    pub vendor_outbound_sat_keep: u64,
    pub vendor_outbound_sat_min: u64,
    pub vendor_outbound_sat_target: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipes {
    pub file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    pub debugger: bool,
    pub effects_at_once_max: usize,
}

impl Exchange {
    /// The configured address, or the vendor's own.
    pub fn url(&self) -> &str {
        if self.base_url.is_empty() { self.vendor.own_url() } else { &self.base_url }
    }
}

impl Network {
    /// As the configuration has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Regtest => "regtest",
            Self::Signet => "signet",
            Self::Testnet => "testnet",
            Self::Bitcoin => "bitcoin",
        }
    }

    pub const fn bitcoin(self) -> bitcoin::Network {
        match self {
            Self::Regtest => bitcoin::Network::Regtest,
            Self::Signet => bitcoin::Network::Signet,
            Self::Testnet => bitcoin::Network::Testnet,
            Self::Bitcoin => bitcoin::Network::Bitcoin,
        }
    }
}

/// `"500.00 USD"` each.
fn amounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Money>, D::Error> {
    Vec::<String>::deserialize(deserializer)?.iter().map(|text| amount(text).map_err(de::Error::custom)).collect()
}

fn one_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    amount(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn amount(text: &str) -> Result<Money, String> {
    let (number, code) = text.split_once(' ').ok_or_else(|| format!("`{text}` is not like `500.00 USD`"))?;
    let currency: Currency = code.parse().map_err(|error: money::UnknownCurrency| error.to_string())?;
    Money::parse(number, currency).map_err(|error| format!("`{text}`: {error}"))
}
