//! The demo store: how it charges, and what it does with its orders later.

use super::{Answer, Failed, Shared, Stage, done};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use sandbox::store::{Order, OrderState, Practice, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new()
        .route("/store/practice", post(set_practice))
        .route("/store/orders", get(orders))
        .route("/store/orders/{number}/ship", post(ship))
        .route("/store/orders/{number}/void", post(void))
        .route("/store/orders/{number}/refund", post(refund))
        .route("/store/orders/{number}/reverse-refund", post(reverse_refund))
}

async fn set_practice(State(stage): Shared, Json(practice): Json<Practice>) -> Answer {
    stage.store.set_practice(practice);
    done()
}

async fn orders(State(stage): Shared) -> Answer {
    Ok(Json(json!({ "orders": stage.store.orders().iter().map(shown).collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ship {
    /// Counted from 0.
    #[serde(default)]
    shipment: usize,
}

async fn ship(State(stage): Shared, Path(number): Path<String>, Json(wanted): Json<Ship>) -> Answer {
    Ok(Json(shown(&stage.store.ship(&number, wanted.shipment).await.map_err(refused)?)))
}

async fn void(State(stage): Shared, Path(number): Path<String>) -> Answer {
    Ok(Json(shown(&stage.store.void(&number).map_err(refused)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    amount_minor: i64,
}

async fn refund(State(stage): Shared, Path(number): Path<String>, Json(wanted): Json<Refund>) -> Answer {
    Ok(Json(shown(&stage.store.refund(&number, wanted.amount_minor).map_err(refused)?)))
}

async fn reverse_refund(State(stage): Shared, Path(number): Path<String>) -> Answer {
    Ok(Json(shown(&stage.store.reverse_refund(&number).map_err(refused)?)))
}

fn shown(order: &Order) -> Value {
    let (state, detail) = match &order.state {
        OrderState::Open => ("open", None),
        OrderState::Taken => ("taken", None),
        OrderState::Declined { detail } => ("declined", Some(detail)),
        OrderState::Cancelled => ("cancelled", None),
    };
    let shipments = order.shipments.iter().map(
        |shipment| json!({ "amount_minor": shipment.minor, "sent": shipment.sent, "declined": shipment.declined }),
    );
    json!({
        "number": order.number, "state": state, "declined": detail, "charges": order.authorizations,
        "shipments": shipments.collect::<Vec<_>>(),
        "captured_minor": order.captured_minor, "refunded_minor": order.refunded_minor,
    })
}

fn refused(error: StoreError) -> Failed {
    let status = match error {
        StoreError::NoSuchOrder | StoreError::NoSuchShipment => StatusCode::NOT_FOUND,
        StoreError::NotTaken
        | StoreError::NothingRefunded
        | StoreError::NoGiftCards
        | StoreError::GiftCard(_)
        | StoreError::NoCard
        | StoreError::Issuer(_) => StatusCode::CONFLICT,
    };
    Failed(status, error.to_string())
}
