//! Bitcoin amounts.

use crate::MoneyError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Millisatoshi per satoshi (BOLT 11).
const MSAT_PER_SAT: u64 = 1_000;

/// All bitcoin there can ever be, in millisatoshi; no [`Msat`] is above it.
const MSAT_MAX: u64 = 21_000_000 * 100_000_000 * MSAT_PER_SAT;

macro_rules! amount_type {
    ($name:ident, $unit:literal, $max:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            pub const ZERO: Self = Self(0);
            pub const MAX: Self = Self($max);

            /// Checked: at most 21 million bitcoin.
            pub const fn new(value: u64) -> Result<Self, MoneyError> {
                if value > $max { Err(MoneyError::Overflow) } else { Ok(Self(value)) }
            }

            pub const fn get(self) -> u64 {
                self.0
            }

            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
                self.0.checked_add(other.0).ok_or(MoneyError::Overflow).and_then(Self::new)
            }

            pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
                self.0.checked_sub(other.0).map(Self).ok_or(MoneyError::Negative)
            }

            /// `self - other`, or zero.
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// The amount as a signed ledger amount; always fits.
            pub const fn signed(self) -> i64 {
                self.0.cast_signed()
            }
        }

        impl TryFrom<u64> for $name {
            type Error = MoneyError;
            fn try_from(value: u64) -> Result<Self, MoneyError> {
                Self::new(value)
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> u64 {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0, $unit)
            }
        }
    };
}

amount_type!(Msat, "msat", MSAT_MAX, "Millisatoshi, 10^-11 BTC; at most 21 million bitcoin.");
amount_type!(Sat, "sat", MSAT_MAX / MSAT_PER_SAT, "Satoshi, 10^-8 BTC; at most 21 million bitcoin.");

impl Msat {
    /// Whole satoshi, the rest dropped.
    pub const fn sat_floor(self) -> Sat {
        Sat(self.0 / MSAT_PER_SAT)
    }

    /// Whole satoshi, a rest counted as one more.
    pub const fn sat_ceil(self) -> Sat {
        Sat(self.0.div_ceil(MSAT_PER_SAT))
    }
}

impl Sat {
    pub const fn msat(self) -> Msat {
        Msat(self.0 * MSAT_PER_SAT)
    }

    /// As bitcoin with eight decimals: `0.00496758`.
    pub fn btc_string(self) -> String {
        format!("{}.{:08}", self.0 / 100_000_000, self.0 % 100_000_000)
    }
}

impl From<Sat> for Msat {
    fn from(value: Sat) -> Msat {
        value.msat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold() {
        assert_eq!(Msat::new(u64::MAX), Err(MoneyError::Overflow));
        assert_eq!(Msat::MAX.checked_add(Msat::new(1).unwrap()), Err(MoneyError::Overflow));
        assert_eq!(Msat::ZERO.checked_sub(Msat::new(1).unwrap()), Err(MoneyError::Negative));
        assert!(serde_json::from_str::<Msat>("2100000000000000001").is_err());
        assert!(serde_json::from_str::<Msat>("-1").is_err());
    }

    #[test]
    fn satoshi_and_millisatoshi() {
        let reference = Sat::new(496_758).unwrap();
        assert_eq!(reference.msat().get(), 496_758_000);
        assert_eq!(reference.btc_string(), "0.00496758");
        assert_eq!(Msat::new(1_001).unwrap().sat_ceil().get(), 2);
        assert_eq!(Msat::new(1_999).unwrap().sat_floor().get(), 1);
    }
}
