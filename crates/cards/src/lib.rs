//! Card issuers behind [`ports::Issuer`], one module a vendor.
//!
//! Invariant: card numbers and codes exist here only inside an answer that is being read and in the
//! [`ports::CardSecrets`] made of it. Vendors put them into more answers than the reveal's, so every answer that may
//! hold them comes over a connection of its own.

pub mod lithic;
mod paging;
mod scrub;
mod standard_webhooks;
pub mod stripe;

pub use standard_webhooks::{BadSecret, WebhookKey};
