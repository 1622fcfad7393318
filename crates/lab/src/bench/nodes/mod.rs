//! Both Lightning nodes, each beside the same node without our adapter: the embedded one beside a bare ldk-node with its
//! own channel from the same payer; an LND through the adapter beside the same LND by bare REST calls.

mod bare_ldk;
mod bare_lnd;
mod holder;
mod measure;

use super::bare::BareNode;
use super::figures::Figure;
use super::null::SystemClock;
use super::progress;
use anyhow::{Context as _, Result, anyhow};
use bare_ldk::BareLdk;
use bare_lnd::BareLnd;
use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use holder::{Ours, STEP_WITHIN};
use ids::NodeId;
use lightning_node::ldk::{ChainSource, EmbeddedNode, NodeConfig, NodeSeed};
use lightning_node::lnd::{CALLS, LndConfig, LndNode};
use measure::Pair;
use outbound::PinnedCertificate;
use ports::Secret;
use sandbox::chain::{Backend, Chain, RpcAccess};
use sandbox::lnd::{Lnd, LndPlan};
use sandbox::wallet::{ChannelPlan, PayerWallet, WalletConfig};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// As the demo's channel.
const CAPACITY_SAT: u64 = 16_000_000;
/// Two in a hundred, which the wallet asks for, and a little.
const PUSH_MSAT: u64 = 400_000_000;
/// LDK's cap as acceptor is 50, LND's 483: so many are tried, and a few more.
const IN_FLIGHT_LDK: u16 = 55;
const IN_FLIGHT_LND: u16 = 490;
/// An LND keeps no reserve of its own without funds.
const RESERVE_SAT: u64 = 1_000_000;

/// What to do how often.
pub struct Plan {
    /// Single holds on each side.
    pub holds: u32,
    /// Rounds of whole purchases beside each other.
    pub rounds: u32,
    pub in_round: u32,
    pub beside: u16,
    /// How often each channel is filled.
    pub fills: u32,
    /// The directory of LND's programs; without it only the embedded node is measured.
    pub lnd: Option<PathBuf>,
    /// LND wants a real bitcoind.
    pub bitcoind: Option<String>,
}

pub async fn run(dir: &Path, plan: &Plan) -> Result<Vec<Figure>> {
    let dir = dir.join("nodes");
    std::fs::create_dir_all(&dir)?;
    let backend = match &plan.bitcoind {
        Some(url) => Backend::Bitcoind(RpcAccess::from_url(url)?),
        None => Backend::InProcess { bind: SocketAddr::from(([127, 0, 0, 1], 0)) },
    };
    let chain = Chain::open(backend).await?;
    // A chain whose tip is old keeps an LND from being synced.
    chain.mine(1).await?;
    let payer = PayerWallet::start(WalletConfig { dir: dir.join("payer"), chain: chain.access().clone() }).await?;
    chain.fund(&payer.address().await?, 4 * CAPACITY_SAT).await?;
    chain.mine(1).await?;
    payer.sync_to(chain.height().await?, STEP_WITHIN).await?;
    let mut figures = ldk(&dir, &chain, &payer, plan).await?;
    match (&plan.lnd, &plan.bitcoind) {
        (Some(programs), Some(_)) => figures.extend(lnd(&dir, &chain, &payer, programs, plan).await?),
        _ => progress("no LND without --lnd and --bitcoind: `cargo xtask lnd` builds one"),
    }
    payer.stop().await?;
    Ok(figures)
}

async fn ldk(dir: &Path, chain: &Chain, payer: &PayerWallet, plan: &Plan) -> Result<Vec<Figure>> {
    progress("the embedded node and a bare ldk-node, each with a channel");
    let listens = free_port()?;
    let RpcAccess { host, port, user, password, .. } = chain.access().clone();
    let source = ChainSource::Bitcoind { host, port, user, password: Secret::new(password) };
    let mut config = NodeConfig::new(Network::Regtest, source, dir.join("embedded"));
    config.listen = vec![listens.to_string()];
    config.peers_without_reserve = vec![NodeId(payer.node_id().serialize())];
    let seed = NodeSeed::new(std::array::from_fn(|_| rand::random()));
    let node = Arc::new(EmbeddedNode::start(config, seed, Arc::new(SystemClock)).await?);
    let id = ports::LightningNode::node_id(&*node);
    open(chain, payer, id, listens).await?;
    let bare_node = BareNode::start(dir, chain, payer, CAPACITY_SAT).await?;
    let ours = Ours::new(Arc::clone(&node) as Arc<dyn ports::LightningNode>);
    let bare = BareLdk::new(bare_node.node());
    let pair = Pair { kind: "ldk", ours: &ours, bare: &bare, payer: payer.hand(), in_flight: IN_FLIGHT_LDK };
    let figures = pair.measure(plan).await;
    drop((ours, bare));
    node.stop().await;
    bare_node.stop().await;
    figures
}

async fn lnd(dir: &Path, chain: &Chain, payer: &PayerWallet, programs: &Path, plan: &Plan) -> Result<Vec<Figure>> {
    progress("an LND with a channel");
    let lnd = Lnd::start(LndPlan::new(programs, &dir.join("lnd"), chain.access().clone())?).await?;
    lnd.fund(chain, RESERVE_SAT, STEP_WITHIN).await?;
    let height = chain.height().await?;
    payer.sync_to(height, STEP_WITHIN).await?;
    lnd.sync_to(height, STEP_WITHIN).await?;
    let id: NodeId = lnd.node_id.parse().map_err(|error| anyhow!("{error:?}"))?;
    open(chain, payer, id, lnd.plan().listens).await?;
    lnd.sync_to(chain.height().await?, STEP_WITHIN).await?;
    let back = payer.node_id().to_string();
    lnd.until("active channel", STEP_WITHIN, || async {
        let channels = lnd.get("/v1/channels?active_only=true").await.ok()?;
        channels["channels"].as_array()?.iter().any(|channel| channel["remote_pubkey"] == back.as_str()).then_some(())
    })
    .await?;
    let rights: Vec<_> = CALLS.iter().map(|needed| ("uri", needed.call)).collect();
    let macaroon = lnd.bake(&rights).await?;
    let config = LndConfig {
        network: Network::Regtest,
        url: lnd.plan().url(),
        certificate: PinnedCertificate::new(lnd.plan().certificate()),
        macaroon: Secret::new(macaroon.clone()),
        table: dir.join("lnd.sqlite"),
        hold_sat_min: 5_000,
        jitter: Arc::new(|max| max / 2),
    };
    let adapter = LndNode::start(config, Arc::new(SystemClock)).await?;
    let ours = Ours::new(Arc::new(adapter));
    let bare = BareLnd::new(lnd.plan().url(), macaroon)?;
    let pair = Pair { kind: "lnd", ours: &ours, bare: &bare, payer: payer.hand(), in_flight: IN_FLIGHT_LND };
    let figures = pair.measure(plan).await;
    drop((ours, bare));
    lnd.stop().await?;
    figures
}

async fn open(chain: &Chain, payer: &PayerWallet, node: NodeId, listens: SocketAddr) -> Result<()> {
    let plan = ChannelPlan {
        peer: PublicKey::from_slice(&node.0).context("no node")?,
        peer_address: listens,
        capacity_sat: CAPACITY_SAT,
        push_msat: PUSH_MSAT,
        step_timeout: STEP_WITHIN,
    };
    payer.fund_and_open(chain, plan, |_| ()).await?;
    Ok(())
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
