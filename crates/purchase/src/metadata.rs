//! What a wallet that fetches its invoice itself is shown, and what that invoice commits to (LUD-06).

use crate::{ClaimOn, Quote, terms};
use ids::{PurchaseId, TermsHash};

/// The `metadata` of a pay request: a JSON array of arrays, the same bytes for the same quote. `text/plain` is what the
/// BOLT 11 invoice has as its description; `text/long-desc` says the terms in words, with their whole hash. The store is
/// named in neither: a wallet's makers need not learn where the shopper buys.
pub fn metadata(purchase: PurchaseId, quote: &Quote, terms_hash: TermsHash, claim_on: ClaimOn) -> String {
    let (total, currency) = (quote.order_total, quote.order_total.currency());
    let promise = match claim_on {
        ClaimOn::Authorization => "It is held, and taken only when the store charges the card; else it goes back.",
        ClaimOn::Reveal => "It is taken when the card can be used; what the store does not take is paid back.",
    };
    // Nothing in it needs escaping: digits, letters of a currency's code, hex, and these words.
    format!(
        r#"[["text/plain","{}"],["text/long-desc","Order total {} {currency}, fee {} {currency}, {} {currency} per bitcoin: {} BTC. {promise} Terms: SHA-256 {terms_hash}"]]"#,
        terms::description(purchase, quote, terms_hash),
        total.decimal(),
        quote.fee.decimal(),
        quote.rate.decimal(),
        quote.amount_msat.sat_ceil().btc_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{QuoteInput, make_quote};
    use ids::UnixMs;
    use money::{Currency, Money, Ppm, Rate};

    #[test]
    fn it_is_json_and_says_the_terms() {
        let quote = make_quote(&QuoteInput {
            number: 1,
            order_total: Money::parse("27.11", Currency::USD).unwrap(),
            fee: Money::zero(Currency::USD),
            executable: Rate::parse("5457.386", Currency::USD).unwrap(),
            spread: Ppm(0),
            observed_at: UnixMs(1),
            expires_at: UnixMs(600_000),
            market: None,
        })
        .unwrap();
        let text = metadata(PurchaseId([0xff; 16]), &quote, TermsHash([0xab; 32]), ClaimOn::Authorization);
        let read: Vec<(String, String)> = serde_json::from_str(&text).unwrap();
        assert_eq!(read[0], ("text/plain".to_owned(), format!("Anytill ZZZZZZZZ 27.11 USD {}", "ab".repeat(16))));
        assert_eq!(
            read[1].1,
            format!(
                "Order total 27.11 USD, fee 0.00 USD, 5457.386 USD per bitcoin: 0.00496758 BTC. It is held, and taken \
                 only when the store charges the card; else it goes back. Terms: SHA-256 {}",
                "ab".repeat(32)
            )
        );
        assert_eq!((read.len(), read[1].0.as_str()), (2, "text/long-desc"));
    }
}
