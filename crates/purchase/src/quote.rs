//! Quote arithmetic.

use ids::{NodeId, UnixMs};
use money::{Money, MoneyError, Msat, Ppm, Rate};
use serde::{Deserialize, Serialize};

/// What one order total costs; immutable once given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Counts the quotes of a purchase, from 1.
    pub number: u32,
    pub order_total: Money,
    pub fee: Money,
    /// What selling would bring, before the spread.
    pub executable: Rate,
    pub spread: Ppm,
    /// The shopper's rate: executable less spread.
    pub rate: Rate,
    /// Whole satoshi, rounded up.
    pub amount_msat: Msat,
    /// When the price was seen at the venue.
    pub observed_at: UnixMs,
    pub expires_at: UnixMs,
    /// What the executable price was held against. Quotes of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    /// The node that holds it. None: the first, or nothing is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
}

/// The market's price when a quote was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// The consolidated rate.
    pub rate: Rate,
    /// When the oldest price that it rests on was seen.
    pub observed_at: UnixMs,
    /// Venues that it rests on.
    pub venues: u32,
    /// A daily table that had to agree, since too few venues trade this currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<DailyTable>,
}

/// A published table of rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyTable {
    pub name: String,
    /// `2026-01-31`
    pub date: String,
}

/// How the amount of a quote comes about. What each part adds, the order's own cost first: they add up to the quote's
/// amount to the millisatoshi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceParts {
    /// The order total at the consolidated rate, rounded down.
    pub order_msat: u64,
    /// The fee at the same rate.
    pub fee_msat: u64,
    /// What selling this amount on our exchange is dearer than the consolidated rate; below zero where it is cheaper.
    pub slippage_msat: i64,
    /// The same in millionths of the consolidated rate, rounded towards zero.
    pub slippage_ppm: i64,
    pub spread_msat: u64,
    /// Up to the next whole satoshi.
    pub rounding_msat: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteInput {
    pub number: u32,
    pub order_total: Money,
    pub fee: Money,
    pub executable: Rate,
    pub spread: Ppm,
    pub observed_at: UnixMs,
    pub expires_at: UnixMs,
    pub market: Option<Market>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    #[error("the order total must be above zero")]
    ZeroTotal,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// `amount = ceil((order total + fee) / rate)` in satoshi; `rate = floor(executable * (1 - spread))`.
pub fn make_quote(input: &QuoteInput) -> Result<Quote, QuoteError> {
    if input.order_total.is_zero() {
        return Err(QuoteError::ZeroTotal);
    }
    let rate = input.executable.less_spread_floor(input.spread)?;
    let due = input.order_total.checked_add(input.fee)?;
    Ok(Quote {
        number: input.number,
        order_total: input.order_total,
        fee: input.fee,
        executable: input.executable,
        spread: input.spread,
        rate,
        amount_msat: rate.sat_ceil(due)?.msat(),
        observed_at: input.observed_at,
        expires_at: input.expires_at,
        market: input.market.clone(),
        node: None,
    })
}

impl Quote {
    /// The order total and the fee.
    pub fn due(&self) -> Result<Money, MoneyError> {
        self.order_total.checked_add(self.fee)
    }

    /// What the quoted bitcoin is worth before the spread, rounded down.
    pub fn gross(&self) -> Result<Money, MoneyError> {
        self.executable.minor_floor(self.amount_msat)
    }

    /// Each part of the price; `None`: the quote is of an older version and does not know the consolidated rate.
    pub fn parts(&self) -> Result<Option<PriceParts>, MoneyError> {
        let Some(market) = &self.market else { return Ok(None) };
        let due = self.due()?;
        let order_msat = market.rate.msat_floor(self.order_total)?.get();
        let with_fee = market.rate.msat_floor(due)?.get();
        let executed = self.executable.msat_floor(due)?.get();
        let spread = self.rate.msat_floor(due)?.get();
        let less = |from: u64, what: u64| from.checked_sub(what).ok_or(MoneyError::Overflow);
        Ok(Some(PriceParts {
            order_msat,
            fee_msat: less(with_fee, order_msat)?,
            slippage_msat: difference(executed, with_fee)?,
            slippage_ppm: market.rate.shortfall_ppm_truncated(self.executable)?,
            spread_msat: less(spread, executed)?,
            rounding_msat: less(self.amount_msat.get(), spread)?,
        }))
    }
}

/// `left - right`, which may be below zero.
fn difference(left: u64, right: u64) -> Result<i64, MoneyError> {
    i64::try_from(i128::from(left) - i128::from(right)).map_err(|_| MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Currency;
    use proptest::prelude::*;

    fn input(total: &str, executable: &str, spread: u32) -> QuoteInput {
        QuoteInput {
            number: 1,
            order_total: Money::parse(total, Currency::USD).unwrap(),
            fee: Money::zero(Currency::USD),
            executable: Rate::parse(executable, Currency::USD).unwrap(),
            spread: Ppm(spread),
            observed_at: UnixMs(0),
            expires_at: UnixMs(600_000),
            market: None,
        }
    }

    fn against(rate: &str) -> Option<Market> {
        let rate = Rate::parse(rate, Currency::USD).unwrap();
        Some(Market { rate, observed_at: UnixMs(1), venues: 4, table: None })
    }

    #[test]
    fn the_reference_quote() {
        let quote = make_quote(&input("27.11", "5457.386", 0)).unwrap();
        assert_eq!(quote.amount_msat.get(), 496_758_000);
        assert_eq!(quote.gross().unwrap().minor(), 2_711);
    }

    #[test]
    fn the_spread_is_in_the_rate() {
        let quote = make_quote(&input("27.11", "5500", 7_748)).unwrap();
        assert_eq!(quote.rate.decimal(), "5457.386");
        assert_eq!(quote.amount_msat.get(), 496_758_000);
        assert_eq!(quote.gross().unwrap().minor(), 2_732);
    }

    /// As the README tells it: middle of the market 5,500.05, sold at 5,500, spread 0.7748 %.
    #[test]
    fn the_reference_quote_in_parts() {
        let quote = make_quote(&QuoteInput { market: against("5500.05"), ..input("27.11", "5500", 7_748) }).unwrap();
        let parts = quote.parts().unwrap().unwrap();
        assert_eq!(
            parts,
            PriceParts {
                order_msat: 492_904_609,
                fee_msat: 0,
                slippage_msat: 4_481,
                slippage_ppm: 9,
                spread_msat: 3_848_881,
                rounding_msat: 29,
            }
        );
        assert_eq!(quote.amount_msat.get(), 496_758_000);
    }

    #[test]
    fn a_quote_that_was_stored_before_there_were_parts_is_read_and_stays_as_it_is() {
        let stored = r#"{"number":1,"order_total":{"minor":2711,"currency":"USD"},"fee":{"minor":0,"currency":"USD"},"executable":{"micro_per_btc":5500000000,"currency":"USD"},"spread":7748,"rate":{"micro_per_btc":5457386000,"currency":"USD"},"amount_msat":496758000,"observed_at":0,"expires_at":600000}"#;
        let quote: Quote = serde_json::from_str(stored).unwrap();
        assert_eq!((quote.market.as_ref(), quote.parts()), (None, Ok(None)));
        assert_eq!(serde_json::to_string(&quote).unwrap(), stored);
        let with = Quote { market: against("5500.05"), ..quote };
        assert_eq!(serde_json::from_str::<Quote>(&serde_json::to_string(&with).unwrap()).unwrap(), with);
    }

    #[test]
    fn nothing_is_not_quoted() {
        assert_eq!(make_quote(&input("0", "5457.386", 0)), Err(QuoteError::ZeroTotal));
        assert!(make_quote(&input("1", "5457.386", 1_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_millisatoshi(
            (total, fee) in (1u64..50_000_000, 0u64..500_000),
            market in 1_000_000u64..1_000_000_000_000,
            // The executable price may be on either side of the market's.
            against in 900_000u64..1_100_000,
            spread in 0u32..200_000,
            code in 0usize..3,
        ) {
            let currency = [Currency::USD, Currency::JPY, "KWD".parse().unwrap()][code];
            let executable = Rate::new((u128::from(market) * u128::from(against) / 1_000_000) as u64, currency).unwrap();
            let market = Market { rate: Rate::new(market, currency).unwrap(), observed_at: UnixMs(1), venues: 4, table: None };
            let made = make_quote(&QuoteInput {
                number: 1,
                order_total: Money::new(total, currency).unwrap(),
                fee: Money::new(fee, currency).unwrap(),
                executable,
                spread: Ppm(spread),
                observed_at: UnixMs(0),
                expires_at: UnixMs(1),
                market: Some(market),
            });
            // More than there are bitcoin: not quoted.
            let Ok(quote) = made else { return Ok(()) };
            let parts = quote.parts().unwrap().unwrap();
            let sum = i128::from(parts.order_msat) + i128::from(parts.fee_msat) + i128::from(parts.slippage_msat)
                + i128::from(parts.spread_msat) + i128::from(parts.rounding_msat);
            prop_assert_eq!(sum, i128::from(quote.amount_msat.get()));
            prop_assert!(parts.rounding_msat <= 1_000);
            prop_assert_eq!(quote.rate, quote.executable.less_spread_floor(quote.spread).unwrap());
            prop_assert_eq!(parts.slippage_ppm.signum() * parts.slippage_msat.signum() >= 0, true);
        }
    }
}
