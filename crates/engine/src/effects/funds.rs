//! Sources that cannot be held: asking, looking, paying back.

use super::refund::Problem;
use crate::funds::{funds_key, read_target, request_of};
use crate::{Engine, EngineError};
use ids::{IdempotencyKey, PaymentHash, UnixMs};
use money::{Msat, Rate};
use ports::{
    EffectRow, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome, PaidFirstSource,
};
use purchase::{Destination, Event, FundsSource, PaidFrom, Purchase, Refund, RefundEvent, RefundSend, State};
use sha2::{Digest, Sha256};

/// The longer it takes, the less often it is looked at: each time after this part of the time that it has taken.
const LOOK_SHARE: u64 = 20;
/// A shopper waits at first; in the end nobody does.
const LOOK_MS_MIN: u64 = 500;
const LOOK_MS_MAX: u64 = 3_600_000;

impl Engine {
    /// Asks once, then looks until the funds are final or nothing can come any more.
    pub(super) async fn request_funds(
        &self,
        row: &EffectRow,
        p: &Purchase,
        amount_msat: Msat,
        expires_at: UnixMs,
    ) -> Result<(), EngineError> {
        let source = p.policy.funds_source.and_then(|source| self.ports.paid_first.get(source)).cloned();
        let Some(source) = source else {
            // What was asked for may still come: it waits for the operator to set the source up again.
            if p.state != State::Quoted {
                return self.retry(row, "the source of funds is not set up").await;
            }
            let reason = "no such source is set up".to_owned();
            return self.finish(row, p, &Event::FundsRequestFailed { reason }).await;
        };
        if p.is_funded() {
            return self.end(row).await;
        }
        let request = request_of(p, amount_msat, expires_at);
        // After its expiry nothing is asked for: only an earlier try can have left something to look for.
        if p.state == State::Quoted && self.now() < expires_at {
            return self.ask_for_funds(row, p, source.as_ref(), &request).await;
        }
        match source.status(&request).await {
            Outcome::Done(FundsStatus::Final { amount_msat }) => {
                self.finish(row, p, &Event::FundsArrived { amount_msat }).await
            }
            Outcome::Done(FundsStatus::Failed { reason }) => {
                self.finish(row, p, &Event::FundsRequestFailed { reason }).await
            }
            Outcome::Done(FundsStatus::Pending { amount_msat }) => {
                if p.state == State::AwaitingFunds {
                    self.told(p, &FundsTarget::Pending { amount_msat }).await?;
                }
                self.postpone(row, self.next_look(row), "funds are seen and not final").await
            }
            Outcome::Done(FundsStatus::NotFound | FundsStatus::Waiting)
                if p.state.terminal() && self.now() >= expires_at.plus_ms(self.config.late_funds_ms) =>
            {
                self.end(row).await
            }
            Outcome::Done(FundsStatus::Waiting) => {
                if p.state == State::AwaitingFunds && matches!(read_target(p), Some(FundsTarget::SecondFactor { .. })) {
                    self.told(p, &FundsTarget::UnderWay).await?;
                }
                self.postpone(row, self.next_look(row), "awaiting funds").await
            }
            // An address stays good when the purchase is over: what still arrives is owed back.
            Outcome::Done(FundsStatus::NotFound) => self.postpone(row, self.next_look(row), "awaiting funds").await,
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    async fn ask_for_funds(
        &self,
        row: &EffectRow,
        p: &Purchase,
        source: &dyn PaidFirstSource,
        request: &FundsRequest,
    ) -> Result<(), EngineError> {
        match source.request(request).await {
            Outcome::Done(target) => {
                self.told(p, &target).await?;
                self.postpone(row, self.next_look(row), "awaiting funds").await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                self.finish(row, p, &Event::FundsRequestFailed { reason: refusal.message }).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    async fn told(&self, p: &Purchase, target: &FundsTarget) -> Result<(), EngineError> {
        let target = crate::apply::to_json(target)?;
        self.apply(p.id, &Event::FundsRequested { target }, crate::apply::With::default()).await.map(|_| ())
    }

    fn next_look(&self, row: &EffectRow) -> UnixMs {
        let now = self.now();
        now.plus_ms((now.since_ms(row.created_at) / LOOK_SHARE).clamp(LOOK_MS_MIN, LOOK_MS_MAX))
    }

    /// Back to the account that it came from, while that is linked.
    pub(crate) async fn linked_destination(&self, purchase: &Purchase) -> Option<Destination> {
        let source = self.ports.paid_first.get(purchase.policy.funds_source?)?;
        let linked = purchase.policy.funds_source == Some(FundsSource::LinkedAccount);
        let back = linked && source.pays_back(purchase.account, &funds_key(purchase.id)).await == Outcome::Done(true);
        back.then(|| Destination::LinkedAccount { provider: source.name().to_owned() })
    }

    pub(super) async fn prepared_linked(
        &self,
        refund: &Refund,
        amount_msat: Msat,
        rate: Option<Rate>,
    ) -> Result<RefundSend, Problem> {
        let again = |reason: &str| Problem { reason: reason.to_owned(), ask_again: true };
        let later = |reason: String| Problem { reason, ask_again: false };
        let Some(source) = &self.ports.paid_first.linked_account else {
            return Err(again("linked accounts are not served any more"));
        };
        match source.pays_back(refund.account, &funds_key(refund.purchase)).await {
            Outcome::Done(true) => {}
            Outcome::Done(false) => return Err(again("the account that paid is not linked any more")),
            Outcome::Rejected(refusal) => return Err(later(refusal.message)),
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Err(later(why)),
        }
        let from = PaidFrom::LinkedAccount;
        let amount_msat = from.pays(amount_msat);
        Ok(RefundSend {
            payment_hash: linked_send_hash(refund),
            bolt11: String::new(),
            from,
            amount_msat,
            amount_missing: false,
            rate,
        })
    }

    pub(super) async fn send_linked_refund(
        &self,
        row: &EffectRow,
        refund: &Refund,
        send: &RefundSend,
    ) -> Result<(), EngineError> {
        let Some(source) = &self.ports.paid_first.linked_account else {
            return self.retry(row, "linked accounts are not served any more").await;
        };
        let payment_hash = send.payment_hash;
        let asked = FundsRefund {
            key: IdempotencyKey(format!("{}/{payment_hash}", ports::AggregateRef::from(refund.id))),
            paid_under: funds_key(refund.purchase),
            account: refund.account,
            amount_msat: send.amount_msat,
            asked_since: row.created_at,
        };
        match source.refund(&asked).await {
            Outcome::Done(FundsRefundStatus::Sent { fee_msat }) => {
                self.finish_refund(row, refund.id, &RefundEvent::SendSucceeded { payment_hash, fee_msat }).await
            }
            Outcome::Done(FundsRefundStatus::Failed { reason }) => {
                self.finish_refund(row, refund.id, &RefundEvent::SendFailed { payment_hash, reason }).await
            }
            Outcome::Done(FundsRefundStatus::UnderWay) => self.postpone(row, self.next_look(row), "under way").await,
            Outcome::Rejected(refusal) if !refusal.retryable => {
                let event = RefundEvent::SendFailed { payment_hash, reason: refusal.message };
                self.finish_refund(row, refund.id, &event).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }
}

/// Names one try of one refund, as a payment hash does where there is an invoice.
fn linked_send_hash(refund: &Refund) -> PaymentHash {
    let mut hash = Sha256::new();
    hash.update(b"anytill linked refund v1");
    hash.update(refund.id.0);
    hash.update(u32::try_from(refund.payment_hashes.len()).unwrap_or(u32::MAX).to_be_bytes());
    PaymentHash(hash.finalize().into())
}
