//! What only the embedded node has: its directory, its log, the operator's commands.

use crate::common::{SOON, open_chain, until};
use crate::node_parts::{Still, config, free_port, seed};
use crate::world::LdkWorld;
use ids::NodeId;
use lightning_node::conformance::{Kit, ORDER_MSAT, World as _};
use lightning_node::ldk::{AdminError, ChainSource, EmbeddedNode, NodeSeed, OpenChannel, StartError};
use ports::{LightningNode as _, Outcome, Secret};
use std::net::SocketAddr;
use std::sync::Arc;

/// Wrong words, a second owner, an old copy, a chain that is not there: each is named, and none touches anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn starts_only_on_what_is_its_own() {
    let chain = open_chain().await;
    let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
    let dir = tempfile::tempdir().expect("a directory");
    let good = config(dir.path(), (rpc, chain.access()), free_port());
    let start = async |config: &_, seed: NodeSeed| {
        let config: &lightning_node::ldk::NodeConfig = config;
        EmbeddedNode::start(config.clone(), seed, Arc::new(Still)).await
    };

    let node = start(&good, seed()).await.expect("started");
    assert_eq!(node.node_id(), seed().node_id(good.network));
    let epoch = node.epoch();
    let second = start(&good, seed()).await.err().expect("one owner");
    assert!(matches!(second, StartError::InUse(_)), "{second}");
    node.stop().await;
    assert!(matches!(node.info().await, Outcome::NotSent(_)));
    assert!(matches!(node.new_address().await, Err(AdminError::NotRunning)));

    let state = std::fs::read(good.storage_dir.join("ldk_node_data.sqlite")).expect("a file");
    let wrong = start(&good, NodeSeed::new([9; 64])).await.err().expect("other words");
    assert!(matches!(wrong, StartError::WrongSeed { .. }), "{wrong}");
    let mut newer = good.clone();
    newer.epoch_min = epoch + 1;
    let stale = start(&newer, seed()).await.err().expect("an old copy");
    assert!(matches!(stale, StartError::StaleCopy { .. }), "{stale}");
    assert_eq!(state, std::fs::read(good.storage_dir.join("ldk_node_data.sqlite")).expect("a file"));

    // Where fees matter the node does not start without a chain; on the test networks it starts, and its tip is old.
    let mut deaf = good.clone();
    let (password, nowhere) = (Secret::new("none".to_owned()), free_port());
    let (host, user) = (nowhere.ip().to_string(), "anytill".to_owned());
    deaf.chain = ChainSource::Bitcoind { host, port: nowhere.port(), user, password };
    deaf.network = bitcoin::Network::Bitcoin;
    let other = start(&deaf, seed()).await.err().expect("another network");
    assert!(matches!(other, StartError::WrongNetwork { .. }), "{other}");
    deaf.storage_dir = dir.path().join("elsewhere");
    let error = start(&deaf, seed()).await.err().expect("no chain");
    assert!(matches!(error, StartError::ChainSource(_)), "{error}");
    assert!(error.to_string().contains(&nowhere.to_string()), "{error}");

    let node = start(&good, seed()).await.expect("none of that did any harm");
    assert!(node.epoch() > epoch);
    // Dropped, it ends as well, in its own time.
    drop(node);
    until("free directory", async || match start(&good, seed()).await {
        Ok(node) => {
            node.stop().await;
            true
        }
        Err(StartError::InUse(_)) => false,
        Err(other) => panic!("{other}"),
    })
    .await;
    assert!(good.storage_dir.join("ldk.log").exists());
}

/// From an empty node to a channel and back, by the operator's commands.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn is_administered() {
    let world = LdkWorld::start().await;
    let node = world.embedded();
    let balances = node.balances().await.expect("an answer");
    assert_eq!(balances.onchain_total_sat, 1_000_000);
    assert_eq!(balances.reserve_sat, 50_000);
    assert_eq!(balances.onchain_spendable_sat, 950_000);
    let channels = node.channels().await.expect("an answer");
    assert_eq!(channels.len(), 2);
    assert!(channels.iter().all(|channel| !channel.opened_by_us && channel.usable && channel.confirmations >= 6));

    let kit = Kit::new("listed", ORDER_MSAT);
    let deadline = kit.held(&world).await;
    let held = node.held().await.expect("an answer");
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].payment_hash, held[0].amount_msat, held[0].claim_deadline), (kit.hash, ORDER_MSAT, deadline));
    assert!(held[0].blocks_left >= 42 && !held[0].claim_called);
    kit.claim(&world.node(), ORDER_MSAT).await;
    assert!(node.held().await.expect("an answer").is_empty());

    let peer = world.wallet(1);
    let listens = node.peers().await.expect("an answer");
    assert!(listens.iter().any(|known| known.node_id == NodeId(peer.node_id().serialize()) && known.connected));
    let too_big = OpenChannel {
        peer: NodeId(peer.node_id().serialize()),
        address: world.listens.to_string(),
        capacity_sat: 940_000,
        push_msat: 0,
        announce: false,
    };
    let refused = node.open_channel(too_big).await;
    assert!(matches!(refused, Err(AdminError::InsufficientFunds)), "it would cut into the reserve: {refused:?}");

    for bad in ["nonsense", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"] {
        assert!(matches!(node.send_on_chain(bad.to_owned(), 1_000, None).await, Err(AdminError::Input(_))));
    }
    let to = world.wallet(0).address().await.expect("an address").to_string();
    let beyond = node.send_on_chain(to.clone(), 960_000, None).await;
    assert!(beyond.is_err(), "the reserve stays: {beyond:?}");
    let txid = node.send_on_chain(to, 100_000, Some(2)).await.expect("sent");
    assert_eq!(txid.len(), 64);

    assert!(matches!(node.close_channel("00".repeat(32), false).await, Err(AdminError::Input(_))));
    node.close_channel(channels[0].channel_id.clone(), false).await.expect("closing");
    until("closed channel", async || node.channels().await.expect("an answer").len() == 1).await;
    world.chain.wait_for_mempool(1, SOON).await.expect("a closing transaction");
    world.stop().await;
}
