//! Kraken's adapter against Kraken's simulation.

mod conformance;

use conformance::{Asked, Break, World};
use exchanges::kraken::{Kraken, KrakenConfig};
use ids::UnixMs;
use money::{Currency, Money, Rate};
use outbound::{Call, HttpClient, Limits, Request, Response, Retry};
use ports::{Clock, Exchange, Outcome, Secret};
use sandbox::{
    faults::Fault,
    kraken::{self, ExchangeConfig, SystemStatus},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// The sandbox's clock, which its vendors read, as its public call tells it.
struct SandboxClock {
    asked: UnixMs,
    since: Instant,
    /// Set off by so much.
    off_ms: AtomicU64,
}

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

impl SandboxClock {
    async fn ask(url: &str) -> Self {
        let client = HttpClient::new(url, Limits::default()).unwrap();
        let asked = client.run(&AskTime, &Retry::never()).await.done().expect("the time");
        Self { asked, since: Instant::now(), off_ms: AtomicU64::new(0) }
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> UnixMs {
        let elapsed_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap();
        self.asked.plus_ms(elapsed_ms + self.off_ms.load(Ordering::SeqCst))
    }
}

struct KrakenWorld {
    vendor: kraken::Exchange,
    exchange: Arc<Kraken>,
    clock: Arc<SandboxClock>,
}

impl KrakenWorld {
    async fn start() -> Self {
        let balances = vec![("XXBT".into(), "5".into()), ("ZUSD".into(), "10000".into())];
        let config = ExchangeConfig { balances, ..ExchangeConfig::default() };
        let vendor = kraken::Exchange::start(config).await.unwrap();
        let config = KrakenConfig {
            base_url: vendor.url(),
            api_key: Secret::new(vendor.api_key().to_owned()),
            private_key: Secret::new(vendor.api_secret().to_owned()),
            currencies: vec![Currency::USD],
        };
        let clock = Arc::new(SandboxClock::ask(&vendor.url()).await);
        let limits = Limits { deadline_ms: 500, ..Limits::default() };
        let exchange = Arc::new(Kraken::new(config, limits, Retry::never(), clock.clone()).unwrap());
        Self { vendor, exchange, clock }
    }
}

impl World for KrakenWorld {
    fn exchange(&self) -> &dyn Exchange {
        self.exchange.as_ref()
    }

    fn now(&self) -> UnixMs {
        self.clock.now()
    }

    fn money(&self, minor: u64) -> Money {
        Money::new(minor, Currency::USD).unwrap()
    }

    fn rate(&self, text: &str) -> Rate {
        Rate::parse(text, Currency::USD).unwrap()
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
}

#[tokio::test]
async fn sales() {
    conformance::reports_are_what_moved(&KrakenWorld::start().await).await;
    conformance::one_key_one_sale(&KrakenWorld::start().await).await;
    let euros = Rate::parse("5000", Currency::EUR).unwrap();
    conformance::what_is_not_possible(&KrakenWorld::start().await, euros).await;
}

#[tokio::test]
async fn lost_orders() {
    conformance::a_lost_order_is_found(&KrakenWorld::start().await).await;
}

#[tokio::test]
async fn broken_looks() {
    conformance::placed_is_placed(&KrakenWorld::start().await).await;
    conformance::blind_is_not_found(&KrakenWorld::start().await).await;
}

#[tokio::test]
async fn nobody_there() {
    let world = KrakenWorld::start().await;
    let (exchange, order) = (world.exchange.clone(), conformance::order(&world, "nobody", 100_000, "5400"));
    drop(world);
    conformance::nobody_there(exchange.as_ref(), order).await;
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

#[tokio::test]
async fn health_sees_clock_and_keys() {
    let world = KrakenWorld::start().await;
    let text = world.exchange.health().await.done().unwrap();
    assert!(text.contains("XBTUSD from 5000 sat"), "{text}");
    world.clock.off_ms.store(60_000, Ordering::SeqCst);
    assert_eq!(code(world.exchange.health().await), "clock_apart");
    let config = KrakenConfig {
        base_url: world.vendor.url(),
        api_key: Secret::new(world.vendor.api_key().to_owned()),
        private_key: Secret::new("d3Jvbmc=".to_owned()),
        currencies: vec![Currency::USD],
    };
    let clock = Arc::new(SandboxClock::ask(&world.vendor.url()).await);
    let stranger = Kraken::new(config, Limits::default(), Retry::never(), clock).unwrap();
    assert_eq!(code(stranger.health().await), "unauthorized");
    assert_eq!(code(stranger.sell(conformance::order(&world, "x", 100_000, "5400")).await), "unauthorized");
}

fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    match outcome {
        Outcome::Rejected(refusal) => refusal.code,
        other => format!("{other:?}"),
    }
}

/// A nonce of ours is never below an earlier one, whatever many calls at once and a clock set back do.
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
    world.clock.off_ms.store(60_000, Ordering::SeqCst);
    assert!(matches!(world.exchange.balances().await, Outcome::Done(_)));
    world.clock.off_ms.store(0, Ordering::SeqCst);
    assert!(matches!(world.exchange.balances().await, Outcome::Done(_)));
}
