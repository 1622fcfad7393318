//! What the suite cannot ask of every node: holds over many blocks and over the death of either side, peers that are
//! away, answers that nobody heard, parts that come late, and what LND does by itself.

use crate::common::SOON;
use crate::parts::send_part;
use crate::world::LndWorld;
use ids::PaymentHash;
use lightning_node::conformance::{Kit, ORDER_MSAT, World};
use money::Msat;
use ports::{HoldStatus, LightningNode, NodeEvent, Outcome};
use sandbox::lnd::PayWith;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const AMOUNT: fn() -> Msat = || Msat::new(ORDER_MSAT).expect("less than there is");

pub async fn all(programs: PathBuf) {
    let mut world = LndWorld::start(programs).await;
    let world = &mut world;
    println!("  held through blocks and restarts");
    held_through_blocks(world).await;
    our_side_dies(world).await;
    node_dies(world).await;
    both_die(world).await;
    println!("  a peer that is away");
    settled_is_not_confirmed(world).await;
    println!("  answers that nobody heard");
    claimed_by_a_call_that_nobody_heard(world).await;
    node_is_away(world).await;
    println!("  parts");
    one_part_late(world).await;
    split_by_the_payer(world).await;
    println!("  what the node does by itself");
    returned_by_the_node(world).await;
    expired_unpaid(world).await;
    table_lost(world).await;
}

fn node(world: &LndWorld) -> Arc<dyn LightningNode> {
    world.node()
}

async fn confirmed(world: &LndWorld, kit: &Kit, payer: usize) {
    let node = node(world);
    loop {
        match kit.event(&node).await {
            // May be said again after a restart.
            NodeEvent::HtlcHeld { .. } => {}
            NodeEvent::HtlcClaimed { amount_msat, .. } => break assert_eq!(amount_msat, AMOUNT()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(kit.status(&node).await, HoldStatus::Claimed { amount_msat: AMOUNT() });
    assert_eq!(world.payer(payer).outcome(kit.hash).await, Ok(kit.preimage.0));
}

async fn claim(world: &LndWorld, kit: &Kit, payer: usize) {
    let asked = node(world).claim(kit.hash, kit.preimage.clone(), AMOUNT()).await;
    assert_eq!(asked, Outcome::Done(()));
    confirmed(world, kit, payer).await;
}

async fn held_through_blocks(world: &mut LndWorld) {
    for payer in 0..2 {
        let kit = Kit::new(&format!("thirty blocks {payer}"), ORDER_MSAT);
        let claim_deadline = kit.held_from(world, payer, ORDER_MSAT).await;
        world.mine(30).await;
        let held = HoldStatus::Held { amount_msat: AMOUNT(), claim_deadline };
        assert_eq!(kit.status(&node(world)).await, held);
        assert!(world.payer(payer).is_pending(kit.hash).await);
        claim(world, &kit, payer).await;
    }
}

/// What was held before is told of again only if it was not acknowledged.
async fn our_side_dies(world: &mut LndWorld) {
    let kit = Kit::new("our side dies", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    world.drop_adapter();
    world.start_adapter().await;
    claim(world, &kit, 1).await;

    // Claimed, and we die before we hear of the confirmation.
    let kit = Kit::new("our side dies after the claim", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    assert_eq!(node(world).claim(kit.hash, kit.preimage.clone(), AMOUNT()).await, Outcome::Done(()));
    world.drop_adapter();
    world.start_adapter().await;
    confirmed(world, &kit, 1).await;
}

async fn node_dies(world: &mut LndWorld) {
    let kit = Kit::new("the node dies", ORDER_MSAT);
    let claim_deadline = kit.held_from(world, 1, ORDER_MSAT).await;
    world.kill_lnd().await;
    world.ready().await;
    let held = HoldStatus::Held { amount_msat: AMOUNT(), claim_deadline };
    assert_eq!(kit.status(&node(world)).await, held);
    claim(world, &kit, 1).await;

    let kit = Kit::new("the node dies after the claim", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    assert_eq!(node(world).claim(kit.hash, kit.preimage.clone(), AMOUNT()).await, Outcome::Done(()));
    world.kill_lnd().await;
    world.ready().await;
    confirmed(world, &kit, 1).await;
}

async fn both_die(world: &mut LndWorld) {
    let kit = Kit::new("both die", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    world.drop_adapter();
    world.kill_lnd().await;
    world.start_adapter().await;
    world.ready().await;
    claim(world, &kit, 1).await;
}

/// With its peer away LND says SETTLED at once; the claim is confirmed only when the peer has been told.
async fn settled_is_not_confirmed(world: &mut LndWorld) {
    let kit = Kit::new("peer away", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    // Stopped, not disconnected: it would come back at once.
    let pid = world.payer.0.pid().expect("it runs").to_string();
    signal("-STOP", &pid);
    assert_eq!(node(world).claim(kit.hash, kit.preimage.clone(), AMOUNT()).await, Outcome::Done(()));
    let invoice = world.lnd().get(&format!("/v1/invoice/{}", hex::encode(kit.hash.0))).await.expect("an answer");
    assert_eq!(invoice["state"], "SETTLED");
    assert_eq!(kit.status(&node(world)).await, HoldStatus::Claiming { amount_msat: AMOUNT() });
    let silent = tokio::time::timeout(Duration::from_secs(3), node(world).next_event()).await;
    assert!(silent.is_err(), "confirmed without the peer: {silent:?}");
    signal("-CONT", &pid);
    world.ready().await;
    confirmed(world, &kit, 1).await;
}

fn signal(which: &str, pid: &str) {
    let sent = std::process::Command::new("kill").args([which, pid]).status().expect("kill is there");
    assert!(sent.success());
}

/// The node took the preimage, and the answer was lost on the way: asked again it is done, and it is confirmed.
async fn claimed_by_a_call_that_nobody_heard(world: &mut LndWorld) {
    use base64::Engine as _;
    let kit = Kit::new("answer lost", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    let preimage = base64::engine::general_purpose::STANDARD.encode(kit.preimage.0);
    world.lnd().post("/v2/invoices/settle", json!({ "preimage": preimage })).await.expect("taken");
    claim(world, &kit, 1).await;
}

/// No connection: not sent. A connection on which nothing moves: unknown. Both end well.
async fn node_is_away(world: &mut LndWorld) {
    let kit = Kit::new("node away", ORDER_MSAT);
    kit.held_from(world, 1, ORDER_MSAT).await;
    let node = node(world);
    world.wire.pause().await;
    let answer = node.claim(kit.hash, kit.preimage.clone(), AMOUNT()).await;
    assert!(matches!(answer, Outcome::Unknown(_)), "{answer:?}");
    world.wire.cut().await;
    let mut not_sent = false;
    for _ in 0..10 {
        // The connections that had been kept are found broken first.
        let answer = node.return_hold(kit.hash).await;
        assert!(matches!(answer, Outcome::Unknown(_) | Outcome::NotSent(_)), "{answer:?}");
        not_sent |= matches!(answer, Outcome::NotSent(_));
    }
    assert!(not_sent);
    assert!(matches!(node.info().await, Outcome::NotSent(_)));
    world.wire.heal().await;
    assert!(matches!(kit.status(&node).await, HoldStatus::Held { .. }), "neither call did anything");
    claim(world, &kit, 1).await;
}

/// One part is nothing; with the other it is a hold, and all of it is claimed.
async fn one_part_late(world: &mut LndWorld) {
    let node = node(world);
    let kit = Kit::new("one part late", ORDER_MSAT);
    let invoice = kit.invoice(&*node).await;
    let first_msat = ORDER_MSAT / 3;
    send_part(&world.payer.0, &invoice.bolt11, first_msat).await;
    let listed = world.lnd().get(&format!("/v1/invoice/{}", hex::encode(kit.hash.0))).await.expect("an answer");
    assert_eq!(listed["htlcs"].as_array().map(Vec::len), Some(1), "the part is at the node");
    assert_eq!(kit.status(&node).await, HoldStatus::Open);
    kit.refuses_claim(&node, first_msat).await;
    world.mine(1).await;
    send_part(&world.payer.0, &invoice.bolt11, ORDER_MSAT - first_msat).await;
    let event = kit.event(&node).await;
    assert!(matches!(event, NodeEvent::HtlcHeld { amount_msat, .. } if amount_msat == AMOUNT()), "{event:?}");
    kit.refuses_claim(&node, first_msat).await;
    assert_eq!(node.claim(kit.hash, kit.preimage.clone(), AMOUNT()).await, Outcome::Done(()));
    let event = kit.event(&node).await;
    assert!(matches!(event, NodeEvent::HtlcClaimed { amount_msat, .. } if amount_msat == AMOUNT()), "{event:?}");
    world.payer.0.channels_msat(SOON).await.expect("at rest");
}

async fn split_by_the_payer(world: &mut LndWorld) {
    let node = node(world);
    let kit = Kit::new("four parts", ORDER_MSAT);
    let invoice = kit.invoice(&*node).await;
    let with = PayWith { amount_msat: None, part_msat_max: Some(ORDER_MSAT / 4 + 1_000) };
    world.payer.0.pay(&invoice.bolt11, with).await.expect("sent");
    let event = kit.event(&node).await;
    assert!(matches!(event, NodeEvent::HtlcHeld { amount_msat, .. } if amount_msat == AMOUNT()), "{event:?}");
    assert!(world.payer.0.htlcs_out(&kit.hash.0).await.expect("an answer") >= 4);
    claim(world, &kit, 1).await;
}

/// Nobody of ours was there at the deadline: LND returned it, and that is told.
async fn returned_by_the_node(world: &mut LndWorld) {
    let before = world.payer(1).balance_msat().await;
    let kit = Kit::new("returned by the node", ORDER_MSAT);
    let claim_deadline = kit.held_from(world, 1, ORDER_MSAT).await;
    let height = world.chain.height().await.expect("an answer");
    world.drop_adapter();
    // Two blocks after our deadline is LND's own.
    world.mine(claim_deadline + 2 - height).await;
    assert!(world.payer(1).outcome(kit.hash).await.is_err());
    assert_eq!(world.payer(1).balance_msat().await, before);
    world.start_adapter().await;
    kit.told_of_return(&node(world)).await;
    assert_eq!(kit.status(&node(world)).await, HoldStatus::Returned);
    kit.refuses_claim(&node(world), ORDER_MSAT).await;
}

/// An invoice that nobody paid ends by itself, and nobody is told.
async fn expired_unpaid(world: &mut LndWorld) {
    let node = node(world);
    let mut kit = Kit::new("expired", ORDER_MSAT);
    kit.request.expiry_secs = 1;
    kit.invoice(&*node).await;
    crate::common::until("end of the invoice", async || kit.status(&node).await == HoldStatus::Returned).await;
    let again = node.create_hold_invoice(kit.request.clone()).await;
    assert!(matches!(again, Outcome::Rejected(_)), "it can never be paid: {again:?}");
    let next = Kit::new("after the expired one", ORDER_MSAT);
    next.invoice(&*node).await;
    world.payer(1).pay(&next.invoice(&*node).await.bolt11).await.expect("sent");
    let event = node.next_event().await;
    assert!(matches!(event, NodeEvent::HtlcHeld { payment_hash, .. } if payment_hash == next.hash), "{event:?}");
    next.event(&node).await;
    claim(world, &next, 1).await;
}

/// The file of live hashes is gone: what the engine asks about is taken up again.
async fn table_lost(world: &mut LndWorld) {
    let kit = Kit::new("table lost", ORDER_MSAT);
    let claim_deadline = kit.held_from(world, 1, ORDER_MSAT).await;
    world.drop_adapter();
    for suffix in ["", "-wal", "-shm"] {
        let mut file = world.config.table.clone().into_os_string();
        file.push(suffix);
        let _ = std::fs::remove_file(file);
    }
    world.start_adapter().await;
    let node = node(world);
    assert_eq!(kit.status(&node).await, HoldStatus::Held { amount_msat: AMOUNT(), claim_deadline });
    assert!(matches!(kit.event(&node).await, NodeEvent::HtlcHeld { .. }));
    claim(world, &kit, 1).await;
    let unknown = PaymentHash([5; 32]);
    assert_eq!(node.hold_status(unknown).await, Outcome::Done(HoldStatus::NotFound));
}
