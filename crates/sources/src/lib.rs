//! Sources that cannot be held: adapters of [`ports::PaidFirstSource`].
//!
//! Invariant: what arrived is read from the operator's own side, never from what the sender's side says.

pub mod coinbase;
