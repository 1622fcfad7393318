//! Identifiers of the vendors' shapes: version 4 UUIDs, Svix message and endpoint ids, Kraken order and trade ids,
//! webhook secrets, and card numbers with a valid check digit.

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::{Rng, RngCore};

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KRAKEN: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn pick(alphabet: &[u8], count: usize) -> String {
    let mut rng = rand::rng();
    (0..count).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
}

/// A version 4 UUID, lower case with hyphens.
pub(crate) fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    [&hex[0..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-")
}

/// 24 random hex digits, as Bitrefill's orders have them.
pub(crate) fn hex24() -> String {
    pick(b"0123456789abcdef", 24)
}

/// Whether `text` is spelled as a UUID of any version.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A Svix id as Lithic's events have them: `msg_` and 27 letters and digits.
pub(crate) fn svix(prefix: &str) -> String {
    format!("{prefix}_{}", pick(BASE62, 27))
}

/// A Standard Webhooks secret: `whsec_` and 24 random bytes in base64.
pub(crate) fn webhook_secret() -> String {
    let mut key = [0_u8; 24];
    rand::rng().fill_bytes(&mut key);
    format!("whsec_{}", STANDARD.encode(key))
}

/// An API key that no other vendor or run has.
pub(crate) fn api_key() -> String {
    uuid()
}

/// `count` random bytes in base64, as Kraken hands out key pairs.
pub(crate) fn base64_key(count: usize) -> String {
    let mut key = vec![0_u8; count];
    rand::rng().fill_bytes(&mut key);
    STANDARD.encode(key)
}

/// A Kraken id: `OQCLML-BW3P3-BUCMWZ` for an order (`O`), `THVRQM-33VKH-UCI7BS` for a trade (`T`).
pub(crate) fn kraken(prefix: char) -> String {
    format!("{prefix}{}-{}-{}", pick(KRAKEN, 5), pick(KRAKEN, 5), pick(KRAKEN, 6))
}

/// `iauth_1` and letters and digits, as Stripe names its objects.
pub(crate) fn stripe(prefix: &str) -> String {
    format!("{prefix}_1{}", pick(BASE62, 23))
}

/// `count` random decimal digits.
pub(crate) fn digits(count: usize) -> String {
    pick(b"0123456789", count)
}

/// A 16 digit card number in the test range 4111 11.. with a valid Luhn check digit.
pub(crate) fn pan() -> String {
    let body = format!("411111{}", digits(9));
    let check = (0..10).find(|check| is_luhn(&format!("{body}{check}")));
    format!("{body}{}", check.expect("one of ten check digits always fits"))
}

/// The Luhn check (ISO/IEC 7812-1) on a string of digits.
pub(crate) fn is_luhn(number: &str) -> bool {
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && number
            .bytes()
            .rev()
            .enumerate()
            .map(|(index, byte)| {
                let digit = u32::from(byte - b'0');
                match (index % 2, digit) {
                    (0, digit) => digit,
                    (_, digit) if digit > 4 => digit * 2 - 9,
                    (_, digit) => digit * 2,
                }
            })
            .sum::<u32>()
            .is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_hold() {
        assert!(is_uuid(&uuid()));
        assert!(!is_uuid("not-a-uuid"));
        assert_eq!(kraken('O').len(), "OQCLML-BW3P3-BUCMWZ".len());
        for _ in 0..100 {
            let number = pan();
            assert!(number.len() == 16 && is_luhn(&number), "{number}");
        }
        assert!(is_luhn("4111111289144142"));
        assert!(!is_luhn("4111111289144143"));
    }
}
