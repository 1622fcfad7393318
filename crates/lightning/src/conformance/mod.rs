//! What every node behind [`ports::LightningNode`] has to do, as cases that are run on real channels.
//!
//! A [`World`] brings the node under test, two wallets that pay it and the chain between them; the cases see nothing
//! but these and the port. They run one after another in one world: each takes hashes of its own.
//!
//! Invariant: a case waits for what it needs, by events or by looking until a deadline, and never for a while.

mod deadlines;
mod holds;
mod parts;
mod refusals;
mod restarts;
mod sends;

pub use deadlines::{deadline_passes, deadline_passes_while_down, held_through_blocks, tip_goes_stale};
pub use holds::{
    claimed, duplicate_while_held, overpaid, returned, room_shrinks, same_request_again, two_payers_at_once,
};
pub use parts::Kit;
pub use refusals::refused;
pub use restarts::{
    claimed_after_restart, redelivered_until_acknowledged, restarted_after_claim, restarted_after_return,
};
pub use sends::{send_fails, send_succeeds};

use async_trait::async_trait;
use ids::PaymentHash;
use ports::LightningNode;
use std::sync::Arc;

/// The reference order: 0.00496758 BTC.
pub const ORDER_MSAT: u64 = 496_758_000;

/// The node under test and what is around it.
#[async_trait(?Send)]
pub trait World {
    /// The node, of which nothing is known but the port. Asked for anew after a restart.
    fn node(&self) -> Arc<dyn LightningNode>;

    /// Wallets 0 and 1, each with a channel of its own to the node that takes [`ORDER_MSAT`] twice, and room for as
    /// much in the other direction.
    fn payer(&self, number: usize) -> Arc<dyn Payer>;

    /// Mines blocks and waits until node and payers have seen them.
    async fn mine(&self, blocks: u32);

    /// Stops the node cleanly, mines blocks meanwhile, starts it again and waits until it can be paid.
    async fn restart(&mut self, blocks_meanwhile: u32);

    /// Takes the node's view of the chain away, or gives it back. The chain goes on.
    async fn cut_chain(&self, cut: bool);

    /// The port's `HtlcReturned` comes by itself at the claim deadline, at that height.
    fn tells_of_deadlines(&self) -> bool;
}

/// A wallet that somebody else wrote, or at least another process or node.
#[async_trait]
pub trait Payer: Send + Sync {
    /// Starts to pay; an error when nothing could be sent.
    async fn pay(&self, bolt11: &str) -> Result<(), String>;

    /// As `pay`, with more than the invoice asks for.
    async fn pay_amount(&self, bolt11: &str, amount_msat: u64) -> Result<(), String>;

    /// The HTLC is out and nobody has resolved it.
    async fn is_pending(&self, payment_hash: PaymentHash) -> bool;

    /// Waits for the end; the preimage if it was claimed, a reason if it came back.
    async fn outcome(&self, payment_hash: PaymentHash) -> Result<[u8; 32], String>;

    /// All it has, once nothing is in flight.
    async fn balance_msat(&self) -> u64;

    /// An invoice of its own, claimed as soon as it is paid.
    async fn invoice(&self, amount_msat: u64) -> String;
}
