//! The issuer's webhooks: bytes and headers in, the adapter's answer out.
//!
//! Invariant: they wait behind nobody. They have a body limit of their own and share no bound with shoppers; news is
//! acknowledged only once it is stored.

use crate::app::{App, detached};
use crate::extract::bytes;
use crate::problem::{Code, Problem};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use engine::NewsOutcome;
use ports::{AuthenticationDecision, Decision, Headers, WebhookAnswer};
use std::time::{Duration, Instant};

const BODY_WITHIN: Duration = Duration::from_secs(5);

/// May the store have this?
pub async fn charge(State(app): State<App>, Path(issuer): Path<String>, request: Request) -> Result<Response, Problem> {
    let begun = Instant::now();
    known(&app, &issuer)?;
    let headers = headers_of(request.headers());
    let body = body_of(&app, request).await?;
    // To its end even if the issuer hangs up: what was decided is followed up here and now.
    let answered = detached(async move { app.engine().on_charge(&headers, &body).await }).await?;
    let answered = answered.inspect_err(|_| count("charge", "refused"))?;
    let decision = match answered.decision {
        Decision::Approve => "approved",
        Decision::Decline(_) => "declined",
    };
    count("charge", decision);
    metrics::histogram!("anytill_charge_answer_seconds", "decision" => decision).record(begun.elapsed());
    if let Decision::Decline(reason) = answered.decision {
        metrics::counter!("anytill_charges_declined_total", "reason" => format!("{reason:?}")).increment(1);
    }
    response(answered.answer)
}

/// Is the one who pays the card's holder? (3-D Secure)
pub async fn authentication(
    State(app): State<App>,
    Path(issuer): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    known(&app, &issuer)?;
    let headers = headers_of(request.headers());
    let body = body_of(&app, request).await?;
    let answered = detached(async move { app.engine().on_authentication(&headers, &body).await }).await?;
    let answered = answered.ok_or(Code::NotFound)?.inspect_err(|_| count("authentication", "refused"))?;
    let decision = match answered.decision {
        AuthenticationDecision::Allow => "allowed",
        AuthenticationDecision::Challenge => "challenged",
        AuthenticationDecision::Deny => "denied",
    };
    count("authentication", decision);
    response(answered.answer)
}

/// What happened to a charge.
pub async fn events(State(app): State<App>, Path(issuer): Path<String>, request: Request) -> Result<Response, Problem> {
    known(&app, &issuer)?;
    let headers = headers_of(request.headers());
    let body = body_of(&app, request).await?;
    let outcome = detached(async move { app.engine().on_news(&headers, &body).await }).await?;
    match outcome.inspect_err(|_| count("events", "refused"))? {
        NewsOutcome::Stored => {
            count("events", "stored");
            response(WebhookAnswer {
                status: 200,
                content_type: "application/json",
                headers: Vec::new(),
                body: b"{}".to_vec(),
            })
        }
        NewsOutcome::Again => {
            count("events", "again");
            Err(Problem::from(Code::WebhookAgain).retry_after_s(1))
        }
    }
}

/// The issuer sends a whole body at once; who does not is somebody else.
async fn body_of(app: &App, request: Request) -> Result<Bytes, Problem> {
    tokio::time::timeout(BODY_WITHIN, bytes(request, app)).await.map_err(|_| Code::TimedOut)?
}

fn count(hook: &'static str, result: &'static str) {
    metrics::counter!("anytill_webhooks_total", "hook" => hook, "result" => result).increment(1);
}

fn known(app: &App, issuer: &str) -> Result<(), Problem> {
    if app.engine().ports().issuer.name() == issuer { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// A value that is no text is left out, so that a signature over it cannot hold.
fn headers_of(headers: &HeaderMap) -> Headers {
    let text =
        |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    Headers(headers.iter().filter_map(text).collect())
}

fn response(answer: WebhookAnswer) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    let mut builder = Response::builder().status(status).header(header::CONTENT_TYPE, answer.content_type);
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    builder.body(Body::from(answer.body)).map_err(Problem::internal)
}
