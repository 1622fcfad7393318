//! The gate every call of a simulated vendor passes: here the ordered [`Fault`]s happen.

use std::{future::pending, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::serve::Fuse;
use crate::faults::{Fault, Faults};

/// No request or answer of a simulated vendor is longer than this.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What the gate needs: the orders, and how this vendor words a refusal (HTTP status and message).
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) faults: Faults,
    pub(crate) refusal: fn(u16, &str) -> Response,
}

/// Middleware for every route of a vendor.
pub(crate) async fn pass(
    State(gate): State<Gate>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    request: Request,
    next: Next,
) -> Response {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| request.uri().path().to_owned(), |path| path.as_str().to_owned());
    let endpoint = format!("{} {path}", request.method());
    let request = read_whole(request).await;
    let fault = gate.faults.take(&endpoint);
    if fault != Fault::Pass {
        tracing::info!(endpoint, ?fault, "a sandbox vendor fails as ordered");
    }
    match fault {
        Fault::Pass => next.run(request).await,
        Fault::Refuse { status, message } => (gate.refusal)(status, &message),
        Fault::Status(status) => bare(status),
        Fault::StatusAfter(status) => {
            next.run(request).await;
            bare(status)
        }
        Fault::Stall => pending().await,
        Fault::StallAfter => {
            next.run(request).await;
            pending().await
        }
        Fault::DelayMs(ms) => {
            let answer = next.run(request).await;
            tokio::time::sleep(Duration::from_millis(ms)).await;
            answer
        }
        Fault::DropBefore => {
            fuse.blow();
            StatusCode::NO_CONTENT.into_response()
        }
        Fault::DropAfter => {
            let answer = next.run(request).await;
            fuse.blow();
            answer
        }
        Fault::CorruptJson => cut_in_half(next.run(request).await).await,
        Fault::Twice => twice(request, next).await,
    }
}

/// Also a body that nobody asks for is read: hyper would close the connection over it once the answer is out.
async fn read_whole(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    Request::from_parts(parts, Body::from(body))
}

fn bare(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = format!("<html><body><h1>{status}</h1></body></html>");
    (status, [("content-type", "text/html")], body).into_response()
}

async fn cut_in_half(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let whole = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let half = half_of(&whole);
    parts.headers.remove("content-length");
    Response::from_parts(parts, Body::from(half))
}

/// The first half, never empty: broken JSON is something else than no JSON.
pub(crate) fn half_of(whole: &[u8]) -> Bytes {
    match whole.len() {
        0 | 1 => Bytes::from_static(b"{"),
        length => Bytes::copy_from_slice(&whole[..length / 2]),
    }
}

async fn twice(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let first = Request::from_parts(parts.clone(), Body::from(body.clone()));
    next.clone().run(first).await;
    next.run(Request::from_parts(parts, Body::from(body))).await
}
