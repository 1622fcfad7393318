//! What the handlers share: the state handed in, and the bounds on how much is done at a time.

use crate::buckets::Buckets;
use crate::problem::{Code, Problem};
use crate::{AppState, HttpLimits, Policy};
use engine::Engine;
use ids::{AccountId, PurchaseId, UnixMs};
use ports::{AggregateKind, AggregateRef, StoredAggregate};
use purchase::{Purchase, Refund};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub state: AppState,
    pub per_ip: Buckets<IpAddr>,
    pub per_account: Buckets<AccountId>,
    /// Log-ins, registrations and recoveries of one address.
    pub per_secret: Buckets<IpAddr>,
    pub requests: Arc<Semaphore>,
    pub passwords: Semaphore,
    pub streams: Arc<Semaphore>,
    streams_of: Mutex<HashMap<AccountId, usize>>,
    pub readiness: crate::health::Cached,
    pub chain_fees: crate::chain_fees::Cached,
    /// Log-ins that wait for a wallet.
    pub challenges: crate::lnurl::auth::Challenges,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub fn new(state: AppState) -> Self {
        let http = state.policy.http.clone();
        Self(Arc::new(Inner {
            per_ip: Buckets::new(http.per_ip),
            per_account: Buckets::new(http.per_account),
            per_secret: Buckets::new(http.per_secret),
            requests: Arc::new(Semaphore::new(http.requests_max)),
            passwords: Semaphore::new(http.passwords_max.max(1)),
            streams: Arc::new(Semaphore::new(http.streams_max)),
            streams_of: Mutex::default(),
            readiness: crate::health::Cached::default(),
            chain_fees: crate::chain_fees::Cached::default(),
            challenges: crate::lnurl::auth::Challenges::default(),
            state,
        }))
    }

    /// Counts a stream of events of an account until the answer is dropped; none if there are too many.
    pub fn stream_of(&self, account: AccountId) -> Option<StreamOfAccount> {
        let mut open = self.streams_of.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(account).or_default();
        if *count >= self.http().streams_of_account_max {
            return None;
        }
        *count += 1;
        Some(StreamOfAccount { app: self.clone(), account })
    }

    /// A purchase of this account with its version; another's is not shown to be there.
    pub async fn purchase_of(&self, id: PurchaseId, account: AccountId) -> Result<(Purchase, u64), Problem> {
        let stored = self.engine().ports().store.load(AggregateRef::from(id)).await?.ok_or(Code::NotFound)?;
        let purchase: Purchase = read(&stored)?;
        if purchase.account != account {
            return Err(Code::NotFound.into());
        }
        Ok((purchase, stored.version))
    }

    /// Newest first.
    pub async fn purchases_of(&self, account: AccountId, page: ListPage) -> Result<Vec<Purchase>, Problem> {
        self.list(AggregateKind::Purchase, account, page).await
    }

    /// Newest first.
    pub async fn all_refunds_of(&self, account: AccountId, page: ListPage) -> Result<Vec<Refund>, Problem> {
        self.list(AggregateKind::Refund, account, page).await
    }

    async fn list<T: DeserializeOwned>(
        &self,
        kind: AggregateKind,
        account: AccountId,
        page: ListPage,
    ) -> Result<Vec<T>, Problem> {
        let store = &self.engine().ports().store;
        let rows = store.list_of_account(kind, account, page.before, page.limit).await?;
        rows.iter().map(read).collect()
    }
}

/// One page of a list.
#[derive(Debug, Clone, Copy)]
pub struct ListPage {
    pub before: Option<UnixMs>,
    pub limit: u32,
}

fn read<T: DeserializeOwned>(stored: &StoredAggregate) -> Result<T, Problem> {
    serde_json::from_str(&stored.state).map_err(|why| Problem::internal(format!("{}: {why}", stored.at)))
}

impl Inner {
    pub fn engine(&self) -> &Arc<Engine> {
        &self.state.engine
    }

    pub fn policy(&self) -> &Policy {
        &self.state.policy
    }

    pub fn http(&self) -> &HttpLimits {
        &self.state.policy.http
    }

    pub fn now(&self) -> UnixMs {
        self.state.engine.ports().clock.now()
    }
}

/// An open stream of events.
pub struct StreamOfAccount {
    app: App,
    account: AccountId,
}

impl Drop for StreamOfAccount {
    fn drop(&mut self) {
        let mut open = self.app.streams_of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.account);
            }
        }
    }
}

/// Runs work to its end although the client goes away: a step that was committed is followed up at once, not when its
/// lease ends. A panic in it is a problem of ours.
pub async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, Problem> {
    tokio::spawn(work).await.map_err(Problem::internal)
}
