//! Events in the order in which they were seen, one at a time, until acknowledged.
//!
//! The queue is in memory: what is in it follows from the table and from what LND says, and is put there again after a
//! restart. The table changes when an event is acknowledged, so nothing is forgotten before the engine has stored it.

use super::node::Shared;
use ports::{NodeEvent, Outcome};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Queue {
    events: Mutex<Waiting>,
    more: Notify,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<NodeEvent>,
    /// The first was given out.
    out: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn push(&self, event: NodeEvent) {
        self.lock().events.push_back(event);
        self.more.notify_one();
    }

    pub async fn next(&self) -> NodeEvent {
        loop {
            {
                let mut waiting = self.lock();
                if let Some(event) = waiting.events.front().cloned() {
                    waiting.out = true;
                    return event;
                }
            }
            self.more.notified().await;
        }
    }

    fn given_out(&self) -> Option<NodeEvent> {
        let waiting = self.lock();
        waiting.events.front().filter(|_| waiting.out).cloned()
    }

    /// Only one task takes events, so the first is still the one that was written down.
    fn drop_first(&self) {
        let mut waiting = self.lock();
        waiting.events.pop_front();
        waiting.out = false;
    }
}

impl Shared {
    pub async fn acknowledge(self: &std::sync::Arc<Self>) -> Outcome<()> {
        let Some(event) = self.queue.given_out() else { return Outcome::Done(()) };
        let written = self
            .with_table(move |table| match event {
                NodeEvent::HtlcHeld { payment_hash, .. } => table.told_held(&payment_hash),
                NodeEvent::HtlcClaimed { payment_hash, .. } | NodeEvent::HtlcReturned { payment_hash } => {
                    table.end_hold(&payment_hash)
                }
                NodeEvent::SendSucceeded { payment_hash, .. } | NodeEvent::SendFailed { payment_hash, .. } => {
                    table.end_send(&payment_hash)
                }
            })
            .await;
        match written {
            Ok(()) => {
                self.queue.drop_first();
                Outcome::Done(())
            }
            Err(why) => Outcome::Unknown(why),
        }
    }
}
