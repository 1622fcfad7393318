//! 3-D Secure: the store's bank asks us within a second, and the shopper within minutes.

use crate::apply::With;
use crate::{Engine, EngineError};
use ids::PurchaseId;
use ports::{AuthenticationDecision, ChallengeAnswer, Headers, Outcome, WebhookAnswer, WebhookError};
use purchase::{Authentication, Event, Merchant, Purchase, Rejected};

/// A question about who pays, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationAnswer {
    pub answer: WebhookAnswer,
    pub decision: AuthenticationDecision,
}

impl Engine {
    /// Nothing is committed: what matters is asked again when the store charges. `None`: the issuer lets nobody decide.
    pub async fn on_authentication(
        &self,
        headers: &Headers,
        body: &[u8],
    ) -> Option<Result<AuthenticationAnswer, WebhookError>> {
        let challenges = self.ports.issuer.challenges()?;
        let asked = match challenges.read_authentication(headers, body, self.now()) {
            Ok(asked) => asked,
            Err(error) => return Some(Err(error)),
        };
        let decision = match self.purchase_of_card(&asked.card).await {
            Ok(Some(id)) => match self.purchase(id).await {
                Ok(Some(purchase)) => decide(&purchase, &asked),
                Ok(None) | Err(_) => AuthenticationDecision::Deny,
            },
            Ok(None) | Err(_) => AuthenticationDecision::Deny,
        };
        tracing::info!(authentication = asked.authentication_id, ?decision, "authentication answered");
        Some(Ok(AuthenticationAnswer { answer: challenges.answer_authentication(decision), decision }))
    }

    /// What the shopper said to the challenge that waits. Again with the same answer is safe: the issuer takes one.
    pub async fn answer_challenge(&self, id: PurchaseId, answer: ChallengeAnswer) -> Result<Purchase, EngineError> {
        let purchase = self.purchase(id).await?.ok_or(EngineError::NotFound)?;
        let challenge = purchase.challenge.as_ref().ok_or(Rejected::TooLate)?;
        let challenges = self.ports.issuer.challenges().ok_or(Rejected::TooLate)?;
        let passed = match challenges.answer_challenge(&challenge.authentication_id, answer).await {
            Outcome::Done(()) => answer == ChallengeAnswer::Approve,
            // It is over: answered before, or out of time. The issuer's own news say how, or did.
            Outcome::Rejected(refusal) if !refusal.retryable => return Err(Rejected::TooLate.into()),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => return Err(Rejected::NotReady.into()),
        };
        let ended = Event::ChallengeEnded { authentication_id: challenge.authentication_id.clone(), passed };
        Ok(self.apply(id, &ended, With::default()).await?.state)
    }
}

fn decide(purchase: &Purchase, asked: &ports::Authentication) -> AuthenticationDecision {
    let merchant = Merchant {
        acceptor_id: asked.merchant.acceptor_id.clone(),
        descriptor: asked.merchant.descriptor.clone(),
        category: asked.merchant.category.clone(),
        country: asked.merchant.country.clone(),
    };
    // A payment whose billed amount is not said cannot be judged.
    if asked.amount.is_none() && asked.merchant_amount.is_some() {
        return AuthenticationDecision::Deny;
    }
    match purchase::authentication(purchase, asked.amount, &merchant, asked.challenge_wanted) {
        Authentication::Allow => AuthenticationDecision::Allow,
        Authentication::Challenge => AuthenticationDecision::Challenge,
        Authentication::Deny => AuthenticationDecision::Deny,
    }
}
