//! Many at once.

use super::make::*;
use futures::future::join_all;
use ports::{Store, StoreError};
use std::sync::Arc;

pub async fn one_commit_wins(store: Arc<dyn Store>) {
    let at = purchase(1);
    put(&*store, first(at)).await;
    for version in 1..6 {
        let rivals = (0..24u64).map(|rival| {
            let mut commit = next(at, version);
            commit.state = format!("{{\"rival\":{rival}}}");
            commit.events = vec![commit.state.clone()];
            commit.urgent = rival % 3 == 0;
            store.commit(commit)
        });
        let answers = join_all(rivals).await;
        let winners: Vec<_> = (0..).zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(n, _)| n).collect();
        let [winner] = winners[..] else { panic!("{} commits won", winners.len()) };
        assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(StoreError::Conflict))), "{answers:?}");
        let found = store.load(at).await.expect("a read").expect("the record");
        assert_eq!((found.version, found.state), (version + 1, format!("{{\"rival\":{winner}}}")));
        let events = store.events(at).await.expect("a read");
        assert_eq!(events.last().map(|event| event.body.clone()), Some(format!("{{\"rival\":{winner}}}")));
    }
}

pub async fn reservations_never_pass_the_limit(store: Arc<dyn Store>) {
    let takers = (0..60u16).map(|number| {
        let mut commit = first(purchase(number));
        commit.reservations = vec![take("room", 7, 100)];
        commit.urgent = number % 5 == 0;
        store.commit(commit)
    });
    let answers = join_all(takers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 14);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(no_room("room"))).count(), 46);
    assert_eq!(store.reserved("room").await, Ok(98));
    // Each that got some gives back, while others take.
    let givers = (0..60u16).zip(&answers).map(|(number, answer)| {
        let at = purchase(number);
        let mut commit = if answer.is_ok() { next(at, 1) } else { first(at) };
        commit.reservations = if answer.is_ok() { vec![give_back("room")] } else { vec![take("room", 1, 100)] };
        store.commit(commit)
    });
    let second = join_all(givers).await;
    let taken = answers.iter().zip(&second).filter(|(before, now)| before.is_err() && now.is_ok()).count() as u64;
    assert!(second.iter().all(|answer| matches!(answer, Ok(()) | Err(StoreError::NoRoom { .. }))), "{second:?}");
    assert_eq!(store.reserved("room").await, Ok(taken));
}

pub async fn many_records_at_once(store: Arc<dyn Store>) {
    let lanes = (0..40u16).map(|number| {
        let store = store.clone();
        async move {
            for version in 0..5 {
                let mut commit = next(purchase(number), version);
                commit.entries = vec![entry(0, "hot", 1), entry(0, &format!("lane {number}"), -1)];
                commit.effects = vec![effect(&format!("{number}/{version}"))];
                put(&*store, commit).await;
            }
        }
    });
    join_all(lanes).await;
    assert_eq!(balance(&*store, "hot").await, 200);
    for number in 0..40 {
        assert_eq!(balance(&*store, &format!("lane {number}")).await, -5);
        let found = store.load(purchase(number)).await.expect("a read").expect("the record");
        assert_eq!(found.version, 5);
        assert_eq!(store.effects_of(purchase(number)).await.map(|rows| rows.len()), Ok(5));
    }
}

pub async fn messages_once_under_concurrency(store: Arc<dyn Store>) {
    let answers = join_all((0..30u16).map(|number| {
        let mut commit = first(purchase(number));
        commit.inbox = Some("the same".into());
        store.commit(commit)
    }));
    let answers = answers.await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(StoreError::Duplicate)).count(), 29);
}

pub async fn leases_go_to_one(store: Arc<dyn Store>) {
    let mut commit = first(purchase(1));
    commit.effects = (0..50).map(|number| effect(&format!("{number}"))).collect();
    put(&*store, commit).await;
    let leases = join_all((0..20).map(|_| store.lease_effects(NOW, later(100), 7))).await;
    let mut keys: Vec<_> = leases.into_iter().flat_map(|rows| rows.expect("a lease")).map(|row| row.key).collect();
    assert_eq!(keys.len(), 50);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 50);
}

/// For engines that write many steps with one sync: `durable_commits` counts the syncs.
pub async fn steps_share_a_sync(store: Arc<dyn Store>, durable_commits: impl Fn() -> u64) {
    let before = durable_commits();
    let answers = join_all((0..200u16).map(|number| store.commit(first(purchase(number))))).await;
    assert!(answers.iter().all(Result::is_ok));
    let commits = durable_commits() - before;
    assert!((1..=100).contains(&commits), "200 steps that came at once took {commits} commits");
}
