//! The search itself: what is planted is found, in each form and each place.

use crate::evidence::{SEED_FILE, kept_with};
use crate::search::Needles;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rusqlite::Connection;

const SECRET: &str = "whsec_c2VjcmV0/of+a?vendor~";

/// As programs write text down.
fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let bytes = SECRET.as_bytes();
    let wide = |order: fn(u16) -> [u8; 2]| SECRET.encode_utf16().flat_map(order).collect();
    vec![
        ("clear", bytes.to_vec()),
        ("in words", format!("the key {SECRET}, refused").into_bytes()),
        ("hex", format!("a{}", hex::encode(bytes)).into_bytes()),
        ("HEX", hex::encode_upper(bytes).into_bytes()),
        ("Base64", STANDARD.encode(bytes).into_bytes()),
        ("Base64 after one byte", STANDARD.encode([b"x", bytes, b"yz"].concat()).into_bytes()),
        ("Base64 after two bytes", URL_SAFE_NO_PAD.encode([b"xy", bytes, b"z"].concat()).into_bytes()),
        ("basic authentication", STANDARD.encode(format!("{SECRET}:")).into_bytes()),
        ("backwards", bytes.iter().rev().copied().collect()),
        ("UTF-16", wide(u16::to_le_bytes)),
        ("UTF-16 big endian", wide(u16::to_be_bytes)),
    ]
}

#[test]
fn a_planted_secret_is_found_in_every_form() {
    let needles = Needles::secret("planted", SECRET);
    for (form, bytes) in forms() {
        assert!(!needles.in_bytes(&bytes).is_empty(), "not found: {form}");
    }
    assert!(needles.in_bytes(b"whsec_c2VjcmV0/of+another").is_empty(), "what is something else is found");
    let raw = [7u8, 1, 250, 3, 99, 0, 128, 255, 17];
    let needles = Needles::bytes("raw", &raw);
    for planted in [raw.to_vec(), format!("{raw:?}").into_bytes(), hex::encode(raw).into_bytes()] {
        assert!(!needles.in_bytes(&planted).is_empty(), "{planted:?}");
    }
    let pin = Needles::named("PIN", &["pin"], "4711");
    for planted in [r#"{"pin":"4711"}"#, "pin: Some(\"4711\")", r#"{\"pin\":\"4711\"}"#, "pin=4711"] {
        assert!(!pin.in_bytes(planted.as_bytes()).is_empty(), "{planted}");
    }
    assert!(pin.in_bytes(b"port 4711").is_empty());
    let lines = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END";
    assert!(!Needles::secret("PEM", lines).in_bytes(lines.replace('\n', "\\n").as_bytes()).is_empty());
}

#[test]
fn a_planted_secret_is_found_in_every_place() {
    let dir = tempfile::tempdir().unwrap();
    let needles = Needles::secret("planted", SECRET);
    let found = || kept_with(dir.path(), &needles).found;
    std::fs::create_dir(dir.path().join("node")).unwrap();
    std::fs::write(dir.path().join("log"), "nothing").unwrap();
    std::fs::write(dir.path().join(SEED_FILE), SECRET).unwrap();
    assert_eq!(found(), Vec::<String>::new(), "the file of the seed words is left out");
    std::fs::write(dir.path().join("node/ldk.log"), format!("TRACE {SECRET}")).unwrap();
    assert!(matches!(&found()[..], [one] if one.contains("ldk.log")), "{:#?}", found());
    std::fs::remove_file(dir.path().join("node/ldk.log")).unwrap();

    // Far into a long value, so that it is on a page of its own, and still only in the log of the database.
    let path = dir.path().join("some.sqlite");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (a INTEGER, b BLOB, c TEXT)").unwrap();
    let long = format!("{}{SECRET}{}", "x".repeat(9_000), "y".repeat(9_000));
    conn.execute("INSERT INTO t VALUES (1, x'00', ?1)", [&long]).unwrap();
    assert!(found().iter().any(|what| what.ends_with("(t.c)")), "{:#?}", found());
    conn.execute("UPDATE t SET c = NULL, b = ?1", [hex::encode(SECRET)]).unwrap();
    assert!(found().iter().any(|what| what.ends_with("(t.b)")), "{:#?}", found());
}
