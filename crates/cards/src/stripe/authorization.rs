//! Real-time authorization: `issuing_authorization.request`
//! (docs.stripe.com/issuing/controls/real-time-authorizations).
//!
//! Stripe asks once, after its own checks (card active, spending controls, balance), and does what the account's
//! settings say when no answer comes within two seconds.

use super::wire::{API_VERSION, Authorization, Event, EventHead, money};
use ports::{CardRef, Charge, ChargeKind, Decision, Merchant, WebhookAnswer, WebhookError};

const EVENT: &str = "issuing_authorization.request";

/// The charge of a request whose signature was right.
pub fn charge_of(body: &[u8]) -> Result<Charge, WebhookError> {
    let malformed = |what: &str| WebhookError::Malformed(what.to_owned());
    let head: EventHead = serde_json::from_slice(body).map_err(|_| malformed("not an event"))?;
    if head.kind != EVENT {
        return Err(malformed("another event"));
    }
    let event: Event<Authorization> = serde_json::from_slice(body).map_err(|_| malformed("not an authorization"))?;
    let of = event.data.object;
    let asked = of.pending_request.ok_or_else(|| malformed("nothing is asked"))?;
    let bad_amount = || malformed("an amount is out of range or in no currency");
    let amount = money(asked.amount, &asked.currency).ok_or_else(bad_amount)?;
    let merchant_amount = money(asked.merchant_amount, &asked.merchant_currency).ok_or_else(bad_amount)?;
    let kind =
        if amount.is_zero() && merchant_amount.is_zero() { ChargeKind::ZeroCheck } else { ChargeKind::Authorization };
    Ok(Charge {
        // An increment comes under the same name; how many were answered before tells them apart.
        request_id: format!("{}:{}", of.id, of.request_history.len()),
        charge_id: of.id,
        card: CardRef(of.card.id),
        kind,
        amount,
        merchant_amount,
        merchant: Merchant {
            acceptor_id: of.merchant_data.network_id,
            descriptor: of.merchant_data.name.unwrap_or_default(),
            category: of.merchant_data.category_code,
            country: of.merchant_data.country.unwrap_or_default(),
        },
    })
}

/// HTTP 200 with the decision and the version that it is written in; anything else is an error to Stripe. The reason
/// stays here: Stripe takes none.
pub fn answer(decision: Decision) -> WebhookAnswer {
    let body: &[u8] = match decision {
        Decision::Approve => br#"{"approved":true}"#,
        Decision::Decline(_) => br#"{"approved":false}"#,
    };
    WebhookAnswer {
        status: 200,
        content_type: "application/json",
        headers: vec![("stripe-version", API_VERSION.to_owned())],
        body: body.to_vec(),
    }
}
