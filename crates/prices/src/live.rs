//! Prices in memory, renewed from the venues.

use crate::{
    DailyTable, ECB_NAME, History, Listening, Rules, Sample, TableSource, Update, Venue, consolidate, listen::Listener,
    seen::Seen,
};
use async_trait::async_trait;
use futures::future::{join, join_all};
use ids::UnixMs;
use money::{Bps, Currency, Money};
use ports::{Clock, ExecutablePrice, ObservedRate, Outcome, PriceUnavailable, Prices, RateBasis};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

/// The table is asked for so often, and again so soon after a failure.
const TABLE_EVERY: Duration = Duration::from_secs(3_600);
const TABLE_PAUSE: Duration = Duration::from_secs(60);
/// Samples are taken this often, and kept one a minute.
const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// Through which a table's other currencies are reckoned: traded at most venues, and the first that has a rate.
const REFERENCES: [Currency; 2] = [Currency::EUR, Currency::USD];

#[derive(Clone)]
pub struct PricesConfig {
    /// Those that are priced.
    pub currencies: Vec<Currency>,
    /// Those of them that bitcoin is sold for: only their books are asked for.
    pub sold: Vec<Currency>,
    pub rules: Rules,
    /// Pause between two rounds of looking whom to ask.
    pub refresh_ms: u64,
    /// A venue whose price is older is asked, whatever its feed does.
    pub quiet_ms: u64,
    pub listening: Listening,
    pub table: TableRules,
}

/// When the daily table may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableRules {
    /// The bank's longest pause is five days.
    pub age_days_max: u64,
    /// As a second opinion: how far a price may be from it. It is a day old, so this is coarse.
    pub deviation_max: Bps,
}

impl Default for TableRules {
    fn default() -> Self {
        Self { age_days_max: 6, deviation_max: Bps(300) }
    }
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
    #[error("a price that may be {age_ms_max} ms old has to be asked for before it is {quiet_ms} ms old")]
    QuietTooLong { age_ms_max: u64, quiet_ms: u64 },
}

/// All prices. Reads are from memory; [`LivePrices::run`] renews.
pub struct LivePrices {
    pub(crate) config: PricesConfig,
    pub(crate) venues: Vec<Arc<dyn Venue>>,
    /// Where the bitcoin will be sold: its book is walked.
    pub(crate) sold_at: Arc<dyn Venue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seen: RwLock<Seen>,
    table_source: Option<TableSource>,
    table: RwLock<Option<Arc<DailyTable>>>,
    history: Mutex<History>,
}

impl LivePrices {
    /// `sold_at` is asked for its book, and for its price only if it is among the `venues` too.
    pub fn new(
        config: PricesConfig,
        venues: Vec<Arc<dyn Venue>>,
        sold_at: Arc<dyn Venue>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadPricesConfig> {
        let PricesConfig { rules, refresh_ms, quiet_ms, .. } = config;
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
        let age_ms_max = rules.age_ms_max;
        if refresh_ms >= age_ms_max {
            return Err(BadPricesConfig::RefreshTooSlow { age_ms_max, refresh_ms });
        }
        if quiet_ms.saturating_add(refresh_ms) > age_ms_max {
            return Err(BadPricesConfig::QuietTooLong { age_ms_max, quiet_ms });
        }
        let seen = RwLock::new(Seen::new(sold_at.name()));
        let (table_source, table, history) = (None, RwLock::default(), Mutex::default());
        let live = Self { config, venues, sold_at, clock, seen, table_source, table, history };
        for warning in live.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(live)
    }

    /// With a daily table.
    #[must_use]
    pub fn with_table(mut self, source: TableSource) -> Self {
        self.table_source = Some(source);
        self
    }

    /// Takes in samples of earlier runs.
    pub fn restore(&self, kept: impl IntoIterator<Item = Sample>) {
        self.history().restore(kept);
    }

    /// Samples that were taken after `at`, for whoever keeps them.
    pub fn samples_after(&self, at: UnixMs) -> Vec<Sample> {
        self.history().after(at)
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

    /// What is renewed: what is asked for, and what a table needs to be of use.
    pub(crate) fn watched(&self) -> Vec<Currency> {
        let mut watched = self.config.currencies.clone();
        if self.table_source.is_some() {
            watched.extend(REFERENCES.iter().filter(|currency| !self.config.currencies.contains(currency)));
        }
        watched
    }

    /// Whether the exchange's own venue is one whose price counts; then one feed brings both.
    pub(crate) fn sells_at_a_venue(&self) -> bool {
        self.venues.iter().any(|venue| Arc::ptr_eq(venue, &self.sold_at))
    }

    fn listener<'a>(&'a self, venue: &'a Arc<dyn Venue>, counts: bool) -> Listener<'a> {
        Listener {
            venue: venue.as_ref(),
            currencies: self.watched().into_iter().filter(|currency| venue.trades(*currency)).collect(),
            books: Arc::ptr_eq(venue, &self.sold_at),
            counts,
            how: &self.config.listening,
            seen: &self.seen,
            clock: self.clock.as_ref(),
        }
    }

    /// Listens, and asks where nothing is heard, until `shutdown` is ready. The caller owns the task.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut listeners: Vec<Listener<'_>> = self.venues.iter().map(|venue| self.listener(venue, true)).collect();
        if !self.sells_at_a_venue() {
            listeners.push(self.listener(&self.sold_at, false));
        }
        listeners.retain(|listener| !listener.currencies.is_empty());
        let listen = join_all(listeners.iter().map(Listener::run));
        let rest = join(self.ask_on(), join(self.renew_table(), self.sample_on()));
        tokio::select! {
            () = shutdown => {}
            _ = join(listen, rest) => {}
        }
    }

    /// Takes in what a feed of `venue` said, for whoever listens on their own.
    pub fn heard(&self, venue: &'static str, updates: &mut Vec<Update>) {
        let now = self.clock.now();
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        for update in updates.drain(..) {
            seen.put(venue, update, now, true);
        }
    }

    async fn ask_on(&self) {
        loop {
            let done = self.refresh_quiet().await;
            for failure in &done.failures {
                tracing::warn!(failure, "no price");
            }
            tokio::time::sleep(Duration::from_millis(self.config.refresh_ms)).await;
        }
    }

    async fn renew_table(&self) {
        let Some(source) = &self.table_source else { return };
        loop {
            let pause = match self.take_table(source).await {
                Ok(()) => TABLE_EVERY,
                Err(why) => {
                    tracing::warn!(why, "no daily table");
                    TABLE_PAUSE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Asks for the daily table once.
    pub async fn refresh_table(&self) -> Result<(), String> {
        match &self.table_source {
            Some(source) => self.take_table(source).await,
            None => Ok(()),
        }
    }

    async fn take_table(&self, source: &TableSource) -> Result<(), String> {
        match source.fetch().await {
            Outcome::Done(table) => {
                *self.table.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(table));
                Ok(())
            }
            Outcome::Rejected(rejection) => Err(rejection.message),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
        }
    }

    async fn sample_on(&self) {
        loop {
            self.sample();
            tokio::time::sleep(SAMPLE_EVERY).await;
        }
    }

    /// Notes the rates of this minute.
    pub fn sample(&self) {
        let now = self.clock.now();
        for currency in &self.config.currencies {
            let Ok(seen) = self.rate(*currency, now) else { continue };
            self.history().note(seen.rate, now);
        }
    }

    /// At most `points_max` samples since `since`, for a plot.
    pub fn points(&self, currency: Currency, since: UnixMs, points_max: usize) -> Vec<Sample> {
        self.history().points(currency, since, points_max)
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seen(&self) -> RwLockReadGuard<'_, Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last daily table, if one was had.
    pub fn table(&self) -> Option<Arc<DailyTable>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of the configured venues.
    pub(crate) fn traders(&self, currency: Currency) -> u32 {
        let count = self.venues.iter().filter(|venue| venue.trades(currency)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// From venues alone.
    fn traded(&self, currency: Currency, rules: &Rules, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        consolidate(self.seen().ticks(currency), currency, rules, now)
    }

    /// From fewer venues than are asked for: all that trade it, and a table has to agree with them.
    fn seconded(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        let rules = Rules { venues_min: self.traders(currency), ..self.config.rules };
        let seen = self.traded(currency, &rules, now)?;
        let fresh = u32::try_from(seen.venues.len()).unwrap_or(u32::MAX);
        let alone = PriceUnavailable::TooFewVenues { fresh, needed: self.config.rules.venues_min };
        let Ok(other) = self.through_table(currency, now) else { return Err(alone) };
        let bps = other.rate.deviation_ceil(seen.rate).map_err(|_| alone.clone())?;
        if bps > self.config.table.deviation_max {
            return Err(PriceUnavailable::Deviation { bps });
        }
        let RateBasis::Table { table, date, .. } = other.basis else { return Err(alone) };
        let observed_at = seen.observed_at.min(other.observed_at);
        Ok(ObservedRate { observed_at, basis: RateBasis::VenuesAndTable { table, date }, ..seen })
    }

    /// Another currency's rate, through the table.
    fn through_table(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        let unknown = PriceUnavailable::UnknownCurrency { currency };
        let table = self.table().filter(|table| table.has(currency)).ok_or(unknown.clone())?;
        let date = table.date.clone();
        if !table.is_current(now, self.config.table.age_days_max) {
            return Err(PriceUnavailable::TableOld { date });
        }
        let mut why = unknown.clone();
        for through in REFERENCES.into_iter().filter(|through| *through != currency) {
            match self.traded(through, &self.config.rules, now) {
                Ok(seen) => {
                    let rate = table.convert_floor(seen.rate, currency).ok_or(unknown)?;
                    let basis = RateBasis::Table { table: ECB_NAME.to_owned(), date, through };
                    return Ok(ObservedRate { rate, basis, ..seen });
                }
                Err(error) => why = error,
            }
        }
        Err(why)
    }
}

#[async_trait]
impl Prices for LivePrices {
    fn rate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        let traders = self.traders(currency);
        if !self.config.currencies.contains(&currency) || traders == 0 {
            return Err(PriceUnavailable::UnknownCurrency { currency });
        }
        if traders < self.config.rules.venues_min {
            self.seconded(currency, now)
        } else {
            self.traded(currency, &self.config.rules, now)
        }
    }

    /// Also needs a consolidated rate, and not to be further from it than venues may be from one another.
    fn executable(&self, total: Money, now: UnixMs) -> Result<ExecutablePrice, PriceUnavailable> {
        let currency = total.currency();
        if self.estimated().contains(&currency) {
            return Err(PriceUnavailable::EstimateOnly { currency });
        }
        if !self.config.sold.contains(&currency) {
            return Err(PriceUnavailable::UnknownCurrency { currency });
        }
        let consolidated = self.rate(currency, now)?;
        let rules = &self.config.rules;
        let seen = self.seen();
        let known = seen.book(currency).ok_or(PriceUnavailable::Never)?;
        let observed_at = known.observed_at;
        if !rules.is_fresh(observed_at, now) {
            let age_ms = observed_at.0.abs_diff(now.0);
            return Err(PriceUnavailable::Stale { age_ms, max_ms: rules.age_ms_max });
        }
        let rate = known.value.average(total).ok_or(PriceUnavailable::ThinBook)?;
        match consolidated.rate.deviation_ceil(rate) {
            Ok(bps) if bps <= rules.deviation_max => Ok(ExecutablePrice { rate, observed_at, consolidated }),
            Ok(bps) => Err(PriceUnavailable::Deviation { bps }),
            Err(_) => Err(PriceUnavailable::UnknownCurrency { currency }),
        }
    }

    fn currencies(&self) -> Vec<Currency> {
        self.config.currencies.iter().copied().filter(|currency| self.traders(*currency) > 0).collect()
    }

    fn estimate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        if self.currencies().contains(&currency) { self.rate(currency, now) } else { self.through_table(currency, now) }
    }

    fn estimated(&self) -> Vec<Currency> {
        let own = self.currencies();
        self.table().map_or_else(Vec::new, |table| table.currencies().filter(|of| !own.contains(of)).collect())
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
