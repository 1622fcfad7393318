//! The nodes that hold: the one inside the server, or LNDs of the operator's.

use super::adapters::jitter;
use super::view::FirstThatAnswers;
use crate::config::{Config, Lnd, Lookup};
use anyhow::{Result, anyhow};
use ids::NodeId;
use lightning_node::ldk::EmbeddedNode;
use lightning_node::lnd::{LndConfig, LndNode};
use lightning_node::{Balances, HeldHtlc};
use outbound::PinnedCertificate;
use ports::{LightningNode, NetworkView, Nodes, Outcome};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// A node of the server's, with what an operator is told of it beyond the port.
#[derive(Clone)]
pub enum ServerNode {
    Embedded(Arc<EmbeddedNode>),
    Lnd { name: String, node: Arc<LndNode> },
}

impl Deref for ServerNode {
    type Target = dyn LightningNode;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Embedded(node) => node.as_ref(),
            Self::Lnd { node, .. } => node.as_ref(),
        }
    }
}

/// All that hold: the embedded one alone, or one LND and more.
#[derive(Clone)]
pub struct HoldingNodes {
    pub first: ServerNode,
    /// By their names in the configuration.
    pub others: Vec<ServerNode>,
}

impl HoldingNodes {
    pub const fn one(first: ServerNode) -> Self {
        Self { first, others: Vec::new() }
    }

    pub fn all(&self) -> impl Iterator<Item = &ServerNode> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub fn ports(&self) -> Nodes {
        Nodes::new(self.first.port(), self.others.iter().map(ServerNode::port).collect())
    }

    pub fn ids(&self) -> Vec<NodeId> {
        self.all().map(|node| node.node_id()).collect()
    }

    /// What is held of the server's at all of them, nearest deadline first.
    pub async fn held(&self) -> Result<Vec<HeldHtlc>> {
        let mut held = Vec::new();
        for node in self.all() {
            held.extend(node.held().await?);
        }
        held.sort_by_key(|htlc| htlc.blocks_left);
        Ok(held)
    }

    /// The sum over all.
    pub async fn balances(&self) -> Result<Balances, String> {
        let mut sum = Balances::default();
        for node in self.all() {
            let found = node.balances().await?;
            sum = sum.checked_add(&found).ok_or("too large")?;
        }
        Ok(sum)
    }

    /// Channels, each of which shows whole satoshi.
    pub async fn channels(&self) -> usize {
        match self.ports().room().await {
            Outcome::Done(room) => room.channels.len(),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => 0,
        }
    }

    pub fn network_view(&self) -> Arc<dyn NetworkView> {
        let others = self.others.iter().map(ServerNode::network_view).collect();
        Arc::new(FirstThatAnswers { first: self.first.network_view(), others })
    }

    pub async fn stop(&self) {
        for node in self.all() {
            node.stop().await;
        }
    }
}

impl ServerNode {
    /// What the books and the operator call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Embedded(_) => "node",
            Self::Lnd { name, .. } => name,
        }
    }

    pub fn port(&self) -> Arc<dyn LightningNode> {
        match self {
            Self::Embedded(node) => Arc::clone(node) as Arc<dyn LightningNode>,
            Self::Lnd { node, .. } => Arc::clone(node) as Arc<dyn LightningNode>,
        }
    }

    fn network_view(&self) -> Arc<dyn NetworkView> {
        match self {
            Self::Embedded(node) => Arc::clone(node) as Arc<dyn NetworkView>,
            Self::Lnd { node, .. } => Arc::clone(node) as Arc<dyn NetworkView>,
        }
    }

    /// The operator's hand is `lncli` where it is not the server's own.
    pub fn embedded(&self) -> Option<&Arc<EmbeddedNode>> {
        match self {
            Self::Embedded(node) => Some(node),
            Self::Lnd { .. } => None,
        }
    }

    /// What is held of the server's, nearest deadline first.
    pub async fn held(&self) -> Result<Vec<HeldHtlc>> {
        match self {
            Self::Embedded(node) => Ok(node.held().await?),
            Self::Lnd { node, .. } => Ok(node.held()),
        }
    }

    pub async fn balances(&self) -> Result<Balances, String> {
        match self {
            Self::Embedded(node) => node.balances().await.map_err(|error| error.to_string()),
            Self::Lnd { node, .. } => node.balances().await,
        }
    }

    /// An LND goes on without us, and returns by itself what nobody claims.
    pub async fn stop(&self) {
        if let Self::Embedded(node) = self {
            node.stop().await;
        }
    }
}

/// Of one `[[lnd]]`. What the server has told the engine of it is in a file of its name in the data directory.
pub fn lnd_config(config: &Config, lnd: &Lnd, data: &Path, at: Lookup<'_>) -> Result<LndConfig> {
    let macaroon = lnd.macaroon.read(at).map_err(|why| anyhow!("lnd.macaroon of {}: {why}", lnd.name))?;
    Ok(LndConfig {
        network: config.chain.network.bitcoin(),
        url: lnd.url.clone(),
        certificate: PinnedCertificate::new(at.base.join(&lnd.certificate)),
        macaroon,
        table: data.join(format!("{}.sqlite", lnd.name)),
        hold_sat_min: config.purchase.hold_sat_min,
        jitter: jitter(),
    })
}
