//! The market that all simulated venues look at.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

use crate::vendor::lock;

/// Decimals of a price and of an amount, as whole numbers.
pub(crate) const PRICE_SCALE: u32 = 2;
pub(crate) const AMOUNT_SCALE: u32 = 8;
/// Levels of a side that [`Market::set`] makes.
const LADDER: i64 = 30;

/// One price and the bitcoin that is wanted or offered at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Hundredths of the currency.
    pub price: i64,
    pub sat: i64,
}

/// Both sides, the best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairBook {
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

impl PairBook {
    /// The best `depth` levels of each side.
    pub(crate) fn top(&self, depth: usize) -> Self {
        let take = |side: &[Level]| side.iter().take(depth).copied().collect();
        Self { bids: take(&self.bids), asks: take(&self.asks) }
    }

    /// With a best bid of zero.
    pub(crate) fn zeroed(mut self) -> Self {
        if let Some(best) = self.bids.first_mut() {
            best.price = 0;
        }
        self
    }

    /// With a bid above the best ask.
    pub(crate) fn crossed(mut self) -> Self {
        let above = self.asks.first().map_or(0, |ask| ask.price) + 100;
        self.bids.insert(0, Level { price: above, sat: 100_000_000 });
        self
    }
}

/// A change of one level; an amount of zero means that it is gone.
pub(crate) struct Change {
    pub(crate) is_bid: bool,
    pub(crate) level: Level,
}

/// What makes `new` out of `old`. Levels that only fell out of a view `depth` deep are not mentioned.
pub(crate) fn changes(old: &PairBook, new: &PairBook, depth: usize) -> Vec<Change> {
    let mut found = Vec::new();
    for (is_bid, old, new) in [(true, &old.bids, &new.bids), (false, &old.asks, &new.asks)] {
        let beyond = |price: i64| {
            let worst = new.last().map_or(0, |level| level.price);
            new.len() >= depth && if is_bid { price < worst } else { price > worst }
        };
        let gone = old.iter().filter(|level| !new.iter().any(|other| other.price == level.price));
        for level in gone.filter(|level| !beyond(level.price)) {
            found.push(Change { is_bid, level: Level { price: level.price, sat: 0 } });
        }
        let fresh = new.iter().filter(|level| !old.contains(level));
        found.extend(fresh.map(|level| Change { is_bid, level: *level }));
    }
    found
}

/// Books by currency code. Clones share them.
#[derive(Clone)]
pub struct Market(Arc<Shared>);

struct Shared {
    books: Mutex<BTreeMap<&'static str, PairBook>>,
    changed: watch::Sender<u64>,
}

/// At the start; about where the others' dollar rates are.
const START: [(&str, &str, &str); 7] = [
    ("USD", "5500.0", "5500.1"),
    ("EUR", "5092.5", "5092.6"),
    ("GBP", "4330.7", "4330.8"),
    ("CAD", "7590.0", "7590.1"),
    ("AUD", "8360.0", "8360.1"),
    ("CHF", "4910.7", "4910.8"),
    ("JPY", "820895", "820896"),
];

impl Default for Market {
    fn default() -> Self {
        let market = Self(Arc::new(Shared { books: Mutex::default(), changed: watch::Sender::new(0) }));
        for (currency, bid, ask) in START {
            market.set(currency, bid, ask);
        }
        market
    }
}

impl Market {
    /// A new best bid and ask, with thirty levels behind each, a bitcoin a level.
    ///
    /// # Panics
    /// When `currency` is none of the seven, or a price is not a decimal with at most two places.
    pub fn set(&self, currency: &str, bid: &str, ask: &str) {
        let (bid, ask) = (price(bid), price(ask));
        let step = if currency == "JPY" { 100 } else { 10 };
        let ladder = |best: i64, step: i64| {
            let level = |n| Level { price: best + n * step, sat: 100_000_000 + n };
            (0..LADDER).map(level).filter(|level| level.price > 0).collect()
        };
        self.set_book(currency, PairBook { bids: ladder(bid, -step), asks: ladder(ask, step) });
    }

    /// A whole new book.
    ///
    /// # Panics
    /// When `currency` is none of the seven.
    pub fn set_book(&self, currency: &str, book: PairBook) {
        let known = START.iter().find(|(code, ..)| *code == currency);
        let (code, ..) = known.unwrap_or_else(|| panic!("no market for {currency}"));
        lock(&self.0.books).insert(code, book);
        self.0.changed.send_modify(|version| *version += 1);
    }

    pub(crate) fn book(&self, currency: &str) -> Option<PairBook> {
        lock(&self.0.books).get(currency).cloned()
    }

    /// Wakes with every change.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }
}

fn price(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= PRICE_SCALE as usize, "{text}");
    format!("{whole}{fraction:0<2}").parse().unwrap_or_else(|_| panic!("not a price: {text}"))
}

/// `5500.1`; at least `decimals` places, more only where they are not zero.
pub(crate) fn print_price(price: i64, decimals: usize) -> String {
    print(price, PRICE_SCALE, decimals)
}

/// As [`print_price`], of an amount.
pub(crate) fn print_amount(sat: i64, decimals: usize) -> String {
    print(sat, AMOUNT_SCALE, decimals)
}

fn print(value: i64, scale: u32, decimals: usize) -> String {
    let unit = 10_i64.pow(scale);
    let fraction = format!("{:0width$}", value.rem_euclid(unit), width = scale as usize);
    let fraction = format!("{:0<decimals$}", fraction.trim_end_matches('0'));
    let whole = value.div_euclid(unit);
    if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_printed_with_the_places_they_need() {
        assert_eq!(print_price(price("5500.1"), 1), "5500.1");
        assert_eq!(print_price(price("5500.25"), 1), "5500.25");
        assert_eq!(print_price(price("5500"), 2), "5500.00");
        assert_eq!(print_price(price("5500.1"), 5), "5500.10000");
        assert_eq!(print_price(price("820895"), 0), "820895");
        assert_eq!(print_amount(100_000_001, 8), "1.00000001");
        assert_eq!(print_amount(150_000_000, 0), "1.5");
    }

    #[test]
    fn changes_lead_from_one_book_to_the_next() {
        let market = Market::default();
        let old = market.book("USD").unwrap().top(10);
        market.set("USD", "5500.2", "5500.3");
        let new = market.book("USD").unwrap().top(10);
        let mut book = old.clone();
        for change in changes(&old, &new, 10) {
            let side = if change.is_bid { &mut book.bids } else { &mut book.asks };
            side.retain(|level| level.price != change.level.price);
            if change.level.sat > 0 {
                side.push(change.level);
            }
        }
        book.bids.sort_by_key(|level| std::cmp::Reverse(level.price));
        book.asks.sort_by_key(|level| level.price);
        assert_eq!(book.top(10), new);
    }
}
