//! LND (0.21 or later) as the node: one that the operator keeps, outside the server, spoken to over its REST interface.
//!
//! LND can hold by itself, with the final CLTV that it is asked for, and returns a hold before it gets dangerous. What
//! is added here: which hashes are the server's (`table`), a watch on each of them (`watch`), the confirmation of a claim
//! (`finals`), a claim deadline that does not depend on the node's configuration (`heights`), sends that are never tried
//! twice (`sends`), the network as it knows it (`graph`), what an operator got wrong (`check`, `macaroon`). Why so, and
//! what was measured: `docs/adr/0012-lnd.md`.
//!
//! Invariant: LND is the memory of every hold and every send, and is asked again after any restart of either side. Of
//! its own this adapter remembers only which hashes are the server's and what the engine has already been told.

mod check;
mod config;
mod events;
mod fees;
mod finals;
mod graph;
mod heights;
mod macaroon;
mod node;
mod port;
mod rest;
mod room;
mod sends;
mod table;
mod watch;
mod wire;

pub use check::{Fault, look_over};
pub use config::LndConfig;
pub use macaroon::{CALLS, Rights};
pub use node::{LndNode, LndStartError};
