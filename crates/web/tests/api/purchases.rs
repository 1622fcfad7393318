//! A purchase from its quote to its receipt.

use crate::setup::{NONCE, PASSWORD, Server, album, with};
use axum::http::StatusCode;
use purchase::State;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn the_reference_purchase_end_to_end() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let answer = ada.post("/v1/purchases", "k1", &album()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let begun = answer.json();
    assert_eq!(begun["quote"]["amount_btc"], "0.00496758");
    assert_eq!(begun["quote"]["rate"], "5457.386");
    assert_eq!((&begun["state"], &begun["bitcoin"]), (&json!("invoiced"), &json!("unpaid")));
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());

    server.pay(&begun).await;
    server.past(&begun, &[State::Invoiced, State::Held]).await;
    let held = ada.get(&path).await.ok();
    assert_eq!((&held["state"], &held["bitcoin"]), (&json!("card_ready"), &json!("held")));
    assert_eq!(held["hold"]["amount_msat"], 496_758_000);

    let card = server.issuer.cards.lock().unwrap().keys().next().unwrap().clone();
    let body = json!({ "id": "c1", "card": card, "minor": 2711 }).to_string();
    let (asked, ()) = tokio::join!(server.webhook("charge", "good", "now", &body), server.confirm_claim(&begun));
    assert_eq!(asked.ok(), json!({ "approved": true }));
    assert_eq!(server.node.claimed.lock().unwrap().len(), 1);

    let body = json!({ "event": "e1", "id": "c1", "card": card, "kind": "captured", "minor": 2711 }).to_string();
    server.webhook("events", "good", "now", &body).await.ok();
    server.past(&begun, &[State::CardReady, State::Funded]).await;
    let done = ada.get(&path).await.ok();
    assert_eq!((&done["state"], &done["bitcoin"]), (&json!("completed"), &json!("claimed")));
    assert_eq!(done["charges"][0]["merchant"], "SHOP*ALBUM");

    let receipt = ada.get(&format!("{path}/receipt")).await.ok();
    assert_eq!(receipt["captured"], json!({ "minor": 2711, "currency": "USD" }));
    assert_eq!((&receipt["claimed_msat"], &receipt["final"]), (&json!(496_758_000), &json!(true)));
    let lines = receipt["ledger"].as_array().unwrap();
    let sum: i64 = lines
        .iter()
        .filter(|line| line["account"] == "shopper" && line["layer"] == "posted" && line["asset"] == "USD")
        .map(|line| line["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, 0, "what was owed to the shopper was used up: {receipt}");
    assert!(lines.iter().all(|line| !line["account"].as_str().unwrap().contains("exchange")), "not the operator's");
}

/// Each part of the price is told, from the market's to the shopper's, and they add up to the millisatoshi.
#[tokio::test]
async fn the_price_is_told_in_parts() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let quote = ada.buy("k1").await["quote"].take();
    let parts = &quote["parts"];
    assert_eq!((&quote["executable_rate"], &parts["consolidated_rate"]), (&json!("5457.386"), &json!("5460")));
    assert_eq!((&parts["venues"], &parts["slippage_ppm"]), (&json!(1), &json!(478)));
    let basis = json!({ "kind": "venues_and_table", "table": "ECB", "date": "2026-01-30", "through": null });
    assert_eq!(parts["basis"], basis);
    let names = ["order_msat", "fee_msat", "slippage_msat", "spread_msat", "rounding_msat"];
    let sum: i64 = names.iter().map(|name| parts[name].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), quote["amount_msat"].as_i64(), "{quote}");
    assert_eq!(parts["order_msat"], 496_520_146);
}

#[tokio::test]
async fn the_terms_hash_is_what_the_fields_say() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let id = begun["id"].as_str().unwrap();
    let terms = ada.get(&format!("/v1/purchases/{id}/terms")).await.ok();
    let mut text = format!("{}\n", terms["format"].as_str().unwrap());
    let fields = "server node purchase store total_minor currency fee_minor rate_micro spread_ppm amount_msat \
                  expires_at_ms claim_on";
    for name in fields.split_whitespace() {
        let value = terms[name].as_str().map_or_else(|| terms[name].to_string(), str::to_owned);
        text.push_str(&format!("{name}={value}\n"));
    }
    text.push_str(&format!("nonce={NONCE}\n"));
    assert_eq!(terms["terms_hash"], hex::encode(Sha256::digest(text)));
    assert_eq!(terms["terms_hash"], begun["terms_hash"]);
    assert_eq!(terms["server"], "https://till.example");
    assert_eq!(terms["node"], server.node_id());
    assert!(terms["description"].as_str().unwrap().starts_with("Anytill "));
}

#[tokio::test]
async fn a_card_first_purchase_is_quoted_later() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let request = json!({ "store_host": "shop.example", "card_first": true, "currency": "USD", "nonce": NONCE });
    let begun = ada.post("/v1/purchases", "k1", &request).await.ok();
    assert_eq!((&begun["state"], &begun["flow"]), (&json!("card_prepared"), &json!("card_first")));
    assert_eq!(begun["card"]["limit"]["minor"], 0);
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    assert_eq!(ada.get(&format!("{path}/terms")).await.problem(), (409, "not_ready".to_owned()));

    let total =
        |minor: u64, currency: &str| json!({ "total": { "minor": minor, "currency": currency }, "nonce": NONCE });
    let quote = format!("{path}/quote");
    assert_eq!(ada.post(&quote, "q1", &total(2711, "EUR")).await.problem().1, "currency_mismatch");
    assert_eq!(ada.post(&quote, "q2", &total(0, "USD")).await.problem().1, "amount_zero");
    let quoted = ada.post(&quote, "q3", &total(2711, "USD")).await.ok();
    assert_eq!((&quoted["state"], &quoted["quote"]["amount_msat"]), (&json!("invoiced"), &json!(496_758_000)));
    assert_eq!(ada.post(&quote, "q4", &total(2711, "USD")).await.problem().1, "too_late");
    assert_eq!(ada.get(&path).await.ok()["waits_for_operator"], false, "a late wish parks nothing");
}

#[tokio::test]
async fn cancelling_gives_the_bitcoin_back() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let path = format!("/v1/purchases/{}", ready["id"].as_str().unwrap());
    ada.post(&format!("{path}/cancel"), "k2", &Value::Null).await.ok();
    server.past(&ready, &[State::CardReady, State::Closing]).await;
    let over = ada.get(&path).await.ok();
    assert_eq!((&over["state"], &over["bitcoin"]), (&json!("returned"), &json!("returned")));
    assert_eq!(over["closed_because"], "cancelled");
    assert_eq!(server.node.returned.lock().unwrap().len(), 1);
    assert!(server.node.claimed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn another_shopper_sees_nothing() {
    let server = Server::start().await;
    let (ada, eve) = (server.shopper("ada").await, server.shopper("eve").await);
    let begun = ada.buy("k1").await;
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    for path in [path.clone(), format!("{path}/terms"), format!("{path}/receipt"), format!("{path}/events")] {
        assert_eq!(eve.get(&path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
    let cancel = eve.post(&format!("{path}/cancel"), "k", &Value::Null).await;
    assert_eq!(cancel.problem().1, "not_found");
    let key = json!({ "public_key": "00".repeat(32) });
    assert_eq!(eve.post(&format!("{path}/reveal"), "", &key).await.problem().1, "not_found");
    assert_eq!(eve.get("/v1/purchases").await.ok()["purchases"], json!([]));
    assert_eq!(ada.get(&path).await.ok()["state"], "invoiced");
}

#[tokio::test]
async fn lists_are_paged() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let begun = ada.buy(&format!("k{number}")).await;
        ids.push(begun["id"].clone());
        let cancel = format!("/v1/purchases/{}/cancel", begun["id"].as_str().unwrap());
        ada.post(&cancel, &format!("c{number}"), &Value::Null).await.ok();
        server.clock.advance_ms(1_000);
    }
    let first = ada.get("/v1/purchases?limit=2").await.ok();
    let listed =
        |page: &Value| page["purchases"].as_array().unwrap().iter().map(|p| p["id"].clone()).collect::<Vec<_>>();
    assert_eq!(listed(&first), [ids[2].clone(), ids[1].clone()]);
    let next = ada.get(&format!("/v1/purchases?limit=2&before_ms={}", first["next_before_ms"])).await.ok();
    assert_eq!((listed(&next), &next["next_before_ms"]), (vec![ids[0].clone()], &Value::Null));
    for bad in ["limit=0", "limit=101", "limit=x", "unknown=1"] {
        assert_eq!(ada.get(&format!("/v1/purchases?{bad}")).await.problem().1, "invalid_query", "{bad}");
    }
}

#[tokio::test]
async fn nothing_is_begun_when_it_could_not_be_finished() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    server.node.room_msat.store(1_000_000, Ordering::SeqCst);
    assert_eq!(ada.post("/v1/purchases", "k1", &album()).await.problem(), (503, "no_room".to_owned()));
    server.node.room_msat.store(10_000_000_000, Ordering::SeqCst);
    server.issuer.float_minor.store(2_000, Ordering::SeqCst);
    assert_eq!(ada.post("/v1/purchases", "k2", &album()).await.problem(), (503, "no_float".to_owned()));
    server.issuer.float_minor.store(1_000_000, Ordering::SeqCst);
    server.prices.gone.store(true, Ordering::SeqCst);
    let answer = ada.post("/v1/purchases", "k3", &album()).await;
    assert_eq!(answer.problem(), (503, "price_unavailable".to_owned()));
    assert!(answer.headers.contains_key("retry-after"));
    server.prices.gone.store(false, Ordering::SeqCst);
    server.node.reachable.store(false, Ordering::SeqCst);
    assert_eq!(ada.post("/v1/purchases", "k4", &album()).await.problem(), (503, "unavailable".to_owned()));
    server.node.reachable.store(true, Ordering::SeqCst);
    server.running.drain();
    assert_eq!(ada.post("/v1/purchases", "k5", &album()).await.problem(), (503, "draining".to_owned()));
    assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"], json!([]));
}

#[tokio::test]
async fn a_claim_at_the_reveal_asks_for_a_refund_destination_first() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let request = with(&album(), "claim_on", json!("reveal"));
    assert_eq!(ada.post("/v1/purchases", "k1", &request).await.problem(), (409, "destination_needed".to_owned()));
    let destination = json!({ "lightning_address": "ada@wallet.example", "password": PASSWORD });
    ada.call(axum::http::Method::PUT, "/v1/account/refund-destination", "d1", &destination).await.ok();
    assert_eq!(ada.post("/v1/purchases", "k1", &request).await.ok()["claim_on"], "reveal");
}
