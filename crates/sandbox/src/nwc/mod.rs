//! A wallet that takes requests over Nostr (NIP-47), and the relay between it and whoever asks. What pays is handed in.
//! Keys, seals and messages are rust-nostr's, so that a client which is none of its kin meets another reading of the
//! specification.
//!
//! Simulated, and no more than it needs: one connection, the methods `get_info`, `pay_invoice` and `lookup_invoice`, NIP-44
//! only. `pay_invoice` is answered when its invoice has an end: while a hold is out, it is not.

mod client;
mod relay;
mod service;

pub use client::{Asked, pay_invoice};
pub use relay::Relay;
pub use service::{Ended, Pays, Refused, WalletService};
