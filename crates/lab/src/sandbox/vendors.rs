//! One function for each vendor; another vendor is another one, and a line in [`start`].

use super::Args;
use anyhow::{Context, Result};
use sandbox::bitrefill::{Bitrefill, BitrefillConfig, MemoryInvoicer};
use sandbox::venues::{Kind, Market, Venue, VenueConfig};
use sandbox::{VendorClock, coinbase, kraken, lithic, stripe, tls::Authority};
use serde_json::{Map, Value, json};
use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

/// A vendor that listens until this is dropped.
pub struct Running {
    pub name: &'static str,
    /// Where it is, and its test keys.
    pub told: Map<String, Value>,
    _alive: Box<dyn Any + Send>,
}

impl Running {
    fn new(name: &'static str, told: Value, alive: impl Any + Send) -> Self {
        let told = told.as_object().cloned().unwrap_or_default();
        Self { name, told, _alive: Box::new(alive) }
    }
}

/// Those that are asked for, in this order.
pub async fn start(args: &Args) -> Result<Vec<Running>> {
    let mut running = Vec::new();
    if let Some(at) = args.kraken {
        running.push(start_kraken(at).await.with_context(|| format!("--kraken {at}"))?);
    }
    if let Some(at) = args.coinbase {
        running.push(start_coinbase(at, args.coinbase_tls).await.with_context(|| format!("--coinbase {at}"))?);
    }
    if let Some(at) = args.lithic {
        running.push(start_lithic(at).await.with_context(|| format!("--lithic {at}"))?);
    }
    if let Some(at) = args.stripe {
        running.push(start_stripe(at).await.with_context(|| format!("--stripe {at}"))?);
    }
    if let Some(at) = args.bitrefill {
        running.push(start_bitrefill(at).await.with_context(|| format!("--bitrefill {at}"))?);
    }
    if let Some(at) = args.venues {
        start_venues(at, &mut running).await.with_context(|| format!("--venues {at}"))?;
    }
    Ok(running)
}

/// The driver that every simulated vendor has.
fn control(url: &str) -> String {
    format!("{url}/_sandbox")
}

async fn start_kraken(at: SocketAddr) -> Result<Running> {
    let config = kraken::ExchangeConfig { port: at.port(), ..kraken::ExchangeConfig::default() };
    let exchange = kraken::Exchange::start(config).await?;
    let told = json!({
        "url": exchange.url(),
        "control": control(&exchange.url()),
        "api_key": exchange.api_key(),
        "api_secret": exchange.api_secret(),
    });
    Ok(Running::new("kraken", told, exchange))
}

async fn start_coinbase(at: SocketAddr, tls: Option<SocketAddr>) -> Result<Running> {
    let config = coinbase::ExchangeConfig { port: at.port(), ..coinbase::ExchangeConfig::default() };
    let exchange = coinbase::Exchange::start(config).await?;
    let mut told = json!({
        "url": exchange.url(),
        "control": control(&exchange.url()),
        "key_name": exchange.key_name(),
        "private_key": exchange.private_key(),
    });
    if let Some(tls) = tls {
        let authority = Authority::new()?;
        told["tls_url"] = json!(exchange.serve_tls(tls.port(), &authority).await?);
        told["authority"] = json!(authority.pem());
    }
    Ok(Running::new("coinbase", told, exchange))
}

async fn start_lithic(at: SocketAddr) -> Result<Running> {
    let config = lithic::IssuerConfig { port: at.port(), ..lithic::IssuerConfig::default() };
    let issuer = lithic::Issuer::start(config).await?;
    let told = json!({
        "url": issuer.url(),
        "control": control(&issuer.url()),
        "api_key": issuer.api_key(),
        "asa_secret": issuer.asa_secret(),
    });
    Ok(Running::new("lithic", told, issuer))
}

async fn start_stripe(at: SocketAddr) -> Result<Running> {
    let config = stripe::IssuerConfig { port: at.port(), ..stripe::IssuerConfig::default() };
    let issuer = stripe::Issuer::start(config).await?;
    let told = json!({
        "url": issuer.url(),
        "control": control(&issuer.url()),
        "api_key": issuer.api_key(),
    });
    Ok(Running::new("stripe", told, issuer))
}

/// Its invoices are signed, and paid by nobody: no Lightning node is here.
async fn start_bitrefill(at: SocketAddr) -> Result<Running> {
    let invoicer = Arc::new(MemoryInvoicer::new(VendorClock::default()));
    let config = BitrefillConfig { port: at.port(), ..BitrefillConfig::default() };
    let vendor = Bitrefill::start(invoicer, config).await?;
    let told = json!({
        "url": vendor.api_url(),
        "control": control(&vendor.url()),
        "api_key": vendor.api_key(),
    });
    Ok(Running::new("bitrefill", told, vendor))
}

/// Five of them, on ports that follow each other, all looking at one market.
async fn start_venues(at: SocketAddr, running: &mut Vec<Running>) -> Result<()> {
    let market = Market::default();
    let kinds = [
        (Kind::Kraken, "venue_kraken"),
        (Kind::Coinbase, "venue_coinbase"),
        (Kind::Bitstamp, "venue_bitstamp"),
        (Kind::Gemini, "venue_gemini"),
        (Kind::Bitfinex, "venue_bitfinex"),
    ];
    for (next, (kind, name)) in (0..).zip(kinds) {
        let port = if at.port() == 0 { 0 } else { at.port().checked_add(next).context("five ports are needed")? };
        let venue = Venue::start(kind, &market, VenueConfig { port, ..VenueConfig::default() }).await?;
        let told = json!({ "url": venue.rest_url(), "websocket_url": venue.socket_url() });
        running.push(Running::new(name, told, venue));
    }
    Ok(())
}
