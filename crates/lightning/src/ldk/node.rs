//! Starting, holding together and stopping the node.

use super::config::{ChainSource, Lsp, NodeConfig};
use super::directory::NodeDirectory;
use super::error::StartError;
use super::events::Delivery;
use super::keys::{NodeKey, NodeSeed};
use super::log::BoundedLog;
use super::table::Table;
use super::watch;
use bitcoin::Network;
use ids::{NodeId, PaymentHash};
use ldk_node::{BuildError, Node, NodeError};
use ports::Clock;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, oneshot, watch as signal};
use tokio::time::Instant;

const TABLE_FILE: &str = "holds.sqlite";
const LOG_FILE: &str = "ldk.log";
/// Threads of the node's own runtime; its work is short and mostly waits for disk and peers.
const NODE_THREADS: usize = 2;
const DECIDERS: usize = 64;
/// For what still runs on the node's threads when it has stopped.
const THREADS_TIMEOUT: Duration = Duration::from_secs(10);

/// A Lightning node in this process, on keys and a directory of its own.
///
/// Started by [`EmbeddedNode::start`]; to be ended by [`EmbeddedNode::stop`]. Dropping it ends it too, in the
/// background.
pub struct EmbeddedNode {
    pub(super) shared: Arc<Shared>,
    /// Taken when the node stops; the value's end closes the node's threads.
    runtime: Mutex<Option<Runtime>>,
    stopping: signal::Sender<bool>,
}

/// What the port, the events and the watcher work on.
pub(super) struct Shared {
    pub node: Node,
    pub table: Table,
    pub key: NodeKey,
    pub node_id: NodeId,
    pub network: Network,
    pub hold_msat_min: u64,
    pub reserve_per_channel_sat: u64,
    pub peers_without_reserve: Vec<NodeId>,
    pub lsp: Option<Lsp>,
    pub delivery: Delivery,
    /// There is a return to tell of.
    pub returned: Notify,
    /// When a hold was first seen unclaimed, or last claimed, in this run of the process.
    pub touched: Mutex<HashMap<PaymentHash, Instant>>,
    pub started: Instant,
    /// One for each first byte of a hash, modulo: a hold is decided by one thread at a time.
    deciding: [Mutex<()>; DECIDERS],
    handle: tokio::runtime::Handle,
    /// Given up when the node has stopped.
    directory: Mutex<Option<NodeDirectory>>,
}

impl EmbeddedNode {
    /// Checks directory and seed, then starts the node: it follows the chain, listens and reconnects to its peers.
    ///
    /// Returns when the node answers; the chain may still be catching up ([`ports::NodeInfo::tip_seen_at`]).
    ///
    /// # Errors
    /// [`StartError`]; nothing of the node's state was touched unless it is `ChainSource` or `Node`.
    pub async fn start(config: NodeConfig, seed: NodeSeed, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let (answer, answered) = oneshot::channel();
        // A thread of its own: it may block, and whoever stops waiting for it leaves nothing half started.
        std::thread::spawn(move || answer.send(Self::open(&config, &seed, clock)));
        answered.await.unwrap_or_else(|_| Err(StartError::Node("it panicked".to_owned())))
    }

    fn open(config: &NodeConfig, seed: &NodeSeed, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(NODE_THREADS)
            .thread_name("ldk-node")
            .enable_all()
            .build()
            .map_err(|error| StartError::Node(format!("threads: {error}")))?;
        let shared = Arc::new(Shared::open(config, seed, clock, runtime.handle().clone())?);
        let (stopping, stopped) = signal::channel(false);
        runtime.spawn(watch::run(Arc::clone(&shared), stopped));
        Ok(Self { shared, runtime: Mutex::new(Some(runtime)), stopping })
    }

    /// How often this directory has been started. Whoever keeps the server's data remembers it and gives it back as
    /// [`NodeConfig::epoch_min`], so that an old copy of the directory is noticed.
    pub fn epoch(&self) -> u64 {
        self.shared.table.epoch()
    }

    pub fn network(&self) -> Network {
        self.shared.network
    }

    /// Stops the node and gives the directory up. A second call does nothing.
    ///
    /// What is held stays held, and its deadline goes on: see [`EmbeddedNode::held`] before.
    pub async fn stop(&self) {
        let _ = self.stopping.send(true);
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(runtime) = runtime else { return };
        let shared = Arc::clone(&self.shared);
        let ended = tokio::task::spawn_blocking(move || end(&shared, runtime)).await;
        if let Err(error) = ended {
            tracing::error!(%error, "the Lightning node panicked while stopping");
        }
    }
}

/// Stops the node, then its threads, then gives the directory up. Blocks; not for a thread of that runtime.
fn end(shared: &Arc<Shared>, runtime: Runtime) {
    let stopping = Arc::clone(shared);
    // On its own threads: it waits for tasks of that runtime.
    let (done, ended) = std::sync::mpsc::channel();
    runtime.spawn_blocking(move || done.send(stopping.node.stop()));
    match ended.recv() {
        Ok(Ok(()) | Err(NodeError::NotRunning)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the Lightning node did not stop cleanly"),
        Err(_) => tracing::error!("the Lightning node panicked while stopping"),
    }
    shared.delivery.close();
    runtime.shutdown_timeout(THREADS_TIMEOUT);
    *shared.directory.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

impl Drop for EmbeddedNode {
    fn drop(&mut self) {
        let _ = self.stopping.send(true);
        let runtime = self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let Some(runtime) = runtime else { return };
        let shared = Arc::clone(&self.shared);
        // This thread may be one that must not wait.
        std::thread::spawn(move || end(&shared, runtime));
    }
}

/// Why a call was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// It was never begun.
    Stopped,
    /// It may have done anything.
    Panicked,
}

impl Shared {
    fn open(
        config: &NodeConfig,
        seed: &NodeSeed,
        clock: Arc<dyn Clock>,
        handle: tokio::runtime::Handle,
    ) -> Result<Self, StartError> {
        let key = NodeKey::derive(seed, config.network);
        let node_id = key.node_id();
        let mut builder = config.builder()?;
        let directory = NodeDirectory::open(&config.storage_dir, &key, config.network)?;
        let table = Table::open(directory.path(), &directory.file(TABLE_FILE), config.epoch_min)?;
        builder.set_runtime(handle.clone());
        builder.set_entropy_seed_bytes(*seed.bytes());
        let token = config.lsp.as_ref().and_then(|lsp| lsp.token.clone());
        let log = BoundedLog::new(directory.file(LOG_FILE), config.log, clock).without(token);
        builder.set_custom_logger(Arc::new(log));
        let node = builder.build().map_err(|error| build_error(directory.path().to_owned(), error))?;
        if node.node_id().serialize() != node_id.0 {
            // Invoices would be signed with a key that is not the node's.
            return Err(StartError::Node("it has another key than this program derives".to_owned()));
        }
        let shared = Self {
            node,
            table,
            key,
            node_id,
            network: config.network,
            hold_msat_min: config.hold_sat_min.saturating_mul(1_000),
            reserve_per_channel_sat: config.reserve_per_channel_sat,
            peers_without_reserve: config.peers_without_reserve.clone(),
            lsp: config.lsp.clone(),
            delivery: Delivery::default(),
            returned: Notify::new(),
            touched: Mutex::new(HashMap::new()),
            started: Instant::now(),
            deciding: [const { Mutex::new(()) }; DECIDERS],
            handle,
            directory: Mutex::new(Some(directory)),
        };
        watch::recognise(&shared)
            .map_err(|error| StartError::Storage { dir: config.storage_dir.clone(), why: error.to_string() })?;
        shared.node.start().map_err(|error| start_error(&config.chain, error))?;
        Ok(shared)
    }

    /// Runs what blocks on the node's own threads.
    pub async fn blocking<T, F>(self: &Arc<Self>, work: F) -> Result<T, Gone>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> T + Send + 'static,
    {
        let shared = Arc::clone(self);
        match self.handle.spawn_blocking(move || work(&shared)).await {
            Ok(value) => Ok(value),
            // A blocking task is cancelled only before it starts, when the runtime ends.
            Err(error) if error.is_cancelled() => Err(Gone::Stopped),
            Err(error) => {
                tracing::error!(%error, "a call of the Lightning node panicked");
                Err(Gone::Panicked)
            }
        }
    }

    /// Runs what claims or returns a hold, never two at a time for the same hash: a claim that has looked at the
    /// deadline must not meet a watcher that has looked at the claim.
    pub fn deciding<T>(&self, hash: &PaymentHash, work: impl FnOnce(&Self) -> T) -> T {
        let lock = &self.deciding[usize::from(hash.0[0]) % DECIDERS];
        let _alone = lock.lock().unwrap_or_else(PoisonError::into_inner);
        work(self)
    }

    pub fn touched(&self) -> MutexGuard<'_, HashMap<PaymentHash, Instant>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Height of the chain as far as the node has followed it.
    pub fn height(&self) -> u32 {
        self.node.status().current_best_block.height
    }
}

fn build_error(dir: PathBuf, error: BuildError) -> StartError {
    match error {
        BuildError::ReadFailed
        | BuildError::WriteFailed
        | BuildError::StoragePathAccessFailed
        | BuildError::KVStoreSetupFailed
        | BuildError::WalletSetupFailed
        | BuildError::InvalidChannelMonitor => StartError::Storage { dir, why: error.to_string() },
        BuildError::InvalidListeningAddresses
        | BuildError::InvalidAnnouncementAddresses
        | BuildError::InvalidNodeAlias
        | BuildError::NetworkMismatch => StartError::Config(error.to_string()),
        BuildError::InvalidSeedBytes
        | BuildError::InvalidSeedFile
        | BuildError::InvalidSystemTime
        | BuildError::RuntimeSetupFailed
        | BuildError::LoggerSetupFailed
        | BuildError::AsyncPaymentsConfigMismatch => StartError::Node(error.to_string()),
    }
}

fn start_error(chain: &ChainSource, error: NodeError) -> StartError {
    let place = match chain {
        ChainSource::Bitcoind { host, port, .. } => format!("bitcoind at {host}:{port}"),
        ChainSource::Esplora { url } | ChainSource::Electrum { url } => url.clone(),
    };
    match error {
        NodeError::FeerateEstimationUpdateFailed
        | NodeError::FeerateEstimationUpdateTimeout
        | NodeError::ConnectionFailed
        | NodeError::TxSyncFailed
        | NodeError::TxSyncTimeout => StartError::ChainSource(format!("{place}: {error}")),
        NodeError::InvalidSocketAddress => StartError::Config("a `listen` address cannot be bound".to_owned()),
        other => StartError::Node(other.to_string()),
    }
}
