//! Gemini's public market data (developer.gemini.com: "Get Ticker", "Get Order Book"; WebSocket streams `bookTicker` and
//! `depth@100ms`, connection parameter `snapshot`, methods `subscribe`, `unsubscribe`, `ping`).

use axum::{
    Router,
    extract::{Path, Query, State, WebSocketUpgrade},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Desk, Level, PairBook, json_error, json_text,
    market::{changes, print_amount, print_price},
    socket::{Script, upgrade},
};

const CURRENCIES: [&str; 3] = ["USD", "EUR", "GBP"];

pub(super) fn router(desk: &Desk) -> Router {
    Router::new()
        .route("/v1/pubticker/{symbol}", get(ticker))
        .route("/v1/book/{symbol}", get(order_book))
        .route("/", get(feed))
        .with_state(desk.clone())
}

pub(super) fn refusal(status: u16, message: &str) -> Response {
    json_error(status, &json!({ "result": "error", "reason": "System", "message": message }))
}

fn currency(symbol: &str) -> Option<&'static str> {
    let symbol = symbol.to_ascii_lowercase();
    let quote = symbol.strip_prefix("btc")?;
    CURRENCIES.into_iter().find(|code| code.to_ascii_lowercase() == quote)
}

fn price(level: &Level) -> String {
    print_price(level.price, 2)
}

async fn ticker(State(desk): State<Desk>, Path(symbol): Path<String>) -> Response {
    let found = currency(&symbol).and_then(|code| Some((code, desk.market.book(code)?)));
    let Some((code, book)) = found else { return refusal(400, "Supplied value is not a valid symbol") };
    let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) else {
        return refusal(400, "Supplied value is not a valid symbol");
    };
    let volume = json!({ "BTC": "2210.505328803", code: "2135477.463379586263", "timestamp": desk.now_ms() });
    let answer = json!({ "ask": price(ask), "bid": price(bid), "last": price(bid), "volume": volume });
    json_text(answer.to_string())
}

#[derive(Deserialize)]
struct Asked {
    limit_bids: Option<usize>,
    limit_asks: Option<usize>,
}

/// 50 levels unless asked otherwise; 0 is all of them.
async fn order_book(State(desk): State<Desk>, Path(symbol): Path<String>, Query(asked): Query<Asked>) -> Response {
    let Some(book) = currency(&symbol).and_then(|code| desk.market.book(code)) else {
        return refusal(400, "Supplied value is not a valid symbol");
    };
    let seconds = desk.now_ms().div_euclid(1_000).to_string();
    let level =
        |level: &Level| json!({ "price": price(level), "amount": print_amount(level.sat, 0), "timestamp": seconds });
    let side = |side: &[Level], limit: Option<usize>| {
        let limit = limit.map_or(50, |limit| if limit == 0 { usize::MAX } else { limit });
        side.iter().take(limit).map(level).collect::<Vec<Value>>()
    };
    let answer = json!({ "bids": side(&book.bids, asked.limit_bids), "asks": side(&book.asks, asked.limit_asks) });
    json_text(answer.to_string())
}

#[derive(Deserialize)]
struct Connected {
    snapshot: Option<i64>,
}

async fn feed(State(desk): State<Desk>, Query(asked): Query<Connected>, socket: WebSocketUpgrade) -> Response {
    let snapshot = asked.snapshot.map(|levels| usize::try_from(levels).unwrap_or(usize::MAX));
    upgrade(socket, desk, Feed { subscribed: Vec::new(), update: 1_751_505_576_085, snapshot })
}

struct Feed {
    subscribed: Vec<Subscribed>,
    update: u64,
    /// Levels of the first message, if it has them at all.
    snapshot: Option<usize>,
}

struct Subscribed {
    stream: String,
    symbol: String,
    currency: &'static str,
    sent: PairBook,
}

impl Feed {
    fn depth(&self, symbol: &str, first: u64, levels: [Vec<Value>; 2], now_ms: i64) -> String {
        let [bids, asks] = levels;
        json!({
            "e": "depthUpdate", "E": now_ms * 1_000_000, "s": symbol, "U": first, "u": self.update, "b": bids,
            "a": asks,
        })
        .to_string()
    }

    fn ticker(&self, symbol: &str, book: &PairBook, now_ms: i64) -> Option<String> {
        let (bid, ask) = (book.bids.first()?, book.asks.first()?);
        let message = json!({
            "u": self.update, "E": now_ms * 1_000_000, "s": symbol, "b": price(bid), "B": print_amount(bid.sat, 8),
            "a": price(ask), "A": print_amount(ask.sat, 8),
        });
        Some(message.to_string())
    }

    fn subscribe(&mut self, stream: &str, desk: &Desk) -> Option<Vec<String>> {
        let (symbol, kind) = stream.split_once('@')?;
        let currency = currency(symbol)?;
        let book = desk.market.book(currency)?;
        let said = match kind {
            "bookTicker" => self.ticker(symbol, &book, desk.now_ms()).into_iter().collect(),
            "depth" | "depth@100ms" => self.snapshot.map_or_else(Vec::new, |levels| {
                let top = book.top(levels);
                let side = |side: &[Level]| side.iter().map(level).collect();
                vec![self.depth(symbol, self.update, [side(&top.bids), side(&top.asks)], desk.now_ms())]
            }),
            _ => return None,
        };
        let (stream, symbol) = (stream.to_owned(), symbol.to_owned());
        self.subscribed.push(Subscribed { stream, symbol, currency, sent: book });
        Some(said)
    }
}

fn level(level: &Level) -> Value {
    json!([price(level), print_amount(level.sat, 8)])
}

impl Script for Feed {
    fn greeting(&mut self, _: i64) -> Vec<String> {
        Vec::new()
    }

    fn asked(&mut self, text: &str, desk: &Desk) -> (Vec<String>, usize) {
        let asked: Value = serde_json::from_str(text).unwrap_or_default();
        let answer = |status: u16| json!({ "id": asked["id"], "status": status }).to_string();
        let streams: Vec<&str> = asked["params"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match asked["method"].as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("ping") => (vec![answer(200)], 0),
            Some("subscribe") => {
                let known =
                    |stream: &&str| stream.split_once('@').is_some_and(|(symbol, _)| currency(symbol).is_some());
                if !streams.iter().all(known) {
                    return (vec![answer(400)], 0);
                }
                let said = streams.iter().filter_map(|stream| self.subscribe(stream, desk)).flatten();
                let said = std::iter::once(answer(200)).chain(said.collect::<Vec<_>>()).collect();
                (said, streams.len())
            }
            Some("unsubscribe") => {
                self.subscribed.retain(|subscribed| !streams.contains(&subscribed.stream.as_str()));
                (vec![answer(200)], 0)
            }
            _ => (vec![answer(400)], 0),
        }
    }

    fn changed(&mut self, look: &dyn Fn(&str) -> Option<PairBook>, now_ms: i64, _: bool) -> Vec<String> {
        let first = self.update + 1;
        self.update += 3;
        let mut messages = Vec::new();
        for subscribed in &self.subscribed {
            let Some(book) = look(subscribed.currency).filter(|book| *book != subscribed.sent) else { continue };
            if subscribed.stream.ends_with("bookTicker") {
                messages.extend(self.ticker(&subscribed.symbol, &book, now_ms));
                continue;
            }
            let changed = changes(&subscribed.sent, &book, usize::MAX);
            let side = |is_bid: bool| changed.iter().filter(|c| c.is_bid == is_bid).map(|c| level(&c.level)).collect();
            messages.push(self.depth(&subscribed.symbol, first, [side(true), side(false)], now_ms));
        }
        for subscribed in &mut self.subscribed {
            if let Some(book) = look(subscribed.currency) {
                subscribed.sent = book;
            }
        }
        messages
    }

    /// None but the pings of the protocol itself.
    fn heartbeat(&mut self, _: i64) -> Vec<String> {
        Vec::new()
    }

    fn go_away(&self) -> Option<String> {
        None
    }
}
