//! `/_sandbox`: the driver and the faults for a person with curl. Not Lithic's; without a key, loopback only.
//!
//! * `GET  /_sandbox` - where everything is: float, responder, cards (last four only), open webhooks
//! * `POST /_sandbox/faults` - `{"endpoint": "POST /v1/cards", "fault": "drop_after"}` or
//!   `{"webhook": "card_transaction.updated", "fault": "twice"}`, with `"always": true` until cleared
//! * `DELETE /_sandbox/faults` - everything works again
//! * `POST /_sandbox/float` - `{"total_minor": 100000}`
//! * `POST /_sandbox/force_capture` - `{"card_token": "...", "amount_minor": 2711}`

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

use super::{Answer, ApiError, Shared, body};
use crate::{
    faults::{Fault, HookFault},
    lithic::{
        hub::Hub,
        model::{EventKind, Merchant},
        network::unasked,
    },
    vendor::lock,
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/", get(overview))
        .route("/faults", post(order).delete(clear))
        .route("/float", post(set_float))
        .route("/force_capture", post(force_capture))
}

async fn overview(State(hub): Shared) -> Answer {
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
    Ok(Json(json!({
        "total_minor": records.total_minor(),
        "available_minor": records.total_minor() - records.held_minor(),
        "currency": records.config.currency,
        "responder": records.responder,
        "webhooks_open": *hub.open.borrow(),
        "faults_queued": hub.faults.queued(),
        "cards": cards,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    endpoint: Option<String>,
    webhook: Option<String>,
    fault: Value,
    #[serde(default)]
    always: bool,
}

async fn order(State(hub): Shared, bytes: Bytes) -> Result<StatusCode, ApiError> {
    let order: Order = body(&bytes)?;
    let unknown = |_| ApiError::new(400, "no such fault");
    match (order.endpoint, order.webhook) {
        (Some(endpoint), None) => {
            let fault: Fault = serde_json::from_value(order.fault).map_err(unknown)?;
            if order.always {
                hub.faults.always(&endpoint, fault);
            } else {
                hub.faults.next(&endpoint, fault);
            }
        }
        (None, Some(webhook)) => {
            let fault: HookFault = serde_json::from_value(order.fault).map_err(unknown)?;
            if order.always {
                hub.faults.always_webhook(&webhook, fault);
            } else {
                hub.faults.next_webhook(&webhook, fault);
            }
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(ApiError::new(400, "either endpoint or webhook"));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn clear(State(hub): Shared) -> StatusCode {
    hub.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFloat {
    total_minor: i64,
}

async fn set_float(State(hub): Shared, bytes: Bytes) -> Result<StatusCode, ApiError> {
    let wanted: SetFloat = body(&bytes)?;
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

async fn force_capture(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: ForceCapture = body(&bytes)?;
    let currency = hub.config.currency.clone();
    let (card, minor) = (&wanted.card_token, wanted.amount_minor);
    let token = unasked(&hub, card, EventKind::Clearing, minor, &currency, Merchant::default())?;
    Ok(Json(json!({ "token": token })))
}
