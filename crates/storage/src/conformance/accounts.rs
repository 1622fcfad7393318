//! Shoppers, devices, invitations, stored answers.

use super::make::{NOW, account, later};
use ids::{AccountId, DeviceId};
use ports::{AccountRow, AccountStore, Begun, DeviceRow, IdempotentAnswer, IdempotentCall, InviteRow, StoreError};
use std::sync::Arc;

fn shopper(number: u16, login: &str) -> AccountRow {
    AccountRow {
        id: account(number),
        login: login.into(),
        password_hash: "$argon2id$1".into(),
        recovery_hash: "$argon2id$2".into(),
        created_at: NOW,
        billing_address: None,
        profile: "{}".into(),
        version: 1,
    }
}

fn device_of(owner: AccountId, number: u8) -> DeviceRow {
    DeviceRow {
        id: DeviceId([number; 16]),
        account: owner,
        name: format!("device {number}"),
        token_hash: [number; 32],
        created_at: later(number.into()),
        expires_at: later(1_000),
        last_seen_at: later(number.into()),
        revoked_at: None,
    }
}

fn invitation(number: u8) -> InviteRow {
    InviteRow { code_hash: [number; 32], created_at: NOW, expires_at: later(1_000), used_by: None }
}

fn taken<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Taken(_)))
}

async fn created(store: &dyn AccountStore, number: u16, login: &str) -> AccountRow {
    let row = shopper(number, login);
    assert_eq!(store.create_account(row.clone(), None).await, Ok(()));
    row
}

pub async fn created_and_found(store: Arc<dyn AccountStore>) {
    assert!(store.account(account(1)).await.expect("a read").is_none());
    assert!(store.account_by_login("ada").await.expect("a read").is_none());
    let row = AccountRow { billing_address: Some("{\"city\":\"Z\u{fc}rich\"}".into()), ..shopper(1, "ada") };
    assert_eq!(store.create_account(row.clone(), None).await, Ok(()));
    assert!(store.account(account(1)).await.expect("a read").as_ref() == Some(&row));
    assert!(store.account_by_login("ada").await.expect("a read").as_ref() == Some(&row));
    assert!(store.account_by_login("Ada").await.expect("a read").is_none());
}

pub async fn logins_are_unique(store: Arc<dyn AccountStore>) {
    let ada = created(&*store, 1, "ada").await;
    assert!(taken(store.create_account(shopper(2, "ada"), None).await));
    assert!(store.account(account(2)).await.expect("a read").is_none());
    let grace = created(&*store, 2, "grace").await;
    assert!(taken(store.update_account(AccountRow { login: "ada".into(), version: 2, ..grace }).await));
    assert_eq!(store.update_account(AccountRow { login: "lovelace".into(), version: 2, ..ada }).await, Ok(()));
    created(&*store, 3, "ada").await;
}

pub async fn invitations_are_used_once(store: Arc<dyn AccountStore>) {
    let invite = invitation(1);
    assert_eq!(store.create_invite(invite.clone()).await, Ok(()));
    assert!(taken(store.create_invite(invite.clone()).await));
    assert!(store.invite(&invite.code_hash).await.expect("a read").as_ref() == Some(&invite));
    assert!(store.invite(&[9; 32]).await.expect("a read").is_none());
    // Not used up by a registration that failed for another reason.
    created(&*store, 1, "ada").await;
    assert!(taken(store.create_account(shopper(2, "ada"), Some(invite.code_hash)).await));
    assert!(store.invite(&invite.code_hash).await.expect("a read").as_ref() == Some(&invite));
    assert_eq!(store.create_account(shopper(2, "grace"), Some(invite.code_hash)).await, Ok(()));
    let used = store.invite(&invite.code_hash).await.expect("a read").expect("the invitation");
    assert_eq!(used.used_by, Some(account(2)));
    // Used, unknown, expired: no account comes of it.
    assert!(taken(store.create_account(shopper(3, "joan"), Some(invite.code_hash)).await));
    assert!(taken(store.create_account(shopper(3, "joan"), Some([9; 32])).await));
    let old = InviteRow { expires_at: NOW, ..invitation(2) };
    assert_eq!(store.create_invite(old.clone()).await, Ok(()));
    assert!(taken(store.create_account(shopper(3, "joan"), Some(old.code_hash)).await));
    assert!(store.account_by_login("joan").await.expect("a read").is_none());
    // Two with the same one.
    let last = invitation(3);
    assert_eq!(store.create_invite(last.clone()).await, Ok(()));
    let both = futures::future::join_all([
        store.create_account(shopper(4, "mary"), Some(last.code_hash)),
        store.create_account(shopper(5, "anne"), Some(last.code_hash)),
    ]);
    assert_eq!(both.await.iter().filter(|answer| answer.is_ok()).count(), 1);
}

pub async fn updates_name_their_version(store: Arc<dyn AccountStore>) {
    let row = created(&*store, 1, "ada").await;
    let change = AccountRow {
        password_hash: "$argon2id$3".into(),
        recovery_hash: "$argon2id$4".into(),
        billing_address: Some("{}".into()),
        profile: "{\"refund\":1}".into(),
        version: 2,
        ..row
    };
    assert_eq!(store.update_account(change.clone()).await, Ok(()));
    assert!(store.account(account(1)).await.expect("a read").as_ref() == Some(&change));
    for version in [1, 2, 4] {
        let stale = AccountRow { version, profile: "{}".into(), ..change.clone() };
        assert_eq!(store.update_account(stale).await, Err(StoreError::Conflict));
    }
    assert_eq!(store.update_account(shopper(2, "nobody")).await, Err(StoreError::Conflict));
    assert!(store.account(account(1)).await.expect("a read").as_ref() == Some(&change));
    let rivals = (0..12).map(|rival| {
        store.update_account(AccountRow { version: 3, profile: format!("{{\"rival\":{rival}}}"), ..change.clone() })
    });
    let answers = futures::future::join_all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

pub async fn devices(store: Arc<dyn AccountStore>) {
    let (ada, grace) = (created(&*store, 1, "ada").await.id, created(&*store, 2, "grace").await.id);
    assert!(store.devices(ada).await.expect("a read").is_empty());
    assert!(store.device_by_token(&[1; 32]).await.expect("a read").is_none());
    for device in [device_of(ada, 2), device_of(ada, 1), device_of(grace, 3)] {
        assert_eq!(store.create_device(device).await, Ok(()));
    }
    assert!(store.devices(ada).await.expect("a read") == [device_of(ada, 1), device_of(ada, 2)]);
    assert!(store.device_by_token(&[3; 32]).await.expect("a read") == Some(device_of(grace, 3)));
    assert!(taken(store.create_device(DeviceRow { id: DeviceId([9; 16]), ..device_of(ada, 1) }).await));
    assert!(taken(store.create_device(DeviceRow { token_hash: [9; 32], ..device_of(ada, 1) }).await));
    assert_eq!(store.touch_device(DeviceId([1; 16]), later(50)).await, Ok(()));
    assert_eq!(store.touch_device(DeviceId([9; 16]), later(50)).await, Ok(()));
    let touched = store.device_by_token(&[1; 32]).await.expect("a read");
    assert!(touched == Some(DeviceRow { last_seen_at: later(50), ..device_of(ada, 1) }));
}

pub async fn devices_are_revoked(store: Arc<dyn AccountStore>) {
    let (ada, grace) = (created(&*store, 1, "ada").await.id, created(&*store, 2, "grace").await.id);
    for device in [device_of(ada, 1), device_of(ada, 2), device_of(ada, 3), device_of(grace, 4)] {
        assert_eq!(store.create_device(device).await, Ok(()));
    }
    let id = |number| Some(DeviceId([number; 16]));
    assert_eq!(store.revoke_devices(ada, id(1), later(10)).await, Ok(1));
    assert_eq!(store.revoke_devices(ada, id(1), later(11)).await, Ok(0));
    // Another's device is not there.
    assert_eq!(store.revoke_devices(ada, id(4), later(12)).await, Ok(0));
    assert_eq!(store.revoke_devices(ada, None, later(20)).await, Ok(2));
    let devices = store.devices(ada).await.expect("a read");
    let revoked: Vec<_> = devices.iter().map(|device| device.revoked_at).collect();
    assert_eq!(revoked, [Some(later(10)), Some(later(20)), Some(later(20))]);
    let others = store.device_by_token(&[4; 32]).await.expect("a read");
    assert!(others == Some(device_of(grace, 4)));
}

/// A call made so many milliseconds later, with a lease of a second.
fn call(request: u8, after_ms: u64) -> IdempotentCall {
    let (now, leased_until) = (later(after_ms), later(after_ms + 1_000));
    IdempotentCall { request_hash: [request; 32], subject: [request; 16], now, leased_until }
}

fn before(request: u8, answer: Option<(u16, &str)>) -> Begun {
    let answer = answer.map(|(status, body)| (status, body.to_owned()));
    Begun::Before(IdempotentAnswer { request_hash: [request; 32], answer })
}

pub async fn idempotent_answers(store: Arc<dyn AccountStore>) {
    let (ada, grace) = (created(&*store, 1, "ada").await.id, created(&*store, 2, "grace").await.id);
    let begin = async |owner, key: &str, hash: u8| store.begin_idempotent(owner, key, call(hash, 0)).await;
    assert!(begin(ada, "one", 1).await == Ok(Begun::First));
    // Under way; the request that it was begun with is what is told.
    assert!(begin(ada, "one", 1).await == Ok(before(1, None)));
    assert!(begin(ada, "one", 2).await == Ok(before(1, None)));
    assert!(begin(ada, "two", 1).await == Ok(Begun::First));
    assert!(begin(grace, "one", 1).await == Ok(Begun::First));
    assert_eq!(store.finish_idempotent(ada, "one", 201, "{\"id\":1}").await, Ok(()));
    assert!(begin(ada, "one", 1).await == Ok(before(1, Some((201, "{\"id\":1}")))));
    assert!(begin(grace, "one", 1).await == Ok(before(1, None)));
    assert_eq!(store.forget_idempotent(ada, "two").await, Ok(()));
    assert!(begin(ada, "two", 2).await == Ok(Begun::First));
    assert_eq!(store.forget_idempotent(ada, "never").await, Ok(()));
    let rivals = (0..9).map(|_| store.begin_idempotent(ada, "three", call(3, 0)));
    let answers = futures::future::join_all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Begun::First))).count(), 1);
}

pub async fn calls_that_died_are_taken_over(store: Arc<dyn AccountStore>) {
    let ada = created(&*store, 1, "ada").await.id;
    let again = |subject: u8| Ok(Begun::Again { subject: [subject; 16] });
    assert!(store.begin_idempotent(ada, "k", call(1, 0)).await == Ok(Begun::First));
    let renamed = |after_ms| IdempotentCall { subject: [9; 16], ..call(1, after_ms) };
    assert!(store.begin_idempotent(ada, "k", renamed(999)).await == Ok(before(1, None)));
    // Its lease is over: another request is refused, the same one takes it over, with the first one's name.
    assert!(store.begin_idempotent(ada, "k", call(2, 1_000)).await == Ok(before(1, None)));
    assert!(store.begin_idempotent(ada, "k", renamed(1_000)).await == again(1));
    assert!(store.begin_idempotent(ada, "k", renamed(1_999)).await == Ok(before(1, None)));
    assert!(store.lapse_idempotent(ada, "k").await == Ok(()));
    assert!(store.begin_idempotent(ada, "k", renamed(1_999)).await == again(1));
    let rivals = (0..9).map(|_| store.begin_idempotent(ada, "k", renamed(3_000)));
    let answers = futures::future::join_all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| **answer == again(1)).count(), 1);
    // What is answered stays so.
    assert_eq!(store.finish_idempotent(ada, "k", 201, "{}").await, Ok(()));
    assert_eq!(store.lapse_idempotent(ada, "k").await, Ok(()));
    assert!(store.begin_idempotent(ada, "k", call(1, 90_000)).await == Ok(before(1, Some((201, "{}")))));
    assert_eq!(store.lapse_idempotent(ada, "never").await, Ok(()));
}
