//! `ticker`, or `book` where the book is wanted; with sequence numbers, times and checksums switched on.

use super::{fields, number, read_level, read_top, symbol};
use crate::{
    Broken, Feed, Update, Why,
    decimal::Decimal,
    levels::{Levels, Side},
    venues::{BOOK_LEVELS, change, tell},
};
use ids::UnixMs;
use money::Currency;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use std::borrow::Cow;

/// `TIMESTAMP`, `SEQ_ALL`, `OB_CHECKSUM`.
const FLAGS: u32 = 32_768 + 65_536 + 131_072;
const CHECKSUM_LEVELS: usize = 25;
/// The server goes away, or trading stops: what it says last is not true any more.
const LEAVE: [u32; 3] = [20_051, 20_060, 20_061];
/// No sequence number of a connection is so large, no time so small.
const TIME_MS_MIN: u64 = 1_000_000_000_000;

pub(crate) struct BitfinexFeed {
    books: bool,
    markets: Vec<Market>,
    sequence: Option<u64>,
}

struct Market {
    symbol: String,
    /// From the confirmation on.
    channel: Option<u64>,
    levels: Levels,
    /// From the first data on.
    synced: bool,
    /// Changed since the last checksum.
    open: bool,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    symbol: Option<Cow<'a, str>>,
    #[serde(rename = "chanId")]
    channel: Option<u64>,
    code: Option<u32>,
    #[serde(borrow)]
    msg: Option<Cow<'a, str>>,
}

impl BitfinexFeed {
    pub(crate) fn new(currencies: &[Currency], books: bool) -> Self {
        let market = |currency: &Currency| Market {
            symbol: symbol(*currency),
            channel: None,
            levels: Levels::new(*currency, Some(BOOK_LEVELS)),
            synced: false,
            open: false,
        };
        Self { books, markets: currencies.iter().map(market).collect(), sequence: None }
    }

    fn subscribe(&self, symbol: &str) -> String {
        if self.books {
            let len = BOOK_LEVELS.to_string();
            json!({ "event": "subscribe", "channel": "book", "symbol": symbol, "prec": "P0", "freq": "F0", "len": len })
        } else {
            json!({ "event": "subscribe", "channel": "ticker", "symbol": symbol })
        }
        .to_string()
    }

    fn event(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken> {
        let event: Event<'_> = serde_json::from_str(text).map_err(|_| Broken::all(Why::Unreadable))?;
        match event.event.as_ref() {
            "subscribed" => {
                let market =
                    self.markets.iter_mut().find(|market| Some(market.symbol.as_str()) == event.symbol.as_deref());
                if let Some(market) = market {
                    (market.channel, market.synced) = (event.channel, false);
                }
            }
            "info" if event.code.is_some_and(|code| LEAVE.contains(&code)) => {
                return Err(Broken::all(Why::AskedToReconnect));
            }
            "error" => {
                let why: String = event.msg.as_deref().unwrap_or("no reason given").chars().take(120).collect();
                found.push(Update::Note(format!("refused: {why}")));
            }
            _ => {}
        }
        Ok(())
    }

    /// Sequence number and time stand at the end, and not of every message.
    fn tail(&mut self, tail: &[&RawValue]) -> Result<Option<UnixMs>, Broken> {
        let mut said_at = None;
        for value in tail.iter().filter_map(|raw| number(raw)?.whole()) {
            if value >= TIME_MS_MIN {
                said_at = Some(UnixMs(value));
            } else {
                let missing = self.sequence.is_some_and(|last| value != last.wrapping_add(1));
                self.sequence = Some(value);
                if missing {
                    // Of which market is not known.
                    return Err(Broken::all(Why::Gap));
                }
            }
        }
        Ok(said_at)
    }
}

impl Market {
    fn holds(&self, said_at: Option<UnixMs>, found: &mut Vec<Update>) {
        if self.synced && !self.open {
            found.push(Update::Holds { currency: self.levels.currency(), said_at });
        }
    }

    fn ticker(&mut self, payload: &str, said_at: Option<UnixMs>, found: &mut Vec<Update>) -> Result<(), Broken> {
        self.synced = false;
        let Some(top) = read_top(payload, self.levels.currency()) else {
            return Err(Broken::of(self.levels.currency(), Why::NotAMarket));
        };
        self.synced = true;
        found.push(Update::Top { top, said_at });
        Ok(())
    }

    /// One level a message, so that in between a book may look like no market. What it says is told at the checksum.
    fn book(&mut self, payload: &str) -> Result<(), Broken> {
        let unreadable = Broken::of(self.levels.currency(), Why::Unreadable);
        let rows = fields(payload).ok_or(unreadable.clone())?;
        let whole = rows.first().is_none_or(|first| first.get().starts_with('['));
        if whole {
            self.levels.clear();
        } else if !self.synced {
            return Ok(());
        }
        self.synced = false;
        let single = [payload];
        let texts: Vec<&str> = if whole { rows.iter().map(|row| row.get()).collect() } else { single.to_vec() };
        for text in texts {
            let (price, count, amount) = read_level(text).ok_or(unreadable.clone())?;
            self.level(price, count, amount)?;
        }
        self.levels.truncate();
        self.open = true;
        self.synced = true;
        Ok(())
    }

    fn level(&mut self, price: Decimal<'_>, count: u64, amount: Decimal<'_>) -> Result<(), Broken> {
        let side = if amount.is_negative() { Side::Ask } else { Side::Bid };
        let written = || format!("{}:{}", price.text(), amount.text());
        if count == 0 {
            let rate = price.rate(self.levels.currency());
            let rate = rate.ok_or(Broken::of(self.levels.currency(), Why::NotAMarket))?;
            self.levels.remove(side, rate);
            return Ok(());
        }
        change(&mut self.levels, side, price, amount.unsigned(), written)
    }

    fn checksum(&mut self, given: &RawValue, said_at: Option<UnixMs>, found: &mut Vec<Update>) -> Result<(), Broken> {
        if !self.synced {
            return Ok(());
        }
        self.synced = false;
        if given.get().parse() != Ok(of_levels(&self.levels)) {
            return Err(Broken::of(self.levels.currency(), Why::Checksum));
        }
        tell(&self.levels, true, said_at, found)?;
        (self.synced, self.open) = (true, false);
        Ok(())
    }
}

/// CRC-32, signed, of the best 25 bids and asks by turns, `price:amount` each, joined by colons.
fn of_levels(levels: &Levels) -> i32 {
    let (mut bids, mut asks) = (levels.written(Side::Bid), levels.written(Side::Ask));
    let pairs = (0..CHECKSUM_LEVELS).flat_map(|_| [bids.next(), asks.next()]);
    let text = pairs.flatten().collect::<Vec<_>>().join(":");
    i32::from_ne_bytes(crc32fast::hash(text.as_bytes()).to_ne_bytes())
}

impl Feed for BitfinexFeed {
    fn hello(&mut self) -> Vec<String> {
        let flags = json!({ "event": "conf", "flags": FLAGS }).to_string();
        std::iter::once(flags).chain(self.markets.iter().map(|market| self.subscribe(&market.symbol))).collect()
    }

    fn read(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken> {
        if text.trim_start().starts_with('{') {
            return self.event(text, found);
        }
        let unreadable = || Broken::all(Why::Unreadable);
        let values = fields(text).ok_or_else(unreadable)?;
        let (Some(channel), Some(payload)) = (values.first().and_then(|raw| number(raw)?.whole()), values.get(1))
        else {
            return Err(unreadable());
        };
        let is_checksum = payload.get() == "\"cs\"";
        let said_at = self.tail(values.get(if is_checksum { 3 } else { 2 }..).unwrap_or_default())?;
        let Some(market) = self.markets.iter_mut().find(|market| market.channel == Some(channel)) else {
            return Ok(());
        };
        match payload.get() {
            "\"hb\"" => {
                market.holds(said_at, found);
                Ok(())
            }
            "\"cs\"" => market.checksum(values.get(2).ok_or_else(unreadable)?, said_at, found),
            payload if self.books => market.book(payload),
            payload => market.ticker(payload, said_at, found),
        }
    }

    fn again(&mut self, currency: Currency) -> Vec<String> {
        let Some(market) = self.markets.iter_mut().find(|market| market.levels.currency() == currency) else {
            return Vec::new();
        };
        market.synced = false;
        let Some(channel) = market.channel.take() else { return Vec::new() };
        let symbol = market.symbol.clone();
        vec![json!({ "event": "unsubscribe", "chanId": channel }).to_string(), self.subscribe(&symbol)]
    }
}
