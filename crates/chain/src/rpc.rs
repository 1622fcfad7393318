//! What is asked of the `bitcoind` (Bitcoin Core's `help <method>`, 31.0), and what its answers mean.
//!
//! Invariant: [`RpcError::NotSent`] only where it can have done nothing: no connection, another password, a daemon that is
//! still starting.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Amount, Block, BlockHash, Denomination, FeeRate, Transaction, Txid};
use outbound::{BadAddress, Fault, HttpClient, Limits, Method, Request};
use ports::{Outcome, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A block of four million weight units in hexadecimal, or one batch of the largest standard transactions.
const LIMITS: Limits = Limits { deadline_ms: 30_000, answer_bytes_max: 24 << 20 };
/// Transactions that one call asks for: 25 of 400,000 bytes, in hexadecimal, are 20 MB.
const BATCH: usize = 25;

/// Core's error codes (`src/rpc/protocol.h`).
const NOT_FOUND: i64 = -5;
const IN_WARMUP: i64 = -28;
const ALREADY_MINED: i64 = -27;
const REFUSED: [i64; 3] = [-22, -25, -26];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RpcError {
    #[error("{0}")]
    NotSent(String),
    #[error("{0}")]
    Unknown(String),
    /// The daemon's own words.
    #[error("bitcoind says: {message} ({code})")]
    Said { code: i64, message: String },
}

impl RpcError {
    /// For a question: it has changed nothing, whatever became of it.
    pub fn not_asked<T>(self) -> Outcome<T> {
        Outcome::NotSent(self.to_string())
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Said { code: NOT_FOUND, .. })
    }
}

impl From<Fault> for RpcError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotSent(why) => Self::NotSent(why),
            Fault::Unknown(why) => Self::Unknown(why),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ChainInfo {
    pub chain: String,
    pub blocks: u32,
    pub headers: u32,
    pub bestblockhash: BlockHash,
    pub initialblockdownload: bool,
    /// Seconds; of the tip.
    pub time: u64,
    pub pruned: bool,
}

#[derive(Deserialize)]
struct Reply {
    result: Option<Box<RawValue>>,
    error: Option<Said>,
    #[serde(default)]
    id: Value,
}

#[derive(Deserialize)]
struct Said {
    code: i64,
    message: String,
}

/// What became of a transaction that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Handed {
    /// It waits for a block, or is in one.
    Taken,
    Refused(String),
}

#[derive(Clone)]
pub(crate) struct Rpc {
    http: HttpClient,
    authorization: Secret,
}

impl Rpc {
    pub fn new(url: &str, user: &str, password: &Secret) -> Result<Self, BadAddress> {
        let pair = zeroize::Zeroizing::new(format!("{user}:{}", password.expose()));
        let authorization = Secret::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        Ok(Self { http: HttpClient::new(url, LIMITS)?, authorization })
    }

    pub async fn info(&self) -> Result<ChainInfo, RpcError> {
        self.call("getblockchaininfo", json!([])).await
    }

    /// None: the chain is shorter.
    pub async fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, RpcError> {
        match self.call("getblockhash", json!([height])).await {
            Ok(hash) => Ok(Some(hash)),
            Err(RpcError::Said { code: -8, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub async fn block(&self, hash: &BlockHash) -> Result<Block, RpcError> {
        let text: String = self.call("getblock", json!([hash, 0])).await?;
        deserialize_hex(&text).map_err(unreadable)
    }

    pub async fn mempool(&self) -> Result<Vec<Txid>, RpcError> {
        self.call("getrawmempool", json!([false])).await
    }

    /// Those that still wait; what has left meanwhile is left out.
    pub async fn waiting(&self, txids: &[Txid]) -> Result<Vec<Transaction>, RpcError> {
        let mut found = Vec::new();
        for part in txids.chunks(BATCH) {
            let calls: Vec<Value> = part
                .iter()
                .enumerate()
                .map(|(id, txid)| json!({ "method": "getrawtransaction", "params": [txid], "id": id }))
                .collect();
            let response = self.http.send(&self.request(&Value::Array(calls))).await?;
            let replies: Vec<Reply> = response.parsed().ok_or_else(|| refusal(response.status))?;
            for reply in replies {
                debug_assert!(!reply.id.is_null());
                match answer::<String>(reply) {
                    Ok(text) => found.push(deserialize_hex(&text).map_err(unreadable)?),
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }

    /// What a transaction should pay to be in one of the next blocks. None: nothing to estimate from.
    pub async fn fee_rate(&self, blocks: u32) -> Result<Option<FeeRate>, RpcError> {
        let sat_per_kvb = self.fee_sat_per_kvb(blocks).await?;
        // 1,000 vbytes are 4,000 weight units; rounded up.
        Ok(sat_per_kvb.map(|sat| FeeRate::from_sat_per_kwu(sat.div_ceil(4))))
    }

    /// The same as it is said: satoshi per 1,000 vbytes.
    pub async fn fee_sat_per_kvb(&self, blocks: u32) -> Result<Option<u64>, RpcError> {
        #[derive(Deserialize)]
        struct Estimate {
            feerate: Option<Box<RawValue>>,
        }
        let estimate: Estimate = match self.call("estimatesmartfee", json!([blocks])).await {
            Ok(estimate) => estimate,
            // Core on regtest answers an error where it has seen too little.
            Err(RpcError::Said { code: -32603, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(text) = estimate.feerate else { return Ok(None) };
        let per_kvb = Amount::from_str_in(text.get(), Denomination::Bitcoin).map_err(unreadable)?;
        Ok(Some(per_kvb.to_sat()))
    }

    /// Known to it already is as good as taken.
    pub async fn hand_over(&self, tx: &Transaction) -> Result<Handed, RpcError> {
        match self.call::<Txid>("sendrawtransaction", json!([serialize_hex(tx)])).await {
            Ok(_) | Err(RpcError::Said { code: ALREADY_MINED, .. }) => Ok(Handed::Taken),
            Err(RpcError::Said { code, message }) if REFUSED.contains(&code) => {
                let known = message.contains("txn-already-in-mempool") || message.contains("txn-already-known");
                Ok(if known { Handed::Taken } else { Handed::Refused(message) })
            }
            Err(error) => Err(error),
        }
    }

    fn request(&self, body: &Value) -> Request {
        Request::new(Method::Post, "/").secret_header("authorization", &self.authorization).json(body)
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, RpcError> {
        let body = json!({ "method": method, "params": params, "id": 0 });
        let response = self.http.send(&self.request(&body)).await?;
        // Errors come as 500, or 404 for an unknown method, with the same body.
        let reply: Reply = response.parsed().ok_or_else(|| refusal(response.status))?;
        answer(reply)
    }
}

fn answer<T: DeserializeOwned>(reply: Reply) -> Result<T, RpcError> {
    if let Some(Said { code, message }) = reply.error {
        let message: String = message.chars().take(200).collect();
        return Err(if code == IN_WARMUP { RpcError::NotSent(message) } else { RpcError::Said { code, message } });
    }
    let text = reply.result.as_deref().map_or("null", RawValue::get);
    serde_json::from_str(text).map_err(unreadable)
}

fn refusal(status: u16) -> RpcError {
    match status {
        401 | 403 => RpcError::NotSent(format!("bitcoind refuses user and password ({status})")),
        503 => RpcError::NotSent("bitcoind is too busy".to_owned()),
        _ => RpcError::Unknown(format!("an answer {status} that is not bitcoind's")),
    }
}

fn unreadable(error: impl std::fmt::Display) -> RpcError {
    RpcError::Unknown(format!("bitcoind's answer cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<u32, RpcError> {
        answer(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn answers_are_read_and_errors_keep_their_words() {
        assert_eq!(read(r#"{"result":7,"error":null,"id":0}"#), Ok(7));
        let warming = r#"{"result":null,"error":{"code":-28,"message":"Loading block index…"},"id":0}"#;
        assert_eq!(read(warming), Err(RpcError::NotSent("Loading block index…".to_owned())));
        let absent = read(r#"{"result":null,"error":{"code":-5,"message":"No such"},"id":0}"#).unwrap_err();
        assert!(absent.is_not_found());
        assert!(matches!(read(r#"{"result":"x","error":null,"id":0}"#), Err(RpcError::Unknown(_))));
        assert!(matches!(refusal(401), RpcError::NotSent(_)));
    }
}
