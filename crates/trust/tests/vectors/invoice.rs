//! Real BOLT11 invoices, signed with test keys, and what the check makes of each.

use crate::{amounts, terms};
use bitcoin::Network;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use ids::{NodeId, UnixMs};
use lightning_invoice::{Bolt11Invoice, Currency, InvoiceBuilder, PaymentSecret, RouteHint, RouteHintHop, RoutingFees};
use money::Msat;
use purchase::ClaimOn;
use purchase::terms::description;
use serde_json::{Value, json};
use std::time::Duration;
use trust::{ExpectedInvoice, check_invoice};

const CREATED_SECS: u64 = 1_763_870_000;
const EXPIRY_SECS: u64 = 600;

pub fn node_key(byte: u8) -> (SecretKey, NodeId) {
    let secret = SecretKey::from_slice(&[byte; 32]).expect("in range");
    (secret, NodeId(PublicKey::from_secret_key(&Secp256k1::new(), &secret).serialize()))
}

/// What differs from the good invoice.
struct Made {
    network: Currency,
    signer: u8,
    amount_msat: Option<u64>,
    text: Option<String>,
    names_payee: bool,
    hinted: bool,
}

/// Of the reference quote.
fn good_text() -> String {
    let quote = amounts::quote(0);
    let terms = terms::terms(&quote, 0, ClaimOn::Authorization);
    description(terms.purchase, &quote, terms.hash().expect("terms of the tests"))
}

fn amount_msat() -> Msat {
    amounts::quote(0).amount_msat
}

fn good() -> Made {
    Made {
        network: Currency::Regtest,
        signer: 1,
        amount_msat: Some(amount_msat().get()),
        text: Some(good_text()),
        names_payee: false,
        hinted: false,
    }
}

fn hint() -> RouteHint {
    let fees = RoutingFees { base_msat: 1_000, proportional_millionths: 100 };
    RouteHint(vec![RouteHintHop {
        src_node_id: PublicKey::from_slice(&node_key(5).1.0).expect("a key"),
        short_channel_id: (800_000 << 40) | (7 << 16) | 1,
        fees,
        cltv_expiry_delta: 72,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    }])
}

fn bolt11(made: &Made) -> String {
    let (secret, _) = node_key(made.signer);
    let builder = InvoiceBuilder::new(made.network.clone());
    let builder = match &made.text {
        Some(text) => builder.description(text.clone()),
        None => builder.description_hash(sha256::Hash::hash(good_text().as_bytes())),
    };
    let mut builder = builder
        .payment_hash(sha256::Hash::hash(&[6; 32]))
        .payment_secret(PaymentSecret([8; 32]))
        .duration_since_epoch(Duration::from_secs(CREATED_SECS))
        .expiry_time(Duration::from_secs(EXPIRY_SECS))
        .min_final_cltv_expiry_delta(80)
        .basic_mpp();
    if let Some(msat) = made.amount_msat {
        builder = builder.amount_milli_satoshis(msat);
    }
    if made.names_payee {
        builder = builder.payee_pub_key(PublicKey::from_secret_key(&Secp256k1::new(), &secret));
    }
    if made.hinted {
        builder = builder.private_route(hint());
    }
    let secp = Secp256k1::new();
    builder
        .build_signed(|hash| secp.sign_ecdsa_recoverable(hash, &secret))
        .expect("an invoice of the tests")
        .to_string()
}

fn fields(text: &str) -> Value {
    let Ok(invoice) = text.parse::<Bolt11Invoice>() else { return Value::Null };
    json!({
        "payee": hex::encode(invoice.recover_payee_pub_key().serialize()),
        "amount_msat": invoice.amount_milli_satoshis().map(|msat| msat.to_string()),
        "created_at_ms": (CREATED_SECS * 1_000).to_string(),
        "expiry_ms": (EXPIRY_SECS * 1_000).to_string(),
        "payment_hash": hex::encode(AsRef::<[u8; 32]>::as_ref(invoice.payment_hash())),
        "min_final_cltv_delta": invoice.min_final_cltv_expiry_delta().to_string(),
        "description": match invoice.description() {
            lightning_invoice::Bolt11InvoiceDescriptionRef::Direct(text) => json!(text.as_inner().0),
            lightning_invoice::Bolt11InvoiceDescriptionRef::Hash(_) => Value::Null,
        },
    })
}

fn case(name: &str, text: &str, now_ms: u64) -> Value {
    let key_set_nodes = [node_key(1).1, node_key(2).1];
    let text_expected = good_text();
    let expected = ExpectedInvoice {
        node: node_key(1).1,
        key_set_nodes: &key_set_nodes,
        network: Network::Regtest,
        amount_msat: amount_msat(),
        description: &text_expected,
    };
    answered(name, text, now_ms, &expected)
}

fn answered(name: &str, text: &str, now_ms: u64, expected: &ExpectedInvoice<'_>) -> Value {
    let (result, checked) = match check_invoice(text, expected, UnixMs(now_ms)) {
        Ok(checked) => {
            let expires_at_ms = checked.expires_at.0.to_string();
            (json!("ok"), json!({ "payment_hash": checked.payment_hash, "expires_at_ms": expires_at_ms }))
        }
        Err(fault) => (json!(fault), Value::Null),
    };
    json!({
        "name": name,
        "bolt11": text,
        "now_ms": now_ms.to_string(),
        "expected": {
            "node": expected.node,
            "key_set_nodes": expected.key_set_nodes,
            "network": expected.network.to_string(),
            "amount_msat": expected.amount_msat.get().to_string(),
            "description": expected.description,
        },
        "fields": fields(text),
        "result": result,
        "checked": checked,
    })
}

fn last_letter_changed(text: &str) -> String {
    let last = if text.ends_with('q') { "p" } else { "q" };
    format!("{}{last}", &text[..text.len() - 1])
}

pub fn vectors() -> Value {
    let now = CREATED_SECS * 1_000 + 5_000;
    let end = (CREATED_SECS + EXPIRY_SECS) * 1_000;
    let plain = bolt11(&good());
    let (node, text) = (node_key(1).1, good_text());
    let not_in_key_set = ExpectedInvoice {
        node,
        key_set_nodes: &[node_key(2).1],
        network: Network::Regtest,
        amount_msat: amount_msat(),
        description: &text,
    };
    let mixed = plain.replacen("lnbcrt", "LNBCRT", 1);
    let cases = [
        case("good", &plain, now),
        case("good, in capitals", &plain.to_uppercase(), now),
        case("good, naming its payee", &bolt11(&Made { names_payee: true, ..good() }), now),
        case("good, with a route hint", &bolt11(&Made { hinted: true, ..good() }), now),
        case("good, in its last millisecond", &plain, end - 1),
        case("expired", &plain, end),
        case("another key of the key set", &bolt11(&Made { signer: 2, ..good() }), now),
        case("a key of nobody", &bolt11(&Made { signer: 3, ..good() }), now),
        case("a key of nobody, naming its payee", &bolt11(&Made { signer: 3, names_payee: true, ..good() }), now),
        answered("a key that left the key set", &plain, now, &not_in_key_set),
        case("one satoshi more", &bolt11(&Made { amount_msat: Some(amount_msat().get() + 1_000), ..good() }), now),
        case("one millisatoshi less", &bolt11(&Made { amount_msat: Some(amount_msat().get() - 1), ..good() }), now),
        case("no amount", &bolt11(&Made { amount_msat: None, ..good() }), now),
        case("other terms", &bolt11(&Made { text: Some(text.replace("27.11", "27.12")), ..good() }), now),
        case("terms and more", &bolt11(&Made { text: Some(format!("{text} ")), ..good() }), now),
        case("no description", &bolt11(&Made { text: Some(String::new()), ..good() }), now),
        case("hash of the description", &bolt11(&Made { text: None, ..good() }), now),
        case("another network", &bolt11(&Made { network: Currency::Bitcoin, ..good() }), now),
        case("check sum", &last_letter_changed(&plain), now),
        case("capitals and small letters", &mixed, now),
        case("empty", "", now),
    ];
    json!({
        "about": "The first fault of: not_an_invoice, wrong_network, wrong_key, wrong_amount, wrong_description, expired. `fields` is what the invoice says, null if it is none. Expired from created_at_ms + expiry_ms on.",
        "cases": cases,
    })
}
