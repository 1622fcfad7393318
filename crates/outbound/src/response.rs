//! What a vendor answered.

use ports::Outcome;
use serde::de::DeserializeOwned;
use std::fmt;
use zeroize::Zeroizing;

/// A whole answer, inside the size limit. The body is overwritten when dropped and never shown.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    /// From `Retry-After` in its form of seconds (RFC 9110, section 10.2.3); the form of a date is not read.
    pub retry_after_ms: Option<u64>,
    pub body: Zeroizing<Vec<u8>>,
}

impl Response {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, retry_after_ms: None, body: Zeroizing::new(body.into()) }
    }

    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The body as JSON. An answer that cannot be read says nothing of what happened: `Unknown`.
    pub fn json<T: DeserializeOwned>(&self) -> Outcome<T> {
        match self.parsed() {
            Some(value) => Outcome::Done(value),
            None => Outcome::Unknown(format!("answer {} is not what the vendor documents", self.status)),
        }
    }

    /// As [`Self::json`], for answers that need not be readable, such as error texts.
    pub fn parsed<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}
