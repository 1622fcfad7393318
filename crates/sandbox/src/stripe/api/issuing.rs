//! `/v1/issuing/cardholders`, `/cards`, `/authorizations`, `/transactions` and `/v1/balance` (docs.stripe.com/api/issuing).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    routing::get,
};
use serde_json::{Value, json};

use super::{Answer, ApiError, Shared, metadata, params};
use crate::{
    stripe::{
        books::{Books, NewCard, NewCardholder},
        form::Params,
        hub::Hub,
        model::{Address, Card, CardStatus, SpendingLimit},
        wire,
    },
    vendor::lock,
};

const PAGING: [&str; 5] = ["limit", "starting_after", "ending_before", "created", "expand"];
const INTERVALS: [&str; 6] = ["per_authorization", "daily", "weekly", "monthly", "yearly", "all_time"];

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/issuing/cardholders", get(list_cardholders).post(create_cardholder))
        .route("/v1/issuing/cardholders/{cardholder}", get(show_cardholder))
        .route("/v1/issuing/cards", get(list_cards).post(create_card))
        .route("/v1/issuing/cards/{card}", get(show_card).post(update_card))
        .route("/v1/issuing/authorizations", get(list_authorizations))
        .route("/v1/issuing/authorizations/{authorization}", get(show_authorization))
        .route("/v1/issuing/transactions", get(list_transactions))
        .route("/v1/issuing/transactions/{transaction}", get(show_transaction))
}

/// The names that a list takes beside those of paging.
pub(super) fn with_paging<'a>(more: &[&'a str]) -> Vec<&'a str> {
    PAGING.iter().chain(more).copied().collect()
}

pub(super) async fn balance(State(hub): Shared) -> Json<Value> {
    Json(wire::balance(&lock(&hub.books)))
}

async fn create_cardholder(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    let known = [
        "name",
        "billing",
        "type",
        "email",
        "phone_number",
        "individual",
        "company",
        "metadata",
        "status",
        "preferred_locales",
        "spending_controls",
        "expand",
    ];
    let params = params(query, body, &known).await?;
    let address = |name: &str| format!("billing[address][{name}]");
    let text = |name: &str| params.get(name).map(str::to_owned);
    let country = params.needed(&address("country"))?;
    if country.len() != 2 {
        return Err(ApiError::invalid(Some("country_unsupported"), Some(&address("country")), "Unknown country"));
    }
    let new = NewCardholder {
        name: params.needed("name")?.to_owned(),
        kind: params.get("type").unwrap_or("individual").to_owned(),
        email: text("email"),
        phone_number: text("phone_number"),
        first_name: text("individual[first_name]"),
        last_name: text("individual[last_name]"),
        address: Address {
            line1: params.needed(&address("line1"))?.to_owned(),
            line2: text(&address("line2")),
            city: params.needed(&address("city"))?.to_owned(),
            state: text(&address("state")),
            postal_code: params.needed(&address("postal_code"))?.to_owned(),
            country: country.to_owned(),
        },
        metadata: metadata(&params),
    };
    let value = hub.change(|books| {
        let (id, event) = books.create_cardholder(new);
        (books.cardholder(&id).map(wire::cardholder).unwrap_or_default(), vec![event])
    });
    Ok(Json(value))
}

async fn show_cardholder(State(hub): Shared, Path(id): Path<String>) -> Answer {
    let books = lock(&hub.books);
    let found = books.cardholder(&id).ok_or_else(|| ApiError::not_found("issuing_cardholder", &id))?;
    Ok(Json(wire::cardholder(found)))
}

async fn list_cardholders(State(hub): Shared, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &with_paging(&["email", "phone_number", "status", "type"])).await?;
    let within = params.created()?;
    let books = lock(&hub.books);
    let found = books.cardholders.iter().rev().filter(|one| within(one.created_s));
    let found = found.filter(|one| params.get("email").is_none_or(|email| one.email.as_deref() == Some(email)));
    params.page("/v1/issuing/cardholders", found.map(wire::cardholder).collect())
}

fn limits(params: &Params) -> Result<Vec<SpendingLimit>, ApiError> {
    let name = |index: usize, field: &str| format!("spending_controls[spending_limits][{index}][{field}]");
    let mut found = Vec::new();
    while let Some(amount) = params.integer(&name(found.len(), "amount"))? {
        let (at, interval) = (name(found.len(), "interval"), name(found.len(), "amount"));
        if amount <= 0 {
            let message = "This value must be greater than or equal to 1.";
            return Err(ApiError::invalid(Some("parameter_invalid_integer"), Some(&interval), message));
        }
        let interval = params.needed(&at)?;
        if !INTERVALS.contains(&interval) {
            return Err(ApiError::invalid(None, Some(&at), "Invalid interval"));
        }
        found.push(SpendingLimit { amount, interval: interval.to_owned() });
    }
    Ok(found)
}

fn status(params: &Params) -> Result<Option<CardStatus>, ApiError> {
    let bad =
        || ApiError::invalid(None, Some("status"), "Invalid status: must be one of active, canceled, or inactive");
    params.get("status").map(|word| CardStatus::read(word).ok_or_else(bad)).transpose()
}

async fn create_card(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    let known = ["cardholder", "currency", "type", "status", "spending_controls", "metadata", "expand"];
    let params = params(query, body, &known).await?;
    let currency = params.needed("currency")?;
    if params.needed("type")? != "virtual" {
        return Err(ApiError::invalid(None, Some("type"), "this simulation makes virtual cards"));
    }
    if currency != lock(&hub.books).currency() {
        let message = format!("The currency {currency} is not available on this account.");
        return Err(ApiError::invalid(None, Some("currency"), message));
    }
    let new = NewCard {
        cardholder: params.needed("cardholder")?.to_owned(),
        status: status(&params)?.unwrap_or(CardStatus::Inactive),
        limits: limits(&params)?,
        metadata: metadata(&params),
    };
    if lock(&hub.books).cardholder(&new.cardholder).is_none() {
        return Err(ApiError { status: 400, ..ApiError::not_found("issuing_cardholder", &new.cardholder) });
    }
    let id = hub.change(|books| {
        let (id, event) = books.create_card(new);
        (id, vec![event])
    });
    show(&lock(&hub.books), &id, &params)
}

/// A card with what `expand` asks for.
fn show(books: &Books, id: &str, params: &Params) -> Answer {
    let found = books.card(id).ok_or_else(|| ApiError::not_found("issuing_card", id))?;
    let mut value = wire::card(books, found);
    for name in params.list("expand") {
        match expanded(books, found, &name) {
            Some(text) => value[name] = json!(text),
            None if name == "cardholder" => {}
            None => {
                let message = format!("This property cannot be expanded ({name}).");
                return Err(ApiError::invalid(None, Some("expand"), message));
            }
        }
    }
    Ok(Json(value))
}

/// Number and code, for accounts that may see them; of others the property cannot be expanded.
fn expanded(books: &Books, card: &Card, name: &str) -> Option<String> {
    match name {
        "number" if books.config.reveal_card_data => Some(card.number.clone()),
        "cvc" if books.config.reveal_card_data => Some(card.cvc.clone()),
        _ => None,
    }
}

async fn show_card(State(hub): Shared, Path(id): Path<String>, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &["expand"]).await?;
    show(&lock(&hub.books), &id, &params)
}

async fn update_card(State(hub): Shared, Path(id): Path<String>, query: RawQuery, body: Body) -> Answer {
    let known = ["status", "cancellation_reason", "spending_controls", "metadata", "expand"];
    let params = params(query, body, &known).await?;
    let (status, limits, more) = (status(&params)?, limits(&params)?, metadata(&params));
    let reason = params.get("cancellation_reason").map(str::to_owned);
    let before = lock(&hub.books).card(&id).map(|card| card.status);
    if before.ok_or_else(|| ApiError::not_found("issuing_card", &id))? == CardStatus::Canceled {
        return Err(ApiError::invalid(None, None, "You cannot update a canceled card."));
    }
    hub.change(|books| {
        let events = books.update_card(&id, |card| {
            card.status = status.unwrap_or(card.status);
            if !limits.is_empty() {
                card.limits = limits;
            }
            card.metadata.extend(more);
            card.cancellation_reason = reason.or(card.cancellation_reason.take());
        });
        ((), events)
    });
    show(&lock(&hub.books), &id, &params)
}

async fn list_cards(State(hub): Shared, query: RawQuery) -> Answer {
    let known = with_paging(&["cardholder", "exp_month", "exp_year", "last4", "status", "type"]);
    let params = params(query, Body::empty(), &known).await?;
    let (within, status) = (params.created()?, status(&params)?);
    let books = lock(&hub.books);
    let wanted = |card: &&Card| {
        within(card.created_s)
            && status.is_none_or(|status| card.status == status)
            && params.get("cardholder").is_none_or(|id| card.cardholder == id)
            && params.get("last4").is_none_or(|last4| card.number.get(12..) == Some(last4))
    };
    let found = books.cards.iter().rev().filter(wanted).map(|card| wire::card(&books, card)).collect();
    params.page("/v1/issuing/cards", found)
}

async fn list_authorizations(State(hub): Shared, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &with_paging(&["card", "cardholder", "status"])).await?;
    let within = params.created()?;
    let books = lock(&hub.books);
    let found = books.authorizations.iter().rev().filter(|one| {
        within(one.created_s)
            && params.get("card").is_none_or(|card| one.card == card)
            && params.get("status").is_none_or(|status| one.status.word() == status)
    });
    params.page("/v1/issuing/authorizations", found.map(|one| wire::authorization(&books, one, None)).collect())
}

async fn show_authorization(State(hub): Shared, Path(id): Path<String>) -> Answer {
    let books = lock(&hub.books);
    let found = books.authorization(&id).ok_or_else(|| ApiError::not_found("issuing_authorization", &id))?;
    Ok(Json(wire::authorization(&books, found, None)))
}

async fn list_transactions(State(hub): Shared, query: RawQuery) -> Answer {
    let params = params(query, Body::empty(), &with_paging(&["card", "cardholder", "type"])).await?;
    let within = params.created()?;
    let disputes = params.list("expand").iter().any(|name| name == "data.dispute");
    let books = lock(&hub.books);
    let found = books.transactions.iter().rev().filter(|one| within(one.created_s));
    let found = found.filter(|one| params.get("card").is_none_or(|card| one.card == card)).map(|one| {
        let mut value = wire::transaction(&books, one);
        if let Some(dispute) = one.dispute.as_deref().and_then(|id| books.dispute(id)).filter(|_| disputes) {
            value["dispute"] = wire::dispute(&books, dispute);
        }
        value
    });
    params.page("/v1/issuing/transactions", found.collect())
}

async fn show_transaction(State(hub): Shared, Path(id): Path<String>) -> Answer {
    let books = lock(&hub.books);
    let found = books.transaction(&id).ok_or_else(|| ApiError::not_found("issuing_transaction", &id))?;
    Ok(Json(wire::transaction(&books, found)))
}
