//! Market data (docs.cdp.coinbase.com: Get Server Time, List Products, Get Product, Get Product Book, Get Best Bid/Ask,
//! Get Market Trades), the same with and without a key.

use serde_json::{Value, json};

use super::{
    Desk, MarketStatus,
    api::{Failed, invalid, not_found},
    decimal::{PRICE_SCALE, SIZE_SCALE},
    engine::{Book, Engine, Level, Side, Status},
    products::{BASE, PRODUCTS, Product, SIZE_MAX, SIZE_MIN},
    query::Query,
};
use crate::vendor::{decimal::print, lock, time::rfc3339};

/// Trades that a ticker shows.
const TRADES_MAX: usize = 100;

pub(crate) fn time(now_ms: i64) -> Value {
    json!({
        "iso": rfc3339(now_ms),
        "epochSeconds": now_ms.div_euclid(1_000).to_string(),
        "epochMillis": now_ms.to_string(),
    })
}

fn price_of(engine: &Engine, product: &Product) -> String {
    let bid = engine.books.get(product.id).and_then(|book| book.bids.first());
    bid.map_or_else(String::new, |level| print(level.price, PRICE_SCALE))
}

fn product_of(desk: &Desk, engine: &Engine, product: &Product) -> Value {
    let status = *lock(&desk.status);
    json!({
        "product_id": product.id,
        "price": price_of(engine, product),
        "price_percentage_change_24h": "0",
        "volume_24h": "0",
        "volume_percentage_change_24h": "0",
        "base_increment": "0.00000001",
        "quote_increment": "0.01",
        "quote_min_size": "1",
        "quote_max_size": "150000000",
        "base_min_size": print(SIZE_MIN, SIZE_SCALE),
        "base_max_size": print(SIZE_MAX / 100_000_000, 0),
        "base_name": "Bitcoin",
        "quote_name": product.quote_name,
        "watched": false,
        "is_disabled": false,
        "new": false,
        "status": "online",
        "cancel_only": status == MarketStatus::CancelOnly,
        "limit_only": false,
        "post_only": false,
        "trading_disabled": status == MarketStatus::TradingDisabled,
        "auction_mode": false,
        "product_type": "SPOT",
        "quote_currency_id": product.quote,
        "base_currency_id": BASE,
        "fcm_trading_session_details": null,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": BASE,
        "quote_display_symbol": product.quote,
        "view_only": false,
        "price_increment": "0.01",
        "display_name": product.id,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": "0",
    })
}

pub(crate) fn products(desk: &Desk, query: &Query) -> Value {
    let engine = lock(&desk.engine);
    // Only spot is traded here: a list of anything else is empty.
    let spot = query.admits("product_type", "SPOT");
    let wanted = PRODUCTS.iter().filter(|product| spot && query.admits("product_ids", product.id));
    let found: Vec<Value> = wanted.map(|product| product_of(desk, &engine, product)).collect();
    json!({ "products": found, "num_products": found.len() })
}

pub(crate) fn product(desk: &Desk, id: &str) -> Result<Value, Failed> {
    let product = Product::find(id).ok_or_else(|| not_found("product"))?;
    Ok(product_of(desk, &lock(&desk.engine), product))
}

fn book_of(id: &str, book: &Book, depth: usize) -> Value {
    let side = |levels: &[Level]| -> Vec<Value> {
        let level =
            |level: &Level| json!({ "price": print(level.price, PRICE_SCALE), "size": print(level.size, SIZE_SCALE) });
        levels.iter().take(depth).map(level).collect()
    };
    json!({ "product_id": id, "bids": side(&book.bids), "asks": side(&book.asks), "time": rfc3339(book.set_ms) })
}

pub(crate) fn book(desk: &Desk, query: &Query) -> Result<Value, Failed> {
    let id = query.get("product_id").ok_or_else(|| invalid("product_id"))?;
    let product = Product::find(id).ok_or_else(|| not_found("product"))?;
    let depth = query.get("limit").map_or(Ok(usize::MAX), str::parse).map_err(|_| invalid("limit"))?;
    let engine = lock(&desk.engine);
    let book = engine.books.get(product.id).cloned().unwrap_or_default();
    let (bid, ask) = (book.bids.first().copied(), book.asks.first().copied());
    let mut answer = json!({ "pricebook": book_of(product.id, &book, depth) });
    if let (Some(bid), Some(ask)) = (bid, ask) {
        answer["last"] = json!(print(bid.price, PRICE_SCALE));
        answer["mid_market"] = json!(print((bid.price + ask.price) * 5, PRICE_SCALE + 1));
        answer["spread_absolute"] = json!(print(ask.price - bid.price, PRICE_SCALE));
    }
    Ok(answer)
}

pub(crate) fn best(desk: &Desk, query: &Query) -> Value {
    let engine = lock(&desk.engine);
    let wanted = PRODUCTS.iter().filter(|product| query.admits("product_ids", product.id));
    let books: Vec<Value> =
        wanted.filter_map(|product| engine.books.get(product.id).map(|book| book_of(product.id, book, 1))).collect();
    json!({ "pricebooks": books })
}

/// The newest trades first: those of this account, which are all that there are.
pub(crate) fn ticker(desk: &Desk, id: &str) -> Result<Value, Failed> {
    let product = Product::find(id).ok_or_else(|| not_found("product"))?;
    let engine = lock(&desk.engine);
    let done =
        engine.orders.iter().rev().filter(|order| order.new.product == product && order.status != Status::Pending);
    let trades = done.flat_map(|order| order.fills.iter().rev().map(move |fill| (order.new.side, fill)));
    let trade = |(side, fill): (Side, &super::engine::Fill)| {
        json!({
            "trade_id": fill.trade_id,
            "product_id": product.id,
            "price": print(fill.price, PRICE_SCALE),
            "size": print(fill.size, SIZE_SCALE),
            "time": rfc3339(fill.at_ms),
            "side": if side == Side::Sell { "SELL" } else { "BUY" },
            "exchange": "",
        })
    };
    let book = engine.books.get(product.id).cloned().unwrap_or_default();
    let top = |levels: &[Level]| levels.first().map_or_else(String::new, |level| print(level.price, PRICE_SCALE));
    let trades: Vec<Value> = trades.take(TRADES_MAX).map(trade).collect();
    Ok(json!({ "trades": trades, "best_bid": top(&book.bids), "best_ask": top(&book.asks) }))
}
