//! A wallet that fetches its invoice itself.

use crate::setup::{NONCE, Server};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bech32::primitives::decode::CheckedHrpstring;
use ids::PaymentHash;
use money::Msat;
use ports::NodeEvent;
use purchase::State;
use serde_json::{Value, json};

/// What the address says, as a path of this server.
pub fn path_of(lnurl: &str) -> String {
    let read = CheckedHrpstring::new::<bech32::Bech32>(lnurl).unwrap();
    assert_eq!(read.hrp().to_lowercase(), "lnurl");
    let url = String::from_utf8(read.byte_iter().collect()).unwrap();
    path(&url)
}

pub fn path(url: &str) -> String {
    url.strip_prefix("https://till.example").expect(url).to_owned()
}

struct Bought<'a> {
    server: &'a Server,
    begun: Value,
    link: String,
}

impl<'a> Bought<'a> {
    async fn new(server: &'a Server, begun: Value) -> Self {
        Self { server, link: path_of(begun["lnurl"].as_str().unwrap()), begun }
    }

    async fn ask(&self, path: &str) -> Value {
        let answer = self.server.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        answer.json()
    }

    async fn refused(&self, path: &str) -> String {
        let answer = self.ask(path).await;
        assert_eq!(answer["status"], "ERROR", "{answer}");
        answer["reason"].as_str().unwrap().to_owned()
    }

    /// Both requests, as a wallet makes them.
    async fn fetch(&self) -> (Value, Value) {
        let offer = self.ask(&self.link).await;
        let callback = path(offer["callback"].as_str().unwrap());
        let invoice = self.ask(&format!("{callback}?amount={}", offer["minSendable"])).await;
        (offer, invoice)
    }

    fn hash(&self, answer: &Value) -> PaymentHash {
        answer["pr"].as_str().unwrap().strip_prefix("lnbcrt").unwrap().parse().unwrap()
    }

    async fn held(&self, payment_hash: PaymentHash) {
        let amount_msat = Msat::new(496_758_000).unwrap();
        let held = NodeEvent::HtlcHeld { payment_hash, amount_msat, claim_deadline: 300 };
        self.server.engine.on_node_event(self.server.node.id, &held).await.unwrap();
    }

    fn path(&self) -> String {
        format!("/v1/purchases/{}", self.begun["id"].as_str().unwrap())
    }
}

#[tokio::test]
async fn a_wallet_fetches_its_invoice_and_the_other_one_is_over() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let bought = Bought::new(&server, ada.buy("k1").await).await;
    let shown: PaymentHash = bought.begun["invoice"]["payment_hash"].as_str().unwrap().parse().unwrap();
    assert_eq!(bought.begun["rail"], "bolt11");

    let (offer, fetched) = bought.fetch().await;
    assert_eq!((&offer["tag"], &offer["commentAllowed"]), (&json!("payRequest"), &json!(0)));
    assert_eq!((&offer["minSendable"], &offer["maxSendable"]), (&json!(496_758_000), &json!(496_758_000)));
    let metadata: Vec<(String, String)> = serde_json::from_str(offer["metadata"].as_str().unwrap()).unwrap();
    assert!(metadata[1].1.contains(bought.begun["terms_hash"].as_str().unwrap()), "{metadata:?}");
    let message = fetched["successAction"]["message"].as_str().unwrap();
    assert!(message.len() <= 144 && message.contains(bought.begun["code"].as_str().unwrap()), "{message}");
    let own = bought.hash(&fetched);
    assert_ne!(own, shown);
    assert_eq!(*server.node.returned.lock().unwrap(), [shown], "what may have come for the old one goes back");

    // Asked again it is the same; looking at the offer changes nothing.
    assert_eq!(bought.fetch().await, (offer, fetched.clone()));
    let seen = ada.get(&bought.path()).await.ok();
    assert_eq!((&seen["rail"], &seen["invoice"], &seen["state"]), (&json!("lnurl"), &Value::Null, &json!("invoiced")));

    // The invoice that was shown is not paid any more.
    bought.held(shown).await;
    assert_eq!(ada.get(&bought.path()).await.ok()["state"], "invoiced");
    let verify = path(fetched["verify"].as_str().unwrap());
    assert_eq!(bought.ask(&verify).await["settled"], false);
    bought.held(own).await;
    server.past(&bought.begun, &[State::Invoiced, State::Held]).await;
    assert_eq!(ada.get(&bought.path()).await.ok()["bitcoin"], "held");
    let held = bought.ask(&verify).await;
    assert_eq!((&held["settled"], &held["preimage"], &held["pr"]), (&json!(false), &Value::Null, &fetched["pr"]));
    assert!(bought.refused(&bought.link).await.contains("paid already"));
}

#[tokio::test]
async fn the_shopper_turns_back_to_an_invoice_that_is_checked() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let bought = Bought::new(&server, ada.buy("k1").await).await;
    let (_, fetched) = bought.fetch().await;
    let again = format!("{}/invoice", bought.path());
    let back = ada.post(&again, "b1", &Value::Null).await.ok();
    assert_eq!((&back["rail"], &back["state"]), (&json!("bolt11"), &json!("invoiced")));
    let hash = back["invoice"]["payment_hash"].as_str().unwrap().to_owned();
    assert_ne!(hash, bought.begun["invoice"]["payment_hash"].as_str().unwrap(), "no hash is used twice");
    assert_eq!(back["invoice"]["bip21"], format!("bitcoin:?lightning=lnbcrt{hash}"));
    assert_eq!(back["invoice"]["bip21_qr"], format!("bitcoin:?lightning=LNBCRT{}", hash.to_uppercase()));
    assert_eq!(ada.post(&again, "b2", &Value::Null).await.ok()["invoice"], back["invoice"], "chosen already");
    // The wallet's invoice is over, and is not said to be there.
    let verify = path(fetched["verify"].as_str().unwrap());
    assert!(bought.refused(&verify).await.starts_with("There is no such thing"));
    bought.held(bought.hash(&fetched)).await;
    assert_eq!(ada.get(&bought.path()).await.ok()["state"], "invoiced");
    server.pay(&back).await;
    server.past(&bought.begun, &[State::Invoiced, State::Held]).await;
    // Held: no other way any more.
    assert_eq!(ada.post(&again, "b3", &Value::Null).await.problem().1, "too_late");
}

#[tokio::test]
async fn bad_requests_change_nothing() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let bought = Bought::new(&server, ada.buy("k1").await).await;
    let callback = format!("{}/callback", bought.link);
    for (query, word) in [
        ("", "496758000"),
        ("?amount=496758001", "496758000"),
        ("?amount=-1", "query"),
        ("?amount=496758000&comment=thanks", "comment"),
    ] {
        let reason = bought.refused(&format!("{callback}{query}")).await;
        assert!(reason.contains(word), "{query}: {reason}");
    }
    let other = format!("{:0>48}", bought.begun["id"].as_str().unwrap());
    let cut = &bought.link[..bought.link.len() - 2];
    let flipped = format!("{cut}{}", if bought.link.ends_with("00") { "01" } else { "00" });
    for path in [&format!("/lnurl/pay/{other}"), cut, &flipped, "/lnurl/pay/%F0%9F%98%80", "/lnurl/pay/x"] {
        assert!(bought.refused(path).await.starts_with("There is no such thing"), "{path}");
    }
    let seen = ada.get(&bought.path()).await.ok();
    assert_eq!((&seen["invoice"], &seen["rail"]), (&bought.begun["invoice"], &json!("bolt11")));
    // An empty comment is none; what is not known is passed over.
    let fetched = bought.ask(&format!("{callback}?amount=496758000&comment=&nonce=7")).await;
    assert!(fetched["pr"].is_string(), "{fetched}");
}

#[tokio::test]
async fn a_price_that_is_over_is_not_paid_and_the_rail_is_not_changed_for_ever() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let bought = Bought::new(&server, ada.buy("k1").await).await;
    for n in 0..purchase::RAIL_CHANGES_MAX / 2 {
        let (_, fetched) = bought.fetch().await;
        assert!(fetched["pr"].is_string(), "{n}: {fetched}");
        ada.post(&format!("{}/invoice", bought.path()), &format!("b{n}"), &Value::Null).await.ok();
    }
    let callback = format!("{}/callback?amount=496758000", bought.link);
    assert!(bought.refused(&callback).await.contains("too often"));
    assert_eq!(ada.get(&bought.path()).await.ok()["state"], "invoiced", "the last one is still good");
    server.later(3_600_000).await;
    assert!(bought.refused(&bought.link).await.contains("expired"));
}

#[tokio::test]
async fn what_has_no_invoice_of_its_own_offers_none() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let request = json!({ "store_host": "shop.example", "card_first": true, "currency": "USD", "nonce": NONCE });
    let begun = ada.post("/v1/purchases", "k1", &request).await.ok();
    assert_eq!(begun["lnurl"], Value::Null, "no price yet");
    let again = format!("/v1/purchases/{}/invoice", begun["id"].as_str().unwrap());
    assert_eq!(ada.post(&again, "b1", &Value::Null).await.problem(), (409, "not_ready".to_owned()));
    let bob = server.shopper("bob").await;
    assert_eq!(bob.post(&again, "b2", &Value::Null).await.problem().1, "not_found", "another's");
    let post = Request::post("/lnurl/pay/x").body(Body::empty()).unwrap();
    assert_eq!(server.send(post).await.problem().1, "method_not_allowed", "wallets send a GET");
}
