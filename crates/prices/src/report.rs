//! What an operator is shown of the prices.

use crate::{FeedState, LivePrices, Via};
use ids::UnixMs;
use money::{Currency, Rate};
use ports::{ObservedRate, PriceUnavailable, Prices};

/// Whether a venue's price is one of those that count, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fresh,
    Old,
    /// Too far from the others.
    Outlier,
    Never,
    /// It does not trade this currency.
    NotTraded,
}

/// One venue's price of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueReport {
    pub venue: &'static str,
    pub rate: Option<Rate>,
    pub observed_at: Option<UnixMs>,
    pub via: Option<Via>,
    pub verdict: Verdict,
    pub feed: FeedState,
    /// Times that the connection was lost and made anew.
    pub reconnects: u64,
    pub resyncs: u64,
    /// The last thing that went wrong, and when; it may be long over.
    pub failure: Option<(UnixMs, String)>,
}

/// One currency: the consolidated rate, and what each venue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyReport {
    pub currency: Currency,
    pub rate: Result<ObservedRate, PriceUnavailable>,
    pub venues: Vec<VenueReport>,
}

impl LivePrices {
    pub fn report(&self, currency: Currency, now: UnixMs) -> CurrencyReport {
        let rate = self.estimate(currency, now);
        let outliers = rate.as_ref().map(|seen| seen.outliers.clone()).unwrap_or_default();
        let seen = self.seen();
        let venue = |venue: &std::sync::Arc<dyn crate::Venue>| {
            let name = venue.name();
            let known = seen.rate(currency, name);
            let verdict = match known {
                _ if !venue.trades(currency) => Verdict::NotTraded,
                None => Verdict::Never,
                Some(known) if !self.config.rules.is_fresh(known.observed_at, now) => Verdict::Old,
                Some(_) if outliers.iter().any(|outlier| outlier == name) => Verdict::Outlier,
                Some(_) => Verdict::Fresh,
            };
            let state = seen.venue(name);
            VenueReport {
                venue: name,
                rate: known.map(|known| known.value),
                observed_at: known.map(|known| known.observed_at),
                via: known.map(|known| known.via),
                verdict,
                feed: state.feed,
                reconnects: state.connections.saturating_sub(1),
                resyncs: state.resyncs,
                failure: state.failure,
            }
        };
        CurrencyReport { currency, rate, venues: self.venues.iter().map(venue).collect() }
    }
}
