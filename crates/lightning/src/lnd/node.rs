//! Connecting to the node, holding together and letting go.

use super::config::LndConfig;
use super::events::Queue;
use super::finals::{self, Finals};
use super::rest::{Rest, RestError};
use super::table::Table;
use super::watch::Live;
use super::wire::Info;
use super::{heights, sends, watch};
use crate::report::HeldHtlc;
use bitcoin::Network;
use ids::{NodeId, PaymentHash};
use outbound::{Jitter, Reconnect, Reconnects};
use ports::{Clock, NodeInfo};
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const DECIDERS: usize = 64;
const WAIT_MS_FIRST: u64 = 100;
const WAIT_MS_MAX: u64 = 5_000;
/// Of one stream: fast enough for a node that restarts, slow enough for one that refuses.
const ATTEMPTS_PER_MINUTE_MAX: u32 = 40;

/// Why there is no node to work with. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LndStartError {
    #[error("configuration: {0}")]
    Config(String),
    #[error("the node does not answer, and it was never connected to before: {0}")]
    Unreachable(String),
    #[error("the node is on {found}, the configuration says {configured}")]
    WrongNetwork { found: String, configured: String },
    #[error(
        "the node at {url} is {found}, but the server has worked with {expected} there. If it was replaced on purpose, \
         wait until the old one holds nothing of the server's, then remove {file}"
    )]
    AnotherNode { url: String, expected: NodeId, found: NodeId, file: String },
    #[error("the table of live hashes: {0}")]
    Storage(String),
}

/// An LND that is spoken to. Dropping it ends what listens; the node lives on and holds what it holds.
pub struct LndNode {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub rest: Rest,
    pub url: String,
    pub table: Table,
    pub node_id: NodeId,
    pub network: Network,
    pub hold_msat_min: u64,
    pub clock: Arc<dyn Clock>,
    pub queue: Queue,
    pub finals: Finals,
    pub live: Mutex<HashMap<PaymentHash, Live>>,
    pub sending: Mutex<HashSet<PaymentHash>>,
    pub tip: Mutex<Option<NodeInfo>>,
    jitter: Jitter,
    began: Instant,
    /// One for each first byte of a hash, modulo: a hold or a send is decided by one task at a time.
    deciding: [tokio::sync::Mutex<()>; DECIDERS],
    tasks: Mutex<JoinSet<()>>,
}

impl LndNode {
    /// Connects, and takes up every hash that was live when the server was last here. A node that is known already may
    /// be away: it is tried again until it answers.
    ///
    /// # Errors
    /// [`LndStartError`].
    pub async fn start(config: LndConfig, clock: Arc<dyn Clock>) -> Result<Self, LndStartError> {
        config.certificate.check().map_err(|fault| LndStartError::Config(fault.to_string()))?;
        let rest = Rest::new(&config).map_err(|error| LndStartError::Config(format!("{}: {error}", config.url)))?;
        let storage = |error: rusqlite::Error| LndStartError::Storage(error.to_string());
        let file = config.table.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let table = Table::open(&file)?;
            let (node, holds, sends) = (table.node()?, table.holds()?, table.sends()?);
            Ok((table, node, holds, sends))
        });
        let opened = opened.await.map_err(|error| LndStartError::Storage(error.to_string()))?;
        let (table, known, holds, sends) = opened.map_err(storage)?;
        let node_id = identify(&rest, &config, known).await?;
        if known.is_none() {
            table.set_node(&node_id).map_err(storage)?;
        }
        let shared = Arc::new(Shared {
            rest,
            url: config.url,
            table,
            node_id,
            network: config.network,
            hold_msat_min: config.hold_sat_min.saturating_mul(1_000),
            clock,
            queue: Queue::default(),
            finals: Finals::new(),
            live: Mutex::new(HashMap::new()),
            sending: Mutex::new(HashSet::new()),
            tip: Mutex::new(None),
            jitter: config.jitter,
            began: Instant::now(),
            deciding: [const { tokio::sync::Mutex::const_new(()) }; DECIDERS],
            tasks: Mutex::new(JoinSet::new()),
        });
        shared.spawn(finals::run(Arc::clone(&shared)));
        shared.spawn(heights::run(Arc::clone(&shared)));
        for (hash, told_held) in holds {
            watch::begin(&shared, hash, told_held);
        }
        for hash in sends {
            sends::begin(&shared, hash);
        }
        Ok(Self { shared })
    }

    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// What is held of the server's, nearest deadline first.
    pub fn held(&self) -> Vec<HeldHtlc> {
        let height = self.shared.height();
        let live = self.shared.live();
        let held = live.iter().filter_map(|(hash, live)| live.held.map(|held| (*hash, held)));
        let mut held: Vec<HeldHtlc> = held
            .map(|(payment_hash, held)| HeldHtlc {
                payment_hash,
                amount_msat: held.amount_msat,
                claim_deadline: held.claim_deadline,
                blocks_left: i64::from(held.claim_deadline) - i64::from(height),
                claim_called: held.claim_called,
            })
            .collect();
        held.sort_by_key(|held| held.claim_deadline);
        held
    }
}

impl Drop for LndNode {
    fn drop(&mut self) {
        self.shared.tasks().abort_all();
    }
}

/// Who answers there.
async fn identify(rest: &Rest, config: &LndConfig, known: Option<NodeId>) -> Result<NodeId, LndStartError> {
    let info = match (rest.get::<Info>("/v1/getinfo").await, known) {
        (Ok(info), _) => info,
        (Err(error), Some(known)) => {
            tracing::warn!(url = config.url, ?error, "the Lightning node does not answer; it is tried again");
            return Ok(known);
        }
        (Err(error), None) => return Err(LndStartError::Unreachable(error.to_string())),
    };
    let found = info.identity_pubkey.parse().map_err(|_| LndStartError::Unreachable("it has no key".to_owned()))?;
    if let Some(why) = wrong_network(&info, config.network) {
        return Err(why);
    }
    match known {
        Some(expected) if expected != found => Err(LndStartError::AnotherNode {
            url: config.url.clone(),
            expected,
            found,
            file: config.table.display().to_string(),
        }),
        _ => Ok(found),
    }
}

pub(super) fn wrong_network(info: &Info, configured: Network) -> Option<LndStartError> {
    let found = info.chains.first().map_or("nothing", |chain| chain.network.as_str());
    let name = match configured {
        Network::Bitcoin => "mainnet",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
        Network::Testnet => "testnet",
        Network::Testnet4 => "testnet4",
    };
    (found != name).then(|| LndStartError::WrongNetwork { found: found.to_owned(), configured: configured.to_string() })
}

impl Shared {
    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends with the node's value.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    pub fn live(&self) -> MutexGuard<'_, HashMap<PaymentHash, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn sending(&self) -> MutexGuard<'_, HashSet<PaymentHash>> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tip(&self) -> MutexGuard<'_, Option<NodeInfo>> {
        self.tip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn height(&self) -> u32 {
        self.tip().as_ref().map_or(0, |tip| tip.tip_height)
    }

    pub async fn alone(&self, hash: &PaymentHash) -> tokio::sync::MutexGuard<'_, ()> {
        self.deciding[usize::from(hash.0[0]) % DECIDERS].lock().await
    }

    /// Works on the table on a thread that may wait.
    pub async fn with_table<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Table) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let shared = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&shared.table)).await {
            Ok(done) => done.map_err(|error| format!("the table of live hashes: {error}")),
            Err(error) => Err(format!("the table of live hashes: {error}")),
        }
    }

    pub fn reconnects(&self) -> Reconnects {
        Reconnects::new(Reconnect {
            first_wait_ms: WAIT_MS_FIRST,
            wait_ms_max: WAIT_MS_MAX,
            per_minute_max: ATTEMPTS_PER_MINUTE_MAX,
            jitter: Arc::clone(&self.jitter),
        })
    }

    pub async fn pause(&self, attempts: &mut Reconnects) {
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_millis(attempts.wait_ms(now_ms, None))).await;
    }
}

impl std::fmt::Display for RestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent(why) | Self::Unknown(why) => f.write_str(why),
            Self::Said { message, .. } => write!(f, "the node says: {message}"),
        }
    }
}
