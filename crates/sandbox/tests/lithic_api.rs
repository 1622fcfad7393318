//! Lithic's API as the client sees it: the documented fields, errors, lists, idempotency.

mod common;

use std::collections::BTreeSet;

use common::Api;
use sandbox::lithic::{Issuer, IssuerConfig};
use serde_json::{Value, json};

async fn start() -> (Issuer, Api) {
    let issuer = Issuer::start(IssuerConfig::default()).await.expect("a free port");
    let api = Api::new(issuer.url(), issuer.api_key());
    (issuer, api)
}

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// docs.lithic.com/reference/postcards: the example's request, and every field that its answer has.
#[tokio::test]
async fn a_card_has_the_published_shape() {
    let (_issuer, api) = start().await;
    let card = api
        .post(
            "/v1/cards",
            json!({
                "memo": "New Card", "spend_limit": 1000, "spend_limit_duration": "TRANSACTION",
                "state": "OPEN", "type": "VIRTUAL",
            }),
        )
        .await;
    for field in [
        "account_token",
        "card_program_token",
        "cardholder_currency",
        "created",
        "cvv",
        "exp_month",
        "exp_year",
        "funding",
        "hostname",
        "last_four",
        "memo",
        "pan",
        "replacement_for",
        "spend_limit",
        "spend_limit_duration",
        "state",
        "token",
        "type",
        "pin_status",
    ] {
        assert!(fields(&card).contains(field), "{field}");
    }
    let text = |field: &str| card[field].as_str().expect("a string").to_owned();
    assert_eq!((text("pan").len(), text("cvv").len()), (16, 3));
    assert_eq!((text("exp_month").len(), text("exp_year").len()), (2, 4));
    assert!(text("pan").ends_with(&text("last_four")));
    assert_eq!(card["spend_limit"], 1000);

    let shown = api.get(&format!("/v1/cards/{}", text("token"))).await;
    assert_eq!(shown, card);
    let listed = api.get("/v1/cards").await;
    assert_eq!(listed["has_more"], false);
    assert_eq!(listed["data"][0]["token"], card["token"]);
    assert!(!fields(&listed["data"][0]).contains("pan"), "the list is without numbers");
    assert!(!fields(&listed["data"][0]).contains("cvv"));
}

#[tokio::test]
async fn an_account_without_pci_compliance_sees_no_number() {
    let config = IssuerConfig { reveal_card_data: false, ..IssuerConfig::default() };
    let issuer = Issuer::start(config).await.expect("a free port");
    let api = Api::new(issuer.url(), issuer.api_key());
    let card = api.post("/v1/cards", json!({ "type": "SINGLE_USE" })).await;
    assert!(card.get("pan").is_none() && card.get("cvv").is_none());
}

#[tokio::test]
async fn errors_have_the_published_shape_and_codes() {
    let (issuer, api) = start().await;
    let stranger = Api::new(issuer.url(), "wrong".into());
    let card = api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
    let path = format!("/v1/cards/{}", card["token"].as_str().expect("a token"));
    api.send("PATCH", &path, Some(json!({ "state": "CLOSED" }))).await;
    let unknown = "/v1/cards/7ef7d65c-9023-4da3-b113-3b8583fd7951";
    for (status, (got, error)) in [
        (401, stranger.send("GET", "/v1/cards", None).await),
        (404, api.send("GET", unknown, None).await),
        (404, api.send("PATCH", unknown, Some(json!({}))).await),
        (404, api.send("GET", "/v1/nothing", None).await),
        (405, api.send("PUT", "/v1/cards", None).await),
        (400, api.send("GET", "/v1/cards/not-a-uuid", None).await),
        (400, api.send("GET", "/v1/cards?colour=red", None).await),
        (400, api.send("GET", "/v1/cards?page_size=0", None).await),
        (400, api.send("GET", "/v1/cards?begin=yesterday", None).await),
        (400, api.send("POST", "/v1/cards", Some(json!({}))).await),
        (400, api.send("POST", "/v1/cards", Some(json!({ "type": "GOLD" }))).await),
        (400, api.send("POST", "/v1/cards", Some(json!({ "type": "VIRTUAL", "spend_limit": -1 }))).await),
        (400, api.send("POST", "/v1/cards", Some(json!({ "type": "VIRTUAL", "colour": "red" }))).await),
        (405, api.send("PATCH", &path, Some(json!({ "state": "OPEN" }))).await),
    ] {
        assert_eq!(got, status, "{error}");
        assert_eq!(fields(&error), BTreeSet::from(["debugging_request_id", "message"]));
    }
    let open = api.http.get(format!("{}/v1/status", issuer.url())).send().await.expect("an answer");
    assert_eq!(open.status().as_u16(), 200, "the status needs no key");
}

#[tokio::test]
async fn a_repeated_creation_makes_one_card() {
    let (issuer, api) = start().await;
    let key = "123e4567-e89b-12d3-a456-426614174000";
    let create = async |key: &str, body: Value| {
        let request = api.request("POST", "/v1/cards").header("Idempotency-Key", key).json(&body);
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.json::<Value>().await.expect("JSON"))
    };
    let body = json!({ "type": "VIRTUAL", "spend_limit": 2711 });
    let (status, first) = create(key, body.clone()).await;
    assert_eq!(status, 200);
    let path = format!("/v1/cards/{}", first["token"].as_str().expect("a token"));
    api.send("PATCH", &path, Some(json!({ "spend_limit": 5 }))).await;
    let (status, again) = create(key, body).await;
    assert_eq!((status, &again["token"], &again["spend_limit"]), (200, &first["token"], &json!(5)));
    let (status, _) = create(key, json!({ "type": "SINGLE_USE" })).await;
    assert_eq!(status, 400, "the key with another body");
    let (status, _) = create("not-a-uuid", json!({ "type": "VIRTUAL" })).await;
    assert_eq!(status, 400, "a key that is no UUID");
    assert_eq!(issuer.cards().len(), 1);
}

#[tokio::test]
async fn lists_page_from_the_newest_on() {
    let (issuer, api) = start().await;
    for index in 0..5 {
        api.post("/v1/cards", json!({ "type": "VIRTUAL", "memo": format!("card {index}") })).await;
    }
    let first = api.get("/v1/cards?page_size=2").await;
    let memos = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().expect("a list").iter();
        data.map(|card| card["memo"].as_str().expect("a memo").to_owned()).collect()
    };
    assert_eq!(memos(&first), ["card 4", "card 3"]);
    assert_eq!(first["has_more"], true);
    let cursor = first["data"][1]["token"].as_str().expect("a token");
    let second = api.get(&format!("/v1/cards?page_size=3&starting_after={cursor}")).await;
    assert_eq!(memos(&second), ["card 2", "card 1", "card 0"]);
    assert_eq!(second["has_more"], false);
    let last = second["data"][2]["token"].as_str().expect("a token");
    let before = api.get(&format!("/v1/cards?page_size=2&ending_before={last}")).await;
    assert_eq!(memos(&before), ["card 2", "card 1"]);
    assert_eq!(memos(&api.get("/v1/cards?memo=card%203").await), ["card 3"]);
    assert_eq!(memos(&api.get("/v1/cards?begin=2100-01-01T00:00:00Z").await), [""; 0]);
    assert_eq!(issuer.cards().len(), 5);
}

#[tokio::test]
async fn balances_secret_and_responder_are_as_documented() {
    let (issuer, api) = start().await;
    let balances = api.get("/v1/balances?financial_account_type=ISSUING").await;
    let balance = &balances["data"][0];
    assert_eq!(balance["available_amount"], 1_000_000);
    assert_eq!(balance["currency"], "USD");
    let account = balance["financial_account_token"].as_str().expect("a token");
    let one = api.get(&format!("/v1/financial_accounts/{account}/balances")).await;
    assert_eq!((&one["data"][0]["token"], &one["data"][0]["type"]), (&json!(account), &json!("ISSUING")));

    let secret = api.get("/v1/auth_stream/secret").await["secret"].clone();
    assert_eq!(secret, issuer.asa_secret());
    let (status, _) = api.send("POST", "/v1/auth_stream/secret/rotate", None).await;
    assert_eq!(status, 204);
    assert_ne!(api.get("/v1/auth_stream/secret").await["secret"], secret);

    let path = "/v1/responder_endpoints?type=AUTH_STREAM_ACCESS";
    assert_eq!(api.get(path).await, json!({ "enrolled": false, "url": null }));
    let url = "http://127.0.0.1:9/asa";
    let enroll = json!({ "type": "AUTH_STREAM_ACCESS", "url": url });
    assert_eq!(api.post("/v1/responder_endpoints", enroll).await, json!({ "enrolled": true }));
    assert_eq!(api.get(path).await, json!({ "enrolled": true, "url": url }));
    assert_eq!(api.send("DELETE", path, None).await.0, 204);
    assert_eq!(api.get(path).await["enrolled"], false);
}

#[tokio::test]
async fn tags_are_merged() {
    let (_issuer, api) = start().await;
    let card = api.post("/v1/cards", json!({ "type": "VIRTUAL", "tags": { "a": "1", "b": "2" } })).await;
    let path = format!("/v1/cards/{}", card["token"].as_str().expect("a token"));
    let (_, card) = api.send("PATCH", &path, Some(json!({ "tags": { "a": null, "c": "3" } }))).await;
    assert_eq!(card["tags"], json!({ "b": "2", "c": "3" }));
    let long = json!({ "tags": { "x".repeat(41): "1" } });
    assert_eq!(api.send("PATCH", &path, Some(long)).await.0, 400);
}
