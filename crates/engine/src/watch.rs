//! Who waits for a change.

use crate::{Engine, EngineError};
use ids::PurchaseId;
use ports::AggregateRef;
use purchase::Purchase;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What was committed last, where it is a purchase.
type Latest = Option<Arc<Purchase>>;

/// Latest commit of each aggregate that somebody watches.
#[derive(Default)]
pub(crate) struct Hub(Mutex<BTreeMap<AggregateRef, watch::Sender<Latest>>>);

/// Changes of one aggregate from now on.
pub struct Changes(watch::Receiver<Latest>);

impl Changes {
    /// Waits for the next commit; false when the engine is gone.
    pub async fn next(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }

    /// The purchase as of the last commit, where the commit was its own.
    fn latest(&self) -> Latest {
        self.0.borrow().clone()
    }
}

impl Hub {
    pub fn subscribe(&self, at: AggregateRef) -> Changes {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, sender| sender.receiver_count() > 0);
        Changes(map.entry(at).or_insert_with(|| watch::channel(None).0).subscribe())
    }

    /// Called in the order of the commits; `latest` only if somebody watches.
    pub fn changed(&self, at: AggregateRef, latest: impl FnOnce() -> Latest) {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = map.get(&at) {
            sender.send_replace(latest());
        }
    }
}

impl Engine {
    /// Tells of each later commit of this aggregate. Subscribe first, then load.
    pub fn subscribe(&self, at: impl Into<AggregateRef>) -> Changes {
        self.watch.subscribe(at.into())
    }

    /// Waits for the next change of a purchase. `None` when the engine is gone.
    pub(crate) async fn changed(
        &self,
        id: PurchaseId,
        changes: &mut Changes,
    ) -> Result<Option<Arc<Purchase>>, EngineError> {
        if !changes.next().await {
            return Ok(None);
        }
        match changes.latest() {
            Some(latest) => Ok(Some(latest)),
            None => Ok(Some(Arc::new(self.purchase(id).await?.ok_or(EngineError::NotFound)?))),
        }
    }
}
