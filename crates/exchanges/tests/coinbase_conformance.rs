//! Coinbase's adapter against Coinbase's simulation.

mod conformance;

use conformance::{Asked, Break, World, clock::SandboxClock, key, order};
use exchanges::coinbase::{Coinbase, CoinbaseConfig};
use ids::UnixMs;
use money::Currency;
use outbound::{Call, HttpClient, Limits, Request, Response, Retry};
use ports::{Clock, Exchange, Outcome, SaleStatus, Secret};
use sandbox::{
    VendorClock,
    coinbase::{self, ExchangeConfig, MarketStatus, Permissions},
    faults::Fault,
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

struct AskTime;

impl Call for AskTime {
    type Answer = UnixMs;

    fn build_request(&self) -> Request {
        Request::get("/api/v3/brokerage/time")
    }

    fn handle_response(&self, response: &Response) -> Outcome<UnixMs> {
        let time = |answer: serde_json::Value| answer["epochMillis"].as_str().map(|ms| UnixMs(ms.parse().unwrap()));
        response.json::<serde_json::Value>().map(|answer| time(answer).expect("a time"))
    }
}

struct CoinbaseWorld {
    vendor: coinbase::Exchange,
    exchange: Arc<Coinbase>,
    clock: Arc<SandboxClock>,
    ahead_ms: Arc<AtomicI64>,
}

fn adapter(vendor: &coinbase::Exchange, name: &str, clock: Arc<SandboxClock>) -> Arc<Coinbase> {
    let config = CoinbaseConfig {
        base_url: vendor.url(),
        api_key: Secret::new(name.to_owned()),
        private_key: Secret::new(vendor.private_key().to_owned()),
        currencies: vec![Currency::USD],
    };
    let limits = Limits { deadline_ms: 500, ..Limits::default() };
    Arc::new(Coinbase::new(config, limits, Retry::never(), clock).unwrap())
}

impl CoinbaseWorld {
    async fn with(config: ExchangeConfig) -> Self {
        let ahead_ms = Arc::<AtomicI64>::default();
        let clock = VendorClock::ahead_by(ahead_ms.clone());
        let vendor = coinbase::Exchange::start(ExchangeConfig { clock, ..config }).await.unwrap();
        let client = HttpClient::new(&vendor.url(), Limits::default()).unwrap();
        let asked = client.run(&AskTime, &Retry::never()).await.done().expect("the time");
        let clock = Arc::new(SandboxClock::new(asked));
        let exchange = adapter(&vendor, vendor.key_name(), clock.clone());
        Self { vendor, exchange, clock, ahead_ms }
    }
}

fn config() -> ExchangeConfig {
    ExchangeConfig {
        balances: vec![("BTC".into(), "5".into()), ("USD".into(), "10000".into())],
        // Every list has several pages.
        page_max: 2,
        private_per_second: None,
        public_per_second: None,
        ..ExchangeConfig::default()
    }
}

impl World for CoinbaseWorld {
    async fn start() -> Self {
        Self::with(config()).await
    }

    fn exchange(&self) -> Arc<dyn Exchange> {
        self.exchange.clone()
    }

    fn stranger(&self) -> Arc<dyn Exchange> {
        adapter(&self.vendor, "organizations/o/apiKeys/another", self.clock.clone())
    }

    fn now(&self) -> UnixMs {
        self.clock.now()
    }

    fn set_bids(&self, bids: &[(&str, &str)]) {
        self.vendor.set_book("BTC-USD", bids, &[("9000.00", "1")]).unwrap();
    }

    fn orders(&self) -> usize {
        self.vendor.orders()
    }

    fn break_next(&self, asked: Asked, how: Break) {
        let endpoint = match asked {
            Asked::PlaceOrder => "POST /api/v3/brokerage/orders",
            Asked::SeeOrder => "GET /api/v3/brokerage/orders/historical/{order_id}",
            Asked::FindOpen | Asked::FindClosed => "GET /api/v3/brokerage/orders/historical/batch",
            Asked::Balances => "GET /api/v3/brokerage/accounts",
        };
        let refuse = |status, message: &str| Fault::Refuse { status, message: message.to_owned() };
        let fault = match how {
            Break::Refuse => refuse(429, ""),
            Break::Unsure => refuse(200, "UNKNOWN_FAILURE_REASON"),
            Break::Error => Fault::Status(502),
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
        self.vendor.set_status(if closed { MarketStatus::CancelOnly } else { MarketStatus::Online });
    }

    fn set_ahead(&self, ms: i64) {
        self.ahead_ms.store(ms, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn conforms() {
    conformance::suite::<CoinbaseWorld>().await;
}

/// Nobody has promised that a used order id gives the first order back; we do not sell twice by ourselves, and two
/// orders of one id, made by something on the way, are for a person to look at.
#[tokio::test]
async fn a_used_order_id_may_make_a_second_order() {
    let world = CoinbaseWorld::with(ExchangeConfig { ids_unique: false, ..config() }).await;
    world.set_bids(&[("5500.00", "1.0")]);
    let (since, once) = (world.now(), order(&world, "once", 100_000, "5400"));
    for _ in 0..3 {
        assert!(matches!(world.exchange.sell(once.clone()).await, Outcome::Done(SaleStatus::Closed(_))));
    }
    assert_eq!(world.orders(), 1);
    world.break_next(Asked::PlaceOrder, Break::Twice);
    let _ = world.exchange.sell(order(&world, "twice", 100_000, "5400")).await;
    assert_eq!(world.orders(), 3);
    assert!(matches!(world.exchange.sale_status(&key("twice"), since).await, Outcome::Unknown(_)));
    assert!(matches!(world.exchange.sale_status(&key("once"), since).await, Outcome::Done(SaleStatus::Closed(_))));
}

/// An order that waits to be matched is open, and nothing else until it is done.
#[tokio::test]
async fn a_pending_order_is_open() {
    let world = CoinbaseWorld::start().await;
    world.set_bids(&[("5500.00", "0.0005")]);
    world.vendor.set_holding(true);
    let since = world.now();
    let sale = world.exchange.sell(order(&world, "waits", 100_000, "5400")).await;
    assert_eq!(sale, Outcome::Done(SaleStatus::Open));
    assert_eq!(world.exchange.sale_status(&key("waits"), since).await, Outcome::Done(SaleStatus::Open));
    world.vendor.set_holding(false);
    let Outcome::Done(SaleStatus::Closed(report)) = world.exchange.sale_status(&key("waits"), since).await else {
        panic!("closed once matched");
    };
    assert_eq!(report.sold_sat.get(), 50_000, "filled as far as the book went");
}

#[tokio::test]
async fn kinds_of_maintenance() {
    let world = CoinbaseWorld::start().await;
    for (status, rejected) in
        [(MarketStatus::CancelOnly, true), (MarketStatus::TradingDisabled, true), (MarketStatus::Maintenance, false)]
    {
        world.vendor.set_status(status);
        let outcome = world.exchange.sell(order(&world, "down", 100_000, "5400")).await;
        assert_eq!(matches!(&outcome, Outcome::Rejected(r) if r.retryable), rejected, "{status:?}: {outcome:?}");
        assert!(!matches!(outcome, Outcome::Done(_)));
        assert!(!matches!(world.exchange.health().await, Outcome::Done(_)), "{status:?}");
    }
    assert_eq!(world.orders(), 0);
}

#[tokio::test]
async fn limits_are_counted_and_rights_are_checked() {
    let world = CoinbaseWorld::with(ExchangeConfig { private_per_second: Some(0), ..config() }).await;
    assert!(matches!(world.exchange.balances().await, Outcome::Rejected(r) if r.retryable && r.code == "rate_limited"));
    let only_view = Permissions { view: true, trade: false, transfer: false };
    let world = CoinbaseWorld::with(ExchangeConfig { permissions: only_view, ..config() }).await;
    assert!(matches!(world.exchange.health().await, Outcome::Rejected(r) if r.code == "forbidden"));
    let sale = world.exchange.sell(order(&world, "x", 100_000, "5400")).await;
    assert!(matches!(sale, Outcome::Rejected(r) if r.code == "forbidden" && !r.retryable));
    let too_much = Permissions { view: true, trade: true, transfer: true };
    let world = CoinbaseWorld::with(ExchangeConfig { permissions: too_much, ..config() }).await;
    assert!(world.exchange.health().await.done().unwrap().contains("may also transfer"));
}
