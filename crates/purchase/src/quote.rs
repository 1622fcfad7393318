//! Quote arithmetic.

use ids::UnixMs;
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Currency;

    fn input(total: &str, executable: &str, spread: u32) -> QuoteInput {
        QuoteInput {
            number: 1,
            order_total: Money::parse(total, Currency::USD).unwrap(),
            fee: Money::zero(Currency::USD),
            executable: Rate::parse(executable, Currency::USD).unwrap(),
            spread: Ppm(spread),
            observed_at: UnixMs(0),
            expires_at: UnixMs(600_000),
        }
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

    #[test]
    fn nothing_is_not_quoted() {
        assert_eq!(make_quote(&input("0", "5457.386", 0)), Err(QuoteError::ZeroTotal));
        assert!(make_quote(&input("1", "5457.386", 1_000_000)).is_err());
    }
}
