//! Whether the store can still be used, and what it has done.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

pub(super) const CLOSED: &str = "the database is closed";

/// How much was written, and in how many syncs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Durable commits: one sync each.
    pub groups: u64,
    /// Steps in them.
    pub steps: u64,
}

pub(super) struct Status {
    failure: watch::Sender<Option<String>>,
    groups: AtomicU64,
    steps: AtomicU64,
}

impl Status {
    pub(super) fn new() -> Self {
        Self { failure: watch::Sender::new(None), groups: AtomicU64::new(0), steps: AtomicU64::new(0) }
    }

    pub(super) fn committed(&self, steps: u64) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    pub(super) fn stats(&self) -> Stats {
        Stats { groups: self.groups.load(Ordering::Relaxed), steps: self.steps.load(Ordering::Relaxed) }
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    /// For good. The first reason stays.
    pub(super) fn fail(&self, reason: String) {
        tracing::error!(%reason, "the database cannot be used any more; the process has to end");
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            if first {
                *failure = Some(reason);
            }
            first
        });
    }

    pub(super) fn watch(&self) -> Failed {
        Failed(self.failure.subscribe())
    }
}

/// Tells when the store has failed for good. Then the process has to end: what it holds in memory may be other than
/// what the disk holds, and only a new start reads the disk.
#[derive(Debug, Clone)]
pub struct Failed(watch::Receiver<Option<String>>);

impl Failed {
    /// The reason, as soon as there is one; for ever pending for a store that is closed in order.
    pub async fn wait(&mut self) -> String {
        match self.0.wait_for(Option::is_some).await.map(|reason| reason.clone()) {
            Ok(Some(reason)) => reason,
            _ => std::future::pending().await,
        }
    }

    pub fn now(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}
