//! What only the embedded node has: its directory, its log, the operator's commands.

use crate::common::{SOON, open_chain, open_channel, start_wallet, until};
use crate::node_parts::{Still, config, free_port, seed};
use crate::world::LdkWorld;
use ids::NodeId;
use lightning_node::conformance::{Kit, ORDER_MSAT, World as _};
use lightning_node::ldk::{AdminError, ChainSource, EmbeddedNode, Lsp, NodeSeed, OpenChannel, StartError};
use ports::{LightningNode as _, Outcome, Secret};
use sandbox::wallet::{LspTerms, PayerWallet, WalletConfig};
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

/// The payer is away when it is claimed: the claim is the node's own at once, and the payer has its receipt when it is
/// back. The channel lives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_while_the_payer_is_away() {
    let world = LdkWorld::start().await;
    let (node, wallet) = (world.node(), world.wallet(0));
    let before_msat = world.payer(0).balance_msat().await;
    let kit = Kit::new("payer away", ORDER_MSAT);
    kit.held(&world).await;
    let id = bitcoin::secp256k1::PublicKey::from_slice(&node.node_id().0).expect("a node");
    wallet.disconnect(id).await.expect("disconnected");
    kit.claim(&node, ORDER_MSAT).await;
    assert!(world.payer(0).is_pending(kit.hash).await, "it cannot know");
    until("connection", async || wallet.connect(id, world.listens).await.is_ok()).await;
    assert_eq!(world.payer(0).outcome(kit.hash).await, Ok(kit.preimage.0));
    assert_eq!(world.payer(0).balance_msat().await, before_msat - ORDER_MSAT);
    assert_eq!(world.embedded().channels().await.expect("an answer").len(), 2);
    world.stop().await;
}

/// A channel is bought with the sum that comes through it, and what it is larger can be received afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_lsp_opens_a_channel_just_in_time() {
    const FEE_MSAT: u64 = 2_000_000;
    let chain = open_chain().await;
    let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
    let dir = tempfile::tempdir().expect("a directory");
    let (lsp_at, terms) = (free_port(), lsp_terms(FEE_MSAT));
    let at_lsp = WalletConfig { dir: dir.path().join("lsp"), chain: chain.access().clone() };
    let lsp = PayerWallet::start_lsp(at_lsp, lsp_at, terms).await.expect("started");
    let mut made = config(dir.path(), (rpc, chain.access()), free_port());
    let lsp_id = NodeId(lsp.node_id().serialize());
    let none = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("started");
    let refused = none.jit_invoice(ORDER_MSAT, FEE_MSAT, "own funds".to_owned(), 3_600).await;
    assert!(matches!(refused, Err(AdminError::Refused(_))), "without an LSP: {refused:?}");
    none.stop().await;
    let of_lsp =
        |token: &str| Lsp { node: lsp_id, address: lsp_at.to_string(), token: Some(Secret::new(token.to_owned())) };
    made.lsp = Some(of_lsp("another"));
    let stranger = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("started");
    let refused = stranger.jit_invoice(ORDER_MSAT, FEE_MSAT, "own funds".to_owned(), 3_600).await;
    assert!(matches!(refused, Err(AdminError::Refused(_))), "a token that the LSP does not know: {refused:?}");
    stranger.stop().await;
    made.lsp = Some(of_lsp(TOKEN));
    let node = EmbeddedNode::start(made, seed(), Arc::new(Still)).await.expect("started");

    // The reserve of the one side, what the other opens channels with, and the payer's channel to it.
    let own = node.new_address().await.expect("an address").parse::<bitcoin::Address<_>>().expect("its own");
    chain.fund(&own.assume_checked(), 1_000_000).await.expect("funded");
    chain.fund(&lsp.address().await.expect("an address"), 20_000_000).await.expect("funded");
    chain.mine(1).await.expect("mined");
    lsp.sync_to(chain.height().await.expect("an answer"), SOON).await.expect("synced");
    let payer = start_wallet(&chain, dir.path().join("payer")).await;
    let payer = open_channel(&chain, payer, lsp_id, lsp_at).await;
    until("tip", async || {
        let _ = node.sync().await;
        let height = chain.height().await.expect("an answer");
        node.info().await.done().is_some_and(|info| info.tip_height == height)
    })
    .await;

    let dear = node.jit_invoice(ORDER_MSAT, FEE_MSAT - 1, "own funds".to_owned(), 3_600).await;
    assert!(matches!(dear, Err(AdminError::Refused(_))), "more than the operator gives: {dear:?}");
    assert!(node.channels().await.expect("an answer").is_empty());
    let invoice = node.jit_invoice(ORDER_MSAT, FEE_MSAT, "own funds".to_owned(), 3_600).await.expect("an invoice");
    let hash = payer.0.pay(&invoice).await.expect("on its way");
    let outcome = payer.0.wait_outcome(hash, SOON).await.expect("an end");
    assert!(matches!(outcome, sandbox::wallet::Outcome::Succeeded { .. }), "{outcome:?}");
    let channels = node.channels().await.expect("an answer");
    let [channel] = channels.as_slice() else { panic!("{channels:?}") };
    assert!(channel.usable && channel.peer == lsp_id && !channel.opened_by_us, "{channel:?}");
    let received = ORDER_MSAT - FEE_MSAT;
    until("sum in the channel", async || node.balances().await.expect("an answer").lightning_sat == received / 1_000)
        .await;
    let room = node.room().await.done().expect("an answer");
    // As large as the sum, less what the LSP keeps in reserve.
    assert!(room.channels[0].inbound_msat.get() > received / 10 * 9, "{room:?}");
    node.stop().await;
    payer.0.stop().await.expect("stopped");
    lsp.stop().await.expect("stopped");
}

const TOKEN: &str = "known";

/// A channel of twice the sum.
fn lsp_terms(fee_msat: u64) -> LspTerms {
    LspTerms { token: Some(TOKEN.to_owned()), fee_msat, larger_ppm: 1_000_000 }
}
