//! `/v1/issuing/disputes` (docs.stripe.com/api/issuing/disputes).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    routing::{get, post},
};

use super::{Answer, ApiError, Shared, issuing::with_paging, metadata, params};
use crate::{
    stripe::{
        hub::Hub,
        model::{Dispute, DisputeStatus, TransactionKind},
        wire,
    },
    vendor::{ids, lock},
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/issuing/disputes", get(list).post(create))
        .route("/v1/issuing/disputes/{dispute}", get(show))
        .route("/v1/issuing/disputes/{dispute}/submit", post(submit))
}

async fn create(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    let params = params(query, body, &["transaction", "amount", "evidence", "metadata", "expand"]).await?;
    let transaction = params.needed("transaction")?;
    let reason = params.get("evidence[reason]").unwrap_or("other").to_owned();
    let explanation = params.get(&format!("evidence[{reason}][explanation]")).map(str::to_owned);
    let asked = params.integer("amount")?;
    let new = {
        let books = lock(&hub.books);
        let of =
            books.transaction(transaction).ok_or_else(|| ApiError::not_found("issuing_transaction", transaction))?;
        let most = of.amount.abs();
        if of.kind != TransactionKind::Capture || of.dispute.is_some() {
            return Err(ApiError::invalid(None, Some("transaction"), "This transaction cannot be disputed."));
        }
        if !(1..=most).contains(&asked.unwrap_or(most)) {
            return Err(ApiError::invalid(None, Some("amount"), "amount must be within the transaction's"));
        }
        Dispute {
            id: ids::stripe("idp"),
            transaction: of.id.clone(),
            amount: asked.unwrap_or(most),
            status: DisputeStatus::Unsubmitted,
            reason,
            explanation,
            created_s: books.now_s(),
            metadata: metadata(&params),
        }
    };
    let id = hub.change(|books| books.open_dispute(new));
    answer(&hub, &id)
}

fn answer(hub: &Hub, id: &str) -> Answer {
    let books = lock(&hub.books);
    let found = books.dispute(id).ok_or_else(|| ApiError::not_found("issuing_dispute", id))?;
    Ok(Json(wire::dispute(&books, found)))
}

async fn show(State(hub): Shared, Path(id): Path<String>, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &["expand"]).await?;
    let Json(mut value) = answer(&hub, &id)?;
    if params.list("expand").iter().any(|name| name == "transaction") {
        let books = lock(&hub.books);
        let of = value["transaction"].as_str().and_then(|id| books.transaction(id));
        value["transaction"] = of.map(|of| wire::transaction(&books, of)).unwrap_or_default();
    }
    Ok(Json(value))
}

async fn list(State(hub): Shared, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &with_paging(&["status", "transaction"])).await?;
    let within = params.created()?;
    let books = lock(&hub.books);
    let found = books.disputes.iter().rev().filter(|one| {
        within(one.created_s) && params.get("transaction").is_none_or(|transaction| one.transaction == transaction)
    });
    params.page("/v1/issuing/disputes", found.map(|one| wire::dispute(&books, one)).collect())
}

/// In test mode the evidence decides at once (docs.stripe.com/issuing/purchases/disputes, "Test your integration").
async fn submit(State(hub): Shared, Path(id): Path<String>, query: RawQuery, body: Body) -> Answer {
    params(query, body, &["metadata", "expand"]).await?;
    let found = lock(&hub.books).dispute(&id).map(|one| one.explanation.clone().unwrap_or_default());
    let explanation = found.ok_or_else(|| ApiError::not_found("issuing_dispute", &id))?;
    hub.change(|books| {
        let Some(mut events) = books.move_dispute(&id, DisputeStatus::Unsubmitted, DisputeStatus::Submitted) else {
            return (Err(ApiError::invalid(None, None, "This dispute has been submitted already.")), Vec::new());
        };
        let decided = match explanation.as_str() {
            "winning_evidence" => books.move_dispute(&id, DisputeStatus::Submitted, DisputeStatus::Won),
            "losing_evidence" => books.move_dispute(&id, DisputeStatus::Submitted, DisputeStatus::Lost),
            _ => None,
        };
        events.extend(decided.unwrap_or_default());
        (Ok(()), events)
    })?;
    answer(&hub, &id)
}
