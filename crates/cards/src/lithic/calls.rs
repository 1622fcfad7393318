//! Each thing that Lithic is asked: the request and what its answer means. Pure.
//!
//! Invariant: Lithic answers `POST`, `GET` and `PATCH` of one card with its number and code in it, so all of these go
//! over connections of their own; only lists leave them out (API reference, schemas `pci_card_response` and
//! `non_pci_card_response`).

use super::{
    LithicConfig, answers,
    events::changes_of_all,
    wire::{
        Balance, Card, CardLimit, CardState, Dispute, EventSubscription, NewCard, Page, ResponderEndpoint,
        RevealedCard, Transaction,
    },
};
use crate::paging::PageOf;
use ids::{IdempotencyKey, UnixMs};
use money::Money;
use outbound::{Call, Method, Request, Response, rfc3339, segment, uuid};
use ports::{CardRef, CardSecrets, ChargeChange, Float, Outcome, Rejection};

/// The most that Lithic gives (parameter `page_size`).
const PAGE_SIZE: &str = "100";
/// Cards are looked for from a little earlier than asked: clocks differ.
const CLOCK_MARGIN_MS: u64 = 10 * 60 * 1_000;
/// The limit counts all that was ever authorized and not reversed, so that it bounds the card as a whole.
const LIMIT_DURATION: &str = "FOREVER";

/// A limit in cents as Lithic wants it. Zero would lift the limit, so the lowest is one cent: a check of zero passes,
/// nothing else does (parameter `spend_limit`).
fn cents(config: &LithicConfig, limit: Money) -> u64 {
    limit.minor().saturating_add(config.headroom_minor).clamp(1, Money::MINOR_MAX)
}

pub fn authorized(config: &LithicConfig, request: Request) -> Request {
    // The key itself, without "Bearer" (security scheme `ApiKeyAuth`).
    request.secret_header("authorization", &config.api_key).header("accept", "application/json")
}

fn card_path(card: &CardRef) -> String {
    format!("/v1/cards/{}", segment(&card.0))
}

/// `POST /v1/cards`.
pub struct CreateCardCall<'a> {
    pub config: &'a LithicConfig,
    pub request: &'a ports::CreateCard,
}

impl Call for CreateCardCall<'_> {
    type Answer = CardRef;

    fn build_request(&self) -> Request {
        let (config, request) = (self.config, self.request);
        let memo = if has_key(&request.memo, &request.key) {
            request.memo.clone()
        } else {
            format!("{} {}", request.memo, request.key).trim_start().to_owned()
        };
        let body = NewCard {
            kind: "VIRTUAL",
            state: "OPEN",
            memo: &memo,
            spend_limit: cents(config, request.limit),
            spend_limit_duration: LIMIT_DURATION,
            account_token: config.account_token.as_deref(),
            card_program_token: config.card_program_token.as_deref(),
        };
        authorized(config, Request::new(Method::Post, "/v1/cards"))
            .header("idempotency-key", uuid("lithic card", &request.key))
            .json(&body)
            .fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<CardRef> {
        answers::read(response, || response.json::<Card>().map(|card| CardRef(card.token)))
    }
}

fn has_key(memo: &str, key: &IdempotencyKey) -> bool {
    memo.split_whitespace().any(|word| word == key.0)
}

/// One page of `GET /v1/cards`, looking for the card whose memo holds the key.
pub struct FindCardCall<'a> {
    pub config: &'a LithicConfig,
    pub key: &'a IdempotencyKey,
    pub since: UnixMs,
    pub after: Option<String>,
}

impl Call for FindCardCall<'_> {
    type Answer = PageOf<CardRef>;

    fn build_request(&self) -> Request {
        let begin = rfc3339(UnixMs(self.since.0.saturating_sub(CLOCK_MARGIN_MS)));
        let mut query = vec![("memo", self.key.0.as_str()), ("begin", begin.as_str()), ("page_size", PAGE_SIZE)];
        if let Some(after) = &self.after {
            query.push(("starting_after", after));
        }
        authorized(self.config, Request::get("/v1/cards").query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<CardRef>> {
        answers::read(response, || {
            response.json::<Page<Card>>().map(|page| PageOf {
                next: next_page(&page, |card| &card.token),
                // The filter finds parts of memos too.
                items: page
                    .data
                    .into_iter()
                    .filter(|card| has_key(&card.memo, self.key))
                    .map(|card| CardRef(card.token))
                    .collect(),
            })
        })
    }
}

fn next_page<T>(page: &Page<T>, token: impl Fn(&T) -> &String) -> Option<String> {
    if page.has_more { page.data.last().map(|last| token(last).clone()) } else { None }
}

/// `PATCH /v1/cards/{token}` with a new limit. Lithic documents no idempotency key here; setting a value twice is
/// setting it once.
pub struct SetLimitCall<'a> {
    pub config: &'a LithicConfig,
    pub card: &'a CardRef,
    pub limit: Money,
}

impl Call for SetLimitCall<'_> {
    type Answer = ();

    fn build_request(&self) -> Request {
        let body = CardLimit { spend_limit: cents(self.config, self.limit), spend_limit_duration: LIMIT_DURATION };
        authorized(self.config, Request::new(Method::Patch, card_path(self.card))).json(&body).fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read(response, || {
            response.json::<Card>().and_then(|card| {
                if card.spend_limit == cents(self.config, self.limit) {
                    Outcome::Done(())
                } else {
                    Outcome::Unknown("the card's limit is not the one that was set".to_owned())
                }
            })
        })
    }
}

/// `PATCH /v1/cards/{token}` to `CLOSED`, which is final.
pub struct CloseCardCall<'a> {
    pub config: &'a LithicConfig,
    pub card: &'a CardRef,
}

impl Call for CloseCardCall<'_> {
    type Answer = ();

    fn build_request(&self) -> Request {
        authorized(self.config, Request::new(Method::Patch, card_path(self.card)))
            .json(&CardState { state: "CLOSED" })
            .fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read(response, || response.json::<Card>().and_then(|card| closed(&card)))
    }
}

fn closed(card: &Card) -> Outcome<()> {
    if card.state == "CLOSED" { Outcome::Done(()) } else { Outcome::Unknown("the card is not closed".to_owned()) }
}

/// `GET /v1/cards/{token}` only to see whether it is closed: what a refusal to close may have meant.
pub struct IsClosedCall<'a> {
    pub config: &'a LithicConfig,
    pub card: &'a CardRef,
}

impl Call for IsClosedCall<'_> {
    type Answer = bool;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(card_path(self.card))).fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<bool> {
        answers::read(response, || response.json::<Card>().map(|card| card.state == "CLOSED"))
    }
}

/// `GET /v1/cards/{token}` for number and code.
pub struct RevealCall<'a> {
    pub config: &'a LithicConfig,
    pub card: &'a CardRef,
}

impl Call for RevealCall<'_> {
    type Answer = CardSecrets;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(card_path(self.card))).fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<CardSecrets> {
        answers::read(response, || response.json::<RevealedCard>().and_then(secrets_of))
    }
}

fn secrets_of(card: RevealedCard) -> Outcome<CardSecrets> {
    if card.state == "CLOSED" {
        return Outcome::Rejected(Rejection::fatal("card_closed", "the card is closed"));
    }
    let (Some(number), Some(security_code)) = (card.pan, card.cvv) else {
        return Outcome::Rejected(Rejection::fatal(
            "secrets_withheld",
            "Lithic gives card numbers only to programs that it knows to be PCI compliant",
        ));
    };
    let digits = |text: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let well_formed = digits(number.expose(), 12..=19) && digits(security_code.expose(), 3..=4);
    match (well_formed, card.exp_month.parse(), card.exp_year.parse()) {
        (true, Ok(expiry_month @ 1..=12), Ok(expiry_year @ 2000..=2999)) => {
            Outcome::Done(CardSecrets { number, security_code, expiry_month, expiry_year })
        }
        _ => Outcome::Unknown("the card's number, code or expiry is not of the documented form".to_owned()),
    }
}

/// What all cards may spend now: the balance of the account that funds them.
pub struct FloatCall<'a> {
    pub config: &'a LithicConfig,
}

impl Call for FloatCall<'_> {
    type Answer = Float;

    fn build_request(&self) -> Request {
        let request = match (&self.config.financial_account_token, &self.config.account_token) {
            (Some(token), _) => Request::get(format!("/v1/financial_accounts/{}/balances", segment(token))),
            (None, Some(account)) => {
                Request::get("/v1/balances").query(&[("account_token", account), ("financial_account_type", "ISSUING")])
            }
            (None, None) => Request::get("/v1/balances").query(&[("financial_account_type", "ISSUING")]),
        };
        authorized(self.config, request)
    }

    fn handle_response(&self, response: &Response) -> Outcome<Float> {
        answers::read(response, || {
            response.json::<Page<Balance>>().and_then(|page| {
                let mut ours = page.data.iter().filter(|balance| balance.currency == self.config.currency.code());
                // Several accounts cannot pay for one another, and a sum would promise that.
                let (Some(balance), None) = (ours.next(), ours.next()) else {
                    let found = format!(
                        "needed exactly one balance in {}; name the account in the configuration",
                        self.config.currency
                    );
                    return Outcome::Rejected(Rejection::fatal("no_single_balance", found));
                };
                let minor = u64::try_from(balance.available_amount).unwrap_or(0);
                match Money::new(minor, self.config.currency) {
                    Ok(available) => Outcome::Done(Float { available }),
                    Err(_) => Outcome::Unknown("the balance is out of range".to_owned()),
                }
            })
        })
    }
}

/// One page of `GET /v1/transactions` of a card.
pub struct TransactionsCall<'a> {
    pub config: &'a LithicConfig,
    pub card: &'a CardRef,
    pub after: Option<String>,
}

impl Call for TransactionsCall<'_> {
    type Answer = PageOf<(String, ChargeChange)>;

    fn build_request(&self) -> Request {
        let mut query = vec![("card_token", self.card.0.as_str()), ("page_size", PAGE_SIZE)];
        if let Some(after) = &self.after {
            query.push(("starting_after", after));
        }
        authorized(self.config, Request::get("/v1/transactions").query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<(String, ChargeChange)>> {
        answers::read(response, || {
            response.json::<Page<Transaction>>().and_then(|page| match changes_of_all(&page.data) {
                Ok(items) => Outcome::Done(PageOf { next: next_page(&page, |t| &t.token), items }),
                Err(why) => Outcome::Unknown(why.to_owned()),
            })
        })
    }
}

/// One page of `GET /v1/disputes` about some transactions.
pub struct DisputesCall<'a> {
    pub config: &'a LithicConfig,
    pub transactions: &'a str,
    pub after: Option<String>,
}

impl Call for DisputesCall<'_> {
    type Answer = PageOf<Dispute>;

    fn build_request(&self) -> Request {
        let mut query = vec![("transaction_tokens", self.transactions), ("page_size", PAGE_SIZE)];
        query.extend(self.after.as_deref().map(|after| ("starting_after", after)));
        authorized(self.config, Request::get("/v1/disputes").query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<Dispute>> {
        answers::read(response, || {
            response
                .json::<Page<Dispute>>()
                .map(|page| PageOf { next: next_page(&page, |dispute| &dispute.token), items: page.data })
        })
    }
}

/// `GET /v1/disputes/{token}`.
pub struct DisputeCall<'a> {
    pub config: &'a LithicConfig,
    pub token: &'a str,
}

impl Call for DisputeCall<'_> {
    type Answer = Dispute;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(format!("/v1/disputes/{}", segment(self.token))))
    }

    fn handle_response(&self, response: &Response) -> Outcome<Dispute> {
        answers::read(response, || response.json::<Dispute>())
    }
}

/// `GET /v1/transactions/{token}`, for the card that it is on.
pub struct CardOfCall<'a> {
    pub config: &'a LithicConfig,
    pub transaction: &'a str,
}

impl Call for CardOfCall<'_> {
    type Answer = CardRef;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(format!("/v1/transactions/{}", segment(self.transaction))))
    }

    fn handle_response(&self, response: &Response) -> Outcome<CardRef> {
        answers::read(response, || response.json::<Transaction>().map(|of| CardRef(of.card_token)))
    }
}

/// `GET /v1/status`: whether Lithic can be reached at all.
pub struct StatusCall;

impl Call for StatusCall {
    type Answer = ();

    fn build_request(&self) -> Request {
        Request::get("/v1/status")
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read(response, || Outcome::Done(()))
    }
}

/// What Lithic asks of a responder, in the words of its API.
#[derive(Debug, Clone, Copy)]
pub enum Responder {
    Authorizations,
    Authentications,
}

/// `GET /v1/responder_endpoints`: where questions of one kind go. The answer is the enrolled address.
pub struct ResponderCall<'a> {
    pub config: &'a LithicConfig,
    pub of: Responder,
}

impl Call for ResponderCall<'_> {
    type Answer = Option<String>;

    fn build_request(&self) -> Request {
        let kind = match self.of {
            Responder::Authorizations => "AUTH_STREAM_ACCESS",
            Responder::Authentications => "THREE_DS_DECISIONING",
        };
        authorized(self.config, Request::get("/v1/responder_endpoints").query(&[("type", kind)]))
    }

    fn handle_response(&self, response: &Response) -> Outcome<Option<String>> {
        answers::read(response, || {
            let enrolled = |answer: ResponderEndpoint| answer.enrolled.then(|| answer.url.unwrap_or_default());
            response.json::<ResponderEndpoint>().map(enrolled)
        })
    }
}

/// `GET /v1/event_subscriptions`: the addresses that get events of card transactions.
pub struct SubscriptionsCall<'a> {
    pub config: &'a LithicConfig,
    pub after: Option<String>,
}

impl Call for SubscriptionsCall<'_> {
    type Answer = PageOf<String>;

    fn build_request(&self) -> Request {
        let mut query = vec![("page_size", PAGE_SIZE)];
        if let Some(after) = &self.after {
            query.push(("starting_after", after));
        }
        authorized(self.config, Request::get("/v1/event_subscriptions").query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<String>> {
        let wanted = |subscription: &EventSubscription| {
            let types = subscription.event_types.as_deref().unwrap_or_default();
            !subscription.disabled && (types.is_empty() || types.iter().any(|t| t == super::events::TRANSACTION_EVENT))
        };
        answers::read(response, || {
            response.json::<Page<EventSubscription>>().map(|page| PageOf {
                next: next_page(&page, |subscription| &subscription.token),
                items: page.data.into_iter().filter(wanted).map(|subscription| subscription.url).collect(),
            })
        })
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
