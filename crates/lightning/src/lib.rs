//! Lightning nodes that can hold: what the engine asks of [`ports::LightningNode`], done by real nodes.
//!
//! [`ldk`] is the node inside the server (ldk-node), [`lnd`] one that the operator keeps outside of it. Both pass the
//! same suite, `conformance` (behind the feature of that name).
//!
//! Invariant: a `Rejected` of this crate is a promise that nothing was claimed and nothing will be. Where a node
//! cannot know that, the answer is `Unknown`.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod ldk;
pub mod lnd;
mod report;
mod requests;

pub use report::{Balances, HeldHtlc};
