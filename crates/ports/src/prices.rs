//! What a bitcoin is worth now, and what it can be sold for.

use async_trait::async_trait;
use ids::UnixMs;
use money::{Bps, Currency, Money, Rate};
use serde::{Deserialize, Serialize};

/// What a rate rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum RateBasis {
    /// Enough venues that trade this currency.
    #[default]
    Venues,
    /// Fewer venues trade this currency than are asked for. All of them are fresh and agree with another currency's
    /// rate, taken through the daily table `table` of `date` (`2026-01-31`).
    VenuesAndTable { table: String, date: String },
    /// No venue: the rate of `through`, taken through the daily table. An estimate; nothing is sold or owed by it.
    Table { table: String, date: String, through: Currency },
}

/// A rate and when it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedRate {
    pub rate: Rate,
    pub observed_at: UnixMs,
    /// Venues it rests on.
    pub venues: Vec<String>,
    /// Venues with a fresh price that was too far from the others' to be believed.
    #[serde(default)]
    pub outliers: Vec<String>,
    #[serde(default)]
    pub basis: RateBasis,
}

/// What selling for one order total would bring, walking the book of the exchange where it will be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutablePrice {
    /// Average of the walk.
    pub rate: Rate,
    pub observed_at: UnixMs,
    /// What it was held against.
    pub consolidated: ObservedRate,
}

/// Why there is no price. Fails closed: nothing is quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum PriceUnavailable {
    #[error("the newest price is {age_ms} ms old, at most {max_ms} ms are allowed")]
    Stale { age_ms: u64, max_ms: u64 },
    #[error("{fresh} venues have a fresh price, {needed} are needed")]
    TooFewVenues { fresh: u32, needed: u32 },
    #[error("venues differ by {bps:?}")]
    Deviation { bps: Bps },
    #[error("the book is too thin for this amount")]
    ThinBook,
    #[error("{currency} is not priced here")]
    UnknownCurrency { currency: Currency },
    #[error("no price was ever seen")]
    Never,
    #[error("{currency} is estimated from a daily table and cannot be sold for")]
    EstimateOnly { currency: Currency },
    #[error("the newest daily table is of {date}, too long ago")]
    TableOld { date: String },
}

#[async_trait]
pub trait Prices: Send + Sync {
    /// The consolidated rate, from memory; never asks the network. Never [`RateBasis::Table`].
    fn rate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable>;

    /// The executable price for a sale that brings `total`, from memory.
    fn executable(&self, total: Money, now: UnixMs) -> Result<ExecutablePrice, PriceUnavailable>;

    fn currencies(&self) -> Vec<Currency>;

    /// For showing only: as [`Self::rate`], or through a daily table for the currencies of [`Self::estimated`].
    fn estimate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        self.rate(currency, now)
    }

    /// Currencies that have no rate of their own and are estimated.
    fn estimated(&self) -> Vec<Currency> {
        Vec::new()
    }
}
