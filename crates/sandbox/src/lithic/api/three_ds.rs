//! `/v1/three_ds_authentication` and `/v1/three_ds_decisioning` (docs.lithic.com/reference: get3dsauthentication,
//! postsimulateauthentication, postchallengeresponse, getthreedsdecisioningsecret).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, ApiError, Shared, body, uuid};
use crate::{
    lithic::{
        driver::{CardRef, Merchant},
        hub::Hub,
        three_ds::{authenticate, wire},
    },
    vendor::lock,
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/three_ds_authentication/simulate", post(simulate))
        .route("/v1/three_ds_authentication/{three_ds_authentication_token}", get(show))
        .route("/v1/three_ds_decisioning/challenge_response", post(respond))
        .route("/v1/three_ds_decisioning/secret", get(secret))
        .route("/v1/three_ds_decisioning/secret/rotate", post(rotate))
}

async fn show(State(hub): Shared, Path(token): Path<String>) -> Answer {
    uuid("three_ds_authentication_token", &token)?;
    let records = lock(&hub.records);
    let found = records.authentication(&token).ok_or_else(|| ApiError::new(404, "Authentication not found"))?;
    Ok(Json(wire(found)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Simulate {
    pan: String,
    merchant: SimulatedMerchant,
    transaction: SimulatedTransaction,
    #[serde(rename = "card_expiry_check")]
    _card_expiry_check: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SimulatedMerchant {
    id: String,
    country: String,
    mcc: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SimulatedTransaction {
    amount: i64,
    currency: String,
}

async fn simulate(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Simulate = body(&bytes)?;
    let card = {
        let records = lock(&hub.records);
        let card = records.card_by_pan(&wanted.pan).ok_or_else(|| ApiError::new(404, "Card not found"))?;
        CardRef::Token(card.token.clone())
    };
    let merchant = Merchant {
        descriptor: wanted.merchant.name,
        mcc: wanted.merchant.mcc,
        country: wanted.merchant.country,
        acceptor_id: wanted.merchant.id,
        ..Merchant::default()
    };
    let (amount, currency) = (wanted.transaction.amount, wanted.transaction.currency);
    let asking = hub.clone();
    let asked = tokio::spawn(async move { authenticate(&asking, &card, amount, &currency, merchant, false).await });
    let token = asked.await.map_err(|_| ApiError::new(500, "Internal Server Error"))??;
    Ok(Json(json!({ "token": token })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Respond {
    token: String,
    challenge_response: String,
}

async fn respond(State(hub): Shared, bytes: Bytes) -> Result<StatusCode, ApiError> {
    let wanted: Respond = body(&bytes)?;
    uuid("token", &wanted.token)?;
    let approved = match wanted.challenge_response.as_str() {
        "APPROVE" => true,
        "DECLINE_BY_CUSTOMER" => false,
        _ => return Err(ApiError::new(400, "challenge_response must be one of APPROVE, DECLINE_BY_CUSTOMER")),
    };
    hub.change(|records| {
        if records.authentication(&wanted.token).is_none() {
            return (Err(ApiError::new(404, "Authentication not found")), Vec::new());
        }
        match records.answer_challenge(&wanted.token, approved) {
            Some(events) => (Ok(StatusCode::OK), events),
            None => (Err(ApiError::new(400, "Authentication has no challenge that waits")), Vec::new()),
        }
    })
}

async fn secret(State(hub): Shared) -> Answer {
    Ok(Json(json!({ "secret": lock(&hub.records).three_ds_secrets.current })))
}

async fn rotate(State(hub): Shared) -> StatusCode {
    let mut records = lock(&hub.records);
    let now_ms = records.now_ms();
    records.three_ds_secrets.rotate(now_ms);
    StatusCode::NO_CONTENT
}
