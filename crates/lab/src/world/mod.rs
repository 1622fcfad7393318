//! `lab world`: everything that a demo starts, left running and driven from outside. What tests of the extension in a
//! browser stand on.
//!
//! Standard output has exactly one line, JSON: where everything is. What happens is told on standard error.

mod control;
mod stores;

use crate::demo::nwc::Remote;
use crate::demo::payer::Payer;
use crate::demo::server::{Rules, Windows};
use crate::demo::timeline::Timeline;
use crate::demo::world::{self, World, WorldOptions};
use crate::demo::{ExchangeName, IssuerName, NodeKind, PayerName, address, programs};
use anyhow::{Context, Result};
use clap::Parser;
use control::Stage;
use money::Currency;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Starts the whole world and leaves it running, to be driven from outside.
///
/// Chain, simulated issuer and exchange, demo store, the real server and a payer's wallet with a channel, as in the demo.
/// Prints one JSON line when all of it is ready: `server`, `root_key`, `pairing` (what a shopper pairs the extension
/// with), `invitation`, `store`, `issuer`, `exchange`, `control` and more. Ctrl-C, SIGTERM or the end of standard input
/// stops everything.
///
/// `control` is the address of a JSON API on loopback; `GET /` there repeats the line:
///
///   POST   /wallet/pay            {"bolt11"}, or {"code"} as it was scanned: begins; answers {"payment_hash"}. "wallet":
///                                 "second" for another person's
///   GET    /wallet/paid/HASH      {"state": "pending" | "held" | "succeeded" | "failed"}; held: the HTLC is out, unclaimed
///   GET    /wallet                {"balance_msat", "in_flight_msat", "at_rest"}
///   POST   /wallet/invoice        an invoice without an amount, for a refund
///   POST   /wallet/scan           {"code"}: what a wallet does with it; answers {"did": "pay" | "collect" | "log_in"} and what it
///                                 saw. LNURL-pay, LNURL-withdraw, LNURL-auth ("person": whose key), or an invoice
///   POST   /wallet/second         opens the second wallet
///   POST   /chain/mine            {"blocks"}
///   POST   /charges               a store charges: {"card": {"number", "security_code", "expiry_month", "expiry_year"},
///                                 "amount_minor", "currency", "postal_code", "capture": true, "merchant": {"descriptor",
///                                 "mcc", "country", "city", "state", "acceptor_id"}}; amount 0 or 100 is a check; what
///                                 is left out of "merchant" is the demo store's. Answers {"approved", "charge",
///                                 "declined", "captured", "answered_in_ms"}
///   POST   /charges/ID/capture    {"amount_minor"} for a part; also /void, /expire, /refund {"amount_minor"}
///   POST   /authentications       3-D Secure: {"card", "amount_minor", "currency", "merchant", "mandated": true}; answers
///                                 {"authentication", "result"}: SUCCESS, DECLINE, PENDING_CHALLENGE (the shopper is asked)
///   GET    /authentications/ID    {"result"}
///   GET    /cards                 what the issuer has: cards with their charges. No number
///   POST   /cards/TOKEN/force-capture, /cards/TOKEN/refund   {"amount_minor"}
///   POST   /issuer/delivered      waits until the issuer's news have arrived
///   POST   /issuer/float          {"total_minor"}
///   POST   /exchange/price        {"currency", "bid", "ask"}, decimals
///   POST   /faults                {"fault"}: issuer-down, issuer-no-cards, issuer-refuses-card, issuer-slow {"ms"},
///                                 issuer-loses-answer (once), exchange-down, exchange-no-orders, price-stale,
///                                 link-paused, link-cut
///   DELETE /faults                all is well again
///   POST   /server/kill (SIGKILL), /server/start, /server/restart (both), /server/stop; GET /server
///   GET    /ledger, /reconcile, /parked                      the operator's reports
///   POST   /invitations, /shoppers                           a code; a registered shopper with a billing address
///   GET    /store/orders; POST /store/practice, /store/orders/NUMBER/{ship,void,refund,reverse-refund}
///
///   POST   /linked/users          with --linked: {"email", "balance_sat", "second_factor"}; answers {"user"}. The provider's
///                                 page asks for the address and a yes; GET /linked/users/ID {"balance_sat"}; POST
///                                 /linked/users/ID/second-factor {"code"}
///   POST   /linked/sends          {"sends": "instant" | "pending" | "delayed"}: what becomes of what is sent from now on;
///                                 /linked/sends/finish, /linked/sends/cancel
///   POST   /onchain/pay           with --onchain: {"address", "sat"}, after a block with a new coin for it; answers {"txid"}.
///                                 It waits for a block (/chain/mine); GET /onchain {"address", "left_sat"}
///
/// Vendors have an address of their own for any other fault: POST <issuer>/_sandbox/faults. Any setting of the server can
/// be given in the environment: ANYTILL_LIMITS__CARDS_DAY_MAX=3.
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// What is served, and what the issuer's cards bill in; one programme bills in one currency. USD, EUR, GBP, JPY, CAD,
    /// AUD and CHF can be sold.
    #[arg(long, default_value = "USD", value_parser = served)]
    currency: Currency,
    /// How long a quoted price and its invoice are good.
    #[arg(long, default_value_t = Windows::PATIENT.quote_secs, value_parser = clap::value_parser!(u32).range(1..=3600))]
    quote_secs: u32,
    /// How long an HTLC is held.
    #[arg(long, default_value_t = Windows::PATIENT.hold_secs, value_parser = clap::value_parser!(u32).range(1..=21600))]
    hold_secs: u32,
    /// How old a price may be.
    #[arg(long, default_value_t = Windows::PATIENT.price_age_ms_max, value_parser = clap::value_parser!(u32).range(1100..))]
    price_age_ms: u32,
    /// A directory of recipes, signed by this server's key and served at `/v1/recipes`.
    #[arg(long, value_name = "DIR")]
    recipes: Option<PathBuf>,
    /// Registration needs an invitation; one is in the first line.
    #[arg(long)]
    invite: bool,
    /// A gift-card vendor too, whose cards the demo store takes.
    #[arg(long)]
    gift_cards: bool,
    /// A simulated Coinbase too, whose users' accounts can be linked and paid from.
    #[arg(long)]
    linked: bool,
    /// Purchases can be paid on the chain too, and there is somebody who does.
    #[arg(long)]
    onchain: bool,
    /// Whose software the payer's wallet is. `lnd` and `electrum` need --bitcoind; with `nwc` it takes requests over Nostr
    /// (NIP-47) too, and `nwc` in the first line is the connection string.
    #[arg(long, value_enum, default_value = "ldk")]
    payer: PayerName,
    /// The directory of LND's programs.
    #[arg(long, value_name = "DIR", env = "ANYTILL_LND")]
    lnd: Option<PathBuf>,
    /// ElectrumX's server, for `--payer electrum`; Electrum itself is the system's.
    #[arg(long, value_name = "FILE", env = "ANYTILL_ELECTRUMX")]
    electrumx: Option<PathBuf>,
    /// Where the control API listens on 127.0.0.1; 0 takes a free port.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// Use this bitcoind (regtest) instead of the built-in chain: http://user:password@host:port
    #[arg(long, value_name = "URL")]
    bitcoind: Option<String>,
    /// Where data and logs go; a temporary directory that is removed when left out.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// A currency that the simulated exchange trades.
fn served(text: &str) -> Result<Currency, String> {
    let known = ["USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CHF"];
    if !known.contains(&text) {
        return Err(format!("one of {}", known.join(", ")));
    }
    text.parse::<Currency>().map_err(|error| error.to_string())
}

pub async fn run(args: Args) -> Result<ExitCode> {
    // Heard from the first moment on: a driver that dies while all is being set up leaves nothing behind.
    let mut terminated = signal(SignalKind::terminate())?;
    let ended = end_of_input();
    let running = async {
        let timeline = Timeline::aside();
        let stage = set_up(&args, timeline).await?;
        Ok::<_, anyhow::Error>(stage)
    };
    tokio::pin!(ended);
    let (stage, serving) = tokio::select! {
        stage = running => stage?,
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
        _ = terminated.recv() => return Ok(ExitCode::from(143)),
        _ = &mut ended => return Ok(ExitCode::SUCCESS),
    };
    let code = tokio::select! {
        _ = tokio::signal::ctrl_c() => ExitCode::from(130),
        _ = terminated.recv() => ExitCode::from(143),
        _ = &mut ended => ExitCode::SUCCESS,
    };
    serving.abort();
    let _ = serving.await;
    stop(stage).await;
    Ok(code)
}

/// A thread of its own, since a read of standard input cannot be called off.
async fn end_of_input() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut buffer = [0; 1_024];
        let mut input = std::io::stdin().lock();
        while !matches!(input.read(&mut buffer), Ok(0) | Err(_)) {}
        drop(sender);
    });
    let _ = receiver.await;
}

async fn set_up(args: &Args, timeline: Timeline) -> Result<(Arc<Stage>, tokio::task::JoinHandle<()>)> {
    let windows =
        Windows { quote_secs: args.quote_secs, hold_secs: args.hold_secs, price_age_ms_max: args.price_age_ms };
    let rules = Rules {
        currency: args.currency,
        open_registration: !args.invite,
        recipes: args.recipes.clone(),
        more: stores::rules(),
    };
    let options = WorldOptions {
        bitcoind: args.bitcoind.clone(),
        dir: args.dir.clone(),
        windows,
        rules,
        issuer: IssuerName::Lithic,
        exchange: ExchangeName::Kraken,
        gift_cards: args.gift_cards,
        linked: args.linked,
        onchain: args.onchain,
        direct: false,
        settings: Vec::new(),
        programs: programs((NodeKind::Ldk, args.payer), args.bitcoind.is_some(), (&args.lnd, &args.electrumx))?,
        lnds: 0,
        payer: args.payer,
    };
    let world = World::start(options, &timeline).await?;
    world.shopper.wait_for_price(std::time::Duration::from_secs(30)).await?;
    // From now on the operator's books say what is there, so that a difference is one.
    world.server.anytill(&["reconcile", "--accept", "what this world began with"]).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.control_port)).await?;
    let control = format!("http://{}", listener.local_addr()?);
    let about = about(args, &world, &control).await?;
    let stage = Arc::new(Stage::new(world, about.clone(), timeline)?);
    let router = control::router(Arc::clone(&stage));
    let serving = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the control API ended");
        }
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{about}")?;
    out.flush()?;
    Ok((stage, serving))
}

/// The first line.
async fn about(args: &Args, world: &World, control: &str) -> Result<Value> {
    let ready = world.server.ready.as_ref().context("the server is not running")?;
    let key: Value = serde_json::from_str(&world.server.anytill(&["key", "--json"]).await?)?;
    let root_key = key["root_key"].as_str().context("no root key")?;
    let invitation = if args.invite { Some(world::invitation(&world.server).await?) } else { None };
    // Electrum has none.
    let payer_address = match &world.payer {
        Payer::Electrum(_) => None,
        payer => Some(address::serve(payer).await?),
    };
    Ok(json!({
        "server": ready.http,
        "root_key": root_key,
        "pairing": format!("anytill:{}#{root_key}", ready.http),
        "node_id": ready.node_id,
        "registration": if args.invite { "invite" } else { "open" },
        "invitation": invitation,
        "currency": args.currency.code(),
        "quote_secs": args.quote_secs,
        "hold_secs": args.hold_secs,
        "shopper": { "login": world.shopper.login(), "password": world.shopper.password() },
        "nwc": world.remote.as_ref().map(Remote::connection),
        "payer_address": payer_address,
        "store": world.store.url(),
        "store_checkout": world.store.checkout_url(),
        "issuer": world.issuer.url(),
        "issuer_key": world.issuer.api_key(),
        "exchange": world.exchange.url(),
        "control": control,
        "data": world.server.dir(),
    }))
}

async fn stop(stage: Arc<Stage>) {
    match Arc::try_unwrap(stage) {
        Ok(stage) => stage.stop().await,
        // A call is still being answered; the server must not outlive us.
        Err(stage) => {
            if let Err(error) = stage.world.write().await.server.stop().await {
                tracing::warn!(%error, "the server");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_is_well_formed_and_serves_what_can_be_sold() {
        Args::command().debug_assert();
        for (text, good) in [("USD", true), ("EUR", true), ("JPY", true), ("SEK", false), ("usd", false)] {
            assert_eq!(Args::try_parse_from(["world", "--currency", text]).is_ok(), good, "{text}");
        }
    }
}
