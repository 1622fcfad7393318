//! Lithic as the issuer (docs.lithic.com, API reference of 2026).
//!
//! The shell around pure parts: [`calls`] says what is asked, `authorization` and `events` read what Lithic sends.

mod answers;
mod authorization;
mod calls;
mod events;
mod health;
mod wire;

use crate::paging::{self, PageOf};
use crate::{BadSecret, WebhookKey};
use async_trait::async_trait;
use calls::{
    CloseCardCall, CreateCardCall, FindCardCall, FloatCall, IsClosedCall, RevealCall, SetLimitCall, TransactionsCall,
};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money};
use outbound::{BadAddress, Call, HttpClient, Limits, Retry};
use ports::{
    CardRef, CardSecrets, Charge, ChargeChange, CreateCard, Decision, Float, Headers, Issuer, IssuerHealth, IssuerNews,
    Outcome, Secret, WebhookAnswer, WebhookError,
};

/// After this Lithic declines with `CUSTOMER_ASA_TIMEOUT`.
const ANSWER_WITHIN_MS: u64 = 6_000;
/// How Lithic may say that a card was closed before.
const REFUSALS_OF_CLOSED_CARDS: [&str; 3] = ["invalid_request", "not_allowed", "unprocessable"];

#[derive(Debug, Clone)]
pub struct LithicConfig {
    /// `https://api.lithic.com`, or `https://sandbox.lithic.com`.
    pub base_url: String,
    pub api_key: Secret,
    /// `whsec_...` of `GET /v1/auth_stream/secret`: signs authorization requests.
    pub authorization_secret: Secret,
    /// `whsec_...` of the event subscription: signs events.
    pub events_secret: Secret,
    /// What the card programme bills in.
    pub currency: Currency,
    /// For programmes with more than one range of numbers.
    pub card_program_token: Option<String>,
    /// The account that cards are made under, where the programme enrols account holders.
    pub account_token: Option<String>,
    /// The financial account that funds the cards; without it the only issuing account there is.
    pub financial_account_token: Option<String>,
    /// Added to every limit at Lithic, in minor units. Lithic's limit counts pending checks too and declines without
    /// asking, so this is at least what small checks may add up to. The decision stays with us: the limit at Lithic
    /// only bounds what happens without us.
    pub headroom_minor: u64,
    /// Where Lithic should send authorization requests, to be compared with where it does.
    pub authorization_url: Option<String>,
    /// Where Lithic should send events.
    pub events_url: Option<String>,
    /// The operator has Lithic's word that an authorization without our answer is declined, by Lithic and by stand-in
    /// processing of the network. No call of the API tells it.
    pub decline_on_timeout_confirmed: bool,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLithicConfig {
    #[error("base_url: {0}")]
    Address(#[from] BadAddress),
    #[error("authorization_secret: {0}")]
    AuthorizationSecret(BadSecret),
    #[error("events_secret: {0}")]
    EventsSecret(BadSecret),
}

/// The adapter; cheap to share.
#[derive(Debug)]
pub struct Lithic {
    config: LithicConfig,
    client: HttpClient,
    retry: Retry,
    authorization_key: WebhookKey,
    events_key: WebhookKey,
}

impl Lithic {
    pub fn new(config: LithicConfig, limits: Limits, retry: Retry) -> Result<Self, BadLithicConfig> {
        let client = HttpClient::new(&config.base_url, limits)?;
        let authorization_key =
            WebhookKey::parse(&config.authorization_secret).map_err(BadLithicConfig::AuthorizationSecret)?;
        let events_key = WebhookKey::parse(&config.events_secret).map_err(BadLithicConfig::EventsSecret)?;
        Ok(Self { config, client, retry, authorization_key, events_key })
    }

    async fn run<C: Call>(&self, call: &C) -> Outcome<C::Answer> {
        self.client.run(call, &self.retry).await
    }

    /// All items of a list; `page` makes the call for the page after a token.
    async fn pages<T: Send, C: Call<Answer = PageOf<T>>>(&self, page: impl Fn(Option<String>) -> C) -> Outcome<Vec<T>> {
        paging::all(&self.client, &self.retry, page).await
    }

    fn billed_here<T>(&self, limit: Money) -> Result<(), Outcome<T>> {
        if limit.currency() == self.config.currency {
            Ok(())
        } else {
            Err(Outcome::NotSent(format!("cards bill in {}, not in {}", self.config.currency, limit.currency())))
        }
    }
}

#[async_trait]
impl Issuer for Lithic {
    fn name(&self) -> &'static str {
        "lithic"
    }

    /// Lithic takes no holder with a card: stores' address checks are compared with the enrolled account holder's.
    async fn create_card(&self, request: CreateCard) -> Outcome<CardRef> {
        if let Err(wrong) = self.billed_here(request.limit) {
            return wrong;
        }
        self.run(&CreateCardCall { config: &self.config, request: &request }).await
    }

    async fn find_card(&self, key: &IdempotencyKey, since: UnixMs) -> Outcome<Option<CardRef>> {
        let page = |after| FindCardCall { config: &self.config, key, since, after };
        self.pages(page).await.and_then(|mut cards| match cards.len() {
            0 | 1 => Outcome::Done(cards.pop()),
            several => Outcome::Unknown(format!("{several} cards have this key in their memo")),
        })
    }

    async fn set_limit(&self, _key: &IdempotencyKey, card: &CardRef, limit: Money) -> Outcome<()> {
        if let Err(wrong) = self.billed_here(limit) {
            return wrong;
        }
        self.run(&SetLimitCall { config: &self.config, card, limit }).await
    }

    async fn close_card(&self, card: &CardRef) -> Outcome<()> {
        let first = self.run(&CloseCardCall { config: &self.config, card }).await;
        match first {
            // A refusal may mean that it is closed already.
            Outcome::Rejected(refusal) if REFUSALS_OF_CLOSED_CARDS.contains(&refusal.code.as_str()) => {
                match self.run(&IsClosedCall { config: &self.config, card }).await {
                    Outcome::Done(true) => Outcome::Done(()),
                    _ => Outcome::Rejected(refusal),
                }
            }
            other => other,
        }
    }

    async fn reveal(&self, card: &CardRef) -> Outcome<CardSecrets> {
        self.run(&RevealCall { config: &self.config, card }).await
    }

    async fn float(&self) -> Outcome<Float> {
        self.run(&FloatCall { config: &self.config }).await
    }

    async fn health(&self) -> Outcome<IssuerHealth> {
        Outcome::Done(self.look_at_health().await)
    }

    /// Does not tell that a card was closed; who closes a card has the answer to [`Issuer::close_card`].
    async fn changes(&self, card: &CardRef) -> Outcome<Vec<ChargeChange>> {
        let page = |after| TransactionsCall { config: &self.config, card, after };
        self.pages(page).await.map(|mut changes| {
            changes.sort_by(|(left, _), (right, _)| left.cmp(right));
            changes.into_iter().map(|(_, change)| change).collect()
        })
    }

    fn read_charge(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<Charge, WebhookError> {
        self.authorization_key.verify(headers, body, now)?;
        authorization::charge_of(body)
    }

    fn answer_charge(&self, charge: &Charge, decision: Decision) -> WebhookAnswer {
        authorization::answer(charge, decision)
    }

    fn read_news(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<IssuerNews, WebhookError> {
        self.events_key.verify(headers, body, now)?;
        Ok(IssuerNews { changes: events::changes_of_webhook(body)?, look_up: Vec::new() })
    }

    fn answer_within_ms(&self) -> u64 {
        ANSWER_WITHIN_MS
    }
}
