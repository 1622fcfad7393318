//! Real-time authorization: Auth Stream Access (docs.lithic.com: "Auth Stream Access (ASA)").
//!
//! Lithic asks once, again at once after a 5xx, and declines by itself when no answer comes. It asks only after its own
//! checks (card open, limit, balance) have passed, and asks about credits only where that was switched on.

use super::wire::{Amount, AuthorizationAnswer, AuthorizationRequest};
use ports::{CardRef, Charge, ChargeKind, Decision, DeclineReason, Merchant, WebhookAnswer, WebhookError};

const EVENT: &str = "card_authorization.approval_request";

/// The charge of a request whose signature was right.
pub fn charge_of(body: &[u8]) -> Result<Charge, WebhookError> {
    let malformed = |what: &str| WebhookError::Malformed(what.to_owned());
    let request: AuthorizationRequest =
        serde_json::from_slice(body).map_err(|_| malformed("not an authorization request"))?;
    if request.event_type.as_deref().is_some_and(|event| event != EVENT) {
        return Err(malformed("another event"));
    }
    let credit = matches!(request.status.as_str(), "CREDIT_AUTHORIZATION" | "FINANCIAL_CREDIT_AUTHORIZATION");
    // Credits are negative; nothing else may be.
    let money = |amount: &Amount| if credit { amount.unsigned() } else { amount.positive() };
    let bad_amount = || malformed("an amount is negative, out of range or in no currency");
    let amount = money(&request.amounts.cardholder).ok_or_else(bad_amount)?;
    let merchant_amount = money(&request.amounts.merchant).ok_or_else(bad_amount)?;
    let kind = match request.status.as_str() {
        _ if credit => ChargeKind::Credit,
        "BALANCE_INQUIRY" => ChargeKind::ZeroCheck,
        "AUTHORIZATION" | "FINANCIAL_AUTHORIZATION" if amount.is_zero() && merchant_amount.is_zero() => {
            ChargeKind::ZeroCheck
        }
        "AUTHORIZATION" => ChargeKind::Authorization,
        "FINANCIAL_AUTHORIZATION" => ChargeKind::AuthorizationAndCapture,
        // An error declines.
        _ => return Err(malformed("a kind of authorization that is not decided here")),
    };
    if kind == ChargeKind::ZeroCheck && !(amount.is_zero() && merchant_amount.is_zero()) {
        return Err(malformed("a balance inquiry with an amount"));
    }
    let merchant = Merchant {
        acceptor_id: request.merchant.acceptor_id,
        descriptor: request.merchant.descriptor,
        category: request.merchant.mcc,
        country: request.merchant.country,
    };
    // Only programmes in a beta are given a name for the single question; without it an increment is known by its
    // amount, and the same amount again is the same question again.
    let request_id =
        request.event_token.unwrap_or_else(|| format!("{}:{}", request.token, request.amounts.merchant.amount));
    let card = CardRef(request.card.token);
    Ok(Charge { charge_id: request.token, request_id, card, kind, amount, merchant_amount, merchant })
}

/// HTTP 200 with the decision; anything else would be asked again.
pub fn answer(charge: &Charge, decision: Decision) -> WebhookAnswer {
    let result = match decision {
        Decision::Approve => "APPROVED",
        Decision::Decline(reason) => result_of(reason),
    };
    let body = serde_json::to_vec(&AuthorizationAnswer { result, token: &charge.charge_id });
    WebhookAnswer { status: 200, content_type: "application/json", headers: Vec::new(), body: body.unwrap_or_default() }
}

/// The closest of Lithic's results (schema `asa-response`). What may succeed at the next try is "insufficient funds",
/// which stores and networks allow to be retried; nothing here makes the shopper look like a fraudster.
fn result_of(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::CardClosed => "CARD_PAUSED",
        DeclineReason::MerchantBlocked | DeclineReason::MerchantLocked => "UNAUTHORIZED_MERCHANT",
        DeclineReason::AmountTooHigh | DeclineReason::CheckLimit => "VELOCITY_EXCEEDED",
        DeclineReason::NotFunded
        | DeclineReason::AmountTooLow
        | DeclineReason::WrongCurrency
        | DeclineReason::PriceMoved
        | DeclineReason::DeadlineNear
        | DeclineReason::ClaimUnconfirmed
        | DeclineReason::ByIssuer
        | DeclineReason::Internal => "INSUFFICIENT_FUNDS",
    }
}
