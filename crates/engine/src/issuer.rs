//! The issuer's webhooks: a question that wants an answer within the second, and news.

use crate::apply::With;
use crate::{Engine, EngineError};
use ids::PurchaseId;
use ports::{
    AggregateKind, CardRef, Charge, ChargeChange, ChargeKind, Decision, DeclineReason, Headers, IssuerNotice, Lookup,
    StoreError, WebhookAnswer, WebhookError,
};
use purchase::{Event, Merchant, Purchase};
use std::sync::Arc;

/// A question answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeAnswer {
    pub answer: WebhookAnswer,
    pub decision: Decision,
}

/// What became of a news webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewsOutcome {
    /// All of it is committed: acknowledge.
    Stored,
    /// Some of it could not be stored: let the issuer send it again.
    Again,
}

impl Engine {
    /// May the store have this? Answers when the claim is confirmed, or declined when its time is over.
    pub async fn on_charge(&self, headers: &Headers, body: &[u8]) -> Result<ChargeAnswer, WebhookError> {
        let charge = self.ports.issuer.read_charge(headers, body, self.now())?;
        let decision = if charge.kind == ChargeKind::Credit { Decision::Approve } else { self.decide(&charge).await };
        tracing::info!(charge = charge.charge_id, ?decision, "charge answered");
        Ok(ChargeAnswer { answer: self.ports.issuer.answer_charge(&charge, decision), decision })
    }

    async fn decide(&self, charge: &Charge) -> Decision {
        let Ok(Some(id)) = self.purchase_of_card(&charge.card).await else {
            return Decision::Decline(DeclineReason::CardClosed);
        };
        // Subscribe before the step, so that no commit is missed.
        let mut changes = self.subscribe(id);
        let asked = |before: &Purchase| Event::ChargeRequested(Box::new(self.core_charge(charge, before)));
        let applied = self.apply_made(id, "charge_requested", asked, With::default().urgent()).await;
        let mut purchase = match applied {
            Ok(applied) => Arc::new(applied.state),
            Err(error) => {
                tracing::error!(%error, "charge declined");
                return Decision::Decline(DeclineReason::Internal);
            }
        };
        loop {
            if let Some(decision) = decided(&purchase, &charge.request_id) {
                return decision;
            }
            // A timer in the store ends this wait: it commits the decline.
            match self.changed(id, &mut changes).await {
                Ok(Some(now)) => purchase = now,
                Ok(None) => return Decision::Decline(DeclineReason::ClaimUnconfirmed),
                Err(_) => return Decision::Decline(DeclineReason::Internal),
            }
        }
    }

    fn core_charge(&self, charge: &Charge, purchase: &Purchase) -> purchase::Charge {
        purchase::Charge {
            charge_id: charge.charge_id.clone(),
            request_id: charge.request_id.clone(),
            kind: match charge.kind {
                ChargeKind::ZeroCheck => purchase::ChargeKind::ZeroCheck,
                ChargeKind::Authorization | ChargeKind::Credit => purchase::ChargeKind::Authorization,
                ChargeKind::AuthorizationAndCapture => purchase::ChargeKind::AuthorizationAndCapture,
            },
            amount: charge.amount,
            merchant_amount: charge.merchant_amount,
            merchant: Merchant {
                acceptor_id: charge.merchant.acceptor_id.clone(),
                descriptor: charge.merchant.descriptor.clone(),
                category: charge.merchant.category.clone(),
                country: charge.merchant.country.clone(),
            },
            executable: self.executable(purchase),
            tip: self.tip(),
        }
    }

    pub(crate) async fn purchase_of_card(&self, card: &CardRef) -> Result<Option<PurchaseId>, StoreError> {
        let name = format!("{}/{}", self.ports.issuer.name(), card.0);
        let at = self.ports.store.find(AggregateKind::Purchase, Lookup::Card(name)).await?;
        Ok(at.map(|at| PurchaseId(at.id)))
    }

    /// Acknowledge only after [`NewsOutcome::Stored`].
    pub async fn on_news(&self, headers: &Headers, body: &[u8]) -> Result<NewsOutcome, WebhookError> {
        let mut news = self.ports.issuer.read_news(headers, body, self.now())?;
        let mut found = Vec::new();
        for card in &news.look_up {
            found.push(self.ports.issuer.changes(card).await);
        }
        for dispute in &news.disputes {
            found.push(self.ports.issuer.dispute(dispute).await);
        }
        for looked_up in found {
            match looked_up {
                ports::Outcome::Done(changes) => news.changes.extend(changes),
                ports::Outcome::Rejected(_) | ports::Outcome::NotSent(_) | ports::Outcome::Unknown(_) => {
                    return Ok(NewsOutcome::Again);
                }
            }
        }
        for change in &news.changes {
            if let Err(error) = self.on_change(change).await {
                tracing::error!(%error, event = change.event_id, "issuer news not stored");
                return Ok(NewsOutcome::Again);
            }
        }
        Ok(NewsOutcome::Stored)
    }

    /// One change of a charge or card, from a webhook or from the issuer's books; known ones change nothing.
    pub(crate) async fn on_change(&self, change: &ChargeChange) -> Result<(), EngineError> {
        let Some(event) = event_of(change) else { return Ok(()) };
        let Some(id) = self.purchase_of_card(&change.card).await? else {
            tracing::warn!(card = change.card.0, "news of a card of no purchase");
            return Ok(());
        };
        let key = format!("{}:{}", self.ports.issuer.name(), change.event_id);
        if self.ports.store.inbox_has(&key).await? {
            return Ok(());
        }
        match self.apply(id, &event, With::inbox(key)).await {
            Ok(_) | Err(EngineError::Store(StoreError::Duplicate)) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

fn decided(purchase: &Purchase, request_id: &str) -> Option<Decision> {
    match purchase.charge(request_id)?.decision {
        purchase::Decision::Pending => None,
        purchase::Decision::Approved | purchase::Decision::ApprovedCheck => Some(Decision::Approve),
        purchase::Decision::StandIn => Some(Decision::Decline(DeclineReason::Internal)),
        purchase::Decision::Declined(reason) => Some(Decision::Decline(decline_word(reason))),
    }
}

const fn decline_word(reason: purchase::DeclineReason) -> DeclineReason {
    use purchase::DeclineReason as Core;
    match reason {
        Core::CardClosed => DeclineReason::CardClosed,
        Core::NotFunded => DeclineReason::NotFunded,
        Core::AmountTooHigh => DeclineReason::AmountTooHigh,
        Core::AmountTooLow => DeclineReason::AmountTooLow,
        Core::WrongCurrency => DeclineReason::WrongCurrency,
        Core::MerchantBlocked => DeclineReason::MerchantBlocked,
        Core::MerchantLocked => DeclineReason::MerchantLocked,
        Core::PriceMoved => DeclineReason::PriceMoved,
        Core::DeadlineNear => DeclineReason::DeadlineNear,
        Core::ClaimUnconfirmed => DeclineReason::ClaimUnconfirmed,
        Core::CheckLimit => DeclineReason::CheckLimit,
        Core::ByIssuer => DeclineReason::ByIssuer,
    }
}

/// Nothing for what has no meaning here.
fn event_of(change: &ChargeChange) -> Option<Event> {
    let charge_id = change.charge_id.clone();
    Some(match change.notice.clone() {
        IssuerNotice::Authorized { amount } => Event::ChargeAuthorized { charge_id, amount },
        IssuerNotice::Declined => Event::ChargeDeclined { charge_id },
        IssuerNotice::Captured { amount } => Event::ChargeCaptured { charge_id, amount },
        IssuerNotice::Reversed { amount } | IssuerNotice::Expired { amount } => {
            Event::ChargeReversed { charge_id, amount }
        }
        IssuerNotice::Refunded { amount } => Event::StoreRefunded { charge_id, amount },
        IssuerNotice::RefundReversed { amount } => Event::StoreRefundReversed { charge_id, amount },
        IssuerNotice::ForceCaptured { amount } => Event::ForceCaptured { charge_id, amount },
        IssuerNotice::Disputed { dispute_id, amount, state } => {
            let state = match state {
                ports::DisputeState::Opened => purchase::DisputeState::Opened,
                ports::DisputeState::Won => purchase::DisputeState::Won,
                ports::DisputeState::Lost => purchase::DisputeState::Lost,
            };
            Event::ChargeDisputed { charge_id, dispute_id, amount, state }
        }
        IssuerNotice::CardClosed => Event::CardClosed,
        IssuerNotice::ChallengeAsked { authentication_id, amount, merchant, answer_by } => {
            Event::ChallengeAsked { authentication_id, amount, merchant, answer_by }
        }
        IssuerNotice::ChallengeEnded { authentication_id, passed } => {
            Event::ChallengeEnded { authentication_id, passed }
        }
        IssuerNotice::Other { .. } => return None,
    })
}
