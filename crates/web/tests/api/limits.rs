//! What one shopper, one address and one second may take.

use crate::setup::{Options, Server, album, with};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use money::{Currency, Money};
use ports::{Issuer as _, Store};
use purchase::State;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
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
    server.engine.on_tip(server.node.id, tip).await.unwrap();
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

/// Taken while it can still come to nothing: two holds that are open at once cannot both be let go past the limit.
#[tokio::test]
async fn open_holds_count_until_they_are_charged() {
    let mut options = Options::default();
    options.policy.limits.abandoned_holds_per_day = 1;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let first = ada.ready("k1").await;
    assert_eq!(ada.post("/v1/purchases", "k2", &album()).await.problem(), (429, "limit_reached".to_owned()));
    server.charge(&first, "c1").await;
    let second = ada.ready("k2").await;
    // The hold window ends: let go as much as if it had been cancelled.
    server.later(11 * 60_000).await;
    assert_eq!(server.past(&second, &[State::CardReady, State::Closing]).await.state, State::Returned);
    assert_eq!(ada.post("/v1/purchases", "k3", &album()).await.problem(), (429, "limit_reached".to_owned()));
    server.later(86_400_000).await;
    ada.buy("k3").await;
}

/// Who came to nothing is not locked out: what ended before anything was claimed is given back.
#[tokio::test]
async fn what_ended_unpaid_is_given_back() {
    let mut options = Options::default();
    options.policy.limits.per_day_minor = 2_711;
    options.policy.limits.cards_per_day = 2;
    options.policy.limits.abandoned_holds_per_day = 2;
    options.policy.limits.new_accounts_share = money::Bps(500);
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    for number in 0..5 {
        let begun = ada.buy(&format!("expires{number}")).await;
        assert_eq!(ada.post("/v1/purchases", "x", &album()).await.status.as_u16(), 409);
        server.later(5 * 60_000 + 1).await;
        assert_eq!(server.past(&begun, &[State::Invoiced, State::Closing]).await.state, State::Expired);
        let begun = ada.buy(&format!("cancelled{number}")).await;
        let cancel = format!("/v1/purchases/{}/cancel", begun["id"].as_str().unwrap());
        ada.post(&cancel, &format!("c{number}"), &Value::Null).await.ok();
        server.past(&begun, &[State::Invoiced, State::Closing]).await;
    }
    // Paid, and the issuer made no card: nobody's fault but ours.
    server.issuer.refuses.store(true, std::sync::atomic::Ordering::SeqCst);
    for number in 0..3 {
        let begun = ada.buy(&format!("no-card{number}")).await;
        server.pay(&begun).await;
        let over = server.past(&begun, &[State::Invoiced, State::Held, State::Closing]).await;
        assert_eq!(over.state, State::Returned);
    }
    server.issuer.refuses.store(false, std::sync::atomic::Ordering::SeqCst);
    let bought = ada.ready("k1").await;
    server.charge(&bought, "c1").await;
    let answer = ada.post("/v1/purchases", "k2", &album()).await;
    assert_eq!(answer.problem(), (429, "limit_reached".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("`day`"), "{}", answer.text);
}

/// A card that was made is a card that was made, whatever became of it.
#[tokio::test]
async fn a_card_that_was_made_counts_though_its_hold_went_back() {
    let mut options = Options::default();
    options.policy.limits.cards_per_day = 1;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    ada.post(&format!("/v1/purchases/{}/cancel", ready["id"].as_str().unwrap()), "c", &Value::Null).await.ok();
    server.past(&ready, &[State::CardReady, State::Closing]).await;
    let answer = ada.post("/v1/purchases", "k2", &album()).await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("`cards`"), "{}", answer.text);
}

/// A prepared card is quoted again and again: each quote takes the place of the one before.
#[tokio::test]
async fn another_quote_takes_no_more() {
    use ports::Store;
    let mut options = Options::default();
    options.policy.limits.per_day_minor = 2_711;
    options.policy.limits.cards_per_day = 1;
    options.policy.limits.abandoned_holds_per_day = 1;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let album = album();
    let card_first = json!({ "store_host": album["store_host"], "nonce": album["nonce"], "card_first": true,
        "currency": "USD" });
    let begun = ada.post("/v1/purchases", "k1", &card_first).await.ok();
    server.past(&begun, &[State::Opened]).await;
    let quote = json!({ "total": album["total"], "nonce": album["nonce"] });
    let path = format!("/v1/purchases/{}/quote", begun["id"].as_str().unwrap());
    for number in 0..3 {
        ada.post(&path, &format!("q{number}"), &quote).await.ok();
        let float = server.store.reserved("float:fake:USD").await.unwrap();
        assert_eq!(float, 2_711 + 50, "the total and its tolerance, once");
        server.later(5 * 60_000 + 1).await;
        assert_eq!(server.past(&begun, &[State::Quoted, State::Invoiced]).await.state, State::CardPrepared);
        for resource in ["float:fake:USD".to_owned(), format!("room:{}", server.node_id())] {
            assert_eq!(server.store.reserved(&resource).await, Ok(0), "{resource}");
        }
    }
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

/// What the operator keeps at the issuer is for nobody's quote, and what is quoted is not quoted twice.
#[tokio::test]
async fn quoting_stops_before_the_float_falls_below_what_is_kept() {
    let mut options = Options::default();
    options.config.float_keep = Some(Money::new(7_240, Currency::USD).unwrap());
    let server = Server::with(options).await;
    let (ada, bob) = (server.shopper("ada").await, server.shopper("bob").await);
    // 27.11 and a tolerance of 0.50.
    server.issuer.float_minor.store(7_240 + 2_760, Ordering::SeqCst);
    assert_eq!(ada.post("/v1/purchases", "k1", &album()).await.problem(), (503, "no_float".to_owned()));
    server.issuer.float_minor.store(7_240 + 2_761, Ordering::SeqCst);
    ada.post("/v1/purchases", "k2", &album()).await.ok();
    let taken = server.store.reserved(&engine::float_name(server.issuer.name(), Currency::USD)).await.unwrap();
    assert_eq!(taken, 2_761);
    assert_eq!(bob.post("/v1/purchases", "k3", &album()).await.problem(), (503, "no_float".to_owned()));
    server.issuer.float_minor.store(7_240 + 2 * 2_761, Ordering::SeqCst);
    bob.post("/v1/purchases", "k4", &album()).await.ok();
}
