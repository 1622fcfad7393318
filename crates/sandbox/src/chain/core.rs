//! Chain and mempool together: the few operations that change them, each whole under one lock.

use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::{BlockHash, ScriptBuf, Transaction, Txid};

use super::error::RpcError;
use super::mempool::{Arrival, MAX_MEMPOOL_VBYTES, Mempool};
use super::miner::{self, Template};
use super::state::ChainState;

/// A regtest node's whole memory.
#[derive(Debug)]
pub struct Core {
    pub state: ChainState,
    pub mempool: Mempool,
    /// Blocks mined so far, also those taken off: no two coinbases are alike.
    mined: u64,
}

impl Core {
    /// Regtest's genesis block and nothing else.
    pub fn at_genesis() -> Self {
        Self { state: ChainState::genesis(), mempool: Mempool::with_limit(MAX_MEMPOOL_VBYTES), mined: 0 }
    }

    /// Wall clock in seconds since 1970. LDK compares header times with its own clock, so the
    /// sandbox's blocks carry the real time.
    pub fn now_s() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Takes a transaction into the mempool.
    ///
    /// # Errors
    /// As [`Mempool::accept`].
    pub fn submit(&mut self, tx: Transaction, max_sat_per_kvb: Option<u64>) -> Result<Txid, RpcError> {
        let arrival = Arrival { time_s: Self::now_s(), max_sat_per_kvb };
        self.mempool.accept(&self.state, tx, arrival)
    }

    /// Mines one block with all that waits.
    ///
    /// # Errors
    /// -1 when the block does not fit its own chain, which would be a fault of the sandbox.
    pub fn mine(&mut self, pay_to: ScriptBuf) -> Result<BlockHash, RpcError> {
        let (txs, fees_sat) = self.mempool.for_next_block();
        self.mine_with(pay_to, txs, fees_sat)
    }

    /// Mines one block with these transactions of the mempool and no others.
    ///
    /// # Errors
    /// -5 when one is not waiting; -25 when one does not fit without another that was left out.
    pub fn mine_only(&mut self, pay_to: ScriptBuf, txids: &[Txid]) -> Result<BlockHash, RpcError> {
        let mut txs = Vec::with_capacity(txids.len());
        let mut fees_sat = 0;
        for txid in txids {
            let entry = self.mempool.get(txid);
            let entry = entry.ok_or_else(|| RpcError::not_found(format!("Transaction {txid} not in mempool.")))?;
            txs.push(entry.tx.clone());
            fees_sat += entry.fee_sat;
        }
        self.mine_with(pay_to, txs, fees_sat)
    }

    /// Takes a block of the active branch and all after it off; what they held waits again.
    ///
    /// # Errors
    /// -5 when there is no such block, -8 for the genesis block. A block that is on no active branch
    /// is left as it is.
    pub fn invalidate(&mut self, hash: &BlockHash) -> Result<(), RpcError> {
        let stored = self.state.block(hash).ok_or_else(|| RpcError::not_found("Block not found"))?;
        if stored.height == 0 {
            return Err(RpcError::invalid_parameter("The genesis block cannot be invalidated"));
        }
        let mut blocks = Vec::new();
        while self.state.is_active(hash) {
            blocks.extend(self.state.disconnect_tip());
        }
        let returned = blocks.into_iter().rev().flatten().collect();
        self.mempool.rebuild(&self.state, returned, Self::now_s());
        Ok(())
    }

    fn mine_with(&mut self, pay_to: ScriptBuf, txs: Vec<Transaction>, fees_sat: u64) -> Result<BlockHash, RpcError> {
        self.mined += 1;
        let now_s = u32::try_from(Self::now_s()).unwrap_or(u32::MAX);
        let template = Template { pay_to, txs, fees_sat, now_s, extra_nonce: self.mined };
        let block = miner::mine(&self.state, template);
        let txs = block.txdata.clone();
        let hash = self
            .state
            .connect(block)
            .map_err(|refused| RpcError::verify(format!("TestBlockValidity failed: {refused}")))?;
        self.mempool.block_connected(&txs);
        Ok(hash)
    }
}
