//! No floating point near an amount: 0.1 + 0.2 is not 0.3, and a cent that is lost here is looked for everywhere.

use super::Finding;
use super::source::{Kind, Source, Token};

/// Where amounts are computed or carried.
const CRATES: &[&str] =
    &["money", "ledger", "purchase", "engine", "ports", "accounts", "exchanges", "prices", "faultsim"];

pub fn check(source: &Source) -> Vec<Finding> {
    if !CRATES.contains(&source.krate()) {
        return Vec::new();
    }
    let floats = source.tokens.iter().filter(|token| is_float(token));
    let message = |token: &Token| format!("`{}`: amounts are integers, rates are exact decimals", token.text);
    floats.map(|token| source.finding(token.line, "floats", message(token))).collect()
}

fn is_float(token: &Token) -> bool {
    match token.kind {
        Kind::Name => token.text == "f32" || token.text == "f64",
        Kind::Literal => is_float_literal(&token.text),
        _ => false,
    }
}

/// `1.5`, `1e9`, `1f64`; not `0xf32`, `"1.5"`, `b'.'`.
fn is_float_literal(text: &str) -> bool {
    let decimal = text.starts_with(|c: char| c.is_ascii_digit())
        && !["0x", "0o", "0b"].iter().any(|prefix| text.starts_with(prefix));
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '_')).map_or("", |end| &text[end..]);
    decimal && (digits.starts_with(['.', 'e', 'E']) || digits == "f32" || digits == "f64")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&fixture(path, text)).len()
    }

    #[test]
    fn floats_are_found_where_amounts_are() {
        for text in ["fn a(b: f64) {}", "const A: u8 = b as f32 as u8;", "fn a() { 1.5; }", "fn a() { 1e9; 2f64; }"] {
            assert!(found("crates/money/src/a.rs", text) > 0, "{text}");
        }
        assert_eq!(found("crates/exchanges/src/kraken.rs", "struct A { price: f64 }"), 1);
        assert_eq!(found("crates/purchase/tests/a.rs", "fn a() { let b = 0.5; }"), 1);
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        let text = "fn a() { 0xf32; \"1.5\"; t.0; 1_000u64; 0b1; 'e'; 1..5; } // f64 1.5";
        assert_eq!(found("crates/money/src/a.rs", text), 0);
        assert_eq!(found("crates/web/src/metrics.rs", "fn a(seconds: f64) {}"), 0);
    }
}
