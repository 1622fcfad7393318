//! A real LND on a regtest chain, as a process of its own: not a simulation. Its programs are built by
//! `cargo xtask lnd`; it is driven over its REST interface with the macaroon of its operator.
//!
//! Invariant: what is waited for is seen, never assumed. A channel counts when a route through it is found, since LND's
//! path finding lags behind a channel's becoming active.

mod money;
mod process;

use reqwest::{Client, Method};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

use crate::chain::RpcAccess;

pub use money::{LndOutcome, PayWith};

/// How often a condition is looked at that nothing announces.
const LOOK: Duration = Duration::from_millis(50);
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, thiserror::Error)]
pub enum LndError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("lnd has ended: {0}")]
    Ended(String),
    #[error("{what}: {said}")]
    Said { what: String, said: String },
    #[error("{what}: {why}")]
    Transport { what: String, why: String },
    #[error("in {within:?} there was no {what}")]
    Late { what: String, within: Duration },
}

/// What an LND is started with; started again with the same, it is the same node at the same addresses.
#[derive(Debug, Clone)]
pub struct LndPlan {
    /// The directory with `lnd`.
    pub programs: PathBuf,
    /// Keys, channels and log.
    pub dir: PathBuf,
    /// Its view of the chain.
    pub chain: RpcAccess,
    pub rest: SocketAddr,
    pub rpc: SocketAddr,
    pub listens: SocketAddr,
    /// Flags besides those that every node here has: by default a wallet without a password, and resolutions are kept.
    pub flags: Vec<String>,
}

impl LndPlan {
    /// On free ports.
    pub fn new(programs: &Path, dir: &Path, chain: RpcAccess) -> std::io::Result<Self> {
        let free = || std::net::TcpListener::bind("127.0.0.1:0")?.local_addr();
        let (rest, rpc, listens) = (free()?, free()?, free()?);
        let (programs, dir) = (programs.to_owned(), dir.to_owned());
        let flags = ["--noseedbackup", "--store-final-htlc-resolutions"].map(str::to_owned).to_vec();
        Ok(Self { programs, dir, chain, rest, rpc, listens, flags })
    }

    pub fn certificate(&self) -> PathBuf {
        self.dir.join("tls.cert")
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.rest)
    }
}

/// A running LND. Dropping it kills it.
pub struct Lnd {
    plan: LndPlan,
    child: tokio::process::Child,
    http: Client,
    macaroon: String,
    /// Compressed public key, hex.
    pub node_id: String,
}

impl Lnd {
    pub fn plan(&self) -> &LndPlan {
        &self.plan
    }

    /// How its own client is called.
    pub fn lncli(&self) -> String {
        let LndPlan { programs, dir, rpc, .. } = &self.plan;
        let lncli = programs.join("lncli");
        format!("{} --lnddir={} --network=regtest --rpcserver={rpc}", lncli.display(), dir.display())
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// # Errors
    /// [`LndError::Said`] with the node's refusal.
    pub async fn get(&self, path: &str) -> Result<Value, LndError> {
        self.call(Method::GET, path, None).await
    }

    /// # Errors
    /// As [`Self::get`].
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, LndError> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, LndError> {
        let text = self.text(method, path, body, false).await?;
        serde_json::from_str(&text)
            .map_err(|error| LndError::Transport { what: path.to_owned(), why: error.to_string() })
    }

    /// The first line of an answer of many, which goes on without us.
    async fn first_line(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, LndError> {
        let text = self.text(method, path, body, true).await?;
        let mut part: Value = serde_json::from_str(&text)
            .map_err(|error| LndError::Transport { what: path.to_owned(), why: error.to_string() })?;
        match part.get("error") {
            Some(error) => Err(LndError::Said { what: path.to_owned(), said: error["message"].to_string() }),
            None => Ok(part["result"].take()),
        }
    }

    async fn text(&self, method: Method, path: &str, body: Option<Value>, line: bool) -> Result<String, LndError> {
        let transport = |error: reqwest::Error| LndError::Transport { what: path.to_owned(), why: error.to_string() };
        let mut request = self.http.request(method, format!("{}{path}", self.plan.url()));
        request = request.header("Grpc-Metadata-macaroon", &self.macaroon).timeout(CALL_TIMEOUT);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let mut response = request.send().await.map_err(transport)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            bytes.extend_from_slice(&chunk);
            if line && status.is_success() && bytes.contains(&b'\n') {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if !status.is_success() {
            return Err(LndError::Said { what: path.to_owned(), said: text });
        }
        Ok(if line { text.lines().next().unwrap_or_default().to_owned() } else { text })
    }

    /// Looks until there is an answer.
    ///
    /// # Errors
    /// [`LndError::Late`].
    pub async fn until<T, F: Future<Output = Option<T>>>(
        &self,
        what: &str,
        within: Duration,
        mut look: impl FnMut() -> F,
    ) -> Result<T, LndError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(found) = look().await {
                return Ok(found);
            }
            if Instant::now() >= deadline {
                return Err(LndError::Late { what: what.to_owned(), within });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// It has seen the chain to this height.
    ///
    /// # Errors
    /// [`LndError::Late`].
    pub async fn sync_to(&self, height: u32, within: Duration) -> Result<(), LndError> {
        self.until("sight of the tip", within, || async {
            let info = self.get("/v1/getinfo").await.ok()?;
            let there = info["block_height"].as_u64()? >= u64::from(height) && info["synced_to_chain"].as_bool()?;
            there.then_some(())
        })
        .await
    }

    /// A macaroon for exactly these calls, hex.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn bake(&self, rights: &[(&str, &str)]) -> Result<String, LndError> {
        let rights: Vec<_> =
            rights.iter().map(|(entity, action)| serde_json::json!({ "entity": entity, "action": action })).collect();
        let baked = self.post("/v1/macaroon", serde_json::json!({ "permissions": rights })).await?;
        Ok(baked["macaroon"].as_str().unwrap_or_default().to_owned())
    }
}
