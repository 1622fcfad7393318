//! `cargo xtask lnd`: LND for tests, built from the Go module that it is (`xtask/lnd/go.mod`), so that the module proxy is
//! all it takes; and the tests that run on it.
//!
//! Invariant: what lies under the final name in the cache is a whole build that has answered; anything unfinished has
//! another name. A lock makes a second builder wait for the first.

mod build;
mod go;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

pub use build::ensure;

use crate::{bitcoind, electrum, process, repo};

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn main(_: &Args) -> Result<()> {
    println!("{}", ensure(&repo::root()?)?.display());
    Ok(())
}

const TESTS_LIMIT: Duration = Duration::from_secs(40 * 60);

/// The port's suite, and what only a real LND can do to us, on Bitcoin Core's chain.
pub fn test(root: &Path) -> Result<String> {
    let programs = ensure(root)?;
    let daemon = bitcoind::ensure(None)?;
    let words = ["test", "--locked", "--workspace", "--test", "lnd"];
    let mut said = String::new();
    bitcoind::beside_with(&daemon, |url| {
        let mut command = Command::new(repo::cargo());
        command.args(words).current_dir(root).env("ANYTILL_LND", &programs).env("ANYTILL_REGTEST_URL", url);
        process::run_lines(&mut command, TESTS_LIMIT, |line| {
            if let Some(result) = line.strip_prefix("test result: ") {
                result.clone_into(&mut said);
            }
        })
    })?;
    // Without its programs the test says so and passes: here it has them, and has to have run.
    anyhow::ensure!(said.starts_with("ok. ") && !said.starts_with("ok. 0 passed"), "nothing was run: {said}");
    Ok(said)
}

const DEMO_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Held and paid on either node, to the same table.
const WHOLE: [&[&str]; 3] = [
    &["--scenario", "all", "--node", "lnd"],
    &["--scenario", "all", "--node", "lnd", "--payer", "lnd"],
    &["--scenario", "all", "--payer", "lnd"],
];

/// With the demos on the embedded node, every possible pair of payout, node, payer and rail.
pub const PAIRS: [&[&str]; 14] = [
    &["--node", "lnd", "--nodes", "2"],
    &["--node", "lnd", "--payer", "lnd", "--payout", "gift-card"],
    &["--node", "lnd", "--payer", "lnd", "--rail", "bip21"],
    &["--node", "lnd", "--payer", "ldk", "--rail", "lnurl"],
    &["--node", "ldk", "--payer", "lnd", "--rail", "lnurl"],
    &["--node", "ldk", "--payer", "lnd"],
    &["--node", "ldk", "--payer", "lnd", "--rail", "onchain"],
    &["--node", "lnd", "--payer", "nwc", "--payout", "gift-card"],
    &["--node", "ldk", "--payer", "nwc", "--rail", "bip21"],
    &["--node", "ldk", "--payer", "electrum", "--scenario", "declined"],
    &["--node", "lnd", "--payer", "electrum", "--scenario", "declined"],
    &["--node", "lnd", "--payer", "electrum", "--rail", "bip21"],
    &["--node", "ldk", "--payer", "electrum", "--rail", "lnurl"],
    &["--node", "lnd", "--payer", "electrum", "--rail", "onchain"],
];

pub fn demo(root: &Path) -> Result<String> {
    play(root, &WHOLE)
}

pub fn pairs(root: &Path) -> Result<String> {
    play(root, &PAIRS)
}

fn play(root: &Path, all: &[&[&str]]) -> Result<String> {
    let programs = ensure(root)?;
    let electrumx = electrum::ensure(root)?;
    let daemon = bitcoind::ensure(None)?;
    for words in all {
        println!("\nlab demo {}", words.join(" "));
        bitcoind::beside_with(&daemon, |url| {
            let mut command = Command::new(repo::dev_binary(root, "lab"));
            command.arg("demo").args(*words).args(["--bitcoind", url, "--lnd"]).arg(&programs);
            command.env("ANYTILL_BIN", repo::dev_binary(root, "anytill")).env("ANYTILL_ELECTRUMX", &electrumx);
            process::run(&mut command, DEMO_LIMIT)
        })?;
    }
    Ok(format!("{} demos", all.len()))
}
