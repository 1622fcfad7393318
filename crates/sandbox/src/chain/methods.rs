//! The methods, one function each. What ldk-node and a person with `bitcoin-cli` ask for, and no more.
//!
//! The reference for names, arguments, answers and errors is Bitcoin Core's `help <method>` (31.0).

use std::collections::BTreeMap;
use std::str::FromStr;

use bitcoin::address::NetworkUnchecked;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Address, BlockHash, Network, OutPoint, ScriptBuf, Transaction, Txid};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::amount::{Btc, parse_btc};
use super::core::Core;
use super::error::RpcError;
use super::mempool::{MAX_MEMPOOL_VBYTES, MIN_RELAY_SAT_PER_KVB};
use super::params::{Arguments, Params};
use super::shapes::{
    BlockInfo, BlockchainInfo, FeeEstimate, GeneratedBlock, HeaderInfo, MempoolEntryInfo, MempoolInfo, NetworkInfo,
    TransactionInfo, UnspentInfo,
};
use super::state::StoredBlock;

type Answer = Result<Box<RawValue>, RpcError>;

/// `-maxfeerate`: a dearer transaction is taken for a mistake.
const DEFAULT_MAX_SAT_PER_KVB: u64 = 10_000_000;
/// What `estimatesmartfee` says. Core has nothing to estimate from on regtest and answers an error,
/// for which ldk-node falls back to this very rate and logs at error level on every block.
const ESTIMATED_SAT_PER_KVB: u64 = 1_000;
/// Blocks that one call may mine.
const MAX_GENERATED: i64 = 10_000;

/// Runs one call.
///
/// # Errors
/// -32601 for a method that is not here, else the method's own.
pub fn dispatch(core: &mut Core, method: &str, params: &Params) -> Answer {
    match method {
        "getblockchaininfo" => {
            params.named(method, [])?;
            answer(&BlockchainInfo::of(core))
        }
        "getbestblockhash" => {
            params.named(method, [])?;
            answer(&core.state.tip_hash())
        }
        "getblockcount" => {
            params.named(method, [])?;
            answer(&core.state.height())
        }
        "getnetworkinfo" => network_info(&params.named(method, [])?),
        "getblockhash" => block_hash(core, &params.named(method, ["height"])?),
        "getblockheader" => block_header(core, &params.named(method, ["blockhash", "verbose"])?),
        "getblock" => block(core, &params.named(method, ["blockhash", "verbosity"])?),
        "getrawmempool" => raw_mempool(core, &params.named(method, ["verbose", "mempool_sequence"])?),
        "getmempoolentry" => mempool_entry(core, &params.named(method, ["txid"])?),
        "getmempoolinfo" => mempool_info(core, &params.named(method, [])?),
        "getrawtransaction" => raw_transaction(core, &params.named(method, ["txid", "verbosity", "blockhash"])?),
        "gettxout" => tx_out(core, &params.named(method, ["txid", "n", "include_mempool"])?),
        "estimatesmartfee" => estimate_fee(&params.named(method, ["conf_target", "estimate_mode"])?),
        "sendrawtransaction" => {
            let names = ["hexstring", "maxfeerate", "maxburnamount"];
            send_raw_transaction(core, &params.named(method, names)?)
        }
        "generatetoaddress" => generate_to_address(core, &params.named(method, ["nblocks", "address", "maxtries"])?),
        "generateblock" => generate_block(core, &params.named(method, ["output", "transactions", "submit"])?),
        "invalidateblock" => {
            let hash = params.named(method, ["blockhash"])?.hash(0, "blockhash")?;
            core.invalidate(&hash)?;
            answer(&Value::Null)
        }
        _ => Err(RpcError::method_not_found()),
    }
}

fn answer(value: &impl Serialize) -> Answer {
    to_raw_value(value).map_err(|error| RpcError::misuse(error.to_string()))
}

fn stored<'a>(core: &'a Core, hash: &BlockHash) -> Result<&'a StoredBlock, RpcError> {
    core.state.block(hash).ok_or_else(|| RpcError::not_found("Block not found"))
}

fn block_hash(core: &Core, args: &Arguments<'_>) -> Answer {
    let hash = u32::try_from(args.integer(0)?).ok().and_then(|height| core.state.hash_at(height));
    answer(&hash.ok_or_else(|| RpcError::invalid_parameter("Block height out of range"))?)
}

fn block_header(core: &Core, args: &Arguments<'_>) -> Answer {
    let hash = args.hash(0, "hash")?;
    let verbose = args.flag(1, true)?;
    let stored = stored(core, &hash)?;
    if verbose {
        return answer(&HeaderInfo::of(core, stored));
    }
    answer(&serialize_hex(&stored.block.header))
}

fn block(core: &Core, args: &Arguments<'_>) -> Answer {
    let hash = args.hash(0, "blockhash")?;
    let verbosity = args.verbosity(1, 1)?;
    let stored = stored(core, &hash)?;
    match verbosity {
        ..=0 => answer(&serialize_hex(&stored.block)),
        1 => answer(&BlockInfo::of(core, stored, false)),
        2.. => answer(&BlockInfo::of(core, stored, true)),
    }
}

fn raw_mempool(core: &Core, args: &Arguments<'_>) -> Answer {
    let verbose = args.flag(0, false)?;
    let with_sequence = args.flag(1, false)?;
    if verbose && with_sequence {
        let text = "Verbose results cannot contain mempool sequence values.";
        return Err(RpcError::invalid_parameter(text));
    }
    if verbose {
        let entries = core.mempool.entries();
        let entries: BTreeMap<Txid, MempoolEntryInfo> =
            entries.map(|entry| (entry.txid, MempoolEntryInfo::of(core, entry))).collect();
        return answer(&entries);
    }
    let txids: Vec<Txid> = core.mempool.entries().map(|entry| entry.txid).collect();
    if with_sequence {
        return answer(&serde_json::json!({ "txids": txids, "mempool_sequence": txids.len() }));
    }
    answer(&txids)
}

fn mempool_entry(core: &Core, args: &Arguments<'_>) -> Answer {
    let entry = core.mempool.get(&args.hash(0, "txid")?);
    let entry = entry.ok_or_else(|| RpcError::not_found("Transaction not in mempool"))?;
    answer(&MempoolEntryInfo::of(core, entry))
}

fn mempool_info(core: &Core, _: &Arguments<'_>) -> Answer {
    let relay = Btc(MIN_RELAY_SAT_PER_KVB);
    answer(&MempoolInfo {
        loaded: true,
        size: core.mempool.len(),
        bytes: core.mempool.vbytes(),
        usage: core.mempool.vbytes(),
        total_fee: Btc(core.mempool.fees_sat()),
        maxmempool: MAX_MEMPOOL_VBYTES,
        mempoolminfee: relay,
        minrelaytxfee: relay,
        incrementalrelayfee: relay,
        unbroadcastcount: 0,
    })
}

/// Finds waiting transactions and, as with `-txindex`, those of the active branch.
fn raw_transaction(core: &Core, args: &Arguments<'_>) -> Answer {
    let txid: Txid = args.hash(0, "parameter 1")?;
    let verbose = args.verbosity(1, 0)? > 0;
    if args.optional(2).is_some() {
        let hash = args.hash(2, "parameter 3")?;
        let no_block = || RpcError::not_found("Block hash not found");
        let txs = &core.state.block(&hash).ok_or_else(no_block)?.block.txdata;
        let tx = txs.iter().find(|tx| tx.compute_txid() == txid).ok_or_else(|| {
            RpcError::not_found(
                "No such transaction found in the provided block. Use gettransaction for wallet transactions.",
            )
        })?;
        let verbose = verbose.then(|| TransactionInfo::in_block(tx, core, hash, true));
        return raw_or_verbose(tx, verbose);
    }
    if let Some(entry) = core.mempool.get(&txid) {
        return raw_or_verbose(&entry.tx, verbose.then(|| TransactionInfo::bare(&entry.tx)));
    }
    let found = core.state.block_of(&txid).zip(core.state.transaction(&txid));
    let (hash, tx) = found.ok_or_else(|| {
        RpcError::not_found("No such mempool or blockchain transaction. Use gettransaction for wallet transactions.")
    })?;
    raw_or_verbose(tx, verbose.then(|| TransactionInfo::in_block(tx, core, hash, false)))
}

fn raw_or_verbose(tx: &Transaction, verbose: Option<TransactionInfo>) -> Answer {
    match verbose {
        Some(info) => answer(&info),
        None => answer(&serialize_hex(tx)),
    }
}

fn tx_out(core: &Core, args: &Arguments<'_>) -> Answer {
    let txid = args.hash(0, "txid")?;
    let Ok(vout) = u32::try_from(args.integer(1)?) else {
        return answer(&Value::Null);
    };
    let outpoint = OutPoint { txid, vout };
    if args.flag(2, true)? {
        if core.mempool.spender_of(&outpoint).is_some() {
            return answer(&Value::Null);
        }
        let output = core.mempool.get(&txid).zip(usize::try_from(vout).ok());
        if let Some(output) = output.and_then(|(entry, at)| entry.tx.output.get(at)) {
            return answer(&UnspentInfo::of(core, output, 0, false));
        }
    }
    answer(&core.state.coin(&outpoint).map(|coin| {
        let confirmations = core.state.height() - coin.height + 1;
        UnspentInfo::of(core, &coin.output, confirmations, coin.coinbase)
    }))
}

fn estimate_fee(args: &Arguments<'_>) -> Answer {
    let target = args.integer(0)?;
    if !(1..=1008).contains(&target) {
        let text = "Invalid conf_target, must be between 1 and 1008";
        return Err(RpcError::invalid_parameter(text));
    }
    if args.optional(1).is_some() {
        let mode = args.text(1)?.to_ascii_lowercase();
        if !["unset", "economical", "conservative"].contains(&mode.as_str()) {
            let text = "Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", \"conservative\"";
            return Err(RpcError::invalid_parameter(text));
        }
    }
    // Core answers for no fewer than two blocks.
    answer(&FeeEstimate { feerate: Btc(ESTIMATED_SAT_PER_KVB), blocks: target.max(2) })
}

fn send_raw_transaction(core: &mut Core, args: &Arguments<'_>) -> Answer {
    let tx: Transaction = deserialize_hex(args.text(0)?)
        .map_err(|_| RpcError::deserialization("TX decode failed. Make sure the tx has at least one input."))?;
    let max_sat_per_kvb = limit(args, 1, "maxfeerate", DEFAULT_MAX_SAT_PER_KVB)?;
    let max_burn_sat = limit(args, 2, "maxburnamount", 0)?;
    let burns = |output: &&bitcoin::TxOut| output.script_pubkey.is_op_return();
    if tx.output.iter().filter(burns).any(|output| output.value.to_sat() > max_burn_sat) {
        let text = "Unspendable output exceeds maximum configured by user (maxburnamount)";
        return Err(RpcError::verify(text));
    }
    // Zero stands for no limit.
    answer(&core.submit(tx, Some(max_sat_per_kvb).filter(|max| *max > 0))?)
}

fn limit(args: &Arguments<'_>, at: usize, name: &str, default: u64) -> Result<u64, RpcError> {
    match args.optional(at) {
        None => Ok(default),
        Some(value) => parse_btc(value).ok_or_else(|| RpcError::wrong_type(format!("Invalid amount for {name}"))),
    }
}

fn generate_to_address(core: &mut Core, args: &Arguments<'_>) -> Answer {
    let count = args.integer(0)?;
    if !(0..=MAX_GENERATED).contains(&count) {
        return Err(RpcError::invalid_parameter("Invalid number of blocks"));
    }
    let pay_to = script_of(args.text(1)?)?;
    let hashes = (0..count).map(|_| core.mine(pay_to.clone())).collect::<Result<Vec<BlockHash>, _>>()?;
    answer(&hashes)
}

fn generate_block(core: &mut Core, args: &Arguments<'_>) -> Answer {
    let pay_to = script_of(args.text(0)?)?;
    let txids = args.texts(1)?.into_iter().map(Txid::from_str).collect::<Result<Vec<_>, _>>();
    let txids = txids.map_err(|_| RpcError::deserialization("Transaction decode failed"))?;
    if !args.flag(2, true)? {
        return Err(RpcError::invalid_parameter("A block that is not submitted is not offered here"));
    }
    answer(&GeneratedBlock { hash: core.mine_only(pay_to, &txids)? })
}

fn script_of(address: &str) -> Result<ScriptBuf, RpcError> {
    let address = Address::<NetworkUnchecked>::from_str(address).ok();
    let address = address.and_then(|address| address.require_network(Network::Regtest).ok());
    let address = address.ok_or_else(|| RpcError::not_found("Error: Invalid address"))?;
    Ok(address.script_pubkey())
}

fn network_info(_: &Arguments<'_>) -> Answer {
    answer(&NetworkInfo {
        version: 310_000,
        subversion: "/Satoshi:31.0.0(anytill-sandbox)/",
        protocolversion: 70_016,
        localservices: "0000000000000409",
        localrelay: true,
        timeoffset: 0,
        networkactive: true,
        connections: 0,
        networks: [],
        relayfee: Btc(MIN_RELAY_SAT_PER_KVB),
        incrementalfee: Btc(MIN_RELAY_SAT_PER_KVB),
        localaddresses: [],
        warnings: [],
    })
}
