//! Issuer, exchange, price venues and the vendor of gift cards.

use crate::config::{
    Config, ExchangeVendor, GiftCardProduct, GiftCardVendorName, IssuerVendor, Lookup, SecretRef, VenueVendor,
};
use anyhow::{Context as _, Result, anyhow, bail};
use cards::lithic::{Lithic, LithicConfig};
use exchanges::coinbase::{Coinbase, CoinbaseConfig};
use exchanges::kraken::{Kraken, KrakenConfig};
use gift_cards::bitrefill::{Bitrefill, BitrefillConfig, StoreProduct};
use money::Bps;
use outbound::{Limits, Retry};
use ports::{Clock, Exchange, GiftCardVendor, Secret};
use prices::{KrakenVenue, LivePrices, PricesConfig, Rules, Venue};
use rand::Rng as _;
use std::sync::Arc;

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
pub fn issuer(config: &Config, public_url: &str, at: Lookup<'_>) -> Result<Arc<Lithic>> {
    let issuer = &config.issuer;
    let lithic = LithicConfig {
        base_url: issuer.base_url.clone(),
        api_key: secret("issuer.api_key", &issuer.api_key, at)?,
        authorization_secret: secret("issuer.authorization_secret", &issuer.authorization_secret, at)?,
        events_secret: secret("issuer.events_secret", &issuer.events_secret, at)?,
        currency: issuer.currency,
        card_program_token: optional(&issuer.card_program_token),
        account_token: optional(&issuer.account_token),
        financial_account_token: optional(&issuer.financial_account_token),
        headroom_minor: issuer.headroom_minor,
        authorization_url: Some(super::webhook_url(public_url, "lithic", "charge")),
        events_url: Some(super::webhook_url(public_url, "lithic", "events")),
        decline_on_timeout_confirmed: issuer.decline_on_timeout_confirmed,
    };
    match issuer.vendor {
        IssuerVendor::Lithic => {
            Ok(Arc::new(Lithic::new(lithic, limits(issuer.timeout_ms), retry()).context("issuer")?))
        }
    }
}

pub fn exchange(config: &Config, clock: Arc<dyn Clock>, at: Lookup<'_>) -> Result<Arc<dyn Exchange>> {
    let exchange = &config.exchange;
    let base_url = exchange.url().to_owned();
    let api_key = secret("exchange.api_key", &exchange.api_key, at)?;
    let private_key = secret("exchange.private_key", &exchange.private_key, at)?;
    let currencies = config.served.currencies.clone();
    let limits = limits(exchange.timeout_ms);
    Ok(match exchange.vendor {
        ExchangeVendor::Kraken => {
            let kraken = KrakenConfig { base_url, api_key, private_key, currencies };
            Arc::new(Kraken::new(kraken, limits, retry(), clock).context("exchange")?)
        }
        ExchangeVendor::Coinbase => {
            let coinbase = CoinbaseConfig { base_url, api_key, private_key, currencies };
            Arc::new(Coinbase::new(coinbase, limits, retry(), clock).context("exchange")?)
        }
    })
}

/// `None` when stores are paid by card only.
pub fn gift_cards(config: &Config, clock: Arc<dyn Clock>, at: Lookup<'_>) -> Result<Option<Arc<dyn GiftCardVendor>>> {
    let cards = &config.gift_cards;
    match cards.vendor {
        GiftCardVendorName::None => Ok(None),
        GiftCardVendorName::Bitrefill => {
            let product = |of: &GiftCardProduct| StoreProduct {
                host: of.host.clone(),
                country: of.country.clone(),
                product: of.product.clone(),
            };
            let bitrefill = BitrefillConfig {
                base_url: cards.base_url.clone(),
                api_id: optional(&cards.api_id),
                api_key: secret("gift_cards.api_key", &cards.api_key, at)?,
                network: config.chain.network.bitcoin(),
                products: cards.products.iter().map(product).collect(),
                catalogue_ms_max: cards.catalogue_secs_max.saturating_mul(1_000),
                // The shopper may pay the hold invoice until the quote ends; the vendor is paid then.
                invoice_life_ms_min: config.purchase.quote_secs.saturating_mul(1_000),
            };
            Ok(Some(Arc::new(Bitrefill::new(bitrefill, limits(cards.timeout_ms), clock).context("gift_cards")?)))
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
    let sold_at = match config.exchange.vendor {
        ExchangeVendor::Kraken => kraken(config.exchange.url())?,
        ExchangeVendor::Coinbase => bail!("exchange.vendor: coinbase's book is not among the price venues of this version"),
    };
    let rules = Rules {
        age_ms_max: prices.age_ms_max,
        deviation_max: Bps(prices.deviation_bps_max),
        venues_min: prices.venues_min,
    };
    let live = PricesConfig { currencies: config.served.currencies.clone(), rules, refresh_ms: prices.refresh_ms };
    Ok(Arc::new(LivePrices::new(live, venues, sold_at, clock).context("prices")?))
}
