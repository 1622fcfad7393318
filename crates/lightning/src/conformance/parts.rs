//! Steps that several cases take.

use super::World;
use bitcoin::hashes::{Hash as _, sha256};
use ids::PaymentHash;
use lightning_invoice::Bolt11Invoice;
use money::Msat;
use ports::{
    BlockHeight, Description, HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode, NodeEvent, NodeInfo, Outcome,
    Preimage,
};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// For anything to happen.
const SOON: Duration = Duration::from_secs(45);
/// Between two looks at what no event announces.
const LOOK: Duration = Duration::from_millis(25);

/// Runs a step with a time limit that names it.
pub async fn soon<T>(what: &str, step: impl Future<Output = T>) -> T {
    match tokio::time::timeout(SOON, step).await {
        Ok(value) => value,
        Err(_) => panic!("in {SOON:?} there was no {what}"),
    }
}

/// Looks until there is an answer.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    soon(what, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await
}

pub fn done<T: std::fmt::Debug>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(value) => value,
        other => panic!("not done: {other:?}"),
    }
}

pub fn msat(amount_msat: u64) -> Msat {
    Msat::new(amount_msat).expect("less than there is")
}

/// One hold of one case: a preimage made of the case's name, its invoice, and what to do with them.
pub struct Kit {
    pub preimage: Preimage,
    pub hash: PaymentHash,
    pub request: HoldInvoiceRequest,
}

impl Kit {
    pub fn new(name: &str, amount_msat: u64) -> Self {
        let preimage = sha256::Hash::hash(name.as_bytes()).to_byte_array();
        let hash = PaymentHash(sha256::Hash::hash(&preimage).to_byte_array());
        let request = HoldInvoiceRequest {
            payment_hash: hash,
            amount_msat: msat(amount_msat),
            description: Description::Text(format!("Anytill {name}")),
            expiry_secs: 600,
            min_final_cltv_delta: 80,
        };
        Self { preimage: Preimage(preimage), hash, request }
    }

    /// An invoice, checked to be what was asked for.
    pub async fn invoice(&self, node: &dyn LightningNode) -> HoldInvoice {
        let made = done(node.create_hold_invoice(self.request.clone()).await);
        let read: Bolt11Invoice = made.bolt11.parse().expect("a BOLT 11 invoice");
        assert_eq!(made.bolt11, made.bolt11.to_lowercase());
        assert_eq!(*AsRef::<[u8; 32]>::as_ref(read.payment_hash()), self.hash.0);
        assert_eq!(read.amount_milli_satoshis(), Some(self.request.amount_msat.get()));
        assert_eq!(read.min_final_cltv_expiry_delta(), u64::from(self.request.min_final_cltv_delta));
        assert_eq!(read.expiry_time(), Duration::from_secs(u64::from(self.request.expiry_secs)));
        assert_eq!(read.recover_payee_pub_key().serialize(), node.node_id().0, "signed by the node's own key");
        let expires_at = read.duration_since_epoch() + read.expiry_time();
        assert_eq!(u128::from(made.expires_at.0), expires_at.as_millis());
        if let Description::Text(text) = &self.request.description {
            assert!(made.bolt11.parse::<Bolt11Invoice>().is_ok_and(|i| i.description().to_string() == *text));
        }
        made
    }

    /// Paid by a wallet and held; the claim deadline. The event is acknowledged.
    pub async fn held_from(&self, world: &dyn World, payer: usize, amount_msat: u64) -> BlockHeight {
        let node = world.node();
        let invoice = self.invoice(&*node).await;
        let payer = world.payer(payer);
        if amount_msat == self.request.amount_msat.get() {
            payer.pay(&invoice.bolt11).await.expect("sent");
        } else {
            payer.pay_amount(&invoice.bolt11, amount_msat).await.expect("sent");
        }
        let claim_deadline = match self.event(&node).await {
            NodeEvent::HtlcHeld { amount_msat: held, claim_deadline, .. } => {
                assert_eq!(held, msat(amount_msat), "all that was sent");
                claim_deadline
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(self.status(&node).await, HoldStatus::Held { amount_msat: msat(amount_msat), claim_deadline });
        assert!(payer.is_pending(self.hash).await, "the payer has lost nothing yet");
        claim_deadline
    }

    pub async fn held(&self, world: &dyn World) -> BlockHeight {
        self.held_from(world, 0, self.request.amount_msat.get()).await
    }

    /// The next event of this hash, acknowledged; those of other hashes are acknowledged and passed over.
    pub async fn event(&self, node: &Arc<dyn LightningNode>) -> NodeEvent {
        soon("event", async {
            loop {
                let event = node.next_event().await;
                done(node.ack_event().await);
                if hash_of(&event) == self.hash {
                    return event;
                }
            }
        })
        .await
    }

    /// `HtlcReturned` and nothing else of this hash.
    pub async fn told_of_return(&self, node: &Arc<dyn LightningNode>) {
        let event = self.event(node).await;
        assert!(matches!(event, NodeEvent::HtlcReturned { .. }), "{event:?}");
    }

    /// Claims, and waits for the node's own confirmation.
    pub async fn claim(&self, node: &Arc<dyn LightningNode>, amount_msat: u64) {
        done(node.claim(self.hash, self.preimage.clone(), msat(amount_msat)).await);
        self.confirmed(node, amount_msat).await;
    }

    pub async fn confirmed(&self, node: &Arc<dyn LightningNode>, amount_msat: u64) {
        match self.event(node).await {
            NodeEvent::HtlcClaimed { amount_msat: claimed, .. } => assert_eq!(claimed, msat(amount_msat)),
            other => panic!("{other:?}"),
        }
        assert_eq!(self.status(node).await, HoldStatus::Claimed { amount_msat: msat(amount_msat) });
    }

    pub async fn status(&self, node: &Arc<dyn LightningNode>) -> HoldStatus {
        done(node.hold_status(self.hash).await)
    }

    pub async fn refuses_claim(&self, node: &Arc<dyn LightningNode>, amount_msat: u64) {
        let answer = node.claim(self.hash, self.preimage.clone(), msat(amount_msat)).await;
        assert!(matches!(answer, Outcome::Rejected(_)), "{answer:?}");
    }
}

pub async fn info(node: &Arc<dyn LightningNode>) -> NodeInfo {
    done(node.info().await)
}

pub fn hash_of(event: &NodeEvent) -> PaymentHash {
    match event {
        NodeEvent::HtlcHeld { payment_hash, .. }
        | NodeEvent::HtlcClaimed { payment_hash, .. }
        | NodeEvent::HtlcReturned { payment_hash }
        | NodeEvent::SendSucceeded { payment_hash, .. }
        | NodeEvent::SendFailed { payment_hash, .. } => *payment_hash,
    }
}
