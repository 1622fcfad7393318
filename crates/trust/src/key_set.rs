//! The signed key set: which node keys and recipe keys are the server's, by word of the root key that the extension pinned
//! when it was paired.
//!
//! The canonical text is `anytill-key-set-v1`, then one `name=value` a line in the order of [`KeySet::text`], each line
//! ended by a line feed. It has one form: what does not come out the same when it is written again is refused. Signed is
//! the SHA-256 of the text, by ECDSA on secp256k1.

use crate::{Signature, SigningKey, VerifyingKey};
use ids::{NodeId, UnixMs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::str::FromStr;

const FIRST_LINE: &str = "anytill-key-set-v1";

/// Most nodes, and most recipe keys, of a server.
const KEYS_MAX: usize = 16;

/// Longest text that is read, bytes.
const TEXT_LEN_MAX: usize = 8 * 1024;

/// What the root key vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    /// From 1, strictly rising with every change.
    pub version: u32,
    pub issued_at: UnixMs,
    pub root: VerifyingKey,
    /// The root before, in every set from its rotation to the next.
    pub previous_root: Option<VerifyingKey>,
    /// 1 to 16, ascending, each once. Invoices are signed by one of them.
    pub nodes: Vec<NodeId>,
    /// Up to 16, ascending, each once.
    pub recipe_keys: Vec<VerifyingKey>,
}

/// The set is not one that can be signed, or the text not one that was written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key set")]
pub struct BadKeySet;

impl KeySet {
    /// The canonical text.
    pub fn text(&self) -> Result<String, BadKeySet> {
        let rising = |keys: &[VerifyingKey]| keys.is_sorted_by(|a, b| a < b) && keys.len() <= KEYS_MAX;
        let nodes = self.nodes.is_sorted_by(|a, b| a < b) && (1..=KEYS_MAX).contains(&self.nodes.len());
        if self.version == 0 || !nodes || !rising(&self.recipe_keys) || self.previous_root == Some(self.root) {
            return Err(BadKeySet);
        }
        let previous = self.previous_root.map_or_else(|| "none".to_owned(), |key| key.to_string());
        let mut text = format!(
            "{FIRST_LINE}\nversion={}\nissued_at_ms={}\nroot={}\nprevious_root={previous}\n",
            self.version, self.issued_at.0, self.root
        );
        for node in &self.nodes {
            let _ = writeln!(text, "node={node}");
        }
        for key in &self.recipe_keys {
            let _ = writeln!(text, "recipe_key={key}");
        }
        Ok(text)
    }
}

impl FromStr for KeySet {
    type Err = BadKeySet;

    fn from_str(text: &str) -> Result<Self, BadKeySet> {
        if text.len() > TEXT_LEN_MAX {
            return Err(BadKeySet);
        }
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(BadKeySet);
        }
        let mut value = |name: &str| {
            let line = lines.next().ok_or(BadKeySet)?;
            line.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).ok_or(BadKeySet)
        };
        let version = value("version")?.parse().map_err(|_| BadKeySet)?;
        let issued_at = UnixMs(value("issued_at_ms")?.parse().map_err(|_| BadKeySet)?);
        let root = value("root")?.parse().map_err(|_| BadKeySet)?;
        let previous_root = match value("previous_root")? {
            "none" => None,
            key => Some(key.parse().map_err(|_| BadKeySet)?),
        };
        let mut set = Self { version, issued_at, root, previous_root, nodes: Vec::new(), recipe_keys: Vec::new() };
        for line in lines {
            match line.split_once('=') {
                Some(("node", key)) => set.nodes.push(key.parse().map_err(|_| BadKeySet)?),
                Some(("recipe_key", key)) => set.recipe_keys.push(key.parse().map_err(|_| BadKeySet)?),
                _ => return Err(BadKeySet),
            }
        }
        if set.text()? == text { Ok(set) } else { Err(BadKeySet) }
    }
}

/// As it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedKeySet {
    /// The canonical text.
    pub key_set: String,
    /// By the root that it names.
    pub signature: Signature,
    /// By the root before, when it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_signature: Option<Signature>,
}

/// Signs with the root of the set and, where the set names a root before, with that too.
pub fn sign(set: &KeySet, root: &SigningKey, previous: Option<&SigningKey>) -> Result<SignedKeySet, BadKeySet> {
    let keys = (root.verifying_key(), previous.map(SigningKey::verifying_key));
    if keys != (set.root, set.previous_root) {
        return Err(BadKeySet);
    }
    let text = set.text()?;
    let (signature, previous_signature) = (root.sign(&text), previous.map(|key| key.sign(&text)));
    Ok(SignedKeySet { key_set: text, signature, previous_signature })
}

/// What the extension keeps of the set that it accepted last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    pub root: VerifyingKey,
    /// 0 when only the root is known, from pairing.
    pub version: u32,
    /// SHA-256 of the text, hex; empty when only the root is known.
    pub text_hash: String,
}

impl Pinned {
    /// After pairing.
    pub fn root(root: VerifyingKey) -> Self {
        Self { root, version: 0, text_hash: String::new() }
    }
}

/// Why a set is not believed. The shopper is told; nothing is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum KeySetFault {
    #[error("not a key set")]
    NotAKeySet,
    #[error("not signed by the root that it names")]
    BadSignature,
    /// Neither the pinned root nor one that the pinned root has signed for.
    #[error("not from the server that was paired")]
    UnknownRoot,
    #[error("older than the set that was accepted last")]
    Older,
    /// The same version with another text: somebody signed two.
    #[error("differs from the set of the same version that was accepted")]
    Differs,
}

/// A set that is believed, and what to keep of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub set: KeySet,
    pub pinned: Pinned,
}

/// Who missed two rotations asks for the sets between and accepts them one after the other.
pub fn verify(signed: &SignedKeySet, pinned: &Pinned) -> Result<Accepted, KeySetFault> {
    let text = &signed.key_set;
    let set: KeySet = text.parse().map_err(|_| KeySetFault::NotAKeySet)?;
    if !set.root.verifies(text, &signed.signature) {
        return Err(KeySetFault::BadSignature);
    }
    let rotated = set.previous_root == Some(pinned.root)
        && signed.previous_signature.is_some_and(|signature| pinned.root.verifies(text, &signature));
    if set.root != pinned.root && !rotated {
        return Err(KeySetFault::UnknownRoot);
    }
    let text_hash = hex::encode(Sha256::digest(text));
    if set.version < pinned.version {
        return Err(KeySetFault::Older);
    }
    if set.version == pinned.version && text_hash != pinned.text_hash {
        return Err(KeySetFault::Differs);
    }
    let pinned = Pinned { root: set.root, version: set.version, text_hash };
    Ok(Accepted { set, pinned })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OperatorSeed;
    use proptest::prelude::*;

    fn set(version: u32) -> KeySet {
        KeySet {
            version,
            issued_at: UnixMs(1_700_000_000_000),
            root: OperatorSeed::new([1; 64]).root_key(0).verifying_key(),
            previous_root: None,
            nodes: vec![NodeId([2; 33]), NodeId([3; 33])],
            recipe_keys: vec![OperatorSeed::new([1; 64]).recipe_key(0).verifying_key()],
        }
    }

    #[test]
    fn the_text_has_one_form() {
        let text = set(1).text().unwrap();
        assert_eq!(text.parse(), Ok(set(1)));
        for bad in [
            text.replace("version=1", "version=01"),
            text.replace("version=1", "version=+1"),
            text.replace("version=1", "version=0"),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            text.replace('\n', "\r\n"),
            text.replace("key-set-v1", "key-set-v2"),
            text.replace("node=03", "node=01"),
            text.replace("previous_root=none\n", ""),
            format!("{text}recipe_key=00\n"),
            String::new(),
        ] {
            assert_eq!(bad.parse::<KeySet>(), Err(BadKeySet), "{bad}");
        }
    }

    #[test]
    fn a_set_without_nodes_or_with_doubles_is_not_signed() {
        let key = OperatorSeed::new([1; 64]).root_key(0);
        for nodes in [vec![], vec![NodeId([2; 33]); 2], vec![NodeId([3; 33]), NodeId([2; 33])]] {
            assert_eq!(sign(&KeySet { nodes, ..set(1) }, &key, None), Err(BadKeySet));
        }
        assert_eq!(sign(&set(1), &OperatorSeed::new([2; 64]).root_key(0), None), Err(BadKeySet));
    }

    #[test]
    fn a_rotation_needs_the_pinned_root() {
        let seed = OperatorSeed::new([1; 64]);
        let (old, new) = (seed.root_key(0), seed.root_key(1));
        let first = verify(&sign(&set(1), &old, None).unwrap(), &Pinned::root(old.verifying_key())).unwrap();
        let rotated = KeySet { root: new.verifying_key(), previous_root: Some(old.verifying_key()), ..set(2) };
        let signed = sign(&rotated, &new, Some(&old)).unwrap();
        let second = verify(&signed, &first.pinned).unwrap();
        assert_eq!(second.pinned.root, new.verifying_key());
        // From now on the old root means nothing.
        assert_eq!(verify(&sign(&set(3), &old, None).unwrap(), &second.pinned), Err(KeySetFault::UnknownRoot));
        // A thief of the new name alone gets nowhere.
        let thief = SignedKeySet { previous_signature: None, ..signed.clone() };
        assert_eq!(verify(&thief, &first.pinned), Err(KeySetFault::UnknownRoot));
        // The set of the rotation is accepted again, the one before it is not.
        assert_eq!(verify(&signed, &second.pinned).unwrap(), second);
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(anytill-key-set-v1\n)?([a-z_]{0,10}=[0-9a-f]{0,70}\n){0,8}.{0,20}") {
            let _ = text.parse::<KeySet>();
        }
    }
}
