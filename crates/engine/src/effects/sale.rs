//! Selling: bounded, immediate or cancel, looked up until its deadline is over and never repeated before.

use super::{first_pause_ms, key_of};
use crate::{Engine, EngineError};
use ids::UnixMs;
use money::{Rate, Sat};
use ports::{EffectRow, Fee, Outcome, SaleReport, SaleStatus, SellOrder};
use purchase::{Effect, Event, Purchase};

/// Between look-ups of a sale whose outcome is not known.
const LOOK_MS: u64 = 1_000;
/// The exchange's clock may be off by so much.
const GRACE_MS: u64 = 2_000;

impl Engine {
    pub(super) async fn sell(
        &self,
        row: &EffectRow,
        p: &Purchase,
        attempt: u32,
        amount: Sat,
        expected: Rate,
    ) -> Result<(), EngineError> {
        if p.sale.is_none_or(|sale| sale.attempt != attempt) {
            return self.end(row).await;
        }
        let now = self.now();
        let pause_ms = first_pause_ms(&Effect::Sell { attempt, amount, expected });
        let deadline = row.created_at.plus_ms(pause_ms + self.config.sale_deadline_ms);
        if row.attempts > 0 || now >= deadline {
            return self.look_up_sale(row, p, attempt, deadline).await;
        }
        let least = self.ports.exchange.minimum_sat(p.currency);
        // `MAX`: the exchange does not trade it (yet), which is no matter of how much there is.
        if amount < least && least != Sat::MAX {
            let reason = format!("{amount} is less than the smallest order of {}, {least}", self.ports.exchange.name());
            return self.finish(row, p, &Event::SaleGivenUp { attempt, reason }).await;
        }
        let limit = expected.less_spread_floor(self.config.sale_slack).map_err(purchase::Rejected::from)?;
        // Counted before it is sent: after a crash the row is one that was tried, and is looked up.
        self.postpone(row, now.plus_ms(LOOK_MS), "sending").await?;
        tracing::debug!(purchase = %p.id, attempt, "an order is sent");
        let order = SellOrder { key: key_of(row), amount_sat: amount, limit, deadline };
        match self.ports.exchange.sell(order).await {
            Outcome::Done(SaleStatus::Closed(report)) => self.finish(row, p, &closed(attempt, &report)).await,
            Outcome::Done(SaleStatus::Open | SaleStatus::NotFound) | Outcome::Unknown(_) => {
                self.postpone(row, now.plus_ms(LOOK_MS / 4), "awaiting the fill").await
            }
            Outcome::Rejected(refusal) => {
                self.finish(row, p, &Event::SaleFailed { attempt, reason: refusal.message }).await
            }
            Outcome::NotSent(reason) => self.finish(row, p, &Event::SaleFailed { attempt, reason }).await,
        }
    }

    async fn look_up_sale(
        &self,
        row: &EffectRow,
        p: &Purchase,
        attempt: u32,
        deadline: UnixMs,
    ) -> Result<(), EngineError> {
        let now = self.now();
        let over = now >= deadline.plus_ms(GRACE_MS);
        match self.ports.exchange.sale_status(&key_of(row), row.created_at).await {
            Outcome::Done(SaleStatus::Closed(report)) => self.finish(row, p, &closed(attempt, &report)).await,
            Outcome::Done(SaleStatus::NotFound) if over => {
                let reason = "the exchange never had the order".to_owned();
                self.finish(row, p, &Event::SaleFailed { attempt, reason }).await
            }
            Outcome::Done(SaleStatus::NotFound | SaleStatus::Open) => {
                self.postpone(row, now.plus_ms(LOOK_MS), "awaiting the fill").await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }
}

fn closed(attempt: u32, report: &SaleReport) -> Event {
    let (fee_minor, fee_sat) = match report.fee {
        Fee::Currency(fee) => (fee.minor(), Sat::ZERO),
        Fee::Bitcoin(fee) => (0, fee),
    };
    Event::SaleClosed { attempt, sold: report.sold_sat, proceeds: report.proceeds, fee_minor, fee_sat }
}
