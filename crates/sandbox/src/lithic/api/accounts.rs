//! Balances, the authorization secret and its responder, and the status of the API (docs.lithic.com/reference:
//! getstatus, getbalances, getfinancialaccounts, getauthstreamsecret, postresponderendpoints).

use std::collections::HashMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query as Pairs, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, ApiError, Query, Shared, body, uuid};
use crate::{
    lithic::{records::Records, wire},
    vendor::lock,
};

pub(super) async fn status() -> Answer {
    Ok(Json(json!({ "message": "OK" })))
}

pub(super) async fn balances(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let known = ["account_token", "balance_date", "business_account_token", "financial_account_type"];
    let query = Query::new(pairs, &known)?;
    let records = lock(&hub.records);
    let kind = query.get("financial_account_type").unwrap_or("ISSUING");
    let data = if kind == "ISSUING" { vec![wire::balance(&records, true)] } else { vec![] };
    Ok(Json(json!({ "data": data, "has_more": false })))
}

pub(super) async fn list(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &["account_token", "business_account_token", "type"])?;
    let records = lock(&hub.records);
    let listed = query.get("type").is_none_or(|kind| kind == "ISSUING");
    let data = if listed { vec![wire::financial_account(&records)] } else { vec![] };
    Ok(Json(json!({ "data": data, "has_more": false })))
}

fn own_account(records: &Records, token: &str) -> Result<(), ApiError> {
    if uuid("financial_account_token", token)? == records.financial_account_token {
        return Ok(());
    }
    Err(ApiError::new(404, "Financial account not found"))
}

pub(super) async fn show(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let records = lock(&hub.records);
    own_account(&records, &token)?;
    Ok(Json(wire::financial_account(&records)))
}

pub(super) async fn balances_of(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let records = lock(&hub.records);
    own_account(&records, &token)?;
    Ok(Json(json!({ "data": [wire::balance(&records, false)], "has_more": false })))
}

pub(super) async fn asa_secret(State(hub): Shared) -> Answer {
    Ok(Json(json!({ "secret": lock(&hub.records).asa_secrets.current })))
}

pub(super) async fn rotate_asa_secret(State(hub): Shared) -> StatusCode {
    let mut records = lock(&hub.records);
    let now_ms = records.now_ms();
    records.asa_secrets.rotate(now_ms);
    StatusCode::NO_CONTENT
}

/// The responders that there are; the last is never asked here.
enum Responder {
    Authorizations,
    Authentications,
    Tokenizations,
}

fn responder_kind(kind: Option<&str>) -> Result<Responder, ApiError> {
    match kind {
        Some("AUTH_STREAM_ACCESS") => Ok(Responder::Authorizations),
        Some("THREE_DS_DECISIONING") => Ok(Responder::Authentications),
        Some("TOKENIZATION_DECISIONING") => Ok(Responder::Tokenizations),
        Some(_) | None => Err(ApiError::new(
            400,
            "type must be one of AUTH_STREAM_ACCESS, THREE_DS_DECISIONING, TOKENIZATION_DECISIONING",
        )),
    }
}

pub(super) async fn responder(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &["type"])?;
    let records = lock(&hub.records);
    let url = match responder_kind(query.get("type"))? {
        Responder::Authorizations => records.responder.clone(),
        Responder::Authentications => records.three_ds_responder.clone(),
        Responder::Tokenizations => None,
    };
    Ok(Json(json!({ "enrolled": url.is_some(), "url": url })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enroll {
    r#type: Option<String>,
    url: Option<String>,
}

pub(super) async fn enroll(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Enroll = body(&bytes)?;
    let kind = responder_kind(wanted.r#type.as_deref())?;
    let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    let url = wanted.url.filter(is_url).ok_or_else(|| ApiError::new(400, "url must be http(s)"))?;
    let mut records = lock(&hub.records);
    match kind {
        Responder::Authorizations => records.responder = Some(url),
        Responder::Authentications => records.three_ds_responder = Some(url),
        Responder::Tokenizations => return Err(ApiError::new(400, "this sandbox asks no such responder")),
    }
    Ok(Json(json!({ "enrolled": true })))
}

pub(super) async fn disenroll(
    State(hub): Shared,
    Pairs(pairs): Pairs<HashMap<String, String>>,
) -> Result<StatusCode, ApiError> {
    let query = Query::new(pairs, &["type"])?;
    let mut records = lock(&hub.records);
    match responder_kind(query.get("type"))? {
        Responder::Authorizations => records.responder = None,
        Responder::Authentications => records.three_ds_responder = None,
        Responder::Tokenizations => {}
    }
    Ok(StatusCode::NO_CONTENT)
}
