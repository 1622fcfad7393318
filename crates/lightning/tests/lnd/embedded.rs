//! The embedded node, paid by an LND in parts that come one by one: what a wallet of its own kind cannot be made to do.

use crate::common::{SOON, open_chain, until};
use crate::node_parts::{Still, config, free_port, seed};
use crate::parts::send_part;
use crate::world::synced;
use lightning_node::conformance::{Kit, ORDER_MSAT};
use lightning_node::ldk::EmbeddedNode;
use ports::{HoldStatus, LightningNode, NodeEvent};
use sandbox::chain::Chain;
use sandbox::lnd::{Lnd, LndPlan};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const CAPACITY_SAT: u64 = 12_000_000;
const PUSH_SAT: u64 = 1_200_000;
/// LDK gives a part that stays alone back at the third of its minutes.
const PART_BACK: Duration = Duration::from_secs(360);

pub async fn paid_in_parts(programs: PathBuf) {
    let chain = open_chain().await;
    chain.mine(1).await.expect("mined");
    let dir = TempDir::new().expect("a directory");
    let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
    let listens = free_port();
    let made = config(dir.path(), (rpc, chain.access()), listens);
    let embedded = Arc::new(EmbeddedNode::start(made, seed(), Arc::new(Still)).await.expect("started"));
    let address = embedded.new_address().await.expect("an address").parse::<bitcoin::Address<_>>().expect("its own");
    chain.fund(&address.assume_checked(), 1_000_000).await.expect("funded");
    let plan = LndPlan::new(&programs, &dir.path().join("payer"), chain.access().clone()).expect("ports");
    let payer = Lnd::start(plan).await.expect("started");
    payer.fund(&chain, CAPACITY_SAT + 1_000_000, SOON).await.expect("funded");
    caught_up(&chain, &embedded, &payer).await;
    let id = embedded.node_id().to_string();
    payer.connect(&id, listens, SOON).await.expect("connected");
    payer.open_channel(&chain, &id, (CAPACITY_SAT, PUSH_SAT), SOON).await.expect("a channel");
    caught_up(&chain, &embedded, &payer).await;
    let node = Arc::clone(&embedded) as Arc<dyn LightningNode>;
    until("usable channel", async || node.room().await.done().is_some_and(|room| room.total_msat() > ORDER_MSAT)).await;

    let kit = Kit::new("one part late", ORDER_MSAT);
    let invoice = kit.invoice(&*node).await;
    let before_msat = payer.channels_msat(SOON).await.expect("at rest");
    let first_msat = ORDER_MSAT / 3;
    send_part(&payer, &invoice.bolt11, first_msat).await;
    assert_eq!(kit.status(&node).await, HoldStatus::Open, "one part is nothing");
    kit.refuses_claim(&node, first_msat).await;
    send_part(&payer, &invoice.bolt11, ORDER_MSAT - first_msat).await;
    let event = kit.event(&node).await;
    assert!(matches!(event, NodeEvent::HtlcHeld { amount_msat, .. } if amount_msat.get() == ORDER_MSAT), "{event:?}");
    kit.refuses_claim(&node, first_msat).await;
    kit.claim(&node, ORDER_MSAT).await;
    assert_eq!(payer.channels_msat(SOON).await.expect("at rest"), before_msat - ORDER_MSAT);

    // One that never comes: the other goes back by itself, and nobody is told of a hold.
    let kit = Kit::new("one part missing", ORDER_MSAT);
    let invoice = kit.invoice(&*node).await;
    send_part(&payer, &invoice.bolt11, first_msat).await;
    let after_msat = payer.channels_msat(PART_BACK).await.expect("at rest");
    assert_eq!(after_msat, before_msat - ORDER_MSAT, "the part is back");
    assert_eq!(kit.status(&node).await, HoldStatus::Open);
    embedded.stop().await;
    payer.stop().await.expect("stopped");
}

async fn caught_up(chain: &Chain, node: &EmbeddedNode, payer: &Lnd) {
    synced(chain, &[payer]).await;
    let height = chain.height().await.expect("an answer");
    until("tip", async || {
        let _ = node.sync().await;
        node.info().await.done().is_some_and(|info| info.tip_height == height)
    })
    .await;
}
