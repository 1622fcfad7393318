//! `cargo xtask soak`: what takes too long for the test run. Says what held, on which machine and when.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::{bitcoind, demo, electrum, lnd, needs, process, repo};

#[derive(clap::Subcommand, Debug)]
pub enum Args {
    /// Every scenario with every combination of what the demo can be made of (hours)
    ///
    /// `cargo xtask test` plays all pairs of them; this is the full product. A combination that fails does not stop the
    /// others; the end says which.
    Demo,
}

type Choices = [(&'static str, &'static [&'static str])];

/// Which vendors the demo takes, what is paid first too, and each choice.
const VENDORS: &Choices = &[
    ("--payout", &["card", "gift-card"]),
    ("--issuer", &["lithic", "stripe"]),
    ("--exchange", &["kraken", "coinbase"]),
    ("--source", &["wallet", "coinbase"]),
    ("--rail", &["bolt11", "onchain"]),
];
/// Who holds and who pays, and what is scanned: on Bitcoin Core's chain, with real LNDs and a real Electrum.
const WALLETS: &Choices = &[
    ("--payout", &["card", "gift-card"]),
    ("--node", &["ldk", "lnd"]),
    ("--payer", &["ldk", "lnd", "electrum", "nwc"]),
    ("--rail", &["bolt11", "bip21", "lnurl", "onchain"]),
];

/// What the demo refuses, two choices each; it says why. That both say the same is a step of the test run.
const IMPOSSIBLE: &[[[&str; 2]; 2]] = &[
    [["--payout", "gift-card"], ["--source", "coinbase"]],
    [["--payout", "gift-card"], ["--rail", "lnurl"]],
    [["--payout", "gift-card"], ["--rail", "onchain"]],
    [["--payout", "gift-card"], ["--payer", "electrum"]],
    [["--source", "coinbase"], ["--rail", "onchain"]],
    [["--payer", "nwc"], ["--rail", "lnurl"]],
    [["--payer", "nwc"], ["--rail", "onchain"]],
];

fn is_impossible(one: &[&str]) -> bool {
    let has = |choice: &[&str; 2]| one.chunks(2).any(|words| words == choice);
    IMPOSSIBLE.iter().any(|pair| pair.iter().all(has))
}

/// Asks the demo about every combination: it takes what is possible and refuses the rest with what to do instead.
pub fn check_refusals(root: &Path) -> Result<String> {
    let all: Vec<_> = [VENDORS, WALLETS].into_iter().flat_map(every_combination).collect();
    let mut refused = 0;
    for combination in &all {
        let mut lab = Command::new(repo::dev_binary(root, "lab"));
        lab.args(["demo", "--check"]).args(combination);
        let answer = lab.output().with_context(|| format!("cannot start `{}`", process::shown(&lab)))?;
        let (taken, said) = (answer.status.success(), String::from_utf8_lossy(&answer.stderr).into_owned());
        let shown = combination.join(" ");
        anyhow::ensure!(
            taken != is_impossible(combination),
            "`{shown}` is {}: {said}",
            if taken { "taken" } else { "refused" }
        );
        anyhow::ensure!(taken || said.contains(" goes with --"), "`{shown}` is refused without what to do: {said}");
        refused += usize::from(!taken);
    }
    Ok(format!("{} combinations, {refused} refused with the reason", all.len()))
}

pub fn main(args: &Args) -> Result<()> {
    match args {
        Args::Demo => whole_product(&repo::root()?),
    }
}

fn whole_product(root: &Path) -> Result<()> {
    needs::ensure(needs::COMPILER)?;
    demo::build(root)?;
    check_refusals(root)?;
    let (programs, electrumx, daemon) = (lnd::ensure(root)?, electrum::ensure(root)?, bitcoind::ensure(None)?);
    let vendors = product(VENDORS).into_iter().map(|one| (one, false));
    let all: Vec<_> = vendors.chain(product(WALLETS).into_iter().map(|one| (one, true))).collect();
    let (begun, mut failed) = (Instant::now(), Vec::new());
    for (index, (combination, real)) in all.iter().enumerate() {
        let shown = combination.join(" ");
        println!("\n{} of {}: {shown}", index + 1, all.len());
        let play = |chain: &[&OsStr]| -> Result<()> {
            let mut lab = Command::new(repo::dev_binary(root, "lab"));
            lab.args(["demo", "--scenario", "all"]).args(combination).args(chain);
            lab.env("ANYTILL_BIN", repo::dev_binary(root, "anytill")).env("ANYTILL_ELECTRUMX", &electrumx);
            let status = lab.status().with_context(|| format!("cannot start `{}`", process::shown(&lab)))?;
            anyhow::ensure!(status.success(), "{status}");
            Ok(())
        };
        let played = if *real {
            bitcoind::beside_with(&daemon, |url| {
                play(&["--bitcoind".as_ref(), url.as_ref(), "--lnd".as_ref(), programs.as_os_str()])
            })
        } else {
            play(&[])
        };
        if played.is_err() {
            failed.push(shown);
        }
    }
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    println!("\n{} combinations in {} s, ended {at} (seconds since 1970)", all.len(), begun.elapsed().as_secs());
    if failed.is_empty() {
        println!("every scenario of every combination ended as its table says");
        return Ok(());
    }
    bail!("these did not: {}", failed.join("; "))
}

/// Every combination that is possible, the first choice of each first.
fn product(choices: &Choices) -> Vec<Vec<&'static str>> {
    every_combination(choices).into_iter().filter(|one| !is_impossible(one)).collect()
}

fn every_combination(choices: &Choices) -> Vec<Vec<&'static str>> {
    choices.iter().fold(vec![Vec::new()], |so_far, (flag, values)| {
        so_far
            .iter()
            .flat_map(|before: &Vec<&'static str>| {
                values.iter().map(|value| before.iter().copied().chain([*flag, *value]).collect())
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{Choices, VENDORS, WALLETS, every_combination, is_impossible, product};
    use crate::lnd;
    use crate::steps::{Run, STEPS};

    #[test]
    fn the_product_has_every_combination_once() {
        let all = product(VENDORS);
        assert_eq!((all.len(), every_combination(VENDORS).len()), (16, 32));
        assert_eq!(all[0].join(" "), "--payout card --issuer lithic --exchange kraken --source wallet --rail bolt11");
        assert!(all.iter().enumerate().all(|(index, one)| !all[..index].contains(one)));
        assert_eq!((product(WALLETS).len(), every_combination(WALLETS).len()), (40, 64));
    }

    /// The test run's demos, defaults filled in, have every pair of choices.
    #[test]
    fn the_test_run_has_every_pair() {
        let demos: Vec<Vec<&'static str>> = STEPS
            .iter()
            .filter_map(|step| match step.run {
                Run::Command(words) | Run::BesideBitcoind(words) if words.contains(&"demo") => Some(words),
                _ => None,
            })
            .chain(lnd::PAIRS)
            .map(<[&str]>::to_vec)
            .collect();
        every_pair(VENDORS, &demos);
        every_pair(WALLETS, &demos);
    }

    fn every_pair(choices: &Choices, demos: &[Vec<&'static str>]) {
        let filled = |words: &Vec<&'static str>| -> Vec<&'static str> {
            let given = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
            choices.iter().flat_map(|(flag, values)| [*flag, given(flag).unwrap_or(values[0])]).collect()
        };
        let demos: Vec<_> = demos.iter().map(filled).collect();
        for (a, (flag, values)) in choices.iter().enumerate() {
            for (other, others) in choices.iter().skip(a + 1) {
                for pair in
                    values.iter().flat_map(|value| others.iter().map(move |more| [*flag, *value, *other, *more]))
                {
                    let has = |demo: &Vec<&str>| {
                        demo.chunks(2).any(|one| one == &pair[..2]) && demo.chunks(2).any(|one| one == &pair[2..])
                    };
                    assert_eq!(demos.iter().any(has), !is_impossible(&pair), "{pair:?}");
                }
            }
        }
    }
}
