//! Kraken's adapter against Kraken's simulation.

mod conformance;

use conformance::{Asked, Break, World, clock::SandboxClock};
use exchanges::kraken::{Kraken, KrakenConfig};
use ids::UnixMs;
use money::Currency;
use outbound::{Call, HttpClient, Limits, Request, Response, Retry};
use ports::{Clock, Exchange, Fee, Outcome, Rejection, SaleStatus, Secret};
use sandbox::{
    VendorClock,
    faults::Fault,
    kraken::{self, CallCounter, ExchangeConfig, SystemStatus},
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

struct AskTime;

impl Call for AskTime {
    type Answer = UnixMs;

    fn build_request(&self) -> Request {
        Request::get("/0/public/Time")
    }

    fn handle_response(&self, response: &Response) -> Outcome<UnixMs> {
        let time = |answer: serde_json::Value| answer["result"]["unixtime"].as_u64().map(|secs| UnixMs(secs * 1_000));
        response.json::<serde_json::Value>().map(|answer| time(answer).expect("a time"))
    }
}

async fn clock_of(url: &str) -> Arc<SandboxClock> {
    let client = HttpClient::new(url, Limits::default()).unwrap();
    Arc::new(SandboxClock::new(client.run(&AskTime, &Retry::never()).await.done().expect("the time")))
}

struct KrakenWorld {
    vendor: kraken::Exchange,
    exchange: Arc<Kraken>,
    clock: Arc<SandboxClock>,
    ahead_ms: Arc<AtomicI64>,
}

fn adapter(vendor: &kraken::Exchange, private_key: &str, clock: Arc<SandboxClock>) -> Arc<Kraken> {
    let config = KrakenConfig {
        base_url: vendor.url(),
        api_key: Secret::new(vendor.api_key().to_owned()),
        private_key: Secret::new(private_key.to_owned()),
        currencies: vec![Currency::USD],
    };
    let limits = Limits { deadline_ms: 500, ..Limits::default() };
    Arc::new(Kraken::new(config, limits, Retry::never(), clock).unwrap())
}

impl KrakenWorld {
    async fn with(config: ExchangeConfig) -> Self {
        let ahead_ms = Arc::<AtomicI64>::default();
        let balances = vec![("XXBT".into(), "5".into()), ("ZUSD".into(), "10000".into())];
        let clock = VendorClock::ahead_by(ahead_ms.clone());
        let vendor = kraken::Exchange::start(ExchangeConfig { balances, clock, ..config }).await.unwrap();
        let clock = clock_of(&vendor.url()).await;
        let exchange = adapter(&vendor, vendor.api_secret(), clock.clone());
        Self { vendor, exchange, clock, ahead_ms }
    }
}

impl World for KrakenWorld {
    async fn start() -> Self {
        Self::with(ExchangeConfig::default()).await
    }

    fn exchange(&self) -> Arc<dyn Exchange> {
        self.exchange.clone()
    }

    fn stranger(&self) -> Arc<dyn Exchange> {
        adapter(&self.vendor, "d3Jvbmc=", self.clock.clone())
    }

    fn now(&self) -> UnixMs {
        self.clock.now()
    }

    fn set_bids(&self, bids: &[(&str, &str)]) {
        self.vendor.set_book("XBTUSD", bids, &[("9000.0", "1")]).unwrap();
    }

    fn orders(&self) -> usize {
        self.vendor.order_counts().0
    }

    fn break_next(&self, asked: Asked, how: Break) {
        let endpoint = match asked {
            Asked::PlaceOrder => "POST /0/private/AddOrder",
            Asked::SeeOrder => "POST /0/private/QueryOrders",
            Asked::FindOpen => "POST /0/private/OpenOrders",
            Asked::FindClosed => "POST /0/private/ClosedOrders",
            Asked::Balances => "POST /0/private/Balance",
        };
        let refuse = |message: &str| Fault::Refuse { status: 200, message: message.to_owned() };
        let fault = match how {
            Break::Refuse => refuse("EAPI:Rate limit exceeded"),
            Break::Unsure => refuse("EService:Timeout"),
            Break::Error => Fault::Status(520),
            Break::ErrorAfter => Fault::StatusAfter(504),
            Break::Stall => Fault::Stall,
            Break::StallAfter => Fault::StallAfter,
            Break::DropBefore => Fault::DropBefore,
            Break::DropAfter => Fault::DropAfter,
            Break::Corrupt => Fault::CorruptJson,
            Break::Twice => Fault::Twice,
        };
        self.vendor.faults().next(endpoint, fault);
    }

    fn set_closed(&self, closed: bool) {
        self.vendor.set_status(if closed { SystemStatus::CancelOnly } else { SystemStatus::Online });
    }

    fn set_ahead(&self, ms: i64) {
        self.ahead_ms.store(ms, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn conforms() {
    conformance::suite::<KrakenWorld>().await;
}

/// Kraken takes its fee in the currency as a preference only: a fee in bitcoin is reported as what it is.
#[tokio::test]
async fn a_fee_in_bitcoin() {
    let world = KrakenWorld::with(ExchangeConfig { only_base_fees: true, ..ExchangeConfig::default() }).await;
    conformance::reports_are_what_moved(&world).await;
    world.set_bids(&[("5500.0", "1.0")]);
    let sale = world.exchange.sell(conformance::order(&world, "fee", 100_000, "5400")).await;
    let Outcome::Done(SaleStatus::Closed(report)) = sale else { panic!("{sale:?}") };
    assert_eq!(report.fee, Fee::Bitcoin(conformance::sat(400)), "40 basis points of 100,000");
}

/// The counter of calls falls with time; a look that it refuses says nothing about the sale.
#[tokio::test]
async fn the_counter_of_calls() {
    let counter = Some(CallCounter { max: 3, falls_hundredths: 0 });
    let world = KrakenWorld::with(ExchangeConfig { counter, ..ExchangeConfig::default() }).await;
    world.set_bids(&[("5500.0", "1.0")]);
    let since = world.now();
    // Looked for, placed, looked at: two counted calls.
    let sale = world.exchange.sell(conformance::order(&world, "counted", 100_000, "5400")).await;
    assert!(matches!(sale, Outcome::Done(SaleStatus::Closed(_))));
    assert!(matches!(world.exchange.balances().await, Outcome::Done(_)));
    let limited = |refusal: &Rejection| refusal.retryable && refusal.code == "rate_limited";
    let status = world.exchange.sale_status(&conformance::key("counted"), since).await;
    assert!(matches!(&status, Outcome::Rejected(refusal) if limited(refusal)), "{status:?}");
    let next = world.exchange.sell(conformance::order(&world, "next", 100_000, "5400")).await;
    assert!(matches!(&next, Outcome::Rejected(refusal) if limited(refusal)), "{next:?}");
    assert_eq!(world.orders(), 1, "what cannot be looked for is not placed");
}

/// Every order that is not online refuses as Kraken does; maintenance leaves the outcome open.
#[tokio::test]
async fn kinds_of_maintenance() {
    let world = KrakenWorld::start().await;
    for (status, rejected) in
        [(SystemStatus::Maintenance, false), (SystemStatus::CancelOnly, true), (SystemStatus::PostOnly, true)]
    {
        world.vendor.set_status(status);
        let outcome = world.exchange.sell(conformance::order(&world, "down", 100_000, "5400")).await;
        assert_eq!(matches!(outcome, Outcome::Rejected(_)), rejected, "{status:?}: {outcome:?}");
        assert!(matches!(world.exchange.health().await, Outcome::Rejected(refusal) if refusal.retryable));
    }
    assert_eq!(world.orders(), 0);
}

/// A nonce of ours is never below an earlier one, whatever many calls at once do; one that comes twice is refused.
#[tokio::test]
async fn many_calls_at_once_keep_their_nonces_in_order() {
    let world = KrakenWorld::start().await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let exchange = world.exchange.clone();
            tokio::spawn(async move { exchange.balances().await })
        })
        .collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Outcome::Done(_)));
    }
    world.break_next(Asked::Balances, Break::Twice);
    let twice = world.exchange.balances().await;
    assert!(matches!(twice, Outcome::Rejected(refusal) if refusal.code == "invalid_nonce"));
    assert!(matches!(world.exchange.balances().await, Outcome::Done(_)));
}
