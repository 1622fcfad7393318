//! The payer's wallet scans a code, and does what its owner would agree to: pays, collects, or logs in.

use super::{Answer, Failed, Shared, Stage};
use crate::demo::rail::{self, Scanned, Wish};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use bitcoin::secp256k1::SecretKey;
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Of an invoice that the wallet brings to collect with.
const EXPIRY_SECS: u32 = 3_600;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new().route("/wallet/scan", post(scan))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
    /// Whose key logs in: each name is another person's wallet.
    #[serde(default)]
    person: String,
}

async fn scan(State(stage): Shared, Json(wanted): Json<Code>) -> Answer {
    let lnurl = match rail::scan(&wanted.code).map_err(|why| Failed::bad(format!("{why:#}")))? {
        Scanned::Lnurl(url) => url,
        Scanned::Bolt11(bolt11) => return pay(&stage, &bolt11, json!({ "did": "pay" })).await,
    };
    match rail::wish(&lnurl).await.map_err(refused)? {
        Wish::Pay { amount_msat } => {
            let fetched = rail::fetch(&lnurl, amount_msat).await.map_err(refused)?;
            let told = json!({
                "did": "pay", "amount_msat": amount_msat, "description": fetched.description,
                "message": fetched.message, "verify": fetched.verify.as_str(), "bolt11": fetched.bolt11,
            });
            pay(&stage, &fetched.bolt11, told).await
        }
        Wish::Collect => {
            let world = stage.world.read().await;
            let invoice = async |amount_msat, description: String| {
                Ok(world.payer.receive(amount_msat, &description, EXPIRY_SECS).await?)
            };
            let amount_msat = rail::withdraw(&wanted.code, invoice).await.map_err(refused)?;
            Ok(Json(json!({ "did": "collect", "amount_msat": amount_msat })))
        }
        Wish::LogIn => {
            let linking = linking_key(&lnurl, &wanted.person)?;
            let key = rail::log_in(&lnurl, &linking).await.map_err(refused)?;
            Ok(Json(json!({ "did": "log_in", "key": key })))
        }
    }
}

async fn pay(stage: &Stage, bolt11: &str, mut told: serde_json::Value) -> Answer {
    let hash = stage.world.read().await.payer.pay(bolt11).await.map_err(refused)?;
    told["payment_hash"] = json!(hex::encode(hash));
    Ok(Json(told))
}

/// One for each person and domain, as LUD-05 asks; how it comes about is the wallet's own affair.
fn linking_key(lnurl: &Url, person: &str) -> Result<SecretKey, Failed> {
    let domain = lnurl.host_str().unwrap_or_default();
    let secret = Sha256::digest(format!("the world's wallet/{person}/{domain}"));
    SecretKey::from_slice(&secret).map_err(Failed::bad)
}

/// What the wallet would show its owner.
fn refused(why: impl std::fmt::Display) -> Failed {
    Failed(StatusCode::CONFLICT, format!("{why:#}"))
}
