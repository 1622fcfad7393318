//! What the binary hands in.

use crate::{Policy, RecipeBundle};
use accounts::Accounts;
use engine::Engine;
use ids::PurchaseId;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::{AccountLinks, AccountStore, ChainFees};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use zeroize::Zeroizing;

/// Everything the API stands on. Clock, store, node and issuer are the engine's own ([`Engine::ports`]).
#[derive(Clone)]
pub struct AppState {
    pub engine: Arc<Engine>,
    pub accounts: Arc<Accounts>,
    /// Where answers of mutating calls are kept for their `Idempotency-Key`.
    pub account_store: Arc<dyn AccountStore>,
    pub policy: Arc<Policy>,
    pub trust: Arc<dyn Trust>,
    /// Where accounts can be linked as a source of funds.
    pub links: Option<Arc<dyn AccountLinks>>,
    /// Whoever estimates what the chain asks for; none: nobody does.
    pub chain_fees: Option<Arc<dyn ChainFees>>,
    /// Of the recorder that the binary installed.
    pub metrics: PrometheusHandle,
    pub running: Arc<Running>,
    /// What is known of the Lightning Network.
    pub network: Arc<network::Watch>,
}

/// What the shopper's side checks this server by.
pub trait Trust: Send + Sync {
    /// The signed key set, a JSON document, as it is sent.
    fn key_set(&self) -> String;

    /// The operator's signed recipes, if there are any.
    fn recipes(&self) -> Option<&RecipeBundle>;

    /// What the pay link of a purchase ends in: not known to whoever knows the identifier.
    fn link_tag(&self, purchase: PurchaseId) -> [u8; 8];

    /// 32 random bytes: the secret of a link.
    fn new_secret(&self) -> Zeroizing<[u8; 32]>;

    /// Did the owner of this key (compressed, secp256k1) sign these bytes (DER)?
    fn is_signed(&self, k1: &[u8; 32], signature: &[u8], key: &[u8; 33]) -> bool;

    /// Seals to the extension's one-time X25519 key (RFC 9180, base mode), bound to the purchase.
    fn seal(
        &self,
        public_key: &[u8; 32],
        purchase: PurchaseId,
        plaintext: Zeroizing<Vec<u8>>,
    ) -> Result<Sealed, BadPublicKey>;
}

/// RFC 9180: the encapsulated key and what it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub enc: Vec<u8>,
    pub ciphertext: Vec<u8>,
}

/// Not a point that can be sealed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public key cannot be used")]
pub struct BadPublicKey;

/// Whether new purchases are taken, and whether the server is about to stop.
pub struct Running {
    accepting: AtomicBool,
    stopping: watch::Sender<bool>,
}

impl Default for Running {
    fn default() -> Self {
        Self { accepting: AtomicBool::new(true), stopping: watch::channel(false).0 }
    }
}

impl Running {
    /// `drain`: no new purchases and quotes; everything under way goes on.
    pub fn drain(&self) {
        self.accepting.store(false, Ordering::SeqCst);
    }

    /// Ends the streams of events too, so that a graceful shutdown comes to its end.
    pub fn stop(&self) {
        self.drain();
        self.stopping.send_replace(true);
    }

    pub fn accepts(&self) -> bool {
        self.accepting.load(Ordering::SeqCst)
    }

    /// Returns once [`Running::stop`] was called.
    pub(crate) async fn stopped(&self) {
        // The sender lives in `self`: the wait cannot end otherwise.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}
