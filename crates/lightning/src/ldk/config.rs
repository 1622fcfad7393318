//! What an operator says of the embedded node.

use super::error::StartError;
use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use ids::NodeId;
use ldk_node::Builder as NodeBuilder;
use ldk_node::config::{AnchorChannelsConfig, BackgroundSyncConfig, Config, ElectrumSyncConfig, EsploraSyncConfig};
use ldk_node::lightning::ln::msgs::SocketAddress;
use ports::Secret;
use std::path::PathBuf;
use std::str::FromStr;

/// Seconds between two looks at an Esplora or Electrum server. ldk-node takes no less than 10 and looks every 30 by
/// default, which is long for a deadline counted in blocks.
const SYNC_INTERVAL_SECS: u64 = 10;
/// Seconds between two fee estimates.
const FEE_INTERVAL_SECS: u64 = 120;

/// Where blocks come from. A bitcoind is asked every 2 s, the others every 10 s.
#[derive(Debug, Clone)]
pub enum ChainSource {
    /// Bitcoin Core's JSON-RPC.
    Bitcoind { host: String, port: u16, user: String, password: Secret },
    /// `https://host/api`.
    Esplora { url: String },
    /// `ssl://host:port` or `tcp://host:port`.
    Electrum { url: String },
}

/// How much the node tells its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The node's log: `ldk.log` in its directory, then `ldk.log.1` and so on, oldest dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    pub level: LogLevel,
    /// A file that has reached this many bytes is put aside.
    pub file_bytes_max: u64,
    /// Files kept beside the current one.
    pub files_kept: u32,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: LogLevel::Info, file_bytes_max: 8 * 1024 * 1024, files_kept: 3 }
    }
}

/// A provider of channels.
#[derive(Debug, Clone)]
pub struct Lsp {
    pub node: NodeId,
    /// `host:port`.
    pub address: String,
    /// What it knows us by.
    pub token: Option<Secret>,
}

#[derive(Debug, Clone)]
pub struct NodeConfig {
    pub network: Network,
    pub chain: ChainSource,
    /// Made if it is not there. Never to be restored from a copy.
    pub storage_dir: PathBuf,
    /// `host:port` each; empty: nobody can connect to us, we connect to our peers.
    pub listen: Vec<String>,
    /// `host:port` each, for announced channels; empty: as `listen`.
    pub announce: Vec<String>,
    /// At most 32 bytes. Channels can be announced only with an alias and an address.
    pub alias: Option<String>,
    pub log: LogConfig,
    /// On-chain satoshi kept for closing each channel.
    pub reserve_per_channel_sat: u64,
    /// Peers trusted to close channels for us: no reserve is kept for theirs.
    pub peers_without_reserve: Vec<NodeId>,
    /// Peers whose channels are used before they are confirmed.
    pub peers_zero_conf: Vec<NodeId>,
    /// Who opens a channel when something is paid to us (LSPS2), or when one is ordered (LSPS1). It is trusted with
    /// unconfirmed channels.
    pub lsp: Option<Lsp>,
    /// A server that sums the network's gossip up (rapid gossip sync); none: gossip from peers. It is believed about the
    /// channels of others, and about nothing of ours.
    pub rgs_url: Option<String>,
    /// Smallest hold. Well above dust: a dust HTLC lost with its channel is reported as received and is not.
    pub hold_sat_min: u64,
    /// How often the directory has been started according to whoever keeps the server's data ([`super::EmbeddedNode::epoch`]
    /// of the last start); a smaller number found in it means an old copy.
    pub epoch_min: u64,
}

impl NodeConfig {
    /// Everything but the essentials at its default.
    pub fn new(network: Network, chain: ChainSource, storage_dir: PathBuf) -> Self {
        Self {
            network,
            chain,
            storage_dir,
            listen: Vec::new(),
            announce: Vec::new(),
            alias: None,
            log: LogConfig::default(),
            reserve_per_channel_sat: 25_000,
            peers_without_reserve: Vec::new(),
            peers_zero_conf: Vec::new(),
            lsp: None,
            rgs_url: None,
            hold_sat_min: 5_000,
            epoch_min: 0,
        }
    }

    /// ldk-node's builder with all of this in it; nothing is touched yet.
    pub(super) fn builder(&self) -> Result<NodeBuilder, StartError> {
        let bad = |what: &str, why: &dyn std::fmt::Display| StartError::Config(format!("{what}: {why}"));
        let storage_dir_path = self.storage_dir.to_str().ok_or_else(|| bad("storage_dir", &"not UTF-8"))?.to_owned();
        let lsp = self.lsp.iter().map(|lsp| lsp.node);
        let zero_conf: Vec<NodeId> = self.peers_zero_conf.iter().copied().chain(lsp).collect();
        let config = Config {
            storage_dir_path,
            network: self.network,
            trusted_peers_0conf: public_keys("peers_zero_conf", &zero_conf)?,
            anchor_channels_config: Some(AnchorChannelsConfig {
                trusted_peers_no_reserve: public_keys("peers_without_reserve", &self.peers_without_reserve)?,
                per_channel_reserve_sats: self.reserve_per_channel_sat,
            }),
            ..Config::default()
        };
        let mut builder = NodeBuilder::from_config(config);
        if !self.listen.is_empty() {
            builder.set_listening_addresses(addresses("listen", &self.listen)?).map_err(|e| bad("listen", &e))?;
        }
        if !self.announce.is_empty() {
            builder
                .set_announcement_addresses(addresses("announce", &self.announce)?)
                .map_err(|e| bad("announce", &e))?;
        }
        if let Some(alias) = &self.alias {
            builder.set_node_alias(alias.clone()).map_err(|e| bad("alias", &e))?;
        }
        if let Some(Lsp { node, address: at, token }) = &self.lsp {
            let key = public_key(node).map_err(|why| bad("lsp", &why))?;
            let place = address(at).map_err(|why| bad("lsp", &why))?;
            // bLIP-51 wants an empty token mirrored where there is none, and ldk-node takes only what it has sent.
            let of_order = token.as_ref().map_or_else(String::new, |token| token.expose().to_owned());
            builder.set_liquidity_source_lsps1(key, place.clone(), Some(of_order));
            builder.set_liquidity_source_lsps2(key, place, token.as_ref().map(|token| token.expose().to_owned()));
        }
        if let Some(url) = &self.rgs_url {
            builder.set_gossip_source_rgs(url.clone());
        }
        self.chain.set(&mut builder);
        Ok(builder)
    }
}

impl ChainSource {
    fn set(&self, builder: &mut NodeBuilder) {
        let background_sync_config = Some(BackgroundSyncConfig {
            onchain_wallet_sync_interval_secs: SYNC_INTERVAL_SECS,
            lightning_wallet_sync_interval_secs: SYNC_INTERVAL_SECS,
            fee_rate_cache_update_interval_secs: FEE_INTERVAL_SECS,
        });
        match self {
            Self::Bitcoind { host, port, user, password } => {
                let password = password.expose().to_owned();
                builder.set_chain_source_bitcoind_rpc(host.clone(), *port, user.clone(), password);
            }
            Self::Esplora { url } => {
                let config = EsploraSyncConfig { background_sync_config };
                builder.set_chain_source_esplora(url.clone(), Some(config));
            }
            Self::Electrum { url } => {
                let config = ElectrumSyncConfig { background_sync_config };
                builder.set_chain_source_electrum(url.clone(), Some(config));
            }
        }
    }
}

fn addresses(what: &str, texts: &[String]) -> Result<Vec<SocketAddress>, StartError> {
    texts.iter().map(|text| address(text).map_err(|why| StartError::Config(format!("{what}: {why}")))).collect()
}

/// `host:port` as BOLT 7 has it.
pub(super) fn address(text: &str) -> Result<SocketAddress, String> {
    SocketAddress::from_str(text).map_err(|error| format!("`{text}` is not host:port ({error:?})"))
}

fn public_keys(what: &str, nodes: &[NodeId]) -> Result<Vec<PublicKey>, StartError> {
    nodes.iter().map(|node| public_key(node).map_err(|why| StartError::Config(format!("{what}: {why}")))).collect()
}

pub(super) fn public_key(node: &NodeId) -> Result<PublicKey, String> {
    PublicKey::from_slice(node.as_bytes()).map_err(|error| format!("{node} is no node: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> NodeConfig {
        let chain = ChainSource::Esplora { url: "http://127.0.0.1:1".to_owned() };
        NodeConfig::new(Network::Regtest, chain, PathBuf::from("nowhere"))
    }

    #[test]
    fn bad_input_is_named() {
        type Spoil = fn(&mut NodeConfig);
        let cases: [(&str, Spoil); 4] = [
            ("listen", |c| c.listen = vec!["no port".to_owned()]),
            ("announce", |c| c.announce = vec!["host:70000".to_owned()]),
            ("alias", |c| c.alias = Some("x".repeat(33))),
            ("peers_zero_conf", |c| c.peers_zero_conf = vec![NodeId([0; 33])]),
        ];
        for (what, spoil) in cases {
            let mut config = config();
            spoil(&mut config);
            let error = config.builder().err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(what), "{what}: {error}");
        }
        assert!(config().builder().is_ok());
    }

    #[test]
    fn the_password_is_not_shown() {
        let password = Secret::new("hunter2".to_owned());
        let source = ChainSource::Bitcoind { host: "h".to_owned(), port: 1, user: "u".to_owned(), password };
        assert!(!format!("{source:?}").contains("hunter2"));
    }
}
