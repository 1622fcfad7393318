//! What a restart may not lose, and what it may say twice.

use super::parts::{Kit, done, hash_of, msat, soon};
use super::{ORDER_MSAT, World};
use ports::{HoldStatus, NodeEvent, Outcome};

/// An event comes until it is acknowledged, also after a restart.
pub async fn redelivered_until_acknowledged(world: &mut dyn World) {
    let kit = Kit::new("redelivered", ORDER_MSAT);
    let node = world.node();
    let invoice = kit.invoice(&*node).await;
    world.payer(0).pay(&invoice.bolt11).await.expect("sent");
    let first = soon("event", async {
        loop {
            let event = node.next_event().await;
            if hash_of(&event) == kit.hash {
                return event;
            }
            done(node.ack_event().await);
        }
    })
    .await;
    assert!(matches!(first, NodeEvent::HtlcHeld { .. }), "{first:?}");
    assert_eq!(soon("event", node.next_event()).await, first);
    drop(node);
    world.restart(0).await;
    let node = world.node();
    assert_eq!(kit.event(&node).await, first, "not acknowledged before the restart");
    kit.claim(&node, ORDER_MSAT).await;
    assert_eq!(world.payer(0).outcome(kit.hash).await, Ok(kit.preimage.0));
}

/// What was held before is held after, with the same deadline, and can be claimed.
pub async fn claimed_after_restart(world: &mut dyn World) {
    let kit = Kit::new("claimed after restart", ORDER_MSAT);
    let claim_deadline = kit.held(world).await;
    world.restart(1).await;
    let node = world.node();
    assert_eq!(kit.status(&node).await, HoldStatus::Held { amount_msat: msat(ORDER_MSAT), claim_deadline });
    done(node.claim(kit.hash, kit.preimage.clone(), msat(ORDER_MSAT)).await);
    claimed_at_last(&kit, world).await;
}

/// Stopped right after the claim call: the claim is asked for again, and confirmed once or more.
pub async fn restarted_after_claim(world: &mut dyn World) {
    let kit = Kit::new("restarted after claim", ORDER_MSAT);
    kit.held(world).await;
    let node = world.node();
    done(node.claim(kit.hash, kit.preimage.clone(), msat(ORDER_MSAT)).await);
    assert!(!matches!(node.return_hold(kit.hash).await, Outcome::Done(())), "a claim that is under way is not undone");
    drop(node);
    world.restart(1).await;
    let node = world.node();
    let status = kit.status(&node).await;
    assert!(matches!(status, HoldStatus::Claiming { .. } | HoldStatus::Claimed { .. }), "{status:?}");
    done(node.claim(kit.hash, kit.preimage.clone(), msat(ORDER_MSAT)).await);
    claimed_at_last(&kit, world).await;
    assert_eq!(kit.status(&world.node()).await, HoldStatus::Claimed { amount_msat: msat(ORDER_MSAT) });
}

/// Returned before the restart is returned after it, and told if it was not acknowledged.
pub async fn restarted_after_return(world: &mut dyn World) {
    let kit = Kit::new("restarted after return", ORDER_MSAT);
    kit.held(world).await;
    let node = world.node();
    done(node.return_hold(kit.hash).await);
    drop(node);
    world.restart(1).await;
    let node = world.node();
    assert_eq!(kit.status(&node).await, HoldStatus::Returned);
    kit.refuses_claim(&node, ORDER_MSAT).await;
    kit.told_of_return(&node).await;
    assert!(world.payer(0).outcome(kit.hash).await.is_err());
}

/// The held event may come again after a restart; the confirmation has to come.
pub(super) async fn claimed_at_last(kit: &Kit, world: &dyn World) {
    let node = world.node();
    loop {
        match kit.event(&node).await {
            NodeEvent::HtlcHeld { .. } => {}
            NodeEvent::HtlcClaimed { amount_msat, .. } => {
                assert_eq!(amount_msat, msat(ORDER_MSAT));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.payer(0).outcome(kit.hash).await, Ok(kit.preimage.0));
}
