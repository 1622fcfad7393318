//! A process that dies in the middle: everything acknowledged is there, and nothing half.
//!
//! One process runs [`write`] until it is killed, another then runs [`check`] on what is left. Whatever a commit
//! touches is a function of its record's version, so any half of one would show.

use super::make::*;
use ids::UnixMs;
use ports::{AggregateKind, Commit, EventRow, Lookup, Store, StoreError};
use std::sync::Arc;

/// Records that are written at the same time.
pub const LANES: u16 = 6;

fn commit_of(lane: u16, version: u64) -> Commit {
    let at = purchase(lane);
    let amount = version as i64;
    let mut commit = next(at, version - 1);
    commit.state = format!("{{\"lane\":{lane},\"version\":{version}}}");
    commit.events = vec![format!("{{\"event\":{version}}}")];
    commit.inbox = Some(format!("message/{lane}/{version}"));
    commit.effects = vec![effect(&format!("effect/{lane}/{version}"))];
    commit.finished_effect = Some(format!("effect/{lane}/{}", version - 1));
    commit.timers = vec![timer("hold", UnixMs(version))];
    commit.entries = vec![entry(0, &format!("lane {lane}"), amount), entry(0, "all", -amount)];
    commit.reservations = vec![take(&format!("room {lane}"), 1, u64::MAX)];
    commit.index.cards = vec![format!("lithic/{lane}/{version}")];
    commit.urgent = version.is_multiple_of(3);
    commit
}

/// Writes until every lane was refused, and says with what; `acknowledged` hears of each commit (lane, version) after
/// its answer.
pub async fn write(store: Arc<dyn Store>, acknowledged: impl Fn(u16, u64) + Sync) -> Vec<StoreError> {
    let acknowledged = &acknowledged;
    let lanes = (0..LANES).map(|lane| {
        let store = store.clone();
        async move {
            let found = store.load(purchase(lane)).await.expect("a read");
            let mut version = found.map_or(0, |found| found.version);
            loop {
                version += 1;
                if let Err(error) = store.commit(commit_of(lane, version)).await {
                    return error;
                }
                acknowledged(lane, version);
            }
        }
    });
    futures::future::join_all(lanes).await
}

/// `acknowledged` says the highest version that was acknowledged, by lane. Gives back what was found.
pub async fn check(store: Arc<dyn Store>, acknowledged: &[u64]) -> Vec<u64> {
    let mut found = Vec::new();
    let mut all = 0;
    let timers = store.due_timers(UnixMs(u64::MAX), 1_000).await.expect("a read");
    for lane in 0..LANES {
        let at = purchase(lane);
        let stored = store.load(at).await.expect("a read");
        let version = stored.as_ref().map_or(0, |stored| stored.version);
        let expected = acknowledged.get(usize::from(lane)).copied().unwrap_or(0);
        assert!(version >= expected, "lane {lane}: version {expected} was acknowledged, {version} is there");
        found.push(version);
        if let Some(stored) = stored {
            assert_eq!(stored.state, commit_of(lane, version).state);
            assert_eq!(stored.index.cards.len() as u64, version);
        }
        let events = store.events(at).await.expect("a read");
        let event = |version| EventRow { version, body: format!("{{\"event\":{version}}}"), at: NOW };
        assert_eq!(events, (1..=version).map(event).collect::<Vec<_>>());
        let entries = store.entries(at).await.expect("a read");
        assert_eq!(entries.len() as u64, 2 * version);
        let sum: i64 = entries.iter().map(|entry| entry.amount.max(0)).sum();
        assert_eq!(balance(&*store, &format!("lane {lane}")).await, sum);
        assert_eq!(sum as u64, version * (version + 1) / 2);
        all += sum;
        let effects = store.effects_of(at).await.expect("a read");
        let open: Vec<_> = effects.iter().map(|effect| effect.key.clone()).collect();
        assert_eq!(open, Vec::from_iter((version > 0).then(|| format!("effect/{lane}/{version}"))));
        let timer = timers.iter().find(|timer| timer.at == at).map(|timer| timer.due_at);
        assert_eq!(timer, (version > 0).then_some(UnixMs(version)));
        assert_eq!(store.reserved(&format!("room {lane}")).await, Ok(version));
        for (version, there) in [(version, version > 0), (version + 1, false)] {
            assert_eq!(store.inbox_has(&format!("message/{lane}/{version}")).await, Ok(there));
            let card = Lookup::Card(format!("lithic/{lane}/{version}"));
            assert_eq!(store.find(AggregateKind::Purchase, card).await, Ok(there.then_some(at)));
        }
    }
    assert_eq!(balance(&*store, "all").await, -all);
    found
}
