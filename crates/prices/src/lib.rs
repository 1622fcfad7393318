//! What a bitcoin is worth now, and what it can be sold for: [`ports::Prices`] from memory.
//!
//! Each venue is a module behind [`Venue`]. [`LivePrices`] asks them again and again, the consolidated rate is the
//! median of those that were seen lately and agree, and the executable price walks the bids of the exchange where the
//! bitcoin will be sold.
//!
//! Invariant: no price is better than none. Everything that cannot be known fails closed with
//! [`ports::PriceUnavailable`]; rates of a sale are rounded down; no amount is ever a floating-point number.

mod book;
mod consolidated;
mod kraken;
mod live;
mod venue;

pub use book::{Bid, Book};
pub use consolidated::{Rules, Tick, consolidate};
pub use kraken::KrakenVenue;
pub use live::{BadPricesConfig, LivePrices, PricesConfig, Refreshed};
pub use venue::Venue;
