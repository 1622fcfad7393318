//! `lab sandbox`: the simulated vendors alone, for anybody's client to be pointed at.
//!
//! Standard output has one line of JSON for each vendor and a last one when all of them listen.

mod vendors;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Starts simulated vendors alone, so that any client can be pointed at them.
///
/// Each speaks its vendor's published wire format on loopback; only address and keys differ from the real one. Name those
/// that you want, each with the address where it listens; port 0 takes a free one:
///
///   lab sandbox --kraken 127.0.0.1:8801 --coinbase 127.0.0.1:8802 --lithic 127.0.0.1:0
///
/// Standard output: one JSON line for each (`vendor`, `url`, its test keys, `control`), then `{"ready": [...]}`. The keys
/// are new at each start and open nothing else. Ctrl-C or SIGTERM stops everything; nothing is kept.
///
/// Try Kraken without a key, and Coinbase under its test authority:
///
///   curl http://127.0.0.1:8801/0/public/Ticker?pair=XBTUSD
///   lab sandbox --coinbase 127.0.0.1:0 --coinbase-tls 127.0.0.1:8443 --write sandbox.json
///   jq -r .coinbase.authority sandbox.json > ca.pem
///   curl --cacert ca.pem https://127.0.0.1:8443/api/v3/brokerage/market/products/BTC-USD
///
/// Every vendor has a driver of its own under `control`, and does what it is told to get wrong: the next order is done and
/// its answer lost; all works again.
///
///   curl -d '{"endpoint": "POST /0/private/AddOrder", "fault": "drop_after"}' http://127.0.0.1:8801/_sandbox/faults
///   curl -X DELETE http://127.0.0.1:8801/_sandbox/faults
///   curl -d '{"pair": "XBTUSD", "bids": [["5500.0", "1"]], "asks": [["5500.1", "1"]]}' http://127.0.0.1:8801/_sandbox/book
///
/// Faults: {"refuse": {"status": 429, "message": "..."}}, {"status": 502}, {"status_after": 504}, "stall", "stall_after",
/// {"delay_ms": 900}, "drop_before", "drop_after", "corrupt_json", "twice"; with "always": true until deleted.
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment, arg_required_else_help = true)]
pub struct Args {
    /// Kraken, Spot REST
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    kraken: Option<SocketAddr>,
    /// Coinbase Advanced Trade, REST
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    coinbase: Option<SocketAddr>,
    /// The same exchange over TLS under a test authority, for clients that take nothing else
    #[arg(long, value_name = "ADDRESS", value_parser = loopback, requires = "coinbase")]
    coinbase_tls: Option<SocketAddr>,
    /// Lithic: cards, real-time authorizations, webhooks
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    lithic: Option<SocketAddr>,
    /// Stripe Issuing: cards, real-time authorizations, webhooks, test helpers
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    stripe: Option<SocketAddr>,
    /// Bitrefill: gift cards; its Lightning invoices are real ones of a node that does not exist
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    bitrefill: Option<SocketAddr>,
    /// Market data of Kraken, Coinbase, Bitstamp, Gemini and Bitfinex: this port and the four after it
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    venues: Option<SocketAddr>,
    /// When all listen, write the same as one JSON object, by vendor, into this file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// The simulations have no business on a network.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| format!("`{text}` is not like 127.0.0.1:8801"))?;
    if address.ip() != Ipv4Addr::LOCALHOST {
        return Err("simulated vendors listen on 127.0.0.1 only".to_owned());
    }
    Ok(address)
}

pub async fn run(args: Args) -> Result<ExitCode> {
    let mut terminated = signal(SignalKind::terminate())?;
    let running = vendors::start(&args).await?;
    ensure!(!running.is_empty(), "no vendor is named: see `lab sandbox --help`");
    let mut all = Map::new();
    for vendor in &running {
        let mut told = Map::from_iter([("vendor".to_owned(), json!(vendor.name))]);
        told.extend(vendor.told.clone());
        say(&Value::Object(told))?;
        all.insert(vendor.name.to_owned(), Value::Object(vendor.told.clone()));
    }
    if let Some(file) = &args.write {
        write_whole(file, &Value::Object(all.clone()))?;
    }
    say(&json!({ "ready": all.keys().collect::<Vec<_>>() }))?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked?,
        _ = terminated.recv() => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn say(line: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Under another name first: whoever waits for the file never reads half of it.
fn write_whole(file: &std::path::Path, value: &Value) -> Result<()> {
    let beside = file.with_extension("part");
    std::fs::write(&beside, format!("{value:#}\n")).with_context(|| beside.display().to_string())?;
    std::fs::rename(&beside, file).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        assert!(loopback("127.0.0.1:0").is_ok());
        for wrong in ["0.0.0.0:80", "192.168.0.1:80", "localhost", "8801", "[::1]:80"] {
            assert!(loopback(wrong).is_err(), "{wrong}");
        }
    }

    /// What a client needs is told, and answers there.
    #[tokio::test]
    async fn each_vendor_listens_where_it_says() {
        let any = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let args = Args {
            kraken: any,
            coinbase: any,
            coinbase_tls: any,
            lithic: any,
            stripe: any,
            bitrefill: any,
            venues: any,
            write: None,
        };
        let running = vendors::start(&args).await.unwrap();
        let text = |name: &str, key: &str| {
            let vendor = running.iter().find(|vendor| vendor.name == name).unwrap();
            vendor.told[key].as_str().unwrap().to_owned()
        };
        for (name, path, keys) in [
            ("kraken", "/0/public/Time", &["api_key", "api_secret"][..]),
            ("coinbase", "/api/v3/brokerage/time", &["key_name", "private_key", "authority", "tls_url"]),
            ("lithic", "/v1/status", &["api_key", "asa_secret"]),
            ("stripe", "/v1/balance", &["api_key"]),
            ("bitrefill", "/ping", &["api_key"]),
            ("venue_kraken", "/0/public/Ticker?pair=XBTUSD", &["websocket_url"]),
            ("venue_coinbase", "/products/BTC-USD/ticker", &["websocket_url"]),
        ] {
            let answer = reqwest::get(format!("{}{path}", text(name, "url"))).await.unwrap();
            assert!(answer.status().is_success() || answer.status() == 401, "{name}: {}", answer.status());
            assert!(keys.iter().all(|key| !text(name, key).is_empty()), "{name}");
        }
        let authority = reqwest::Certificate::from_pem(text("coinbase", "authority").as_bytes()).unwrap();
        let client = reqwest::Client::builder().add_root_certificate(authority).build().unwrap();
        let url = format!("{}/api/v3/brokerage/time", text("coinbase", "tls_url"));
        assert!(client.get(&url).send().await.unwrap().status().is_success());
        assert!(reqwest::get(&url).await.is_err(), "nobody else trusts it");
    }
}
