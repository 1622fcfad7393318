//! The card network: what a store's acquirer does with a card that was typed into a form, and what the issuer has of it.

use super::{Answer, Failed, Shared, Stage, done};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use sandbox::lithic::{CardRef, Charge, DriverError, Merchant, Outcome, TransactionState, TypedCard};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for the issuer's webhooks.
const DELIVERED_WITHIN: Duration = Duration::from_secs(30);

pub fn routes() -> Router<Arc<Stage>> {
    Router::new()
        .route("/charges", post(charge))
        .route("/charges/{charge}", get(one))
        .route("/charges/{charge}/capture", post(capture))
        .route("/charges/{charge}/void", post(void))
        .route("/charges/{charge}/expire", post(expire))
        .route("/charges/{charge}/refund", post(refund_charge))
        .route("/authentications", post(authenticate))
        .route("/authentications/{authentication}", get(authentication))
        .route("/cards", get(cards))
        .route("/cards/{token}/force-capture", post(force_capture))
        .route("/cards/{token}/refund", post(refund_card))
        .route("/issuer/delivered", post(delivered))
        .route("/issuer/float", post(set_float))
}

/// A card as somebody typed it. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// Spaces and hyphens do not matter.
    number: String,
    security_code: String,
    expiry_month: u8,
    /// Two or four digits.
    expiry_year: u16,
}

impl Typed {
    fn card(self) -> TypedCard {
        TypedCard {
            number: self.number.chars().filter(char::is_ascii_digit).collect(),
            security_code: self.security_code,
            exp_month: self.expiry_month,
            exp_year: if self.expiry_year < 100 { 2_000 + self.expiry_year } else { self.expiry_year },
        }
    }
}

/// Who charges; what is left out is as the demo store has it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Acquired {
    descriptor: Option<String>,
    mcc: Option<String>,
    country: Option<String>,
    city: Option<String>,
    state: Option<String>,
    acceptor_id: Option<String>,
}

impl Acquired {
    fn merchant(self) -> Merchant {
        let usual = Merchant::default();
        Merchant {
            descriptor: self.descriptor.unwrap_or(usual.descriptor),
            mcc: self.mcc.unwrap_or(usual.mcc),
            country: self.country.unwrap_or(usual.country),
            city: self.city.unwrap_or(usual.city),
            state: self.state.unwrap_or(usual.state),
            acceptor_id: self.acceptor_id.unwrap_or(usual.acceptor_id),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    card: Typed,
    amount_minor: i64,
    /// ISO 4217, the store's.
    currency: String,
    #[serde(default)]
    merchant: Acquired,
    #[serde(default)]
    postal_code: String,
    /// Takes the money at once.
    #[serde(default)]
    capture: bool,
}

async fn charge(State(stage): Shared, Json(wanted): Json<Wanted>) -> Answer {
    let charge = Charge {
        merchant: wanted.merchant.merchant(),
        postal_code: wanted.postal_code,
        ..Charge::new(CardRef::Typed(wanted.card.card()), wanted.amount_minor, &wanted.currency)
    };
    let result = stage.issuer.charge(charge).await.map_err(refused)?;
    let (approved, detail) = match &result.outcome {
        Outcome::Approved => (true, Value::Null),
        Outcome::Declined { result, detail } => (false, json!({ "result": result, "detail": detail })),
    };
    let captured = match &result.token {
        Some(token) if approved && wanted.capture && wanted.amount_minor > 0 => {
            Some(shown(stage.issuer.capture(token, wanted.amount_minor).map_err(refused)?))
        }
        _ => None,
    };
    Ok(Json(json!({
        "approved": approved, "charge": result.token, "declined": detail,
        "answered_in_ms": result.answered_in.map(|took| took.as_millis()), "captured": captured,
    })))
}

/// 3-D Secure: a store's bank asks, before the store charges, whether it is the card's holder who pays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authenticated {
    card: Typed,
    amount_minor: i64,
    /// ISO 4217, the store's.
    currency: String,
    #[serde(default)]
    merchant: Acquired,
    /// The store insists that the holder is asked.
    #[serde(default)]
    mandated: bool,
}

async fn authenticate(State(stage): Shared, Json(wanted): Json<Authenticated>) -> Answer {
    let (card, merchant) = (CardRef::Typed(wanted.card.card()), wanted.merchant.merchant());
    let asked = stage.issuer.authenticate(card, wanted.amount_minor, &wanted.currency, merchant, wanted.mandated).await;
    let authentication = asked.map_err(refused)?;
    let result = stage.issuer.authentication(&authentication).map_err(refused)?.word();
    Ok(Json(json!({ "authentication": authentication, "result": result })))
}

async fn authentication(State(stage): Shared, Path(authentication): Path<String>) -> Answer {
    let result = stage.issuer.authentication(&authentication).map_err(refused)?;
    Ok(Json(json!({ "result": result.word() })))
}

async fn one(State(stage): Shared, Path(charge): Path<String>) -> Answer {
    Ok(Json(shown(stage.issuer.transaction(&charge).map_err(refused)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Minor units of the store's currency; all that is held if left out.
    amount_minor: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sum {
    amount_minor: i64,
}

async fn capture(State(stage): Shared, Path(charge): Path<String>, Json(part): Json<Part>) -> Answer {
    let held = stage.issuer.transaction(&charge).map_err(refused)?.held_minor;
    let taken = stage.issuer.capture(&charge, part.amount_minor.unwrap_or(held)).map_err(refused)?;
    Ok(Json(shown(taken)))
}

async fn void(State(stage): Shared, Path(charge): Path<String>) -> Answer {
    Ok(Json(shown(stage.issuer.void(&charge).map_err(refused)?)))
}

async fn expire(State(stage): Shared, Path(charge): Path<String>) -> Answer {
    Ok(Json(shown(stage.issuer.expire(&charge).map_err(refused)?)))
}

async fn refund_charge(State(stage): Shared, Path(charge): Path<String>, Json(sum): Json<Sum>) -> Answer {
    Ok(Json(shown(stage.issuer.refund_within(&charge, sum.amount_minor).map_err(refused)?)))
}

async fn cards(State(stage): Shared) -> Answer {
    let issuer = &stage.issuer;
    let cards = issuer.cards().into_iter().map(|card| {
        let charges = issuer.transactions_of(&card.token).into_iter().map(|(token, at)| {
            let mut charge = shown(at);
            charge["charge"] = token.into();
            charge
        });
        json!({
            "token": card.token, "last_four": card.last_four, "state": card.state,
            "spend_limit_minor": card.spend_limit_minor, "charges": charges.collect::<Vec<_>>(),
        })
    });
    Ok(Json(json!({
        "cards": cards.collect::<Vec<_>>(),
        "total_minor": issuer.total_minor(), "available_minor": issuer.available_minor(),
    })))
}

async fn force_capture(State(stage): Shared, Path(token): Path<String>, Json(sum): Json<Sum>) -> Answer {
    let forced = stage.issuer.force_capture(&token, sum.amount_minor, Merchant::default()).map_err(refused)?;
    Ok(Json(json!({ "charge": forced })))
}

async fn refund_card(State(stage): Shared, Path(token): Path<String>, Json(sum): Json<Sum>) -> Answer {
    let given = stage.issuer.refund(&token, sum.amount_minor, Merchant::default()).map_err(refused)?;
    Ok(Json(json!({ "charge": given })))
}

async fn delivered(State(stage): Shared) -> Answer {
    if stage.issuer.webhooks_delivered(DELIVERED_WITHIN).await {
        return done();
    }
    Err(Failed(StatusCode::GATEWAY_TIMEOUT, "the issuer's news did not arrive".to_owned()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFloat {
    total_minor: i64,
}

async fn set_float(State(stage): Shared, Json(wanted): Json<SetFloat>) -> Answer {
    stage.issuer.set_total_minor(wanted.total_minor);
    done()
}

fn shown(at: TransactionState) -> Value {
    json!({
        "status": at.status, "authorized_minor": at.authorized_minor,
        "held_minor": at.held_minor, "captured_minor": at.captured_minor(),
    })
}

fn refused(error: DriverError) -> Failed {
    let status = match error {
        DriverError::NoSuchCard | DriverError::NoSuchTransaction => StatusCode::NOT_FOUND,
        DriverError::NotPossible(_) => StatusCode::CONFLICT,
    };
    Failed(status, error.to_string())
}
