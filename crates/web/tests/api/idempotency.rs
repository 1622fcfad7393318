//! The same wish is done once.

use crate::setup::{DEADLINE, Server, album, with};
use axum::http::Method;
use serde_json::{Value, json};

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
