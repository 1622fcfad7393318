//! `lab demo`: one purchase, or each way it can go otherwise.

pub mod address;
pub mod electrum;
mod issuing;
pub mod linked;
pub mod nwc;
pub mod onchain;
pub mod payer;
pub mod rail;
mod report;
mod scenarios;
mod selling;
pub mod server;
pub mod shopper;
pub mod timeline;
mod together;
pub mod vendor;
mod wallet_page;
pub mod wallets;
pub mod world;

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, ValueEnum};
pub use issuing::{IssuerName, Issuing};
pub use linked::Source;
pub use payer::PayerName;
pub use rail::Rail;
pub use selling::{ExchangeName, Selling};
use server::{Rules, Windows};
use std::path::PathBuf;
use std::process::ExitCode;
use timeline::Timeline;
use together::Choice;
pub use together::Way;
use world::{Programs, World, WorldOptions};

/// When the shopper's bitcoin is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClaimOn {
    /// When the store charges the card (the default of the server).
    Authorization,
    /// When the card becomes usable: for stores that charge days later.
    Reveal,
}

impl ClaimOn {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Reveal => "reveal",
        }
    }
}

/// What the store is paid with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Payout {
    /// A virtual card for this one order.
    Card,
    /// A gift card of the store, bought over Lightning with the shopper's own payment hash.
    GiftCard,
}

/// Where the bitcoin is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NodeKind {
    /// The node inside the server.
    Ldk,
    /// An LND beside it.
    Lnd,
}

/// Buy the $27.11 album.
#[derive(Debug, Parser)]
pub struct Args {
    /// One way a purchase can go, or `all`; `list` names them.
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// One JSON object per step on standard output, and a last one with the result.
    #[arg(long)]
    json: bool,
    /// Only say whether this can be played, and why not.
    #[arg(long)]
    check: bool,
    /// Leave everything running when done and say where it is.
    #[arg(long)]
    keep: bool,
    /// When the bitcoin is claimed. For the plain purchase: a scenario has the policy that it shows.
    #[arg(long, value_enum, default_value = "authorization")]
    claim_on: ClaimOn,
    /// What the store is paid with; a scenario that does not apply to it is left out, or refused if it was asked for.
    #[arg(long, value_enum, default_value = "card")]
    payout: Payout,
    /// What the purchase is paid from.
    #[arg(long, value_enum, default_value = "wallet")]
    source: Source,
    /// What the shopper's wallet scans; what is paid first has scenarios of its own.
    #[arg(long, value_enum, default_value = "bolt11")]
    rail: Rail,
    /// Who makes the cards.
    #[arg(long, value_enum, default_value = "lithic")]
    issuer: IssuerName,
    /// Where the bitcoin is sold.
    #[arg(long, value_enum, default_value = "kraken")]
    exchange: ExchangeName,
    /// Use this bitcoind (regtest) instead of the built-in chain: http://user:password@host:port
    #[arg(long, value_name = "URL")]
    bitcoind: Option<String>,
    /// The node that the server holds on. `lnd` needs --bitcoind and the programs that `cargo xtask lnd` builds; `cargo
    /// demo` sees to both.
    #[arg(long, value_enum, default_value = "ldk")]
    node: NodeKind,
    /// The directory of LND's programs.
    #[arg(long, value_name = "DIR", env = "ANYTILL_LND")]
    lnd: Option<PathBuf>,
    /// ElectrumX's server, for `--payer electrum`; Electrum itself is the system's.
    #[arg(long, value_name = "FILE", env = "ANYTILL_ELECTRUMX")]
    electrumx: Option<PathBuf>,
    /// How many nodes the server holds on: several LNDs, each with a channel from the payer.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    nodes: u8,
    /// Whose software the shopper's wallet is. `lnd` and `electrum` need --bitcoind; `cargo demo` sees to all.
    #[arg(long, value_enum, default_value = "ldk")]
    payer: PayerName,
    /// Where data and logs go; a temporary directory that is removed when left out.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub async fn run(args: Args) -> Result<ExitCode> {
    let timeline = Timeline::new(args.json);
    Choice::of(&args).check()?;
    let chosen = match (args.nodes, &args.scenario) {
        (2.., None) => Some(vec![&scenarios::SEVERAL_NODES]),
        (_, name) => choose(name.as_deref(), &args)?,
    };
    if args.check {
        return Ok(ExitCode::SUCCESS);
    }
    let Some(chosen) = chosen else {
        report::list_scenarios(&timeline);
        return Ok(ExitCode::SUCCESS);
    };
    let played = tokio::select! {
        done = play(&args, &timeline, &chosen) => Some(done?),
        _ = tokio::signal::ctrl_c() => None,
    };
    let code = match played {
        Some((code, None)) => return Ok(code),
        Some((code, Some(world))) => {
            tokio::signal::ctrl_c().await?;
            world.stop().await;
            code
        }
        None => ExitCode::from(130),
    };
    timeline.note("stopped; everything that was started is stopped too");
    Ok(code)
}

/// The scenarios to play; `None` to list them.
fn choose(name: Option<&str>, args: &Args) -> Result<Option<Vec<&'static scenarios::Scenario>>> {
    let way = Way::of(args.source, args.rail);
    let applies = |one: &scenarios::Scenario| {
        let made_for = one.of_rail(args.rail) && one.of_node(args.node) && one.of_payer(args.payer);
        made_for && one.applies_to(args.payout, way)
    };
    match name {
        None => Ok(Some(vec![scenarios::purchase()])),
        Some("list") => Ok(None),
        Some("all") => Ok(Some(scenarios::ALL.iter().filter(|one| applies(one) && !one.alone()).collect())),
        Some(name) => {
            let found = scenarios::ALL.iter().find(|scenario| scenario.name == name);
            let names: Vec<_> = scenarios::ALL.iter().map(|scenario| scenario.name).collect();
            let scenario =
                found.with_context(|| format!("no scenario `{name}`; there are: all, {}", names.join(", ")))?;
            ensure!(scenario.of_way(way), "scenario `{name}` is of another --source or --rail: {}", scenario.about);
            ensure!(scenario.of_rail(args.rail), "scenario `{name}` is of another --rail: {}", scenario.about);
            ensure!(scenario.of_node(args.node), "scenario `{name}` is of another --node: {}", scenario.about);
            ensure!(scenario.of_payer(args.payer), "scenario `{name}` is of another --payer: {}", scenario.about);
            ensure!(applies(scenario), "scenario `{name}` does not apply to this --payout");
            Ok(Some(vec![scenario]))
        }
    }
}

/// What has to be there for this node and this payer.
pub fn programs(
    (node, payer): (NodeKind, PayerName),
    on_bitcoind: bool,
    (lnd, electrumx): (&Option<PathBuf>, &Option<PathBuf>),
) -> Result<Programs> {
    let needs_electrum = payer == PayerName::Electrum;
    let needs_lnd = node == NodeKind::Lnd || payer == PayerName::Lnd;
    ensure!(
        on_bitcoind || !(needs_electrum || needs_lnd),
        "LND and Electrum need a real chain: `cargo demo` starts one, else --bitcoind (`cargo xtask bitcoind --run`)"
    );
    let uses_lnd = needs_lnd || (payer == PayerName::Nwc && on_bitcoind);
    let programs =
        Programs { lnd: lnd.clone().filter(|_| uses_lnd), electrumx: electrumx.clone().filter(|_| needs_electrum) };
    ensure!(
        !needs_lnd || programs.lnd.is_some(),
        "--lnd DIR, or ANYTILL_LND: `cargo xtask lnd` builds it and prints where"
    );
    ensure!(
        !needs_electrum || programs.electrumx.is_some(),
        "--electrumx FILE, or ANYTILL_ELECTRUMX: `cargo xtask electrum` installs it and prints where"
    );
    Ok(programs)
}

/// Gives the world back if it is to be kept.
async fn play(
    args: &Args,
    timeline: &Timeline,
    chosen: &[&'static scenarios::Scenario],
) -> Result<(ExitCode, Option<World>)> {
    let patient = args.keep || args.scenario.is_none();
    let way = Way::of(args.source, args.rail);
    let windows = match (patient, way) {
        (true, _) => Windows::PATIENT,
        (false, Way::Lightning) => Windows::SHORT,
        (false, Way::Coinbase) => Windows::SHORT_FIRST,
        (false, Way::Onchain) => Windows::SHORT_CHAIN,
    };
    let options = WorldOptions {
        bitcoind: args.bitcoind.clone(),
        dir: args.dir.clone(),
        windows,
        rules: Rules::default(),
        issuer: args.issuer,
        exchange: args.exchange,
        gift_cards: args.payout == Payout::GiftCard,
        linked: way == Way::Coinbase,
        onchain: way == Way::Onchain,
        direct: false,
        settings: Vec::new(),
        programs: programs((args.node, args.payer), args.bitcoind.is_some(), (&args.lnd, &args.electrumx))?,
        lnds: if args.node == NodeKind::Lnd { args.nodes.into() } else { 0 },
        payer: args.payer,
    };
    let mut world = World::start(options, timeline).await?;
    world.rail = args.rail;
    let mut played = Vec::new();
    for scenario in chosen {
        timeline.begin(scenario.name, scenario.about);
        let result = scenarios::play(scenario, &mut world, args.claim_on, timeline).await;
        let result = result.with_context(|| format!("scenario `{}`", scenario.name));
        match result {
            Ok(result) => played.push(report::Played { scenario, result }),
            Err(error) => {
                timeline.failed(&error);
                world.show_log_tail(timeline);
                if !played.is_empty() {
                    report::show_table(timeline, &played);
                }
                world.stop().await;
                bail!(error);
            }
        }
    }
    let good = report::finish(&world, timeline, &played, chosen.len() > 1).await?;
    let code = if good { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.keep {
        let wallet = match &world.payer {
            payer::Payer::Ldk(wallet) => wallet_page::serve(wallet).await?,
            payer::Payer::Lnd(wallet) => wallet.lnd().lncli(),
            payer::Payer::Electrum(wallet) => wallet.electrum().command_line(),
        };
        let pairing = world.server.anytill(&["key", "--pairing"]).await?;
        report::where_things_are(&world, &wallet, pairing.trim(), timeline);
        return Ok((code, Some(world)));
    }
    world.stop().await;
    Ok((code, None))
}
