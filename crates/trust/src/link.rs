//! Addresses that wallets are given: whoever knows a purchase's identifier (the issuer does) must not know them too.

use hmac::{Hmac, Mac};
use ids::PurchaseId;
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroize;

/// Separates this use of the secret from any other.
const DOMAIN: &[u8] = b"anytill pay link v1\n";

/// The secret that they come from.
pub struct LinkSeal([u8; 32]);

impl LinkSeal {
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The first 8 bytes of `HMAC-SHA256(secret, "anytill pay link v1\n" || purchase)`: with the identifier, what a
    /// purchase's pay link ends in. It is guessed over the network only, where requests are counted.
    pub fn tag(&self, purchase: PurchaseId) -> [u8; 8] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(DOMAIN);
        mac.update(&purchase.0);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        std::array::from_fn(|i| whole[i])
    }
}

impl Drop for LinkSeal {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for LinkSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSeal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purchase_has_its_own() {
        let seal = LinkSeal::new([5; 32]);
        assert_eq!(seal.tag(PurchaseId([7; 16])), LinkSeal::new([5; 32]).tag(PurchaseId([7; 16])));
        assert_ne!(seal.tag(PurchaseId([7; 16])), seal.tag(PurchaseId([8; 16])));
        assert_ne!(seal.tag(PurchaseId([7; 16])), LinkSeal::new([6; 32]).tag(PurchaseId([7; 16])));
        assert_eq!(format!("{seal:?}"), "LinkSeal(..)");
    }
}
