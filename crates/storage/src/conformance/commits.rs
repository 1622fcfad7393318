//! One commit: all of it or nothing.

use super::make::*;
use ports::{AggregateKind, AggregateRef, EventRow, Index, Lookup, Page, Store, StoreError, TimerChange};
use std::sync::Arc;

const PURCHASE: AggregateKind = AggregateKind::Purchase;
const REFUND: AggregateKind = AggregateKind::Refund;

pub async fn nothing_at_first(store: Arc<dyn Store>) {
    let at = purchase(1);
    assert_eq!(store.load(at).await, Ok(None));
    assert_eq!(store.find(PURCHASE, Lookup::PaymentHash(hash(1))).await, Ok(None));
    assert_eq!(store.find(REFUND, Lookup::Card("lithic/1".into())).await, Ok(None));
    assert_eq!(store.inbox_has("message").await, Ok(false));
    assert_eq!(store.lease_effects(NOW, later(1), 10).await, Ok(vec![]));
    assert_eq!(store.effects_of(at).await, Ok(vec![]));
    assert_eq!(store.due_timers(NOW, 10).await, Ok(vec![]));
    assert_eq!(store.next_due().await, Ok(None));
    assert_eq!(store.events(at).await, Ok(vec![]));
    assert_eq!(store.entries(at).await, Ok(vec![]));
    assert_eq!(store.list(PURCHASE, false, false, Page { after: None, limit: 10 }).await, Ok(vec![]));
    assert_eq!(store.list_of_account(PURCHASE, account(1), None, 10).await, Ok(vec![]));
    assert_eq!(store.balances().await, Ok(vec![]));
    assert_eq!(store.reserved("room").await, Ok(0));
    assert_eq!(store.setting("cursor").await, Ok(None));
    assert_eq!(store.end_leases().await, Ok(()));
}

pub async fn read_back_whole(store: Arc<dyn Store>) {
    let index = Index {
        account: Some(account(7)),
        status: "card_ready".into(),
        terminal: true,
        parked: true,
        payment_hashes: vec![hash(9), hash(1), hash(5)],
        cards: vec!["lithic/b".into(), "lithic/a".into()],
        created_at: later(1),
        updated_at: later(2),
    };
    let state = "{\"text\":\"a 'quoted' \\\"word\\\", \u{20ac} and \u{1f3b7}\"}".to_owned();
    let events = vec!["{\"one\":1}".to_owned(), "{\"two\":2}".to_owned()];
    for at in [purchase(1), refund(1)] {
        let commit = ports::Commit { state: state.clone(), index: index.clone(), events: events.clone(), ..first(at) };
        put(&*store, commit).await;
        let found = store.load(at).await.expect("a read").expect("the record");
        assert_eq!((found.at, found.version, &found.state), (at, 2, &state));
        assert_eq!(found.index, index);
        let event = |version: u64| EventRow { version, body: events[version as usize - 1].clone(), at: NOW };
        assert_eq!(store.events(at).await, Ok(vec![event(1), event(2)]));
    }
}

pub async fn state_changes_and_log_grows(store: Arc<dyn Store>) {
    let at = purchase(1);
    put(&*store, first(at)).await;
    let mut change = next(at, 1);
    change.index.status = "held".into();
    change.index.terminal = true;
    change.index.account = Some(account(3));
    change.index.updated_at = later(10);
    change.now = later(10);
    put(&*store, change.clone()).await;
    let found = store.load(at).await.expect("a read").expect("the record");
    assert_eq!((found.version, found.state, found.index), (2, change.state.clone(), change.index.clone()));
    // Without events: the state changes, the version does not.
    change.expected_version = 2;
    change.events.clear();
    change.index.parked = true;
    put(&*store, change.clone()).await;
    let found = store.load(at).await.expect("a read").expect("the record");
    assert_eq!((found.version, found.index), (2, change.index));
    let events = store.events(at).await.expect("a read");
    let log: Vec<_> = events.iter().map(|event| (event.version, event.at)).collect();
    assert_eq!(log, [(1, NOW), (2, later(10))]);
}

pub async fn versions_have_to_match(store: Arc<dyn Store>) {
    let at = purchase(1);
    assert_eq!(store.commit(next(at, 1)).await, Err(StoreError::Conflict));
    put(&*store, first(at)).await;
    assert_eq!(store.commit(first(at)).await, Err(StoreError::Conflict));
    assert_eq!(store.commit(next(at, 2)).await, Err(StoreError::Conflict));
    put(&*store, next(at, 1)).await;
    assert_eq!(store.commit(next(at, 1)).await, Err(StoreError::Conflict));
    let found = store.load(at).await.expect("a read").expect("the record");
    assert_eq!(found.version, 2);
    // A refund of the same id is another record.
    put(&*store, first(refund(1))).await;
}

pub async fn a_record_needs_its_first_event(store: Arc<dyn Store>) {
    let mut commit = first(purchase(1));
    commit.events.clear();
    assert!(matches!(store.commit(commit).await, Err(StoreError::NotWritten(_))));
    assert_eq!(store.load(purchase(1)).await, Ok(None));
}

pub async fn a_message_is_handled_once(store: Arc<dyn Store>) {
    let with_message = |mut commit: ports::Commit| {
        commit.inbox = Some("lithic/event/1".into());
        commit
    };
    put(&*store, with_message(first(purchase(1)))).await;
    assert_eq!(store.inbox_has("lithic/event/1").await, Ok(true));
    assert_eq!(store.inbox_has("lithic/event/2").await, Ok(false));
    let duplicate = Err(StoreError::Duplicate);
    assert_eq!(store.commit(with_message(next(purchase(1), 1))).await, duplicate);
    assert_eq!(store.commit(with_message(first(purchase(2)))).await, duplicate);
    // Also where the version does not match: the message is done, whatever else happened since.
    assert_eq!(store.commit(with_message(first(purchase(1)))).await, duplicate);
    assert_eq!(store.load(purchase(2)).await, Ok(None));
}

pub async fn hashes_and_cards_have_one_owner(store: Arc<dyn Store>) {
    let with = |at: AggregateRef, hashes: &[u8], cards: &[&str]| {
        let mut commit = first(at);
        commit.index.payment_hashes = hashes.iter().map(|number| hash(*number)).collect();
        commit.index.cards = cards.iter().map(|card| (*card).to_owned()).collect();
        commit
    };
    put(&*store, with(purchase(1), &[1, 2], &["lithic/1"])).await;
    let taken = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Taken(_)));
    assert!(taken(store.commit(with(purchase(2), &[2], &[])).await));
    assert!(taken(store.commit(with(purchase(2), &[3], &["lithic/1"])).await));
    assert_eq!(store.load(purchase(2)).await, Ok(None));
    // What was refused took nothing; another issuer's card is another card; another kind is another world.
    put(&*store, with(purchase(2), &[3], &["stripe/1"])).await;
    put(&*store, with(refund(1), &[1], &["lithic/1"])).await;
    let find = async |kind, lookup| store.find(kind, lookup).await.expect("a read");
    assert_eq!(find(PURCHASE, Lookup::PaymentHash(hash(2))).await, Some(purchase(1)));
    assert_eq!(find(PURCHASE, Lookup::PaymentHash(hash(3))).await, Some(purchase(2)));
    assert_eq!(find(REFUND, Lookup::PaymentHash(hash(1))).await, Some(refund(1)));
    assert_eq!(find(REFUND, Lookup::PaymentHash(hash(2))).await, None);
    assert_eq!(find(PURCHASE, Lookup::Card("lithic/1".into())).await, Some(purchase(1)));
    assert_eq!(find(PURCHASE, Lookup::Card("stripe/1".into())).await, Some(purchase(2)));
    assert_eq!(find(REFUND, Lookup::Card("stripe/1".into())).await, None);
    // Its own, again and with one more.
    let mut more = with(purchase(1), &[1, 2, 4], &["lithic/1", "lithic/2"]);
    more.expected_version = 1;
    put(&*store, more.clone()).await;
    let found = store.load(purchase(1)).await.expect("a read").expect("the record");
    assert_eq!(found.index, more.index);
}

pub async fn what_it_once_had_still_finds_it(store: Arc<dyn Store>) {
    let at = purchase(1);
    let mut commit = first(at);
    commit.index.payment_hashes = vec![hash(1)];
    put(&*store, commit).await;
    put(&*store, next(at, 1)).await;
    assert_eq!(store.find(PURCHASE, Lookup::PaymentHash(hash(1))).await, Ok(Some(at)));
    let found = store.load(at).await.expect("a read").expect("the record");
    assert_eq!(found.index.payment_hashes, [hash(1)]);
}

pub async fn a_refused_commit_leaves_nothing(store: Arc<dyn Store>) {
    let at = purchase(1);
    let mut before = first(at);
    before.timers = vec![timer("hold", later(5))];
    before.effects = vec![effect("kept")];
    before.reservations = vec![take("room", 1, 10)];
    put(&*store, before).await;
    let loaded = store.load(at).await;

    let mut refused = next(at, 1);
    refused.inbox = Some("message".into());
    refused.index.payment_hashes = vec![hash(1)];
    refused.index.cards = vec!["lithic/1".into()];
    refused.effects = vec![effect("new")];
    refused.finished_effect = Some("kept".into());
    refused.timers = vec![timer("other", later(1)), TimerChange::Cancel { name: "hold".into() }];
    refused.entries = vec![entry(0, "a", 5), entry(0, "b", -5)];
    refused.reservations = vec![give_back("room"), take("float", 1, 10), take("day", 11, 10)];
    assert_eq!(store.commit(refused.clone()).await, Err(no_room("day")));

    assert_eq!(store.load(at).await, loaded);
    assert_eq!(store.events(at).await.map(|events| events.len()), Ok(1));
    assert_eq!(store.inbox_has("message").await, Ok(false));
    assert_eq!(store.find(PURCHASE, Lookup::PaymentHash(hash(1))).await, Ok(None));
    assert_eq!(store.find(PURCHASE, Lookup::Card("lithic/1".into())).await, Ok(None));
    let effects = store.effects_of(at).await.expect("a read");
    assert_eq!(effects.iter().map(|effect| effect.key.as_str()).collect::<Vec<_>>(), ["kept"]);
    let timers = store.due_timers(later(9), 10).await.expect("a read");
    assert_eq!(timers.iter().map(|timer| timer.name.as_str()).collect::<Vec<_>>(), ["hold"]);
    assert_eq!(store.entries(at).await, Ok(vec![]));
    assert_eq!(store.balances().await, Ok(vec![]));
    assert_eq!((store.reserved("room").await, store.reserved("float").await), (Ok(1), Ok(0)));

    // And nothing stands in the way of doing it right.
    refused.reservations.pop();
    put(&*store, refused).await;
    assert_eq!(store.inbox_has("message").await, Ok(true));
}

pub async fn settings(store: Arc<dyn Store>) {
    for value in ["1", "", "two"] {
        assert_eq!(store.put_setting("cursor", value).await, Ok(()));
        assert_eq!(store.setting("cursor").await, Ok(Some(value.to_owned())));
    }
    assert_eq!(store.setting("other").await, Ok(None));
}
