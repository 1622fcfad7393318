//! What Coinbase's refusals mean (docs.cdp.coinbase.com, "Create Order" and "Errors").
//!
//! A refused order is HTTP 200 with `success: false`. Only a reason that is documented is a rejection; whatever else
//! leaves the outcome unknown.

use super::wire::{HttpError, Refusal};
use outbound::Response;
use ports::{Outcome, Rejection};
use serde::de::DeserializeOwned;

/// The body of a success, or what the status means.
pub fn read<T: DeserializeOwned>(response: &Response) -> Outcome<T> {
    let text = || {
        let said = response.parsed::<HttpError>().unwrap_or_default();
        let text = if said.message.is_empty() { said.error } else { said.message };
        format!("Coinbase answered {}: {}", response.status, short(&text))
    };
    match response.status {
        200 => response.json(),
        400 => Outcome::Rejected(Rejection::fatal("invalid_request", text())),
        // Also a token that has ended: the request came too late, or our clock is wrong.
        401 => Outcome::Rejected(Rejection::fatal("unauthorized", text())),
        403 => Outcome::Rejected(Rejection::fatal("forbidden", text())),
        404 => Outcome::Rejected(Rejection::fatal("not_found", text())),
        429 => Outcome::Rejected(Rejection::retryable("rate_limited", text())),
        status => Outcome::Unknown(format!("Coinbase answered {status}")),
    }
}

fn short(text: &str) -> String {
    text.chars().take(120).collect()
}

/// `NewOrderFailureReason`s that say that there is no order.
const REASONS: &[&str] = &[
    "UNSUPPORTED_ORDER_CONFIGURATION",
    "INVALID_SIDE",
    "INVALID_PRODUCT_ID",
    "INVALID_SIZE_PRECISION",
    "INVALID_PRICE_PRECISION",
    "INSUFFICIENT_FUND",
    "INSUFFICIENT_FUNDS",
    "INVALID_LEDGER_BALANCE",
    "INELIGIBLE_PAIR",
    "INVALID_LIMIT_PRICE_POST_ONLY",
    "INVALID_LIMIT_PRICE",
    "INVALID_NO_LIQUIDITY",
    "INVALID_REQUEST",
    "COMMANDER_REJECTED_NEW_ORDER",
    "IN_LIQUIDATION",
    "INVALID_MARGIN_TYPE",
    "INVALID_LEVERAGE",
];
/// The same, and time may change it: the market takes no orders now.
const NOT_NOW: &[&str] = &["ORDER_ENTRY_DISABLED", "UNTRADABLE_PRODUCT"];
/// Reasons that a preview of the order found, before it was one.
const PREVIEW: &str = "PREVIEW_";

/// An order that was not accepted.
pub fn refused<T>(refusal: &Refusal) -> Outcome<T> {
    let reason = [&refusal.new_order_failure_reason, &refusal.error, &refusal.preview_failure_reason]
        .into_iter()
        .find(|reason| !reason.is_empty() && !reason.starts_with("UNKNOWN_"));
    let Some(reason) = reason else { return Outcome::Unknown(short(&refusal.message)) };
    let message = format!("{}: {}", short(reason), short(&refusal.message));
    if NOT_NOW.contains(&reason.as_str()) {
        return Outcome::Rejected(Rejection::retryable("maintenance", message));
    }
    if REASONS.contains(&reason.as_str()) || reason.starts_with(PREVIEW) {
        return Outcome::Rejected(Rejection::fatal(&short(reason).to_lowercase(), message));
    }
    Outcome::Unknown(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(outcome: Outcome<u32>) -> String {
        match outcome {
            Outcome::Rejected(r) => format!("{}{}", r.code, if r.retryable { " later" } else { "" }),
            Outcome::Unknown(_) => "unknown".to_owned(),
            other => format!("{other:?}"),
        }
    }

    fn refusal(error: &str, new: &str, preview: &str) -> String {
        let (error, new_order_failure_reason) = (error.to_owned(), new.to_owned());
        let preview_failure_reason = preview.to_owned();
        let refusal = Refusal { error, new_order_failure_reason, preview_failure_reason, ..Refusal::default() };
        told(refused(&refusal))
    }

    #[test]
    fn refused_orders() {
        for (error, new, preview, expected) in [
            ("INSUFFICIENT_FUND", "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", "insufficient_fund"),
            ("INSUFFICIENT_FUND", "", "", "insufficient_fund"),
            ("INVALID_SIZE_PRECISION", "UNKNOWN_FAILURE_REASON", "", "invalid_size_precision"),
            ("UNKNOWN_FAILURE_REASON", "", "PREVIEW_INVALID_ORDER_CONFIG", "preview_invalid_order_config"),
            ("UNKNOWN_FAILURE_REASON", "UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON", "unknown"),
            ("ORDER_ENTRY_DISABLED", "", "", "maintenance later"),
            ("SOMETHING_NEW", "", "PREVIEW_INSUFFICIENT_FUND", "unknown"),
            ("", "", "", "unknown"),
        ] {
            assert_eq!(refusal(error, new, preview), expected, "{error} {new} {preview}");
        }
    }

    #[test]
    fn statuses() {
        let answer = |status, body: &str| told(read(&Response::new(status, body.as_bytes())));
        let body = r#"{"error":"PERMISSION_DENIED","error_details":"x","message":"Missing required scopes"}"#;
        for (status, expected) in [
            (400, "invalid_request"),
            (401, "unauthorized"),
            (403, "forbidden"),
            (404, "not_found"),
            (429, "rate_limited later"),
            (409, "unknown"),
            (500, "unknown"),
            (503, "unknown"),
        ] {
            for body in [body, "", "Unauthorized\n", "<html>"] {
                assert_eq!(answer(status, body), expected, "{status}");
            }
        }
        assert_eq!(answer(200, "7"), "Done(7)");
        assert_eq!(answer(200, "{"), "unknown");
    }
}
