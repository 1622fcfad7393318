//! What a node does not do, and says so before anything happens.

use super::parts::{Kit, done, msat};
use super::{ORDER_MSAT, World};
use ports::{HoldInvoiceRequest, HoldStatus, Outcome, Preimage};

/// Requests that make no invoice, claims that claim nothing, returns that return nothing.
pub async fn refused(world: &dyn World) {
    let node = world.node();
    let kit = Kit::new("refused", ORDER_MSAT);
    let spoiled: [fn(&mut HoldInvoiceRequest); 6] = [
        |request| request.amount_msat = msat(0),
        // Dust: lost with its channel, and reported as received.
        |request| request.amount_msat = msat(100_000),
        |request| request.min_final_cltv_delta = 42,
        |request| request.min_final_cltv_delta = 1_008,
        |request| request.expiry_secs = 0,
        |request| request.description = ports::Description::Text("x".repeat(640)),
    ];
    for spoil in spoiled {
        let mut request = kit.request.clone();
        spoil(&mut request);
        let answer = node.create_hold_invoice(request.clone()).await;
        assert!(matches!(answer, Outcome::Rejected(_)), "{request:?}: {answer:?}");
    }
    assert_eq!(kit.status(&node).await, HoldStatus::NotFound);
    kit.refuses_claim(&node, ORDER_MSAT).await;
    done(node.return_hold(kit.hash).await);

    let _ = kit.invoice(&*node).await;
    kit.refuses_claim(&node, ORDER_MSAT).await;
    assert_eq!(kit.status(&node).await, HoldStatus::Open);

    kit.held(world).await;
    let wrong = node.claim(kit.hash, Preimage([1; 32]), msat(ORDER_MSAT)).await;
    assert!(matches!(wrong, Outcome::Rejected(_)), "{wrong:?}");
    kit.refuses_claim(&node, ORDER_MSAT + 1).await;
    assert!(matches!(kit.status(&node).await, HoldStatus::Held { .. }));
    done(node.return_hold(kit.hash).await);
    assert!(world.payer(0).outcome(kit.hash).await.is_err());
    kit.told_of_return(&node).await;

    // An invoice that nobody paid can be taken back too, and nobody is told.
    let unpaid = Kit::new("unpaid", ORDER_MSAT);
    let _ = unpaid.invoice(&*node).await;
    done(node.return_hold(unpaid.hash).await);
    assert_eq!(unpaid.status(&node).await, HoldStatus::Returned);
}
