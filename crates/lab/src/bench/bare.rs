//! A bare Lightning node that receives: ldk-node and nothing around it. How long a claim takes from the call to the
//! node's own confirmation is what the server's answer is compared with.

use super::figures::Samples;
use anyhow::{Context as _, Result, anyhow, ensure};
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::PublicKey;
use ldk_node::config::{AnchorChannelsConfig, Config};
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use ldk_node::{Builder, Event, Node};
use lightning_invoice::{Bolt11InvoiceDescription, Description};
use sandbox::chain::Chain;
use sandbox::wallet::{ChannelPlan, PayerWallet};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const STEP_WITHIN: Duration = Duration::from_secs(60);
const EXPIRY_SECS: u32 = 600;
/// As long as a store takes at least: what the HTLC's arrival left to be written is written.
const REST: Duration = Duration::from_millis(50);

pub struct BareNode {
    node: Arc<Node>,
    claims: u64,
}

impl BareNode {
    /// With a channel from the payer's wallet to it.
    pub async fn start(dir: &Path, chain: &Chain, payer: &PayerWallet, capacity_sat: u64) -> Result<Self> {
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let (dir, access, trusted) = (dir.join("bare"), chain.access().clone(), payer.node_id());
        std::fs::create_dir_all(&dir)?;
        let built = tokio::task::spawn_blocking(move || -> Result<Node> {
            let config = Config {
                storage_dir_path: dir.to_string_lossy().into_owned(),
                network: bitcoin::Network::Regtest,
                // It has no coins of its own to close channels with.
                anchor_channels_config: Some(AnchorChannelsConfig {
                    trusted_peers_no_reserve: vec![trusted],
                    ..AnchorChannelsConfig::default()
                }),
                ..Config::default()
            };
            let mut builder = Builder::from_config(config);
            builder
                .set_listening_addresses(vec![SocketAddress::from(address)])
                .map_err(|error| anyhow!("{error}"))?
                .set_filesystem_logger(None, None)
                .set_chain_source_bitcoind_rpc(access.host, access.port, access.user, access.password);
            let node = builder.build()?;
            node.start()?;
            Ok(node)
        });
        let bare = Self { node: Arc::new(built.await??), claims: 0 };
        bare.open_channel(chain, payer, address, capacity_sat).await?;
        Ok(bare)
    }

    /// The node itself, for whoever drives it by its own calls. Its events are then that one's to take.
    pub fn node(&self) -> Arc<Node> {
        Arc::clone(&self.node)
    }

    async fn open_channel(
        &self,
        chain: &Chain,
        payer: &PayerWallet,
        address: SocketAddr,
        capacity_sat: u64,
    ) -> Result<()> {
        let plan = ChannelPlan {
            peer: self.node_id(),
            peer_address: address,
            capacity_sat,
            push_msat: capacity_sat * 1_000 / 4,
            step_timeout: STEP_WITHIN,
        };
        payer.fund_and_open(chain, plan, |_| ()).await?;
        // The events of the channel itself.
        while self.node.next_event().is_some() {
            self.handled()?;
        }
        Ok(())
    }

    fn node_id(&self) -> PublicKey {
        self.node.node_id()
    }

    /// One payment, held and then claimed: from the claim to the node's word that it has it.
    pub async fn claim(&mut self, payer: &PayerWallet, amount_msat: u64, samples: &mut Samples) -> Result<()> {
        self.claims += 1;
        let preimage = sha256::Hash::hash(&self.claims.to_be_bytes()).to_byte_array();
        let hash = PaymentHash(sha256::Hash::hash(&preimage).to_byte_array());
        let node = Arc::clone(&self.node);
        let invoice = tokio::task::spawn_blocking(move || -> Result<String> {
            let text = Description::new("bench".to_owned()).map_err(|error| anyhow!("{error}"))?;
            let description = Bolt11InvoiceDescription::Direct(text);
            let invoice = node.bolt11_payment().receive_for_hash(amount_msat, &description, EXPIRY_SECS, hash)?;
            Ok(invoice.to_string())
        });
        payer.pay(&invoice.await??).await?;
        let claimable_msat = loop {
            match self.next().await? {
                Event::PaymentClaimable { payment_hash, claimable_amount_msat, .. } if payment_hash == hash => {
                    break claimable_amount_msat;
                }
                _ => {}
            }
        };
        tokio::time::sleep(REST).await;
        let begun = Instant::now();
        let node = Arc::clone(&self.node);
        let claim = move || node.bolt11_payment().claim_for_hash(hash, claimable_msat, PaymentPreimage(preimage));
        tokio::task::spawn_blocking(claim).await??;
        let event = tokio::time::timeout(STEP_WITHIN, self.node.next_event_async()).await.context("no confirmation")?;
        samples.push(begun.elapsed());
        ensure!(matches!(event, Event::PaymentReceived { payment_hash, .. } if payment_hash == hash), "{event:?}");
        self.handled()
    }

    async fn next(&self) -> Result<Event> {
        let event = tokio::time::timeout(STEP_WITHIN, self.node.next_event_async()).await.context("no event")?;
        self.handled()?;
        Ok(event)
    }

    fn handled(&self) -> Result<()> {
        tokio::task::block_in_place(|| self.node.event_handled())?;
        Ok(())
    }

    pub async fn stop(self) {
        let stopped = tokio::task::spawn_blocking(move || self.node.stop()).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("the bare node did not stop cleanly");
        }
    }
}
