//! Prices over venues that say what they are told to.

use super::*;
use crate::Bid;
use money::{Bps, Rate, Sat};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

struct Puppet {
    name: &'static str,
    rate: Mutex<Outcome<Rate>>,
    book: Mutex<Outcome<Book>>,
}

fn usd_rate(text: &str) -> Rate {
    Rate::parse(text, Currency::USD).unwrap()
}

fn book(bids: &[(&str, u64)]) -> Book {
    let bids = bids.iter().map(|(rate, sat)| Bid { rate: usd_rate(rate), amount_sat: Sat::new(*sat).unwrap() });
    Book::new(Currency::USD, bids.collect()).unwrap()
}

fn puppet(name: &'static str, rate: &str) -> Arc<Puppet> {
    let deep = book(&[(rate, 100_000_000)]);
    Arc::new(Puppet { name, rate: Mutex::new(Outcome::Done(usd_rate(rate))), book: Mutex::new(Outcome::Done(deep)) })
}

#[async_trait]
impl Venue for Puppet {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn ticker(&self, _: Currency) -> Outcome<Rate> {
        self.rate.lock().unwrap().clone()
    }

    async fn book(&self, _: Currency) -> Outcome<Book> {
        self.book.lock().unwrap().clone()
    }
}

fn config(venues_min: u32) -> PricesConfig {
    let rules = Rules { age_ms_max: 10_000, deviation_max: Bps(100), venues_min };
    PricesConfig { currencies: vec![Currency::USD], rules, refresh_ms: 2_000 }
}

fn live(venues: &[Arc<Puppet>], venues_min: u32) -> (LivePrices, Arc<HandClock>) {
    let clock = Arc::new(HandClock(AtomicU64::new(1_000_000)));
    let all = venues.iter().map(|venue| Arc::clone(venue) as Arc<dyn Venue>).collect();
    let prices = LivePrices::new(config(venues_min), all, venues[0].clone(), clock.clone()).unwrap();
    (prices, clock)
}

fn total(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

#[tokio::test]
async fn nothing_seen_nothing_quoted() {
    let venue = puppet("a", "5457.386");
    let (prices, clock) = live(std::slice::from_ref(&venue), 1);
    assert_eq!(prices.rate(Currency::USD, clock.now()), Err(PriceUnavailable::Never));
    assert_eq!(prices.executable(total("27.11"), clock.now()), Err(PriceUnavailable::Never));
    let unknown = PriceUnavailable::UnknownCurrency { currency: Currency::EUR };
    assert_eq!(prices.rate(Currency::EUR, clock.now()), Err(unknown.clone()));
    assert_eq!(prices.executable(Money::zero(Currency::EUR), clock.now()), Err(unknown));
    assert_eq!(prices.currencies(), [Currency::USD]);

    let done = prices.refresh_once().await;
    assert_eq!((done.ticks, done.books, done.failures.len()), (1, 1, 0));
    let seen = prices.rate(Currency::USD, clock.now()).unwrap();
    assert_eq!((seen.rate, seen.observed_at), (usd_rate("5457.386"), clock.now()));
    let executable = prices.executable(total("27.11"), clock.now()).unwrap();
    assert_eq!((executable.rate, executable.observed_at), (usd_rate("5457.386"), clock.now()));
}

#[tokio::test]
async fn what_fails_ages_until_it_is_stale() {
    let venue = puppet("a", "100");
    let (prices, clock) = live(std::slice::from_ref(&venue), 1);
    prices.refresh_once().await;
    *venue.rate.lock().unwrap() = Outcome::NotSent("down".to_owned());
    *venue.book.lock().unwrap() = Outcome::Unknown("stalled".to_owned());
    clock.0.fetch_add(10_000, Ordering::SeqCst);
    let done = prices.refresh_once().await;
    assert_eq!(done.failures, ["a USD ticker: down", "a USD book: stalled"]);
    assert!(prices.executable(total("1"), clock.now()).is_ok());
    clock.0.fetch_add(1, Ordering::SeqCst);
    let stale = Err(PriceUnavailable::Stale { age_ms: 10_001, max_ms: 10_000 });
    assert_eq!(prices.rate(Currency::USD, clock.now()), stale);
    // A fresh ticker does not make an old book fresh.
    *venue.rate.lock().unwrap() = Outcome::Done(usd_rate("100"));
    prices.refresh_once().await;
    assert!(prices.rate(Currency::USD, clock.now()).is_ok());
    let stale = Err(PriceUnavailable::Stale { age_ms: 10_001, max_ms: 10_000 });
    assert_eq!(prices.executable(total("1"), clock.now()), stale);
}

#[tokio::test]
async fn a_book_that_disagrees_or_does_not_last_is_no_price() {
    let venue = puppet("a", "100");
    let (prices, clock) = live(std::slice::from_ref(&venue), 1);
    let executable = async |bids: &[(&str, u64)]| {
        *venue.book.lock().unwrap() = Outcome::Done(book(bids));
        prices.refresh_once().await;
        prices.executable(total("1"), clock.now()).map(|price| price.rate.decimal())
    };
    assert_eq!(executable(&[("100", 1_000_000)]).await, Ok("100".to_owned()));
    assert_eq!(executable(&[("99.5", 1_100_000)]).await, Ok("99.5".to_owned()));
    assert_eq!(executable(&[("100", 999_999)]).await, Err(PriceUnavailable::ThinBook));
    assert_eq!(executable(&[]).await, Err(PriceUnavailable::ThinBook));
    assert!(matches!(executable(&[("98", 10_000_000)]).await, Err(PriceUnavailable::Deviation { .. })));
    assert!(matches!(executable(&[("102", 10_000_000)]).await, Err(PriceUnavailable::Deviation { .. })));
}

#[tokio::test]
async fn three_venues_outvote_a_wrong_one() {
    let venues = [puppet("a", "100"), puppet("b", "100.5"), puppet("c", "1")];
    let (prices, clock) = live(&venues, 2);
    assert!(prices.warnings().is_empty());
    prices.refresh_once().await;
    let seen = prices.rate(Currency::USD, clock.now()).unwrap();
    assert_eq!((seen.rate.decimal().as_str(), seen.venues), ("100.25", vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn configurations() {
    let clock: Arc<dyn Clock> = Arc::new(HandClock(AtomicU64::new(0)));
    let make = |config: PricesConfig, names: &[&'static str]| {
        let venues: Vec<Arc<dyn Venue>> = names.iter().map(|name| puppet(name, "1") as Arc<dyn Venue>).collect();
        LivePrices::new(config, venues, puppet("a", "1"), clock.clone())
    };
    assert_eq!(make(config(1), &["a"]).unwrap().warnings().len(), 2);
    assert_eq!(make(config(2), &["a"]).err(), Some(BadPricesConfig::TooFewVenues { needed: 2, configured: 1 }));
    assert_eq!(make(config(0), &[]).err(), Some(BadPricesConfig::TooFewVenues { needed: 1, configured: 0 }));
    assert_eq!(make(config(1), &["a", "a"]).err(), Some(BadPricesConfig::SameName("a")));
    let none = PricesConfig { currencies: vec![], ..config(1) };
    assert_eq!(make(none, &["a"]).err(), Some(BadPricesConfig::NoCurrency));
    let slow = PricesConfig { refresh_ms: 10_000, ..config(1) };
    assert!(matches!(make(slow, &["a"]).err(), Some(BadPricesConfig::RefreshTooSlow { .. })));
}

#[tokio::test]
async fn it_runs_until_it_is_told_to_stop() {
    let venue = puppet("a", "100");
    let (prices, clock) = live(std::slice::from_ref(&venue), 1);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let watch = async {
        while prices.rate(Currency::USD, clock.now()).is_err() {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
    };
    let run = prices.run(async {
        let _ = stopped.await;
    });
    tokio::time::timeout(Duration::from_secs(10), futures::future::join(run, watch)).await.unwrap();
}
