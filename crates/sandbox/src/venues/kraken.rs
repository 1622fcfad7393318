//! Kraken's public market data (docs.kraken.com: Spot REST "Get Ticker Information", "Get Order Book"; Spot WebSocket v2:
//! `status`, `heartbeat`, `book`, `ping`; "Book checksum (WebSocket v2)").

use axum::{
    Router,
    extract::{Query, State, WebSocketUpgrade},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Desk, Level, PairBook, array, json_error, json_text,
    market::{changes, print_amount, print_price},
    socket::{Script, upgrade},
};
use crate::vendor::time::rfc3339;

const DEPTHS: [u64; 5] = [10, 25, 100, 500, 1_000];
const CHECKSUM_LEVELS: usize = 10;

pub(super) fn router(desk: &Desk) -> Router {
    Router::new()
        .route("/0/public/Ticker", get(ticker))
        .route("/0/public/Depth", get(depth))
        .route("/v2", get(feed))
        .with_state(desk.clone())
}

/// HTTP 200 whatever happens.
pub(super) fn refusal(_: u16, message: &str) -> Response {
    json_error(200, &json!({ "error": [message] }))
}

#[derive(Deserialize)]
struct Asked {
    pair: Option<String>,
    count: Option<usize>,
}

fn decimals(currency: &str) -> usize {
    usize::from(currency != "JPY")
}

/// The currency and the pair's name in answers, by `XBTUSD`, `BTCUSD` or that name itself.
fn find(pair: Option<&str>, desk: &Desk) -> Option<(String, String, PairBook)> {
    let pair = pair?;
    let currency = ["XXBTZ", "XBT", "BTC"].iter().find_map(|base| pair.strip_prefix(base))?;
    let book = desk.market.book(currency)?;
    let name = match currency {
        "USD" | "EUR" | "GBP" | "CAD" | "JPY" => format!("XXBTZ{currency}"),
        _ => format!("XBT{currency}"),
    };
    Some((currency.to_owned(), name, book))
}

async fn ticker(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    let Some((currency, name, book)) = find(asked.pair.as_deref(), &desk) else {
        return refusal(200, "EQuery:Unknown asset pair");
    };
    let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) else {
        return refusal(200, "EGeneral:Internal error");
    };
    let places = decimals(&currency).max(5);
    let top = |level: &Level| {
        let lots = print_amount(level.sat, 3);
        json!([print_price(level.price, places), lots.split('.').next(), lots])
    };
    let last = print_price(bid.price, places);
    let entry = json!({
        "a": top(ask), "b": top(bid), "c": [last, "0.00100000"], "v": ["12.00000000", "34.00000000"],
        "p": [last, last], "t": [120, 340], "l": [last, last], "h": [last, last], "o": last,
    });
    json_text(json!({ "error": [], "result": { name: entry } }).to_string())
}

async fn depth(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    let Some((_, name, book)) = find(asked.pair.as_deref(), &desk) else {
        return refusal(200, "EQuery:Unknown asset pair");
    };
    let book = book.top(asked.count.unwrap_or(100).clamp(1, 500));
    let seconds = desk.now_ms().div_euclid(1_000);
    let level = |level: &Level| json!([print_price(level.price, 5), print_amount(level.sat, 3), seconds]);
    let side = |side: &[Level]| side.iter().map(level).collect::<Vec<Value>>();
    let entry = json!({ "asks": side(&book.asks), "bids": side(&book.bids) });
    json_text(json!({ "error": [], "result": { name: entry } }).to_string())
}

async fn feed(State(desk): State<Desk>, socket: WebSocketUpgrade) -> Response {
    upgrade(socket, desk, Feed { subscribed: Vec::new() })
}

struct Feed {
    subscribed: Vec<Subscribed>,
}

struct Subscribed {
    symbol: String,
    depth: usize,
    sent: PairBook,
}

impl Subscribed {
    fn currency(&self) -> &str {
        self.symbol.strip_prefix("BTC/").unwrap_or_default()
    }

    /// Numbers with all their digits, as Kraken sends them.
    fn level(&self, level: &Level) -> String {
        let price = print_price(level.price, decimals(self.currency()));
        let quantity = if level.sat == 0 { "0.00000000".to_owned() } else { print_amount(level.sat, 8) };
        format!(r#"{{"price":{price},"qty":{quantity}}}"#)
    }

    fn message(&self, kind: &str, bids: String, asks: String, now_ms: i64, wrong: bool) -> String {
        let checksum = checksum(&self.sent, decimals(self.currency())).wrapping_add(u32::from(wrong));
        let (symbol, time) = (&self.symbol, rfc3339(now_ms).replace('Z', "000Z"));
        format!(
            r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":{bids},"asks":{asks},"checksum":{checksum},"timestamp":"{time}"}}]}}"#
        )
    }

    fn snapshot(&self, now_ms: i64) -> String {
        let side = |side: &[Level]| array(side.iter().map(|level| self.level(level)));
        self.message("snapshot", side(&self.sent.bids), side(&self.sent.asks), now_ms, false)
    }
}

/// CRC-32 of the ten lowest asks and the ten highest bids: price and quantity without point and leading zeros.
fn checksum(book: &PairBook, decimals: usize) -> u32 {
    let mut text = String::new();
    for level in book.asks.iter().take(CHECKSUM_LEVELS).chain(book.bids.iter().take(CHECKSUM_LEVELS)) {
        for number in [print_price(level.price, decimals), print_amount(level.sat, 8)] {
            text.push_str(number.replace('.', "").trim_start_matches('0'));
        }
    }
    crc32fast::hash(text.as_bytes())
}

impl Feed {
    fn subscribe(&mut self, symbol: &str, depth: usize, desk: &Desk) -> Vec<String> {
        let refused = |error: String| {
            json!({ "error": error, "method": "subscribe", "success": false, "symbol": symbol }).to_string()
        };
        let book = symbol.strip_prefix("BTC/").and_then(|currency| desk.market.book(currency));
        let Some(book) = book else {
            return vec![refused(format!("Currency pair not supported {symbol}"))];
        };
        if self.subscribed.iter().any(|subscribed| subscribed.symbol == symbol) {
            return vec![refused("Already subscribed".to_owned())];
        }
        let subscribed = Subscribed { symbol: symbol.to_owned(), depth, sent: book.top(depth) };
        let result = json!({ "channel": "book", "depth": depth, "snapshot": true, "symbol": symbol });
        let acknowledged = json!({ "method": "subscribe", "result": result, "success": true });
        let messages = vec![acknowledged.to_string(), subscribed.snapshot(desk.now_ms())];
        self.subscribed.push(subscribed);
        messages
    }
}

impl Script for Feed {
    fn greeting(&mut self, _: i64) -> Vec<String> {
        let data = json!([{ "api_version": "v2", "connection_id": 1, "system": "online", "version": "2.0.10" }]);
        vec![json!({ "channel": "status", "type": "update", "data": data }).to_string()]
    }

    fn asked(&mut self, text: &str, desk: &Desk) -> (Vec<String>, usize) {
        let Ok(asked) = serde_json::from_str::<Value>(text) else {
            return (vec![json!({ "error": "Malformed request", "success": false }).to_string()], 0);
        };
        let params = &asked["params"];
        let depth = params["depth"].as_u64().unwrap_or(10);
        let symbols: Vec<&str> = params["symbol"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match asked["method"].as_str() {
            Some("ping") => (vec![json!({ "method": "pong" }).to_string()], 0),
            Some("subscribe") if params["channel"] == "book" && DEPTHS.contains(&depth) => {
                let depth = usize::try_from(depth).unwrap_or(10);
                let said = symbols.iter().flat_map(|symbol| self.subscribe(symbol, depth, desk)).collect();
                (said, symbols.len())
            }
            Some("unsubscribe") if params["channel"] == "book" => {
                self.subscribed.retain(|subscribed| !symbols.contains(&subscribed.symbol.as_str()));
                let said = symbols.iter().map(|symbol| {
                    let result = json!({ "channel": "book", "depth": depth, "symbol": symbol });
                    json!({ "method": "unsubscribe", "result": result, "success": true }).to_string()
                });
                (said.collect(), 0)
            }
            method => {
                let refused = json!({ "error": "Invalid request", "method": method, "success": false });
                (vec![refused.to_string()], 0)
            }
        }
    }

    fn changed(&mut self, look: &dyn Fn(&str) -> Option<PairBook>, now_ms: i64, wrong_checksum: bool) -> Vec<String> {
        let mut messages = Vec::new();
        for subscribed in &mut self.subscribed {
            let Some(book) = look(subscribed.currency()).map(|book| book.top(subscribed.depth)) else { continue };
            let changed = changes(&subscribed.sent, &book, subscribed.depth);
            if changed.is_empty() {
                continue;
            }
            subscribed.sent = book;
            let side =
                |is_bid: bool| array(changed.iter().filter(|c| c.is_bid == is_bid).map(|c| subscribed.level(&c.level)));
            messages.push(subscribed.message("update", side(true), side(false), now_ms, wrong_checksum));
        }
        messages
    }

    fn heartbeat(&mut self, _: i64) -> Vec<String> {
        if self.subscribed.is_empty() { Vec::new() } else { vec![json!({ "channel": "heartbeat" }).to_string()] }
    }

    fn go_away(&self) -> Option<String> {
        None
    }
}
