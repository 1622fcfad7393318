//! Coinbase Exchange's public market data (docs.cdp.coinbase.com/exchange: "Get product ticker", "Get product book";
//! WebSocket channels `heartbeat`, `ticker`, `ticker_batch`, `level2_batch`).

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
use crate::vendor::time::rfc3339;

const CHANNELS: [&str; 4] = ["heartbeat", "ticker", "ticker_batch", "level2_batch"];
const CURRENCIES: [&str; 3] = ["USD", "EUR", "GBP"];

pub(super) fn router(desk: &Desk) -> Router {
    Router::new()
        .route("/products/{product}/ticker", get(ticker))
        .route("/products/{product}/book", get(book))
        .route("/", get(feed))
        .with_state(desk.clone())
}

pub(super) fn refusal(status: u16, message: &str) -> Response {
    json_error(status, &json!({ "message": message }))
}

fn find(product: &str, desk: &Desk) -> Option<PairBook> {
    let currency = product.strip_prefix("BTC-").filter(|currency| CURRENCIES.contains(currency))?;
    desk.market.book(currency)
}

/// Microseconds, as Coinbase prints them.
fn time(now_ms: i64) -> String {
    rfc3339(now_ms).replace('Z', "000Z")
}

fn price(level: &Level) -> String {
    print_price(level.price, 2)
}

fn size(level: &Level) -> String {
    print_amount(level.sat, 8)
}

async fn ticker(State(desk): State<Desk>, Path(product): Path<String>) -> Response {
    let Some(book) = find(&product, &desk) else { return refusal(404, "NotFound") };
    let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) else { return refusal(404, "NotFound") };
    let answer = json!({
        "ask": price(ask), "bid": price(bid), "volume": "1234.56789012", "trade_id": 20_153_558, "price": price(bid),
        "size": "0.01000000", "time": time(desk.now_ms()),
    });
    json_text(answer.to_string())
}

#[derive(Deserialize)]
struct Asked {
    level: Option<u8>,
}

async fn book(State(desk): State<Desk>, Path(product): Path<String>, Query(asked): Query<Asked>) -> Response {
    let Some(book) = find(&product, &desk) else { return refusal(404, "NotFound") };
    let book = match asked.level.unwrap_or(1) {
        1 => book.top(1),
        2 => book,
        _ => return refusal(400, "Invalid level"),
    };
    let side = |side: &[Level]| side.iter().map(|level| json!([price(level), size(level), 1])).collect::<Vec<Value>>();
    let answer = json!({
        "bids": side(&book.bids), "asks": side(&book.asks), "sequence": 13_051_505_638_u64, "auction_mode": false,
        "auction": null, "time": time(desk.now_ms()),
    });
    json_text(answer.to_string())
}

async fn feed(State(desk): State<Desk>, socket: WebSocketUpgrade) -> Response {
    upgrade(socket, desk, Feed { subscribed: Vec::new(), sequence: 37_475_248_783, trade: 370_843_400 })
}

struct Feed {
    subscribed: Vec<Subscribed>,
    sequence: u64,
    trade: u64,
}

struct Subscribed {
    product: String,
    channel: String,
    sent: PairBook,
}

impl Subscribed {
    fn currency(&self) -> &str {
        self.product.strip_prefix("BTC-").unwrap_or_default()
    }
}

impl Feed {
    /// Every ticker is of a match of its own.
    fn ticker(&self, product: &str, book: &PairBook, now_ms: i64) -> Option<String> {
        let (bid, ask) = (book.bids.first()?, book.asks.first()?);
        let message = json!({
            "type": "ticker", "sequence": self.sequence, "product_id": product, "price": price(bid),
            "open_24h": price(bid), "volume_24h": "245532.79269678", "low_24h": price(bid), "high_24h": price(ask),
            "volume_30d": "9788783.60117027", "best_bid": price(bid), "best_bid_size": size(bid),
            "best_ask": price(ask), "best_ask_size": size(ask), "side": "buy", "time": time(now_ms),
            "trade_id": self.trade, "last_size": "0.01000000",
        });
        Some(message.to_string())
    }

    fn snapshot(product: &str, book: &PairBook) -> String {
        let side = |side: &[Level]| side.iter().map(|level| json!([price(level), size(level)])).collect::<Vec<Value>>();
        json!({ "type": "snapshot", "product_id": product, "bids": side(&book.bids), "asks": side(&book.asks) })
            .to_string()
    }

    fn subscriptions(&self) -> String {
        let channel = |name: &&str| {
            let of = self.subscribed.iter().filter(|subscribed| subscribed.channel == **name);
            let products: Vec<&str> = of.map(|subscribed| subscribed.product.as_str()).collect();
            (!products.is_empty()).then(|| json!({ "name": name, "product_ids": products }))
        };
        let channels: Vec<Value> = CHANNELS.iter().filter_map(channel).collect();
        json!({ "type": "subscriptions", "channels": channels }).to_string()
    }
}

/// `channels` are names, or objects with products of their own.
fn wanted(asked: &Value) -> Vec<(String, String)> {
    let products = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())).collect()
    };
    let common = products(&asked["product_ids"]);
    let mut wanted = Vec::new();
    for channel in asked["channels"].as_array().into_iter().flatten() {
        let (name, own) = match channel.as_str() {
            Some(name) => (name, Vec::new()),
            None => (channel["name"].as_str().unwrap_or_default(), products(&channel["product_ids"])),
        };
        wanted.extend(common.iter().chain(&own).map(|product| (name.to_owned(), product.clone())));
    }
    wanted
}

impl Script for Feed {
    fn greeting(&mut self, _: i64) -> Vec<String> {
        Vec::new()
    }

    fn asked(&mut self, text: &str, desk: &Desk) -> (Vec<String>, usize) {
        let asked: Value = serde_json::from_str(text).unwrap_or_default();
        let wanted = wanted(&asked);
        let failed = |reason: String| {
            vec![json!({ "type": "error", "message": "Failed to subscribe", "reason": reason }).to_string()]
        };
        match asked["type"].as_str() {
            Some("subscribe") => {
                for (channel, product) in &wanted {
                    if !CHANNELS.contains(&channel.as_str()) {
                        return (failed(format!("{channel} is not a valid channel")), 0);
                    }
                    if find(product, desk).is_none() {
                        return (failed(format!("{product} is not a valid product")), 0);
                    }
                }
                let mut said = Vec::new();
                for (channel, product) in &wanted {
                    let Some(book) = find(product, desk) else { continue };
                    match channel.as_str() {
                        "level2_batch" => said.push(Self::snapshot(product, &book)),
                        "ticker" | "ticker_batch" => said.extend(self.ticker(product, &book, desk.now_ms())),
                        _ => {}
                    }
                    self.subscribed.retain(|known| known.product != *product || known.channel != *channel);
                    let (product, channel) = (product.clone(), channel.clone());
                    self.subscribed.push(Subscribed { product, channel, sent: book });
                }
                said.insert(0, self.subscriptions());
                (said, wanted.len())
            }
            Some("unsubscribe") => {
                self.subscribed.retain(|known| !wanted.contains(&(known.channel.clone(), known.product.clone())));
                (vec![self.subscriptions()], 0)
            }
            _ => (failed("type has to be subscribe or unsubscribe".to_owned()), 0),
        }
    }

    fn changed(&mut self, look: &dyn Fn(&str) -> Option<PairBook>, now_ms: i64, _: bool) -> Vec<String> {
        self.sequence += 17;
        self.trade += 1;
        let mut messages = Vec::new();
        for index in 0..self.subscribed.len() {
            let Some(subscribed) = self.subscribed.get(index) else { continue };
            let Some(book) = look(subscribed.currency()).filter(|book| *book != subscribed.sent) else { continue };
            match subscribed.channel.as_str() {
                "ticker" | "ticker_batch" => messages.extend(self.ticker(&subscribed.product, &book, now_ms)),
                "level2_batch" => {
                    let changed = changes(&subscribed.sent, &book, usize::MAX);
                    let change = |change: &super::market::Change| {
                        let side = if change.is_bid { "buy" } else { "sell" };
                        json!([side, price(&change.level), size(&change.level)])
                    };
                    let changes: Vec<Value> = changed.iter().map(change).collect();
                    let message = json!({
                        "type": "l2update", "product_id": subscribed.product, "changes": changes, "time": time(now_ms),
                    });
                    messages.push(message.to_string());
                }
                _ => {}
            }
            if let Some(subscribed) = self.subscribed.get_mut(index) {
                subscribed.sent = book;
            }
        }
        messages
    }

    fn heartbeat(&mut self, now_ms: i64) -> Vec<String> {
        let beats = self.subscribed.iter().filter(|subscribed| subscribed.channel == "heartbeat");
        let message = |subscribed: &Subscribed| {
            json!({
                "type": "heartbeat", "sequence": self.sequence, "last_trade_id": self.trade,
                "product_id": subscribed.product, "time": time(now_ms),
            })
            .to_string()
        };
        beats.map(message).collect()
    }

    fn go_away(&self) -> Option<String> {
        None
    }
}
