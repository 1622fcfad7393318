//! Vendor webhooks as bytes: the web room passes them through, the adapter reads and answers them.

/// HTTP header names in lower case with their values.
#[derive(Clone, Default)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The value of the only header of that (lower-case) name; a repeated header counts as missing.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(n, _)| n == name);
        let first = found.next()?;
        found.next().is_none().then_some(first.1.as_str())
    }
}

/// Why a webhook was refused. Nothing of its body is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// No or a wrong signature. HTTP 401.
    #[error("the signature is missing or wrong")]
    BadSignature,
    /// Signed, but too old or from the future. HTTP 401.
    #[error("the signature's time is outside the window")]
    Stale,
    /// Signed, but not of the documented form. HTTP 400.
    #[error("the body is not what the vendor documents: {0}")]
    Malformed(String),
}

/// An HTTP answer to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    pub status: u16,
    pub content_type: &'static str,
    /// Further headers that the vendor wants to see.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}
