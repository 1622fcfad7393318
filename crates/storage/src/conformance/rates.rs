//! Samples of rates.

use ids::UnixMs;
use money::{Currency, Rate};
use ports::{RATE_HOURS_MS, RATE_MINUTES_MS, RateSample, RateStore};
use std::sync::Arc;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// Midnight.
const DAY: UnixMs = UnixMs(1_700_006_400_000);
const EVER: UnixMs = UnixMs(0);

fn sample(at_ms: u64, units: u64, currency: Currency) -> RateSample {
    RateSample { at: DAY.plus_ms(at_ms), rate: Rate::new(units * 1_000_000, currency).expect("a rate") }
}

fn usd(at_ms: u64, units: u64) -> RateSample {
    sample(at_ms, units, Currency::USD)
}

async fn keep(store: &dyn RateStore, samples: impl IntoIterator<Item = RateSample>) {
    store.keep_rates(samples.into_iter().collect()).await.expect("a write");
}

async fn dollars(store: &dyn RateStore, since: UnixMs) -> Vec<RateSample> {
    store.rates_since(Currency::USD, since).await.expect("a read")
}

pub async fn the_first_of_a_minute_stays(store: Arc<dyn RateStore>) {
    let store = &*store;
    assert_eq!(dollars(store, EVER).await, []);
    assert_eq!(store.rate_currencies().await, Ok(vec![]));
    keep(store, []).await;
    keep(store, [usd(0, 100), usd(59_999, 101), sample(0, 90, Currency::EUR)]).await;
    keep(store, [usd(1, 102), usd(MINUTE_MS, 103)]).await;
    // Said again.
    keep(store, [usd(MINUTE_MS, 103)]).await;
    assert_eq!(dollars(store, EVER).await, [usd(0, 100), usd(MINUTE_MS, 103)]);
    assert_eq!(dollars(store, DAY.plus_ms(1)).await, [usd(MINUTE_MS, 103)]);
    assert_eq!(store.rates_since(Currency::EUR, EVER).await, Ok(vec![sample(0, 90, Currency::EUR)]));
    // Begun in the middle of an hour: before that minute nobody looked.
    keep(store, [sample(30 * MINUTE_MS, 8, Currency::JPY)]).await;
    assert_eq!(store.rates_since(Currency::JPY, EVER).await, Ok(vec![sample(30 * MINUTE_MS, 8, Currency::JPY)]));
    assert_eq!(store.rates_since(Currency::CHF, EVER).await, Ok(vec![]));
    assert_eq!(store.rate_currencies().await, Ok(vec![Currency::EUR, Currency::JPY, Currency::USD]));
}

pub async fn hours_outlive_minutes(store: Arc<dyn RateStore>) {
    let store = &*store;
    for minute in 0..150 {
        keep(store, [usd(minute * MINUTE_MS, 100 + minute)]).await;
    }
    assert_eq!(dollars(store, EVER).await.len(), 150, "minutes, and no hour twice");
    let later = RATE_MINUTES_MS + 90 * MINUTE_MS;
    keep(store, [usd(later, 500)]).await;
    let all = dollars(store, EVER).await;
    assert_eq!(all[..2], [usd(0, 100), usd(HOUR_MS, 160)], "hours from where there are no minutes any more");
    let minutes = (90..150).map(|minute| usd(minute * MINUTE_MS, 100 + minute));
    assert_eq!(all[2..], minutes.chain([usd(later, 500)]).collect::<Vec<_>>());
    assert_eq!(dollars(store, DAY.plus_ms(HOUR_MS)).await.len(), 62);
}

pub async fn nothing_is_kept_for_ever(store: Arc<dyn RateStore>) {
    let store = &*store;
    keep(store, [usd(0, 100), sample(0, 90, Currency::EUR)]).await;
    keep(store, [usd(HOUR_MS, 101)]).await;
    keep(store, [usd(RATE_HOURS_MS, 102)]).await;
    assert_eq!(dollars(store, EVER).await, [usd(0, 100), usd(HOUR_MS, 101), usd(RATE_HOURS_MS, 102)]);
    // Of a currency that is not priced any more, too.
    keep(store, [usd(RATE_HOURS_MS + HOUR_MS, 103)]).await;
    assert_eq!(dollars(store, EVER).await.first(), Some(&usd(HOUR_MS, 101)));
    assert_eq!(store.rate_currencies().await, Ok(vec![Currency::USD]));
}
