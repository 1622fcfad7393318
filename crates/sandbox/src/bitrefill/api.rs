//! Routes, the envelope, the key and the rate limits.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{MatchedPath, Path, Query, Request, State},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use money::Rate;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, catalogue::Product, control, meter::Reading, new_invoice, wire};
use crate::vendor::{
    gate::{self, Gate},
    lock,
};

type Shared = State<Arc<Desk>>;

/// Records on a page when `limit` is not given, and at most ("Searching Products").
const PAGE: usize = 50;

/// An error of the API: HTTP status, `error_code`, `message`. The statuses of the single codes are not documented:
/// 404 for what does not exist, 500 for the vendor's own trouble, else 400 are assumed.
pub(crate) struct Refused {
    status: u16,
    code: String,
    message: String,
}

impl Refused {
    pub(crate) fn bad(code: &str, message: String) -> Self {
        Self { status: 400, code: code.to_owned(), message }
    }

    pub(crate) fn not_found(message: String) -> Self {
        Self { status: 404, code: "not_found".to_owned(), message }
    }

    pub(crate) fn internal(code: &str, message: String) -> Self {
        Self { status: 500, code: code.to_owned(), message }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "meta": {}, "message": self.message, "error_code": self.code });
        as_json(self.status, &body)
    }
}

fn as_json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/json")], wire::text(body)).into_response()
}

/// `{ "meta": { "_endpoint": ... }, "data": ... }`, the path without the version.
fn found(endpoint: &str, mut meta: Value, data: &Value) -> Response {
    meta["_endpoint"] = Value::String(endpoint.to_owned());
    as_json(200, &json!({ "meta": meta, "data": data }))
}

/// A refusal that a fault orders: `out_of_stock: sold out` has a code of its own.
fn refusal(status: u16, message: &str) -> Response {
    let is_code = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let (code, message) = match message.split_once(": ") {
        Some((code, rest)) if is_code(&code) => (code, rest),
        _ => ("refused", message),
    };
    Refused { status, code: code.to_owned(), message: message.to_owned() }.into_response()
}

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let gate = Gate { faults: desk.faults.clone(), refusal };
    let api = Router::new()
        .route("/v2/ping", get(ping))
        .route("/v2/accounts/balance", get(balance))
        .route("/v2/products", get(products))
        .route("/v2/products/search", get(search))
        .route("/v2/products/{id}", get(product))
        .route("/v2/invoices", post(create_invoice))
        .route("/v2/invoices/{id}", get(invoice))
        .route("/v2/orders/{id}", get(order))
        .route("/v2/{*path}", get(nothing).post(nothing))
        .layer(from_fn_with_state(desk.clone(), admitted))
        .layer(from_fn_with_state(gate, gate::pass))
        .with_state(desk.clone());
    let page = Router::new().route("/gift/{token}", get(behind_link)).with_state(desk.clone());
    let faults = crate::vendor::control::routes(desk.faults.clone());
    Router::new().nest("/_sandbox", control::routes(desk).merge(faults)).merge(page).merge(api)
}

/// The key, then the meters, as every call passes them.
async fn admitted(State(desk): Shared, request: Request, next: Next) -> Response {
    let given = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if given.and_then(|text| text.strip_prefix("Bearer ")) != Some(desk.api_key.as_str()) {
        let message = "Unauthorized".to_owned();
        return Refused { status: 401, code: "unauthorized".to_owned(), message }.into_response();
    }
    let path = request.extensions().get::<MatchedPath>().map_or_else(String::new, |path| path.as_str().to_owned());
    let endpoint = format!("{} {path}", request.method());
    let passed = lock(&desk.meters).pass(&endpoint, desk.config.clock.now_ms());
    match passed {
        Ok(reading) => with_reading(next.run(request).await, reading),
        Err(reading) => {
            let message = "Rate limit exceeded".to_owned();
            let refused = Refused { status: 429, code: "rate_limit_exceeded".to_owned(), message };
            with_reading(refused.into_response(), Some(reading))
        }
    }
}

fn with_reading(mut answer: Response, reading: Option<Reading>) -> Response {
    if let Some(reading) = reading {
        let headers = answer.headers_mut();
        headers.insert("x-ratelimit-limit", HeaderValue::from(reading.limit));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(reading.remaining));
        headers.insert("x-ratelimit-reset", HeaderValue::from(reading.reset_s));
    }
    answer
}

async fn nothing() -> Refused {
    Refused::not_found("No such endpoint".to_owned())
}

async fn ping() -> Response {
    found("/ping", json!({}), &json!({ "message": "pong" }))
}

async fn balance() -> Response {
    found("/accounts/balance", json!({}), &json!({ "balance": 0, "currency": "BTC" }))
}

#[derive(Deserialize)]
struct Listed {
    q: Option<String>,
    start: Option<usize>,
    limit: Option<usize>,
    country: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Listed {
    /// One page of what is `wanted`, with the address of the next one.
    fn page(&self, desk: &Desk, endpoint: &str, wanted: impl Fn(&Product) -> bool) -> Response {
        let (start, limit) = (self.start.unwrap_or(0), self.limit.unwrap_or(PAGE).clamp(1, PAGE));
        let catalogue = lock(&desk.catalogue);
        let all: Vec<&Product> = catalogue.all().iter().filter(|product| wanted(product)).collect();
        let shown: Vec<Value> = all.iter().skip(start).take(limit).map(|of| wire::product(desk, of)).collect();
        let mut meta = json!({ "start": start, "limit": limit, "include_test_products": "false" });
        if start + shown.len() < all.len() {
            let next = format!("{}{endpoint}?limit={limit}&start={}", desk.api_url(), start + shown.len());
            meta["_next"] = Value::String(next);
        }
        found(endpoint, meta, &Value::Array(shown))
    }
}

async fn products(State(desk): Shared, Query(listed): Query<Listed>) -> Response {
    let country = listed.country.clone();
    let gift_cards = listed.kind.as_deref().is_none_or(|kind| kind == "gift_card");
    listed.page(&desk, "/products", |product| {
        gift_cards && country.as_ref().is_none_or(|country| product.country.0 == *country)
    })
}

/// By name, without regard to case.
async fn search(State(desk): Shared, Query(listed): Query<Listed>) -> Response {
    let wanted = listed.q.clone().unwrap_or_default().to_lowercase();
    if !(1..=100).contains(&wanted.chars().count()) {
        return Refused::bad("missing_param", "Missing required parameter: q".to_owned()).into_response();
    }
    listed.page(&desk, "/products/search", |product| product.name.to_lowercase().contains(&wanted))
}

async fn product(State(desk): Shared, Path(id): Path<String>) -> Result<Response, Refused> {
    let catalogue = lock(&desk.catalogue);
    let product = catalogue.find(&id).ok_or_else(|| Refused::not_found("Product not found".to_owned()))?;
    Ok(found(&format!("/products/{id}"), json!({ "id": id }), &wire::product(&desk, product)))
}

async fn create_invoice(State(desk): Shared, body: Bytes) -> Result<Response, Refused> {
    let shown = new_invoice::answer(&desk, &body).await?;
    Ok(found("/invoices", json!({ "payment_method": "lightning" }), &shown))
}

async fn invoice(State(desk): Shared, Path(id): Path<String>) -> Result<Response, Refused> {
    let records = lock(&desk.records);
    let invoice = records.invoice(&id).ok_or_else(|| Refused::not_found("Invoice not found".to_owned()))?;
    Ok(found(&format!("/invoices/{id}"), json!({ "id": id }), &wire::invoice(&desk, invoice)))
}

async fn order(State(desk): Shared, Path(id): Path<String>) -> Result<Response, Refused> {
    let records = lock(&desk.records);
    let (invoice, order) = records.order(&id).ok_or_else(|| Refused::not_found("Order not found".to_owned()))?;
    Ok(found(&format!("/orders/{id}"), json!({ "id": id }), &wire::order(&desk, invoice, order)))
}

/// The page behind a card's link. Whoever has the address has the money, so it asks for nothing else.
async fn behind_link(State(desk): Shared, Path(token): Path<String>) -> Result<String, StatusCode> {
    desk.codes.behind(&token).ok_or(StatusCode::NOT_FOUND)
}

impl Desk {
    pub(crate) fn url(&self) -> &str {
        self.url.get().map_or("", String::as_str)
    }

    pub(crate) fn api_url(&self) -> String {
        format!("{}/v2", self.url())
    }

    /// What a card costs. A currency without a rate is worth nothing here, which only a test's own catalogue can have.
    pub(crate) fn price_sat(&self, product: &Product, minor: u64) -> u64 {
        let rate = self.config.rates.iter().find(|rate| rate.currency() == product.currency).copied();
        let price = |rate: Rate| {
            let value = money::Money::new(minor, product.currency).ok()?;
            rate.sat_ceil(value).ok().map(money::Sat::get)
        };
        rate.and_then(price).unwrap_or(0)
    }
}
