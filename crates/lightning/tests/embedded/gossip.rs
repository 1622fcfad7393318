//! The network as a summary tells of it.

use crate::common::{open_chain, until};
use crate::node_parts::{Still, config, free_port, seed};
use bitcoin::Network;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use lightning_node::ldk::EmbeddedNode;
use ports::{LightningNode as _, NetworkGraph, NetworkView as _};
use sandbox::rgs::{GossipServer, Terms, snapshot};
use std::net::SocketAddr;
use std::sync::Arc;

fn nodes() -> Vec<PublicKey> {
    let of = |byte| PublicKey::from_secret_key(&Secp256k1::new(), &SecretKey::from_slice(&[byte; 32]).expect("a key"));
    let mut nodes: Vec<_> = (1..=4).map(of).collect();
    // As BOLT 7 orders a channel's ends.
    nodes.sort_by_key(PublicKey::serialize);
    nodes
}

/// Channels are known without a single peer; a server that refuses, or tells of another network, leaves what was known.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn channels_are_told_of_by_a_summary() {
    let chain = open_chain().await;
    let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
    let dir = tempfile::tempdir().expect("a directory");
    let mut made = config(dir.path(), (rpc, chain.access()), free_port());
    let server = GossipServer::default();
    made.rgs_url = Some(server.start().await.expect("a port"));
    let terms =
        Terms { cltv_delta: 40, htlc_min_msat: 1, htlc_max_msat: 5_000_000, base_msat: 1_000, proportional_ppm: 7 };
    let links = [(700, 0, 1), (0x1_0000_0000, 1, 2), (0x1_0000_0000_0001, 2, 3)];
    let known = async |node: &EmbeddedNode| node.graph().await.done().expect("an answer");

    server.answers(Some(snapshot(Network::Bitcoin, &nodes(), &links, terms)));
    let node = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("it starts without a summary");
    until("question", async || server.asked() > 0).await;
    assert!(known(&node).await.channels().is_empty(), "another network's");
    node.stop().await;
    server.answers(Some(snapshot(Network::Regtest, &nodes(), &links, terms)));
    let node = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("started");
    until("summary", async || known(&node).await.channels().len() == links.len()).await;
    let heard = known(&node).await;
    assert_eq!(channels(&heard), links.map(|(scid, _, _)| scid));
    for channel in heard.channels() {
        for policy in channel.policies.iter().map(|policy| policy.expect("both ways")) {
            assert_eq!((policy.base_msat, policy.proportional_ppm, policy.cltv_delta), (1_000, 7, 40));
            assert_eq!((policy.htlc_min_msat, policy.htlc_max_msat), (1, 5_000_000));
        }
    }
    node.stop().await;
    server.answers(None);
    let node = EmbeddedNode::start(made, seed(), Arc::new(Still)).await.expect("it starts without a summary");
    assert_eq!(known(&node).await.channels().len(), links.len(), "what was heard before is kept");
    assert!(node.info().await.done().is_some());
    node.stop().await;
}

fn channels(graph: &NetworkGraph) -> Vec<u64> {
    let mut ids: Vec<_> = graph.channels().iter().map(|channel| channel.short_channel_id).collect();
    ids.sort_unstable();
    ids
}
