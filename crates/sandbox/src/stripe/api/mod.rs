//! The HTTP side: routes, the API key, idempotency, errors in Stripe's shape, lists with cursors, `expand`.

mod control;
mod disputes;
mod endpoints;
mod issuing;
mod test_helpers;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{RawQuery, Request, State},
    http::{HeaderValue, Method, StatusCode, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

pub(crate) use self::endpoints::new_endpoint;
use super::{
    books::{Books, Kept},
    form::Params,
    hub::Hub,
};
use crate::{
    network::DriverError,
    vendor::{
        gate::{self, Gate},
        ids, lock,
    },
};

const PAGE_SIZE: usize = 10;
const PAGE_SIZE_MAX: usize = 100;
const BODY_BYTES_MAX: usize = 1 << 20;
/// Stripe forgets a key after at least 24 hours (docs.stripe.com/api/idempotent_requests).
const KEPT_MS: i64 = 24 * 3_600_000;
/// The longest key that Stripe takes.
const KEY_LENGTH_MAX: usize = 255;

type Shared = State<Arc<Hub>>;
type Answer = Result<Json<Value>, ApiError>;

/// All of Stripe's API that the simulation speaks, and `/_sandbox` for a person with curl.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    let gate = Gate { faults: hub.faults.clone(), refusal };
    let api = Router::new()
        .route("/v1/balance", get(issuing::balance))
        .merge(issuing::routes())
        .merge(disputes::routes())
        .merge(endpoints::routes())
        .merge(test_helpers::routes())
        .method_not_allowed_fallback(|| async { ApiError::unknown_url() })
        .fallback(|| async { ApiError::unknown_url() })
        .layer(from_fn_with_state(hub.clone(), idempotency))
        .layer(from_fn_with_state(hub.clone(), admit))
        .layer(from_fn_with_state(gate, gate::pass))
        .with_state(hub.clone());
    let faults = crate::vendor::control::routes(hub.faults.clone());
    Router::new().nest("/_sandbox", control::routes().with_state(hub).merge(faults)).merge(api)
}

/// A refusal that was ordered. A message such as `lock_timeout` is its code.
fn refusal(status: u16, message: &str) -> Response {
    let code = Some(message).filter(|text| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    let code = if status == 429 && code.is_none() { Some("rate_limit") } else { code };
    ApiError {
        status,
        kind: "invalid_request_error",
        code: code.map(str::to_owned),
        message: message.to_owned(),
        param: None,
    }
    .into_response()
}

/// An error as Stripe words it: `{"error": {"type": .., "code": .., "message": .., "param": ..}}`
/// (docs.stripe.com/api/errors).
#[derive(Debug)]
pub(crate) struct ApiError {
    status: u16,
    kind: &'static str,
    code: Option<String>,
    message: String,
    param: Option<String>,
}

impl ApiError {
    fn invalid(code: Option<&str>, param: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: code.map(str::to_owned),
            message: message.into(),
            param: param.map(str::to_owned),
        }
    }

    fn missing(param: &str) -> Self {
        Self::invalid(Some("parameter_missing"), Some(param), format!("Missing required param: {param}."))
    }

    fn not_found(what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        Self { status: 404, ..Self::invalid(Some("resource_missing"), Some("id"), message) }
    }

    fn unknown_url() -> Self {
        Self { status: 404, ..Self::invalid(None, None, "Unrecognized request URL.") }
    }

    fn idempotency(status: u16, code: Option<&str>, message: &str) -> Self {
        Self { status, kind: "idempotency_error", ..Self::invalid(code, None, message) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["doc_url"] = json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
            error["code"] = json!(code);
        }
        if let Some(param) = self.param {
            error["param"] = json!(param);
        }
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl From<DriverError> for ApiError {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::NoSuchCard => Self::not_found("issuing_card", "unknown"),
            DriverError::NoSuchTransaction => Self::not_found("issuing_authorization", "unknown"),
            DriverError::NotPossible(why) => Self::invalid(None, None, why),
        }
    }
}

/// The API key (bearer, or the user of basic authentication), the rate limit, and a request id on every answer.
async fn admit(State(hub): Shared, request: Request, next: Next) -> Response {
    let refused = {
        let mut books = lock(&hub.books);
        unauthorized(&books, request.headers().get(AUTHORIZATION)).or_else(|| too_many(&mut books))
    };
    let mut answer = match refused {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    };
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&ids::stripe("req")) {
        headers.insert("request-id", id);
    }
    headers.insert("stripe-version", HeaderValue::from_static(super::wire::API_VERSION));
    answer
}

fn unauthorized(books: &Books, header: Option<&HeaderValue>) -> Option<ApiError> {
    let given = header.and_then(|value| value.to_str().ok());
    let bearer = given.and_then(|text| text.strip_prefix("Bearer ")).map(str::to_owned);
    let basic = given.and_then(|text| text.strip_prefix("Basic ")).and_then(|text| {
        let pair = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        Some(pair.split(':').next().unwrap_or_default().to_owned())
    });
    match bearer.or(basic) {
        Some(key) if key == books.api_key => None,
        Some(_) => Some(ApiError { status: 401, ..ApiError::invalid(None, None, "Invalid API Key provided") }),
        None => Some(ApiError { status: 401, ..ApiError::invalid(None, None, "You did not provide an API key.") }),
    }
}

fn too_many(books: &mut Books) -> Option<ApiError> {
    let most = books.config.requests_per_second?;
    let now_s = books.now_s();
    if books.rate.0 != now_s {
        books.rate = (now_s, 0);
    }
    books.rate.1 += 1;
    let over = books.rate.1 > most;
    over.then(|| ApiError {
        status: 429,
        ..ApiError::invalid(Some("rate_limit"), None, "Request rate limit exceeded.")
    })
}

/// The same key answers the first answer again, whatever that was; with another request it is refused, and while the
/// first is running too (docs.stripe.com/api/idempotent_requests).
async fn idempotency(State(hub): Shared, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(key) = key.filter(|_| request.method() == Method::POST) else { return next.run(request).await };
    if key.len() > KEY_LENGTH_MAX {
        return ApiError::invalid(None, None, "Idempotency keys are at most 255 characters long.").into_response();
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let this = (parts.uri.path().to_owned(), body.to_vec());
    {
        let mut books = lock(&hub.books);
        let now_ms = books.now_ms();
        books.kept.retain(|_, kept| now_ms - kept.created_ms < KEPT_MS);
        match books.kept.get(&key) {
            Some(kept) if kept.request != this => {
                let message = "Keys for idempotent requests can only be used with the same parameters they were first \
                               used with.";
                return ApiError::idempotency(400, None, message).into_response();
            }
            Some(Kept { answer: None, .. }) => {
                let message = "There is currently another in-progress request using this Idempotency-Key.";
                return ApiError::idempotency(409, Some("idempotency_key_in_use"), message).into_response();
            }
            Some(Kept { answer: Some((status, bytes)), .. }) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
                let headers = [("content-type", "application/json"), ("idempotent-replayed", "true")];
                return (status, headers, bytes.clone()).into_response();
            }
            None => {
                books.kept.insert(key.clone(), Kept { request: this, answer: None, created_ms: now_ms });
            }
        }
    }
    // A caller that hangs up does not stop what has begun.
    let running = tokio::spawn(async move {
        let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
        let mut books = lock(&hub.books);
        // A request that was not taken up (its parameters were wrong) is not kept.
        if parts.status == StatusCode::BAD_REQUEST {
            books.kept.remove(&key);
        } else if let Some(kept) = books.kept.get_mut(&key) {
            kept.answer = Some((parts.status.as_u16(), bytes.to_vec()));
        }
        Response::from_parts(parts, Body::from(bytes))
    });
    running.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The parameters of a call, from the query and the body, all of them known to it.
async fn params(RawQuery(query): RawQuery, body: Body, known: &[&str]) -> Result<Params, ApiError> {
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let text = format!("{}&{text}", query.unwrap_or_default());
    let read = Params::read(&text).ok_or_else(|| ApiError::invalid(None, None, "Invalid form encoding"))?;
    match read.unknown(known) {
        Some(name) if name.split('[').next() != Some("expand") => {
            let message = format!("Received unknown parameter: {name}");
            Err(ApiError::invalid(Some("parameter_unknown"), Some(name), message))
        }
        Some(_) | None => Ok(read),
    }
}

impl Params {
    fn needed(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::missing(name))
    }

    fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let bad =
            || ApiError::invalid(Some("parameter_invalid_integer"), Some(name), format!("Invalid integer: {name}"));
        self.get(name).map(|text| text.parse().map_err(|_| bad())).transpose()
    }

    fn flag(&self, name: &str, otherwise: bool) -> bool {
        self.get(name).map_or(otherwise, |text| text == "true")
    }

    /// Whether something of this age is inside `created`, or `created[gte]` and its siblings. Seconds.
    fn created(&self) -> Result<impl Fn(i64) -> bool + use<>, ApiError> {
        let exact = self.integer("created")?;
        let (gte, gt) = (self.integer("created[gte]")?, self.integer("created[gt]")?);
        let (lte, lt) = (self.integer("created[lte]")?, self.integer("created[lt]")?);
        Ok(move |at: i64| {
            exact.is_none_or(|one| at == one)
                && gte.is_none_or(|from| at >= from)
                && gt.is_none_or(|from| at > from)
                && lte.is_none_or(|to| at <= to)
                && lt.is_none_or(|to| at < to)
        })
    }

    /// One page of `items`, which come newest first.
    fn page(&self, url: &str, items: Vec<Value>) -> Answer {
        let size = match self.integer("limit")? {
            None => PAGE_SIZE,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|size| (1..=PAGE_SIZE_MAX).contains(size))
                .ok_or_else(|| ApiError::invalid(None, Some("limit"), "limit must be between 1 and 100"))?,
        };
        let position = |name: &str| match self.get(name) {
            None => Ok(None),
            Some(cursor) => {
                let found = items.iter().position(|item| item["id"] == cursor);
                found.map(Some).ok_or_else(|| ApiError::not_found("object", cursor))
            }
        };
        let (range, has_more) = match (position("starting_after")?, position("ending_before")?) {
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid(None, None, "starting_after and ending_before exclude each other"));
            }
            (_, Some(before)) => (before.saturating_sub(size)..before, before > size),
            (after, None) => {
                let start = after.map_or(0, |index| index + 1);
                let end = (start + size).min(items.len());
                (start..end, end < items.len())
            }
        };
        Ok(Json(json!({ "object": "list", "url": url, "has_more": has_more, "data": items[range].to_vec() })))
    }
}

/// Key-value pairs of the caller's, at most 50.
fn metadata(params: &Params) -> BTreeMap<String, String> {
    params.under("metadata")
}
