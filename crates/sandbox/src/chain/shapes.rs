//! The answers as Bitcoin Core's help texts describe them, field by field and in their order.
//!
//! Left out are fields that need what the sandbox does not have: descriptors, peers, file sizes.

use bitcoin::pow::{Target, Work};
use bitcoin::{Address, Block, BlockHash, Network, Transaction, TxIn, TxOut, Txid, Wtxid};
use serde::Serialize;
use serde_json::value::RawValue;

use super::amount::Btc;
use super::core::Core;
use super::mempool::Entry;
use super::state::StoredBlock;

/// Regtest's difficulty as Core prints it; it never changes.
const REGTEST_DIFFICULTY: &str = "4.656542373906925e-10";

fn difficulty() -> Box<RawValue> {
    RawValue::from_string(REGTEST_DIFFICULTY.to_owned()).expect("a JSON number")
}

fn hex_target(target: Target) -> String {
    hex::encode(target.to_be_bytes())
}

fn hex_work(work: Work) -> String {
    hex::encode(work.to_be_bytes())
}

#[derive(Serialize)]
pub struct BlockchainInfo {
    chain: &'static str,
    blocks: u32,
    headers: u32,
    bestblockhash: BlockHash,
    bits: String,
    target: String,
    difficulty: Box<RawValue>,
    time: u32,
    mediantime: u32,
    verificationprogress: u8,
    initialblockdownload: bool,
    chainwork: String,
    size_on_disk: u64,
    pruned: bool,
    warnings: [String; 0],
}

impl BlockchainInfo {
    /// Core calls a tip older than a day "initial block download".
    pub fn of(core: &Core) -> Self {
        const DAY_S: u64 = 24 * 60 * 60;
        let tip = core.state.tip();
        let header = &tip.block.header;
        let hash = core.state.tip_hash();
        Self {
            chain: "regtest",
            blocks: tip.height,
            headers: tip.height,
            bestblockhash: hash,
            bits: format!("{:08x}", header.bits.to_consensus()),
            target: hex_target(header.target()),
            difficulty: difficulty(),
            time: header.time,
            mediantime: core.state.median_time(&hash),
            verificationprogress: 1,
            initialblockdownload: u64::from(header.time) + DAY_S < Core::now_s(),
            chainwork: hex_work(tip.chainwork),
            size_on_disk: 0,
            pruned: false,
            warnings: [],
        }
    }
}

#[derive(Serialize)]
pub struct HeaderInfo {
    hash: BlockHash,
    confirmations: i64,
    height: u32,
    version: i32,
    #[serde(rename = "versionHex")]
    version_hex: String,
    merkleroot: String,
    time: u32,
    mediantime: u32,
    nonce: u32,
    bits: String,
    target: String,
    difficulty: Box<RawValue>,
    chainwork: String,
    #[serde(rename = "nTx")]
    n_tx: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    previousblockhash: Option<BlockHash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nextblockhash: Option<BlockHash>,
}

impl HeaderInfo {
    pub fn of(core: &Core, stored: &StoredBlock) -> Self {
        let header = &stored.block.header;
        let hash = header.block_hash();
        let active = core.state.is_active(&hash);
        Self {
            hash,
            confirmations: core.state.confirmations(&hash),
            height: stored.height,
            version: header.version.to_consensus(),
            version_hex: format!("{:08x}", header.version.to_consensus()),
            merkleroot: header.merkle_root.to_string(),
            time: header.time,
            mediantime: core.state.median_time(&hash),
            nonce: header.nonce,
            bits: format!("{:08x}", header.bits.to_consensus()),
            target: hex_target(header.target()),
            difficulty: difficulty(),
            chainwork: hex_work(stored.chainwork),
            n_tx: stored.block.txdata.len(),
            previousblockhash: (stored.height > 0).then_some(header.prev_blockhash),
            nextblockhash: active.then(|| core.state.hash_at(stored.height + 1)).flatten(),
        }
    }
}

#[derive(Serialize)]
pub struct BlockInfo {
    #[serde(flatten)]
    header: HeaderInfo,
    strippedsize: usize,
    size: usize,
    weight: u64,
    tx: BlockTransactions,
}

/// Ids at verbosity 1, whole transactions at verbosity 2.
#[derive(Serialize)]
#[serde(untagged)]
enum BlockTransactions {
    Ids(Vec<Txid>),
    Whole(Vec<TransactionInfo>),
}

impl BlockInfo {
    pub fn of(core: &Core, stored: &StoredBlock, whole: bool) -> Self {
        let txs = &stored.block.txdata;
        let size = stored.block.total_size();
        let weight = stored.block.weight().to_wu();
        Self {
            header: HeaderInfo::of(core, stored),
            strippedsize: stripped_size(&stored.block),
            size,
            weight,
            tx: if whole {
                BlockTransactions::Whole(txs.iter().map(TransactionInfo::bare).collect())
            } else {
                BlockTransactions::Ids(txs.iter().map(Transaction::compute_txid).collect())
            },
        }
    }
}

/// Weight is three times the size without witnesses and once the whole (BIP141).
fn stripped_size(block: &Block) -> usize {
    let weight = usize::try_from(block.weight().to_wu()).unwrap_or(usize::MAX);
    (weight - block.total_size()) / 3
}

#[derive(Serialize)]
pub struct TransactionInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    in_active_chain: Option<bool>,
    txid: Txid,
    hash: Wtxid,
    version: i32,
    size: usize,
    vsize: u64,
    weight: u64,
    locktime: u32,
    vin: Vec<InputInfo>,
    vout: Vec<OutputInfo>,
    hex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    blockhash: Option<BlockHash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmations: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocktime: Option<u32>,
}

impl TransactionInfo {
    /// What can be said without knowing where it is.
    pub fn bare(tx: &Transaction) -> Self {
        Self {
            in_active_chain: None,
            txid: tx.compute_txid(),
            hash: tx.compute_wtxid(),
            version: tx.version.0,
            size: tx.total_size(),
            vsize: tx.weight().to_vbytes_ceil(),
            weight: tx.weight().to_wu(),
            locktime: tx.lock_time.to_consensus_u32(),
            vin: tx.input.iter().map(|i| InputInfo::of(i, tx.is_coinbase())).collect(),
            vout: (0..).zip(&tx.output).map(|(n, output)| OutputInfo::of(n, output)).collect(),
            hex: bitcoin::consensus::encode::serialize_hex(tx),
            blockhash: None,
            confirmations: None,
            time: None,
            blocktime: None,
        }
    }

    /// With the block that holds it. `asked` says that the caller named the block.
    pub fn in_block(tx: &Transaction, core: &Core, hash: BlockHash, asked: bool) -> Self {
        let time = core.state.block(&hash).map(|stored| stored.block.header.time);
        Self {
            in_active_chain: asked.then(|| core.state.is_active(&hash)),
            blockhash: Some(hash),
            confirmations: Some(core.state.confirmations(&hash).max(0)),
            time,
            blocktime: time,
            ..Self::bare(tx)
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum InputInfo {
    Coinbase {
        coinbase: String,
        txinwitness: Vec<String>,
        sequence: u32,
    },
    Spend {
        txid: Txid,
        vout: u32,
        #[serde(rename = "scriptSig")]
        script_sig: ScriptInfo,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        txinwitness: Vec<String>,
        sequence: u32,
    },
}

impl InputInfo {
    fn of(input: &TxIn, coinbase: bool) -> Self {
        let txinwitness = input.witness.iter().map(hex::encode).collect();
        let sequence = input.sequence.to_consensus_u32();
        if coinbase {
            let coinbase = hex::encode(input.script_sig.as_bytes());
            return Self::Coinbase { coinbase, txinwitness, sequence };
        }
        Self::Spend {
            txid: input.previous_output.txid,
            vout: input.previous_output.vout,
            script_sig: ScriptInfo::of(&input.script_sig),
            txinwitness,
            sequence,
        }
    }
}

#[derive(Serialize)]
struct ScriptInfo {
    asm: String,
    hex: String,
}

impl ScriptInfo {
    fn of(script: &bitcoin::Script) -> Self {
        Self { asm: script.to_asm_string(), hex: script.to_hex_string() }
    }
}

#[derive(Serialize)]
pub struct OutputInfo {
    value: Btc,
    n: u32,
    #[serde(rename = "scriptPubKey")]
    script_pubkey: ScriptPubkeyInfo,
}

impl OutputInfo {
    fn of(n: u32, output: &TxOut) -> Self {
        let script_pubkey = ScriptPubkeyInfo::of(output);
        Self { value: Btc(output.value.to_sat()), n, script_pubkey }
    }
}

#[derive(Serialize)]
struct ScriptPubkeyInfo {
    #[serde(flatten)]
    script: ScriptInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl ScriptPubkeyInfo {
    fn of(output: &TxOut) -> Self {
        let script = &output.script_pubkey;
        let kind = match script {
            s if s.is_p2wpkh() => "witness_v0_keyhash",
            s if s.is_p2wsh() => "witness_v0_scripthash",
            s if s.is_p2tr() => "witness_v1_taproot",
            s if s.is_witness_program() => "witness_unknown",
            s if s.is_p2pkh() => "pubkeyhash",
            s if s.is_p2sh() => "scripthash",
            s if s.is_p2pk() => "pubkey",
            s if s.is_op_return() => "nulldata",
            _ => "nonstandard",
        };
        let address = Address::from_script(script, Network::Regtest).ok();
        Self { script: ScriptInfo::of(script), address: address.map(|a| a.to_string()), kind }
    }
}

#[derive(Serialize)]
pub struct UnspentInfo {
    bestblock: BlockHash,
    confirmations: u32,
    value: Btc,
    #[serde(rename = "scriptPubKey")]
    script_pubkey: ScriptPubkeyInfo,
    coinbase: bool,
}

impl UnspentInfo {
    /// `confirmations` is 0 for an output of the mempool.
    pub fn of(core: &Core, output: &TxOut, confirmations: u32, coinbase: bool) -> Self {
        Self {
            bestblock: core.state.tip_hash(),
            confirmations,
            value: Btc(output.value.to_sat()),
            script_pubkey: ScriptPubkeyInfo::of(output),
            coinbase,
        }
    }
}

#[derive(Serialize)]
pub struct MempoolEntryInfo {
    vsize: u64,
    weight: u64,
    time: u64,
    height: u32,
    descendantcount: usize,
    descendantsize: u64,
    ancestorcount: usize,
    ancestorsize: u64,
    wtxid: Wtxid,
    fees: FeesInfo,
    depends: Vec<Txid>,
    spentby: Vec<Txid>,
    unbroadcast: bool,
}

#[derive(Serialize)]
struct FeesInfo {
    base: Btc,
    modified: Btc,
    ancestor: Btc,
    descendant: Btc,
}

impl MempoolEntryInfo {
    pub fn of(core: &Core, entry: &Entry) -> Self {
        let sum = |entries: &[&Entry], field: fn(&Entry) -> u64| entries.iter().map(|e| field(e)).sum();
        let (above, below) = (core.mempool.with_ancestors(&entry.txid), core.mempool.with_descendants(&entry.txid));
        Self {
            vsize: entry.vbytes,
            weight: entry.tx.weight().to_wu(),
            time: entry.time_s,
            height: entry.height,
            descendantcount: below.len(),
            descendantsize: sum(&below, |e| e.vbytes),
            ancestorcount: above.len(),
            ancestorsize: sum(&above, |e| e.vbytes),
            wtxid: entry.tx.compute_wtxid(),
            fees: FeesInfo {
                base: Btc(entry.fee_sat),
                modified: Btc(entry.fee_sat),
                ancestor: Btc(sum(&above, |e| e.fee_sat)),
                descendant: Btc(sum(&below, |e| e.fee_sat)),
            },
            depends: core.mempool.parents(entry).into_iter().collect(),
            spentby: core.mempool.children(&entry.txid).into_iter().collect(),
            unbroadcast: false,
        }
    }
}

#[derive(Serialize)]
pub struct MempoolInfo {
    pub loaded: bool,
    pub size: usize,
    pub bytes: u64,
    pub usage: u64,
    pub total_fee: Btc,
    pub maxmempool: u64,
    pub mempoolminfee: Btc,
    pub minrelaytxfee: Btc,
    pub incrementalrelayfee: Btc,
    pub unbroadcastcount: u32,
}

#[derive(Serialize)]
pub struct FeeEstimate {
    pub feerate: Btc,
    pub blocks: i64,
}

#[derive(Serialize)]
pub struct NetworkInfo {
    pub version: u32,
    pub subversion: &'static str,
    pub protocolversion: u32,
    pub localservices: &'static str,
    pub localrelay: bool,
    pub timeoffset: i64,
    pub networkactive: bool,
    pub connections: u32,
    pub networks: [String; 0],
    pub relayfee: Btc,
    pub incrementalfee: Btc,
    pub localaddresses: [String; 0],
    pub warnings: [String; 0],
}

#[derive(Serialize)]
pub struct GeneratedBlock {
    pub hash: BlockHash,
}
