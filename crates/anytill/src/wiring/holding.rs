//! The node that holds: the one inside the server, or an LND of the operator's.

use super::adapters::jitter;
use crate::config::{Config, Lookup};
use anyhow::{Context as _, Result, anyhow};
use lightning_node::ldk::EmbeddedNode;
use lightning_node::lnd::{LndConfig, LndNode};
use lightning_node::{Balances, HeldHtlc};
use outbound::PinnedCertificate;
use ports::{LightningNode, NetworkView, Outcome};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// What the server has told the engine of an LND, in the data directory.
const LND_TABLE: &str = "lnd.sqlite";

/// A node of the server's, with what an operator is told of it beyond the port.
#[derive(Clone)]
pub enum ServerNode {
    Embedded(Arc<EmbeddedNode>),
    Lnd(Arc<LndNode>),
}

impl Deref for ServerNode {
    type Target = dyn LightningNode;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Embedded(node) => node.as_ref(),
            Self::Lnd(node) => node.as_ref(),
        }
    }
}

impl ServerNode {
    pub fn port(&self) -> Arc<dyn LightningNode> {
        match self {
            Self::Embedded(node) => Arc::clone(node) as Arc<dyn LightningNode>,
            Self::Lnd(node) => Arc::clone(node) as Arc<dyn LightningNode>,
        }
    }

    /// What is heard of the network. Of an LND's the operator asks LND: its graph is large, and read from a file.
    pub fn network_view(&self) -> Option<Arc<dyn NetworkView>> {
        self.embedded().map(|node| Arc::clone(node) as Arc<dyn NetworkView>)
    }

    /// The operator's hand is `lncli` where it is not the server's own.
    pub fn embedded(&self) -> Option<&Arc<EmbeddedNode>> {
        match self {
            Self::Embedded(node) => Some(node),
            Self::Lnd(_) => None,
        }
    }

    /// What is held of the server's, nearest deadline first.
    pub async fn held(&self) -> Result<Vec<HeldHtlc>> {
        match self {
            Self::Embedded(node) => Ok(node.held().await?),
            Self::Lnd(node) => Ok(node.held()),
        }
    }

    pub async fn balances(&self) -> Result<Balances, String> {
        match self {
            Self::Embedded(node) => node.balances().await.map_err(|error| error.to_string()),
            Self::Lnd(node) => node.balances().await,
        }
    }

    /// Channels, each of which shows whole satoshi.
    pub async fn channels(&self) -> usize {
        match self.room().await {
            Outcome::Done(room) => room.channels.len(),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => 0,
        }
    }

    /// An LND goes on without us, and returns by itself what nobody claims.
    pub async fn stop(&self) {
        if let Self::Embedded(node) = self {
            node.stop().await;
        }
    }
}

/// Of the one `[[lnd]]`.
pub fn lnd_config(config: &Config, data: &Path, at: Lookup<'_>) -> Result<LndConfig> {
    let lnd = config.lnd.first().context("node.kind is lnd, but there is no [[lnd]]")?;
    let macaroon = lnd.macaroon.read(at).map_err(|why| anyhow!("lnd.macaroon: {why}"))?;
    Ok(LndConfig {
        network: config.chain.network.bitcoin(),
        url: lnd.url.clone(),
        certificate: PinnedCertificate::new(at.base.join(&lnd.certificate)),
        macaroon,
        table: data.join(LND_TABLE),
        hold_sat_min: config.purchase.hold_sat_min,
        jitter: jitter(),
    })
}
