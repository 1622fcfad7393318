//! Paying back: price, invoice, one live hash, look up what is unknown.

use crate::{Engine, EngineError};
use money::{Msat, Rate};
use ports::{EffectRow, ForeignInvoice, Outcome, PayRequest, SendStatus, StoreError};
use purchase::{Destination, OwedAmount, PaidFrom, Refund, RefundEvent, RefundSend};

/// An invoice that ends sooner is not begun.
const INVOICE_LEFT_MS_MIN: u64 = 30_000;
/// Longest that a payee can keep a refund in the air: three hops and a last one of a day each.
const REFUND_BLOCKS_MAX: u32 = 576;
/// Between look-ups of a send that is under way.
const LOOK_MS: u64 = 5_000;

/// Why there is nothing to send yet.
pub(super) struct Problem {
    pub reason: String,
    /// The shopper has to give another destination.
    pub ask_again: bool,
}

/// What is owed at a rate, rounded down to a millisatoshi.
fn owed_at(amount: OwedAmount, rate: Option<Rate>) -> Result<(Msat, Option<Rate>), String> {
    match (amount, rate) {
        (OwedAmount::Bitcoin(msat), _) => Ok((msat, None)),
        (OwedAmount::Currency(owed), Some(rate)) => {
            Ok((rate.msat_floor(owed).map_err(|error| error.to_string())?, Some(rate)))
        }
        (OwedAmount::Currency(_), None) => Err("a price is missing".to_owned()),
    }
}

impl Engine {
    pub(super) async fn prepare_refund(
        &self,
        row: &EffectRow,
        refund: &Refund,
        (amount, destination, attempt): (OwedAmount, &Destination, u32),
    ) -> Result<(), EngineError> {
        if refund.state != purchase::RefundState::Preparing || (attempt != 0 && attempt != refund.attempts) {
            return self.end(row).await;
        }
        match self.missing(refund).await? {
            Outcome::Done(missing) if missing.is_zero() => {}
            Outcome::Done(missing) => return self.funds_gone(row, refund, missing).await,
            Outcome::Rejected(refusal) => return self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => return self.retry(row, &why).await,
        }
        let event = match self.prepared(refund, amount, destination).await {
            Ok(send) => RefundEvent::Prepared { send, attempt },
            Err(Problem { reason, ask_again }) => RefundEvent::PrepareFailed { reason, ask_again, attempt },
        };
        match self.finish_refund(row, refund.id, &event).await {
            Err(EngineError::Store(StoreError::Taken(_))) => {
                let reason = "this invoice was given for another refund".to_owned();
                let event = RefundEvent::PrepareFailed { reason, ask_again: true, attempt };
                self.finish_refund(row, refund.id, &event).await
            }
            other => other,
        }
    }

    async fn prepared(
        &self,
        refund: &Refund,
        amount: OwedAmount,
        destination: &Destination,
    ) -> Result<RefundSend, Problem> {
        let again = |reason: String| Problem { reason, ask_again: true };
        let later = |reason: String| Problem { reason, ask_again: false };
        let priced = match destination {
            Destination::Withdrawn { rate, .. } => owed_at(amount, *rate),
            Destination::Bolt11 { .. }
            | Destination::LightningAddress { .. }
            | Destination::LinkedAccount { .. }
            | Destination::OnChain { .. } => self.priced(amount),
        };
        let (amount_msat, rate) = priced.map_err(later)?;
        let invoice = match destination {
            Destination::LinkedAccount { .. } => return self.prepared_linked(refund, amount_msat, rate).await,
            Destination::OnChain { address } => {
                return self.prepared_on_chain(refund, address, amount_msat, rate).await;
            }
            Destination::Bolt11 { invoice } | Destination::Withdrawn { invoice, .. } => {
                self.ports.payees.read_invoice(invoice).map_err(again)?
            }
            Destination::LightningAddress { address } => {
                match self.ports.payees.fetch_invoice(address, amount_msat).await {
                    Outcome::Done(invoice) => invoice,
                    Outcome::Rejected(refusal) => {
                        return Err(Problem { reason: refusal.message, ask_again: !refusal.retryable });
                    }
                    Outcome::NotSent(why) | Outcome::Unknown(why) => return Err(later(why)),
                }
            }
        };
        self.fits(&invoice, amount_msat).map_err(again)?;
        Ok(RefundSend {
            payment_hash: invoice.payment_hash,
            amount_missing: invoice.amount_msat.is_none(),
            bolt11: invoice.bolt11,
            from: PaidFrom::Node,
            amount_msat,
            taken_msat_max: Msat::ZERO,
            rate,
        })
    }

    /// What is owed, now.
    pub(crate) fn priced(&self, amount: OwedAmount) -> Result<(Msat, Option<Rate>), String> {
        match amount {
            OwedAmount::Bitcoin(_) => owed_at(amount, None),
            OwedAmount::Currency(owed) => {
                let price = self.ports.prices.rate(owed.currency(), self.now()).map_err(|error| error.to_string())?;
                owed_at(amount, Some(price.rate))
            }
        }
    }

    fn fits(&self, invoice: &ForeignInvoice, amount_msat: Msat) -> Result<(), String> {
        if invoice.expires_at.since_ms(self.now()) < INVOICE_LEFT_MS_MIN {
            return Err("the invoice has expired or is about to".to_owned());
        }
        if self.ports.nodes.has(invoice.payee) {
            return Err("the invoice is this server's own".to_owned());
        }
        match invoice.amount_msat {
            Some(asked) if asked != amount_msat => {
                Err(format!("the invoice asks {asked}; {amount_msat} are owed (an invoice without amount is fine)"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// One hash, committed before this runs. The node never sends it twice.
    pub(super) async fn send_refund(
        &self,
        row: &EffectRow,
        refund: &Refund,
        send: &RefundSend,
    ) -> Result<(), EngineError> {
        let live = refund.state == purchase::RefundState::Sending
            && refund.send.as_ref().is_some_and(|s| s.payment_hash == send.payment_hash);
        if !live {
            return self.end(row).await;
        }
        if send.from != PaidFrom::Node {
            return self.send_from_source(row, refund, send).await;
        }
        // Where the purchase's bitcoin came to, there is something to send.
        let purchase = self.purchase(refund.purchase).await?.ok_or(EngineError::NotFound)?;
        let node = self.ports.nodes.of(purchase.node());
        let known = node.send_status(send.payment_hash).await;
        let status = match known {
            Outcome::Done(SendStatus::NotFound) => node.pay(self.pay_request(send)).await,
            // A refused look-up says nothing of the send.
            Outcome::Rejected(refusal) => return self.retry(row, &refusal.message).await,
            other => other,
        };
        let payment_hash = send.payment_hash;
        match status {
            Outcome::Done(SendStatus::Succeeded { fee_msat, .. }) => {
                let event = RefundEvent::SendSucceeded { payment_hash, fee_msat, taken_msat: Msat::ZERO };
                self.finish_refund(row, refund.id, &event).await
            }
            Outcome::Done(SendStatus::Failed { reason }) => {
                self.finish_refund(row, refund.id, &RefundEvent::SendFailed { payment_hash, reason }).await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                let event = RefundEvent::SendFailed { payment_hash, reason: refusal.message };
                self.finish_refund(row, refund.id, &event).await
            }
            Outcome::Done(SendStatus::Pending | SendStatus::NotFound) => {
                self.postpone(row, self.now().plus_ms(LOOK_MS), "under way").await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    fn pay_request(&self, send: &RefundSend) -> PayRequest {
        let share = money::div_ceil(
            u128::from(send.amount_msat.get()) * u128::from(self.config.refund_fee_max.0),
            money::Bps::WHOLE,
        );
        let fee = u64::try_from(share).unwrap_or(u64::MAX).max(self.config.refund_fee_msat_min);
        PayRequest {
            bolt11: send.bolt11.clone(),
            payment_hash: send.payment_hash,
            amount_msat: send.amount_missing.then_some(send.amount_msat),
            max_fee_msat: Msat::new(fee).unwrap_or(Msat::ZERO),
            max_cltv_blocks: Some(REFUND_BLOCKS_MAX),
        }
    }
}
