//! `/v1/test_helpers/issuing/...`: the network's side as Stripe offers it in test mode
//! (docs.stripe.com/issuing/testing).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    routing::post,
};

use super::{Answer, ApiError, Shared, params};
use crate::{
    network::{CardRef, Charge, DriverError, Merchant},
    stripe::{
        form::Params,
        hub::Hub,
        model::{AuthStatus, TransactionKind},
        network::{charge_card, increment},
        wire,
    },
    vendor::lock,
};

const AUTHORIZATIONS: &str = "/v1/test_helpers/issuing/authorizations";
const TRANSACTIONS: &str = "/v1/test_helpers/issuing/transactions";

pub(super) fn routes() -> Router<Arc<Hub>> {
    let of = |step: &str| format!("{AUTHORIZATIONS}/{{authorization}}/{step}");
    Router::new()
        .route(AUTHORIZATIONS, post(authorize))
        .route(&of("capture"), post(capture))
        .route(&of("expire"), post(expire))
        .route(&of("increment"), post(more))
        .route(&of("reverse"), post(reverse))
        .route(&format!("{TRANSACTIONS}/create_force_capture"), post(force_capture))
        .route(&format!("{TRANSACTIONS}/create_unlinked_refund"), post(unlinked_refund))
        .route(&format!("{TRANSACTIONS}/{{transaction}}/refund"), post(refund))
}

fn authorization(hub: &Hub, id: &str) -> Answer {
    let books = lock(&hub.books);
    let found = books.authorization(id).ok_or_else(|| ApiError::not_found("issuing_authorization", id))?;
    Ok(Json(wire::authorization(&books, found, None)))
}

fn transaction(hub: &Hub, id: &str) -> Answer {
    let books = lock(&hub.books);
    let found = books.transaction(id).ok_or_else(|| ApiError::not_found("issuing_transaction", id))?;
    Ok(Json(wire::transaction(&books, found)))
}

fn merchant(params: &Params) -> Merchant {
    let usual = Merchant::default();
    let text =
        |name: &str, otherwise: String| params.get(&format!("merchant_data[{name}]")).map_or(otherwise, str::to_owned);
    Merchant {
        descriptor: text("name", usual.descriptor),
        country: text("country", usual.country),
        city: text("city", usual.city),
        state: text("state", usual.state),
        acceptor_id: text("network_id", usual.acceptor_id),
        mcc: usual.mcc,
    }
}

async fn authorize(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    let known = [
        "card",
        "amount",
        "currency",
        "merchant_amount",
        "merchant_currency",
        "merchant_data",
        "authorization_method",
        "verification_data",
        "network_data",
        "is_amount_controllable",
        "expand",
    ];
    let params = params(query, body, &known).await?;
    let amount = params.integer("merchant_amount")?.or(params.integer("amount")?);
    let amount = amount.ok_or_else(|| ApiError::missing("amount"))?;
    let own = hub.config.currency.clone();
    let currency = params.get("merchant_currency").or(params.get("currency")).map_or(own, str::to_uppercase);
    let card = CardRef::Token(params.needed("card")?.to_owned());
    let charge = Charge { merchant: merchant(&params), ..Charge::new(card, amount, &currency) };
    // A caller that hangs up must not take the verdict with it: the network does not wait for this HTTP answer.
    let charging = hub.clone();
    let charged = tokio::spawn(async move { charge_card(&charging, charge).await });
    let result = charged.await.map_err(|_| ApiError::invalid(None, None, "stopping"))??;
    authorization(&hub, &result.token.unwrap_or_default())
}

async fn capture(State(hub): Shared, Path(id): Path<String>, query: RawQuery, body: Body) -> Answer {
    let params = params(query, body, &["capture_amount", "close_authorization", "purchase_details", "expand"]).await?;
    let (asked, closes) = (params.integer("capture_amount")?, params.flag("close_authorization", true));
    hub.follow(&id, |books, of| match asked {
        Some(minor) if minor <= 0 => Err(DriverError::NotPossible("a capture of this amount")),
        None if of.status != AuthStatus::Pending => Err(DriverError::NotPossible("the authorization is not pending")),
        asked => Ok(books.capture(&id, asked.unwrap_or(of.merchant_amount), closes)),
    })?;
    authorization(&hub, &id)
}

async fn expire(State(hub): Shared, Path(id): Path<String>) -> Answer {
    hub.follow(&id, |books, of| {
        pending(of.status)?;
        Ok(books.release(&id, None, AuthStatus::Expired))
    })?;
    authorization(&hub, &id)
}

fn pending(status: AuthStatus) -> Result<(), DriverError> {
    if status == AuthStatus::Pending {
        Ok(())
    } else {
        Err(DriverError::NotPossible("the authorization is not pending"))
    }
}

async fn more(State(hub): Shared, Path(id): Path<String>, query: RawQuery, body: Body) -> Answer {
    let params = params(query, body, &["increment_amount", "is_amount_controllable", "expand"]).await?;
    let minor = params.integer("increment_amount")?.ok_or_else(|| ApiError::missing("increment_amount"))?;
    increment(&hub, &id, minor).await?;
    authorization(&hub, &id)
}

async fn reverse(State(hub): Shared, Path(id): Path<String>, query: RawQuery, body: Body) -> Answer {
    let params = params(query, body, &["reverse_amount", "expand"]).await?;
    let part = params.integer("reverse_amount")?;
    hub.follow(&id, |books, of| {
        pending(of.status)?;
        let billed = part.map(|minor| books.billed(of, minor));
        Ok(books.release(&id, billed, AuthStatus::Reversed))
    })?;
    authorization(&hub, &id)
}

/// A refund of a transaction is linked to the transaction's authorization.
async fn refund(State(hub): Shared, Path(id): Path<String>, query: RawQuery, body: Body) -> Answer {
    let params = params(query, body, &["refund_amount", "expand"]).await?;
    let found = lock(&hub.books).transaction(&id).cloned();
    let of = found.filter(|one| one.kind == TransactionKind::Capture);
    let of = of.ok_or_else(|| ApiError::not_found("issuing_transaction", &id))?;
    let minor = params.integer("refund_amount")?.unwrap_or(of.merchant_amount.abs());
    if !(1..=of.merchant_amount.abs()).contains(&minor) {
        return Err(ApiError::invalid(None, Some("refund_amount"), "refund_amount must be within the transaction's"));
    }
    match &of.authorization {
        Some(authorization) => {
            hub.follow(authorization, |books, of| Hub::refund_of(books, of, minor))?;
        }
        None => {
            let currency = of.merchant_currency.to_uppercase();
            hub.unasked(&of.card, TransactionKind::Refund, minor, &currency, of.merchant.clone())?;
        }
    }
    let newest = lock(&hub.books).transactions.last().map(|one| one.id.clone()).unwrap_or_default();
    transaction(&hub, &newest)
}

async fn unasked(hub: &Hub, kind: TransactionKind, query: RawQuery, body: Body) -> Answer {
    let params = params(query, body, &["card", "amount", "currency", "merchant_data", "purchase_details", "expand"]);
    let params = params.await?;
    let amount = params.integer("amount")?.ok_or_else(|| ApiError::missing("amount"))?;
    let own = hub.config.currency.clone();
    let currency = params.get("currency").map_or(own, str::to_uppercase);
    let id = hub.unasked(params.needed("card")?, kind, amount, &currency, merchant(&params))?;
    transaction(hub, &id)
}

async fn force_capture(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    unasked(&hub, TransactionKind::Capture, query, body).await
}

async fn unlinked_refund(State(hub): Shared, query: RawQuery, body: Body) -> Answer {
    unasked(&hub, TransactionKind::Refund, query, body).await
}
