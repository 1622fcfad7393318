//! What a wallet signs to log in (LUD-04): 32 random bytes, with a key that it has for this server's host alone.

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, ecdsa::Signature};

/// `signature` is DER, `key` compressed; wallets that do not lower S are let in too.
pub fn is_signed_by_wallet(k1: &[u8; 32], signature: &[u8], key: &[u8; 33]) -> bool {
    let (Ok(key), Ok(mut signature)) = (PublicKey::from_slice(key), Signature::from_der(signature)) else {
        return false;
    };
    signature.normalize_s();
    Secp256k1::verification_only().verify_ecdsa(&Message::from_digest(*k1), &signature, &key).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::SecretKey;

    #[test]
    fn what_a_wallet_signed_and_nothing_else() {
        let secp = Secp256k1::new();
        let secret = SecretKey::from_slice(&[7; 32]).unwrap();
        let key = PublicKey::from_secret_key(&secp, &secret).serialize();
        let k1 = [0xe2; 32];
        let signature = secp.sign_ecdsa(&Message::from_digest(k1), &secret).serialize_der();
        assert!(is_signed_by_wallet(&k1, &signature, &key));
        assert!(!is_signed_by_wallet(&[0xe3; 32], &signature, &key));
        let other = PublicKey::from_secret_key(&secp, &SecretKey::from_slice(&[8; 32]).unwrap()).serialize();
        assert!(!is_signed_by_wallet(&k1, &signature, &other));
        assert!(!is_signed_by_wallet(&k1, &signature[1..], &key));
        assert!(!is_signed_by_wallet(&k1, &signature, &[0; 33]));
    }
}
