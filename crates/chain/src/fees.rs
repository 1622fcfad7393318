//! The chain's fees, as the operator's `bitcoind` or an Esplora server estimates them.

use crate::rpc::Rpc;
use crate::source::RpcAccess;
use async_trait::async_trait;
use outbound::{BadAddress, HttpClient, Limits, Request, Response};
use ports::{ChainFeeRate, ChainFees, Outcome};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Three dozen numbers.
const LIMITS: Limits = Limits { deadline_ms: 8_000, answer_bytes_max: 16 << 10 };

/// By `estimatesmartfee`.
pub struct CoreFees(Rpc);

impl fmt::Debug for CoreFees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CoreFees(..)")
    }
}

impl CoreFees {
    /// # Errors
    /// Where nothing can be asked.
    pub fn new(access: &RpcAccess) -> Result<Self, BadAddress> {
        Ok(Self(Rpc::new(&access.url, &access.user, &access.password)?))
    }
}

#[async_trait]
impl ChainFees for CoreFees {
    async fn fee_rates(&self, blocks: &[u32]) -> Outcome<Vec<ChainFeeRate>> {
        let mut rates = Vec::with_capacity(blocks.len());
        for blocks in blocks.iter().copied() {
            match self.0.fee_sat_per_kvb(blocks).await {
                Ok(rate) => rates.extend(rate.map(|sat_per_kvb| ChainFeeRate { blocks, sat_per_kvb })),
                Err(error) => return error.not_asked(),
            }
        }
        Outcome::Done(rates)
    }
}

/// By `GET /fee-estimates` (Blockstream's Esplora, `API.md`): an object of blocks and satoshi per vbyte.
#[derive(Debug)]
pub struct EsploraFees(HttpClient);

impl EsploraFees {
    /// `https://host/api`.
    ///
    /// # Errors
    /// Where nothing can be asked.
    pub fn new(url: &str) -> Result<Self, BadAddress> {
        Ok(Self(HttpClient::new(url, LIMITS)?))
    }
}

#[async_trait]
impl ChainFees for EsploraFees {
    async fn fee_rates(&self, blocks: &[u32]) -> Outcome<Vec<ChainFeeRate>> {
        match self.0.send(&Request::get("/fee-estimates")).await {
            Ok(response) => match read(&response, blocks) {
                Some(rates) => Outcome::Done(rates),
                None => Outcome::Unknown(format!("an answer {} that is no fee estimate", response.status)),
            },
            Err(fault) => fault.into(),
        }
    }
}

/// Of blocks that it does not name the next that are fewer: what is mined sooner is mined in time.
fn read(response: &Response, blocks: &[u32]) -> Option<Vec<ChainFeeRate>> {
    if response.status != 200 {
        return None;
    }
    let said: BTreeMap<u32, Box<RawValue>> = response.parsed()?;
    let mut rates = Vec::with_capacity(blocks.len());
    for wanted in blocks.iter().copied() {
        if let Some((_, text)) = said.range(..=wanted).next_back() {
            rates.push(ChainFeeRate { blocks: wanted, sat_per_kvb: thousandths_ceil(text.get())? });
        }
    }
    Some(rates)
}

/// A decimal number in thousandths, digit by digit. JSON may write small ones as `1e-8`: that is none that a node relays.
fn thousandths_ceil(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let (kept, rest) = part.split_at(part.len().min(3));
    let more = u64::from(rest.bytes().any(|digit| digit != b'0'));
    let kept = format!("{kept:0<3}").parse::<u64>().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(kept + more).filter(|rate| *rate > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_thousandths_and_nothing_else_does() {
        for (text, thousandths) in [("87.882", 87_882), ("1", 1_000), ("1.0", 1_000), ("0.2001", 201), ("2.5", 2_500)] {
            assert_eq!(thousandths_ceil(text), Some(thousandths), "{text}");
        }
        for text in ["", "-1", "1e-8", "0", "0.000", ".5", "null", "99999999999999999999"] {
            assert_eq!(thousandths_ceil(text), None, "{text}");
        }
    }

    #[test]
    fn esploras_own_answer_is_read() {
        // Of Esplora's API.md, shortened.
        let answer = Response::new(200, r#"{ "1": 87.882, "2": 87.882, "3": 87.882, "5": 81.129, "144": 1.027 }"#);
        let rates = read(&answer, &[2, 6, 144]).unwrap();
        let found: Vec<_> = rates.iter().map(|rate| (rate.blocks, rate.sat_per_kvb)).collect();
        assert_eq!(found, [(2, 87_882), (6, 81_129), (144, 1_027)]);
        assert_eq!(read(&Response::new(200, "{}"), &[2]), Some(Vec::new()), "a chain without a fee market");
        for answer in [Response::new(200, r#"{"2":-1}"#), Response::new(200, "busy"), Response::new(503, "{}")] {
            assert_eq!(read(&answer, &[2]), None);
        }
    }
}
