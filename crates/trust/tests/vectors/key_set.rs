//! Key sets as a server sends them, and what an extension that has pinned a root makes of each.

use ids::{NodeId, UnixMs};
use serde_json::{Value, json};
use trust::{KeySet, OperatorSeed, Pinned, Signature, SignedKeySet, sign, verify};

const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

fn seed() -> OperatorSeed {
    OperatorSeed::from_words(WORDS).expect("the phrase of BIP39's first vector")
}

fn nodes() -> Vec<NodeId> {
    let mut nodes = vec![super::invoice::node_key(1).1, super::invoice::node_key(2).1];
    nodes.sort();
    nodes
}

fn set(version: u32) -> KeySet {
    KeySet {
        version,
        issued_at: UnixMs(1_763_870_000_000 + u64::from(version)),
        root: seed().root_key(0).verifying_key(),
        previous_root: None,
        nodes: nodes(),
        recipe_keys: vec![seed().recipe_key(0).verifying_key()],
    }
}

fn signed(set: &KeySet) -> SignedKeySet {
    let root = [0, 1, 2].map(|generation| seed().root_key(generation));
    let of = |key| root.iter().find(|root| root.verifying_key() == key).expect("a root of the tests");
    sign(set, of(set.root), set.previous_root.map(of)).expect("a set of the tests")
}

fn case(name: &str, signed: &SignedKeySet, pinned: &Pinned) -> Value {
    let (result, after) = match verify(signed, pinned) {
        Ok(accepted) => (
            json!("ok"),
            json!({ "pinned": accepted.pinned, "nodes": accepted.set.nodes, "recipe_keys": accepted.set.recipe_keys }),
        ),
        Err(fault) => (json!(fault), Value::Null),
    };
    json!({ "name": name, "signed": signed, "pinned": pinned, "result": result, "after": after })
}

fn text_changed(from: &str, to: &str) -> SignedKeySet {
    let good = signed(&set(2));
    let key_set = good.key_set.replacen(from, to, 1);
    assert_ne!(key_set, good.key_set);
    SignedKeySet { key_set, ..good }
}

/// Signed well, but not in the one form.
fn resigned(key_set: String) -> SignedKeySet {
    let signature = seed().root_key(0).sign(&key_set);
    SignedKeySet { key_set, signature, previous_signature: None }
}

fn upper_half(signature: Signature) -> Signature {
    let mut bytes = signature.0;
    let s = bitcoin::secp256k1::SecretKey::from_slice(&bytes[32..]).expect("s is in range").negate();
    bytes[32..].copy_from_slice(&s.secret_bytes());
    Signature(bytes)
}

pub fn vectors() -> Value {
    let root = |generation| seed().root_key(generation).verifying_key();
    let paired = Pinned::root(root(0));
    let first = signed(&set(1));
    let pinned = verify(&signed(&set(2)), &paired).expect("good").pinned;
    let rotated = KeySet { root: root(1), previous_root: Some(root(0)), ..set(3) };
    let again = KeySet { root: root(2), previous_root: Some(root(1)), ..set(4) };
    let on_new_root = verify(&signed(&rotated), &pinned).expect("good").pinned;
    let other_node = KeySet { nodes: nodes()[..1].to_vec(), ..set(2) };
    let good = signed(&set(3));
    let foreign = OperatorSeed::new([9; 64]).root_key(0);
    let stranger = KeySet { root: foreign.verifying_key(), ..set(3) };
    let claims_to_follow = KeySet { previous_root: Some(root(0)), ..stranger.clone() };
    let own_word = foreign.sign(&claims_to_follow.text().expect("a set"));
    let usurper = SignedKeySet {
        key_set: claims_to_follow.text().expect("a set"),
        signature: own_word,
        previous_signature: Some(own_word),
    };
    let text = set(2).text().expect("a set");
    let cases = [
        case("first after pairing", &first, &paired),
        case("newer", &good, &pinned),
        case("the same again", &signed(&set(2)), &pinned),
        case("older", &first, &pinned),
        case("same version, another text", &signed(&other_node), &pinned),
        case("rotated", &signed(&rotated), &pinned),
        case("rotated, first after pairing with the old root", &signed(&rotated), &paired),
        case("rotated twice, the set between missed", &signed(&again), &pinned),
        case("rotated twice, one after the other", &signed(&again), &on_new_root),
        case("old root after the rotation", &signed(&set(4)), &on_new_root),
        case(
            "rotated without the old root's word",
            &SignedKeySet { previous_signature: None, ..signed(&rotated) },
            &pinned,
        ),
        case("another server's", &sign(&stranger, &foreign, None).expect("a set"), &pinned),
        case("another server's that claims to follow", &usurper, &pinned),
        case("node changed", &text_changed(&nodes()[0].to_string(), &format!("02{}", "00".repeat(32))), &paired),
        case("version changed", &text_changed("version=2", "version=9"), &paired),
        case("signature of another set", &SignedKeySet { signature: first.signature, ..good.clone() }, &paired),
        case(
            "signature with s in the upper half",
            &SignedKeySet { signature: upper_half(good.signature), ..good },
            &paired,
        ),
        case("line feed missing", &resigned(text.trim_end().to_owned()), &paired),
        case("line too many", &resigned(format!("{text}note=hello\n")), &paired),
        case("leading zero", &resigned(text.replace("version=2", "version=02")), &paired),
        case(
            "key in capitals",
            &resigned(text.replace(&nodes()[0].to_string(), &nodes()[0].to_string().to_uppercase())),
            &paired,
        ),
        case(
            "no node",
            &resigned(text.lines().filter(|l| !l.starts_with("node=")).map(|l| format!("{l}\n")).collect()),
            &paired,
        ),
    ];
    json!({
        "about": "The text is signed as it is sent: ECDSA on secp256k1 over its SHA-256, r and s of 32 bytes, s in the lower half. `pinned` is what the extension knew, `after` what it knows then. The first fault of: not_a_key_set, bad_signature, unknown_root, older, differs.",
        "seed_words": WORDS,
        "cases": cases,
    })
}
