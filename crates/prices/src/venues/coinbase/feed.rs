//! `ticker` and `heartbeat`; `level2_batch` where the book is wanted.
//!
//! A ticker comes with each match, so in a quiet market its best bid and ask grow old: they are never renewed by the
//! heartbeat, which only tells of matches that were missed. The book is complete, and is.

use crate::{
    Broken, Feed, Update, Why,
    decimal::Decimal,
    levels::{Levels, Side},
    venues::{change, tell, top},
};
use money::Currency;
use outbound::parse_rfc3339;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;

pub(crate) struct CoinbaseFeed {
    books: bool,
    markets: Vec<Market>,
}

struct Market {
    currency: Currency,
    product: String,
    sequence: u64,
    /// Of the last ticker.
    trade: Option<u64>,
    /// Of the last heartbeat.
    beat: Option<u64>,
    levels: Levels,
    /// The book, from its snapshot on.
    synced: bool,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    product_id: Option<Cow<'a, str>>,
    sequence: Option<u64>,
    trade_id: Option<u64>,
    last_trade_id: Option<u64>,
    #[serde(borrow)]
    best_bid: Option<Decimal<'a>>,
    #[serde(borrow)]
    best_ask: Option<Decimal<'a>>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    bids: Vec<(Decimal<'a>, Decimal<'a>)>,
    #[serde(borrow, default)]
    asks: Vec<(Decimal<'a>, Decimal<'a>)>,
    #[serde(borrow, default)]
    changes: Vec<(Cow<'a, str>, Decimal<'a>, Decimal<'a>)>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
}

impl CoinbaseFeed {
    pub(crate) fn new(currencies: &[Currency], books: bool) -> Self {
        let market = |currency: &Currency| Market {
            currency: *currency,
            product: super::product(*currency),
            sequence: 0,
            trade: None,
            beat: None,
            levels: Levels::new(*currency, None),
            synced: false,
        };
        Self { books, markets: currencies.iter().map(market).collect() }
    }

    fn request(&self, kind: &str, product: &str) -> String {
        let channels: &[&str] =
            if self.books { &["ticker", "heartbeat", "level2_batch"] } else { &["ticker", "heartbeat"] };
        json!({ "type": kind, "product_ids": [product], "channels": channels }).to_string()
    }
}

impl Market {
    fn ticker(&mut self, message: &Message<'_>, found: &mut Vec<Update>) -> Result<(), Broken> {
        let unreadable = Broken::of(self.currency, Why::Unreadable);
        let sequence = message.sequence.unwrap_or_default();
        // Out of order: a newer one was there before.
        if sequence < self.sequence {
            return Ok(());
        }
        let (Some(bid), Some(ask)) = (message.best_bid, message.best_ask) else { return Err(unreadable) };
        let Some(top) = top(bid, ask, self.currency) else {
            return Err(Broken::of(self.currency, Why::NotAMarket));
        };
        self.sequence = sequence;
        self.trade = message.trade_id.or(self.trade);
        let said_at = message.time.as_deref().and_then(parse_rfc3339);
        found.push(Update::Top { top, said_at });
        Ok(())
    }

    fn heartbeat(&mut self, message: &Message<'_>, found: &mut Vec<Update>) -> Result<(), Broken> {
        let Some(last) = message.last_trade_id else { return Err(Broken::of(self.currency, Why::Unreadable)) };
        // Ticker and heartbeat come on channels of their own: only a match that was known a heartbeat ago is missing.
        if let (Some(trade), Some(beat)) = (self.trade, self.beat)
            && beat > trade
        {
            return Err(Broken::of(self.currency, Why::Gap));
        }
        self.beat = Some(last);
        if self.synced {
            let said_at = message.time.as_deref().and_then(parse_rfc3339);
            found.push(Update::Holds { currency: self.currency, said_at });
        }
        Ok(())
    }

    fn book(&mut self, message: &Message<'_>, found: &mut Vec<Update>) -> Result<(), Broken> {
        if message.kind == "snapshot" {
            self.levels.clear();
        } else if !self.synced {
            return Ok(());
        }
        self.synced = false;
        let levels = &mut self.levels;
        for (side, given) in [(Side::Bid, &message.bids), (Side::Ask, &message.asks)] {
            for (price, amount) in given {
                change(levels, side, *price, *amount, String::new)?;
            }
        }
        for (side, price, amount) in &message.changes {
            let side = if side == "buy" { Side::Bid } else { Side::Ask };
            change(levels, side, *price, *amount, String::new)?;
        }
        levels.truncate();
        tell(levels, true, message.time.as_deref().and_then(parse_rfc3339), found)?;
        self.synced = true;
        Ok(())
    }
}

impl Feed for CoinbaseFeed {
    fn hello(&mut self) -> Vec<String> {
        self.markets.iter().map(|market| self.request("subscribe", &market.product)).collect()
    }

    fn read(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken> {
        let message: Message<'_> = serde_json::from_str(text).map_err(|_| Broken::all(Why::Unreadable))?;
        if message.kind == "error" {
            let why = format!(
                "refused: {} {}",
                message.message.as_deref().unwrap_or_default(),
                message.reason.as_deref().unwrap_or_default()
            );
            found.push(Update::Note(why.chars().take(120).collect()));
            return Ok(());
        }
        let product = message.product_id.as_deref().unwrap_or_default();
        let Some(market) = self.markets.iter_mut().find(|market| market.product == product) else { return Ok(()) };
        match message.kind.as_ref() {
            "ticker" if !self.books => market.ticker(&message, found),
            "heartbeat" => market.heartbeat(&message, found),
            "snapshot" | "l2update" => market.book(&message, found),
            _ => Ok(()),
        }
    }

    fn again(&mut self, currency: Currency) -> Vec<String> {
        let Some(market) = self.markets.iter_mut().find(|market| market.currency == currency) else {
            return Vec::new();
        };
        (market.trade, market.beat, market.synced) = (None, None, false);
        let product = market.product.clone();
        vec![self.request("unsubscribe", &product), self.request("subscribe", &product)]
    }
}
