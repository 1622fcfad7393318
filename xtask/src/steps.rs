//! The steps of `cargo xtask test`, one row each. To add one, add a row; the runner knows the rest.
//!
//! Order: what fails fastest comes first. `build` compiles everything that later rows run, in one call with one set of
//! features, so that nothing is compiled twice.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::{bitcoind, extension, lnd, soak, tidy, vendor_clients};

/// One row.
pub struct Step {
    pub name: &'static str,
    pub why: &'static str,
    pub run: Run,
    /// Steps that have to have passed; naming this one with `--only` brings them along.
    pub after: &'static [&'static str],
    pub when: When,
    /// Beyond this the step is stopped and has failed.
    pub limit: Duration,
}

/// How a step is run. In arguments, `{cargo}` is the Cargo that runs us and `{bin}` the directory of the dev binaries.
pub enum Run {
    /// A command that succeeds or fails.
    Command(&'static [&'static str]),
    /// A command beside a fresh regtest chain of Bitcoin Core, whose RPC address is `{url}`.
    BesideBitcoind(&'static [&'static str]),
    /// A command that runs tests and prints Rust's `test result:` lines, which are counted; ignored tests fail it.
    Tests(&'static [&'static str]),
    /// A script of the extension's, whose libraries are those of the lock file; `LAB_BIN` names the lab.
    Extension(&'static str),
    /// A function of this xtask; its answer becomes the closing line.
    Task(fn(&Path) -> Result<String>),
}

/// When a step belongs to the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Always,
    /// Only when named with `--only`: too long for everyday use.
    Named,
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        why: "one layout of the code, so that a diff shows what changed",
        run: Run::Command(&["{cargo}", "fmt", "--all", "--", "--check"]),
        after: &[],
        when: When::Always,
        limit: minutes(5),
    },
    Step {
        name: "tidy",
        why: "the rules of the house: edges, lengths, names, floats, clocks",
        run: Run::Task(|_| tidy::check_all()),
        after: &[],
        when: When::Always,
        limit: minutes(5),
    },
    Step {
        name: "clippy",
        why: "what the compiler lets pass and should not",
        run: Run::Command(&["{cargo}", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
        after: &[],
        when: When::Always,
        limit: minutes(90),
    },
    Step {
        name: "build",
        why: "programs and tests, compiled once for all steps below",
        run: Run::Command(&["{cargo}", "build", "--workspace", "--all-targets", "--locked"]),
        after: &[],
        when: When::Always,
        limit: minutes(90),
    },
    Step {
        name: "unit",
        why: "every test of every crate",
        run: Run::Tests(&["{cargo}", "test", "--workspace", "--locked", "--no-fail-fast"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(60),
    },
    Step {
        name: "vendors",
        why: "the vendors' own client libraries against the simulations, over whole life cycles",
        run: Run::Task(vendor_clients::check),
        after: &["build"],
        when: When::Always,
        limit: minutes(25),
    },
    Step {
        name: "bitcoind",
        why: "Bitcoin Core's daemon, built once from the registry, runs a regtest chain",
        run: Run::Task(|_| bitcoind::ensure(None).and_then(|daemon| bitcoind::check(&daemon))),
        after: &[],
        when: When::Always,
        limit: minutes(120),
    },
    Step {
        name: "lnd",
        why: "LND, built once from its Go module, holds and pays behind the same port as the embedded node",
        run: Run::Task(lnd::test),
        after: &["build", "bitcoind"],
        when: When::Named,
        limit: minutes(150),
    },
    Step {
        name: "demo",
        why: "every way that a purchase can go, to the millisatoshi",
        run: Run::Command(&["{bin}/lab", "demo", "--scenario", "all"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(15),
    },
    Step {
        name: "demo by gift card",
        why: "the same with gift cards, and the bitcoin of the others sold on Coinbase",
        run: Run::Command(&[
            "{bin}/lab",
            "demo",
            "--scenario",
            "all",
            "--payout",
            "gift-card",
            "--exchange",
            "coinbase",
        ]),
        after: &["build"],
        when: When::Always,
        limit: minutes(15),
    },
    Step {
        name: "demo on Stripe",
        why: "a card of the other issuer, and the other exchange",
        run: Run::Command(&["{bin}/lab", "demo", "--issuer", "stripe", "--exchange", "coinbase"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo of the last pair",
        why: "with the two above every pair of payout, issuer and exchange",
        run: Run::Command(&["{bin}/lab", "demo", "--payout", "gift-card", "--issuer", "stripe"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo paid first",
        why: "from a linked account at Coinbase, every way that can go",
        run: Run::Command(&["{bin}/lab", "demo", "--scenario", "all", "--source", "coinbase"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo paid first on Stripe",
        why: "with the other issuer, and sold where it arrives",
        run: Run::Command(&[
            "{bin}/lab",
            "demo",
            "--source",
            "coinbase",
            "--issuer",
            "stripe",
            "--exchange",
            "coinbase",
        ]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo of gift cards alone",
        why: "no card programme and no exchange account: what a private person can run",
        run: Run::Command(&["{bin}/lab", "demo", "--payout", "gift-card", "--issuer", "none", "--exchange", "none"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo of a close by force",
        why: "the channel is closed while it holds, and charged: what the chain took is in the books to the satoshi",
        run: Run::Command(&["{bin}/lab", "demo", "--scenario", "force-close"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo of a close by force, cancelled",
        why: "the same, and the payer has it back at the HTLC's own end",
        run: Run::Command(&["{bin}/lab", "demo", "--scenario", "force-cancel"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo of funds that are gone",
        why: "what was final on the chain is taken back: its refund waits for the operator",
        run: Run::Command(&["{bin}/lab", "demo", "--rail", "onchain", "--scenario", "chain-gone"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo on bitcoind",
        why: "the same purchase on Bitcoin Core's chain",
        run: Run::BesideBitcoind(&["{bin}/lab", "demo", "--bitcoind", "{url}"]),
        after: &["build", "bitcoind"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo's options",
        why: "what can be combined is taken, the rest is refused with the reason",
        run: Run::Task(soak::check_refusals),
        after: &["build"],
        when: When::Always,
        limit: minutes(5),
    },
    Step {
        name: "demo with LND",
        why: "each pair of node, payer and rail in which an LND or Electrum is, and two purchases at a time on two LNDs",
        run: Run::Task(lnd::pairs),
        after: &["build", "bitcoind"],
        when: When::Always,
        limit: minutes(40),
    },
    Step {
        name: "chain wallet on bitcoind",
        why: "replacements, double spends and reorganizations on Bitcoin Core's chain, where signatures are checked",
        run: Run::BesideBitcoind(&["{cargo}", "test", "--workspace", "--locked", "--test", "onchain"]),
        after: &["build", "bitcoind"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo paid on the chain",
        why: "every way that can go, on Bitcoin Core's chain",
        run: Run::BesideBitcoind(&[
            "{bin}/lab",
            "demo",
            "--scenario",
            "all",
            "--rail",
            "onchain",
            "--bitcoind",
            "{url}",
        ]),
        after: &["build", "bitcoind"],
        when: When::Always,
        limit: minutes(15),
    },
    Step {
        name: "demo paid on the chain by Stripe",
        why: "with the other issuer and the other exchange",
        run: Run::Command(&["{bin}/lab", "demo", "--rail", "onchain", "--issuer", "stripe", "--exchange", "coinbase"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo by other rails",
        why: "every way that a purchase can go, with a wallet that fetches its invoice itself",
        run: Run::Command(&["{bin}/lab", "demo", "--scenario", "all", "--rail", "lnurl"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo by gift card and link",
        why: "the vendor's own hash in a `bitcoin:` link",
        run: Run::Command(&["{bin}/lab", "demo", "--payout", "gift-card", "--rail", "bip21"]),
        after: &["build"],
        when: When::Always,
        limit: minutes(10),
    },
    Step {
        name: "demo on LND",
        why: "every way that a purchase can go, with an LND that holds, one that pays, and both",
        run: Run::Task(lnd::demo),
        after: &["build", "bitcoind"],
        when: When::Named,
        limit: minutes(60),
    },
    Step {
        name: "extension",
        why: "types, lint, unit tests, the corpus of pages, both packages and their sizes",
        run: Run::Extension("check"),
        after: &[],
        when: When::Always,
        limit: minutes(20),
    },
    Step {
        name: "pictures",
        why: "panel and pages as a shopper sees them, in all languages, and readable by everyone",
        run: Run::Extension("test:pictures"),
        after: &["extension"],
        when: When::Always,
        limit: minutes(15),
    },
    Step {
        name: "browser",
        why: "purchases in a real Chromium: read, quote, pay, fill, charged, done",
        run: Run::Extension("test:browser"),
        after: &["build", "extension"],
        when: When::Always,
        limit: minutes(30),
    },
    Step {
        name: "wallets",
        why: "the panel's code, read off the screen by a decoder and paid by LND and by Electrum",
        run: Run::Task(extension::wallets),
        after: &["build", "bitcoind", "extension"],
        when: When::Always,
        limit: minutes(20),
    },
    Step {
        name: "firefox",
        why: "the purchase in Firefox; its driver is built first, which takes minutes",
        run: Run::Task(extension::firefox),
        after: &["build", "extension"],
        when: When::Named,
        limit: minutes(45),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_own_name_and_comes_after_what_it_needs() {
        for (index, step) in STEPS.iter().enumerate() {
            let before: Vec<_> = STEPS[..index].iter().map(|step| step.name).collect();
            assert!(!before.contains(&step.name), "two rows are called {}", step.name);
            assert!(step.after.iter().all(|name| before.contains(name)), "{} comes before what it needs", step.name);
        }
    }
}
