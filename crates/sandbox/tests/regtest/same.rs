//! The in-process chain beside a real one: the same question gets an answer of the same shape, or the same
//! error. Without `ANYTILL_REGTEST_URL` (see [`crate::either`]) the other chain is in-process too, and only the
//! questions themselves are checked; with it, Bitcoin Core is the judge.

use std::collections::BTreeSet;

use bitcoin::Txid;
use sandbox::chain::{Chain, ChainError, Seen};
use serde_json::{Value, json};

use crate::either::open;
use crate::rpc::{somewhere, start};

/// Fields of Core's that need what the sandbox does not have, or that only some settings of Core show.
const NOT_HERE: &[&str] = &[
    "desc",
    "chunkweight",
    "chunk",
    "optimal",
    "limitclustercount",
    "limitclustersize",
    "permitbaremultisig",
    "maxdatacarriersize",
    "localservicesnames",
    "connections_in",
    "connections_out",
    "coinbase_tx",
    "fee",
    "errors",
];

/// One chain with one confirmed and one waiting transaction.
struct Side {
    chain: Chain,
    confirmed: Seen,
    waiting: Seen,
}

impl Side {
    async fn new(chain: Chain) -> Self {
        let confirmed = chain.fund(&somewhere(1), 100_000).await.expect("funded");
        chain.mine(1).await.expect("mined");
        let waiting = chain.fund(&somewhere(2), 100_000).await.expect("funded");
        let seen = async |txid: Txid| chain.seen(&txid).await.expect("an answer").expect("there");
        let (confirmed, waiting) = (seen(confirmed).await, seen(waiting).await);
        Self { chain, confirmed, waiting }
    }

    /// The questions, for what is on this chain.
    async fn questions(&self) -> Vec<(&'static str, Value)> {
        let tip = self.chain.tip_hash().await.expect("an answer");
        let height = self.chain.height().await.expect("an answer");
        let (confirmed, waiting, nobody) = (self.confirmed.txid, self.waiting.txid, "00".repeat(32));
        let raw = bitcoin::consensus::encode::serialize_hex(&*self.confirmed.tx);
        let spent = self.confirmed.tx.input[0].previous_output;
        vec![
            ("getblockchaininfo", json!([])),
            ("getblockcount", json!([])),
            ("getbestblockhash", json!([])),
            ("getnetworkinfo", json!([])),
            ("getmempoolinfo", json!([])),
            ("getblockhash", json!([height])),
            ("getblockhash", json!([height + 1])),
            ("getblockhash", json!([-1])),
            ("getblockheader", json!([tip])),
            ("getblockheader", json!([tip, false])),
            ("getblockheader", json!([nobody])),
            ("getblockheader", json!(["abc"])),
            ("getblock", json!(["abc"])),
            ("getblock", json!(["xx".repeat(32)])),
            ("getmempoolentry", json!(["abc"])),
            ("getrawtransaction", json!(["abc"])),
            ("getrawtransaction", json!([confirmed, 0, "abc"])),
            ("gettxout", json!(["abc", 0])),
            ("invalidateblock", json!(["abc"])),
            ("getblockhash", json!(["abc"])),
            ("getblockhash", json!([])),
            ("getblockcount", json!([1])),
            ("getblock", json!([7])),
            ("getrawmempool", json!(["abc"])),
            ("getblock", json!([tip])),
            ("getblock", json!([tip, 0])),
            ("getblock", json!([tip, 1])),
            ("getblock", json!([tip, 2])),
            ("getblock", json!([nobody, 0])),
            ("getrawmempool", json!([])),
            ("getrawmempool", json!([false])),
            ("getrawmempool", json!([false, true])),
            ("getrawmempool", json!([true, true])),
            ("getmempoolentry", json!([waiting])),
            ("getmempoolentry", json!([confirmed])),
            ("getrawtransaction", json!([waiting])),
            ("getrawtransaction", json!([waiting, true])),
            ("getrawtransaction", json!([confirmed, 1, tip])),
            ("getrawtransaction", json!([waiting, 0, nobody])),
            ("gettxout", json!([waiting, 0])),
            ("gettxout", json!([confirmed, 0])),
            ("gettxout", json!([spent.txid, spent.vout])),
            ("gettxout", json!([waiting, 0, false])),
            ("estimatesmartfee", json!([0])),
            ("estimatesmartfee", json!([6, "cheap"])),
            ("sendrawtransaction", json!(["zz"])),
            ("sendrawtransaction", json!([raw])),
            ("generatetoaddress", json!([1, "nonsense"])),
            ("generateblock", json!([somewhere(3), [nobody]])),
            ("invalidateblock", json!([nobody])),
            ("nonsense", json!([])),
        ]
    }

    async fn ask(&self, method: &str, params: &Value) -> Result<Value, (i32, String)> {
        match self.chain.client().call::<Value>(method, params.clone()).await {
            Ok(answer) => Ok(answer),
            Err(ChainError::Rpc(error)) => Err((error.code, error.message)),
            Err(other) => panic!("{method} {params}: {other}"),
        }
    }
}

/// Every path into an answer, with the type at its end; list members are one, ids as keys too.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| !NOT_HERE.contains(&key.as_str())) {
                let key = if key.len() == 64 { "<id>" } else { key };
                shape(value, &format!("{path}.{key}"), into);
            }
        }
        Value::Array(members) => {
            into.insert(format!("{path}: list"));
            // Lists of what there happens to be say nothing about the form.
            if !["networks", "localaddresses", "warnings"].iter().any(|name| path.ends_with(name)) {
                members.iter().for_each(|member| shape(member, &format!("{path}[]"), into));
            }
        }
        Value::String(text) => {
            let hexadecimal = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            into.insert(format!("{path}: {}", if hexadecimal { "hex" } else { "text" }));
        }
        Value::Number(_) => drop(into.insert(format!("{path}: number"))),
        Value::Bool(_) => drop(into.insert(format!("{path}: bool"))),
        Value::Null => drop(into.insert(format!("{path}: null"))),
    }
}

/// Core ends some messages with words of its own machine; the beginning is the contract.
fn alike(ours: &(i32, String), theirs: &(i32, String)) -> bool {
    ours.0 == theirs.0 && (theirs.1.starts_with(&ours.1) || ours.1.starts_with(&theirs.1))
}

#[tokio::test]
async fn answers_have_one_shape() {
    let (ours, theirs) = (Side::new(start().await).await, Side::new(open().await).await);
    let mut differences = Vec::new();
    let questions = ours.questions().await.into_iter().zip(theirs.questions().await);
    for ((method, our_params), (_, their_params)) in questions {
        let (our_answer, their_answer) = (ours.ask(method, &our_params).await, theirs.ask(method, &their_params).await);
        match (&our_answer, &their_answer) {
            (Ok(our_answer), Ok(their_answer)) => {
                let (mut our_shape, mut their_shape) = (BTreeSet::new(), BTreeSet::new());
                shape(our_answer, "", &mut our_shape);
                shape(their_answer, "", &mut their_shape);
                for path in our_shape.symmetric_difference(&their_shape) {
                    let only = if our_shape.contains(path) { "ours" } else { "theirs" };
                    differences.push(format!("{method} {our_params}: only {only} has {path}"));
                }
            }
            (Err(our_error), Err(their_error)) if alike(our_error, their_error) => {}
            _ => differences.push(format!("{method} {our_params}: {our_answer:?}, theirs {their_answer:?}")),
        }
    }
    // What waits must not be in the way of the next test on a shared chain.
    theirs.chain.mine(1).await.expect("mined");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
