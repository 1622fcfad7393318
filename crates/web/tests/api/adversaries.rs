//! What can be gained through the API: by asking for quotes that nobody means to pay, with a stolen device token, by
//! captures that nobody approved. The money of shoppers and stores in league is in `faultsim/tests/adversaries`;
//! `docs/threat-model.md` names the test of each line.

use crate::setup::{OneTimeKey, Options, PASSWORD, Server, Shopper, album, with};
use axum::http::Method;
use ports::Store;
use purchase::State;
use serde_json::{Value, json};
use web::RequestRate;

/// What the album's quote takes of the room to receive.
const ALBUM_MSAT: u64 = 496_758_000;

/// Rates of requests are another bound; here they would hide the one that is looked at.
fn without_rates() -> Options {
    let mut options = Options::default();
    let free = RequestRate { burst: 100_000, every_ms: 1 };
    options.policy.http.per_ip = free;
    options.policy.http.per_account = free;
    options.policy.http.per_secret = free;
    options
}

/// Asks `times` times; how many were begun.
async fn asks(shopper: &Shopper<'_>, times: u32) -> u32 {
    let mut begun = 0;
    for number in 0..times {
        let answer = shopper.post("/v1/purchases", &format!("k{number}"), &album()).await;
        match answer.status.as_u16() {
            201 => begun += 1,
            409 | 429 => {}
            other => panic!("{other}: {}", answer.text),
        }
    }
    begun
}

#[tokio::test]
async fn a_thousand_unpaid_quotes_of_one_account_take_one_room() {
    let server = Server::with(without_rates()).await;
    let ada = server.shopper("ada").await;
    assert_eq!(asks(&ada, 1_000).await, 1);
    assert_eq!(server.store.reserved(&format!("room:{}", server.node_id())).await, Ok(ALBUM_MSAT));
    assert!(server.issuer.cards.lock().unwrap().is_empty(), "no card is made for asking");
}

/// The room holds twenty albums, new accounts together a quarter of it, whoever they are.
#[tokio::test]
async fn a_thousand_unpaid_quotes_of_many_new_accounts_leave_room_for_others() {
    let mut options = without_rates();
    options.policy.limits.new_accounts_share = money::Bps(2_500);
    let server = Server::with(options).await;
    let grace = server.shopper("grace").await;
    // Eight days on, one account is no longer new.
    server.later(8 * 86_400_000).await;
    let mut begun = 0;
    for number in 0..50 {
        begun += asks(&server.shopper(&format!("crowd{number}")).await, 20).await;
    }
    let quarter = 10_000_000_000 / 4;
    assert_eq!(u64::from(begun), quarter / ALBUM_MSAT);
    // Counted at the middle of the market.
    let counted = server.store.reserved("new_accounts:room").await.unwrap();
    assert!(counted <= quarter && counted + ALBUM_MSAT > quarter, "{counted}");
    // The others' room is there, and is theirs.
    let bought = grace.ready("k1").await;
    server.charge(&bought, "c1").await;
    grace.buy("k2").await;
    // The crowd's quotes end; what they had is there again, for a new account too.
    server.later(5 * 60_000 + 1).await;
    assert_eq!(server.store.reserved("new_accounts:room").await, Ok(0));
    server.shopper("honest").await.buy("k1").await;
}

/// The token of another device, and a copy of the very one: they see, and move nothing.
#[tokio::test]
async fn a_stolen_token_gains_nothing() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let path = "/v1/account/refund-destination";
    let thief = server.log_in("ada").await;
    let theirs = json!({ "lightning_address": "thief@wallet.example" });
    let guess = with(&theirs, "password", json!("guess guess guess"));

    // The destination of what is owed from now on: with none there yet, and with one.
    let own = json!({ "lightning_address": "ada@wallet.example", "password": PASSWORD });
    for in_force in [Value::Null, own["lightning_address"].clone()] {
        if !in_force.is_null() {
            ada.call(Method::PUT, path, "d1", &own).await.ok();
        }
        let key = |name: &str| format!("{name}-{}", in_force.is_null());
        let bare = thief.call(Method::PUT, path, &key("t1"), &theirs).await;
        assert_eq!(bare.problem(), (403, "password_needed".to_owned()));
        let guessed = thief.call(Method::PUT, path, &key("t2"), &guess).await;
        assert_eq!(guessed.problem(), (403, "wrong_password".to_owned()));
        let setting = ada.get(path).await.ok();
        assert_eq!((&setting["in_force"], &setting["waiting"]), (&in_force, &Value::Null));
    }

    // The card of the purchase under way.
    let ready = ada.ready("k1").await;
    let reveal = format!("/v1/purchases/{}/reveal", ready["id"].as_str().unwrap());
    let ask = json!({ "public_key": OneTimeKey::new().public_hex });
    assert_eq!(thief.post(&reveal, "", &ask).await.problem(), (403, "password_needed".to_owned()));
    let reveals = async || {
        let view = ada.get(&format!("/v1/purchases/{}", ready["id"].as_str().unwrap())).await.ok();
        view["card"]["reveals"].as_u64()
    };
    assert_eq!(reveals().await, Some(0));
    // A copy of the token of the device that began it is that device to us: one order, and it is counted.
    let copy = Shopper { server: &server, token: ada.token.clone(), recovery: Value::Null };
    copy.post(&reveal, "", &ask).await.ok();
    assert_eq!(reveals().await, Some(1));
    assert_eq!(copy.call(Method::PUT, path, "t4", &theirs).await.problem(), (403, "password_needed".to_owned()));

    // The destination of one refund, with one there and with none.
    server.charge(&ready, "c1").await;
    server.news("e1", &ready, "c1", "reversed", 2_711).await;
    server.past(&ready, &[State::CardReady, State::Funded]).await;
    server.owed(&ready).await;
    let refund = ada.get("/v1/refunds").await.ok()["refunds"][0].clone();
    let give = format!("/v1/refunds/{}/destination", refund["id"].as_str().unwrap());
    for shopper in [&thief, &copy] {
        assert_eq!(shopper.post(&give, "t3", &theirs).await.problem(), (403, "password_needed".to_owned()));
    }
    assert_eq!(ada.get("/v1/refunds").await.ok()["refunds"][0]["destination"], Value::Null);

    // It is put an end to from the shopper's own device.
    let devices = ada.get("/v1/devices").await.ok();
    let stolen = devices["devices"].as_array().unwrap().iter().find(|device| device["name"] == "second").unwrap();
    let path = format!("/v1/devices/{}", stolen["id"].as_str().unwrap());
    assert_eq!(ada.call(Method::DELETE, &path, "r1", &Value::Null).await.status.as_u16(), 204);
    assert_eq!(thief.get("/v1/purchases").await.problem(), (401, "token_invalid".to_owned()));
    let given = json!({ "lightning_address": "ada@wallet.example", "password": PASSWORD });
    ada.post(&give, "d2", &given).await.ok();
}

/// A store in league with shoppers captures without asking: after what the operator bears, nothing more is sold.
#[tokio::test]
async fn forced_captures_end_the_account_and_then_the_store() {
    let mut options = Options::default();
    options.config.borne_account_minor_max = 5_000;
    options.config.borne_store_minor_max = 12_000;
    options.policy.limits.abandoned_holds_per_day = 100;
    let server = Server::with(options).await;
    let mut events = 0;
    let mut steals = async |shopper: &Shopper<'_>, key: &str| {
        let ready = shopper.ready(key).await;
        events += 1;
        server.news(&format!("e{events}"), &ready, &format!("f{events}"), "force_captured", 2_711).await;
        let cancel = format!("/v1/purchases/{}/cancel", ready["id"].as_str().unwrap());
        shopper.post(&cancel, &format!("c-{key}"), &Value::Null).await.ok();
        server.past(&ready, &[State::CardReady, State::Closing]).await;
    };
    let ada = server.shopper("ada").await;
    steals(&ada, "k1").await;
    steals(&ada, "k2").await;
    let other = with(&album(), "store_host", json!("honest.example"));
    for (key, body) in [("k3", &album()), ("k4", &other)] {
        assert_eq!(ada.post("/v1/purchases", key, body).await.problem(), (403, "account_suspended".to_owned()));
    }
    // Others in league go on until the store is over its own bound; `www.` is no other store.
    let eve = server.shopper("eve").await;
    steals(&eve, "k1").await;
    steals(&eve, "k2").await;
    let bob = server.shopper("bob").await;
    steals(&bob, "k1").await;
    let bare = with(&album(), "store_host", json!("albums.example"));
    for (key, body) in [("k2", &album()), ("k3", &bare)] {
        assert_eq!(bob.post("/v1/purchases", key, body).await.problem(), (403, "store_suspended".to_owned()));
    }
    bob.post("/v1/purchases", "k4", &other).await.ok();
    // All of it is in the operator's sight, and the operator's to forgive.
    let borne = engine::borne(&server.store).await.unwrap();
    let of_store = borne.iter().find(|row| row.of_store()).unwrap();
    assert_eq!((of_store.count.as_str(), of_store.amount), ("borne:store:albums.example:USD", 5 * 2_711));
    let of_accounts: Vec<u64> = borne.iter().filter(|row| row.of_account()).map(|row| row.amount).collect();
    assert_eq!(of_accounts, [2 * 2_711, 2 * 2_711, 2_711]);
    for row in borne.iter().filter(|row| row.amount > 5_000) {
        assert!(engine::clear_borne(&server.store, &row.count).await.unwrap().is_some());
    }
    steals(&ada, "k5").await;
    assert_eq!(engine::clear_borne(&server.store, "borne:store:nowhere:USD").await, Ok(None));
    assert_eq!(engine::clear_borne(&server.store, "room:1").await, Ok(None), "nothing but these counts");
}
