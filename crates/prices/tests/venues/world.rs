//! One venue's simulation, and prices that listen to it.

use futures::future::join_all;
use ids::UnixMs;
use money::{Bps, Currency, Money};
use outbound::{Limits, Reconnect, SocketLimits};
use ports::{Clock, ObservedRate, PriceUnavailable, Prices as _};
use prices::{
    Listening, LivePrices, PricesConfig, PublicVenue, Rules, TableRules, TableSource, Venue as _, VenueKind,
    VenueReport,
};
use sandbox::faults::Fault;
use sandbox::venues::{FeedFault, Kind, Market, VendorClock, Venue, VenueConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Long enough for a busy machine; nothing waits for it that comes sooner.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(5);
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// One venue, and the names of its endpoints in the simulation.
#[derive(Clone, Copy)]
pub struct Case {
    pub kind: VenueKind,
    pub played: Kind,
    pub ticker: &'static str,
    pub book: &'static str,
    pub feed: &'static str,
}

pub const CASES: [Case; 5] = [
    Case {
        kind: VenueKind::Kraken,
        played: Kind::Kraken,
        ticker: "GET /0/public/Ticker",
        book: "GET /0/public/Depth",
        feed: "GET /v2",
    },
    Case {
        kind: VenueKind::Coinbase,
        played: Kind::Coinbase,
        ticker: "GET /products/{product}/book",
        book: "GET /products/{product}/book",
        feed: "GET /",
    },
    Case {
        kind: VenueKind::Bitstamp,
        played: Kind::Bitstamp,
        ticker: "GET /api/v2/ticker/{pair}/",
        book: "GET /api/v2/order_book/{pair}/",
        feed: "GET /",
    },
    Case {
        kind: VenueKind::Gemini,
        played: Kind::Gemini,
        ticker: "GET /v1/pubticker/{symbol}",
        book: "GET /v1/book/{symbol}",
        feed: "GET /",
    },
    Case {
        kind: VenueKind::Bitfinex,
        played: Kind::Bitfinex,
        ticker: "GET /v2/ticker/{symbol}",
        book: "GET /v2/book/{symbol}/{precision}",
        feed: "GET /ws/2",
    },
];

/// All at the same time: most of a test is waiting.
pub async fn each(cases: &[Case], test: impl AsyncFn(Case)) {
    join_all(cases.iter().map(|case| test(*case))).await;
}

/// Runs with the test, from a fixed day on; venue and prices share it.
#[derive(Clone)]
struct TestClock(Instant);

impl TestClock {
    fn now_ms(&self) -> u64 {
        1_800_000_000_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.now_ms())
    }
}

pub struct Settings {
    pub currencies: Vec<Currency>,
    /// The bitcoin is sold there.
    pub books: bool,
    pub has_feed: bool,
    pub idle_ms_max: u64,
    pub per_minute_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let currencies = vec![Currency::USD];
        Self { currencies, books: false, has_feed: true, idle_ms_max: 30_000, per_minute_max: 1_000 }
    }
}

/// A simulation that nobody listens to yet.
pub struct Prepared {
    case: Case,
    pub market: Market,
    pub venue: Venue,
    clock: TestClock,
}

pub struct World {
    case: Case,
    pub market: Market,
    pub venue: Venue,
    pub prices: Arc<LivePrices>,
    clock: TestClock,
    task: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Prepared {
    fn prices(&self, settings: Settings) -> LivePrices {
        let Settings { currencies, books, has_feed, idle_ms_max, per_minute_max } = settings;
        let limits = Limits { deadline_ms: 300, ..Limits::default() };
        let socket_limits = SocketLimits { message_bytes_max: MESSAGE_BYTES_MAX, ..SocketLimits::default() };
        let (rest, socket) = (self.venue.rest_url(), self.venue.socket_url());
        let socket = has_feed.then_some(socket.as_str());
        let venue = Arc::new(PublicVenue::new(self.case.kind, &rest, socket, limits, socket_limits).unwrap());
        // Sold elsewhere, where nobody answers, if not here.
        let nobody = PublicVenue::new(VenueKind::Kraken, "http://127.0.0.1:1", None, limits, socket_limits).unwrap();
        let rules = Rules { age_ms_max: 1_500, deviation_max: Bps(100), venues_min: 1 };
        let jitter: outbound::Jitter = Arc::new(|_| 0);
        let reconnect = Reconnect { first_wait_ms: 20, wait_ms_max: 100, per_minute_max, jitter };
        let listening = Listening { reconnect, idle_ms_max, resyncs_per_minute_max: 6 };
        let table = TableRules::default();
        let sold = vec![Currency::USD];
        let config = PricesConfig { currencies, sold, rules, refresh_ms: 20, quiet_ms: 400, listening, table };
        let sold_at = if books { venue.clone() } else { Arc::new(nobody) };
        assert!(venue.trades(Currency::USD));
        LivePrices::new(config, vec![venue], sold_at, Arc::new(self.clock.clone())).unwrap()
    }

    pub fn run(self, settings: Settings) -> World {
        let prices = Arc::new(self.prices(settings));
        self.listen(prices)
    }

    pub async fn run_with_table(self, settings: Settings) -> (World, Venue) {
        let config = VenueConfig { clock: vendor_clock(&self.clock), ..VenueConfig::default() };
        let table = Venue::start(Kind::Ecb, &self.market, config).await.unwrap();
        let source = TableSource::new(&table.rest_url(), Limits::default()).unwrap();
        let prices = Arc::new(self.prices(settings).with_table(source));
        (self.listen(prices), table)
    }

    fn listen(self, prices: Arc<LivePrices>) -> World {
        let running = Arc::clone(&prices);
        let task = tokio::spawn(async move { running.run(std::future::pending()).await });
        let Self { case, market, venue, clock } = self;
        World { case, market, venue, prices, clock, task }
    }
}

fn vendor_clock(clock: &TestClock) -> VendorClock {
    let clock = clock.clone();
    VendorClock::new(move || i64::try_from(clock.now_ms()).unwrap())
}

impl World {
    pub async fn prepare(case: Case) -> Prepared {
        let (market, clock) = (Market::default(), TestClock(Instant::now()));
        let config = VenueConfig { heartbeat_ms: 100, clock: vendor_clock(&clock), ..VenueConfig::default() };
        let venue = Venue::start(case.played, &market, config).await.unwrap();
        Prepared { case, market, venue, clock }
    }

    pub async fn start(case: Case, settings: Settings) -> Self {
        Self::prepare(case).await.run(settings)
    }

    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// Whatever comes from here on comes by the feed.
    pub fn no_rest(&self) {
        for endpoint in [self.case.ticker, self.case.book] {
            self.venue.faults().always(endpoint, Fault::Status(500));
        }
    }

    pub fn price(&self) -> Result<ObservedRate, PriceUnavailable> {
        self.prices.rate(Currency::USD, self.now())
    }

    pub fn rate(&self) -> Result<String, PriceUnavailable> {
        self.price().map(|seen| seen.rate.decimal())
    }

    pub fn report(&self) -> VenueReport {
        self.prices.report(Currency::USD, self.now()).venues.remove(0)
    }

    pub fn failure(&self) -> String {
        self.report().failure.map_or_else(String::new, |(_, why)| why)
    }

    /// Times that data were asked for anew, on the connection or with a new one.
    pub fn recoveries(&self) -> u64 {
        self.report().resyncs + self.report().reconnects
    }

    pub async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let wait = async {
            while !done(self) {
                sleep(LOOK).await;
            }
        };
        let name = self.case.kind.name();
        assert!(timeout(PATIENCE, wait).await.is_ok(), "{name}: {what}: {:?} {:?}", self.price(), self.report());
    }

    /// The market moves, and the feed tells.
    pub async fn moves_to(&self, bid: &str) {
        let middle = format!("{bid}.05");
        // Told to nobody while nobody is connected: then the next connection begins with it.
        self.market.set("USD", bid, &format!("{bid}.1"));
        self.until(bid, |world| world.rate().is_ok_and(|rate| rate == middle)).await;
    }

    /// The market moves, and what is said of it goes wrong. Whatever is believed is what it was or what it is.
    pub async fn goes_wrong(&self, fault: FeedFault, bid: &str) {
        let before = self.rate().unwrap();
        let after = format!("{bid}.05");
        self.venue.feeds().next(fault);
        self.market.set("USD", bid, &format!("{bid}.1"));
        self.until("the fault", |world| !world.venue.feeds().has_next()).await;
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until {
            let rate = self.rate();
            let honest = rate.as_ref().map_or(true, |rate| *rate == before || *rate == after);
            assert!(honest, "{} {fault:?}: {rate:?}", self.case.kind.name());
            sleep(LOOK).await;
        }
    }

    /// Several heartbeats.
    pub async fn rest_of_a_second(&self) {
        let total = Money::parse("1", Currency::USD).unwrap();
        let until = Instant::now() + Duration::from_millis(700);
        while Instant::now() < until {
            assert!(self.price().is_err() && self.prices.executable(total, self.now()).is_err());
            sleep(LOOK).await;
        }
    }
}
