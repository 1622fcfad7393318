//! The exchange itself: balances, order books, orders, matching. Synchronous; HTTP is built on top.
//!
//! Invariants, in whole smallest units and without rounding anywhere but in a fill's cost and fee:
//! * a sale moves exactly `vol_exec` out of bitcoin and exactly `cost - fee` into the quote currency, a purchase
//!   exactly `vol_exec` in and `cost + fee` out;
//! * no balance is ever below what open orders hold, so none is ever negative.
//!
//! Costs are rounded in the venue's favour to the quote balance's decimals, fees up.

use std::collections::{BTreeMap, HashMap};

use super::{
    decimal::{cost_ceil, cost_floor, fee_ceil},
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
    pub(crate) fee: i64,
    pub(crate) trades: Vec<String>,
}

impl Order {
    pub(crate) fn volume_left(&self) -> i64 {
        self.new.volume - self.volume_done
    }

    /// What the open order holds of (bitcoin in units of 10^-10, quote in its smallest units).
    fn holds(&self, fee_bps: u32) -> (i64, i64) {
        match (self.status, self.new.side, self.new.limit) {
            (OrderStatus::Open, Side::Sell, _) => (to_base(self.volume_left()), 0),
            (OrderStatus::Open, Side::Buy, Some(limit)) => {
                let cost = cost_ceil(limit, self.volume_left(), self.new.pair.quote_scale);
                (0, cost + fee_ceil(cost, fee_bps))
            }
            (OrderStatus::Open | OrderStatus::Closed | OrderStatus::Canceled, _, _) => (0, 0),
        }
    }
}

/// A volume in units of 10^-8 as a balance in units of 10^-10.
fn to_base(volume: i64) -> i64 {
    volume * 10_i64.pow(BASE_SCALE - super::decimal::VOLUME_SCALE)
}

struct Fill {
    volume: i64,
    cost: i64,
    fee: i64,
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
    fn free(&self, asset: &str) -> i64 {
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
        if price > 0 && cost_floor(price, new.volume, scale) < new.pair.cost_min() {
            return Err("EOrder:Cost minimum not met");
        }
        let enough = match new.side {
            Side::Sell => to_base(new.volume) <= self.free(BASE),
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
        let scale = new.pair.quote_scale;
        let with_fee = |cost: i64| cost + fee_ceil(cost, self.taker_bps);
        if let Some(limit) = new.limit {
            return with_fee(cost_ceil(limit, new.volume, scale));
        }
        let mut left = new.volume;
        let mut total = 0;
        for level in self.matching(new) {
            let volume = level.volume.min(left);
            left -= volume;
            total += with_fee(cost_ceil(level.price, volume, scale));
        }
        total
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
            let fill = fill(&new, level.price, volume, fee_bps);
            self.book_fill(index, &new, fill);
            self.last_price.insert(new.pair.name, level.price);
            self.consume(&new, level.price, volume);
        }
        let order = &mut self.orders[index];
        if order.volume_left() == 0 {
            order.status = OrderStatus::Closed;
            order.closed_ms = Some(now_ms);
        }
    }

    fn book_fill(&mut self, index: usize, new: &NewOrder, fill: Fill) {
        let (base, quote) = match new.side {
            Side::Sell => (-to_base(fill.volume), fill.cost - fill.fee),
            Side::Buy => (to_base(fill.volume), -(fill.cost + fill.fee)),
        };
        *self.balances.entry(BASE).or_default() += base;
        *self.balances.entry(new.pair.quote).or_default() += quote;
        let order = &mut self.orders[index];
        order.volume_done += fill.volume;
        order.cost += fill.cost;
        order.fee += fill.fee;
        order.trades.push(ids::kraken('T'));
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

fn fill(new: &NewOrder, price: i64, volume: i64, fee_bps: u32) -> Fill {
    let scale = new.pair.quote_scale;
    let cost = match new.side {
        Side::Sell => cost_floor(price, volume, scale),
        Side::Buy => cost_ceil(price, volume, scale),
    };
    Fill {
        volume,
        cost,
        fee: fee_ceil(cost, fee_bps),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn level() -> impl Strategy<Value = Level> {
        (1_i64..20_000, 1_i64..2_000_000).prop_map(|(ticks, volume)| Level {
            price: ticks * 10_000,
            volume,
        })
    }

    fn order() -> impl Strategy<Value = NewOrder> {
        let limit = proptest::option::of(1_i64..20_000);
        (any::<bool>(), limit, VOLUME_MIN..3_000_000_i64, any::<bool>()).prop_map(
            |(sell, limit, volume, immediate)| NewOrder {
                pair: &PAIRS[0],
                side: if sell { Side::Sell } else { Side::Buy },
                limit: limit.map(|ticks| ticks * 10_000),
                volume,
                immediate,
                post_only: false,
                userref: None,
                cl_ord_id: None,
            },
        )
    }

    fn book(mut bids: Vec<Level>, mut asks: Vec<Level>) -> Book {
        bids.sort_by_key(|level| std::cmp::Reverse(level.price));
        asks.sort_by_key(|level| level.price);
        Book {
            bids,
            asks,
            set_ms: 0,
        }
    }

    fn funded() -> Engine {
        let mut engine = Engine::new(40, 25, false);
        engine.balances.insert(BASE, 10_000_000_000);
        engine.balances.insert("ZUSD", 10_000_000);
        engine
    }

    proptest! {
        /// Whatever is ordered against whatever books: balances change by exactly what the orders say, and none is
        /// ever negative or below what open orders hold.
        #[test]
        fn balances_move_by_exactly_what_the_orders_say(
            books in prop::collection::vec((prop::collection::vec(level(), 0..5), prop::collection::vec(level(), 0..5)), 1..4),
            orders in prop::collection::vec(order(), 0..12),
        ) {
            let mut engine = funded();
            let mut orders = orders.into_iter();
            for (bids, asks) in books {
                engine.set_book(&PAIRS[0], book(bids, asks), 0);
                for new in orders.by_ref().take(4) {
                    let _ = engine.place(new, 0);
                    let (mut base, mut quote) = (10_000_000_000_i64, 10_000_000_i64);
                    for order in &engine.orders {
                        let sign = if order.new.side == Side::Sell { -1 } else { 1 };
                        base += sign * to_base(order.volume_done);
                        quote -= sign * order.cost + order.fee;
                    }
                    prop_assert_eq!(engine.balance(BASE), base);
                    prop_assert_eq!(engine.balance("ZUSD"), quote);
                    prop_assert!(engine.free(BASE) >= 0);
                    prop_assert!(engine.free("ZUSD") >= 0);
                }
            }
        }
    }

    #[test]
    fn an_immediate_order_takes_what_a_thin_book_gives() {
        let mut engine = funded();
        let thin = [(55_000, 200_000), (54_990, 100_000), (50_000, 9_000_000)];
        let bids = thin.map(|(ticks, volume)| Level {
            price: ticks * 10_000,
            volume,
        });
        engine.set_book(&PAIRS[0], book(bids.into(), Vec::new()), 0);
        let new = NewOrder {
            pair: &PAIRS[0],
            side: Side::Sell,
            limit: Some(549_900_000),
            volume: 496_758,
            immediate: true,
            post_only: false,
            userref: None,
            cl_ord_id: Some("abc".into()),
        };
        let txid = engine.place(new, 7).expect("funded");
        let order = engine.order(&txid).expect("placed");
        assert_eq!((order.status, order.volume_done), (OrderStatus::Canceled, 300_000));
        assert_eq!((order.cost, order.trades.len()), (110_000 + 54_990, 2));
        assert_eq!(engine.books["XXBTZUSD"].bids.len(), 1, "the levels are eaten");
    }
}
