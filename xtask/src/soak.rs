//! `cargo xtask soak`: what takes too long for the test run. Says what held, on which machine and when.

use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::{demo, needs, process, repo};

#[derive(clap::Subcommand, Debug)]
pub enum Args {
    /// Every scenario with every combination of what the demo can be made of (about a quarter of an hour)
    ///
    /// `cargo xtask test` plays all pairs of them; this is the full product. A combination that fails does not stop the
    /// others; the end says which.
    Demo,
}

/// What the demo takes, and each choice.
const CHOICES: [(&str, &[&str]); 4] = [
    ("--payout", &["card", "gift-card"]),
    ("--issuer", &["lithic", "stripe"]),
    ("--exchange", &["kraken", "coinbase"]),
    ("--source", &["lightning", "coinbase"]),
];
/// A gift card is bought with the shopper's own hold, which a linked account has not.
const IMPOSSIBLE: (&str, &str) = ("gift-card", "coinbase");

pub fn main(args: &Args) -> Result<()> {
    match args {
        Args::Demo => whole_product(&repo::root()?),
    }
}

fn whole_product(root: &Path) -> Result<()> {
    needs::ensure(needs::COMPILER)?;
    demo::build(root)?;
    let all = product();
    let (begun, mut failed) = (Instant::now(), Vec::new());
    for (index, combination) in all.iter().enumerate() {
        let shown = combination.join(" ");
        println!("\n{} of {}: {shown}", index + 1, all.len());
        let mut lab = Command::new(repo::dev_binary(root, "lab"));
        lab.args(["demo", "--scenario", "all"]).args(combination);
        lab.env("ANYTILL_BIN", repo::dev_binary(root, "anytill"));
        let status = lab.status().with_context(|| format!("cannot start `{}`", process::shown(&lab)))?;
        if !status.success() {
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
fn product() -> Vec<Vec<&'static str>> {
    let all = CHOICES.iter().fold(vec![Vec::new()], |so_far, (flag, values)| {
        so_far
            .iter()
            .flat_map(|before: &Vec<&'static str>| {
                values.iter().map(|value| before.iter().copied().chain([*flag, *value]).collect())
            })
            .collect()
    });
    all.into_iter().filter(|one: &Vec<&str>| !(one[1] == IMPOSSIBLE.0 && one[7] == IMPOSSIBLE.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::product;
    use crate::steps::{Run, STEPS};

    #[test]
    fn the_product_has_every_combination_once() {
        let all = product();
        assert_eq!(all.len(), 12);
        assert_eq!(all[0].join(" "), "--payout card --issuer lithic --exchange kraken --source lightning");
        assert!(all.iter().enumerate().all(|(index, one)| !all[..index].contains(one)));
    }

    /// The test run's demos, defaults filled in, have every pair of choices.
    #[test]
    fn the_test_run_has_every_pair() {
        let demos: Vec<Vec<&str>> = STEPS
            .iter()
            .filter_map(|step| match step.run {
                Run::Command(words) if words.contains(&"demo") => Some(words),
                _ => None,
            })
            .map(|words| {
                let given = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
                super::CHOICES.iter().map(|(flag, values)| given(flag).unwrap_or(values[0])).collect()
            })
            .collect();
        for (a, (_, values)) in super::CHOICES.iter().enumerate() {
            for (b, (_, others)) in super::CHOICES.iter().enumerate().skip(a + 1) {
                for pair in values.iter().flat_map(|value| others.iter().map(move |other| (*value, *other))) {
                    let possible = (a, b) != (0, 3) || pair != super::IMPOSSIBLE;
                    let played = demos.iter().any(|demo| (demo[a], demo[b]) == pair);
                    assert_eq!(played, possible, "{pair:?}");
                }
            }
        }
    }
}
