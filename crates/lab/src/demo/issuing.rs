//! The issuer of the demo's cards: one of the simulated vendors, behind what scenarios and stores need of either.

use anyhow::Result;
use clap::ValueEnum;
use money::Currency;
use sandbox::faults::{ASA, Faults, STRIPE_REQUEST};
use sandbox::lithic::{self, CardState};
use sandbox::network::{CardNetwork, CardRef, Charge, ChargeResult, DriverError};
use sandbox::stripe::{self, CardStatus};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IssuerName {
    Lithic,
    Stripe,
    /// No card programme: gift cards alone.
    None,
}

/// A running issuer. Clones share it.
#[derive(Clone)]
pub enum Issuing {
    Lithic(lithic::Issuer),
    Stripe(stripe::Issuer),
    /// The server knows of none; the store's terminal needs a card network all the same.
    None(lithic::Issuer),
}

/// What the server is told of it.
pub struct Enrolled {
    /// Signs authorization requests.
    pub authorization_secret: String,
    pub events_secret: String,
    /// Signs questions about 3-D Secure; only Lithic has them.
    pub challenges_secret: Option<String>,
}

impl Issuing {
    /// One programme bills in one currency.
    pub async fn start(name: IssuerName, currency: Currency) -> Result<Self> {
        Ok(match name {
            IssuerName::Lithic => Self::Lithic(lithic::Issuer::start(lithic_config(currency)).await?),
            IssuerName::Stripe => Self::Stripe(stripe::Issuer::start(stripe_config(currency)).await?),
            IssuerName::None => Self::None(lithic::Issuer::start(lithic_config(currency)).await?),
        })
    }

    /// The server's webhooks, under its address.
    pub fn enroll(&self, server: &str) -> Enrolled {
        if matches!(self, Self::None(_)) {
            return Enrolled {
                authorization_secret: String::new(),
                events_secret: String::new(),
                challenges_secret: None,
            };
        }
        let address = |what: &str| format!("{server}/webhooks/{}/{what}", self.word());
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => {
                issuer.enroll_responder(&address("charge"));
                issuer.enroll_three_ds(&address("authentication"));
                let events_secret = issuer.subscribe(&address("events"));
                let challenges_secret = Some(issuer.three_ds_secret());
                Enrolled { authorization_secret: issuer.asa_secret(), events_secret, challenges_secret }
            }
            Self::Stripe(issuer) => {
                let events = [
                    "issuing_authorization.created",
                    "issuing_authorization.updated",
                    "issuing_transaction.created",
                    "issuing_card.updated",
                    "issuing_dispute.submitted",
                    "issuing_dispute.closed",
                ];
                Enrolled {
                    authorization_secret: issuer.register(&address("charge"), &["issuing_authorization.request"]),
                    events_secret: issuer.register(&address("events"), &events),
                    challenges_secret: None,
                }
            }
        }
    }

    /// As the configuration and the webhooks' addresses have it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Lithic(_) => "lithic",
            Self::Stripe(_) => "stripe",
            Self::None(_) => "",
        }
    }

    /// For people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Lithic(_) => "Lithic",
            Self::Stripe(_) => "Stripe Issuing",
            Self::None(_) => "card network of the store's terminal",
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => issuer.url(),
            Self::Stripe(issuer) => issuer.url(),
        }
    }

    pub fn api_key(&self) -> String {
        match self {
            Self::Lithic(issuer) => issuer.api_key(),
            Self::Stripe(issuer) => issuer.api_key(),
            Self::None(_) => String::new(),
        }
    }

    pub fn faults(&self) -> &Faults {
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => issuer.faults(),
            Self::Stripe(issuer) => issuer.faults(),
        }
    }

    /// The endpoint that makes cards, as faults name it.
    pub const fn card_endpoint(&self) -> &'static str {
        match self {
            Self::Lithic(_) | Self::None(_) => "POST /v1/cards",
            Self::Stripe(_) => "POST /v1/issuing/cards",
        }
    }

    /// The webhook that asks, as faults name it.
    pub const fn asking_hook(&self) -> &'static str {
        match self {
            Self::Lithic(_) | Self::None(_) => ASA,
            Self::Stripe(_) => STRIPE_REQUEST,
        }
    }

    /// As a store's acquirer reaches it.
    pub fn network(&self) -> Arc<dyn CardNetwork> {
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => Arc::new(issuer.clone()),
            Self::Stripe(issuer) => Arc::new(issuer.clone()),
        }
    }

    /// Does the card exist? Takes nothing.
    pub async fn zero_check(&self, card: CardRef) -> Result<ChargeResult, DriverError> {
        self.network().charge(Charge::new(card, 0, "USD")).await
    }

    pub fn open_cards(&self) -> usize {
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => {
                issuer.cards().iter().filter(|card| card.state == CardState::Open).count()
            }
            Self::Stripe(issuer) => issuer.cards().iter().filter(|card| card.status == CardStatus::Active).count(),
        }
    }

    /// The newest card's reference.
    pub fn last_card(&self) -> Option<String> {
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => issuer.cards().last().map(|card| card.token.clone()),
            Self::Stripe(issuer) => issuer.cards().last().map(|card| card.id.clone()),
        }
    }

    pub async fn webhooks_delivered(&self, within: Duration) -> bool {
        match self {
            Self::Lithic(issuer) | Self::None(issuer) => issuer.webhooks_delivered(within).await,
            Self::Stripe(issuer) => issuer.webhooks_delivered(within).await,
        }
    }
}

fn lithic_config(currency: Currency) -> lithic::IssuerConfig {
    let usual = lithic::IssuerConfig::default();
    if currency == Currency::USD {
        return usual;
    }
    let float_minor = if currency.exponent() == 0 { usual.float_minor * 100 } else { usual.float_minor };
    // Rates of other currencies are those of the dollar: a card that bills in another is charged in its own only.
    lithic::IssuerConfig { currency: currency.code().to_owned(), float_minor, rates_millionths: Vec::new(), ..usual }
}

fn stripe_config(currency: Currency) -> stripe::IssuerConfig {
    let usual = stripe::IssuerConfig::default();
    if currency == Currency::USD {
        return usual;
    }
    let float_minor = if currency.exponent() == 0 { usual.float_minor * 100 } else { usual.float_minor };
    stripe::IssuerConfig { currency: currency.code().to_owned(), float_minor, rates_millionths: Vec::new(), ..usual }
}
