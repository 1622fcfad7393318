//! Keys: derived from the operator's seed words, apart from the Lightning node's and the wallet's.
//!
//! BIP32 paths, all hardened; 1095653716' is `ANYT` in ASCII:
//!
//! | path | key |
//! |---|---|
//! | `m/1095653716'/0'/n'` | root key of generation n; n grows with each rotation |
//! | `m/1095653716'/1'/n'` | recipe key n |
//! | `m/1095653716'/2'/0'` | the secret that preimages are derived from |
//! | `m/1095653716'/3'/0'` | the seed of the node that pays gift-card vendors, with `m/1095653716'/3'/1'` for its second half |
//! | `m/1095653716'/4'/0'` | the key that adapters' records are sealed with |
//! | `m/1095653716'/5'/0'` | the seed of the wallet that shoppers pay on the chain, with `m/1095653716'/5'/1'` for its second half |
//! | `m/1095653716'/6'/0'` | the secret that pay links are derived from |
//!
//! The node takes its keys from `m/0'` and below and from the master key itself, the on-chain wallet from `m/84'`:
//! nothing here lets anyone compute those, nor they these.

use crate::{LinkSeal, PreimageSeal, RecordSeal};
use bitcoin::NetworkKind;
use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey, ecdsa};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// `ANYT`, below the hardened bit.
const PURPOSE: u32 = 0x414E_5954;

/// The words are no BIP39 phrase: not 12 to 24 known words, or a wrong check sum. The words are not repeated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seed words are not a BIP39 phrase")]
pub struct BadWords;

/// The operator's 64-byte BIP39 seed.
pub struct OperatorSeed(Zeroizing<[u8; 64]>);

impl OperatorSeed {
    pub fn new(seed: [u8; 64]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// From the words as the operator wrote them down, without a passphrase.
    pub fn from_words(words: &str) -> Result<Self, BadWords> {
        let phrase = bip39::Mnemonic::from_str(words).map_err(|_| BadWords)?;
        Ok(Self(Zeroizing::new(phrase.to_seed(""))))
    }

    /// What signs key sets.
    pub fn root_key(&self, generation: u32) -> SigningKey {
        self.signing_key(0, generation)
    }

    /// What signs recipes.
    pub fn recipe_key(&self, number: u32) -> SigningKey {
        self.signing_key(1, number)
    }

    pub fn preimage_seal(&self) -> PreimageSeal {
        PreimageSeal::new(self.derive(2, 0).secret_bytes())
    }

    pub fn record_seal(&self) -> RecordSeal {
        let mut key = self.derive(4, 0);
        let seal = RecordSeal::new(key.secret_bytes());
        key.non_secure_erase();
        seal
    }

    pub fn link_seal(&self) -> LinkSeal {
        let mut key = self.derive(6, 0);
        let seal = LinkSeal::new(key.secret_bytes());
        key.non_secure_erase();
        seal
    }

    /// The 64 bytes of a node of its own: the one that pays gift-card vendors.
    pub fn vendor_node_seed(&self) -> Zeroizing<[u8; 64]> {
        self.seed_below(3)
    }

    /// The 64 bytes of the wallet that shoppers pay on the chain. Its addresses are BIP 84's.
    pub fn chain_wallet_seed(&self) -> Zeroizing<[u8; 64]> {
        self.seed_below(5)
    }

    fn seed_below(&self, branch: u32) -> Zeroizing<[u8; 64]> {
        let mut seed = Zeroizing::new([0; 64]);
        for (index, half) in (0..).zip(seed.chunks_exact_mut(32)) {
            let mut key = self.derive(branch, index);
            half.copy_from_slice(&key.secret_bytes());
            key.non_secure_erase();
        }
        seed
    }

    fn signing_key(&self, branch: u32, index: u32) -> SigningKey {
        SigningKey(self.derive(branch, index))
    }

    /// `index` above 2^31 - 1 is taken without its highest bit.
    fn derive(&self, branch: u32, index: u32) -> SecretKey {
        let hardened = |index: u32| ChildNumber::Hardened { index: index & 0x7fff_ffff };
        // The network changes how an extended key is written, not the key.
        let mut master = Xpriv::new_master(NetworkKind::Main, &*self.0).expect("64 bytes are a seed (BIP32)");
        let path = [hardened(PURPOSE), hardened(branch), hardened(index)];
        let mut key =
            master.derive_priv(&Secp256k1::signing_only(), &path).expect("a hardened child exists but for 1 in 2^127");
        let secret = key.private_key;
        master.private_key.non_secure_erase();
        key.private_key.non_secure_erase();
        secret
    }
}

impl fmt::Debug for OperatorSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorSeed(..)")
    }
}

/// A secret key on secp256k1; overwritten when dropped.
pub struct SigningKey(SecretKey);

impl SigningKey {
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(PublicKey::from_secret_key(&Secp256k1::signing_only(), &self.0).serialize())
    }

    /// ECDSA over the SHA-256 of the text, nonce by RFC 6979: the same text has the same signature. The text says in its
    /// first line what it is, so that a signature of one kind is none of another.
    pub fn sign(&self, text: &str) -> Signature {
        Signature(Secp256k1::signing_only().sign_ecdsa(&digest(text), &self.0).serialize_compact())
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

fn digest(text: &str) -> Message {
    Message::from_digest(sha256::Hash::hash(text.as_bytes()).to_byte_array())
}

macro_rules! hex_bytes {
    ($name:ident, $bytes:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ids::BadId;
            /// Lower-case hex only, so that a key has one written form.
            fn from_str(text: &str) -> Result<Self, ids::BadId> {
                let bad = ids::BadId { expected: $bytes * 2 };
                let mut bytes = [0u8; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| bad)?;
                if text.bytes().any(|byte| byte.is_ascii_uppercase()) { Err(bad) } else { Ok(Self(bytes)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ids::BadId;
            fn try_from(text: String) -> Result<Self, ids::BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}

hex_bytes!(VerifyingKey, 33, "Compressed public key on secp256k1 (SEC 1), of a root or for recipes.");
hex_bytes!(Signature, 64, "ECDSA signature, r and s of 32 bytes each, big-endian; s in the lower half.");

impl VerifyingKey {
    /// A signature with s in the upper half is refused: there is one signature only.
    pub fn verifies(&self, text: &str, signature: &Signature) -> bool {
        let (Ok(key), Ok(signature)) = (PublicKey::from_slice(&self.0), ecdsa::Signature::from_compact(&signature.0))
        else {
            return false;
        };
        Secp256k1::verification_only().verify_ecdsa(&digest(text), &signature, &key).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test vector of BIP39.
    const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn keys_are_apart_and_stay_the_same() {
        let seed = OperatorSeed::from_words(WORDS).unwrap();
        let keys = [seed.root_key(0), seed.root_key(1), seed.recipe_key(0)].map(|key| key.verifying_key());
        assert_ne!(keys[0], keys[1]);
        assert_ne!(keys[0], keys[2]);
        assert_eq!(keys[0], OperatorSeed::from_words(WORDS).unwrap().root_key(0).verifying_key());
        // Computed once by `bitcoin`'s BIP32 from the path in the module's table; must never change.
        let path: bitcoin::bip32::DerivationPath = "m/1095653716'/0'/0'".parse().unwrap();
        let phrase: bip39::Mnemonic = WORDS.parse().unwrap();
        let master = Xpriv::new_master(NetworkKind::Test, &phrase.to_seed("")).unwrap();
        let secp = Secp256k1::new();
        let by_path = master.derive_priv(&secp, &path).unwrap().private_key.public_key(&secp);
        assert_eq!(keys[0].0, by_path.serialize());
    }

    #[test]
    fn words_are_checked_and_not_repeated() {
        let wrong = WORDS.replace("about", "abandon");
        assert_eq!(OperatorSeed::from_words(&wrong).unwrap_err().to_string(), "the seed words are not a BIP39 phrase");
        assert_eq!(format!("{:?}", OperatorSeed::from_words(WORDS).unwrap()), "OperatorSeed(..)");
    }

    #[test]
    fn signatures_are_of_one_text_and_have_one_form() {
        let key = OperatorSeed::new([1; 64]).root_key(0);
        let signature = key.sign("a");
        assert!(key.verifying_key().verifies("a", &signature));
        assert!(!key.verifying_key().verifies("b", &signature));
        let mut upper = ecdsa::Signature::from_compact(&signature.0).unwrap().serialize_compact();
        // n - s
        let s = SecretKey::from_slice(&upper[32..]).unwrap().negate();
        upper[32..].copy_from_slice(&s.secret_bytes());
        assert!(!key.verifying_key().verifies("a", &Signature(upper)));
        assert!(!VerifyingKey([0; 33]).verifies("a", &signature));
    }
}
