//! What Bitrefill's errors mean (docs.bitrefill.com, "Error Codes", "Error Handling").

use super::wire::{Envelope, ErrorAnswer};
use outbound::Response;
use ports::{Outcome, Rejection};
use serde::de::DeserializeOwned;

pub const RATE_LIMITED: &str = "rate_limited";
pub const OUT_OF_STOCK: &str = "out_of_stock";
pub const NOT_FOUND: &str = "not_found";

/// Refusals of an order that time does not change.
const FINAL: [&str; 7] = [
    "unsupported_payment_method",
    "missing_param",
    "parse_error",
    NOT_FOUND,
    "invalid_param",
    "too_many_items",
    "balance_too_low",
];

/// The `data` of a good answer, or what the error means. Of the vendor's own trouble (5xx, `create_invoice_failed`)
/// nobody can say what happened.
pub fn read<T: DeserializeOwned>(response: &Response) -> Outcome<T> {
    if response.is_success() {
        return response.json::<Envelope<T>>().map(|envelope| envelope.data);
    }
    let error = response.parsed::<ErrorAnswer>();
    let code = error.as_ref().and_then(|error| error.error_code.as_deref()).unwrap_or_default();
    let text = error.as_ref().and_then(|error| error.message.as_deref()).unwrap_or_default();
    let message = scrub(text);
    let refused = |code: &str| Outcome::Rejected(Rejection::fatal(code, message.clone()));
    match (response.status, code) {
        (500.., _) | (_, "create_invoice_failed") => {
            Outcome::Unknown(format!("Bitrefill answered {}", response.status))
        }
        (429, _) => Outcome::Rejected(Rejection::retryable(RATE_LIMITED, message)),
        (401, _) => refused("unauthorized"),
        (403, _) => refused("forbidden"),
        (_, OUT_OF_STOCK) => Outcome::Rejected(Rejection::retryable(OUT_OF_STOCK, message)),
        (400 | 404 | 422, code) if FINAL.contains(&code) => refused(code),
        (404, _) => refused(NOT_FOUND),
        (400 | 422, _) => refused("invalid_request"),
        (status, _) => Outcome::Unknown(format!("Bitrefill answered {status}")),
    }
}

/// The vendor's explanation, cut to 200 characters, with `[..]` for every word that could be a code: six and more
/// letters, digits and hyphens with a digit among them.
pub fn scrub(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    let part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut out = String::new();
    for word in short.split_inclusive(|c| !part_of_word(c)) {
        let end = word.trim_end_matches(part_of_word);
        let separator = if end.len() == word.len() { word.chars().next_back() } else { None };
        let bare = word.trim_end_matches(|c| !part_of_word(c));
        if bare.chars().count() >= 6 && bare.chars().any(|c| c.is_ascii_digit()) {
            out.push_str("[..]");
        } else {
            out.push_str(bare);
        }
        out.extend(separator);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, code: &str) -> Outcome<u64> {
        let body = format!(r#"{{"meta":{{"_endpoint":"/invoices"}},"message":"why","error_code":"{code}"}}"#);
        read::<u64>(&Response::new(status, body))
    }

    #[test]
    fn only_documented_refusals_may_unwind() {
        assert_eq!(read::<u64>(&Response::new(200, r#"{"data":7}"#)), Outcome::Done(7));
        for code in FINAL {
            assert_eq!(meaning(400, code), Outcome::Rejected(Rejection::fatal(code, "why")));
        }
        assert_eq!(meaning(404, "anything"), Outcome::Rejected(Rejection::fatal(NOT_FOUND, "why")));
        assert_eq!(meaning(400, "new"), Outcome::Rejected(Rejection::fatal("invalid_request", "why")));
        assert_eq!(meaning(401, ""), Outcome::Rejected(Rejection::fatal("unauthorized", "why")));
        assert_eq!(meaning(403, ""), Outcome::Rejected(Rejection::fatal("forbidden", "why")));
        assert_eq!(meaning(429, ""), Outcome::Rejected(Rejection::retryable(RATE_LIMITED, "why")));
        assert_eq!(meaning(400, OUT_OF_STOCK), Outcome::Rejected(Rejection::retryable(OUT_OF_STOCK, "why")));
        for (status, code) in [
            (400, "create_invoice_failed"),
            (500, "create_invoice_failed"),
            (500, "invalid_param"),
            (502, ""),
            (302, ""),
            (408, ""),
            (409, "invalid_param"),
        ] {
            assert!(matches!(meaning(status, code), Outcome::Unknown(_)), "{status} {code}");
        }
        assert!(matches!(read::<u64>(&Response::new(200, "{")), Outcome::Unknown(_)));
        assert!(matches!(read::<u64>(&Response::new(200, r#"{"data":null}"#)), Outcome::Unknown(_)));
        assert!(matches!(read::<u64>(&Response::new(400, "<html>")), Outcome::Rejected(r) if r.message.is_empty()));
    }

    #[test]
    fn no_code_gets_through() {
        for (text, expected) in [
            ("Product 'amazon-us' is currently out of stock", "Product 'amazon-us' is currently out of stock"),
            ("code ABCD-123456-EFGH used", "code [..] used"),
            ("pin 4821", "pin 4821"),
            ("see https://x.example/gift/A2B3C4D5E6", "see https://x.example/gift/[..]"),
            ("", ""),
            ("A2B3C4D5E6", "[..]"),
        ] {
            assert_eq!(scrub(text), expected);
        }
        assert_eq!(scrub(&"x".repeat(500)).len(), 200);
    }
}
