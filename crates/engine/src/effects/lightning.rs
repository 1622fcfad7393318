//! Invoice, return, claim.

use crate::apply::claiming;
use crate::{Engine, EngineError};
use ids::PaymentHash;
use money::Msat;
use ports::{Description, EffectRow, HoldInvoiceRequest, HoldStatus, Outcome, Preimage, SendStatus};
use purchase::{Effect, Event, PreimageSource, Purchase, State};
use sha2::{Digest, Sha256};

/// How soon a claim that nobody confirmed is looked up.
const CONFIRM_LOOK_MS: u64 = 3_000;

impl Engine {
    pub(super) async fn create_invoice(
        &self,
        row: &EffectRow,
        p: &Purchase,
        effect: &Effect,
    ) -> Result<(), EngineError> {
        let Effect::CreateInvoice {
            number,
            amount_msat,
            payment_hash,
            description,
            hashed,
            expires_at,
            min_final_cltv_delta,
        } = effect
        else {
            return Err(EngineError::Broken("not an invoice".to_owned()));
        };
        let now = self.now();
        if p.state != State::Quoted || p.invoice_number() != Some(*number) {
            return self.end(row).await;
        }
        if now >= *expires_at {
            let reason = "the quote ran out before an invoice could be made".to_owned();
            return self.finish(row, p, &Event::InvoiceFailed { reason }).await;
        }
        let hash = payment_hash
            .unwrap_or_else(|| PaymentHash(Sha256::digest(self.ports.vault.preimage(p.id, *number).0).into()));
        let request = HoldInvoiceRequest {
            payment_hash: hash,
            amount_msat: *amount_msat,
            description: if *hashed {
                Description::Hash(Sha256::digest(description).into())
            } else {
                Description::Text(description.clone())
            },
            expiry_secs: u32::try_from(expires_at.since_ms(now).div_ceil(1_000)).unwrap_or(u32::MAX),
            min_final_cltv_delta: *min_final_cltv_delta,
        };
        match self.ports.nodes.of(p.node()).create_hold_invoice(request).await {
            Outcome::Done(invoice) => {
                let event = Event::InvoiceIssued { number: *number, payment_hash: hash, bolt11: invoice.bolt11 };
                self.finish(row, p, &event).await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                self.finish(row, p, &Event::InvoiceFailed { reason: refusal.message }).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    /// Retried until the node confirms: an HTLC that is not claimed goes back.
    pub(super) async fn return_htlc(
        &self,
        row: &EffectRow,
        p: &Purchase,
        payment_hash: PaymentHash,
    ) -> Result<(), EngineError> {
        let ours = p.hold.is_some_and(|hold| hold.payment_hash == payment_hash && !hold.returned);
        if p.is_funded() && p.hold.is_some_and(|hold| hold.payment_hash == payment_hash) {
            return self.end(row).await;
        }
        let node = self.ports.nodes.of(p.node());
        match node.return_hold(payment_hash).await {
            Outcome::Done(()) if ours => self.finish(row, p, &Event::HtlcReturned { payment_hash }).await,
            Outcome::Done(()) => self.end(row).await,
            Outcome::Rejected(_) | Outcome::Unknown(_) => match node.hold_status(payment_hash).await {
                Outcome::Done(HoldStatus::Returned | HoldStatus::Open | HoldStatus::NotFound) if ours => {
                    self.finish(row, p, &Event::HtlcReturned { payment_hash }).await
                }
                Outcome::Done(HoldStatus::Returned | HoldStatus::Open | HoldStatus::NotFound) => self.end(row).await,
                Outcome::Done(HoldStatus::Claimed { amount_msat }) => {
                    self.finish(row, p, &Event::HtlcClaimed { payment_hash, amount_msat }).await
                }
                Outcome::Done(HoldStatus::Held { .. } | HoldStatus::Claiming { .. })
                | Outcome::Rejected(_)
                | Outcome::NotSent(_)
                | Outcome::Unknown(_) => self.retry(row, "the HTLC is not back yet").await,
            },
            Outcome::NotSent(why) => self.retry(row, &why).await,
        }
    }

    /// Hands the preimage over and stays in the outbox until the claim is confirmed.
    pub(super) async fn claim(
        &self,
        row: &EffectRow,
        p: &Purchase,
        payment_hash: PaymentHash,
        amount_msat: Msat,
        source: PreimageSource,
    ) -> Result<(), EngineError> {
        if !claiming(p) {
            return self.end(row).await;
        }
        let node = self.ports.nodes.of(p.node());
        if row.attempts > 0 {
            // It was handed over before, or may have been: look first.
            match node.hold_status(payment_hash).await {
                Outcome::Done(HoldStatus::Claimed { amount_msat }) => {
                    return self.finish(row, p, &Event::HtlcClaimed { payment_hash, amount_msat }).await;
                }
                Outcome::Done(HoldStatus::Returned) => {
                    return self.finish(row, p, &Event::HtlcReturned { payment_hash }).await;
                }
                Outcome::Done(
                    HoldStatus::Held { .. } | HoldStatus::Claiming { .. } | HoldStatus::Open | HoldStatus::NotFound,
                ) => {}
                Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
                    return self.retry(row, "the node does not say what became of the claim").await;
                }
            }
        }
        let Some(preimage) = self.preimage(p, payment_hash, source).await else {
            return self.retry(row, "the paying node does not have the preimage").await;
        };
        match node.claim(payment_hash, preimage, amount_msat).await {
            Outcome::Done(()) => {
                // The node's confirmation comes as an event; if it does not, this row looks for it.
                let at = self.now().plus_ms(CONFIRM_LOOK_MS);
                self.postpone(row, at, "awaiting the confirmation").await
            }
            Outcome::Rejected(refusal) => self.claim_refused(row, p, payment_hash, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    async fn claim_refused(
        &self,
        row: &EffectRow,
        p: &Purchase,
        payment_hash: PaymentHash,
        why: &str,
    ) -> Result<(), EngineError> {
        match self.ports.nodes.of(p.node()).hold_status(payment_hash).await {
            Outcome::Done(HoldStatus::Claimed { amount_msat }) => {
                self.finish(row, p, &Event::HtlcClaimed { payment_hash, amount_msat }).await
            }
            Outcome::Done(HoldStatus::Returned | HoldStatus::Open | HoldStatus::NotFound) => {
                self.finish(row, p, &Event::HtlcReturned { payment_hash }).await
            }
            Outcome::Done(HoldStatus::Held { .. } | HoldStatus::Claiming { .. })
            | Outcome::Rejected(_)
            | Outcome::NotSent(_)
            | Outcome::Unknown(_) => self.retry(row, why).await,
        }
    }

    async fn preimage(&self, p: &Purchase, payment_hash: PaymentHash, source: PreimageSource) -> Option<Preimage> {
        match source {
            PreimageSource::Derived { invoice_number } => Some(self.ports.vault.preimage(p.id, invoice_number)),
            PreimageSource::Learned => {
                let node = self.ports.vendor_node.as_ref()?;
                match node.send_status(payment_hash).await {
                    Outcome::Done(SendStatus::Succeeded { preimage, .. }) => Some(preimage),
                    Outcome::Done(SendStatus::NotFound | SendStatus::Pending | SendStatus::Failed { .. })
                    | Outcome::Rejected(_)
                    | Outcome::NotSent(_)
                    | Outcome::Unknown(_) => None,
                }
            }
        }
    }
}
