//! Bad input: a clear error with a code of its own, and nothing begun.

use crate::setup::{Options, Server, album, with};
use accounts::AccountRules;
use axum::body::Body;
use axum::http::{Method, Request};
use purchase::ClaimOn;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use web::StoreRule;

fn total(minor: Value, currency: &str) -> Value {
    with(&album(), "total", json!({ "minor": minor, "currency": currency }))
}

#[tokio::test]
async fn each_wrong_purchase_has_its_code() {
    let mut options = Options::default();
    options.policy.blocked_stores = BTreeSet::from(["bad.example".to_owned()]);
    options.policy.blocked_countries = BTreeSet::from(["KP".to_owned()]);
    options.policy.countries = BTreeSet::from(["US".to_owned(), "KP".to_owned()]);
    let late = StoreRule { claim_on: ClaimOn::Reveal, ..StoreRule::default() };
    options.policy.stores.insert("late.example".to_owned(), late);
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let album = with(&album(), "country", json!("US"));
    let total = |minor, currency| with(&total(minor, currency), "country", json!("US"));
    let card_first = json!({ "store_host": "a.example", "nonce": album["nonce"], "country": "US", "card_first": true });
    for (status, code, body) in [
        (422, "amount_zero", total(json!(0), "USD")),
        (422, "amount_negative", total(json!(-2711), "USD")),
        (422, "amount_decimals", total(json!(27.11), "USD")),
        (422, "amount_above_limit", total(json!(20_001), "USD")),
        (422, "amount_above_limit", total(json!(u64::MAX), "USD")),
        (422, "amount_below_minimum", total(json!(99), "USD")),
        (422, "currency_unknown", total(json!(2711), "usd")),
        (422, "currency_unknown", total(json!(2711), "XYZ")),
        (422, "currency_not_served", total(json!(2711), "EUR")),
        (422, "currency_not_served", with(&card_first, "currency", json!("JPY"))),
        (422, "currency_unknown", with(&card_first, "currency", json!("dollars"))),
        (422, "total_needed", card_first.clone()),
        (422, "total_needed", with(&album, "card_first", json!(true))),
        (422, "total_needed", with(&album, "currency", json!("USD"))),
        (422, "store_blocked", with(&album, "store_host", json!("www.bad.example"))),
        (422, "store_host_invalid", with(&album, "store_host", json!("Shop.example"))),
        (422, "store_host_invalid", with(&album, "store_host", json!("https://shop.example"))),
        (422, "store_host_invalid", with(&album, "store_host", json!("127.0.0.1"))),
        (422, "store_host_invalid", with(&album, "store_host", json!("a.example\nnonce=00"))),
        (422, "country_invalid", with(&album, "country", json!("usa"))),
        (422, "country_not_served", with(&album, "country", json!("DE"))),
        (422, "country_not_served", with(&album, "country", json!("KP"))),
        (422, "country_needed", with(&album, "country", Value::Null)),
        (
            422,
            "claim_on_not_served",
            with(&with(&album, "store_host", json!("late.example")), "claim_on", json!("authorization")),
        ),
        (422, "invalid_body", with(&album, "claim_on", json!("later"))),
        (422, "invalid_body", with(&album, "nonce", json!("00"))),
        (422, "invalid_body", with(&album, "colour", json!("blue"))),
        (422, "invalid_body", with(&album, "total", json!("27.11"))),
        (422, "invalid_body", with(&album, "total", json!({ "minor": "2711", "currency": "USD" }))),
        (422, "invalid_body", with(&album, "total", json!({ "minor": 2711 }))),
        (422, "invalid_body", with(&album, "store_host", json!(7))),
        (422, "invalid_body", json!([])),
    ] {
        let answer = ada.post("/v1/purchases", "one-key", &body).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{body}");
    }
    assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"], json!([]), "nothing was begun");
    ada.post("/v1/purchases", "one-key", &album).await.ok();
}

#[tokio::test]
async fn an_unlisted_store_can_be_unknown() {
    let mut options = Options::default();
    options.policy.listed_stores_only = true;
    options.policy.stores.insert("albums.example".to_owned(), StoreRule::default());
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let other = with(&album(), "store_host", json!("other.example"));
    assert_eq!(ada.post("/v1/purchases", "k1", &other).await.problem(), (422, "store_unknown".to_owned()));
    ada.post("/v1/purchases", "k2", &album()).await.ok();
}

#[tokio::test]
async fn bodies_that_are_no_request() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let send = async |content_type: &str, body: &str| {
        let request = ada.request(Method::POST, "/v1/purchases").header("idempotency-key", "k");
        let request = request.header("content-type", content_type).body(Body::from(body.to_owned())).unwrap();
        server.send(request).await.problem()
    };
    assert_eq!(send("application/json", "{\"total\":").await, (400, "malformed_json".to_owned()));
    assert_eq!(send("application/json", "").await, (400, "malformed_json".to_owned()));
    assert_eq!(send("application/json", "\u{0}").await, (400, "malformed_json".to_owned()));
    assert_eq!(send("text/plain", &album().to_string()).await, (415, "wrong_content_type".to_owned()));
    let large = format!("{{\"nonce\":\"{}\"}}", "0".repeat(20_000));
    assert_eq!(send("application/json", &large).await, (413, "body_too_large".to_owned()));
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(send("application/json", &deep).await.0 / 100, 4);
}

#[tokio::test]
async fn addresses_that_are_not_there() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    assert_eq!(server.get("/nowhere").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(server.get("/v1/nowhere").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(ada.get("/v1/purchases/not-an-id").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(ada.get(&format!("/v1/purchases/{}", "ab".repeat(16))).await.problem(), (404, "not_found".to_owned()));
    let request = Request::delete("/v1/purchases").body(Body::empty()).unwrap();
    assert_eq!(server.send(request).await.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(server.get("/webhooks/fake/charge").await.problem(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn tokens_that_are_no_tokens() {
    let mut options = Options::default();
    options.rules = AccountRules { token_ms: 60_000, ..options.rules };
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    assert_eq!(server.get("/v1/purchases").await.problem(), (401, "unauthorized".to_owned()));
    for value in ["Basic YTpi", "Bearer", "nonsense", "\u{7f}"] {
        let request = Request::get("/v1/purchases").header("authorization", value.as_bytes());
        let Ok(request) = request.body(Body::empty()) else { continue };
        let answer = server.send(request).await;
        assert_eq!(answer.problem(), (401, "unauthorized".to_owned()), "{value}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let request = Request::get("/v1/purchases").header("authorization", "Bearer atd_AAAA");
    assert_eq!(server.send(request.body(Body::empty()).unwrap()).await.problem(), (401, "token_invalid".to_owned()));
    ada.get("/v1/purchases").await.ok();
    server.clock.advance_ms(60_000);
    assert_eq!(ada.get("/v1/purchases").await.problem(), (401, "token_expired".to_owned()));
}

#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    server.store.limit_pages(Some(1)).await.unwrap();
    let mut refused = None;
    // There may be room left in the last page for a little.
    for number in 0..200 {
        let answer = ada
            .post(
                &format!("/v1/purchases/{}/cancel", begun["id"].as_str().unwrap()),
                &format!("c{number}"),
                &Value::Null,
            )
            .await;
        server.clock.advance_ms(1_000);
        if !answer.status.is_success() {
            refused = Some(answer.problem());
            break;
        }
    }
    assert_eq!(refused, Some((503, "storage_unavailable".to_owned())));
    server.store.limit_pages(None).await.unwrap();
    assert_eq!(ada.get("/v1/purchases").await.ok()["purchases"].as_array().unwrap().len(), 1);
    ada.buy("k2").await;
}
