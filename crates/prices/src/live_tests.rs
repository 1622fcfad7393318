//! Prices over venues that say what they are told to.

use super::*;
use crate::{Bid, Book, Feed, Refreshed, Said, Top, Verdict};
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
    trades: Vec<Currency>,
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
    trading(name, rate, &[Currency::USD], deep)
}

fn trading(name: &'static str, rate: &str, trades: &[Currency], deep: Book) -> Arc<Puppet> {
    let trades = trades.to_vec();
    Arc::new(Puppet {
        name,
        trades,
        rate: Mutex::new(Outcome::Done(usd_rate(rate))),
        book: Mutex::new(Outcome::Done(deep)),
    })
}

#[async_trait]
impl Venue for Puppet {
    fn name(&self) -> &'static str {
        self.name
    }

    fn trades(&self, currency: Currency) -> bool {
        self.trades.contains(&currency)
    }

    async fn ticker(&self, currency: Currency) -> Outcome<Said<Top>> {
        let rate = self.rate.lock().unwrap().clone();
        // The same number in every currency.
        let of = |rate: Rate| Rate::new(rate.micro_per_btc(), currency).unwrap();
        rate.map(|rate| Said::without_time(Top::new(of(rate), of(rate)).unwrap()))
    }

    async fn book(&self, _: Currency) -> Outcome<Said<Book>> {
        self.book.lock().unwrap().clone().map(Said::without_time)
    }

    fn feed(&self, _: &[Currency], _: bool) -> Option<(&outbound::SocketClient, Box<dyn Feed>)> {
        None
    }
}

fn config(venues_min: u32) -> PricesConfig {
    let rules = Rules { age_ms_max: 10_000, deviation_max: Bps(100), venues_min };
    let listening = Listening::usual(Arc::new(|_| 0));
    let (currencies, sold) = (vec![Currency::USD], vec![Currency::USD]);
    let table = TableRules::default();
    PricesConfig { currencies, sold, rules, refresh_ms: 2_000, quiet_ms: 5_000, listening, table }
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
        let price = prices.executable(total("1"), clock.now());
        // What it was held against is the tickers' word, however the book stands.
        assert!(price.iter().all(|price| price.consolidated.rate == usd_rate("100")));
        price.map(|price| price.rate.decimal())
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
    assert_eq!(seen.outliers, ["c"]);
    let report = prices.report(Currency::USD, clock.now());
    let verdicts: Vec<Verdict> = report.venues.iter().map(|venue| venue.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fresh, Verdict::Fresh, Verdict::Outlier]);
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
    let late = PricesConfig { quiet_ms: 8_001, ..config(1) };
    assert!(matches!(make(late, &["a"]).err(), Some(BadPricesConfig::QuietTooLong { .. })));
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

#[tokio::test]
async fn only_the_quiet_are_asked() {
    let venues = [puppet("a", "100"), puppet("b", "100")];
    let (prices, clock) = live(&venues, 1);
    assert_eq!(prices.refresh_quiet().await, Refreshed { ticks: 2, books: 1, failures: vec![] });
    clock.0.fetch_add(5_000, Ordering::SeqCst);
    assert_eq!(prices.refresh_quiet().await, Refreshed::default());
    clock.0.fetch_add(1, Ordering::SeqCst);
    assert_eq!(prices.refresh_quiet().await.ticks, 2);
}

#[tokio::test]
async fn who_says_that_it_is_asked_too_often_is_left_alone_longer_and_longer() {
    let venue = puppet("a", "100");
    let (prices, clock) = live(std::slice::from_ref(&venue), 1);
    let limited = ports::Rejection::retryable("rate_limited", "asked too often");
    *venue.rate.lock().unwrap() = Outcome::Rejected(limited);
    for pause_ms in [5_000, 10_000, 20_000] {
        assert_eq!(prices.refresh_once().await.failures.len(), 1);
        clock.0.fetch_add(pause_ms - 1, Ordering::SeqCst);
        assert_eq!(prices.refresh_once().await, Refreshed::default(), "{pause_ms}");
        clock.0.fetch_add(1, Ordering::SeqCst);
    }
    *venue.rate.lock().unwrap() = Outcome::Done(usd_rate("100"));
    assert_eq!(prices.refresh_once().await.ticks, 1);
}

const TABLE: &str = "<Cube><Cube time='1970-01-01'><Cube currency='USD' rate='1'/><Cube currency='CAD' rate='1.01'/>\
                     <Cube currency='CHF' rate='2'/><Cube currency='SEK' rate='10'/></Cube></Cube>";

/// Two venues are asked for; dollars have two, Canadian dollars and francs one, kronor none.
#[tokio::test]
async fn a_table_seconds_the_few_and_estimates_the_rest() {
    let (cad, sek) = (Currency::CAD, "SEK".parse::<Currency>().unwrap());
    let canadian = Rate::parse("100", cad).unwrap();
    let bids = vec![Bid { rate: canadian, amount_sat: Sat::new(100_000_000).unwrap() }];
    let a = trading("a", "100", &[Currency::USD, cad, Currency::CHF], Book::new(cad, bids).unwrap());
    let venues = [a, puppet("b", "100")];
    let clock = Arc::new(HandClock(AtomicU64::new(1_000_000)));
    let all = venues.iter().map(|venue| Arc::clone(venue) as Arc<dyn Venue>).collect();
    let currencies = vec![Currency::USD, cad, Currency::CHF, sek];
    let config = PricesConfig { currencies, sold: vec![Currency::USD, cad], ..config(2) };
    let prices = LivePrices::new(config, all, venues[0].clone(), clock.clone()).unwrap();
    prices.refresh_once().await;
    let rate = |currency| prices.rate(currency, clock.now());
    assert_eq!(rate(cad), Err(PriceUnavailable::TooFewVenues { fresh: 1, needed: 2 }), "nothing seconds it");
    assert_eq!(prices.currencies(), [Currency::USD, cad, Currency::CHF]);
    assert_eq!(prices.estimated(), []);

    *prices.table.write().unwrap() = DailyTable::parse(TABLE).map(Arc::new);
    let seen = rate(cad).unwrap();
    assert_eq!((seen.rate, &seen.venues), (canadian, &vec!["a".to_owned()]));
    let date = "1970-01-01".to_owned();
    assert_eq!(seen.basis, RateBasis::VenuesAndTable { table: "ecb".to_owned(), date: date.clone() });
    let executable = prices.executable(Money::parse("1", cad).unwrap(), clock.now()).unwrap();
    assert_eq!((executable.rate, executable.consolidated), (canadian, seen));
    assert!(matches!(rate(Currency::CHF), Err(PriceUnavailable::Deviation { .. })), "the table says twice as much");

    let unknown = PriceUnavailable::UnknownCurrency { currency: sek };
    assert_eq!(rate(sek), Err(unknown), "an estimate is no rate");
    let total = Money::parse("1", sek).unwrap();
    assert_eq!(prices.executable(total, clock.now()), Err(PriceUnavailable::EstimateOnly { currency: sek }));
    assert!(prices.estimated().contains(&sek));
    let estimate = prices.estimate(sek, clock.now()).unwrap();
    assert_eq!(estimate.rate.decimal(), "1000");
    let through = Currency::USD;
    assert_eq!(estimate.basis, RateBasis::Table { table: "ecb".to_owned(), date: date.clone(), through });

    clock.0.fetch_add(8 * 86_400_000, Ordering::SeqCst);
    assert_eq!(prices.estimate(sek, clock.now()), Err(PriceUnavailable::TableOld { date }));
}

#[tokio::test]
async fn samples_are_taken_handed_on_and_given_back() {
    let venue = puppet("a", "100");
    let (prices, clock) = live(std::slice::from_ref(&venue), 1);
    let earlier = [Sample { at: UnixMs(0), rate: usd_rate("90") }];
    prices.restore(earlier);
    prices.sample();
    assert_eq!(prices.samples_after(UnixMs(0)), [], "no rate, no sample");
    prices.refresh_once().await;
    prices.sample();
    prices.sample();
    let new = Sample { at: UnixMs(960_000), rate: usd_rate("100") };
    assert_eq!(prices.samples_after(UnixMs(0)), [new]);
    assert_eq!(prices.points(Currency::USD, UnixMs(0), 10), [earlier[0], new]);
    assert_eq!(prices.points(Currency::USD, clock.now(), 10), []);
}
