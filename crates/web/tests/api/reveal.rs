//! Number and code of a card: only inside the sealed answer, only for who may have them.

use crate::fakes::{CARD_CODE, CARD_NUMBER};
use crate::setup::{OneTimeKey, PASSWORD, Server, album, with};
use axum::http::Method;
use purchase::State;
use serde_json::{Value, json};

fn ask(key: &OneTimeKey) -> Value {
    json!({ "public_key": key.public_hex })
}

#[tokio::test]
async fn only_the_one_time_key_opens_it_and_nothing_is_kept() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let id = ready["id"].as_str().unwrap();
    let path = format!("/v1/purchases/{id}/reveal");
    let key = OneTimeKey::new();
    let answer = ada.post(&path, "reveal-key", &ask(&key)).await;
    let sealed = answer.ok();
    assert_eq!(sealed["reveals"], 1);
    assert_eq!(
        key.open(id, &sealed),
        json!({ "number": CARD_NUMBER, "security_code": CARD_CODE, "expiry_month": 12, "expiry_year": 2031 })
    );
    assert!(!answer.text.contains(CARD_NUMBER));
    assert_eq!(answer.headers["cache-control"], "no-store");

    // Not idempotent: the same key again is another sealing, and it is counted.
    let again = ada.post(&path, "reveal-key", &ask(&OneTimeKey::new())).await;
    assert!(!again.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.ok()["reveals"], 2);
    assert_ne!(again.json()["ciphertext"], sealed["ciphertext"]);
    assert_eq!(ada.get(&format!("/v1/purchases/{id}")).await.ok()["card"]["reveals"], 2);

    for entry in std::fs::read_dir(server.dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [CARD_NUMBER, sealed["ciphertext"].as_str().unwrap()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "in the database");
        }
    }
    for path in ["", "/receipt", "/terms"] {
        let text = ada.get(&format!("/v1/purchases/{id}{path}")).await.text;
        assert!(!text.contains(CARD_NUMBER) && !text.contains("security_code"), "{path}");
    }
}

#[tokio::test]
async fn another_device_needs_the_password() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let path = format!("/v1/purchases/{}/reveal", ready["id"].as_str().unwrap());
    let stolen = server.log_in("ada").await;
    let key = OneTimeKey::new();
    assert_eq!(stolen.post(&path, "", &ask(&key)).await.problem(), (403, "password_needed".to_owned()));
    let guess = with(&ask(&key), "password", json!("guess guess guess"));
    assert_eq!(stolen.post(&path, "", &guess).await.problem(), (403, "wrong_password".to_owned()));
    let reveals = async || {
        let view = ada.get(&format!("/v1/purchases/{}", ready["id"].as_str().unwrap())).await.ok();
        view["card"]["reveals"].as_u64().unwrap()
    };
    assert_eq!(reveals().await, 0, "the card was not shown");
    stolen.post(&path, "", &with(&ask(&key), "password", json!(PASSWORD))).await.ok();
    assert_eq!(reveals().await, 1);
    // On the device that began it a wrong password is wrong too.
    assert_eq!(ada.post(&path, "", &guess).await.problem().1, "wrong_password");
    ada.post(&path, "", &ask(&key)).await.ok();
}

#[tokio::test]
async fn guesses_are_slowed_down() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let path = format!("/v1/purchases/{}/reveal", ready["id"].as_str().unwrap());
    let stolen = server.log_in("ada").await;
    let guess = with(&ask(&OneTimeKey::new()), "password", json!("guess guess guess"));
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(stolen.post(&path, "", &guess).await);
    }
    let last = answers.last().unwrap();
    assert_eq!(last.problem(), (429, "too_many_attempts".to_owned()));
    assert!(last.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn what_cannot_be_revealed() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    let reveal = format!("{path}/reveal");
    assert_eq!(ada.post(&reveal, "", &ask(&OneTimeKey::new())).await.problem(), (409, "not_ready".to_owned()));
    for bad in ["", "00", &"zz".repeat(32), &"00".repeat(33)] {
        let answer = ada.post(&reveal, "", &json!({ "public_key": bad })).await;
        assert_eq!(answer.problem(), (422, "public_key_invalid".to_owned()), "{bad}");
    }
    server.pay(&begun).await;
    server.past(&begun, &[State::Invoiced, State::Held]).await;
    // A point of small order: nothing is shown, nothing is counted.
    let weak = json!({ "public_key": "00".repeat(32) });
    assert_eq!(ada.post(&reveal, "", &weak).await.problem(), (422, "public_key_invalid".to_owned()));
    assert_eq!(ada.get(&path).await.ok()["card"]["reveals"], 0);
    ada.post(&format!("{path}/cancel"), "k2", &Value::Null).await.ok();
    assert_eq!(ada.post(&reveal, "", &ask(&OneTimeKey::new())).await.problem(), (409, "too_late".to_owned()));
}

#[tokio::test]
async fn under_reveal_the_claim_comes_first() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let destination = json!({ "lightning_address": "ada@wallet.example", "password": PASSWORD });
    ada.call(Method::PUT, "/v1/account/refund-destination", "d1", &destination).await.ok();
    let begun = ada.post("/v1/purchases", "k1", &with(&album(), "claim_on", json!("reveal"))).await.ok();
    server.pay(&begun).await;
    server.past(&begun, &[State::Invoiced, State::Held]).await;
    assert!(server.node.claimed.lock().unwrap().is_empty());
    let path = format!("/v1/purchases/{}/reveal", begun["id"].as_str().unwrap());
    let key = OneTimeKey::new();
    let body = ask(&key);
    let (answer, ()) = tokio::join!(ada.post(&path, "", &body), server.confirm_claim(&begun));
    assert_eq!(key.open(begun["id"].as_str().unwrap(), &answer.ok())["number"], CARD_NUMBER);
    assert_eq!(server.node.claimed.lock().unwrap().len(), 1);
}
