//! `lab bench`: how fast and how small the server is, as multiples of what this machine can do at all, measured in the
//! same run.
//!
//! Three kinds of measurement. On the real server ([`real`]): the binary with its embedded node, a payer's wallet, a
//! channel. On a server whose outside answers at once ([`null`]): how many purchases a second ([`throughput`]), and what
//! many purchases do to one authorization ([`under_way`]). And without a server: messages of price feeds ([`ticks`]).

mod bare;
mod binary;
mod disk;
mod figures;
mod graph;
mod log;
mod machine;
mod memory;
mod nodes;
mod null;
mod real;
mod report;
mod shoppers;
mod throughput;
mod ticks;
mod under_way;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The real server: authorization, card, memory.
    Real,
    /// The null server: purchases a second.
    Throughput,
    /// The null server: an authorization alone, and with many purchases under way.
    UnderWay,
    /// Messages of price feeds.
    Ticks,
    /// A graph of the Lightning Network: read, asked, shown.
    Graph,
    /// Both Lightning nodes, each beside itself without our adapter.
    Nodes,
}

/// Measure the server on this machine: ratios, milliseconds, purchases a second, memory.
///
/// Absolute times say little, because most of a purchase is waiting for the disk: so each figure is put beside what the
/// same disk, or a bare Lightning node on it, did in the same run, by turns with it. Times are medians and 99th
/// percentiles of single samples. Progress goes to standard error, the table (or JSON) to standard output.
#[derive(Debug, Parser)]
#[command(after_help = HELP)]
pub struct Args {
    /// Measure only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Purchases on the real server: each is authorized once.
    #[arg(long, value_name = "N", default_value_t = 150, value_parser = clap::value_parser!(u32).range(0..=250))]
    authorizations: u32,
    /// Purchases created on the null server.
    #[arg(long, value_name = "N", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..))]
    creations: u32,
    /// Whole purchases on the null server.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    purchases: u32,
    /// Purchases under way while authorizations are answered on the null server.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(8..=500))]
    under_way: u16,
    /// Shoppers who do so beside each other.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    shoppers: u16,
    /// Quiet time before memory is read.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    idle_secs: u64,
    /// Single holds on each side of each Lightning node.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=400))]
    holds: u32,
    /// How often the channel of each side is filled with holds.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=2))]
    fills: u32,
    /// The directory of LND's programs, for `--only nodes`; `cargo xtask lnd` builds them.
    #[arg(long, value_name = "DIR", env = "ANYTILL_LND")]
    lnd: Option<PathBuf>,
    /// A bitcoind (regtest), which an LND needs: http://user:password@host:port
    #[arg(long, value_name = "URL", env = "ANYTILL_REGTEST_URL", hide_env_values = true)]
    bitcoind: Option<String>,
    /// One JSON object on standard output instead of the table.
    #[arg(long)]
    json: bool,
    /// Where databases and logs go, and so which disk is measured; a temporary directory when left out.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const HELP: &str = "\
What is measured:
  authorization   From the issuer's request leaving to our answer being read, over
                  HTTP, on the real server: signature, look-up, commit, claim by
                  the embedded node, the payer's node taking part, confirmation,
                  commit, answer. As a multiple of a bare ldk-node's
                  claim-and-confirm plus one commit. Aim: under 1.5.
  card            From the node's word that the HTLC is here to the commit that
                  makes the card ready, read from the server's log. The simulated
                  issuer's own time is in it. Aim: under 10 ms.
  order           From the node's word that the claim is confirmed to the sell order's
                  request arriving at the simulated exchange: the commit as funded,
                  the outbox, which marks the order as sent before it is, and the
                  request. Aim: under 20 ms.
  under way       The authorization on the null server, with --under-way purchases
                  held, each with its card ready, its timers set and its changes
                  followed: asked one at a time, 8 at a time and all at once, as a
                  multiple of the same with no other purchase. By turns.
  idle            VmRSS of the server's process: started, one channel, one
                  registered shopper, then nothing for --idle-secs.
                  Aim: under 60 MiB.
  tick            One message of a venue's live feed: read, taken in, and the
                  consolidated rate of five venues read anew. Aim: under 10 us.
  graph           A made network of 40,000 nodes and 100,000 channels in the files that
                  LND and Core Lightning write: read (aim: under 1,000 ms); the chance
                  that an amount arrives, asked of LDK's router and scorer (aim: under
                  20 ms); the page over HTTP (aim: under 50 ms).
  nodes           Only with --only nodes. The embedded node beside a bare ldk-node, and
                  an LND through the adapter beside the same LND by bare REST calls, by
                  turns, paid by one wallet: an invoice made, paid to held, claimed to
                  confirmed, whole purchases beside each other, the channel filled with
                  holds and all claimed. Ratios are speeds: the bare node's median
                  divided by ours, in brackets over fifths of the run. Aim: 0.95.
  created, whole  Purchases a second over HTTP, many shoppers beside each other;
                  as a ratio to the rate at which plain SQLite commits one row
                  after the other. Lightning is a stub that signs real BOLT 11
                  invoices, issuer and exchange answer at once; engine, database,
                  API and the reading of webhooks are the server's.

A release build is wanted, on an otherwise idle machine and a real disk:
  cargo run --release -p lab -- bench
  cargo run --release -p lab -- bench --only real --authorizations 50
  cargo run --release -p lab -- bench --json > figures.json";

pub async fn run(args: Args) -> Result<ExitCode> {
    let temporary = if args.dir.is_none() { Some(tempfile::tempdir()?) } else { None };
    let dir = match (&args.dir, &temporary) {
        (Some(dir), _) => dir.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => std::env::temp_dir(),
    };
    std::fs::create_dir_all(&dir)?;
    ensure!(std::fs::read_dir(&dir)?.next().is_none(), "{} is not empty", dir.display());
    tokio::select! {
        figures = measure(&args, &dir) => {
            let figures = figures?;
            report::show(&machine::Machine::look(&dir), &figures, args.json)?;
            Ok(ExitCode::SUCCESS)
        }
        _ = tokio::signal::ctrl_c() => {
            progress("stopped");
            Ok(ExitCode::from(130))
        }
    }
}

async fn measure(args: &Args, dir: &std::path::Path) -> Result<Vec<figures::Figure>> {
    let mut figures = Vec::new();
    if matches!(args.only, None | Some(Part::Real)) {
        binary::ensure()?;
        let plan = real::Plan { authorizations: args.authorizations, idle: Duration::from_secs(args.idle_secs) };
        figures.extend(real::run(dir, &plan).await?);
    }
    if matches!(args.only, None | Some(Part::Throughput)) {
        let load = throughput::Load {
            creations: args.creations,
            purchases: args.purchases,
            shoppers: usize::from(args.shoppers),
        };
        figures.extend(throughput::run(dir, &load).await?);
    }
    if matches!(args.only, None | Some(Part::UnderWay)) {
        figures.extend(under_way::run(dir, usize::from(args.under_way)).await?);
    }
    if matches!(args.only, None | Some(Part::Ticks)) {
        figures.extend(ticks::run().await?);
    }
    if matches!(args.only, None | Some(Part::Graph)) {
        figures.extend(graph::run(dir).await?);
    }
    // Only when it is asked for: it wants a bitcoind and minutes.
    if args.only == Some(Part::Nodes) {
        let plan = nodes::Plan {
            holds: args.holds,
            rounds: 5,
            in_round: 32,
            beside: 16,
            fills: args.fills,
            lnd: args.lnd.clone(),
            bitcoind: args.bitcoind.clone(),
        };
        figures.extend(nodes::run(dir, &plan).await?);
    }
    Ok(figures)
}

/// What is being done, for whoever waits.
fn progress(text: &str) {
    // Nobody is there to be told that nobody reads it.
    let _ = writeln!(std::io::stderr(), "bench: {text}");
}
