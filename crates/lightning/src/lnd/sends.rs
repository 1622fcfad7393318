//! Paying BOLT 11 invoices, each hash once.
//!
//! LND would try a failed hash again when it is asked to; here a failed one is final. So the hash is looked up before
//! anything is sent, and whatever became of a call whose answer was lost is looked up too, by the same hash.

use super::node::Shared;
use super::rest::{ALREADY_EXISTS, INVALID_ARGUMENT, RestError};
use super::watch::msat;
use super::wire::{Payment, PaymentState, base64_url};
use crate::requests::{check_send, rejected};
use ids::{NodeId, PaymentHash};
use lightning_invoice::Bolt11Invoice;
use ports::{NodeEvent, Outcome, PayRequest, Preimage, SendStatus};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long LND looks for routes; what is on the way by then ends by itself.
const TIMEOUT_SECS: i32 = 60;
/// For the first word about a payment, which is written down before it is sent.
const FIRST_WORD: Duration = Duration::from_secs(8);
/// A call whose answer was lost may still be on its way to the node for so long.
const LATE_CALL: Duration = Duration::from_secs(30);

impl Shared {
    pub async fn pay(self: &Arc<Self>, request: &PayRequest) -> Outcome<SendStatus> {
        let hash = request.payment_hash;
        let (invoice, amount_msat) = match check_send(request, self.network) {
            Ok(checked) => checked,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        let _alone = self.alone(&hash).await;
        match self.track(&hash).await {
            Ok(SendStatus::NotFound) => {}
            Ok(known) => return Outcome::Done(known),
            Err(error) => return error.outcome(),
        }
        if payee(&invoice) == self.node_id {
            return rejected("hash_in_use", "an invoice of this node has this hash");
        }
        if let Err(why) = self.with_table(move |table| table.add_send(&hash)).await {
            return Outcome::NotSent(why);
        }
        match self.send(request, amount_msat).await {
            Ok(status) => {
                begin(self, hash);
                Outcome::Done(status)
            }
            Err(RestError::NotSent(why)) => {
                self.forget(hash).await;
                Outcome::NotSent(why)
            }
            // Refused before anything was made of it.
            Err(RestError::Said { code: INVALID_ARGUMENT, message }) => {
                self.forget(hash).await;
                rejected("invalid_invoice", message)
            }
            Err(error) if error.says("invoice expired") => {
                self.forget(hash).await;
                rejected("invoice_expired", error.to_string())
            }
            // The payee's last hop alone is longer, or the node itself allows less: said without a code of its own.
            Err(error) if error.says("cltv limit") || error.says("total time lock of") => {
                self.forget(hash).await;
                rejected("cltv_too_long", error.to_string())
            }
            Err(RestError::Said { code: ALREADY_EXISTS, .. }) => {
                begin(self, hash);
                self.track(&hash).await.map_or_else(RestError::outcome, Outcome::Done)
            }
            Err(error) => {
                begin(self, hash);
                error.outcome()
            }
        }
    }

    async fn send(&self, request: &PayRequest, amount_msat: Option<u64>) -> Result<SendStatus, RestError> {
        let mut body = json!({
            "payment_request": request.bolt11,
            "fee_limit_msat": request.max_fee_msat.get().to_string(),
            "timeout_seconds": TIMEOUT_SECS,
        });
        if let Some(amount_msat) = amount_msat {
            body["amt_msat"] = json!(amount_msat.to_string());
        }
        if let Some(blocks) = request.max_cltv_blocks {
            body["cltv_limit"] = json!(i32::try_from(blocks).unwrap_or(i32::MAX));
        }
        let mut stream = self.rest.post_stream("/v2/router/send", &body).await?;
        first_word(stream.next::<Payment>()).await
    }

    pub async fn track(&self, hash: &PaymentHash) -> Result<SendStatus, RestError> {
        let path = format!("/v2/router/track/{}", base64_url(hash));
        let word = match self.rest.stream(path).await {
            Ok(mut stream) => first_word(stream.next::<Payment>()).await,
            Err(error) => Err(error),
        };
        match word {
            Err(error) if error.is_not_found() => Ok(SendStatus::NotFound),
            other => other,
        }
    }

    async fn forget(self: &Arc<Self>, hash: PaymentHash) {
        if let Err(why) = self.with_table(move |table| table.end_send(&hash)).await {
            tracing::warn!(%hash, why, "a send that was never made stays in the table");
        }
    }
}

async fn first_word(word: impl Future<Output = Result<Option<Payment>, RestError>>) -> Result<SendStatus, RestError> {
    match tokio::time::timeout(FIRST_WORD, word).await {
        Ok(Ok(Some(payment))) => meaning(&payment),
        Ok(Ok(None)) => Err(RestError::Unknown("the node ended without a word".to_owned())),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(RestError::Unknown(format!("no word within {FIRST_WORD:?}"))),
    }
}

fn payee(invoice: &Bolt11Invoice) -> NodeId {
    NodeId(invoice.recover_payee_pub_key().serialize())
}

fn meaning(payment: &Payment) -> Result<SendStatus, RestError> {
    Ok(match payment.status {
        PaymentState::Initiated | PaymentState::InFlight => SendStatus::Pending,
        PaymentState::Unknown => return Err(RestError::Unknown("the node does not know how a send is".to_owned())),
        PaymentState::Failed => SendStatus::Failed { reason: reason(&payment.failure_reason) },
        PaymentState::Succeeded => {
            let mut preimage = [0; 32];
            hex::decode_to_slice(&payment.payment_preimage, &mut preimage)
                .map_err(|_| RestError::Unknown("a send without a preimage".to_owned()))?;
            SendStatus::Succeeded { preimage: Preimage(preimage), fee_msat: msat(payment.fee_msat) }
        }
    })
}

/// `FAILURE_REASON_NO_ROUTE` as `no_route`.
fn reason(said: &str) -> String {
    said.trim_start_matches("FAILURE_REASON_").to_ascii_lowercase()
}

/// Watches a send until its end.
pub(super) fn begin(shared: &Arc<Shared>, hash: PaymentHash) {
    if shared.sending().insert(hash) {
        shared.spawn(follow(Arc::clone(shared), hash));
    }
}

async fn follow(shared: Arc<Shared>, hash: PaymentHash) {
    let (mut attempts, begun) = (shared.reconnects(), Instant::now());
    let path = format!("/v2/router/track/{}", base64_url(&hash));
    loop {
        shared.pause(&mut attempts).await;
        let ended = match shared.rest.stream(&path).await {
            Ok(mut stream) => loop {
                match stream.next::<Payment>().await.map(|payment| payment.as_ref().map(meaning)) {
                    Ok(Some(Ok(SendStatus::Succeeded { fee_msat, .. }))) => {
                        break Some(NodeEvent::SendSucceeded { payment_hash: hash, fee_msat });
                    }
                    Ok(Some(Ok(SendStatus::Failed { reason }))) => {
                        break Some(NodeEvent::SendFailed { payment_hash: hash, reason });
                    }
                    Ok(Some(Ok(SendStatus::Pending | SendStatus::NotFound))) => attempts.worked(),
                    Ok(Some(Err(error))) | Err(error) => {
                        if error.is_not_found() && begun.elapsed() > LATE_CALL {
                            shared.forget(hash).await;
                            shared.sending().remove(&hash);
                            return;
                        }
                        break None;
                    }
                    Ok(None) => break None,
                }
            },
            Err(error) => {
                if error.is_not_found() && begun.elapsed() > LATE_CALL {
                    shared.forget(hash).await;
                    shared.sending().remove(&hash);
                    return;
                }
                None
            }
        };
        if let Some(event) = ended {
            shared.queue.push(event);
            shared.sending().remove(&hash);
            return;
        }
    }
}
