//! The HTTP side: routes, the API key, errors in Lithic's shape, lists with cursors.

mod accounts;
mod cards;
mod control;
mod disputes;
mod events;
mod simulate;
mod three_ds;
mod transactions;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use self::events::new_subscription;
use super::hub::Hub;
use crate::vendor::{
    gate::{self, Gate},
    ids, lock, time,
};

/// Lithic's page sizes (docs.lithic.com/docs/api-basics, "Pagination").
const PAGE_SIZE: usize = 50;
const PAGE_SIZE_MAX: usize = 100;

type Shared = State<Arc<Hub>>;

/// All of Lithic's API that the simulation speaks, and `/_sandbox` for a person with curl.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    let gate =
        Gate { faults: hub.faults.clone(), refusal: |status, message| ApiError::new(status, message).into_response() };
    let api = Router::new()
        .route("/v1/status", get(accounts::status))
        .route("/v1/cards", get(cards::list).post(cards::create))
        .route("/v1/cards/{card_token}", get(cards::show).patch(cards::update))
        .route("/v1/transactions", get(transactions::list))
        .route("/v1/transactions/{transaction_token}", get(transactions::show))
        .route("/v1/balances", get(accounts::balances))
        .route("/v1/financial_accounts", get(accounts::list))
        .route("/v1/financial_accounts/{financial_account_token}", get(accounts::show))
        .route("/v1/financial_accounts/{financial_account_token}/balances", get(accounts::balances_of))
        .route("/v1/auth_stream/secret", get(accounts::asa_secret))
        .route("/v1/auth_stream/secret/rotate", post(accounts::rotate_asa_secret))
        .route("/v1/responder_endpoints", get(accounts::responder).post(accounts::enroll).delete(accounts::disenroll))
        .merge(events::routes())
        .merge(disputes::routes())
        .merge(simulate::routes())
        .merge(three_ds::routes())
        .method_not_allowed_fallback(|| async { ApiError::new(405, "Method not allowed") })
        .fallback(|| async { ApiError::new(404, "Not found") })
        .layer(from_fn_with_state(hub.clone(), api_key))
        .layer(from_fn_with_state(gate, gate::pass))
        .with_state(hub.clone());
    let faults = crate::vendor::control::routes(hub.faults.clone());
    Router::new().nest("/_sandbox", control::routes().with_state(hub).merge(faults)).merge(api)
}

/// An error as Lithic words it: `{"debugging_request_id": "...", "message": "..."}`
/// (docs.lithic.com/docs/api-basics, "Errors").
#[derive(Debug)]
pub(crate) struct ApiError {
    status: u16,
    message: String,
}

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "debugging_request_id": ids::uuid(), "message": self.message });
        (status, Json(body)).into_response()
    }
}

type Answer = Result<Json<Value>, ApiError>;

/// `Authorization: <api key>`, without a scheme. `GET /v1/status` needs none.
async fn api_key(State(hub): Shared, request: Request, next: Next) -> Response {
    if request.uri().path() == "/v1/status" {
        return next.run(request).await;
    }
    let known = lock(&hub.records).api_key.clone();
    let refused = match request.headers().get(AUTHORIZATION).map(|value| value.to_str()) {
        Some(Ok(given)) if given == known => return next.run(request).await,
        None => "Please provide API key in Authorization header",
        Some(Ok(given)) if given.contains(' ') => "Please provide API key in the form Authorization: [api-key]",
        Some(_) => "Could not find API key",
    };
    ApiError::new(401, refused).into_response()
}

/// Reads a JSON body; an empty one is an empty object. Unknown fields are refused by the types, as 400.
fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| {
        // The position says where; what stood there may be a card number.
        let place = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => {
                ApiError::new(400, format!("Invalid parameter in the request body at {place}"))
            }
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => {
                ApiError::new(400, format!("The request body is not valid JSON at {place}"))
            }
        }
    })
}

/// A token in a path must be a UUID: 400 otherwise, before anything is looked up.
fn uuid<'a>(name: &str, token: &'a str) -> Result<&'a str, ApiError> {
    if ids::is_uuid(token) {
        return Ok(token);
    }
    Err(ApiError::new(400, format!("{name} must be a valid UUID")))
}

/// Query parameters of a list, checked against what the endpoint documents.
struct Query(HashMap<String, String>);

impl Query {
    fn new(pairs: HashMap<String, String>, known: &[&str]) -> Result<Self, ApiError> {
        let listed = |name: &str| {
            let name = name.trim_end_matches("[]");
            known.contains(&name) || PAGING.contains(&name)
        };
        match pairs.keys().find(|name| !listed(name)) {
            Some(name) => Err(ApiError::new(400, format!("{name} is not a valid parameter"))),
            None => Ok(Self(pairs)),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A moment in RFC 3339 as Unix milliseconds.
    fn moment(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let error = || ApiError::new(400, format!("{name} must be a date in RFC 3339"));
        time::parse_rfc3339(text).map(Some).ok_or_else(error)
    }

    /// Whether something created at `created_ms` is inside `begin` and `end`, both exclusive as documented.
    fn within(&self) -> Result<impl Fn(i64) -> bool + use<>, ApiError> {
        let (begin, end) = (self.moment("begin")?, self.moment("end")?);
        Ok(move |created_ms| begin.is_none_or(|begin| created_ms > begin) && end.is_none_or(|end| created_ms < end))
    }

    /// One page of `items`, newest first: `{"data": [...], "has_more": bool}`. `starting_after` and `ending_before`
    /// are tokens of items.
    fn page<T>(&self, items: &[T], token: impl Fn(&T) -> &str, print: impl Fn(&T) -> Value) -> Answer {
        let size = match self.get("page_size").map(str::parse) {
            None => PAGE_SIZE,
            Some(Ok(size)) if (1..=PAGE_SIZE_MAX).contains(&size) => size,
            Some(_) => return Err(ApiError::new(400, "page_size must be between 1 and 100")),
        };
        let position = |name: &str| match self.get(name) {
            None => Ok(None),
            Some(cursor) => {
                let found = items.iter().position(|item| token(item) == cursor);
                found.map(Some).ok_or_else(|| ApiError::new(400, format!("{name} is not a known token")))
            }
        };
        let (range, has_more) = match (position("starting_after")?, position("ending_before")?) {
            (Some(_), Some(_)) => {
                return Err(ApiError::new(400, "starting_after and ending_before exclude each other"));
            }
            (_, Some(before)) => {
                let start = before.saturating_sub(size);
                (start..before, start > 0)
            }
            (after, None) => {
                let start = after.map_or(0, |index| index + 1);
                let end = (start + size).min(items.len());
                (start..end, end < items.len())
            }
        };
        let data: Vec<Value> = items[range].iter().map(print).collect();
        Ok(Json(json!({ "data": data, "has_more": has_more })))
    }
}

const PAGING: [&str; 5] = ["page_size", "starting_after", "ending_before", "begin", "end"];
