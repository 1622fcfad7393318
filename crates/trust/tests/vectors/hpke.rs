//! Card data sealed to a one-time key, and what must not open.

use ids::PurchaseId;
use rand::{CryptoRng, RngCore};
use serde_json::{Value, json};
use trust::{REVEAL_INFO, Sealed, open_card, reveal_aad, seal_card};
use zeroize::Zeroizing;

/// Always the same bytes: for vectors only.
struct Fixed(u8);

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        u32::from(self.0)
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.0)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

impl CryptoRng for Fixed {}

/// Of nobody.
const SECRET: &str = "77076d0a7318a57d3c16c17251b26645a6db92f5b0f4c2b7c1d1a1b2f2a5c1e0";

pub fn vectors() -> Value {
    let mut secret = [0u8; 32];
    hex::decode_to_slice(SECRET, &mut secret).expect("hex");
    let public = public_key(&secret);
    let card = r#"{"number":"4111111111111111","security_code":"123","expiry_month":12,"expiry_year":2031}"#;
    let cases = [(1u8, card), (2, ""), (3, "{\"note\":\"\u{20ac}\"}")].map(|(index, plaintext)| {
        let purchase = PurchaseId([index; 16]);
        let text = Zeroizing::new(plaintext.as_bytes().to_vec());
        let sealed = seal_card(&mut Fixed(index), &public, purchase, text).expect("a good key");
        assert_eq!(*open_card(&secret, purchase, &sealed).expect("opens"), plaintext.as_bytes());
        json!({
            "purchase": purchase,
            "aad": reveal_aad(purchase),
            "enc": hex::encode(sealed.enc),
            "ciphertext": hex::encode(&sealed.ciphertext),
            "plaintext": plaintext,
        })
    });
    json!({
        "about": "RFC 9180, base mode, single shot. Each case opens with the recipient's key; aad is the purchase's id in lower-case hex, as text. The cases under `shut` do not open.",
        "suite": { "kem": "DHKEM(X25519, HKDF-SHA256)", "kem_id": 32, "kdf": "HKDF-SHA256", "kdf_id": 1, "aead": "AES-128-GCM", "aead_id": 1 },
        "info": String::from_utf8_lossy(REVEAL_INFO),
        "recipient": { "secret": hex::encode(secret), "public": hex::encode(public) },
        "cases": cases,
        "shut": shut(&secret, &public, card),
    })
}

fn shut(secret: &[u8; 32], public: &[u8; 32], card: &str) -> Vec<Value> {
    let purchase = PurchaseId([1; 16]);
    let text = || Zeroizing::new(card.as_bytes().to_vec());
    let good = seal_card(&mut Fixed(1), public, purchase, text()).expect("a good key");
    let flipped = |at: usize| {
        let mut changed = good.clone();
        changed.ciphertext[at] ^= 1;
        changed
    };
    let short = Sealed { ciphertext: good.ciphertext[..good.ciphertext.len() - 1].to_vec(), ..good.clone() };
    let other = seal_card(&mut Fixed(1), &public_key(&[9; 32]), purchase, text()).expect("a good key");
    let low_order = Sealed { enc: [0; 32], ..good.clone() };
    let last = good.ciphertext.len() - 1;
    [
        ("another purchase", PurchaseId([2; 16]), good.clone()),
        ("another key", purchase, other),
        ("first byte changed", purchase, flipped(0)),
        ("tag changed", purchase, flipped(last)),
        ("cut short", purchase, short),
        ("enc of low order", purchase, low_order),
    ]
    .into_iter()
    .map(|(name, purchase, sealed)| {
        assert!(open_card(secret, purchase, &sealed).is_err(), "{name}");
        let (enc, ciphertext) = (hex::encode(sealed.enc), hex::encode(&sealed.ciphertext));
        json!({ "name": name, "purchase": purchase, "enc": enc, "ciphertext": ciphertext })
    })
    .collect()
}

fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    use hpke::{Deserializable, Kem, Serializable, kem::X25519HkdfSha256};
    let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(secret).expect("32 bytes");
    X25519HkdfSha256::sk_to_pk(&secret).to_bytes().into()
}
