//! `login.coinbase.com`, on the same port: the page on which a user says yes, tokens, revocation (docs.cdp.coinbase.com,
//! OAuth2 Reference, Access and Refresh Tokens, Security Best Practices; RFC 7636).
//!
//! A code and a refresh token are good once. An access token ends after an hour.

use axum::{
    Form, Json, Router,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

use super::{
    Desk,
    api::Shared,
    people::{Consent, Grant, People, Session},
    query::Query,
};
use crate::vendor::{ids, lock};

const ACCESS_MS: i64 = 3_600_000;
const CODE_MS: i64 = 600_000;
/// Scopes that are known here.
const SCOPES: [&str; 8] = [
    "wallet:accounts:read",
    "wallet:transactions:read",
    "wallet:transactions:send",
    "wallet:user:read",
    "wallet:user:email",
    "wallet:addresses:read",
    "wallet:addresses:create",
    "offline_access",
];

pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/oauth2/auth", get(page).post(decide))
        .route("/oauth2/token", post(token))
        .route("/oauth2/revoke", post(revoke))
}

fn refused(status: u16, error: &str, why: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "error": error, "error_description": why }))).into_response()
}

/// What an application asks, as the user sees it. Whoever presses the button posts the form.
async fn page(State(desk): Shared, RawQuery(query): RawQuery) -> Response {
    let query = Query::read(query.as_deref());
    let mut people = lock(&desk.people);
    let Some(client) = people.clients.iter().find(|client| Some(client.id.as_str()) == query.get("client_id")) else {
        return refused(400, "invalid_client", "no such client");
    };
    let redirect_uri = query.get("redirect_uri").unwrap_or(&client.redirect_uri).to_owned();
    if redirect_uri != client.redirect_uri {
        return refused(400, "invalid_request", "the redirect_uri is not registered");
    }
    let scopes: Vec<String> =
        query.get("scope").unwrap_or_default().split([',', ' ', '+']).map(str::to_owned).collect();
    let state = query.get("state").unwrap_or_default().to_owned();
    let (challenge, method) = (query.get("code_challenge"), query.get("code_challenge_method"));
    if query.get("response_type") != Some("code") || state.len() < 8 {
        return refused(400, "invalid_request", "response_type or state");
    }
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return refused(400, "invalid_scope", "a scope is unknown");
    }
    if challenge.is_some() && method != Some("S256") {
        return refused(400, "invalid_request", "only S256 is played here");
    }
    let consent = Consent { redirect_uri, state, scopes, challenge: challenge.map(str::to_owned) };
    let request = ids::hex24();
    let html = format!(
        "<!doctype html><title>Simulated Coinbase</title><h1>Simulated Coinbase</h1><p>An application asks for: {}</p>\
         <form method=\"post\" action=\"/oauth2/auth\"><input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <input name=\"email\"><button name=\"decision\" value=\"approve\">Authorize</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></form>",
        consent.scopes.join(", ")
    );
    people.consents.insert(request, consent);
    Html(html).into_response()
}

#[derive(Deserialize)]
struct Decision {
    request: String,
    email: String,
    decision: String,
}

async fn decide(State(desk): Shared, Form(decision): Form<Decision>) -> Response {
    let mut people = lock(&desk.people);
    let Some(consent) = people.consents.remove(&decision.request) else {
        return refused(400, "invalid_request", "this page is too old");
    };
    let user = people.users.iter().find(|user| user.email == decision.email).map(|user| user.id.clone());
    let Some(user) = user else { return refused(401, "access_denied", "no such user") };
    let (redirect_uri, state) = (consent.redirect_uri.clone(), consent.state.clone());
    let answer = if decision.decision == "approve" {
        let code = ids::base64_key(24).replace(['+', '/', '='], "x");
        let ends_ms = desk.clock.now_ms() + CODE_MS;
        people.grants.insert(code.clone(), Grant { user, consent, ends_ms });
        format!("code={code}")
    } else {
        "error=access_denied".to_owned()
    };
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    let location = format!("{redirect_uri}{joint}{answer}&state={state}");
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    client_secret: String,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
}

fn known(people: &People, id: &str, secret: &str) -> bool {
    people.clients.iter().any(|client| client.id == id && client.secret == secret)
}

async fn token(State(desk): Shared, Form(asked): Form<TokenRequest>) -> Response {
    let now_ms = desk.clock.now_ms();
    let mut people = lock(&desk.people);
    if !known(&people, &asked.client_id, &asked.client_secret) {
        return refused(401, "invalid_client", "client_id or client_secret");
    }
    let (user, scopes) = match asked.grant_type.as_str() {
        "authorization_code" => {
            let grant = asked.code.and_then(|code| people.grants.remove(&code));
            let Some(grant) = grant.filter(|grant| now_ms < grant.ends_ms) else {
                return refused(400, "invalid_grant", "the code is used, too old or unknown");
            };
            let verified = grant.consent.challenge.as_deref().is_none_or(|challenge| {
                let given = asked.code_verifier.unwrap_or_default();
                challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(given.as_bytes()))
            });
            if !verified || asked.redirect_uri.as_deref() != Some(grant.consent.redirect_uri.as_str()) {
                return refused(400, "invalid_grant", "code_verifier or redirect_uri");
            }
            (grant.user, grant.consent.scopes)
        }
        "refresh_token" => {
            let given = asked.refresh_token.unwrap_or_default();
            let session =
                people.sessions.iter_mut().find(|s| s.refresh == given && !given.is_empty() && s.live && !s.refreshed);
            let Some(session) = session else {
                return refused(400, "invalid_grant", "the refresh token is used, revoked or unknown");
            };
            session.refreshed = true;
            session.ends_ms = now_ms;
            (session.user.clone(), session.scopes.clone())
        }
        _ => return refused(400, "unsupported_grant_type", "grant_type"),
    };
    let lasting = scopes.iter().any(|scope| scope == "offline_access");
    let refresh = if lasting { ids::base64_key(32) } else { String::new() };
    let access = ids::base64_key(32);
    let mut answer = json!({
        "access_token": access, "token_type": "bearer", "expires_in": ACCESS_MS / 1_000, "scope": scopes.join(" "),
    });
    if lasting {
        answer["refresh_token"] = json!(refresh);
    }
    let ends_ms = now_ms + ACCESS_MS;
    people.sessions.push(Session { access, refresh, user, scopes, ends_ms, live: true, refreshed: false });
    Json(answer).into_response()
}

#[derive(Deserialize)]
struct RevokeRequest {
    token: String,
    client_id: String,
    client_secret: String,
}

async fn revoke(State(desk): Shared, Form(asked): Form<RevokeRequest>) -> Response {
    let mut people = lock(&desk.people);
    if !known(&people, &asked.client_id, &asked.client_secret) {
        return refused(401, "invalid_client", "client_id or client_secret");
    }
    let of = |session: &Session| session.access == asked.token || session.refresh == asked.token;
    let user = people.sessions.iter().find(|session| of(session)).map(|session| session.user.clone());
    if let Some(user) = user {
        people.sessions.iter_mut().filter(|session| session.user == user).for_each(|session| session.live = false);
    }
    Json(json!({})).into_response()
}

/// What a user's browser does with an application's page: opens it, and presses a button. Where it is sent to.
pub async fn press(authorize_url: &str, email: &str, decision: &str) -> Result<String, String> {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let client = client.map_err(|error| error.to_string())?;
    let page = client.get(authorize_url).send().await.map_err(|error| error.to_string())?;
    let page = page.error_for_status().map_err(|error| error.to_string())?;
    let text = page.text().await.map_err(|error| error.to_string())?;
    let request = text.split_once("name=\"request\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (request, _) = request.ok_or("the page has no form")?;
    let at = authorize_url.split_once('?').map_or(authorize_url, |(at, _)| at);
    let form = [("request", request), ("email", email), ("decision", decision)];
    let answer = client.post(at).form(&form).send().await.map_err(|error| error.to_string())?;
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    to.map(str::to_owned).ok_or_else(|| format!("the page answered {}", answer.status()))
}
