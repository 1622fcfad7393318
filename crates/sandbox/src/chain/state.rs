//! The chain itself: blocks, the active branch, the unspent outputs, and what a block must satisfy.
//!
//! Checked: proof of work at regtest difficulty, merkle root, witness commitment, height in the
//! coinbase (BIP34), subsidy, rising median time, finality (nLockTime and BIP68), coinbase maturity,
//! that every input exists, is unspent and no output exceeds the inputs. Not checked: scripts.
//!
//! Invariant: `utxos` is exactly what the active branch leaves unspent. Connecting and disconnecting
//! are inverse, because a stored block carries the coins that it spent.

use std::collections::{BTreeMap, HashMap, HashSet};

use bitcoin::pow::Work;
use bitcoin::{Block, BlockHash, Network, OutPoint, Transaction, TxOut, Txid};

use super::finality::{self, TipTimes};
use super::miner;

/// A coinbase output may be spent this many blocks later (consensus, `COINBASE_MATURITY`).
pub const COINBASE_MATURITY: u32 = 100;
/// Blocks between two halvings on regtest (`consensus.nSubsidyHalvingInterval`).
const HALVING_INTERVAL: u32 = 150;
const FIRST_SUBSIDY_SAT: u64 = 50 * 100_000_000;
/// Blocks whose timestamps make the median that a next block must exceed (BIP113).
const MEDIAN_SPAN: usize = 11;

/// One unspent output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
    pub output: TxOut,
    /// Height of the block that made it.
    pub height: u32,
    pub coinbase: bool,
}

/// A block with what has to be known to take it off again.
#[derive(Debug, Clone)]
pub struct StoredBlock {
    pub block: Block,
    pub height: u32,
    pub chainwork: Work,
    /// What its inputs spent, in the order of the inputs.
    undo: Vec<(OutPoint, Coin)>,
}

/// Why a block or a transaction does not fit the chain. The text is Core's reject reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("bad-prevblk")]
    NotOnTip,
    #[error("high-hash")]
    ProofOfWork,
    #[error("bad-txnmrklroot")]
    MerkleRoot,
    #[error("bad-witness-merkle-match")]
    WitnessCommitment,
    #[error("bad-cb-missing")]
    CoinbaseMissing,
    #[error("bad-cb-height")]
    CoinbaseHeight,
    #[error("bad-cb-amount")]
    CoinbaseAmount,
    #[error("time-too-old")]
    TooOld,
    #[error("bad-txns-nonfinal")]
    NotFinal,
    #[error("non-BIP68-final")]
    RelativeLock,
    #[error("bad-txns-inputs-missingorspent")]
    MissingOrSpent,
    #[error("bad-txns-premature-spend-of-coinbase")]
    PrematureCoinbase,
    #[error("bad-txns-in-belowout")]
    InBelowOut,
}

/// All blocks, and the branch that counts.
#[derive(Debug)]
pub struct ChainState {
    blocks: HashMap<BlockHash, StoredBlock>,
    /// Hash by height of the active branch; never empty.
    active: Vec<BlockHash>,
    utxos: HashMap<OutPoint, Coin>,
    /// Block of every transaction on the active branch.
    located: HashMap<Txid, BlockHash>,
}

impl ChainState {
    /// A chain of regtest's genesis block only. Its coinbase is unspendable, as in Core.
    pub fn genesis() -> Self {
        let block = bitcoin::constants::genesis_block(Network::Regtest);
        let hash = block.block_hash();
        let chainwork = block.header.work();
        let stored = StoredBlock { block, height: 0, chainwork, undo: Vec::new() };
        Self {
            blocks: HashMap::from([(hash, stored)]),
            active: vec![hash],
            utxos: HashMap::new(),
            located: HashMap::new(),
        }
    }

    pub fn tip_hash(&self) -> BlockHash {
        *self.active.last().expect("the genesis block is never taken off")
    }

    pub fn height(&self) -> u32 {
        u32::try_from(self.active.len() - 1).expect("fewer than 2^32 blocks")
    }

    pub fn tip(&self) -> &StoredBlock {
        self.block(&self.tip_hash()).expect("active blocks are stored")
    }

    /// A block of any branch.
    pub fn block(&self, hash: &BlockHash) -> Option<&StoredBlock> {
        self.blocks.get(hash)
    }

    /// The active block at a height.
    pub fn hash_at(&self, height: u32) -> Option<BlockHash> {
        self.active.get(usize::try_from(height).ok()?).copied()
    }

    pub fn is_active(&self, hash: &BlockHash) -> bool {
        self.block(hash).is_some_and(|b| self.hash_at(b.height) == Some(*hash))
    }

    /// 1 for the tip, -1 for a block that is on no active branch, as Core counts.
    pub fn confirmations(&self, hash: &BlockHash) -> i64 {
        match self.block(hash) {
            Some(stored) if self.is_active(hash) => i64::from(self.height() - stored.height) + 1,
            _ => -1,
        }
    }

    pub fn coin(&self, outpoint: &OutPoint) -> Option<&Coin> {
        self.utxos.get(outpoint)
    }

    pub fn coin_count(&self) -> usize {
        self.utxos.len()
    }

    /// The active block that holds a transaction.
    pub fn block_of(&self, txid: &Txid) -> Option<BlockHash> {
        self.located.get(txid).copied()
    }

    /// A transaction on the active branch.
    pub fn transaction(&self, txid: &Txid) -> Option<&Transaction> {
        let stored = self.block(&self.block_of(txid)?)?;
        stored.block.txdata.iter().find(|tx| tx.compute_txid() == *txid)
    }

    /// Subsidy of a block at a height, in satoshis.
    pub fn subsidy_sat(height: u32) -> u64 {
        FIRST_SUBSIDY_SAT.checked_shr(height / HALVING_INTERVAL).unwrap_or(0)
    }

    /// Median of the last eleven timestamps up to and including a block of any branch (BIP113).
    pub fn median_time(&self, hash: &BlockHash) -> u32 {
        let mut times = Vec::with_capacity(MEDIAN_SPAN);
        let mut at = self.block(hash);
        while let Some(stored) = at {
            times.push(stored.block.header.time);
            if times.len() == MEDIAN_SPAN {
                break;
            }
            at = self.block(&stored.block.header.prev_blockhash);
        }
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }

    /// What finality of the block after the tip is judged by.
    pub fn next_times(&self) -> TipTimes<'_> {
        TipTimes {
            next_height: self.height() + 1,
            median_time: self.median_time(&self.tip_hash()),
            median_before: Box::new(|height| {
                self.hash_at(height.saturating_sub(1)).map_or(0, |hash| self.median_time(&hash))
            }),
        }
    }

    /// Puts a block on the tip.
    ///
    /// # Errors
    /// The first rule that it breaks; the state is then unchanged.
    pub fn connect(&mut self, block: Block) -> Result<BlockHash, Refused> {
        let height = self.height() + 1;
        self.check_block(&block, height)?;
        let undo = self.check_spends(&block, height)?;
        for (outpoint, _) in &undo {
            self.utxos.remove(outpoint);
        }
        let hash = block.block_hash();
        for (index, tx) in block.txdata.iter().enumerate() {
            let txid = tx.compute_txid();
            self.located.insert(txid, hash);
            for (outpoint, output) in spendable_outputs(txid, tx) {
                let coin = Coin { output: output.clone(), height, coinbase: index == 0 };
                self.utxos.insert(outpoint, coin);
            }
        }
        // A coin that this very block made and spent was put back by the loop above.
        for (outpoint, _) in &undo {
            self.utxos.remove(outpoint);
        }
        let chainwork = self.tip().chainwork + block.header.work();
        self.blocks.insert(hash, StoredBlock { block, height, chainwork, undo });
        self.active.push(hash);
        Ok(hash)
    }

    /// Takes the tip off and hands its transactions back without the coinbase, oldest first.
    /// The block stays known. `None` at the genesis block.
    pub fn disconnect_tip(&mut self) -> Option<Vec<Transaction>> {
        if self.height() == 0 {
            return None;
        }
        let hash = self.active.pop()?;
        let stored = self.blocks.get(&hash)?;
        for tx in &stored.block.txdata {
            let txid = tx.compute_txid();
            self.located.remove(&txid);
            for (outpoint, _) in spendable_outputs(txid, tx) {
                self.utxos.remove(&outpoint);
            }
        }
        let own: HashSet<Txid> = stored.block.txdata.iter().map(Transaction::compute_txid).collect();
        for (outpoint, coin) in &stored.undo {
            if !own.contains(&outpoint.txid) {
                self.utxos.insert(*outpoint, coin.clone());
            }
        }
        Some(stored.block.txdata.iter().skip(1).cloned().collect())
    }

    fn check_block(&self, block: &Block, height: u32) -> Result<(), Refused> {
        let header = &block.header;
        if header.prev_blockhash != self.tip_hash() {
            return Err(Refused::NotOnTip);
        }
        let target = self.tip().block.header.target();
        header.validate_pow(target).map_err(|_| Refused::ProofOfWork)?;
        let coinbase = block.txdata.first().filter(|tx| tx.is_coinbase());
        let coinbase = coinbase.ok_or(Refused::CoinbaseMissing)?;
        if block.txdata.iter().skip(1).any(Transaction::is_coinbase) {
            return Err(Refused::CoinbaseMissing);
        }
        if !block.check_merkle_root() {
            return Err(Refused::MerkleRoot);
        }
        if !block.check_witness_commitment() {
            return Err(Refused::WitnessCommitment);
        }
        let script_sig = &coinbase.input[0].script_sig;
        if !script_sig.as_bytes().starts_with(miner::height_push(height).as_bytes()) {
            return Err(Refused::CoinbaseHeight);
        }
        if header.time <= self.median_time(&self.tip_hash()) {
            return Err(Refused::TooOld);
        }
        Ok(())
    }

    /// Checks amounts and timelocks of all inputs and returns what they spend.
    fn check_spends(&self, block: &Block, height: u32) -> Result<Vec<(OutPoint, Coin)>, Refused> {
        let times = self.next_times();
        let mut made: HashMap<OutPoint, Coin> = HashMap::new();
        let mut undo: BTreeMap<OutPoint, Coin> = BTreeMap::new();
        let mut order = Vec::new();
        let mut fees_sat = 0_u64;
        for (index, tx) in block.txdata.iter().enumerate() {
            let txid = tx.compute_txid();
            if index > 0 {
                let mut coins = Vec::with_capacity(tx.input.len());
                for input in &tx.input {
                    let outpoint = input.previous_output;
                    let coin = made.get(&outpoint).or_else(|| self.coin(&outpoint));
                    let coin = coin.filter(|_| !undo.contains_key(&outpoint)).cloned();
                    let coin = coin.ok_or(Refused::MissingOrSpent)?;
                    undo.insert(outpoint, coin.clone());
                    order.push(outpoint);
                    coins.push(coin);
                }
                fees_sat += check_transaction(tx, &coins, &times)?;
            }
            for (outpoint, output) in spendable_outputs(txid, tx) {
                made.insert(outpoint, Coin { output: output.clone(), height, coinbase: index == 0 });
            }
        }
        let claimed_sat = total_sat(&block.txdata[0].output);
        if claimed_sat > Self::subsidy_sat(height).saturating_add(fees_sat) {
            return Err(Refused::CoinbaseAmount);
        }
        Ok(order.into_iter().filter_map(|o| undo.remove(&o).map(|coin| (o, coin))).collect())
    }
}

/// Checks one transaction against the coins that it spends, for the block after the tip, and
/// returns its fee in satoshis.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_transaction(tx: &Transaction, coins: &[Coin], times: &TipTimes<'_>) -> Result<u64, Refused> {
    if !finality::is_final(tx, times) {
        return Err(Refused::NotFinal);
    }
    let immature = |coin: &Coin| coin.coinbase && times.next_height - coin.height < COINBASE_MATURITY;
    if coins.iter().any(immature) {
        return Err(Refused::PrematureCoinbase);
    }
    if !finality::relative_locks_met(tx, coins, times) {
        return Err(Refused::RelativeLock);
    }
    let spent_sat = coins.iter().fold(0_u64, |sum, c| sum.saturating_add(c.output.value.to_sat()));
    spent_sat.checked_sub(total_sat(&tx.output)).ok_or(Refused::InBelowOut)
}

/// Outputs that enter the set of unspent ones: all but those that nobody can ever spend.
pub fn spendable_outputs(txid: Txid, tx: &Transaction) -> impl Iterator<Item = (OutPoint, &TxOut)> + '_ {
    let with_index = (0_u32..).zip(&tx.output);
    with_index
        .filter(|(_, output)| !output.script_pubkey.is_op_return())
        .map(move |(vout, output)| (OutPoint { txid, vout }, output))
}

/// Sum of outputs in satoshis; saturates, which no rule that follows lets pass.
pub fn total_sat(outputs: &[TxOut]) -> u64 {
    outputs.iter().fold(0_u64, |sum, output| sum.saturating_add(output.value.to_sat()))
}
