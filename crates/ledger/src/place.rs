//! Where value of the operator's lies, so that the ledger can be compared with the place's own books.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::LedgerError;

/// Longest name of a place, bytes.
const NAME_LEN_MAX: usize = 16;

/// The short stable name of one node, exchange, issuer or account: lower-case letters, digits and `-`, 1 to 16 of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceName {
    /// Filled up with zero bytes.
    bytes: [u8; NAME_LEN_MAX],
}

/// One place. Written `kind:name`, as in `exchange:kraken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Our side of the channels of a Lightning node. Bitcoin.
    Lightning(PlaceName),
    /// On-chain wallet of a node or of the operator. Bitcoin.
    Chain(PlaceName),
    /// Account at an exchange. Bitcoin and currencies.
    Exchange(PlaceName),
    /// Float at an issuer, from which its cards are paid. Currencies.
    Issuer(PlaceName),
    /// Bank account of the operator. Currencies.
    Bank(PlaceName),
}

impl PlaceName {
    pub const fn new(name: &str) -> Option<Self> {
        let source = name.as_bytes();
        if source.is_empty() || source.len() > NAME_LEN_MAX {
            return None;
        }
        let mut bytes = [0; NAME_LEN_MAX];
        let mut index = 0;
        while index < source.len() {
            if !matches!(source[index], b'a'..=b'z' | b'0'..=b'9' | b'-') {
                return None;
            }
            bytes[index] = source[index];
            index += 1;
        }
        Some(Self { bytes })
    }

    pub fn as_str(&self) -> &str {
        let len = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(NAME_LEN_MAX);
        std::str::from_utf8(&self.bytes[..len]).expect("only ASCII gets in")
    }
}

impl Place {
    /// The word before the colon.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Lightning(_) => "lightning",
            Self::Chain(_) => "chain",
            Self::Exchange(_) => "exchange",
            Self::Issuer(_) => "issuer",
            Self::Bank(_) => "bank",
        }
    }

    pub const fn name(self) -> PlaceName {
        match self {
            Self::Lightning(name)
            | Self::Chain(name)
            | Self::Exchange(name)
            | Self::Issuer(name)
            | Self::Bank(name) => name,
        }
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PlaceName {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        Self::new(text).ok_or_else(|| LedgerError::UnknownWord(text.to_owned()))
    }
}

impl TryFrom<String> for PlaceName {
    type Error = LedgerError;

    fn try_from(text: String) -> Result<Self, LedgerError> {
        text.parse()
    }
}

impl From<PlaceName> for String {
    fn from(name: PlaceName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.name())
    }
}

impl FromStr for Place {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let unknown = || LedgerError::UnknownWord(text.to_owned());
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        let name = PlaceName::new(name).ok_or_else(unknown)?;
        match kind {
            "lightning" => Ok(Self::Lightning(name)),
            "chain" => Ok(Self::Chain(name)),
            "exchange" => Ok(Self::Exchange(name)),
            "issuer" => Ok(Self::Issuer(name)),
            "bank" => Ok(Self::Bank(name)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_plain_words() {
        for good in ["a", "kraken", "coinbase-linked", "0123456789abcdef"] {
            assert_eq!(PlaceName::new(good).map(String::from).as_deref(), Some(good));
        }
        for bad in ["", "Kraken", "a b", "a:b", "0123456789abcdefg", "é"] {
            assert_eq!(PlaceName::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn places_are_read_back() {
        for text in ["lightning:hold", "chain:hold", "exchange:kraken", "issuer:lithic", "bank:main"] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()).as_deref(), Ok(text));
        }
        for bad in ["lightning", "lightning:", "mattress:main", "issuer:LITHIC"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
