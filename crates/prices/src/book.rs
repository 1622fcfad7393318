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

    pub const fn currency(&self) -> Currency {
        self.currency
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
        self.walk(total)?.average(self.currency)
    }

    fn walk(&self, total: Money) -> Option<Walk> {
        let micro_per_minor = 10u128.pow(RATE_DECIMALS.checked_sub(self.currency.exponent())?);
        let wanted = u128::from(total.minor()) * micro_per_minor * SAT_PER_BTC;
        let mut missing = wanted;
        let mut whole_sat = 0u128;
        for bid in &self.bids {
            let (last_rate, amount) = (u128::from(bid.rate.micro_per_btc()), u128::from(bid.amount_sat.get()));
            let value = last_rate * amount;
            if value >= missing {
                return Some(Walk { wanted, whole_sat, missing, last_rate });
            }
            missing -= value;
            whole_sat += amount;
        }
        None
    }
}

/// How far a sale goes. Values are millionths of the major unit times satoshi per bitcoin, so that a bid's is simply
/// rate times amount.
struct Walk {
    /// The total.
    wanted: u128,
    /// Of the bids that are taken whole.
    whole_sat: u128,
    /// What the last bid has to bring.
    missing: u128,
    last_rate: u128,
}

impl Walk {
    /// `wanted / (whole_sat + missing / last_rate)`: the last bid is taken as far as needed, to a part of a satoshi.
    fn average(&self, currency: Currency) -> Option<Rate> {
        let wanted = self.wanted.checked_mul(self.last_rate)?;
        let sat = self.whole_sat.checked_mul(self.last_rate)?.checked_add(self.missing)?;
        Rate::new(u64::try_from(div_floor(wanted, sat)).ok()?, currency).ok()
    }

    /// What has to be sold; a part of a satoshi is sold as a whole one.
    #[cfg(test)]
    fn sat(&self) -> u128 {
        self.whole_sat + self.missing.div_ceil(self.last_rate)
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
        // 10.01 takes ten satoshi and a fiftieth: 10.01 / 10.02.
        assert_eq!(average(&two, "10.01").as_deref(), Some("99900199.600798"));
        assert_eq!(average(&[], "0"), None);
        assert_eq!(average(&[("100", 0)], "0"), None);
    }

    #[test]
    fn the_reference_purchase() {
        assert_eq!(average(&[("5457.386", 100_000_000)], "27.11").as_deref(), Some("5457.386"));
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
            prop_assert_eq!(book.walk(total).map(|walk| walk.sat()), expected);
            let (Some(sat), Some(rate)) = (expected, book.average(total)) else {
                prop_assert!(expected.is_none() && book.average(total).is_none());
                return Ok(());
            };
            // Between what whole satoshi and one satoshi less would make of it.
            let micro = u128::from(rate.micro_per_btc());
            prop_assert!(micro >= wanted / sat && (sat == 1 || micro <= wanted / (sat - 1)));
            prop_assert!(micro <= u128::from(book.best().unwrap().micro_per_btc()));
            prop_assert!(u128::from(rate.sat_ceil(total).unwrap().get()) >= sat);
        }

        /// A larger sale never has a better rate.
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
            let average = |minor| book.average(Money::new(minor, Currency::USD).unwrap());
            if let (Some(small), Some(large)) = (average(minor), average(minor + more)) {
                prop_assert!(large.micro_per_btc() <= small.micro_per_btc());
            }
        }

        /// Amounts that no book has do not overflow.
        #[test]
        fn no_overflow(micro in 1u64.., amount in 1u64..2_100_000_000_000_000, minor in 1..=Money::MINOR_MAX) {
            let bid = Bid { rate: Rate::new(micro, Currency::USD).unwrap(), amount_sat: Sat::new(amount).unwrap() };
            let book = Book::new(Currency::USD, vec![bid]).unwrap();
            let _ = book.average(Money::new(minor, Currency::USD).unwrap());
        }
    }
}
