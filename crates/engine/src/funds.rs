//! What shoppers say to a purchase that is paid first.

use crate::apply::{With, from_json};
use crate::{Engine, EngineError, books};
use ids::{IdempotencyKey, PurchaseId, UnixMs};
use money::Msat;
use ports::{FundsRequest, FundsTarget, Outcome, Secret};
use purchase::{Event, Purchase, Rejected, State};

/// Codes that are tried for one purchase.
pub const CODES_MAX: u8 = 5;

#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// So many tries are left.
    #[error("the code is wrong")]
    WrongCode { tries_left: u8 },
    /// It may have gone through: the purchase will say.
    #[error("the provider did not answer")]
    Unanswered,
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Names what a purchase asks its source for.
pub(crate) fn funds_key(purchase: PurchaseId) -> IdempotencyKey {
    IdempotencyKey(format!("{}/funds", ports::AggregateRef::from(purchase)))
}

/// The same for a purchase each time.
pub(crate) fn request_of(p: &Purchase, amount_msat: Msat, expires_at: UnixMs) -> FundsRequest {
    FundsRequest { key: funds_key(p.id), account: p.account, amount_msat, asked_since: p.created_at, expires_at }
}

fn requested(target: String) -> Event {
    Event::FundsRequested { target, seen_msat: Msat::ZERO }
}

pub(crate) fn read_target(p: &Purchase) -> Option<FundsTarget> {
    from_json(p.funds_target.as_deref()?).ok()
}

impl Engine {
    pub(crate) fn place_names(&self) -> books::Names<'_> {
        let linked = self.ports.paid_first.linked_account.as_ref();
        let on_chain = self.ports.paid_first.on_chain.as_ref();
        books::Names {
            issuer: self.ports.issuer.name(),
            exchange: self.ports.exchange.name(),
            linked: linked.map_or("linked", |source| source.name()),
            on_chain: on_chain.map_or("onchain", |source| source.name()),
        }
    }

    /// The shopper has seen what cannot be held: the linked account may send, or an address is given out.
    pub async fn confirm_funds(&self, id: PurchaseId) -> Result<Purchase, EngineError> {
        Ok(self.apply(id, &Event::FundsConfirmed, With::default().urgent()).await?.state)
    }

    /// Each code is counted before it leaves. It is kept nowhere.
    pub async fn second_factor(&self, id: PurchaseId, code: &Secret) -> Result<Purchase, SecondFactorError> {
        let p = self.purchase(id).await?.ok_or(EngineError::NotFound)?;
        let quote = p.quote.clone().ok_or(EngineError::Rejected(Rejected::NotReady))?;
        let Some(FundsTarget::SecondFactor { tries }) = read_target(&p) else {
            return Err(EngineError::Rejected(Rejected::NotReady).into());
        };
        if p.state != State::AwaitingFunds || self.now() >= quote.expires_at || tries >= CODES_MAX {
            return Err(EngineError::Rejected(Rejected::TooLate).into());
        }
        let source = p.policy.funds_source.and_then(|source| self.ports.paid_first.get(source)).cloned();
        let source = source.ok_or(EngineError::Rejected(Rejected::NotReady))?;
        let tries = tries + 1;
        // Committed against what was just read: of two codes at once, one is counted and sent.
        let counted = crate::apply::to_json(&FundsTarget::SecondFactor { tries })?;
        let applied = self.apply(id, &requested(counted), With::default()).await?;
        if !applied.changed {
            return Err(EngineError::Rejected(Rejected::NotReady).into());
        }
        let request = request_of(&p, quote.amount_msat, quote.expires_at);
        match source.confirm_second_factor(&request, code).await {
            Outcome::Done(FundsTarget::SecondFactor { .. }) if tries >= CODES_MAX => {
                let reason = "too many wrong codes".to_owned();
                Ok(self.apply(id, &Event::FundsRequestFailed { reason }, With::default()).await?.state)
            }
            Outcome::Done(FundsTarget::SecondFactor { .. }) => {
                Err(SecondFactorError::WrongCode { tries_left: CODES_MAX - tries })
            }
            Outcome::Done(target) => {
                let target = crate::apply::to_json(&target)?;
                Ok(self.apply(id, &requested(target), With::default().urgent()).await?.state)
            }
            Outcome::Rejected(refusal) if !refusal.retryable => {
                let reason = refusal.message;
                Ok(self.apply(id, &Event::FundsRequestFailed { reason }, With::default()).await?.state)
            }
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => Err(SecondFactorError::Unanswered),
        }
    }
}
