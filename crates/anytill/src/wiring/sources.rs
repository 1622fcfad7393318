//! Sources that cannot be held: the wallet on the chain; linked accounts at Coinbase, and the sealing of what is kept of them.

use super::adapters::{limits, optional, retry, secret};
use super::holding::{HoldingNodes, ServerNode};
use crate::config::{ChainKind, Config, Lookup, confirmations};
use anyhow::{Context as _, Result, anyhow};
use async_trait::async_trait;
use chain_wallet::{AddressRegister, ChainConfig, ChainWallet, CoreFees, EsploraFees, RpcAccess};
use engine::PaidFirstSources;
use exchanges::coinbase::Keys;
use ids::UnixMs;
use money::Sat;
use outbound::BadAddress;
use ports::{ChainFees, Clock, PaidFirstSource, RecordStore, Secret, Store, StoreError, StoredRecord};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sources::coinbase::{CoinbaseLink, CoinbaseLinkConfig, Outside, Receive, RequestToken};
use std::path::Path;
use std::sync::Arc;
use trust::{OperatorSeed, RecordSeal};

/// What was seen of the chain so recently is not looked at again.
const CHAIN_LOOK_MS: u64 = 500;
/// In the data directory.
const CHAIN_FILE: &str = "chain.sqlite";
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

/// How far the chain's addresses were given out, in the server's database.
pub struct ChainAddresses(pub Arc<dyn Store>);

/// The setting's name; never changes.
const CHAIN_ADDRESSES: &str = "chain/addresses";

#[async_trait]
impl AddressRegister for ChainAddresses {
    async fn next(&self) -> Result<u32, String> {
        let kept = self.0.setting(CHAIN_ADDRESSES).await.map_err(|error| error.to_string())?;
        kept.map_or(Ok(0), |kept| kept.parse().map_err(|_| format!("the setting {CHAIN_ADDRESSES} is no number")))
    }

    async fn set_next(&self, next: u32) -> Result<(), String> {
        self.0.put_setting(CHAIN_ADDRESSES, &next.to_string()).await.map_err(|error| error.to_string())
    }
}

/// The operator's key at Coinbase.
struct OperatorKey(Keys);

impl RequestToken for OperatorKey {
    fn token(&self, method: &str, place: &str, now: UnixMs) -> Secret {
        self.0.token(method, place, now, now.plus_ms(TOKEN_MS))
    }
}

/// What is served of sources that cannot be held.
pub fn paid_first(linked: Option<&Arc<CoinbaseLink>>, chain: Option<&Arc<ChainWallet>>) -> PaidFirstSources {
    PaidFirstSources {
        linked_account: linked.map(|source| Arc::clone(source) as Arc<dyn PaidFirstSource>),
        on_chain: chain.map(|source| Arc::clone(source) as Arc<dyn PaidFirstSource>),
    }
}

/// `None` when nothing is paid on the chain. Only the process that has the data directory may open it.
pub fn chain_wallet(
    config: &Config,
    data: &Path,
    seed: &OperatorSeed,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    at: Lookup<'_>,
) -> Result<Option<Arc<ChainWallet>>> {
    let onchain = &config.sources.onchain;
    if !onchain.enabled {
        return Ok(None);
    }
    let made = ChainConfig {
        network: config.chain.network.bitcoin(),
        rpc: rpc_access(config, at)?,
        confirmations: confirmations(onchain).map_err(|why| anyhow!("sources.onchain.confirmations: {why}"))?,
        look_ms: CHAIN_LOOK_MS,
        fee_rate_max_sat_vb: onchain.fee_sat_per_vbyte_max,
        refund_extra_max: Sat::new(onchain.refund_extra_sat_max).context("sources.onchain.refund_extra_sat_max")?,
        first_block: Some(onchain.first_block).filter(|first| *first > 0),
    };
    let register = Arc::new(ChainAddresses(store));
    let wallet = ChainWallet::open(made, &data.join(CHAIN_FILE), &seed.chain_wallet_seed(), register, clock);
    Ok(Some(Arc::new(wallet.context("sources.onchain")?)))
}

/// Who estimates the chain's fees: an LND that holds knows its own chain; else the source of the node inside this server.
/// An Electrum server is not asked.
pub fn chain_fees(config: &Config, nodes: &HoldingNodes, at: Lookup<'_>) -> Result<Option<Arc<dyn ChainFees>>> {
    if let ServerNode::Lnd { node, .. } = &nodes.first {
        return Ok(Some(Arc::clone(node) as Arc<dyn ChainFees>));
    }
    let made: Result<Arc<dyn ChainFees>, BadAddress> = match config.chain.source {
        ChainKind::Bitcoind => CoreFees::new(&rpc_access(config, at)?).map(|fees| Arc::new(fees) as _),
        ChainKind::Esplora => EsploraFees::new(&config.chain.url).map(|fees| Arc::new(fees) as _),
        ChainKind::Electrum => return Ok(None),
    };
    // The node may follow what this client refuses, plain HTTP to another machine: it is no reason not to start.
    Ok(made.inspect_err(|why| tracing::warn!(%why, "nobody is asked for the chain's fees")).ok())
}

fn rpc_access(config: &Config, at: Lookup<'_>) -> Result<RpcAccess> {
    let chain = &config.chain;
    let password = secret("chain.password", &chain.password, at)?;
    Ok(RpcAccess { url: chain.url.clone(), user: chain.user.clone(), password })
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
