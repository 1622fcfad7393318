//! The terms: what the invoice commits to, in canonical bytes that Rust and the extension agree on.
//!
//! The format is `anytill-terms-v1`, then one `name=value` a line in this fixed order, each line ended by a line feed,
//! values without line feeds, UTF-8. Nothing is optional, so two terms differ in bytes if they differ in anything.

use crate::{ClaimOn, Quote};
use ids::{NodeId, Nonce, PurchaseId, TermsHash};
use sha2::{Digest, Sha256};

/// What the shopper agrees to by paying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms<'a> {
    /// The server's address as paired, `https://till.example`.
    pub server: &'a str,
    pub node: NodeId,
    pub purchase: PurchaseId,
    pub store_host: &'a str,
    pub quote: &'a Quote,
    pub claim_on: ClaimOn,
    /// Chosen by the extension.
    pub nonce: Nonce,
}

/// A value that would break the lines apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has a character that terms cannot hold")]
pub struct BadTerms(pub &'static str);

impl Terms<'_> {
    /// The canonical bytes.
    pub fn canonical(&self) -> Result<String, BadTerms> {
        let quote = self.quote;
        let claim_on = match self.claim_on {
            ClaimOn::Authorization => "authorization",
            ClaimOn::Reveal => "reveal",
        };
        for (name, value) in [("server", self.server), ("store", self.store_host)] {
            if value.is_empty() || value.chars().any(char::is_control) {
                return Err(BadTerms(name));
            }
        }
        Ok(format!(
            "anytill-terms-v1\nserver={}\nnode={}\npurchase={}\nstore={}\ntotal_minor={}\ncurrency={}\nfee_minor={}\n\
             rate_micro={}\nspread_ppm={}\namount_msat={}\nexpires_at_ms={}\nclaim_on={claim_on}\nnonce={}\n",
            self.server,
            self.node,
            self.purchase,
            self.store_host,
            quote.order_total.minor(),
            quote.order_total.currency(),
            quote.fee.minor(),
            quote.rate.micro_per_btc(),
            quote.spread.0,
            quote.amount_msat.get(),
            quote.expires_at.0,
            self.nonce,
        ))
    }

    /// SHA-256 of the canonical bytes.
    pub fn hash(&self) -> Result<TermsHash, BadTerms> {
        Ok(TermsHash(Sha256::digest(self.canonical()?).into()))
    }
}

/// `Anytill <code> <total> <currency> <hash of the terms, 32 hex>`: short, shown by wallets, free of the store's name.
/// Half of the hash, 128 bits: enough against a second preimage, short enough for a wallet's line.
pub fn description(purchase: PurchaseId, quote: &Quote, hash: TermsHash) -> String {
    let total = quote.order_total;
    format!("Anytill {} {} {} {}", code(purchase), total.decimal(), total.currency(), hex::encode(&hash.0[..16]))
}

/// Eight characters without look-alikes (Crockford's alphabet) from the purchase's random identifier.
pub fn code(purchase: PurchaseId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = purchase.0[..5].iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
    (0..8).rev().map(|i| char::from(ALPHABET[usize::try_from((bits >> (i * 5)) & 31).unwrap_or(0)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{QuoteInput, make_quote};
    use ids::UnixMs;
    use money::{Currency, Money, Ppm, Rate};

    fn quote() -> Quote {
        make_quote(&QuoteInput {
            number: 1,
            order_total: Money::parse("27.11", Currency::USD).unwrap(),
            fee: Money::zero(Currency::USD),
            executable: Rate::parse("5457.386", Currency::USD).unwrap(),
            spread: Ppm(0),
            observed_at: UnixMs(1),
            expires_at: UnixMs(600_000),
            market: None,
        })
        .unwrap()
    }

    #[test]
    fn a_line_feed_cannot_smuggle_a_line() {
        let quote = quote();
        let terms = Terms {
            server: "https://till.example",
            node: NodeId([2; 33]),
            purchase: PurchaseId([7; 16]),
            store_host: "shop.example\nnonce=00",
            quote: &quote,
            claim_on: ClaimOn::Authorization,
            nonce: Nonce([9; 16]),
        };
        assert_eq!(terms.hash(), Err(BadTerms("store")));
    }

    #[test]
    fn description_is_short() {
        let quote = quote();
        let text = description(PurchaseId([0xff; 16]), &quote, TermsHash([0xab; 32]));
        assert_eq!(text, format!("Anytill ZZZZZZZZ 27.11 USD {}", "ab".repeat(16)));
    }
}
