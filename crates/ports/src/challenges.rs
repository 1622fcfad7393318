//! 3-D Secure: a store's bank asks, before it charges, whether the one who pays is the card's holder.

use crate::{CardRef, Headers, Merchant, Outcome, WebhookAnswer, WebhookError};
use async_trait::async_trait;
use ids::UnixMs;
use money::Money;

/// One question about who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// The issuer's identifier.
    pub authentication_id: String,
    pub card: CardRef,
    /// What the card would be billed; the issuer may say it only about. Nothing where no payment is behind it.
    pub amount: Option<Money>,
    /// What the store asks, in its own currency.
    pub merchant_amount: Option<Money>,
    pub merchant: Merchant,
    /// The store insists that the shopper is asked.
    pub challenge_wanted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationDecision {
    Allow,
    /// The shopper is asked; news of the challenge says until when.
    Challenge,
    Deny,
}

/// What the shopper said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeAnswer {
    Approve,
    Reject,
}

/// What an issuer can do that lets its customer decide about authentications.
#[async_trait]
pub trait CardChallenges: Send + Sync {
    /// A question, its signature and time checked against `now`. It is answered within
    /// [`CardChallenges::answer_within_ms`] or by the issuer's own rules.
    fn read_authentication(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<Authentication, WebhookError>;

    fn answer_authentication(&self, decision: AuthenticationDecision) -> WebhookAnswer;

    /// Tells the issuer what the shopper said. The same again is `Done` or, once it is over, `Rejected`.
    async fn answer_challenge(&self, authentication_id: &str, answer: ChallengeAnswer) -> Outcome<()>;

    fn answer_within_ms(&self) -> u64;
}
