//! Bitfinex's public market data (docs.bitfinex.com, version 2: REST `ticker`, `book`; WebSocket `ticker`, `book`, `conf`
//! flags, `info` codes, "WebSocket Checksum"). Amounts are JSON numbers.

use axum::{
    Router,
    extract::{Path, Query, State, WebSocketUpgrade},
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

const CURRENCIES: [&str; 4] = ["USD", "EUR", "GBP", "JPY"];
const LENGTHS: [usize; 4] = [1, 25, 100, 250];
const CHECKSUM_LEVELS: usize = 25;
const TIMESTAMP: u64 = 32_768;
const SEQ_ALL: u64 = 65_536;
const OB_CHECKSUM: u64 = 131_072;

pub(super) fn router(desk: &Desk) -> Router {
    Router::new()
        .route("/v2/ticker/{symbol}", get(ticker))
        .route("/v2/book/{symbol}/{precision}", get(book))
        .route("/ws/2", get(feed))
        .with_state(desk.clone())
}

pub(super) fn refusal(status: u16, message: &str) -> Response {
    json_error(status, &json!(["error", 10_020, message]))
}

fn find(symbol: &str, desk: &Desk) -> Option<(&'static str, PairBook)> {
    let quote = symbol.strip_prefix("tBTC")?;
    let code = CURRENCIES.into_iter().find(|code| *code == quote)?;
    Some((code, desk.market.book(code)?))
}

/// As JavaScript prints it: no zeros at the end.
fn price(level: &Level) -> String {
    print_price(level.price, 0)
}

/// Asks are negative.
fn amount(level: &Level, is_bid: bool) -> String {
    format!("{}{}", if is_bid { "" } else { "-" }, print_amount(level.sat, 0))
}

fn row(level: &Level, is_bid: bool) -> String {
    format!("[{},1,{}]", price(level), amount(level, is_bid))
}

fn rows(book: &PairBook) -> String {
    let bids = book.bids.iter().map(|level| row(level, true));
    array(bids.chain(book.asks.iter().map(|level| row(level, false))))
}

/// `[BID, BID_SIZE, ASK, ASK_SIZE, DAILY_CHANGE, DAILY_CHANGE_RELATIVE, LAST_PRICE, VOLUME, HIGH, LOW]`; sizes are of the
/// best 25 levels.
fn fields(book: &PairBook) -> Option<String> {
    let (bid, ask) = (book.bids.first()?, book.asks.first()?);
    let size = |side: &[Level]| print_amount(side.iter().take(25).map(|level| level.sat).sum(), 0);
    let (bids, asks, best, least) = (size(&book.bids), size(&book.asks), price(bid), price(ask));
    Some(format!("[{best},{bids},{least},{asks},-12,-0.0021,{best},1234.5,{least},{best}]"))
}

async fn ticker(State(desk): State<Desk>, Path(symbol): Path<String>) -> Response {
    match find(&symbol, &desk).and_then(|(_, book)| fields(&book)) {
        Some(fields) => json_text(fields),
        None => refusal(500, "symbol: invalid"),
    }
}

#[derive(Deserialize)]
struct Asked {
    len: Option<usize>,
}

async fn book(
    State(desk): State<Desk>,
    Path((symbol, precision)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Response {
    let length = asked.len.unwrap_or(25);
    if precision != "P0" || !LENGTHS.contains(&length) {
        return refusal(500, "len: invalid");
    }
    match find(&symbol, &desk) {
        Some((_, book)) => json_text(rows(&book.top(length))),
        None => refusal(500, "symbol: invalid"),
    }
}

async fn feed(State(desk): State<Desk>, socket: WebSocketUpgrade) -> Response {
    upgrade(socket, desk, Feed { subscribed: Vec::new(), flags: 0, sequence: 0, channels: 224_555 })
}

struct Feed {
    subscribed: Vec<Subscribed>,
    flags: u64,
    sequence: u64,
    channels: u64,
}

struct Subscribed {
    id: u64,
    is_book: bool,
    length: usize,
    currency: &'static str,
    sent: PairBook,
}

impl Feed {
    /// `[channel, payload..]`, with what the flags add at the end.
    fn message(&mut self, id: u64, payload: &str, now_ms: i64) -> String {
        let mut message = format!("[{id},{payload}");
        if self.flags & SEQ_ALL != 0 {
            self.sequence += 1;
            message.push_str(&format!(",{}", self.sequence));
        }
        if self.flags & TIMESTAMP != 0 {
            message.push_str(&format!(",{now_ms}"));
        }
        message.push(']');
        message
    }

    fn subscribe(&mut self, asked: &Value, desk: &Desk) -> Vec<String> {
        let failed = |code: u32, message: &str| {
            vec![json!({ "event": "error", "msg": message, "code": code, "symbol": asked["symbol"] }).to_string()]
        };
        let symbol = asked["symbol"].as_str().unwrap_or_default();
        let Some((currency, book)) = find(symbol, desk) else { return failed(10_300, "symbol: invalid") };
        let is_book = match asked["channel"].as_str() {
            Some("ticker") => false,
            Some("book") => true,
            _ => return failed(10_302, "channel: unknown"),
        };
        let length = asked["len"].as_str().and_then(|len| len.parse().ok()).unwrap_or(25);
        if is_book && (!LENGTHS.contains(&length) || !matches!(asked["prec"].as_str(), None | Some("P0"))) {
            return failed(10_300, "len: invalid");
        }
        self.channels += 7;
        let id = self.channels;
        let mut answer = json!({ "event": "subscribed", "channel": asked["channel"], "chanId": id, "symbol": symbol });
        answer["pair"] = symbol.trim_start_matches('t').into();
        let sent = book.top(if is_book { length } else { usize::MAX });
        let mut said = vec![answer.to_string()];
        let payload = if is_book { rows(&sent) } else { fields(&sent).unwrap_or_default() };
        said.push(self.message(id, &payload, desk.now_ms()));
        if is_book {
            said.extend(self.checksum(id, &sent, desk.now_ms(), false));
        }
        self.subscribed.push(Subscribed { id, is_book, length, currency, sent });
        said
    }

    fn checksum(&mut self, id: u64, book: &PairBook, now_ms: i64, wrong: bool) -> Option<String> {
        if self.flags & OB_CHECKSUM == 0 {
            return None;
        }
        let checksum = checksum(book).wrapping_add(i32::from(wrong));
        Some(self.message(id, &format!("\"cs\",{checksum}"), now_ms))
    }
}

/// CRC-32, signed, over the best 25 bids and asks by turns: `price:amount:price:amount:..`
fn checksum(book: &PairBook) -> i32 {
    let mut parts = Vec::new();
    for index in 0..CHECKSUM_LEVELS {
        for (side, is_bid) in [(&book.bids, true), (&book.asks, false)] {
            if let Some(level) = side.get(index) {
                parts.push(format!("{}:{}", price(level), amount(level, is_bid)));
            }
        }
    }
    i32::from_ne_bytes(crc32fast::hash(parts.join(":").as_bytes()).to_ne_bytes())
}

impl Script for Feed {
    fn greeting(&mut self, _: i64) -> Vec<String> {
        let info = json!({ "event": "info", "version": 2, "serverId": "sandbox", "platform": { "status": 1 } });
        vec![info.to_string()]
    }

    fn asked(&mut self, text: &str, desk: &Desk) -> (Vec<String>, usize) {
        let asked: Value = serde_json::from_str(text).unwrap_or_default();
        match asked["event"].as_str() {
            Some("ping") => (vec![json!({ "event": "pong", "ts": desk.now_ms(), "cid": asked["cid"] }).to_string()], 0),
            Some("conf") => {
                self.flags = asked["flags"].as_u64().unwrap_or_default();
                (vec![json!({ "event": "conf", "status": "OK", "flags": self.flags }).to_string()], 0)
            }
            Some("subscribe") => (self.subscribe(&asked, desk), 1),
            Some("unsubscribe") => {
                let id = asked["chanId"].as_u64().unwrap_or_default();
                self.subscribed.retain(|subscribed| subscribed.id != id);
                (vec![json!({ "event": "unsubscribed", "status": "OK", "chanId": id }).to_string()], 0)
            }
            _ => (vec![json!({ "event": "error", "msg": "unknown event", "code": 10_000 }).to_string()], 0),
        }
    }

    /// One level a message, then the checksum.
    fn changed(&mut self, look: &dyn Fn(&str) -> Option<PairBook>, now_ms: i64, wrong_checksum: bool) -> Vec<String> {
        let mut messages = Vec::new();
        for mut subscribed in std::mem::take(&mut self.subscribed) {
            let depth = if subscribed.is_book { subscribed.length } else { usize::MAX };
            let book = look(subscribed.currency).map(|book| book.top(depth)).filter(|book| *book != subscribed.sent);
            if let Some(book) = book {
                if subscribed.is_book {
                    for change in changes(&subscribed.sent, &book, usize::MAX) {
                        let payload = match change.level.sat {
                            0 => format!("[{},0,{}]", price(&change.level), if change.is_bid { 1 } else { -1 }),
                            _ => row(&change.level, change.is_bid),
                        };
                        messages.push(self.message(subscribed.id, &payload, now_ms));
                    }
                    messages.extend(self.checksum(subscribed.id, &book, now_ms, wrong_checksum));
                } else if let Some(fields) = fields(&book) {
                    messages.push(self.message(subscribed.id, &fields, now_ms));
                }
                subscribed.sent = book;
            }
            self.subscribed.push(subscribed);
        }
        messages
    }

    fn heartbeat(&mut self, now_ms: i64) -> Vec<String> {
        let ids: Vec<u64> = self.subscribed.iter().map(|subscribed| subscribed.id).collect();
        ids.into_iter().map(|id| self.message(id, "\"hb\"", now_ms)).collect()
    }

    fn go_away(&self) -> Option<String> {
        Some(json!({ "event": "info", "code": 20_051, "msg": "Stopping. Please try to reconnect" }).to_string())
    }
}
