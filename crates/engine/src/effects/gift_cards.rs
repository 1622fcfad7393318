//! Gift-card vendors.

use super::key_of;
use crate::{Engine, EngineError};
use money::Money;
use ports::{EffectRow, GiftCardOrder, LightningNode, Outcome, PayRequest, SendStatus, VendorOrderStatus};
use purchase::{Event, Purchase, State, Tip};

/// Between look-ups of what the outside is still at.
const LOOK_MS: u64 = 2_000;
/// A paid order that is not delivered by then waits for the operator.
const DELIVERY_MS: u64 = 30 * 60_000;
/// How long a send waits for a channel that can be used.
const PEERS_MS: u64 = 15_000;
/// Between look-ups for funds that nobody waits for any more.
const LATE_LOOK_MS: u64 = 3_600_000;

impl Engine {
    pub(super) async fn order_gift_card(
        &self,
        row: &EffectRow,
        p: &Purchase,
        value: Money,
        product: &str,
    ) -> Result<(), EngineError> {
        if p.state != State::Quoted {
            return self.end(row).await;
        }
        let Some(vendor) = self.ports.gift_cards.clone() else {
            let reason = "no gift-card vendor is set up".to_owned();
            return self.finish(row, p, &Event::VendorOrderFailed { reason }).await;
        };
        let key = key_of(row);
        let quote = if row.attempts > 0 {
            match vendor.find_order(&key, row.created_at).await {
                Outcome::Done(Some(found)) => Outcome::Done(found),
                Outcome::Unknown(why) => Outcome::Unknown(why),
                Outcome::Done(None) | Outcome::Rejected(_) | Outcome::NotSent(_) => {
                    vendor.order(GiftCardOrder { key, product_id: product.to_owned(), value }).await
                }
            }
        } else {
            vendor.order(GiftCardOrder { key, product_id: product.to_owned(), value }).await
        };
        match quote {
            Outcome::Done(quote) => {
                let event = Event::VendorOrdered {
                    order_id: quote.order_id,
                    payment_hash: quote.payment_hash,
                    bolt11: quote.bolt11,
                    amount_msat: quote.amount_msat,
                    final_cltv_delta: quote.min_final_cltv_delta,
                };
                self.finish(row, p, &event).await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                self.finish(row, p, &Event::VendorOrderFailed { reason: refusal.message }).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    /// From here the hold goes back only if the paying node says that the send finally failed.
    pub(super) async fn pay_vendor(&self, row: &EffectRow, p: &Purchase, pay: PayRequest) -> Result<(), EngineError> {
        if p.state != State::PayingVendor {
            return self.end(row).await;
        }
        let Some(node) = self.ports.vendor_node.clone() else {
            return self.retry(row, "the node that pays vendors is not there").await;
        };
        let sent = node.send_status(pay.payment_hash).await;
        let tip = self.tip();
        let status = match sent {
            // Nothing has left yet, and what leaves now could come back after the hold has to.
            Outcome::Done(SendStatus::NotFound) if !tip.fresh => {
                return self.retry(row, "the chain's tip is old").await;
            }
            Outcome::Done(SendStatus::NotFound) if !send_ends_in_time(p, tip) => {
                let reason = "too late to begin the send".to_owned();
                return self.finish(row, p, &Event::VendorSendFailed { reason }).await;
            }
            // Peers come back within seconds of a restart; without a channel there is no route, and that would be final.
            Outcome::Done(SendStatus::NotFound) if self.peers_are_awaited(node.as_ref(), p).await => {
                return self.retry(row, "no channel to pay from yet").await;
            }
            Outcome::Done(SendStatus::NotFound) => node.pay(pay).await,
            // A refused look-up says nothing of the send.
            Outcome::Rejected(refusal) => return self.retry(row, &refusal.message).await,
            other => other,
        };
        match status {
            Outcome::Done(SendStatus::Succeeded { fee_msat, .. }) => {
                self.finish(row, p, &Event::VendorPaid { fee_msat }).await
            }
            Outcome::Done(SendStatus::Failed { reason }) => {
                self.finish(row, p, &Event::VendorSendFailed { reason }).await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                self.finish(row, p, &Event::VendorSendFailed { reason: refusal.message }).await
            }
            Outcome::Done(SendStatus::Pending | SendStatus::NotFound) => {
                self.postpone(row, self.now().plus_ms(LOOK_MS), "under way").await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    async fn peers_are_awaited(&self, node: &dyn LightningNode, p: &Purchase) -> bool {
        let patient = p.hold.is_some_and(|hold| self.now() < hold.held_at.plus_ms(PEERS_MS));
        let able = |room: ports::Room| room.outbound_msat() > 0;
        patient && !node.room().await.done().is_some_and(able)
    }

    pub(super) async fn await_delivery(
        &self,
        row: &EffectRow,
        p: &Purchase,
        order_id: &str,
    ) -> Result<(), EngineError> {
        let known = p.vendor.as_ref().is_none_or(|vendor| vendor.delivered || vendor.failed);
        let Some(vendor) = self.ports.gift_cards.clone().filter(|_| !known) else {
            return self.end(row).await;
        };
        match vendor.status(order_id).await {
            Outcome::Done(VendorOrderStatus::Delivered) => self.finish(row, p, &Event::VendorDelivered).await,
            Outcome::Done(VendorOrderStatus::Failed { reason }) => {
                self.finish(row, p, &Event::VendorFailed { reason }).await
            }
            Outcome::Done(VendorOrderStatus::RefundedByVendor) => {
                let reason = "the vendor gave the bitcoin back".to_owned();
                self.finish(row, p, &Event::VendorFailed { reason }).await
            }
            Outcome::Done(VendorOrderStatus::Paid | VendorOrderStatus::AwaitingFunds | VendorOrderStatus::NotFound) => {
                let now = self.now();
                if now < row.created_at.plus_ms(DELIVERY_MS) {
                    return self.postpone(row, now.plus_ms(LOOK_MS), "not delivered yet").await;
                }
                // The operator has to ask the vendor; what still comes is taken as before.
                let reason = format!("the vendor was paid and has not delivered: order {order_id}");
                self.apply(p.id, &Event::Parked { reason }, crate::apply::With::default()).await?;
                self.postpone(row, now.plus_ms(LATE_LOOK_MS), "not delivered for long").await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }
}

fn send_ends_in_time(p: &Purchase, tip: Tip) -> bool {
    let blocks = p.policy.vendor_blocks_max.saturating_add(p.policy.deadline_margin_blocks);
    p.hold.is_some_and(|hold| !hold.returned && tip.height.saturating_add(blocks) < hold.claim_deadline)
}
