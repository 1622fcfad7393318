//! `/v1/webhook_endpoints` and `/v1/events` (docs.stripe.com/api/webhook_endpoints, /events).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    routing::get,
};
use serde_json::json;

use super::{Answer, ApiError, Shared, issuing::with_paging, params};
use crate::{
    stripe::{
        books::{Books, Endpoint},
        hub::Hub,
        wire,
    },
    vendor::{ids, lock},
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/webhook_endpoints", get(list).post(create))
        .route("/v1/webhook_endpoints/{webhook_endpoint}", get(show).delete(remove))
        .route("/v1/events", get(events))
        .route("/v1/events/{event}", get(event))
}

pub(crate) fn new_endpoint(books: &Books, url: &str, enabled_events: Vec<String>) -> Endpoint {
    Endpoint {
        id: ids::stripe("we"),
        url: url.to_owned(),
        secret: ids::webhook_secret(),
        enabled_events,
        api_version: None,
        disabled: false,
        created_s: books.now_s(),
    }
}

async fn create(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    let known = ["url", "enabled_events", "api_version", "description", "metadata", "connect", "expand"];
    let params = params(query, body, &known).await?;
    let (url, events) = (params.needed("url")?, params.list("enabled_events"));
    if events.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    let mut books = lock(&hub.books);
    let mut endpoint = new_endpoint(&books, url, events);
    endpoint.api_version = params.get("api_version").map(str::to_owned);
    let value = wire::endpoint(&endpoint, true);
    books.endpoints.push(endpoint);
    Ok(Json(value))
}

async fn list(State(hub): Shared, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &with_paging(&[])).await?;
    let books = lock(&hub.books);
    let found = books.endpoints.iter().rev().map(|one| wire::endpoint(one, false)).collect();
    params.page("/v1/webhook_endpoints", found)
}

async fn show(State(hub): Shared, Path(id): Path<String>) -> Answer {
    let books = lock(&hub.books);
    let found = books.endpoints.iter().find(|one| one.id == id);
    let found = found.ok_or_else(|| ApiError::not_found("webhook endpoint", &id))?;
    Ok(Json(wire::endpoint(found, false)))
}

async fn remove(State(hub): Shared, Path(id): Path<String>) -> Answer {
    let mut books = lock(&hub.books);
    let before = books.endpoints.len();
    books.endpoints.retain(|one| one.id != id);
    if books.endpoints.len() == before {
        return Err(ApiError::not_found("webhook endpoint", &id));
    }
    Ok(Json(json!({ "id": id, "object": "webhook_endpoint", "deleted": true })))
}

async fn events(State(hub): Shared, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &with_paging(&["type", "types", "delivery_success"])).await?;
    let (within, types) = (params.created()?, params.list("types"));
    let books = lock(&hub.books);
    let found = books.events.iter().rev().filter(|one| {
        within(one.created_s)
            && params.get("type").is_none_or(|kind| one.kind == kind)
            && (types.is_empty() || types.iter().any(|kind| one.kind == kind))
    });
    params.page("/v1/events", found.map(wire::event).collect())
}

async fn event(State(hub): Shared, Path(id): Path<String>) -> Answer {
    let books = lock(&hub.books);
    let found = books.event(&id).ok_or_else(|| ApiError::not_found("event", &id))?;
    Ok(Json(wire::event(found)))
}
