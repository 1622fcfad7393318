//! The real-time authorization: Auth Stream Access (docs.lithic.com/docs/auth-stream-access-asa).
//!
//! Invariant: one charge gets one verdict, whatever the responder does and however often it is asked; an answer after
//! the time limit changes nothing.

use std::{future::Future, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    config::OnTimeout,
    hub::Hub,
    model::Verdict,
    webhooks::{Seal, headers},
};
use crate::{
    faults::{ASA, HookFault},
    vendor::{gate::half_of, ids, lock},
};

/// Results that Lithic also lists among a transaction's detailed results; any other one shows as
/// `CUSTOM_ASA_RESULT`.
const RESULTS: [&str; 6] =
    ["UNAUTHORIZED_MERCHANT", "INSUFFICIENT_FUNDS", "SUSPECTED_FRAUD", "CARD_PAUSED", "CARD_CLOSED", "ACCOUNT_PAUSED"];

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The responder's `result`.
    Answer(String),
    /// Nothing in time, or the connection broke.
    NoAnswer,
    /// An HTTP status other than 200, or a body that is not the documented one.
    Malformed,
}

impl Asked {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Answer(result) if result == "APPROVED" => Verdict::approved(),
            Self::Answer(result) if RESULTS.contains(&result.as_str()) => Verdict::new(result, result),
            Self::Answer(_) => Verdict::new("DECLINED", "CUSTOM_ASA_RESULT"),
            Self::NoAnswer => Verdict::new("UNKNOWN_HOST_TIMEOUT", "CUSTOMER_ASA_TIMEOUT"),
            Self::Malformed => Verdict::new("DECLINED", "MALFORMED_ASA_RESPONSE"),
        }
    }

    /// Whether the network approves in the program's name.
    pub(crate) fn stands_in(&self, on_timeout: OnTimeout) -> bool {
        *self == Self::NoAnswer && on_timeout == OnTimeout::StandIn
    }
}

/// Asks the enrolled responder, at most for the configured time; what it answered and after how long.
pub(crate) async fn ask(hub: &Arc<Hub>, url: &str, request: &Value) -> (Asked, Duration) {
    let started = Instant::now();
    let asking = tokio::time::timeout(hub.config.asa_timeout, with_fault(hub, url, request));
    let asked = asking.await.unwrap_or(Asked::NoAnswer);
    (asked, started.elapsed())
}

async fn with_fault(hub: &Arc<Hub>, url: &str, request: &Value) -> Asked {
    let id = ids::svix("msg");
    let once = |id: String, seal, corrupt| once(hub, url, request, id, seal, corrupt);
    match hub.faults.take_webhook(ASA) {
        HookFault::Pass | HookFault::AfterNext => once(id, Seal::Right, false).await,
        HookFault::Twice => {
            let second = once(id.clone(), Seal::Right, false);
            first_of(once(id, Seal::Right, false), second).await
        }
        HookFault::TwiceWithNewId => {
            let second = once(ids::svix("msg"), Seal::Right, false);
            first_of(once(id, Seal::Right, false), second).await
        }
        HookFault::DelayMs(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            once(id, Seal::Right, false).await
        }
        HookFault::Lose => std::future::pending().await,
        HookFault::WrongSignature => once(id, Seal::WrongKey, false).await,
        HookFault::StaleSignature => once(id, Seal::Stale, false).await,
        HookFault::CorruptJson => once(id, Seal::Right, true).await,
        HookFault::LoseAnswer => {
            once(id, Seal::Right, false).await;
            Asked::NoAnswer
        }
    }
}

/// Both are asked at the same time; the first one's answer counts.
async fn first_of(first: impl Future<Output = Asked>, second: impl Future<Output = Asked>) -> Asked {
    let (first, second) = tokio::join!(first, second);
    if first == Asked::NoAnswer { second } else { first }
}

/// Asks; after a 5xx once more, at once, as the same message.
async fn once(hub: &Arc<Hub>, url: &str, request: &Value, id: String, seal: Seal, corrupt: bool) -> Asked {
    let whole = request.to_string();
    let body = if corrupt { half_of(whole.as_bytes()).to_vec() } else { whole.into_bytes() };
    let signed = || {
        let records = lock(&hub.records);
        let now_ms = records.now_ms();
        headers(&records.asa_secrets.valid(now_ms), &id, now_ms, &body, seal)
    };
    let limit = hub.config.asa_timeout;
    let mut answer = hub.post(url, signed(), body.clone(), limit).await;
    if answer.as_ref().is_some_and(|(status, _)| *status >= 500) && hub.config.asa_again_after_5xx {
        answer = hub.post(url, signed(), body.clone(), limit).await;
    }
    match answer {
        None => Asked::NoAnswer,
        Some((200, answer)) => read(&answer, request),
        Some(_) => Asked::Malformed,
    }
}

/// `{"result": "...", "token": "..."}`; the token may be left out, but not be another one's. The terminal cannot take
/// a part of the amount, so an `approved_amount` other than the whole is malformed.
fn read(answer: &[u8], request: &Value) -> Asked {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return Asked::Malformed;
    };
    let same = |name: &str, asked: &str| answer.get(name).is_none_or(|given| *given == request[asked]);
    match answer.get("result").and_then(Value::as_str) {
        Some(result) if same("token", "token") && same("approved_amount", "amount") => Asked::Answer(result.to_owned()),
        Some(_) | None => Asked::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_read_strictly() {
        let request = json!({ "token": "t", "amount": 2711 });
        let read = |answer: &str| read(answer.as_bytes(), &request);
        let approved = Asked::Answer("APPROVED".into());
        assert_eq!(read(r#"{"result":"APPROVED"}"#), approved);
        assert_eq!(read(r#"{"result":"APPROVED","token":"t"}"#), approved);
        assert_eq!(read(r#"{"result":"APPROVED","approved_amount":2711}"#), approved);
        assert_eq!(read(r#"{"result":"APPROVED","token":"u"}"#), Asked::Malformed);
        assert_eq!(read(r#"{"result":"APPROVED","approved_amount":1}"#), Asked::Malformed);
        for malformed in ["", "[]", "{}", r#"{"result":true}"#, r#"{"result":"#] {
            assert_eq!(read(malformed), Asked::Malformed, "{malformed}");
        }
    }

    #[test]
    fn only_approved_approves() {
        assert!(Asked::Answer("APPROVED".into()).verdict().is_approved());
        for asked in [
            Asked::Answer("approved".into()),
            Asked::Answer("VELOCITY_EXCEEDED".into()),
            Asked::NoAnswer,
            Asked::Malformed,
        ] {
            assert!(!asked.verdict().is_approved(), "{asked:?}");
        }
    }
}
