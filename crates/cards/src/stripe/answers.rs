//! What Stripe's HTTP statuses and error objects mean (docs.stripe.com/api/errors, /error-low-level).

use super::wire::{ErrorAnswer, ErrorObject};
use crate::scrub::scrub;
use outbound::Response;
use ports::{Outcome, Rejection};

/// Longest of Stripe's codes that is passed on.
const CODE_LENGTH_MAX: usize = 60;

/// Sorts an answer into "look into it" (2xx) and what everything else means for a command.
pub fn check(response: &Response) -> Result<(), Outcome<()>> {
    if (200..300).contains(&response.status) {
        return Ok(());
    }
    let error = response.parsed::<ErrorAnswer>().map(|answer| answer.error).unwrap_or_default();
    // The key was used with other parameters: something may exist under it.
    if error.kind == "idempotency_error" {
        return Err(Outcome::Unknown("the idempotency key is in use, or was used for something else".to_owned()));
    }
    let message = scrub(error.message.as_deref().unwrap_or_default());
    let fatal = |otherwise| Err(Outcome::Rejected(Rejection::fatal(&code(&error, otherwise), message.clone())));
    match response.status {
        // Not taken up, whatever the status says: another request has the object.
        400 | 429 if error.code.as_deref() == Some("lock_timeout") => busy(&message),
        429 => busy(&message),
        400 => fatal("invalid_request"),
        401 => fatal("unauthorized"),
        402 => fatal("declined"),
        403 => fatal("forbidden"),
        404 => fatal("not_found"),
        // 409: a conflict with another request; 424 and 5xx: anything may have happened.
        status => Err(Outcome::Unknown(format!("Stripe answered {status}"))),
    }
}

fn busy(message: &str) -> Result<(), Outcome<()>> {
    Err(Outcome::Rejected(Rejection::retryable("rate_limited", message)))
}

fn code(error: &ErrorObject, otherwise: &str) -> String {
    let word = |code: &&String| {
        (1..=CODE_LENGTH_MAX).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    error.code.as_ref().filter(word).cloned().unwrap_or_else(|| otherwise.to_owned())
}

/// As [`check`], for a call that answers a `T`.
pub fn read<T>(response: &Response, then: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    match check(response) {
        Ok(()) => then(),
        Err(other) => other.and_then(|()| Outcome::Unknown("not a success".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, error: &str) -> Outcome<()> {
        read(&Response::new(status, format!(r#"{{"error":{error}}}"#).as_bytes()), || Outcome::Done(()))
    }

    fn rejected(status: u16, error: &str) -> (String, bool) {
        match meaning(status, error) {
            Outcome::Rejected(rejection) => (rejection.code, rejection.retryable),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_documented_refusals_may_unwind() {
        assert_eq!(meaning(200, "{}"), Outcome::Done(()));
        let plain = r#"{"type":"invalid_request_error","message":"why"}"#;
        for (status, code) in
            [(400, "invalid_request"), (401, "unauthorized"), (402, "declined"), (403, "forbidden"), (404, "not_found")]
        {
            assert_eq!(rejected(status, plain), (code.to_owned(), false));
        }
        assert_eq!(rejected(429, plain), ("rate_limited".to_owned(), true));
        for status in [400, 429] {
            assert_eq!(rejected(status, r#"{"code":"lock_timeout"}"#), ("rate_limited".to_owned(), true));
        }
        for status in [100, 302, 409, 418, 424, 500, 502, 503, 504] {
            assert!(matches!(meaning(status, plain), Outcome::Unknown(_)), "{status}");
        }
    }

    #[test]
    fn a_used_key_says_nothing_about_what_it_made() {
        for status in [400, 409] {
            assert!(matches!(meaning(status, r#"{"type":"idempotency_error"}"#), Outcome::Unknown(_)), "{status}");
        }
    }

    #[test]
    fn codes_are_words_and_messages_have_no_numbers() {
        assert_eq!(rejected(400, r#"{"code":"parameter_missing"}"#).0, "parameter_missing");
        assert_eq!(rejected(400, r#"{"code":"4111 1112 8914 4142"}"#).0, "invalid_request");
        let Outcome::Rejected(rejection) = meaning(402, r#"{"message":"card 4111111289144142"}"#) else { panic!() };
        assert_eq!(rejection.message, "card [digits]");
        assert!(matches!(meaning(400, "no JSON"), Outcome::Rejected(_)));
    }
}
