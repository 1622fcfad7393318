//! How the commands speak with the running server: a Unix socket in the data directory, one JSON line asked, JSON lines
//! answered. For the operator's own hands only: mode 0600, and the caller has to be the same user.

mod client;
mod protocol;
mod serve;
mod socket;

pub use client::{ask, offline_store};
pub use protocol::{Answer, Request};
pub use serve::serve;
pub use socket::Socket;
