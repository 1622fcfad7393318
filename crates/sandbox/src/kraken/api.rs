//! Routes, Kraken's envelope, and the signature and nonce of private calls.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Desk, control, form::Form, private, public, signing::api_sign};
use crate::vendor::{
    gate::{self, Gate},
    lock,
};

/// Kraken's error string, such as `EOrder:Insufficient funds`.
pub(crate) type Refused = String;

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let gate = Gate { faults: desk.faults.clone(), refusal: |_, message| envelope(Err(message.to_owned())) };
    // One route per method, so that faults are ordered per method.
    let mut routes = Router::new();
    for method in public::METHODS {
        let path = format!("/0/public/{method}");
        let answer = move |State(desk): State<Arc<Desk>>, RawQuery(query): RawQuery| async move {
            let form = Form::urlencoded(query.as_deref().unwrap_or_default());
            envelope(form.ok_or_else(invalid).and_then(|form| public::answer(&desk, method, &form)))
        };
        routes = routes.route(&path, get(answer).post(answer));
    }
    for method in private::METHODS {
        let path = format!("/0/private/{method}");
        let answer = move |State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes| async move {
            if method == "AddOrder" {
                lock(&desk.session).orders_asked.push(SystemTime::now());
            }
            let form = authenticate(&desk, &format!("/0/private/{method}"), &headers, &body);
            let form = form.and_then(|form| count(&desk, method).map(|()| form));
            envelope(form.and_then(|form| private::answer(&desk, method, &form)))
        };
        routes = routes.route(&path, post(answer));
    }
    let unknown = |Path(_): Path<String>| async { envelope(Err("EGeneral:Unknown method".into())) };
    let api = routes
        .route("/0/{*method}", get(unknown).post(unknown))
        .layer(from_fn_with_state(gate, gate::pass))
        .with_state(desk.clone());
    let faults = crate::vendor::control::routes(desk.faults.clone());
    Router::new().nest("/_sandbox", control::routes(desk).merge(faults)).merge(api)
}

/// `{"error":[],"result":...}` or `{"error":["E..."]}`, both HTTP 200
/// (docs.kraken.com/exchange/guides/general/errors).
fn envelope(answer: Result<Value, Refused>) -> Response {
    Json(match answer {
        Ok(result) => json!({ "error": [], "result": result }),
        Err(error) => json!({ "error": [error] }),
    })
    .into_response()
}

pub(crate) fn invalid() -> Refused {
    "EGeneral:Invalid arguments".into()
}

fn count(desk: &Desk, method: &str) -> Result<(), Refused> {
    // Orders have a limit of their own.
    let counted = desk.counter.filter(|_| !["AddOrder", "CancelOrder"].contains(&method));
    let within = counted.is_none_or(|counter| lock(&desk.session).count(counter, desk.clock.now_ms()));
    if within { Ok(()) } else { Err("EAPI:Rate limit exceeded".into()) }
}

/// Key, signature and nonce, in this order: a wrong signature does not use up its nonce.
fn authenticate(desk: &Desk, path: &str, headers: &HeaderMap, body: &[u8]) -> Result<Form, Refused> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if header("api-key") != Some(desk.api_key.as_str()) {
        return Err("EAPI:Invalid key".into());
    }
    let text = std::str::from_utf8(body).map_err(|_| invalid())?;
    let is_json = header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let form = if is_json { Form::json(text) } else { Form::urlencoded(text) };
    let form = form.ok_or_else(invalid)?;
    let nonce = form.get("nonce").ok_or("EAPI:Invalid nonce")?;
    let right = api_sign(&desk.api_secret, path, nonce, text);
    if right.is_none() || header("api-sign") != right.as_deref() {
        return Err("EAPI:Invalid signature".into());
    }
    let mut session = lock(&desk.session);
    let risen = nonce.parse().ok().filter(|nonce: &u64| *nonce > session.last_nonce);
    session.last_nonce = risen.ok_or("EAPI:Invalid nonce")?;
    Ok(form)
}
