//! Scarce things.

use super::make::*;
use ports::{AggregateRef, GiveBack, ReservationChange, ReservedRow, Store, StoreError};
use std::sync::Arc;

async fn change(
    store: &dyn Store,
    at: AggregateRef,
    version: u64,
    changes: Vec<ReservationChange>,
) -> Result<(), StoreError> {
    let mut commit = next(at, version);
    commit.reservations = changes;
    store.commit(commit).await
}

pub async fn take_and_give_back(store: Arc<dyn Store>) {
    let (one, two) = (purchase(1), purchase(2));
    assert_eq!(change(&*store, one, 0, vec![take("room", 30, 100), take("float", 5, 5)]).await, Ok(()));
    assert_eq!(change(&*store, two, 0, vec![take("room", 50, 100)]).await, Ok(()));
    assert_eq!(store.reserved("room").await, Ok(80));
    // A second one of the same record adds up, and comes back with the first.
    assert_eq!(change(&*store, one, 1, vec![take("room", 10, 100)]).await, Ok(()));
    assert_eq!(store.reserved("room").await, Ok(90));
    assert_eq!(change(&*store, one, 2, vec![give_back("room")]).await, Ok(()));
    assert_eq!((store.reserved("room").await, store.reserved("float").await), (Ok(50), Ok(5)));
    // Nothing to give back is fine; another's stays another's.
    assert_eq!(change(&*store, one, 3, vec![give_back("room"), give_back("nothing")]).await, Ok(()));
    assert_eq!(change(&*store, two, 1, vec![give_back("float")]).await, Ok(()));
    assert_eq!((store.reserved("room").await, store.reserved("float").await), (Ok(50), Ok(5)));
    assert_eq!(change(&*store, two, 2, vec![give_back("room")]).await, Ok(()));
    assert_eq!(store.reserved("room").await, Ok(0));
}

pub async fn limits_hold(store: Arc<dyn Store>) {
    assert_eq!(change(&*store, purchase(1), 0, vec![take("room", 101, 100)]).await, Err(no_room("room")));
    assert_eq!(change(&*store, purchase(1), 0, vec![take("room", 100, 100)]).await, Ok(()));
    assert_eq!(change(&*store, purchase(2), 0, vec![take("room", 1, 100)]).await, Err(no_room("room")));
    assert_eq!(change(&*store, purchase(2), 0, vec![take("room", u64::MAX, u64::MAX)]).await, Err(no_room("room")));
    // The limit is the one that this commit names.
    assert_eq!(change(&*store, purchase(2), 0, vec![take("room", 1, 101)]).await, Ok(()));
    assert_eq!(store.reserved("room").await, Ok(101));
}

pub async fn asking_takes_nothing(store: Arc<dyn Store>) {
    assert_eq!(change(&*store, purchase(1), 0, vec![take("room", 0, 0)]).await, Ok(()));
    assert_eq!(change(&*store, purchase(1), 1, vec![take("room", 5, 9)]).await, Ok(()));
    assert_eq!(change(&*store, purchase(2), 0, vec![take("room", 0, 4)]).await, Err(no_room("room")));
    assert_eq!(change(&*store, purchase(2), 0, vec![take("room", 0, 5)]).await, Ok(()));
    assert_eq!(store.reserved("room").await, Ok(5));
}

pub async fn order_within_a_commit(store: Arc<dyn Store>) {
    let at = purchase(1);
    assert_eq!(change(&*store, at, 0, vec![take("room", 80, 100)]).await, Ok(()));
    assert_eq!(change(&*store, at, 1, vec![take("room", 90, 100), give_back("room")]).await, Err(no_room("room")));
    assert_eq!(change(&*store, at, 1, vec![give_back("room"), take("room", 90, 100)]).await, Ok(()));
    assert_eq!(store.reserved("room").await, Ok(90));
    assert_eq!(change(&*store, at, 2, vec![take("room", 10, 100), take("room", 1, 100)]).await, Err(no_room("room")));
    assert_eq!(store.reserved("room").await, Ok(90));
}

pub async fn given_back_by_rule(store: Arc<dyn Store>) {
    let (one, two) = (purchase(1), purchase(2));
    let mut takes = Vec::new();
    for rule in GiveBack::ALL {
        takes.push(take_until(rule, &format!("{}:a", rule.name()), 3, 100));
        takes.push(take_until(rule, &format!("{}:b", rule.name()), 4, 100));
    }
    assert_eq!(change(&*store, one, 0, takes.clone()).await, Ok(()));
    assert_eq!(change(&*store, two, 0, takes).await, Ok(()));
    for (version, rule) in (1..).zip(GiveBack::ALL) {
        assert_eq!(change(&*store, one, version, vec![ReservationChange::End(rule)]).await, Ok(()));
        for (other, is) in (0..).zip(GiveBack::ALL) {
            // The other record's stay, and so do those under rules whose time has not come.
            let (a, b) = if other < version { (3, 4) } else { (6, 8) };
            assert_eq!(store.reserved(&format!("{}:a", is.name())).await, Ok(a), "{is:?} after {rule:?}");
            assert_eq!(store.reserved(&format!("{}:b", is.name())).await, Ok(b), "{is:?} after {rule:?}");
        }
    }
    // Nothing left under the rule is fine; in the order given, it makes room for what follows.
    let again = vec![
        ReservationChange::End(GiveBack::WhenOver),
        take_until(GiveBack::WhenOver, "when_over:a", 97, 100),
        take_until(GiveBack::WhenUnclaimed, "when_over:a", 0, 100),
    ];
    assert_eq!(change(&*store, one, 8, again).await, Ok(()));
    // Another rule for the same resource is the rule from then on.
    let moved = vec![give_back("when_over:a"), take_until(GiveBack::WhenOver, "when_over:a", 1, 100)];
    assert_eq!(change(&*store, one, 9, moved).await, Ok(()));
    let renamed = vec![take_until(GiveBack::WhenUnclaimed, "when_over:a", 1, 100)];
    assert_eq!(change(&*store, one, 10, renamed).await, Ok(()));
    assert_eq!(change(&*store, one, 11, vec![ReservationChange::End(GiveBack::WhenOver)]).await, Ok(()));
    assert_eq!(store.reserved("when_over:a").await, Ok(5));
    assert_eq!(change(&*store, one, 12, vec![ReservationChange::End(GiveBack::WhenUnclaimed)]).await, Ok(()));
    assert_eq!(store.reserved("when_over:a").await, Ok(3));
}

pub async fn listed_by_prefix(store: Arc<dyn Store>) {
    let takes = vec![take("borne:b", 2, 9), take("borne:a", 2, 9), take("borne:c%", 7, 9), take("bor", 5, 9)];
    assert_eq!(change(&*store, purchase(1), 0, takes).await, Ok(()));
    let rows = |rows: &[(&str, u64)]| -> Result<Vec<ReservedRow>, StoreError> {
        Ok(rows.iter().map(|(name, amount)| ReservedRow { resource: (*name).to_owned(), amount: *amount }).collect())
    };
    let all = rows(&[("borne:c%", 7), ("borne:a", 2), ("borne:b", 2)]);
    assert_eq!(store.reserved_under("borne:", 9).await, all);
    assert_eq!(store.reserved_under("borne:", 1).await, rows(&[("borne:c%", 7)]));
    assert_eq!(store.reserved_under("b_", 9).await, rows(&[]));
    assert_eq!(change(&*store, purchase(1), 1, vec![give_back("borne:c%")]).await, Ok(()));
    assert_eq!(store.reserved_under("borne:c", 9).await, rows(&[]));
}
