//! Tokens and codes: how they are made, written, read and hashed.
//!
//! A token is `atd_` and 32 random bytes in base64url; a code is 125 random bits in Crockford's base 32, in groups, for
//! people to type: case, spaces and the letters that look like digits do not matter.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ports::Secret;
use rand::RngCore;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

const TOKEN_PREFIX: &str = "atd_";
const TOKEN_BYTES: usize = 32;
/// 32 bytes in base64 without padding.
const TOKEN_TEXT_LEN: usize = 43;
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LEN: usize = 25;
const CODE_GROUP: usize = 5;

/// A new token and what is stored of it.
pub(crate) fn new_token(rng: &mut dyn RngCore) -> (Secret, [u8; 32]) {
    let mut bytes = Zeroizing::new([0u8; TOKEN_BYTES]);
    rng.fill_bytes(&mut *bytes);
    let mut text = String::with_capacity(TOKEN_PREFIX.len() + TOKEN_TEXT_LEN);
    text.push_str(TOKEN_PREFIX);
    URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
    (Secret::new(text), Sha256::digest(bytes.as_slice()).into())
}

/// What is stored of a token; none if the text cannot be one.
pub(crate) fn token_hash(text: &str) -> Option<[u8; 32]> {
    let encoded = text.strip_prefix(TOKEN_PREFIX).filter(|encoded| encoded.len() == TOKEN_TEXT_LEN)?;
    let mut bytes = Zeroizing::new([0u8; TOKEN_BYTES]);
    let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut *bytes).ok()?;
    (length == TOKEN_BYTES).then(|| Sha256::digest(bytes.as_slice()).into())
}

/// A new code as it is shown: five groups of five.
pub(crate) fn new_code(rng: &mut dyn RngCore) -> Secret {
    let mut bytes = Zeroizing::new([0u8; 16]);
    rng.fill_bytes(&mut *bytes);
    let mut bits = u128::from_be_bytes(*bytes);
    let mut text = String::with_capacity(CODE_LEN + CODE_LEN / CODE_GROUP);
    for position in 0..CODE_LEN {
        if position > 0 && position % CODE_GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(CODE_ALPHABET[(bits & 31) as usize]));
        bits >>= 5;
    }
    bits.zeroize();
    Secret::new(text)
}

/// A code as it is hashed; none if the text cannot be one.
pub(crate) fn read_code(text: &str) -> Option<Secret> {
    let mut code = Zeroizing::new(String::with_capacity(CODE_LEN));
    for letter in text.chars() {
        let letter = match letter.to_ascii_uppercase() {
            '-' | ' ' => continue,
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        };
        if code.len() == CODE_LEN || !letter.is_ascii() || !CODE_ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        code.push(letter);
    }
    (code.len() == CODE_LEN).then(|| Secret::new(code.to_string()))
}

/// What is stored of an invitation's code: with 125 random bits there is nothing to guess slowly.
pub(crate) fn code_hash(code: &Secret) -> [u8; 32] {
    Sha256::digest(code.expose().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn tokens_are_read_back() {
        let mut rng = StdRng::seed_from_u64(1);
        let (token, hash) = new_token(&mut rng);
        assert!(token.expose().starts_with("atd_") && token.expose().len() == 47);
        assert_eq!(token_hash(token.expose()), Some(hash));
        let (other, other_hash) = new_token(&mut rng);
        assert_ne!((token.expose(), hash), (other.expose(), other_hash));
        let zeros = format!("atd_{}", "A".repeat(43));
        assert_eq!(token_hash(&zeros), Some(Sha256::digest([0; 32]).into()));
    }

    #[test]
    fn what_is_no_token() {
        let almost = format!("atd_{}B", "A".repeat(42));
        let long = format!("atd_{}", "A".repeat(4_000));
        let padded = format!("atd_{}=", "A".repeat(42));
        let plus = format!("atd_+{}", "A".repeat(42));
        for text in ["", "atd_", "atd_AAAA", &"A".repeat(43), &almost, &long, &padded, &plus, "atd_\u{20ac}"] {
            assert_eq!(token_hash(text), None, "{text}");
        }
    }

    #[test]
    fn codes_forgive_what_people_do() {
        let mut rng = StdRng::seed_from_u64(2);
        let code = new_code(&mut rng);
        assert_eq!(code.expose().len(), 29);
        let plain = code.expose().replace('-', "");
        let read = |text: &str| read_code(text).map(|code| code.expose().to_owned());
        assert_eq!(read(code.expose()), Some(plain.clone()));
        assert_eq!(read(&plain.to_lowercase()), Some(plain.clone()));
        assert_eq!(read(&format!(" {} ", plain.replace('0', "o").replace('1', "l"))), Some(plain.clone()));
        for text in ["", &plain[1..], &format!("{plain}0"), &plain.replacen(&plain[..1], "U", 1), "\u{20ac}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
