//! The store's pages: album, cart, checkout, order, order history, and a back office for whoever plays the store.
//!
//! `POST /_sandbox/practice` with a JSON [`Practice`] says how orders are charged from then on, such as
//! `{"checks": [0, 100], "difference_minor": 3, "authorize": "per_shipment", "shipments": [1860, 851]}`.

use std::sync::Arc;

use axum::{
    Form, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{Counter, Practice, StoreError, orders::OrderState, pages};
use crate::{
    network::TypedCard,
    vendor::{
        control::{Misunderstood, read},
        gate::{self, Gate},
        ids, lock,
    },
};

type Shared = State<Arc<Counter>>;

pub(super) fn router(counter: Arc<Counter>) -> Router {
    let gate = Gate {
        faults: counter.faults.clone(),
        refusal: |status, message| {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Html(pages::message("Sorry", message))).into_response()
        },
    };
    let control = Router::new().route("/practice", post(set_practice)).with_state(counter.clone());
    let faults = crate::vendor::control::routes(counter.faults.clone());
    let pages = Router::new()
        .route("/", get(|| async { Html(pages::album()) }))
        .route("/cart", get(|| async { Html(pages::cart()) }).post(|| async { Redirect::to("/cart") }))
        .route("/checkout", get(checkout).post(place))
        .route("/checkout/gift-card", post(redeem))
        .route("/orders", get(history))
        .route("/orders/{number}", get(order))
        .route("/back-office", get(back_office))
        .route("/back-office/{number}/ship/{shipment}", post(ship))
        .route("/back-office/{number}/void", post(void))
        .route("/back-office/{number}/refund", post(refund))
        .fallback(|| async { (StatusCode::NOT_FOUND, Html(pages::message("Not found", "This page does not exist."))) })
        .layer(from_fn_with_state(gate, gate::pass))
        .with_state(counter);
    Router::new().nest("/_sandbox", control.merge(faults)).merge(pages)
}

async fn set_practice(State(counter): Shared, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let practice: Practice = read(&bytes)?;
    lock(&counter.books).practice = practice;
    Ok(StatusCode::NO_CONTENT)
}

/// What the checkout form sends. Field names are the store's own; the `autocomplete` attributes say what they are.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckoutForm {
    pub(super) order_key: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) city: String,
    pub(super) postal_code: String,
    pub(super) card_name: String,
    pub(super) card_number: String,
    pub(super) card_expiry: String,
    pub(super) card_code: String,
}

async fn checkout(State(counter): Shared) -> Html<String> {
    Html(pages::checkout(&ids::uuid(), &CheckoutForm::default(), counter.gift_cards_shown(), None))
}

/// The form beside the checkout's: the code, and the PIN of cards that have one.
#[derive(Deserialize)]
struct GiftCardForm {
    gift_card_code: String,
    #[serde(default)]
    gift_card_pin: String,
}

async fn redeem(State(counter): Shared, Form(form): Form<GiftCardForm>) -> Response {
    let pin = Some(form.gift_card_pin.as_str()).filter(|pin| !pin.trim().is_empty());
    match counter.redeem(&form.gift_card_code, pin) {
        Ok(_) => Redirect::to("/checkout").into_response(),
        // Which of the reasons it was is not told: a stranger could try codes.
        Err(_) => {
            let error = Some("Please check the gift card's code and PIN.");
            let shown = counter.gift_cards_shown();
            let page = pages::checkout(&ids::uuid(), &CheckoutForm::default(), shown, error);
            (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
        }
    }
}

impl Counter {
    /// What the checkout says of gift cards: the credit, where they are taken.
    fn gift_cards_shown(&self) -> Option<i64> {
        self.gift_cards.as_ref().map(|_| lock(&self.books).credit_minor)
    }
}

async fn place(State(counter): Shared, Form(form): Form<CheckoutForm>) -> Response {
    let again = |error: &str| {
        let page = pages::checkout(&ids::uuid(), &form, counter.gift_cards_shown(), Some(error));
        (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
    };
    let practice = lock(&counter.books).practice.clone();
    let card = match typed_card(&form) {
        Ok(card) => Some(card),
        // Gift cards pay it all, and the fields are not even there.
        Err(_) if form.card_number.is_empty() && counter.rest_minor(&practice) == 0 => None,
        Err(error) => return again(error),
    };
    let key = Some(form.order_key.clone()).filter(|key| ids::is_uuid(key));
    let postal_code = form.postal_code.trim().to_owned();
    // A browser that goes away does not stop the order.
    let placer = Arc::clone(&counter);
    let placing = async move { placer.place(key.as_deref(), card, practice, &postal_code).await };
    let Ok(placed) = tokio::spawn(placing).await else {
        return again("Something went wrong. Please try again.");
    };
    match placed {
        Ok(order) if matches!(order.state, OrderState::Declined { .. }) => {
            again("Your card was declined. You have not been charged.")
        }
        // Also an order that is still being placed by the first of two clicks: its page says so.
        Ok(order) => Redirect::to(&format!("/orders/{}", order.number)).into_response(),
        Err(_) => again("We could not reach your bank. Please try again."),
    }
}

/// Reads the card fields as people type them: spaces in the number, `MM/YY`, `MM / YY` or `MM/YYYY`.
fn typed_card(form: &CheckoutForm) -> Result<TypedCard, &'static str> {
    let number: String = form.card_number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if number.len() != 16 || !ids::is_luhn(&number) {
        return Err("Please check the card number.");
    }
    let expiry: String = form.card_expiry.chars().filter(|c| *c != ' ').collect();
    let read = |(month, year): (&str, &str)| {
        let month: u8 = month.parse().ok().filter(|month| (1..=12).contains(month))?;
        let year: u16 = match year.len() {
            2 => format!("20{year}").parse().ok()?,
            4 => year.parse().ok()?,
            _ => return None,
        };
        Some((month, year))
    };
    let (exp_month, exp_year) =
        expiry.split_once('/').and_then(read).ok_or("Please enter the expiry date as MM/YY.")?;
    let security_code = form.card_code.trim();
    if security_code.len() != 3 || !security_code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("Please check the security code.");
    }
    Ok(TypedCard { number, security_code: security_code.to_owned(), exp_month, exp_year })
}

async fn order(State(counter): Shared, Path(number): Path<String>) -> Result<Html<String>, StoreError> {
    Ok(Html(pages::order(&counter.order(&number)?)))
}

async fn history(State(counter): Shared) -> Html<String> {
    Html(pages::history(&lock(&counter.books).orders))
}

async fn back_office(State(counter): Shared) -> Html<String> {
    Html(pages::back_office(&lock(&counter.books).orders))
}

async fn ship(State(counter): Shared, Path((number, shipment)): Path<(String, usize)>) -> Result<Redirect, StoreError> {
    counter.ship(&number, shipment).await?;
    Ok(Redirect::to("/back-office"))
}

async fn void(State(counter): Shared, Path(number): Path<String>) -> Result<Redirect, StoreError> {
    counter.void(&number)?;
    Ok(Redirect::to("/back-office"))
}

/// The button gives back all that was captured and not yet given back.
async fn refund(State(counter): Shared, Path(number): Path<String>) -> Result<Redirect, StoreError> {
    let order = counter.order(&number)?;
    counter.refund(&number, order.captured_minor - order.refunded_minor)?;
    Ok(Redirect::to("/back-office"))
}

impl IntoResponse for StoreError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoSuchOrder | Self::NoSuchShipment => StatusCode::NOT_FOUND,
            Self::NotTaken | Self::NothingRefunded | Self::Issuer(_) => StatusCode::CONFLICT,
            Self::NoGiftCards | Self::GiftCard(_) | Self::NoCard => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, Html(pages::message("Sorry", &self.to_string()))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_read_as_people_type_them() {
        let form = |number: &str, expiry: &str, code: &str| {
            typed_card(&CheckoutForm {
                card_number: number.into(),
                card_expiry: expiry.into(),
                card_code: code.into(),
                ..CheckoutForm::default()
            })
        };
        for expiry in ["06/31", "06 / 31", "6/2031"] {
            let card = form("4111 1112 8914 4142", expiry, " 776 ").expect("a good card");
            assert_eq!((card.number.as_str(), card.exp_month, card.exp_year), ("4111111289144142", 6, 2031));
        }
        for (number, expiry, code) in [
            ("4111 1112 8914 4143", "06/31", "776"),
            ("4111", "06/31", "776"),
            ("4111111289144142", "13/31", "776"),
            ("4111111289144142", "0631", "776"),
            ("4111111289144142", "06/31", "77"),
            ("4111111289144142", "06/31", "abc"),
        ] {
            assert!(form(number, expiry, code).is_err(), "{number} {expiry} {code}");
        }
    }
}
