//! Commits to test with.

use ids::{AccountId, PaymentHash, PurchaseId, RefundId, UnixMs};
use ports::{
    AggregateRef, Commit, EntryRow, GiveBack, Index, NewEffect, Reservation, ReservationChange, Store, StoreError,
    TimerChange,
};

pub const NOW: UnixMs = UnixMs(1_700_000_000_000);

pub fn later(ms: u64) -> UnixMs {
    NOW.plus_ms(ms)
}

/// In the order of their numbers.
fn id(number: u16) -> [u8; 16] {
    let mut id = [0x5a; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    id
}

pub fn purchase(number: u16) -> AggregateRef {
    PurchaseId(id(number)).into()
}

pub fn refund(number: u16) -> AggregateRef {
    RefundId(id(number)).into()
}

pub fn account(number: u16) -> AccountId {
    AccountId(id(number))
}

pub fn hash(number: u8) -> PaymentHash {
    PaymentHash([number; 32])
}

/// Creates a record, with one event and nothing else.
pub fn first(at: AggregateRef) -> Commit {
    Commit {
        at,
        expected_version: 0,
        state: "{\"at\":1}".into(),
        index: Index { status: "quoted".into(), created_at: NOW, updated_at: NOW, ..Index::default() },
        events: vec!["{\"event\":1}".into()],
        inbox: None,
        effects: Vec::new(),
        finished_effect: None,
        timers: Vec::new(),
        entries: Vec::new(),
        reservations: Vec::new(),
        now: NOW,
        urgent: false,
    }
}

/// The change of a record that has `version`, with one event and nothing else.
pub fn next(at: AggregateRef, version: u64) -> Commit {
    let number = version + 1;
    Commit {
        expected_version: version,
        state: format!("{{\"at\":{number}}}"),
        events: vec![format!("{{\"event\":{number}}}")],
        ..first(at)
    }
}

pub fn effect(key: &str) -> NewEffect {
    NewEffect {
        key: key.into(),
        body: format!("{{\"effect\":\"{key}\"}}"),
        not_before: NOW,
        priority: 5,
        leased_until: UnixMs(0),
    }
}

pub fn timer(name: &str, due_at: UnixMs) -> TimerChange {
    TimerChange::Set { name: name.into(), due_at }
}

/// One line, `posted`, in bitcoin.
pub fn entry(posting: u32, account: &str, amount: i64) -> EntryRow {
    EntryRow {
        posting,
        template: "test".into(),
        account: account.into(),
        asset: "BTC".into(),
        layer: "posted".into(),
        shard: 0,
        amount,
    }
}

pub fn take(resource: &str, amount: u64, limit: u64) -> ReservationChange {
    take_until(GiveBack::OwnTime, resource, amount, limit)
}

pub fn take_until(give_back: GiveBack, resource: &str, amount: u64, limit: u64) -> ReservationChange {
    ReservationChange::Take(Reservation { resource: resource.into(), amount, limit, give_back })
}

pub fn give_back(resource: &str) -> ReservationChange {
    ReservationChange::GiveBack { resource: resource.into() }
}

pub fn no_room(resource: &str) -> StoreError {
    StoreError::NoRoom { resource: resource.into() }
}

/// A commit that has to be taken.
pub async fn put(store: &dyn Store, commit: Commit) {
    let at = commit.at;
    if let Err(error) = store.commit(commit).await {
        panic!("the commit of {at} was refused: {error}");
    }
}

/// Amount of an account over all assets and layers; zero if there is none.
pub async fn balance(store: &dyn Store, account: &str) -> i64 {
    let balances = store.balances().await.expect("balances can be read");
    balances.iter().filter(|row| row.account == account).map(|row| row.amount).sum()
}
