//! What a venue's live feed says, read message by message. Pure: a connection brings the text and takes the answers.

use crate::{Book, Top};
use ids::UnixMs;
use money::Currency;

/// Something learnt from one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Best bid and ask; the currency is theirs.
    Top { top: Top, said_at: Option<UnixMs> },
    /// The bids.
    Book { book: Book, said_at: Option<UnixMs> },
    /// The venue confirms that what it said last of this currency still holds.
    Holds { currency: Currency, said_at: Option<UnixMs> },
    /// The venue refuses something; nothing else changes.
    Note(String),
}

/// Why what follows cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("messages are missing")]
    Gap,
    #[error("the checksum differs")]
    Checksum,
    #[error("the book is crossed or has a price of zero")]
    NotAMarket,
    #[error("a message is not of the documented form")]
    Unreadable,
    #[error("the venue asks us to connect again")]
    AskedToReconnect,
}

/// Of one currency: its data are asked for anew ([`Feed::again`]). Of none: the connection is made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub currency: Option<Currency>,
    pub why: Why,
}

impl Broken {
    pub(crate) const fn all(why: Why) -> Self {
        Self { currency: None, why }
    }

    pub(crate) const fn of(currency: Currency, why: Why) -> Self {
        Self { currency: Some(currency), why }
    }
}

/// The reader of one connection, from its opening on.
///
/// Invariant: after [`Broken`] of a currency, nothing more is said of it before the venue has sent all of it again.
pub trait Feed: Send {
    /// What to send once connected.
    fn hello(&mut self) -> Vec<String>;

    /// Reads one message. What was found before something broke is found all the same.
    fn read(&mut self, text: &str, found: &mut Vec<Update>) -> Result<(), Broken>;

    /// What to send to get a currency's data anew; empty if only a new connection helps.
    fn again(&mut self, currency: Currency) -> Vec<String>;
}
