//! The wire: every method's shape and errors as Bitcoin Core's help texts have them, and the HTTP
//! around it.

use std::net::{Ipv4Addr, SocketAddr};

use bitcoin::hashes::Hash;
use bitcoin::{Address, Block, BlockHash, Network, ScriptBuf, Transaction, Txid, WScriptHash};
use reqwest::StatusCode;
use sandbox::chain::amount::parse_btc;
use sandbox::chain::{Chain, ChainError, RpcAccess, RpcClient};
use serde_json::{Value, json};

pub fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

pub async fn start() -> Chain {
    Chain::start(loopback()).await.expect("a free port")
}

/// An address that nobody has a key of.
pub fn somewhere(tag: u8) -> Address {
    let script = ScriptBuf::new_p2wsh(&WScriptHash::from_byte_array([tag; 32]));
    Address::from_script(&script, Network::Regtest).expect("a witness program")
}

async fn ask(chain: &Chain, method: &str, params: Value) -> Value {
    chain.client().call(method, params).await.expect(method)
}

/// Code and message of an error.
pub async fn error(chain: &Chain, method: &str, params: Value) -> (i32, String) {
    match chain.client().call::<Value>(method, params.clone()).await {
        Err(ChainError::Rpc(error)) => (error.code, error.message),
        other => panic!("{method} {params}: {other:?}"),
    }
}

async fn post(chain: &Chain, password: &str, body: impl Into<String>) -> (StatusCode, String) {
    let access = chain.access();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.post(access.url()).basic_auth(&access.user, Some(password)).body(body.into());
    let response = request.send().await.expect("an answer");
    (response.status(), response.text().await.expect("a body"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn has(value: &Value, names: &[&str]) {
    let keys = keys(value);
    for name in names {
        assert!(keys.contains(name), "{name} is missing in {value}");
    }
}

#[tokio::test]
async fn http_and_envelope() {
    let chain = start().await;
    let password = chain.access().password.clone();
    let (status, body) = post(&chain, "wrong", r#"{"method":"getblockcount"}"#).await;
    assert_eq!((status, body.as_str()), (StatusCode::UNAUTHORIZED, ""));

    let (status, body) = post(&chain, &password, r#"{"id":7,"method":"getblockcount","params":[]}"#).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, r#"{"result":110,"error":null,"id":7}"#);

    let (status, body) = post(&chain, &password, r#"{"id":"a","method":"nonsense"}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body, r#"{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":"a"}"#);

    let version_2 = r#"{"jsonrpc":"2.0","id":1,"method":"nonsense"}"#;
    let (status, body) = post(&chain, &password, version_2).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}"#);

    let notification = r#"{"jsonrpc":"2.0","method":"getblockcount"}"#;
    assert_eq!(post(&chain, &password, notification).await, (StatusCode::NO_CONTENT, String::new()));

    for (bad, status, code) in [
        ("{", StatusCode::INTERNAL_SERVER_ERROR, -32700),
        ("7", StatusCode::INTERNAL_SERVER_ERROR, -32700),
        ("{}", StatusCode::BAD_REQUEST, -32600),
        (r#"{"method":"getblockcount","params":7}"#, StatusCode::BAD_REQUEST, -32600),
        (r#"{"method":"getblockcount","params":[1]}"#, StatusCode::INTERNAL_SERVER_ERROR, -1),
        (r#"{"method":"getblockhash","params":["x"]}"#, StatusCode::INTERNAL_SERVER_ERROR, -3),
        (r#"{"method":"getblockhash","params":{"no":1}}"#, StatusCode::INTERNAL_SERVER_ERROR, -8),
    ] {
        let (got, body) = post(&chain, &password, bad).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((got, &body["error"]["code"]), (status, &json!(code)), "{bad}");
    }

    let url = chain.access().url();
    let got = reqwest::Client::builder().no_proxy().build().expect("a client").get(url).send().await;
    assert_eq!(got.expect("an answer").status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn batches_and_names() {
    let chain = start().await;
    let password = chain.access().password.clone();
    let batch = r#"[{"id":1,"method":"getblockcount"},{"id":2,"method":"nonsense"},5]"#;
    let (status, body) = post(&chain, &password, batch).await;
    assert_eq!(status, StatusCode::OK);
    let replies: Vec<Value> = serde_json::from_str(&body).expect("a list");
    assert_eq!(replies.len(), 3);
    assert_eq!(replies[0], json!({"result": 110, "error": null, "id": 1}));
    assert_eq!(replies[1]["error"]["code"], json!(-32601));
    assert_eq!(replies[2]["error"]["code"], json!(-32600));
    assert_eq!(post(&chain, &password, "[]").await, (StatusCode::OK, "[]".to_owned()));

    let by_name: Value = ask(&chain, "getblockhash", json!({"height": 0})).await;
    let genesis = bitcoin::constants::genesis_block(Network::Regtest).block_hash();
    assert_eq!(by_name, json!(genesis));
}

#[tokio::test]
async fn wrong_password_is_told() {
    let chain = start().await;
    let access = RpcAccess { password: "wrong".to_owned(), ..chain.access().clone() };
    let refused = Chain::attach(access).await.err().expect("refused");
    assert!(matches!(refused, ChainError::Transport(_)), "{refused}");
}

#[tokio::test]
async fn blocks() {
    let chain = start().await;
    let info = ask(&chain, "getblockchaininfo", json!([])).await;
    has(
        &info,
        &[
            "chain",
            "blocks",
            "headers",
            "bestblockhash",
            "bits",
            "target",
            "difficulty",
            "time",
            "mediantime",
            "verificationprogress",
            "initialblockdownload",
            "chainwork",
            "size_on_disk",
            "pruned",
            "warnings",
        ],
    );
    assert_eq!(info["chain"], "regtest");
    assert_eq!(info["initialblockdownload"], false);
    let tip: BlockHash = serde_json::from_value(info["bestblockhash"].clone()).expect("a hash");
    assert_eq!(ask(&chain, "getbestblockhash", json!([])).await, json!(tip));
    assert_eq!(ask(&chain, "getblockhash", json!([110])).await, json!(tip));

    let header = ask(&chain, "getblockheader", json!([tip])).await;
    has(
        &header,
        &[
            "hash",
            "confirmations",
            "height",
            "version",
            "versionHex",
            "merkleroot",
            "time",
            "mediantime",
            "nonce",
            "bits",
            "target",
            "difficulty",
            "chainwork",
            "nTx",
            "previousblockhash",
        ],
    );
    assert!(!keys(&header).contains(&"nextblockhash"), "the tip has no next block");
    assert_eq!(header["chainwork"], info["chainwork"]);
    // Regtest: two hashes of work for each block, the genesis block included.
    assert_eq!(header["chainwork"], format!("{:064x}", 2 * 111));

    let raw = ask(&chain, "getblock", json!([tip, 0])).await;
    let block: Block = bitcoin::consensus::encode::deserialize_hex(raw.as_str().expect("hex")).expect("a block");
    assert!(block.check_merkle_root() && block.check_witness_commitment());
    assert_eq!(block.bip34_block_height(), Ok(110));
    assert_eq!(block.block_hash(), tip);
    let raw_header = ask(&chain, "getblockheader", json!([tip, false])).await;
    assert!(raw.as_str().expect("hex").starts_with(raw_header.as_str().expect("hex")));

    let listed = ask(&chain, "getblock", json!([tip])).await;
    has(&listed, &["hash", "confirmations", "strippedsize", "size", "weight", "height", "tx", "nTx"]);
    assert_eq!(listed["tx"], json!([block.txdata[0].compute_txid()]));
    assert_eq!(listed["size"], json!(block.total_size()));
    let whole = ask(&chain, "getblock", json!([tip, 2])).await;
    has(&whole["tx"][0], &["txid", "hash", "version", "size", "vsize", "weight", "locktime", "vin", "vout", "hex"]);
    has(&whole["tx"][0]["vin"][0], &["coinbase", "txinwitness", "sequence"]);
    has(&whole["tx"][0]["vout"][0]["scriptPubKey"], &["asm", "hex", "address", "type"]);

    let genesis = ask(&chain, "getblockhash", json!([0])).await;
    let header = ask(&chain, "getblockheader", json!([genesis])).await;
    assert!(!keys(&header).contains(&"previousblockhash"));
    assert!(header["difficulty"].to_string().starts_with("4.6565423739069"));

    let nobody = "00".repeat(32);
    for (method, params, want) in [
        ("getblockhash", json!([111]), (-8, "Block height out of range")),
        ("getblockhash", json!([-1]), (-8, "Block height out of range")),
        ("getblock", json!([nobody]), (-5, "Block not found")),
        ("getblockheader", json!([nobody]), (-5, "Block not found")),
        ("getblockheader", json!(["abc"]), (-8, "hash must be of length 64 (not 3, for 'abc')")),
        ("invalidateblock", json!([nobody]), (-5, "Block not found")),
    ] {
        assert_eq!(error(&chain, method, params).await, (want.0, want.1.to_owned()), "{method}");
    }
}

#[tokio::test]
async fn mempool_and_transactions() {
    let chain = start().await;
    let to = somewhere(1);
    let txid = chain.fund(&to, 496_758).await.expect("funded");
    assert_eq!(ask(&chain, "getrawmempool", json!([])).await, json!([txid]));
    let verbose = ask(&chain, "getrawmempool", json!([true])).await;
    let entry = ask(&chain, "getmempoolentry", json!([txid])).await;
    assert_eq!(verbose, json!({ txid.to_string(): entry }));
    has(
        &entry,
        &[
            "vsize",
            "weight",
            "time",
            "height",
            "descendantcount",
            "descendantsize",
            "ancestorcount",
            "ancestorsize",
            "wtxid",
            "fees",
            "depends",
            "spentby",
        ],
    );
    assert_eq!((&entry["height"], &entry["ancestorcount"]), (&json!(110), &json!(1)));

    let raw = ask(&chain, "getrawtransaction", json!([txid])).await;
    let tx: Transaction = bitcoin::consensus::encode::deserialize_hex(raw.as_str().expect("hex")).expect("decodes");
    assert_eq!(tx.compute_txid(), txid);
    let fee_sat = chain.fee_sat(&txid).await.expect("an answer").expect("known");
    let base = entry["fees"]["base"].as_number().expect("a number");
    assert_eq!(parse_btc(&Value::Number(base.clone())), Some(fee_sat));
    let info = ask(&chain, "getmempoolinfo", json!([])).await;
    has(
        &info,
        &[
            "loaded",
            "size",
            "bytes",
            "usage",
            "total_fee",
            "maxmempool",
            "mempoolminfee",
            "minrelaytxfee",
            "incrementalrelayfee",
            "unbroadcastcount",
        ],
    );
    assert_eq!((&info["size"], &info["bytes"]), (&json!(1), &entry["vsize"]));

    let vout = tx.output.iter().position(|o| o.script_pubkey == to.script_pubkey()).expect("paid");
    let waiting = ask(&chain, "gettxout", json!([txid, vout])).await;
    assert_eq!((&waiting["confirmations"], waiting["value"].to_string().as_str()), (&json!(0), "0.00496758"));
    assert_eq!(ask(&chain, "gettxout", json!([txid, vout, false])).await, Value::Null);

    let block = chain.mine(1).await.expect("mined")[0];
    assert_eq!(ask(&chain, "getrawmempool", json!([false])).await, json!([]));
    let confirmed = ask(&chain, "gettxout", json!([txid, vout])).await;
    has(&confirmed, &["bestblock", "confirmations", "value", "scriptPubKey", "coinbase"]);
    assert_eq!((&confirmed["confirmations"], &confirmed["coinbase"]), (&json!(1), &json!(false)));
    let spent = tx.input[0].previous_output;
    assert_eq!(ask(&chain, "gettxout", json!([spent.txid, spent.vout])).await, Value::Null);
    let found = ask(&chain, "getrawtransaction", json!([txid, true, block])).await;
    has(&found, &["in_active_chain", "blockhash", "confirmations", "time", "blocktime", "hex"]);
    assert_eq!((&found["in_active_chain"], &found["confirmations"]), (&json!(true), &json!(1)));

    let nobody = Txid::all_zeros();
    let code = async |method, params| error(&chain, method, params).await.0;
    assert_eq!(error(&chain, "getmempoolentry", json!([txid])).await, (-5, "Transaction not in mempool".to_owned()));
    assert_eq!(code("getrawtransaction", json!([nobody])).await, -5);
    assert_eq!(code("getrawtransaction", json!([txid, 0, nobody])).await, -5);
    assert_eq!(code("sendrawtransaction", json!(["zz"])).await, -22);
    assert_eq!(
        error(&chain, "sendrawtransaction", json!([raw])).await,
        (-27, "Transaction outputs already in utxo set".to_owned())
    );
}

#[tokio::test]
async fn the_rest() {
    let chain = start().await;
    let estimate = ask(&chain, "estimatesmartfee", json!([1, "ECONOMICAL"])).await;
    assert_eq!(estimate, json!({"feerate": 0.00001, "blocks": 2}));
    assert_eq!(error(&chain, "estimatesmartfee", json!([0])).await.0, -8);
    assert_eq!(error(&chain, "estimatesmartfee", json!([6, "cheap"])).await.0, -8);
    has(&ask(&chain, "getnetworkinfo", json!([])).await, &["version", "subversion", "protocolversion", "relayfee"]);
    let mined = ask(&chain, "generatetoaddress", json!([2, somewhere(3)])).await;
    assert_eq!(mined.as_array().map(Vec::len), Some(2));
    assert_eq!(
        error(&chain, "generatetoaddress", json!([1, "bc1qnonsense"])).await,
        (-5, "Error: Invalid address".to_owned())
    );
    let only = ask(&chain, "generateblock", json!([somewhere(3), []])).await;
    assert_eq!(only["hash"], ask(&chain, "getbestblockhash", json!([])).await);
    assert_eq!(error(&chain, "generateblock", json!([somewhere(3), [Txid::all_zeros()]])).await.0, -5);
}

/// The client says clearly when nobody is there.
#[tokio::test]
async fn nobody_there() {
    let chain = start().await;
    let access = chain.access().clone();
    drop(chain);
    let client = RpcClient::new(access).expect("a client");
    // The server ends a moment after the last handle is dropped.
    for _ in 0..200 {
        match client.call::<u32>("getblockcount", json!([])).await {
            Err(ChainError::Transport(_)) => return,
            _ => tokio::task::yield_now().await,
        }
    }
    panic!("the chain still answers");
}
