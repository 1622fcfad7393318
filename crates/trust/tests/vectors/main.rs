//! Writes what Rust and TypeScript must agree on to the byte, or checks that the files in `vectors/` are what this code
//! makes. `UPDATE_VECTORS=1 cargo test -p trust --test vectors` writes them; the extension's tests read the same files.
//!
//! Integers are decimal strings, so that no reader takes them through floating point. Nothing in here is random.

mod amounts;
mod currencies;
mod hpke;
mod invoice;
mod key_set;
mod recipes;
mod terms;

use serde_json::Value;
use std::path::PathBuf;

fn same_as_file(name: &str, value: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(name);
    let text = serde_json::to_string_pretty(value).expect("vectors are JSON") + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&path, text).expect("vectors/ can be written");
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == text, "vectors/{name} is not what the code makes; review it, then run with UPDATE_VECTORS=1");
}

#[test]
fn amounts() {
    same_as_file("amounts.json", &amounts::vectors());
}

#[test]
fn currencies() {
    same_as_file("currencies.json", &currencies::vectors());
}

#[test]
fn terms() {
    same_as_file("terms.json", &terms::vectors());
}

#[test]
fn invoice() {
    same_as_file("invoice.json", &invoice::vectors());
}

#[test]
fn hpke() {
    same_as_file("hpke.json", &hpke::vectors());
}

#[test]
fn key_set() {
    same_as_file("keyset.json", &key_set::vectors());
}

#[test]
fn recipes() {
    same_as_file("recipes.json", &recipes::vectors());
}
