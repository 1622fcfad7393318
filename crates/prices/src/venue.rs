//! A place where bitcoin is traded.

use crate::{Book, Feed, consolidated::middle};
use async_trait::async_trait;
use ids::UnixMs;
use money::{Currency, Rate};
use outbound::SocketClient;
use ports::Outcome;

/// Best bid and best ask; never crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Top {
    bid: Rate,
    ask: Rate,
}

impl Top {
    /// Nothing if the bid is above the ask or they are of two currencies.
    pub fn new(bid: Rate, ask: Rate) -> Option<Self> {
        let fits = bid.currency() == ask.currency() && bid.micro_per_btc() <= ask.micro_per_btc();
        fits.then_some(Self { bid, ask })
    }

    pub const fn bid(self) -> Rate {
        self.bid
    }

    pub const fn ask(self) -> Rate {
        self.ask
    }

    /// The middle, rounded down.
    pub fn middle(self) -> Rate {
        middle(self.bid, self.ask).unwrap_or(self.bid)
    }
}

/// What a venue said, and the time that it gave with it, if it gives one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    pub value: T,
    pub said_at: Option<UnixMs>,
}

impl<T> Said<T> {
    pub const fn without_time(value: T) -> Self {
        Self { value, said_at: None }
    }

    /// When it was true: when we asked or heard, or before that if the venue says so. A time to come is not believed.
    pub fn observed_at(&self, heard_at: UnixMs) -> UnixMs {
        self.said_at.map_or(heard_at, |said_at| said_at.min(heard_at))
    }
}

/// Public market data. Any outcome but `Done` means that nothing was learnt. Rejections with the code `rate_limited`
/// are answered with a pause.
#[async_trait]
pub trait Venue: Send + Sync {
    /// Stable short name.
    fn name(&self) -> &'static str;

    /// Whether bitcoin is traded for this currency here.
    fn trades(&self, currency: Currency) -> bool;

    /// Best bid and best ask, asked for.
    async fn ticker(&self, currency: Currency) -> Outcome<Said<Top>>;

    /// The bids, deep enough for the largest sale, asked for.
    async fn book(&self, currency: Currency) -> Outcome<Said<Book>>;

    /// Where to listen, and a fresh reader for that one connection, if there is a live feed. With `books` it brings
    /// books too. `currencies` are all traded here.
    fn feed(&self, currencies: &[Currency], books: bool) -> Option<(&SocketClient, Box<dyn Feed>)>;
}
