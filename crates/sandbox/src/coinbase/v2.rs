//! The API of Coinbase App (`/v2`): user, accounts, transactions, addresses (docs.cdp.coinbase.com, Track APIs, Transfer
//! APIs, OAuth2 2FA, Error Messages).
//!
//! Asked with a user's token of OAuth 2, or with a key of the operator's account.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{OriginalUri, Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{
    Desk,
    accounts::uuid_of,
    api::Shared,
    decimal::{SIZE_SCALE, print_short},
    people::{Party, People, Sends, Sent, Stage},
    products::BASE,
    query::Query,
};
use crate::vendor::{decimal::parse, ids, lock, time::rfc3339};

/// Entries on a page when no `limit` is given, and at most.
const PAGE: usize = 25;
const PAGE_MAX: usize = 100;

pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/v2/user", get(user))
        .route("/v2/accounts", get(accounts))
        .route("/v2/accounts/{account_id}", get(account))
        .route("/v2/accounts/{account_id}/transactions", get(transactions).post(send))
        .route("/v2/accounts/{account_id}/transactions/{transaction_id}", get(transaction))
        .route("/v2/accounts/{account_id}/addresses", axum::routing::post(new_address))
        .route("/v2/accounts/{account_id}/addresses/{address_id}/transactions", get(address_transactions))
}

/// HTTP status, `id` and `message`.
struct Refused(u16, &'static str, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(json!({ "errors": [{ "id": self.1, "message": self.2 }] }))).into_response()
    }
}

/// An ordered refusal in this API's shape.
pub(super) fn refusal(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "errors": [{ "id": message, "message": message }] }))).into_response()
}

type Answer = Result<Response, Refused>;

/// Who asks, if they may. `scope` is what an application needs for it.
fn admit(desk: &Desk, method: &Method, uri: &OriginalUri, headers: &HeaderMap, scope: &str) -> Result<Party, Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let now_ms = desk.clock.now_ms();
    if desk.private_rate.take(now_ms).is_none() {
        return Err(Refused(429, "rate_limit_exceeded", "Too many requests"));
    }
    let people = lock(&desk.people);
    if let Some(session) = people.sessions.iter().find(|session| session.access == token) {
        return if !session.live {
            Err(Refused(401, "revoked_token", "The access token was revoked"))
        } else if now_ms >= session.ends_ms {
            Err(Refused(401, "expired_token", "The access token expired"))
        } else if scope.is_empty() || session.scopes.iter().any(|granted| granted == scope) {
            Ok(Party::User(session.user.clone()))
        } else {
            Err(Refused(403, "invalid_scope", "The token has not the scope for this"))
        };
    }
    drop(people);
    let place = format!("{method} {}{}", header("host"), uri.path());
    let wallet = desk.wallet_key.admits(token, &place, now_ms).is_ok();
    if !wallet && desk.key.admits(token, &place, now_ms).is_err() {
        return Err(Refused(401, "invalid_token", "The access token is invalid"));
    }
    let may = if *method == Method::POST { desk.permissions.transfer } else { desk.permissions.view };
    if wallet || may { Ok(Party::Operator) } else { Err(Refused(403, "invalid_scope", "The key may not do this")) }
}

/// The bitcoin account of a party, with what is there.
fn account_of(desk: &Desk, people: &People, party: &Party) -> Option<(String, String)> {
    match party {
        Party::Operator => {
            let engine = lock(&desk.engine);
            Some((uuid_of(desk, BASE), print_short(engine.available(BASE))))
        }
        Party::User(id) => people.user(id).map(|user| (user.account.clone(), btc(user.balance_sat))),
        Party::Elsewhere(_) => None,
    }
}

fn btc(sat: u64) -> String {
    format!("{}.{:08}", sat / 100_000_000, sat % 100_000_000)
}

fn account_json(id: &str, balance: &str) -> Value {
    json!({
        "id": id, "name": "BTC Wallet", "primary": true, "type": "wallet",
        "currency": { "code": "BTC", "name": "Bitcoin", "exponent": 8 },
        "balance": { "amount": balance, "currency": "BTC" },
        "resource": "account", "resource_path": format!("/v2/accounts/{id}"),
    })
}

/// The account in the path, if it is the asker's own.
fn own<'a>(desk: &Desk, people: &People, party: &Party, id: &'a str) -> Result<&'a str, Refused> {
    let found = account_of(desk, people, party).filter(|(own, _)| own == id);
    found.map(|_| id).ok_or(Refused(404, "not_found", "Not found"))
}

async fn user(State(desk): Shared, method: Method, uri: OriginalUri, headers: HeaderMap) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "")?;
    let email_too = admit(&desk, &method, &uri, &headers, "wallet:user:email").is_ok();
    let people = lock(&desk.people);
    let (id, name, email) = match &party {
        Party::User(id) => people.user(id).map(|user| (user.id.clone(), user.name.clone(), user.email.clone())),
        _ => Some((desk.user.clone(), "The operator".to_owned(), people.operator_email.clone())),
    }
    .ok_or(Refused(404, "not_found", "Not found"))?;
    let mut data = json!({ "id": id, "name": name, "resource": "user", "resource_path": "/v2/user" });
    if email_too {
        data["email"] = json!(email);
    }
    Ok(Json(json!({ "data": data })).into_response())
}

async fn accounts(State(desk): Shared, method: Method, uri: OriginalUri, headers: HeaderMap) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:accounts:read")?;
    let people = lock(&desk.people);
    let list: Vec<Value> =
        account_of(&desk, &people, &party).iter().map(|(id, balance)| account_json(id, balance)).collect();
    Ok(Json(json!({ "pagination": { "next_uri": null, "next_starting_after": null }, "data": list })).into_response())
}

async fn account(
    State(desk): Shared,
    Path(id): Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:accounts:read")?;
    let people = lock(&desk.people);
    own(&desk, &people, &party, &id)?;
    let (id, balance) = account_of(&desk, &people, &party).ok_or(Refused(404, "not_found", "Not found"))?;
    Ok(Json(json!({ "data": account_json(&id, &balance) })).into_response())
}

/// As one side sees it; None if it does not.
fn seen(people: &People, sent: &Sent, by: &Party, operator: &str) -> Option<Value> {
    let out = sent.from == *by;
    let shown = out || (sent.to == *by && !matches!(sent.stage, Stage::Delayed | Stage::Canceled));
    if !shown {
        return None;
    }
    let status = match sent.stage {
        Stage::Completed => "completed",
        Stage::Pending | Stage::Delayed => "pending",
        Stage::Canceled => "canceled",
    };
    let id_of = |party: &Party| match party {
        Party::Operator => operator.to_owned(),
        Party::User(id) | Party::Elsewhere(id) => id.clone(),
    };
    let sign = if out { "-" } else { "" };
    let mut entry = json!({
        "id": if out { &sent.id } else { &sent.received_id },
        "type": if out { "send" } else { "receive" },
        "status": status,
        "amount": { "amount": format!("{sign}{}", btc(sent.sat)), "currency": "BTC" },
        "created_at": rfc3339(sent.made_ms),
        "resource": "transaction",
        "network": { "status": if sent.address.is_some() { "confirmed" } else { "off_blockchain" } },
    });
    if out {
        entry["to"] = json!({ "resource": "user", "id": id_of(&sent.to) });
        entry["idem"] = json!(sent.idem);
        entry["description"] = json!(sent.note);
    } else {
        if sent.address.is_none() {
            entry["from"] = json!({ "resource": "user", "id": id_of(&sent.from) });
        }
        if people.notes_shown {
            entry["description"] = json!(sent.note);
        }
    }
    Some(entry)
}

fn page_of(entries: Vec<Value>, query: &Query) -> Response {
    let limit = query.get("limit").and_then(|text| text.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let start = match query.get("starting_after") {
        None => 0,
        Some(after) => entries.iter().position(|entry| entry["id"] == after).map_or(entries.len(), |at| at + 1),
    };
    let page: Vec<Value> = entries[start..].iter().take(limit).cloned().collect();
    let more = start + page.len() < entries.len();
    let last = page.last().map(|entry| entry["id"].clone()).filter(|_| more);
    Json(json!({ "pagination": { "next_starting_after": last, "limit": limit, "order": "desc" }, "data": page }))
        .into_response()
}

/// Newest first.
fn entries(people: &People, party: &Party, operator: &str, only: impl Fn(&Sent) -> bool) -> Vec<Value> {
    people.sent.iter().rev().filter(|sent| only(sent)).filter_map(|sent| seen(people, sent, party, operator)).collect()
}

async fn transactions(
    State(desk): Shared,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:transactions:read")?;
    let people = lock(&desk.people);
    own(&desk, &people, &party, &id)?;
    let all = entries(&people, &party, &desk.user, |_| true);
    Ok(page_of(all, &Query::read(query.as_deref())))
}

async fn transaction(
    State(desk): Shared,
    Path((id, wanted)): Path<(String, String)>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:transactions:read")?;
    let people = lock(&desk.people);
    own(&desk, &people, &party, &id)?;
    let found = entries(&people, &party, &desk.user, |_| true).into_iter().find(|entry| entry["id"] == wanted);
    found.map(|data| Json(json!({ "data": data })).into_response()).ok_or(Refused(404, "not_found", "Not found"))
}

async fn address_transactions(
    State(desk): Shared,
    Path((id, address)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:transactions:read")?;
    let people = lock(&desk.people);
    own(&desk, &people, &party, &id)?;
    let known = people.addresses.iter().find(|(known, _)| *known == address).map(|(_, address)| address.clone());
    let address = known.ok_or(Refused(404, "not_found", "Not found"))?;
    let all = entries(&people, &party, &desk.user, |sent| sent.address.as_ref() == Some(&address));
    Ok(page_of(all, &Query::read(query.as_deref())))
}

async fn new_address(
    State(desk): Shared,
    Path(id): Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:addresses:create")?;
    let mut people = lock(&desk.people);
    own(&desk, &people, &party, &id)?;
    // Not an address of any chain: nothing but this simulation sends to it.
    let (name, address) = (ids::uuid(), format!("simulated1q{}", ids::hex24()));
    people.addresses.push((name.clone(), address.clone()));
    let data = json!({ "id": name, "address": address, "network": "bitcoin", "resource": "address" });
    Ok((StatusCode::CREATED, Json(json!({ "data": data }))).into_response())
}

#[derive(Deserialize)]
struct NewSend {
    #[serde(rename = "type")]
    kind: String,
    to: String,
    amount: String,
    currency: String,
    idem: Option<String>,
    description: Option<String>,
}

async fn send(
    State(desk): Shared,
    Path(id): Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let party = admit(&desk, &method, &uri, &headers, "wallet:transactions:send")?;
    let asked: NewSend =
        serde_json::from_slice(&body).map_err(|_| Refused(400, "param_required", "Missing parameter"))?;
    let mut people = lock(&desk.people);
    own(&desk, &people, &party, &id)?;
    let code = headers.get("cb-2fa-token").and_then(|value| value.to_str().ok());
    if let Party::User(user) = &party {
        let wanted = people.user(user).and_then(|user| user.second_factor.clone());
        if wanted.is_some() && wanted.as_deref() != code {
            return Err(Refused(
                402,
                "two_factor_required",
                "Two-step verification code required to complete this request",
            ));
        }
    }
    let repeated = |sent: &&Sent| sent.from == party && asked.idem.is_some() && sent.idem == asked.idem;
    if let Some(first) = people.sent.iter().find(repeated) {
        let data = seen(&people, first, &party, &desk.user);
        return Ok((StatusCode::CREATED, Json(json!({ "data": data }))).into_response());
    }
    let sat = parse(&asked.amount, SIZE_SCALE).filter(|sat| *sat > 0);
    let Some(sat) = sat.filter(|_| asked.kind == "send" && asked.currency == "BTC") else {
        return Err(Refused(400, "validation_error", "Only bitcoin is sent here"));
    };
    let (to, address) = people.recipient(&asked.to);
    if to == party || matches!(&to, Party::Elsewhere(_)) {
        return Err(Refused(400, "validation_error", "Nobody of this simulation"));
    }
    if !desk.move_sat(&mut people, &party, -sat) {
        return Err(Refused(400, "validation_error", "You don't have that much."));
    }
    let stage = match people.sends {
        Sends::Instant => Stage::Completed,
        Sends::Pending => Stage::Pending,
        Sends::Delayed => Stage::Delayed,
    };
    let sent = Sent {
        id: ids::uuid(),
        received_id: ids::uuid(),
        from: party.clone(),
        to: to.clone(),
        address,
        sat: sat.unsigned_abs(),
        stage,
        idem: asked.idem,
        note: asked.description,
        made_ms: desk.clock.now_ms(),
    };
    if stage == Stage::Completed {
        desk.move_sat(&mut people, &to, sat);
    }
    let data = seen(&people, &sent, &party, &desk.user);
    people.sent.push(sent);
    Ok((StatusCode::CREATED, Json(json!({ "data": data }))).into_response())
}
