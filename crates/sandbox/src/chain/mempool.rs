//! Transactions that wait for a block, and what Core's default policy asks of them before they may.
//!
//! Kept from policy: minimum relay fee, dust, size, replacement by a higher fee, a limit on the
//! whole. Not kept: scripts of any kind, package relay, limits on chains of unconfirmed parents.
//!
//! Invariant: every entry spends confirmed unspent outputs or outputs of other entries, no two
//! entries spend the same output, and a parent's sequence number is below its children's.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bitcoin::{OutPoint, Transaction, Txid, Weight};

use super::error::RpcError;
use super::finality::TipTimes;
use super::state::{ChainState, Coin, Refused, check_transaction};

/// Core's default since 30.0, satoshis for each 1,000 virtual bytes; also the replacement increment.
pub const MIN_RELAY_SAT_PER_KVB: u64 = 100;
/// Largest standard transaction (`MAX_STANDARD_TX_WEIGHT`).
const MAX_TX_WEIGHT: Weight = Weight::from_wu(400_000);
/// Smallest, without witnesses (`MIN_STANDARD_TX_NONWITNESS_SIZE`).
const MIN_TX_BASE_BYTES: usize = 65;
/// All waiting transactions together; far below Core's 300 MB, far above what a demo needs.
pub const MAX_MEMPOOL_VBYTES: u64 = 5_000_000;
/// Room for the coinbase is left below the consensus limit of 4,000,000.
const MAX_BLOCK_WEIGHT: Weight = Weight::from_wu(3_992_000);

/// One waiting transaction.
#[derive(Debug, Clone)]
pub struct Entry {
    pub tx: Transaction,
    pub txid: Txid,
    pub fee_sat: u64,
    pub vbytes: u64,
    /// When it came, seconds since 1970.
    pub time_s: u64,
    /// Height of the chain when it came.
    pub height: u32,
    sequence: u64,
}

/// How a transaction came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Seconds since 1970.
    pub time_s: u64,
    /// The sender's own limit on the fee, satoshis for each 1,000 virtual bytes.
    pub max_sat_per_kvb: Option<u64>,
}

impl Arrival {
    /// Without a limit on the fee.
    pub fn at(time_s: u64) -> Self {
        Self { time_s, max_sat_per_kvb: None }
    }
}

/// All waiting transactions.
#[derive(Debug)]
pub struct Mempool {
    by_sequence: BTreeMap<u64, Entry>,
    sequence_of: HashMap<Txid, u64>,
    spender: HashMap<OutPoint, Txid>,
    next_sequence: u64,
    max_vbytes: u64,
}

impl Mempool {
    /// An empty one with a limit on the sum of sizes.
    pub fn with_limit(max_vbytes: u64) -> Self {
        Self {
            by_sequence: BTreeMap::new(),
            sequence_of: HashMap::new(),
            spender: HashMap::new(),
            next_sequence: 0,
            max_vbytes,
        }
    }

    pub fn len(&self) -> usize {
        self.by_sequence.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_sequence.is_empty()
    }

    /// In the order in which a block may hold them.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.by_sequence.values()
    }

    pub fn get(&self, txid: &Txid) -> Option<&Entry> {
        self.by_sequence.get(self.sequence_of.get(txid)?)
    }

    /// Who spends an output here.
    pub fn spender_of(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.spender.get(outpoint).copied()
    }

    pub fn vbytes(&self) -> u64 {
        self.entries().map(|entry| entry.vbytes).sum()
    }

    pub fn fees_sat(&self) -> u64 {
        self.entries().map(|entry| entry.fee_sat).sum()
    }

    /// Entries that this one spends outputs of, directly.
    pub fn parents(&self, entry: &Entry) -> BTreeSet<Txid> {
        let spent = entry.tx.input.iter().map(|input| input.previous_output.txid);
        spent.filter(|txid| self.sequence_of.contains_key(txid)).collect()
    }

    /// Entries that spend an output of this one, directly.
    pub fn children(&self, txid: &Txid) -> BTreeSet<Txid> {
        let Some(entry) = self.get(txid) else {
            return BTreeSet::new();
        };
        let outputs = (0_u32..).take(entry.tx.output.len());
        outputs.filter_map(|vout| self.spender_of(&OutPoint { txid: *txid, vout })).collect()
    }

    /// The entry and all that cannot exist without it, parents first.
    pub fn with_descendants(&self, txid: &Txid) -> Vec<&Entry> {
        self.closure(txid, |of| self.children(of))
    }

    /// The entry and all that it cannot exist without, parents first.
    pub fn with_ancestors(&self, txid: &Txid) -> Vec<&Entry> {
        self.closure(txid, |of| self.get(of).map(|e| self.parents(e)).unwrap_or_default())
    }

    fn closure(&self, txid: &Txid, next: impl Fn(&Txid) -> BTreeSet<Txid>) -> Vec<&Entry> {
        let mut seen = BTreeSet::from([*txid]);
        let mut open = vec![*txid];
        while let Some(at) = open.pop() {
            open.extend(next(&at).into_iter().filter(|found| seen.insert(*found)));
        }
        self.entries().filter(|entry| seen.contains(&entry.txid)).collect()
    }

    /// Takes a transaction in, or says why not.
    ///
    /// # Errors
    /// Core's codes: -25 for inputs unknown or spent, -26 for everything else, -27 when its outputs
    /// are in the chain already. Nothing is changed then.
    pub fn accept(&mut self, state: &ChainState, tx: Transaction, arrival: Arrival) -> Result<Txid, RpcError> {
        let txid = tx.compute_txid();
        if self.get(&txid).is_some() {
            return Ok(txid);
        }
        check_shape(&tx)?;
        if (0_u32..).take(tx.output.len()).any(|vout| state.coin(&OutPoint { txid, vout }).is_some()) {
            return Err(RpcError::already_in_chain());
        }
        let times = state.next_times();
        let coins = self.coins(state, &tx, &times)?;
        let fee_sat = check_transaction(&tx, &coins, &times).map_err(|refused| match refused {
            // The one reason that Core words differently before and in a block.
            Refused::NotFinal => RpcError::rejected("non-final"),
            refused => RpcError::rejected(refused.to_string()),
        })?;
        let vbytes = tx.weight().to_vbytes_ceil();
        check_fee(fee_sat, vbytes, arrival.max_sat_per_kvb)?;
        let replaced = self.check_replacement(&tx, fee_sat, vbytes)?;
        let replaced_vbytes: u64 = replaced.iter().filter_map(|t| self.get(t)).map(|e| e.vbytes).sum();
        if self.vbytes() - replaced_vbytes + vbytes > self.max_vbytes {
            return Err(RpcError::rejected("mempool full"));
        }
        for txid in &replaced {
            self.remove(txid);
        }
        self.insert(Entry { tx, txid, fee_sat, vbytes, time_s: arrival.time_s, height: state.height(), sequence: 0 });
        Ok(txid)
    }

    /// What a block took out of the pool, and what can no longer be because of it.
    pub fn block_connected(&mut self, txs: &[Transaction]) {
        for tx in txs {
            self.remove(&tx.compute_txid());
            for input in &tx.input {
                let Some(conflict) = self.spender_of(&input.previous_output) else {
                    continue;
                };
                let gone: Vec<Txid> = self.with_descendants(&conflict).iter().map(|entry| entry.txid).collect();
                for txid in gone {
                    self.remove(&txid);
                }
            }
        }
    }

    /// After blocks were taken off: their transactions come first again, then what waited already;
    /// what no longer fits is dropped.
    pub fn rebuild(&mut self, state: &ChainState, returned: Vec<Transaction>, now_s: u64) {
        let waiting = std::mem::replace(self, Self::with_limit(self.max_vbytes));
        self.next_sequence = waiting.next_sequence;
        for tx in returned {
            let txid = tx.compute_txid();
            if let Err(refused) = self.accept(state, tx, Arrival::at(now_s)) {
                tracing::debug!(%txid, %refused, "a block taken off held what no longer fits");
            }
        }
        for entry in waiting.by_sequence.into_values() {
            let Entry { tx, txid, time_s, .. } = entry;
            if let Err(refused) = self.accept(state, tx, Arrival::at(time_s)) {
                tracing::debug!(%txid, %refused, "no longer fits after a reorganisation");
            }
        }
    }

    /// What the next block takes: all, in order, as far as it fits.
    pub fn for_next_block(&self) -> (Vec<Transaction>, u64) {
        let mut weight = Weight::ZERO;
        let mut fees_sat = 0;
        let mut txs = Vec::new();
        for entry in self.entries() {
            weight += entry.tx.weight();
            if weight > MAX_BLOCK_WEIGHT {
                break;
            }
            fees_sat += entry.fee_sat;
            txs.push(entry.tx.clone());
        }
        (txs, fees_sat)
    }

    /// What the inputs spend. An unconfirmed coin counts as one of the next block (as in Core).
    fn coins(&self, state: &ChainState, tx: &Transaction, times: &TipTimes<'_>) -> Result<Vec<Coin>, RpcError> {
        let missing = || RpcError::verify("bad-txns-inputs-missingorspent");
        let find = |outpoint: &OutPoint| -> Option<Coin> {
            if let Some(parent) = self.get(&outpoint.txid) {
                let output = parent.tx.output.get(usize::try_from(outpoint.vout).ok()?)?;
                return Some(Coin { output: output.clone(), height: times.next_height, coinbase: false });
            }
            state.coin(outpoint).cloned()
        };
        tx.input.iter().map(|i| find(&i.previous_output).ok_or_else(missing)).collect()
    }

    /// Who would have to leave, by the rules of full replacement (`policy/rbf.cpp`): the newcomer
    /// pays more than all of them together, by the relay fee of its own size, and a higher rate than
    /// each direct conflict.
    fn check_replacement(&self, tx: &Transaction, fee_sat: u64, vbytes: u64) -> Result<Vec<Txid>, RpcError> {
        let direct: BTreeSet<Txid> = tx.input.iter().filter_map(|i| self.spender_of(&i.previous_output)).collect();
        let mut leaving = BTreeSet::new();
        let mut leaving_sat = 0;
        for conflict in &direct {
            let entry = self.get(conflict).expect("a spender is an entry");
            if u128::from(fee_sat) * u128::from(entry.vbytes) <= u128::from(entry.fee_sat) * u128::from(vbytes) {
                return Err(insufficient("new feerate is not above the replaced one's"));
            }
            for entry in self.with_descendants(conflict) {
                if leaving.insert(entry.txid) {
                    leaving_sat += entry.fee_sat;
                }
            }
        }
        if leaving.is_empty() {
            return Ok(Vec::new());
        }
        if tx.input.iter().any(|i| leaving.contains(&i.previous_output.txid)) {
            return Err(RpcError::rejected("bad-txns-spends-conflicting-tx"));
        }
        if fee_sat < leaving_sat + relay_fee_sat(vbytes) {
            return Err(insufficient("it pays less than what it replaces and its own relay"));
        }
        Ok(leaving.into_iter().collect())
    }

    fn insert(&mut self, mut entry: Entry) {
        entry.sequence = self.next_sequence;
        self.next_sequence += 1;
        for input in &entry.tx.input {
            self.spender.insert(input.previous_output, entry.txid);
        }
        self.sequence_of.insert(entry.txid, entry.sequence);
        self.by_sequence.insert(entry.sequence, entry);
    }

    fn remove(&mut self, txid: &Txid) {
        let Some(sequence) = self.sequence_of.remove(txid) else {
            return;
        };
        let Some(entry) = self.by_sequence.remove(&sequence) else {
            return;
        };
        for input in &entry.tx.input {
            self.spender.remove(&input.previous_output);
        }
    }
}

/// Fee in satoshis for this many virtual bytes at the relay minimum, rounded up.
pub fn relay_fee_sat(vbytes: u64) -> u64 {
    (vbytes * MIN_RELAY_SAT_PER_KVB).div_ceil(1_000)
}

fn insufficient(why: &str) -> RpcError {
    RpcError::rejected(format!("insufficient fee, rejecting replacement; {why}"))
}

fn check_fee(fee_sat: u64, vbytes: u64, max_sat_per_kvb: Option<u64>) -> Result<(), RpcError> {
    if let Some(max) = max_sat_per_kvb
        && fee_sat > max.saturating_mul(vbytes) / 1_000
    {
        let text = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)";
        return Err(RpcError::verify(text));
    }
    let least_sat = relay_fee_sat(vbytes);
    if fee_sat < least_sat {
        let text = format!("min relay fee not met, {fee_sat} < {least_sat}");
        return Err(RpcError::rejected(text));
    }
    Ok(())
}

/// What can be said of a transaction without knowing the chain.
fn check_shape(tx: &Transaction) -> Result<(), RpcError> {
    let refuse = |reason: &str| Err(RpcError::rejected(reason));
    if tx.input.is_empty() {
        return refuse("bad-txns-vin-empty");
    }
    if tx.output.is_empty() {
        return refuse("bad-txns-vout-empty");
    }
    if tx.is_coinbase() {
        return refuse("coinbase");
    }
    let spent: HashSet<OutPoint> = tx.input.iter().map(|input| input.previous_output).collect();
    if spent.len() != tx.input.len() {
        return refuse("bad-txns-inputs-duplicate");
    }
    if tx.output.iter().any(|output| output.value > bitcoin::Amount::MAX_MONEY) {
        return refuse("bad-txns-vout-toolarge");
    }
    if !(1..=3).contains(&tx.version.0) {
        return refuse("version");
    }
    if tx.weight() > MAX_TX_WEIGHT {
        return refuse("tx-size");
    }
    if tx.base_size() < MIN_TX_BASE_BYTES {
        return refuse("tx-size-small");
    }
    if tx.output.iter().any(|output| output.value < output.script_pubkey.minimal_non_dust()) {
        return refuse("dust");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::transaction::Version;
    use bitcoin::{Amount, Block, ScriptBuf, Sequence, TxIn, TxOut, Witness};

    use super::super::miner::{self, Template};
    use super::*;

    const NOW_S: u64 = 1_700_000_000;

    fn script(tag: u8) -> ScriptBuf {
        ScriptBuf::new_p2wsh(&ScriptBuf::from(vec![tag; 8]).wscript_hash())
    }

    fn next_block(state: &ChainState, txs: Vec<Transaction>, fees_sat: u64) -> Block {
        let now_s = u32::try_from(NOW_S).expect("32 bits");
        miner::mine(state, Template { pay_to: script(0), txs, fees_sat, now_s, extra_nonce: 0 })
    }

    /// A chain whose first coinbase is mature.
    fn mature() -> (ChainState, OutPoint) {
        let mut state = ChainState::genesis();
        for _ in 0..100 {
            let block = next_block(&state, Vec::new(), 0);
            state.connect(block).expect("fits");
        }
        let first = state.hash_at(1).and_then(|hash| state.block(&hash)).expect("mined");
        let txid = first.block.txdata[0].compute_txid();
        (state, OutPoint { txid, vout: 0 })
    }

    fn spend(from: OutPoint, tag: u8, sat: u64) -> Transaction {
        let input = TxIn {
            previous_output: from,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        let output = TxOut { value: Amount::from_sat(sat), script_pubkey: script(tag) };
        Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: vec![input], output: vec![output] }
    }

    fn first_output(tx: &Transaction) -> OutPoint {
        OutPoint { txid: tx.compute_txid(), vout: 0 }
    }

    const COINBASE_SAT: u64 = 50 * 100_000_000;

    #[test]
    fn a_replacement_takes_what_depends_on_the_replaced_with_it() {
        let (state, coinbase) = mature();
        let mut mempool = Mempool::with_limit(MAX_MEMPOOL_VBYTES);
        let accept = |mempool: &mut Mempool, tx: &Transaction| mempool.accept(&state, tx.clone(), Arrival::at(NOW_S));
        let parent = spend(coinbase, 1, COINBASE_SAT - 1_000);
        let child = spend(first_output(&parent), 2, COINBASE_SAT - 2_000);
        let orphan = accept(&mut mempool, &child).expect_err("its parent is not there");
        assert_eq!(orphan.code, -25);
        accept(&mut mempool, &parent).expect("fits");
        accept(&mut mempool, &child).expect("fits");
        assert_eq!(mempool.with_ancestors(&child.compute_txid()).len(), 2);
        let (txs, fees_sat) = mempool.for_next_block();
        assert_eq!((txs, fees_sat), (vec![parent.clone(), child.clone()], 2_000));

        // More than the parent, but not more than both.
        let cheap = accept(&mut mempool, &spend(coinbase, 3, COINBASE_SAT - 1_500)).expect_err("too cheap");
        assert!(cheap.message.starts_with("insufficient fee"), "{cheap}");
        let dear = spend(coinbase, 3, COINBASE_SAT - 3_000);
        accept(&mut mempool, &dear).expect("replaces both");
        assert_eq!(mempool.len(), 1);
        assert_eq!(mempool.spender_of(&coinbase), Some(dear.compute_txid()));
        assert_eq!(mempool.spender_of(&first_output(&parent)), None);
    }

    #[test]
    fn a_full_pool_refuses() {
        let (state, coinbase) = mature();
        let tx = spend(coinbase, 1, COINBASE_SAT - 1_000);
        let vbytes = tx.weight().to_vbytes_ceil();
        let mut mempool = Mempool::with_limit(vbytes - 1);
        let full = mempool.accept(&state, tx.clone(), Arrival::at(NOW_S)).expect_err("no room");
        assert_eq!((full.code, full.message.as_str()), (-26, "mempool full"));
        let mut mempool = Mempool::with_limit(vbytes);
        mempool.accept(&state, tx.clone(), Arrival::at(NOW_S)).expect("just fits");
        // What it replaces makes room.
        mempool.accept(&state, spend(coinbase, 2, COINBASE_SAT - 2_000), Arrival::at(NOW_S)).expect("replaces");
    }

    #[test]
    fn a_block_takes_out_what_it_holds_and_what_contradicts_it() {
        let (mut state, coinbase) = mature();
        let mut mempool = Mempool::with_limit(MAX_MEMPOOL_VBYTES);
        let waiting = spend(coinbase, 1, COINBASE_SAT - 1_000);
        mempool.accept(&state, waiting.clone(), Arrival::at(NOW_S)).expect("fits");
        let child = spend(first_output(&waiting), 2, COINBASE_SAT - 2_000);
        mempool.accept(&state, child, Arrival::at(NOW_S)).expect("fits");
        let mined = spend(coinbase, 9, COINBASE_SAT - 500);
        let block = next_block(&state, vec![mined.clone()], 500);
        state.connect(block.clone()).expect("fits");
        mempool.block_connected(&block.txdata);
        assert!(mempool.is_empty());

        // Taken off again, it is the mined one that waits.
        let returned = state.disconnect_tip().expect("not the genesis block");
        mempool.rebuild(&state, returned, NOW_S);
        assert_eq!(mempool.entries().map(|entry| entry.txid).collect::<Vec<_>>(), [mined.compute_txid()]);
        assert!(state.coin(&coinbase).is_some() && state.coin(&first_output(&mined)).is_none());
    }

    #[test]
    fn blocks_that_break_a_rule_change_nothing() {
        let (mut state, coinbase) = mature();
        let good = next_block(&state, vec![spend(coinbase, 1, COINBASE_SAT - 500)], 500);
        let remine = |mut block: Block| {
            block.header.merkle_root = block.compute_merkle_root().expect("a coinbase");
            while block.header.validate_pow(block.header.target()).is_err() {
                block.header.nonce += 1;
            }
            block
        };
        let mut wrong_root = good.clone();
        wrong_root.txdata.truncate(1);
        let mut greedy = good.clone();
        greedy.txdata[0].output[0].value += Amount::from_sat(1);
        let mut double = good.clone();
        double.txdata.push(spend(coinbase, 2, 1_000));
        let mut headless = good.clone();
        headless.txdata.remove(0);
        let mut early = good.clone();
        early.header.time = state.median_time(&state.tip_hash());
        let mut low = good.clone();
        low.txdata[0].input[0].script_sig = miner::height_push(99);
        let mut uncommitted = good.clone();
        uncommitted.txdata[1].input[0].witness = Witness::from_slice(&[[1_u8]]);
        let before = (state.tip_hash(), state.coin_count());
        for (block, want) in [
            (wrong_root, Refused::MerkleRoot),
            (remine(greedy), Refused::CoinbaseAmount),
            (miner::seal(double), Refused::MissingOrSpent),
            (remine(headless), Refused::CoinbaseMissing),
            (remine(early), Refused::TooOld),
            (remine(low), Refused::CoinbaseHeight),
            (uncommitted, Refused::WitnessCommitment),
        ] {
            assert_eq!(state.connect(block), Err(want));
            assert_eq!((state.tip_hash(), state.coin_count()), before);
        }
        let mut unworked = good.clone();
        while unworked.header.validate_pow(unworked.header.target()).is_ok() {
            unworked.header.nonce += 1;
        }
        assert_eq!(state.connect(unworked), Err(Refused::ProofOfWork));
        state.connect(good.clone()).expect("fits");
        assert_eq!(state.connect(good), Err(Refused::NotOnTip));
    }
}
