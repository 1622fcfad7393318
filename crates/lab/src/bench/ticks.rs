//! One message of a venue's live feed: read, taken in, and the consolidated rate of five venues read anew. The messages
//! are the simulated venues' own, recorded while their market moves; then they are read again, without a network.

use super::figures::{Figure, Samples};
use super::progress;
use anyhow::{Context as _, Result, ensure};
use ids::UnixMs;
use money::{Bps, Currency};
use outbound::{Limits, SocketLimits};
use ports::{Clock, Prices as _};
use prices::{Feed, Listening, LivePrices, PricesConfig, PublicVenue, Rules, TableRules, Venue as _, VenueKind};
use sandbox::venues::{Kind, Market, Venue, VenueConfig};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

/// Microseconds.
const AIM: f64 = 10.0;
const MOVES: u32 = 400;
/// The recording is read so often.
const ROUNDS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(20);

const VENUES: [(VenueKind, Kind, &str, &str); 5] = [
    (VenueKind::Kraken, Kind::Kraken, "tick_kraken", "a message of Kraken's book, checksum and rate"),
    (VenueKind::Coinbase, Kind::Coinbase, "tick_coinbase", "a ticker of Coinbase, and the rate"),
    (VenueKind::Bitstamp, Kind::Bitstamp, "tick_bitstamp", "a whole book of Bitstamp, and the rate"),
    (VenueKind::Gemini, Kind::Gemini, "tick_gemini", "a change of Gemini's book, and the rate"),
    (VenueKind::Bitfinex, Kind::Bitfinex, "tick_bitfinex", "a ticker of Bitfinex, and the rate"),
];

struct Wall;

impl Clock for Wall {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

pub async fn run() -> Result<Vec<Figure>> {
    progress("ticks: recording five venues");
    let market = Market::default();
    let (mut venues, mut recorded, mut running) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, played, ..) in VENUES {
        let played = Venue::start(played, &market, VenueConfig::default()).await?;
        let (rest, socket) = (played.rest_url(), played.socket_url());
        let venue = Arc::new(PublicVenue::new(kind, &rest, Some(&socket), Limits::default(), SocketLimits::default())?);
        recorded.push(record(&venue, &market).await.with_context(|| kind.name())?);
        venues.push(venue);
        running.push(played);
    }
    let prices = prices(&venues)?;
    let first = prices.refresh_once().await;
    ensure!(first.ticks == VENUES.len(), "{:?}", first.failures);
    let mut figures = Vec::new();
    for ((kind, _, name, what), (venue, messages)) in VENUES.into_iter().zip(venues.iter().zip(&recorded)) {
        let samples = replay(&prices, venue, kind.name(), messages)?;
        let micros = |ms: Option<f64>| ms.map(|ms| ms * 1_000.0);
        let figure = Figure::times(name, what, &samples);
        let (median, p95, p99) = (micros(figure.median), micros(figure.p95), micros(figure.p99));
        figures.push(Figure { unit: "us", median, p95, p99, ..figure }.median_below(AIM));
    }
    Ok(figures)
}

fn prices(venues: &[Arc<PublicVenue>]) -> Result<LivePrices> {
    let rules = Rules { age_ms_max: 3_600_000, deviation_max: Bps(1_000), venues_min: 2 };
    let config = PricesConfig {
        currencies: vec![Currency::USD],
        sold: vec![Currency::USD],
        rules,
        refresh_ms: 1_000,
        quiet_ms: 10_000,
        listening: Listening::usual(Arc::new(|_| 0)),
        table: TableRules::default(),
    };
    let all = venues.iter().map(|venue| Arc::clone(venue) as Arc<dyn prices::Venue>).collect();
    let sold_at = venues.first().context("no venue")?.clone();
    Ok(LivePrices::new(config, all, sold_at, Arc::new(Wall))?)
}

/// What the feed says while the market moves: the first message has everything, the others what has changed.
async fn record(venue: &PublicVenue, market: &Market) -> Result<Vec<String>> {
    market.set("USD", "5500.0", "5500.1");
    let (client, mut feed) = venue.feed(&[Currency::USD], false).context("no feed")?;
    let mut socket = client.connect().await?;
    for text in feed.hello() {
        socket.send(text).await?;
    }
    let mut messages = Vec::new();
    next_price(&mut socket, feed.as_mut(), &mut messages).await?;
    for step in 0..MOVES {
        let tenths = 55_000 + u64::from(step % 40);
        let price = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
        market.set("USD", &price(tenths + 1), &price(tenths + 2));
        next_price(&mut socket, feed.as_mut(), &mut messages).await?;
    }
    Ok(messages)
}

async fn next_price(socket: &mut outbound::Socket, feed: &mut dyn Feed, messages: &mut Vec<String>) -> Result<()> {
    let mut found = Vec::new();
    while !found.iter().any(|update| matches!(update, prices::Update::Top { .. })) {
        let text = timeout(PATIENCE, socket.next()).await.context("no message")??;
        feed.read(&text, &mut found).map_err(|broken| anyhow::anyhow!("{}", broken.why))?;
        messages.push(text);
    }
    Ok(())
}

fn replay(prices: &LivePrices, venue: &PublicVenue, name: &'static str, messages: &[String]) -> Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..ROUNDS {
        let (_, mut feed) = venue.feed(&[Currency::USD], false).context("no feed")?;
        let mut found = Vec::new();
        for text in messages {
            let begun = Instant::now();
            feed.read(text, &mut found).map_err(|broken| anyhow::anyhow!("{name}: {}", broken.why))?;
            let priced = !found.is_empty();
            prices.heard(name, &mut found);
            let rate = prices.rate(Currency::USD, Wall.now());
            let took = begun.elapsed();
            ensure!(rate.as_ref().is_ok_and(|rate| rate.venues.len() == VENUES.len()), "{rate:?}");
            if priced {
                samples.push(took);
            }
        }
    }
    Ok(samples)
}
