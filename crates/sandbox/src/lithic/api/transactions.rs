//! `/v1/transactions` (docs.lithic.com/reference: gettransactions, gettransactionbytoken).

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, Query as Pairs, State},
};
use serde_json::json;

use super::{Answer, ApiError, Query, Shared, uuid};
use crate::{
    lithic::{model::CardTransaction, wire},
    vendor::lock,
};

pub(super) async fn show(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let token = uuid("transaction_token", &token)?;
    let records = lock(&hub.records);
    let found = records.transaction(token).ok_or_else(|| ApiError::new(404, "Transaction not found"))?;
    Ok(Json(wire::transaction(&records, found)))
}

pub(super) async fn list(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &["account_token", "card_token", "result", "status"])?;
    let within = query.within()?;
    if let Some(card_token) = query.get("card_token") {
        uuid("card_token", card_token)?;
    }
    let approved = match query.get("result") {
        None => None,
        Some("APPROVED") => Some(true),
        Some("DECLINED") => Some(false),
        Some(_) => {
            return Err(ApiError::new(400, "result must be one of APPROVED, DECLINED"));
        }
    };
    let records = lock(&hub.records);
    let wanted = |of: &&CardTransaction| {
        within(of.created_ms)
            && query.get("card_token").is_none_or(|card| of.card_token == card)
            && approved.is_none_or(|approved| (of.result() == "APPROVED") == approved)
            && query.get("status").is_none_or(|status| json!(of.standing().status) == status)
            && query.get("account_token").is_none_or(|account| records.account_token == account)
    };
    let found: Vec<&CardTransaction> = records.transactions.iter().rev().filter(wanted).collect();
    query.page(&found, |of| &of.token, |of| wire::transaction(&records, of))
}
