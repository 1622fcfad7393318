//! Lists.

use super::make::*;
use ports::{AggregateKind, AggregateRef, Page, Store, StoredAggregate};
use std::sync::Arc;

const PURCHASE: AggregateKind = AggregateKind::Purchase;

fn refs(found: Vec<StoredAggregate>) -> Vec<AggregateRef> {
    found.into_iter().map(|found| found.at).collect()
}

pub async fn in_order_of_id(store: Arc<dyn Store>) {
    for number in [3, 1, 300, 2, 5] {
        let mut commit = first(purchase(number));
        commit.index.payment_hashes = vec![hash(number as u8)];
        put(&*store, commit).await;
    }
    put(&*store, first(refund(4))).await;
    let page = async |after: Option<AggregateRef>, limit| {
        let page = Page { after: after.map(|at| at.id), limit };
        store.list(PURCHASE, false, false, page).await.expect("a read")
    };
    assert_eq!(refs(page(None, 10).await), [1, 2, 3, 5, 300].map(purchase));
    assert_eq!(refs(page(None, 2).await), [1, 2].map(purchase));
    assert_eq!(refs(page(Some(purchase(2)), 2).await), [3, 5].map(purchase));
    assert_eq!(refs(page(Some(purchase(4)), 2).await), [5, 300].map(purchase));
    assert_eq!(refs(page(Some(purchase(300)), 2).await), []);
    assert_eq!(refs(page(None, 0).await), []);
    let listed = page(None, 1).await;
    assert_eq!(listed.first().cloned(), store.load(purchase(1)).await.expect("a read"));
    let refunds = store.list(AggregateKind::Refund, false, false, Page { after: None, limit: 9 }).await;
    assert_eq!(refs(refunds.expect("a read")), [refund(4)]);
}

pub async fn open_and_parked(store: Arc<dyn Store>) {
    for (number, terminal, parked) in [(1, false, false), (2, true, false), (3, false, true), (4, true, true)] {
        let mut commit = first(purchase(number));
        commit.index.terminal = terminal;
        commit.index.parked = parked;
        put(&*store, commit).await;
    }
    let list = async |open_only, parked_only, after: Option<u16>| {
        let page = Page { after: after.map(|number| purchase(number).id), limit: 10 };
        refs(store.list(PURCHASE, open_only, parked_only, page).await.expect("a read"))
    };
    assert_eq!(list(false, false, None).await, [1, 2, 3, 4].map(purchase));
    assert_eq!(list(true, false, None).await, [1, 3].map(purchase));
    assert_eq!(list(false, true, None).await, [3, 4].map(purchase));
    assert_eq!(list(true, true, None).await, [purchase(3)]);
    assert_eq!(list(true, false, Some(1)).await, [purchase(3)]);
    // A record moves from list to list with its state.
    let mut commit = next(purchase(3), 1);
    commit.index.terminal = true;
    put(&*store, commit).await;
    assert_eq!(list(true, false, None).await, [purchase(1)]);
    assert_eq!(list(false, true, None).await, [purchase(4)]);
}

pub async fn of_an_account(store: Arc<dyn Store>) {
    let of = |at: AggregateRef, owner, age_ms| {
        let mut commit = first(at);
        commit.index.account = owner;
        commit.index.created_at = later(age_ms);
        commit
    };
    put(&*store, of(purchase(1), Some(account(1)), 20)).await;
    put(&*store, of(purchase(2), Some(account(1)), 40)).await;
    put(&*store, of(purchase(3), Some(account(1)), 30)).await;
    put(&*store, of(purchase(4), Some(account(2)), 35)).await;
    put(&*store, of(purchase(5), None, 35)).await;
    put(&*store, of(refund(6), Some(account(1)), 35)).await;
    let list =
        async |before, limit| refs(store.list_of_account(PURCHASE, account(1), before, limit).await.expect("a read"));
    assert_eq!(list(None, 10).await, [2, 3, 1].map(purchase));
    assert_eq!(list(None, 2).await, [2, 3].map(purchase));
    assert_eq!(list(Some(later(40)), 10).await, [3, 1].map(purchase));
    assert_eq!(list(Some(later(20)), 10).await, []);
    let refunds = store.list_of_account(AggregateKind::Refund, account(1), None, 9).await;
    assert_eq!(refs(refunds.expect("a read")), [refund(6)]);
}
