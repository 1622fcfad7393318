//! Amounts, rates and the rounding between them.
//!
//! Invariant: integers only, every operation checked, every rounding named where it happens. Nothing here knows a
//! clock, a store of records or the network. A bitcoin amount is [`Msat`] (10^-11 BTC) or [`Sat`] (10^-8 BTC), an
//! amount of a currency is [`Money`] in ISO 4217 minor units, and a price is a [`Rate`] in millionths of a major
//! unit for one bitcoin.

mod amount;
mod currency;
mod decimal;
mod rate;

pub use amount::{Msat, Sat};
pub use currency::{Currency, Money, UnknownCurrency};
pub use decimal::{DecimalError, format_decimal, parse_decimal};
pub use rate::{Bps, Ppm, Rate, div_ceil, div_floor, div_half_even};

/// Why an arithmetic step has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit its integer.
    #[error("the amount is too large")]
    Overflow,
    /// The result would be below zero.
    #[error("the amount would be below zero")]
    Negative,
    /// Two amounts of different currencies were combined.
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch { left: Currency, right: Currency },
    /// A rate of zero.
    #[error("a rate must be above zero")]
    ZeroRate,
}
