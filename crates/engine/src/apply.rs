//! One event on one aggregate: load, step, commit, under that aggregate's lock.

use crate::{Engine, EngineError, books, reservations};
use ids::{PurchaseId, RefundId, UnixMs};
use ports::{
    AggregateRef, Commit, EffectRow, Index, NewEffect, ReservationChange, StoreError, StoredAggregate, TimerChange,
    TimerRow,
};
use purchase::{
    Event, FORMAT, Purchase, Recorded, Refund, RefundEvent, RefundStep, Rejected, State, Step, Stepped, Timer, step,
    step_refund,
};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Commits tried again after somebody else's, before giving up.
const CONFLICTS_MAX: u32 = 16;

/// One lock per aggregate in use.
#[derive(Default)]
pub(crate) struct Locks(Mutex<BTreeMap<AggregateRef, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    async fn lock(&self, at: AggregateRef) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            map.retain(|_, lock| Arc::strong_count(lock) > 1);
            map.entry(at).or_default().clone()
        };
        lock.lock_owned().await
    }
}

/// The aggregate after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied<T> {
    pub state: T,
    pub version: u64,
    /// False if the event was known already.
    pub changed: bool,
}

/// What goes into the commit beside the step.
#[derive(Debug, Clone, Default)]
pub(crate) struct With {
    pub inbox: Option<String>,
    pub finished_effect: Option<String>,
    pub reservations: Vec<ReservationChange>,
    pub timers: Vec<TimerChange>,
    pub urgent: bool,
}

impl With {
    pub fn inbox(key: String) -> Self {
        Self { inbox: Some(key), ..Self::default() }
    }

    pub fn finished(row: &EffectRow) -> Self {
        Self { finished_effect: Some(row.key.clone()), ..Self::default() }
    }

    pub fn urgent(mut self) -> Self {
        self.urgent = true;
        self
    }
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, EngineError> {
    serde_json::to_string(value).map_err(|e| EngineError::Broken(e.to_string()))
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, EngineError> {
    serde_json::from_str(text).map_err(|e| EngineError::Broken(e.to_string()))
}

/// An event, or how it is made of the purchase as it is: under the lock, so that it need not be loaded twice.
#[derive(Clone, Copy)]
enum Given<'a> {
    Event(&'a Event),
    /// With the name that it will have. Of a purchase that is there.
    Of(&'static str, &'a (dyn Fn(&Purchase) -> Event + Sync)),
}

impl Given<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Event(event) => event.name(),
            Self::Of(name, _) => name,
        }
    }

    fn creates(&self) -> bool {
        matches!(self, Self::Event(Event::Created(_)))
    }

    fn make(&self, before: Option<&Purchase>) -> Result<Cow<'_, Event>, EngineError> {
        match (self, before) {
            (Self::Event(event), Some(_)) => Ok(Cow::Borrowed(event)),
            (Self::Event(event), None) if self.creates() => Ok(Cow::Borrowed(event)),
            (Self::Of(_, make), Some(before)) => Ok(Cow::Owned(make(before))),
            (Self::Event(_) | Self::Of(..), None) => Err(EngineError::NotFound),
        }
    }
}

impl Engine {
    /// The purchase as last committed.
    pub async fn purchase(&self, id: PurchaseId) -> Result<Option<Purchase>, EngineError> {
        let stored = self.ports.store.load(id.into()).await?;
        stored.map(|stored| from_json(&stored.state)).transpose()
    }

    /// The refund as last committed.
    pub async fn refund(&self, id: RefundId) -> Result<Option<Refund>, EngineError> {
        let stored = self.ports.store.load(id.into()).await?;
        stored.map(|stored| from_json(&stored.state)).transpose()
    }

    /// Applies one event. An event that contradicts what we did parks the purchase.
    pub(crate) async fn apply(
        &self,
        id: PurchaseId,
        event: &Event,
        with: With,
    ) -> Result<Applied<Purchase>, EngineError> {
        self.apply_or_park(id, Given::Event(event), with).await
    }

    /// As [`Engine::apply`], with an event that is made of the purchase; `name` is the event's.
    pub(crate) async fn apply_made(
        &self,
        id: PurchaseId,
        name: &'static str,
        make: impl Fn(&Purchase) -> Event + Sync,
        with: With,
    ) -> Result<Applied<Purchase>, EngineError> {
        self.apply_or_park(id, Given::Of(name, &make), with).await
    }

    async fn apply_or_park(
        &self,
        id: PurchaseId,
        given: Given<'_>,
        with: With,
    ) -> Result<Applied<Purchase>, EngineError> {
        match self.try_apply(id, given, with.clone()).await {
            Err(EngineError::Rejected(Rejected::Unexpected(word))) if !given.creates() => {
                tracing::error!(purchase = %id, event = given.name(), reason = word, "parked");
                let reason = format!("{} in the wrong place: {word}", given.name());
                self.try_apply(id, Given::Event(&Event::Parked { reason }), with).await
            }
            other => other,
        }
    }

    async fn try_apply(&self, id: PurchaseId, given: Given<'_>, with: With) -> Result<Applied<Purchase>, EngineError> {
        let at = AggregateRef::from(id);
        let _guard = self.locks.lock(at).await;
        for _ in 0..CONFLICTS_MAX {
            let stored = self.ports.store.load(at).await?;
            let before: Option<Purchase> = stored.as_ref().map(|s| from_json(&s.state)).transpose()?;
            let event = given.make(before.as_ref())?;
            let event = event.as_ref();
            let now = self.now();
            let version = stored.as_ref().map_or(0, |s| s.version);
            match step(before.as_ref(), event, now)? {
                Stepped::AlreadyApplied => {
                    let state = before.ok_or(EngineError::NotFound)?;
                    self.finish_known(&with).await?;
                    return Ok(Applied { state, version, changed: false });
                }
                Stepped::Applied(done) => {
                    let commit = self.purchase_commit(before.as_ref(), &done, event, version, now, &with)?;
                    if self.commit(commit).await? {
                        self.after_purchase_commit(before.as_ref(), &done, now, event);
                        return Ok(Applied { state: done.purchase, version: version + 1, changed: true });
                    }
                }
            }
        }
        Err(EngineError::Store(StoreError::Conflict))
    }

    /// A known message still ends its outbox row. (Its inbox key needs no row: it would be known again.)
    async fn finish_known(&self, with: &With) -> Result<(), EngineError> {
        if let Some(key) = &with.finished_effect {
            self.ports.store.finish_effect(key).await?;
        }
        Ok(())
    }

    /// True: committed. False: load and step again.
    async fn commit(&self, commit: Commit) -> Result<bool, EngineError> {
        match self.ports.store.commit(commit.clone()).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(StoreError::Unknown(why)) => {
                tracing::warn!(aggregate = %commit.at, why, "commit unknown, reading again");
                let stored = self.ports.store.load(commit.at).await?;
                let there = stored.as_ref().is_some_and(|s| {
                    s.version == commit.expected_version + commit.events.len() as u64 && s.state == commit.state
                });
                Ok(there)
            }
            Err(other) => Err(other.into()),
        }
    }

    fn purchase_commit(
        &self,
        before: Option<&Purchase>,
        done: &Step,
        event: &Event,
        version: u64,
        now: UnixMs,
        with: &With,
    ) -> Result<Commit, EngineError> {
        let p = &done.purchase;
        let id = AggregateRef::from(p.id);
        let effects = done
            .effects
            .iter()
            .map(|(sequence, effect)| {
                let pause_ms = crate::effects::first_pause_ms(effect);
                self.new_effect(id, *sequence, to_json(effect)?, effect.priority(), now, pause_ms)
            })
            .collect::<Result<_, EngineError>>()?;
        let mut timers: Vec<TimerChange> =
            done.cancelled_timers.iter().map(|name| TimerChange::Cancel { name: name.clone() }).collect();
        timers.extend(done.timers.iter().map(|t| TimerChange::Set { name: t.name(), due_at: t.due_at() }));
        if let Some(name) = timer_of(event) {
            timers.insert(0, TimerChange::Cancel { name });
        }
        let mut reservations = with.reservations.clone();
        reservations.extend(reservations::after(before, p));
        Ok(Commit {
            at: id,
            expected_version: version,
            state: to_json(p)?,
            index: self.purchase_index(p, now),
            events: vec![to_json(&Recorded { format: FORMAT, at: now, event })?],
            inbox: with.inbox.clone(),
            effects,
            finished_effect: with.finished_effect.clone(),
            timers,
            entries: books::entries(&done.bookings, p.id, &self.place_names())?,
            reservations,
            now,
            urgent: with.urgent,
        })
    }

    fn purchase_index(&self, p: &Purchase, now: UnixMs) -> Index {
        let card = p.card.as_ref().and_then(|card| card.card.as_ref());
        let mut payment_hashes = p.payment_hashes.clone();
        payment_hashes.extend(p.vendor.as_ref().map(|v| v.payment_hash).filter(|h| !p.payment_hashes.contains(h)));
        Index {
            account: Some(p.account),
            status: p.state.name().to_owned(),
            terminal: p.state.terminal(),
            parked: p.parked.is_some(),
            payment_hashes,
            cards: card.map(|card| format!("{}/{card}", self.ports.issuer.name())).into_iter().collect(),
            created_at: p.created_at,
            updated_at: now,
        }
    }

    fn new_effect(
        &self,
        at: AggregateRef,
        sequence: u32,
        body: String,
        priority: u8,
        now: UnixMs,
        pause_ms: u64,
    ) -> Result<NewEffect, EngineError> {
        let not_before = now.plus_ms(pause_ms);
        // An effect that may run at once is leased to this process and run without asking the store again.
        let leased_until = if pause_ms == 0 { now.plus_ms(self.config.lease_ms) } else { now };
        Ok(NewEffect { key: format!("{at}/{sequence}"), body, not_before, priority, leased_until })
    }

    fn after_purchase_commit(&self, before: Option<&Purchase>, done: &Step, now: UnixMs, event: &Event) {
        let p = &done.purchase;
        let at = AggregateRef::from(p.id);
        let from = before.map_or("-", |p| p.state.name());
        tracing::info!(purchase = %p.id, event = event.name(), from, to = p.state.name(), "step");
        for (sequence, effect) in &done.effects {
            let pause_ms = crate::effects::first_pause_ms(effect);
            let Ok(body) = to_json(effect) else { continue };
            self.make_ready(at, *sequence, body, effect.priority(), now, pause_ms);
        }
        for timer in &done.timers {
            self.timers.add(timer.due_at());
        }
        self.holds.note(p);
        self.watch.changed(at, || Some(Arc::new(p.clone())));
    }

    fn make_ready(&self, at: AggregateRef, sequence: u32, body: String, priority: u8, now: UnixMs, pause_ms: u64) {
        if pause_ms > 0 {
            self.timers.add(now.plus_ms(pause_ms));
            return;
        }
        let key = format!("{at}/{sequence}");
        self.ready.push(priority, EffectRow { key, at, body, attempts: 0, created_at: now });
    }

    /// Applies one event to a refund. `Unexpected` parks it.
    pub(crate) async fn apply_refund(
        &self,
        id: RefundId,
        event: &RefundEvent,
        with: With,
    ) -> Result<Applied<Refund>, EngineError> {
        match self.try_apply_refund(id, event, with.clone()).await {
            Err(EngineError::Rejected(Rejected::Unexpected(word))) if !matches!(event, RefundEvent::Opened { .. }) => {
                tracing::error!(refund = %id, event = event.name(), reason = word, "parked");
                let reason = format!("{} in the wrong place: {word}", event.name());
                self.try_apply_refund(id, &RefundEvent::Parked { reason }, with).await
            }
            other => other,
        }
    }

    async fn try_apply_refund(
        &self,
        id: RefundId,
        event: &RefundEvent,
        with: With,
    ) -> Result<Applied<Refund>, EngineError> {
        let at = AggregateRef::from(id);
        let _guard = self.locks.lock(at).await;
        for _ in 0..CONFLICTS_MAX {
            let stored = self.ports.store.load(at).await?;
            let before: Option<Refund> = stored.as_ref().map(|s| from_json(&s.state)).transpose()?;
            if before.is_none() && !matches!(event, RefundEvent::Opened { .. }) {
                return Err(EngineError::NotFound);
            }
            let version = stored.as_ref().map_or(0, |s| s.version);
            let now = self.now();
            let Some(done) = step_refund(before.as_ref(), event, now)? else {
                let state = before.ok_or(EngineError::NotFound)?;
                self.finish_known(&with).await?;
                return Ok(Applied { state, version, changed: false });
            };
            let commit = self.refund_commit(&done, event, version, now, &with)?;
            if self.commit(commit).await? {
                for (sequence, effect) in &done.effects {
                    self.make_ready(at, *sequence, to_json(effect)?, 2, now, 0);
                }
                for timer in &done.timers {
                    self.timers.add(timer.due_at());
                }
                for timer in &with.timers {
                    if let TimerChange::Set { due_at, .. } = timer {
                        self.timers.add(*due_at);
                    }
                }
                tracing::info!(refund = %id, event = event.name(), to = done.refund.state.name(), "step");
                self.watch.changed(at, || None);
                self.watch.changed(done.refund.purchase.into(), || None);
                return Ok(Applied { state: done.refund, version: version + 1, changed: true });
            }
        }
        Err(EngineError::Store(StoreError::Conflict))
    }

    fn refund_commit(
        &self,
        done: &RefundStep,
        event: &RefundEvent,
        version: u64,
        now: UnixMs,
        with: &With,
    ) -> Result<Commit, EngineError> {
        let r = &done.refund;
        let at = AggregateRef::from(r.id);
        let effects = done
            .effects
            .iter()
            .map(|(sequence, effect)| self.new_effect(at, *sequence, to_json(effect)?, 2, now, 0))
            .collect::<Result<_, EngineError>>()?;
        let mut timers: Vec<TimerChange> =
            done.timers.iter().map(|t| TimerChange::Set { name: t.name().to_owned(), due_at: t.due_at() }).collect();
        timers.extend(crate::refunds::extra_timers(event));
        timers.extend(with.timers.iter().cloned());
        Ok(Commit {
            at,
            expected_version: version,
            state: to_json(r)?,
            index: Index {
                account: Some(r.account),
                status: r.state.name().to_owned(),
                terminal: r.state.terminal(),
                parked: r.parked.is_some(),
                payment_hashes: r.payment_hashes.clone(),
                cards: Vec::new(),
                created_at: r.created_at,
                updated_at: now,
            },
            events: vec![to_json(&Recorded { format: FORMAT, at: now, event })?],
            inbox: with.inbox.clone(),
            effects,
            finished_effect: with.finished_effect.clone(),
            timers,
            entries: books::entries(&done.bookings, r.purchase, &self.place_names())?,
            reservations: with.reservations.clone(),
            now,
            urgent: with.urgent,
        })
    }

    pub(crate) async fn purchase_timer(&self, timer: TimerRow) -> Result<(), EngineError> {
        let id = PurchaseId(timer.at.id);
        let Some(event) = Timer::event(&timer.name) else {
            return Err(EngineError::Broken(format!("a timer named {}", timer.name)));
        };
        let applied = self.apply(id, &event, With::default().urgent()).await?;
        if !applied.changed {
            self.drop_timer(timer).await?;
        }
        Ok(())
    }

    /// Ends a timer that means nothing any more, if it is still the one that was seen.
    pub(crate) async fn drop_timer(&self, timer: TimerRow) -> Result<(), EngineError> {
        let TimerRow { at, name, due_at } = timer;
        self.bare_commit(at, vec![TimerChange::CancelDue { name, due_at }], Vec::new()).await
    }

    /// A commit that changes timers or reservations only.
    pub(crate) async fn bare_commit(
        &self,
        at: AggregateRef,
        timers: Vec<TimerChange>,
        reservations: Vec<ReservationChange>,
    ) -> Result<(), EngineError> {
        let _guard = self.locks.lock(at).await;
        let Some(StoredAggregate { version, state, index, .. }) = self.ports.store.load(at).await? else {
            return Ok(());
        };
        let commit = Commit {
            at,
            expected_version: version,
            state,
            index,
            events: Vec::new(),
            inbox: None,
            effects: Vec::new(),
            finished_effect: None,
            timers,
            entries: Vec::new(),
            reservations,
            now: self.now(),
            urgent: false,
        };
        match self.ports.store.commit(commit).await {
            // Tried again with the next tick.
            Ok(()) | Err(StoreError::Conflict | StoreError::Unknown(_)) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }
}

/// The timer that an event is, when it is one: it ends with the commit.
fn timer_of(event: &Event) -> Option<String> {
    match event {
        Event::QuoteExpired => Some(Timer::QUOTE.to_owned()),
        Event::HoldWindowEnded => Some(Timer::HOLD.to_owned()),
        Event::CardOpenEnded => Some(Timer::CARD_OPEN.to_owned()),
        Event::AnswerTimedOut { request_id } => Some(format!("{}{request_id}", Timer::ANSWER)),
        _ => None,
    }
}

/// Is the purchase still waiting for its claim to be confirmed?
pub(crate) fn claiming(p: &Purchase) -> bool {
    p.state == State::Claiming
}
