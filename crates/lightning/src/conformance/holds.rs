//! A hold from its invoice to its end.

use super::parts::{Kit, done, info, msat};
use super::{ORDER_MSAT, World};
use lightning_invoice::Bolt11Invoice;
use ports::{HoldStatus, NodeEvent, Outcome};

/// A final CLTV of 80 leaves at least this many blocks for holding when the HTLC arrives.
const BLOCKS_TO_HOLD_MIN: u32 = 42;

/// Held, claimed, confirmed; afterwards nothing can undo or repeat it.
pub async fn claimed(world: &dyn World) {
    let node = world.node();
    let kit = Kit::new("claimed", ORDER_MSAT);
    assert_eq!(kit.status(&node).await, HoldStatus::NotFound);
    let invoice = kit.invoice(&*node).await;
    assert_eq!(kit.status(&node).await, HoldStatus::Open);
    let before = world.payer(0).balance_msat().await;

    let deadline = kit.held(world).await;
    let height = info(&node).await.tip_height;
    assert!(deadline - height >= BLOCKS_TO_HOLD_MIN, "{} blocks to hold", deadline - height);
    kit.claim(&node, ORDER_MSAT).await;
    assert_eq!(world.payer(0).outcome(kit.hash).await, Ok(kit.preimage.0));
    assert_eq!(world.payer(0).balance_msat().await, before - ORDER_MSAT);

    assert_eq!(node.claim(kit.hash, kit.preimage.clone(), msat(ORDER_MSAT)).await, Outcome::Done(()));
    assert!(matches!(node.return_hold(kit.hash).await, Outcome::Rejected(_)));
    assert!(matches!(node.create_hold_invoice(kit.request.clone()).await, Outcome::Rejected(_)));
    assert_eq!(kit.status(&node).await, HoldStatus::Claimed { amount_msat: msat(ORDER_MSAT) });

    // A second wallet with the same invoice gets its money back, and nobody hears of it.
    if world.payer(1).pay(&invoice.bolt11).await.is_ok() {
        assert!(world.payer(1).outcome(kit.hash).await.is_err());
    }
    assert_eq!(kit.status(&node).await, HoldStatus::Claimed { amount_msat: msat(ORDER_MSAT) });
}

/// Held and failed back: the payer has everything, the preimage is worthless. Who pays again is refused by the node,
/// or announced and returned.
pub async fn returned(world: &dyn World) {
    let node = world.node();
    let kit = Kit::new("returned", ORDER_MSAT);
    let invoice = kit.invoice(&*node).await;
    let before = world.payer(0).balance_msat().await;
    kit.held(world).await;
    done(node.return_hold(kit.hash).await);
    assert!(world.payer(0).outcome(kit.hash).await.is_err());
    assert_eq!(kit.status(&node).await, HoldStatus::Returned);
    kit.told_of_return(&node).await;
    assert_eq!(world.payer(0).balance_msat().await, before);
    done(node.return_hold(kit.hash).await);
    kit.refuses_claim(&node, ORDER_MSAT).await;

    if world.payer(1).pay(&invoice.bolt11).await.is_err() {
        return;
    }
    let payer = world.payer(1);
    tokio::select! {
        outcome = payer.outcome(kit.hash) => assert!(outcome.is_err(), "{outcome:?}"),
        event = kit.event(&node) => {
            assert!(matches!(event, NodeEvent::HtlcHeld { .. }), "{event:?}");
            done(node.return_hold(kit.hash).await);
            assert!(payer.outcome(kit.hash).await.is_err());
            kit.told_of_return(&node).await;
        }
    }
    assert_eq!(kit.status(&node).await, HoldStatus::Returned);
}

/// While one wallet's HTLC is held, another's for the same hash is refused, and the hold is none the worse.
pub async fn duplicate_while_held(world: &dyn World) {
    let node = world.node();
    let kit = Kit::new("duplicate", ORDER_MSAT);
    let deadline = kit.held(world).await;
    let invoice = kit.invoice(&*node).await;
    if world.payer(1).pay(&invoice.bolt11).await.is_ok() {
        assert!(world.payer(1).outcome(kit.hash).await.is_err());
    }
    let held = HoldStatus::Held { amount_msat: msat(ORDER_MSAT), claim_deadline: deadline };
    assert_eq!(kit.status(&node).await, held);
    assert!(world.payer(0).is_pending(kit.hash).await);
    kit.claim(&node, ORDER_MSAT).await;
    assert_eq!(world.payer(0).outcome(kit.hash).await, Ok(kit.preimage.0));
}

/// Two wallets pay at the same moment: one is held and claimed, the other has everything back, nothing is claimed twice.
pub async fn two_payers_at_once(world: &dyn World) {
    let node = world.node();
    let kit = Kit::new("two at once", ORDER_MSAT);
    let invoice = kit.invoice(&*node).await;
    let payers = [world.payer(0), world.payer(1)];
    let before = [payers[0].balance_msat().await, payers[1].balance_msat().await];
    let sent = tokio::join!(payers[0].pay(&invoice.bolt11), payers[1].pay(&invoice.bolt11));
    assert!(sent.0.is_ok() || sent.1.is_ok(), "{sent:?}");
    let event = kit.event(&node).await;
    assert!(matches!(event, NodeEvent::HtlcHeld { amount_msat, .. } if amount_msat == msat(ORDER_MSAT)), "{event:?}");
    kit.claim(&node, ORDER_MSAT).await;
    let after = [payers[0].balance_msat().await, payers[1].balance_msat().await];
    assert_eq!(before[0] + before[1], after[0] + after[1] + ORDER_MSAT, "one of them paid, once");
}

/// BOLT 11 lets a payer send up to twice the amount: all of it is seen, and all of it is claimed.
pub async fn overpaid(world: &dyn World) {
    let node = world.node();
    let asked_msat = ORDER_MSAT / 2 - 1;
    let paid_msat = 2 * asked_msat;
    let kit = Kit::new("overpaid", asked_msat);
    let before = world.payer(0).balance_msat().await;
    kit.held_from(world, 0, paid_msat).await;
    kit.refuses_claim(&node, asked_msat).await;
    kit.claim(&node, paid_msat).await;
    assert_eq!(world.payer(0).outcome(kit.hash).await, Ok(kit.preimage.0));
    assert_eq!(world.payer(0).balance_msat().await, before - paid_msat);
}

/// The same request again gives an invoice that can be paid as well; another request for the hash is refused.
pub async fn same_request_again(world: &dyn World) {
    let node = world.node();
    let kit = Kit::new("again", ORDER_MSAT);
    let first = kit.invoice(&*node).await;
    let second = kit.invoice(&*node).await;
    let secret = |bolt11: &str| bolt11.parse::<Bolt11Invoice>().map(|invoice| *invoice.payment_secret());
    assert_eq!(secret(&first.bolt11), secret(&second.bolt11));

    let mut other = kit.request.clone();
    other.amount_msat = msat(ORDER_MSAT + 1);
    assert!(matches!(node.create_hold_invoice(other).await, Outcome::Rejected(_)));

    kit.held(world).await;
    done(node.return_hold(kit.hash).await);
    assert!(world.payer(0).outcome(kit.hash).await.is_err());
    kit.told_of_return(&node).await;
}

/// What is held is no room for others.
pub async fn room_shrinks(world: &dyn World) {
    let node = world.node();
    let before = done(node.room().await);
    assert!(before.reserve_ok);
    assert!(before.largest_part_msat() >= ORDER_MSAT, "{before:?}");
    assert!(before.channels.iter().all(|channel| channel.htlc_min_msat.get() > 0));
    let kit = Kit::new("room", ORDER_MSAT);
    kit.held(world).await;
    let during = done(node.room().await);
    let slots = |room: &ports::Room| room.channels.iter().map(|channel| u32::from(channel.slots_left)).sum::<u32>();
    assert!(during.total_msat() <= before.total_msat() - ORDER_MSAT, "{before:?} {during:?}");
    assert_eq!(slots(&during), slots(&before) - 1);
    done(node.return_hold(kit.hash).await);
    assert!(world.payer(0).outcome(kit.hash).await.is_err());
    kit.told_of_return(&node).await;
    let after = super::parts::until("room again", async || {
        let room = done(node.room().await);
        (slots(&room) == slots(&before)).then_some(room)
    })
    .await;
    assert_eq!(after.total_msat(), before.total_msat());
}
