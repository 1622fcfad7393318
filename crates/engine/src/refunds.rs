//! Opening refunds, their waits, and the exposure that early ones take.

use crate::apply::With;
use crate::{Engine, EngineError};
use ids::{AccountId, PurchaseId, RefundId};
use money::Money;
use ports::{EffectRow, GiveBack, Reservation, ReservationChange, StoreError, TimerChange, TimerRow};
use purchase::{OwedAmount, OwedCause, Purchase, Refund, RefundEvent, RefundTimer, Rejected};
use sha2::{Digest, Sha256};

/// Ends the early-refund exposure once the issuer's settlement window is over.
const EXPOSURE: &str = "exposure";

fn early_of_account(account: AccountId) -> String {
    format!("early:account:{account}")
}

/// The merchant as the network names it, where it was seen: a host is what the shopper's side says it is.
fn early_of_store(purchase: &Purchase) -> String {
    let merchant = purchase.card.as_ref().and_then(|card| card.locked_to.as_deref());
    format!("early:store:{}", merchant.unwrap_or(&purchase.store_host))
}

/// The same purchase and number always give the same refund.
pub fn refund_id(purchase: PurchaseId, number: u32) -> RefundId {
    let mut hash = Sha256::new();
    hash.update(b"anytill refund v1");
    hash.update(purchase.0);
    hash.update(number.to_be_bytes());
    let digest = hash.finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    RefundId(id)
}

/// Ends the timer that an event is, in its own commit: ended later, it could be the next one of that name.
pub(crate) fn extra_timers(event: &RefundEvent) -> Vec<TimerChange> {
    match event {
        RefundEvent::WaitEnded => vec![TimerChange::Cancel { name: RefundTimer::WAIT.to_owned() }],
        RefundEvent::RetryDue => vec![TimerChange::Cancel { name: RefundTimer::RETRY.to_owned() }],
        _ => Vec::new(),
    }
}

impl Engine {
    /// What a claim took and no capture used goes back: at once where nothing can be taken back any more or the early
    /// exposure allows it, else after the issuer's settlement window.
    pub(crate) async fn open_refund(
        &self,
        row: &EffectRow,
        purchase: &Purchase,
        number: u32,
        amount: OwedAmount,
        cause: OwedCause,
    ) -> Result<(), EngineError> {
        let id = refund_id(purchase.id, number);
        if self.refund(id).await?.is_some() {
            return Ok(self.ports.store.finish_effect(&row.key).await?);
        }
        let now = self.now();
        let held_at = purchase.hold.map(|hold| hold.held_at);
        let paid_at = held_at.or(purchase.funding.map(|funding| funding.funded_at)).unwrap_or(purchase.created_at);
        let destination = match self.own_destination(purchase).await {
            None => self.ports.shoppers.refund_destination(purchase.account, paid_at).await,
            own => own,
        };
        let opened = |not_before| RefundEvent::Opened {
            id,
            purchase: purchase.id,
            account: purchase.account,
            number,
            amount,
            cause,
            destination: destination.clone(),
            not_before,
        };
        let exposure = match (cause, amount) {
            (OwedCause::NeverCharged | OwedCause::Overpaid | OwedCause::ArrivedLate | OwedCause::NotDelivered, _)
            | (_, OwedAmount::Bitcoin(_)) => Vec::new(),
            (OwedCause::Voided | OwedCause::CapturedInPart | OwedCause::StoreRefund, OwedAmount::Currency(owed)) => {
                self.early_exposure(purchase, owed).await?
            }
        };
        // What takes the exposure sets the timer that gives it back.
        let due_at = now.plus_ms(self.config.refund_wait_ms);
        let timer = (!exposure.is_empty()).then(|| TimerChange::Set { name: EXPOSURE.to_owned(), due_at });
        let with_early = With { reservations: exposure, timers: timer.into_iter().collect(), ..With::default() };
        match self.apply_refund(id, &opened(now), with_early).await {
            Ok(_) => {}
            Err(EngineError::Store(StoreError::NoRoom { .. })) => {
                let later = opened(now.plus_ms(self.config.refund_wait_ms));
                self.apply_refund(id, &later, With::default()).await?;
            }
            Err(other) => return Err(other),
        }
        Ok(self.ports.store.finish_effect(&row.key).await?)
    }

    /// Refused as a whole unless account and store have room for it and the account was never paid back too early.
    async fn early_exposure(&self, purchase: &Purchase, owed: Money) -> Result<Vec<ReservationChange>, EngineError> {
        let take = |resource, limit| {
            let give_back = GiveBack::OwnTime;
            ReservationChange::Take(Reservation { resource, amount: owed.minor(), limit, give_back })
        };
        Ok(vec![
            self.without_breach(purchase.account).await?,
            take(early_of_account(purchase.account), self.config.early_refund_minor_max),
            take(early_of_store(purchase), self.config.early_refund_store_minor_max),
        ])
    }

    pub(crate) async fn refund_timer(&self, timer: TimerRow) -> Result<(), EngineError> {
        let id = RefundId(timer.at.id);
        if timer.name == EXPOSURE {
            let cancel = TimerChange::Cancel { name: timer.name };
            let back = ReservationChange::End(GiveBack::OwnTime);
            return self.bare_commit(id.into(), vec![cancel], vec![back]).await;
        }
        let Some(event) = RefundTimer::event(&timer.name) else {
            return Err(EngineError::Broken(format!("a timer named {}", timer.name)));
        };
        let applied = self.apply_refund(id, &event, With::default()).await?;
        if !applied.changed {
            self.drop_timer(timer).await?;
        }
        Ok(())
    }

    /// The store took a refund back, or captured what it had voided: what is not yet under way is not paid out.
    pub(crate) async fn reclaim_refund(
        &self,
        row: &EffectRow,
        purchase: &Purchase,
        amount: Money,
    ) -> Result<(), EngineError> {
        let in_currency = |owed: &&purchase::Owed| matches!(owed.amount, OwedAmount::Currency(_));
        for owed in purchase.owed.iter().filter(in_currency) {
            let id = refund_id(purchase.id, owed.number);
            let inbox = With::inbox(format!("reclaim:{}", row.key));
            match self.apply_refund(id, &RefundEvent::Reclaimed { amount }, inbox).await {
                Ok(_) | Err(EngineError::Store(StoreError::Duplicate)) => break,
                // Paid or on its way, or less than was taken back: the next one.
                Err(EngineError::Rejected(Rejected::TooLate | Rejected::Money(_))) => {}
                // Its opening is still in the outbox.
                Err(EngineError::NotFound) => return self.retry(row, "the refund is not open yet").await,
                Err(other) => return Err(other),
            }
        }
        Ok(self.ports.store.finish_effect(&row.key).await?)
    }

    /// Refunds of a purchase, oldest first.
    pub async fn refunds_of(&self, purchase: &Purchase) -> Result<Vec<Refund>, EngineError> {
        let mut refunds = Vec::new();
        for owed in &purchase.owed {
            refunds.extend(self.refund(refund_id(purchase.id, owed.number)).await?);
        }
        Ok(refunds)
    }
}
