//! A place where bitcoin is traded.

use crate::Book;
use async_trait::async_trait;
use money::{Currency, Rate};
use ports::Outcome;

/// Public market data. Any outcome but `Done` means that nothing was learnt.
#[async_trait]
pub trait Venue: Send + Sync {
    /// Stable short name.
    fn name(&self) -> &'static str;

    /// The middle between the best bid and the best ask, rounded down.
    async fn ticker(&self, currency: Currency) -> Outcome<Rate>;

    /// The bids, deep enough for the largest sale.
    async fn book(&self, currency: Currency) -> Outcome<Book>;
}
