//! The `book` channel of WebSocket v2.

use crate::{
    Broken, Feed, Update, Why,
    decimal::Decimal,
    levels::{Levels, Side},
    venues::{BOOK_LEVELS, change, tell},
};
use money::Currency;
use outbound::parse_rfc3339;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use std::borrow::Cow;

/// Levels when only the price is wanted: the least that can be had, and what the checksum covers.
const LEVELS_FOR_A_PRICE: usize = 10;
const CHECKSUM_LEVELS: usize = 10;

pub(crate) struct KrakenFeed {
    books: bool,
    depth: usize,
    markets: Vec<Market>,
}

struct Market {
    symbol: String,
    levels: Levels,
    /// From the snapshot on.
    synced: bool,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    success: Option<bool>,
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct BookData<'a> {
    #[serde(borrow)]
    symbol: Cow<'a, str>,
    #[serde(borrow, default)]
    bids: Vec<LevelData<'a>>,
    #[serde(borrow, default)]
    asks: Vec<LevelData<'a>>,
    checksum: Option<u32>,
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct LevelData<'a> {
    #[serde(borrow)]
    price: Decimal<'a>,
    #[serde(borrow)]
    qty: Decimal<'a>,
}

#[derive(Deserialize)]
struct StatusData<'a> {
    #[serde(borrow)]
    system: Cow<'a, str>,
}

impl KrakenFeed {
    pub(crate) fn new(currencies: &[Currency], books: bool) -> Self {
        let depth = if books { BOOK_LEVELS } else { LEVELS_FOR_A_PRICE };
        let market = |currency: &Currency| Market {
            symbol: format!("BTC/{}", currency.code()),
            levels: Levels::new(*currency, Some(depth)),
            synced: false,
        };
        Self { books, depth, markets: currencies.iter().map(market).collect() }
    }

    fn request(&self, method: &str, symbols: &[&str]) -> String {
        let mut params = json!({ "channel": "book", "symbol": symbols, "depth": self.depth });
        if method == "subscribe" {
            params["snapshot"] = true.into();
        }
        json!({ "method": method, "params": params }).to_string()
    }

    fn book(&mut self, kind: &str, data: &BookData<'_>, found: &mut Vec<Update>) -> Result<(), Broken> {
        let Some(market) = self.markets.iter_mut().find(|market| market.symbol == data.symbol) else { return Ok(()) };
        if kind == "snapshot" {
            market.levels.clear();
        } else if !market.synced {
            return Ok(());
        }
        market.synced = false;
        for (side, levels) in [(Side::Bid, &data.bids), (Side::Ask, &data.asks)] {
            for level in levels {
                change(&mut market.levels, side, level.price, level.qty, || written(level))?;
            }
        }
        market.levels.truncate();
        if data.checksum.is_some_and(|checksum| checksum != of_levels(&market.levels)) {
            return Err(Broken::of(market.levels.currency(), Why::Checksum));
        }
        let said_at = data.timestamp.as_deref().and_then(parse_rfc3339);
        tell(&market.levels, self.books, said_at, found)?;
        market.synced = true;
        Ok(())
    }
}

fn written(level: &LevelData<'_>) -> String {
    let mut text = String::with_capacity(24);
    level.price.significant(&mut text);
    level.qty.significant(&mut text);
    text
}

/// Of the ten lowest asks and the ten highest bids, in this order.
fn of_levels(levels: &Levels) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for side in [Side::Ask, Side::Bid] {
        for text in levels.written(side).take(CHECKSUM_LEVELS) {
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize()
}

impl Feed for KrakenFeed {
    fn hello(&mut self) -> Vec<String> {
        // One each: a market that is not traded does not take the others with it.
        self.markets.iter().map(|market| self.request("subscribe", &[&market.symbol])).collect()
    }

    fn read(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken> {
        let unreadable = |_| Broken::all(Why::Unreadable);
        let message: Message<'_> = serde_json::from_str(text).map_err(unreadable)?;
        match (message.channel.as_deref(), message.data) {
            (Some("book"), Some(data)) => {
                let kind = message.kind.as_deref().unwrap_or_default();
                let books: Vec<BookData<'_>> = serde_json::from_str(data.get()).map_err(unreadable)?;
                books.iter().try_for_each(|data| self.book(kind, data, found))
            }
            (Some("heartbeat"), _) => {
                let synced = self.markets.iter().filter(|market| market.synced);
                found.extend(synced.map(|market| Update::Holds { currency: market.levels.currency(), said_at: None }));
                Ok(())
            }
            (Some("status"), Some(data)) => {
                let states: Vec<StatusData<'_>> = serde_json::from_str(data.get()).map_err(unreadable)?;
                let off = states.iter().filter(|state| state.system != "online");
                found.extend(off.map(|state| Update::Note(format!("the exchange is in {}", state.system))));
                Ok(())
            }
            _ => {
                if message.success == Some(false) {
                    let why = message.error.as_deref().unwrap_or("no reason given");
                    found.push(Update::Note(format!("refused: {}", why.chars().take(120).collect::<String>())));
                }
                Ok(())
            }
        }
    }

    fn again(&mut self, currency: Currency) -> Vec<String> {
        let Some(market) = self.markets.iter_mut().find(|market| market.levels.currency() == currency) else {
            return Vec::new();
        };
        market.synced = false;
        let symbol = market.symbol.clone();
        vec![self.request("unsubscribe", &[&symbol]), self.request("subscribe", &[&symbol])]
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
