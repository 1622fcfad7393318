//! Ordering faults over HTTP, the same for every vendor: a person with curl, or a demo in another process.
//!
//! * `POST /_sandbox/faults` - `{"endpoint": "POST /v1/cards", "fault": "drop_after"}`, or
//!   `{"webhook": "card_transaction.updated", "fault": "twice"}`; with `"always": true` until cleared
//! * `DELETE /_sandbox/faults` - everything works again
//!
//! Not the vendors': without a key, on loopback only, and past the gate, so that no fault can lock a person out.

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::faults::{Fault, Faults, HookFault};

/// What was wrong with the order, in words.
pub(crate) type Misunderstood = (StatusCode, String);

pub(crate) fn misunderstood(why: impl ToString) -> Misunderstood {
    (StatusCode::BAD_REQUEST, why.to_string())
}

/// A JSON body, or what is wrong with it.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Misunderstood> {
    serde_json::from_slice(bytes).map_err(misunderstood)
}

/// `/faults`, to be nested under `/_sandbox`.
pub(crate) fn routes(faults: Faults) -> Router {
    Router::new().route("/faults", post(order).delete(clear)).with_state(faults)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    endpoint: Option<String>,
    webhook: Option<String>,
    fault: Value,
    #[serde(default)]
    always: bool,
}

async fn order(State(faults): State<Faults>, bytes: Bytes) -> Result<StatusCode, Misunderstood> {
    let order: Order = read(&bytes)?;
    match (order.endpoint, order.webhook) {
        (Some(endpoint), None) => {
            let fault: Fault = serde_json::from_value(order.fault).map_err(misunderstood)?;
            if order.always { faults.always(&endpoint, fault) } else { faults.next(&endpoint, fault) }
        }
        (None, Some(webhook)) => {
            let fault: HookFault = serde_json::from_value(order.fault).map_err(misunderstood)?;
            if order.always { faults.always_webhook(&webhook, fault) } else { faults.next_webhook(&webhook, fault) }
        }
        (Some(_), Some(_)) | (None, None) => return Err(misunderstood("either endpoint or webhook")),
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn clear(State(faults): State<Faults>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}
