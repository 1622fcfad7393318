//! A shopper's Coinbase account as the source of funds (docs.cdp.coinbase.com, Coinbase App: OAuth2, 2FA, Send Crypto,
//! Transactions, Addresses).
//!
//! The shopper's side is spoken to with tokens of OAuth 2, the operator's own account with its API key. Bitcoin goes to
//! the operator's account by e-mail address, off the chain, or to an address of that account. A send is asynchronous:
//! it may be late, delayed or cancelled, so nothing counts before the operator's account shows it as completed.

mod calls;
mod link;
mod operator;
mod records;
mod shopper;
mod source;
mod wire;

use ids::UnixMs;
use outbound::{BadAddress, HttpClient, Limits, Retry};
use ports::{Clock, RecordStore, Secret};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What is asked for and nothing else (Scopes): balance, look-up, send, where a refund goes, and that the link lasts.
pub const SCOPES: [&str; 5] = [
    "wallet:accounts:read",
    "wallet:transactions:read",
    "wallet:transactions:send",
    "wallet:user:email",
    "offline_access",
];

/// How long a begun link may take.
const LINK_MS: u64 = 10 * 60_000;
/// Locks over accounts: two refreshes of one account wait for each other.
const LOCKS: usize = 16;

/// A token of the operator's own API key for one request.
pub trait RequestToken: Send + Sync {
    /// `place` is host and path. The value of the header `Authorization`.
    fn token(&self, method: &str, place: &str, now: UnixMs) -> Secret;
}

/// Where the operator receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receive {
    /// The e-mail address of the operator's own Coinbase account: off the chain.
    Email(String),
    /// A new address of that account for each purchase: on the chain.
    Address,
}

#[derive(Debug, Clone)]
pub struct CoinbaseLinkConfig {
    /// `https://api.coinbase.com`.
    pub api_url: String,
    /// `https://login.coinbase.com`.
    pub login_url: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// As registered with the client.
    pub redirect_uri: String,
    pub receive: Receive,
    /// What the shopper is asked to allow per day: whole units of a currency.
    pub send_limit: Option<(u64, String)>,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCoinbaseLinkConfig {
    #[error("api_url: {0}")]
    Api(BadAddress),
    #[error("login_url: {0}")]
    Login(BadAddress),
}

pub struct CoinbaseLink {
    config: CoinbaseLinkConfig,
    api: HttpClient,
    login: HttpClient,
    /// As the operator's tokens name it.
    host: String,
    retry: Retry,
    operator: Arc<dyn RequestToken>,
    records: Arc<dyn RecordStore>,
    clock: Arc<dyn Clock>,
    refreshing: [Mutex<()>; LOCKS],
    /// The operator's bitcoin account, once it is known.
    own_account: Mutex<Option<String>>,
}

impl fmt::Debug for CoinbaseLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CoinbaseLink(..)")
    }
}

/// What the adapter stands on.
pub struct Outside {
    pub operator: Arc<dyn RequestToken>,
    /// Sealed at rest.
    pub records: Arc<dyn RecordStore>,
    pub clock: Arc<dyn Clock>,
}

impl CoinbaseLink {
    pub fn new(
        config: CoinbaseLinkConfig,
        limits: Limits,
        retry: Retry,
        outside: Outside,
    ) -> Result<Self, BadCoinbaseLinkConfig> {
        let api = HttpClient::new(&config.api_url, limits).map_err(BadCoinbaseLinkConfig::Api)?;
        let login = HttpClient::new(&config.login_url, limits).map_err(BadCoinbaseLinkConfig::Login)?;
        let host = config.api_url.split_once("://").map_or("", |(_, rest)| rest).trim_end_matches('/').to_lowercase();
        Ok(Self {
            config,
            api,
            login,
            host,
            retry,
            operator: outside.operator,
            records: outside.records,
            clock: outside.clock,
            refreshing: std::array::from_fn(|_| Mutex::new(())),
            own_account: Mutex::new(None),
        })
    }
}
