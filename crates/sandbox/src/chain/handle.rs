//! Drives a chain, whichever it is: mines, funds, waits, looks up.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Address, BlockHash, Network, OutPoint, Script, ScriptBuf, Transaction, Txid};
use rand::Rng;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};
use tokio::time::Instant;

use super::client::{RpcAccess, RpcClient};
use super::core::Core;
use super::error::ChainError;
use super::faucet::Faucet;
use super::server::Service;
use super::view::{Seen, Utxo, View};

/// A fresh chain gets this many blocks, so that ten coinbases are mature.
const FIRST_BLOCKS: u32 = 110;
/// Below this much in mature coins, an attached chain gets the same.
const LEAST_FAUCET_SAT: u64 = 10 * 100_000_000;
/// How often a condition is looked at that no event announces.
const POLL: Duration = Duration::from_millis(50);

/// Which chain to drive.
#[derive(Debug, Clone)]
pub enum Backend {
    /// In this process, its RPC interface on a loopback address; port 0 takes a free one.
    InProcess { bind: SocketAddr },
    /// A running `bitcoind -regtest`; its wallet may be disabled. `-txindex` is not needed.
    Bitcoind(RpcAccess),
}

/// A chain that can be driven; clones drive the same one.
#[derive(Clone)]
pub struct Chain {
    client: RpcClient,
    view: Arc<Mutex<View>>,
    faucet: Arc<Faucet>,
    /// Held by the last clone of an in-process chain; dropping it ends the server.
    _running: Option<Arc<oneshot::Sender<()>>>,
}

#[derive(Deserialize)]
struct Info {
    chain: String,
    blocks: u32,
    bestblockhash: BlockHash,
    time: u64,
}

impl Chain {
    /// Starts the chain of this process and mines until the faucet has something to give.
    ///
    /// # Errors
    /// [`ChainError::Listen`] when the address cannot be had.
    pub async fn start(bind: SocketAddr) -> Result<Self, ChainError> {
        let listener = TcpListener::bind(bind).await?;
        let address = listener.local_addr()?;
        let access = RpcAccess {
            host: address.ip().to_string(),
            port: address.port(),
            user: "anytill".to_owned(),
            password: hex::encode(rand::rng().random::<[u8; 16]>()),
        };
        let core = Arc::new(StdMutex::new(Core::at_genesis()));
        let router = Service::new(core, &access.user, &access.password).router();
        let (running, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let server = axum::serve(listener, router).with_graceful_shutdown(async {
                // The sender never sends; it is dropped with the last clone.
                let _ = stopped.await;
            });
            if let Err(error) = server.await {
                tracing::error!(%error, "the in-process chain ended");
            }
        });
        Self::ready(access, Some(Arc::new(running))).await
    }

    /// Uses a running `bitcoind`, and mines on it if the faucet's key has too little there.
    ///
    /// # Errors
    /// [`ChainError::Configuration`] when it is not on regtest, else as its answers.
    pub async fn attach(access: RpcAccess) -> Result<Self, ChainError> {
        Self::ready(access, None).await
    }

    /// Either of the two.
    ///
    /// # Errors
    /// As [`Chain::start`] and [`Chain::attach`].
    pub async fn open(backend: Backend) -> Result<Self, ChainError> {
        match backend {
            Backend::InProcess { bind } => Self::start(bind).await,
            Backend::Bitcoind(access) => Self::attach(access).await,
        }
    }

    async fn ready(access: RpcAccess, running: Option<Arc<oneshot::Sender<()>>>) -> Result<Self, ChainError> {
        let chain = Self {
            client: RpcClient::new(access)?,
            view: Arc::new(Mutex::new(View::default())),
            faucet: Arc::new(Faucet::new()),
            _running: running,
        };
        let network = chain.info().await?.chain;
        if network != "regtest" {
            let text = format!("the chain is {network}, not regtest");
            return Err(ChainError::Configuration(text));
        }
        let available_sat = {
            let mut view = chain.view.lock().await;
            view.sync(&chain.client).await?;
            chain.faucet.available_sat(&view)
        };
        if available_sat < LEAST_FAUCET_SAT {
            chain.mine(FIRST_BLOCKS).await?;
        }
        Ok(chain)
    }

    /// Where a node reaches this chain.
    pub fn access(&self) -> &RpcAccess {
        self.client.access()
    }

    /// For calls that have no function here.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }

    /// # Errors
    /// As the client.
    pub async fn height(&self) -> Result<u32, ChainError> {
        Ok(self.info().await?.blocks)
    }

    /// Timestamp of the tip, in seconds since 1970.
    ///
    /// # Errors
    /// As the client.
    pub async fn tip_time(&self) -> Result<u64, ChainError> {
        Ok(self.info().await?.time)
    }

    /// # Errors
    /// As the client.
    pub async fn tip_hash(&self) -> Result<BlockHash, ChainError> {
        Ok(self.info().await?.bestblockhash)
    }

    /// Mines blocks with all that waits; the faucet is paid.
    ///
    /// # Errors
    /// As the client.
    pub async fn mine(&self, blocks: u32) -> Result<Vec<BlockHash>, ChainError> {
        self.mine_to(self.faucet.address(), blocks).await
    }

    /// Mines blocks with all that waits; an address of the caller's is paid.
    ///
    /// # Errors
    /// As the client.
    pub async fn mine_to(&self, address: &Address, blocks: u32) -> Result<Vec<BlockHash>, ChainError> {
        self.client.call("generatetoaddress", json!([blocks, address])).await
    }

    /// Mines blocks that leave out everything that waits.
    ///
    /// # Errors
    /// As the client.
    pub async fn mine_empty(&self, blocks: u32) -> Result<(), ChainError> {
        let nothing: [Txid; 0] = [];
        for _ in 0..blocks {
            let params = json!([self.faucet.address(), nothing]);
            self.client.call::<serde_json::Value>("generateblock", params).await?;
        }
        Ok(())
    }

    /// Takes the last `depth` blocks off and mines one more than that, so that the new branch has
    /// more work and everybody follows it. What the old blocks held is mined again.
    ///
    /// # Errors
    /// As the client; -8 for more blocks than there are.
    pub async fn reorg(&self, depth: u32) -> Result<(), ChainError> {
        let first = (self.height().await? + 1).saturating_sub(depth);
        let hash: BlockHash = self.client.call("getblockhash", json!([first])).await?;
        self.client.call::<Option<()>>("invalidateblock", json!([hash])).await?;
        // Not to the faucet: in the same second Core would mine the very block that it just took off.
        let script = ScriptBuf::new_p2wsh(&ScriptBuf::from(random_bytes()).wscript_hash());
        let nowhere = Address::from_script(&script, Network::Regtest);
        let nowhere = nowhere.map_err(|error| ChainError::Configuration(error.to_string()))?;
        self.mine_to(&nowhere, depth + 1).await?;
        Ok(())
    }

    /// Sends exactly this much to an address. It is confirmed by the next block.
    ///
    /// # Errors
    /// [`ChainError::FaucetEmpty`], else as the client.
    pub async fn fund(&self, address: &Address, amount_sat: u64) -> Result<Txid, ChainError> {
        // The lock is held until the chain has it: two fundings never take the same coin.
        let mut view = self.view.lock().await;
        view.sync(&self.client).await?;
        let tx = self.faucet.pay(&view, address.script_pubkey(), amount_sat)?;
        self.send(&tx).await
    }

    /// Hands a transaction to the mempool.
    ///
    /// # Errors
    /// [`ChainError::Rpc`] with Core's reason when it is refused.
    pub async fn send(&self, tx: &Transaction) -> Result<Txid, ChainError> {
        self.client.call("sendrawtransaction", json!([serialize_hex(tx)])).await
    }

    /// What waits for a block.
    ///
    /// # Errors
    /// As the client.
    pub async fn mempool(&self) -> Result<Vec<Txid>, ChainError> {
        self.client.call("getrawmempool", json!([false])).await
    }

    /// A transaction, mined or waiting.
    ///
    /// # Errors
    /// As the client.
    pub async fn seen(&self, txid: &Txid) -> Result<Option<Seen>, ChainError> {
        self.look(|view| view.get(txid).cloned()).await
    }

    /// Who spends an output, mined or waiting.
    ///
    /// # Errors
    /// As the client.
    pub async fn spender_of(&self, outpoint: &OutPoint) -> Result<Option<Seen>, ChainError> {
        self.look(|view| view.spender_of(outpoint).cloned()).await
    }

    /// Outputs that ever paid a script, spent or not.
    ///
    /// # Errors
    /// As the client.
    pub async fn paying(&self, script: &Script) -> Result<Vec<OutPoint>, ChainError> {
        self.look(|view| view.paying(script)).await
    }

    /// What a script has and nothing spends, confirmed or not.
    ///
    /// # Errors
    /// As the client.
    pub async fn unspent(&self, script: &Script) -> Result<Vec<Utxo>, ChainError> {
        self.look(|view| view.unspent(script)).await
    }

    /// Sum of [`Chain::unspent`] in satoshis.
    ///
    /// # Errors
    /// As the client.
    pub async fn balance_sat(&self, script: &Script) -> Result<u64, ChainError> {
        let unspent = self.unspent(script).await?;
        Ok(unspent.iter().map(|utxo| utxo.output.value.to_sat()).sum())
    }

    /// What a transaction paid to the miner, in satoshis; `None` when it is not known here.
    ///
    /// # Errors
    /// As the client.
    pub async fn fee_sat(&self, txid: &Txid) -> Result<Option<u64>, ChainError> {
        self.look(|view| view.fee_sat(txid)).await
    }

    /// Waits until at least this many transactions wait for a block, and says which.
    ///
    /// # Errors
    /// [`ChainError::Deadline`], else as the client.
    pub async fn wait_for_mempool(&self, count: usize, within: Duration) -> Result<Vec<Txid>, ChainError> {
        let deadline = Instant::now() + within;
        loop {
            let waiting = self.mempool().await?;
            if waiting.len() >= count {
                return Ok(waiting);
            }
            next_look(deadline, || format!("{count} transactions in the mempool")).await?;
        }
    }

    /// Waits until something spends an output, mined or waiting.
    ///
    /// # Errors
    /// [`ChainError::Deadline`], else as the client.
    pub async fn wait_for_spender(&self, outpoint: &OutPoint, within: Duration) -> Result<Seen, ChainError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(seen) = self.spender_of(outpoint).await? {
                return Ok(seen);
            }
            next_look(deadline, || format!("a spend of {outpoint}")).await?;
        }
    }

    async fn look<T>(&self, read: impl FnOnce(&View) -> T) -> Result<T, ChainError> {
        let mut view = self.view.lock().await;
        view.sync(&self.client).await?;
        Ok(read(&view))
    }

    async fn info(&self) -> Result<Info, ChainError> {
        self.client.call("getblockchaininfo", json!([])).await
    }
}

fn random_bytes() -> Vec<u8> {
    rand::rng().random::<[u8; 32]>().to_vec()
}

async fn next_look(deadline: Instant, what: impl FnOnce() -> String) -> Result<(), ChainError> {
    if Instant::now() >= deadline {
        return Err(ChainError::Deadline(what()));
    }
    tokio::time::sleep(POLL).await;
    Ok(())
}
