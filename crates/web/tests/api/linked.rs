//! Purchases from a linked account: linking, the promise, the confirmation, the second factor, unlinking.

use crate::setup::{NONCE, Options, Server};
use async_trait::async_trait;
use axum::http::{Method, StatusCode};
use ids::{AccountId, UnixMs};
use money::{Msat, Sat};
use ports::{
    AccountLinks, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, LinkBegun, LinkError,
    LinkedAccount, Outcome, PaidFirstSource, Secret, SourceTerms,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const UNLINK: &str = "/v1/account/linked/coinbase";

/// A provider with one state and one code.
#[derive(Default)]
pub struct FakeLinked(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    begun: Option<AccountId>,
    linked: Option<AccountId>,
    /// Codes that were given; every send needs `2468`.
    codes: usize,
    sent_msat: Option<Msat>,
    unreachable: bool,
}

#[async_trait]
impl AccountLinks for FakeLinked {
    fn provider(&self) -> &'static str {
        "coinbase"
    }

    async fn begin(&self, account: AccountId) -> Result<LinkBegun, LinkError> {
        self.0.lock().unwrap().begun = Some(account);
        Ok(LinkBegun { authorize_url: "https://provider.example/auth".to_owned(), expires_at: UnixMs(9) })
    }

    async fn finish(&self, state: &str, code: &Secret) -> Result<(), LinkError> {
        let mut inner = self.0.lock().unwrap();
        if state != "the-state" {
            return Err(LinkError::UnknownState);
        }
        if code.expose() == "down" {
            return Err(LinkError::Unavailable("<b>no</b>".to_owned()));
        }
        inner.linked = inner.begun.take();
        Ok(())
    }

    async fn refused(&self, _state: &str) -> Result<(), LinkError> {
        Ok(())
    }

    async fn linked(&self, account: AccountId) -> Result<Option<LinkedAccount>, LinkError> {
        let of = LinkedAccount {
            name: Some("Ada".to_owned()),
            linked_at: UnixMs(5),
            available: Sat::new(700_000).ok(),
            as_of: UnixMs(6),
        };
        Ok((self.0.lock().unwrap().linked == Some(account)).then_some(of))
    }

    async fn unlink(&self, _account: AccountId) -> Result<(), LinkError> {
        let mut inner = self.0.lock().unwrap();
        if inner.unreachable {
            return Err(LinkError::Unavailable("no answer".to_owned()));
        }
        inner.linked = None;
        Ok(())
    }
}

#[async_trait]
impl PaidFirstSource for FakeLinked {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    async fn serves(&self, account: AccountId) -> Outcome<bool> {
        Outcome::Done(self.0.lock().unwrap().linked == Some(account))
    }

    async fn pays_back(&self, account: AccountId, _paid_under: &ids::IdempotencyKey) -> Outcome<bool> {
        self.serves(account).await
    }

    async fn request(&self, _request: &FundsRequest) -> Outcome<FundsTarget> {
        Outcome::Done(FundsTarget::SecondFactor { tries: 0 })
    }

    async fn confirm_second_factor(&self, request: &FundsRequest, code: &Secret) -> Outcome<FundsTarget> {
        let mut inner = self.0.lock().unwrap();
        inner.codes += 1;
        if code.expose() != "2468" {
            return Outcome::Done(FundsTarget::SecondFactor { tries: 0 });
        }
        inner.sent_msat = Some(request.amount_msat);
        Outcome::Done(FundsTarget::UnderWay)
    }

    async fn status(&self, _request: &FundsRequest) -> Outcome<FundsStatus> {
        let sent = self.0.lock().unwrap().sent_msat;
        Outcome::Done(sent.map_or(FundsStatus::NotFound, |amount_msat| FundsStatus::Final { amount_msat }))
    }

    async fn terms(&self, _amount_msat: Msat) -> Outcome<Option<SourceTerms>> {
        Outcome::Done(None)
    }

    async fn refund_fee(&self, _to: &str) -> Outcome<Msat> {
        Outcome::Done(Msat::ZERO)
    }

    async fn refund(&self, _refund: &FundsRefund) -> Outcome<FundsRefundStatus> {
        Outcome::Done(FundsRefundStatus::Sent { fee_msat: Msat::ZERO, taken_msat: Msat::ZERO })
    }

    async fn balance(&self) -> Outcome<Sat> {
        Outcome::Done(Sat::ZERO)
    }

    async fn health(&self) -> Outcome<String> {
        Outcome::Done(String::new())
    }
}

async fn server() -> (Server, Arc<FakeLinked>) {
    let provider = Arc::new(FakeLinked::default());
    let options = Options { linked: Some(provider.clone()), ..Options::default() };
    (Server::with(options).await, provider)
}

fn wish(source: &str) -> Value {
    json!({
        "store_host": "records.example", "total": { "minor": 2711, "currency": "USD" }, "nonce": NONCE,
        "source": source,
    })
}

#[tokio::test]
async fn an_account_is_linked_shown_and_unlinked() {
    let (server, provider) = server().await;
    let ada = server.shopper("ada").await;
    let eve = server.shopper("eve").await;
    assert_eq!(server.get("/v1/served").await.ok()["linked_accounts"], json!(["coinbase"]));
    let none = json!({ "providers": ["coinbase"], "linked": null });
    assert_eq!(ada.get("/v1/account/linked").await.ok(), none);
    assert_eq!(
        ada.post("/v1/purchases", "p0", &wish("linked_account")).await.problem(),
        (409, "not_linked".to_owned())
    );

    let begun = ada.post("/v1/account/linked/coinbase", "l1", &json!({})).await.ok();
    assert_eq!(begun, json!({ "authorize_url": "https://provider.example/auth", "expires_at_ms": 9 }));
    assert_eq!(ada.post("/v1/account/linked/kraken", "l2", &json!({})).await.problem(), (404, "not_found".to_owned()));

    let callback = "/v1/linked/coinbase/callback";
    for (query, status, says) in [
        ("?state=the-state&error=access_denied", 200, "is not linked"),
        ("?state=another&code=x", 400, "too old"),
        ("?state=the-state&code=down", 502, "did not answer"),
        ("?state=the-state&code=good", 200, "Your account is linked"),
    ] {
        let page = server.get(&format!("{callback}{query}")).await;
        assert_eq!(page.status.as_u16(), status, "{query}");
        assert!(page.text.contains(says) && !page.text.contains("<b>no</b>"), "{query}: {}", page.text);
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    }
    // A person is there, whatever their browser brought.
    for query in ["", "?state=the-state", "?state=the-state&code=a&error=b", "?code=x", "?error=denied"] {
        let page = server.get(&format!("{callback}{query}")).await;
        assert_eq!((page.status.as_u16(), page.text.contains("too old")), (400, true), "{query}: {}", page.text);
    }

    let linked = ada.get("/v1/account/linked").await.ok();
    assert_eq!(
        linked["linked"],
        json!({ "provider": "coinbase", "name": "Ada", "linked_at_ms": 5, "available_sat": 700_000, "as_of_ms": 6 })
    );
    assert_eq!(eve.get("/v1/account/linked").await.ok(), none, "another's is not shown");

    provider.0.lock().unwrap().unreachable = true;
    assert_eq!(ada.call(Method::DELETE, UNLINK, "u1", &json!({})).await.problem(), (503, "unavailable".to_owned()));
    provider.0.lock().unwrap().unreachable = false;
    for key in ["u1", "u2"] {
        assert_eq!(ada.call(Method::DELETE, UNLINK, key, &json!({})).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(ada.get("/v1/account/linked").await.ok(), none);
}

#[tokio::test]
async fn nothing_is_sent_before_the_shopper_has_seen_the_promise() {
    let (server, provider) = server().await;
    let ada = server.shopper("ada").await;
    ada.post("/v1/account/linked/coinbase", "l1", &json!({})).await.ok();
    assert_eq!(server.get("/v1/linked/coinbase/callback?state=the-state&code=good").await.status, StatusCode::OK);
    assert_eq!(ada.post("/v1/purchases", "p0", &wish("on_chain")).await.problem(), (422, "way_not_served".to_owned()));

    let begun = ada.post("/v1/purchases", "p1", &wish("linked_account")).await.ok();
    assert_eq!(
        (&begun["state"], &begun["flow"], &begun["bitcoin"]),
        (&json!("quoted"), &json!("paid_first"), &json!("unpaid"))
    );
    let funds = &begun["funds"];
    assert_eq!((&funds["status"], &funds["source"]), (&json!("unconfirmed"), &json!("linked_account")));
    assert_eq!(
        funds["promise"],
        json!({
            "held": false, "unused_goes_back": true, "unused_after_ms": 259_200_000u64, "returned_at_new_rate": true,
            "back_to": "linked_account", "confirmations": null, "back_fee_msat": null,
        })
    );
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    let code = |text: &str| json!({ "code": text });
    let early = ada.post(&format!("{path}/second-factor"), "c0", &code("2468")).await;
    assert_eq!((early.problem(), provider.0.lock().unwrap().codes), ((409, "not_ready".to_owned()), 0));

    let asked = ada.post(&format!("{path}/confirm-funds"), "f1", &json!({})).await.ok();
    assert_eq!((&asked["state"], &asked["funds"]["status"]), (&json!("awaiting_funds"), &json!("second_factor")));
    assert_eq!(ada.post(&format!("{path}/confirm-funds"), "f2", &json!({})).await.ok()["state"], "awaiting_funds");
    let hostile = ada.post(&format!("{path}/second-factor"), "c1", &code("1\r\nx: y")).await;
    assert_eq!((hostile.problem().0, provider.0.lock().unwrap().codes), (422, 0));
    let wrong = ada.post(&format!("{path}/second-factor"), "c2", &code("1111")).await;
    assert_eq!(wrong.problem(), (403, "wrong_code".to_owned()));
    assert_eq!(ada.get(&path).await.ok()["funds"]["codes_left"], 4);

    let eve = server.shopper("eve").await;
    assert_eq!(eve.post(&format!("{path}/second-factor"), "c3", &code("2468")).await.problem().0, 404);
    let sent = ada.post(&format!("{path}/second-factor"), "c4", &code("2468")).await.ok();
    assert_eq!(sent["funds"]["status"], "under_way");
    let mut ready = sent;
    for _ in 0..50 {
        server.later(500).await;
        ready = ada.get(&path).await.ok();
        if ready["state"] == "card_ready" {
            break;
        }
    }
    assert_eq!((&ready["state"], &ready["bitcoin"]), (&json!("card_ready"), &json!("claimed")));
    assert_eq!((&ready["funds"]["status"], &ready["claimed_msat"]), (&json!("arrived"), &json!(496_758_000)));
}

#[tokio::test]
async fn after_five_wrong_codes_it_is_over() {
    let (server, provider) = server().await;
    let ada = server.shopper("ada").await;
    ada.post("/v1/account/linked/coinbase", "l1", &json!({})).await.ok();
    assert_eq!(server.get("/v1/linked/coinbase/callback?state=the-state&code=good").await.status, StatusCode::OK);
    let begun = ada.post("/v1/purchases", "p1", &wish("linked_account")).await.ok();
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    ada.post(&format!("{path}/confirm-funds"), "f1", &json!({})).await.ok();
    for n in 0..4 {
        let wrong = ada.post(&format!("{path}/second-factor"), &format!("c{n}"), &json!({ "code": "1111" })).await;
        assert_eq!(wrong.problem(), (403, "wrong_code".to_owned()), "{n}");
    }
    let last = ada.post(&format!("{path}/second-factor"), "c4", &json!({ "code": "1111" })).await.ok();
    assert_eq!((&last["state"], &last["closed_because"]), (&json!("returned"), &json!("funds_failed")));
    assert_eq!(last["funds"]["status"], "failed");
    let after = ada.post(&format!("{path}/second-factor"), "c5", &json!({ "code": "2468" })).await;
    assert_eq!((after.problem(), provider.0.lock().unwrap().codes), ((409, "too_late".to_owned()), 5));
}

#[tokio::test]
async fn what_is_paid_first_takes_no_room_of_new_accounts() {
    let provider = Arc::new(FakeLinked::default());
    let mut options = Options { linked: Some(provider), ..Options::default() };
    options.policy.limits.new_accounts_share = money::Bps(0);
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    ada.post("/v1/account/linked/coinbase", "l1", &json!({})).await.ok();
    assert_eq!(server.get("/v1/linked/coinbase/callback?state=the-state&code=good").await.status, StatusCode::OK);
    let held = ada.post("/v1/purchases", "p1", &wish("lightning")).await;
    assert_eq!(held.problem().0, 429, "a hold takes room");
    ada.post("/v1/purchases", "p2", &wish("linked_account")).await.ok();
}
