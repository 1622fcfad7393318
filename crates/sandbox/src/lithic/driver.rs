//! The network's side: a merchant charges, captures, voids, refunds. What a shop's acquirer would do.

use async_trait::async_trait;

use super::{
    Issuer,
    model::EventKind,
    network::{charge_card, follow, increment, state, unasked},
};
pub(crate) use crate::network::{
    CardNetwork, CardRef, Charge, ChargeResult, DriverError, Merchant, Outcome, TransactionState, TypedCard,
};
use crate::vendor::lock;

impl Issuer {
    /// A merchant charges a card: checks, the real-time authorization, the event. Answers when the verdict is known.
    pub async fn charge(&self, charge: Charge) -> Result<ChargeResult, DriverError> {
        // A merchant that hangs up does not take the verdict with it: the network goes on.
        let hub = self.hub.clone();
        let charged = tokio::spawn(async move { charge_card(&hub, charge).await });
        charged.await.unwrap_or(Err(DriverError::NotPossible("the issuer is stopping")))
    }

    /// The merchant asks for more on an authorization that it has (an incremental authorization): the responder gets a
    /// request with the same token, for the difference in the merchant's minor units.
    pub async fn increment(&self, token: &str, minor: i64) -> Result<ChargeResult, DriverError> {
        let (hub, token) = (self.hub.clone(), token.to_owned());
        let charged = tokio::spawn(async move { increment(&hub, &token, minor).await });
        charged.await.unwrap_or(Err(DriverError::NotPossible("the issuer is stopping")))
    }

    /// An account check of zero, as shops make when a card is put on file. `AUTHORIZATION` of amount 0.
    pub async fn zero_check(&self, card: CardRef) -> Result<ChargeResult, DriverError> {
        let currency = self.hub.config.currency.clone();
        self.charge(Charge::new(card, 0, &currency)).await
    }

    /// A balance inquiry: approved or declined by the responder, and final.
    pub async fn balance_inquiry(&self, card: CardRef) -> Result<ChargeResult, DriverError> {
        let mut charge = Charge::new(card, 0, &self.hub.config.currency);
        charge.balance_inquiry = true;
        self.charge(charge).await
    }

    /// The merchant takes `amount_minor` (its currency) of an authorization: less, as much, or more; several times;
    /// also after a void or an expiry. An issuer cannot refuse a clearing.
    pub fn capture(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::Clearing, Some(amount_minor))
    }

    /// The merchant cancels what is still held.
    pub fn void(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::AuthorizationReversal, None)
    }

    /// The merchant cancels a part of what is held.
    pub fn reverse_part(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::AuthorizationReversal, Some(amount_minor))
    }

    /// The authorization's validity ends; what is held is freed.
    pub fn expire(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::AuthorizationExpiry, None)
    }

    /// The network changes the authorized amount without asking (`AUTHORIZATION_ADVICE`).
    pub fn advise(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::AuthorizationAdvice, Some(amount_minor))
    }

    /// The merchant gives money back within the transaction that took it.
    pub fn refund_within(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::Return, Some(amount_minor))
    }

    /// The merchant takes back a refund: the whole of the newest `RETURN` of this transaction.
    pub fn reverse_refund(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::ReturnReversal, None)
    }

    /// The merchant gives money back as a transaction of its own; answers its token.
    pub fn refund(&self, card_token: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError> {
        self.unasked(card_token, EventKind::Return, amount_minor, merchant)
    }

    /// A clearing without an authorization (a force post): an issuer cannot refuse it. Answers its token.
    pub fn force_capture(
        &self,
        card_token: &str,
        amount_minor: i64,
        merchant: Merchant,
    ) -> Result<String, DriverError> {
        self.unasked(card_token, EventKind::Clearing, amount_minor, merchant)
    }

    /// What a transaction amounts to now.
    pub fn transaction(&self, token: &str) -> Result<TransactionState, DriverError> {
        let records = lock(&self.hub.records);
        let found = records.transaction(token).ok_or(DriverError::NoSuchTransaction)?;
        Ok(state(found.standing()))
    }

    /// The operator opens a dispute about all that a transaction has taken, as `POST /v1/disputes` does; it is filed
    /// with the network at once. Answers its token.
    pub fn dispute(&self, token: &str) -> Result<String, DriverError> {
        let settled = self.transaction(token)?.settled_minor;
        if settled <= 0 {
            return Err(DriverError::NotPossible("nothing was taken"));
        }
        let dispute =
            self.hub.change(|records| records.open_dispute(token, settled, "GOODS_SERVICES_NOT_RECEIVED", None));
        self.move_dispute(&dispute, "SUBMITTED")?;
        Ok(dispute)
    }

    /// The network decides a dispute.
    pub fn decide_dispute(&self, dispute: &str, won: bool) -> Result<(), DriverError> {
        self.move_dispute(dispute, if won { "CASE_WON" } else { "CASE_CLOSED" })
    }

    fn move_dispute(&self, dispute: &str, status: &'static str) -> Result<(), DriverError> {
        self.hub.change(|records| match records.move_dispute(dispute, status) {
            Some(events) => (Ok(()), events),
            None => (Err(DriverError::NotPossible("no such open dispute")), Vec::new()),
        })
    }

    /// The card that a transaction is on.
    pub fn card_of(&self, token: &str) -> Result<String, DriverError> {
        let records = lock(&self.hub.records);
        let found = records.transaction(token).ok_or(DriverError::NoSuchTransaction)?;
        Ok(found.card_token.clone())
    }

    fn follow(&self, token: &str, kind: EventKind, amount_minor: Option<i64>) -> Result<TransactionState, DriverError> {
        follow(&self.hub, token, kind, amount_minor)
    }

    fn unasked(
        &self,
        card_token: &str,
        kind: EventKind,
        amount_minor: i64,
        merchant: Merchant,
    ) -> Result<String, DriverError> {
        let currency = self.hub.config.currency.clone();
        unasked(&self.hub, card_token, kind, amount_minor, &currency, merchant)
    }
}

#[async_trait]
impl CardNetwork for Issuer {
    async fn charge(&self, charge: Charge) -> Result<ChargeResult, DriverError> {
        Issuer::charge(self, charge).await
    }

    async fn increment(&self, token: &str, minor: i64) -> Result<ChargeResult, DriverError> {
        Issuer::increment(self, token, minor).await
    }

    fn capture(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        Issuer::capture(self, token, amount_minor)
    }

    fn void(&self, token: &str) -> Result<TransactionState, DriverError> {
        Issuer::void(self, token)
    }

    fn reverse_part(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        Issuer::reverse_part(self, token, amount_minor)
    }

    fn expire(&self, token: &str) -> Result<TransactionState, DriverError> {
        Issuer::expire(self, token)
    }

    fn refund_within(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        Issuer::refund_within(self, token, amount_minor)
    }

    fn refund(&self, card: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError> {
        Issuer::refund(self, card, amount_minor, merchant)
    }

    fn reverse_refund(&self, token: &str) -> Result<TransactionState, DriverError> {
        Issuer::reverse_refund(self, token)
    }

    fn force_capture(&self, card: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError> {
        Issuer::force_capture(self, card, amount_minor, merchant)
    }

    fn transaction(&self, token: &str) -> Result<TransactionState, DriverError> {
        Issuer::transaction(self, token)
    }

    fn card_of(&self, token: &str) -> Result<String, DriverError> {
        Issuer::card_of(self, token)
    }
}
