//! A book that is kept up to date level by level.

use crate::{Bid, Book, Top};
use money::{Currency, Rate, Sat};
use std::collections::BTreeMap;

/// Levels of a side that are kept at most; the worst ones go.
const LEVELS_MAX: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Bid,
    Ask,
}

struct Level {
    rate: Rate,
    amount_sat: Sat,
    /// What the level adds to the book's checksum, where the venue has one.
    written: String,
}

/// Both sides of one currency, by millionths.
pub(crate) struct Levels {
    currency: Currency,
    bids: BTreeMap<u64, Level>,
    asks: BTreeMap<u64, Level>,
    depth_max: usize,
}

impl Levels {
    /// `depth` is how many levels of a side the venue keeps us informed of; `None` if of all.
    pub(crate) fn new(currency: Currency, depth: Option<usize>) -> Self {
        let depth_max = depth.unwrap_or(LEVELS_MAX).min(LEVELS_MAX);
        Self { currency, bids: BTreeMap::new(), asks: BTreeMap::new(), depth_max }
    }

    pub(crate) const fn currency(&self) -> Currency {
        self.currency
    }

    pub(crate) fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    pub(crate) fn set(&mut self, side: Side, rate: Rate, amount_sat: Sat, written: String) {
        self.side(side).insert(rate.micro_per_btc(), Level { rate, amount_sat, written });
    }

    pub(crate) fn remove(&mut self, side: Side, rate: Rate) {
        self.side(side).remove(&rate.micro_per_btc());
    }

    /// Lets go of what is beyond the depth. After a whole message, never in the middle of one.
    pub(crate) fn truncate(&mut self) {
        while self.bids.len() > self.depth_max {
            self.bids.pop_first();
        }
        while self.asks.len() > self.depth_max {
            self.asks.pop_last();
        }
    }

    /// Nothing while a side is empty; an error when the best bid meets the best ask.
    pub(crate) fn top(&self) -> Result<Option<Top>, Crossed> {
        let (Some((bid, best)), Some((ask, lowest))) = (self.bids.last_key_value(), self.asks.first_key_value()) else {
            return Ok(None);
        };
        if bid >= ask {
            return Err(Crossed);
        }
        Ok(Top::new(best.rate, lowest.rate))
    }

    pub(crate) fn book(&self) -> Option<Book> {
        let bids = self.bids.values().rev().map(|level| Bid { rate: level.rate, amount_sat: level.amount_sat });
        Book::new(self.currency, bids.collect())
    }

    /// What the best levels of a side add to a checksum, the best first.
    pub(crate) fn written(&self, side: Side) -> Box<dyn Iterator<Item = &str> + '_> {
        match side {
            Side::Bid => Box::new(self.bids.values().rev().map(|level| level.written.as_str())),
            Side::Ask => Box::new(self.asks.values().map(|level| level.written.as_str())),
        }
    }

    fn side(&mut self, side: Side) -> &mut BTreeMap<u64, Level> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }
}

/// No market looks so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crossed;

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text, Currency::USD).unwrap()
    }

    fn levels(depth: Option<usize>, bids: &[&str], asks: &[&str]) -> Levels {
        let mut levels = Levels::new(Currency::USD, depth);
        for (side, rates) in [(Side::Bid, bids), (Side::Ask, asks)] {
            for text in rates {
                levels.set(side, rate(text), Sat::new(5).unwrap(), (*text).to_owned());
            }
        }
        levels
    }

    #[test]
    fn the_best_levels_stay_and_a_crossed_book_is_none() {
        let mut book = levels(Some(2), &["98", "100", "99"], &["103", "101", "102"]);
        book.truncate();
        assert_eq!(book.written(Side::Bid).collect::<Vec<_>>(), ["100", "99"]);
        assert_eq!(book.written(Side::Ask).collect::<Vec<_>>(), ["101", "102"]);
        assert_eq!(book.top().unwrap().unwrap().middle(), rate("100.5"));
        assert_eq!(book.book().unwrap().best(), Some(rate("100")));
        book.remove(Side::Bid, rate("100"));
        assert_eq!(book.book().unwrap().best(), Some(rate("99")));
        book.set(Side::Bid, rate("101"), Sat::new(1).unwrap(), String::new());
        assert_eq!(book.top(), Err(Crossed));
        book.clear();
        assert_eq!(book.top(), Ok(None));
        assert_eq!(levels(None, &["1"], &[]).top(), Ok(None));
    }
}
