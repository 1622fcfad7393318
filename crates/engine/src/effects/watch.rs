//! An order at a gift-card vendor that we did not pay: a vendor whose node is on the shopper's route can take the HTLC
//! with the preimage that it knows. Then the order shows as paid.

use crate::apply::With;
use crate::work::backoff_ms;
use crate::{Engine, EngineError};
use ids::UnixMs;
use ports::{EffectRow, Outcome, VendorOrderStatus};
use purchase::{Event, Purchase};

/// Between looks; doubled with each. Vendors allow few, and nearly every look finds nothing.
pub(super) const LOOK_MS_MIN: u64 = 60_000;
const LOOK_MS_MAX: u64 = 6 * 3_600_000;
/// How long after the end of the vendor's invoice an HTLC that was under way by then may still be taken and shown.
const MARGIN_MS: u64 = 24 * 3_600_000;
/// An invoice that cannot be read is over by then.
const INVOICE_MS: u64 = 3_600_000;

impl Engine {
    /// Delivered: the code is the shopper's, and the operator is told. Paid and not delivered: the operator is told.
    pub(super) async fn watch_order(
        &self,
        row: &EffectRow,
        p: &Purchase,
        order_id: &str,
        bolt11: &str,
    ) -> Result<(), EngineError> {
        let Some(vendor) = self.ports.gift_cards.clone().filter(|_| !p.delivered_without_us()) else {
            return self.end(row).await;
        };
        match vendor.status(order_id).await {
            Outcome::Done(VendorOrderStatus::Delivered) => return self.finish(row, p, &Event::VendorDelivered).await,
            Outcome::Done(VendorOrderStatus::Paid) => {
                let reason = format!("the vendor says that order {order_id} is paid, and we did not pay it");
                self.apply(p.id, &Event::Parked { reason }, With::default()).await?;
            }
            Outcome::Done(
                VendorOrderStatus::AwaitingFunds
                | VendorOrderStatus::NotFound
                | VendorOrderStatus::Failed { .. }
                | VendorOrderStatus::RefundedByVendor,
            )
            | Outcome::Rejected(_)
            | Outcome::NotSent(_)
            | Outcome::Unknown(_) => {}
        }
        let now = self.now();
        let over = match self.ports.payees.read_invoice(bolt11) {
            Ok(invoice) => invoice.expires_at,
            Err(_) => row.created_at.plus_ms(INVOICE_MS),
        };
        let last = over.plus_ms(MARGIN_MS);
        if now >= last {
            return self.end(row).await;
        }
        // Once more at the very end, whatever the pauses have grown to.
        let next = now.plus_ms(backoff_ms(row.attempts, 2 * LOOK_MS_MIN, LOOK_MS_MAX));
        self.postpone(row, UnixMs(next.0.min(last.0)), "watching an order that was not paid").await
    }
}
