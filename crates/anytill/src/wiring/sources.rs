//! Linked accounts: Coinbase's, and the sealing of what is kept of them.

use super::adapters::{limits, optional, retry, secret};
use crate::config::{Config, Lookup};
use anyhow::{Context as _, Result};
use async_trait::async_trait;
use engine::PaidFirstSources;
use exchanges::coinbase::Keys;
use ids::UnixMs;
use ports::{Clock, PaidFirstSource, RecordStore, Secret, StoreError, StoredRecord};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sources::coinbase::{CoinbaseLink, CoinbaseLinkConfig, Outside, Receive, RequestToken};
use std::sync::Arc;
use trust::{OperatorSeed, RecordSeal};

/// Life of a token that asks, or sends once.
const TOKEN_MS: u64 = 60_000;

/// What adapters keep, sealed with a key of the operator's seed.
pub struct SealedRecords {
    seal: RecordSeal,
    store: Arc<dyn RecordStore>,
}

impl SealedRecords {
    pub fn new(seed: &OperatorSeed, store: Arc<dyn RecordStore>) -> Self {
        Self { seal: seed.record_seal(), store }
    }
}

#[async_trait]
impl RecordStore for SealedRecords {
    async fn record(&self, kind: &str, id: &str) -> Result<Option<StoredRecord>, StoreError> {
        let Some(found) = self.store.record(kind, id).await? else { return Ok(None) };
        let broken = || StoreError::Unusable(format!("a record of {kind} does not open with this seed"));
        let body = self.seal.open(kind, id, &found.body).ok_or_else(broken)?;
        Ok(Some(StoredRecord { version: found.version, body }))
    }

    async fn put_record(&self, kind: &str, id: &str, expected: u64, body: &[u8]) -> Result<bool, StoreError> {
        let mut nonce = [0; 24];
        OsRng.try_fill_bytes(&mut nonce).map_err(|error| StoreError::NotWritten(error.to_string()))?;
        self.store.put_record(kind, id, expected, &self.seal.seal(kind, id, nonce, body)).await
    }

    async fn remove_record(&self, kind: &str, id: &str, expected: u64) -> Result<bool, StoreError> {
        self.store.remove_record(kind, id, expected).await
    }
}

/// For a look at the outside while no server runs.
pub struct NoRecords;

#[async_trait]
impl RecordStore for NoRecords {
    async fn record(&self, _kind: &str, _id: &str) -> Result<Option<StoredRecord>, StoreError> {
        Ok(None)
    }

    async fn put_record(&self, _kind: &str, _id: &str, _expected: u64, _body: &[u8]) -> Result<bool, StoreError> {
        Err(StoreError::NotWritten("nothing is kept here".to_owned()))
    }

    async fn remove_record(&self, _kind: &str, _id: &str, _expected: u64) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// The operator's key at Coinbase.
struct OperatorKey(Keys);

impl RequestToken for OperatorKey {
    fn token(&self, method: &str, place: &str, now: UnixMs) -> Secret {
        self.0.token(method, place, now, now.plus_ms(TOKEN_MS))
    }
}

/// What is served of sources that cannot be held. On-chain wallets are not.
pub fn paid_first(linked: Option<&Arc<CoinbaseLink>>) -> PaidFirstSources {
    let linked_account = linked.map(|source| Arc::clone(source) as Arc<dyn PaidFirstSource>);
    PaidFirstSources { linked_account, on_chain: None }
}

/// `None` when no accounts can be linked.
pub fn linked_account(
    config: &Config,
    public_url: &str,
    records: Arc<dyn RecordStore>,
    clock: Arc<dyn Clock>,
    at: Lookup<'_>,
) -> Result<Option<Arc<CoinbaseLink>>> {
    let coinbase = &config.sources.coinbase;
    if !coinbase.is_set() {
        return Ok(None);
    }
    let read = |name: &str, reference| secret(&format!("sources.coinbase.{name}"), reference, at);
    let keys = Keys::new(&read("api_key", &coinbase.api_key)?, &read("private_key", &coinbase.private_key)?);
    let day = config.limits.day_max;
    let link = CoinbaseLinkConfig {
        api_url: coinbase.api_url.clone(),
        login_url: coinbase.login_url.clone(),
        client_id: coinbase.client_id.clone(),
        client_secret: read("client_secret", &coinbase.client_secret)?,
        redirect_uri: optional(&coinbase.redirect)
            .unwrap_or_else(|| format!("{public_url}/v1/linked/coinbase/callback")),
        receive: match coinbase.receive.as_str() {
            "address" => Receive::Address,
            email => Receive::Email(email.to_owned()),
        },
        // What the account may spend here in a day, in whole units.
        send_limit: Some((day.minor().div_ceil(day.currency().minor_per_major()), day.currency().code().to_owned())),
    };
    let operator = Arc::new(OperatorKey(keys.context("sources.coinbase.private_key")?));
    let outside = Outside { operator, records, clock };
    let made = CoinbaseLink::new(link, limits(coinbase.timeout_ms), retry(), outside).context("sources.coinbase")?;
    Ok(Some(Arc::new(made)))
}
