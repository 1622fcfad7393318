//! Kraken, simulated over HTTP on loopback: the exchange that the bitcoin is sold on, and a price venue.
//!
//! The wire formats are those of docs.kraken.com (Spot REST): HTTP 200 whatever happens, `error` an array of strings,
//! amounts as decimal strings. Public: Time, SystemStatus, Assets, AssetPairs, Ticker, Depth. Private: Balance,
//! BalanceEx, AddOrder, QueryOrders, OpenOrders, ClosedOrders, CancelOrder.
//!
//! What the simulation does not play is refused with `EGeneral:Invalid arguments`, never ignored: margin, triggers,
//! good-till-date, volumes in the quote currency (`viqc`). Costs and fees are whole numbers of the smallest unit of the
//! balance that they are taken from (0.0001 USD, 10^-10 XBT), so that balances move by exactly what orders report.

mod api;
mod control;
mod decimal;
mod engine;
mod form;
mod pairs;
mod private;
mod public;
mod signing;

use std::{
    io,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use serde::Deserialize;
use thiserror::Error;

pub use self::signing::api_sign;
use self::{
    decimal::{PRICE_SCALE, VOLUME_SCALE},
    engine::{Book, Engine, Level},
    pairs::Pair,
};
use crate::{
    faults::Faults,
    vendor::{
        ids, lock,
        serve::{Served, serve},
        time::VendorClock,
    },
};

/// Settings of an [`Exchange`].
#[derive(Clone, Debug)]
pub struct ExchangeConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// What a market order and a crossing limit order pay, in basis points of the cost.
    pub taker_fee_bps: u32,
    /// What a resting order pays.
    pub maker_fee_bps: u32,
    /// Fees are taken in bitcoin even from orders that ask for the other (`fciq` is a preference).
    pub only_base_fees: bool,
    /// The call counter of a key; none: calls are not counted.
    pub counter: Option<CallCounter>,
    /// Levels keep their volume when they are traded with. Off: a book gets thinner with every order.
    pub refills: bool,
    /// Asset and amount at the start: `("XXBT", "1.5")`. Names as Kraken's or plain (`USD`).
    pub balances: Vec<(String, String)>,
    pub clock: VendorClock,
}

/// Calls of a key are counted, and the count falls with time (docs.kraken.com, "Rate limits"): orders are not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallCounter {
    /// 15 on the first tier.
    pub max: u32,
    /// Hundredths a second: 33 on the first tier.
    pub falls_hundredths: u32,
}

/// Books at the start, about where the others' dollar rates are. The reference purchase fits the dollar's: 5,500.0 USD
/// less 77.48 basis points is exactly 5,457.386.
const BOOKS: [(&str, &str, &str); 7] = [
    ("XBTUSD", "5500.0", "5500.1"),
    ("XBTEUR", "5092.5", "5092.6"),
    ("XBTGBP", "4330.7", "4330.8"),
    ("XBTCAD", "7590.0", "7590.1"),
    ("XBTAUD", "8360.0", "8360.1"),
    ("XBTCHF", "4910.7", "4910.8"),
    ("XBTJPY", "820895", "820896"),
];

impl Default for ExchangeConfig {
    /// One bitcoin, ten thousand dollars, and a book for every pair.
    fn default() -> Self {
        Self {
            port: 0,
            taker_fee_bps: 40,
            maker_fee_bps: 25,
            only_base_fees: false,
            counter: None,
            refills: true,
            balances: vec![("XXBT".into(), "1".into()), ("ZUSD".into(), "10000".into())],
            clock: VendorClock::default(),
        }
    }
}

/// A demo's mistake.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ExchangeError {
    #[error("no such pair or asset: {0}")]
    Unknown(String),
    #[error("not an exact decimal: {0}")]
    NotADecimal(String),
}

/// What `GET /0/public/SystemStatus` says. Everything but `online` refuses orders as Kraken does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemStatus {
    #[default]
    Online,
    Maintenance,
    CancelOnly,
    PostOnly,
}

/// A running simulated exchange. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Exchange {
    desk: Arc<Desk>,
    served: Arc<Served>,
}

/// What the HTTP side and the driver share.
pub(crate) struct Desk {
    pub(crate) engine: Mutex<Engine>,
    pub(crate) session: Mutex<Session>,
    pub(crate) faults: Faults,
    pub(crate) clock: VendorClock,
    pub(crate) only_base_fees: bool,
    pub(crate) counter: Option<CallCounter>,
    pub(crate) api_key: String,
    pub(crate) api_secret: String,
}

#[derive(Default)]
pub(crate) struct Session {
    pub(crate) last_nonce: u64,
    /// When orders were asked for, before anything was looked at.
    pub(crate) orders_asked: Vec<SystemTime>,
    pub(crate) status: SystemStatus,
    /// Hundredths of a call, and when it was so.
    counted: (i64, i64),
}

impl Session {
    /// Counts one call; false: too many.
    pub(crate) fn count(&mut self, counter: CallCounter, now_ms: i64) -> bool {
        let (before, since_ms) = self.counted;
        let fallen = (now_ms - since_ms).max(0).saturating_mul(i64::from(counter.falls_hundredths)) / 1_000;
        let now = before.saturating_sub(fallen).max(0) + 100;
        let within = now <= i64::from(counter.max) * 100;
        // A call that is refused is not counted, so that waiting helps.
        self.counted = (if within { now } else { now - 100 }, now_ms);
        within
    }
}

impl Exchange {
    /// Starts on 127.0.0.1.
    pub async fn start(config: ExchangeConfig) -> io::Result<Self> {
        let desk = Arc::new(Desk {
            engine: Mutex::new(Engine::new(config.taker_fee_bps, config.maker_fee_bps, config.refills)),
            session: Mutex::default(),
            faults: Faults::default(),
            clock: config.clock,
            only_base_fees: config.only_base_fees,
            counter: config.counter,
            api_key: ids::base64_key(42),
            api_secret: ids::base64_key(64),
        });
        let served = Arc::new(serve(config.port, api::router(desk.clone())).await?);
        let exchange = Self { desk, served };
        exchange.furnish(&config.balances).map_err(io::Error::other)?;
        Ok(exchange)
    }

    fn furnish(&self, balances: &[(String, String)]) -> Result<(), ExchangeError> {
        for (asset, amount) in balances {
            self.set_balance(asset, amount)?;
        }
        for (pair, bid, ask) in BOOKS {
            self.set_book(pair, &[(bid, "100")], &[(ask, "100")])?;
        }
        Ok(())
    }

    /// `http://127.0.0.1:port`; Kraken's paths begin with `/0`.
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// The value of the `API-Key` header.
    pub fn api_key(&self) -> &str {
        &self.desk.api_key
    }

    /// The base64 secret behind `API-Sign`.
    pub fn api_secret(&self) -> &str {
        &self.desk.api_secret
    }

    /// The orders for what goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.desk.faults
    }

    /// Replaces a pair's book: prices and volumes as decimals, in any order. Resting orders that cross it trade.
    pub fn set_book(&self, pair: &str, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> Result<(), ExchangeError> {
        self.desk.set_book(pair, bids, asks)
    }

    /// Sets a balance.
    pub fn set_balance(&self, asset: &str, amount: &str) -> Result<(), ExchangeError> {
        self.desk.set_balance(asset, amount)
    }

    /// A balance as Kraken prints it.
    pub fn balance(&self, asset: &str) -> Result<String, ExchangeError> {
        let known = pairs::find_asset(asset).ok_or_else(|| ExchangeError::Unknown(asset.into()))?;
        let units = lock(&self.desk.engine).balance(known.name);
        Ok(decimal::print(units, known.decimals))
    }

    /// What `SystemStatus` says, and whether orders are taken.
    pub fn set_status(&self, status: SystemStatus) {
        lock(&self.desk.session).status = status;
    }

    /// When each request for an order arrived, oldest first; those that were then refused too.
    pub fn orders_asked(&self) -> Vec<SystemTime> {
        lock(&self.desk.session).orders_asked.clone()
    }

    /// How many orders were ever taken, and how many of them are open.
    pub fn order_counts(&self) -> (usize, usize) {
        let engine = lock(&self.desk.engine);
        let open = engine.orders.iter().filter(|order| order.status == engine::OrderStatus::Open);
        (engine.orders.len(), open.count())
    }
}

impl Desk {
    fn set_book<T: AsRef<str>>(&self, pair: &str, bids: &[(T, T)], asks: &[(T, T)]) -> Result<(), ExchangeError> {
        let known = Pair::find(pair).ok_or_else(|| ExchangeError::Unknown(pair.into()))?;
        let now_ms = self.clock.now_ms();
        let mut book = Book { bids: levels(bids)?, asks: levels(asks)?, set_ms: now_ms };
        book.bids.sort_by_key(|level| std::cmp::Reverse(level.price));
        book.asks.sort_by_key(|level| level.price);
        lock(&self.engine).set_book(known, book, now_ms);
        Ok(())
    }

    fn set_balance(&self, asset: &str, amount: &str) -> Result<(), ExchangeError> {
        let known = pairs::find_asset(asset).ok_or_else(|| ExchangeError::Unknown(asset.into()))?;
        let units = decimal::parse(amount, known.decimals).ok_or_else(|| ExchangeError::NotADecimal(amount.into()))?;
        lock(&self.engine).balances.insert(known.name, units);
        Ok(())
    }
}

fn levels<T: AsRef<str>>(levels: &[(T, T)]) -> Result<Vec<Level>, ExchangeError> {
    let number = |text: &str, scale| decimal::parse(text, scale).ok_or_else(|| ExchangeError::NotADecimal(text.into()));
    let level = |(price, volume): &(T, T)| {
        Ok(Level { price: number(price.as_ref(), PRICE_SCALE)?, volume: number(volume.as_ref(), VOLUME_SCALE)? })
    };
    levels.iter().map(level).collect()
}
