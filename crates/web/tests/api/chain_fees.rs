//! The chain's fees: what is told, how old it may be, and how seldom anyone is asked.

use crate::onchain::FakeChain;
use crate::setup::{Options, Server};
use async_trait::async_trait;
use ports::{ChainFeeRate, ChainFees, Clock as _, Outcome};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const MINUTE_MS: u64 = 60_000;

/// Says what it is told to, and counts how often.
struct Estimator {
    says: Mutex<Outcome<Vec<ChainFeeRate>>>,
    asked: AtomicUsize,
}

impl Estimator {
    fn new(sat_per_kvb: u64) -> Arc<Self> {
        Arc::new(Self { says: Mutex::new(rates(sat_per_kvb)), asked: AtomicUsize::new(0) })
    }

    fn says(&self, outcome: Outcome<Vec<ChainFeeRate>>) {
        *self.says.lock().unwrap() = outcome;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn rates(sat_per_kvb: u64) -> Outcome<Vec<ChainFeeRate>> {
    Outcome::Done(vec![ChainFeeRate { blocks: 2, sat_per_kvb }, ChainFeeRate { blocks: 144, sat_per_kvb: 1_027 }])
}

#[async_trait]
impl ChainFees for Estimator {
    async fn fee_rates(&self, blocks: &[u32]) -> Outcome<Vec<ChainFeeRate>> {
        assert_eq!(blocks, [2, 6, 144]);
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.says.lock().unwrap().clone()
    }
}

async fn server(estimator: &Arc<Estimator>) -> Server {
    Server::with(Options { chain_fees: Some(Arc::clone(estimator) as Arc<dyn ChainFees>), ..Options::default() }).await
}

async fn seen(server: &Server) -> Value {
    server.get("/v1/chain-fees").await.ok()
}

#[tokio::test]
async fn the_estimate_is_told_with_its_age_and_asked_for_once_a_minute() {
    let estimator = Estimator::new(9_500);
    let server = server(&estimator).await;
    let now = server.clock.now().0;
    let first = seen(&server).await;
    let rates = json!([{ "blocks": 2, "sat_per_kvb": 9_500 }, { "blocks": 144, "sat_per_kvb": 1_027 }]);
    let whole = json!({ "rates": rates, "estimated_at_ms": now, "age_ms": 0, "stale": false, "refund_fee_sat": null,
        "unavailable": null });
    assert_eq!(first, whole);
    estimator.says(self::rates(20_000));
    server.clock.advance_ms(MINUTE_MS - 1);
    for _ in 0..20 {
        let again = seen(&server).await;
        assert_eq!((&again["rates"], &again["age_ms"]), (&rates, &json!(MINUTE_MS - 1)));
    }
    assert_eq!(estimator.asked(), 1);
    server.clock.advance_ms(1);
    assert_eq!(seen(&server).await["rates"][0]["sat_per_kvb"], 20_000);
    assert_eq!(estimator.asked(), 2);
}

#[tokio::test]
async fn what_cannot_be_renewed_grows_old_and_is_forgotten() {
    let estimator = Estimator::new(9_500);
    let server = server(&estimator).await;
    seen(&server).await;
    estimator.says(Outcome::NotSent("no connection".to_owned()));
    server.clock.advance_ms(10 * MINUTE_MS - 1);
    assert_eq!(seen(&server).await["stale"], false);
    server.clock.advance_ms(1);
    let old = seen(&server).await;
    assert_eq!((&old["stale"], &old["age_ms"]), (&json!(true), &json!(10 * MINUTE_MS)));
    assert_eq!(old["rates"][0]["sat_per_kvb"], 9_500);
    assert_eq!(estimator.asked(), 2, "nor is one that does not answer asked all the time");
    server.clock.advance_ms(3 * 60 * MINUTE_MS);
    let gone = seen(&server).await;
    assert_eq!((&gone["rates"], &gone["unavailable"]), (&json!([]), &json!("unreachable")));
    assert_eq!(gone["estimated_at_ms"], Value::Null);
}

#[tokio::test]
async fn no_estimate_is_said_with_why() {
    let none = Server::with(Options::default()).await;
    assert_eq!(seen(&none).await["unavailable"], "not_configured");
    let estimator = Estimator::new(1);
    estimator.says(Outcome::Done(Vec::new()));
    let server = server(&estimator).await;
    assert_eq!(seen(&server).await["unavailable"], "nothing_to_estimate_from");
    server.clock.advance_ms(MINUTE_MS);
    estimator.says(Outcome::Unknown("cut".to_owned()));
    assert_eq!(seen(&server).await["unavailable"], "unreachable");
}

#[tokio::test]
async fn many_at_once_are_one_question() {
    let estimator = Estimator::new(9_500);
    let server = server(&estimator).await;
    let all = futures::future::join_all((0..16).map(|_| seen(&server))).await;
    assert!(all.iter().all(|one| one["rates"][0]["sat_per_kvb"] == 9_500));
    assert_eq!(estimator.asked(), 1);
}

#[tokio::test]
async fn where_refunds_go_on_the_chain_it_is_said_what_one_loses() {
    let chain_fees = Some(Estimator::new(9_500) as Arc<dyn ChainFees>);
    let on_chain = Some(Arc::new(FakeChain::default()));
    let server = Server::with(Options { chain_fees, on_chain, ..Options::default() }).await;
    assert_eq!(seen(&server).await["refund_fee_sat"], 141);
}
