//! `/_sandbox`: the driver for a person with curl, beside the faults of [`crate::vendor::control`].
//!
//! * `GET  /_sandbox` - where everything is: float, responder, cards (last four only), open webhooks
//! * `POST /_sandbox/float` - `{"total_minor": 100000}`
//! * `POST /_sandbox/force_capture` - `{"card_token": "...", "amount_minor": 2711}`
//!
//! The rest of the network's side is at Lithic's own `/v1/simulate/...`.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::{
    lithic::{
        hub::Hub,
        model::{EventKind, Merchant},
        network::unasked,
    },
    vendor::{
        control::{Misunderstood, misunderstood, read},
        lock,
    },
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/", get(overview))
        .route("/float", post(set_float))
        .route("/force_capture", post(force_capture))
}

async fn overview(State(hub): Shared) -> Json<Value> {
    let records = lock(&hub.records);
    let cards: Vec<Value> = records
        .cards
        .iter()
        .map(|card| {
            json!({
                "token": card.token, "last_four": card.pan.get(12..), "state": card.state,
                "spend_limit": card.spend_limit, "memo": card.memo,
            })
        })
        .collect();
    Json(json!({
        "total_minor": records.total_minor(),
        "available_minor": records.total_minor() - records.held_minor(),
        "currency": records.config.currency,
        "responder": records.responder,
        "webhooks_open": *hub.open.borrow(),
        "faults_queued": hub.faults.queued(),
        "cards": cards,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFloat {
    total_minor: i64,
}

async fn set_float(State(hub): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetFloat = read(&bytes)?;
    let mut records = lock(&hub.records);
    let difference = wanted.total_minor - records.total_minor();
    records.float_minor += difference;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForceCapture {
    card_token: String,
    amount_minor: i64,
}

async fn force_capture(State(hub): Shared, bytes: Bytes) -> Result<Json<Value>, Misunderstood> {
    let wanted: ForceCapture = read(&bytes)?;
    let currency = hub.config.currency.clone();
    let (card, minor) = (&wanted.card_token, wanted.amount_minor);
    let forced = unasked(&hub, card, EventKind::Clearing, minor, &currency, Merchant::default());
    Ok(Json(json!({ "token": forced.map_err(misunderstood)? })))
}
