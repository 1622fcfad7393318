//! The embedded Lightning nodes: the one that holds, and the one that pays gift-card vendors.

use crate::config::{ChainKind, Config, Lookup, NodeLogLevel};
use anyhow::{Context as _, Result, anyhow};
use lightning_node::ldk::{ChainSource, LogConfig, LogLevel, Lsp, NodeConfig};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Where the node keeps its state, in the data directory. Never to be restored from a copy.
pub const DIRECTORY: &str = "node";
/// The same of the node that pays vendors.
const VENDOR_DIRECTORY: &str = "vendor-node";

/// `epoch_min` is what the database remembers of the node's last start.
pub fn node_config(config: &Config, data: &Path, at: Lookup<'_>, epoch_min: u64) -> Result<NodeConfig> {
    let node = &config.node;
    let mut made = of_both(config, data.join(DIRECTORY), at)?;
    made.listen = node.listen.iter().map(|address| with_port(address)).collect::<Result<_>>()?;
    made.announce = node.announce.clone();
    made.alias = Some(node.alias.clone()).filter(|alias| !alias.is_empty());
    made.reserve_per_channel_sat = node.reserve_per_channel_sat;
    made.peers_without_reserve = node.peers_without_reserve.clone();
    made.peers_zero_conf = node.peers_zero_conf.clone();
    if let Some((id, address)) = node.lsp.split_once('@') {
        let token = match node.lsp_token.is_set() {
            true => Some(node.lsp_token.read(at).map_err(|why| anyhow!("node.lsp_token: {why}"))?),
            false => None,
        };
        made.lsp = Some(Lsp { node: id.parse().context("node.lsp")?, address: address.to_owned(), token });
    }
    made.rgs_url = Some(node.rgs_url.clone()).filter(|url| !url.is_empty());
    made.hold_sat_min = config.purchase.hold_sat_min;
    made.epoch_min = epoch_min;
    Ok(made)
}

/// It holds nothing and is announced to nobody.
pub fn vendor_node_config(config: &Config, data: &Path, at: Lookup<'_>, epoch_min: u64) -> Result<NodeConfig> {
    let node = &config.vendor_node;
    let mut made = of_both(config, data.join(VENDOR_DIRECTORY), at)?;
    made.listen = node.listen.iter().map(|address| with_port(address)).collect::<Result<_>>()?;
    made.reserve_per_channel_sat = node.reserve_per_channel_sat;
    made.peers_without_reserve = node.peers_without_reserve.clone();
    made.peers_zero_conf = node.peers_zero_conf.clone();
    made.epoch_min = epoch_min;
    Ok(made)
}

fn of_both(config: &Config, directory: PathBuf, at: Lookup<'_>) -> Result<NodeConfig> {
    let level = match config.node.log_level {
        NodeLogLevel::Error => LogLevel::Error,
        NodeLogLevel::Warn => LogLevel::Warn,
        NodeLogLevel::Info => LogLevel::Info,
        NodeLogLevel::Debug => LogLevel::Debug,
        NodeLogLevel::Trace => LogLevel::Trace,
    };
    let mut made = NodeConfig::new(config.chain.network.bitcoin(), chain_source(config, at)?, directory);
    made.log = LogConfig { level, ..LogConfig::default() };
    Ok(made)
}

fn chain_source(config: &Config, at: Lookup<'_>) -> Result<ChainSource> {
    let chain = &config.chain;
    Ok(match chain.source {
        ChainKind::Bitcoind => {
            let (host, port) = host_and_port(&chain.url).context("chain.url: http://host:port")?;
            let password = chain.password.read(at).map_err(|why| anyhow!("chain.password: {why}"))?;
            ChainSource::Bitcoind { host, port, user: chain.user.clone(), password }
        }
        ChainKind::Esplora => ChainSource::Esplora { url: chain.url.clone() },
        ChainKind::Electrum => ChainSource::Electrum { url: chain.url.clone() },
    })
}

/// Of `scheme://host[:port][/path]`; the scheme's own port if none is written.
pub fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let place = rest.split('/').next()?;
    let default = match scheme {
        "https" => 443,
        "http" => 80,
        _ => 0,
    };
    let (host, port) = match place.rsplit_once(':').filter(|(host, _)| !host.ends_with(':')) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (place, default),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && port != 0).then(|| (host.to_owned(), port))
}

/// ldk-node does not tell which port it took for 0, so it is chosen here: somebody else could take it in between, and
/// the node then says so.
fn with_port(address: &str) -> Result<String> {
    let Some(host) = address.strip_suffix(":0") else { return Ok(address.to_owned()) };
    let free = TcpListener::bind(address).with_context(|| format!("node.listen: {address}"))?;
    Ok(format!("{host}:{}", free.local_addr()?.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_out_of_addresses() {
        for (url, place) in [
            ("http://127.0.0.1:18443", Some(("127.0.0.1", 18_443))),
            ("https://mempool.space/signet/api", Some(("mempool.space", 443))),
            ("ssl://electrum.example:50002", Some(("electrum.example", 50_002))),
            ("tcp://[::1]:50001", Some(("::1", 50_001))),
            ("http://host", Some(("host", 80))),
            ("ssl://host", None),
            ("http://:80", None),
            ("host:80", None),
        ] {
            assert_eq!(host_and_port(url), place.map(|(host, port)| (host.to_owned(), port)), "{url}");
        }
    }

    #[test]
    fn port_zero_becomes_a_free_one() {
        let taken = with_port("127.0.0.1:0").unwrap();
        assert!(taken.starts_with("127.0.0.1:") && !taken.ends_with(":0"), "{taken}");
        assert_eq!(with_port("0.0.0.0:9735").unwrap(), "0.0.0.0:9735");
    }
}
