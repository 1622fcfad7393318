//! The issuer's books: cards, transactions, events, subscriptions, float. Synchronous and complete in themselves;
//! HTTP, the authorization request and the delivery of webhooks are built on top.
//!
//! Invariant: what is held and settled in total is the sum over all transactions, kept up with every event.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{
    config::IssuerConfig,
    model::{Billed, Card, CardEvent, CardState, CardTransaction, CardType, EventKind, LimitDuration, Verdict},
    three_ds::Authentication,
    wire,
};
use crate::vendor::{ids, time};

/// Lithic deactivates a rotated secret after 24 hours (docs.lithic.com/reference/postauthstreamsecretrotate).
const SECRET_OVERLAP_MS: i64 = 24 * 3_600_000;

/// Something that happened, as `GET /v1/events` lists it and as webhooks carry it. `body` is signed byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct EventRecord {
    pub(crate) token: String,
    pub(crate) event_type: &'static str,
    pub(crate) body: String,
    pub(crate) created_ms: i64,
    pub(crate) attempts: Vec<Attempt>,
}

/// One try to deliver an event, as `GET /v1/events/{event_token}/attempts` lists it.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) token: String,
    pub(crate) subscription_token: String,
    pub(crate) created_ms: i64,
    /// HTTP status of the answer; 0 when there was none.
    pub(crate) status_code: u16,
    pub(crate) url: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) token: String,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) disabled: bool,
    pub(crate) event_types: Option<Vec<String>>,
    pub(crate) secrets: Secrets,
}

impl Subscription {
    pub(crate) fn wants(&self, event_type: &str) -> bool {
        let listed = |types: &Vec<String>| types.iter().any(|wanted| wanted == event_type);
        !self.disabled && self.event_types.as_ref().is_none_or(listed)
    }
}

/// A webhook secret and, for a day, the one before it.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    pub(crate) current: String,
    previous: Option<(String, i64)>,
}

impl Secrets {
    pub(crate) fn new(current: String) -> Self {
        Self { current, previous: None }
    }

    pub(crate) fn rotate(&mut self, now_ms: i64) {
        let old = std::mem::replace(&mut self.current, ids::webhook_secret());
        self.previous = Some((old, now_ms + SECRET_OVERLAP_MS));
    }

    /// The secrets to sign with, newest first.
    pub(crate) fn valid(&self, now_ms: i64) -> Vec<String> {
        let previous = self.previous.iter().filter(|(_, until_ms)| now_ms < *until_ms);
        let previous = previous.map(|(secret, _)| secret.clone());
        std::iter::once(self.current.clone()).chain(previous).collect()
    }
}

/// A dispute case of a transaction. `status` and `resolution_reason` in Lithic's words.
#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) token: String,
    pub(crate) transaction_token: String,
    pub(crate) amount: i64,
    pub(crate) reason: String,
    pub(crate) customer_note: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) resolution_reason: Option<&'static str>,
    pub(crate) created_ms: i64,
    pub(crate) resolved_ms: Option<i64>,
}

/// What a new card is made from; defaults are Lithic's.
pub(crate) struct NewCard {
    pub(crate) kind: CardType,
    pub(crate) state: CardState,
    pub(crate) spend_limit: i64,
    pub(crate) spend_limit_duration: LimitDuration,
    pub(crate) memo: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) expiry: Option<(String, String)>,
}

pub(crate) struct Records {
    pub(crate) config: IssuerConfig,
    pub(crate) api_key: String,
    pub(crate) account_token: String,
    pub(crate) card_program_token: String,
    pub(crate) financial_account_token: String,
    pub(crate) funding_token: String,
    pub(crate) started_ms: i64,
    pub(crate) asa_secrets: Secrets,
    pub(crate) responder: Option<String>,
    pub(crate) cards: Vec<Card>,
    cards_by_token: HashMap<String, usize>,
    cards_by_pan: HashMap<String, usize>,
    pub(crate) transactions: Vec<CardTransaction>,
    transactions_by_token: HashMap<String, usize>,
    transactions_by_card: HashMap<String, Vec<usize>>,
    pub(crate) events: Vec<EventRecord>,
    events_by_token: HashMap<String, usize>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) disputes: Vec<Dispute>,
    pub(crate) three_ds_secrets: Secrets,
    pub(crate) three_ds_responder: Option<String>,
    pub(crate) authentications: Vec<Authentication>,
    /// `Idempotency-Key` of a card's creation: the body it came with, and the card.
    pub(crate) created_under: HashMap<String, (Value, String)>,
    pub(crate) float_minor: i64,
    held_minor: i64,
    settled_minor: i64,
    /// Authorizations that are being asked about: token to card and billed amount.
    pub(crate) asking: HashMap<String, (String, i64)>,
    pub(crate) last_touched: Option<(String, String, i64)>,
}

impl Records {
    pub(crate) fn new(config: IssuerConfig) -> Self {
        Self {
            api_key: config.api_key.clone().unwrap_or_else(ids::api_key),
            account_token: ids::uuid(),
            card_program_token: ids::uuid(),
            financial_account_token: ids::uuid(),
            funding_token: ids::uuid(),
            started_ms: config.clock.now_ms(),
            asa_secrets: Secrets::new(config.asa_secret.clone().unwrap_or_else(ids::webhook_secret)),
            responder: None,
            cards: Vec::new(),
            cards_by_token: HashMap::new(),
            cards_by_pan: HashMap::new(),
            transactions: Vec::new(),
            transactions_by_token: HashMap::new(),
            transactions_by_card: HashMap::new(),
            events: Vec::new(),
            events_by_token: HashMap::new(),
            subscriptions: Vec::new(),
            disputes: Vec::new(),
            three_ds_secrets: Secrets::new(ids::webhook_secret()),
            three_ds_responder: None,
            authentications: Vec::new(),
            created_under: HashMap::new(),
            float_minor: config.float_minor,
            held_minor: 0,
            settled_minor: 0,
            asking: HashMap::new(),
            last_touched: None,
            config,
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.config.clock.now_ms()
    }

    pub(crate) fn total_minor(&self) -> i64 {
        self.float_minor - self.settled_minor
    }

    pub(crate) fn held_minor(&self) -> i64 {
        self.held_minor
    }

    pub(crate) fn card(&self, token: &str) -> Option<&Card> {
        self.cards_by_token.get(token).map(|index| &self.cards[*index])
    }

    pub(crate) fn card_mut(&mut self, token: &str) -> Option<&mut Card> {
        let index = self.cards_by_token.get(token)?;
        self.cards.get_mut(*index)
    }

    pub(crate) fn card_by_pan(&self, pan: &str) -> Option<&Card> {
        self.cards_by_pan.get(pan).map(|index| &self.cards[*index])
    }

    pub(crate) fn transaction(&self, token: &str) -> Option<&CardTransaction> {
        let index = self.transactions_by_token.get(token)?;
        self.transactions.get(*index)
    }

    pub(crate) fn event(&self, token: &str) -> Option<&EventRecord> {
        self.events_by_token.get(token).map(|index| &self.events[*index])
    }

    pub(crate) fn event_mut(&mut self, token: &str) -> Option<&mut EventRecord> {
        let index = self.events_by_token.get(token)?;
        self.events.get_mut(*index)
    }

    /// Makes a card with a number of its own; answers its token and the event to deliver.
    pub(crate) fn create_card(&mut self, new: NewCard) -> (String, String) {
        let now_ms = self.now_ms();
        let mut pan = ids::pan();
        while self.cards_by_pan.contains_key(&pan) {
            pan = ids::pan();
        }
        let (exp_month, exp_year) = new.expiry.unwrap_or_else(|| {
            let (year, month) = time::year_month(now_ms);
            (format!("{month:02}"), (year + 5).to_string())
        });
        let card = Card {
            token: ids::uuid(),
            cvv: ids::digits(3),
            pan: pan.clone(),
            exp_month,
            exp_year,
            kind: new.kind,
            state: new.state,
            spend_limit: new.spend_limit,
            spend_limit_duration: new.spend_limit_duration,
            memo: new.memo,
            tags: new.tags,
            created_ms: now_ms,
            locked_to: None,
            used_up: false,
        };
        let token = card.token.clone();
        self.cards_by_token.insert(token.clone(), self.cards.len());
        self.cards_by_pan.insert(pan, self.cards.len());
        self.cards.push(card);
        let payload = json!({
            "event_type": "card.created", "card_token": token, "replacement_for": null,
        });
        let event = self.announce("card.created", payload);
        (token, event)
    }

    /// Writes an event down; answers its token.
    pub(crate) fn announce(&mut self, event_type: &'static str, payload: Value) -> String {
        let token = ids::svix("msg");
        self.events_by_token.insert(token.clone(), self.events.len());
        self.events.push(EventRecord {
            token: token.clone(),
            event_type,
            body: payload.to_string(),
            created_ms: self.now_ms(),
            attempts: Vec::new(),
        });
        token
    }

    /// Sets a card's state and announces it; `None` when it has that state already or there is no such card.
    pub(crate) fn set_card_state(&mut self, token: &str, state: CardState) -> Option<String> {
        let card = self.card_mut(token).filter(|card| card.state != state)?;
        let before = std::mem::replace(&mut card.state, state);
        let payload = json!({
            "event_type": "card.updated", "card_token": token, "state": state,
            "previous_fields": { "state": before },
        });
        Some(self.announce("card.updated", payload))
    }

    /// Puts a new transaction on the books, without events yet.
    pub(crate) fn open_transaction(&mut self, transaction: CardTransaction) {
        let index = self.transactions.len();
        self.transactions_by_token.insert(transaction.token.clone(), index);
        let of_card = self.transactions_by_card.entry(transaction.card_token.clone());
        of_card.or_default().push(index);
        self.transactions.push(transaction);
    }

    /// Adds an event to a transaction, keeps the totals and announces it; answers the events to deliver.
    pub(crate) fn add_event(&mut self, token: &str, kind: EventKind, amount: Billed, verdict: Verdict) -> Vec<String> {
        let now_ms = self.now_ms();
        let Some(index) = self.transactions_by_token.get(token).copied() else {
            return Vec::new();
        };
        let transaction = &mut self.transactions[index];
        let before = transaction.standing();
        let event_token = ids::uuid();
        transaction.events.push(CardEvent { token: event_token.clone(), kind, amount, verdict, created_ms: now_ms });
        let after = transaction.standing();
        self.held_minor += after.held_minor - before.held_minor;
        self.settled_minor += after.settled_minor - before.settled_minor;
        if before.held_minor != after.held_minor || before.settled_minor != after.settled_minor {
            self.last_touched = Some((token.to_owned(), event_token, now_ms));
        }
        let payload = wire::transaction_event(self, &self.transactions[index]);
        let mut announced = vec![self.announce("card_transaction.updated", payload)];
        announced.extend(self.after_approval(index));
        announced
    }

    /// A single-use card closes, and a merchant-locked one is locked, at the first approved authorization, a check of
    /// zero included (docs.lithic.com/docs/cards, "Card types").
    fn after_approval(&mut self, index: usize) -> Option<String> {
        let transaction = &self.transactions[index];
        let approved = transaction.events.last().is_some_and(|event| {
            event.verdict.is_approved()
                && matches!(event.kind, EventKind::Authorization | EventKind::AuthorizationAdvice)
        });
        if !approved {
            return None;
        }
        let (card_token, acceptor) = (transaction.card_token.clone(), transaction.merchant.acceptor_id.clone());
        let card = self.card_mut(&card_token)?;
        match card.kind {
            CardType::SingleUse => {
                card.used_up = true;
                self.set_card_state(&card_token, CardState::Closed)
            }
            CardType::MerchantLocked => {
                card.locked_to.get_or_insert(acceptor);
                None
            }
            CardType::Virtual | CardType::Unlocked | CardType::DigitalWallet | CardType::Physical => None,
        }
    }

    pub(crate) fn dispute(&self, token: &str) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.token == token)
    }

    /// Opens a case; answers its token and the event to deliver.
    pub(crate) fn open_dispute(
        &mut self,
        transaction: &str,
        amount: i64,
        reason: &str,
        note: Option<String>,
    ) -> (String, Vec<String>) {
        let dispute = Dispute {
            token: ids::uuid(),
            transaction_token: transaction.to_owned(),
            amount,
            reason: reason.to_owned(),
            customer_note: note,
            status: "NEW",
            resolution_reason: None,
            created_ms: self.now_ms(),
            resolved_ms: None,
        };
        let token = dispute.token.clone();
        self.disputes.push(dispute);
        let events = self.announce_dispute(&token);
        (token, events)
    }

    /// Moves a case on that is not over; a won one brings its amount back. `None`: no such case.
    pub(crate) fn move_dispute(&mut self, token: &str, status: &'static str) -> Option<Vec<String>> {
        let now_ms = self.now_ms();
        let open = |one: &&mut Dispute| one.token == token && !matches!(one.status, "CASE_WON" | "CASE_CLOSED");
        let dispute = self.disputes.iter_mut().find(open)?;
        dispute.status = status;
        let (won, lost) = (status == "CASE_WON", status == "CASE_CLOSED");
        if won || lost {
            dispute.resolution_reason = Some(if won { "WON_FIRST_CHARGEBACK" } else { "CASE_LOST" });
            dispute.resolved_ms = Some(now_ms);
        }
        if won {
            self.float_minor += dispute.amount;
        }
        Some(self.announce_dispute(token))
    }

    fn announce_dispute(&mut self, token: &str) -> Vec<String> {
        let mut payload = self.dispute(token).map(wire::dispute).unwrap_or_default();
        payload["event_type"] = json!("dispute.updated");
        vec![self.announce("dispute.updated", payload)]
    }

    /// What the card's limit window has taken so far: held, settled and being asked about.
    fn used_of_limit(&self, card_token: &str) -> i64 {
        let of_card = self.transactions_by_card.get(card_token);
        let booked = of_card.into_iter().flatten().map(|index| {
            let at = self.transactions[*index].standing();
            at.held_minor + at.settled_minor.max(0)
        });
        let asking = self.asking.values().filter(|(card, _)| card == card_token);
        booked.sum::<i64>() + asking.map(|(_, minor)| minor).sum::<i64>()
    }

    /// The checks before the responder is asked (docs.lithic.com/docs/auth-stream-access-asa, "Pre-ASA Request
    /// Checks"). `Err` is the decline.
    pub(crate) fn check(&self, card: &Card, acceptor_id: &str, billed_minor: i64) -> Result<(), Verdict> {
        let limit = card.spend_limit;
        let used = match card.spend_limit_duration {
            LimitDuration::Transaction => 0,
            LimitDuration::Annually | LimitDuration::Forever | LimitDuration::Monthly => {
                self.used_of_limit(&card.token)
            }
        };
        let asking: i64 = self.asking.values().map(|(_, minor)| minor).sum();
        let available = self.total_minor() - self.held_minor - asking;
        let declined = |result, detail| Err(Verdict::new(result, detail));
        if card.used_up {
            return declined("SINGLE_USE_RECHARGED", "SINGLE_USE_CARD_REATTEMPTED");
        }
        match card.state {
            CardState::Closed => return declined("CARD_CLOSED", "CARD_CLOSED"),
            CardState::Paused => return declined("CARD_PAUSED", "CARD_PAUSED"),
            CardState::Open => {}
        }
        if card.locked_to.as_ref().is_some_and(|locked| locked != acceptor_id) {
            let detail = "MERCHANT_LOCKED_CARD_ATTEMPTED_ELSEWHERE";
            return declined("UNAUTHORIZED_MERCHANT", detail);
        }
        if self.config.enforce_spend_limit && limit > 0 && used + billed_minor > limit {
            return declined("USER_TRANSACTION_LIMIT", "CARD_SPEND_LIMIT_EXCEEDED");
        }
        if billed_minor > available {
            return declined("INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS");
        }
        Ok(())
    }

    /// Lithic's rate for a merchant's currency, in millionths; `None` for one that the program does not take.
    pub(crate) fn rate_millionths(&self, currency: &str) -> Option<i64> {
        if currency == self.config.currency {
            return Some(1_000_000);
        }
        let rates = &self.config.rates_millionths;
        rates.iter().find(|(name, _)| name == currency).map(|(_, rate)| *rate)
    }
}
