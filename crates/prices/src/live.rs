//! Prices in memory, renewed from the venues.

use crate::{Book, Rules, Tick, Venue, consolidate};
use async_trait::async_trait;
use futures::future::join_all;
use ids::UnixMs;
use money::{Currency, Money};
use ports::{Clock, ExecutablePrice, ObservedRate, Outcome, PriceUnavailable, Prices};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricesConfig {
    pub currencies: Vec<Currency>,
    pub rules: Rules,
    /// Pause between two rounds of asking. Public calls are limited to about one a second by some venues.
    pub refresh_ms: u64,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPricesConfig {
    #[error("no currency is named")]
    NoCurrency,
    #[error("{needed} venues are needed and {configured} are configured")]
    TooFewVenues { needed: u32, configured: usize },
    #[error("two venues are called {0}")]
    SameName(&'static str),
    #[error("a price that may be {age_ms_max} ms old cannot be renewed every {refresh_ms} ms")]
    RefreshTooSlow { age_ms_max: u64, refresh_ms: u64 },
}

/// What a round of asking brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    pub ticks: usize,
    pub books: usize,
    /// For the log and the operator: venue, currency, why.
    pub failures: Vec<String>,
}

#[derive(Default)]
struct Seen {
    ticks: BTreeMap<(Currency, &'static str), Tick>,
    books: BTreeMap<Currency, (Book, UnixMs)>,
}

/// All prices. Reads are from memory; [`LivePrices::run`] renews.
pub struct LivePrices {
    config: PricesConfig,
    venues: Vec<Arc<dyn Venue>>,
    /// Where the bitcoin will be sold: its book is walked.
    sold_at: Arc<dyn Venue>,
    clock: Arc<dyn Clock>,
    seen: RwLock<Seen>,
}

impl LivePrices {
    /// `sold_at` is asked for its book, and for its ticker only if it is among the `venues` too.
    pub fn new(
        config: PricesConfig,
        venues: Vec<Arc<dyn Venue>>,
        sold_at: Arc<dyn Venue>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadPricesConfig> {
        let PricesConfig { rules, refresh_ms, .. } = config;
        if config.currencies.is_empty() {
            return Err(BadPricesConfig::NoCurrency);
        }
        let needed = rules.venues_min.max(1);
        if u32::try_from(venues.len()).is_ok_and(|configured| configured < needed) {
            return Err(BadPricesConfig::TooFewVenues { needed, configured: venues.len() });
        }
        let mut names = BTreeSet::new();
        if let Some(twice) = venues.iter().find(|venue| !names.insert(venue.name())) {
            return Err(BadPricesConfig::SameName(twice.name()));
        }
        if refresh_ms >= rules.age_ms_max {
            return Err(BadPricesConfig::RefreshTooSlow { age_ms_max: rules.age_ms_max, refresh_ms });
        }
        let live = Self { config, venues, sold_at, clock, seen: RwLock::default() };
        for warning in live.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(live)
    }

    /// What the operator should know about this configuration.
    pub fn warnings(&self) -> Vec<String> {
        let (configured, needed) = (self.venues.len(), self.config.rules.venues_min);
        let mut warnings = Vec::new();
        if configured < 3 {
            warnings
                .push(format!("{configured} price venues are configured: fewer than three cannot outvote a wrong one"));
        }
        if needed < 2 {
            warnings.push("one fresh venue is enough for a price: nothing contradicts it when it is wrong".to_owned());
        }
        warnings
    }

    /// Asks all venues at once and keeps what they said. What fails leaves the older price, which ages.
    pub async fn refresh_once(&self) -> Refreshed {
        let asked = |venue: &Arc<dyn Venue>| {
            let venue = Arc::clone(venue);
            self.config.currencies.iter().map(move |currency| (Arc::clone(&venue), *currency))
        };
        let ticks = self.venues.iter().flat_map(asked).map(|(venue, currency)| async move {
            // Seen when it was asked: an answer that took its time is that much older.
            let observed_at = self.clock.now();
            (venue.name(), currency, observed_at, venue.ticker(currency).await)
        });
        let books = asked(&self.sold_at).map(|(venue, currency)| async move {
            let observed_at = self.clock.now();
            (currency, observed_at, venue.book(currency).await)
        });
        let (ticks, books) = futures::future::join(join_all(ticks), join_all(books)).await;
        let mut done = Refreshed::default();
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        for (venue, currency, observed_at, outcome) in ticks {
            match outcome {
                Outcome::Done(rate) if rate.currency() == currency => {
                    seen.ticks.insert((currency, venue), Tick { venue, rate, observed_at });
                    done.ticks += 1;
                }
                other => done.failures.push(format!("{venue} {currency} ticker: {}", why(&other))),
            }
        }
        for (currency, observed_at, outcome) in books {
            match outcome {
                Outcome::Done(book) => {
                    seen.books.insert(currency, (book, observed_at));
                    done.books += 1;
                }
                other => done.failures.push(format!("{} {currency} book: {}", self.sold_at.name(), why(&other))),
            }
        }
        done
    }

    /// Renews until `shutdown` is ready. The caller owns the task.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let round = async {
                let done = self.refresh_once().await;
                for failure in &done.failures {
                    tracing::warn!(failure, "no price");
                }
                tokio::time::sleep(Duration::from_millis(self.config.refresh_ms)).await;
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = round => {}
            }
        }
    }

    fn known(&self, currency: Currency) -> Result<(), PriceUnavailable> {
        if self.config.currencies.contains(&currency) {
            Ok(())
        } else {
            Err(PriceUnavailable::UnknownCurrency { currency })
        }
    }
}

fn why<T>(outcome: &Outcome<T>) -> String {
    match outcome {
        Outcome::Done(_) => "in another currency".to_owned(),
        Outcome::Rejected(rejection) => rejection.message.clone(),
        Outcome::NotSent(why) | Outcome::Unknown(why) => why.clone(),
    }
}

#[async_trait]
impl Prices for LivePrices {
    fn rate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        self.known(currency)?;
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let ticks: Vec<Tick> = seen.ticks.values().filter(|tick| tick.rate.currency() == currency).cloned().collect();
        consolidate(&ticks, currency, &self.config.rules, now)
    }

    /// Also needs a consolidated rate, and not to be further from it than venues may be from one another.
    fn executable(&self, total: Money, now: UnixMs) -> Result<ExecutablePrice, PriceUnavailable> {
        let currency = total.currency();
        let consolidated = self.rate(currency, now)?;
        let rules = &self.config.rules;
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let (book, observed_at) = seen.books.get(&currency).ok_or(PriceUnavailable::Never)?;
        if !rules.is_fresh(*observed_at, now) {
            let age_ms = observed_at.0.abs_diff(now.0);
            return Err(PriceUnavailable::Stale { age_ms, max_ms: rules.age_ms_max });
        }
        let rate = book.average(total).ok_or(PriceUnavailable::ThinBook)?;
        match consolidated.rate.deviation_ceil(rate) {
            Ok(bps) if bps <= rules.deviation_max => Ok(ExecutablePrice { rate, observed_at: *observed_at }),
            Ok(bps) => Err(PriceUnavailable::Deviation { bps }),
            Err(_) => Err(PriceUnavailable::UnknownCurrency { currency }),
        }
    }

    fn currencies(&self) -> Vec<Currency> {
        self.config.currencies.clone()
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
