//! What became of each invoice that the wallet pays, from the node's events.

use std::collections::HashMap;
use std::sync::Arc;

use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::payment::{PaymentKind, PaymentStatus};
use ldk_node::{Event, Node};
use tokio::sync::watch;

/// How paying an invoice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The payee claimed it; the preimage is the receipt.
    Succeeded { preimage: [u8; 32], fee_msat: u64 },
    /// It came back; nothing was taken.
    Failed { reason: String },
}

/// By hash: `None` while it is under way.
type Outcomes = HashMap<[u8; 32], Option<Outcome>>;

/// What the node's events have said so far.
#[derive(Debug)]
pub(super) struct Journal {
    outcomes: watch::Sender<Outcomes>,
    /// Reasons for which channels ended, by the wallet's id of the channel.
    closed: watch::Sender<HashMap<u128, String>>,
    /// Millisatoshis received, by hash.
    received: watch::Sender<HashMap<[u8; 32], u64>>,
}

impl Journal {
    pub fn new() -> Self {
        Self {
            outcomes: watch::Sender::new(HashMap::new()),
            closed: watch::Sender::new(HashMap::new()),
            received: watch::Sender::new(HashMap::new()),
        }
    }

    /// A new try: what an earlier one came to no longer counts.
    pub fn begin(&self, hash: [u8; 32]) {
        self.outcomes.send_modify(|outcomes| {
            outcomes.insert(hash, None);
        });
    }

    /// The try could not even be sent.
    pub fn abandon(&self, hash: [u8; 32], before: Option<Option<Outcome>>) {
        self.outcomes.send_modify(|outcomes| match before {
            Some(before) => {
                outcomes.insert(hash, before);
            }
            None => {
                outcomes.remove(&hash);
            }
        });
    }

    /// What is known of a hash in this process.
    pub fn known(&self, hash: &[u8; 32]) -> Option<Option<Outcome>> {
        self.outcomes.borrow().get(hash).cloned()
    }

    pub fn subscribe(&self) -> watch::Receiver<Outcomes> {
        self.outcomes.subscribe()
    }

    /// Why a channel ended, if it has.
    pub fn closed(&self, user_channel_id: u128) -> Option<String> {
        self.closed.borrow().get(&user_channel_id).cloned()
    }

    pub fn subscribe_received(&self) -> watch::Receiver<HashMap<[u8; 32], u64>> {
        self.received.subscribe()
    }

    fn record(&self, event: Event) {
        let ended = |hash: [u8; 32], outcome: Outcome| {
            self.outcomes.send_modify(|outcomes| {
                outcomes.insert(hash, Some(outcome));
            });
        };
        match event {
            Event::PaymentSuccessful { payment_hash, payment_preimage, fee_paid_msat, .. } => {
                // Absent only in events of versions before 0.5.
                let preimage = payment_preimage.map_or([0; 32], |preimage| preimage.0);
                let fee_msat = fee_paid_msat.unwrap_or(0);
                ended(payment_hash.0, Outcome::Succeeded { preimage, fee_msat });
            }
            Event::PaymentFailed { payment_hash: Some(hash), reason, .. } => {
                let reason = reason.map_or("unknown".to_owned(), |reason| format!("{reason:?}"));
                ended(hash.0, Outcome::Failed { reason });
            }
            Event::ChannelClosed { user_channel_id, reason, .. } => {
                let reason = reason.map_or("unknown".to_owned(), |reason| reason.to_string());
                tracing::info!(%reason, "the payer's channel is closed");
                self.closed.send_modify(|closed| {
                    closed.insert(user_channel_id.0, reason);
                });
            }
            Event::PaymentReceived { payment_hash, amount_msat, .. } => {
                self.received.send_modify(|received| {
                    received.insert(payment_hash.0, amount_msat);
                });
            }
            _ => {}
        }
    }
}

/// Takes the node's events until told to stop; each is acknowledged once it is in the journal.
pub(super) async fn follow(node: Arc<Node>, journal: Arc<Journal>, mut stop: watch::Receiver<bool>) {
    loop {
        let event = tokio::select! {
            event = node.next_event_async() => event,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        journal.record(event);
        let node = Arc::clone(&node);
        let handled = tokio::task::spawn_blocking(move || node.event_handled()).await;
        if !matches!(handled, Ok(Ok(()))) {
            tracing::error!("the payer's wallet cannot store that it handled an event");
            return;
        }
    }
}

/// What the node's own store says of a hash: for what ended before this process started.
pub(super) fn stored(node: &Node, hash: &[u8; 32]) -> Option<Outcome> {
    let details = node.payment(&PaymentId(*hash))?;
    match (details.status, details.kind) {
        (PaymentStatus::Succeeded, PaymentKind::Bolt11 { preimage: Some(preimage), .. }) => {
            let fee_msat = details.fee_paid_msat.unwrap_or(0);
            Some(Outcome::Succeeded { preimage: preimage.0, fee_msat })
        }
        (PaymentStatus::Failed, _) => Some(Outcome::Failed { reason: "before the wallet was started".to_owned() }),
        _ => None,
    }
}
