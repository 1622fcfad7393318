//! Purchases on the chain: the promise, the address, what is seen of it, and where a refund goes.

use crate::setup::{NONCE, Options, PASSWORD, Server, Shopper};
use async_trait::async_trait;
use ids::{AccountId, RefundId};
use money::{Msat, Sat};
use ports::{
    Depth, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome, PaidFirstSource, Rejection,
    Secret, SourceTerms,
};
use purchase::Refund;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const URI: &str = "bitcoin:bcrt1qone?amount=0.00496758";
/// 27.11 USD less the chain's spread of two percent.
const QUOTED_MSAT: u64 = 506_896_000;

/// A chain that shows what it is told to.
#[derive(Default)]
pub struct FakeChain {
    shows: Mutex<Option<FundsStatus>>,
    missing: Mutex<Msat>,
    /// Why a refund cannot be sent now.
    lacks: Mutex<Option<Rejection>>,
    fee: Mutex<Option<Msat>>,
    refunds: Mutex<Vec<FundsRefund>>,
}

impl FakeChain {
    fn shows(&self, status: FundsStatus) {
        *self.shows.lock().unwrap() = Some(status);
    }

    fn fee(&self) -> Msat {
        self.fee.lock().unwrap().unwrap_or(msat(141_000))
    }

    /// Where to and how much.
    fn sent(&self) -> Vec<(Option<String>, Msat)> {
        self.refunds.lock().unwrap().iter().map(|refund| (refund.to.clone(), refund.amount_msat)).collect()
    }
}

#[async_trait]
impl PaidFirstSource for FakeChain {
    fn name(&self) -> &'static str {
        "onchain"
    }

    async fn serves(&self, _account: AccountId) -> Outcome<bool> {
        Outcome::Done(true)
    }

    async fn pays_back(&self, _account: AccountId, _paid_under: &ids::IdempotencyKey) -> Outcome<bool> {
        Outcome::Done(false)
    }

    async fn request(&self, _request: &FundsRequest) -> Outcome<FundsTarget> {
        Outcome::Done(FundsTarget::Address { uri: URI.to_owned(), seen_msat: Msat::ZERO, depth: None })
    }

    async fn confirm_second_factor(&self, _request: &FundsRequest, _code: &Secret) -> Outcome<FundsTarget> {
        Outcome::Rejected(Rejection::fatal("no_second_factor", "none"))
    }

    async fn status(&self, _request: &FundsRequest) -> Outcome<FundsStatus> {
        Outcome::Done(self.shows.lock().unwrap().clone().unwrap_or(FundsStatus::Waiting))
    }

    async fn missing(&self, _paid_under: &ids::IdempotencyKey) -> Outcome<Msat> {
        Outcome::Done(*self.missing.lock().unwrap())
    }

    async fn terms(&self, _amount_msat: Msat) -> Outcome<Option<SourceTerms>> {
        Outcome::Done(Some(SourceTerms { confirmations: 2, refund_fee_msat: self.fee() }))
    }

    async fn refund_fee(&self, to: &str) -> Outcome<Msat> {
        match to.starts_with("bcrt1") {
            true => Outcome::Done(self.fee()),
            false => Outcome::Rejected(Rejection::fatal("bad_address", "no address of this network")),
        }
    }

    async fn refund(&self, refund: &FundsRefund) -> Outcome<FundsRefundStatus> {
        if let Some(refusal) = self.lacks.lock().unwrap().clone() {
            return Outcome::Rejected(refusal);
        }
        self.refunds.lock().unwrap().push(refund.clone());
        Outcome::Done(FundsRefundStatus::Sent { fee_msat: Msat::ZERO, taken_msat: Msat::new(110_000).unwrap() })
    }

    async fn balance(&self) -> Outcome<Sat> {
        Outcome::Done(Sat::ZERO)
    }

    async fn health(&self) -> Outcome<String> {
        Outcome::Done(String::new())
    }
}

async fn server() -> (Server, Arc<FakeChain>) {
    let chain = Arc::new(FakeChain::default());
    let options = Options { on_chain: Some(chain.clone()), ..Options::default() };
    (Server::with(options).await, chain)
}

fn wish(refund_address: Option<&str>) -> Value {
    json!({
        "store_host": "records.example", "total": { "minor": 2711, "currency": "USD" }, "nonce": NONCE,
        "source": "on_chain", "refund_address": refund_address,
    })
}

/// The purchase, once this holds of it.
async fn once(server: &Server, ada: &Shopper<'_>, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut purchase = Value::Null;
    for _ in 0..100 {
        server.later(1_000).await;
        purchase = ada.get(path).await.ok();
        if holds(&purchase) {
            return purchase;
        }
    }
    panic!("waited in vain: {purchase}");
}

fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

#[tokio::test]
async fn the_promise_comes_before_the_address_and_the_address_before_the_card() {
    let (server, chain) = server().await;
    let ada = server.shopper("ada").await;
    let served = server.get("/v1/served").await.ok();
    assert_eq!(served["on_chain"], json!({ "spread_ppm": 20_000, "quote_ms": 3_600_000 }));
    let foreign = ada.post("/v1/purchases", "p0", &wish(Some("bc1qelsewhere"))).await;
    assert_eq!(foreign.problem(), (422, "destination_invalid".to_owned()));

    let begun = ada.post("/v1/purchases", "p1", &wish(Some("bcrt1qback"))).await.ok();
    let funds = &begun["funds"];
    assert_eq!(
        (&begun["state"], &funds["status"], &funds["address"]),
        (&json!("quoted"), &json!("unconfirmed"), &Value::Null)
    );
    let promise = &funds["promise"];
    assert_eq!((&promise["held"], &promise["back_to"]), (&json!(false), &json!("address")));
    assert_eq!((&promise["confirmations"], &promise["back_fee_msat"]), (&json!(2), &json!(141_000)));

    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    let asked = ada.post(&format!("{path}/confirm-funds"), "f1", &json!({})).await.ok();
    assert_eq!((&asked["state"], &asked["funds"]["address"]), (&json!("awaiting_funds"), &json!(URI)));
    assert_eq!(asked["funds"]["status"], "asked");
    let depth = Some(Depth { blocks: 1, needed: 2 });
    chain.shows(FundsStatus::Pending { amount_msat: msat(QUOTED_MSAT), depth });
    let seen = once(&server, &ada, &path, |purchase| purchase["funds"]["seen_msat"] != 0).await["funds"].clone();
    assert_eq!((&seen["status"], &seen["address"]), (&json!("pending"), &json!(URI)));
    assert_eq!((&seen["seen_msat"], &seen["confirmations"]), (&json!(QUOTED_MSAT), &json!(1)));
    assert_eq!(seen["confirmations_needed"], 2);

    // More than was asked: the rest goes to the address, less what the chain took.
    chain.shows(FundsStatus::Final { amount_msat: msat(QUOTED_MSAT + 700_000_000) });
    let ready = once(&server, &ada, &path, |purchase| purchase["refunds"][0]["state"] == "paid").await;
    assert_eq!((&ready["state"], &ready["funds"]["status"]), (&json!("card_ready"), &json!("arrived")));
    let refund = &ready["refunds"][0];
    assert_eq!((&refund["cause"], &refund["taken_msat"]), (&json!("overpaid"), &json!(110_000)));
    assert_eq!(refund["destination"], json!({ "kind": "on_chain", "address": "bcrt1qback" }));
    assert_eq!(chain.sent(), [(Some("bcrt1qback".to_owned()), msat(700_000_000))]);
}

#[tokio::test]
async fn a_refund_without_an_address_asks_for_one() {
    let (server, chain) = server().await;
    let ada = server.shopper("ada").await;
    let begun = ada.post("/v1/purchases", "p1", &wish(None)).await.ok();
    assert_eq!(begun["funds"]["promise"]["back_to"], "refund_destination");
    let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
    ada.post(&format!("{path}/confirm-funds"), "f1", &json!({})).await.ok();
    chain.shows(FundsStatus::Final { amount_msat: msat(QUOTED_MSAT + 700_000) });
    let asks = |purchase: &Value| purchase["refunds"][0]["state"] == "awaiting_destination";
    let refund = once(&server, &ada, &path, asks).await["refunds"][0].clone();
    let give = format!("/v1/refunds/{}/destination", refund["id"].as_str().unwrap());
    let to = |address: &str| json!({ "address": address, "password": PASSWORD });
    assert_eq!(ada.post(&give, "d0", &to("bc1qelsewhere")).await.problem(), (422, "destination_invalid".to_owned()));
    ada.post(&give, "d1", &to("bcrt1qback")).await.ok();
    once(&server, &ada, &path, |purchase| purchase["refunds"][0]["state"] == "paid").await;
    assert_eq!(chain.sent(), [(Some("bcrt1qback".to_owned()), msat(700_000))]);
}

#[tokio::test]
async fn an_address_is_for_the_chain_alone() {
    let (server, _) = server().await;
    let ada = server.shopper("ada").await;
    let mut other = wish(Some("bcrt1qback"));
    other["source"] = json!("lightning");
    assert_eq!(ada.post("/v1/purchases", "p1", &other).await.problem(), (422, "destination_invalid".to_owned()));
}

/// Paid with so much too much, which goes back: the purchase's path and its refund.
async fn overpaid(server: &Server, chain: &FakeChain, ada: &Shopper<'_>) -> (String, RefundId) {
    let begun = ada.post("/v1/purchases", "p1", &wish(Some("bcrt1qback"))).await.ok();
    let id = begun["id"].as_str().unwrap();
    let path = format!("/v1/purchases/{id}");
    ada.post(&format!("{path}/confirm-funds"), "f1", &json!({})).await.ok();
    chain.shows(FundsStatus::Final { amount_msat: msat(QUOTED_MSAT + 700_000) });
    once(server, ada, &path, |purchase| purchase["refunds"][0]["id"].is_string()).await;
    (path, engine::refund_id(id.parse().unwrap(), 1))
}

/// The refund, once it is parked.
async fn parked(server: &Server, id: RefundId) -> Refund {
    for _ in 0..100 {
        server.later(1_000).await;
        let refund = server.engine.refund(id).await.unwrap().unwrap();
        if refund.parked.is_some() {
            return refund;
        }
    }
    panic!("never parked");
}

#[tokio::test]
async fn no_more_comes_off_a_refund_than_was_said_however_the_fees_rise() {
    let (server, chain) = server().await;
    let ada = server.shopper("ada").await;
    *chain.lacks.lock().unwrap() = Some(Rejection::retryable("fees_too_high", "fees are high"));
    let (path, id) = overpaid(&server, &chain, &ada).await;
    let refund = parked(&server, id).await;
    assert_eq!(refund.parked.map(|parked| parked.reason), Some("fees are high".to_owned()));
    *chain.fee.lock().unwrap() = Some(msat(900_000));
    *chain.lacks.lock().unwrap() = None;
    // By itself, and nothing is left for the operator to do.
    once(&server, &ada, &path, |purchase| purchase["refunds"][0]["state"] == "paid").await;
    assert_eq!(server.engine.refund(id).await.unwrap().unwrap().parked, None);
    let sent = chain.refunds.lock().unwrap().clone();
    let bounds: Vec<Msat> = sent.iter().map(|refund| refund.taken_msat_max).collect();
    assert_eq!(bounds, [msat(141_000)]);
}

#[tokio::test]
async fn where_the_fees_have_risen_since_no_more_is_taken_than_was_promised_and_where_they_fell_less() {
    for (now, bound) in [(650_000, 141_000), (90_000, 90_000)] {
        let (server, chain) = server().await;
        let ada = server.shopper("ada").await;
        let begun = ada.post("/v1/purchases", "p1", &wish(Some("bcrt1qback"))).await.ok();
        assert_eq!(begun["funds"]["promise"]["back_fee_msat"], 141_000);
        *chain.fee.lock().unwrap() = Some(msat(now));
        let path = format!("/v1/purchases/{}", begun["id"].as_str().unwrap());
        ada.post(&format!("{path}/confirm-funds"), "f1", &json!({})).await.ok();
        chain.shows(FundsStatus::Final { amount_msat: msat(QUOTED_MSAT + 700_000) });
        once(&server, &ada, &path, |purchase| purchase["refunds"][0]["state"] == "paid").await;
        assert_eq!(chain.refunds.lock().unwrap()[0].taken_msat_max, msat(bound));
    }
}

#[tokio::test]
async fn what_is_gone_from_the_chain_is_paid_back_by_the_operators_word_alone() {
    let (server, chain) = server().await;
    let ada = server.shopper("ada").await;
    *chain.missing.lock().unwrap() = msat(QUOTED_MSAT);
    let (path, id) = overpaid(&server, &chain, &ada).await;
    let refund = parked(&server, id).await;
    let reason = refund.parked.unwrap().reason;
    assert!(reason.contains("506896 sat that were final are gone") && reason.contains("your loss"), "{reason}");
    server.later(3_600_000).await;
    assert!(chain.refunds.lock().unwrap().is_empty());
    server.engine.resume_refund(id).await.unwrap();
    once(&server, &ada, &path, |purchase| purchase["refunds"][0]["state"] == "paid").await;
    let sent = chain.refunds.lock().unwrap().clone();
    assert_eq!(sent.iter().map(|refund| refund.despite_loss).collect::<Vec<_>>(), [true]);
}
