//! ldk-node's events and this crate's own, one at a time, until acknowledged.
//!
//! Invariant: `event_handled` is called for what the engine has stored, and for what is none of its business, never
//! before. What an event says of a hold or a send is in the table before the event is given out, and on the disk
//! before it is acknowledged.

use super::node::{EmbeddedNode, Gone, Shared};
use super::port::STOPPED;
use super::table::{HoldRow, HoldState, SendState, Sync, TableResult};
use super::watch;
use ids::PaymentHash;
use ldk_node::Event;
use ldk_node::lightning::events::PaymentFailureReason;
use money::Msat;
use ports::{NodeEvent, Outcome, Preimage};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Pause after a failed write to the table; the event waits.
const RETRY: Duration = Duration::from_secs(1);
/// An HTLC that arrives with fewer blocks than this to hold it is worth a line in the log. An invoice with a final
/// CLTV of 80 gives at least 42.
const BLOCKS_TO_HOLD_MIN: u32 = 42;

/// Where the event that is being delivered came from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Node,
    Table(PaymentHash),
}

/// The one event that is out.
#[derive(Default)]
pub(super) struct Delivery {
    out: Mutex<Option<(Source, NodeEvent)>>,
}

impl Delivery {
    fn lock(&self) -> MutexGuard<'_, Option<(Source, NodeEvent)>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Option<NodeEvent> {
        self.lock().as_ref().map(|(_, event)| event.clone())
    }

    fn set(&self, source: Source, event: NodeEvent) -> NodeEvent {
        *self.lock() = Some((source, event.clone()));
        event
    }

    /// Nothing can be acknowledged any more.
    pub fn close(&self) {
        *self.lock() = None;
    }
}

impl EmbeddedNode {
    pub(super) async fn wait_for_event(&self) -> NodeEvent {
        let shared = &self.shared;
        loop {
            if let Some(event) = shared.delivery.current() {
                return event;
            }
            // Returns first: ldk-node may already have the next hold of the same hash.
            match shared.blocking(|shared| shared.table.untold()).await {
                Ok(Ok(Some(hash))) => {
                    return shared.delivery.set(Source::Table(hash), NodeEvent::HtlcReturned { payment_hash: hash });
                }
                Ok(Ok(None)) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "the table of holds cannot be read");
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
                // There will be no events any more.
                Err(Gone::Stopped) => std::future::pending().await,
                Err(Gone::Panicked) => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
            }
            let event = tokio::select! {
                biased;
                () = shared.returned.notified() => continue,
                event = shared.node.next_event_async() => event,
            };
            match shared.blocking(move |shared| take_in(shared, event)).await {
                Ok(Ok(Taken::In(event))) => return shared.delivery.set(Source::Node, event),
                Ok(Ok(Taken::NotOurs)) => drop(shared.blocking(|shared| shared.node.event_handled()).await),
                Ok(Ok(Taken::ReturnFirst)) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "an event of the node cannot be written");
                    tokio::time::sleep(RETRY).await;
                }
                Err(Gone::Stopped) => std::future::pending().await,
                Err(Gone::Panicked) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    pub(super) async fn acknowledge(&self) -> Outcome<()> {
        let Some((source, _)) = self.shared.delivery.lock().clone() else {
            return Outcome::Done(());
        };
        let told = source.clone();
        let done = self
            .shared
            .blocking(move |shared| match told {
                Source::Node => {
                    shared.table.sync().map_err(|error| error.to_string())?;
                    shared.node.event_handled().map_err(|error| error.to_string())
                }
                Source::Table(hash) => shared.table.told(&hash).map_err(|error| error.to_string()),
            })
            .await;
        match done {
            Ok(Ok(())) => {
                let mut out = self.shared.delivery.lock();
                if out.as_ref().is_some_and(|(current, _)| *current == source) {
                    *out = None;
                }
                Outcome::Done(())
            }
            Ok(Err(why)) => Outcome::Unknown(why),
            Err(Gone::Stopped) => Outcome::NotSent(STOPPED.to_owned()),
            Err(Gone::Panicked) => Outcome::Unknown("the node did not answer".to_owned()),
        }
    }
}

/// What to do with an event of ldk-node.
enum Taken {
    /// It is in the table; now give it out.
    In(NodeEvent),
    /// The engine has no business with it.
    NotOurs,
    /// An earlier hold of the same hash was returned, and that has to be told before.
    ReturnFirst,
}

/// Writes what an event says.
fn take_in(shared: &Shared, event: Event) -> TableResult<Taken> {
    match event {
        Event::PaymentClaimable { payment_hash, claimable_amount_msat, claim_deadline, .. } => {
            let hash = PaymentHash(payment_hash.0);
            shared.deciding(&hash, |shared| held(shared, hash, claimable_amount_msat, claim_deadline))
        }
        Event::PaymentReceived { payment_hash, amount_msat, .. } => {
            let hash = PaymentHash(payment_hash.0);
            shared.deciding(&hash, |shared| claimed(shared, hash, amount_msat)).map(Taken::In)
        }
        Event::PaymentSuccessful { payment_hash, payment_preimage, fee_paid_msat, .. } => {
            let hash = PaymentHash(payment_hash.0);
            let fee_msat = fee_paid_msat.unwrap_or(0);
            if let Some(preimage) = payment_preimage {
                let end = SendState::Succeeded { preimage: Preimage(preimage.0), fee_msat };
                shared.table.end_send(&hash, &end, Sync::Later)?;
            }
            Ok(Taken::In(NodeEvent::SendSucceeded { payment_hash: hash, fee_msat: msat(fee_msat) }))
        }
        Event::PaymentFailed { payment_id, payment_hash, reason } => {
            // A BOLT 11 send's id is its hash.
            let hash = payment_hash.map(|hash| hash.0).or(payment_id.map(|id| id.0));
            let Some(hash) = hash.map(PaymentHash) else { return Ok(Taken::NotOurs) };
            let reason = why(reason).to_owned();
            shared.table.end_send(&hash, &SendState::Failed { reason: reason.clone() }, Sync::Later)?;
            Ok(Taken::In(NodeEvent::SendFailed { payment_hash: hash, reason }))
        }
        Event::ChannelClosed { channel_id, counterparty_node_id, reason, .. } => {
            let reason = reason.map_or_else(|| "not said".to_owned(), |reason| reason.to_string());
            let peer = counterparty_node_id.map(|id| id.to_string()).unwrap_or_default();
            tracing::warn!(%channel_id, peer, reason, "a channel was closed");
            Ok(Taken::NotOurs)
        }
        Event::ChannelPending { channel_id, .. } => {
            tracing::info!(%channel_id, "a channel waits for its funding to confirm");
            Ok(Taken::NotOurs)
        }
        Event::ChannelReady { channel_id, .. } => {
            tracing::info!(%channel_id, "a channel is ready");
            Ok(Taken::NotOurs)
        }
        Event::PaymentForwarded { .. } | Event::SplicePending { .. } | Event::SpliceFailed { .. } => Ok(Taken::NotOurs),
    }
}

fn held(shared: &Shared, hash: PaymentHash, amount_msat: u64, claim_deadline: Option<u32>) -> TableResult<Taken> {
    tracing::debug!(%hash, amount_msat, "an HTLC has arrived");
    let height = shared.height();
    // Without a deadline, which LDK has given since 0.0.115, there is no time to hold.
    let claim_deadline = claim_deadline.unwrap_or(height);
    let before = shared.table.hold(&hash)?;
    if before.as_ref().is_some_and(|row| row.state == HoldState::Claimed) || watch::is_claimed(shared, &hash) {
        // Said again after a restart, of a hold that was claimed since. A new HTLC for a claimed hash ldk-node refuses.
        return Ok(Taken::NotOurs);
    }
    if before.as_ref().is_some_and(|row| row.untold) {
        return Ok(Taken::ReturnFirst);
    }
    let blocks = claim_deadline.saturating_sub(height);
    if blocks < BLOCKS_TO_HOLD_MIN {
        tracing::warn!(%hash, blocks, "an HTLC arrived with little time to hold it");
    }
    let again = before.as_ref().is_some_and(|row| row.state == HoldState::Held);
    let row = before.unwrap_or(HoldRow {
        hash,
        request: String::new(),
        bolt11: String::new(),
        expires_at_ms: 0,
        state: HoldState::Open,
        amount_msat: 0,
        claim_deadline: 0,
        claim_called: false,
        untold: false,
    });
    // A hold that is still held keeps the mark of its claim: this may be the same event once more.
    let claim_called = again && row.claim_called;
    let row = HoldRow { state: HoldState::Held, amount_msat, claim_deadline, claim_called, untold: false, ..row };
    shared.table.put_hold(&row, Sync::Later)?;
    if !again {
        watch::touch(shared, hash);
    }
    Ok(Taken::In(NodeEvent::HtlcHeld { payment_hash: hash, amount_msat: msat(amount_msat), claim_deadline }))
}

fn claimed(shared: &Shared, hash: PaymentHash, amount_msat: u64) -> TableResult<NodeEvent> {
    tracing::debug!(%hash, amount_msat, "a claim is confirmed");
    if let Some(row) = shared.table.hold(&hash)? {
        let row = HoldRow { state: HoldState::Claimed, amount_msat, untold: false, ..row };
        shared.table.put_hold(&row, Sync::Later)?;
    }
    shared.touched().remove(&hash);
    Ok(NodeEvent::HtlcClaimed { payment_hash: hash, amount_msat: msat(amount_msat) })
}

/// LDK's amounts are below 21 million bitcoin: no channel can hold more.
pub(super) fn msat(amount_msat: u64) -> Msat {
    Msat::new(amount_msat).unwrap_or(Msat::MAX)
}

const fn why(reason: Option<PaymentFailureReason>) -> &'static str {
    match reason {
        Some(PaymentFailureReason::RecipientRejected) => "recipient_rejected",
        Some(PaymentFailureReason::UserAbandoned) => "abandoned",
        Some(PaymentFailureReason::RetriesExhausted) => "retries_exhausted",
        Some(PaymentFailureReason::PaymentExpired) => "invoice_expired",
        Some(PaymentFailureReason::RouteNotFound) => "no_route",
        Some(_) => "other",
        None => "unknown",
    }
}
