//! More room to receive: channels that are ordered, and channels that are made larger.

use crate::common::{SOON, open_chain, open_channel, start_wallet, until};
use crate::node_parts::{Still, config, free_port, seed};
use crate::world::LdkWorld;
use ids::NodeId;
use lightning_node::conformance::World as _;
use lightning_node::ldk::{AdminError, ChannelOrderState, EmbeddedNode, Lsp, OrderChannel};
use ports::{LightningNode as _, Secret};
use sandbox::lsps1::{ChannelSeller, OrderFault, OrderTerms};
use sandbox::wallet::Outcome;
use std::net::SocketAddr;
use std::sync::Arc;

const FEE_SAT: u64 = 3_000;
const TOKEN: &str = "known";

/// Ordered, refused, stalled, asked twice, found again after a restart, paid, opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_channel_is_ordered() {
    let chain = open_chain().await;
    let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
    let dir = tempfile::tempdir().expect("a directory");
    let (listens, bank_at) = (free_port(), free_port());
    // The bank is the LSP's wallet, with a channel from whoever pays the order.
    let terms = sandbox::wallet::LspTerms { token: None, fee_msat: 1_000, larger_ppm: 0 };
    let at_bank = sandbox::wallet::WalletConfig { dir: dir.path().join("bank"), chain: chain.access().clone() };
    let bank = sandbox::wallet::PayerWallet::start_lsp(at_bank, bank_at, terms).await.expect("started");
    let bank = Arc::new(bank);
    chain.fund(&bank.address().await.expect("an address"), 20_000_000).await.expect("funded");
    let terms = OrderTerms {
        token: Some(TOKEN.to_owned()),
        fee_sat: FEE_SAT,
        channel_sat_max: 10_000_000,
        client_at: listens,
        expiry_secs: 3_600,
    };
    let seller = ChannelSeller::start(Arc::clone(&bank), terms).await.expect("started");
    let mut made = config(dir.path(), (rpc, chain.access()), listens);
    let lsp = |token: Option<&str>| Lsp {
        node: NodeId(seller.node_id().serialize()),
        address: seller.address().to_string(),
        token: token.map(|token| Secret::new(token.to_owned())),
    };
    let asked = OrderChannel { capacity_sat: 2_000_000, expiry_blocks: 4_320, fee_sat_max: FEE_SAT, anew: false };

    made.lsp = Some(lsp(None));
    let stranger = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("started");
    refused(stranger.order_channel(asked).await, "without the token");
    stranger.stop().await;

    made.lsp = Some(lsp(Some(TOKEN)));
    let node = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("started");
    let own = node.new_address().await.expect("an address").parse::<bitcoin::Address<_>>().expect("its own");
    chain.fund(&own.assume_checked(), 1_000_000).await.expect("funded");
    chain.mine(1).await.expect("mined");
    bank.sync_to(chain.height().await.expect("an answer"), SOON).await.expect("synced");
    let payer = start_wallet(&chain, dir.path().join("payer")).await;
    let payer = open_channel(&chain, payer, NodeId(bank.node_id().serialize()), bank_at).await;

    seller.set_fault(OrderFault::Refuse);
    refused(node.order_channel(asked).await, "a provider that says no");
    seller.set_fault(OrderFault::WrongTotal);
    refused(node.order_channel(asked).await, "a total that is not the fee");
    seller.set_fault(OrderFault::None);
    refused(node.order_channel(OrderChannel { fee_sat_max: FEE_SAT - 1, ..asked }).await, "a fee above the limit");
    refused(node.order_channel(OrderChannel { capacity_sat: 10_000_001, ..asked }).await, "more than is sold");
    assert!(node.channel_orders().await.expect("an answer").is_empty(), "what was refused is not kept");
    seller.set_fault(OrderFault::Stall);
    refused(node.order_channel(asked).await, "an answer that does not come");
    // LDK listens no more to a provider that answers what was not asked, until it is connected to anew.
    seller.set_fault(OrderFault::Repeat);
    refused(node.order_channel(asked).await, "answers twice");
    seller.set_fault(OrderFault::None);
    node.stop().await;
    let node = EmbeddedNode::start(made.clone(), seed(), Arc::new(Still)).await.expect("started");
    let order = node.order_channel(asked).await.expect("ordered");
    assert_eq!((order.fee_sat, order.state), (FEE_SAT, ChannelOrderState::ToBePaid));
    let sold = seller.orders();
    assert_eq!(node.order_channel(asked).await.expect("the same again"), order);
    assert_eq!(seller.orders(), sold, "no second order");
    let another = node.order_channel(OrderChannel { anew: true, ..asked }).await.expect("another");
    assert_ne!(another.order_id, order.order_id);

    node.stop().await;
    let node = EmbeddedNode::start(made, seed(), Arc::new(Still)).await.expect("started");
    let found = node.channel_orders().await.expect("an answer");
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, [another.order_id.as_str(), order.order_id.as_str()], "newest first, and none is lost");
    assert_eq!(found[1].1.as_ref().expect("known"), &order);

    let hash = payer.0.pay(&order.bolt11).await.expect("on its way");
    let outcome = payer.0.wait_outcome(hash, SOON).await.expect("an end");
    assert!(matches!(outcome, Outcome::Succeeded { .. }), "{outcome:?}");
    until("tip", async || {
        let _ = node.sync().await;
        let height = chain.height().await.expect("an answer");
        node.info().await.done().is_some_and(|info| info.tip_height == height)
    })
    .await;
    seller.fulfil(&order.order_id, SOON).await.expect("opened");
    let found = node.channel_orders().await.expect("an answer");
    let opened = found[1].1.as_ref().expect("known");
    assert_eq!(opened.state, ChannelOrderState::Opened);
    chain.wait_for_mempool(1, SOON).await.expect("a funding");
    chain.mine(6).await.expect("mined");
    until("channel to receive by", async || {
        let _ = (node.sync().await, bank.sync().await);
        let channels = node.channels().await.expect("an answer");
        channels.iter().any(|channel| channel.usable && channel.funding == opened.funding)
    })
    .await;
    let room = node.room().await.done().expect("an answer");
    assert!(room.channels[0].inbound_msat.get() > 1_900_000_000, "{room:?}");
    node.stop().await;
    payer.0.stop().await.expect("stopped");
}

fn refused<T: std::fmt::Debug>(answer: Result<T, AdminError>, what: &str) {
    assert!(matches!(answer, Err(AdminError::Refused(_))), "{what}: {answer:?}");
}

/// What each side may put into a channel and take out of it, and what that does to the room to receive.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn channels_are_spliced() {
    const IN_SAT: u64 = 400_000;
    const OUT_SAT: u64 = 300_000;
    let world = LdkWorld::start().await;
    let node = world.embedded();
    let peer = world.wallet(0);
    let theirs = peer.channels()[0].clone();
    let id = theirs.channel_id.to_string();
    let ours = async || {
        let channels = node.channels().await.expect("an answer");
        channels.into_iter().find(|channel| channel.channel_id == id).expect("it stays open, under its id")
    };
    let confirmed = async |capacity_sat: u64| {
        world.chain.wait_for_mempool(1, SOON).await.expect("a new funding");
        world.mine(6).await;
        until("spliced channel", async || {
            world.caught_up().await;
            let channel = ours().await;
            channel.usable && channel.capacity_sat == capacity_sat
        })
        .await;
    };
    let before = ours().await;
    assert!(matches!(node.splice_in("00".repeat(32), IN_SAT).await, Err(AdminError::Input(_))));
    assert!(matches!(node.splice_in(id.clone(), 990_000).await, Err(AdminError::InsufficientFunds)), "of the reserve");

    node.splice_in(id.clone(), IN_SAT).await.expect("agreed on");
    confirmed(before.capacity_sat + IN_SAT).await;
    let larger = ours().await;
    assert!(larger.outbound_msat > before.outbound_msat, "{before:?} {larger:?}");
    assert!(larger.inbound_msat <= before.inbound_msat, "our own bitcoin is no room to receive: {larger:?}");

    let to = peer.address().await.expect("an address").to_string();
    node.splice_out(id.clone(), to, OUT_SAT).await.expect("agreed on");
    world.chain.wait_for_mempool(1, SOON).await.expect("a new funding");
    world.mine(6).await;
    until("smaller channel", async || {
        world.caught_up().await;
        ours().await.capacity_sat < larger.capacity_sat
    })
    .await;
    let smaller = ours().await;
    // Less the hundredth of the channel that is kept in it.
    assert!(larger.outbound_msat - smaller.outbound_msat >= OUT_SAT * 990, "{larger:?} {smaller:?}");

    chain_funds(&world).await;
    let (user_id, us) = (theirs.user_channel_id, theirs.counterparty_node_id);
    let wallet = Arc::clone(peer.node());
    let put = tokio::task::spawn_blocking(move || wallet.splice_in(&user_id, us, IN_SAT));
    put.await.expect("no panic").expect("the peer puts in more");
    confirmed(smaller.capacity_sat + IN_SAT).await;
    let roomier = ours().await;
    assert!(roomier.inbound_msat > smaller.inbound_msat + IN_SAT * 900, "{smaller:?} {roomier:?}");
    // What may be in flight at a time was agreed on at the opening and stays.
    assert_eq!(roomier.in_flight_max_msat, before.in_flight_max_msat);
    world.stop().await;
}

async fn chain_funds(world: &LdkWorld) {
    let address = world.wallet(0).address().await.expect("an address");
    world.chain.fund(&address, 1_000_000).await.expect("funded");
    world.mine(1).await;
}
