//! Preimages: derived, never stored, never used twice (DESIGN: BOLT 2 hashes; the core speaks of hashes only).

use hmac::{Hmac, Mac};
use ids::{PaymentHash, PurchaseId};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Separates this use of the secret from any other.
const DOMAIN: &[u8] = b"anytill preimage v1\n";

/// The secret that preimages come from. Who has it can claim every hold: as secret as the seed.
pub struct PreimageSeal([u8; 32]);

impl PreimageSeal {
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// `HMAC-SHA256(secret, "anytill preimage v1\n" || purchase || invoice number, 4 bytes big-endian)`.
    /// A purchase's id is random and an invoice's number rises, so no two invoices share one.
    pub fn preimage(&self, purchase: PurchaseId, invoice_number: u32) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(DOMAIN);
        mac.update(&purchase.0);
        mac.update(&invoice_number.to_be_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// SHA-256 of the preimage.
    pub fn payment_hash(&self, purchase: PurchaseId, invoice_number: u32) -> PaymentHash {
        PaymentHash(Sha256::digest(*self.preimage(purchase, invoice_number)).into())
    }
}

impl Drop for PreimageSeal {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PreimageSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreimageSeal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invoice_has_its_own_for_ever() {
        let seal = PreimageSeal::new([5; 32]);
        let purchase = PurchaseId([7; 16]);
        assert_eq!(seal.preimage(purchase, 1), PreimageSeal::new([5; 32]).preimage(purchase, 1));
        assert_ne!(seal.preimage(purchase, 1), seal.preimage(purchase, 2));
        assert_ne!(seal.preimage(purchase, 1), seal.preimage(PurchaseId([8; 16]), 1));
        assert_ne!(seal.preimage(purchase, 1), PreimageSeal::new([6; 32]).preimage(purchase, 1));
        // Holds that were accepted under an older program must stay claimable.
        assert_eq!(seal.payment_hash(purchase, 1).to_string(), KNOWN);
        assert_eq!(format!("{seal:?}"), "PreimageSeal(..)");
    }

    /// By Python: `sha256(hmac.digest(b"\x05"*32, b"anytill preimage v1\n" + b"\x07"*16 + b"\0\0\0\1", "sha256"))`.
    const KNOWN: &str = "200ade99aad55ea75e71d7bad32e0eb3670d67ad5a2add504bab6fd02f2d2afc";
}
