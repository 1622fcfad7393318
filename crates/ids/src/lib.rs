//! The identifiers that every room shares, so that one cannot be taken for another.
//!
//! Invariant: plain values, no behaviour beyond their written form. Binary identifiers are lower-case hex in JSON, in
//! the database and in text.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The text is not the hex form of the identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hex digits")]
pub struct BadId {
    pub expected: usize,
}

macro_rules! binary_id {
    ($name:ident, $bytes:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            pub const LEN: usize = $bytes;

            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let mut bytes = [0u8; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| BadId { expected: $bytes * 2 })?;
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

binary_id!(PurchaseId, 16, "One attempt to pay one order total; random.");
binary_id!(RefundId, 16, "One amount owed to a shopper and its way back; derived from the purchase and a sequence.");
binary_id!(AccountId, 16, "A shopper's account; random.");
binary_id!(DeviceId, 16, "One logged-in device of a shopper; random.");
binary_id!(PaymentHash, 32, "SHA-256 of a preimage (BOLT 2, BOLT 11).");
binary_id!(TermsHash, 32, "SHA-256 of the canonical terms that an invoice commits to.");
binary_id!(LinkHash, 32, "SHA-256 of the secret in a link by which a refund is collected (LUD-03 `k1`).");
binary_id!(Nonce, 16, "Chosen by the extension, part of the terms.");
binary_id!(NodeId, 33, "Compressed public key of a Lightning node (BOLT 7).");

/// Milliseconds since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub u64);

impl UnixMs {
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; zero if `earlier` is later.
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    pub const fn secs(self) -> u64 {
        self.0 / 1_000
    }
}

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Names one outside call for ever: repeating the call with the same key does nothing more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub String);

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_form_is_exact() {
        let id = PurchaseId([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("ab".parse::<PurchaseId>().is_err());
        assert!("zz".repeat(16).parse::<PurchaseId>().is_err());
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{}\"", "ab".repeat(16)));
    }
}
