//! The operator's books: double entry, in integers, in two layers.
//!
//! Invariant: a [`Posting`] balances to zero per asset and per layer or it does not exist; nothing but the templates in
//! [`templates`] can make one. Nothing here reads a clock, a file or the network, and nothing sums over history:
//! [`TrialBalance`] is kept, posting by posting, just as the store keeps its rows.
//!
//! Signs: a debit is positive, a credit negative, everywhere. Bitcoin is counted in millisatoshi, a currency in its
//! ISO 4217 minor units.
//!
//! Layers: [`Layer::Posted`] is what has happened; [`Layer::Pending`] mirrors what is under way on the same accounts
//! (an HTLC that is held, an authorization that is not captured), so that *posted + pending* is what will be if all of
//! it goes through. When a purchase and its refund are over, nothing of them is left pending.

mod account;
mod asset;
mod balance;
mod place;
mod posting;
mod report;
pub mod templates;

pub use account::{Account, Class, Side};
pub use asset::{Amount, Asset, Layer};
pub use balance::{Balance, BalanceKey, TrialBalance};
pub use place::{Place, PlaceName};
pub use posting::{Draft, Entry, Posting, Template};
pub use report::{Exposure, Position, ProfitAndLoss};

use money::MoneyError;

/// Why a posting cannot be made or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Debits and credits differ: the step that asked for it is wrong, nothing may be stored.
    #[error("posting `{template}` does not balance: {asset} {layer} is off by {off_by}")]
    Unbalanced { template: &'static str, asset: Asset, layer: Layer, off_by: i128 },
    /// A balance would not fit 64 bits.
    #[error("the balance of {account} in {asset} would be too large")]
    Overflow { account: Account, asset: Asset },
    /// An amount that a template computes does not exist.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// A stored word that names no account, asset, layer or place.
    #[error("`{0}` is no word of the ledger")]
    UnknownWord(String),
}
