//! The words of the glossary, no others: a name that means two things to two people is an accident waiting.

use super::Finding;
use super::source::{Kind, Source};

/// How a banned word stands in a name.
#[derive(Clone, Copy)]
enum As {
    /// Anywhere in it: `settle` in `settle_hold` and `HoldSettled` alike.
    Part,
    /// Only the bare name: `payment`, not `payment_hash`.
    Whole,
}

struct Banned {
    words: &'static [&'static str],
    how: As,
    crates: &'static [&'static str],
    instead: &'static str,
}

/// Where purchases are spoken of. Adapters and the sandbox speak their vendors' languages.
const OURS: &[&str] =
    &["money", "ledger", "purchase", "ports", "engine", "accounts", "storage", "web", "faultsim", "anytill", "lab"];
/// As [`OURS`], without `storage`, whose database has transactions, and the binaries, which see a chain.
const CORE: &[&str] = &["money", "ledger", "purchase", "ports", "engine", "accounts", "web", "faultsim"];

const BANNED: &[Banned] = &[
    Banned {
        words: &["settle", "settles", "settled", "settling", "settlement", "settlements"],
        how: As::Part,
        crates: OURS,
        instead: "a hold is `claimed` or `returned`, a purchase `completed`, an authorization `captured`",
    },
    Banned {
        words: &["release", "releases", "released", "releasing"],
        how: As::Part,
        crates: OURS,
        instead: "it means taking to some and giving back to others: `claim` or `return`",
    },
    Banned {
        words: &["payment", "payments", "transaction", "transactions", "tx", "txn"],
        how: As::Whole,
        crates: CORE,
        instead: "say which: hold, invoice, authorization, capture, fill, refund, send, posting",
    },
    Banned { words: &["customer", "customers"], how: As::Part, crates: CORE, instead: "who buys is the `shopper`" },
];

/// Names that are right although a rule forbids their words; a trailing `*` allows what follows.
const ALLOWED: &[(&str, &str)] = &[
    ("settlement_window*", "the issuer's time between a void or a refund and its being final"),
    ("SettlementWindow*", "the same, as a type"),
    ("SETTLEMENT_WINDOW*", "the same, as a constant"),
];

pub fn check(source: &Source) -> Vec<Finding> {
    let krate = source.krate();
    let rules: Vec<_> = BANNED.iter().filter(|banned| banned.crates.contains(&krate)).collect();
    let mut findings = Vec::new();
    for token in source.tokens.iter().filter(|token| token.kind == Kind::Name) {
        if is_allowed(&token.text) {
            continue;
        }
        for banned in rules.iter().filter(|banned| banned.matches(&token.text)) {
            let message = format!("`{}` is not a word of this house: {}", token.text, banned.instead);
            findings.push(source.finding(token.line, "names", message));
        }
    }
    findings.dedup();
    findings
}

impl Banned {
    fn matches(&self, name: &str) -> bool {
        match self.how {
            As::Whole => self.words.contains(&name.to_lowercase().as_str()),
            As::Part => words(name).iter().any(|word| self.words.contains(&word.as_str())),
        }
    }
}

fn is_allowed(name: &str) -> bool {
    ALLOWED.iter().any(|(pattern, _)| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *pattern,
    })
}

/// `HoldReleased`, `hold_released` and `HOLD_RELEASED` are all `hold`, `released`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for letter in name.chars() {
        let starts_word = letter.is_uppercase() && after_lower;
        if (letter == '_' || starts_word) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter != '_', words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        after_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&fixture(path, text)).len()
    }

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("HoldReleasedAt"), ["hold", "released", "at"]);
        assert_eq!(words("hold_released2"), ["hold", "released2"]);
        assert_eq!(words("MSAT_MAX"), ["msat", "max"]);
    }

    #[test]
    fn banned_words_are_found_in_every_spelling() {
        for name in ["settle", "settle_hold", "HoldSettled", "SETTLED", "release_hold", "HoldReleased"] {
            assert_eq!(found("crates/purchase/src/a.rs", &format!("fn f() {{ {name}; }}")), 1, "{name}");
        }
        for name in ["Payment", "payment", "transactions", "Tx"] {
            assert_eq!(found("crates/engine/src/a.rs", &format!("struct A {{ {name}: u8 }}")), 1, "{name}");
        }
        assert_eq!(found("crates/ports/src/a.rs", "struct CustomerId;"), 1);
    }

    #[test]
    fn a_word_in_a_longer_name_or_a_comment_is_no_breach() {
        let text =
            "// settle, release, payment\nstruct A { payment_hash: u8, unsettling: u8, settlement_window_ms: u64 }";
        assert_eq!(found("crates/purchase/src/a.rs", text), 0);
    }

    #[test]
    fn adapters_speak_their_vendors_language() {
        assert_eq!(found("crates/lightning/src/lnd.rs", "fn settle_invoice(payment: Payment) {}"), 0);
        assert_eq!(found("crates/storage/src/sqlite.rs", "fn f() { connection.transaction(); }"), 0);
    }
}
