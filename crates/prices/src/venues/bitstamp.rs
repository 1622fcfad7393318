//! Bitstamp (bitstamp.net/api: "Ticker", "Order book"; bitstamp.net/websocket/v2: `order_book_[pair]`).
//!
//! Each message of the feed has the best hundred levels of both sides, whole: nothing has to be put together, and what
//! is missed is made good by the next one.

use super::{Wire, answered, top, unreadable, whole_book};
use crate::{Book, Broken, Feed, Said, Top, Update, Why, decimal::Decimal};
use ids::UnixMs;
use money::Currency;
use outbound::{Request, Response};
use ports::Outcome;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use std::borrow::Cow;

pub(crate) struct Bitstamp;

fn pair(currency: Currency) -> String {
    format!("btc{}", currency.code().to_ascii_lowercase())
}

#[derive(Deserialize)]
struct Ticker<'a> {
    #[serde(borrow)]
    bid: Decimal<'a>,
    #[serde(borrow)]
    ask: Decimal<'a>,
    /// Seconds.
    #[serde(borrow)]
    timestamp: Decimal<'a>,
}

#[derive(Deserialize)]
struct OrderBook<'a> {
    #[serde(borrow)]
    microtimestamp: Decimal<'a>,
    #[serde(borrow)]
    bids: Vec<(Decimal<'a>, Decimal<'a>)>,
    #[serde(borrow)]
    asks: Vec<(Decimal<'a>, Decimal<'a>)>,
}

impl OrderBook<'_> {
    fn said_at(&self) -> Option<UnixMs> {
        self.microtimestamp.whole().map(|micros| UnixMs(micros / 1_000))
    }

    fn whole(&self, currency: Currency) -> Option<(Book, Option<Top>)> {
        whole_book(currency, self.bids.iter().copied(), self.asks.iter().copied())
    }
}

impl Wire for Bitstamp {
    fn ticker_request(&self, currency: Currency) -> Request {
        Request::get(format!("/api/v2/ticker/{}/", pair(currency)))
    }

    fn read_ticker(&self, response: &Response, currency: Currency) -> Outcome<Said<Top>> {
        answered(response).and_then(|()| {
            let Ok(ticker) = serde_json::from_slice::<Ticker<'_>>(&response.body) else { return unreadable() };
            // The second has only begun: nothing is older than this by more than that.
            let said_at = ticker.timestamp.whole().map(|seconds| UnixMs(seconds.saturating_mul(1_000)));
            top(ticker.bid, ticker.ask, currency)
                .map_or_else(unreadable, |value| Outcome::Done(Said { value, said_at }))
        })
    }

    fn book_request(&self, currency: Currency) -> Request {
        Request::get(format!("/api/v2/order_book/{}/", pair(currency)))
    }

    fn read_book(&self, response: &Response, currency: Currency) -> Outcome<Said<Book>> {
        answered(response).and_then(|()| {
            let Ok(book) = serde_json::from_slice::<OrderBook<'_>>(&response.body) else { return unreadable() };
            let said_at = book.said_at();
            book.whole(currency).map_or_else(unreadable, |(value, _)| Outcome::Done(Said { value, said_at }))
        })
    }

    fn socket_target(&self) -> &'static str {
        "/"
    }

    fn feed(&self, currencies: &[Currency], books: bool) -> Box<dyn Feed> {
        let market = |currency: &Currency| Market {
            currency: *currency,
            channel: format!("order_book_{}", pair(*currency)),
            newest: UnixMs(0),
        };
        Box::new(BitstampFeed { books, markets: currencies.iter().map(market).collect() })
    }
}

struct BitstampFeed {
    books: bool,
    markets: Vec<Market>,
}

struct Market {
    currency: Currency,
    channel: String,
    newest: UnixMs,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ErrorData<'a> {
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

impl Market {
    fn book(&mut self, data: &RawValue, books: bool, found: &mut Vec<Update>) -> Result<(), Broken> {
        let broken = |why| Broken::of(self.currency, why);
        let book: OrderBook<'_> = serde_json::from_str(data.get()).map_err(|_| broken(Why::Unreadable))?;
        let said_at = book.said_at().ok_or(broken(Why::Unreadable))?;
        // Out of order: a newer one was there before.
        if said_at < self.newest {
            return Ok(());
        }
        let (whole, top) = book.whole(self.currency).ok_or(broken(Why::NotAMarket))?;
        self.newest = said_at;
        if let Some(top) = top {
            found.push(Update::Top { top, said_at: Some(said_at) });
        }
        if books {
            found.push(Update::Book { book: whole, said_at: Some(said_at) });
        }
        Ok(())
    }
}

fn request(event: &str, channel: &str) -> String {
    json!({ "event": event, "data": { "channel": channel } }).to_string()
}

impl Feed for BitstampFeed {
    fn hello(&mut self) -> Vec<String> {
        self.markets.iter().map(|market| request("bts:subscribe", &market.channel)).collect()
    }

    fn read(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken> {
        let message: Message<'_> = serde_json::from_str(text).map_err(|_| Broken::all(Why::Unreadable))?;
        match (message.event.as_ref(), message.data) {
            ("data", Some(data)) => {
                let channel = message.channel.as_deref().unwrap_or_default();
                let market = self.markets.iter_mut().find(|market| market.channel == channel);
                market.map_or(Ok(()), |market| market.book(data, self.books, found))
            }
            ("bts:request_reconnect", _) => Err(Broken::all(Why::AskedToReconnect)),
            ("bts:error", Some(data)) => {
                let error = serde_json::from_str::<ErrorData<'_>>(data.get()).ok().and_then(|error| error.message);
                let why: String = error.as_deref().unwrap_or("no reason given").chars().take(120).collect();
                found.push(Update::Note(format!("refused: {why}")));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn again(&mut self, currency: Currency) -> Vec<String> {
        let channel = self.markets.iter().find(|market| market.currency == currency).map(|market| &market.channel);
        channel.map_or_else(Vec::new, |channel| {
            vec![request("bts:unsubscribe", channel), request("bts:subscribe", channel)]
        })
    }
}
