//! Where the bitcoin is sold.

use crate::Outcome;
use async_trait::async_trait;
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money, Rate, Sat};
use serde::{Deserialize, Serialize};

/// A bounded immediate-or-cancel sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellOrder {
    /// Our own order id, derived from this; the vendor may keep it unique only among open orders, so a sale whose
    /// outcome is unknown is looked up until `deadline` is over and never repeated before.
    pub key: IdempotencyKey,
    pub amount_sat: Sat,
    /// Nothing below this price.
    pub limit: Rate,
    /// The order is dead at the exchange after this, whatever we hear; 5 to 60 s ahead.
    pub deadline: UnixMs,
}

/// A fee in whichever side the exchange takes it. Minor units of a currency are rounded against us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fee {
    Bitcoin(Sat),
    Currency(Money),
}

/// A finished order. `sold` may be less than asked, also zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleReport {
    pub sold_sat: Sat,
    /// Before the fee.
    pub proceeds: Money,
    pub fee: Fee,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaleStatus {
    /// Not among open nor closed orders. Final only after the order's deadline.
    NotFound,
    Open,
    Closed(SaleReport),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetBalance {
    Bitcoin(Sat),
    Currency(Money),
}

#[async_trait]
pub trait Exchange: Send + Sync {
    fn name(&self) -> &'static str;

    /// Smallest amount that can be sold.
    fn minimum_sat(&self, currency: Currency) -> Sat;

    /// Places the order. Vendors may answer before they know the fill: then `Open`, and the caller looks again.
    async fn sell(&self, order: SellOrder) -> Outcome<SaleStatus>;

    async fn sale_status(&self, key: &IdempotencyKey, placed_since: UnixMs) -> Outcome<SaleStatus>;

    async fn balances(&self) -> Outcome<Vec<AssetBalance>>;

    /// Reachable, trading, our clock good enough. The text is for the operator.
    async fn health(&self) -> Outcome<String>;
}
