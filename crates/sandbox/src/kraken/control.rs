//! `/_sandbox`: the driver for a person with curl, beside the faults of [`crate::vendor::control`].
//!
//! * `GET  /_sandbox` - balances and orders
//! * `POST /_sandbox/book` - `{"pair": "XBTUSD", "bids": [["5500.0", "10"]], "asks": [["5500.1", "10"]]}`
//! * `POST /_sandbox/balance` - `{"asset": "XXBT", "amount": "1.5"}`
//! * `POST /_sandbox/status` - `{"status": "maintenance"}`

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

use super::{Desk, SystemStatus, engine::OrderStatus, private::balance};
use crate::vendor::{
    control::{Misunderstood, misunderstood, read},
    lock,
};

type Shared = State<Arc<Desk>>;

pub(super) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/book", post(set_book))
        .route("/balance", post(set_balance))
        .route("/status", post(set_status))
        .with_state(desk)
}

async fn overview(State(desk): Shared) -> Json<Value> {
    let engine = lock(&desk.engine);
    let open = engine.orders.iter().filter(|order| order.status == OrderStatus::Open).count();
    Json(json!({
        "balances": balance(&engine),
        "orders": engine.orders.len(),
        "orders_open": open,
        "faults_queued": desk.faults.queued(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBook {
    pair: String,
    bids: Vec<(String, String)>,
    asks: Vec<(String, String)>,
}

async fn set_book(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetBook = read(&bytes)?;
    desk.set_book(&wanted.pair, &wanted.bids, &wanted.asks).map_err(misunderstood)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBalance {
    asset: String,
    amount: String,
}

async fn set_balance(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetBalance = read(&bytes)?;
    desk.set_balance(&wanted.asset, &wanted.amount).map_err(misunderstood)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetStatus {
    status: SystemStatus,
}

async fn set_status(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: SetStatus = read(&bytes)?;
    lock(&desk.session).status = wanted.status;
    Ok(StatusCode::NO_CONTENT)
}
