//! The outside world of an Anytill server, simulated: what a vendor or a chain would answer, with
//! the vendor's own wire format, on loopback. Nothing here is in the server binary, and nothing in
//! the server knows that it talks to a sandbox: only addresses and keys differ.
//!
//! Invariant: this crate depends on no adapter. What it says on the wire comes from the vendors'
//! published pages, so that an adapter tested against it is tested against somebody else's reading.

pub mod bitrefill;
pub mod chain;
pub mod coinbase;
pub mod electrum;
pub mod faults;
pub mod graph;
pub mod kraken;
pub mod link;
pub mod lithic;
pub mod lnd;
pub mod lsps1;
pub mod network;
pub mod nwc;
pub mod rgs;
pub mod store;
pub mod stripe;
pub mod venues;
pub mod wallet;

mod vendor;

pub use vendor::{time::VendorClock, tls};
