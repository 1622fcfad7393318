//! What the card network does with a charge and after it. Behind [`CardNetwork`] and Stripe's test helpers.
//!
//! Invariant: a request reserves its amount while the endpoint is asked, so that charges at the same time cannot both
//! spend the same balance or limit.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Issuer,
    ask::ask,
    books::{Books, MoneyMove},
    hub::Hub,
    model::{AuthStatus, Authorization, Card, Request, Transaction, TransactionKind},
    wire,
};
use crate::{
    faults::STRIPE_REQUEST,
    network::{
        CardNetwork, CardRef, Charge, ChargeResult, DriverError, Merchant, Outcome, Status, TransactionState,
        TypedCard, bill, decimals,
    },
    vendor::{ids, lock},
};

/// A request that waits for its verdict.
struct Prepared {
    /// `None`: an increment of the authorization that is there.
    opens: Option<Authorization>,
    id: String,
    amount: i64,
    merchant_amount: i64,
    /// Decided by Stripe itself, or the endpoint to ask: address, secret and event.
    next: Result<(String, String, Value), (bool, &'static str)>,
}

fn declined(result: &str) -> Outcome {
    Outcome::Declined { result: "declined".to_owned(), detail: result.to_owned() }
}

pub(crate) async fn charge_card(hub: &Arc<Hub>, charge: Charge) -> Result<ChargeResult, DriverError> {
    if charge.amount_minor < 0 || charge.balance_inquiry {
        return Err(DriverError::NotPossible("a charge of this amount or kind"));
    }
    let prepared = prepare(&mut lock(&hub.books), &charge)?;
    match prepared {
        Some(prepared) => decide(hub, prepared).await,
        // The number is nobody's: the network declines without Stripe.
        None => Ok(ChargeResult { outcome: declined("invalid_number"), token: None, answered_in: None }),
    }
}

/// More on an authorization: a request under the same identifier, for the difference.
pub(crate) async fn increment(hub: &Arc<Hub>, id: &str, merchant_minor: i64) -> Result<ChargeResult, DriverError> {
    let prepared = {
        let mut books = lock(&hub.books);
        let of = books.authorization(id).ok_or(DriverError::NoSuchTransaction)?.clone();
        if of.status != AuthStatus::Pending || !of.approved || merchant_minor <= 0 {
            return Err(DriverError::NotPossible("an increment here"));
        }
        let card = books.card(&of.card).ok_or(DriverError::NoSuchCard)?.clone();
        let billed = books.billed(&of, merchant_minor);
        let checked = books.check(&card, billed);
        let next = next(&mut books, &of, &card, billed, merchant_minor, checked);
        Prepared { opens: None, id: of.id, amount: billed, merchant_amount: merchant_minor, next }
    };
    decide(hub, prepared).await
}

/// Asks the endpoint, if it is still open, and books the verdict.
async fn decide(hub: &Arc<Hub>, prepared: Prepared) -> Result<ChargeResult, DriverError> {
    let Prepared { opens, id, amount, merchant_amount, next } = prepared;
    let asking = Asking { hub: hub.clone(), id: id.clone() };
    let ((approved, reason), took): ((bool, &'static str), Option<Duration>) = match next {
        Err(decided) => (decided, None),
        Ok((url, secret, event)) => {
            let started = Instant::now();
            let asked = ask(hub, &url, &secret, &event).await;
            (asked.verdict(hub.config.on_timeout), Some(started.elapsed()))
        }
    };
    hub.change(|books| {
        books.asking.remove(&asking.id);
        let request = Request { amount, merchant_amount, approved, reason, created_s: books.now_s() };
        ((), books.decide(opens, &id, request))
    });
    let outcome = if approved { Outcome::Approved } else { declined(reason) };
    Ok(ChargeResult { outcome, token: Some(id), answered_in: took })
}

/// Frees what a request reserves, also when the charge is given up half way.
struct Asking {
    hub: Arc<Hub>,
    id: String,
}

impl Drop for Asking {
    fn drop(&mut self) {
        lock(&self.hub.books).asking.remove(&self.id);
    }
}

fn prepare(books: &mut Books, charge: &Charge) -> Result<Option<Prepared>, DriverError> {
    let (card, fits) = match &charge.card {
        CardRef::Token(id) => (books.card(id).ok_or(DriverError::NoSuchCard)?.clone(), Ok(())),
        CardRef::Typed(typed) => match books.card_by_number(&typed.number) {
            Some(card) => (card.clone(), fits(card, typed)),
            None => return Ok(None),
        },
    };
    let rate = books.rate_millionths(&charge.currency);
    let of = Authorization {
        id: ids::stripe("iauth"),
        card: card.id.clone(),
        merchant: charge.merchant.clone(),
        merchant_currency: charge.currency.to_lowercase(),
        rate_millionths: rate.unwrap_or(1_000_000),
        postal_code: charge.postal_code.clone(),
        typed: matches!(charge.card, CardRef::Typed(_)),
        created_s: books.now_s(),
        approved: false,
        status: AuthStatus::Pending,
        amount: 0,
        merchant_amount: 0,
        requests: Vec::new(),
        moves: Vec::new(),
    };
    let billed = books.billed(&of, charge.amount_minor);
    let foreign = rate.map(|_| ()).ok_or("not_allowed");
    let checked = fits.and(foreign).and_then(|()| books.check(&card, billed));
    let next = next(books, &of, &card, billed, charge.amount_minor, checked);
    let id = of.id.clone();
    Ok(Some(Prepared { opens: Some(of), id, amount: billed, merchant_amount: charge.amount_minor, next }))
}

/// Who decides: Stripe's own checks, the endpoint, or, without one, nobody else.
fn next(
    books: &mut Books,
    of: &Authorization,
    card: &Card,
    billed: i64,
    merchant_minor: i64,
    checked: Result<(), &'static str>,
) -> Result<(String, String, Value), (bool, &'static str)> {
    checked.map_err(|reason| (false, reason))?;
    let endpoint = books.endpoints.iter().find(|one| one.wants(STRIPE_REQUEST)).ok_or((true, "card_active"))?;
    let (url, secret) = (endpoint.url.clone(), endpoint.secret.clone());
    let object = wire::authorization(books, of, Some((billed, merchant_minor)));
    let id = books.announce(STRIPE_REQUEST, object, None);
    let event = books.event(&id).map(wire::event).unwrap_or_default();
    books.asking.insert(of.id.clone(), (card.id.clone(), billed));
    Ok((url, secret, event))
}

fn fits(card: &Card, typed: &TypedCard) -> Result<(), &'static str> {
    let same = (card.exp_month, card.exp_year) == (typed.exp_month, typed.exp_year) && card.cvc == typed.security_code;
    if same { Ok(()) } else { Err("verification_failed") }
}

fn state(books: &Books, of: &Authorization) -> TransactionState {
    let of_this = books.transactions.iter().filter(|one| one.authorization.as_deref() == Some(&of.id));
    let authorized: i64 = of.requests.iter().filter(|one| one.approved).map(|one| one.amount).sum();
    let captured = books
        .transactions
        .iter()
        .any(|one| one.authorization.as_deref() == Some(&of.id) && one.kind == TransactionKind::Capture);
    let status = match of.status {
        _ if !of.approved => Status::Declined,
        _ if captured => Status::Settled,
        AuthStatus::Pending => Status::Pending,
        AuthStatus::Closed => Status::Settled,
        AuthStatus::Reversed => Status::Voided,
        AuthStatus::Expired => Status::Expired,
    };
    TransactionState {
        status,
        authorized_minor: authorized,
        held_minor: of.held(),
        settled_minor: -of_this.map(|one| one.amount).sum::<i64>(),
    }
}

type Changed = Result<Vec<String>, DriverError>;

impl Hub {
    /// Changes an authorization that was approved; what it amounts to then.
    pub(crate) fn follow(
        &self,
        id: &str,
        change: impl FnOnce(&mut Books, &Authorization) -> Changed,
    ) -> Result<TransactionState, DriverError> {
        self.change(|books| {
            let Some(of) = books.authorization(id).cloned() else {
                return (Err(DriverError::NoSuchTransaction), Vec::new());
            };
            if !of.approved {
                return (Err(DriverError::NotPossible("the authorization was declined")), Vec::new());
            }
            match change(books, &of) {
                Err(error) => (Err(error), Vec::new()),
                Ok(events) => {
                    let at = books.authorization(id).map(|of| state(books, of));
                    (at.ok_or(DriverError::NoSuchTransaction), events)
                }
            }
        })
    }

    /// Money that moves without an authorization. `kind` gives the sign; answers the transaction.
    pub(crate) fn unasked(
        &self,
        card: &str,
        kind: TransactionKind,
        merchant_minor: i64,
        currency: &str,
        merchant: Merchant,
    ) -> Result<String, DriverError> {
        self.change(|books| {
            if books.card(card).is_none() {
                return (Err(DriverError::NoSuchCard), Vec::new());
            }
            let Some(rate) = books.rate_millionths(currency).filter(|_| merchant_minor > 0) else {
                return (Err(DriverError::NotPossible("this amount or currency")), Vec::new());
            };
            let (from, to) = (decimals(&currency.to_uppercase()), decimals(&books.config.currency));
            let sign = if kind == TransactionKind::Capture { -1 } else { 1 };
            let events = books.move_money(MoneyMove {
                authorization: None,
                card: card.to_owned(),
                kind,
                amount: sign * bill(merchant_minor, rate, from, to),
                merchant_amount: sign * merchant_minor,
                merchant_currency: currency.to_lowercase(),
                merchant,
            });
            let id = books.transactions.last().map(|one| one.id.clone());
            (id.ok_or(DriverError::NoSuchTransaction), events)
        })
    }

    /// A refund that belongs to an authorization (`merchant_minor` above zero), or one taken back (below).
    pub(crate) fn refund_of(books: &mut Books, of: &Authorization, merchant_minor: i64) -> Changed {
        let amount = merchant_minor.signum() * books.billed(of, merchant_minor.abs());
        Ok(books.move_money(MoneyMove {
            authorization: Some(of.id.clone()),
            card: of.card.clone(),
            kind: TransactionKind::Refund,
            amount,
            merchant_amount: merchant_minor,
            merchant_currency: of.merchant_currency.clone(),
            merchant: of.merchant.clone(),
        }))
    }
}

/// The newest refund of an authorization, or one of its own, by its identifier.
fn last_refund(books: &Books, token: &str) -> Option<Transaction> {
    let refund = |one: &&Transaction| {
        one.kind == TransactionKind::Refund
            && one.amount > 0
            && (one.id == token || one.authorization.as_deref() == Some(token))
    };
    books.transactions.iter().rev().find(refund).cloned()
}

#[async_trait]
impl CardNetwork for Issuer {
    async fn charge(&self, charge: Charge) -> Result<ChargeResult, DriverError> {
        // A merchant that hangs up does not take the verdict with it: the network goes on.
        let hub = self.hub.clone();
        let charged = tokio::spawn(async move { charge_card(&hub, charge).await });
        charged.await.unwrap_or(Err(DriverError::NotPossible("the issuer is stopping")))
    }

    async fn increment(&self, token: &str, minor: i64) -> Result<ChargeResult, DriverError> {
        let (hub, token) = (self.hub.clone(), token.to_owned());
        let charged = tokio::spawn(async move { increment(&hub, &token, minor).await });
        charged.await.unwrap_or(Err(DriverError::NotPossible("the issuer is stopping")))
    }

    fn capture(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.hub.follow(token, |books, _| Ok(books.capture(token, amount_minor, false)))
    }

    fn void(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.hub.follow(token, |books, _| Ok(books.release(token, None, AuthStatus::Reversed)))
    }

    fn reverse_part(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.hub.follow(token, |books, of| {
            let billed = books.billed(of, amount_minor);
            Ok(books.release(token, Some(billed), AuthStatus::Reversed))
        })
    }

    fn expire(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.hub.follow(token, |books, _| Ok(books.release(token, None, AuthStatus::Expired)))
    }

    fn refund_within(&self, token: &str, amount_minor: i64) -> Result<TransactionState, DriverError> {
        self.hub.follow(token, |books, of| Hub::refund_of(books, of, amount_minor))
    }

    fn refund(&self, card: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError> {
        let currency = self.hub.config.currency.clone();
        self.hub.unasked(card, TransactionKind::Refund, amount_minor, &currency, merchant)
    }

    /// A refund that is taken back is a transaction of type `refund` with a negative amount.
    fn reverse_refund(&self, token: &str) -> Result<TransactionState, DriverError> {
        self.hub.change(|books| {
            let Some(refund) = last_refund(books, token) else {
                return (Err(DriverError::NotPossible("nothing was refunded")), Vec::new());
            };
            let events = books.move_money(MoneyMove {
                authorization: refund.authorization.clone(),
                card: refund.card,
                kind: TransactionKind::Refund,
                amount: -refund.amount,
                merchant_amount: -refund.merchant_amount,
                merchant_currency: refund.merchant_currency,
                merchant: refund.merchant,
            });
            let nothing =
                TransactionState { status: Status::Voided, authorized_minor: 0, held_minor: 0, settled_minor: 0 };
            let of = refund.authorization.as_deref().and_then(|id| books.authorization(id));
            (Ok(of.map_or(nothing, |of| state(books, of))), events)
        })
    }

    fn force_capture(&self, card: &str, amount_minor: i64, merchant: Merchant) -> Result<String, DriverError> {
        let currency = self.hub.config.currency.clone();
        self.hub.unasked(card, TransactionKind::Capture, amount_minor, &currency, merchant)
    }

    fn transaction(&self, token: &str) -> Result<TransactionState, DriverError> {
        let books = lock(&self.hub.books);
        let found = books.authorization(token).ok_or(DriverError::NoSuchTransaction)?;
        Ok(state(&books, found))
    }

    fn card_of(&self, token: &str) -> Result<String, DriverError> {
        let books = lock(&self.hub.books);
        let found = books.authorization(token).ok_or(DriverError::NoSuchTransaction)?;
        Ok(found.card.clone())
    }
}
