//! Kraken's public market data (docs.kraken.com, Spot REST API: "Get Ticker Information", "Get Order Book").

use crate::{Bid, Book, Venue, consolidated::middle};
use async_trait::async_trait;
use money::{Currency, Rate, Sat, parse_decimal};
use outbound::{BadAddress, Call, HttpClient, Limits, Request, Response, Retry};
use ports::{Outcome, Rejection};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// Levels of the book that are asked for; at most 500 are given.
const LEVELS: &str = "100";

/// Public calls need no key.
#[derive(Debug)]
pub struct KrakenVenue {
    client: HttpClient,
}

impl KrakenVenue {
    /// `base_url` is `https://api.kraken.com`.
    pub fn new(base_url: &str, limits: Limits) -> Result<Self, BadAddress> {
        Ok(Self { client: HttpClient::new(base_url, limits)? })
    }
}

#[async_trait]
impl Venue for KrakenVenue {
    fn name(&self) -> &'static str {
        "kraken"
    }

    async fn ticker(&self, currency: Currency) -> Outcome<Rate> {
        self.client.run(&TickerCall { currency }, &Retry::never()).await
    }

    async fn book(&self, currency: Currency) -> Outcome<Book> {
        self.client.run(&BookCall { currency }, &Retry::never()).await
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    error: Vec<String>,
    /// By the market's other name, `XXBTZUSD` for `XBTUSD`; one was asked for.
    result: Option<BTreeMap<String, T>>,
}

/// The only entry of an answer.
fn only<T: DeserializeOwned>(response: &Response) -> Outcome<T> {
    if response.status != 200 {
        return Outcome::Unknown(format!("Kraken answered {}", response.status));
    }
    response.json::<Envelope<T>>().and_then(|envelope| {
        if let Some(error) = envelope.error.iter().find(|error| !error.starts_with('W')) {
            let text: String = error.chars().take(120).collect();
            return Outcome::Rejected(Rejection::retryable("refused", text));
        }
        let mut markets = envelope.result.unwrap_or_default().into_values();
        match (markets.next(), markets.next()) {
            (Some(market), None) => Outcome::Done(market),
            _ => Outcome::Unknown("not the one market that was asked for".to_owned()),
        }
    })
}

fn pair(currency: Currency) -> String {
    format!("XBT{}", currency.code())
}

fn unreadable<T>() -> Outcome<T> {
    Outcome::Unknown("market data is not of the documented form".to_owned())
}

#[derive(Deserialize)]
struct TickerEntry {
    /// Price, whole lots, lots.
    a: (String, String, String),
    b: (String, String, String),
}

struct TickerCall {
    currency: Currency,
}

impl Call for TickerCall {
    type Answer = Rate;

    fn build_request(&self) -> Request {
        Request::get("/0/public/Ticker").query(&[("pair", &pair(self.currency))])
    }

    fn handle_response(&self, response: &Response) -> Outcome<Rate> {
        only::<TickerEntry>(response).and_then(|entry| {
            let rate = |text: &str| Rate::parse(text, self.currency).ok();
            let (Some(bid), Some(ask)) = (rate(&entry.b.0), rate(&entry.a.0)) else { return unreadable() };
            if ask.micro_per_btc() < bid.micro_per_btc() {
                return unreadable();
            }
            middle(bid, ask).map_or_else(unreadable, Outcome::Done)
        })
    }
}

#[derive(Deserialize)]
struct BookEntry {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// Price, volume, and a time that is not used.
#[derive(Deserialize)]
struct Level(String, String, #[allow(dead_code)] serde::de::IgnoredAny);

struct BookCall {
    currency: Currency,
}

impl Call for BookCall {
    type Answer = Book;

    fn build_request(&self) -> Request {
        Request::get("/0/public/Depth").query(&[("pair", &pair(self.currency)), ("count", LEVELS)])
    }

    fn handle_response(&self, response: &Response) -> Outcome<Book> {
        only::<BookEntry>(response).and_then(|entry| {
            let read = |levels: &[Level]| levels.iter().map(|level| self.bid(level)).collect::<Option<Vec<Bid>>>();
            let (Some(bids), Some(asks)) = (read(&entry.bids), read(&entry.asks)) else { return unreadable() };
            let lowest_ask = asks.iter().map(|ask| ask.rate.micro_per_btc()).min();
            let Some(book) = Book::new(self.currency, bids) else { return unreadable() };
            // A crossed book is no book.
            match (book.best(), lowest_ask) {
                (Some(bid), Some(ask)) if bid.micro_per_btc() >= ask => unreadable(),
                _ => Outcome::Done(book),
            }
        })
    }
}

impl BookCall {
    fn bid(&self, level: &Level) -> Option<Bid> {
        let rate = Rate::parse(&level.0, self.currency).ok()?;
        // Lots of bitcoin markets are satoshi.
        let amount_sat = parse_decimal(&level.1, 8).ok().and_then(|sat| Sat::new(sat).ok())?;
        Some(Bid { rate, amount_sat })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Money;
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
        TickerCall { currency: Currency::USD }.handle_response(&answer(body))
    }

    fn book(body: &str) -> Outcome<Book> {
        BookCall { currency: Currency::USD }.handle_response(&answer(body))
    }

    #[test]
    fn asked_and_read_as_documented() {
        let target = |request: Request| request.target().to_owned();
        assert_eq!(target(TickerCall { currency: Currency::EUR }.build_request()), "/0/public/Ticker?pair=XBTEUR");
        assert_eq!(
            target(BookCall { currency: Currency::USD }.build_request()),
            "/0/public/Depth?pair=XBTUSD&count=100"
        );
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
        assert!(matches!(book(&BOOK.replace("\"1.115\"", "1.115")), Outcome::Unknown(_)), "a number, no text");
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
                let _ = TickerCall { currency: Currency::USD }.handle_response(&response);
                let _ = BookCall { currency: Currency::USD }.handle_response(&response);
            }
        }
    }
}
