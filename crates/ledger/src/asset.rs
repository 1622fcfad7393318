//! What is counted, and in which layer.

use std::fmt;
use std::str::FromStr;

use money::{Currency, Money, Msat};
use serde::{Deserialize, Serialize};

use crate::LedgerError;

/// What an entry counts. Its word is `BTC` or the ISO 4217 code, which never is `BTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// Bitcoin; the unit is the millisatoshi.
    Btc,
    /// A currency; the unit is its minor unit.
    Fiat(Currency),
}

/// Whether it has happened or is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Under way: will be posted or taken back.
    Pending,
    /// Has happened, for good.
    Posted,
}

/// An amount of either kind, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    Bitcoin(Msat),
    Currency(Money),
}

impl Asset {
    /// The amount in the unit people read: bitcoin with eleven decimals, a currency with its own.
    pub fn decimal(self, amount: i64) -> String {
        let decimals = match self {
            Self::Btc => 11,
            Self::Fiat(currency) => currency.exponent(),
        };
        let sign = if amount < 0 { "-" } else { "" };
        format!("{sign}{}", money::format_decimal(amount.unsigned_abs(), decimals))
    }
}

impl Amount {
    pub const fn asset(self) -> Asset {
        match self {
            Self::Bitcoin(_) => Asset::Btc,
            Self::Currency(money) => Asset::Fiat(money.currency()),
        }
    }

    /// As a debit.
    pub const fn signed(self) -> i64 {
        match self {
            Self::Bitcoin(msat) => msat.signed(),
            Self::Currency(money) => money.signed(),
        }
    }
}

impl From<Msat> for Amount {
    fn from(msat: Msat) -> Self {
        Self::Bitcoin(msat)
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self::Currency(money)
    }
}

impl Layer {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Posted => "posted",
        }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Btc => f.write_str("BTC"),
            Self::Fiat(currency) => f.write_str(currency.code()),
        }
    }
}

impl FromStr for Asset {
    type Err = LedgerError;

    fn from_str(word: &str) -> Result<Self, LedgerError> {
        if word == "BTC" {
            return Ok(Self::Btc);
        }
        word.parse().map(Self::Fiat).map_err(|_| LedgerError::UnknownWord(word.to_owned()))
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Layer {
    type Err = LedgerError;

    fn from_str(word: &str) -> Result<Self, LedgerError> {
        match word {
            "pending" => Ok(Self::Pending),
            "posted" => Ok(Self::Posted),
            _ => Err(LedgerError::UnknownWord(word.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for asset in [Asset::Btc, Asset::Fiat(Currency::USD), Asset::Fiat(Currency::JPY)] {
            assert_eq!(asset.to_string().parse(), Ok(asset));
        }
        for layer in [Layer::Pending, Layer::Posted] {
            assert_eq!(layer.to_string().parse(), Ok(layer));
        }
        for bad in ["btc", "", "XBT", "Posted"] {
            assert_eq!(bad.parse::<Asset>(), Err(LedgerError::UnknownWord(bad.to_owned())));
            assert_eq!(bad.parse::<Layer>(), Err(LedgerError::UnknownWord(bad.to_owned())));
        }
    }

    #[test]
    fn amounts_are_written_for_people() {
        assert_eq!(Asset::Btc.decimal(496_758_000), "0.00496758000");
        assert_eq!(Asset::Fiat(Currency::USD).decimal(-2_711), "-27.11");
        assert_eq!(Asset::Fiat(Currency::JPY).decimal(0), "0");
        assert_eq!(Asset::Fiat(Currency::USD).decimal(i64::MIN), "-92233720368547758.08");
    }
}
