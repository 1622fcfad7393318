//! Paying BOLT 11 invoices, each hash once.
//!
//! ldk-node stores a send after it was made. A crash between the two leaves HTLCs under way that its store does not
//! know. So the intent is written first, and what an intent without a record became is read from the channels
//! (`doubt`): it is not asked of LDK by sending again, since LDK looks for a route before it looks for the hash, and
//! "no route" would pass for the end of a send that is under way.
//!
//! Invariant: one attempt for each hash, for ever. A failed one is final, although LDK would try again.

use super::doubt::Doubt;
use super::events::msat;
use super::node::Shared;
use super::port::table_failed;
use super::table::{SendState, Sync, TableResult};
use crate::requests::{check_send, rejected};
use ids::PaymentHash;
use ldk_node::NodeError;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning::routing::router::RouteParametersConfig;
use ldk_node::payment::{PaymentDetails, PaymentDirection, PaymentKind, PaymentStatus};
use lightning_invoice::Bolt11Invoice;
use ports::{Outcome, PayRequest, Preimage, Rejection, SendStatus};

/// For a send whose failure was not explained.
const NOT_SAID: &str = "unknown";

impl Shared {
    pub fn pay(&self, request: &PayRequest) -> Outcome<SendStatus> {
        let hash = &request.payment_hash;
        match self.send_status(hash) {
            Ok(SendStatus::NotFound) => {}
            Ok(known) => return Outcome::Done(known),
            Err(error) => return table_failed(error),
        }
        let (invoice, amount_msat) = match self.check_send(request) {
            Ok(checked) => checked,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        if let Err(error) = self.table.intend_send(hash, &request.bolt11) {
            return table_failed(error);
        }
        let sender = self.node.bolt11_payment();
        let mut limits = RouteParametersConfig {
            max_total_routing_fee_msat: Some(request.max_fee_msat.get()),
            ..RouteParametersConfig::default()
        };
        if let Some(blocks) = request.max_cltv_blocks {
            limits.max_total_cltv_expiry_delta = blocks.min(limits.max_total_cltv_expiry_delta);
        }
        let limits = Some(limits);
        let sent = match amount_msat {
            None => sender.send(&invoice, limits),
            Some(amount_msat) => sender.send_using_amount(&invoice, amount_msat, limits),
        };
        let after = match sent {
            // Under way already: what was sent before a crash.
            Ok(_) | Err(NodeError::DuplicatePayment) => Ok(()),
            Err(NodeError::PaymentSendingFailed) => {
                let end = SendState::Failed { reason: "no_route".to_owned() };
                self.table.end_send(hash, &end, Sync::Now)
            }
            Err(error @ (NodeError::InvalidInvoice | NodeError::InvalidAmount | NodeError::NotRunning)) => {
                if let Err(error) = self.table.forget_send(hash) {
                    return table_failed(error);
                }
                return match error {
                    NodeError::NotRunning => Outcome::NotSent(error.to_string()),
                    _ => rejected("invalid_invoice", error.to_string()),
                };
            }
            // Sent, perhaps, and not recorded by ldk-node.
            Err(error) => return Outcome::Unknown(error.to_string()),
        };
        match after.and_then(|()| self.send_status(hash)) {
            Ok(status) => Outcome::Done(status),
            Err(error) => table_failed(error),
        }
    }

    /// What ldk-node and the table know together: an end that either of them knows is the end.
    pub fn send_status(&self, hash: &PaymentHash) -> TableResult<SendStatus> {
        let noted = self.table.send(hash)?;
        let record = self.record(hash);
        if let Some(PaymentDetails { status: PaymentStatus::Succeeded, kind, fee_paid_msat, .. }) = &record
            && let PaymentKind::Bolt11 { preimage: Some(preimage), .. } = kind
        {
            let fee_msat = msat(fee_paid_msat.unwrap_or(0));
            return Ok(SendStatus::Succeeded { preimage: Preimage(preimage.0), fee_msat });
        }
        Ok(match (noted, record.map(|record| record.status)) {
            (Some(SendState::Succeeded { preimage, fee_msat }), _) => {
                SendStatus::Succeeded { preimage, fee_msat: msat(fee_msat) }
            }
            (Some(SendState::Failed { reason }), _) => SendStatus::Failed { reason },
            (_, Some(PaymentStatus::Failed)) => SendStatus::Failed { reason: NOT_SAID.to_owned() },
            (Some(SendState::Pending), None) => match self.doubt(hash) {
                Doubt::NeverSent => SendStatus::NotFound,
                Doubt::UnderWay | Doubt::CannotTell => SendStatus::Pending,
            },
            (Some(SendState::Pending), Some(_)) | (None, Some(_)) => SendStatus::Pending,
            (None, None) => SendStatus::NotFound,
        })
    }

    /// ldk-node's record of a send; its record of something received under the same hash is none.
    fn record(&self, hash: &PaymentHash) -> Option<PaymentDetails> {
        self.node.payment(&PaymentId(hash.0)).filter(|record| record.direction == PaymentDirection::Outbound)
    }

    /// The invoice, and the amount if the invoice does not say it.
    fn check_send(&self, request: &PayRequest) -> Result<(Bolt11Invoice, Option<u64>), Rejection> {
        let checked = check_send(request, self.network)?;
        let inbound = self.node.payment(&PaymentId(request.payment_hash.0));
        if inbound.is_some_and(|record| record.direction == PaymentDirection::Inbound) {
            // ldk-node keys both directions by the hash and would take the one for the other.
            return Err(Rejection::fatal("hash_in_use", "an invoice of this node has this hash"));
        }
        Ok(checked)
    }
}
