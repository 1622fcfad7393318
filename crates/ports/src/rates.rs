//! Rates that were, kept for a picture: no decision reads them.

use crate::StoreError;
use async_trait::async_trait;
use ids::UnixMs;
use money::{Currency, Rate};

const HOUR_MS: u64 = 3_600_000;
/// Minutes are kept for two days, hours for ninety.
pub const RATE_MINUTES_MS: u64 = 48 * HOUR_MS;
pub const RATE_HOURS_MS: u64 = 90 * 24 * HOUR_MS;

/// The consolidated rate of one currency at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateSample {
    pub at: UnixMs,
    pub rate: Rate,
}

#[async_trait]
pub trait RateStore: Send + Sync {
    /// Keeps the first sample of each minute and of each hour of a currency; later ones of the same are passed over, so
    /// it is safe to repeat. What is older than is kept, counted from the newest of these samples, is dropped in the
    /// same commit.
    async fn keep_rates(&self, samples: Vec<RateSample>) -> Result<(), StoreError>;

    /// A currency's samples from `since` on, oldest first: hours, then minutes from where those begin.
    async fn rates_since(&self, currency: Currency, since: UnixMs) -> Result<Vec<RateSample>, StoreError>;

    /// Currencies of which anything is kept, by code.
    async fn rate_currencies(&self) -> Result<Vec<Currency>, StoreError>;
}
