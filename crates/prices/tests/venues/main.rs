//! Every venue against the same expectations, over its simulation: a price that comes by itself, every way in which a
//! feed can go wrong, and the way back.

mod world;

use money::{Currency, Money};
use ports::{PriceUnavailable, Prices as _};
use prices::{FeedState, Via};
use sandbox::faults::Fault;
use sandbox::venues::{FeedFault, Level, PairBook};
use world::{CASES, Settings, World, each};

#[tokio::test]
async fn a_price_comes_by_itself() {
    each(&CASES, async |case| {
        let world = World::start(case, Settings::default()).await;
        world.no_rest();
        world.until("the first price", |world| world.rate().is_ok_and(|rate| rate == "5500.05")).await;
        world.moves_to("5600").await;
        world.moves_to("5700").await;
        assert_eq!((world.report().via, world.report().feed), (Some(Via::Socket), FeedState::Connected));
    })
    .await;
}

#[tokio::test]
async fn all_currencies_of_a_venue_come() {
    each(&CASES, async |case| {
        let currencies = case.kind.currencies();
        let world = World::start(case, Settings { currencies: currencies.to_vec(), ..Settings::default() }).await;
        world.no_rest();
        for currency in currencies {
            let fresh = |world: &World| world.prices.rate(*currency, world.now()).is_ok();
            world.until(currency.code(), fresh).await;
        }
    })
    .await;
}

/// Two levels of the book have to be walked, then only one.
#[tokio::test]
async fn the_book_is_live_too() {
    each(&CASES, async |case| {
        let world = World::start(case, Settings { books: true, ..Settings::default() }).await;
        world.no_rest();
        let total = Money::parse("82.50", Currency::USD).unwrap();
        let price = |world: &World| world.prices.executable(total, world.now()).map(|price| price.rate.decimal());
        world.until("a whole level", |world| price(world).is_ok_and(|rate| rate == "5500")).await;
        let level = |price: i64, sat: i64| Level { price, sat };
        let bids = vec![level(550_000, 1_000_000), level(549_000, 1_000_000), level(548_000, 100_000_000)];
        world.market.set_book("USD", PairBook { bids, asks: vec![level(550_010, 100_000_000)] });
        world.until("two levels", |world| price(world).is_ok_and(|rate| rate.starts_with("5496."))).await;
        let bids = vec![level(550_000, 100_000_000)];
        world.market.set_book("USD", PairBook { bids, asks: vec![level(550_010, 100_000_000)] });
        world.until("one level", |world| price(world).is_ok_and(|rate| rate == "5500")).await;
        let much = Money::parse("5500.01", Currency::USD).unwrap();
        let thin = world.prices.executable(much, world.now());
        assert_eq!(thin, Err(PriceUnavailable::ThinBook), "{}", case.kind.name());
    })
    .await;
}

#[tokio::test]
async fn after_a_gap_all_of_it_is_asked_for_again() {
    for books in [false, true] {
        each(&CASES, async |case| {
            let world = World::start(case, Settings { books, ..Settings::default() }).await;
            world.no_rest();
            world.moves_to("5600").await;
            let before = world.recoveries();
            world.goes_wrong(FeedFault::Gap, "5700").await;
            world.moves_to("5800").await;
            let recovered = world.recoveries() > before;
            // Bitstamp sends the whole book each time, and Coinbase's tickers are compared with its heartbeats, which
            // come too late here: nothing has to be asked for again there.
            let sequenced = !matches!(case.kind.name(), "bitstamp" | "coinbase");
            assert!(recovered || !sequenced, "{} {books}", case.kind.name());
        })
        .await;
    }
}

/// Nothing moves after the gap: only the heartbeat says that a match was missed.
#[tokio::test]
async fn a_heartbeat_tells_of_a_missed_match() {
    let coinbase = CASES.iter().find(|case| case.kind.name() == "coinbase").unwrap();
    let world = World::start(*coinbase, Settings::default()).await;
    world.no_rest();
    world.moves_to("5600").await;
    world.goes_wrong(FeedFault::Gap, "5700").await;
    world.until("the missed price", |world| world.rate().is_ok_and(|rate| rate == "5700.05")).await;
    assert!(world.report().resyncs > 0);
}

#[tokio::test]
async fn a_wrong_checksum_is_noticed() {
    each(&CASES, async |case| {
        if !matches!(case.kind.name(), "kraken" | "bitfinex") {
            return;
        }
        let world = World::start(case, Settings { books: true, ..Settings::default() }).await;
        world.no_rest();
        world.moves_to("5600").await;
        world.goes_wrong(FeedFault::WrongChecksum, "5700").await;
        world.until("another try", |world| world.report().resyncs > 0).await;
        assert!(world.failure().contains("checksum"), "{}", world.failure());
        world.moves_to("5800").await;
    })
    .await;
}

#[tokio::test]
async fn while_a_feed_is_silent_the_venue_is_asked() {
    each(&CASES, async |case| {
        let world = World::start(case, Settings { idle_ms_max: 500, ..Settings::default() }).await;
        world.moves_to("5600").await;
        world.venue.feeds().silence(true);
        world.market.set("USD", "5700", "5700.1");
        world.until("asked", |world| world.rate().is_ok_and(|rate| rate == "5700.05")).await;
        assert_eq!(world.report().via, Some(Via::Rest), "{}", case.kind.name());
        let connections = world.venue.feeds().connections();
        world.until("given up", |world| world.venue.feeds().connections() > connections).await;
        world.venue.feeds().silence(false);
        world.no_rest();
        world.until("connected again", |world| world.report().via == Some(Via::Socket)).await;
        world.moves_to("5800").await;
    })
    .await;
}

/// The feed lives and its heart beats, but what it says is old by the venue's own clock.
#[tokio::test]
async fn what_is_old_is_no_price() {
    for books in [false, true] {
        each(&CASES, async |case| {
            let world = World::start(case, Settings { books, ..Settings::default() }).await;
            world.no_rest();
            world.moves_to("5600").await;
            world.venue.feeds().lag(60_000);
            world.market.set("USD", "5700", "5700.1");
            world.until("stale", |world| matches!(world.price(), Err(PriceUnavailable::Stale { .. }))).await;
            let heard = world.venue.feeds().connections();
            world.rest_of_a_second().await;
            assert!(world.rate().is_err(), "{} {heard}: heartbeats do not make it young", case.kind.name());
            world.venue.feeds().lag(0);
            world.moves_to("5800").await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_no_market_says_is_not_believed() {
    let faults = [
        FeedFault::Zero,
        FeedFault::Crossed,
        FeedFault::Garbage,
        FeedFault::Oversized(world::MESSAGE_BYTES_MAX + 1),
        FeedFault::Binary,
    ];
    for books in [false, true] {
        each(&CASES, async |case| {
            let world = World::start(case, Settings { books, ..Settings::default() }).await;
            world.no_rest();
            for (fault, number) in faults.into_iter().zip(1u32..) {
                world.moves_to(&format!("56{number}0")).await;
                world.goes_wrong(fault, &format!("56{number}5")).await;
                // The right price of that moment, or none; then the next.
                world.moves_to(&format!("57{number}0")).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn who_is_asked_to_go_goes_and_comes_back() {
    each(&CASES, async |case| {
        if !matches!(case.kind.name(), "bitstamp" | "bitfinex") {
            return;
        }
        let world = World::start(case, Settings::default()).await;
        world.no_rest();
        world.moves_to("5600").await;
        let connections = world.venue.feeds().connections();
        world.goes_wrong(FeedFault::AskToReconnect, "5700").await;
        world.until("another connection", |world| world.venue.feeds().connections() > connections).await;
        world.moves_to("5800").await;
    })
    .await;
}

#[tokio::test]
async fn lost_connections_are_made_anew_but_only_so_often() {
    each(&CASES, async |case| {
        let world = World::start(case, Settings { per_minute_max: 4, ..Settings::default() }).await;
        world.no_rest();
        for price in ["5600", "5700", "5800"] {
            world.moves_to(price).await;
            let connections = world.venue.feeds().connections();
            world.venue.feeds().cut();
            world.until("another connection", |world| world.venue.feeds().connections() > connections).await;
        }
        world.moves_to("5900").await;
        world.venue.feeds().cut();
        world.until("the loss", |world| world.report().feed == FeedState::Connecting).await;
        world.until("nothing fresh", |world| world.rate().is_err()).await;
        assert_eq!(world.venue.feeds().connections(), 4, "{}", case.kind.name());
    })
    .await;
}

#[tokio::test]
async fn a_rate_limit_is_kept() {
    each(&CASES, async |case| {
        let world = World::prepare(case).await;
        let too_many = Fault::Refuse { status: 429, message: "EAPI:Rate limit exceeded".to_owned() };
        for endpoint in [case.ticker, case.book] {
            world.venue.faults().always(endpoint, too_many.clone());
        }
        world.venue.faults().always(case.feed, Fault::Status(429));
        let world = world.run(Settings::default());
        world.until("several handshakes", |world| world.venue.faults().seen(case.feed) > 3).await;
        let asked = world.venue.faults().seen(case.ticker) + world.venue.faults().seen(case.book);
        assert!((1..=2).contains(&asked), "{} was asked {asked} times", case.kind.name());
        assert_eq!(world.price(), Err(PriceUnavailable::Never));
        world.venue.faults().clear();
        world.until("a price", |world| world.report().via == Some(Via::Socket)).await;
    })
    .await;
}

/// Without a feed: all that was there before there were any.
#[tokio::test]
async fn a_venue_without_a_feed_is_asked() {
    each(&CASES, async |case| {
        let world = World::prepare(case).await.run(Settings { has_feed: false, books: true, ..Settings::default() });
        world.until("asked", |world| world.rate().is_ok_and(|rate| rate == "5500.05")).await;
        world.market.set("USD", "5600", "5600.1");
        world.until("asked again", |world| world.rate().is_ok_and(|rate| rate == "5600.05")).await;
        let total = Money::parse("27.11", Currency::USD).unwrap();
        let sold = |world: &World| world.prices.executable(total, world.now()).map(|price| price.rate.decimal());
        world.until("a book", |world| sold(world).is_ok_and(|rate| rate == "5600")).await;
        for fault in [Fault::CorruptJson, Fault::Stall, Fault::DropBefore, Fault::Status(500)] {
            for endpoint in [case.ticker, case.book] {
                world.venue.faults().always(endpoint, fault.clone());
            }
            world.until("nothing fresh", |world| world.rate().is_err()).await;
            world.venue.faults().clear();
            world.until("fresh again", |world| sold(world).is_ok_and(|rate| rate == "5600")).await;
        }
    })
    .await;
}

/// The table, too, over its simulation; Canadian dollars have one venue here.
#[tokio::test]
async fn a_daily_table_estimates() {
    let kraken = CASES[0];
    assert_eq!(kraken.kind.name(), "kraken");
    let settings = Settings { currencies: vec![Currency::USD, Currency::CAD], ..Settings::default() };
    let (world, table) = World::prepare(kraken).await.run_with_table(settings).await;
    let sek = "SEK".parse().unwrap();
    world.until("an estimate", |world| world.prices.estimate(sek, world.now()).is_ok()).await;
    let seen = world.prices.estimate(sek, world.now()).unwrap();
    assert!(matches!(&seen.basis, ports::RateBasis::Table { table, .. } if table == "ecb"), "{:?}", seen.basis);
    // 5,092.55 euros at 11.0825.
    assert_eq!(seen.rate.decimal(), "56438.185375");
    assert_eq!(table.faults().seen("GET /stats/eurofxref/eurofxref-daily.xml"), 1);
}
