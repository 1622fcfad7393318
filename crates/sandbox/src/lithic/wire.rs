//! The JSON that Lithic publishes, made from the records. Field by field after docs.lithic.com/reference: `Card`,
//! `Transaction`, `Auth Stream Access Request`, `Financial account balance`, `Event`, `Event subscription`.

use serde_json::{Value, json};

use super::{
    model::{Card, CardEvent, CardTransaction, EventKind, Merchant, Status},
    records::{Attempt, Dispute, EventRecord, Records, Subscription},
};
use crate::vendor::time::rfc3339;

/// `"1.080000"`: Lithic prints rates with six decimals.
fn rate(millionths: i64) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// A card. `with_number` adds `pan` and `cvv`, as `POST /v1/cards` and `GET /v1/cards/{card_token}` do for accounts
/// that may see them; the list never does.
pub(crate) fn card(records: &Records, card: &Card, with_number: bool) -> Value {
    let mut value = json!({
        "token": card.token,
        "account_token": records.account_token,
        "auth_rule_tokens": [],
        "card_program_token": records.card_program_token,
        "cardholder_currency": records.config.currency,
        "created": rfc3339(card.created_ms),
        "digital_card_art_token": null,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "funding": {
            "token": records.funding_token,
            "account_name": "Sandbox",
            "created": rfc3339(records.started_ms),
            "last_four": "5263",
            "nickname": "float",
            "state": "ENABLED",
            "type": "DEPOSITORY_CHECKING",
        },
        "hostname": "",
        "last_four": card.pan.get(12..).unwrap_or_default(),
        "memo": card.memo,
        "pending_commands": [],
        "pin_status": "NOT_SET",
        "product_id": null,
        "replacement_for": null,
        "spend_limit": card.spend_limit,
        "spend_limit_duration": card.spend_limit_duration,
        "state": card.state,
        "tags": card.tags,
        "type": card.kind,
    });
    if with_number && records.config.reveal_card_data {
        value["pan"] = json!(card.pan);
        value["cvv"] = json!(card.cvv);
    }
    value
}

fn merchant(merchant: &Merchant) -> Value {
    json!({
        "acceptor_id": merchant.acceptor_id,
        "acquiring_institution_id": "333301802529120",
        "city": merchant.city,
        "country": merchant.country,
        "descriptor": merchant.descriptor,
        "mcc": merchant.mcc,
        "state": merchant.state,
        "phone_number": null,
        "postal_code": null,
        "street_address": null,
    })
}

/// A card that is keyed in on a web page.
fn pos() -> Value {
    json!({
        "entry_mode": {
            "card": "NOT_PRESENT", "cardholder": "ELECTRONIC_ORDER", "pan": "ECOMMERCE",
            "pin_entered": false,
        },
        "terminal": {
            "acceptor_terminal_id": null, "attended": false, "card_retention_capable": false,
            "on_premise": false, "operator": "CARDHOLDER", "partial_approval_capable": false,
            "pin_capability": "NOT_CAPABLE", "type": "ECOMMERCE",
        },
    })
}

fn transaction_event_entry(of: &CardTransaction, event: &CardEvent, currency: &str) -> Value {
    let conversion_rate = rate(of.rate_millionths);
    let (billed, at_merchant) = (event.amount.billed_minor, event.amount.merchant_minor);
    let settlement = event
        .kind
        .is_financial()
        .then(|| json!({ "amount": billed, "conversion_rate": conversion_rate, "currency": currency }));
    json!({
        "token": event.token,
        "account_type": null,
        "amount": billed,
        "amounts": {
            "cardholder": {
                "amount": billed, "conversion_rate": conversion_rate, "currency": currency,
            },
            "merchant": { "amount": at_merchant, "currency": of.merchant_currency },
            "settlement": settlement,
        },
        "created": rfc3339(event.created_ms),
        "detailed_results": [event.verdict.detail],
        "effective_polarity": event.kind.polarity(),
        "network_info": null,
        "network_specific_data": null,
        "result": event.verdict.result,
        "rule_results": [],
        "type": event.kind,
    })
}

/// A transaction. `amounts` are negative for debits; the deprecated plain amounts are positive for debits, as in the
/// published examples.
pub(crate) fn transaction(records: &Records, of: &CardTransaction) -> Value {
    let at = of.standing();
    let currency = &records.config.currency;
    let settled_first = matches!(at.status, Status::Settled) && at.settled_minor != 0;
    let amount = if settled_first { at.settled_minor } else { at.authorized.billed_minor };
    let merchant_amount = if settled_first { at.settled_merchant_minor } else { at.authorized.merchant_minor };
    let events: Vec<Value> = of.events.iter().map(|event| transaction_event_entry(of, event, currency)).collect();
    json!({
        "token": of.token,
        "account_token": records.account_token,
        "acquirer_fee": 0,
        "acquirer_reference_number": null,
        "amount": amount,
        "amounts": {
            "cardholder": {
                "amount": -at.settled_minor,
                "conversion_rate": rate(of.rate_millionths),
                "currency": currency,
            },
            "hold": { "amount": -at.held_minor, "currency": currency },
            "merchant": { "amount": -at.settled_merchant_minor, "currency": of.merchant_currency },
            "settlement": { "amount": -at.settled_minor, "currency": currency },
        },
        "authorization_amount": at.authorized.billed_minor,
        "authorization_code": of.authorization_code,
        "avs": { "address": "", "zipcode": of.postal_code },
        "card_token": of.card_token,
        "cardholder_authentication": null,
        "created": rfc3339(of.created_ms),
        "events": events,
        "financial_account_token": records.financial_account_token,
        "merchant": merchant(&of.merchant),
        "merchant_amount": merchant_amount,
        "merchant_authorization_amount": at.authorized.merchant_minor,
        "merchant_currency": of.merchant_currency,
        "network": "VISA",
        "network_risk_score": 0,
        "pos": pos(),
        "result": of.result(),
        "service_location": null,
        "settled_amount": at.settled_minor,
        "status": at.status,
        "tags": {},
        "token_info": null,
        "updated": rfc3339(of.updated_ms()),
    })
}

/// The body of the `card_transaction.updated` webhook: the transaction and its `event_type`.
pub(crate) fn transaction_event(records: &Records, of: &CardTransaction) -> Value {
    let mut value = transaction(records, of);
    value["event_type"] = json!("card_transaction.updated");
    value
}

/// The authorization request (docs.lithic.com/reference/post_card-authorization-approval-request).
pub(crate) fn asa_request(
    records: &Records,
    card: &Card,
    of: &CardTransaction,
    kind: EventKind,
    billed_minor: i64,
    merchant_minor: i64,
) -> Value {
    let currency = &records.config.currency;
    json!({
        "event_type": crate::faults::ASA,
        "token": of.token,
        "acquirer_fee": 0,
        "amount": billed_minor,
        "amounts": {
            "cardholder": {
                "amount": billed_minor,
                "conversion_rate": rate(of.rate_millionths),
                "currency": currency,
            },
            "hold": null,
            "merchant": { "amount": merchant_minor, "currency": of.merchant_currency },
            "settlement": null,
        },
        "authorization_amount": billed_minor,
        "avs": {
            "address": "", "address_on_file_match": "NOT_PRESENT", "zipcode": of.postal_code,
        },
        "card": {
            "token": card.token,
            "last_four": card.pan.get(12..).unwrap_or_default(),
            "memo": card.memo,
            "spend_limit": card.spend_limit,
            "spend_limit_duration": card.spend_limit_duration,
            "state": card.state,
            "tags": card.tags,
            "type": card.kind,
        },
        "cardholder_authentication": null,
        "cardholder_currency": currency,
        "cash_amount": 0,
        "created": rfc3339(of.created_ms),
        "merchant": merchant(&of.merchant),
        "merchant_amount": merchant_minor,
        "merchant_currency": of.merchant_currency,
        "name_validation": null,
        "network": "VISA",
        "network_risk_score": 0,
        "pos": pos(),
        "service_location": null,
        "settled_amount": 0,
        "status": kind,
        "token_info": null,
        "transaction_initiator": "CARDHOLDER",
    })
}

/// The one balance of the program: what cards are charged to. `under` names the token fields, which differ between
/// `/v1/balances` and `/v1/financial_accounts/{financial_account_token}/balances`.
pub(crate) fn balance(records: &Records, program_wide: bool) -> Value {
    let (held, total) = (records.held_minor(), records.total_minor());
    let touched = records.last_touched.as_ref();
    let mut value = json!({
        "available_amount": total - held,
        "created": rfc3339(records.started_ms),
        "currency": records.config.currency,
        "last_transaction_event_token": touched.map_or("", |(_, event, _)| event),
        "last_transaction_token": touched.map_or("", |(transaction, _, _)| transaction),
        "pending_amount": held,
        "total_amount": total,
        "updated": rfc3339(touched.map_or(records.started_ms, |(_, _, at_ms)| *at_ms)),
    });
    let token = &records.financial_account_token;
    if program_wide {
        value["financial_account_token"] = json!(token);
        value["financial_account_type"] = json!("ISSUING");
    } else {
        value["token"] = json!(token);
        value["type"] = json!("ISSUING");
    }
    value
}

pub(crate) fn financial_account(records: &Records) -> Value {
    let started = rfc3339(records.started_ms);
    json!({
        "token": records.financial_account_token,
        "account_token": null,
        "created": started,
        "credit_configuration": null,
        "is_for_benefit_of": false,
        "nickname": "float",
        "status": "OPEN",
        "substatus": null,
        "type": "ISSUING",
        "updated": started,
        "user_defined_status": null,
    })
}

/// An entry of `GET /v1/events`.
pub(crate) fn event(of: &EventRecord) -> Value {
    let payload: Value = serde_json::from_str(&of.body).unwrap_or_default();
    json!({
        "token": of.token,
        "created": rfc3339(of.created_ms),
        "event_type": of.event_type,
        "payload": payload,
    })
}

pub(crate) fn attempt(of: &EventRecord, attempt: &Attempt) -> Value {
    let delivered = (200..300).contains(&attempt.status_code);
    json!({
        "token": attempt.token,
        "created": rfc3339(attempt.created_ms),
        "event_subscription_token": attempt.subscription_token,
        "event_token": of.token,
        "response": "",
        "response_status_code": attempt.status_code,
        "status": if delivered { "SUCCESS" } else { "FAILED" },
        "url": attempt.url,
    })
}

pub(crate) fn subscription(of: &Subscription) -> Value {
    json!({
        "token": of.token,
        "description": of.description,
        "disabled": of.disabled,
        "event_types": of.event_types,
        "url": of.url,
    })
}

/// A dispute (docs.lithic.com/reference, `Dispute`).
pub(crate) fn dispute(of: &Dispute) -> Value {
    json!({
        "token": of.token,
        "amount": of.amount,
        "arbitration_date": null,
        "created": rfc3339(of.created_ms),
        "customer_filed_date": null,
        "customer_note": of.customer_note,
        "network_claim_ids": null,
        "network_filed_date": null,
        "network_reason_code": null,
        "prearbitration_date": null,
        "primary_claim_id": null,
        "reason": of.reason,
        "representment_date": null,
        "resolution_date": of.resolved_ms.map(rfc3339),
        "resolution_note": null,
        "resolution_reason": of.resolution_reason,
        "status": of.status,
        "transaction_token": of.transaction_token,
    })
}
