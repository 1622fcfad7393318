//! Each live hash, watched until its end: LND tells of a hold only to whoever listens to that one invoice.
//!
//! Invariant: `HtlcClaimed` follows from the final resolution of every part, never from SETTLED. A stream begins with the
//! invoice's present state, so that nothing is missed between two streams, nor over a restart of either side.

use super::finals::Fate;
use super::node::Shared;
use super::wire::{Invoice, InvoiceState, Part, base64_url};
use ids::PaymentHash;
use money::Msat;
use ports::NodeEvent;
use std::sync::Arc;

/// A hash that is watched.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Live {
    /// `HtlcHeld` is queued or was told.
    said_held: bool,
    /// While it is held.
    pub held: Option<Held>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub amount_msat: u64,
    pub claim_deadline: u32,
    /// The node has the preimage; its confirmation is awaited.
    pub claim_called: bool,
}

/// Watches a hash; it may be watched already.
pub(super) fn begin(shared: &Arc<Shared>, hash: PaymentHash, said_held: bool) {
    {
        let mut live = shared.live();
        if live.contains_key(&hash) {
            return;
        }
        live.insert(hash, Live { said_held, held: None });
    }
    shared.spawn(follow(Arc::clone(shared), hash));
}

async fn follow(shared: Arc<Shared>, hash: PaymentHash) {
    let mut attempts = shared.reconnects();
    let path = format!("/v2/invoices/subscribe/{}", base64_url(&hash));
    loop {
        shared.pause(&mut attempts).await;
        let mut stream = match shared.rest.stream(&path).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%hash, ?error, "an invoice cannot be watched");
                continue;
            }
        };
        loop {
            match stream.next::<Invoice>().await {
                Ok(Some(invoice)) => {
                    attempts.worked();
                    if take_in(&shared, hash, &invoice).await {
                        shared.live().remove(&hash);
                        return;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%hash, ?error, "the watch on an invoice has ended");
                    break;
                }
            }
        }
    }
}

/// True at the end of the hash.
async fn take_in(shared: &Arc<Shared>, hash: PaymentHash, invoice: &Invoice) -> bool {
    match invoice.state {
        InvoiceState::Open => false,
        InvoiceState::Accepted => {
            held(shared, hash, invoice);
            false
        }
        InvoiceState::Canceled => {
            let said_held = shared.live().get(&hash).is_some_and(|live| live.said_held);
            if said_held || !invoice.htlcs.is_empty() {
                shared.queue.push(NodeEvent::HtlcReturned { payment_hash: hash });
            } else if let Err(why) = shared.with_table(move |table| table.end_hold(&hash)).await {
                tracing::error!(%hash, why, "an invoice that nobody paid stays in the table");
            }
            true
        }
        InvoiceState::Settled => {
            if let Some(held) = shared.live().get_mut(&hash).and_then(|live| live.held.as_mut()) {
                held.claim_called = true;
            }
            let parts: Vec<Part> = invoice.parts(InvoiceState::Settled).cloned().collect();
            match shared.finals.wait(&shared.rest, &parts).await {
                Fate::Ours => {
                    let amount_msat = msat(invoice.sum_msat(InvoiceState::Settled));
                    shared.queue.push(NodeEvent::HtlcClaimed { payment_hash: hash, amount_msat });
                }
                Fate::Lost | Fate::Open => {
                    tracing::error!(%hash, "a part of a claimed hold went back to its payer on the chain: not confirmed");
                }
            }
            true
        }
    }
}

fn held(shared: &Shared, hash: PaymentHash, invoice: &Invoice) {
    let (amount_msat, claim_deadline) = (invoice.sum_msat(InvoiceState::Accepted), invoice.claim_deadline());
    let mut live = shared.live();
    let Some(entry) = live.get_mut(&hash) else { return };
    entry.held = Some(Held { amount_msat, claim_deadline, claim_called: false });
    if !entry.said_held {
        entry.said_held = true;
        let amount_msat = msat(amount_msat);
        shared.queue.push(NodeEvent::HtlcHeld { payment_hash: hash, amount_msat, claim_deadline });
    }
}

/// No channel holds more than there is.
pub(super) fn msat(amount_msat: u64) -> Msat {
    Msat::new(amount_msat).unwrap_or(Msat::MAX)
}
