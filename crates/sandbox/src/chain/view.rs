//! What has happened on a chain, read over RPC: which transaction paid a script, which one spent an
//! output, what fee it paid. So the same questions can be asked of the in-process chain and of Core,
//! which has no wallet and no such index.
//!
//! Invariant after [`View::sync`]: the view holds exactly the transactions of the active branch and
//! of the mempool as they were at some moment during the call.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{Block, BlockHash, OutPoint, Script, ScriptBuf, Transaction, TxOut, Txid};
use serde_json::json;

use super::client::RpcClient;
use super::error::{ChainError, RpcError};

/// A transaction that was seen, and where.
#[derive(Debug, Clone)]
pub struct Seen {
    pub txid: Txid,
    pub tx: Arc<Transaction>,
    /// Height of its block; `None` while it waits in the mempool.
    pub height: Option<u32>,
}

/// An unspent output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utxo {
    pub outpoint: OutPoint,
    pub output: TxOut,
    /// Height of its block; `None` while its transaction waits.
    pub height: Option<u32>,
    pub coinbase: bool,
}

/// The index; see the module.
#[derive(Debug, Default)]
pub struct View {
    active: Vec<BlockHash>,
    seen: HashMap<Txid, Seen>,
    spender: HashMap<OutPoint, Txid>,
    paying: HashMap<ScriptBuf, BTreeSet<OutPoint>>,
    waiting: HashSet<Txid>,
}

impl View {
    /// Height of the last block that was read; the genesis block counts as read.
    pub fn height(&self) -> u32 {
        u32::try_from(self.active.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    pub fn get(&self, txid: &Txid) -> Option<&Seen> {
        self.seen.get(txid)
    }

    pub fn spender_of(&self, outpoint: &OutPoint) -> Option<&Seen> {
        self.get(self.spender.get(outpoint)?)
    }

    pub fn output(&self, outpoint: &OutPoint) -> Option<&TxOut> {
        self.get(&outpoint.txid)?.tx.output.get(usize::try_from(outpoint.vout).ok()?)
    }

    /// Outputs that ever paid a script, spent or not.
    pub fn paying(&self, script: &Script) -> Vec<OutPoint> {
        self.paying.get(script).map(|found| found.iter().copied().collect()).unwrap_or_default()
    }

    /// Outputs that pay a script and that nothing spends, also not in the mempool.
    pub fn unspent(&self, script: &Script) -> Vec<Utxo> {
        let unspent = self.paying(script).into_iter().filter(|o| !self.spender.contains_key(o));
        unspent
            .filter_map(|outpoint| {
                let seen = self.get(&outpoint.txid)?;
                let output = self.output(&outpoint)?.clone();
                let coinbase = seen.tx.is_coinbase();
                Some(Utxo { outpoint, output, height: seen.height, coinbase })
            })
            .collect()
    }

    /// Inputs less outputs in satoshis; `None` when an input is not known (a coinbase's is not).
    pub fn fee_sat(&self, txid: &Txid) -> Option<u64> {
        let tx = &self.get(txid)?.tx;
        let spent = tx.input.iter().map(|input| self.output(&input.previous_output));
        let spent = spent.map(|output| output.map(|o| o.value.to_sat())).sum::<Option<u64>>()?;
        spent.checked_sub(tx.output.iter().map(|output| output.value.to_sat()).sum())
    }

    /// Reads what has changed since the last time.
    ///
    /// # Errors
    /// As the client; what was read until then stays and the next call goes on from there.
    pub async fn sync(&mut self, client: &RpcClient) -> Result<(), ChainError> {
        self.sync_blocks(client).await?;
        self.sync_mempool(client).await
    }

    async fn sync_blocks(&mut self, client: &RpcClient) -> Result<(), ChainError> {
        while let Some(ours) = self.active.last().copied() {
            if hash_at(client, self.height()).await? == Some(ours) {
                break;
            }
            self.active.pop();
            self.forget_block(self.active.len());
        }
        loop {
            let height = u32::try_from(self.active.len()).unwrap_or(u32::MAX);
            let Some(hash) = hash_at(client, height).await? else {
                return Ok(());
            };
            let block: String = client.call("getblock", json!([hash, 0])).await?;
            let block: Block = decode(&block)?;
            if self.active.last().is_some_and(|tip| *tip != block.header.prev_blockhash) {
                // Reorganised while it was read: the next call starts from the fork.
                return Ok(());
            }
            self.active.push(hash);
            // Nothing ever spends the genesis block.
            if height > 0 {
                for tx in block.txdata {
                    self.learn(tx, Some(height));
                }
            }
        }
    }

    async fn sync_mempool(&mut self, client: &RpcClient) -> Result<(), ChainError> {
        let now: HashSet<Txid> = client.call("getrawmempool", json!([false])).await?;
        let gone: Vec<Txid> = self.waiting.difference(&now).copied().collect();
        for txid in gone {
            self.waiting.remove(&txid);
            if self.get(&txid).is_some_and(|seen| seen.height.is_none()) {
                self.forget(&txid);
            }
        }
        for txid in now {
            if self.seen.contains_key(&txid) {
                continue;
            }
            match client.call::<String>("getrawtransaction", json!([txid])).await {
                Ok(tx) => self.learn(decode(&tx)?, None),
                // Mined or replaced since the list was read.
                Err(ChainError::Rpc(RpcError { code: -5, .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn learn(&mut self, tx: Transaction, height: Option<u32>) {
        let txid = tx.compute_txid();
        if height.is_none() {
            self.waiting.insert(txid);
        } else {
            self.waiting.remove(&txid);
        }
        for input in &tx.input {
            self.spender.insert(input.previous_output, txid);
        }
        for (vout, output) in (0..).zip(&tx.output) {
            let outpoints = self.paying.entry(output.script_pubkey.clone()).or_default();
            outpoints.insert(OutPoint { txid, vout });
        }
        self.seen.insert(txid, Seen { txid, tx: Arc::new(tx), height });
    }

    fn forget_block(&mut self, height: usize) {
        let height = u32::try_from(height).ok();
        let held: Vec<Txid> = self.seen.values().filter(|seen| seen.height == height).map(|seen| seen.txid).collect();
        for txid in held {
            self.forget(&txid);
        }
    }

    fn forget(&mut self, txid: &Txid) {
        let Some(seen) = self.seen.remove(txid) else {
            return;
        };
        for input in &seen.tx.input {
            if self.spender.get(&input.previous_output) == Some(txid) {
                self.spender.remove(&input.previous_output);
            }
        }
        for (vout, output) in (0..).zip(&seen.tx.output) {
            if let Some(outpoints) = self.paying.get_mut(&output.script_pubkey) {
                outpoints.remove(&OutPoint { txid: *txid, vout });
            }
        }
    }
}

/// The active block at a height; `None` above the tip.
async fn hash_at(client: &RpcClient, height: u32) -> Result<Option<BlockHash>, ChainError> {
    match client.call("getblockhash", json!([height])).await {
        Ok(hash) => Ok(Some(hash)),
        Err(ChainError::Rpc(RpcError { code: -8, .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

fn decode<T: bitcoin::consensus::Decodable>(hex: &str) -> Result<T, ChainError> {
    deserialize_hex(hex).map_err(|error| ChainError::Transport(error.to_string()))
}
