//! What follows from the seed words: preimages, the signed key set, the sealing of card data.

use crate::config::Config;
use crate::recipes;
use anyhow::{Context as _, Result, anyhow};
use engine::Vault;
use ids::{NodeId, PurchaseId, UnixMs};
use ports::{Preimage, Store};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::path::Path;
use trust::{KeySet, LinkSeal, OperatorSeed, PreimageSeal, VerifyingKey};
use web::{BadPublicKey, RecipeBundle, Sealed, Trust};
use zeroize::Zeroizing;

/// Where the database remembers the last key set that was signed.
const KEY_SET: &str = "key_set";

/// Purchase ids by the system's randomness, preimages by the sealed secret.
pub struct SeedVault(PreimageSeal);

impl SeedVault {
    pub fn new(seed: &OperatorSeed) -> Self {
        Self(seed.preimage_seal())
    }
}

impl Vault for SeedVault {
    fn new_purchase_id(&self) -> PurchaseId {
        let mut id = [0; PurchaseId::LEN];
        OsRng.try_fill_bytes(&mut id).expect("the system has had random numbers since it started");
        PurchaseId(id)
    }

    fn preimage(&self, purchase: PurchaseId, invoice_number: u32) -> Preimage {
        Preimage(*self.0.preimage(purchase, invoice_number))
    }
}

/// The key set in force, signed, and the sealing of what is revealed.
pub struct ServerTrust {
    signed: String,
    recipes: Option<RecipeBundle>,
    links: LinkSeal,
}

/// What was signed last. A version is never signed twice with different words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastSet {
    version: u32,
    issued_at: UnixMs,
    root_generation: u32,
    nodes: Vec<NodeId>,
    recipe_keys: Vec<VerifyingKey>,
}

impl ServerTrust {
    /// The set of the last start, or the next version if the nodes are others. Committed before it is signed.
    pub async fn open(seed: &OperatorSeed, mut nodes: Vec<NodeId>, store: &dyn Store, now: UnixMs) -> Result<Self> {
        // A set has one form.
        nodes.sort_unstable();
        let last = store.setting(KEY_SET).await?;
        let last: Option<LastSet> = last.as_deref().map(serde_json::from_str).transpose().context("the key set")?;
        let current = next_set(last.as_ref(), nodes, vec![seed.recipe_key(recipes::KEY_NUMBER).verifying_key()], now);
        if last.as_ref() != Some(&current) {
            store.put_setting(KEY_SET, &serde_json::to_string(&current)?).await?;
        }
        let root = seed.root_key(current.root_generation);
        let set = KeySet {
            version: current.version,
            issued_at: current.issued_at,
            root: root.verifying_key(),
            previous_root: None,
            nodes: current.nodes,
            recipe_keys: current.recipe_keys,
        };
        let signed = trust::sign(&set, &root, None).map_err(|error| anyhow!("the key set: {error}"))?;
        Ok(Self { signed: serde_json::to_string(&signed)?, recipes: None, links: seed.link_seal() })
    }

    /// Recipes that cannot be used are no reason to leave held HTLCs alone: the server goes on without them.
    pub fn with_recipes(self, config: &Config, file: &Path, seed: &OperatorSeed) -> Self {
        let recipes = match recipes::configured(config, file, seed.recipe_key(recipes::KEY_NUMBER).verifying_key()) {
            None => None,
            Some(Ok((_, signed))) => Some(RecipeBundle::new(signed.text, signed.signature)),
            Some(Err(why)) => {
                tracing::error!(why = format!("{why:#}"), "no recipes are served; `anytill doctor` says what to do");
                None
            }
        };
        Self { recipes, ..self }
    }
}

fn next_set(last: Option<&LastSet>, nodes: Vec<NodeId>, recipe_keys: Vec<VerifyingKey>, now: UnixMs) -> LastSet {
    match last {
        Some(last) if last.nodes == nodes && last.recipe_keys == recipe_keys => last.clone(),
        _ => LastSet {
            version: last.map_or(1, |last| last.version.saturating_add(1)),
            issued_at: now,
            root_generation: last.map_or(0, |last| last.root_generation),
            nodes,
            recipe_keys,
        },
    }
}

impl Trust for ServerTrust {
    fn key_set(&self) -> String {
        self.signed.clone()
    }

    fn recipes(&self) -> Option<&RecipeBundle> {
        self.recipes.as_ref()
    }

    fn link_tag(&self, purchase: PurchaseId) -> [u8; 8] {
        self.links.tag(purchase)
    }

    fn new_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new([0; 32]);
        OsRng.try_fill_bytes(&mut *secret).expect("the system has had random numbers since it started");
        secret
    }

    fn is_signed(&self, k1: &[u8; 32], signature: &[u8], key: &[u8; 33]) -> bool {
        trust::is_signed_by_wallet(k1, signature, key)
    }

    fn seal(
        &self,
        public_key: &[u8; 32],
        purchase: PurchaseId,
        plaintext: Zeroizing<Vec<u8>>,
    ) -> Result<Sealed, BadPublicKey> {
        let sealed = trust::seal_card(&mut rand::rng(), public_key, purchase, plaintext).map_err(|_| BadPublicKey)?;
        Ok(Sealed { enc: sealed.enc.to_vec(), ciphertext: sealed.ciphertext })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_gets_a_new_version_only_with_new_keys() {
        let recipe_keys = vec![OperatorSeed::new([1; 64]).recipe_key(0).verifying_key()];
        let set = |last, node: u8, now| next_set(last, vec![NodeId([node; 33])], recipe_keys.clone(), UnixMs(now));
        let first = set(None, 2, 10);
        assert_eq!((first.version, first.issued_at), (1, UnixMs(10)));
        assert_eq!(set(Some(&first), 2, 20), first);
        let second = set(Some(&first), 3, 20);
        assert_eq!((second.version, second.issued_at), (2, UnixMs(20)));
    }

    #[test]
    fn the_vault_repeats_preimages_and_never_ids() {
        let vault = SeedVault::new(&OperatorSeed::new([1; 64]));
        let id = vault.new_purchase_id();
        assert_ne!(id, vault.new_purchase_id());
        assert_eq!(vault.preimage(id, 1), SeedVault::new(&OperatorSeed::new([1; 64])).preimage(id, 1));
        assert_ne!(vault.preimage(id, 1), vault.preimage(id, 2));
    }
}
