//! A card issuer with real-time authorization: asks, waits so long, decides alone, and tells what happened.

use super::Defect;
use crate::shared::{Inner, Shared};
use async_trait::async_trait;
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money};
use ports::{
    CardRef, CardSecrets, Charge, ChargeChange, ChargeKind, CreateCard, Decision, Float, Headers, Issuer, IssuerHealth,
    IssuerNews, IssuerNotice, Merchant, Outcome, Rejection, Secret, WebhookAnswer, WebhookError,
};
use std::collections::BTreeMap;

/// Without an answer it declines after this.
const ANSWER_MS: u64 = 2_000;

#[derive(Debug, Clone)]
pub struct CardEntry {
    pub key: String,
    pub limit_minor: u64,
    pub open: bool,
}

#[derive(Debug, Clone)]
pub struct ChargeEntry {
    pub card: String,
    pub amount_minor: u64,
    pub asked_at: u64,
    /// None while it waits for our answer.
    pub approved: Option<bool>,
    /// When our approval arrived, in the order of all happenings.
    pub approved_seq: Option<u64>,
    /// No authorization stands behind it.
    pub forced: bool,
    pub captured_minor: u64,
    pub reversed_minor: u64,
    /// Each time that the store gave something back.
    pub refunded_minor: Vec<u64>,
    pub taken_back_minor: u64,
}

/// Asked, to be handed over.
#[derive(Debug, Clone)]
pub struct Question {
    pub charge: Charge,
}

#[derive(Debug, Clone)]
pub struct News {
    pub change: ChargeChange,
    pub not_before: u64,
    pub in_flight: bool,
}

#[derive(Default)]
pub struct IssuerBook {
    pub cards: BTreeMap<String, CardEntry>,
    pub charges: BTreeMap<String, ChargeEntry>,
    pub questions: Vec<Question>,
    /// Not yet acknowledged.
    pub news: Vec<News>,
    pub told: Vec<ChargeChange>,
}

impl IssuerBook {
    pub fn next_ms(&self) -> Option<u64> {
        let waits = self.charges.values().filter(|c| c.approved.is_none()).map(|c| c.asked_at + ANSWER_MS);
        waits.chain(self.news.iter().filter(|n| !n.in_flight).map(|n| n.not_before)).min()
    }

    /// Paid back less paid out to stores, minor units.
    pub fn balance_minor(&self) -> i64 {
        let of = |c: &ChargeEntry| {
            c.refunded_minor.iter().sum::<u64>() as i64 - c.captured_minor as i64 - c.taken_back_minor as i64
        };
        self.charges.values().map(of).sum()
    }
}

pub fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap_or(Money::zero(Currency::USD))
}

fn tell(inner: &mut Inner, charge_id: &str, notice: IssuerNotice) {
    let card = inner.books.issuer.charges.get(charge_id).map(|c| c.card.clone()).unwrap_or_default();
    let event_id = format!("ev{}", inner.books.issuer.told.len());
    let change = ChargeChange { event_id, card: CardRef(card), charge_id: charge_id.to_owned(), notice };
    inner.note(format!("issuer tells {:?}", change.notice));
    inner.books.issuer.told.push(change.clone());
    let not_before = inner.now;
    inner.books.issuer.news.push(News { change, not_before, in_flight: false });
}

/// Questions that nobody answered in time.
pub fn pass(inner: &mut Inner) {
    let now = inner.now;
    let late = |c: &ChargeEntry| c.approved.is_none() && now >= c.asked_at + ANSWER_MS;
    let ids: Vec<String> =
        inner.books.issuer.charges.iter().filter(|(_, c)| late(c)).map(|(id, _)| id.clone()).collect();
    for id in ids {
        answered(inner, &id, false, "timeout");
    }
}

/// Our answer, or the issuer's own.
pub fn answered(inner: &mut Inner, charge_id: &str, approve: bool, by: &str) {
    let seq = inner.activity;
    let Some(charge) = inner.books.issuer.charges.get_mut(charge_id) else { return };
    if charge.approved.is_some() {
        return;
    }
    charge.approved = Some(approve);
    charge.approved_seq = approve.then_some(seq);
    let amount_minor = charge.amount_minor;
    if approve {
        inner.note(format!("APPROVED {charge_id} {amount_minor}"));
        tell(inner, charge_id, IssuerNotice::Authorized { amount: usd(amount_minor) });
    } else {
        inner.note(format!("declined {charge_id} {amount_minor} ({by})"));
        tell(inner, charge_id, IssuerNotice::Declined);
    }
}

/// The store charges the card. The charge's identifier.
pub fn store_charges(shared: &Shared, card: &str, kind: ChargeKind, amount_minor: u64) -> String {
    let mut inner = shared.lock();
    let now = inner.now;
    let charge_id = format!("ch{}", inner.books.issuer.charges.len());
    let entry = inner.books.issuer.cards.get(card).cloned();
    // Only a limit of zero is the issuer's to keep: the rest is asked, so that our own check is what counts.
    let usable = entry.is_some_and(|e| e.open && (amount_minor == 0 || e.limit_minor > 0));
    let charge = ChargeEntry {
        card: card.to_owned(),
        amount_minor,
        asked_at: now,
        approved: if usable { None } else { Some(false) },
        approved_seq: None,
        forced: false,
        captured_minor: 0,
        reversed_minor: 0,
        refunded_minor: Vec::new(),
        taken_back_minor: 0,
    };
    inner.books.issuer.charges.insert(charge_id.clone(), charge);
    if !usable {
        inner.note(format!("issuer declines {charge_id} {amount_minor} unasked"));
        return charge_id;
    }
    inner.note(format!("issuer asks {charge_id} {amount_minor}"));
    let question = Charge {
        charge_id: charge_id.clone(),
        request_id: format!("rq-{charge_id}"),
        card: CardRef(card.to_owned()),
        kind,
        amount: usd(amount_minor),
        merchant_amount: usd(amount_minor),
        merchant: Merchant {
            acceptor_id: "records".to_owned(),
            descriptor: "RECORDS".to_owned(),
            category: "5733".to_owned(),
            country: "USA".to_owned(),
        },
    };
    inner.books.issuer.questions.push(Question { charge: question });
    charge_id
}

/// What a store can do with a charge later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    Capture,
    Reverse,
    Refund,
    TakeRefundBack,
}

pub fn store_goes_on(shared: &Shared, charge_id: &str, later: Later, amount_minor: u64) {
    let mut inner = shared.lock();
    let Some(charge) = inner.books.issuer.charges.get_mut(charge_id) else { return };
    let amount = usd(amount_minor);
    let notice = match later {
        Later::Capture => {
            charge.captured_minor += amount_minor;
            IssuerNotice::Captured { amount }
        }
        Later::Reverse => {
            charge.reversed_minor += amount_minor;
            IssuerNotice::Reversed { amount }
        }
        Later::Refund => {
            charge.refunded_minor.push(amount_minor);
            IssuerNotice::Refunded { amount }
        }
        Later::TakeRefundBack => {
            charge.taken_back_minor += amount_minor;
            IssuerNotice::RefundReversed { amount }
        }
    };
    tell(&mut inner, charge_id, notice);
}

pub fn force_capture(shared: &Shared, card: &str, amount_minor: u64) {
    let mut inner = shared.lock();
    let charge_id = format!("fc{}", inner.books.issuer.charges.len());
    let asked_at = inner.now;
    let charge = ChargeEntry {
        card: card.to_owned(),
        amount_minor,
        asked_at,
        approved: Some(true),
        approved_seq: None,
        forced: true,
        captured_minor: amount_minor,
        reversed_minor: 0,
        refunded_minor: Vec::new(),
        taken_back_minor: 0,
    };
    inner.books.issuer.charges.insert(charge_id.clone(), charge);
    tell(&mut inner, &charge_id, IssuerNotice::ForceCaptured { amount: usd(amount_minor) });
}

pub struct ModelIssuer {
    pub shared: Shared,
}

fn no_card<T>() -> Outcome<T> {
    Outcome::Rejected(Rejection::fatal("not_found", "no such card"))
}

#[async_trait]
impl Issuer for ModelIssuer {
    fn name(&self) -> &'static str {
        "model-issuer"
    }

    async fn create_card(&self, request: CreateCard) -> Outcome<CardRef> {
        let act = |inner: &mut Inner| {
            let made = inner.books.issuer.cards.iter().find(|(_, c)| c.key == request.key.0);
            if let Some((reference, _)) = made {
                return Outcome::Done(CardRef(reference.clone()));
            }
            let reference = format!("card{}", inner.books.issuer.cards.len());
            let (key, limit_minor) = (request.key.0.clone(), request.limit.minor());
            inner.note(format!("issuer makes {reference} with limit {limit_minor}"));
            inner.books.issuer.cards.insert(reference.clone(), CardEntry { key, limit_minor, open: true });
            Outcome::Done(CardRef(reference))
        };
        self.shared.call("issuer.create_card", act).await
    }

    async fn find_card(&self, key: &IdempotencyKey, _since: UnixMs) -> Outcome<Option<CardRef>> {
        let act = |inner: &mut Inner| {
            let made = inner.books.issuer.cards.iter().find(|(_, c)| c.key == key.0);
            Outcome::Done(made.map(|(reference, _)| CardRef(reference.clone())))
        };
        self.shared.call("issuer.find_card", act).await
    }

    async fn set_limit(&self, _key: &IdempotencyKey, card: &CardRef, limit: Money) -> Outcome<()> {
        let act = |inner: &mut Inner| {
            let Some(entry) = inner.books.issuer.cards.get_mut(&card.0) else { return no_card() };
            entry.limit_minor = limit.minor();
            Outcome::Done(())
        };
        self.shared.call("issuer.set_limit", act).await
    }

    async fn close_card(&self, card: &CardRef) -> Outcome<()> {
        let act = |inner: &mut Inner| {
            let planted = inner.books.planted == Some(Defect::LeavesCardsOpen);
            let Some(entry) = inner.books.issuer.cards.get_mut(&card.0) else { return no_card() };
            entry.open = planted;
            inner.note(format!("issuer closes {}", card.0));
            Outcome::Done(())
        };
        self.shared.call("issuer.close_card", act).await
    }

    async fn reveal(&self, card: &CardRef) -> Outcome<CardSecrets> {
        let act = |inner: &mut Inner| {
            if !inner.books.issuer.cards.contains_key(&card.0) {
                return no_card();
            }
            let secret = |text: &str| Secret::new(text.to_owned());
            let (number, security_code) = (secret("4111111111111111"), secret("123"));
            Outcome::Done(CardSecrets { number, security_code, expiry_month: 1, expiry_year: 2040 })
        };
        self.shared.call("issuer.reveal", act).await
    }

    async fn float(&self) -> Outcome<Float> {
        self.shared.call("issuer.float", |_| Outcome::Done(Float { available: usd(10_000_000) })).await
    }

    async fn health(&self) -> Outcome<IssuerHealth> {
        Outcome::Done(IssuerHealth { reachable: true, ..IssuerHealth::default() })
    }

    async fn changes(&self, card: &CardRef) -> Outcome<Vec<ChargeChange>> {
        let act = |inner: &mut Inner| {
            let of = inner.books.issuer.told.iter().filter(|change| change.card == *card);
            Outcome::Done(of.cloned().collect())
        };
        self.shared.call("issuer.changes", act).await
    }

    fn read_charge(&self, _headers: &Headers, body: &[u8], _now: UnixMs) -> Result<Charge, WebhookError> {
        serde_json::from_slice(body).map_err(|e| WebhookError::Malformed(e.to_string()))
    }

    fn answer_charge(&self, _charge: &Charge, decision: Decision) -> WebhookAnswer {
        let body = serde_json::to_vec(&decision).unwrap_or_default();
        WebhookAnswer { status: 200, content_type: "application/json", headers: Vec::new(), body }
    }

    fn read_news(&self, _headers: &Headers, body: &[u8], _now: UnixMs) -> Result<IssuerNews, WebhookError> {
        let changes = serde_json::from_slice(body).map_err(|e| WebhookError::Malformed(e.to_string()))?;
        Ok(IssuerNews { changes, ..IssuerNews::default() })
    }

    fn answer_within_ms(&self) -> u64 {
        ANSWER_MS
    }
}
