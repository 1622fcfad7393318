//! Issuer, exchange and price venues.

use crate::config::{Config, ExchangeVendor, IssuerVendor, Lookup, SecretRef, VenueVendor};
use anyhow::{Context as _, Result, anyhow};
use cards::{
    lithic::{Lithic, LithicConfig},
    stripe::{Stripe, StripeConfig},
};
use exchanges::kraken::{Kraken, KrakenConfig};
use money::Bps;
use outbound::{Limits, Retry};
use ports::{Clock, Issuer, Secret};
use prices::{KrakenVenue, LivePrices, PricesConfig, Rules, Venue};
use rand::Rng as _;
use std::sync::Arc;

const LITHIC_URL: &str = "https://sandbox.lithic.com";
const STRIPE_URL: &str = "https://api.stripe.com";
const KRAKEN_URL: &str = "https://api.kraken.com";
/// Longest answer of a vendor.
const ANSWER_BYTES_MAX: usize = 1 << 20;

fn limits(deadline_ms: u64) -> Limits {
    Limits { deadline_ms, answer_bytes_max: ANSWER_BYTES_MAX }
}

fn retry() -> Retry {
    Retry::short(Arc::new(|most| rand::rng().random_range(0..=most)))
}

fn secret(key: &str, reference: &SecretRef, at: Lookup<'_>) -> Result<Secret> {
    reference.read(at).map_err(|why| anyhow!("{key}: {why}"))
}

fn optional(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// `public_url` is where the issuer should reach this server.
pub fn issuer(config: &Config, public_url: &str, at: Lookup<'_>) -> Result<Arc<dyn Issuer>> {
    let limits = limits(config.issuer.timeout_ms);
    Ok(match config.issuer.vendor {
        IssuerVendor::Lithic => {
            Arc::new(Lithic::new(lithic(config, public_url, at)?, limits, retry()).context("issuer")?)
        }
        IssuerVendor::Stripe => {
            Arc::new(Stripe::new(stripe(config, public_url, at)?, limits, retry()).context("issuer")?)
        }
    })
}

fn lithic(config: &Config, public_url: &str, at: Lookup<'_>) -> Result<LithicConfig> {
    let issuer = &config.issuer;
    Ok(LithicConfig {
        base_url: optional(&issuer.base_url).unwrap_or_else(|| LITHIC_URL.to_owned()),
        api_key: secret("issuer.api_key", &issuer.api_key, at)?,
        authorization_secret: secret("issuer.authorization_secret", &issuer.authorization_secret, at)?,
        events_secret: secret("issuer.events_secret", &issuer.events_secret, at)?,
        challenges_secret: match issuer.challenges_secret.is_set() {
            true => Some(secret("issuer.challenges_secret", &issuer.challenges_secret, at)?),
            false => None,
        },
        currency: issuer.currency,
        card_program_token: optional(&issuer.card_program_token),
        account_token: optional(&issuer.account_token),
        financial_account_token: optional(&issuer.financial_account_token),
        headroom_minor: issuer.headroom_minor,
        authorization_url: Some(super::webhook_url(public_url, "lithic", "charge")),
        events_url: Some(super::webhook_url(public_url, "lithic", "events")),
        decline_on_timeout_confirmed: issuer.decline_on_timeout_confirmed,
    })
}

fn stripe(config: &Config, public_url: &str, at: Lookup<'_>) -> Result<StripeConfig> {
    let issuer = &config.issuer;
    Ok(StripeConfig {
        base_url: optional(&issuer.base_url).unwrap_or_else(|| STRIPE_URL.to_owned()),
        api_key: secret("issuer.api_key", &issuer.api_key, at)?,
        authorization_secret: secret("issuer.authorization_secret", &issuer.authorization_secret, at)?,
        events_secret: secret("issuer.events_secret", &issuer.events_secret, at)?,
        currency: issuer.currency,
        cardholder: optional(&issuer.cardholder),
        headroom_minor: issuer.headroom_minor,
        authorization_url: Some(super::webhook_url(public_url, "stripe", "charge")),
        events_url: Some(super::webhook_url(public_url, "stripe", "events")),
        decline_on_timeout_confirmed: issuer.decline_on_timeout_confirmed,
    })
}

pub fn exchange(config: &Config, clock: Arc<dyn Clock>, at: Lookup<'_>) -> Result<Arc<Kraken>> {
    let exchange = &config.exchange;
    let kraken = KrakenConfig {
        base_url: exchange.base_url.clone(),
        api_key: secret("exchange.api_key", &exchange.api_key, at)?,
        private_key: secret("exchange.private_key", &exchange.private_key, at)?,
        currencies: config.served.currencies.clone(),
    };
    match exchange.vendor {
        ExchangeVendor::Kraken => {
            Ok(Arc::new(Kraken::new(kraken, limits(exchange.timeout_ms), retry(), clock).context("exchange")?))
        }
    }
}

/// The venues, and the book of the exchange where the bitcoin is sold.
pub fn prices(config: &Config, clock: Arc<dyn Clock>) -> Result<Arc<LivePrices>> {
    let prices = &config.prices;
    let kraken = |base_url: &str| -> Result<Arc<dyn Venue>> {
        let url = if base_url.is_empty() { KRAKEN_URL } else { base_url };
        Ok(Arc::new(KrakenVenue::new(url, limits(prices.timeout_ms)).context("prices.venues: base_url")?))
    };
    let venues = prices
        .venues
        .iter()
        .map(|venue| match venue.vendor {
            VenueVendor::Kraken => kraken(&venue.base_url),
        })
        .collect::<Result<Vec<_>>>()?;
    let sold_at = kraken(&config.exchange.base_url)?;
    let rules = Rules {
        age_ms_max: prices.age_ms_max,
        deviation_max: Bps(prices.deviation_bps_max),
        venues_min: prices.venues_min,
    };
    let live = PricesConfig { currencies: config.served.currencies.clone(), rules, refresh_ms: prices.refresh_ms };
    Ok(Arc::new(LivePrices::new(live, venues, sold_at, clock).context("prices")?))
}
