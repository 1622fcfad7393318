//! Kraken (docs.kraken.com: Spot REST "Get Ticker Information" and "Get Order Book", Spot WebSocket v2 `book` and
//! `heartbeat`, "Book checksum (WebSocket v2)").

mod feed;
mod rest;

use super::Wire;
use crate::{Book, Feed, Said, Top};
use money::Currency;
use outbound::{Request, Response};
use ports::Outcome;

pub(crate) struct Kraken;

impl Wire for Kraken {
    fn ticker_request(&self, currency: Currency) -> Request {
        rest::ticker_request(currency)
    }

    fn read_ticker(&self, response: &Response, currency: Currency) -> Outcome<Said<Top>> {
        rest::read_ticker(response, currency)
    }

    fn book_request(&self, currency: Currency) -> Request {
        rest::book_request(currency)
    }

    fn read_book(&self, response: &Response, currency: Currency) -> Outcome<Said<Book>> {
        rest::read_book(response, currency)
    }

    fn socket_target(&self) -> &'static str {
        "/v2"
    }

    fn feed(&self, currencies: &[Currency], books: bool) -> Box<dyn Feed> {
        Box::new(feed::KrakenFeed::new(currencies, books))
    }
}
