//! What the card network does with a charge and after it. Behind [`super::driver`] and `/v1/simulate`.
//!
//! Invariant: an authorization reserves its amount while the responder is asked, so that charges at the same time
//! cannot both spend the same float or limit.

use std::{sync::Arc, time::Duration};

use super::{
    asa::{Asked, ask},
    driver::{CardRef, Charge, ChargeResult, DriverError, Outcome, TransactionState, TypedCard},
    hub::Hub,
    model::{Billed, Card, CardTransaction, EventKind, Merchant, Standing, Status, Verdict, bill, decimals},
    records::Records,
    wire,
};
use crate::vendor::{ids, lock};

pub(crate) fn state(at: Standing) -> TransactionState {
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
        token: String,
        /// `None`: an increment of the transaction that is there.
        transaction: Option<Box<CardTransaction>>,
        kind: EventKind,
        amount: Billed,
    },
}

pub(crate) async fn charge_card(hub: &Arc<Hub>, charge: Charge) -> Result<ChargeResult, DriverError> {
    if charge.amount_minor < 0 || (charge.balance_inquiry && charge.amount_minor != 0) {
        return Err(DriverError::NotPossible("a charge of this amount"));
    }
    decide(hub, prepare(hub, |records| prepare_with(records, &charge))?).await
}

/// Asks for more on a transaction that has an authorization: a request with the same token, for the difference.
pub(crate) async fn increment(hub: &Arc<Hub>, token: &str, merchant_minor: i64) -> Result<ChargeResult, DriverError> {
    if merchant_minor <= 0 {
        return Err(DriverError::NotPossible("an increment of this amount"));
    }
    decide(hub, prepare(hub, |records| prepare_increment(records, token, merchant_minor))?).await
}

/// Asks the responder, if it is still open, and books the verdict.
async fn decide(hub: &Arc<Hub>, prepared: Prepared) -> Result<ChargeResult, DriverError> {
    let (url, request, token, transaction, kind, amount) = match prepared {
        Prepared::Decided(result) => return Ok(result),
        Prepared::Ask { url, request, token, transaction, kind, amount } => {
            (url, request, token, transaction, kind, amount)
        }
    };
    let asking = Asking { hub: hub.clone(), token: token.clone() };
    let (asked, took) = ask(hub, &url, &request).await;
    let verdict = asked.verdict();
    let stands_in = asked.stands_in(hub.config.on_timeout);
    hub.change(|records| {
        drop_asking(records, &asking.token);
        if let Some(transaction) = transaction {
            records.open_transaction(*transaction);
        }
        let mut events = records.add_event(&token, kind, amount, verdict.clone());
        if stands_in {
            // The advice says what is authorized in all.
            let before = records.transaction(&token).map(|of| of.standing().authorized).unwrap_or_default();
            let in_all = Billed {
                billed_minor: before.billed_minor + amount.billed_minor,
                merchant_minor: before.merchant_minor + amount.merchant_minor,
            };
            let advice = EventKind::AuthorizationAdvice;
            events.extend(records.add_event(&token, advice, in_all, Verdict::approved()));
        }
        ((), events)
    });
    let verdict = if stands_in { Verdict::approved() } else { verdict };
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
        Outcome::Declined { result: verdict.result, detail: verdict.detail }
    };
    ChargeResult { outcome, token, answered_in: took }
}

type Preparing = Result<(Prepared, Vec<String>), DriverError>;

fn prepare(hub: &Arc<Hub>, prepare: impl FnOnce(&mut Records) -> Preparing) -> Result<Prepared, DriverError> {
    hub.change(|records| match prepare(records) {
        Ok((prepared, events)) => (Ok(prepared), events),
        Err(error) => (Err(error), Vec::new()),
    })
}

fn prepare_increment(records: &mut Records, token: &str, merchant_minor: i64) -> Preparing {
    let of = records.transaction(token).ok_or(DriverError::NoSuchTransaction)?.clone();
    if of.standing().status != Status::Pending {
        return Err(DriverError::NotPossible("nothing is authorized"));
    }
    let card = records.card(&of.card_token).ok_or(DriverError::NoSuchCard)?;
    let (from, to) = (decimals(&of.merchant_currency), decimals(&records.config.currency));
    let billed_minor = bill(merchant_minor, of.rate_millionths, from, to);
    let amount = Billed { billed_minor, merchant_minor };
    let kind = EventKind::Authorization;
    let checked = records.check(card, &of.merchant.acceptor_id, billed_minor);
    let token = of.token.clone();
    if let (Ok(()), Some(url)) = (&checked, records.responder.clone()) {
        let request = wire::asa_request(records, card, &of, kind, billed_minor, merchant_minor);
        records.asking.insert(token.clone(), (of.card_token, billed_minor));
        return Ok((Prepared::Ask { url, request, token, transaction: None, kind, amount }, Vec::new()));
    }
    let verdict = checked.err().unwrap_or_else(Verdict::approved);
    let events = records.add_event(&token, kind, amount, verdict.clone());
    Ok((Prepared::Decided(result(verdict, Some(token), None)), events))
}

fn prepare_with(records: &mut Records, charge: &Charge) -> Preparing {
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
    let (from, to) = (decimals(&charge.currency), decimals(&records.config.currency));
    let amount = Billed {
        billed_minor: bill(charge.amount_minor, rate.unwrap_or(0), from, to),
        merchant_minor: charge.amount_minor,
    };
    let foreign = rate
        .map(|_| ())
        .ok_or_else(|| Verdict::new("INVALID_TRANSACTION", "TRANSACTION_NOT_PERMITTED_TO_ISSUER_OR_CARDHOLDER"));
    let checked =
        fits.and(foreign).and_then(|()| records.check(card, &charge.merchant.acceptor_id, amount.billed_minor));
    let kind = if charge.balance_inquiry { EventKind::BalanceInquiry } else { EventKind::Authorization };
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
        let request = wire::asa_request(records, card, &transaction, kind, billed, charge.amount_minor);
        let reserved = (transaction.card_token.clone(), billed);
        records.asking.insert(transaction.token.clone(), reserved);
        let token = transaction.token.clone();
        let ask = Prepared::Ask { url, request, token, transaction: Some(Box::new(transaction)), kind, amount };
        return Ok((ask, Vec::new()));
    }
    let verdict = checked.err().unwrap_or_else(Verdict::approved);
    let token = transaction.token.clone();
    records.open_transaction(transaction);
    let events = records.add_event(&token, kind, amount, verdict.clone());
    Ok((Prepared::Decided(result(verdict, Some(token), None)), events))
}

fn fits(card: &Card, typed: &TypedCard) -> Result<(), Verdict> {
    let invalid = |detail| Err(Verdict::new("INVALID_CARD_DETAILS", detail));
    let expiry = (format!("{:02}", typed.exp_month), typed.exp_year.to_string());
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
    hub.change(|records| match follow_with(records, token, kind, merchant_minor) {
        Ok((at, events)) => (Ok(at), events),
        Err(error) => (Err(error), Vec::new()),
    })
}

fn follow_with(
    records: &mut Records,
    token: &str,
    kind: EventKind,
    merchant_minor: Option<i64>,
) -> Result<(TransactionState, Vec<String>), DriverError> {
    let of = records.transaction(token).ok_or(DriverError::NoSuchTransaction)?;
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
    let last_return = of.events.iter().rev().find(|event| event.kind == EventKind::Return);
    let amount = match (kind, merchant_minor) {
        (_, Some(minor)) if minor < 0 => return Err(DriverError::NotPossible("a negative amount")),
        (EventKind::ReturnReversal, _) => last_return.ok_or(DriverError::NotPossible("nothing was returned"))?.amount,
        (_, Some(minor)) => convert(minor),
        // All that is held: the authorized amount, as long as nothing else happened, is exact in both currencies.
        (_, None) if at.held_minor == at.authorized.billed_minor => at.authorized,
        (_, None) => Billed {
            billed_minor: at.held_minor,
            merchant_minor: at.authorized.merchant_minor - at.settled_merchant_minor,
        },
    };
    let events = records.add_event(token, kind, amount, Verdict::approved());
    let at = records.transaction(token).map(CardTransaction::standing).unwrap_or(at);
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
        let Some(rate_millionths) = records.rate_millionths(currency).filter(|_| merchant_minor >= 0) else {
            return (Err(DriverError::NotPossible("this amount or currency")), Vec::new());
        };
        let (from, to) = (decimals(currency), decimals(&records.config.currency));
        let amount = Billed { billed_minor: bill(merchant_minor, rate_millionths, from, to), merchant_minor };
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
