//! What every request passes: rates, bounds, time limit, headers, counters.
//!
//! Invariant: an issuer's webhook passes none of the bounds that shoppers' requests share.

use crate::app::App;
use crate::client_ip::ClientIp;
use crate::problem::{Code, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::{Duration, Instant};

/// Rates, bounds and time limit of the shoppers' API.
pub async fn bounds(State(app): State<App>, request: Request, next: Next) -> Response {
    let ip = ClientIp::of(&app, request.headers(), request.extensions());
    if let Err(wait_ms) = app.per_ip.take(ip.bucket(), app.now()) {
        return Problem::from(Code::RateLimited).retry_after_s(wait_ms.div_ceil(1_000)).into_response();
    }
    // Held until the head of the answer is there: a stream of events has bounds of its own.
    let Ok(_permit) = app.requests.clone().try_acquire_owned() else {
        return Problem::from(Code::Busy).retry_after_s(1).into_response();
    };
    let limit = Duration::from_millis(app.http().request_ms_max);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(Code::TimedOut).retry_after_s(1).into_response(),
    }
}

/// Counts requests and how long they took, by route: no identifier gets into a label.
pub async fn measure(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = known_method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("anytill_http_seconds", "method" => method, "route" => route, "status" => status)
        .record(begun.elapsed());
    response
}

/// The method's name; methods can be made up, labels must not be.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

/// Security headers on every answer, and cross-origin access for extensions only. There are no cookies, so there is
/// nothing that a foreign page could ride on.
pub async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|origin| is_extension(origin)).cloned();
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (&origin, preflight) {
        (Some(_), true) => preflight_answer(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("date, etag, idempotency-replayed, retry-after"),
        );
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    secure(headers, app.engine().config().server_url.starts_with("https://"));
    response
}

fn is_extension(origin: &HeaderValue) -> bool {
    let id = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !text.is_empty();
    origin.to_str().is_ok_and(|origin| {
        ["chrome-extension://", "moz-extension://"].iter().any(|scheme| origin.strip_prefix(scheme).is_some_and(id))
    })
}

fn preflight_answer() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, DELETE"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, idempotency-key, if-none-match, last-event-id"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn secure(headers: &mut HeaderMap, https: bool) {
    const FIXED: &[(HeaderName, &str)] = &[
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in FIXED {
        // A page has a policy of its own.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

/// A panic in a handler: the text of it stays here.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::internal(text.unwrap_or("a panic without a text")).into_response()
}

pub async fn not_found() -> Problem {
    Code::NotFound.into()
}

pub async fn method_not_allowed() -> Problem {
    Code::MethodNotAllowed.into()
}
