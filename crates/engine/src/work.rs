//! What is to be done next: effects ready to run, timers, postponed rows.

use crate::{Engine, EngineError};
use ids::UnixMs;
use ports::{AggregateKind, EffectRow, TimerRow};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Rows taken from the store at once.
const BATCH: u32 = 64;
/// A postponed effect is looked for at least this often.
const LOOK_MS: u64 = 1_000;

/// Rows leased to this process, most urgent first.
#[derive(Default)]
pub(crate) struct ReadyQueue {
    rows: Mutex<[VecDeque<EffectRow>; 4]>,
    some: Notify,
}

impl ReadyQueue {
    pub fn push(&self, priority: u8, row: EffectRow) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows[usize::from(priority.min(3))].push_back(row);
        drop(rows);
        self.some.notify_one();
    }

    pub fn try_pop(&self) -> Option<EffectRow> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter_mut().find_map(VecDeque::pop_front)
    }

    async fn pop(&self) -> EffectRow {
        loop {
            if let Some(row) = self.try_pop() {
                return row;
            }
            self.some.notified().await;
        }
    }
}

/// When to look for due timers and rows; the store knows which.
#[derive(Default)]
pub(crate) struct WakeTimes {
    at: Mutex<BTreeSet<UnixMs>>,
    sooner: Notify,
}

impl WakeTimes {
    pub fn add(&self, at: UnixMs) {
        let mut times = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let first = times.first().copied();
        times.insert(at);
        drop(times);
        if first.is_none_or(|first| at < first) {
            self.sooner.notify_one();
        }
    }

    fn next(&self) -> Option<UnixMs> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).first().copied()
    }

    fn passed(&self, now: UnixMs) {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).retain(|at| *at > now);
    }
}

impl Engine {
    /// The most urgent effect that is ready; waits for one. Hand it to [`Engine::run_effect`].
    pub async fn next_ready(&self) -> EffectRow {
        self.ready.pop().await
    }

    /// Like [`Engine::next_ready`], without waiting.
    pub fn try_next_ready(&self) -> Option<EffectRow> {
        self.ready.try_pop()
    }

    /// When [`Engine::tick`] has something to do next.
    pub fn next_wake(&self) -> Option<UnixMs> {
        self.timers.next()
    }

    /// Returns when [`Engine::next_wake`] has become earlier.
    pub async fn woken(&self) {
        self.timers.sooner.notified().await;
    }

    /// Runs due timers and makes due rows ready. Call it at [`Engine::next_wake`], and now and then.
    pub async fn tick(&self) -> Result<(), EngineError> {
        let now = self.now();
        self.timers.passed(now);
        loop {
            let due = self.ports.store.due_timers(now, BATCH).await?;
            let full = due.len() == BATCH as usize;
            for timer in due {
                self.run_timer(timer).await?;
            }
            if !full {
                break;
            }
        }
        let leased_until = now.plus_ms(self.config.lease_ms);
        for row in self.ports.store.lease_effects(now, leased_until, BATCH).await? {
            self.ready.push(2, row);
        }
        if let Some(next) = self.ports.store.next_due().await? {
            self.timers.add(UnixMs(next.0.max(now.0 + 1).min(now.plus_ms(LOOK_MS).0.max(now.0 + 1))));
        }
        Ok(())
    }

    async fn run_timer(&self, timer: TimerRow) -> Result<(), EngineError> {
        match timer.at.kind {
            AggregateKind::Purchase => self.purchase_timer(timer).await,
            AggregateKind::Refund => self.refund_timer(timer).await,
        }
    }

    pub(crate) fn now(&self) -> UnixMs {
        self.ports.clock.now()
    }

    /// Look again at `at`.
    pub(crate) async fn postpone(&self, row: &EffectRow, at: UnixMs, why: &str) -> Result<(), EngineError> {
        self.ports.store.postpone_effect(&row.key, at, why).await?;
        self.timers.add(at);
        Ok(())
    }
}

/// Doubled with each attempt, within bounds.
pub(crate) fn backoff_ms(attempts: u32, min_ms: u64, max_ms: u64) -> u64 {
    min_ms.saturating_mul(1u64 << attempts.min(16)).min(max_ms)
}
