//! The model store: rows in maps, all rules of [`ports::Store`], writes that fail when told to.

use crate::fault::{Fault, Site};
use crate::shared::Shared;
use async_trait::async_trait;
use ids::{AccountId, UnixMs};
use ports::{
    AggregateKind, AggregateRef, BalanceRow, Commit, EffectRow, EntryRow, EventRow, GiveBack, Lookup, Page,
    ReservationChange, ReservedRow, Store, StoreError, StoredAggregate, TimerChange, TimerRow,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An outbox row with what the engine does not see of it.
#[derive(Clone)]
pub struct OutboxRow {
    pub row: EffectRow,
    pub not_before: u64,
    pub leased_until: u64,
    pub priority: u8,
}

impl OutboxRow {
    fn ready_at(&self) -> u64 {
        self.not_before.max(self.leased_until)
    }
}

/// All rows; the auditor reads them.
#[derive(Clone, Default)]
pub struct Rows {
    pub aggregates: BTreeMap<AggregateRef, StoredAggregate>,
    pub events: BTreeMap<AggregateRef, Vec<EventRow>>,
    pub entries: Vec<(AggregateRef, EntryRow)>,
    pub outbox: BTreeMap<String, OutboxRow>,
    pub timers: BTreeMap<(AggregateRef, String), u64>,
    pub reservations: BTreeMap<(String, AggregateRef), (u64, GiveBack)>,
    pub settings: BTreeMap<String, String>,
    /// Timers that a look from before still sees: told once more.
    pub seen_before: Vec<TimerRow>,
    effect_keys: BTreeSet<String>,
    inbox: BTreeSet<String>,
    /// Numbers the commits; part of a posting's name.
    pub commits: u64,
    /// (commit, posting) of each line of `entries`.
    pub postings: Vec<(u64, u32)>,
}

/// Survives every crash.
#[derive(Clone)]
pub struct ModelStore {
    rows: Arc<Mutex<Rows>>,
    shared: Shared,
}

impl ModelStore {
    pub fn new(shared: Shared) -> Self {
        Self { rows: Arc::default(), shared }
    }

    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the engine has something to do next.
    pub fn next_due_ms(&self) -> Option<u64> {
        let rows = self.rows();
        rows.timers.values().copied().chain(rows.outbox.values().map(OutboxRow::ready_at)).min()
    }

    async fn write<T: Send>(
        &self,
        name: &'static str,
        act: impl FnOnce(&mut Rows) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        let fault = self.shared.arrive(Site::Write(name));
        match fault {
            None => act(&mut self.rows()),
            Some(Fault::UnknownDone) => {
                act(&mut self.rows())?;
                Err(StoreError::Unknown("planned".to_owned()))
            }
            Some(Fault::UnknownNotDone) => Err(StoreError::Unknown("planned".to_owned())),
            Some(Fault::CrashBefore) => self.shared.die().await,
            Some(Fault::CrashAfter) => {
                act(&mut self.rows())?;
                self.shared.die().await
            }
            Some(_) => Err(StoreError::NotWritten("planned".to_owned())),
        }
    }
}

/// Checks everything first, so that a refused commit leaves no trace.
fn check(rows: &Rows, c: &Commit) -> Result<(), StoreError> {
    let version = rows.aggregates.get(&c.at).map_or(0, |a| a.version);
    if version != c.expected_version {
        return Err(StoreError::Conflict);
    }
    if c.inbox.as_ref().is_some_and(|key| rows.inbox.contains(key)) {
        return Err(StoreError::Duplicate);
    }
    for other in rows.aggregates.values().filter(|a| a.at.kind == c.at.kind && a.at != c.at) {
        if let Some(hash) = c.index.payment_hashes.iter().find(|h| other.index.payment_hashes.contains(h)) {
            return Err(StoreError::Taken(hash.to_string()));
        }
        if let Some(card) = c.index.cards.iter().find(|card| other.index.cards.contains(card)) {
            return Err(StoreError::Taken(card.clone()));
        }
    }
    if let Some(effect) = c.effects.iter().find(|e| rows.effect_keys.contains(&e.key)) {
        return Err(StoreError::Taken(effect.key.clone()));
    }
    let mut sums: BTreeMap<(u32, &str, &str), i64> = BTreeMap::new();
    for e in &c.entries {
        *sums.entry((e.posting, &e.asset, &e.layer)).or_default() += e.amount;
    }
    if sums.values().any(|sum| *sum != 0) {
        return Err(StoreError::Unusable("a posting that does not balance".to_owned()));
    }
    Ok(())
}

fn reserve(rows: &mut Rows, c: &Commit) -> Result<(), StoreError> {
    let mut reservations = rows.reservations.clone();
    for change in &c.reservations {
        match change {
            ReservationChange::Take(take) => {
                let name = &take.resource;
                let sum: u64 = reservations.iter().filter(|((r, _), _)| r == name).map(|(_, (amount, _))| amount).sum();
                if sum + take.amount > take.limit {
                    return Err(StoreError::NoRoom { resource: name.clone() });
                }
                if take.amount > 0 {
                    let taken = reservations.entry((name.clone(), c.at)).or_insert((0, take.give_back));
                    *taken = (taken.0 + take.amount, take.give_back);
                }
            }
            ReservationChange::GiveBack { resource } => {
                reservations.remove(&(resource.clone(), c.at));
            }
            ReservationChange::End(rule) => reservations.retain(|(_, at), (_, is)| *at != c.at || is != rule),
        }
    }
    rows.reservations = reservations;
    Ok(())
}

fn apply(rows: &mut Rows, c: Commit) -> Result<(), StoreError> {
    check(rows, &c)?;
    reserve(rows, &c)?;
    rows.commits += 1;
    let version = c.expected_version + c.events.len() as u64;
    let log = rows.events.entry(c.at).or_default();
    for body in c.events {
        log.push(EventRow { version: log.len() as u64 + 1, body, at: c.now });
    }
    rows.aggregates.insert(c.at, StoredAggregate { at: c.at, version, state: c.state, index: c.index });
    rows.inbox.extend(c.inbox);
    for e in c.effects {
        rows.effect_keys.insert(e.key.clone());
        let row = EffectRow { key: e.key.clone(), at: c.at, body: e.body, attempts: 0, created_at: c.now };
        let (not_before, leased_until) = (e.not_before.0, e.leased_until.0);
        rows.outbox.insert(e.key, OutboxRow { row, not_before, leased_until, priority: e.priority });
    }
    if let Some(key) = c.finished_effect {
        rows.outbox.remove(&key);
    }
    for timer in c.timers {
        match timer {
            TimerChange::Set { name, due_at } => rows.timers.insert((c.at, name), due_at.0),
            TimerChange::Cancel { name } => rows.timers.remove(&(c.at, name)),
            TimerChange::CancelDue { name, due_at } => {
                let key = (c.at, name);
                let same = rows.timers.get(&key) == Some(&due_at.0);
                same.then(|| rows.timers.remove(&key)).flatten()
            }
        };
    }
    let commit = rows.commits;
    rows.postings.extend(c.entries.iter().map(|e| (commit, e.posting)));
    rows.entries.extend(c.entries.into_iter().map(|e| (c.at, e)));
    Ok(())
}

#[async_trait]
impl Store for ModelStore {
    async fn load(&self, at: AggregateRef) -> Result<Option<StoredAggregate>, StoreError> {
        Ok(self.rows().aggregates.get(&at).cloned())
    }

    async fn find(&self, kind: AggregateKind, lookup: Lookup) -> Result<Option<AggregateRef>, StoreError> {
        let rows = self.rows();
        let found = rows.aggregates.values().find(|a| {
            a.at.kind == kind
                && match &lookup {
                    Lookup::PaymentHash(hash) => a.index.payment_hashes.contains(hash),
                    Lookup::Card(card) => a.index.cards.contains(card),
                }
        });
        Ok(found.map(|a| a.at))
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let line = commit.events.first().map(|e| format!("   {} {}", commit.at.kind.name(), brief(e, &commit)));
        let before = self.rows().commits;
        let done = self.write("commit", |rows| apply(rows, commit)).await;
        if let Some(line) = line.filter(|_| self.rows().commits > before) {
            self.shared.note(line);
        }
        done
    }

    async fn inbox_has(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.rows().inbox.contains(key))
    }

    async fn lease_effects(&self, now: UnixMs, until: UnixMs, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        let mut rows = self.rows();
        let mut due: Vec<&mut OutboxRow> = rows.outbox.values_mut().filter(|r| r.ready_at() <= now.0).collect();
        due.sort_by_key(|r| (r.priority, r.row.created_at, r.row.key.clone()));
        due.truncate(limit as usize);
        Ok(due
            .into_iter()
            .map(|r| {
                r.leased_until = until.0;
                r.row.clone()
            })
            .collect())
    }

    async fn end_leases(&self) -> Result<(), StoreError> {
        self.rows().outbox.values_mut().for_each(|r| r.leased_until = 0);
        Ok(())
    }

    async fn postpone_effect(&self, key: &str, at: UnixMs, _error: &str) -> Result<(), StoreError> {
        self.write("postpone_effect", |rows| {
            if let Some(r) = rows.outbox.get_mut(key) {
                r.row.attempts += 1;
                r.not_before = at.0;
                r.leased_until = 0;
            }
            Ok(())
        })
        .await
    }

    async fn finish_effect(&self, key: &str) -> Result<(), StoreError> {
        self.write("finish_effect", |rows| {
            rows.outbox.remove(key);
            Ok(())
        })
        .await
    }

    async fn effects_of(&self, at: AggregateRef) -> Result<Vec<EffectRow>, StoreError> {
        Ok(self.rows().outbox.values().filter(|r| r.row.at == at).map(|r| r.row.clone()).collect())
    }

    async fn due_timers(&self, now: UnixMs, limit: u32) -> Result<Vec<TimerRow>, StoreError> {
        let mut rows = self.rows();
        let seen_before = std::mem::take(&mut rows.seen_before);
        let mut due: Vec<TimerRow> = rows
            .timers
            .iter()
            .filter(|(_, due)| **due <= now.0)
            .map(|((at, name), due)| TimerRow { at: *at, name: name.clone(), due_at: UnixMs(*due) })
            .collect();
        due.sort_by_key(|timer| timer.due_at);
        due.truncate(limit as usize);
        due.extend(seen_before);
        Ok(due)
    }

    async fn next_due(&self) -> Result<Option<UnixMs>, StoreError> {
        Ok(self.next_due_ms().map(UnixMs))
    }

    async fn events(&self, at: AggregateRef) -> Result<Vec<EventRow>, StoreError> {
        Ok(self.rows().events.get(&at).cloned().unwrap_or_default())
    }

    async fn entries(&self, at: AggregateRef) -> Result<Vec<EntryRow>, StoreError> {
        Ok(self.rows().entries.iter().filter(|(of, _)| *of == at).map(|(_, e)| e.clone()).collect())
    }

    async fn list(
        &self,
        kind: AggregateKind,
        open_only: bool,
        parked_only: bool,
        page: Page,
    ) -> Result<Vec<StoredAggregate>, StoreError> {
        let rows = self.rows();
        let wanted = rows.aggregates.values().filter(|a| {
            let open = !open_only || !a.index.terminal;
            let parked = !parked_only || a.index.parked;
            a.at.kind == kind && open && parked && page.after.is_none_or(|after| a.at.id > after)
        });
        Ok(wanted.take(page.limit as usize).cloned().collect())
    }

    async fn list_of_account(
        &self,
        kind: AggregateKind,
        account: AccountId,
        before: Option<UnixMs>,
        limit: u32,
    ) -> Result<Vec<StoredAggregate>, StoreError> {
        let rows = self.rows();
        let of = |a: &&StoredAggregate| {
            let earlier = before.is_none_or(|before| a.index.created_at < before);
            a.at.kind == kind && a.index.account == Some(account) && earlier
        };
        let mut found: Vec<StoredAggregate> = rows.aggregates.values().filter(of).cloned().collect();
        found.sort_by_key(|a| std::cmp::Reverse(a.index.created_at));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn balances(&self) -> Result<Vec<BalanceRow>, StoreError> {
        let mut sums: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        for (_, e) in &self.rows().entries {
            *sums.entry((e.account.clone(), e.asset.clone(), e.layer.clone())).or_default() += e.amount;
        }
        let row = |((account, asset, layer), amount)| BalanceRow { account, asset, layer, amount };
        Ok(sums.into_iter().map(row).collect())
    }

    async fn reserved(&self, resource: &str) -> Result<u64, StoreError> {
        let rows = self.rows();
        Ok(rows.reservations.iter().filter(|((name, _), _)| name == resource).map(|(_, (amount, _))| amount).sum())
    }

    async fn reserved_under(&self, prefix: &str, limit: u32) -> Result<Vec<ReservedRow>, StoreError> {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for ((name, _), (amount, _)) in &self.rows().reservations {
            if name.starts_with(prefix) {
                *sums.entry(name.clone()).or_default() += amount;
            }
        }
        let mut sums: Vec<_> = sums.into_iter().map(|(resource, amount)| ReservedRow { resource, amount }).collect();
        sums.sort_by(|a, b| b.amount.cmp(&a.amount).then_with(|| a.resource.cmp(&b.resource)));
        sums.truncate(limit as usize);
        Ok(sums)
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.rows().settings.get(name).cloned())
    }

    async fn put_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write("put_setting", |rows| {
            rows.settings.insert(name, value);
            Ok(())
        })
        .await
    }
}

/// The event's word and where it led.
fn brief(event: &str, commit: &Commit) -> String {
    let word = serde_json::from_str::<serde_json::Value>(event)
        .ok()
        .and_then(|v| v.get("event").and_then(|e| e.as_str().map(str::to_owned)))
        .unwrap_or_default();
    format!("{word} -> {}", commit.index.status)
}
