//! REST.

use crate::{
    Book, Said, Top,
    decimal::Decimal,
    venues::{BOOK_LEVELS, answered, rate_limited, top, unreadable, whole_book},
};
use money::Currency;
use outbound::{Request, Response};
use ports::{Outcome, Rejection};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    error: Vec<Cow<'a, str>>,
    /// By the market's other name, `XXBTZUSD` for `XBTUSD`; one was asked for.
    #[serde(borrow)]
    result: Option<BTreeMap<Cow<'a, str>, &'a RawValue>>,
}

/// The only entry of an answer. HTTP status is 200 also for errors.
fn only<'a, T: Deserialize<'a>>(response: &'a Response) -> Outcome<T> {
    answered(response).and_then(|()| {
        let Ok(envelope) = serde_json::from_slice::<Envelope<'a>>(&response.body) else { return unreadable() };
        if let Some(error) = envelope.error.iter().find(|error| !error.starts_with('W')) {
            let limited = error.contains("Rate limit exceeded") || error.contains("Too many requests");
            let text: String = error.chars().take(120).collect();
            return if limited { rate_limited() } else { Outcome::Rejected(Rejection::retryable("refused", text)) };
        }
        let mut markets = envelope.result.unwrap_or_default().into_values();
        match (markets.next(), markets.next()) {
            (Some(market), None) => serde_json::from_str(market.get()).map_or_else(|_| unreadable(), Outcome::Done),
            _ => Outcome::Unknown("not the one market that was asked for".to_owned()),
        }
    })
}

fn pair(currency: Currency) -> String {
    format!("XBT{}", currency.code())
}

#[derive(Deserialize)]
struct TickerEntry<'a> {
    /// Price, whole lots, lots.
    #[serde(borrow)]
    a: (Decimal<'a>, Decimal<'a>, Decimal<'a>),
    #[serde(borrow)]
    b: (Decimal<'a>, Decimal<'a>, Decimal<'a>),
}

pub(super) fn ticker_request(currency: Currency) -> Request {
    Request::get("/0/public/Ticker").query(&[("pair", &pair(currency))])
}

pub(super) fn read_ticker(response: &Response, currency: Currency) -> Outcome<Said<Top>> {
    only::<TickerEntry<'_>>(response).and_then(|entry| {
        top(entry.b.0, entry.a.0, currency).map_or_else(unreadable, |top| Outcome::Done(Said::without_time(top)))
    })
}

#[derive(Deserialize)]
struct BookEntry<'a> {
    #[serde(borrow)]
    bids: Vec<Level<'a>>,
    #[serde(borrow)]
    asks: Vec<Level<'a>>,
}

/// Price, volume, and a time that is not used.
#[derive(Deserialize)]
struct Level<'a>(#[serde(borrow)] Decimal<'a>, #[serde(borrow)] Decimal<'a>, #[allow(dead_code)] serde::de::IgnoredAny);

/// At most 500 levels are given.
pub(super) fn book_request(currency: Currency) -> Request {
    Request::get("/0/public/Depth").query(&[("pair", &pair(currency)), ("count", &BOOK_LEVELS.to_string())])
}

pub(super) fn read_book(response: &Response, currency: Currency) -> Outcome<Said<Book>> {
    only::<BookEntry<'_>>(response).and_then(|entry| {
        let (bids, asks) = (entry.bids.iter(), entry.asks.iter());
        whole_book(currency, bids.map(|level| (level.0, level.1)), asks.map(|level| (level.0, level.1)))
            .map_or_else(unreadable, |(book, _)| Outcome::Done(Said::without_time(book)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::{Money, Rate};
    use proptest::prelude::*;

    fn answer(body: &str) -> Response {
        Response::new(200, body.as_bytes())
    }

    /// As in the API reference.
    const TICKER: &str = r#"{"error":[],"result":{"XXBTZUSD":{"a":["30300.10000","1","1.000"],
        "b":["30300.00000","1","1.000"],"c":["30303.20000","0.00067643"],"v":["4083.67001100","4412.73601799"],
        "p":["30706.77771","30689.13205"],"t":[34619,38907],"l":["29868.30000","29868.30000"],
        "h":["31631.00000","31631.00000"],"o":"30502.80000"}}}"#;
    const BOOK: &str = r#"{"error":[],"result":{"XXBTZUSD":{
        "asks":[["30384.10000","2.059",1688671659],["30387.90000","1.500",1688671380]],
        "bids":[["30296.70000","0.15000000",1688671200],["30297.00000","1.115",1688671636]]}}}"#;

    fn ticker(body: &str) -> Outcome<Rate> {
        read_ticker(&answer(body), Currency::USD).map(|said| said.value.middle())
    }

    fn book(body: &str) -> Outcome<Book> {
        read_book(&answer(body), Currency::USD).map(|said| said.value)
    }

    #[test]
    fn asked_and_read_as_documented() {
        let target = |request: Request| request.target().to_owned();
        assert_eq!(target(ticker_request(Currency::EUR)), "/0/public/Ticker?pair=XBTEUR");
        assert_eq!(target(book_request(Currency::USD)), "/0/public/Depth?pair=XBTUSD&count=100");
        assert_eq!(ticker(TICKER).done().unwrap().decimal(), "30300.05");
        let book = book(BOOK).done().unwrap();
        assert_eq!(book.best().unwrap().decimal(), "30297");
        let rate = |total: &str| book.average(Money::parse(total, Currency::USD).unwrap()).map(Rate::decimal);
        assert_eq!(rate("30297").as_deref(), Some("30297"));
        assert_eq!(rate("38325.66").as_deref(), Some("30296.964426"));
        assert_eq!(rate("38400"), None);
    }

    #[test]
    fn what_is_not_a_market_is_not_a_price() {
        let unknown =
            |body: &str| matches!(ticker(body), Outcome::Unknown(_)) && matches!(book(body), Outcome::Unknown(_));
        for body in
            ["", "{}", r#"{"error":[],"result":{}}"#, r#"{"error":[]}"#, r#"{"error":[],"result":{"A":{},"B":{}}}"#]
        {
            assert!(unknown(body), "{body}");
        }
        let refused = r#"{"error":["EQuery:Unknown asset pair"]}"#;
        assert!(matches!(ticker(refused), Outcome::Rejected(_)) && matches!(book(refused), Outcome::Rejected(_)));
        assert!(matches!(ticker(&TICKER.replace("30300.10000", "30299.90000")), Outcome::Unknown(_)), "crossed");
        assert!(matches!(ticker(&TICKER.replace("30300.00000", "0.00000")), Outcome::Unknown(_)), "zero");
        assert!(matches!(book(&BOOK.replace("30384.10000", "30297.00000")), Outcome::Unknown(_)), "crossed");
        let limited = r#"{"error":["EAPI:Rate limit exceeded"]}"#;
        assert!(matches!(ticker(limited), Outcome::Rejected(rejection) if rejection.code == "rate_limited"));
        assert!(matches!(book(&BOOK.replace("1.115", "-1.115")), Outcome::Unknown(_)), "negative");
    }

    proptest! {
        #[test]
        fn any_bytes(
            rubbish in proptest::collection::vec(any::<u8>(), 0..200),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            for original in [rubbish.as_slice(), TICKER.as_bytes(), BOOK.as_bytes()] {
                let mut body = original.to_vec();
                for (at, byte) in &changes {
                    if !body.is_empty() {
                        let index = at.index(body.len());
                        body[index] = *byte;
                    }
                }
                let response = Response::new(200, body);
                let _ = read_ticker(&response, Currency::USD);
                let _ = read_book(&response, Currency::USD);
            }
        }
    }
}
