//! Outbox rows, run at least once. What came of each is an event, committed with the row's end.

mod cards;
mod funds;
mod gift_cards;
mod lightning;
mod refund;
mod sale;
mod watch;

use crate::apply::{With, from_json};
use crate::work::backoff_ms;
use crate::{Engine, EngineError};
use ids::{IdempotencyKey, PurchaseId, RefundId};
use ports::{AggregateKind, EffectRow, PayRequest};
use purchase::{Effect, Event, Purchase, RefundEffect, RefundEvent};

/// Pause before a postponed effect runs again.
const RETRY_MS_MIN: u64 = 500;
const RETRY_MS_MAX: u64 = 60_000;

/// Later sales wait, so that an exchange in trouble is not hammered. Nothing has happened yet to an order that was just
/// given up.
pub(crate) fn first_pause_ms(effect: &Effect) -> u64 {
    match effect {
        Effect::Sell { attempt, .. } if *attempt > 1 => backoff_ms(attempt - 2, 2_000, 600_000),
        Effect::WatchOrder { .. } => watch::LOOK_MS_MIN,
        _ => 0,
    }
}

impl Engine {
    /// Runs one outbox row. An error of the engine's own leaves the row to be leased again.
    pub async fn run_effect(&self, row: EffectRow) {
        let key = row.key.clone();
        let done = match row.at.kind {
            AggregateKind::Purchase => self.run_purchase_effect(&row).await,
            AggregateKind::Refund => self.run_refund_effect(&row).await,
        };
        if let Err(error) = done {
            tracing::error!(%error, effect = key, "effect not finished");
            let at = self.now().plus_ms(backoff_ms(row.attempts, RETRY_MS_MIN, RETRY_MS_MAX));
            if let Err(error) = self.postpone(&row, at, "engine").await {
                tracing::error!(%error, effect = key, "effect not postponed");
            }
        }
    }

    async fn run_purchase_effect(&self, row: &EffectRow) -> Result<(), EngineError> {
        let effect: Effect = from_json(&row.body)?;
        let id = PurchaseId(row.at.id);
        let purchase = self.purchase(id).await?.ok_or(EngineError::NotFound)?;
        let p = &purchase;
        match effect {
            Effect::CreateInvoice { .. } => self.create_invoice(row, p, &effect).await,
            Effect::ReturnHtlc { payment_hash } => self.return_htlc(row, p, payment_hash).await,
            Effect::Claim { payment_hash, amount_msat, preimage } => {
                self.claim(row, p, payment_hash, amount_msat, preimage).await
            }
            Effect::CreateCard { limit } => self.create_card(row, p, limit).await,
            Effect::RaiseLimit { card, limit } => self.raise_limit(row, p, &card, limit).await,
            Effect::CloseCard { card } => self.close_card(row, p, &card).await,
            Effect::Sell { attempt, amount, expected } => self.sell(row, p, attempt, amount, expected).await,
            Effect::OpenRefund { number, amount, cause } => self.open_refund(row, p, number, amount, cause).await,
            Effect::ReclaimRefund { amount } => self.reclaim_refund(row, p, amount).await,
            Effect::OrderGiftCard { value, product_id } => self.order_gift_card(row, p, value, &product_id).await,
            Effect::PayVendor { payment_hash, bolt11, max_fee_msat, max_cltv_blocks } => {
                let max_cltv_blocks = Some(max_cltv_blocks);
                let pay = PayRequest { bolt11, payment_hash, amount_msat: None, max_fee_msat, max_cltv_blocks };
                self.pay_vendor(row, p, pay).await
            }
            Effect::AwaitDelivery { order_id } => self.await_delivery(row, p, &order_id).await,
            Effect::WatchOrder { order_id, bolt11 } => self.watch_order(row, p, &order_id, &bolt11).await,
            Effect::RequestFunds { amount_msat, expires_at } => {
                self.request_funds(row, p, amount_msat, expires_at).await
            }
        }
    }

    async fn run_refund_effect(&self, row: &EffectRow) -> Result<(), EngineError> {
        let effect: RefundEffect = from_json(&row.body)?;
        let id = RefundId(row.at.id);
        let refund = self.refund(id).await?.ok_or(EngineError::NotFound)?;
        match effect {
            RefundEffect::Prepare { amount, destination, attempt } => {
                self.prepare_refund(row, &refund, (amount, &destination, attempt)).await
            }
            RefundEffect::Send { send } => self.send_refund(row, &refund, &send).await,
        }
    }

    /// The answer, committed together with the end of the row.
    async fn finish(&self, row: &EffectRow, p: &Purchase, event: &Event) -> Result<(), EngineError> {
        self.apply(p.id, event, With::finished(row).urgent()).await.map(|_| ())
    }

    async fn finish_refund(&self, row: &EffectRow, id: RefundId, event: &RefundEvent) -> Result<(), EngineError> {
        self.apply_refund(id, event, With::finished(row)).await.map(|_| ())
    }

    /// Nothing follows from it any more.
    async fn end(&self, row: &EffectRow) -> Result<(), EngineError> {
        Ok(self.ports.store.finish_effect(&row.key).await?)
    }

    pub(crate) async fn retry(&self, row: &EffectRow, why: &str) -> Result<(), EngineError> {
        tracing::warn!(effect = row.key, attempts = row.attempts, why, "effect postponed");
        let at = self.now().plus_ms(backoff_ms(row.attempts, RETRY_MS_MIN, RETRY_MS_MAX));
        self.postpone(row, at, why).await
    }
}

/// The name under which the outside knows a row.
fn key_of(row: &EffectRow) -> IdempotencyKey {
    IdempotencyKey(row.key.clone())
}
