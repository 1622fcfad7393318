//! The seed and what is signed with it here.

use super::error::StartError;
use bitcoin::Network;
use bitcoin::bip32::Xpriv;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use ids::NodeId;
use lightning::sign::KeysManager;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The 64 bytes that BIP 39 makes of the seed words. Never shown, overwritten when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NodeSeed([u8; 64]);

impl fmt::Debug for NodeSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSeed(..)")
    }
}

impl NodeSeed {
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// # Errors
    /// [`StartError::Config`] when the words are not a BIP 39 mnemonic; they are not repeated in it.
    pub fn from_words(words: &str) -> Result<Self, StartError> {
        let mnemonic: ldk_node::bip39::Mnemonic =
            words.parse().map_err(|_| StartError::Config("the seed words are not a BIP 39 mnemonic".to_owned()))?;
        Ok(Self(mnemonic.to_seed("")))
    }

    pub(super) const fn bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// The node that this seed makes on a network. Touches nothing.
    pub fn node_id(&self, network: Network) -> NodeId {
        NodeKey::derive(self, network).node_id()
    }
}

/// The key that a node signs its invoices with.
pub(super) struct NodeKey(SecretKey);

impl NodeKey {
    /// As ldk-node derives it: the BIP 32 master key's private key seeds LDK's `KeysManager`.
    pub fn derive(seed: &NodeSeed, network: Network) -> Self {
        let mut master = Xpriv::new_master(network, seed.bytes()).expect("fails for one seed in 2^127");
        let mut bytes = master.private_key.secret_bytes();
        // The time only varies channel keys, and this one makes no channels.
        let keys = KeysManager::new(&bytes, 0, 0, false);
        bytes.zeroize();
        master.private_key.non_secure_erase();
        Self(keys.get_node_secret_key())
    }

    pub fn secret(&self) -> &SecretKey {
        &self.0
    }

    pub fn node_id(&self) -> NodeId {
        NodeId(PublicKey::from_secret_key(&Secp256k1::signing_only(), &self.0).serialize())
    }
}

impl Drop for NodeKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn words_are_checked_and_never_shown() {
        let seed = NodeSeed::from_words(WORDS).unwrap();
        assert_eq!(format!("{seed:?}"), "NodeSeed(..)");
        let error = NodeSeed::from_words("abandon abandon").unwrap_err().to_string();
        assert!(!error.contains("abandon"), "{error}");
    }

    #[test]
    fn a_seed_is_one_node() {
        let seed = NodeSeed::from_words(WORDS).unwrap();
        let id = seed.node_id(Network::Regtest);
        assert_eq!(id, seed.node_id(Network::Bitcoin), "the network is no part of the key");
        assert_ne!(id, NodeSeed::new([7; 64]).node_id(Network::Regtest));
    }
}
