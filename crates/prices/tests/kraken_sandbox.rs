//! Prices from Kraken's simulation, as the server has them.

use ids::UnixMs;
use money::{Bps, Currency, Money};
use outbound::{Limits, SocketLimits};
use ports::{Clock, PriceUnavailable, Prices};
use prices::{Listening, LivePrices, PricesConfig, PublicVenue, Rules, TableRules, Venue, VenueKind};
use sandbox::{
    faults::Fault,
    kraken::{Exchange, ExchangeConfig},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

async fn start() -> (Exchange, LivePrices, Arc<HandClock>) {
    let vendor = Exchange::start(ExchangeConfig::default()).await.unwrap();
    let limits = Limits { deadline_ms: 500, ..Limits::default() };
    let venue = PublicVenue::new(VenueKind::Kraken, &vendor.url(), None, limits, SocketLimits::default());
    let venue: Arc<dyn Venue> = Arc::new(venue.unwrap());
    let rules = Rules { age_ms_max: 10_000, deviation_max: Bps(100), venues_min: 1 };
    let config = PricesConfig {
        currencies: vec![Currency::USD, Currency::EUR],
        sold: vec![Currency::USD, Currency::EUR],
        rules,
        refresh_ms: 1_000,
        quiet_ms: 5_000,
        listening: Listening::usual(Arc::new(|_| 0)),
        table: TableRules::default(),
    };
    let clock = Arc::new(HandClock(AtomicU64::new(1_800_000_000_000)));
    let prices = LivePrices::new(config, vec![venue.clone()], venue, clock.clone()).unwrap();
    (vendor, prices, clock)
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

#[tokio::test]
async fn the_book_is_walked_where_it_is_sold() {
    let (vendor, prices, clock) = start().await;
    let done = prices.refresh_once().await;
    assert_eq!((done.ticks, done.books, done.failures), (2, 2, vec![]));
    assert_eq!(prices.rate(Currency::USD, clock.now()).unwrap().rate.decimal(), "5500.05");
    assert_eq!(prices.rate(Currency::EUR, clock.now()).unwrap().rate.decimal(), "5092.55");
    let price = |total: &str| prices.executable(usd(total), clock.now()).map(|price| price.rate.decimal());
    assert_eq!(price("27.11").unwrap(), "5500");

    vendor
        .set_book("XBTUSD", &[("5500.0", "0.002"), ("5490.0", "0.002"), ("5480.0", "1")], &[("5500.1", "1")])
        .unwrap();
    prices.refresh_once().await;
    assert_eq!(price("11").unwrap(), "5500");
    assert!(price("27.11").unwrap().starts_with("5492."));
    assert_eq!(price("10000"), Err(PriceUnavailable::ThinBook));
}

#[tokio::test]
async fn whatever_kraken_answers_the_price_is_old_or_right() {
    let (vendor, prices, clock) = start().await;
    prices.refresh_once().await;
    let refuse = Fault::Refuse { status: 200, message: "EService:Unavailable".to_owned() };
    for fault in [refuse, Fault::Status(502), Fault::Stall, Fault::DropBefore, Fault::DropAfter, Fault::CorruptJson] {
        for endpoint in ["GET /0/public/Ticker", "GET /0/public/Depth"] {
            vendor.faults().always(endpoint, fault.clone());
        }
        let done = prices.refresh_once().await;
        assert_eq!((done.ticks, done.books, done.failures.len()), (0, 0, 4), "{fault:?}");
        assert!(prices.executable(usd("27.11"), clock.now()).is_ok(), "{fault:?}");
    }
    clock.0.fetch_add(10_001, Ordering::SeqCst);
    let stale = prices.executable(usd("27.11"), clock.now());
    assert_eq!(stale, Err(PriceUnavailable::Stale { age_ms: 10_001, max_ms: 10_000 }));
    vendor.faults().clear();
    prices.refresh_once().await;
    assert!(prices.executable(usd("27.11"), clock.now()).is_ok());
}
