//! `Idempotency-Key`: the same key and the same body give the same answer, and the work is done once.
//!
//! Invariant: only what was done is remembered. A refusal changes nothing, so its key is free again. A call that died
//! half-way (the process ended, an outcome that nobody knows) keeps its key and the name of what it was making: the next
//! one with that key finds what is there, or makes it under the same name, so that nothing is made twice. What is hashed
//! and stored holds no password and no card data.

use crate::app::{App, detached};
use crate::auth::Shopper;
use crate::problem::{self, Code, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ids::{AccountId, PurchaseId};
use ports::{Begun, IdempotentCall};
use serde::Serialize;
use sha2::{Digest, Sha256};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on an answer that is repeated.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_LEN_MAX: usize = 64;
/// A call that is not answered after this has died: none takes so long, each of its steps has a deadline of its own.
const LEASE_MS: u64 = 120_000;

/// The shopper's key with what it is for.
pub struct Once {
    key: String,
    method: Method,
    path: String,
}

/// One try at what a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Random, the same for every try with this key: a purchase is made under it.
    pub purchase: PurchaseId,
    /// An earlier one died: what it was to do may be done.
    pub again: bool,
}

/// What was done, to be sent and remembered.
pub struct Done {
    status: StatusCode,
    body: String,
}

impl Done {
    pub fn new<T: Serialize>(status: StatusCode, body: &T) -> Result<Self, Problem> {
        Ok(Self { status, body: serde_json::to_string(body).map_err(Problem::internal)? })
    }

    pub fn ok<T: Serialize>(body: &T) -> Result<Self, Problem> {
        Self::new(StatusCode::OK, body)
    }

    /// Nothing to say.
    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: String::new() }
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        if self.body.is_empty() {
            return self.status.into_response();
        }
        let content_type = if self.status.is_success() { "application/json" } else { problem::CONTENT_TYPE };
        (self.status, [(header::CONTENT_TYPE, content_type)], self.body).into_response()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(Code::IdempotencyKeyNeeded.into()) };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > KEY_LEN_MAX || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Code::IdempotencyKeyNeeded.into());
        }
        Ok(Self { key: key.to_owned(), method: parts.method.clone(), path: parts.uri.path().to_owned() })
    }
}

impl Once {
    /// Does `work` unless it was done before with this key. `request` is what was asked, as it is serialized: without
    /// its secrets. Done twice it has to do the same.
    pub async fn run<W>(
        self,
        app: &App,
        shopper: &Shopper,
        request: &impl Serialize,
        work: impl FnOnce(App) -> W + Send + 'static,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Result<Done, Problem>> + Send + 'static,
    {
        self.run_named(app, shopper, request, move |app, _| work(app)).await
    }

    /// As [`Self::run`], for what has to be looked up first when it is tried again.
    pub async fn run_named<W>(
        self,
        app: &App,
        shopper: &Shopper,
        request: &impl Serialize,
        work: impl FnOnce(App, Attempt) -> W + Send + 'static,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Result<Done, Problem>> + Send + 'static,
    {
        let body = serde_json::to_vec(request).map_err(Problem::internal)?;
        let hash = request_hash(&self.method, &self.path, &body);
        let (app, account) = (app.clone(), shopper.account);
        detached(async move { run(&app, account, &self.key, hash, work).await }).await?
    }
}

fn request_hash(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

async fn run<W>(
    app: &App,
    account: AccountId,
    key: &str,
    request_hash: [u8; 32],
    work: impl FnOnce(App, Attempt) -> W,
) -> Result<Response, Problem>
where
    W: Future<Output = Result<Done, Problem>>,
{
    let store = &app.state.account_store;
    let (now, subject) = (app.now(), app.engine().new_purchase_id().0);
    let call = IdempotentCall { request_hash, subject, now, leased_until: now.plus_ms(LEASE_MS) };
    let attempt = match store.begin_idempotent(account, key, call).await? {
        Begun::First => Attempt { purchase: PurchaseId(subject), again: false },
        Begun::Again { subject } => {
            tracing::warn!("a call that died half-way is taken up again");
            Attempt { purchase: PurchaseId(subject), again: true }
        }
        Begun::Before(before) if before.request_hash != request_hash => return Err(Code::IdempotencyMismatch.into()),
        Begun::Before(before) => return replayed(before.answer.ok_or(Code::IdempotencyInProgress)?),
    };
    let (kept, answer) = match work(app.clone(), attempt).await {
        Ok(done) => {
            (store.finish_idempotent(account, key, done.status.as_u16(), &done.body).await, done.into_response())
        }
        Err(problem) if problem.code == Code::OutcomeUnknown => {
            (store.lapse_idempotent(account, key).await, problem.into_response())
        }
        Err(problem) => (store.forget_idempotent(account, key).await, problem.into_response()),
    };
    if let Err(why) = kept {
        // The work itself is as it is: the shopper learns of it, a repeat is told that the first is under way until
        // its lease is over, and then looks it up.
        tracing::error!(%why, "an answer could not be remembered");
    }
    Ok(answer)
}

fn replayed((status, body): (u16, String)) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(status).map_err(Problem::internal)?;
    let mut response = Done { status, body }.into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
