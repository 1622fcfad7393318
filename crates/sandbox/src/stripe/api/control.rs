//! `/_sandbox`: the driver for a person with curl, beside the faults of [`crate::vendor::control`].
//!
//! * `GET  /_sandbox` - where everything is: balance, endpoints, cards (last four only), open webhooks
//! * `POST /_sandbox/float` - `{"total_minor": 100000}`
//! * `POST /_sandbox/disputes` - `{"dispute": "idp_...", "won": true}`: the network decides
//!
//! The rest of the network's side is at Stripe's own `/v1/test_helpers/issuing/...`.

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
    stripe::{hub::Hub, model::DisputeStatus},
    vendor::{
        control::{Misunderstood, misunderstood, read},
        lock,
    },
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/", get(overview)).route("/float", post(set_float)).route("/disputes", post(decide))
}

async fn overview(State(hub): Shared) -> Json<Value> {
    let books = lock(&hub.books);
    let cards: Vec<Value> = books
        .cards
        .iter()
        .map(|card| json!({ "id": card.id, "last4": card.number.get(12..), "status": card.status.word() }))
        .collect();
    let endpoints: Vec<&String> = books.endpoints.iter().map(|one| &one.url).collect();
    Json(json!({
        "total_minor": books.total_minor(),
        "available_minor": books.total_minor() - books.held_minor(),
        "currency": books.config.currency,
        "endpoints": endpoints,
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
    let mut books = lock(&hub.books);
    let difference = wanted.total_minor - books.total_minor();
    books.float_minor += difference;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decide {
    dispute: String,
    won: bool,
}

async fn decide(State(hub): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let wanted: Decide = read(&bytes)?;
    let to = if wanted.won { DisputeStatus::Won } else { DisputeStatus::Lost };
    let moved = hub.change(|books| match books.move_dispute(&wanted.dispute, DisputeStatus::Submitted, to) {
        Some(events) => (true, events),
        None => (false, Vec::new()),
    });
    if moved { Ok(StatusCode::NO_CONTENT) } else { Err(misunderstood("no such submitted dispute")) }
}
