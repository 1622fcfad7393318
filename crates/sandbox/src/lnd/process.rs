//! Starting and ending the process.

use super::{LOOK, Lnd, LndError, LndPlan};
use base64::Engine as _;
use std::process::Stdio;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A busy machine takes long; a node that fails says so at once.
const START_WITHIN: Duration = Duration::from_secs(120);
const STOP_WITHIN: Duration = Duration::from_secs(60);
/// Of its words, for an error.
const LAST_WORDS: usize = 600;

impl Lnd {
    /// Starts it and waits for nothing.
    ///
    /// # Errors
    /// As the system.
    pub fn spawn(plan: LndPlan) -> Result<Self, LndError> {
        std::fs::create_dir_all(&plan.dir)?;
        let log = std::fs::File::create(plan.dir.join("stdout.log"))?;
        let mut command = tokio::process::Command::new(plan.programs.join("lnd"));
        command.args(flags(&plan)).args(&plan.flags);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let child = command.spawn()?;
        // Its certificate is its own; whoever tests the pin reads the file.
        let http = reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build();
        let http = http.map_err(|error| LndError::Transport { what: "TLS".to_owned(), why: error.to_string() })?;
        Ok(Self { plan, child, http, macaroon: String::new(), node_id: String::new() })
    }

    /// Starts it and waits until it takes calls.
    ///
    /// # Errors
    /// [`LndError::Ended`] with its last words.
    pub async fn start(plan: LndPlan) -> Result<Self, LndError> {
        let mut lnd = Self::spawn(plan)?;
        let deadline = Instant::now() + START_WITHIN;
        while !lnd.answers().await {
            if lnd.child.try_wait()?.is_some() {
                return Err(LndError::Ended(lnd.last_words()));
            }
            if Instant::now() >= deadline {
                return Err(LndError::Late { what: "answer of lnd".to_owned(), within: START_WITHIN });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(lnd)
    }

    async fn answers(&mut self) -> bool {
        if self.macaroon.is_empty() {
            let file = self.plan.dir.join("data/chain/bitcoin/regtest/admin.macaroon");
            match std::fs::read(file) {
                Ok(bytes) => self.macaroon = hex::encode(bytes),
                Err(_) => return false,
            }
        }
        let active = self.get("/v1/state").await.is_ok_and(|state| state["state"] == "SERVER_ACTIVE");
        let Some(info) = (if active { self.get("/v1/getinfo").await.ok() } else { None }) else { return false };
        self.node_id = info["identity_pubkey"].as_str().unwrap_or_default().to_owned();
        !self.node_id.is_empty()
    }

    /// Makes a wallet for a node that was started without `noseedbackup`.
    ///
    /// # Errors
    /// [`LndError::Said`] by the node, [`LndError::Late`].
    pub async fn create_wallet(&self, password: &str, within: Duration) -> Result<(), LndError> {
        let seed = self.until("seed", within, || async { self.get("/v1/genseed").await.ok() }).await?;
        let password = base64::engine::general_purpose::STANDARD.encode(password);
        let body = serde_json::json!({
            "wallet_password": password,
            "cipher_seed_mnemonic": seed["cipher_seed_mnemonic"],
        });
        self.post("/v1/initwallet", body).await?;
        self.until("open wallet", within, || async {
            let state = self.get("/v1/state").await.ok()?;
            matches!(state["state"].as_str()?, "RPC_ACTIVE" | "SERVER_ACTIVE").then_some(())
        })
        .await
    }

    fn last_words(&self) -> String {
        let words = std::fs::read_to_string(self.plan.dir.join("stdout.log")).unwrap_or_default();
        let from = words.char_indices().rev().nth(LAST_WORDS).map_or(0, |(at, _)| at);
        words[from..].to_owned()
    }

    /// Asks it to stop and waits for its end; what it was started with.
    ///
    /// # Errors
    /// [`LndError::Late`]; it is killed then.
    pub async fn stop(mut self) -> Result<LndPlan, LndError> {
        self.post("/v1/stop", serde_json::json!({})).await?;
        match timeout(STOP_WITHIN, self.child.wait()).await {
            Ok(ended) => ended.map(|_| self.plan.clone()).map_err(LndError::from),
            Err(_) => Err(LndError::Late { what: "end of lnd".to_owned(), within: STOP_WITHIN }),
        }
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// As the system.
    pub async fn kill(mut self) -> Result<LndPlan, LndError> {
        self.child.kill().await?;
        Ok(self.plan.clone())
    }
}

fn flags(plan: &LndPlan) -> Vec<String> {
    let mut flags: Vec<String> = [
        "--bitcoin.regtest",
        "--bitcoin.node=bitcoind",
        // Without ZMQ, which the bitcoind that is built here has not.
        "--bitcoind.rpcpolling",
        "--bitcoind.blockpollinginterval=200ms",
        "--bitcoind.txpollinginterval=200ms",
        "--nobootstrap",
        // A peer that was restarted is called again soon: by default that takes up to an hour.
        "--minbackoff=200ms",
        "--maxbackoff=2s",
        "--debuglevel=info",
        "--trickledelay=50",
    ]
    .map(str::to_owned)
    .to_vec();
    flags.push(format!("--lnddir={}", plan.dir.display()));
    flags.push(format!("--bitcoind.rpchost={}:{}", plan.chain.host, plan.chain.port));
    flags.push(format!("--bitcoind.rpcuser={}", plan.chain.user));
    flags.push(format!("--bitcoind.rpcpass={}", plan.chain.password));
    flags.push(format!("--restlisten={}", plan.rest));
    flags.push(format!("--rpclisten={}", plan.rpc));
    flags.push(format!("--listen={}", plan.listens));
    flags
}
