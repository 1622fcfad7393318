//! Where purchases, refunds, the ledger and the shoppers are kept: one logical schema, SQLite as the embedded default.
//!
//! Invariant: a commit is durable as a whole before it is answered, or it is not there at all; what cannot be known is
//! answered as unknown, and a disk that fails to sync is never trusted again by the same process.

pub mod sqlite;

#[cfg(feature = "conformance")]
pub mod conformance;
