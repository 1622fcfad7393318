//! `/v1/disputes` (docs.lithic.com/reference: postdisputes, getdisputes, getdisputebytoken).

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query as Pairs, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, ApiError, Query, Shared, body, uuid};
use crate::{
    lithic::{hub::Hub, records::Dispute, wire},
    vendor::lock,
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/disputes", get(list).post(create)).route("/v1/disputes/{dispute_token}", get(show))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    transaction_token: String,
    amount: i64,
    reason: String,
    customer_note: Option<String>,
    #[serde(rename = "customer_filed_date")]
    _customer_filed_date: Option<String>,
}

async fn create(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Create = body(&bytes)?;
    uuid("transaction_token", &wanted.transaction_token)?;
    let settled = {
        let records = lock(&hub.records);
        let of = records.transaction(&wanted.transaction_token);
        of.ok_or_else(|| ApiError::new(404, "Transaction not found"))?.standing().settled_minor
    };
    if !(1..=settled).contains(&wanted.amount) {
        return Err(ApiError::new(400, "amount must be within what the transaction has settled"));
    }
    let token = hub.change(|records| {
        records.open_dispute(&wanted.transaction_token, wanted.amount, &wanted.reason, wanted.customer_note)
    });
    answer(&hub, &token)
}

fn answer(hub: &Hub, token: &str) -> Answer {
    let records = lock(&hub.records);
    let found = records.dispute(token).ok_or_else(|| ApiError::new(404, "Dispute not found"))?;
    Ok(Json(wire::dispute(found)))
}

async fn show(State(hub): Shared, Path(token): Path<String>) -> Answer {
    uuid("dispute_token", &token)?;
    answer(&hub, &token)
}

async fn list(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &["transaction_tokens", "status"])?;
    let within = query.within()?;
    let records = lock(&hub.records);
    let named = |tokens: &str, one: &Dispute| tokens.split(',').any(|token| token == one.transaction_token);
    let wanted = |one: &&Dispute| {
        within(one.created_ms)
            && query.get("transaction_tokens").is_none_or(|tokens| named(tokens, one))
            && query.get("status").is_none_or(|status| one.status == status)
    };
    let found: Vec<&Dispute> = records.disputes.iter().rev().filter(wanted).collect();
    query.page(&found, |one| &one.token, |one| -> Value { wire::dispute(one) })
}
