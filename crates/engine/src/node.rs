//! News of the Lightning node, and heights.

use crate::apply::With;
use crate::{Engine, EngineError};
use ids::{NodeId, PaymentHash, PurchaseId, RefundId, UnixMs};
use money::Msat;
use ports::{AggregateKind, AggregateRef, Lookup, NodeEvent, NodeInfo, Outcome};
use purchase::{Event, Purchase, RefundEvent, Rejected, State};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Deadlines of the HTLCs held now. Filled by commits, and by [`Engine::recover`] on start.
#[derive(Default)]
pub(crate) struct LiveHolds(Mutex<BTreeMap<PurchaseId, u32>>);

impl LiveHolds {
    pub fn note(&self, p: &Purchase) {
        let unclaimed = matches!(p.state, State::Held | State::CardReady | State::Claiming | State::PayingVendor);
        let live = p.hold.filter(|hold| unclaimed && !hold.returned && !p.is_funded());
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match live {
            Some(hold) => map.insert(p.id, hold.claim_deadline),
            None => map.remove(&p.id),
        };
    }

    fn near(&self, height: u32, margin: u32) -> Vec<PurchaseId> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.iter().filter(|(_, deadline)| height.saturating_add(margin) >= **deadline).map(|(id, _)| *id).collect()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// What each node sees as the chain's tip. They follow one chain: what one of them has seen is there for all.
#[derive(Default)]
pub(crate) struct Tips(Mutex<BTreeMap<NodeId, NodeInfo>>);

impl Tips {
    fn note(&self, node: NodeId, info: NodeInfo) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(node, info);
    }

    /// The highest, and of those the one seen last.
    pub fn best(&self) -> Option<NodeInfo> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.values().max_by_key(|info| (info.tip_height, info.tip_seen_at)).cloned()
    }

    /// When this node last saw its tip confirmed.
    pub fn seen_at(&self, node: NodeId) -> Option<UnixMs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&node).map(|info| info.tip_seen_at)
    }
}

impl Engine {
    /// HTLCs held now, unclaimed.
    pub fn holds(&self) -> usize {
        self.holds.count()
    }

    /// Commit what a node says. Acknowledge to it only after `Ok`.
    pub async fn on_node_event(&self, node: NodeId, event: &NodeEvent) -> Result<(), EngineError> {
        match event {
            NodeEvent::HtlcHeld { payment_hash, amount_msat, claim_deadline } => {
                let (payment_hash, amount_msat, claim_deadline) = (*payment_hash, *amount_msat, *claim_deadline);
                let event = Event::HtlcHeld { payment_hash, amount_msat, claim_deadline, tip: self.tip() };
                let Some(id) = self.purchase_of_hash(payment_hash).await? else {
                    return self.return_unknown(node, payment_hash).await;
                };
                match self.apply(id, &event, With::default().urgent()).await {
                    Ok(_) => Ok(()),
                    Err(EngineError::Rejected(Rejected::UnknownHash)) => self.return_unknown(node, payment_hash).await,
                    Err(other) => Err(other),
                }
            }
            NodeEvent::HtlcClaimed { payment_hash, amount_msat } => {
                let event = Event::HtlcClaimed { payment_hash: *payment_hash, amount_msat: *amount_msat };
                self.to_purchase(*payment_hash, &event).await
            }
            NodeEvent::HtlcReturned { payment_hash } => {
                self.to_purchase(*payment_hash, &Event::HtlcReturned { payment_hash: *payment_hash }).await
            }
            NodeEvent::SendSucceeded { payment_hash, fee_msat } => {
                let (payment_hash, fee_msat) = (*payment_hash, *fee_msat);
                let event = RefundEvent::SendSucceeded { payment_hash, fee_msat, taken_msat: Msat::ZERO };
                self.to_refund(payment_hash, &event).await
            }
            NodeEvent::SendFailed { payment_hash, reason } => {
                let event = RefundEvent::SendFailed { payment_hash: *payment_hash, reason: reason.clone() };
                self.to_refund(*payment_hash, &event).await
            }
        }
    }

    /// News of the node that pays vendors.
    pub async fn on_vendor_node_event(&self, event: &NodeEvent) -> Result<(), EngineError> {
        let (hash, event) = match event {
            NodeEvent::SendSucceeded { payment_hash, fee_msat } => {
                (*payment_hash, Event::VendorPaid { fee_msat: *fee_msat })
            }
            NodeEvent::SendFailed { payment_hash, reason } => {
                (*payment_hash, Event::VendorSendFailed { reason: reason.clone() })
            }
            NodeEvent::HtlcHeld { .. } | NodeEvent::HtlcClaimed { .. } | NodeEvent::HtlcReturned { .. } => {
                return Ok(());
            }
        };
        self.to_purchase(hash, &event).await
    }

    async fn to_purchase(&self, hash: PaymentHash, event: &Event) -> Result<(), EngineError> {
        let Some(id) = self.purchase_of_hash(hash).await? else {
            tracing::warn!(payment_hash = %hash, event = event.name(), "node event of no purchase");
            return Ok(());
        };
        match self.apply(id, event, With::default().urgent()).await {
            Ok(_) | Err(EngineError::Rejected(Rejected::UnknownHash)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn to_refund(&self, hash: PaymentHash, event: &RefundEvent) -> Result<(), EngineError> {
        let found = self.ports.store.find(AggregateKind::Refund, Lookup::PaymentHash(hash)).await?;
        let Some(AggregateRef { id, .. }) = found else { return Ok(()) };
        self.apply_refund(RefundId(id), event, With::default()).await.map(|_| ())
    }

    pub(crate) async fn purchase_of_hash(&self, hash: PaymentHash) -> Result<Option<PurchaseId>, EngineError> {
        let found = self.ports.store.find(AggregateKind::Purchase, Lookup::PaymentHash(hash)).await?;
        Ok(found.map(|at| PurchaseId(at.id)))
    }

    /// An HTLC that nobody asked for goes back. There is nothing to store: if this fails it is announced again.
    async fn return_unknown(&self, node: NodeId, hash: PaymentHash) -> Result<(), EngineError> {
        tracing::warn!(payment_hash = %hash, "an HTLC of no purchase is returned");
        match self.ports.nodes.of(Some(node)).return_hold(hash).await {
            Outcome::Done(()) | Outcome::Rejected(_) => Ok(()),
            Outcome::NotSent(why) | Outcome::Unknown(why) => {
                Err(EngineError::Store(ports::StoreError::NotWritten(format!("the HTLC could not be returned: {why}"))))
            }
        }
    }

    /// The chain's tip as a node sees it. HTLCs whose claim deadline is near are failed back before the node does it silently.
    pub async fn on_tip(&self, node: NodeId, info: NodeInfo) -> Result<(), EngineError> {
        self.tips.note(node, info);
        let Some(NodeInfo { tip_height: height, .. }) = self.tips.best() else { return Ok(()) };
        // The widest margin in use is asked for; each purchase knows its own.
        for id in self.holds.near(height, u32::from(u8::MAX)) {
            let Some(p) = self.purchase(id).await? else { continue };
            let margin = p.policy.deadline_margin_blocks;
            let near = p.hold.is_some_and(|hold| height.saturating_add(margin) >= hold.claim_deadline);
            let waits = matches!(p.state, State::Held | State::CardReady);
            if near && (waits || p.parked.is_none()) {
                self.apply(id, &Event::DeadlineNear { height }, With::default().urgent()).await?;
            }
        }
        Ok(())
    }
}
