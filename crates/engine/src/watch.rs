//! Who waits for a change.

use ports::AggregateRef;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Latest committed version of each aggregate that somebody watches.
#[derive(Default)]
pub(crate) struct Hub(Mutex<BTreeMap<AggregateRef, watch::Sender<u64>>>);

/// Changes of one aggregate from now on.
pub struct Changes(watch::Receiver<u64>);

impl Changes {
    /// Waits for the next commit; false when the engine is gone.
    pub async fn next(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

impl Hub {
    pub fn subscribe(&self, at: AggregateRef) -> Changes {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, sender| sender.receiver_count() > 0);
        Changes(map.entry(at).or_insert_with(|| watch::channel(0).0).subscribe())
    }

    pub fn changed(&self, at: AggregateRef, version: u64) {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = map.get(&at) {
            sender.send_replace(version);
        }
    }
}

impl crate::Engine {
    /// Tells of each later commit of this aggregate. Subscribe first, then load.
    pub fn subscribe(&self, at: impl Into<AggregateRef>) -> Changes {
        self.watch.subscribe(at.into())
    }
}
