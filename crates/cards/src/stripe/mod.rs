//! Stripe Issuing as the issuer (docs.stripe.com/issuing, API version of 2026).
//!
//! The shell around pure parts: [`calls`] says what is asked, `authorization` and `events` read what Stripe sends.

mod answers;
mod authorization;
mod calls;
mod events;
mod health;
mod signature;
mod wire;

pub use signature::{BadEndpointSecret, EndpointKey};

use crate::paging::{self, PageOf};
use async_trait::async_trait;
use calls::{
    CloseCardCall, CreateCardCall, CreateHolderCall, DisputeCall, FindCardCall, FloatCall, IsClosedCall, OfCardCall,
    RevealCall, SetLimitCall,
};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money};
use outbound::{BadAddress, Call, HttpClient, Limits, Retry};
use ports::{
    CardRef, CardSecrets, Charge, ChargeChange, CreateCard, Decision, Float, Headers, Issuer, IssuerHealth, IssuerNews,
    Outcome, Secret, WebhookAnswer, WebhookError,
};
use wire::{Authorization, Named, Transaction};

/// After this Stripe does what the account's settings say.
const ANSWER_WITHIN_MS: u64 = 2_000;
/// Refusals that cannot mean that the card is canceled already.
const OTHER_REFUSALS: [&str; 4] = ["unauthorized", "forbidden", "rate_limited", "not_found"];

#[derive(Debug, Clone)]
pub struct StripeConfig {
    /// `https://api.stripe.com`.
    pub base_url: String,
    /// `sk_...`, or better `rk_...` with the rights that the guide names.
    pub api_key: Secret,
    /// `whsec_...` of the endpoint of `issuing_authorization.request`.
    pub authorization_secret: Secret,
    /// `whsec_...` of the endpoint of events; the same where one endpoint takes both.
    pub events_secret: Secret,
    /// What the cards bill in.
    pub currency: Currency,
    /// `ich_...`: all cards are made out to this one. Without it each card gets a cardholder of its own, made of the
    /// shopper's billing address.
    pub cardholder: Option<String>,
    /// Added to every limit at Stripe, in minor units. Its limit counts pending checks too and declines without asking.
    pub headroom_minor: u64,
    /// Where Stripe should send authorization requests, to be compared with where it does.
    pub authorization_url: Option<String>,
    /// Where Stripe should send events.
    pub events_url: Option<String>,
    /// The operator has set in the dashboard that an authorization without our answer is declined. No call of the API
    /// tells it.
    pub decline_on_timeout_confirmed: bool,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadStripeConfig {
    #[error("base_url: {0}")]
    Address(#[from] BadAddress),
    #[error("authorization_secret: {0}")]
    AuthorizationSecret(BadEndpointSecret),
    #[error("events_secret: {0}")]
    EventsSecret(BadEndpointSecret),
}

/// The adapter; cheap to share.
#[derive(Debug)]
pub struct Stripe {
    config: StripeConfig,
    client: HttpClient,
    retry: Retry,
    authorization_key: EndpointKey,
    events_key: EndpointKey,
}

impl Stripe {
    pub fn new(config: StripeConfig, limits: Limits, retry: Retry) -> Result<Self, BadStripeConfig> {
        let client = HttpClient::new(&config.base_url, limits)?;
        let authorization_key =
            EndpointKey::parse(&config.authorization_secret).map_err(BadStripeConfig::AuthorizationSecret)?;
        let events_key = EndpointKey::parse(&config.events_secret).map_err(BadStripeConfig::EventsSecret)?;
        Ok(Self { config, client, retry, authorization_key, events_key })
    }

    async fn run<C: Call>(&self, call: &C) -> Outcome<C::Answer> {
        self.client.run(call, &self.retry).await
    }

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

    /// Authorizations first: what a transaction belongs to is then known when it is read.
    async fn books(&self, card: &CardRef) -> Outcome<Vec<ChargeChange>> {
        let config = &self.config;
        let id: fn(&Authorization) -> &String = |of| &of.id;
        let page = |after| OfCardCall { config, path: "/v1/issuing/authorizations", card, after, id };
        let authorizations = match self.pages(page).await {
            Outcome::Done(found) => found,
            other => return other.map(|_| Vec::new()),
        };
        let id: fn(&Transaction) -> &String = |of| &of.id;
        let path = "/v1/issuing/transactions?expand[]=data.dispute";
        let page = |after| OfCardCall { config, path, card, after, id };
        self.pages(page).await.and_then(|transactions| match in_order(&authorizations, &transactions) {
            Ok(changes) => Outcome::Done(changes),
            Err(why) => Outcome::Unknown(why.to_owned()),
        })
    }
}

/// By time, and within a second authorizations before transactions. Lists come newest first.
fn in_order(authorizations: &[Authorization], transactions: &[Transaction]) -> Result<Vec<ChargeChange>, &'static str> {
    let mut changes = Vec::new();
    for authorization in authorizations.iter().rev() {
        changes.extend(events::changes_of_authorization(authorization)?);
    }
    for transaction in transactions.iter().rev() {
        changes.push(events::change_of_transaction(transaction)?);
        if let Some(Named::Whole(dispute)) = &transaction.dispute {
            changes.extend(events::changes_of_dispute(dispute, transaction)?);
        }
    }
    changes.sort_by_key(|(at, _)| *at);
    Ok(changes.into_iter().map(|(_, change)| change).collect())
}

#[async_trait]
impl Issuer for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    /// A cardholder first, if none is configured; both calls give the same thing again under the same key.
    async fn create_card(&self, request: CreateCard) -> Outcome<CardRef> {
        if let Err(wrong) = self.billed_here(request.limit) {
            return wrong;
        }
        let made;
        let cardholder = match &self.config.cardholder {
            Some(configured) => configured,
            None => {
                let call = CreateHolderCall { config: &self.config, key: &request.key, holder: &request.holder };
                made = match self.run(&call).await {
                    Outcome::Done(id) => id,
                    other => return other.map(CardRef),
                };
                &made
            }
        };
        self.run(&CreateCardCall { config: &self.config, request: &request, cardholder }).await
    }

    async fn find_card(&self, key: &IdempotencyKey, since: UnixMs) -> Outcome<Option<CardRef>> {
        let page = |after| FindCardCall { config: &self.config, key, since, after };
        self.pages(page).await.and_then(|mut cards| match cards.len() {
            0 | 1 => Outcome::Done(cards.pop()),
            several => Outcome::Unknown(format!("{several} cards have this key in their metadata")),
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
            // A refusal may mean that it is canceled already.
            Outcome::Rejected(refusal) if !OTHER_REFUSALS.contains(&refusal.code.as_str()) => {
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

    /// Does not tell that a card was canceled; who cancels a card has the answer to [`Issuer::close_card`].
    async fn changes(&self, card: &CardRef) -> Outcome<Vec<ChargeChange>> {
        self.books(card).await
    }

    async fn dispute(&self, dispute_id: &str) -> Outcome<Vec<ChargeChange>> {
        self.run(&DisputeCall { config: &self.config, dispute_id }).await
    }

    fn read_charge(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<Charge, WebhookError> {
        self.authorization_key.verify(headers, body, now)?;
        authorization::charge_of(body)
    }

    fn answer_charge(&self, _charge: &Charge, decision: Decision) -> WebhookAnswer {
        authorization::answer(decision)
    }

    fn read_news(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<IssuerNews, WebhookError> {
        self.events_key.verify(headers, body, now)?;
        events::news_of(body)
    }

    fn answer_within_ms(&self) -> u64 {
        ANSWER_WITHIN_MS
    }
}
