//! The bids of an order book and what selling into them brings.

use money::{Currency, Money, Rate, Sat, div_floor};

const SAT_PER_BTC: u128 = 100_000_000;
/// Decimals that a [`Rate`] is kept to.
const RATE_DECIMALS: u32 = 6;

/// Somebody buys up to `amount_sat` at `rate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bid {
    pub rate: Rate,
    pub amount_sat: Sat,
}

/// Bids of one currency, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    currency: Currency,
    bids: Vec<Bid>,
}

impl Book {
    /// Sorts; nothing if a bid is in another currency.
    pub fn new(currency: Currency, mut bids: Vec<Bid>) -> Option<Self> {
        if bids.iter().any(|bid| bid.rate.currency() != currency) {
            return None;
        }
        bids.retain(|bid| !bid.amount_sat.is_zero());
        bids.sort_by_key(|bid| std::cmp::Reverse(bid.rate.micro_per_btc()));
        Some(Self { currency, bids })
    }

    pub fn best(&self) -> Option<Rate> {
        self.bids.first().map(|bid| bid.rate)
    }

    /// The average rate of a sale that brings `total`, rounded down, taking the best bids first. Nothing if they do
    /// not last. A total of zero has the best bid's rate.
    ///
    /// At that rate the total costs at least the satoshi that the walk takes: whoever quotes by it can sell so much.
    pub fn average(&self, total: Money) -> Option<Rate> {
        if total.currency() != self.currency {
            return None;
        }
        if total.is_zero() {
            return self.best();
        }
        let (wanted, sat) = self.walk(total)?;
        Rate::new(u64::try_from(div_floor(wanted, sat)).ok()?, self.currency).ok()
    }

    /// The total and the satoshi that it takes. Values are millionths of the major unit times satoshi per bitcoin, so
    /// that a bid's is simply rate times amount.
    fn walk(&self, total: Money) -> Option<(u128, u128)> {
        let micro_per_minor = 10u128.pow(RATE_DECIMALS.checked_sub(self.currency.exponent())?);
        let wanted = u128::from(total.minor()) * micro_per_minor * SAT_PER_BTC;
        let mut missing = wanted;
        let mut sat = 0u128;
        for bid in &self.bids {
            let (rate, amount) = (u128::from(bid.rate.micro_per_btc()), u128::from(bid.amount_sat.get()));
            let value = rate * amount;
            if value >= missing {
                // A part of a satoshi is sold as a whole one.
                return Some((wanted, sat + missing.div_ceil(rate)));
            }
            missing -= value;
            sat += amount;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn book(bids: &[(&str, u64)]) -> Book {
        let bid = |(rate, amount): &(&str, u64)| Bid {
            rate: Rate::parse(rate, Currency::USD).unwrap(),
            amount_sat: Sat::new(*amount).unwrap(),
        };
        Book::new(Currency::USD, bids.iter().map(bid).collect()).unwrap()
    }

    fn average(bids: &[(&str, u64)], total: &str) -> Option<String> {
        book(bids).average(Money::parse(total, Currency::USD).unwrap()).map(Rate::decimal)
    }

    #[test]
    fn a_walk_takes_the_best_bids_first() {
        // 10 of 100 and 10 of 50 for 20 satoshi's worth.
        let two = [("50000000", 10), ("100000000", 10)];
        assert_eq!(average(&two, "10").as_deref(), Some("100000000"));
        assert_eq!(average(&two, "15").as_deref(), Some("75000000"));
        assert_eq!(average(&two, "15.01"), None);
        assert_eq!(average(&two, "0").as_deref(), Some("100000000"));
        // 10.01 takes 11 satoshi, the last of them only in part.
        assert_eq!(average(&two, "10.01").as_deref(), Some("91000000"));
        assert_eq!(average(&[], "0"), None);
        assert_eq!(average(&[("100", 0)], "0"), None);
    }

    #[test]
    fn the_reference_purchase() {
        // 496,758 satoshi bring 27.11 and a little more, so that the average is a little less.
        assert_eq!(average(&[("5457.386", 100_000_000)], "27.11").as_deref(), Some("5457.385688"));
    }

    #[test]
    fn currencies_are_not_mixed() {
        let usd = book(&[("100", 1_000)]);
        assert_eq!(usd.average(Money::zero(Currency::EUR)), None);
        assert_eq!(Book::new(Currency::EUR, usd.bids), None);
    }

    /// Satoshi for satoshi, without arithmetic to get wrong.
    fn one_by_one(bids: &[(u64, u64)], wanted: u128) -> Option<u128> {
        let mut bids = bids.to_vec();
        bids.sort_by_key(|bid| std::cmp::Reverse(bid.0));
        let mut brought = 0u128;
        let mut sold = 0u128;
        for (rate, amount) in bids {
            for _ in 0..amount {
                if brought >= wanted {
                    return Some(sold);
                }
                brought += u128::from(rate);
                sold += 1;
            }
        }
        (brought >= wanted).then_some(sold)
    }

    proptest! {
        #[test]
        fn like_one_satoshi_after_the_other(
            bids in proptest::collection::vec((1_000_000u64..10_000_000_000_000, 0u64..60), 0..8),
            minor in 1u64..400,
        ) {
            let levels = bids.iter().map(|(micro, amount)| Bid {
                rate: Rate::new(*micro, Currency::USD).unwrap(),
                amount_sat: Sat::new(*amount).unwrap(),
            });
            let book = Book::new(Currency::USD, levels.collect()).unwrap();
            let total = Money::new(minor, Currency::USD).unwrap();
            let wanted = u128::from(minor) * 10_000 * SAT_PER_BTC;
            let expected = one_by_one(&bids, wanted);
            prop_assert_eq!(book.walk(total).map(|(_, sat)| sat), expected);
            match (book.average(total), expected) {
                (Some(rate), Some(sat)) => {
                    prop_assert_eq!(u128::from(rate.micro_per_btc()), wanted / sat);
                    prop_assert!(rate.micro_per_btc() <= book.best().unwrap().micro_per_btc());
                    prop_assert!(u128::from(rate.sat_ceil(total).unwrap().get()) >= sat);
                }
                (None, None) => {}
                (average, _) => prop_assert!(average.is_none() && expected.is_some_and(|sat| wanted / sat == 0)),
            }
        }

        /// A larger sale never has a better rate, up to the satoshi that the smaller one sold in part.
        #[test]
        fn more_is_not_dearer(
            bids in proptest::collection::vec((1_000_000_000u64..100_000_000_000, 1u64..100_000_000), 1..8),
            minor in 1_000u64..1_000_000,
            more in 1u64..1_000_000,
        ) {
            let levels = bids.iter().map(|(micro, amount)| Bid {
                rate: Rate::new(*micro, Currency::USD).unwrap(),
                amount_sat: Sat::new(*amount).unwrap(),
            });
            let book = Book::new(Currency::USD, levels.collect()).unwrap();
            let walk = |minor| book.walk(Money::new(minor, Currency::USD).unwrap());
            if let (Some((small, small_sat)), Some((large, large_sat))) = (walk(minor), walk(minor + more)) {
                prop_assert!(large * (small_sat - 1) <= small * large_sat);
            }
        }
    }
}
