//! What one shopper, one address and one second may take.

use crate::setup::{Options, Server, album, with};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use purchase::State;
use serde_json::{Value, json};
use std::net::SocketAddr;
use web::RequestRate;

#[tokio::test]
async fn one_unpaid_purchase_an_account() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let first = ada.buy("k1").await;
    assert_eq!(ada.post("/v1/purchases", "k2", &album()).await.problem(), (409, "unpaid_purchase_open".to_owned()));
    server.shopper("eve").await.buy("k1").await;
    let cancel = format!("/v1/purchases/{}/cancel", first["id"].as_str().unwrap());
    ada.post(&cancel, "c1", &Value::Null).await.ok();
    ada.buy("k2").await;
}

#[tokio::test]
async fn two_at_once_cannot_pass_a_limit_together() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let album = album();
    let (one, two) = tokio::join!(ada.post("/v1/purchases", "a", &album), ada.post("/v1/purchases", "b", &album));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

/// Asking is free: what a thousand quotes take is one reservation.
#[tokio::test]
async fn many_unpaid_quotes_at_once_take_one_room() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let mut begun = 0;
    for number in 0..50 {
        let answer = ada.post("/v1/purchases", &format!("k{number}"), &album()).await;
        match answer.status.as_u16() {
            201 => begun += 1,
            409 | 429 => {}
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert_eq!(begun, 1);
    use ports::Store;
    let room = server.store.reserved(&format!("room:{}", server.node_id())).await.unwrap();
    assert_eq!(room, 496_758_000);
}

#[tokio::test]
async fn a_day_and_a_purchase_have_limits() {
    let mut options = Options::default();
    options.policy.limits.per_purchase_minor = 5_000;
    options.policy.limits.per_day_minor = 5_000;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let dear = with(&album(), "total", json!({ "minor": 5_001, "currency": "USD" }));
    assert_eq!(ada.post("/v1/purchases", "k0", &dear).await.problem(), (422, "amount_above_limit".to_owned()));
    ada.ready("k1").await;
    let answer = ada.post("/v1/purchases", "k2", &album()).await;
    assert_eq!(answer.problem(), (429, "limit_reached".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("`day`"));
    assert!(!answer.text.contains("day:"), "no account in the answer");
    server.clock.advance_ms(86_400_000);
    let tip = ports::NodeInfo { tip_height: 101, tip_seen_at: ports::Clock::now(&*server.clock), channels_usable: 1 };
    server.engine.on_tip(tip).await.unwrap();
    ada.buy("k2").await;
}

#[tokio::test]
async fn cards_of_a_day_are_counted() {
    let mut options = Options::default();
    options.policy.limits.cards_per_day = 2;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    ada.ready("k1").await;
    ada.ready("k2").await;
    let answer = ada.post("/v1/purchases", "k3", &album()).await;
    assert_eq!(answer.problem(), (429, "limit_reached".to_owned()));
}

#[tokio::test]
async fn holds_that_come_to_nothing_are_counted() {
    let mut options = Options::default();
    options.policy.limits.abandoned_holds_per_day = 2;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    for number in 0..2 {
        let ready = ada.ready(&format!("k{number}")).await;
        let cancel = format!("/v1/purchases/{}/cancel", ready["id"].as_str().unwrap());
        ada.post(&cancel, &format!("c{number}"), &Value::Null).await.ok();
        server.past(&ready, &[State::CardReady, State::Closing]).await;
    }
    let answer = ada.post("/v1/purchases", "k3", &album()).await;
    assert_eq!(answer.problem(), (429, "limit_reached".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("`abandoned`"));
    server.shopper("eve").await.buy("k1").await;
}

#[tokio::test]
async fn requests_have_a_rate() {
    let mut options = Options::default();
    options.policy.http.per_account = RequestRate { burst: 3, every_ms: 1_000 };
    let server = Server::with(options).await;
    let (ada, eve) = (server.shopper("ada").await, server.shopper("eve").await);
    for _ in 0..3 {
        ada.get("/v1/devices").await.ok();
    }
    let answer = ada.get("/v1/devices").await;
    assert_eq!(answer.problem(), (429, "rate_limited".to_owned()));
    assert_eq!(answer.headers["retry-after"], "1");
    eve.get("/v1/devices").await.ok();
    server.clock.advance_ms(1_000);
    ada.get("/v1/devices").await.ok();
}

#[tokio::test]
async fn addresses_have_a_rate_and_proxies_are_believed_only_if_trusted() {
    let mut options = Options::default();
    options.policy.http.per_ip = RequestRate { burst: 1, every_ms: 60_000 };
    options.policy.http.trusted_proxies.insert("10.0.0.1".parse().unwrap());
    let server = Server::with(options).await;
    let ask = async |peer: &str, forwarded: &str| {
        let mut request = Request::get("/v1/served").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(format!("{peer}:1").parse::<SocketAddr>().unwrap()));
        if !forwarded.is_empty() {
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        server.send(request).await.status.as_u16()
    };
    assert_eq!(ask("192.0.2.1", "").await, 200);
    assert_eq!(ask("192.0.2.1", "").await, 429);
    assert_eq!(ask("192.0.2.1", "192.0.2.9").await, 429, "a stranger's word");
    assert_eq!(ask("10.0.0.1", "6.6.6.6, 192.0.2.2").await, 200);
    assert_eq!(ask("10.0.0.1", "7.7.7.7, 192.0.2.2").await, 429, "the last is what the proxy saw");
    assert_eq!(ask("[2001:db8::1]", "").await, 200);
    assert_eq!(ask("[2001:db8::2]", "").await, 429, "one subscriber");
}

#[tokio::test]
async fn an_address_cannot_try_log_ins_for_ever() {
    let mut options = Options::default();
    options.policy.http.per_secret = RequestRate { burst: 3, every_ms: 60_000 };
    let server = Server::with(options).await;
    let body =
        |number: u32| json!({ "login": format!("user{number}"), "password": "guess guess guess", "device_name": "d" });
    for number in 0..3 {
        assert_eq!(server.post("/v1/login", &body(number)).await.problem(), (401, "bad_credentials".to_owned()));
    }
    assert_eq!(server.post("/v1/login", &body(4)).await.problem(), (429, "rate_limited".to_owned()));
}
