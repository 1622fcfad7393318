//! What the embedded node is started with.

use bitcoin::Network;
use ids::UnixMs;
use lightning_node::ldk::{ChainSource, NodeConfig, NodeSeed};
use ports::{Clock, Secret};
use sandbox::chain::RpcAccess;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// Only stamps the node's log.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> UnixMs {
        UnixMs(1_700_000_000_000)
    }
}

pub fn seed() -> NodeSeed {
    NodeSeed::from_words(WORDS).expect("a mnemonic")
}

pub fn config(dir: &Path, rpc: (SocketAddr, &RpcAccess), listens: SocketAddr) -> NodeConfig {
    let chain = ChainSource::Bitcoind {
        host: rpc.0.ip().to_string(),
        port: rpc.0.port(),
        user: rpc.1.user.clone(),
        password: Secret::new(rpc.1.password.clone()),
    };
    let mut config = NodeConfig::new(Network::Regtest, chain, dir.join("node"));
    config.listen = vec![listens.to_string()];
    config
}

pub fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}
