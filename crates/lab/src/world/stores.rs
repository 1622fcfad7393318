//! What the operator of this world knows of stores. Facts are the stores' own help pages: Amazon charges when it ships, a
//! shipment at a time; the others when the order is placed.

use std::fmt::Write as _;

/// Every country site of Amazon.
const AMAZON: [&str; 23] = [
    "amazon.com",
    "amazon.ca",
    "amazon.com.mx",
    "amazon.com.br",
    "amazon.co.uk",
    "amazon.de",
    "amazon.fr",
    "amazon.it",
    "amazon.es",
    "amazon.nl",
    "amazon.se",
    "amazon.pl",
    "amazon.com.be",
    "amazon.ie",
    "amazon.com.tr",
    "amazon.ae",
    "amazon.sa",
    "amazon.eg",
    "amazon.in",
    "amazon.co.jp",
    "amazon.sg",
    "amazon.com.au",
    "amazon.co.za",
];

/// Stores that charge the whole order when it is placed.
const OTHERS: [(&str, &str); 7] = [
    ("ebay.com", "eBay"),
    ("target.com", "Target"),
    ("etsy.com", "Etsy"),
    ("aliexpress.com", "AliExpress"),
    ("aliexpress.us", "AliExpress"),
    ("dominos.com", "Domino's"),
    ("myshopify.com", "Shopify"),
];

/// `[[stores]]` of the configuration.
pub fn rules() -> String {
    let mut text = String::new();
    for host in AMAZON {
        // A month: an order may be shipped in parts and late.
        let _ = write!(
            text,
            "[[stores]]\nhost = \"{host}\"\nname = \"Amazon\"\nclaim_on = \"reveal\"\nsplits = true\n\
             card_open_secs = 2592000\n\n"
        );
    }
    for (host, name) in OTHERS {
        let _ = write!(text, "[[stores]]\nhost = \"{host}\"\nname = \"{name}\"\n\n");
    }
    text
}
