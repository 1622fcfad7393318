//! `/_sandbox`: the driver for a person with curl, beside the faults of [`crate::vendor::control`].
//!
//! * `GET  /_sandbox` - invoices with their orders, and how many codes were given out and redeemed; no code is shown
//! * `POST /_sandbox/delivery` - `{"next": "failed"}` for the next order that is paid, or
//!   `{"order": "...", "becomes": {"after_ms": 0}}` for one that waits
//! * `POST /_sandbox/stock` - `{"product": "amazon_com-usa", "in_stock": false}`

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

use super::{Desk, life, life::Delivery, wire};
use crate::vendor::{
    control::{Misunderstood, misunderstood, read},
    lock,
};

type Shared = State<Arc<Desk>>;

pub(super) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/delivery", post(delivery))
        .route("/stock", post(stock))
        .with_state(desk)
}

async fn overview(State(desk): Shared) -> Json<Value> {
    let records = lock(&desk.records);
    let invoices: Vec<Value> = records.invoices.iter().map(|invoice| wire::invoice(&desk, invoice)).collect();
    let (codes, redeemed) = desk.codes.counts();
    Json(json!({ "invoices": invoices, "codes": codes, "redeemed": redeemed, "faults_queued": desk.faults.queued() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deliver {
    next: Option<Delivery>,
    order: Option<String>,
    becomes: Option<Delivery>,
}

async fn delivery(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: Deliver = read(&bytes)?;
    match (wanted.next, wanted.order, wanted.becomes) {
        (Some(next), None, None) => lock(&desk.records).next_deliveries.push_back(next),
        (None, Some(order), Some(becomes)) => life::resolve(&desk, &order, becomes).map_err(misunderstood)?,
        _ => return Err(misunderstood("either next, or order and becomes")),
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    product: String,
    in_stock: bool,
}

async fn stock(State(desk): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: Stock = read(&bytes)?;
    lock(&desk.catalogue).set_in_stock(&wanted.product, wanted.in_stock);
    Ok(StatusCode::NO_CONTENT)
}
