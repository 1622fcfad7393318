//! What the simulated vendors share: a loopback HTTP server whose connections can be cut on purpose, the wall clock
//! in the vendors' spelling, and identifiers of the vendors' shapes.
//!
//! Invariant: everything listens on 127.0.0.1 only, and a server stops when its handle is dropped.

pub(crate) mod control;
pub(crate) mod decimal;
pub(crate) mod gate;
pub(crate) mod ids;
pub(crate) mod serve;
pub(crate) mod time;
pub mod tls;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a vendor's books. A panic elsewhere while holding the lock does not close the vendor.
pub(crate) fn lock<T>(books: &Mutex<T>) -> MutexGuard<'_, T> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}
