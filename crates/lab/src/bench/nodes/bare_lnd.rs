//! An LND driven by the fewest REST calls that hold and claim: make the invoice, listen to it, settle it, listen to the
//! router. Nothing is checked, written down or asked again.

use super::holder::{AMOUNT_MSAT, Board, EXPIRY_SECS, FINAL_CLTV, Holder, Kit};
use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

type HtlcId = (String, String);

struct Wire {
    http: Client,
    url: String,
    macaroon: String,
}

pub struct BareLnd {
    wire: Arc<Wire>,
    board: Arc<Board>,
    /// Whose HTLC it is.
    htlcs: Arc<Mutex<HashMap<HtlcId, [u8; 32]>>>,
    listening: Mutex<JoinSet<()>>,
}

impl BareLnd {
    pub fn new(url: String, macaroon: String) -> Result<Self> {
        let http = Client::builder().no_proxy().danger_accept_invalid_certs(true).build()?;
        let wire = Arc::new(Wire { http, url, macaroon });
        let (board, htlcs) = (Board::new(), Arc::new(Mutex::new(HashMap::new())));
        let mut listening = JoinSet::new();
        listening.spawn(router(Arc::clone(&wire), Arc::clone(&board), Arc::clone(&htlcs)));
        Ok(Self { wire, board, htlcs, listening: Mutex::new(listening) })
    }
}

impl Wire {
    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).header("grpc-metadata-macaroon", &self.macaroon);
        let response = request.json(&body).send().await?;
        let status = response.status();
        let answer: Value = response.json().await?;
        ensure!(status.is_success(), "{path}: {answer}");
        Ok(answer)
    }

    /// Each line of a stream, until it ends or `take` has enough.
    async fn listen(&self, path: &str, mut take: impl FnMut(&Value) -> bool) -> Result<()> {
        let request = self.http.get(format!("{}{path}", self.url)).header("grpc-metadata-macaroon", &self.macaroon);
        let mut response = request.send().await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
                let line: Value = serde_json::from_slice(&bytes[..end])?;
                bytes.drain(..=end);
                if take(&line["result"]) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The confirmations of claims.
async fn router(wire: Arc<Wire>, board: Arc<Board>, htlcs: Arc<Mutex<HashMap<HtlcId, [u8; 32]>>>) {
    let ended = wire.listen("/v2/router/htlcevents", |event| {
        if event["final_htlc_event"]["settled"] == true {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let htlc = (text("incoming_channel_id"), text("incoming_htlc_id"));
            let hash = htlcs.lock().unwrap_or_else(PoisonError::into_inner).remove(&htlc);
            if let Some(hash) = hash {
                board.note_claimed(hash);
            }
        }
        false
    });
    let ended = ended.await;
    tracing::warn!(?ended, "the router's events have ended");
}

/// One invoice, until it is held.
async fn until_held(wire: Arc<Wire>, board: Arc<Board>, htlcs: Arc<Mutex<HashMap<HtlcId, [u8; 32]>>>, hash: [u8; 32]) {
    let path = format!("/v2/invoices/subscribe/{}", URL_SAFE.encode(hash));
    let listened = wire.listen(&path, |invoice| {
        if invoice["state"] != "ACCEPTED" {
            return false;
        }
        {
            let mut known = htlcs.lock().unwrap_or_else(PoisonError::into_inner);
            for htlc in invoice["htlcs"].as_array().into_iter().flatten() {
                let text = |name: &str| htlc[name].as_str().unwrap_or_default().to_owned();
                known.insert((text("chan_id"), text("htlc_index")), hash);
            }
        }
        board.note_held(hash);
        true
    });
    if let Err(error) = listened.await {
        tracing::error!(%error, "an invoice cannot be listened to");
    }
}

#[async_trait]
impl Holder for BareLnd {
    async fn invoice(&self, kit: &Kit) -> Result<String> {
        let body = json!({
            "hash": STANDARD.encode(kit.hash),
            "value_msat": AMOUNT_MSAT.to_string(),
            "expiry": EXPIRY_SECS.to_string(),
            "cltv_expiry": FINAL_CLTV.to_string(),
            "private": true,
            "memo": "bench",
        });
        let made = self.wire.post("/v2/invoices/hodl", body).await?;
        let bolt11 = made["payment_request"].as_str().context("no invoice")?.to_owned();
        let (wire, board, htlcs) = (Arc::clone(&self.wire), Arc::clone(&self.board), Arc::clone(&self.htlcs));
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        while listening.try_join_next().is_some() {}
        listening.spawn(until_held(wire, board, htlcs, kit.hash));
        Ok(bolt11)
    }

    async fn claim(&self, kit: &Kit) -> Result<()> {
        self.wire.post("/v2/invoices/settle", json!({ "preimage": STANDARD.encode(kit.preimage) })).await.map(drop)
    }

    fn board(&self) -> &Board {
        &self.board
    }
}
