//! The exchange itself: balances, books, orders, matching. Synchronous; HTTP is built on top.
//!
//! Invariants: every fill moves exactly its size and exactly its value less the fee; no account is ever below zero; fees
//! are taken in the quote currency, as Coinbase does.

use std::collections::{BTreeMap, HashMap};

use super::{
    decimal::{Value, fee, of_size, value},
    products::{BASE, PRODUCTS, Product, QUOTE_MIN, SIZE_MAX, SIZE_MIN},
};
use crate::vendor::ids;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// Cents.
    pub(crate) price: i64,
    /// Satoshi.
    pub(crate) size: i64,
}

/// What others offer. Bids from the highest, asks from the lowest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) bids: Vec<Level>,
    pub(crate) asks: Vec<Level>,
    pub(crate) set_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Buy,
    Sell,
}

/// What an order is allowed to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `sor_limit_ioc`: what does not fill at once is cancelled.
    ImmediateOrCancel,
    /// `limit_limit_fok`.
    FillOrKill,
    /// `limit_limit_gtc`.
    GoodTillCancelled { post_only: bool },
    /// `market_market_ioc` with a size.
    Market,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Taken, not yet matched.
    Pending,
    Open,
    Filled,
    Cancelled,
}

#[derive(Clone, Debug)]
pub(crate) struct NewOrder {
    pub(crate) client_order_id: String,
    pub(crate) product: &'static Product,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
    /// Satoshi.
    pub(crate) size: i64,
    /// Cents; absent for a market order.
    pub(crate) limit: Option<i64>,
    /// The order's configuration as it was sent, shown again.
    pub(crate) configuration: serde_json::Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub(crate) trade_id: String,
    pub(crate) price: i64,
    pub(crate) size: i64,
    pub(crate) commission: Value,
    pub(crate) at_ms: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) new: NewOrder,
    pub(crate) status: Status,
    pub(crate) created_ms: i64,
    pub(crate) fills: Vec<Fill>,
}

impl Order {
    pub(crate) fn filled(&self) -> i64 {
        self.fills.iter().map(|fill| fill.size).sum()
    }

    pub(crate) fn value(&self) -> Value {
        self.fills.iter().map(|fill| value(fill.price, fill.size)).sum()
    }

    pub(crate) fn fees(&self) -> Value {
        self.fills.iter().map(|fill| fill.commission).sum()
    }

    fn left(&self) -> i64 {
        self.new.size - self.filled()
    }

    fn live(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Open)
    }

    /// What the live order holds, by currency.
    pub(crate) fn holds(&self, taker_bps: u32) -> Option<(&'static str, Value)> {
        self.live().then(|| match (self.new.side, self.new.limit) {
            (Side::Sell, _) => (BASE, of_size(self.left())),
            (Side::Buy, Some(limit)) => {
                let cost = value(limit, self.left());
                (self.new.product.quote, cost + fee(cost, taker_bps))
            }
            (Side::Buy, None) => (self.new.product.quote, 0),
        })
    }
}

/// Why an order is not taken: `error` (a `NewOrderFailureReason`), `preview_failure_reason` and words.
pub(crate) struct Refused(pub(crate) &'static str, pub(crate) &'static str, pub(crate) &'static str);

pub(crate) struct Engine {
    pub(crate) balances: BTreeMap<&'static str, Value>,
    pub(crate) books: HashMap<&'static str, Book>,
    pub(crate) orders: Vec<Order>,
    pub(crate) taker_bps: u32,
    pub(crate) maker_bps: u32,
    refills: bool,
    /// Orders are taken and wait.
    pub(crate) holding: bool,
}

impl Engine {
    pub(crate) fn new(taker_bps: u32, maker_bps: u32, refills: bool) -> Self {
        let books = PRODUCTS.iter().map(|product| (product.id, Book::default())).collect();
        Self { balances: BTreeMap::new(), books, orders: Vec::new(), taker_bps, maker_bps, refills, holding: false }
    }

    pub(crate) fn held(&self, currency: &str) -> Value {
        let held = self.orders.iter().filter_map(|order| order.holds(self.taker_bps));
        held.filter(|(of, _)| *of == currency).map(|(_, amount)| amount).sum()
    }

    pub(crate) fn available(&self, currency: &str) -> Value {
        self.balances.get(currency).copied().unwrap_or(0) - self.held(currency)
    }

    pub(crate) fn check(&self, new: &NewOrder) -> Result<(), Refused> {
        if new.size < SIZE_MIN {
            return Err(Refused("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "size too small"));
        }
        if new.size > SIZE_MAX {
            return Err(Refused("INVALID_REQUEST", "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", "size too large"));
        }
        let price = new.limit.or_else(|| self.matching(new).next().map(|level| level.price));
        if price.is_some_and(|price| value(price, new.size) < QUOTE_MIN * value(100, 100_000_000)) {
            let why = "Minimum order value is 1";
            return Err(Refused("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", why));
        }
        let enough = match new.side {
            Side::Sell => of_size(new.size) <= self.available(BASE),
            Side::Buy => {
                let cost = value(price.unwrap_or(0), new.size);
                cost + fee(cost, self.taker_bps) <= self.available(new.product.quote)
            }
        };
        if !enough {
            let why = "Insufficient balance in source account";
            return Err(Refused("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", why));
        }
        if new.kind == (Kind::GoodTillCancelled { post_only: true }) && self.matching(new).next().is_some() {
            let why = "the price crosses the book";
            return Err(Refused("INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY", why));
        }
        Ok(())
    }

    /// The levels that an order trades with, best first.
    fn matching<'a>(&'a self, new: &'a NewOrder) -> impl Iterator<Item = Level> + 'a {
        let book = self.books.get(new.product.id);
        let side = book.map(|book| if new.side == Side::Sell { &book.bids } else { &book.asks });
        let crosses = |level: &Level| match (new.side, new.limit) {
            (_, None) => true,
            (Side::Sell, Some(limit)) => level.price >= limit,
            (Side::Buy, Some(limit)) => level.price <= limit,
        };
        side.into_iter().flatten().copied().take_while(crosses)
    }

    /// Takes a checked order; its identifier.
    pub(crate) fn place(&mut self, new: NewOrder, now_ms: i64) -> Result<String, Refused> {
        self.check(&new)?;
        let id = ids::uuid();
        let order = Order { id: id.clone(), new, status: Status::Pending, created_ms: now_ms, fills: Vec::new() };
        self.orders.push(order);
        if !self.holding {
            self.match_new(self.orders.len() - 1, now_ms);
        }
        Ok(id)
    }

    fn match_new(&mut self, index: usize, now_ms: i64) {
        let new = self.orders[index].new.clone();
        let there: i64 = self.matching(&new).map(|level| level.size).sum();
        if new.kind != Kind::FillOrKill || there >= new.size {
            self.trade(index, self.taker_bps, now_ms);
        }
        let order = &mut self.orders[index];
        order.status = match (order.left(), order.new.kind) {
            (0, _) => Status::Filled,
            (_, Kind::GoodTillCancelled { .. }) => Status::Open,
            (_, Kind::ImmediateOrCancel | Kind::FillOrKill | Kind::Market) => Status::Cancelled,
        };
    }

    fn trade(&mut self, index: usize, fee_bps: u32, now_ms: i64) {
        let new = self.orders[index].new.clone();
        let mut left = self.orders[index].left();
        let levels: Vec<Level> = self.matching(&new).collect();
        for level in levels {
            let size = level.size.min(left);
            if size == 0 {
                break;
            }
            left -= size;
            let gross = value(level.price, size);
            let commission = fee(gross, fee_bps);
            let (base, quote) = match new.side {
                Side::Sell => (-of_size(size), gross - commission),
                Side::Buy => (of_size(size), -(gross + commission)),
            };
            *self.balances.entry(BASE).or_default() += base;
            *self.balances.entry(new.product.quote).or_default() += quote;
            let fill = Fill { trade_id: ids::uuid(), price: level.price, size, commission, at_ms: now_ms };
            self.orders[index].fills.push(fill);
            self.consume(&new, level.price, size);
        }
    }

    fn consume(&mut self, new: &NewOrder, price: i64, size: i64) {
        if self.refills {
            return;
        }
        if let Some(book) = self.books.get_mut(new.product.id) {
            let side = if new.side == Side::Sell { &mut book.bids } else { &mut book.asks };
            if let Some(level) = side.iter_mut().find(|level| level.price == price) {
                level.size -= size;
            }
            side.retain(|level| level.size > 0);
        }
    }

    /// Replaces a book; resting orders that it crosses trade as makers, oldest first.
    pub(crate) fn set_book(&mut self, product: &'static Product, book: Book, now_ms: i64) {
        self.books.insert(product.id, book);
        for index in 0..self.orders.len() {
            let order = &self.orders[index];
            if order.status == Status::Open && order.new.product == product {
                self.trade(index, self.maker_bps, now_ms);
                if self.orders[index].left() == 0 {
                    self.orders[index].status = Status::Filled;
                }
            }
        }
    }

    /// Matches what waits from now on at once.
    pub(crate) fn set_holding(&mut self, holding: bool, now_ms: i64) {
        self.holding = holding;
        if !holding {
            let waiting = (0..self.orders.len()).filter(|index| self.orders[*index].status == Status::Pending);
            for index in waiting.collect::<Vec<_>>() {
                self.match_new(index, now_ms);
            }
        }
    }
}
