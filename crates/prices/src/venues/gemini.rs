//! Gemini (developer.gemini.com: "Get Ticker", "Get Order Book"; WebSocket `{symbol}@depth@100ms` with the connection
//! parameter `snapshot`).

use super::{Wire, answered, change, tell, top, unreadable, whole_book};
use crate::{
    Book, Broken, Feed, Said, Top, Update, Why,
    decimal::Decimal,
    levels::{Levels, Side},
    venues::BOOK_LEVELS,
};
use ids::UnixMs;
use money::Currency;
use outbound::{Request, Response};
use ports::Outcome;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;

pub(crate) struct Gemini;

fn symbol(currency: Currency) -> String {
    format!("btc{}", currency.code().to_ascii_lowercase())
}

#[derive(Deserialize)]
struct Ticker<'a> {
    #[serde(borrow)]
    bid: Decimal<'a>,
    #[serde(borrow)]
    ask: Decimal<'a>,
}

#[derive(Deserialize)]
struct OrderBook<'a> {
    #[serde(borrow)]
    bids: Vec<Level<'a>>,
    #[serde(borrow)]
    asks: Vec<Level<'a>>,
}

/// The level's own time is documented to mean nothing.
#[derive(Deserialize)]
struct Level<'a> {
    #[serde(borrow)]
    price: Decimal<'a>,
    #[serde(borrow)]
    amount: Decimal<'a>,
}

impl Wire for Gemini {
    fn ticker_request(&self, currency: Currency) -> Request {
        Request::get(format!("/v1/pubticker/{}", symbol(currency)))
    }

    fn read_ticker(&self, response: &Response, currency: Currency) -> Outcome<Said<Top>> {
        answered(response).and_then(|()| {
            let Ok(ticker) = serde_json::from_slice::<Ticker<'_>>(&response.body) else { return unreadable() };
            top(ticker.bid, ticker.ask, currency)
                .map_or_else(unreadable, |value| Outcome::Done(Said::without_time(value)))
        })
    }

    fn book_request(&self, currency: Currency) -> Request {
        let levels = BOOK_LEVELS.to_string();
        Request::get(format!("/v1/book/{}", symbol(currency)))
            .query(&[("limit_bids", &levels), ("limit_asks", &levels)])
    }

    fn read_book(&self, response: &Response, currency: Currency) -> Outcome<Said<Book>> {
        answered(response).and_then(|()| {
            let Ok(book) = serde_json::from_slice::<OrderBook<'_>>(&response.body) else { return unreadable() };
            let bids = book.bids.iter().map(|level| (level.price, level.amount));
            let asks = book.asks.iter().map(|level| (level.price, level.amount));
            whole_book(currency, bids, asks)
                .map_or_else(unreadable, |(value, _)| Outcome::Done(Said::without_time(value)))
        })
    }

    fn socket_target(&self) -> &'static str {
        "/?snapshot=-1"
    }

    fn feed(&self, currencies: &[Currency], books: bool) -> Box<dyn Feed> {
        let market = |currency: &Currency| Market {
            symbol: symbol(*currency),
            levels: Levels::new(*currency, None),
            last: None,
        };
        Box::new(GeminiFeed { books, markets: currencies.iter().map(market).collect() })
    }
}

struct GeminiFeed {
    books: bool,
    markets: Vec<Market>,
}

struct Market {
    symbol: String,
    levels: Levels,
    /// The last update; nothing before the first message, which has the whole book.
    last: Option<u64>,
}

/// `U` to `u` are the updates in it; levels are price and quantity; `E` is in nanoseconds.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    #[serde(rename = "E")]
    at_ns: Option<u64>,
    #[serde(borrow)]
    s: Option<Cow<'a, str>>,
    #[serde(rename = "U")]
    first: Option<u64>,
    #[serde(rename = "u")]
    last: Option<u64>,
    #[serde(borrow, default)]
    b: Vec<(Decimal<'a>, Decimal<'a>)>,
    #[serde(borrow, default)]
    a: Vec<(Decimal<'a>, Decimal<'a>)>,
    status: Option<u16>,
}

impl Market {
    fn depth(&mut self, message: &Message<'_>, books: bool, found: &mut Vec<Update>) -> Result<(), Broken> {
        let currency = self.levels.currency();
        let (Some(first), Some(last)) = (message.first, message.last) else {
            return Err(Broken::of(currency, Why::Unreadable));
        };
        match self.last {
            Some(known) if last <= known => return Ok(()),
            Some(known) if first > known.saturating_add(1) => return Err(Broken::of(currency, Why::Gap)),
            _ => {}
        }
        for (side, levels) in [(Side::Bid, &message.b), (Side::Ask, &message.a)] {
            for (price, quantity) in levels {
                change(&mut self.levels, side, *price, *quantity, String::new)?;
            }
        }
        self.levels.truncate();
        let said_at = message.at_ns.map(|ns| UnixMs(ns / 1_000_000));
        tell(&self.levels, books, said_at, found)?;
        self.last = Some(last);
        Ok(())
    }
}

impl Feed for GeminiFeed {
    fn hello(&mut self) -> Vec<String> {
        let request = |(index, market): (usize, &Market)| {
            let stream = format!("{}@depth@100ms", market.symbol);
            // One each: an unknown name takes the whole request with it.
            json!({ "id": index + 1, "method": "subscribe", "params": [stream] }).to_string()
        };
        self.markets.iter().enumerate().map(request).collect()
    }

    fn read(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken> {
        let message: Message<'_> = serde_json::from_str(text).map_err(|_| Broken::all(Why::Unreadable))?;
        if let Some(status) = message.status.filter(|status| *status != 200) {
            found.push(Update::Note(format!("refused: status {status}")));
        }
        if message.e.as_deref() != Some("depthUpdate") {
            return Ok(());
        }
        let symbol = message.s.as_deref().unwrap_or_default();
        let market = self.markets.iter_mut().find(|market| market.symbol.eq_ignore_ascii_case(symbol));
        market.map_or(Ok(()), |market| market.depth(&message, self.books, found))
    }

    /// A change still under way would be taken for the new book: only a new connection is sure to begin with it.
    fn again(&mut self, _: Currency) -> Vec<String> {
        Vec::new()
    }
}
