//! What a bitcoin is worth now, and what it can be sold for: [`ports::Prices`] from memory.
//!
//! Each venue is a module behind [`Venue`]: a live feed where it has one, asked over REST while the feed is down or
//! quiet. The consolidated rate is the median of the venues that are fresh and agree, and the executable price walks the
//! bids of the exchange where the bitcoin will be sold. A daily table estimates the currencies that no venue trades, and
//! gives a second opinion on those that too few trade.
//!
//! Invariant: no price is better than none. Everything that cannot be known fails closed with
//! [`ports::PriceUnavailable`]; rates of a sale are rounded down; no amount is ever a floating-point number.

mod ask;
mod book;
mod consolidated;
mod decimal;
mod feed;
mod history;
mod levels;
mod listen;
mod live;
mod plot;
mod public;
mod report;
mod seen;
mod table;
mod venue;
mod venues;

pub use ask::Refreshed;
pub use book::{Bid, Book};
pub use consolidated::{Rules, Tick, consolidate};
pub use feed::{Broken, Feed, Update, Why};
pub use history::{History, SAMPLES_MAX, Sample};
pub use listen::Listening;
pub use live::{BadPricesConfig, LivePrices, PricesConfig, TableRules};
pub use plot::{chart, sparkline, svg};
pub use public::{PublicVenue, VenueKind};
pub use report::{CurrencyReport, VenueReport, Verdict};
pub use seen::{FeedState, VenueNow, Via};
pub use table::{DailyTable, ECB_NAME, ECB_URL, TableSource};
pub use venue::{Said, Top, Venue};
