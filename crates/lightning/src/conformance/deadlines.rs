//! Heights: the claim deadline, and a tip that is no longer known.

use super::parts::{Kit, done, info, msat, until};
use super::restarts::claimed_at_last;
use super::{ORDER_MSAT, World};
use ports::HoldStatus;
use std::time::Duration;
use tokio::time::Instant;

/// At the deadline the hold is returned by the node: somebody is told, the payer has everything, a late claim is
/// refused, and the channel lives.
pub async fn deadline_passes(world: &dyn World) {
    let node = world.node();
    let before = world.payer(0).balance_msat().await;
    let kit = Kit::new("deadline", ORDER_MSAT);
    let deadline = kit.held(world).await;
    let height = info(&node).await.tip_height;
    world.mine(deadline - 1 - height).await;
    if world.tells_of_deadlines() {
        assert!(matches!(kit.status(&node).await, HoldStatus::Held { .. }), "one block is left");
    }
    world.mine(1).await;
    gone(&kit, world, before).await;

    let after = Kit::new("after the deadline", ORDER_MSAT);
    after.held(world).await;
    after.claim(&node, ORDER_MSAT).await;
    assert_eq!(world.payer(0).outcome(after.hash).await, Ok(after.preimage.0));
}

/// Held through thirty blocks, five of them while the node was down: the deadline stays where it was, and it is claimed.
pub async fn held_through_blocks(world: &mut dyn World) {
    let kit = Kit::new("held through blocks", ORDER_MSAT);
    let deadline = kit.held(world).await;
    world.mine(15).await;
    world.restart(5).await;
    world.mine(10).await;
    let node = world.node();
    let held = |status: HoldStatus| match status {
        HoldStatus::Held { amount_msat, claim_deadline } => Some((amount_msat.get(), claim_deadline)),
        _ => None,
    };
    assert_eq!(held(kit.status(&node).await), Some((ORDER_MSAT, deadline)));
    assert!(world.payer(0).is_pending(kit.hash).await, "the payer's money is still the payer's");
    done(node.claim(kit.hash, kit.preimage.clone(), msat(ORDER_MSAT)).await);
    claimed_at_last(&kit, world).await;
}

/// A deadline that passes while the node is down.
pub async fn deadline_passes_while_down(world: &mut dyn World) {
    let before = world.payer(0).balance_msat().await;
    let kit = Kit::new("deadline while down", ORDER_MSAT);
    let deadline = kit.held(world).await;
    let height = info(&world.node()).await.tip_height;
    world.restart(deadline + 1 - height).await;
    gone(&kit, world, before).await;
}

async fn gone(kit: &Kit, world: &dyn World, balance_before: u64) {
    let node = world.node();
    kit.refuses_claim(&node, ORDER_MSAT).await;
    kit.told_of_return(&node).await;
    assert_eq!(kit.status(&node).await, HoldStatus::Returned);
    kit.refuses_claim(&node, ORDER_MSAT).await;
    assert!(world.payer(0).outcome(kit.hash).await.is_err());
    assert_eq!(world.payer(0).balance_msat().await, balance_before);
}

/// Longer than a node takes between two looks at its chain.
const LONGER_THAN_A_LOOK: Duration = Duration::from_secs(5);

/// Without a chain the tip's age is seen, and with it again too.
pub async fn tip_goes_stale(world: &dyn World) {
    let node = world.node();
    let first = until("a tip", async || {
        let seen = info(&node).await.tip_seen_at;
        (seen.0 > 0).then_some(seen)
    })
    .await;
    until("a younger tip", async || (info(&node).await.tip_seen_at > first).then_some(())).await;
    world.cut_chain(true).await;
    // What was asked before the cut may still be answered; then nothing may be.
    let (mut last, mut since) = (info(&node).await.tip_seen_at, Instant::now());
    until("standstill", async || {
        let seen = info(&node).await.tip_seen_at;
        if seen != last {
            (last, since) = (seen, Instant::now());
        }
        (since.elapsed() > LONGER_THAN_A_LOOK).then_some(())
    })
    .await;
    world.cut_chain(false).await;
    until("a younger tip", async || (info(&node).await.tip_seen_at > last).then_some(())).await;
}
