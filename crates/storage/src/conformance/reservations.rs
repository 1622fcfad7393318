//! Scarce things.

use super::make::*;
use ports::{AggregateRef, ReservationChange, Store, StoreError};
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
