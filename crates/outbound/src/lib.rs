//! The one way to call a vendor over HTTP, and to listen to one over a WebSocket or to an answer that never ends.
//!
//! An adapter is sans-I/O: it describes what to send ([`Call::build_request`]) and reads what came back
//! ([`Call::handle_response`]); both are pure, so that they are tested on bytes. This room does the sending, with a
//! deadline and a size limit for every call, no redirects, no proxies from the environment and no plain HTTP beyond
//! this machine.
//!
//! Invariant: a transport fault becomes exactly one of two answers. [`ports::Outcome::NotSent`] only when no byte of
//! the request can have left (no name, no connection, no TLS session); everything else, from a break after sending to
//! an answer that is too long, is [`ports::Outcome::Unknown`]. Retries happen only where nothing can have happened.
//! No header value, body or address parameter is ever part of an error, of `Debug` or of a log line.

mod client;
mod lines;
mod pinned;
mod public;
mod reconnect;
mod request;
mod response;
mod retry;
mod socket;
mod written;

pub use client::{BadAddress, Call, Fault, HttpClient, Limits};
pub use lines::{Lines, Opened};
pub use pinned::{PinFault, PinnedCertificate};
pub use reconnect::{Reconnect, Reconnects};
pub use request::{Method, Request, form, segment};
pub use response::Response;
pub use retry::{Jitter, Retry};
pub use socket::{Ended, NotConnected, Socket, SocketClient, SocketLimits};
pub use written::{parse_rfc3339, rfc3339, uuid};
