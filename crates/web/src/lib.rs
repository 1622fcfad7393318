//! The JSON API: shoppers, purchases, refunds, rates; the issuer's webhooks; health and metrics.
//!
//! Invariant: a request is checked against the policy and the account's limits before anyone pays, an answer says no
//! more than the purchase's state, and number and code of a card leave here only encrypted to the shopper's key.

mod policy;
mod state;

pub use policy::{CurrencyRule, HttpLimits, NotServed, Policy, RequestRate, StoreRule, Windows};
pub use state::{AppState, BadPublicKey, Running, Sealed, Trust};
