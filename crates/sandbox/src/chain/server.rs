//! The HTTP side of the chain: JSON-RPC 1 and 2 over POST with basic authentication and keep-alive,
//! as `httprpc.cpp` of Bitcoin Core serves it.
//!
//! Under JSON-RPC 1 an error has an HTTP status of its own (404 for an unknown method, 500 for most
//! others) and the body still says what it was; under 2.0 every answer is 200. A batch is an array.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::core::Core;
use super::error::RpcError;
use super::methods;
use super::params::Params;

/// Core's `MAX_SIZE` for a request body.
const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;

/// What every request needs.
#[derive(Clone)]
pub struct Service {
    core: Arc<Mutex<Core>>,
    /// The whole value of the `Authorization` header that is let in.
    authorization: Arc<str>,
}

impl Service {
    pub fn new(core: Arc<Mutex<Core>>, user: &str, password: &str) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        Self { core, authorization: format!("Basic {credentials}").into() }
    }

    /// The service as an HTTP application.
    pub fn router(self) -> Router {
        Router::new().fallback(handle).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)).with_state(self)
    }
}

#[derive(Serialize)]
struct Reply {
    #[serde(skip_serializing_if = "Option::is_none")]
    jsonrpc: Option<&'static str>,
    /// Present and null beside an error under version 1, absent under version 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Option<ReplyError>>,
    /// Left out when the request had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
}

#[derive(Serialize)]
struct ReplyError {
    code: i32,
    message: String,
}

/// One answer and the HTTP status that it has outside a batch; `None` for a notification.
type Answered = Option<(StatusCode, Reply)>;

async fn handle(State(service): State<Service>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    if method != Method::POST {
        let text = "JSONRPC server handles only POST requests";
        return (StatusCode::METHOD_NOT_ALLOWED, text).into_response();
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(&service.authorization) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"jsonrpc\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Array(requests)) => batch(&service, &requests),
        Ok(request @ Value::Object(_)) => match answer(&service, &request) {
            Some((status, reply)) => json(status, &reply),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        Ok(_) => unread(RpcError::parse("Top-level object parse error")),
        Err(_) => unread(RpcError::parse("Parse error")),
    }
}

fn batch(service: &Service, requests: &[Value]) -> Response {
    let replies: Vec<Reply> = requests.iter().filter_map(|request| answer(service, request)).map(|(_, r)| r).collect();
    if replies.is_empty() && !requests.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    json(StatusCode::OK, &replies)
}

fn unread(error: RpcError) -> Response {
    json(error.http_status(), &failed(None, Some(Value::Null), error))
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer of the chain cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn answer(service: &Service, request: &Value) -> Answered {
    let Some(fields) = request.as_object() else {
        let error = RpcError::invalid_request("Invalid Request object");
        return Some((error.http_status(), failed(None, Some(Value::Null), error)));
    };
    let id = fields.get("id").cloned();
    let version = match fields.get("jsonrpc").map(Value::as_str) {
        Some(Some("2.0")) => Some("2.0"),
        Some(Some("1.0" | "1.1")) | None => None,
        Some(_) => {
            let error = RpcError::invalid_request("JSON-RPC version not supported");
            return Some((error.http_status(), failed(None, id, error)));
        }
    };
    let result = call(service, fields);
    if version.is_some() && id.is_none() {
        return None;
    }
    Some(match result {
        Ok(result) => {
            let error = version.is_none().then_some(None);
            (StatusCode::OK, Reply { jsonrpc: version, result: Some(result), error, id })
        }
        Err(error) => {
            let status = if version.is_some() { StatusCode::OK } else { error.http_status() };
            (status, failed(version, id, error))
        }
    })
}

fn failed(version: Option<&'static str>, id: Option<Value>, error: RpcError) -> Reply {
    let result = version.is_none().then(|| RawValue::NULL.to_owned());
    let error = Some(Some(ReplyError { code: error.code, message: error.message }));
    Reply { jsonrpc: version, result, error, id }
}

fn call(service: &Service, fields: &serde_json::Map<String, Value>) -> Result<Box<RawValue>, RpcError> {
    let method = match fields.get("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err(RpcError::invalid_request("Method must be a string")),
        None => return Err(RpcError::invalid_request("Missing method")),
    };
    let params = Params::from_json(fields.get("params"))?;
    // A panic under the lock is a fault of the sandbox that the next call may well outlive.
    let mut core = service.core.lock().unwrap_or_else(PoisonError::into_inner);
    methods::dispatch(&mut core, method, &params)
}
