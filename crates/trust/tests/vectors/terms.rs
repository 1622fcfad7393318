//! The canonical terms, their hash and the invoice's description.

use crate::amounts;
use ids::{NodeId, Nonce, PurchaseId};
use purchase::terms::{Terms, code, description};
use purchase::{ClaimOn, Quote};
use serde_json::{Value, json};

pub fn node() -> NodeId {
    super::invoice::node_key(1).1
}

/// Terms of the tests over one quote of [`amounts::QUOTES`].
pub fn terms(quote: &Quote, index: u8, claim_on: ClaimOn) -> Terms<'_> {
    Terms {
        server: if index.is_multiple_of(2) { "https://till.example" } else { "http://127.0.0.1:8480" },
        node: node(),
        purchase: PurchaseId(std::array::from_fn(|i| index.wrapping_mul(37).wrapping_add(i as u8 * 11))),
        store_host: ["shop.example", "www.b\u{fc}cher.example", "xn--bcher-kva.example"][usize::from(index) % 3],
        quote,
        claim_on,
        nonce: Nonce([index + 1; 16]),
    }
}

fn case(index: u8, claim_on: ClaimOn) -> Value {
    let quote = amounts::quote(usize::from(index));
    let terms = terms(&quote, index, claim_on);
    let hash = terms.hash().expect("terms of the tests");
    let text = terms.canonical().expect("terms of the tests");
    json!({
        "terms": {
            "server": terms.server,
            "node": terms.node,
            "purchase": terms.purchase,
            "store": terms.store_host,
            "total_minor": quote.order_total.minor().to_string(),
            "currency": quote.order_total.currency().code(),
            "fee_minor": quote.fee.minor().to_string(),
            "rate_micro": quote.rate.micro_per_btc().to_string(),
            "spread_ppm": quote.spread.0.to_string(),
            "amount_msat": quote.amount_msat.get().to_string(),
            "expires_at_ms": quote.expires_at.0.to_string(),
            "claim_on": claim_on,
            "nonce": terms.nonce,
        },
        "text": text,
        "utf8_hex": hex::encode(&text),
        "hash": hash,
        "code": code(terms.purchase),
        "description": description(terms.purchase, &quote, hash),
    })
}

fn refused(server: &str, store_host: &str) -> Value {
    let quote = amounts::quote(0);
    let terms = Terms { server, store_host, ..terms(&quote, 0, ClaimOn::Authorization) };
    let field = terms.hash().expect_err("terms that cannot be").0;
    json!({ "server": server, "store": store_host, "field": field })
}

pub fn vectors() -> Value {
    let server = "https://till.example";
    let (authorization, reveal) = (ClaimOn::Authorization, ClaimOn::Reveal);
    let policies = [authorization, authorization, reveal, authorization, reveal, authorization, reveal, authorization];
    let cases = (0u8..).zip(policies).map(|(index, claim_on)| case(index, claim_on)).collect::<Vec<_>>();
    json!({
        "about": "hash: SHA-256 of the text's UTF-8. description: what the invoice says. refused: an empty value or one with a control character (Unicode Cc) makes no terms.",
        "cases": cases,
        "refused": [
            refused(server, ""),
            refused("", "shop.example"),
            refused(server, "shop.example\nnonce=00"),
            refused(server, "shop.example\r"),
            refused("https://till.example\u{0}", "shop.example"),
            refused(server, "shop\u{85}.example"),
        ],
    })
}
