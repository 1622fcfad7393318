//! Sealing of what adapters keep: tokens of linked accounts and the like.
//!
//! XChaCha20-Poly1305 under a key of the operator's seed. A record is bound to its kind and name, so that one put in
//! another's place does not open. The nonce of 24 random bytes is handed in, and stands before the sealed bytes.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

const NONCE_LEN: usize = 24;
/// The first byte of a sealed record.
const FORMAT: u8 = 1;

/// As secret as the seed.
pub struct RecordSeal(XChaCha20Poly1305);

impl RecordSeal {
    pub fn new(key: [u8; 32]) -> Self {
        let key = Zeroizing::new(key);
        Self(XChaCha20Poly1305::new((&*key).into()))
    }

    /// `nonce` from the system's randomness, new each time.
    pub fn seal(&self, kind: &str, id: &str, nonce: [u8; NONCE_LEN], plaintext: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: plaintext, aad: &bound_to(kind, id) };
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload).expect("records are far from 256 GiB");
        [&[FORMAT][..], &nonce, &sealed].concat()
    }

    /// None for anything that was not sealed with this key for this kind and name.
    pub fn open(&self, kind: &str, id: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (format, rest) = sealed.split_first()?;
        if *format != FORMAT || rest.len() < NONCE_LEN {
            return None;
        }
        let (nonce, sealed) = rest.split_at(NONCE_LEN);
        let payload = Payload { msg: sealed, aad: &bound_to(kind, id) };
        self.0.decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }
}

/// Kinds have no zero byte.
fn bound_to(kind: &str, id: &str) -> Vec<u8> {
    [b"anytill record v1\0", kind.as_bytes(), b"\0", id.as_bytes()].concat()
}

impl fmt::Debug for RecordSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordSeal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_opens_in_its_own_place_only() {
        let seal = RecordSeal::new([3; 32]);
        let sealed = seal.seal("link", "a", [9; 24], b"refresh-token");
        assert!(!sealed.windows(13).any(|part| part == b"refresh-token"));
        assert_eq!(seal.open("link", "a", &sealed).as_deref().map(Vec::as_slice), Some(&b"refresh-token"[..]));
        assert!(RecordSeal::new([3; 32]).open("link", "a", &sealed).is_some(), "the same after a restart");
        assert!(seal.open("link", "b", &sealed).is_none());
        assert!(seal.open("state", "a", &sealed).is_none());
        assert!(RecordSeal::new([4; 32]).open("link", "a", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open("link", "a", &changed).is_none(), "byte {at}");
        }
        assert!(seal.open("link", "a", &sealed[..20]).is_none());
        assert_eq!(format!("{seal:?}"), "RecordSeal(..)");
    }
}
