//! What the world and its models share: the clock, the books, the plan of faults, the log.
//!
//! Invariant: nothing here knows the engine, and nothing depends on the real time or on chance.

use crate::fault::{Fault, LATE_MS, Plan, Site, VERY_LATE_MS};
use crate::outside::Books;
use ids::UnixMs;
use ports::{Clock, Outcome, Rejection};
use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// Blocks come every ten minutes.
pub const BLOCK_MS: u64 = 600_000;

/// What the books' keeper can look at.
#[derive(Default)]
pub struct Inner {
    pub now: u64,
    pub started: u64,
    pub plan: Plan,
    /// Places in the order in which the run came to them.
    pub sites: Vec<Site>,
    /// Commands that are never answered, and messages that never come, until healed.
    dead: BTreeSet<&'static str>,
    pub crashed: bool,
    pub healed: bool,
    /// Rises with everything that happens.
    pub activity: u64,
    /// Moments that somebody waits for.
    pub waits: BTreeSet<u64>,
    pub log: Vec<String>,
    pub books: Books,
}

impl Inner {
    pub fn note(&mut self, line: impl Into<String>) {
        self.activity += 1;
        let at = self.now - self.started;
        self.log.push(format!("{:>7}.{:03} {}", at / 1_000, at % 1_000, line.into()));
    }

    pub const fn height(&self) -> u32 {
        800_000 + ((self.now - self.started) / BLOCK_MS) as u32
    }
}

/// A handle on all of it.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Inner>>);

impl Shared {
    pub fn new(seed: u64, plan: Plan) -> Self {
        // Any start will do; the seed moves it, so that no test rests on one.
        let started = 1_700_000_000_000 + seed.wrapping_mul(7_919) % 1_000_000_000;
        let inner = Inner { now: started, started, plan, books: Books::new(seed), ..Inner::default() };
        Self(Arc::new(Mutex::new(inner)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now_ms(&self) -> u64 {
        self.lock().now
    }

    pub fn note(&self, line: impl Into<String>) {
        self.lock().note(line);
    }

    /// From now on no command of this name is answered, nor done, until all is healed.
    pub fn silence(&self, name: &'static str) {
        self.lock().dead.insert(name);
    }

    /// All that was never answered is answered from now on, and nothing new goes wrong.
    pub fn heal(&self) {
        let mut inner = self.lock();
        inner.dead.clear();
        inner.healed = true;
        inner.plan = Plan::default();
        inner.note("healed");
    }

    /// Counts a place and says what goes wrong there.
    pub fn arrive(&self, site: Site) -> Option<Fault> {
        let mut inner = self.lock();
        let index = inner.sites.len();
        inner.sites.push(site);
        inner.activity += 1;
        let fault = inner.plan.at(index);
        if let Some(fault) = fault {
            inner.note(format!("!! {fault:?} at {index} {}", site.name()));
            if fault == Fault::Never {
                inner.dead.insert(site.name());
            }
        }
        fault.or_else(|| inner.dead.contains(site.name()).then_some(Fault::Never))
    }

    /// Waits until all is healed.
    pub async fn healed(&self) {
        poll_fn(|_| if self.lock().healed { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Waits on the world's clock.
    pub async fn until(&self, at: u64) {
        self.lock().waits.insert(at);
        poll_fn(|_| if self.lock().now >= at { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// The process is gone; nothing after this runs.
    pub async fn die<T>(&self) -> T {
        self.lock().crashed = true;
        pending().await
    }

    /// A command to the outside.
    pub async fn call<T: Send>(
        &self,
        name: &'static str,
        mut act: impl FnMut(&mut Inner) -> Outcome<T> + Send,
    ) -> Outcome<T> {
        let fault = self.arrive(Site::Call(name));
        match fault {
            None => act(&mut self.lock()),
            Some(Fault::Rejected) => Outcome::Rejected(Rejection::fatal("planned", "refused")),
            Some(Fault::RejectedRetryable) => Outcome::Rejected(Rejection::retryable("planned", "refused for now")),
            Some(Fault::NotSent) => Outcome::NotSent("planned".to_owned()),
            Some(Fault::UnknownNotDone | Fault::Never | Fault::NotWritten) => Outcome::Unknown("planned".to_owned()),
            Some(Fault::UnknownDone) => {
                let _ = act(&mut self.lock());
                Outcome::Unknown("planned".to_owned())
            }
            Some(Fault::Twice) => {
                let _ = act(&mut self.lock());
                act(&mut self.lock())
            }
            Some(Fault::Late | Fault::VeryLate) => {
                let answer = act(&mut self.lock());
                let until = self.now_ms() + delay_ms(fault);
                self.until(until).await;
                answer
            }
            Some(Fault::CrashBefore) => self.die().await,
            Some(Fault::CrashAfter) => {
                let _ = act(&mut self.lock());
                self.die().await
            }
        }
    }
}

/// How much later something comes.
pub const fn delay_ms(fault: Option<Fault>) -> u64 {
    match fault {
        Some(Fault::Late) => LATE_MS,
        Some(Fault::VeryLate) => VERY_LATE_MS,
        _ => 0,
    }
}

impl Clock for Shared {
    fn now(&self) -> UnixMs {
        UnixMs(self.now_ms())
    }
}
