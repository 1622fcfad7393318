//! Lithic as the issuer (docs.lithic.com, API reference of 2026).
//!
//! The shell around pure parts: [`calls`] says what is asked, `authorization` and `events` read what Lithic sends.

mod answers;
mod authorization;
mod calls;
mod challenges;
mod events;
mod health;
mod wire;

use crate::paging::{self, PageOf};
use crate::{BadSecret, WebhookKey};
use async_trait::async_trait;
use calls::{
    CardOfCall, CloseCardCall, CreateCardCall, DisputeCall, DisputesCall, FindCardCall, FloatCall, IsClosedCall,
    RevealCall, SetLimitCall, TransactionsCall,
};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money};
use outbound::{BadAddress, Call, HttpClient, Limits, Retry};
use ports::{
    CardChallenges, CardRef, CardSecrets, Charge, ChargeChange, CreateCard, Decision, Float, Headers, Issuer,
    IssuerHealth, IssuerNews, Outcome, Secret, WebhookAnswer, WebhookError,
};
use std::collections::BTreeSet;

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
    /// `whsec_...` of `GET /v1/three_ds_decisioning/secret`: signs questions about 3-D Secure. Without it Lithic's rules
    /// decide those.
    pub challenges_secret: Option<Secret>,
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
    /// Where Lithic should ask about 3-D Secure.
    pub challenges_url: Option<String>,
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
    #[error("challenges_secret: {0}")]
    ChallengesSecret(BadSecret),
}

/// The adapter; cheap to share.
#[derive(Debug)]
pub struct Lithic {
    config: LithicConfig,
    client: HttpClient,
    retry: Retry,
    authorization_key: WebhookKey,
    events_key: WebhookKey,
    challenges_key: Option<WebhookKey>,
}

impl Lithic {
    pub fn new(config: LithicConfig, limits: Limits, retry: Retry) -> Result<Self, BadLithicConfig> {
        let client = HttpClient::new(&config.base_url, limits)?;
        let authorization_key =
            WebhookKey::parse(&config.authorization_secret).map_err(BadLithicConfig::AuthorizationSecret)?;
        let events_key = WebhookKey::parse(&config.events_secret).map_err(BadLithicConfig::EventsSecret)?;
        let challenges_key = config.challenges_secret.as_ref().map(WebhookKey::parse).transpose();
        let challenges_key = challenges_key.map_err(BadLithicConfig::ChallengesSecret)?;
        Ok(Self { config, client, retry, authorization_key, events_key, challenges_key })
    }

    async fn run<C: Call>(&self, call: &C) -> Outcome<C::Answer> {
        self.client.run(call, &self.retry).await
    }

    /// All items of a list; `page` makes the call for the page after a token.
    async fn pages<T: Send, C: Call<Answer = PageOf<T>>>(&self, page: impl Fn(Option<String>) -> C) -> Outcome<Vec<T>> {
        paging::all(&self.client, &self.retry, page).await
    }

    /// The disputes of a card's captures. A card with none is not asked about.
    async fn disputes_of(
        &self,
        card: &CardRef,
        changes: &[(String, ChargeChange)],
    ) -> Outcome<Vec<(String, ChargeChange)>> {
        use ports::IssuerNotice::{Captured, ForceCaptured};
        let captured = changes.iter().map(|(_, change)| change);
        let captured = captured.filter(|change| matches!(change.notice, Captured { .. } | ForceCaptured { .. }));
        let tokens: BTreeSet<&str> = captured.map(|change| change.charge_id.as_str()).collect();
        if tokens.is_empty() {
            return Outcome::Done(Vec::new());
        }
        let transactions = tokens.into_iter().collect::<Vec<_>>().join(",");
        let page = |after| DisputesCall { config: &self.config, transactions: &transactions, after };
        self.pages(page).await.and_then(|disputes| {
            let mut found = Vec::new();
            for dispute in &disputes {
                match events::changes_of_dispute(dispute, card, self.config.currency) {
                    Ok(changes) => found.extend(changes),
                    Err(why) => return Outcome::Unknown(why.to_owned()),
                }
            }
            Outcome::Done(found)
        })
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
        let mut changes = match self.pages(page).await {
            Outcome::Done(found) => found,
            other => return other.map(|_| Vec::new()),
        };
        match self.disputes_of(card, &changes).await {
            Outcome::Done(disputes) => changes.extend(disputes),
            other => return other.map(|_| Vec::new()),
        }
        changes.sort_by(|(left, _), (right, _)| left.cmp(right));
        Outcome::Done(changes.into_iter().map(|(_, change)| change).collect())
    }

    /// Two questions: the dispute names the transaction, the transaction names the card.
    async fn dispute(&self, dispute_id: &str) -> Outcome<Vec<ChargeChange>> {
        let dispute = match self.run(&DisputeCall { config: &self.config, token: dispute_id }).await {
            Outcome::Done(dispute) => dispute,
            other => return other.map(|_| Vec::new()),
        };
        let asked = CardOfCall { config: &self.config, transaction: &dispute.transaction_token };
        self.run(&asked).await.and_then(|card| {
            match events::changes_of_dispute(&dispute, &card, self.config.currency) {
                Ok(changes) => Outcome::Done(changes.into_iter().map(|(_, change)| change).collect()),
                Err(why) => Outcome::Unknown(why.to_owned()),
            }
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
        events::news_of_webhook(body, self.config.currency)
    }

    fn challenges(&self) -> Option<&dyn CardChallenges> {
        self.challenges_key.is_some().then_some(self as &dyn CardChallenges)
    }

    fn answer_within_ms(&self) -> u64 {
        ANSWER_WITHIN_MS
    }
}
