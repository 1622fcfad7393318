//! Calls to be made, and timers.

use super::make::*;
use ids::UnixMs;
use ports::{EffectRow, NewEffect, Store, StoreError, TimerChange, TimerRow};
use std::sync::Arc;

async fn with_effects(store: &dyn Store, number: u16, effects: Vec<NewEffect>) {
    let mut commit = first(purchase(number));
    commit.effects = effects;
    put(store, commit).await;
}

async fn leased(store: &dyn Store, now: UnixMs, until: UnixMs) -> Vec<String> {
    let rows = store.lease_effects(now, until, 100).await.expect("a lease");
    rows.into_iter().map(|row| row.key).collect()
}

pub async fn keys_are_unique_for_ever(store: Arc<dyn Store>) {
    with_effects(&*store, 1, vec![effect("one")]).await;
    let again = |number: u16| {
        let mut commit = first(purchase(number));
        commit.effects = vec![effect("two"), effect("one")];
        commit
    };
    assert!(matches!(store.commit(again(2)).await, Err(StoreError::Taken(_))));
    assert_eq!(store.finish_effect("one").await, Ok(()));
    assert!(matches!(store.commit(again(3)).await, Err(StoreError::Taken(_))));
    let mut own = next(purchase(1), 1);
    own.effects = vec![effect("one")];
    assert!(matches!(store.commit(own).await, Err(StoreError::Taken(_))));
    with_effects(&*store, 4, vec![effect("two")]).await;
}

pub async fn priority_then_age(store: Arc<dyn Store>) {
    let priority = |key: &str, priority| NewEffect { priority, ..effect(key) };
    let mut late = first(purchase(1));
    late.now = later(5);
    late.effects = vec![priority("late", 1), priority("late-urgent", 0)];
    put(&*store, late).await;
    with_effects(&*store, 2, vec![priority("slow", 255), priority("b", 1), priority("a", 1)]).await;
    let rows = store.lease_effects(later(9), later(10), 3).await.expect("a lease");
    let late_urgent = EffectRow {
        key: "late-urgent".into(),
        at: purchase(1),
        body: effect("late-urgent").body,
        attempts: 0,
        created_at: later(5),
    };
    assert_eq!(rows[0], late_urgent);
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["late-urgent", "b", "a"]);
    assert_eq!(leased(&*store, later(9), later(10)).await, ["late", "slow"]);
}

pub async fn not_before_and_leases(store: Arc<dyn Store>) {
    with_effects(&*store, 1, vec![NewEffect { not_before: later(10), ..effect("one") }]).await;
    assert!(leased(&*store, later(9), later(20)).await.is_empty());
    assert_eq!(leased(&*store, later(10), later(20)).await, ["one"]);
    assert!(leased(&*store, later(19), later(40)).await.is_empty());
    // The worker is gone: the lease has ended, somebody else may.
    assert_eq!(leased(&*store, later(20), later(40)).await, ["one"]);
}

pub async fn leased_by_the_commit(store: Arc<dyn Store>) {
    with_effects(&*store, 1, vec![NewEffect { leased_until: later(10), ..effect("one") }]).await;
    assert!(leased(&*store, later(9), later(20)).await.is_empty());
    assert_eq!(leased(&*store, later(10), later(20)).await, ["one"]);
}

pub async fn postponed(store: Arc<dyn Store>) {
    with_effects(&*store, 1, vec![effect("one")]).await;
    assert_eq!(leased(&*store, NOW, later(100)).await, ["one"]);
    assert_eq!(store.postpone_effect("one", later(50), "no answer").await, Ok(()));
    assert!(leased(&*store, later(49), later(100)).await.is_empty());
    let rows = store.lease_effects(later(50), later(100), 10).await.expect("a lease");
    assert_eq!(rows.iter().map(|row| (row.key.as_str(), row.attempts)).collect::<Vec<_>>(), [("one", 1)]);
    assert_eq!(store.postpone_effect("nowhere", later(1), "").await, Ok(()));
    assert_eq!(store.finish_effect("one").await, Ok(()));
    assert_eq!(store.postpone_effect("one", NOW, "too late").await, Ok(()));
    assert!(leased(&*store, later(500), later(600)).await.is_empty());
}

pub async fn finished(store: Arc<dyn Store>) {
    with_effects(&*store, 1, vec![effect("one"), effect("two"), effect("three")]).await;
    with_effects(&*store, 2, vec![effect("other")]).await;
    let open = async |number| {
        let rows = store.effects_of(purchase(number)).await.expect("a read");
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert_eq!(open(1).await, ["one", "two", "three"]);
    assert_eq!(store.finish_effect("two").await, Ok(()));
    assert_eq!(open(1).await, ["one", "three"]);
    let mut commit = next(purchase(1), 1);
    commit.finished_effect = Some("one".into());
    put(&*store, commit).await;
    assert_eq!(open(1).await, ["three"]);
    assert_eq!(open(2).await, ["other"]);
    assert_eq!(leased(&*store, NOW, later(9)).await, ["three", "other"]);
    // One that is done already, or was never there, is fine.
    assert_eq!(store.finish_effect("one").await, Ok(()));
    assert_eq!(store.finish_effect("nowhere").await, Ok(()));
    let mut again = next(purchase(1), 2);
    again.finished_effect = Some("one".into());
    put(&*store, again).await;
    assert_eq!(open(1).await, ["three"]);
}

pub async fn leases_end_on_start(store: Arc<dyn Store>) {
    let later_on = NewEffect { not_before: later(50), leased_until: later(900), ..effect("later") };
    with_effects(&*store, 1, vec![effect("one"), later_on]).await;
    assert_eq!(leased(&*store, NOW, later(900)).await, ["one"]);
    assert_eq!(store.end_leases().await, Ok(()));
    assert_eq!(leased(&*store, later(1), later(900)).await, ["one"]);
    assert_eq!(leased(&*store, later(50), later(900)).await, ["later"]);
}

pub async fn timers(store: Arc<dyn Store>) {
    let mut commit = first(purchase(1));
    commit.timers = vec![timer("quote", later(30)), timer("hold", later(20)), timer("claim", later(40))];
    put(&*store, commit).await;
    let mut commit = first(refund(1));
    commit.timers = vec![timer("hold", later(25))];
    put(&*store, commit).await;
    let due = async |now, limit| store.due_timers(now, limit).await.expect("a read");
    assert_eq!(due(later(19), 10).await, []);
    let row = |at, name: &str, due_at| TimerRow { at, name: name.into(), due_at };
    let hold = row(purchase(1), "hold", later(20));
    let refund_hold = row(refund(1), "hold", later(25));
    let quote = row(purchase(1), "quote", later(30));
    assert_eq!(due(later(30), 10).await, [hold.clone(), refund_hold.clone(), quote.clone()]);
    assert_eq!(due(later(30), 2).await, [hold.clone(), refund_hold.clone()]);
    // Reading does not take them; setting replaces, cancelling removes, and only of the same record.
    let mut commit = next(purchase(1), 1);
    commit.timers = vec![
        timer("hold", later(35)),
        TimerChange::Cancel { name: "quote".into() },
        TimerChange::Cancel { name: "never set".into() },
    ];
    put(&*store, commit).await;
    assert_eq!(due(later(35), 10).await, [refund_hold, row(purchase(1), "hold", later(35))]);
}

/// Who looks at a timer and finds that it means nothing may find a new one of that name when ending it.
pub async fn a_timer_that_was_set_again_is_not_ended(store: Arc<dyn Store>) {
    let at = purchase(1);
    let mut commit = first(at);
    commit.timers = vec![timer("quote", later(10))];
    put(&*store, commit).await;
    let seen = TimerChange::CancelDue { name: "quote".into(), due_at: later(10) };
    let mut commit = next(at, 1);
    commit.timers = vec![timer("quote", later(20))];
    put(&*store, commit).await;
    let mut commit = next(at, 2);
    commit.timers = vec![seen];
    put(&*store, commit).await;
    let row = TimerRow { at, name: "quote".into(), due_at: later(20) };
    assert_eq!(store.due_timers(later(20), 10).await, Ok(vec![row]));
    let mut commit = next(at, 3);
    commit.timers = vec![TimerChange::CancelDue { name: "quote".into(), due_at: later(20) }];
    put(&*store, commit).await;
    assert_eq!(store.due_timers(later(20), 10).await, Ok(vec![]));
}

pub async fn next_due(store: Arc<dyn Store>) {
    let mut commit = first(purchase(1));
    commit.timers = vec![timer("hold", later(100))];
    commit.effects = vec![NewEffect { not_before: later(50), ..effect("one") }];
    put(&*store, commit).await;
    assert_eq!(store.next_due().await, Ok(Some(later(50))));
    // Leased: due again when the lease ends, should the worker be gone by then.
    assert_eq!(leased(&*store, later(50), later(80)).await, ["one"]);
    assert_eq!(store.next_due().await, Ok(Some(later(80))));
    assert_eq!(store.postpone_effect("one", later(150), "").await, Ok(()));
    assert_eq!(store.next_due().await, Ok(Some(later(100))));
    let mut commit = next(purchase(1), 1);
    commit.timers = vec![TimerChange::Cancel { name: "hold".into() }];
    put(&*store, commit).await;
    assert_eq!(store.next_due().await, Ok(Some(later(150))));
    assert_eq!(store.finish_effect("one").await, Ok(()));
    assert_eq!(store.next_due().await, Ok(None));
}
