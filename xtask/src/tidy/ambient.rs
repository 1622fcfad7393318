//! Clock, randomness, spawning and I/O are handed in where the whole of it has to run under a simulator. clippy's
//! `disallowed-methods` says the same by resolved paths; this sees it in macros and tests too, and needs no build.
//!
//! And no test is put aside: what is ignored is forgotten.

use super::Finding;
use super::source::{Kind, Source};

struct Banned {
    /// Token by token.
    sequence: &'static [&'static str],
    scope: Scope,
    instead: &'static str,
}

#[derive(Clone, Copy)]
enum Scope {
    /// Only in these crates.
    In(&'static [&'static str]),
    /// Everywhere but in these.
    NotIn(&'static [&'static str]),
}

/// The core and the engine around it: same input, same output.
const DETERMINISTIC: &[&str] = &["money", "ledger", "purchase", "engine"];
/// Programs have the real clock.
const PROGRAMS: &[&str] = &["anytill", "lab", "sandbox", "xtask"];

const HANDED_IN: &str = "it is handed in, so that a simulator can stand in its place";
const ORDERED: &str = "its order is random: BTreeMap, BTreeSet or Vec";
const BANNED: &[Banned] = &[
    ban(&["SystemTime", ":", ":", "now"], Scope::NotIn(PROGRAMS), "the clock is handed in"),
    ban(&["Instant", ":", ":", "now"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["tokio", ":", ":", "spawn"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["tokio", ":", ":", "task"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["tokio", ":", ":", "time"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["tokio", ":", ":", "runtime"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["tokio", ":", ":", "net"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["tokio", ":", ":", "fs"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["thread", ":", ":", "spawn"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["thread", ":", ":", "sleep"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["rand", ":", ":"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["std", ":", ":", "fs"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["std", ":", ":", "net"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["std", ":", ":", "env"], Scope::In(DETERMINISTIC), HANDED_IN),
    ban(&["HashMap"], Scope::In(DETERMINISTIC), ORDERED),
    ban(&["HashSet"], Scope::In(DETERMINISTIC), ORDERED),
];

const fn ban(sequence: &'static [&'static str], scope: Scope, instead: &'static str) -> Banned {
    Banned { sequence, scope, instead }
}

pub fn check(source: &Source) -> Vec<Finding> {
    let krate = source.krate();
    let mut findings = ignored_tests(source);
    for banned in BANNED.iter().filter(|banned| banned.scope.holds(krate)) {
        for token in source.find(banned.sequence) {
            let message = format!("`{}` is not for `{krate}`: {}", banned.sequence.concat(), banned.instead);
            findings.push(source.finding(token.line, "ambient", message));
        }
    }
    findings
}

impl Scope {
    fn holds(self, krate: &str) -> bool {
        match self {
            Self::In(crates) => crates.contains(&krate),
            Self::NotIn(crates) => !crates.contains(&krate),
        }
    }
}

/// `#[ignore]`, `#[ignore = "why"]` and `#[cfg_attr(.., ignore)]`.
fn ignored_tests(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, pair) in source.tokens.windows(2).enumerate() {
        if pair[0].text != "#" || pair[1].text != "[" || pair[1].kind != Kind::Open {
            continue;
        }
        let attribute = &source.tokens[index + 2..source.closing(index + 1)];
        let first = attribute.first().map_or("", |token| token.text.as_str());
        let says_ignore = attribute.iter().any(|token| token.kind == Kind::Name && token.text == "ignore");
        if says_ignore && ["ignore", "cfg_attr"].contains(&first) {
            let message = "a test that is ignored is not a test: make it run or remove it";
            findings.push(source.finding(pair[0].line, "ambient", message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&fixture(path, text)).len()
    }

    #[test]
    fn each_ambient_thing_is_found_in_the_core() {
        for text in [
            "fn a() { SystemTime::now(); }",
            "fn a() { std::time::Instant::now(); }",
            "fn a() { tokio::spawn(b); }",
            "fn a() { tokio::time::sleep(b); }",
            "use tokio::task::spawn;",
            "use tokio::runtime::Handle;",
            "use tokio::net::TcpStream;",
            "use tokio::fs::File;",
            "fn a() { std::thread::spawn(b); }",
            "fn a() { thread::sleep(b); }",
            "fn a() { rand::random(); }",
            "use std::fs::File;",
            "use std::net::TcpStream;",
            "fn a() { std::env::var(b); }",
            "use std::collections::HashMap;",
            "fn a() { select! { HashSet::new() } }",
        ] {
            assert_eq!(found("crates/engine/src/a.rs", text), 1, "{text}");
        }
        assert_eq!(BANNED.len(), 16, "a case for each row above");
    }

    #[test]
    fn locks_and_channels_are_no_clock() {
        assert_eq!(found("crates/engine/src/a.rs", "use tokio::sync::{watch, Mutex};"), 0);
    }

    #[test]
    fn programs_have_a_clock_and_adapters_do_not() {
        assert_eq!(found("crates/anytill/src/clock.rs", "fn a() { SystemTime::now(); }"), 0);
        assert_eq!(found("crates/cards/src/lithic.rs", "fn a() { SystemTime::now(); }"), 1);
        assert_eq!(found("crates/cards/src/lithic.rs", "fn a() { Instant::now(); tokio::spawn(b); }"), 0);
    }

    #[test]
    fn ignored_tests_are_found_everywhere() {
        for text in ["#[ignore]", "#[ignore = \"slow\"]", "#[cfg_attr(miri, ignore)]"] {
            assert_eq!(found("crates/web/tests/a.rs", &format!("#[test]\n{text}\nfn a() {{}}")), 1, "{text}");
        }
        assert_eq!(found("crates/web/src/a.rs", "#[serde(ignore)] struct A; // #[ignore]"), 0);
    }
}
