//! `/_sandbox`: the driver for a person with curl, beside the faults of [`crate::vendor::control`].
//!
//! * `GET  /_sandbox` - balances and orders
//! * `POST /_sandbox/book` - `{"product": "BTC-USD", "bids": [["5500.00", "10"]], "asks": [["5500.10", "10"]]}`
//! * `POST /_sandbox/balance` - `{"currency": "BTC", "amount": "1.5"}`
//! * `POST /_sandbox/status` - `{"status": "cancel_only"}`
//! * `POST /_sandbox/holding` - `{"holding": true}`: new orders stay `PENDING` until it is false

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Desk, MarketStatus, api::Shared, decimal::print_full};
use crate::vendor::{
    control::{Misunderstood, misunderstood, read},
    lock,
};

pub(super) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/book", post(set_book))
        .route("/balance", post(set_balance))
        .route("/status", post(set_status))
        .route("/holding", post(set_holding))
        .with_state(desk)
}

async fn overview(State(desk): Shared) -> Json<Value> {
    let engine = lock(&desk.engine);
    let balance = |(currency, amount): (&&str, &i128)| ((*currency).to_owned(), json!(print_full(*amount)));
    let balances: Map<String, Value> = engine.balances.iter().map(balance).collect();
    Json(json!({
        "balances": balances,
        "orders": engine.orders.len(),
        "faults_queued": desk.faults.queued(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBook {
    product: String,
    bids: Vec<(String, String)>,
    asks: Vec<(String, String)>,
}

async fn set_book(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetBook = read(&bytes)?;
    desk.set_book(&wanted.product, &wanted.bids, &wanted.asks).map_err(misunderstood)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBalance {
    currency: String,
    amount: String,
}

async fn set_balance(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetBalance = read(&bytes)?;
    desk.set_balance(&wanted.currency, &wanted.amount).map_err(misunderstood)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetStatus {
    status: MarketStatus,
}

async fn set_status(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetStatus = read(&bytes)?;
    *lock(&desk.status) = wanted.status;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetHolding {
    holding: bool,
}

async fn set_holding(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetHolding = read(&bytes)?;
    lock(&desk.engine).set_holding(wanted.holding, desk.clock.now_ms());
    Ok(StatusCode::NO_CONTENT)
}
