//! A chain, the node under test, and two wallets with a channel to it each.

use crate::common::{LdkPayer, SOON, open_chain, open_channel, start_wallet, until};
use crate::node_parts::{Still, config, free_port, seed};
use async_trait::async_trait;
use bitcoin::secp256k1::PublicKey;
use lightning_node::conformance::{Payer, World};
use lightning_node::ldk::{EmbeddedNode, NodeConfig};
use ports::LightningNode;
use sandbox::chain::Chain;
use sandbox::link::Link;
use sandbox::wallet::PayerWallet;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;

pub struct LdkWorld {
    pub chain: Chain,
    pub link: Link,
    pub config: NodeConfig,
    pub listens: SocketAddr,
    node: Option<Arc<EmbeddedNode>>,
    payers: Vec<Arc<LdkPayer>>,
    pub dir: TempDir,
}

impl LdkWorld {
    pub async fn start() -> Self {
        let chain = open_chain().await;
        let rpc: SocketAddr = format!("{}:{}", chain.access().host, chain.access().port).parse().expect("loopback");
        let link = Link::start(rpc).await.expect("a link");
        let dir = TempDir::new().expect("a directory");
        let listens = free_port();
        let config = config(dir.path(), (link.address(), chain.access()), listens);
        let node = start(&config).await;
        // For closing channels: without it the node takes none.
        let address = node.new_address().await.expect("an address").parse::<bitcoin::Address<_>>().expect("its own");
        chain.fund(&address.assume_checked(), 1_000_000).await.expect("funded");
        chain.mine(1).await.expect("mined");
        let mut world = Self { chain, link, config, listens, node: Some(node), payers: Vec::new(), dir };
        world.caught_up().await;
        for number in 0..2 {
            let dir = world.dir.path().join(format!("payer{number}"));
            let payer =
                open_channel(&world.chain, start_wallet(&world.chain, dir).await, world.embedded().node_id(), listens)
                    .await;
            world.payers.push(Arc::new(payer));
        }
        world.caught_up().await;
        world.usable().await;
        world
    }

    pub fn embedded(&self) -> &Arc<EmbeddedNode> {
        self.node.as_ref().expect("it is only gone while it restarts")
    }

    pub fn wallet(&self, number: usize) -> &PayerWallet {
        &self.payers[number].0
    }

    /// Node and payers have seen the tip.
    pub async fn caught_up(&self) {
        let height = self.chain.height().await.expect("an answer");
        for payer in &self.payers {
            payer.0.sync_to(height, SOON).await.expect("synced");
        }
        let node = self.embedded();
        until("tip", async || {
            let _ = node.sync().await;
            node.info().await.done().is_some_and(|info| info.tip_height == height)
        })
        .await;
    }

    async fn usable(&self) {
        let wanted = self.payers.len();
        until("usable channel", async || {
            let channels = self.embedded().channels().await.expect("an answer");
            let theirs = self.payers.iter().all(|payer| payer.0.channels().iter().all(|channel| channel.is_usable));
            theirs && channels.iter().filter(|channel| channel.usable).count() == wanted
        })
        .await;
    }

    pub async fn stop(self) {
        self.embedded().stop().await;
        for payer in self.payers {
            if let Some(payer) = Arc::into_inner(payer) {
                payer.0.stop().await.expect("stopped");
            }
        }
    }
}

async fn start(config: &NodeConfig) -> Arc<EmbeddedNode> {
    Arc::new(EmbeddedNode::start(config.clone(), seed(), Arc::new(Still)).await.expect("started"))
}

#[async_trait(?Send)]
impl World for LdkWorld {
    fn node(&self) -> Arc<dyn LightningNode> {
        Arc::clone(self.embedded()) as Arc<dyn LightningNode>
    }

    fn payer(&self, number: usize) -> Arc<dyn Payer> {
        Arc::clone(&self.payers[number]) as Arc<dyn Payer>
    }

    async fn mine(&self, blocks: u32) {
        self.chain.mine(blocks).await.expect("mined");
        self.caught_up().await;
    }

    async fn restart(&mut self, blocks_meanwhile: u32) {
        let node = self.node.take().expect("it runs");
        node.stop().await;
        drop(node);
        if blocks_meanwhile > 0 {
            self.chain.mine(blocks_meanwhile).await.expect("mined");
        }
        self.node = Some(start(&self.config).await);
        self.caught_up().await;
        let id = PublicKey::from_slice(&self.embedded().node_id().0).expect("a node");
        for payer in &self.payers {
            payer.0.connect(id, self.listens).await.expect("connected");
        }
        self.usable().await;
    }

    async fn cut_chain(&self, cut: bool) {
        if cut { self.link.cut().await } else { self.link.heal().await }
    }

    fn tells_of_deadlines(&self) -> bool {
        true
    }
}
