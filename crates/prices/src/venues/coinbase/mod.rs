//! Coinbase Exchange (docs.cdp.coinbase.com/exchange: "Get product book", WebSocket channels `ticker`, `heartbeat`
//! and `level2_batch`).

mod feed;

use super::{Wire, answered, top, unreadable, whole_book};
use crate::{Book, Feed, Said, Top, decimal::Decimal};
use money::Currency;
use outbound::{Request, Response, parse_rfc3339};
use ports::Outcome;
use serde::Deserialize;
use std::borrow::Cow;

pub(crate) struct Coinbase;

fn product(currency: Currency) -> String {
    format!("BTC-{}", currency.code())
}

/// `level=1` has the best of each side, `level=2` all; price, size, number of orders.
#[derive(Deserialize)]
struct ProductBook<'a> {
    #[serde(borrow)]
    bids: Vec<Level<'a>>,
    #[serde(borrow)]
    asks: Vec<Level<'a>>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Level<'a>(#[serde(borrow)] Decimal<'a>, #[serde(borrow)] Decimal<'a>, #[allow(dead_code)] serde::de::IgnoredAny);

fn request(currency: Currency, level: &str) -> Request {
    Request::get(format!("/products/{}/book", product(currency))).query(&[("level", level)])
}

fn read(response: &Response) -> Outcome<ProductBook<'_>> {
    answered(response)
        .and_then(|()| serde_json::from_slice(&response.body).map_or_else(|_| unreadable(), Outcome::Done))
}

impl Wire for Coinbase {
    fn ticker_request(&self, currency: Currency) -> Request {
        request(currency, "1")
    }

    fn read_ticker(&self, response: &Response, currency: Currency) -> Outcome<Said<Top>> {
        read(response).and_then(|book| {
            let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) else { return unreadable() };
            let said_at = book.time.as_deref().and_then(parse_rfc3339);
            top(bid.0, ask.0, currency).map_or_else(unreadable, |value| Outcome::Done(Said { value, said_at }))
        })
    }

    fn book_request(&self, currency: Currency) -> Request {
        request(currency, "2")
    }

    fn read_book(&self, response: &Response, currency: Currency) -> Outcome<Said<Book>> {
        read(response).and_then(|book| {
            let said_at = book.time.as_deref().and_then(parse_rfc3339);
            let (bids, asks) = (book.bids.iter(), book.asks.iter());
            whole_book(currency, bids.map(|level| (level.0, level.1)), asks.map(|level| (level.0, level.1)))
                .map_or_else(unreadable, |(value, _)| Outcome::Done(Said { value, said_at }))
        })
    }

    fn socket_target(&self) -> &'static str {
        "/"
    }

    fn feed(&self, currencies: &[Currency], books: bool) -> Box<dyn Feed> {
        Box::new(feed::CoinbaseFeed::new(currencies, books))
    }
}
