//! The exchange itself: balances, order books, orders, matching. Synchronous; HTTP is built on top.
//!
//! Invariants, in whole smallest units and without rounding anywhere but in a fill's cost and fee:
//! * a sale moves exactly `vol_exec` out of bitcoin and exactly `cost - fee` into the quote currency, a purchase
//!   exactly `vol_exec` in and `cost + fee` out; with `fcib` it is the bitcoin that the fee is taken from;
//! * no balance is ever below what open orders hold, so none is ever negative.
//!
//! An order's cost is rounded in the venue's favour to the quote balance's decimals, its fee up: once for the whole
//! order, however many fills it has.

use std::collections::{BTreeMap, HashMap};

use super::{
    decimal::{base_fee_ceil, cost_ceil, cost_floor, fee_ceil, notional},
    pairs::{BASE, BASE_SCALE, PAIRS, Pair, VOLUME_MIN},
};
use crate::vendor::ids;

/// One price of a book, units of 10^-5 and 10^-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) price: i64,
    pub(crate) volume: i64,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderStatus {
    Open,
    Closed,
    Canceled,
}

/// What a client asks for, checked for form but not for funds.
#[derive(Clone, Debug)]
pub(crate) struct NewOrder {
    pub(crate) pair: &'static Pair,
    pub(crate) side: Side,
    /// `None`: a market order.
    pub(crate) limit: Option<i64>,
    pub(crate) volume: i64,
    /// Immediate or cancel. A market order always is.
    pub(crate) immediate: bool,
    pub(crate) post_only: bool,
    /// `fcib`: the fee is taken in bitcoin, else in the quote currency.
    pub(crate) fee_in_base: bool,
    pub(crate) userref: Option<i32>,
    pub(crate) cl_ord_id: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) txid: String,
    pub(crate) new: NewOrder,
    pub(crate) status: OrderStatus,
    pub(crate) reason: Option<&'static str>,
    pub(crate) opened_ms: i64,
    pub(crate) closed_ms: Option<i64>,
    pub(crate) volume_done: i64,
    /// Smallest units of the quote balance.
    pub(crate) cost: i64,
    /// Smallest units of the balance that it is taken from.
    pub(crate) fee: i64,
    pub(crate) trades: Vec<String>,
    /// Price × volume of all fills, exactly: cost and fee are rounded once per order, not once per fill.
    notional: i128,
    /// Cost (or volume, where the fee is taken in bitcoin) × fee rate of all fills.
    fee_weight: i128,
}

impl Order {
    pub(crate) fn volume_left(&self) -> i64 {
        self.new.volume - self.volume_done
    }

    /// What the open order holds of (bitcoin in units of 10^-10, quote in its smallest units): all that it can still
    /// take.
    fn holds(&self, fee_bps: u32) -> (i64, i64) {
        match (self.status, self.new.side, self.new.limit) {
            (OrderStatus::Open, Side::Sell, limit) => {
                let (_, fee) = self.after(limit.unwrap_or(0), self.volume_left(), fee_bps);
                (to_base(self.volume_left()) + if self.new.fee_in_base { fee - self.fee } else { 0 }, 0)
            }
            (OrderStatus::Open, Side::Buy, Some(limit)) => {
                let (cost, fee) = self.after(limit, self.volume_left(), fee_bps);
                (0, cost - self.cost + if self.new.fee_in_base { 0 } else { fee - self.fee })
            }
            (OrderStatus::Open | OrderStatus::Closed | OrderStatus::Canceled, _, _) => (0, 0),
        }
    }

    /// Cost and fee of the order after one more fill.
    fn after(&self, price: i64, volume: i64, fee_bps: u32) -> (i64, i64) {
        let notional = self.notional + notional(price, volume);
        let cost = match self.new.side {
            Side::Sell => cost_floor(notional, self.new.pair.quote_scale),
            Side::Buy => cost_ceil(notional, self.new.pair.quote_scale),
        };
        let weight = self.weight_after(cost, volume, fee_bps);
        (cost, if self.new.fee_in_base { base_fee_ceil(weight) } else { fee_ceil(weight) })
    }

    fn weight_after(&self, cost: i64, volume: i64, fee_bps: u32) -> i128 {
        let of = if self.new.fee_in_base { volume } else { cost - self.cost };
        self.fee_weight + i128::from(of) * i128::from(fee_bps)
    }
}

/// A volume in units of 10^-8 as a balance in units of 10^-10.
fn to_base(volume: i64) -> i64 {
    volume * 10_i64.pow(BASE_SCALE - super::decimal::VOLUME_SCALE)
}

pub(crate) struct Engine {
    pub(crate) balances: BTreeMap<&'static str, i64>,
    pub(crate) books: HashMap<&'static str, Book>,
    pub(crate) orders: Vec<Order>,
    by_txid: HashMap<String, usize>,
    pub(crate) taker_bps: u32,
    pub(crate) maker_bps: u32,
    /// Whether levels keep their volume when they are traded with.
    pub(crate) refills: bool,
    /// Price of the newest fill per pair.
    pub(crate) last_price: HashMap<&'static str, i64>,
}

impl Engine {
    pub(crate) fn new(taker_bps: u32, maker_bps: u32, refills: bool) -> Self {
        Self {
            balances: BTreeMap::new(),
            books: PAIRS.iter().map(|pair| (pair.name, Book::default())).collect(),
            orders: Vec::new(),
            by_txid: HashMap::new(),
            taker_bps,
            maker_bps,
            refills,
            last_price: HashMap::new(),
        }
    }

    pub(crate) fn order(&self, txid: &str) -> Option<&Order> {
        self.by_txid.get(txid).map(|index| &self.orders[*index])
    }

    pub(crate) fn balance(&self, asset: &str) -> i64 {
        self.balances.get(asset).copied().unwrap_or(0)
    }

    /// What open orders leave of a balance.
    pub(crate) fn free(&self, asset: &str) -> i64 {
        let open = self.orders.iter().filter(|order| order.status == OrderStatus::Open);
        let held: i64 = open
            .map(|order| match (asset, order.holds(self.taker_bps)) {
                (BASE, (base, _)) => base,
                (asset, (_, quote)) if asset == order.new.pair.quote => quote,
                (_, _) => 0,
            })
            .sum();
        self.balance(asset) - held
    }

    /// Checks an order against minimum, uniqueness and funds. `Err` is Kraken's error string.
    pub(crate) fn check(&self, new: &NewOrder) -> Result<(), &'static str> {
        if new.volume < VOLUME_MIN {
            return Err("EOrder:Order minimum not met");
        }
        if new.limit.is_some_and(|limit| limit % new.pair.tick() != 0) {
            return Err("EOrder:Tick size check failed");
        }
        // Unique among open orders only (docs.kraken.com/exchange/guides/general/clordid).
        let open = self.orders.iter().filter(|order| order.status == OrderStatus::Open);
        let taken = |order: &Order| new.cl_ord_id.is_some() && order.new.cl_ord_id == new.cl_ord_id;
        if open.into_iter().any(taken) {
            return Err("EGeneral:Invalid arguments:cl_ord_id not unique");
        }
        let scale = new.pair.quote_scale;
        let price = new.limit.or(self.best(new)).unwrap_or(0);
        if price > 0 && cost_floor(notional(price, new.volume), scale) < new.pair.cost_min() {
            return Err("EOrder:Cost minimum not met");
        }
        let enough = match new.side {
            Side::Sell => to_base(new.volume) + self.base_fee(new) <= self.free(BASE),
            Side::Buy => self.worst_cost(new) <= self.free(new.pair.quote),
        };
        if !enough {
            return Err("EOrder:Insufficient funds");
        }
        if new.post_only && self.matching(new).next().is_some() {
            return Err("EOrder:Post only order");
        }
        Ok(())
    }

    /// The most that a sale pays of bitcoin besides its volume.
    fn base_fee(&self, new: &NewOrder) -> i64 {
        let fee = base_fee_ceil(i128::from(new.volume) * i128::from(self.taker_bps));
        if new.fee_in_base { fee } else { 0 }
    }

    fn best(&self, new: &NewOrder) -> Option<i64> {
        let book = self.books.get(new.pair.name)?;
        let side = if new.side == Side::Sell { &book.bids } else { &book.asks };
        side.first().map(|level| level.price)
    }

    /// The levels that an order trades with, best first.
    fn matching<'a>(&'a self, new: &'a NewOrder) -> impl Iterator<Item = Level> + 'a {
        let book = self.books.get(new.pair.name);
        let side = book.map(|book| if new.side == Side::Sell { &book.bids } else { &book.asks });
        let crosses = |level: &Level| match (new.side, new.limit) {
            (_, None) => true,
            (Side::Sell, Some(limit)) => level.price >= limit,
            (Side::Buy, Some(limit)) => level.price <= limit,
        };
        side.into_iter().flatten().copied().take_while(crosses)
    }

    /// The most that a purchase can cost, fee included: the limit for a limit order, the book for a market order.
    fn worst_cost(&self, new: &NewOrder) -> i64 {
        let mut left = new.volume;
        let worst: i128 = match new.limit {
            Some(limit) => notional(limit, new.volume),
            None => self
                .matching(new)
                .map(|level| {
                    let volume = level.volume.min(left);
                    left -= volume;
                    notional(level.price, volume)
                })
                .sum(),
        };
        let cost = cost_ceil(worst, new.pair.quote_scale);
        cost + fee_ceil(i128::from(cost) * i128::from(self.taker_bps))
    }

    /// Takes a checked order, trades what the book gives, and answers its txid.
    pub(crate) fn place(&mut self, new: NewOrder, now_ms: i64) -> Result<String, &'static str> {
        self.check(&new)?;
        let txid = ids::kraken('O');
        let index = self.orders.len();
        self.by_txid.insert(txid.clone(), index);
        self.orders.push(Order {
            txid: txid.clone(),
            new,
            status: OrderStatus::Open,
            reason: None,
            opened_ms: now_ms,
            closed_ms: None,
            volume_done: 0,
            cost: 0,
            fee: 0,
            trades: Vec::new(),
            notional: 0,
            fee_weight: 0,
        });
        self.trade(index, self.taker_bps, now_ms);
        let order = &mut self.orders[index];
        if order.status == OrderStatus::Open && (order.new.immediate || order.new.limit.is_none()) {
            order.status = OrderStatus::Canceled;
            order.closed_ms = Some(now_ms);
        }
        Ok(txid)
    }

    /// Trades an open order with the book, as far as both go.
    fn trade(&mut self, index: usize, fee_bps: u32, now_ms: i64) {
        let order = &self.orders[index];
        let (new, mut left) = (order.new.clone(), order.volume_left());
        let levels: Vec<Level> = self.matching(&new).collect();
        for level in levels {
            let volume = level.volume.min(left);
            if volume == 0 {
                break;
            }
            left -= volume;
            self.book_fill(index, level.price, volume, fee_bps);
            self.last_price.insert(new.pair.name, level.price);
            self.consume(&new, level.price, volume);
        }
        let order = &mut self.orders[index];
        if order.volume_left() == 0 {
            order.status = OrderStatus::Closed;
            order.closed_ms = Some(now_ms);
        }
    }

    fn book_fill(&mut self, index: usize, price: i64, volume: i64, fee_bps: u32) {
        let order = &mut self.orders[index];
        let (cost_after, fee_after) = order.after(price, volume, fee_bps);
        let (cost, fee) = (cost_after - order.cost, fee_after - order.fee);
        order.volume_done += volume;
        order.notional += notional(price, volume);
        order.fee_weight = order.weight_after(cost_after, volume, fee_bps);
        (order.cost, order.fee) = (cost_after, fee_after);
        order.trades.push(ids::kraken('T'));
        let (base_fee, quote_fee) = if order.new.fee_in_base { (fee, 0) } else { (0, fee) };
        let (base, quote) = match order.new.side {
            Side::Sell => (-to_base(volume) - base_fee, cost - quote_fee),
            Side::Buy => (to_base(volume) - base_fee, -(cost + quote_fee)),
        };
        let quote_asset = order.new.pair.quote;
        *self.balances.entry(BASE).or_default() += base;
        *self.balances.entry(quote_asset).or_default() += quote;
    }

    fn consume(&mut self, new: &NewOrder, price: i64, volume: i64) {
        if self.refills {
            return;
        }
        if let Some(book) = self.books.get_mut(new.pair.name) {
            let side = if new.side == Side::Sell { &mut book.bids } else { &mut book.asks };
            if let Some(level) = side.iter_mut().find(|level| level.price == price) {
                level.volume -= volume;
            }
            side.retain(|level| level.volume > 0);
        }
    }

    /// Replaces a book; resting orders that it crosses trade as makers, oldest first.
    pub(crate) fn set_book(&mut self, pair: &'static Pair, book: Book, now_ms: i64) {
        self.books.insert(pair.name, book);
        let resting: Vec<usize> = (0..self.orders.len())
            .filter(|index| {
                let order = &self.orders[*index];
                order.status == OrderStatus::Open && order.new.pair == pair
            })
            .collect();
        for index in resting {
            self.trade(index, self.maker_bps, now_ms);
        }
    }

    /// Cancels open orders; how many.
    pub(crate) fn cancel(&mut self, now_ms: i64, wanted: impl Fn(&Order) -> bool) -> usize {
        let open = self.orders.iter_mut().filter(|order| order.status == OrderStatus::Open);
        let mut count = 0;
        for order in open.filter(|order| wanted(order)) {
            order.status = OrderStatus::Canceled;
            order.reason = Some("User requested");
            order.closed_ms = Some(now_ms);
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests;
