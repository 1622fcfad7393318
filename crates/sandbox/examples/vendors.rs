//! Runs issuer, exchange, vendor of gift cards and store until standard input ends, for a person with curl or a vendor's own client library.
//! The vendor's node has no channels: its invoices are real and cannot be paid.
//! Prints one line of JSON with every address, key and secret.

#![allow(clippy::print_stdout, reason = "the line is what the program is for")]

use std::{io, sync::Arc};

use sandbox::{
    VendorClock,
    bitrefill::{Bitrefill, BitrefillConfig, MemoryInvoicer},
    kraken::{Exchange, ExchangeConfig},
    lithic::{Issuer, IssuerConfig},
    store::{GiftCardBox, Store, StoreConfig},
};
use serde_json::json;

#[tokio::main]
async fn main() -> io::Result<()> {
    let issuer = Issuer::start(IssuerConfig::default()).await?;
    let exchange = Exchange::start(ExchangeConfig::default()).await?;
    let node = Arc::new(MemoryInvoicer::new(VendorClock::wall()));
    let gift_cards = Bitrefill::start(node, BitrefillConfig::default()).await?;
    let accepted = Some(GiftCardBox::new(gift_cards.codes()));
    let store = Store::start(issuer.clone(), StoreConfig { gift_cards: accepted, ..StoreConfig::default() }).await?;
    let line = json!({
        "lithic": { "url": issuer.url(), "api_key": issuer.api_key(), "asa_secret": issuer.asa_secret() },
        "kraken": { "url": exchange.url(), "api_key": exchange.api_key(), "api_secret": exchange.api_secret() },
        "bitrefill": { "url": gift_cards.api_url(), "api_key": gift_cards.api_key() },
        "store": { "url": store.url() },
    });
    println!("{line}");
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    Ok(())
}
