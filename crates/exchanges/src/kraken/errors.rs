//! What Kraken's answers mean (docs.kraken.com, "Error messages").
//!
//! Kraken answers HTTP 200 with an array of errors. Only an error that says that the request was refused becomes a
//! rejection; what may have reached the matching engine (`EService:Timeout`, internal errors, errors not known here)
//! leaves the outcome unknown.

use super::wire::Envelope;
use outbound::Response;
use ports::{Outcome, Rejection};
use serde::de::DeserializeOwned;

/// The result of an answer, or what its errors mean.
pub fn read<T: DeserializeOwned>(response: &Response) -> Outcome<T> {
    match response.status {
        200 => {}
        // Not Kraken but the network in front of it; nothing was let through.
        403 => return Outcome::Rejected(Rejection::fatal("forbidden", "refused before it reached Kraken")),
        429 => return Outcome::Rejected(Rejection::retryable("rate_limited", "refused before it reached Kraken")),
        status => return Outcome::Unknown(format!("Kraken answered {status}")),
    }
    response.json::<Envelope<T>>().and_then(|envelope| {
        // Warnings begin with W.
        let errors: Vec<String> = envelope.error.into_iter().filter(|error| !error.starts_with('W')).collect();
        match (errors.first(), envelope.result) {
            (None, Some(result)) => Outcome::Done(result),
            (None, None) => Outcome::Unknown("neither a result nor an error".to_owned()),
            (Some(error), _) => meaning(error),
        }
    })
}

/// The code of a nonce that is not above the last one.
pub const INVALID_NONCE: &str = "invalid_nonce";

const FATAL: bool = false;
const RETRYABLE: bool = true;

/// Beginnings of errors that are refusals, the longer before the shorter.
const REFUSALS: &[(&str, &str, bool)] = &[
    ("EAPI:Invalid key", "unauthorized", FATAL),
    ("EAPI:Invalid signature", "unauthorized", FATAL),
    ("EAPI:Invalid nonce", INVALID_NONCE, RETRYABLE),
    ("EAPI:Rate limit exceeded", "rate_limited", RETRYABLE),
    ("EAPI:Feature disabled", "forbidden", FATAL),
    ("EAPI:Bad request", "invalid_request", FATAL),
    ("EGeneral:Permission denied", "forbidden", FATAL),
    ("EGeneral:Invalid arguments", "invalid_request", FATAL),
    ("EGeneral:Unknown method", "invalid_request", FATAL),
    ("EGeneral:Temporary lockout", "locked_out", RETRYABLE),
    ("EGeneral:Too many requests", "rate_limited", RETRYABLE),
    ("EQuery:Unknown asset", "unknown_pair", FATAL),
    ("EAuth:", "unauthorized", FATAL),
    ("EAccount:", "forbidden", FATAL),
    ("EOrder:Insufficient funds", "insufficient_funds", FATAL),
    ("EOrder:Order minimum not met", "below_minimum", FATAL),
    ("EOrder:Cost minimum not met", "below_minimum", FATAL),
    ("EOrder:Tick size check failed", "invalid_price", FATAL),
    ("EOrder:Invalid price", "invalid_price", FATAL),
    ("EOrder:Rate limit exceeded", "rate_limited", RETRYABLE),
    ("EOrder:Domain rate limit exceeded", "rate_limited", RETRYABLE),
    ("EOrder:Orders limit exceeded", "rate_limited", RETRYABLE),
    ("EOrder:Trading agreement required", "forbidden", FATAL),
    ("EService:Market in cancel_only mode", "maintenance", RETRYABLE),
    ("EService:Market in post_only mode", "maintenance", RETRYABLE),
    ("EService:Throttled", "rate_limited", RETRYABLE),
    ("EService:Deadline elapsed", "deadline_elapsed", FATAL),
];

fn meaning<T>(error: &str) -> Outcome<T> {
    let text: String = error.chars().take(120).collect();
    if taken(error) {
        return Outcome::Unknown(text);
    }
    match REFUSALS.iter().find(|(beginning, _, _)| error.starts_with(beginning)) {
        Some((_, code, RETRYABLE)) => Outcome::Rejected(Rejection::retryable(code, text)),
        Some((_, code, FATAL)) => Outcome::Rejected(Rejection::fatal(code, text)),
        None => Outcome::Unknown(text),
    }
}

/// Our order's own name is taken: then the order is there, ours, and is looked up. Kraken says it in more than one wording,
/// after the field's name; the name alone is an argument that is malformed.
fn taken(error: &str) -> bool {
    error.split_once("cl_ord_id").is_some_and(|(_, said)| said.chars().any(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Outcome<u32> {
        read(&Response::new(status, body.as_bytes()))
    }

    fn code(error: &str) -> String {
        match answer(200, &format!(r#"{{"error":["{error}"]}}"#)) {
            Outcome::Rejected(r) => format!("{}{}", r.code, if r.retryable { " later" } else { "" }),
            Outcome::Unknown(_) => "unknown".to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn errors_in_an_answer_of_status_200() {
        for (error, expected) in [
            ("EAPI:Invalid key", "unauthorized"),
            ("EAPI:Invalid signature", "unauthorized"),
            ("EAPI:Invalid nonce", "invalid_nonce later"),
            ("EAPI:Rate limit exceeded", "rate_limited later"),
            ("EGeneral:Permission denied", "forbidden"),
            ("EGeneral:Invalid arguments:volume", "invalid_request"),
            ("EGeneral:Temporary lockout", "locked_out later"),
            ("EGeneral:Internal error", "unknown"),
            ("EGeneral:Unknown error", "unknown"),
            ("EQuery:Unknown asset pair", "unknown_pair"),
            ("EOrder:Insufficient funds", "insufficient_funds"),
            ("EOrder:Order minimum not met", "below_minimum"),
            ("EOrder:Cost minimum not met", "below_minimum"),
            ("EOrder:Tick size check failed", "invalid_price"),
            ("EOrder:Rate limit exceeded", "rate_limited later"),
            ("EOrder:cl_ord_id is already in use", "unknown"),
            ("EGeneral:Invalid arguments:cl_ord_id not unique", "unknown"),
            ("EGeneral:Invalid arguments:cl_ord_id must be unique among open orders", "unknown"),
            ("EGeneral:Invalid arguments:cl_ord_id", "invalid_request"),
            ("EService:Market in cancel_only mode", "maintenance later"),
            ("EService:Market in post_only mode", "maintenance later"),
            ("EService:Deadline elapsed", "deadline_elapsed"),
            ("EService:Throttled: 1700000000", "rate_limited later"),
            ("EService:Unavailable", "unknown"),
            ("EService:Busy", "unknown"),
            ("EService:Timeout", "unknown"),
            ("ESomething:New", "unknown"),
        ] {
            assert_eq!(code(error), expected, "{error}");
        }
    }

    #[test]
    fn envelopes() {
        assert_eq!(answer(200, r#"{"error":[],"result":7}"#), Outcome::Done(7));
        assert_eq!(answer(200, r#"{"error":["WOrder:something"],"result":7}"#), Outcome::Done(7));
        assert!(matches!(answer(200, r#"{"error":["EAPI:Invalid key"],"result":7}"#), Outcome::Rejected(_)));
        for unclear in [r#"{"error":[]}"#, r#"{"result":7}"#, "{}", "", "<html>", r#"{"error":[],"result":"x"}"#] {
            assert!(matches!(answer(200, unclear), Outcome::Unknown(_)), "{unclear}");
        }
        for status in [301, 404, 500, 502, 504, 520, 524] {
            assert!(matches!(answer(status, r#"{"error":[],"result":7}"#), Outcome::Unknown(_)), "{status}");
        }
        assert!(matches!(answer(429, ""), Outcome::Rejected(r) if r.retryable));
        assert!(matches!(answer(403, ""), Outcome::Rejected(r) if !r.retryable));
    }
}
