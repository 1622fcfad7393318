//! What Lithic's HTTP statuses mean.

use super::wire::ErrorAnswer;
use crate::scrub::scrub;
use outbound::Response;
use ports::{Outcome, Rejection};

/// Sorts an answer into "look into it" (2xx) and what everything else means for a command. Status codes as documented
/// for the API reference's operations: 400, 401, 403, 404, 409, 422, 429.
pub fn check(response: &Response) -> Result<(), Outcome<()>> {
    let fatal = |code| Err(Outcome::Rejected(Rejection::fatal(code, message(response))));
    match response.status {
        200..=299 => Ok(()),
        400 => fatal("invalid_request"),
        401 => fatal("unauthorized"),
        403 => fatal("forbidden"),
        404 => fatal("not_found"),
        // Of a closed card; not documented, seen by others.
        405 => fatal("not_allowed"),
        422 => fatal("unprocessable"),
        429 => Err(Outcome::Rejected(Rejection::retryable("rate_limited", message(response)))),
        // 409: the same key is being worked on; 5xx and the rest: anything may have happened.
        status => Err(Outcome::Unknown(format!("Lithic answered {status}"))),
    }
}

/// As [`check`], for a call that answers a `T`.
pub fn read<T>(response: &Response, then: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    match check(response) {
        Ok(()) => then(),
        Err(other) => other.and_then(|()| Outcome::Unknown("not a success".to_owned())),
    }
}

/// Lithic's explanation, short and without anything that could be a card number.
fn message(response: &Response) -> String {
    let text = response.parsed::<ErrorAnswer>().map(|answer| answer.message).unwrap_or_default();
    scrub(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16) -> Outcome<()> {
        read(
            &Response::new(status, br#"{"message":"why","debugging_request_id":"x"}"#.as_slice()),
            || Outcome::Done(()),
        )
    }

    #[test]
    fn only_documented_refusals_may_unwind() {
        assert_eq!(meaning(200), Outcome::Done(()));
        assert_eq!(meaning(201), Outcome::Done(()));
        for (status, code) in [
            (400, "invalid_request"),
            (401, "unauthorized"),
            (403, "forbidden"),
            (404, "not_found"),
            (405, "not_allowed"),
            (422, "unprocessable"),
        ] {
            assert_eq!(meaning(status), Outcome::Rejected(Rejection::fatal(code, "why")));
        }
        assert_eq!(meaning(429), Outcome::Rejected(Rejection::retryable("rate_limited", "why")));
        for status in [100, 302, 408, 409, 418, 500, 502, 503, 504, 599] {
            assert!(matches!(meaning(status), Outcome::Unknown(_)), "{status}");
        }
    }
}
