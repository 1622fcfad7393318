//! `/v1/simulate/...`: the network's side as Lithic's own sandbox offers it (docs.lithic.com/docs/simulating-transactions).

use std::sync::Arc;

use axum::{Json, Router, body::Bytes, extract::State, routing::post};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, ApiError, Shared, body};
use crate::{
    lithic::{
        driver::{CardRef, Charge, DriverError},
        hub::Hub,
        model::{EventKind, Merchant},
        network::{charge_card, follow, unasked},
    },
    vendor::{ids, lock},
};

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/simulate/authorize", post(authorize))
        .route("/v1/simulate/authorization_advice", post(advise))
        .route("/v1/simulate/clearing", post(clear))
        .route("/v1/simulate/void", post(void))
        .route("/v1/simulate/return", post(give_back))
        .route("/v1/simulate/return_reversal", post(take_back))
}

impl From<DriverError> for ApiError {
    fn from(error: DriverError) -> Self {
        let status = match error {
            DriverError::NoSuchCard | DriverError::NoSuchTransaction => 404,
            DriverError::NotPossible(_) => 400,
        };
        ApiError::new(status, error.to_string())
    }
}

fn answer(token: Option<&str>) -> Answer {
    let id = ids::uuid();
    Ok(Json(match token {
        Some(token) => json!({ "token": token, "debugging_request_id": id }),
        None => json!({ "debugging_request_id": id }),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorize {
    pan: String,
    amount: i64,
    descriptor: String,
    mcc: Option<String>,
    merchant_acceptor_id: Option<String>,
    merchant_acceptor_city: Option<String>,
    merchant_acceptor_country: Option<String>,
    merchant_acceptor_state: Option<String>,
    merchant_amount: Option<i64>,
    merchant_currency: Option<String>,
    #[serde(rename = "partial_approval_capable")]
    _partial_approval_capable: Option<bool>,
    #[serde(rename = "pin")]
    _pin: Option<String>,
    status: Option<String>,
}

/// The card's token for a number; Lithic's simulator takes no security code.
fn card_token(hub: &Hub, pan: &str) -> Result<String, ApiError> {
    let records = lock(&hub.records);
    let card = records.card_by_pan(pan).ok_or_else(|| ApiError::new(404, "Card not found"))?;
    Ok(card.token.clone())
}

async fn authorize(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Authorize = body(&bytes)?;
    let balance_inquiry = match wanted.status.as_deref() {
        None | Some("AUTHORIZATION") => false,
        Some("BALANCE_INQUIRY") => true,
        Some(_) => {
            return Err(ApiError::new(400, "this sandbox simulates AUTHORIZATION and BALANCE_INQUIRY"));
        }
    };
    let (amount_minor, currency) = match (wanted.merchant_amount, wanted.merchant_currency) {
        (Some(amount), Some(currency)) => (amount, currency),
        (None, None) => (wanted.amount, hub.config.currency.clone()),
        (None, Some(_)) => {
            let message = "'merchant_currency' requires that 'merchant_amount' is set";
            return Err(ApiError::new(400, message));
        }
        (Some(amount), None) => (amount, hub.config.currency.clone()),
    };
    let usual = Merchant::default();
    let merchant = Merchant {
        descriptor: wanted.descriptor,
        mcc: wanted.mcc.unwrap_or(usual.mcc),
        country: wanted.merchant_acceptor_country.unwrap_or(usual.country),
        city: wanted.merchant_acceptor_city.unwrap_or(usual.city),
        state: wanted.merchant_acceptor_state.unwrap_or(usual.state),
        acceptor_id: wanted.merchant_acceptor_id.unwrap_or(usual.acceptor_id),
    };
    let card = CardRef::Token(card_token(&hub, &wanted.pan)?);
    let charge = Charge { merchant, balance_inquiry, ..Charge::new(card, amount_minor, &currency) };
    // A caller that hangs up must not take the verdict with it: the network does not wait for this HTTP answer.
    let charging = hub.clone();
    let charged = tokio::spawn(async move { charge_card(&charging, charge).await });
    let result = charged.await.map_err(|_| ApiError::new(500, "Internal Server Error"))??;
    answer(result.token.as_deref())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Follow {
    token: String,
    amount: Option<i64>,
    r#type: Option<String>,
}

async fn advise(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Follow = body(&bytes)?;
    let amount = wanted.amount.ok_or_else(|| ApiError::new(400, "amount is required"))?;
    follow(&hub, &wanted.token, EventKind::AuthorizationAdvice, Some(amount))?;
    answer(Some(&wanted.token))
}

async fn clear(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Follow = body(&bytes)?;
    follow(&hub, &wanted.token, EventKind::Clearing, wanted.amount)?;
    answer(None)
}

async fn void(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Follow = body(&bytes)?;
    match wanted.r#type.as_deref() {
        None | Some("AUTHORIZATION_REVERSAL") => {
            follow(&hub, &wanted.token, EventKind::AuthorizationReversal, wanted.amount)?
        }
        Some("AUTHORIZATION_EXPIRY") => follow(&hub, &wanted.token, EventKind::AuthorizationExpiry, None)?,
        Some(_) => {
            let message = "type must be one of AUTHORIZATION_EXPIRY, AUTHORIZATION_REVERSAL";
            return Err(ApiError::new(400, message));
        }
    };
    answer(None)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GiveBack {
    pan: String,
    amount: i64,
    descriptor: String,
}

async fn give_back(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: GiveBack = body(&bytes)?;
    let card = card_token(&hub, &wanted.pan)?;
    let merchant = Merchant { descriptor: wanted.descriptor, ..Merchant::default() };
    let currency = hub.config.currency.clone();
    let token = unasked(&hub, &card, EventKind::Return, wanted.amount, &currency, merchant)?;
    answer(Some(&token))
}

async fn take_back(State(hub): Shared, bytes: Bytes) -> Answer {
    let wanted: Follow = body(&bytes)?;
    follow(&hub, &wanted.token, EventKind::ReturnReversal, None)?;
    answer(Some(&wanted.token))
}
