//! What is owed back goes where the shopper says, and nobody else.

use crate::setup::{PASSWORD, Server, Shopper, with};
use purchase::State;
use serde_json::{Value, json};

/// Claimed for a charge that was then voided: the total is owed.
pub async fn voided(server: &Server, ada: &Shopper<'_>) -> Value {
    let ready = ada.ready("k1").await;
    let card = server.issuer.cards.lock().unwrap().keys().next().unwrap().clone();
    let body = json!({ "id": "c1", "card": card, "minor": 2711 }).to_string();
    let (asked, ()) = tokio::join!(server.webhook("charge", "good", "now", &body), server.confirm_claim(&ready));
    assert_eq!(asked.ok()["approved"], true);
    let body = json!({ "event": "e1", "id": "c1", "card": card, "kind": "reversed", "minor": 2711 }).to_string();
    server.webhook("events", "good", "now", &body).await.ok();
    // Done with the card, if that is not clear yet.
    ada.post(&format!("/v1/purchases/{}/cancel", ready["id"].as_str().unwrap()), "c", &Value::Null).await;
    server.past(&ready, &[State::CardReady, State::Funded]).await;
    server.owed(&ready).await;
    ada.get("/v1/refunds").await.ok()["refunds"][0].clone()
}

#[tokio::test]
async fn a_stolen_token_collects_nothing() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let refund = voided(&server, &ada).await;
    assert_eq!((&refund["state"], &refund["cause"]), (&json!("awaiting_destination"), &json!("voided")));
    assert_eq!(refund["owed"], json!({ "minor": 2711, "currency": "USD" }));
    let path = format!("/v1/refunds/{}/destination", refund["id"].as_str().unwrap());
    let thief = json!({ "lightning_address": "thief@wallet.example" });
    assert_eq!(ada.post(&path, "t1", &thief).await.problem(), (403, "password_needed".to_owned()));
    let guess = with(&thief, "password", json!("guess guess guess"));
    assert_eq!(ada.post(&path, "t2", &guess).await.problem(), (403, "wrong_password".to_owned()));
    assert_eq!(ada.get("/v1/refunds").await.ok()["refunds"][0]["destination"], Value::Null);
    let eve = server.shopper("eve").await;
    let hers = with(&thief, "password", json!(PASSWORD));
    assert_eq!(eve.post(&path, "t3", &hers).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(eve.get("/v1/refunds").await.ok()["refunds"], json!([]));

    let given = json!({ "lightning_address": "Ada@Wallet.example", "password": PASSWORD });
    let answer = ada.post(&path, "d1", &given).await;
    assert_eq!(answer.ok()["destination"], json!({ "kind": "lightning_address", "address": "ada@wallet.example" }));
    let again = ada.post(&path, "d1", &given).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn destinations_that_cannot_be_paid() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let refund = voided(&server, &ada).await;
    let path = format!("/v1/refunds/{}/destination", refund["id"].as_str().unwrap());
    for body in [
        json!({ "password": PASSWORD }),
        json!({ "password": PASSWORD, "bolt11": "lnok1", "lightning_address": "a@b.example" }),
        json!({ "password": PASSWORD, "bolt11": "nonsense" }),
        json!({ "password": PASSWORD, "bolt11": "lnold1" }),
        json!({ "password": PASSWORD, "bolt11": format!("lnok{}", "q".repeat(5_000)) }),
        json!({ "password": PASSWORD, "lightning_address": "ada@127.0.0.1" }),
        json!({ "password": PASSWORD, "lightning_address": "ada" }),
    ] {
        let answer = ada.post(&path, "d1", &body).await;
        assert_eq!(answer.problem(), (422, "destination_invalid".to_owned()), "{body}");
        assert!(!answer.text.contains("/secret/path"), "an adapter's words stay inside");
    }
    let answer = ada.post(&path, "d2", &json!({ "password": PASSWORD, "bolt11": "LNOK1" })).await;
    assert_eq!(answer.ok()["destination"], json!({ "kind": "bolt11", "invoice": "lnok1" }));
}
