//! The nodes that hold, when there are several.

use crate::{
    HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode, NodeEvent, NodeInfo, Outcome, PayRequest, Preimage,
    Room, SendStatus,
};
use async_trait::async_trait;
use ids::{NodeId, PaymentHash};
use money::Msat;
use std::sync::Arc;

/// The nodes that hold; a purchase is on one of them, from its quote to its end.
///
/// Invariant: never empty, and no two have the same key.
#[derive(Clone)]
pub struct Nodes {
    first: Arc<dyn LightningNode>,
    others: Vec<Arc<dyn LightningNode>>,
}

impl Nodes {
    pub fn one(node: Arc<dyn LightningNode>) -> Self {
        Self { first: node, others: Vec::new() }
    }

    /// The first also has what was quoted before there were others.
    pub fn new(first: Arc<dyn LightningNode>, others: Vec<Arc<dyn LightningNode>>) -> Self {
        Self { first, others }
    }

    pub fn first(&self) -> &Arc<dyn LightningNode> {
        &self.first
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn LightningNode>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub fn has(&self, id: NodeId) -> bool {
        self.all().any(|node| node.node_id() == id)
    }

    /// The node of a purchase. `None` is the first. One that is not configured any more answers `Unknown` to
    /// everything: what it holds is not known, and never taken for nothing.
    pub fn of(&self, id: Option<NodeId>) -> Arc<dyn LightningNode> {
        let Some(id) = id else { return Arc::clone(&self.first) };
        self.all().find(|node| node.node_id() == id).map_or_else(|| Arc::new(Absent(id)) as Arc<_>, Arc::clone)
    }

    /// Of those that answer, all together; the answer of the first where none does.
    pub async fn room(&self) -> Outcome<Room> {
        let mut sum: Option<Room> = None;
        let mut unanswered = None;
        for node in self.all() {
            match node.room().await {
                Outcome::Done(room) => {
                    let sum = sum.get_or_insert_default();
                    sum.reserve_ok |= room.reserve_ok;
                    sum.channels.extend(room.channels);
                }
                other => unanswered = unanswered.or(Some(other)),
            }
        }
        sum.map(Outcome::Done).or(unanswered).unwrap_or_else(|| Outcome::NotSent("there is no node".to_owned()))
    }
}

/// A node that purchases are on and that nobody can be asked about.
struct Absent(NodeId);

impl Absent {
    fn unknown<T>(&self) -> Outcome<T> {
        Outcome::Unknown(format!("node {} is not configured", self.0))
    }
}

#[async_trait]
impl LightningNode for Absent {
    fn node_id(&self) -> NodeId {
        self.0
    }

    async fn info(&self) -> Outcome<NodeInfo> {
        self.unknown()
    }

    async fn room(&self) -> Outcome<Room> {
        self.unknown()
    }

    async fn create_hold_invoice(&self, _: HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        self.unknown()
    }

    async fn claim(&self, _: PaymentHash, _: Preimage, _: Msat) -> Outcome<()> {
        self.unknown()
    }

    async fn return_hold(&self, _: PaymentHash) -> Outcome<()> {
        self.unknown()
    }

    async fn hold_status(&self, _: PaymentHash) -> Outcome<HoldStatus> {
        self.unknown()
    }

    async fn pay(&self, _: PayRequest) -> Outcome<SendStatus> {
        self.unknown()
    }

    async fn send_status(&self, _: PaymentHash) -> Outcome<SendStatus> {
        self.unknown()
    }

    async fn next_event(&self) -> NodeEvent {
        std::future::pending().await
    }

    async fn ack_event(&self) -> Outcome<()> {
        self.unknown()
    }
}
