//! The card: made, raised, closed.

use super::key_of;
use crate::apply::With;
use crate::{Engine, EngineError};
use money::Money;
use ports::{CardRef, CreateCard, EffectRow, Outcome};
use purchase::{CardState, Event, Purchase, State};

/// Between looks into the issuer's books for the end of an open charge.
const OPEN_LOOK_MS: u64 = 6 * 3_600_000;

fn charges_open(p: &Purchase) -> bool {
    p.charges.iter().any(|charge| charge.open_minor() > 0)
}

impl Engine {
    /// An unknown outcome is looked up before anything else; a card that nobody needs any more is found and closed.
    pub(super) async fn create_card(&self, row: &EffectRow, p: &Purchase, limit: Money) -> Result<(), EngineError> {
        let requested = p.card.as_ref().is_some_and(|card| card.state == CardState::Requested);
        if !requested {
            return self.end(row).await;
        }
        let wanted = matches!(p.state, State::Opened | State::Held | State::Funded) && !p.winding_up;
        let key = key_of(row);
        let last = row.attempts + 1 >= self.config.card_attempts_max;
        if row.attempts > 0 || !wanted {
            match self.ports.issuer.find_card(&key, row.created_at).await {
                Outcome::Done(Some(card)) => return self.finish(row, p, &Event::CardCreated { card: card.0 }).await,
                Outcome::Done(None) if !wanted => {
                    let reason = "not needed any more".to_owned();
                    return self.finish(row, p, &Event::CardFailed { reason }).await;
                }
                Outcome::Done(None) => {}
                // As long as nobody knows whether there is a card, nobody may say that there is none.
                Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) if !wanted => {
                    return self.retry(row, "it is not known whether there is a card").await;
                }
                Outcome::Unknown(reason) if last => return self.give_up_card(row, p, reason).await,
                Outcome::Unknown(why) => return self.retry(row, &why).await,
                Outcome::Rejected(_) | Outcome::NotSent(_) => {}
            }
        }
        let holder = self.ports.shoppers.card_holder(p.account).await;
        let request = CreateCard { key, limit, memo: format!("Anytill {} {}", p.code(), row.key), holder };
        match self.ports.issuer.create_card(request).await {
            Outcome::Done(card) => self.finish(row, p, &Event::CardCreated { card: card.0 }).await,
            Outcome::Rejected(refusal) if !refusal.retryable || last => {
                self.finish(row, p, &Event::CardFailed { reason: refusal.message }).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            // This try or an earlier one may have made a card: only a look-up says that there is none.
            Outcome::NotSent(reason) | Outcome::Unknown(reason) if last => self.give_up_card(row, p, reason).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    async fn give_up_card(&self, row: &EffectRow, p: &Purchase, reason: String) -> Result<(), EngineError> {
        match self.ports.issuer.find_card(&key_of(row), row.created_at).await {
            Outcome::Done(Some(card)) => self.finish(row, p, &Event::CardCreated { card: card.0 }).await,
            Outcome::Done(None) => self.finish(row, p, &Event::CardFailed { reason }).await,
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
                // The shopper does not wait for the issuer: the hold goes back. If a card appears, it is closed.
                tracing::warn!(purchase = %p.id, reason, "no card");
                self.cancel_for_card(row, p).await
            }
        }
    }

    /// Closes the purchase and leaves the row: it goes on looking for the card.
    async fn cancel_for_card(&self, row: &EffectRow, p: &Purchase) -> Result<(), EngineError> {
        let applied = self.apply(p.id, &Event::CancelRequested, With::default()).await?;
        tracing::info!(purchase = %p.id, state = applied.state.state.name(), "closed without a card");
        self.retry(row, "the issuer cannot be reached").await
    }

    pub(super) async fn raise_limit(
        &self,
        row: &EffectRow,
        p: &Purchase,
        card: &str,
        limit: Money,
    ) -> Result<(), EngineError> {
        let wanted = match p.state {
            State::Held => true,
            State::Funded => !p.winding_up,
            _ => false,
        };
        if !wanted {
            return self.end(row).await;
        }
        let last = row.attempts + 1 >= self.config.card_attempts_max;
        match self.ports.issuer.set_limit(&key_of(row), &CardRef(card.to_owned()), limit).await {
            Outcome::Done(()) => self.finish(row, p, &Event::LimitRaised).await,
            Outcome::Rejected(refusal) if !refusal.retryable || last => {
                self.finish(row, p, &Event::LimitFailed { reason: refusal.message }).await
            }
            Outcome::NotSent(reason) if last => self.finish(row, p, &Event::LimitFailed { reason }).await,
            // It may have been raised, and nothing of the issuer's tells: whatever it is, a closing purchase has every charge
            // declined, and its card is closed. What was claimed already goes back.
            Outcome::Unknown(reason) if last => {
                tracing::warn!(purchase = %p.id, reason, "it is not known whether the limit was raised");
                self.finish(row, p, &Event::CancelRequested).await
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }

    /// Retried until the issuer confirms; then its books are asked, as long as they may hold the end of a charge that no
    /// webhook told (or told before the charge itself was asked about).
    pub(super) async fn close_card(&self, row: &EffectRow, p: &Purchase, card: &str) -> Result<(), EngineError> {
        match self.ports.issuer.close_card(&CardRef(card.to_owned())).await {
            Outcome::Done(()) if !charges_open(p) => self.finish(row, p, &Event::CardClosed).await,
            Outcome::Done(()) => {
                self.apply(p.id, &Event::CardClosed, With::default()).await?;
                self.catch_up_card(p.id).await?;
                let now = self.now();
                match self.purchase(p.id).await? {
                    Some(after) if charges_open(&after) => {
                        self.postpone(row, now.plus_ms(OPEN_LOOK_MS), "charges are open").await
                    }
                    Some(_) | None => self.end(row).await,
                }
            }
            Outcome::Rejected(refusal) => self.retry(row, &refusal.message).await,
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.retry(row, &why).await,
        }
    }
}
