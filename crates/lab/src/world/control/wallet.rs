//! The payers' wallets and the chain.

use super::{Answer, Failed, Shared, Stage};
use crate::demo::payer::Payer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use sandbox::wallet::{Outcome, WalletError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Most blocks that one call mines.
const BLOCKS_MAX: u32 = 2_016;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new()
        .route("/wallet", get(balance))
        .route("/wallet/pay", post(pay))
        .route("/wallet/paid/{hash}", get(paid))
        .route("/wallet/invoice", post(invoice))
        .route("/wallet/second", post(open_second))
        .route("/chain/mine", post(mine))
}

async fn balance(State(stage): Shared) -> Answer {
    let balance = stage.world.read().await.payer.balance().await?;
    Ok(Json(json!({
        "balance_msat": balance.total_msat,
        "in_flight_msat": balance.in_flight_msat,
        "at_rest": balance.at_rest,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pay {
    bolt11: Option<String>,
    /// As it was scanned; the wallet reads it.
    code: Option<String>,
    #[serde(default)]
    wallet: Whose,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whose {
    #[default]
    Payer,
    Second,
}

async fn pay(State(stage): Shared, Json(wanted): Json<Pay>) -> Answer {
    let bolt11 = match (wanted.bolt11, wanted.code) {
        (Some(bolt11), None) => bolt11.to_lowercase(),
        (None, Some(code)) => stage.world.read().await.payer.read(&code).await.map_err(Failed::bad)?,
        _ => return Err(Failed::bad("either bolt11 or code")),
    };
    let began = match wanted.wallet {
        Whose::Payer => stage.world.read().await.payer.pay(&bolt11).await,
        Whose::Second => {
            let second = stage.second.read().await;
            second.as_ref().ok_or_else(|| Failed::bad("POST /wallet/second first"))?.pay(&bolt11).await
        }
    };
    match began {
        Ok(hash) => Ok(Json(json!({ "payment_hash": hex::encode(hash), "state": "pending" }))),
        Err(error @ WalletError::Invoice(_)) => Err(Failed::bad(error)),
        Err(error) => Err(Failed(StatusCode::CONFLICT, error.to_string())),
    }
}

/// Of whichever wallet is paying it.
async fn paid(State(stage): Shared, Path(hash): Path<String>) -> Answer {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(&hash, &mut bytes).map_err(|_| Failed::bad("64 hex digits of a payment hash"))?;
    let second = stage.second.read().await;
    let world = stage.world.read().await;
    // The second first: it pays what the other one has paid.
    let wallets = second.as_ref().map(|wallet| ("second", wallet)).into_iter().chain([("payer", &world.payer)]);
    let mut found = serde_json::Map::new();
    for (name, wallet) in wallets {
        if let Some(state) = state_of(wallet, bytes).await? {
            found.insert(name.to_owned(), state);
        }
    }
    let first = found.get("payer").or_else(|| found.get("second")).cloned();
    let mut answer = first.ok_or_else(|| Failed(StatusCode::NOT_FOUND, "no wallet pays this".to_owned()))?;
    answer["wallets"] = Value::Object(found);
    Ok(Json(answer))
}

async fn state_of(wallet: &Payer, hash: [u8; 32]) -> Result<Option<Value>, Failed> {
    match wallet.wait_outcome(hash, Duration::ZERO).await {
        Ok(Outcome::Succeeded { preimage, fee_msat }) => Ok(Some(json!({
            "state": "succeeded", "preimage": hex::encode(preimage), "fee_msat": fee_msat,
        }))),
        Ok(Outcome::Failed { reason }) => Ok(Some(json!({ "state": "failed", "reason": reason }))),
        Err(WalletError::Deadline(_)) => {
            let known = wallet.has_begun(&hash);
            let state = if wallet.unclaimed(&hash).await? { "held" } else { "pending" };
            Ok(known.then(|| json!({ "state": state })))
        }
        Err(error) => Err(error.into()),
    }
}

async fn invoice(State(stage): Shared) -> Answer {
    let bolt11 = stage.world.read().await.payer.refund_invoice().await?;
    Ok(Json(json!({ "bolt11": bolt11 })))
}

async fn open_second(State(stage): Shared) -> Answer {
    let mut second = stage.second.write().await;
    let wallet = match second.take() {
        Some(wallet) => wallet,
        None => stage.world.read().await.second_wallet(&stage.timeline).await?,
    };
    let balance_msat = wallet.balance().await?.total_msat;
    *second = Some(wallet);
    Ok(Json(json!({ "balance_msat": balance_msat })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mine {
    blocks: u32,
}

async fn mine(State(stage): Shared, Json(wanted): Json<Mine>) -> Answer {
    if wanted.blocks == 0 || wanted.blocks > BLOCKS_MAX {
        return Err(Failed::bad(format!("1 to {BLOCKS_MAX} blocks")));
    }
    stage.chain.mine(wanted.blocks).await?;
    Ok(Json(json!({ "height": stage.chain.height().await? })))
}
