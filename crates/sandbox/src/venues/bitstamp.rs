//! Bitstamp's public market data (bitstamp.net/api: "Ticker", "Order book"; bitstamp.net/websocket/v2:
//! `order_book_[pair]`, `bts:heartbeat`, `bts:request_reconnect`).

use axum::{
    Router,
    extract::{Path, State, WebSocketUpgrade},
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{
    Desk, Level, PairBook, json_error, json_text,
    market::{print_amount, print_price},
    socket::{Script, upgrade},
};

const CURRENCIES: [&str; 3] = ["USD", "EUR", "GBP"];
const FEED_LEVELS: usize = 100;

pub(super) fn router(desk: &Desk) -> Router {
    Router::new()
        .route("/api/v2/ticker/{pair}/", get(ticker))
        .route("/api/v2/order_book/{pair}/", get(order_book))
        .route("/", get(feed))
        .with_state(desk.clone())
}

pub(super) fn refusal(status: u16, message: &str) -> Response {
    json_error(status, &json!({ "status": "error", "reason": message, "code": "API0000" }))
}

/// The currency's code, by `btcusd`.
fn currency(pair: &str) -> Option<&'static str> {
    let quote = pair.strip_prefix("btc")?;
    CURRENCIES.into_iter().find(|code| code.to_ascii_lowercase() == quote)
}

fn find(pair: &str, desk: &Desk) -> Option<PairBook> {
    desk.market.book(currency(pair)?)
}

fn price(level: &Level) -> String {
    print_price(level.price, 0)
}

async fn ticker(State(desk): State<Desk>, Path(pair): Path<String>) -> Response {
    let Some(book) = find(&pair, &desk) else { return refusal(404, "Not found.") };
    let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) else { return refusal(404, "Not found.") };
    let answer = json!({
        "timestamp": desk.now_ms().div_euclid(1_000).to_string(), "open": price(bid), "high": price(ask),
        "low": price(bid), "last": price(bid), "volume": "213.26801100", "vwap": price(bid), "bid": price(bid),
        "ask": price(ask), "side": "0", "open_24": price(bid), "percent_change_24": "0.00",
    });
    json_text(answer.to_string())
}

fn data(book: &PairBook, now_ms: i64) -> Value {
    let level = |level: &Level| json!([price(level), print_amount(level.sat, 8)]);
    let side = |side: &[Level]| side.iter().map(level).collect::<Vec<Value>>();
    json!({
        "timestamp": now_ms.div_euclid(1_000).to_string(), "microtimestamp": (now_ms * 1_000).to_string(),
        "bids": side(&book.bids), "asks": side(&book.asks),
    })
}

async fn order_book(State(desk): State<Desk>, Path(pair): Path<String>) -> Response {
    let Some(book) = find(&pair, &desk) else { return refusal(404, "Not found.") };
    json_text(data(&book, desk.now_ms()).to_string())
}

async fn feed(State(desk): State<Desk>, socket: WebSocketUpgrade) -> Response {
    upgrade(socket, desk, Feed { subscribed: Vec::new() })
}

struct Feed {
    subscribed: Vec<Subscribed>,
}

struct Subscribed {
    channel: String,
    currency: &'static str,
    sent: PairBook,
}

impl Subscribed {
    fn message(&self, now_ms: i64) -> String {
        let data = data(&self.sent, now_ms);
        json!({ "event": "data", "channel": self.channel, "data": data }).to_string()
    }
}

impl Script for Feed {
    fn greeting(&mut self, _: i64) -> Vec<String> {
        Vec::new()
    }

    fn asked(&mut self, text: &str, desk: &Desk) -> (Vec<String>, usize) {
        let asked: Value = serde_json::from_str(text).unwrap_or_default();
        let channel = asked["data"]["channel"].as_str().unwrap_or_default();
        let answer = |event: &str, data: Value| json!({ "event": event, "channel": channel, "data": data }).to_string();
        match asked["event"].as_str() {
            Some("bts:heartbeat") => (vec![answer("bts:heartbeat", json!({ "status": "success" }))], 0),
            Some("bts:subscribe") => {
                let currency = channel.strip_prefix("order_book_").and_then(currency);
                let Some((currency, book)) = currency.and_then(|code| Some((code, desk.market.book(code)?))) else {
                    return (
                        vec![answer("bts:error", json!({ "code": null, "message": "Bad subscription string." }))],
                        0,
                    );
                };
                let subscribed = Subscribed { channel: channel.to_owned(), currency, sent: book.top(FEED_LEVELS) };
                let said = vec![answer("bts:subscription_succeeded", json!({})), subscribed.message(desk.now_ms())];
                self.subscribed.push(subscribed);
                (said, 1)
            }
            Some("bts:unsubscribe") => {
                self.subscribed.retain(|subscribed| subscribed.channel != channel);
                (vec![answer("bts:unsubscription_succeeded", json!({}))], 0)
            }
            _ => (vec![answer("bts:error", json!({ "code": null, "message": "Incorrect JSON format." }))], 0),
        }
    }

    fn changed(&mut self, look: &dyn Fn(&str) -> Option<PairBook>, now_ms: i64, _: bool) -> Vec<String> {
        let mut messages = Vec::new();
        for subscribed in &mut self.subscribed {
            let Some(book) = look(subscribed.currency).map(|book| book.top(FEED_LEVELS)) else { continue };
            if book != subscribed.sent {
                subscribed.sent = book;
                messages.push(subscribed.message(now_ms));
            }
        }
        messages
    }

    /// Only when asked for.
    fn heartbeat(&mut self, _: i64) -> Vec<String> {
        Vec::new()
    }

    fn go_away(&self) -> Option<String> {
        Some(json!({ "event": "bts:request_reconnect", "channel": "", "data": "" }).to_string())
    }
}
