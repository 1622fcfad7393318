//! Paying others, each hash once.

use super::World;
use super::parts::{done, msat, soon, until};
use bitcoin::hashes::{Hash as _, sha256};
use ids::PaymentHash;
use lightning_invoice::Bolt11Invoice;
use ports::{LightningNode, NodeEvent, Outcome, PayRequest, SendStatus};
use std::sync::Arc;

const SEND_MSAT: u64 = 20_000_500;

fn request(bolt11: &str) -> PayRequest {
    let invoice: Bolt11Invoice = bolt11.parse().expect("a BOLT 11 invoice");
    PayRequest {
        bolt11: bolt11.to_owned(),
        payment_hash: PaymentHash(*invoice.payment_hash().as_ref()),
        amount_msat: None,
        max_fee_msat: msat(1_000),
        max_cltv_blocks: None,
    }
}

async fn ended(node: &Arc<dyn LightningNode>, hash: PaymentHash) -> NodeEvent {
    soon("end of a send", async {
        loop {
            let event = node.next_event().await;
            done(node.ack_event().await);
            if super::parts::hash_of(&event) == hash {
                return event;
            }
        }
    })
    .await
}

/// Paid once, however often it is asked for, with the preimage as receipt.
pub async fn send_succeeds(world: &dyn World) {
    let node = world.node();
    let payee = world.payer(0);
    let before = payee.balance_msat().await;
    let request = request(&payee.invoice(SEND_MSAT).await);
    assert_eq!(done(node.send_status(request.payment_hash).await), SendStatus::NotFound);
    let first = done(node.pay(request.clone()).await);
    assert!(matches!(first, SendStatus::Pending | SendStatus::Succeeded { .. }), "{first:?}");
    let again = done(node.pay(request.clone()).await);
    assert!(matches!(again, SendStatus::Pending | SendStatus::Succeeded { .. }), "{again:?}");
    let event = ended(&node, request.payment_hash).await;
    assert_eq!(event, NodeEvent::SendSucceeded { payment_hash: request.payment_hash, fee_msat: msat(0) });
    let SendStatus::Succeeded { preimage, fee_msat } = done(node.pay(request.clone()).await) else {
        panic!("it has succeeded");
    };
    assert_eq!(sha256::Hash::hash(&preimage.0).to_byte_array(), request.payment_hash.0);
    assert_eq!(fee_msat, msat(0), "the payee is our peer");
    let balance = until("the payee to have it", async || {
        let now = payee.balance_msat().await;
        (now != before).then_some(now)
    })
    .await;
    assert_eq!(balance, before + SEND_MSAT, "once");
}

/// What cannot be paid fails finally, and what makes no sense is refused.
pub async fn send_fails(world: &dyn World) {
    let node = world.node();
    let payee = world.payer(0);
    // More than both channels together can carry.
    let too_much = request(&payee.invoice(100_000_000_000).await);
    let status = match done(node.pay(too_much.clone()).await) {
        SendStatus::Pending => {
            let event = ended(&node, too_much.payment_hash).await;
            assert!(matches!(event, NodeEvent::SendFailed { .. }), "{event:?}");
            done(node.send_status(too_much.payment_hash).await)
        }
        status => status,
    };
    assert!(matches!(status, SendStatus::Failed { .. }), "{status:?}");
    let again = done(node.pay(too_much).await);
    assert!(matches!(again, SendStatus::Failed { .. }), "no second attempt: {again:?}");

    let good = request(&payee.invoice(SEND_MSAT).await);
    let other_hash = PayRequest { payment_hash: PaymentHash([7; 32]), ..good.clone() };
    let other_amount = PayRequest { amount_msat: Some(msat(1)), ..good.clone() };
    let no_invoice = PayRequest { bolt11: "lnbcrt1".to_owned(), ..good.clone() };
    for bad in [other_hash, other_amount, no_invoice] {
        let answer = node.pay(bad.clone()).await;
        assert!(matches!(answer, Outcome::Rejected(_)), "{bad:?}: {answer:?}");
        assert_eq!(done(node.send_status(bad.payment_hash).await), SendStatus::NotFound);
    }
    // One of our own: both directions would have one key.
    let own = super::Kit::new("paid by ourselves", super::ORDER_MSAT);
    let answer = node.pay(request(&own.invoice(&*node).await.bolt11)).await;
    assert!(matches!(answer, Outcome::Rejected(_)), "{answer:?}");
}
