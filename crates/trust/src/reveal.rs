//! Card data on its way to the extension: sealed to a key that lives for one reveal (RFC 9180, base mode).
//!
//! Suite: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, AES-128-GCM 0x0001, because a browser's WebCrypto has
//! all three parts, so that the extension needs no cryptography of its own. `info` is [`REVEAL_INFO`], `aad` is the
//! purchase's id in hex: what was sealed for one purchase does not open for another.

use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use ids::PurchaseId;
use rand::CryptoRng;
use zeroize::Zeroizing;

/// `info` of the key schedule.
pub const REVEAL_INFO: &[u8] = b"anytill reveal v1";

/// Not a point that can be sealed to, or not what was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key or the sealed data cannot be used")]
pub struct BadPublicKey;

/// The encapsulated key, and the ciphertext with its 16-byte tag at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub enc: [u8; 32],
    pub ciphertext: Vec<u8>,
}

/// `aad`: the purchase's id, 32 lower-case hex digits.
pub fn reveal_aad(purchase: PurchaseId) -> String {
    purchase.to_string()
}

/// Seals in place: where the plaintext was, the ciphertext is, and no copy is left. `recipient` is the extension's one-time
/// X25519 key; a key of low order is refused.
pub fn seal_card<R: CryptoRng>(
    rng: &mut R,
    recipient: &[u8; 32],
    purchase: PurchaseId,
    mut plaintext: Zeroizing<Vec<u8>>,
) -> Result<Sealed, BadPublicKey> {
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(recipient).map_err(|_| BadPublicKey)?;
    let (enc, tag) = hpke::single_shot_seal_in_place_detached::<AesGcm128, HkdfSha256, X25519HkdfSha256, R>(
        &OpModeS::Base,
        &key,
        REVEAL_INFO,
        &mut plaintext,
        reveal_aad(purchase).as_bytes(),
        rng,
    )
    .map_err(|_| BadPublicKey)?;
    let tag = tag.to_bytes();
    let mut ciphertext = Vec::with_capacity(plaintext.len() + tag.len());
    ciphertext.extend_from_slice(&plaintext);
    ciphertext.extend_from_slice(&tag);
    Ok(Sealed { enc: enc.to_bytes().into(), ciphertext })
}

/// The other side, for tests and for the demo's shopper. `secret` is the one-time X25519 key.
pub fn open_card(secret: &[u8; 32], purchase: PurchaseId, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, BadPublicKey> {
    let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(secret).map_err(|_| BadPublicKey)?;
    let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.enc).map_err(|_| BadPublicKey)?;
    hpke::single_shot_open::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key,
        &enc,
        REVEAL_INFO,
        &sealed.ciphertext,
        reveal_aad(purchase).as_bytes(),
    )
    .map(Zeroizing::new)
    .map_err(|_| BadPublicKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_for_its_key_and_its_purchase_only() {
        let mut rng = rand::rng();
        let (secret, public) = X25519HkdfSha256::gen_keypair(&mut rng);
        let (secret, public): ([u8; 32], [u8; 32]) = (secret.to_bytes().into(), public.to_bytes().into());
        let purchase = PurchaseId([7; 16]);
        let text = || Zeroizing::new(b"4242".to_vec());
        let sealed = seal_card(&mut rng, &public, purchase, text()).unwrap();
        assert_eq!(*open_card(&secret, purchase, &sealed).unwrap(), b"4242");
        assert_eq!(open_card(&secret, PurchaseId([8; 16]), &sealed), Err(BadPublicKey));
        assert_eq!(open_card(&[3; 32], purchase, &sealed), Err(BadPublicKey));
        let mut changed = sealed.clone();
        changed.ciphertext[0] ^= 1;
        assert_eq!(open_card(&secret, purchase, &changed), Err(BadPublicKey));
        assert_ne!(seal_card(&mut rng, &public, purchase, text()).unwrap().enc, sealed.enc);
    }

    #[test]
    fn a_key_of_low_order_is_refused() {
        let refused = seal_card(&mut rand::rng(), &[0; 32], PurchaseId([7; 16]), Zeroizing::new(vec![1]));
        assert_eq!(refused, Err(BadPublicKey));
    }
}
