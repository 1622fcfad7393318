//! The network as an LND knows it: an announced channel, one that is not, and a macaroon that may not ask.

use crate::common::{SOON, open_chain, until};
use crate::world::{Now, config_of, exact_macaroon, synced};
use ids::{NodeId, UnixMs};
use lightning_node::lnd::{CALLS, LndConfig, LndNode};
use money::Sat;
use network::{Figures, Watch};
use ports::{LightningNode, NetworkView, Outcome, Secret};
use sandbox::chain::Chain;
use sandbox::graph::now_secs;
use sandbox::lnd::{Lnd, LndPlan};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// Capacity and what of it is ours at first.
const ANNOUNCED_SAT: (u64, u64) = (5_000_000, 500_000);
const HIDDEN_SAT: (u64, u64) = (3_000_000, 300_000);
const FINAL_CLTV_DELTA: u32 = 80;

pub async fn all(programs: PathBuf) {
    let chain = open_chain().await;
    chain.mine(1).await.expect("mined");
    let dir = TempDir::new().expect("a directory");
    let plan = |name: &str| LndPlan::new(&programs, &dir.path().join(name), chain.access().clone()).expect("ports");
    let (lnd, peer) = tokio::join!(Lnd::start(plan("node")), Lnd::start(plan("peer")));
    let (lnd, peer) = (lnd.expect("started"), peer.expect("started"));
    peer.fund(&chain, 10_000_000, SOON).await.expect("funded");
    synced(&chain, &[&lnd, &peer]).await;
    peer.connect(&lnd.node_id, lnd.plan().listens, SOON).await.expect("connected");
    let config = config_of(&lnd, lnd.plan().url(), exact_macaroon(&lnd).await, dir.path());
    let node = Arc::new(LndNode::start(config.clone(), Arc::new(Now)).await.expect("started"));
    println!("  nothing is known");
    assert_eq!(seen(&node).await, Figures::default());
    println!("  an announced channel");
    peer.open_announced_channel(&chain, &lnd.node_id, ANNOUNCED_SAT, SOON).await.expect("a channel");
    announced(&lnd, &peer, &node).await;
    println!("  and one that is not");
    peer.open_channel(&chain, &lnd.node_id, HIDDEN_SAT, SOON).await.expect("a channel");
    hidden(&chain, &lnd, &peer, &node).await;
    println!("  the chance");
    chance(&peer, &node).await;
    println!("  no right");
    no_right(&lnd, &config).await;
    peer.stop().await.expect("stopped");
    until("nothing usable", async || node.own_channels().await.done().is_some_and(|own| own.is_empty())).await;
    lnd.stop().await.expect("stopped");
    assert!(!matches!(node.graph().await, Outcome::Done(_)), "nobody is there");
}

async fn seen(node: &LndNode) -> Figures {
    network::figures(&node.graph().await.done().expect("a graph"))
}

async fn announced(lnd: &Lnd, peer: &Lnd, node: &LndNode) {
    // LND keeps its answer, that of before the channel too, for a minute; both ends speak some seconds later.
    until("both ends' word", async || {
        let graph = node.graph().await.done().expect("a graph");
        graph.channels().iter().any(|channel| channel.policies.iter().all(Option::is_some))
    })
    .await;
    let (capacity_sat, _) = ANNOUNCED_SAT;
    let expected = Figures { nodes: 2, channels: 1, capacity_sat, measured: 1, median_channel_sat: capacity_sat };
    assert_eq!(seen(node).await, expected);
    // LND's own count, which it makes in another way.
    let info = lnd.get("/v1/graph/info").await.expect("an answer");
    assert_eq!((&info["num_nodes"], &info["num_channels"]), (&2.into(), &1.into()), "{info}");
    assert_eq!(info["total_network_capacity"], capacity_sat.to_string());
    let graph = node.graph().await.done().expect("a graph");
    let mut ends: Vec<NodeId> = [lnd, peer].map(|end| end.node_id.parse().expect("a key")).into();
    ends.sort();
    assert_eq!(graph.channels()[0].ends.map(|end| graph.id_of(end).expect("a node")).to_vec(), ends);
}

async fn hidden(chain: &Chain, lnd: &Lnd, peer: &Lnd, node: &LndNode) {
    synced(chain, &[lnd, peer]).await;
    until("two usable channels", async || node.own_channels().await.done().is_some_and(|own| own.len() == 2)).await;
    let own = node.own_channels().await.done().expect("an answer");
    let graph = node.graph().await.done().expect("a graph");
    assert_eq!(graph.channels().len(), 1, "the other is nobody's business");
    let known: Vec<_> = own.iter().filter(|own| own.short_channel_id == graph.channels()[0].short_channel_id).collect();
    let [known] = known[..] else { panic!("{own:?}") };
    // All that is not ours, less the peer's reserve of a hundredth and what it pays for closing.
    let most_msat = (ANNOUNCED_SAT.0 - ANNOUNCED_SAT.1 - ANNOUNCED_SAT.0 / 100) * 1_000;
    assert!((most_msat - 20_000_000..=most_msat).contains(&known.inbound_msat), "{known:?}");
    assert!(own.iter().all(|own| own.peer.to_string() == peer.node_id), "{own:?}");
}

async fn chance(peer: &Lnd, node: &Arc<LndNode>) {
    let watch = Watch::new(node.clone(), bitcoin::Network::Regtest, Vec::new());
    let now = UnixMs(u64::from(now_secs()) * 1_000);
    watch.look(now).await.expect("looked");
    assert_eq!(watch.heard().expect("heard").figures.channels, 1);
    // In one part, through both channels, more than is on the other side of both (less than both are large).
    for (sat, chance_ppm) in [(100_000, 1_000_000), (6_000_000, 1_000_000), (7_500_000, 0)] {
        let amount = Sat::new(sat).expect("an amount").msat();
        let found = watch.chance(node.node_id(), FINAL_CLTV_DELTA, amount, now).await.expect("a chance");
        let [from] = found.from[..] else { panic!("{found:?}") };
        assert_eq!((from.node.to_string(), from.chance_ppm), (peer.node_id.clone(), chance_ppm), "{sat}");
    }
}

/// Figures are missing, and nothing else.
async fn no_right(lnd: &Lnd, config: &LndConfig) {
    let fewer: Vec<_> =
        CALLS.iter().map(|needed| ("uri", needed.call)).filter(|(_, call)| !call.contains("DescribeGraph")).collect();
    let macaroon = Secret::new(lnd.bake(&fewer).await.expect("baked"));
    let table = config.table.with_extension("fewer");
    let node = LndNode::start(LndConfig { macaroon, table, ..config.clone() }, Arc::new(Now)).await.expect("started");
    let answer = node.graph().await;
    assert!(matches!(&answer, Outcome::NotSent(why) if why.contains("macaroon")), "{answer:?}");
    assert!(matches!(node.info().await, Outcome::Done(_)) && node.room().await.done().is_some());
    assert_eq!(node.own_channels().await.done().map(|own| own.len()), Some(2));
}
