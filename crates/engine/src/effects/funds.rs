//! Sources that cannot be held: asking, looking, paying back.

use super::refund::Problem;
use crate::apply::With;
use crate::funds::{funds_key, read_target, request_of};
use crate::{Engine, EngineError};
use ids::{IdempotencyKey, PaymentHash, UnixMs};
use money::{Msat, Rate};
use ports::{
    Depth, EffectRow, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome, PaidFirstSource,
};
use purchase::{
    Destination, Event, FundsSource, OwedAmount, PaidFrom, Purchase, Refund, RefundEvent, RefundSend, State, Stop,
};
use sha2::{Digest, Sha256};

/// The longer it takes, the less often it is looked at: each time after this part of the time that it has taken.
const LOOK_SHARE: u64 = 20;
/// A shopper waits at first; in the end nobody does.
const LOOK_MS_MIN: u64 = 500;
const LOOK_MS_MAX: u64 = 3_600_000;
/// On the chain, while it counts when it is seen: the operator's own node is asked, and nobody else.
const CHAIN_LOOK_MS_MAX: u64 = 5_000;
/// A refund on the chain leaves at least so much to the shopper: less is not relayed (Core's dust limit for any address).
const LEFT_MSAT_MIN: u64 = 546_000;

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
        // An address stays good for ever; a linked account sends once.
        let again = p.policy.funds_source == Some(FundsSource::OnChain);
        if p.is_funded() && !again {
            return self.end(row).await;
        }
        let request = request_of(p, amount_msat, expires_at);
        // After its expiry nothing is asked for: only an earlier try can have left something to look for.
        if p.state == State::Quoted && self.now() < expires_at {
            return self.ask_for_funds(row, p, source.as_ref(), &request).await;
        }
        match source.status(&request).await {
            Outcome::Done(FundsStatus::Final { amount_msat }) => {
                let event = Event::FundsArrived { amount_msat, executable: self.executable(p) };
                if !again {
                    return self.finish(row, p, &event).await;
                }
                self.apply(p.id, &event, crate::apply::With::default()).await?;
                self.look_again(row, p, expires_at).await
            }
            Outcome::Done(FundsStatus::Failed { reason }) => {
                self.finish(row, p, &Event::FundsRequestFailed { reason }).await
            }
            Outcome::Done(FundsStatus::Pending { amount_msat, depth }) => {
                if p.state == State::AwaitingFunds {
                    self.told(p, &seen(p, amount_msat, depth)).await?;
                }
                self.postpone(row, self.next_look(row, Some(p)), "funds are seen and not final").await
            }
            Outcome::Done(FundsStatus::Waiting) if p.state == State::AwaitingFunds => {
                match read_target(p) {
                    Some(FundsTarget::SecondFactor { .. }) => self.told(p, &FundsTarget::UnderWay).await?,
                    Some(FundsTarget::Address { .. }) => self.nothing_seen(p, expires_at).await?,
                    Some(FundsTarget::UnderWay | FundsTarget::Pending { .. }) | None => {}
                }
                self.look_again(row, p, expires_at).await
            }
            Outcome::Done(FundsStatus::Waiting | FundsStatus::NotFound) => self.look_again(row, p, expires_at).await,
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
                self.postpone(row, self.next_look(row, Some(p)), "awaiting funds").await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                self.finish(row, p, &Event::FundsRequestFailed { reason: refusal.message }).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    async fn told(&self, p: &Purchase, target: &FundsTarget) -> Result<(), EngineError> {
        let seen_msat = match target {
            FundsTarget::Address { seen_msat, .. } => *seen_msat,
            FundsTarget::SecondFactor { .. } | FundsTarget::UnderWay | FundsTarget::Pending { .. } => Msat::ZERO,
        };
        let target = crate::apply::to_json(target)?;
        self.apply(p.id, &Event::FundsRequested { target, seen_msat }, crate::apply::With::default()).await.map(|_| ())
    }

    /// What was seen on the chain may go away again: replaced by its sender, or spent otherwise.
    async fn nothing_seen(&self, p: &Purchase, expires_at: UnixMs) -> Result<(), EngineError> {
        if !p.funds_seen_msat.is_zero() {
            self.told(p, &seen(p, Msat::ZERO, None)).await?;
        }
        if self.now() < expires_at {
            return Ok(());
        }
        self.apply(p.id, &Event::QuoteExpired, crate::apply::With::default()).await.map(|_| ())
    }

    /// An address stays good when the purchase is over: what still arrives is owed back.
    async fn look_again(&self, row: &EffectRow, p: &Purchase, expires_at: UnixMs) -> Result<(), EngineError> {
        if p.state.terminal() && self.now() >= expires_at.plus_ms(self.config.late_funds_ms) {
            return self.end(row).await;
        }
        self.postpone(row, self.next_look(row, Some(p)), "awaiting funds").await
    }

    fn next_look(&self, row: &EffectRow, p: Option<&Purchase>) -> UnixMs {
        let now = self.now();
        // What is sent in the last minute of an hour is seen in that minute.
        let awaited =
            p.is_some_and(|p| p.state == State::AwaitingFunds && p.policy.funds_source == Some(FundsSource::OnChain));
        let most = if awaited { CHAIN_LOOK_MS_MAX } else { LOOK_MS_MAX };
        now.plus_ms((now.since_ms(row.created_at) / LOOK_SHARE).clamp(LOOK_MS_MIN, most))
    }

    /// The address that was said for it; or back to the account that it came from, while that is linked.
    pub(crate) async fn own_destination(&self, purchase: &Purchase) -> Option<Destination> {
        if let Some(said) = &purchase.refund_to {
            return Some(said.clone());
        }
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
        Ok(send_of(refund, from, amount_msat, rate))
    }

    /// What was received for a refund and is gone: it is not paid out of others' coins unasked.
    pub(super) async fn missing(&self, refund: &Refund) -> Result<Outcome<Msat>, EngineError> {
        if refund.despite_loss {
            return Ok(Outcome::Done(Msat::ZERO));
        }
        let purchase = self.purchase(refund.purchase).await?.ok_or(EngineError::NotFound)?;
        let source = purchase.policy.funds_source.and_then(|source| self.ports.paid_first.get(source));
        let Some(source) = source else { return Ok(Outcome::Done(Msat::ZERO)) };
        Ok(source.missing(&funds_key(purchase.id)).await)
    }

    pub(super) async fn funds_gone(&self, row: &EffectRow, refund: &Refund, missing: Msat) -> Result<(), EngineError> {
        let missing = missing.sat_ceil();
        let reason = format!(
            "{missing} that were final are gone from the chain: resolved, it is paid all the same, at your loss"
        );
        self.finish_refund(row, refund.id, &RefundEvent::Stopped { stop: Stop::FundsGone, reason }).await
    }

    /// Said to the operator, and tried again: coins may come, and fees fall.
    async fn waits(&self, row: &EffectRow, refund: &Refund, reason: &str) -> Result<(), EngineError> {
        let stopped = RefundEvent::Stopped { stop: Stop::Waits, reason: reason.to_owned() };
        self.apply_refund(refund.id, &stopped, With::default()).await?;
        self.retry(row, reason).await
    }

    /// What comes off is no more than was said, now or before the purchase was confirmed; what is owed has to be more.
    pub(super) async fn prepared_on_chain(
        &self,
        refund: &Refund,
        address: &str,
        amount_msat: Msat,
        rate: Option<Rate>,
    ) -> Result<RefundSend, Problem> {
        let again = |reason: String| Problem { reason, ask_again: true };
        let later = |reason: String| Problem { reason, ask_again: false };
        let Some(source) = &self.ports.paid_first.on_chain else {
            return Err(again("nothing is paid on the chain any more".to_owned()));
        };
        let amount_msat = match refund.amount {
            OwedAmount::Bitcoin(owed) if PaidFrom::OnChain.pays(owed) != owed => {
                return Err(again("the chain pays whole satoshis; give an invoice".to_owned()));
            }
            OwedAmount::Bitcoin(_) | OwedAmount::Currency(_) => PaidFrom::OnChain.pays(amount_msat),
        };
        let purchase = self.purchase(refund.purchase).await.map_err(|error| later(error.to_string()))?;
        let said = purchase.and_then(|purchase| purchase.told).map(|told| told.refund_fee_msat);
        match source.refund_fee(address).await {
            Outcome::Done(fee) => {
                let taken_msat_max = said.map_or(fee, |said| said.min(fee));
                if amount_msat.saturating_sub(taken_msat_max).get() < LEFT_MSAT_MIN {
                    let reason = format!("the chain would take {taken_msat_max} of {amount_msat}; give an invoice");
                    return Err(again(reason));
                }
                Ok(RefundSend { taken_msat_max, ..send_of(refund, PaidFrom::OnChain, amount_msat, rate) })
            }
            Outcome::Rejected(refusal) => Err(Problem { reason: refusal.message, ask_again: !refusal.retryable }),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(later(why)),
        }
    }

    /// From a place that is no Lightning node: asked for until it is over.
    pub(super) async fn send_from_source(
        &self,
        row: &EffectRow,
        refund: &Refund,
        send: &RefundSend,
    ) -> Result<(), EngineError> {
        let sources = &self.ports.paid_first;
        let source = if send.from == PaidFrom::OnChain { &sources.on_chain } else { &sources.linked_account };
        let Some(source) = source else {
            return self.retry(row, "what it is paid from is not served any more").await;
        };
        let to = match &refund.destination {
            Some(Destination::OnChain { address }) => Some(address.clone()),
            _ => None,
        };
        let payment_hash = send.payment_hash;
        let asked = FundsRefund {
            key: IdempotencyKey(format!("{}/{payment_hash}", ports::AggregateRef::from(refund.id))),
            paid_under: funds_key(refund.purchase),
            to,
            account: refund.account,
            amount_msat: send.amount_msat,
            taken_msat_max: send.taken_msat_max,
            despite_loss: refund.despite_loss,
            asked_since: row.created_at,
        };
        match source.refund(&asked).await {
            Outcome::Done(FundsRefundStatus::Sent { fee_msat, taken_msat }) => {
                let event = RefundEvent::SendSucceeded { payment_hash, fee_msat, taken_msat };
                self.finish_refund(row, refund.id, &event).await
            }
            Outcome::Done(FundsRefundStatus::Failed { reason }) => {
                self.finish_refund(row, refund.id, &RefundEvent::SendFailed { payment_hash, reason }).await
            }
            Outcome::Done(FundsRefundStatus::FundsGone { missing_msat }) => {
                self.funds_gone(row, refund, missing_msat).await
            }
            Outcome::Done(FundsRefundStatus::UnderWay) => {
                self.postpone(row, self.next_look(row, None), "under way").await
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                let event = RefundEvent::SendFailed { payment_hash, reason: refusal.message };
                self.finish_refund(row, refund.id, &event).await
            }
            Outcome::Rejected(refusal) if send.from == PaidFrom::OnChain => {
                self.waits(row, refund, &refusal.message).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }
}

/// What was asked for, and so much of it is there.
fn seen(p: &Purchase, amount_msat: Msat, depth: Option<Depth>) -> FundsTarget {
    match read_target(p) {
        Some(FundsTarget::Address { uri, .. }) => FundsTarget::Address { uri, seen_msat: amount_msat, depth },
        Some(FundsTarget::SecondFactor { .. } | FundsTarget::UnderWay | FundsTarget::Pending { .. }) | None => {
            FundsTarget::Pending { amount_msat }
        }
    }
}

fn send_of(refund: &Refund, from: PaidFrom, amount_msat: Msat, rate: Option<Rate>) -> RefundSend {
    let payment_hash = linked_send_hash(refund);
    RefundSend {
        payment_hash,
        bolt11: String::new(),
        from,
        amount_msat,
        taken_msat_max: Msat::ZERO,
        amount_missing: false,
        rate,
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
