//! `/v1/cards` (docs.lithic.com/reference: postcards, getcards, getcardbytoken, patchcardbytoken).

use std::collections::{BTreeMap, HashMap};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query as Pairs, State},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, ApiError, Query, Shared, body, uuid};
use crate::{
    lithic::{
        model::{Card, CardState, CardType, LimitDuration},
        records::NewCard,
        wire,
    },
    vendor::{ids, lock},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateCard {
    r#type: CardType,
    memo: Option<String>,
    spend_limit: Option<i64>,
    spend_limit_duration: Option<LimitDuration>,
    state: Option<CardState>,
    exp_month: Option<String>,
    exp_year: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    // Taken and of no consequence here: there is one account and one card program.
    #[serde(rename = "account_token")]
    _account_token: Option<String>,
    #[serde(rename = "card_program_token")]
    _card_program_token: Option<String>,
}

impl CreateCard {
    fn checked(self) -> Result<NewCard, ApiError> {
        if self.r#type == CardType::Physical {
            return Err(ApiError::new(400, "shipping_address is required for cards of type PHYSICAL"));
        }
        if self.state == Some(CardState::Closed) {
            return Err(ApiError::new(400, "state must be one of OPEN, PAUSED"));
        }
        let spend_limit = self.spend_limit.unwrap_or(0);
        check_limit(spend_limit)?;
        check_tags(self.tags.iter().flatten())?;
        let expiry = match (self.exp_month, self.exp_year) {
            (None, None) => None,
            (Some(month), Some(year)) if month.len() == 2 && year.len() == 4 => Some((month, year)),
            _ => {
                return Err(ApiError::new(400, "exp_month must be MM and exp_year YYYY, both or neither"));
            }
        };
        Ok(NewCard {
            kind: self.r#type,
            state: self.state.unwrap_or(CardState::Open),
            spend_limit,
            spend_limit_duration: self.spend_limit_duration.unwrap_or(LimitDuration::Transaction),
            memo: self.memo.unwrap_or_default(),
            tags: self.tags.unwrap_or_default(),
            expiry,
        })
    }
}

fn check_limit(spend_limit: i64) -> Result<(), ApiError> {
    if spend_limit < 0 {
        return Err(ApiError::new(400, "spend_limit must be 0 or above"));
    }
    Ok(())
}

/// At most 50 tags, names of up to 40 characters and values of up to 500.
fn check_tags<'a>(tags: impl Iterator<Item = (&'a String, &'a String)>) -> Result<(), ApiError> {
    let mut count = 0;
    for (name, value) in tags {
        count += 1;
        if count > 50 || name.chars().count() > 40 || value.chars().count() > 500 {
            return Err(ApiError::new(400, "tags: at most 50, keys up to 40 and values up to 500 characters"));
        }
    }
    Ok(())
}

/// Creates a card. `Idempotency-Key` (a UUID; docs.lithic.com/changelog/idempotency-for-create-card) makes a repeat
/// answer the same card as it is now.
pub(super) async fn create(State(hub): Shared, headers: HeaderMap, bytes: Bytes) -> Answer {
    let key = match headers.get("idempotency-key").map(|key| key.to_str()) {
        None => None,
        Some(Ok(key)) if ids::is_uuid(key) => Some(key.to_owned()),
        Some(_) => return Err(ApiError::new(400, "Idempotency-Key must be a valid UUID")),
    };
    let asked: Value = body(&bytes)?;
    let new = body::<CreateCard>(&bytes)?.checked()?;
    hub.change(|records| {
        if let Some((before, token)) = key.as_ref().and_then(|key| records.created_under.get(key)) {
            let again = if *before == asked {
                found(records.card(token)).map(|card| Json(wire::card(records, card, true)))
            } else {
                Err(ApiError::new(400, "Idempotency-Key was used with another request"))
            };
            return (again, Vec::new());
        }
        let (token, event) = records.create_card(new);
        if let Some(key) = key {
            records.created_under.insert(key, (asked, token.clone()));
        }
        let made = found(records.card(&token)).map(|card| Json(wire::card(records, card, true)));
        (made, vec![event])
    })
}

fn found(card: Option<&Card>) -> Result<&Card, ApiError> {
    card.ok_or_else(|| ApiError::new(404, "Card not found"))
}

pub(super) async fn show(State(hub): Shared, Path(token): Path<String>) -> Answer {
    let records = lock(&hub.records);
    let card = found(records.card(uuid("card_token", &token)?))?;
    Ok(Json(wire::card(&records, card, true)))
}

pub(super) async fn list(State(hub): Shared, Pairs(pairs): Pairs<HashMap<String, String>>) -> Answer {
    let query = Query::new(pairs, &["account_token", "memo", "state"])?;
    let within = query.within()?;
    let records = lock(&hub.records);
    let wanted = |card: &&Card| {
        within(card.created_ms)
            && query.get("memo").is_none_or(|memo| card.memo.contains(memo))
            && query.get("state").is_none_or(|state| json!(card.state) == state)
            && query.get("account_token").is_none_or(|account| records.account_token == account)
    };
    let cards: Vec<&Card> = records.cards.iter().rev().filter(wanted).collect();
    query.page(&cards, |card| &card.token, |card| wire::card(&records, card, false))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateCard {
    memo: Option<String>,
    spend_limit: Option<i64>,
    spend_limit_duration: Option<LimitDuration>,
    state: Option<CardState>,
    /// Merged into the card's tags; `null` removes one.
    tags: Option<BTreeMap<String, Option<String>>>,
    // Taken and of no consequence here.
    #[serde(rename = "comment")]
    _comment: Option<String>,
    #[serde(rename = "substatus")]
    _substatus: Option<String>,
}

/// Changes a card. A closed card cannot be changed.
pub(super) async fn update(State(hub): Shared, Path(token): Path<String>, bytes: Bytes) -> Answer {
    let wanted: UpdateCard = body(&bytes)?;
    let token = uuid("card_token", &token)?;
    wanted.spend_limit.map_or(Ok(()), check_limit)?;
    let tags = wanted.tags.iter().flatten();
    check_tags(tags.filter_map(|(name, value)| value.as_ref().map(|value| (name, value))))?;
    hub.change(|records| {
        let Some(card) = records.card_mut(token) else {
            return (found(None).map(|_| Json(Value::Null)), Vec::new());
        };
        if card.state == CardState::Closed {
            let error = ApiError::new(405, "Card not active: cannot modify a closed card");
            return (Err(error), Vec::new());
        }
        let previous = apply(card, wanted);
        let (state, changed) = (card.state, !previous.is_empty());
        let events = changed.then(|| {
            let payload = json!({
                "event_type": "card.updated", "card_token": token, "state": state,
                "previous_fields": previous,
            });
            records.announce("card.updated", payload)
        });
        let updated = found(records.card(token)).map(|card| Json(wire::card(records, card, true)));
        (updated, events.into_iter().collect())
    })
}

/// Writes the wanted fields; answers the previous values of those that changed.
fn apply(card: &mut Card, wanted: UpdateCard) -> Map<String, Value> {
    let mut previous = Map::new();
    let mut keep = |name: &str, before: Value| {
        previous.insert(name.to_owned(), before);
    };
    if let Some(memo) = wanted.memo.filter(|memo| *memo != card.memo) {
        keep("memo", json!(std::mem::replace(&mut card.memo, memo)));
    }
    if let Some(limit) = wanted.spend_limit.filter(|limit| *limit != card.spend_limit) {
        keep("spend_limit", json!(std::mem::replace(&mut card.spend_limit, limit)));
    }
    let duration = wanted.spend_limit_duration;
    if let Some(duration) = duration.filter(|duration| *duration != card.spend_limit_duration) {
        let before = std::mem::replace(&mut card.spend_limit_duration, duration);
        keep("spend_limit_duration", json!(before));
    }
    let before = card.tags.clone();
    for (name, value) in wanted.tags.into_iter().flatten() {
        match value {
            Some(value) => card.tags.insert(name, value),
            None => card.tags.remove(&name),
        };
    }
    if card.tags != before {
        keep("tags", json!(before));
    }
    if let Some(state) = wanted.state.filter(|state| *state != card.state) {
        keep("state", json!(std::mem::replace(&mut card.state, state)));
    }
    previous
}
