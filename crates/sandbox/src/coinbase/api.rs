//! Routes, errors, tokens and rate limits.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{OriginalUri, Path, RawQuery, Request, State},
    http::{Method, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Desk, MarketStatus, accounts, control, market, orders, query::Query};
use crate::vendor::{
    gate::{self, Gate},
    lock,
};

pub(crate) const PREFIX: &str = "/api/v3/brokerage";

pub(crate) type Shared = State<Arc<Desk>>;

/// An HTTP error: status, `error` and `message`.
pub(crate) struct Failed(pub(crate) u16, pub(crate) &'static str, pub(crate) String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "error": self.1, "error_details": self.2, "message": self.2 });
        (status, Json(body)).into_response()
    }
}

pub(crate) fn invalid(why: impl Into<String>) -> Failed {
    Failed(400, "INVALID_ARGUMENT", why.into())
}

pub(crate) fn not_found(what: &str) -> Failed {
    Failed(404, "NOT_FOUND", format!("{what} was not found"))
}

type Answer = Result<Json<Value>, Failed>;

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let gate = Gate { faults: desk.faults.clone(), refusal };
    let private = Router::new()
        .route("/key_permissions", get(permissions))
        .route("/accounts", get(account_list))
        .route("/accounts/{account_uuid}", get(account))
        .route("/products", get(product_list))
        .route("/products/{product_id}", get(product))
        .route("/products/{product_id}/ticker", get(ticker))
        .route("/product_book", get(book))
        .route("/best_bid_ask", get(best))
        .route("/orders", post(orders::create))
        .route("/orders/batch_cancel", post(orders::cancel))
        .route("/orders/historical/batch", get(order_list))
        .route("/orders/historical/fills", get(fills))
        .route("/orders/historical/{order_id}", get(order))
        .route("/transaction_summary", get(summary))
        .route_layer(from_fn_with_state(desk.clone(), admit));
    let public = Router::new()
        .route("/time", get(time))
        .route("/market/products", get(product_list))
        .route("/market/products/{product_id}", get(product))
        .route("/market/products/{product_id}/ticker", get(ticker))
        .route("/market/product_book", get(book))
        .route_layer(from_fn_with_state(desk.clone(), count));
    let api = Router::new()
        .nest(PREFIX, private.merge(public))
        .merge(super::login::routes())
        .merge(super::v2::routes())
        .layer(from_fn_with_state(gate, gate::pass))
        .with_state(desk.clone());
    let faults = crate::vendor::control::routes(desk.faults.clone());
    Router::new().nest("/_sandbox", control::routes(desk).merge(faults)).merge(api)
}

/// An ordered refusal: with status 200 a refused order, else an HTTP error in the documented shape.
fn refusal(status: u16, message: &str) -> Response {
    match status {
        200 => Json(orders::refused(message, None, message, &Value::Null)).into_response(),
        429 => too_many(),
        402 => super::v2::refusal(402, message),
        status => Failed(status, "unknown", message.to_owned()).into_response(),
    }
}

/// docs.cdp.coinbase.com, "Rate limits".
fn too_many() -> Response {
    let body = json!({ "errors": [{ "id": "rate_limit_exceeded", "message": "Too many requests" }] });
    (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
}

/// Token, rate and rights of a private call, in this order.
async fn admit(State(desk): Shared, request: Request, next: Next) -> Response {
    let now_ms = desk.clock.now_ms();
    if *lock(&desk.status) == MarketStatus::Maintenance {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Err(why) = token_of(&desk, &request, now_ms) {
        tracing::info!(why, "the simulated Coinbase refuses a token");
        return (StatusCode::UNAUTHORIZED, "Unauthorized\n").into_response();
    }
    let Some(left) = desk.private_rate.take(now_ms) else { return too_many() };
    let may = if request.method() == Method::GET { desk.permissions.view } else { desk.permissions.trade };
    let mut response = if may {
        next.run(request).await
    } else {
        Failed(403, "PERMISSION_DENIED", "Missing required scopes".to_owned()).into_response()
    };
    desk.private_rate.tell(left, &mut response);
    response
}

fn token_of(desk: &Desk, request: &Request, now_ms: i64) -> Result<(), &'static str> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    // The middleware itself sees the path below the nest.
    let path = request.extensions().get::<OriginalUri>().map_or("", |uri| uri.path());
    desk.key.admits(token, &format!("{} {}{path}", request.method(), header("host")), now_ms)
}

async fn count(State(desk): Shared, request: Request, next: Next) -> Response {
    let Some(left) = desk.public_rate.take(desk.clock.now_ms()) else { return too_many() };
    let mut response = next.run(request).await;
    desk.public_rate.tell(left, &mut response);
    response
}

async fn permissions(State(desk): Shared) -> Json<Value> {
    Json(accounts::permissions(&desk))
}

async fn account_list(State(desk): Shared, RawQuery(query): RawQuery) -> Answer {
    accounts::list(&desk, &Query::read(query.as_deref())).map(Json)
}

async fn account(State(desk): Shared, Path(uuid): Path<String>) -> Answer {
    accounts::one(&desk, &uuid).map(Json)
}

async fn summary(State(desk): Shared) -> Json<Value> {
    Json(accounts::summary(&desk))
}

async fn time(State(desk): Shared) -> Json<Value> {
    Json(market::time(desk.clock.now_ms()))
}

async fn product_list(State(desk): Shared, RawQuery(query): RawQuery) -> Json<Value> {
    Json(market::products(&desk, &Query::read(query.as_deref())))
}

async fn product(State(desk): Shared, Path(id): Path<String>) -> Answer {
    market::product(&desk, &id).map(Json)
}

async fn ticker(State(desk): Shared, Path(id): Path<String>) -> Answer {
    market::ticker(&desk, &id).map(Json)
}

async fn book(State(desk): Shared, RawQuery(query): RawQuery) -> Answer {
    market::book(&desk, &Query::read(query.as_deref())).map(Json)
}

async fn best(State(desk): Shared, RawQuery(query): RawQuery) -> Json<Value> {
    Json(market::best(&desk, &Query::read(query.as_deref())))
}

async fn order_list(State(desk): Shared, RawQuery(query): RawQuery) -> Answer {
    orders::list(&desk, &Query::read(query.as_deref())).map(Json)
}

async fn fills(State(desk): Shared, RawQuery(query): RawQuery) -> Answer {
    orders::fills(&desk, &Query::read(query.as_deref())).map(Json)
}

async fn order(State(desk): Shared, Path(id): Path<String>) -> Answer {
    orders::one(&desk, &id).map(Json)
}
