//! `cargo xtask bitcoind`: Bitcoin Core's daemon for tests, built from the source tree that the crate
//! `libbitcoinkernel-sys` carries, so that the registry is all it takes.
//!
//! Invariant: what lies under the final name in the cache is a whole build that has answered; anything unfinished has
//! another name. A lock makes a second builder wait for the first.

mod build;
mod regtest;
mod source;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

pub use build::{Daemon, ensure};

use crate::process;

/// Fetches or builds the daemon, prints its path, and runs a command beside it when one is given.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Compiler jobs at a time (default: all cores)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Start a regtest chain on a free port, mine a block, ask it how it is, and stop it
    #[arg(long)]
    check: bool,
    /// Run COMMAND beside a fresh regtest chain and stop the chain afterwards.
    ///
    /// `{url}` in its arguments becomes the RPC address with user and password; the environment has it as
    /// ANYTILL_BITCOIND_URL and, for tests that run on either chain, as ANYTILL_REGTEST_URL.
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true, conflicts_with = "check")]
    run: Vec<String>,
}

/// A command beside a chain may take this long.
const RUN_LIMIT: Duration = Duration::from_secs(3600);

pub fn main(args: &Args) -> Result<()> {
    let daemon = ensure(args.jobs)?;
    if args.check {
        println!("{}", check(&daemon)?);
        return Ok(());
    }
    if args.run.is_empty() {
        println!("{}", daemon.bitcoind.display());
        return Ok(());
    }
    beside(&daemon, RUN_LIMIT, |url| {
        let mut words = args.run.iter().map(|word| word.replace("{url}", url));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command
    })
}

/// Runs the command that `make` builds for the chain's address beside a fresh regtest chain, which then ends.
pub fn beside(daemon: &Daemon, limit: Duration, make: impl FnOnce(&str) -> Command) -> Result<()> {
    beside_with(daemon, |url| {
        // The tests that run on either chain take this one.
        let mut command = make(url);
        command.env("ANYTILL_BITCOIND_URL", url).env("ANYTILL_REGTEST_URL", url);
        process::run(&mut command, limit)
    })
}

/// As [`beside`], for whatever `run` does with the address.
pub fn beside_with(daemon: &Daemon, run: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    run_beside(regtest::Chain::start(daemon, false)?, run)
}

/// As [`beside_with`], for who ignores the terminal's Ctrl-C: the chain does not hear it either, and ends after `run`.
pub fn beside_apart(daemon: &Daemon, run: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    run_beside(regtest::Chain::start(daemon, true)?, run)
}

fn run_beside(chain: regtest::Chain, run: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    let result = run(&chain.url());
    let stopped = chain.stop();
    result.and(stopped)
}

/// Shows that the daemon runs: a regtest chain starts, mines a block, reports it, stops.
pub fn check(daemon: &Daemon) -> Result<String> {
    let chain = regtest::Chain::start(daemon, false)?;
    chain.cli(&["generatetodescriptor", "1", "raw(51)"])?;
    let info: serde_json::Value = serde_json::from_str(&chain.cli(&["getblockchaininfo"])?)?;
    chain.stop()?;
    if info["chain"] != "regtest" || info["blocks"] != 1 {
        bail!("bitcoind answered something else than a regtest chain of one block: {info}");
    }
    Ok(format!("bitcoind works: regtest, {} block, {}", info["blocks"], daemon.bitcoind.display()))
}

/// Where the finished daemon of exactly this source and these options is kept.
fn home() -> Result<PathBuf> {
    Ok(crate::repo::cache_dir()?.join(format!("bitcoind-{}-{}", source::VERSION, build::key())))
}
