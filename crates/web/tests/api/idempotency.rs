//! The same wish is done once.

use crate::setup::{DEADLINE, Options, Server, Shopper, album, with};
use axum::http::Method;
use ports::Clock;
use serde_json::{Value, json};
use std::sync::mpsc;
use tempfile::TempDir;

#[tokio::test]
async fn the_same_key_and_body_give_the_same_answer() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let first = ada.post("/v1/purchases", "k1", &album()).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let second = ada.post("/v1/purchases", "k1", &album()).await;
    assert_eq!((second.status, &second.text), (first.status, &first.text));
    assert_eq!(second.headers["idempotency-replayed"], "true");
    // Other spacing is the same request.
    let spaced = ada.post("/v1/purchases", "k1", &with(&album(), "card_first", json!(false))).await;
    assert_eq!(spaced.text, first.text);
    assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_key_for_something_else_is_refused() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let other = with(&album(), "total", json!({ "minor": 2712, "currency": "USD" }));
    assert_eq!(ada.post("/v1/purchases", "k1", &other).await.problem(), (422, "idempotency_mismatch".to_owned()));
    let cancel = format!("/v1/purchases/{}/cancel", begun["id"].as_str().unwrap());
    assert_eq!(ada.post(&cancel, "k1", &Value::Null).await.problem(), (422, "idempotency_mismatch".to_owned()));
    // Another shopper's keys are their own.
    let eve = server.shopper("eve").await;
    assert_ne!(eve.buy("k1").await["id"], begun["id"]);
}

#[tokio::test]
async fn a_request_under_way_is_not_begun_again_and_ends_without_its_client() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let album = album();
    let gate = server.node.gate.lock().await;
    tokio::select! {
        answer = ada.post("/v1/purchases", "k1", &album) => panic!("the gate is shut: {}", answer.text),
        () = server.node.asked.notified() => {}
    }
    // Here the first client has gone away.
    let second = ada.post("/v1/purchases", "k1", &album).await;
    assert_eq!(second.problem(), (409, "idempotency_in_progress".to_owned()));
    drop(gate);
    let done = async {
        loop {
            let answer = ada.post("/v1/purchases", "k1", &album).await;
            if answer.status.as_u16() == 201 {
                return answer;
            }
            assert_eq!(answer.problem().1, "idempotency_in_progress");
            server.clock.advance_ms(200);
        }
    };
    let answer = tokio::time::timeout(DEADLINE, done).await.expect("it ends");
    assert_eq!(answer.headers["idempotency-replayed"], "true");
    assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_leaves_the_key_free() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    server.running.drain();
    assert_eq!(ada.post("/v1/purchases", "k1", &album()).await.problem().1, "draining");
    let bob = Server::start().await;
    let bob = bob.shopper("bob").await;
    bob.server.prices.gone.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(bob.post("/v1/purchases", "k1", &album()).await.problem().1, "price_unavailable");
    bob.server.prices.gone.store(false, std::sync::atomic::Ordering::SeqCst);
    bob.buy("k1").await;
}

#[tokio::test]
async fn calls_that_change_something_need_a_key() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let device = ada.get("/v1/devices").await.ok()["devices"][0]["id"].as_str().unwrap().to_owned();
    let address = json!({ "name": "Ada", "line1": "1 A St", "city": "B", "country": "DE", "postal_code": "10115" });
    let destination = json!({ "lightning_address": "ada@wallet.example" });
    let id = "ab".repeat(16);
    let quote = json!({ "total": album()["total"], "nonce": album()["nonce"] });
    for (method, path, body) in [
        (Method::POST, "/v1/purchases".to_owned(), album()),
        (Method::POST, format!("/v1/purchases/{id}/quote"), quote),
        (Method::POST, format!("/v1/purchases/{id}/cancel"), Value::Null),
        (Method::POST, format!("/v1/refunds/{id}/destination"), destination.clone()),
        (Method::PUT, "/v1/account/billing-address".to_owned(), address),
        (Method::PUT, "/v1/account/refund-destination".to_owned(), destination),
        (Method::DELETE, "/v1/account/refund-destination/waiting".to_owned(), Value::Null),
        (Method::DELETE, format!("/v1/devices/{device}"), Value::Null),
    ] {
        for key in ["", "with space", &"k".repeat(65)] {
            let answer = ada.call(method.clone(), &path, key, &body).await;
            assert_eq!(answer.problem(), (400, "idempotency_key_needed".to_owned()), "{method} {path} {key}");
        }
    }
}

/// Where the first process ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dies {
    BeforeTheCommit,
    BeforeTheAnswer,
}

/// Begins a purchase under the key `k1` and dies half-way, all at once as a killed process does. The shopper's token, what
/// is left on the disk, and the purchases that are on it.
fn died(dies: Dies) -> (String, TempDir, usize) {
    let (send, left) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.spawn(async move {
        let server = Server::start().await;
        let ada = server.shopper("ada").await;
        let album = album();
        let (room, invoices) = (server.node.gate.lock(), server.node.invoices.lock());
        let (room, invoices) = match dies {
            Dies::BeforeTheCommit => (Some(room.await), None),
            Dies::BeforeTheAnswer => (None, Some(invoices.await)),
        };
        let reached = match dies {
            Dies::BeforeTheCommit => server.node.asked.notified(),
            Dies::BeforeTheAnswer => server.node.invoice_asked.notified(),
        };
        tokio::select! {
            answer = ada.post("/v1/purchases", "k1", &album) => panic!("the gate is shut: {}", answer.text),
            () = reached => {}
        }
        let stored = ada.get("/v1/purchases").await.ok()["purchases"].as_array().unwrap().len();
        assert_eq!(ada.post("/v1/purchases", "k1", &album).await.problem().1, "idempotency_in_progress");
        // The disk as it is now, under the feet of a process that does nothing more.
        let copy = TempDir::new().unwrap();
        for entry in std::fs::read_dir(server.dir.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        send.send((ada.token.clone(), copy, stored)).unwrap();
        drop((room, invoices));
    });
    let left = left.recv_timeout(DEADLINE).expect("it gets that far");
    runtime.shutdown_background();
    left
}

#[tokio::test]
async fn a_call_that_died_with_its_process_is_taken_up_again() {
    for dies in [Dies::BeforeTheCommit, Dies::BeforeTheAnswer] {
        let (token, dir, stored) = died(dies);
        assert_eq!(stored, usize::from(dies == Dies::BeforeTheAnswer));
        let server = Server::on(dir, Options::default()).await;
        let ada = Shopper { server: &server, token, recovery: Value::Null };
        let before = ada.get("/v1/purchases").await.ok()["purchases"].clone();
        assert_eq!(before.as_array().unwrap().len(), stored);
        // Another request with the key is still another request.
        let other = with(&album(), "total", json!({ "minor": 2712, "currency": "USD" }));
        assert_eq!(ada.post("/v1/purchases", "k1", &other).await.problem().1, "idempotency_mismatch");
        let answer = ada.post("/v1/purchases", "k1", &album()).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
        assert!(!answer.headers.contains_key("idempotency-replayed"));
        if let Some(found) = before.get(0) {
            assert_eq!(found["id"], answer.json()["id"], "the same purchase");
        }
        assert!(answer.json()["invoice"]["bolt11"].is_string(), "it can be paid: {}", answer.text);
        let again = ada.post("/v1/purchases", "k1", &album()).await;
        assert_eq!((again.text, &again.headers["idempotency-replayed"] == "true"), (answer.text.clone(), true));
        assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"].as_array().unwrap().len(), 1);
    }
}

/// The process lives, the call does not: its lease ends.
#[tokio::test]
async fn a_call_that_is_never_answered_is_taken_over_and_makes_nothing_twice() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let album = album();
    let gate = server.node.gate.lock().await;
    tokio::select! {
        answer = ada.post("/v1/purchases", "k1", &album) => panic!("the gate is shut: {}", answer.text),
        () = server.node.asked.notified() => {}
    }
    server.clock.advance_ms(119_999);
    assert_eq!(ada.post("/v1/purchases", "k1", &album).await.problem().1, "idempotency_in_progress");
    server.clock.advance_ms(1);
    let tip = ports::NodeInfo { tip_height: 100, tip_seen_at: server.clock.now(), channels_usable: 1 };
    server.engine.on_tip(server.node.id, tip).await.unwrap();
    let (answer, ()) = tokio::join!(ada.post("/v1/purchases", "k1", &album), async {
        server.node.asked.notified().await;
        drop(gate);
    });
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    // The first one goes on behind the second: it finds the same purchase.
    let again = ada.post("/v1/purchases", "k1", &album).await;
    assert_eq!(again.json()["id"], answer.json()["id"]);
    assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_quote_that_died_is_looked_up() {
    use ports::AccountStore;
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let album = album();
    let card_first = json!({ "store_host": album["store_host"], "nonce": album["nonce"], "card_first": true,
        "currency": "USD" });
    let begun = ada.post("/v1/purchases", "k1", &card_first).await.ok();
    server.past(&begun, &[purchase::State::Opened]).await;
    let quote = json!({ "total": album["total"], "nonce": album["nonce"] });
    let path = format!("/v1/purchases/{}/quote", begun["id"].as_str().unwrap());
    let gate = server.node.invoices.lock().await;
    tokio::select! {
        answer = ada.post(&path, "q1", &quote) => panic!("the gate is shut: {}", answer.text),
        () = server.node.invoice_asked.notified() => {}
    }
    // It was quoted, and whoever was to answer is given up.
    let purchase = server.engine.purchase(begun["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    server.store.lapse_idempotent(purchase.account, "q1").await.unwrap();
    let again = ada.post(&path, "q1", &quote).await;
    assert_eq!(again.ok()["quote"]["amount_msat"], purchase.quote.unwrap().amount_msat.get());
    assert!(!again.headers.contains_key("idempotency-replayed"));
    drop(gate);
    let quoted = server.past(&begun, &[purchase::State::Quoted]).await;
    assert_eq!(quoted.payment_hashes.len(), 1, "quoted once");
}
