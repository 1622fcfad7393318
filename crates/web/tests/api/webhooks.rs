//! The issuer's webhooks.

use crate::fakes::CARD_NUMBER;
use crate::setup::{Options, Server};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn what_is_not_signed_is_not_read() {
    let server = Server::start().await;
    let body = json!({ "id": "c1", "card": "none", "minor": 2711 }).to_string();
    for hook in ["charge", "events"] {
        assert_eq!(server.webhook(hook, "bad", "now", &body).await.problem(), (401, "webhook_signature".to_owned()));
        assert_eq!(server.webhook(hook, "good", "old", &body).await.problem(), (401, "webhook_stale".to_owned()));
        assert_eq!(server.webhook(hook, "good", "now", "{").await.problem(), (400, "webhook_malformed".to_owned()));
        let large = "x".repeat(70_000);
        assert_eq!(server.webhook(hook, "good", "now", &large).await.problem(), (413, "body_too_large".to_owned()));
        let other = Request::post(format!("/webhooks/other/{hook}")).body(Body::empty()).unwrap();
        assert_eq!(server.send(other).await.problem(), (404, "not_found".to_owned()));
        // A header twice counts as missing.
        let twice = Request::post(format!("/webhooks/fake/{hook}"))
            .header("x-signature", "good")
            .header("x-signature", "good")
            .header("x-time", "now");
        let answer = server.send(twice.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.problem(), (401, "webhook_signature".to_owned()));
    }
}

#[tokio::test]
async fn an_unknown_card_is_declined_in_the_issuers_words() {
    let server = Server::start().await;
    let body = json!({ "id": "c1", "card": "none", "minor": 2711 }).to_string();
    assert_eq!(server.webhook("charge", "good", "now", &body).await.ok(), json!({ "approved": false }));
}

#[tokio::test]
async fn a_replayed_question_is_answered_the_same_and_charged_once() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let card = server.issuer.cards.lock().unwrap().keys().next().unwrap().clone();
    let body = json!({ "id": "c1", "card": card, "minor": 2711 }).to_string();
    let (first, ()) = tokio::join!(server.webhook("charge", "good", "now", &body), server.confirm_claim(&ready));
    let second = server.webhook("charge", "good", "now", &body).await;
    assert_eq!((first.ok(), second.ok()), (json!({ "approved": true }), json!({ "approved": true })));
    let path = format!("/v1/purchases/{}", ready["id"].as_str().unwrap());
    assert_eq!(ada.get(&path).await.ok()["charges"].as_array().unwrap().len(), 1);
    assert_eq!(server.node.claimed.lock().unwrap().len(), 1);
}

/// Wrong, stale and replayed: nothing of a purchase moves, and nothing of it is lost.
#[tokio::test]
async fn refused_and_replayed_webhooks_change_nothing() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let id: ids::PurchaseId = ready["id"].as_str().unwrap().parse().unwrap();
    let stored = async || server.engine.purchase(id).await.unwrap().unwrap();
    let before = stored().await;
    let card = before.card.clone().unwrap().card.unwrap();
    let charge = json!({ "id": "c1", "card": card, "minor": 2711 }).to_string();
    let captured = json!({ "event": "e1", "id": "c1", "card": card, "kind": "captured", "minor": 2711 }).to_string();
    for (signature, time) in [("bad", "now"), ("", "now"), ("good", "old"), ("good", "")] {
        for (hook, body) in [("charge", &charge), ("events", &captured)] {
            assert_eq!(server.webhook(hook, signature, time, body).await.problem().0, 401);
        }
    }
    assert_eq!(stored().await, before);
    server.charge(&ready, "c1").await;
    for _ in 0..3 {
        server.webhook("events", "good", "now", &captured).await.ok();
    }
    let after = stored().await;
    assert_eq!((after.state, after.captured_minor, after.borne_minor()), (purchase::State::Completed, 2711, 0));
}

/// 3-D Secure: allowed, denied, or the shopper asked; the challenge is shown until it is answered, once.
#[tokio::test]
async fn a_challenge_is_shown_and_answered() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let id: ids::PurchaseId = ready["id"].as_str().unwrap().parse().unwrap();
    let card = server.engine.purchase(id).await.unwrap().unwrap().card.unwrap().card.unwrap();
    let asked = async |minor: u64, insists: bool, card: &str| {
        let body = json!({ "card": card, "minor": minor, "insists": insists }).to_string();
        server.webhook("authentication", "good", "now", &body).await.ok()["decision"].clone()
    };
    assert_eq!(asked(2711, false, &card).await, "Allow");
    assert_eq!(asked(2711, true, &card).await, "Challenge");
    assert_eq!(asked(9900, true, &card).await, "Deny");
    assert_eq!(asked(2711, false, "another").await, "Deny");
    assert_eq!(server.webhook("authentication", "bad", "now", "{}").await.problem().0, 401);

    let path = format!("/v1/purchases/{id}");
    let answer = json!({ "answer": "approve" });
    let early = ada.post(&format!("{path}/challenge"), "c0", &answer).await;
    assert_eq!(early.problem(), (409, "too_late".to_owned()), "nothing is asked");
    let until = u64::MAX / 4;
    let news =
        json!({ "event": "e1", "id": "a1", "card": card, "kind": "challenge", "minor": 2711, "answer_by": until });
    server.webhook("events", "good", "now", &news.to_string()).await.ok();
    let shown = ada.get(&path).await.ok()["challenge"].clone();
    assert_eq!((&shown["merchant"], &shown["answer_by_ms"]), (&json!("SHOP*ALBUM"), &json!(until)));
    let bob = server.shopper("bob").await;
    assert_eq!(bob.post(&format!("{path}/challenge"), "c1", &answer).await.problem().0, 404);
    let answered = ada.post(&format!("{path}/challenge"), "c1", &answer).await;
    assert!(answered.ok()["challenge"].is_null());
    let again = ada.post(&format!("{path}/challenge"), "c2", &answer).await;
    assert_eq!(again.problem(), (409, "too_late".to_owned()));
}

#[tokio::test]
async fn news_is_acknowledged_only_when_stored() {
    let server = Server::start().await;
    server.issuer.books_closed.store(true, Ordering::SeqCst);
    let body = json!({ "card": "card", "look_up": true }).to_string();
    assert_eq!(server.webhook("events", "good", "now", &body).await.problem(), (503, "webhook_again".to_owned()));
    server.issuer.books_closed.store(false, Ordering::SeqCst);
    server.webhook("events", "good", "now", &body).await.ok();
}

#[tokio::test]
async fn webhooks_wait_behind_nobody() {
    let mut options = Options::default();
    options.policy.http.requests_max = 0;
    options.policy.http.per_ip.burst = 1;
    let server = Server::with(options).await;
    assert_eq!(server.get("/v1/rates").await.problem(), (503, "busy".to_owned()));
    assert_eq!(server.get("/v1/rates").await.problem(), (429, "rate_limited".to_owned()));
    let body = json!({ "id": "c1", "card": "none", "minor": 2711 }).to_string();
    for _ in 0..5 {
        server.webhook("charge", "good", "now", &body).await.ok();
    }
}

#[tokio::test]
async fn a_panic_says_nothing_of_itself() {
    let server = Server::start().await;
    server.issuer.panics.store(true, Ordering::SeqCst);
    let body = json!({ "id": "c1", "card": "none", "minor": 2711 }).to_string();
    let answer = server.webhook("charge", "good", "now", &body).await;
    assert_eq!(answer.problem(), (500, "internal".to_owned()));
    assert!(!answer.text.contains("adapter") && !answer.text.contains(CARD_NUMBER));
    server.issuer.panics.store(false, Ordering::SeqCst);
    server.webhook("charge", "good", "now", &body).await.ok();
}
