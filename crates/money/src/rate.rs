//! Prices of a bitcoin and what they make of an amount.

use crate::{Currency, DecimalError, Money, MoneyError, Msat, Sat, format_decimal, parse_decimal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Decimals a rate is kept to, in major units.
const RATE_DECIMALS: u32 = 6;
const SAT_PER_BTC: u128 = 100_000_000;
const MSAT_PER_BTC: u128 = SAT_PER_BTC * 1_000;

/// `numerator / denominator`, rounded down. The denominator must not be zero.
pub const fn div_floor(numerator: u128, denominator: u128) -> u128 {
    numerator / denominator
}

/// `numerator / denominator`, rounded up. The denominator must not be zero.
pub const fn div_ceil(numerator: u128, denominator: u128) -> u128 {
    numerator.div_ceil(denominator)
}

/// `numerator / denominator`, rounded to the nearest, a tie to the even one. The denominator must not be zero.
pub const fn div_half_even(numerator: u128, denominator: u128) -> u128 {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    let other = denominator - rest;
    if rest > other || (rest == other && quotient % 2 == 1) { quotient + 1 } else { quotient }
}

/// Hundredths of a percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bps(pub u32);

impl Bps {
    /// One hundred percent.
    pub const WHOLE: u128 = 10_000;

    /// This share of an amount, rounded up.
    pub fn of_ceil(self, amount: Money) -> Result<Money, MoneyError> {
        let minor = div_ceil(u128::from(amount.minor()) * u128::from(self.0), Self::WHOLE);
        Money::new(u64::try_from(minor).map_err(|_| MoneyError::Overflow)?, amount.currency())
    }
}

/// Millionths: fine enough for a spread such as 77.48 basis points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ppm(pub u32);

impl Ppm {
    /// One hundred percent.
    pub const WHOLE: u128 = 1_000_000;

    /// Percent as plain decimal text: `0.7748`.
    pub fn percent(self) -> String {
        format_decimal(u64::from(self.0), 4)
    }
}

impl From<Bps> for Ppm {
    /// Beyond 4,294 times the whole it stays there: no spread is.
    fn from(bps: Bps) -> Self {
        Self(bps.0.saturating_mul(100))
    }
}

/// The price of one bitcoin: millionths of a major unit of `currency`; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawRate", into = "RawRate")]
pub struct Rate {
    micro_per_btc: u64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
struct RawRate {
    micro_per_btc: u64,
    currency: Currency,
}

impl TryFrom<RawRate> for Rate {
    type Error = MoneyError;
    fn try_from(raw: RawRate) -> Result<Self, MoneyError> {
        Self::new(raw.micro_per_btc, raw.currency)
    }
}

impl From<Rate> for RawRate {
    fn from(rate: Rate) -> RawRate {
        RawRate { micro_per_btc: rate.micro_per_btc, currency: rate.currency }
    }
}

impl Rate {
    pub fn new(micro_per_btc: u64, currency: Currency) -> Result<Self, MoneyError> {
        if micro_per_btc == 0 { Err(MoneyError::ZeroRate) } else { Ok(Self { micro_per_btc, currency }) }
    }

    /// `5457.386` of a currency for one bitcoin; at most six decimals.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, DecimalError> {
        let micro_per_btc = parse_decimal(text, RATE_DECIMALS)?;
        Self::new(micro_per_btc, currency).map_err(|_| DecimalError::NotANumber)
    }

    pub const fn micro_per_btc(self) -> u64 {
        self.micro_per_btc
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Major units, trailing zeros dropped: `5457.386`.
    pub fn decimal(self) -> String {
        let text = format_decimal(self.micro_per_btc, RATE_DECIMALS);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// Millionths of the major unit in one minor unit.
    fn micro_per_minor(self) -> u128 {
        1_000_000 / u128::from(self.currency.minor_per_major().min(1_000_000))
    }

    /// What `amount` costs, rounded up to a whole satoshi: wallets show no less (DESIGN: a quote rounds up).
    pub fn sat_ceil(self, amount: Money) -> Result<Sat, MoneyError> {
        self.same(amount)?;
        let sat =
            div_ceil(u128::from(amount.minor()) * self.micro_per_minor() * SAT_PER_BTC, u128::from(self.micro_per_btc));
        Sat::new(u64::try_from(sat).map_err(|_| MoneyError::Overflow)?)
    }

    /// What `amount` costs, rounded down to a millisatoshi: what is paid back for it.
    pub fn msat_floor(self, amount: Money) -> Result<Msat, MoneyError> {
        self.same(amount)?;
        let msat = div_floor(
            u128::from(amount.minor()) * self.micro_per_minor() * MSAT_PER_BTC,
            u128::from(self.micro_per_btc),
        );
        Msat::new(u64::try_from(msat).map_err(|_| MoneyError::Overflow)?)
    }

    /// What `amount` is worth, rounded down to a minor unit.
    pub fn minor_floor(self, amount: Msat) -> Result<Money, MoneyError> {
        let minor =
            div_floor(u128::from(amount.get()) * u128::from(self.micro_per_btc), MSAT_PER_BTC * self.micro_per_minor());
        Money::new(u64::try_from(minor).map_err(|_| MoneyError::Overflow)?, self.currency)
    }

    /// How far `other` is below this one, in millionths of this one, rounded towards zero; below zero where it is above.
    pub fn shortfall_ppm_truncated(self, other: Self) -> Result<i64, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let difference = i128::from(self.micro_per_btc) - i128::from(other.micro_per_btc);
        i64::try_from(difference * 1_000_000 / i128::from(self.micro_per_btc)).map_err(|_| MoneyError::Overflow)
    }

    /// The rate less `spread`, rounded down: a shopper's bitcoin buys a little less.
    pub fn less_spread_floor(self, spread: impl Into<Ppm>) -> Result<Self, MoneyError> {
        let share = Ppm::WHOLE.checked_sub(u128::from(spread.into().0)).ok_or(MoneyError::Negative)?;
        self.scaled(div_floor(u128::from(self.micro_per_btc) * share, Ppm::WHOLE))
    }

    /// The rate and `spread` on top, rounded up.
    pub fn plus_spread_ceil(self, spread: impl Into<Ppm>) -> Result<Self, MoneyError> {
        let share = Ppm::WHOLE + u128::from(spread.into().0);
        self.scaled(div_ceil(u128::from(self.micro_per_btc) * share, Ppm::WHOLE))
    }

    /// How far `other` is from this rate, rounded up to a basis point. The currencies must be the same.
    pub fn deviation_ceil(self, other: Self) -> Result<Bps, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let gap = u128::from(self.micro_per_btc.abs_diff(other.micro_per_btc));
        let bps = div_ceil(gap * Bps::WHOLE, u128::from(self.micro_per_btc));
        Ok(Bps(u32::try_from(bps).unwrap_or(u32::MAX)))
    }

    fn scaled(self, micro_per_btc: u128) -> Result<Self, MoneyError> {
        Self::new(u64::try_from(micro_per_btc).map_err(|_| MoneyError::Overflow)?, self.currency)
    }

    fn same(self, amount: Money) -> Result<(), MoneyError> {
        if self.currency == amount.currency() {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: amount.currency() })
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/BTC", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_reference_purchase() {
        let rate = Rate::parse("5457.386", Currency::USD).unwrap();
        let album = Money::parse("27.11", Currency::USD).unwrap();
        assert_eq!(rate.sat_ceil(album).unwrap().btc_string(), "0.00496758");
        assert_eq!(rate.msat_floor(album).unwrap().get(), 496_757_971);
        assert_eq!(rate.to_string(), "5457.386 USD/BTC");
    }

    #[test]
    fn a_rate_is_below_another_by_so_many_millionths_or_above_it() {
        let rate = |text: &str| Rate::parse(text, Currency::USD).unwrap();
        let below = |of: &str, other: &str| rate(of).shortfall_ppm_truncated(rate(other)).unwrap();
        assert_eq!((below("5500.05", "5500"), below("5500", "5500.05"), below("5500", "5500")), (9, -9, 0));
        assert_eq!((below("5500", "2750"), below("1", "3")), (500_000, -2_000_000));
        assert!(rate("1").shortfall_ppm_truncated(Rate::parse("1", Currency::EUR).unwrap()).is_err());
    }

    #[test]
    fn rounding_is_named() {
        assert_eq!((div_floor(5, 2), div_ceil(5, 2), div_half_even(5, 2)), (2, 3, 2));
        assert_eq!((div_half_even(7, 2), div_half_even(8, 3), div_half_even(7, 3)), (4, 3, 2));
    }

    #[test]
    fn spread_and_deviation() {
        let rate = Rate::parse("100", Currency::USD).unwrap();
        assert_eq!(rate.less_spread_floor(Bps(50)).unwrap().decimal(), "99.5");
        assert_eq!(rate.plus_spread_ceil(Bps(1)).unwrap().decimal(), "100.01");
        let market = Rate::parse("5500", Currency::USD).unwrap();
        assert_eq!(market.less_spread_floor(Ppm(7_748)).unwrap().decimal(), "5457.386");
        assert_eq!(Ppm(7_748).percent(), "0.7748");
        assert_eq!(rate.less_spread_floor(Bps(10_000)), Err(MoneyError::ZeroRate));
        assert_eq!(rate.deviation_ceil(Rate::parse("99", Currency::USD).unwrap()), Ok(Bps(100)));
    }

    #[test]
    fn currencies_without_and_with_three_decimals() {
        let yen = Rate::parse("15000000", Currency::JPY).unwrap();
        assert_eq!(yen.sat_ceil(Money::parse("3000", Currency::JPY).unwrap()).unwrap().get(), 20_000);
        let kwd = "KWD".parse().unwrap();
        let dinar = Rate::parse("30000", kwd).unwrap();
        assert_eq!(dinar.sat_ceil(Money::parse("3.000", kwd).unwrap()).unwrap().get(), 10_000);
    }

    proptest! {
        /// What is bought with the quoted satoshi is worth the total or at most a satoshi more.
        #[test]
        fn a_quote_covers_its_total(minor in 1u64..10_000_000, micro in 1_000_000_000u64..1_000_000_000_000) {
            let rate = Rate::new(micro, Currency::USD).unwrap();
            let total = Money::new(minor, Currency::USD).unwrap();
            let sat = rate.sat_ceil(total).unwrap();
            prop_assert!(rate.minor_floor(sat.msat()).unwrap().minor() >= minor);
            let less = Sat::new(sat.get() - 1).unwrap();
            prop_assert!(rate.minor_floor(less.msat()).unwrap().minor() < minor || less.get() == 0);
            prop_assert!(rate.msat_floor(total).unwrap() <= sat.msat());
        }
    }
}
