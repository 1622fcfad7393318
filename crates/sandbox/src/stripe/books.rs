//! The account's books: cardholders, cards, authorizations, transactions, disputes, events, endpoints. Synchronous and
//! complete in themselves; HTTP, the real-time request and the delivery of webhooks are built on top.
//!
//! Invariant: each change of the books announces its event in the same step.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{
    config::IssuerConfig,
    model::{
        Address, AuthStatus, Authorization, BalanceMove, Card, CardStatus, Cardholder, Dispute, DisputeStatus, Request,
        SpendingLimit, Transaction, TransactionKind,
    },
    wire,
};
use crate::{
    network::{Merchant, bill, decimals},
    vendor::{ids, time},
};

/// Something that happened; `body` is signed byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct EventRecord {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) body: String,
    pub(crate) created_s: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) disabled: bool,
    pub(crate) created_s: i64,
}

impl Endpoint {
    pub(crate) fn wants(&self, kind: &str) -> bool {
        !self.disabled && self.enabled_events.iter().any(|wanted| wanted == kind || wanted == "*")
    }
}

/// An answer kept under an `Idempotency-Key`; `answer` is `None` while the first request runs.
pub(crate) struct Kept {
    pub(crate) request: (String, Vec<u8>),
    pub(crate) answer: Option<(u16, Vec<u8>)>,
    pub(crate) created_ms: i64,
}

/// What a new card is made from.
pub(crate) struct NewCard {
    pub(crate) cardholder: String,
    pub(crate) status: CardStatus,
    pub(crate) limits: Vec<SpendingLimit>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// What a new cardholder is made from.
pub(crate) struct NewCardholder {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) email: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) address: Address,
    pub(crate) metadata: BTreeMap<String, String>,
}

pub(crate) struct Books {
    pub(crate) config: IssuerConfig,
    pub(crate) api_key: String,
    pub(crate) cardholders: Vec<Cardholder>,
    pub(crate) cards: Vec<Card>,
    by_number: HashMap<String, usize>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) disputes: Vec<Dispute>,
    pub(crate) events: Vec<EventRecord>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) kept: HashMap<String, Kept>,
    pub(crate) float_minor: i64,
    /// Authorizations that are being asked about: id to card and billed amount.
    pub(crate) asking: HashMap<String, (String, i64)>,
    /// The second that is counted for the rate limit, and its requests.
    pub(crate) rate: (i64, u32),
}

impl Books {
    pub(crate) fn new(config: IssuerConfig) -> Self {
        Self {
            api_key: config.api_key.clone().unwrap_or_else(|| ids::stripe("sk_test")),
            cardholders: Vec::new(),
            cards: Vec::new(),
            by_number: HashMap::new(),
            authorizations: Vec::new(),
            transactions: Vec::new(),
            disputes: Vec::new(),
            events: Vec::new(),
            endpoints: Vec::new(),
            kept: HashMap::new(),
            float_minor: config.float_minor,
            asking: HashMap::new(),
            rate: (0, 0),
            config,
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.config.clock.now_ms()
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1_000)
    }

    /// Lower case, as Stripe writes currencies.
    pub(crate) fn currency(&self) -> String {
        self.config.currency.to_lowercase()
    }

    pub(crate) fn cardholder(&self, id: &str) -> Option<&Cardholder> {
        self.cardholders.iter().find(|one| one.id == id)
    }

    pub(crate) fn card(&self, id: &str) -> Option<&Card> {
        self.cards.iter().find(|one| one.id == id)
    }

    pub(crate) fn card_by_number(&self, number: &str) -> Option<&Card> {
        self.by_number.get(number).map(|index| &self.cards[*index])
    }

    pub(crate) fn authorization(&self, id: &str) -> Option<&Authorization> {
        self.authorizations.iter().find(|one| one.id == id)
    }

    fn authorization_mut(&mut self, id: &str) -> Option<&mut Authorization> {
        self.authorizations.iter_mut().find(|one| one.id == id)
    }

    pub(crate) fn transaction(&self, id: &str) -> Option<&Transaction> {
        self.transactions.iter().find(|one| one.id == id)
    }

    pub(crate) fn dispute(&self, id: &str) -> Option<&Dispute> {
        self.disputes.iter().find(|one| one.id == id)
    }

    pub(crate) fn event(&self, id: &str) -> Option<&EventRecord> {
        self.events.iter().find(|one| one.id == id)
    }

    pub(crate) fn total_minor(&self) -> i64 {
        let moved: i64 = self.transactions.iter().map(|one| one.amount).sum();
        let won = self.disputes.iter().filter(|one| one.status == DisputeStatus::Won);
        self.float_minor + moved + won.map(|one| one.amount).sum::<i64>()
    }

    pub(crate) fn held_minor(&self) -> i64 {
        self.authorizations.iter().map(Authorization::held).sum()
    }

    /// Writes an event down; `before` are the former values of what an update changed.
    pub(crate) fn announce(&mut self, kind: &'static str, object: Value, before: Option<Value>) -> String {
        let id = ids::stripe("evt");
        let created_s = self.now_s();
        let mut data = json!({ "object": object });
        if let Some(before) = before {
            data["previous_attributes"] = before;
        }
        let body = json!({
            "id": id, "object": "event", "api_version": wire::API_VERSION, "created": created_s, "data": data,
            "livemode": false, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null }, "type": kind,
        });
        self.events.push(EventRecord { id: id.clone(), kind, body: body.to_string(), created_s });
        id
    }

    pub(crate) fn create_cardholder(&mut self, new: NewCardholder) -> (String, String) {
        let id = ids::stripe("ich");
        self.cardholders.push(Cardholder {
            id: id.clone(),
            name: new.name,
            kind: new.kind,
            email: new.email,
            phone_number: new.phone_number,
            first_name: new.first_name,
            last_name: new.last_name,
            address: new.address,
            metadata: new.metadata,
            created_s: self.now_s(),
        });
        let object = self.cardholder(&id).map(wire::cardholder).unwrap_or_default();
        let event = self.announce("issuing_cardholder.created", object, None);
        (id, event)
    }

    /// Makes a card with a number of its own; answers its id and the event to deliver.
    pub(crate) fn create_card(&mut self, new: NewCard) -> (String, String) {
        let mut number = ids::pan();
        while self.by_number.contains_key(&number) {
            number = ids::pan();
        }
        let (year, month) = time::year_month(self.now_ms());
        let id = ids::stripe("ic");
        self.by_number.insert(number.clone(), self.cards.len());
        self.cards.push(Card {
            id: id.clone(),
            number,
            cvc: ids::digits(3),
            exp_month: u8::try_from(month).unwrap_or(1),
            exp_year: u16::try_from(year + 3).unwrap_or(2030),
            cardholder: new.cardholder,
            status: new.status,
            cancellation_reason: None,
            limits: new.limits,
            metadata: new.metadata,
            created_s: self.now_s(),
        });
        let object = self.card(&id).map(|card| wire::card(self, card)).unwrap_or_default();
        let event = self.announce("issuing_card.created", object, None);
        (id, event)
    }

    /// Changes a card and announces it with what it was before.
    pub(crate) fn update_card(&mut self, id: &str, change: impl FnOnce(&mut Card)) -> Vec<String> {
        let Some(index) = self.cards.iter().position(|card| card.id == id) else { return Vec::new() };
        let before = self.cards[index].status;
        change(&mut self.cards[index]);
        let previous = if before == self.cards[index].status { json!({}) } else { json!({ "status": before.word() }) };
        let object = wire::card(self, &self.cards[index]);
        vec![self.announce("issuing_card.updated", object, Some(previous))]
    }

    /// Stripe's rate for a merchant's currency, in millionths; `None` for one that the account does not take.
    pub(crate) fn rate_millionths(&self, currency: &str) -> Option<i64> {
        if currency.eq_ignore_ascii_case(&self.config.currency) {
            return Some(1_000_000);
        }
        let rates = &self.config.rates_millionths;
        rates.iter().find(|(name, _)| currency.eq_ignore_ascii_case(name)).map(|(_, rate)| *rate)
    }

    /// A merchant's amount in the card's currency.
    pub(crate) fn billed(&self, of: &Authorization, merchant_minor: i64) -> i64 {
        let (from, to) = (decimals(&of.merchant_currency.to_uppercase()), decimals(&self.config.currency));
        bill(merchant_minor, of.rate_millionths, from, to)
    }

    /// The checks before the endpoint is asked; `Err` is the reason of the decline.
    pub(crate) fn check(&self, card: &Card, billed_minor: i64) -> Result<(), &'static str> {
        match card.status {
            CardStatus::Canceled => return Err("card_canceled"),
            CardStatus::Inactive => return Err("card_inactive"),
            CardStatus::Active => {}
        }
        let asking_of = |id: &str| self.asking.values().filter(|(of, _)| of == id).map(|(_, minor)| minor).sum::<i64>();
        let held: i64 = self.authorizations.iter().filter(|one| one.card == card.id).map(Authorization::held).sum();
        let captured: i64 = self.transactions.iter().filter(|one| one.card == card.id).map(|one| -one.amount).sum();
        let over = card.limits.iter().any(|limit| {
            let used = match limit.interval.as_str() {
                "per_authorization" => 0,
                _ => held + captured.max(0) + asking_of(&card.id),
            };
            used + billed_minor > limit.amount
        });
        if self.config.enforce_spending_limits && over {
            return Err("spending_controls");
        }
        let asking: i64 = self.asking.values().map(|(_, minor)| minor).sum();
        if billed_minor > self.total_minor() - self.held_minor() - asking {
            return Err("insufficient_funds");
        }
        Ok(())
    }

    /// Adds the verdict on a request to its authorization, which is new when `opens`.
    pub(crate) fn decide(&mut self, opens: Option<Authorization>, id: &str, request: Request) -> Vec<String> {
        let (is_new, now_s) = (opens.is_some(), self.now_s());
        self.authorizations.extend(opens);
        let Some(of) = self.authorization_mut(id) else { return Vec::new() };
        let before = json!({ "amount": of.amount, "approved": of.approved });
        if is_new {
            of.amount = request.amount;
            of.merchant_amount = request.merchant_amount;
            of.approved = request.approved;
            of.status = if request.approved { AuthStatus::Pending } else { AuthStatus::Closed };
        } else if request.approved {
            of.amount += request.amount;
            of.merchant_amount += request.merchant_amount;
        }
        if request.approved && request.amount > 0 {
            of.moves.push(BalanceMove { id: ids::stripe("txn"), amount: -request.amount, created_s: now_s });
        }
        of.requests.push(request);
        let kind = if is_new { "issuing_authorization.created" } else { "issuing_authorization.updated" };
        self.announce_authorization(id, kind, (!is_new).then_some(before))
    }

    fn announce_authorization(&mut self, id: &str, kind: &'static str, before: Option<Value>) -> Vec<String> {
        let object = self.authorization(id).map(|of| wire::authorization(self, of, None)).unwrap_or_default();
        vec![self.announce(kind, object, before)]
    }

    /// Lets go of `billed` of what is held, at most all of it; `ends` is what the authorization is when nothing is left.
    pub(crate) fn release(&mut self, id: &str, billed: Option<i64>, ends: AuthStatus) -> Vec<String> {
        let now_s = self.now_s();
        let Some(of) = self.authorization_mut(id) else { return Vec::new() };
        let before = json!({ "amount": of.amount, "status": of.status.word() });
        let part = billed.unwrap_or(i64::MAX).min(of.held());
        if part > 0 {
            of.moves.push(BalanceMove { id: ids::stripe("txn"), amount: part, created_s: now_s });
            of.amount = (of.amount - part).max(0);
        }
        if of.held() == 0 && of.status == AuthStatus::Pending {
            of.status = ends;
        }
        self.announce_authorization(id, "issuing_authorization.updated", Some(before))
    }

    /// A capture within an authorization: what is held for it is released, all of it when the authorization closes.
    pub(crate) fn capture(&mut self, id: &str, merchant_minor: i64, closes: bool) -> Vec<String> {
        let now_s = self.now_s();
        let Some(of) = self.authorization(id).cloned() else { return Vec::new() };
        let billed = self.billed(&of, merchant_minor);
        let before = json!({ "status": of.status.word() });
        let released = if closes { of.held() } else { billed.min(of.held()) };
        if let Some(of) = self.authorization_mut(id) {
            if released > 0 {
                of.moves.push(BalanceMove { id: ids::stripe("txn"), amount: released, created_s: now_s });
            }
            if of.held() == 0 && of.status == AuthStatus::Pending {
                of.status = AuthStatus::Closed;
            }
        }
        let mut events = self.move_money(MoneyMove {
            authorization: Some(id.to_owned()),
            card: of.card,
            kind: TransactionKind::Capture,
            amount: -billed,
            merchant_amount: -merchant_minor,
            merchant_currency: of.merchant_currency,
            merchant: of.merchant,
        });
        events.extend(self.announce_authorization(id, "issuing_authorization.updated", Some(before)));
        events
    }

    pub(crate) fn move_money(&mut self, what: MoneyMove) -> Vec<String> {
        let id = ids::stripe("ipi");
        self.transactions.push(Transaction {
            id: id.clone(),
            authorization: what.authorization,
            card: what.card,
            kind: what.kind,
            amount: what.amount,
            merchant_amount: what.merchant_amount,
            merchant_currency: what.merchant_currency,
            merchant: what.merchant,
            created_s: self.now_s(),
            balance_transaction: ids::stripe("txn"),
            dispute: None,
        });
        let object = self.transaction(&id).map(|of| wire::transaction(self, of)).unwrap_or_default();
        vec![self.announce("issuing_transaction.created", object, None)]
    }

    pub(crate) fn open_dispute(&mut self, new: Dispute) -> (String, Vec<String>) {
        let id = new.id.clone();
        if let Some(of) = self.transactions.iter_mut().find(|one| one.id == new.transaction) {
            of.dispute = Some(id.clone());
        }
        self.disputes.push(new);
        let events = self.announce_dispute(&id, "issuing_dispute.created");
        (id, events)
    }

    /// Moves a dispute on; answers nothing when it is not where it can go from.
    pub(crate) fn move_dispute(&mut self, id: &str, from: DisputeStatus, to: DisputeStatus) -> Option<Vec<String>> {
        let of = self.disputes.iter_mut().find(|one| one.id == id && one.status == from)?;
        of.status = to;
        let kind = match to {
            DisputeStatus::Submitted => "issuing_dispute.submitted",
            _ => "issuing_dispute.closed",
        };
        let mut events = self.announce_dispute(id, kind);
        if to == DisputeStatus::Won {
            events.extend(self.announce_dispute(id, "issuing_dispute.funds_reinstated"));
        }
        Some(events)
    }

    fn announce_dispute(&mut self, id: &str, kind: &'static str) -> Vec<String> {
        let object = self.dispute(id).map(|of| wire::dispute(self, of)).unwrap_or_default();
        vec![self.announce(kind, object, None)]
    }
}

/// Money that moves, as a transaction says it.
pub(crate) struct MoneyMove {
    pub(crate) authorization: Option<String>,
    pub(crate) card: String,
    pub(crate) kind: TransactionKind,
    pub(crate) amount: i64,
    pub(crate) merchant_amount: i64,
    pub(crate) merchant_currency: String,
    pub(crate) merchant: Merchant,
}
