//! The real-time authorization: Auth Stream Access (docs.lithic.com/docs/auth-stream-access-asa).
//!
//! Invariant: one charge gets one verdict, whatever the responder does and however often it is asked; an answer after
//! the time limit changes nothing.

use std::{sync::Arc, time::Duration};

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
    let limit = hub.config.asa_timeout;
    let once = |seal, corrupt| once(hub, url, request, limit, seal, corrupt);
    let asked = match hub.faults.take_webhook(ASA) {
        HookFault::Pass | HookFault::AfterNext => once(Seal::Right, false).await,
        HookFault::Twice => {
            let (first, second) = tokio::join!(once(Seal::Right, false), once(Seal::Right, false));
            if first == Asked::NoAnswer { second } else { first }
        }
        HookFault::DelayMs(ms) => {
            let late = async {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                once(Seal::Right, false).await
            };
            tokio::time::timeout(limit, late).await.unwrap_or(Asked::NoAnswer)
        }
        HookFault::Lose => {
            tokio::time::sleep(limit).await;
            Asked::NoAnswer
        }
        HookFault::WrongSignature => once(Seal::WrongKey, false).await,
        HookFault::StaleSignature => once(Seal::Stale, false).await,
        HookFault::CorruptJson => once(Seal::Right, true).await,
        HookFault::LoseAnswer => {
            once(Seal::Right, false).await;
            Asked::NoAnswer
        }
    };
    (asked, started.elapsed())
}

async fn once(hub: &Arc<Hub>, url: &str, request: &Value, limit: Duration, seal: Seal, corrupt: bool) -> Asked {
    let whole = request.to_string();
    let body = if corrupt { half_of(whole.as_bytes()).to_vec() } else { whole.into_bytes() };
    let headers = {
        let records = lock(&hub.records);
        let now_ms = records.now_ms();
        let secrets = records.asa_secrets.valid(now_ms);
        headers(&secrets, &ids::svix("msg"), now_ms, &body, seal)
    };
    match hub.post(url, headers, body, limit).await {
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
