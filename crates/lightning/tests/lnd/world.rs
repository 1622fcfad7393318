//! Core's chain, an LND with the adapter in front of it, a wallet of LDK's and one of LND's.

use crate::common::{LdkPayer, SOON, open_chain, open_channel, start_wallet, until};
use crate::payers::LndPayer;
use async_trait::async_trait;
use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use ids::{NodeId, UnixMs};
use lightning_node::conformance::{Payer, World};
use lightning_node::lnd::{CALLS, LndConfig, LndNode};
use outbound::PinnedCertificate;
use ports::{Clock, LightningNode, Secret};
use sandbox::chain::{Chain, RpcAccess};
use sandbox::link::Link;
use sandbox::lnd::{Lnd, LndPlan};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

const CAPACITY_SAT: u64 = 12_000_000;
const PUSH_SAT: u64 = 1_200_000;
/// For a channel to be taken up again on a connection, on a busy machine.
const DEAD_AFTER: Duration = Duration::from_secs(20);

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Goes on as time does; what time it is does not matter here.
pub struct Now;

impl Clock for Now {
    fn now(&self) -> UnixMs {
        let since = BEGAN.elapsed().as_millis();
        UnixMs(1_800_000_000_000 + u64::try_from(since).unwrap_or(0))
    }
}

pub struct LndWorld {
    pub chain: Chain,
    /// Between the node and its chain.
    pub link: Link,
    /// Between the adapter and the node.
    pub wire: Link,
    pub config: LndConfig,
    /// Removed at the end.
    _dir: TempDir,
    lnd: Option<Lnd>,
    adapter: Option<Arc<LndNode>>,
    ldk: Arc<LdkPayer>,
    pub payer: Arc<LndPayer>,
}

/// The node's view of the chain, over a link.
pub fn through(link: &Link, chain: &Chain) -> RpcAccess {
    let mut access = chain.access().clone();
    access.host = link.address().ip().to_string();
    access.port = link.address().port();
    access
}

pub async fn exact_macaroon(lnd: &Lnd) -> Secret {
    let rights: Vec<_> = CALLS.iter().map(|needed| ("uri", needed.call)).collect();
    Secret::new(lnd.bake(&rights).await.expect("baked"))
}

pub fn config_of(lnd: &Lnd, url: String, macaroon: Secret, dir: &Path) -> LndConfig {
    LndConfig {
        network: Network::Regtest,
        url,
        certificate: PinnedCertificate::new(lnd.plan().certificate()),
        macaroon,
        table: dir.join("lnd.sqlite"),
        hold_sat_min: 5_000,
        jitter: Arc::new(|max| max / 2),
    }
}

impl LndWorld {
    pub async fn start(programs: PathBuf) -> Self {
        let chain = open_chain().await;
        // A chain whose tip is old keeps LND from being synced.
        chain.mine(1).await.expect("mined");
        let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
        let link = Link::start(rpc).await.expect("a link");
        let dir = TempDir::new().expect("a directory");
        let plan = LndPlan::new(&programs, &dir.path().join("node"), through(&link, &chain)).expect("ports");
        let payer_plan = LndPlan::new(&programs, &dir.path().join("payer"), chain.access().clone()).expect("ports");
        let (lnd, payer) = tokio::join!(Lnd::start(plan), Lnd::start(payer_plan));
        let (lnd, payer) = (lnd.expect("started"), payer.expect("started"));
        let wire = Link::start(lnd.plan().rest).await.expect("a link");
        let url = format!("https://{}", wire.address());
        let config = config_of(&lnd, url, exact_macaroon(&lnd).await, dir.path());
        lnd.fund(&chain, 1_000_000, SOON).await.expect("funded");
        payer.fund(&chain, CAPACITY_SAT + 1_000_000, SOON).await.expect("funded");
        synced(&chain, &[&lnd, &payer]).await;
        payer.connect(&lnd.node_id, lnd.plan().listens, SOON).await.expect("connected");
        payer.open_channel(&chain, &lnd.node_id, (CAPACITY_SAT, PUSH_SAT), SOON).await.expect("a channel");
        synced(&chain, &[&lnd, &payer]).await;
        let node_id: NodeId = lnd.node_id.parse().expect("a key");
        let wallet = start_wallet(&chain, dir.path().join("ldk")).await;
        // An LND that has not seen the newest block takes no channel: the wallet's funds come before.
        chain.fund(&wallet.address().await.expect("an address"), 2 * CAPACITY_SAT).await.expect("sent");
        chain.mine(1).await.expect("mined");
        wallet.sync_to(chain.height().await.expect("an answer"), SOON).await.expect("synced");
        synced(&chain, &[&lnd]).await;
        let ldk = open_channel(&chain, wallet, node_id, lnd.plan().listens).await;
        synced(&chain, &[&lnd, &payer]).await;
        let adapter = LndNode::start(config.clone(), Arc::new(Now)).await.expect("started");
        let world = Self {
            chain,
            link,
            wire,
            config,
            _dir: dir,
            lnd: Some(lnd),
            adapter: Some(Arc::new(adapter)),
            ldk: Arc::new(ldk),
            payer: Arc::new(LndPayer(payer)),
        };
        world.ready().await;
        world
    }

    pub fn lnd(&self) -> &Lnd {
        self.lnd.as_ref().expect("it is only gone while it restarts")
    }

    pub fn adapter(&self) -> &Arc<LndNode> {
        self.adapter.as_ref().expect("it is only gone while it restarts")
    }

    /// As a process that dies: nothing is said, nothing is waited for.
    pub fn drop_adapter(&mut self) {
        self.adapter = None;
    }

    pub async fn start_adapter(&mut self) {
        self.adapter = Some(Arc::new(LndNode::start(self.config.clone(), Arc::new(Now)).await.expect("started")));
    }

    /// SIGKILL, and started again; the adapter lives on.
    pub async fn kill_lnd(&mut self) {
        let plan = self.lnd.take().expect("it runs").kill().await.expect("killed");
        self.lnd = Some(Lnd::start(plan).await.expect("started"));
    }

    pub async fn caught_up(&self) {
        synced(&self.chain, &[self.lnd(), &self.payer.0]).await;
        let height = self.chain.height().await.expect("an answer");
        self.ldk.0.sync_to(height, SOON).await.expect("synced");
        if let Some(node) = &self.adapter {
            until("tip", async || node.info().await.done().is_some_and(|info| info.tip_height == height)).await;
        }
    }

    /// Both wallets are connected and find a way.
    pub async fn ready(&self) {
        self.caught_up().await;
        let listens = self.lnd().plan().listens;
        let id = PublicKey::from_slice(&hex::decode(&self.lnd().node_id).expect("hex")).expect("a node");
        self.payer.0.connect(&self.lnd().node_id, listens, SOON).await.expect("connected");
        self.payer.0.path(&self.lnd().node_id, 1_000_000, SOON).await.expect("a path");
        // The node's own word: after a restart a wallet may not have noticed yet that it was left.
        let mut since = Instant::now();
        until("two active channels", async || {
            let channels = self.lnd().get("/v1/channels?active_only=true").await.expect("an answer");
            let active = channels["channels"].as_array().is_some_and(|channels| channels.len() == 2);
            if active && self.ldk.0.channels().iter().all(|channel| channel.is_usable) {
                return true;
            }
            // A connection on which nothing comes back to life is left for another; not so soon that none ever could.
            if since.elapsed() > DEAD_AFTER {
                let _ = self.ldk.0.disconnect(id).await;
                since = Instant::now();
            }
            let _ = self.ldk.0.connect(id, listens).await;
            false
        })
        .await;
        let ldk = self.ldk.0.node_id().to_string();
        self.lnd().path(&ldk, 20_000, SOON).await.expect("a path to the other wallet");
    }

    pub async fn stop(mut self) {
        self.drop_adapter();
        if let Some(ldk) = Arc::into_inner(self.ldk) {
            ldk.0.stop().await.expect("stopped");
        }
        self.lnd.take().expect("it runs").stop().await.expect("stopped");
        if let Some(payer) = Arc::into_inner(self.payer) {
            payer.0.stop().await.expect("stopped");
        }
    }
}

pub async fn synced(chain: &Chain, nodes: &[&Lnd]) {
    let height = chain.height().await.expect("an answer");
    for node in nodes {
        node.sync_to(height, SOON).await.expect("synced");
    }
}

#[async_trait(?Send)]
impl World for LndWorld {
    fn node(&self) -> Arc<dyn LightningNode> {
        Arc::clone(self.adapter()) as Arc<dyn LightningNode>
    }

    fn payer(&self, number: usize) -> Arc<dyn Payer> {
        match number {
            0 => Arc::clone(&self.ldk) as Arc<dyn Payer>,
            _ => Arc::clone(&self.payer) as Arc<dyn Payer>,
        }
    }

    async fn mine(&self, blocks: u32) {
        self.chain.mine(blocks).await.expect("mined");
        self.caught_up().await;
    }

    async fn restart(&mut self, blocks_meanwhile: u32) {
        self.drop_adapter();
        let plan = self.lnd.take().expect("it runs").stop().await.expect("stopped");
        if blocks_meanwhile > 0 {
            self.chain.mine(blocks_meanwhile).await.expect("mined");
        }
        self.lnd = Some(Lnd::start(plan).await.expect("started"));
        self.start_adapter().await;
        self.ready().await;
    }

    async fn cut_chain(&self, cut: bool) {
        if cut { self.link.cut().await } else { self.link.heal().await }
    }

    fn tells_of_deadlines(&self) -> bool {
        true
    }
}
