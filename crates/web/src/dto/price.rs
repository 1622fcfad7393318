//! What a rate rests on, and how a price comes about.

use ::purchase::{Market, PriceParts, Quote};
use money::Currency;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// Enough venues that trade this currency.
    Venues,
    /// Fewer venues than are asked for, and a daily table that agrees with them.
    VenuesAndTable,
    /// No venue: another currency's rate through a daily table. An estimate; nothing is sold by it.
    Table,
}

/// What a rate rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Basis {
    pub kind: BasisKind,
    /// Whose table: `ECB`.
    pub table: Option<String>,
    /// Of the table: `2026-01-31`.
    #[schema(example = "2026-01-31")]
    pub date: Option<String>,
    /// The currency whose rate was taken through the table.
    #[schema(value_type = Option<String>)]
    pub through: Option<Currency>,
}

impl From<ports::RateBasis> for Basis {
    fn from(basis: ports::RateBasis) -> Self {
        let (kind, table, date, through) = match basis {
            ports::RateBasis::Venues => (BasisKind::Venues, None, None, None),
            ports::RateBasis::VenuesAndTable { table, date } => {
                (BasisKind::VenuesAndTable, Some(table), Some(date), None)
            }
            ports::RateBasis::Table { table, date, through } => {
                (BasisKind::Table, Some(table), Some(date), Some(through))
            }
        };
        Self { kind, table, date, through }
    }
}

/// How the amount of a quote comes about. `order_msat`, `fee_msat`, `slippage_msat`, `spread_msat` and `rounding_msat` add
/// up to `amount_msat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartsView {
    /// Median of the venues, one bitcoin in millionths of the major unit.
    pub consolidated_rate_micro: u64,
    #[schema(example = "5500.05")]
    pub consolidated_rate: String,
    /// When the oldest price that it rests on was seen.
    pub observed_at_ms: u64,
    /// Venues that it rests on.
    pub venues: u32,
    pub basis: Basis,
    /// The order total at the consolidated rate.
    #[schema(example = 492_904_609)]
    pub order_msat: u64,
    /// The operator's fee at that rate.
    pub fee_msat: u64,
    /// What selling this amount on the server's exchange is dearer than the consolidated rate. Below zero: cheaper.
    #[schema(example = 4_481)]
    pub slippage_msat: i64,
    /// The same in millionths of the consolidated rate.
    #[schema(example = 9)]
    pub slippage_ppm: i64,
    #[schema(example = 3_848_881)]
    pub spread_msat: u64,
    /// Up to the next whole satoshi.
    #[schema(example = 29)]
    pub rounding_msat: u64,
}

impl PartsView {
    /// Nothing of quotes that were given before their market was kept.
    pub fn of(quote: &Quote) -> Option<Self> {
        Some(Self::new(quote.market.as_ref()?, quote.parts().ok()??))
    }

    fn new(market: &Market, parts: PriceParts) -> Self {
        let kind = if market.table.is_some() { BasisKind::VenuesAndTable } else { BasisKind::Venues };
        let (table, date) = market.table.clone().map(|table| (table.name, table.date)).unzip();
        Self {
            consolidated_rate_micro: market.rate.micro_per_btc(),
            consolidated_rate: market.rate.decimal(),
            observed_at_ms: market.observed_at.0,
            venues: market.venues,
            basis: Basis { kind, table, date, through: None },
            order_msat: parts.order_msat,
            fee_msat: parts.fee_msat,
            slippage_msat: parts.slippage_msat,
            slippage_ppm: parts.slippage_ppm,
            spread_msat: parts.spread_msat,
            rounding_msat: parts.rounding_msat,
        }
    }
}
