//! An exchange that tells orders of one name apart only while they are open.

use super::Defect;
use crate::shared::{Inner, Shared};
use async_trait::async_trait;
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money, Sat};
use ports::{AssetBalance, Exchange, Fee, Outcome, Rejection, SaleReport, SaleStatus, SellOrder};

/// Fee on the proceeds, hundredths of a percent, rounded up.
const FEE_BPS: u64 = 26;
/// From the order to its end at the exchange, milliseconds.
const FILL_MS: u64 = 200;

#[derive(Debug, Clone)]
pub struct SaleEntry {
    pub key: String,
    pub sat: u64,
    pub proceeds_minor: u64,
    pub fee_minor: u64,
    /// Filled from then on.
    pub closed: u64,
}

#[derive(Default)]
pub struct ExchangeBook {
    pub sales: Vec<SaleEntry>,
    /// Nobody bids: orders end unfilled.
    pub empty: bool,
    /// So much of each order stays unfilled, as far as it goes.
    pub leaves_sat: u64,
    /// Smaller orders are refused.
    pub minimum_sat: u64,
}

pub struct ModelExchange {
    pub shared: Shared,
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap_or(Money::zero(Currency::USD))
}

fn status(inner: &Inner, key: &str) -> SaleStatus {
    let Some(sale) = inner.books.exchange.sales.iter().find(|sale| sale.key == key) else {
        return SaleStatus::NotFound;
    };
    if inner.now < sale.closed {
        return SaleStatus::Open;
    }
    let short = u64::from(inner.books.planted == Some(Defect::SellsLess)) * 1_000;
    SaleStatus::Closed(SaleReport {
        sold_sat: Sat::new(sale.sat + short).unwrap_or(Sat::ZERO),
        proceeds: usd(sale.proceeds_minor),
        fee: Fee::Currency(usd(sale.fee_minor)),
    })
}

#[async_trait]
impl Exchange for ModelExchange {
    fn name(&self) -> &'static str {
        "model-exchange"
    }

    fn minimum_sat(&self, _currency: Currency) -> Sat {
        Sat::new(self.shared.lock().books.exchange.minimum_sat).unwrap_or(Sat::MAX)
    }

    async fn sell(&self, order: SellOrder) -> Outcome<SaleStatus> {
        let act = |inner: &mut Inner| {
            let key = order.key.0.clone();
            let now = inner.now;
            if order.amount_sat.get() < inner.books.exchange.minimum_sat {
                return Outcome::Rejected(Rejection::fatal("too_small", "less than the smallest order"));
            }
            // Immediate or cancel: it is never among the open orders, so a second of that name is another order.
            if now < order.deadline.0 {
                let short = u64::from(inner.books.planted == Some(Defect::SellsLess)) * 1_000;
                let sat = if inner.books.exchange.empty { 0 } else { order.amount_sat.get() - short };
                let sat = sat.saturating_sub(inner.books.exchange.leaves_sat);
                let proceeds_minor = sat * super::others::EXECUTABLE_MINOR / 100_000_000;
                let fee_minor = (proceeds_minor * FEE_BPS).div_ceil(10_000);
                inner.note(format!("exchange sells {sat} sat for {proceeds_minor}"));
                let closed = now + FILL_MS;
                inner.books.exchange.sales.push(SaleEntry { key, sat, proceeds_minor, fee_minor, closed });
            }
            Outcome::Done(SaleStatus::Open)
        };
        self.shared.call("exchange.sell", act).await
    }

    async fn sale_status(&self, key: &IdempotencyKey, _since: UnixMs) -> Outcome<SaleStatus> {
        let act = |inner: &mut Inner| Outcome::Done(status(inner, &key.0));
        self.shared.call("exchange.sale_status", act).await
    }

    async fn balances(&self) -> Outcome<Vec<AssetBalance>> {
        Outcome::Done(Vec::new())
    }

    async fn health(&self) -> Outcome<String> {
        Outcome::Done("a model".to_owned())
    }
}
