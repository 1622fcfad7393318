//! Bitfinex (docs.bitfinex.com, version 2: REST `ticker` and `book`; WebSocket `ticker` and `book`, `conf` flags,
//! "WebSocket Checksum"). Amounts are JSON numbers, read in their own digits.

mod feed;

use super::{Wire, answered, rate_limited, top, unreadable, whole_book};
use crate::{Book, Feed, Said, Top, decimal::Decimal, venues::BOOK_LEVELS};
use money::Currency;
use outbound::{Request, Response};
use ports::Outcome;
use serde_json::value::RawValue;

pub(crate) struct Bitfinex;

fn symbol(currency: Currency) -> String {
    format!("tBTC{}", currency.code())
}

/// Arrays may grow at their end.
fn fields<'a>(raw: &'a str) -> Option<Vec<&'a RawValue>> {
    serde_json::from_str::<Vec<&'a RawValue>>(raw).ok()
}

fn number(raw: &RawValue) -> Option<Decimal<'_>> {
    serde_json::from_str(raw.get()).ok()
}

/// `[BID, BID_SIZE, ASK, ASK_SIZE, ..]`
fn read_top(raw: &str, currency: Currency) -> Option<Top> {
    let fields = fields(raw)?;
    top(number(fields.first()?)?, number(fields.get(2)?)?, currency)
}

/// `[PRICE, COUNT, AMOUNT]`; the amount of an ask is negative.
fn read_level(raw: &str) -> Option<(Decimal<'_>, u64, Decimal<'_>)> {
    let fields = fields(raw)?;
    Some((number(fields.first()?)?, number(fields.get(1)?)?.whole()?, number(fields.get(2)?)?))
}

fn text(response: &Response) -> Outcome<&str> {
    if std::str::from_utf8(&response.body).is_ok_and(|text| text.contains("ERR_RATE_LIMIT")) {
        return rate_limited();
    }
    answered(response).and_then(|()| std::str::from_utf8(&response.body).map_or_else(|_| unreadable(), Outcome::Done))
}

impl Wire for Bitfinex {
    fn ticker_request(&self, currency: Currency) -> Request {
        Request::get(format!("/v2/ticker/{}", symbol(currency)))
    }

    fn read_ticker(&self, response: &Response, currency: Currency) -> Outcome<Said<Top>> {
        text(response).and_then(|text| {
            read_top(text, currency).map_or_else(unreadable, |top| Outcome::Done(Said::without_time(top)))
        })
    }

    fn book_request(&self, currency: Currency) -> Request {
        Request::get(format!("/v2/book/{}/P0", symbol(currency))).query(&[("len", &BOOK_LEVELS.to_string())])
    }

    fn read_book(&self, response: &Response, currency: Currency) -> Outcome<Said<Book>> {
        text(response).and_then(|text| {
            let levels = fields(text).and_then(|rows| rows.iter().map(|row| read_level(row.get())).collect());
            let Some(levels): Option<Vec<_>> = levels else { return unreadable() };
            let side = |asks: bool| {
                levels
                    .iter()
                    .filter(move |(_, _, amount)| amount.is_negative() == asks)
                    .map(|(price, _, amount)| (*price, amount.unsigned()))
            };
            whole_book(currency, side(false), side(true))
                .map_or_else(unreadable, |(book, _)| Outcome::Done(Said::without_time(book)))
        })
    }

    fn socket_target(&self) -> &'static str {
        "/ws/2"
    }

    fn feed(&self, currencies: &[Currency], books: bool) -> Box<dyn Feed> {
        Box::new(feed::BitfinexFeed::new(currencies, books))
    }
}
