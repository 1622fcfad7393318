//! Events and event subscriptions (docs.lithic.com/docs/events-api; reference: geteventsubscriptions, getevents).

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query as Pairs, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, ApiError, Query, Shared, body};
use crate::{
    lithic::{
        hub::Hub,
        records::{EventRecord, Records, Secrets, Subscription},
        wire,
    },
    vendor::{ids, lock},
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    let one = "/v1/event_subscriptions/{event_subscription_token}";
    Router::new()
        .route("/v1/events", get(list_events))
        .route("/v1/events/{event_token}", get(show_event))
        .route("/v1/events/{event_token}/attempts", get(list_attempts))
        .route("/v1/events/{event_token}/event_subscriptions/{event_subscription_token}/resend", post(resend))
        .route("/v1/event_subscriptions", get(list).post(create))
        .route(one, get(show).patch(update).delete(remove))
        .route(&format!("{one}/secret"), get(secret))
        .route(&format!("{one}/secret/rotate"), post(rotate_secret))
        .route(&format!("{one}/recover"), post(recover))
        .route(&format!("{one}/replay_missing"), post(replay_missing))
}

/// A subscription with a token and a secret of its own; `None` means all event types.
pub(crate) fn new_subscription(url: &str, description: String, event_types: Option<Vec<String>>) -> Subscription {
    Subscription {
        token: ids::svix("ep"),
        url: url.to_owned(),
        description,
        disabled: false,
        event_types,
        secrets: Secrets::new(ids::webhook_secret()),
    }
}

fn known_event<'a>(records: &'a Records, token: &str) -> Result<&'a EventRecord, ApiError> {
    records.event(token).ok_or_else(|| ApiError::new(404, "Event not found"))
}

fn known<'a>(records: &'a mut Records, token: &str) -> Result<&'a mut Subscription, ApiError> {
    let mut all = records.subscriptions.iter_mut();
    let found = all.find(|subscription| subscription.token == token);
    found.ok_or_else(|| ApiError::new(404, "Event subscription not found"))
}

async fn list_events(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &["event_types", "with_content"])?;
    let within = query.within()?;
    let types = query.get("event_types").or_else(|| query.get("event_types[]"));
    let records = lock(&hub.records);
    let wanted = |event: &&EventRecord| {
        within(event.created_ms) && types.is_none_or(|types| types.split(',').any(|wanted| wanted == event.event_type))
    };
    let found: Vec<&EventRecord> = records.events.iter().rev().filter(wanted).collect();
    query.page(&found, |event| &event.token, |event| wire::event(event))
}

async fn show_event(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let records = lock(&hub.records);
    Ok(Json(wire::event(known_event(&records, &token)?)))
}

async fn list_attempts(
    State(hub): Shared,
    Path(token): Path<String>,
    Pairs(pairs): Pairs<HashMap<String, String>>,
) -> Answer {
    let query = Query::new(pairs, &["status"])?;
    let records = lock(&hub.records);
    let event = known_event(&records, &token)?;
    let found: Vec<_> = event.attempts.iter().rev().collect();
    query.page(&found, |attempt| &attempt.token, |attempt| wire::attempt(event, attempt))
}

/// Delivers one event again, whether or not it was taken.
async fn resend(
    State(hub): Shared,
    Path((event, subscription)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    {
        let mut records = lock(&hub.records);
        known_event(&records, &event)?;
        known(&mut records, &subscription)?;
    }
    hub.enqueue(event, subscription);
    Ok(StatusCode::ACCEPTED)
}

async fn list(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &[])?;
    let records = lock(&hub.records);
    let found: Vec<&Subscription> = records.subscriptions.iter().rev().collect();
    query.page(&found, |of| &of.token, |of| wire::subscription(of))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    url: Option<String>,
    description: Option<String>,
    disabled: Option<bool>,
    event_types: Option<Vec<String>>,
}

fn checked_url(url: Option<String>) -> Result<String, ApiError> {
    // Lithic takes HTTPS only; on loopback there is no certificate to have.
    let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    url.filter(is_url).ok_or_else(|| ApiError::new(400, "url must be a valid URL"))
}

async fn create(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Wanted = body(&bytes)?;
    let url = checked_url(wanted.url)?;
    let types = wanted.event_types.filter(|types| !types.is_empty());
    let mut subscription = new_subscription(&url, wanted.description.unwrap_or_default(), types);
    subscription.disabled = wanted.disabled.unwrap_or(false);
    let answer = Json(wire::subscription(&subscription));
    lock(&hub.records).subscriptions.push(subscription);
    Ok(answer)
}

async fn show(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let mut records = lock(&hub.records);
    Ok(Json(wire::subscription(known(&mut records, &token)?)))
}

async fn update(State(hub): Shared, Path(token): Path<String>, bytes: Bytes) -> Answer {
    let wanted: Wanted = body(&bytes)?;
    let mut records = lock(&hub.records);
    let subscription = known(&mut records, &token)?;
    if wanted.url.is_some() {
        subscription.url = checked_url(wanted.url)?;
    }
    if let Some(description) = wanted.description {
        subscription.description = description;
    }
    subscription.disabled = wanted.disabled.unwrap_or(subscription.disabled);
    if let Some(types) = wanted.event_types {
        subscription.event_types = Some(types).filter(|types| !types.is_empty());
    }
    Ok(Json(wire::subscription(subscription)))
}

async fn remove(State(hub): Shared, Path(token): Path<String>) -> Result<StatusCode, ApiError> {
    let mut records = lock(&hub.records);
    known(&mut records, &token)?;
    records.subscriptions.retain(|subscription| subscription.token != token);
    Ok(StatusCode::NO_CONTENT)
}

async fn secret(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let mut records = lock(&hub.records);
    let secret = &known(&mut records, &token)?.secrets.current;
    Ok(Json(json!({ "secret": secret })))
}

async fn rotate_secret(State(hub): Shared, Path(token): Path<String>) -> Result<StatusCode, ApiError> {
    let mut records = lock(&hub.records);
    let now_ms = records.now_ms();
    known(&mut records, &token)?.secrets.rotate(now_ms);
    Ok(StatusCode::NO_CONTENT)
}

/// Delivers again what failed: every event in the window whose last try was not taken.
async fn recover(
    hub: Shared,
    token: Path<String>,
    pairs: Pairs<HashMap<String, String>>,
) -> Result<StatusCode, ApiError> {
    let failed = |event: &EventRecord, subscription: &str| {
        let mut attempts = event.attempts.iter().filter(|a| a.subscription_token == subscription);
        attempts.next_back().is_some_and(|last| !(200..300).contains(&last.status_code))
    };
    deliver_again(&hub, &token, pairs, failed)
}

/// Delivers what was never tried: every event in the window without an attempt.
async fn replay_missing(
    hub: Shared,
    token: Path<String>,
    pairs: Pairs<HashMap<String, String>>,
) -> Result<StatusCode, ApiError> {
    let missing = |event: &EventRecord, subscription: &str| {
        event.attempts.iter().all(|attempt| attempt.subscription_token != subscription)
    };
    deliver_again(&hub, &token, pairs, missing)
}

fn deliver_again(
    State(hub): &Shared,
    Path(token): &Path<String>,
    Pairs(pairs): Pairs<HashMap<String, String>>,
    wanted: impl Fn(&EventRecord, &str) -> bool,
) -> Result<StatusCode, ApiError> {
    let within = Query::new(pairs, &[])?.within()?;
    let mut records = lock(&hub.records);
    let subscription = known(&mut records, token)?.clone();
    let again = records.events.iter().filter(|event| {
        within(event.created_ms) && subscription.wants(event.event_type) && wanted(event, &subscription.token)
    });
    for event in again {
        hub.enqueue(event.token.clone(), subscription.token.clone());
    }
    Ok(StatusCode::ACCEPTED)
}
