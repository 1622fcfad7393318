//! `cargo xtask soak`: what takes too long for the test run. Says what held, on which machine and when.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::{bitcoind, demo, lnd, needs, process, repo};

#[derive(clap::Subcommand, Debug)]
pub enum Args {
    /// Every scenario with every combination of what the demo can be made of (about an hour)
    ///
    /// `cargo xtask test` plays all pairs of them; this is the full product. A combination that fails does not stop the
    /// others; the end says which.
    Demo,
}

type Choices = [(&'static str, &'static [&'static str]); 4];

/// Which vendors the demo takes, and each choice.
const VENDORS: Choices = [
    ("--payout", &["card", "gift-card"]),
    ("--issuer", &["lithic", "stripe"]),
    ("--exchange", &["kraken", "coinbase"]),
    ("--source", &["lightning", "coinbase", "onchain"]),
];
/// How it comes over Lightning: on Bitcoin Core's chain, with real LNDs.
const LIGHTNING: Choices = [
    ("--payout", &["card", "gift-card"]),
    ("--node", &["ldk", "lnd"]),
    ("--payer", &["ldk", "lnd"]),
    ("--rail", &["bolt11", "bip21", "lnurl"]),
];

/// A gift card is bought with the shopper's own hold, under the vendor's payment hash: neither a source that is paid first
/// nor an invoice that the wallet fetches has that.
fn is_impossible(one: &[&str]) -> bool {
    let gift_card = one.contains(&"gift-card");
    let pair = |flag, value| one.windows(2).any(|words| words == [flag, value]);
    gift_card && (pair("--source", "coinbase") || pair("--source", "onchain") || pair("--rail", "lnurl"))
}

pub fn main(args: &Args) -> Result<()> {
    match args {
        Args::Demo => whole_product(&repo::root()?),
    }
}

fn whole_product(root: &Path) -> Result<()> {
    needs::ensure(needs::COMPILER)?;
    demo::build(root)?;
    let (programs, daemon) = (lnd::ensure(root)?, bitcoind::ensure(None)?);
    let vendors = product(&VENDORS).into_iter().map(|one| (one, false));
    let all: Vec<_> = vendors.chain(product(&LIGHTNING).into_iter().map(|one| (one, true))).collect();
    let (begun, mut failed) = (Instant::now(), Vec::new());
    for (index, (combination, real)) in all.iter().enumerate() {
        let shown = combination.join(" ");
        println!("\n{} of {}: {shown}", index + 1, all.len());
        let play = |chain: &[&OsStr]| -> Result<()> {
            let mut lab = Command::new(repo::dev_binary(root, "lab"));
            lab.args(["demo", "--scenario", "all"]).args(combination).args(chain);
            lab.env("ANYTILL_BIN", repo::dev_binary(root, "anytill"));
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

/// Every combination, the first choice of each first.
fn product(choices: &Choices) -> Vec<Vec<&'static str>> {
    let all = choices.iter().fold(vec![Vec::new()], |so_far, (flag, values)| {
        so_far
            .iter()
            .flat_map(|before: &Vec<&'static str>| {
                values.iter().map(|value| before.iter().copied().chain([*flag, *value]).collect())
            })
            .collect()
    });
    all.into_iter().filter(|one: &Vec<&str>| !is_impossible(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Choices, LIGHTNING, VENDORS, is_impossible, product};
    use crate::lnd;
    use crate::steps::{Run, STEPS};

    #[test]
    fn the_product_has_every_combination_once() {
        let all = product(&VENDORS);
        assert_eq!(all.len(), 16);
        assert_eq!(all[0].join(" "), "--payout card --issuer lithic --exchange kraken --source lightning");
        assert!(all.iter().enumerate().all(|(index, one)| !all[..index].contains(one)));
        assert_eq!(product(&LIGHTNING).len(), 20);
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
        every_pair(&VENDORS, &demos);
        every_pair(&LIGHTNING, &demos);
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
