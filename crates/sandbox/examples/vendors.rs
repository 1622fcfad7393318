//! Runs both issuers, exchange and store until standard input ends, for a person with curl or a vendor's own client library.
//! Prints one line of JSON with every address, key and secret.

#![allow(clippy::print_stdout, reason = "the line is what the program is for")]

use std::io;

use sandbox::{
    kraken::{Exchange, ExchangeConfig},
    lithic::{Issuer, IssuerConfig},
    store::{Store, StoreConfig},
    stripe,
};
use serde_json::json;

#[tokio::main]
async fn main() -> io::Result<()> {
    let issuer = Issuer::start(IssuerConfig::default()).await?;
    let stripe = stripe::Issuer::start(stripe::IssuerConfig::default()).await?;
    let exchange = Exchange::start(ExchangeConfig::default()).await?;
    let store = Store::start(issuer.clone(), StoreConfig::default()).await?;
    let line = json!({
        "lithic": { "url": issuer.url(), "api_key": issuer.api_key(), "asa_secret": issuer.asa_secret() },
        "stripe": { "url": stripe.url(), "api_key": stripe.api_key() },
        "kraken": { "url": exchange.url(), "api_key": exchange.api_key(), "api_secret": exchange.api_secret() },
        "store": { "url": store.url() },
    });
    println!("{line}");
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    Ok(())
}
