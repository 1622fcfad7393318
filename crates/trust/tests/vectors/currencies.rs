//! Every currency that crosses between the extension and the server, with its decimals: what the server's `Currency`
//! accepts is what the extension may read from a page.

use money::Currency;
use serde_json::{Map, Value, json};

pub fn vectors() -> Value {
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    let known: Map<String, Value> = codes
        .filter_map(|code| code.parse::<Currency>().ok())
        .map(|currency| (currency.code().to_owned(), json!(currency.exponent().to_string())))
        .collect();
    json!({
        "about": "ISO 4217 codes that the server takes, each with the decimals of its minor unit.",
        "decimals": known,
    })
}
