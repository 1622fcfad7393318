//! The network's side: a merchant charges, captures, voids, refunds. What a shop's acquirer would do.

use std::{sync::Arc, time::Duration};

use thiserror::Error;

use super::{
    Issuer,
    asa::{Asked, ask},
    hub::Hub,
    model::{
        Billed, Card, CardTransaction, EventKind, Merchant, Standing, Status, Verdict, bill,
        decimals,
    },
    records::Records,
    wire,
};
use crate::vendor::{ids, lock};

/// How the merchant knows the card.
#[derive(Clone, PartialEq, Eq)]
pub enum CardRef {
    /// Lithic's token: a charge without a form to fill in.
    Token(String),
    /// What was typed into a checkout form; number, security code and expiry must all match.
    Typed(TypedCard),
}

/// The fields of a checkout form's card. No `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCard {
    /// 16 digits without spaces.
    pub number: String,
    /// Three digits.
    pub security_code: String,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
}

/// One attempt of a merchant to authorize an amount.
#[derive(Clone)]
pub struct Charge {
    pub card: CardRef,
    /// Minor units of `currency`, the merchant's. 0 is an account check.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    pub merchant: Merchant,
    /// For the address check; may be empty.
    pub postal_code: String,
    /// Asks for the balance (`BALANCE_INQUIRY`) instead of authorizing; `amount_minor` must be 0.
    pub balance_inquiry: bool,
}

impl Charge {
    /// A plain authorization in the default merchant's name.
    pub fn new(card: CardRef, amount_minor: i64, currency: &str) -> Self {
        Self {
            card,
            amount_minor,
            currency: currency.into(),
            merchant: Merchant::default(),
            postal_code: String::new(),
            balance_inquiry: false,
        }
    }
}

/// What the merchant's terminal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Approved,
    /// Lithic's `result` and `detailed_results` entry; a real merchant sees less.
    Declined {
        result: String,
        detail: String,
    },
}

/// The answer to a [`Charge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeResult {
    pub outcome: Outcome,
    /// The transaction; `None` when the number belongs to no card.
    pub token: Option<String>,
    /// How long the responder took; `None` when it was not asked.
    pub answered_in_ms: Option<u64>,
}

impl ChargeResult {
    pub fn is_approved(&self) -> bool {
        self.outcome == Outcome::Approved
    }
}

/// What a transaction amounts to. Minor units of the card's currency, debits positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionState {
    pub status: Status,
    pub authorized_minor: i64,
    pub held_minor: i64,
    pub settled_minor: i64,
}

/// Why the driver refuses. A mistake of the caller, never a decline.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DriverError {
    #[error("no such card")]
    NoSuchCard,
    #[error("no such transaction")]
    NoSuchTransaction,
    #[error("not possible: {0}")]
    NotPossible(&'static str),
}

impl Issuer {
    /// A merchant charges a card: checks, the real-time authorization, the event. Answers when the verdict is known.
    pub async fn charge(&self, charge: Charge) -> Result<ChargeResult, DriverError> {
        charge_card(&self.hub, charge).await
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
    pub fn reverse_part(
        &self,
        token: &str,
        amount_minor: i64,
    ) -> Result<TransactionState, DriverError> {
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
    pub fn refund_within(
        &self,
        token: &str,
        amount_minor: i64,
    ) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::Return, Some(amount_minor))
    }

    /// The merchant takes back a refund: the whole of the newest `RETURN` of this transaction.
    pub fn reverse_refund(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.follow(token, EventKind::ReturnReversal, None)
    }

    /// The merchant gives money back as a transaction of its own; answers its token.
    pub fn refund(
        &self,
        card_token: &str,
        amount_minor: i64,
        merchant: Merchant,
    ) -> Result<String, DriverError> {
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
        let found = records
            .transaction(token)
            .ok_or(DriverError::NoSuchTransaction)?;
        Ok(state(found.standing()))
    }

    fn follow(
        &self,
        token: &str,
        kind: EventKind,
        amount_minor: Option<i64>,
    ) -> Result<TransactionState, DriverError> {
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
        unasked(
            &self.hub,
            card_token,
            kind,
            amount_minor,
            &currency,
            merchant,
        )
    }
}

fn state(at: Standing) -> TransactionState {
    TransactionState {
        status: at.status,
        authorized_minor: at.authorized.billed_minor,
        held_minor: at.held_minor,
        settled_minor: at.settled_minor,
    }
}

/// Where a charge stands before the responder is asked.
enum Prepared {
    /// Declined by Lithic's own checks, or approved by them because no responder is enrolled.
    Decided(ChargeResult),
    Ask {
        url: String,
        request: serde_json::Value,
        transaction: CardTransaction,
        kind: EventKind,
        amount: Billed,
    },
}

pub(crate) async fn charge_card(
    hub: &Arc<Hub>,
    charge: Charge,
) -> Result<ChargeResult, DriverError> {
    if charge.amount_minor < 0 || (charge.balance_inquiry && charge.amount_minor != 0) {
        return Err(DriverError::NotPossible("a charge of this amount"));
    }
    let (url, request, transaction, kind, amount) = match prepare(hub, &charge)? {
        Prepared::Decided(result) => return Ok(result),
        Prepared::Ask {
            url,
            request,
            transaction,
            kind,
            amount,
        } => (url, request, transaction, kind, amount),
    };
    let token = transaction.token.clone();
    let asking = Asking {
        hub: hub.clone(),
        token: token.clone(),
    };
    let (asked, took) = ask(hub, &url, &request).await;
    let verdict = asked.verdict();
    let stands_in = asked.stands_in(hub.config.on_timeout);
    hub.change(|records| {
        drop_asking(records, &asking.token);
        records.open_transaction(transaction);
        let mut events = records.add_event(&token, kind, amount, verdict.clone());
        if stands_in {
            let advice = EventKind::AuthorizationAdvice;
            events.extend(records.add_event(&token, advice, amount, Verdict::approved()));
        }
        ((), events)
    });
    let verdict = if stands_in {
        Verdict::approved()
    } else {
        verdict
    };
    if asked != Asked::Answer("APPROVED".into()) {
        tracing::info!(token, ?asked, "charge not approved by the responder");
    }
    Ok(result(verdict, Some(token), Some(took)))
}

/// Frees what an authorization reserves, also when the charge is given up half way.
struct Asking {
    hub: Arc<Hub>,
    token: String,
}

impl Drop for Asking {
    fn drop(&mut self) {
        drop_asking(&mut lock(&self.hub.records), &self.token);
    }
}

fn drop_asking(records: &mut Records, token: &str) {
    records.asking.remove(token);
}

fn result(verdict: Verdict, token: Option<String>, took: Option<Duration>) -> ChargeResult {
    let outcome = if verdict.is_approved() {
        Outcome::Approved
    } else {
        Outcome::Declined {
            result: verdict.result,
            detail: verdict.detail,
        }
    };
    let answered_in_ms = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    ChargeResult {
        outcome,
        token,
        answered_in_ms,
    }
}

fn prepare(hub: &Arc<Hub>, charge: &Charge) -> Result<Prepared, DriverError> {
    hub.change(|records| {
        let prepared = prepare_with(records, charge);
        match prepared {
            Ok((prepared, events)) => (Ok(prepared), events),
            Err(error) => (Err(error), Vec::new()),
        }
    })
}

fn prepare_with(
    records: &mut Records,
    charge: &Charge,
) -> Result<(Prepared, Vec<String>), DriverError> {
    let (card, fits) = match &charge.card {
        CardRef::Token(token) => (records.card(token).ok_or(DriverError::NoSuchCard)?, Ok(())),
        CardRef::Typed(typed) => match records.card_by_pan(&typed.number) {
            Some(card) => (card, fits(card, typed)),
            None => {
                let verdict = Verdict::new("INVALID_CARD_DETAILS", "CARD_INVALID");
                return Ok((Prepared::Decided(result(verdict, None, None)), Vec::new()));
            }
        },
    };
    let rate = records.rate_millionths(&charge.currency);
    let (from, to) = (
        decimals(&charge.currency),
        decimals(&records.config.currency),
    );
    let amount = Billed {
        billed_minor: bill(charge.amount_minor, rate.unwrap_or(0), from, to),
        merchant_minor: charge.amount_minor,
    };
    let foreign = rate.map(|_| ()).ok_or_else(|| {
        Verdict::new(
            "INVALID_TRANSACTION",
            "TRANSACTION_NOT_PERMITTED_TO_ISSUER_OR_CARDHOLDER",
        )
    });
    let checked = fits
        .and(foreign)
        .and_then(|()| records.check(card, &charge.merchant.acceptor_id, amount.billed_minor));
    let kind = if charge.balance_inquiry {
        EventKind::BalanceInquiry
    } else {
        EventKind::Authorization
    };
    let transaction = CardTransaction {
        token: ids::uuid(),
        card_token: card.token.clone(),
        merchant: charge.merchant.clone(),
        merchant_currency: charge.currency.clone(),
        rate_millionths: rate.unwrap_or(1_000_000),
        postal_code: charge.postal_code.clone(),
        authorization_code: Some(ids::digits(6)),
        created_ms: records.now_ms(),
        events: Vec::new(),
    };
    if let (Ok(()), Some(url)) = (&checked, records.responder.clone()) {
        let billed = amount.billed_minor;
        let request = wire::asa_request(
            records,
            card,
            &transaction,
            kind,
            billed,
            charge.amount_minor,
        );
        let reserved = (transaction.card_token.clone(), billed);
        records.asking.insert(transaction.token.clone(), reserved);
        let ask = Prepared::Ask {
            url,
            request,
            transaction,
            kind,
            amount,
        };
        return Ok((ask, Vec::new()));
    }
    let verdict = checked.err().unwrap_or_else(Verdict::approved);
    let token = transaction.token.clone();
    records.open_transaction(transaction);
    let events = records.add_event(&token, kind, amount, verdict.clone());
    Ok((
        Prepared::Decided(result(verdict, Some(token), None)),
        events,
    ))
}

fn fits(card: &Card, typed: &TypedCard) -> Result<(), Verdict> {
    let invalid = |detail| Err(Verdict::new("INVALID_CARD_DETAILS", detail));
    let expiry = (
        format!("{:02}", typed.exp_month),
        typed.exp_year.to_string(),
    );
    if (&card.exp_month, &card.exp_year) != (&expiry.0, &expiry.1) {
        return invalid("CARD_EXPIRY_DATE_INCORRECT");
    }
    if card.cvv != typed.security_code {
        return invalid("CARD_SECURITY_CODE_INCORRECT");
    }
    Ok(())
}

/// Adds an event to an approved transaction. Without an amount: all that the event can take.
pub(crate) fn follow(
    hub: &Arc<Hub>,
    token: &str,
    kind: EventKind,
    merchant_minor: Option<i64>,
) -> Result<TransactionState, DriverError> {
    hub.change(
        |records| match follow_with(records, token, kind, merchant_minor) {
            Ok((at, events)) => (Ok(at), events),
            Err(error) => (Err(error), Vec::new()),
        },
    )
}

fn follow_with(
    records: &mut Records,
    token: &str,
    kind: EventKind,
    merchant_minor: Option<i64>,
) -> Result<(TransactionState, Vec<String>), DriverError> {
    let of = records
        .transaction(token)
        .ok_or(DriverError::NoSuchTransaction)?;
    let at = of.standing();
    if at.status == Status::Declined {
        return Err(DriverError::NotPossible("the transaction was declined"));
    }
    let convert = |merchant_minor| Billed {
        billed_minor: bill(
            merchant_minor,
            of.rate_millionths,
            decimals(&of.merchant_currency),
            decimals(&records.config.currency),
        ),
        merchant_minor,
    };
    let last_return = of
        .events
        .iter()
        .rev()
        .find(|event| event.kind == EventKind::Return);
    let amount = match (kind, merchant_minor) {
        (_, Some(minor)) if minor < 0 => return Err(DriverError::NotPossible("a negative amount")),
        (EventKind::ReturnReversal, _) => {
            last_return
                .ok_or(DriverError::NotPossible("nothing was returned"))?
                .amount
        }
        (_, Some(minor)) => convert(minor),
        // All that is held: the authorized amount, as long as nothing else happened, is exact in both currencies.
        (_, None) if at.held_minor == at.authorized.billed_minor => at.authorized,
        (_, None) => Billed {
            billed_minor: at.held_minor,
            merchant_minor: at.authorized.merchant_minor - at.settled_merchant_minor,
        },
    };
    let events = records.add_event(token, kind, amount, Verdict::approved());
    let at = records
        .transaction(token)
        .map(CardTransaction::standing)
        .unwrap_or(at);
    Ok((state(at), events))
}

/// A transaction that begins with money moving: a return, or a clearing without an authorization.
pub(crate) fn unasked(
    hub: &Arc<Hub>,
    card_token: &str,
    kind: EventKind,
    merchant_minor: i64,
    currency: &str,
    merchant: Merchant,
) -> Result<String, DriverError> {
    hub.change(|records| {
        if records.card(card_token).is_none() {
            return (Err(DriverError::NoSuchCard), Vec::new());
        }
        let Some(rate_millionths) = records
            .rate_millionths(currency)
            .filter(|_| merchant_minor >= 0)
        else {
            return (
                Err(DriverError::NotPossible("this amount or currency")),
                Vec::new(),
            );
        };
        let (from, to) = (decimals(currency), decimals(&records.config.currency));
        let amount = Billed {
            billed_minor: bill(merchant_minor, rate_millionths, from, to),
            merchant_minor,
        };
        let transaction = CardTransaction {
            token: ids::uuid(),
            card_token: card_token.to_owned(),
            merchant,
            merchant_currency: currency.to_owned(),
            rate_millionths,
            postal_code: String::new(),
            authorization_code: None,
            created_ms: records.now_ms(),
            events: Vec::new(),
        };
        let token = transaction.token.clone();
        records.open_transaction(transaction);
        let events = records.add_event(&token, kind, amount, Verdict::approved());
        (Ok(token), events)
    })
}
