//! load -> step -> commit -> run effects -> feed the answers back.
//!
//! Invariant: nothing is done in the outside before the decision to do it is committed, and nothing that the outside
//! said is acknowledged before it is committed. There is no clock, no spawning and no randomness in here: time comes
//! from [`ports::Clock`], identifiers and preimages from [`Vault`], and whoever owns the engine drives it
//! ([`Engine::next_ready`], [`Engine::run_effect`], [`Engine::tick`], [`Engine::on_node_event`]). So the whole of it runs under a
//! simulator as it runs in the server.

mod apply;
mod books;
mod challenges;
mod commands;
mod config;
mod effects;
mod exposure;
mod funds;
mod issuer;
mod node;
mod recovery;
mod refunds;
mod reservations;
mod watch;
mod work;

pub use apply::Applied;
pub use challenges::AuthenticationAnswer;
pub use commands::{CommandError, NewPurchase, NewQuote, Secrets};
pub use config::Config;
pub use exposure::{Borne, Unsold, borne, clear as clear_borne, unsold};
pub use funds::{CODES_MAX, SecondFactorError};
pub use issuer::{ChargeAnswer, NewsOutcome};
pub use ports::AggregateRef;
pub use recovery::RecoveryReport;
pub use refunds::refund_id;
pub use reservations::{float_name, room_name, send_name};
pub use watch::Changes;

use async_trait::async_trait;
use ids::{AccountId, PurchaseId};
use ports::{
    CardHolder, Clock, Exchange, GiftCardVendor, Issuer, LightningNode, Nodes, PaidFirstSource, Payees, Preimage,
    Prices, Store, StoreError,
};
use purchase::{Destination, FundsSource, Rejected};
use std::sync::Arc;

/// Identifiers and preimages. Never the same twice for different arguments, never shown.
pub trait Vault: Send + Sync {
    /// 128 random bits.
    fn new_purchase_id(&self) -> PurchaseId;

    /// Derived from a sealed secret: the same for the same arguments, also after a restart.
    fn preimage(&self, purchase: PurchaseId, invoice_number: u32) -> Preimage;
}

/// What the engine asks about a shopper.
#[async_trait]
pub trait Shoppers: Send + Sync {
    /// Name and billing address for a card.
    async fn card_holder(&self, account: AccountId) -> CardHolder;

    /// Where a refund of a purchase that was paid then goes. A destination that a device's token alone has set counts
    /// only for what is paid after it.
    async fn refund_destination(&self, account: AccountId, paid_at: ids::UnixMs) -> Option<Destination>;
}

/// Where purchases that cannot be held are paid from.
#[derive(Clone, Default)]
pub struct PaidFirstSources {
    pub linked_account: Option<Arc<dyn PaidFirstSource>>,
    pub on_chain: Option<Arc<dyn PaidFirstSource>>,
}

impl PaidFirstSources {
    pub fn get(&self, source: FundsSource) -> Option<&Arc<dyn PaidFirstSource>> {
        match source {
            FundsSource::LinkedAccount => self.linked_account.as_ref(),
            FundsSource::OnChain => self.on_chain.as_ref(),
        }
    }
}

/// Everything outside.
#[derive(Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    /// The nodes that hold.
    pub nodes: Nodes,
    /// The node that pays gift-card vendors: never one that holds.
    pub vendor_node: Option<Arc<dyn LightningNode>>,
    pub issuer: Arc<dyn Issuer>,
    pub exchange: Arc<dyn Exchange>,
    pub prices: Arc<dyn Prices>,
    pub payees: Arc<dyn Payees>,
    pub gift_cards: Option<Arc<dyn GiftCardVendor>>,
    pub paid_first: PaidFirstSources,
    pub shoppers: Arc<dyn Shoppers>,
    pub clock: Arc<dyn Clock>,
    pub vault: Arc<dyn Vault>,
}

/// Why a step could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    #[error("there is no such purchase")]
    NotFound,
    #[error(transparent)]
    Rejected(#[from] Rejected),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored text that this program cannot read, or books that do not balance: stop and look.
    #[error("stored data cannot be used: {0}")]
    Broken(String),
}

/// The engine. Cheap to share behind an [`Arc`].
pub struct Engine {
    ports: Ports,
    config: Config,
    locks: apply::Locks,
    watch: watch::Hub,
    ready: work::ReadyQueue,
    timers: work::WakeTimes,
    tips: node::Tips,
    holds: node::LiveHolds,
}

impl Engine {
    pub fn new(ports: Ports, config: Config) -> Self {
        Self {
            ports,
            config,
            locks: apply::Locks::default(),
            watch: watch::Hub::default(),
            ready: work::ReadyQueue::default(),
            timers: work::WakeTimes::default(),
            tips: node::Tips::default(),
            holds: node::LiveHolds::default(),
        }
    }

    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    pub fn config(&self) -> &Config {
        &self.config
    }
}
