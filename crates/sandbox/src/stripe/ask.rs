//! The real-time authorization: `issuing_authorization.request` and the answer to it
//! (docs.stripe.com/issuing/controls/real-time-authorizations).
//!
//! Invariant: one request gets one verdict, whatever the endpoint does; an answer after the time limit changes nothing.

use std::sync::Arc;

use serde_json::Value;

use super::{
    config::OnTimeout,
    hub::{Answered, Hub},
    webhooks::{Seal, sealed},
};
use crate::{
    faults::{HookFault, STRIPE_REQUEST},
    vendor::{gate::half_of, lock},
};

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Approved,
    Declined,
    /// Nothing in time, or the connection broke.
    Timeout,
    /// An HTTP status other than 200, no `Stripe-Version`, or a body that is not the documented one.
    Error,
}

impl Asked {
    /// Whether it is approved, and the reason in `request_history`.
    pub(crate) fn verdict(self, on_timeout: OnTimeout) -> (bool, &'static str) {
        let alone = on_timeout == OnTimeout::Approve;
        match self {
            Self::Approved => (true, "webhook_approved"),
            Self::Declined => (false, "webhook_declined"),
            Self::Timeout => (alone, "webhook_timeout"),
            Self::Error => (alone, "webhook_error"),
        }
    }
}

/// Asks the endpoint, at most for the configured time.
pub(crate) async fn ask(hub: &Arc<Hub>, url: &str, secret: &str, event: &Value) -> Asked {
    let limit = hub.config.request_timeout;
    tokio::time::timeout(limit, with_fault(hub, url, secret, event)).await.unwrap_or(Asked::Timeout)
}

async fn with_fault(hub: &Arc<Hub>, url: &str, secret: &str, event: &Value) -> Asked {
    let once = |seal, corrupt| once(hub, url, secret, event, seal, corrupt);
    match hub.faults.take_webhook(STRIPE_REQUEST) {
        HookFault::Pass | HookFault::AfterNext => once(Seal::Right, false).await,
        HookFault::Twice | HookFault::TwiceWithNewId => {
            let (first, second) = tokio::join!(once(Seal::Right, false), once(Seal::Right, false));
            if first == Asked::Timeout { second } else { first }
        }
        HookFault::DelayMs(ms) => {
            tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
            once(Seal::Right, false).await
        }
        HookFault::Lose => std::future::pending().await,
        HookFault::WrongSignature => once(Seal::WrongKey, false).await,
        HookFault::StaleSignature => once(Seal::Stale, false).await,
        HookFault::CorruptJson => once(Seal::Right, true).await,
        HookFault::LoseAnswer => {
            once(Seal::Right, false).await;
            Asked::Timeout
        }
    }
}

async fn once(hub: &Arc<Hub>, url: &str, secret: &str, event: &Value, seal: Seal, corrupt: bool) -> Asked {
    let whole = event.to_string();
    let body = if corrupt { half_of(whole.as_bytes()).to_vec() } else { whole.into_bytes() };
    let signature = sealed(secret, lock(&hub.books).now_ms(), &body, seal);
    match hub.post(url, signature, body, hub.config.request_timeout).await {
        None => Asked::Timeout,
        Some(answer) => read(&answer),
    }
}

/// `{"approved": bool}`; the amount cannot be controlled here, so an `amount` is an error.
fn read(answer: &Answered) -> Asked {
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    match body.get("approved").and_then(Value::as_bool) {
        Some(approved) if answer.status == 200 && answer.versioned && body.get("amount").is_none() => {
            if approved {
                Asked::Approved
            } else {
                Asked::Declined
            }
        }
        Some(_) | None => Asked::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_strictly() {
        let read =
            |status, versioned, body: &str| read(&Answered { status, versioned, body: body.as_bytes().to_vec() });
        assert_eq!(read(200, true, r#"{"approved":true}"#), Asked::Approved);
        assert_eq!(read(200, true, r#"{"approved":false}"#), Asked::Declined);
        assert_eq!(read(200, false, r#"{"approved":true}"#), Asked::Error, "the header is required");
        assert_eq!(read(201, true, r#"{"approved":true}"#), Asked::Error);
        for body in ["", "{}", r#"{"approved":"true"}"#, r#"{"approve":true}"#, r#"{"approved":true,"amount":1}"#] {
            assert_eq!(read(200, true, body), Asked::Error, "{body}");
        }
    }

    #[test]
    fn the_account_decides_what_silence_means() {
        assert_eq!(Asked::Timeout.verdict(OnTimeout::Decline), (false, "webhook_timeout"));
        assert_eq!(Asked::Error.verdict(OnTimeout::Approve), (true, "webhook_error"));
        assert_eq!(Asked::Declined.verdict(OnTimeout::Approve), (false, "webhook_declined"));
    }
}
