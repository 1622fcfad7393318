//! ISO 4217 currencies and amounts of them.

use crate::{DecimalError, MoneyError, format_decimal, parse_decimal};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An ISO 4217 currency that has a minor unit (or none, like the yen); its code is its written form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// The text is no ISO 4217 code of a currency in use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 4217 currency code")]
pub struct UnknownCurrency(pub String);

impl Currency {
    pub const USD: Self = Self(iso_currency::Currency::USD);
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    pub const GBP: Self = Self(iso_currency::Currency::GBP);
    pub const JPY: Self = Self(iso_currency::Currency::JPY);
    pub const CHF: Self = Self(iso_currency::Currency::CHF);
    pub const CAD: Self = Self(iso_currency::Currency::CAD);
    pub const AUD: Self = Self(iso_currency::Currency::AUD);

    /// Three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal digits of the minor unit: 2 for the dollar, 0 for the yen, 3 for the dinar.
    pub fn exponent(self) -> u32 {
        // Checked on the way in: a currency without one (gold, SDR) is never constructed.
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// Minor units in one major unit.
    pub fn minor_per_major(self) -> u64 {
        10u64.pow(self.exponent())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Exactly the three capital letters; nothing is guessed.
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let unknown = || UnknownCurrency(text.chars().take(8).collect());
        if text.len() != 3 || !text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(unknown());
        }
        iso_currency::Currency::from_code(text).filter(|c| c.exponent().is_some()).map(Self).ok_or_else(unknown)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;
    fn try_from(text: String) -> Result<Self, UnknownCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount of one currency in its minor units; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawMoney", into = "RawMoney")]
pub struct Money {
    minor: u64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
struct RawMoney {
    minor: u64,
    currency: Currency,
}

impl TryFrom<RawMoney> for Money {
    type Error = MoneyError;
    fn try_from(raw: RawMoney) -> Result<Self, MoneyError> {
        Self::new(raw.minor, raw.currency)
    }
}

impl From<Money> for RawMoney {
    fn from(money: Money) -> RawMoney {
        RawMoney { minor: money.minor, currency: money.currency }
    }
}

impl Money {
    /// Highest amount, minor units; leaves room for sums in a signed 64-bit ledger.
    pub const MINOR_MAX: u64 = 1 << 53;

    pub fn new(minor: u64, currency: Currency) -> Result<Self, MoneyError> {
        if minor > Self::MINOR_MAX { Err(MoneyError::Overflow) } else { Ok(Self { minor, currency }) }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Plain decimal text of major units, `27.11`; more decimals than the currency has are an error.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, DecimalError> {
        let minor = parse_decimal(text, currency.exponent())?;
        Self::new(minor, currency).map_err(|_| DecimalError::TooLarge)
    }

    pub const fn minor(self) -> u64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The amount as a signed ledger amount; always fits.
    pub const fn signed(self) -> i64 {
        self.minor.cast_signed()
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Self::new(self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?, self.currency)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Negative)?;
        Ok(Self { minor, currency: self.currency })
    }

    /// `self - other`, or zero. The currencies must be the same.
    pub fn saturating_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Ok(Self { minor: self.minor.saturating_sub(other.minor), currency: self.currency })
    }

    /// The smaller of both. The currencies must be the same.
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Ok(if self.minor <= other.minor { self } else { other })
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    /// Major units as plain decimal text: `27.11`, `3000`.
    pub fn decimal(self) -> String {
        format_decimal(self.minor, self.currency.exponent())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_exact() {
        assert_eq!("USD".parse::<Currency>(), Ok(Currency::USD));
        for bad in ["usd", "US", "USDT", "XYZ", "", "XAU", "U D"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
        assert_eq!(Currency::JPY.exponent(), 0);
        assert_eq!("KWD".parse::<Currency>().unwrap().exponent(), 3);
    }

    #[test]
    fn amounts_keep_their_currency() {
        let album = Money::parse("27.11", Currency::USD).unwrap();
        assert_eq!(album.minor(), 2_711);
        assert_eq!(album.to_string(), "27.11 USD");
        let yen = Money::parse("3000", Currency::JPY).unwrap();
        assert_eq!(yen.decimal(), "3000");
        assert!(album.checked_add(yen).is_err());
        assert_eq!(Money::zero(Currency::USD).checked_sub(album), Err(MoneyError::Negative));
    }

    #[test]
    fn json_is_checked() {
        let text = r#"{"minor":2711,"currency":"USD"}"#;
        let album: Money = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&album).unwrap(), text);
        for bad in [
            r#"{"minor":-1,"currency":"USD"}"#,
            r#"{"minor":9007199254740993,"currency":"USD"}"#,
            r#"{"minor":1,"currency":"usd"}"#,
            r#"{"minor":1.5,"currency":"USD"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }
}
