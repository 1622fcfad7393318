//! The JSON that Stripe publishes, made from the books. Field by field after docs.stripe.com/api: `issuing.card`,
//! `issuing.cardholder`, `issuing.authorization`, `issuing.transaction`, `issuing.dispute`, `balance`, `event`.

use serde_json::{Value, json};

use super::{
    books::{Books, Endpoint, EventRecord},
    model::{Authorization, BalanceMove, Card, Cardholder, Dispute, Transaction, TransactionKind},
};
use crate::network::Merchant;

/// The version that the simulation speaks.
pub(crate) const API_VERSION: &str = "2026-06-24.dahlia";

pub(crate) fn cardholder(of: &Cardholder) -> Value {
    json!({
        "id": of.id, "object": "issuing.cardholder", "livemode": false, "created": of.created_s,
        "name": of.name, "email": of.email, "phone_number": of.phone_number, "type": of.kind, "status": "active",
        "billing": { "address": {
            "line1": of.address.line1, "line2": of.address.line2, "city": of.address.city, "state": of.address.state,
            "postal_code": of.address.postal_code, "country": of.address.country,
        } },
        "company": null,
        "individual": { "first_name": of.first_name, "last_name": of.last_name, "dob": null, "verification": null },
        "metadata": of.metadata, "preferred_locales": [],
        "requirements": { "disabled_reason": null, "past_due": [] },
        "spending_controls": null,
    })
}

/// A card without number and code.
pub(crate) fn card(books: &Books, of: &Card) -> Value {
    let limits: Vec<Value> = of
        .limits
        .iter()
        .map(|limit| json!({ "amount": limit.amount, "categories": [], "interval": limit.interval }))
        .collect();
    json!({
        "id": of.id, "object": "issuing.card", "livemode": false, "created": of.created_s,
        "brand": "Visa", "cancellation_reason": of.cancellation_reason,
        "cardholder": books.cardholder(&of.cardholder).map(cardholder),
        "currency": books.currency(), "exp_month": of.exp_month, "exp_year": of.exp_year,
        "last4": of.number.get(12..), "latest_fraud_warning": null, "metadata": of.metadata,
        "personalization_design": null, "replaced_by": null, "replacement_for": null, "replacement_reason": null,
        "second_line": null, "shipping": null,
        "spending_controls": {
            "allowed_categories": null, "allowed_merchant_countries": null, "blocked_categories": null,
            "blocked_merchant_countries": null, "spending_limits": limits,
            "spending_limits_currency": books.currency(),
        },
        "status": of.status.word(), "type": "virtual",
        "wallets": {
            "apple_pay": { "eligible": false, "ineligible_reason": "missing_agreement" },
            "google_pay": { "eligible": false, "ineligible_reason": "missing_agreement" },
            "primary_account_identifier": null,
        },
    })
}

fn merchant(of: &Merchant) -> Value {
    json!({
        "category": "record_stores", "category_code": of.mcc, "city": of.city,
        // Stripe names countries with two letters.
        "country": two_letters(&of.country), "name": of.descriptor, "network_id": of.acceptor_id,
        "postal_code": null, "state": of.state, "tax_id": null, "terminal_id": null, "url": null,
    })
}

fn two_letters(country: &str) -> &str {
    match country {
        "USA" => "US",
        "DEU" => "DE",
        "GBR" => "GB",
        "FRA" => "FR",
        "JPN" => "JP",
        other => other,
    }
}

fn balance_move(books: &Books, of: &BalanceMove, source: &str) -> Value {
    let kind = if of.amount < 0 { "issuing_authorization_hold" } else { "issuing_authorization_release" };
    json!({
        "id": of.id, "object": "balance_transaction", "amount": of.amount, "available_on": of.created_s,
        "created": of.created_s, "currency": books.currency(), "description": null, "exchange_rate": null, "fee": 0,
        "fee_details": [], "net": of.amount, "reporting_category": kind, "source": source, "status": "available",
        "type": kind,
    })
}

/// An authorization; `pending` is `pending_request` while its endpoint is asked: amount and the merchant's.
pub(crate) fn authorization(books: &Books, of: &Authorization, pending: Option<(i64, i64)>) -> Value {
    let currency = books.currency();
    let history: Vec<Value> = of
        .requests
        .iter()
        .map(|request| {
            json!({
                "amount": request.amount, "amount_details": null, "approved": request.approved,
                "authorization_code": request.approved.then_some("123456"), "created": request.created_s,
                "currency": currency, "merchant_amount": request.merchant_amount,
                "merchant_currency": of.merchant_currency, "network_risk_score": null, "reason": request.reason,
                "reason_message": null, "requested_at": request.created_s,
            })
        })
        .collect();
    let moves: Vec<Value> = of.moves.iter().map(|one| balance_move(books, one, &of.id)).collect();
    let transactions: Vec<Value> = books
        .transactions
        .iter()
        .filter(|one| one.authorization.as_deref() == Some(&of.id))
        .map(|one| transaction(books, one))
        .collect();
    let checked = if of.typed { "match" } else { "not_provided" };
    let request = pending.map(|(amount, merchant_amount)| {
        json!({
            "amount": amount, "amount_details": null, "currency": currency, "is_amount_controllable": false,
            "merchant_amount": merchant_amount, "merchant_currency": of.merchant_currency, "network_risk_score": null,
        })
    });
    json!({
        "id": of.id, "object": "issuing.authorization", "livemode": false, "created": of.created_s,
        "amount": of.amount, "amount_details": null, "approved": of.approved, "authorization_method": "online",
        "balance_transactions": moves, "card": books.card(&of.card).map(|of| card(books, of)),
        "card_presence": "not_present",
        "cardholder": books.card(&of.card).map(|card| card.cardholder.clone()), "currency": currency, "fleet": null,
        "fraud_challenges": null, "fuel": null, "merchant_amount": of.merchant_amount,
        "merchant_currency": of.merchant_currency, "merchant_data": merchant(&of.merchant), "metadata": {},
        "network_data": { "acquiring_institution_id": null, "system_trace_audit_number": null, "transaction_id": null },
        "pending_request": request, "request_history": history, "status": of.status.word(), "token": null,
        "transactions": transactions, "treasury": null,
        "verification_data": {
            "address_line1_check": "not_provided",
            "address_postal_code_check": postal_check(books, of), "authentication_exemption": null,
            "cvc_check": checked, "expiry_check": checked,
            "postal_code": Some(&of.postal_code).filter(|code| !code.is_empty()), "three_d_secure": null,
        },
        "verified_by_fraud_challenge": null, "wallet": null,
    })
}

fn postal_check(books: &Books, of: &Authorization) -> &'static str {
    let holder = books.card(&of.card).and_then(|card| books.cardholder(&card.cardholder));
    match holder {
        _ if of.postal_code.is_empty() => "not_provided",
        Some(holder) if holder.address.postal_code == of.postal_code => "match",
        _ => "mismatch",
    }
}

pub(crate) fn transaction(books: &Books, of: &Transaction) -> Value {
    json!({
        "id": of.id, "object": "issuing.transaction", "livemode": false, "created": of.created_s,
        "amount": of.amount, "amount_details": null, "authorization": of.authorization,
        "balance_transaction": of.balance_transaction, "card": of.card,
        "cardholder": books.card(&of.card).map(|card| card.cardholder.clone()), "currency": books.currency(),
        "dispute": of.dispute, "merchant_amount": of.merchant_amount, "merchant_currency": of.merchant_currency,
        "merchant_data": merchant(&of.merchant), "metadata": {},
        "network_data": { "authorization_code": null, "processing_date": null, "transaction_id": null },
        "token": null, "treasury": null,
        "type": match of.kind { TransactionKind::Capture => "capture", TransactionKind::Refund => "refund" },
        "wallet": null,
    })
}

pub(crate) fn dispute(books: &Books, of: &Dispute) -> Value {
    json!({
        "id": of.id, "object": "issuing.dispute", "livemode": false, "created": of.created_s, "amount": of.amount,
        "balance_transactions": [], "currency": books.currency(),
        "evidence": {
            "reason": of.reason, (of.reason.as_str()): { "additional_documentation": null, "explanation": of.explanation },
        },
        "metadata": of.metadata, "status": of.status.word(), "transaction": of.transaction, "treasury": null,
    })
}

/// `balance.issuing` beside the payments balance, which is empty.
pub(crate) fn balance(books: &Books) -> Value {
    let currency = books.currency();
    let nothing = json!([{ "amount": 0, "currency": currency, "source_types": { "card": 0 } }]);
    let available = books.total_minor() - books.held_minor();
    json!({
        "object": "balance", "livemode": false, "available": nothing, "pending": nothing, "connect_reserved": [],
        "issuing": { "available": [{ "amount": available, "currency": currency }] },
    })
}

pub(crate) fn event(of: &EventRecord) -> Value {
    serde_json::from_str(&of.body).unwrap_or_default()
}

/// With `secret` as only the creation answers it.
pub(crate) fn endpoint(of: &Endpoint, with_secret: bool) -> Value {
    let mut value = json!({
        "id": of.id, "object": "webhook_endpoint", "api_version": of.api_version, "application": null,
        "created": of.created_s, "description": null, "enabled_events": of.enabled_events, "livemode": false,
        "metadata": {}, "status": if of.disabled { "disabled" } else { "enabled" }, "url": of.url,
    });
    if with_secret {
        value["secret"] = json!(of.secret);
    }
    value
}
