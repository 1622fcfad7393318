//! Exchanges behind [`ports::Exchange`], one module a vendor.
//!
//! Invariant: every order has a lowest price, ends at once and dies at its deadline, so that an exchange that is slow,
//! silent or down can cost no more than the quote allowed. Vendors' decimals become integers, rounded against us.

pub mod coinbase;
mod decimal;
pub mod kraken;
