//! A real Electrum and the server that it asks, ElectrumX, as processes of their own: not simulations. Electrum is
//! Debian's, ElectrumX is put into the cache by `cargo xtask electrum`; Electrum is driven over the JSON-RPC of its daemon.
//!
//! Invariant: what is waited for is seen, never assumed. Electrum stays connected only as the only daemon on its directory,
//! so each has a directory of its own.

mod money;
mod process;

use reqwest::Client;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

use crate::chain::RpcAccess;

pub use money::Paid;

/// How often a condition is looked at that nothing announces.
const LOOK: Duration = Duration::from_millis(50);
/// Debian's, whose modules Electrum's are.
const PYTHON: &str = "/usr/bin/python3";
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum ElectrumError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{what} has ended: {said}")]
    Ended { what: &'static str, said: String },
    #[error("{what}: {said}")]
    Said { what: String, said: String },
    #[error("{what}: {why}")]
    Transport { what: String, why: String },
    #[error("in {within:?} there was no {what}")]
    Late { what: String, within: Duration },
}

/// What both are started with.
#[derive(Debug, Clone)]
pub struct ElectrumPlan {
    /// `electrumx_server`.
    pub server: PathBuf,
    /// Wallet, channels, the server's index, and what both log.
    pub dir: PathBuf,
    /// The server's view of the chain: a bitcoind with `-txindex=1`.
    pub chain: RpcAccess,
    served: SocketAddr,
    rpc: SocketAddr,
}

impl ElectrumPlan {
    /// On free ports.
    ///
    /// # Errors
    /// As the system.
    pub fn new(server: &Path, dir: &Path, chain: RpcAccess) -> std::io::Result<Self> {
        let free = || std::net::TcpListener::bind("127.0.0.1:0")?.local_addr();
        let (served, rpc) = (free()?, free()?);
        Ok(Self { server: server.to_owned(), dir: dir.to_owned(), chain, served, rpc })
    }
}

/// A running Electrum with a wallet of one seed. Dropping it kills it and its server.
pub struct Electrum {
    plan: ElectrumPlan,
    server: tokio::process::Child,
    daemon: tokio::process::Child,
    http: Client,
    password: String,
    /// Compressed public key, hex.
    pub node_id: String,
}

impl Electrum {
    /// How its own commands are called.
    pub fn command_line(&self) -> String {
        format!("electrum --regtest -D {}", self.wallet_dir().display())
    }

    fn wallet_dir(&self) -> PathBuf {
        self.plan.dir.join("electrum")
    }

    /// One of its commands.
    ///
    /// # Errors
    /// [`ElectrumError::Said`] with its refusal.
    pub async fn call(&self, command: &str, words: Value) -> Result<Value, ElectrumError> {
        self.call_within(command, words, CALL_TIMEOUT).await
    }

    async fn call_within(&self, command: &str, words: Value, within: Duration) -> Result<Value, ElectrumError> {
        let transport =
            |error: reqwest::Error| ElectrumError::Transport { what: command.to_owned(), why: error.to_string() };
        let body = json!({ "id": 1, "method": command, "params": words });
        let request = self.http.post(format!("http://{}/", self.plan.rpc)).timeout(within).json(&body);
        let request = request.basic_auth(process::USER, Some(&self.password));
        let mut answer: Value = request.send().await.map_err(transport)?.json().await.map_err(transport)?;
        match answer.get("error") {
            Some(error) if !error.is_null() => {
                Err(ElectrumError::Said { what: command.to_owned(), said: error["message"].to_string() })
            }
            _ => Ok(answer["result"].take()),
        }
    }

    /// Looks until there is an answer.
    ///
    /// # Errors
    /// [`ElectrumError::Late`].
    pub async fn until<T, F: Future<Output = Option<T>>>(
        &self,
        what: &str,
        within: Duration,
        mut look: impl FnMut() -> F,
    ) -> Result<T, ElectrumError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(found) = look().await {
                return Ok(found);
            }
            if Instant::now() >= deadline {
                return Err(ElectrumError::Late { what: what.to_owned(), within });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// It has seen the chain to this height, and what is its own on it.
    ///
    /// # Errors
    /// [`ElectrumError::Late`].
    pub async fn sync_to(&self, height: u32, within: Duration) -> Result<(), ElectrumError> {
        self.until("sight of the tip", within, || async {
            let info = self.call("getinfo", json!([])).await.ok()?;
            let there = info["blockchain_height"].as_u64()? >= u64::from(height);
            let synchronized = self.call("is_synchronized", json!([])).await.ok()?;
            (there && synchronized == true).then_some(())
        })
        .await
    }
}
