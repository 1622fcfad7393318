//! The gift-card vendor: a simulated Bitrefill with a Lightning node of its own, which the server's second node pays.

use super::server::Server;
use super::timeline::Timeline;
use anyhow::{Context, Result};
use bitcoin::secp256k1::PublicKey;
use sandbox::bitrefill::{Bitrefill, BitrefillConfig, Product, RateLimits};
use sandbox::chain::Chain;
use sandbox::link::Link;
use sandbox::wallet::{ChannelPlan, PayerWallet, WalletConfig};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

const CAPACITY_SAT: u64 = 16_000_000;
/// What the server's side can spend on gift cards: 0.12 BTC.
const PUSH_MSAT: u64 = 12_000_000_000;
const STEP_WITHIN: Duration = Duration::from_secs(60);
/// Where the demo's shopper buys.
pub const STORE_HOST: &str = "store.example";

pub struct Vendor {
    pub bitrefill: Bitrefill,
    wallet: Arc<PayerWallet>,
    key_file: PathBuf,
    /// Between the server's second node and the vendor's; there once the channel is.
    pub link: Option<Link>,
}

impl Vendor {
    pub async fn start(chain: &Chain, dir: &Path, timeline: &Timeline) -> Result<Self> {
        let dir = dir.join("vendor");
        std::fs::create_dir_all(&dir)?;
        let key_dir = dir.clone();
        let wallet = Arc::new(PayerWallet::start(WalletConfig { dir, chain: chain.access().clone() }).await?);
        // A day of scenarios would meet the documented limits.
        let config = BitrefillConfig { limits: RateLimits::Off, ..BitrefillConfig::default() };
        let bitrefill = Bitrefill::start(Arc::clone(&wallet) as _, config).await?;
        timeline.step(
            "vendor",
            &format!("simulated Bitrefill at {}", bitrefill.url()),
            json!({ "url": bitrefill.url() }),
        );
        let key_file = key_dir.join("bitrefill-key.secret");
        std::fs::write(&key_file, bitrefill.api_key())?;
        super::server::restrict(&key_file, 0o600)?;
        Ok(Self { bitrefill, wallet, key_file, link: None })
    }

    /// Tables for the server's configuration.
    pub fn tables(&self, port: u16) -> String {
        let (url, key, product) = (self.bitrefill.api_url(), self.key_file.display(), Product::DEMO);
        format!(
            r#"
[vendor_node]
enabled = true
listen = ["127.0.0.1:{port}"]

[gift_cards]
vendor = "bitrefill"
base_url = "{url}"
api_key = "file:{key}"
spread_ppm = 7748
products = [{{ host = "{STORE_HOST}", country = "US", product = "{product}" }}]
"#
        )
    }

    /// The server's second node listens on this port.
    pub async fn connect(&mut self, chain: &Chain, server: &Server, port: u16, timeline: &Timeline) -> Result<()> {
        super::world::fund_reserve(chain, server, &["node", "--vendor"], timeline).await?;
        self.link = Some(Link::start(SocketAddr::from(([127, 0, 0, 1], port))).await?);
        self.open_channel(chain, server, timeline).await
    }

    /// The vendor's node opens a channel and gives the server's side what it needs to pay.
    pub async fn open_channel(&self, chain: &Chain, server: &Server, timeline: &Timeline) -> Result<()> {
        let link = self.link.as_ref().context("the link is not there yet")?;
        let plan = ChannelPlan {
            peer: second_node(server).await?,
            peer_address: link.address(),
            capacity_sat: CAPACITY_SAT,
            push_msat: PUSH_MSAT,
            step_timeout: STEP_WITHIN,
        };
        self.wallet.fund_and_open(chain, plan, |step| super::wallets::show(timeline, &step)).await?;
        Ok(())
    }

    /// The node is stopped once the vendor has let it go.
    pub async fn stop(self) {
        let Self { bitrefill, wallet, link, .. } = self;
        bitrefill.close().await;
        drop((bitrefill, link));
        match Arc::try_unwrap(wallet) {
            Ok(wallet) => {
                if let Err(error) = wallet.stop().await {
                    tracing::warn!(%error, "the vendor's node");
                }
            }
            Err(_) => tracing::warn!("the vendor's node is still used by somebody"),
        }
    }

    /// Once the server has started again. `false`: its node closed the channel on the chain, as one does whose books were
    /// cut off between two of their parts.
    pub async fn reconnect(&self, server: &Server) -> Result<bool> {
        let id = second_node(server).await?;
        let link = self.link.as_ref().context("the link is not there yet")?;
        let deadline = tokio::time::Instant::now() + STEP_WITHIN;
        loop {
            let channels = self.wallet.channels();
            if channels.is_empty() || channels.iter().any(|channel| channel.is_usable) {
                return Ok(!channels.is_empty());
            }
            anyhow::ensure!(tokio::time::Instant::now() < deadline, "the vendor's channel is not usable");
            // An error only says that it is too early.
            let _ = self.wallet.connect(id, link.address()).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The server's node that pays vendors.
async fn second_node(server: &Server) -> Result<PublicKey> {
    let answer: serde_json::Value =
        serde_json::from_str(&server.anytill(&["node", "--vendor", "id", "--json"]).await?)?;
    Ok(PublicKey::from_str(answer["node_id"].as_str().context("the second node has no id")?)?)
}
