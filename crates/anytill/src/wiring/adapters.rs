//! Issuer, exchange, price venues and the vendor of gift cards.

use super::none::{NoExchange, NoIssuer};
use crate::config::{
    self as configured, Config, ExchangeVendor, GiftCardProduct, GiftCardVendorName, IssuerVendor, Lookup, SecretRef,
    VenueVendor,
};
use anyhow::{Context as _, Result, anyhow};
use cards::{
    lithic::{Lithic, LithicConfig},
    stripe::{Stripe, StripeConfig},
};
use exchanges::coinbase::{Coinbase, CoinbaseConfig};
use exchanges::kraken::{Kraken, KrakenConfig};
use gift_cards::bitrefill::{Bitrefill, BitrefillConfig, StoreProduct};
use money::Bps;
use outbound::{Jitter, Limits, Retry, SocketLimits};
use ports::{Clock, Exchange, GiftCardVendor, Issuer, Secret};
use prices::{Listening, LivePrices, PricesConfig, PublicVenue, Rules, TableRules, TableSource, Venue, VenueKind};
use rand::Rng as _;
use std::sync::Arc;

const LITHIC_URL: &str = "https://sandbox.lithic.com";
const STRIPE_URL: &str = "https://api.stripe.com";
/// Longest answer of a vendor.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Of a whole order book.
const BOOK_BYTES_MAX: usize = 8 << 20;

pub(super) fn limits(deadline_ms: u64) -> Limits {
    Limits { deadline_ms, answer_bytes_max: ANSWER_BYTES_MAX }
}

pub(super) fn retry() -> Retry {
    Retry::short(jitter())
}

pub(super) fn jitter() -> Jitter {
    Arc::new(|most| rand::rng().random_range(0..=most))
}

pub(super) fn secret(key: &str, reference: &SecretRef, at: Lookup<'_>) -> Result<Secret> {
    reference.read(at).map_err(|why| anyhow!("{key}: {why}"))
}

pub(super) fn optional(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// `public_url` is where the issuer should reach this server.
pub fn issuer(config: &Config, public_url: &str, at: Lookup<'_>) -> Result<Arc<dyn Issuer>> {
    let limits = limits(config.issuer.timeout_ms);
    Ok(match config.issuer.vendor {
        IssuerVendor::None => Arc::new(NoIssuer),
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
        challenges_url: Some(super::webhook_url(public_url, "lithic", "authentication")),
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

pub fn exchange(config: &Config, clock: Arc<dyn Clock>, at: Lookup<'_>) -> Result<Arc<dyn Exchange>> {
    let exchange = &config.exchange;
    let base_url = exchange.url().to_owned();
    let read = |name: &str, reference| secret(&format!("exchange.{name}"), reference, at);
    let keys =
        || Ok::<_, anyhow::Error>((read("api_key", &exchange.api_key)?, read("private_key", &exchange.private_key)?));
    let currencies = config.served.currencies.clone();
    let limits = limits(exchange.timeout_ms);
    Ok(match exchange.vendor {
        ExchangeVendor::None => Arc::new(NoExchange),
        ExchangeVendor::Kraken => {
            let (api_key, private_key) = keys()?;
            let kraken = KrakenConfig { base_url, api_key, private_key, currencies };
            Arc::new(Kraken::new(kraken, limits, retry(), clock).context("exchange")?)
        }
        ExchangeVendor::Coinbase => {
            let (api_key, private_key) = keys()?;
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
    let venues = prices.venues.iter().map(|configured| venue(configured, prices.timeout_ms));
    let venues = venues.collect::<Result<Vec<_>>>()?;
    let sold_at = sold_at(config, &venues)?;
    let rules = Rules {
        age_ms_max: prices.age_ms_max,
        deviation_max: Bps(prices.deviation_bps_max),
        venues_min: prices.venues_min,
    };
    let mut currencies = config.served.currencies.clone();
    currencies.extend(prices.currencies.iter().filter(|currency| !config.served.currencies.contains(currency)));
    let live = PricesConfig {
        currencies,
        sold: config.served.currencies.clone(),
        rules,
        refresh_ms: prices.refresh_ms,
        quiet_ms: prices.quiet_ms,
        listening: Listening::usual(jitter()),
        table: TableRules {
            age_days_max: prices.table_age_days_max,
            deviation_max: Bps(prices.table_deviation_bps_max),
        },
    };
    let live = LivePrices::new(live, venues, sold_at, clock).context("prices")?;
    Ok(Arc::new(if prices.table_url.is_empty() {
        live
    } else {
        let source = TableSource::new(&prices.table_url, limits(prices.timeout_ms));
        live.with_table(source.context("prices.table_url")?)
    }))
}

fn venue(configured: &configured::Venue, timeout_ms: u64) -> Result<Arc<dyn Venue>> {
    let kind = match configured.vendor {
        VenueVendor::Kraken => VenueKind::Kraken,
        VenueVendor::Coinbase => VenueKind::Coinbase,
        VenueVendor::Bitstamp => VenueKind::Bitstamp,
        VenueVendor::Gemini => VenueKind::Gemini,
        VenueVendor::Bitfinex => VenueKind::Bitfinex,
    };
    let own = configured.base_url.is_empty();
    let rest_url = if own { kind.rest_url() } else { &configured.base_url };
    let socket_url = match configured.websocket_url.as_str() {
        "none" => None,
        "" => own.then_some(kind.socket_url()),
        url => Some(url),
    };
    public_venue(kind, rest_url, socket_url, timeout_ms)
}

fn public_venue(kind: VenueKind, rest_url: &str, socket_url: Option<&str>, timeout_ms: u64) -> Result<Arc<dyn Venue>> {
    let limits = Limits { deadline_ms: timeout_ms, answer_bytes_max: BOOK_BYTES_MAX };
    let venue = PublicVenue::new(kind, rest_url, socket_url, limits, SocketLimits::default());
    Ok(Arc::new(venue.with_context(|| format!("prices.venues: {}", kind.name()))?))
}

/// The venue of the exchange where the bitcoin is sold, if it is one of the venues; else one more of its kind, which is
/// listened to only at the vendor's own address. Kraken has its market data where it takes orders; Coinbase has them at
/// an address of their own, and one book for both.
fn sold_at(config: &Config, venues: &[Arc<dyn Venue>]) -> Result<Arc<dyn Venue>> {
    let (kind, vendor, url) = match config.exchange.vendor {
        // Nothing is sold; the first venue's book still says what the bitcoin would bring.
        ExchangeVendor::None => return venues.first().cloned().context("prices.venues: at least one is needed"),
        ExchangeVendor::Kraken => (VenueKind::Kraken, VenueVendor::Kraken, Some(config.exchange.url())),
        ExchangeVendor::Coinbase => (VenueKind::Coinbase, VenueVendor::Coinbase, None),
    };
    let same = |configured: &configured::Venue| {
        let base = if configured.base_url.is_empty() { kind.rest_url() } else { &configured.base_url };
        configured.vendor == vendor && url.is_none_or(|url| base == url)
    };
    if let Some(index) = config.prices.venues.iter().position(same)
        && let Some(venue) = venues.get(index)
    {
        return Ok(Arc::clone(venue));
    }
    let url = url.unwrap_or(kind.rest_url());
    let socket_url = (url == kind.rest_url()).then_some(kind.socket_url());
    public_venue(kind, url, socket_url, config.prices.timeout_ms)
}
