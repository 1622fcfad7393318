//! One rate out of many: the median of the venues that are fresh and agree. Pure.

use ids::UnixMs;
use money::{Bps, Currency, Rate};
use ports::{ObservedRate, PriceUnavailable, RateBasis};

/// What a venue said and when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    pub venue: &'static str,
    pub rate: Rate,
    pub observed_at: UnixMs,
}

/// When a price may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub age_ms_max: u64,
    /// A venue further from the median is not believed.
    pub deviation_max: Bps,
    /// Venues that must be fresh and agree.
    pub venues_min: u32,
}

impl Rules {
    /// An observation from a future further away than the age allowed is as little use as one from the past.
    pub fn is_fresh(&self, observed_at: UnixMs, now: UnixMs) -> bool {
        observed_at.0.abs_diff(now.0) <= self.age_ms_max
    }
}

/// The median of the fresh ticks that are within the deviation of the median of all fresh ones. Those must be enough,
/// and more than half: two venues that differ say nothing about which of them is wrong. Whoever is left out for it is
/// named.
pub fn consolidate(
    ticks: impl Iterator<Item = Tick> + Clone,
    currency: Currency,
    rules: &Rules,
    now: UnixMs,
) -> Result<ObservedRate, PriceUnavailable> {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let of_currency = ticks.filter(|tick| tick.rate.currency() == currency);
    let newest = of_currency.clone().map(|tick| tick.observed_at).max().ok_or(PriceUnavailable::Never)?;
    let mut fresh: Vec<Tick> = of_currency.filter(|tick| rules.is_fresh(tick.observed_at, now)).collect();
    if fresh.is_empty() {
        return Err(PriceUnavailable::Stale { age_ms: newest.0.abs_diff(now.0), max_ms: rules.age_ms_max });
    }
    if count(fresh.len()) < rules.venues_min {
        return Err(PriceUnavailable::TooFewVenues { fresh: count(fresh.len()), needed: rules.venues_min });
    }
    let middle = median(&fresh).ok_or(PriceUnavailable::Never)?;
    let deviation = |tick: &Tick| middle.deviation_ceil(tick.rate).unwrap_or(Bps(u32::MAX));
    let worst = fresh.iter().map(deviation).max().unwrap_or_default();
    let all = fresh.len();
    let named = |ticks: &[Tick]| ticks.iter().map(|tick| tick.venue.to_owned()).collect::<Vec<_>>();
    let outliers: Vec<Tick> = fresh.extract_if(.., |tick| deviation(tick) > rules.deviation_max).collect();
    if fresh.len() * 2 <= all || count(fresh.len()) < rules.venues_min {
        return Err(PriceUnavailable::Deviation { bps: worst });
    }
    let rate = if outliers.is_empty() { middle } else { median(&fresh).ok_or(PriceUnavailable::Never)? };
    // As old as the oldest that it rests on.
    let observed_at = fresh.iter().map(|tick| tick.observed_at).min().unwrap_or_default();
    let (venues, outliers) = (named(&fresh), named(&outliers));
    Ok(ObservedRate { rate, observed_at, venues, outliers, basis: RateBasis::Venues })
}

/// Of an even number the mean of the two in the middle, rounded down.
fn median(ticks: &[Tick]) -> Option<Rate> {
    let mut rates: Vec<Rate> = ticks.iter().map(|tick| tick.rate).collect();
    rates.sort_by_key(|rate| rate.micro_per_btc());
    let upper = *rates.get(rates.len() / 2)?;
    let lower = *rates.get((rates.len() - 1) / 2)?;
    middle(lower, upper)
}

/// The mean of two rates of one currency, rounded down.
pub(crate) fn middle(lower: Rate, upper: Rate) -> Option<Rate> {
    let sum = u128::from(lower.micro_per_btc()) + u128::from(upper.micro_per_btc());
    (lower.currency() == upper.currency())
        .then(|| Rate::new(u64::try_from(sum / 2).ok()?, lower.currency()).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixMs = UnixMs(1_000_000);

    fn rules(venues_min: u32) -> Rules {
        Rules { age_ms_max: 10_000, deviation_max: Bps(100), venues_min }
    }

    fn ticks(seen: &[(&'static str, &str, u64)]) -> Vec<Tick> {
        seen.iter()
            .map(|(venue, rate, age_ms)| Tick {
                venue,
                rate: Rate::parse(rate, Currency::USD).unwrap(),
                observed_at: UnixMs(NOW.0 - age_ms),
            })
            .collect()
    }

    fn usd(
        seen: &[(&'static str, &str, u64)],
        venues_min: u32,
    ) -> Result<(String, u64, Vec<String>), PriceUnavailable> {
        let seen = consolidate(ticks(seen).into_iter(), Currency::USD, &rules(venues_min), NOW)?;
        Ok((seen.rate.decimal(), NOW.0 - seen.observed_at.0, seen.venues))
    }

    #[test]
    fn the_median_of_the_fresh() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(usd(&[("a", "100", 5)], 1), Ok(("100".into(), 5, names(&["a"]))));
        assert_eq!(usd(&[("a", "100", 5), ("b", "101", 9)], 2), Ok(("100.5".into(), 9, names(&["a", "b"]))));
        let three = [("a", "100", 1), ("b", "101", 10_000), ("c", "100.2", 3)];
        assert_eq!(usd(&three, 3), Ok(("100.2".into(), 10_000, names(&["a", "b", "c"]))));
        let one_old = [("a", "100", 1), ("b", "999", 10_001), ("c", "100.2", 3)];
        assert_eq!(usd(&one_old, 2), Ok(("100.1".into(), 3, names(&["a", "c"]))));
        let one_liar = [("a", "100", 1), ("b", "999", 2), ("c", "100.2", 3)];
        assert_eq!(usd(&one_liar, 2), Ok(("100.1".into(), 3, names(&["a", "c"]))));
        let seen = consolidate(ticks(&one_liar).into_iter(), Currency::USD, &rules(2), NOW).unwrap();
        assert_eq!((seen.outliers, seen.basis), (names(&["b"]), RateBasis::Venues));
    }

    #[test]
    fn fails_closed() {
        use PriceUnavailable::*;
        assert_eq!(usd(&[], 1), Err(Never));
        assert_eq!(
            usd(&[("a", "100", 10_001), ("b", "100", 20_000)], 1),
            Err(Stale { age_ms: 10_001, max_ms: 10_000 })
        );
        assert_eq!(usd(&[("a", "100", 1), ("b", "100", 20_000)], 2), Err(TooFewVenues { fresh: 1, needed: 2 }));
        assert!(matches!(usd(&[("a", "100", 1), ("b", "110", 1)], 1), Err(Deviation { bps }) if bps >= Bps(400)));
        let one_liar = [("a", "100", 1), ("b", "999", 2), ("c", "100.2", 3)];
        assert!(matches!(usd(&one_liar, 3), Err(Deviation { .. })));
        let none_agree = [("a", "100", 1), ("b", "200", 2), ("c", "300", 3)];
        assert!(matches!(usd(&none_agree, 1), Err(Deviation { .. })));
        assert_eq!(consolidate(ticks(&[("a", "100", 1)]).into_iter(), Currency::EUR, &rules(1), NOW), Err(Never));
        let future = [Tick { observed_at: UnixMs(NOW.0 + 10_001), ..ticks(&[("a", "100", 0)])[0] }];
        assert!(matches!(consolidate(future.into_iter(), Currency::USD, &rules(1), NOW), Err(Stale { .. })));
    }

    proptest! {
        /// However many venues there are: the rate is between two of them, and no minority moves it out of the
        /// honest ones' range.
        #[test]
        fn a_minority_has_no_say(
            honest in proptest::collection::vec(99_900_000u64..100_100_000, 3..8),
            liars in proptest::collection::vec(1u64..u64::MAX, 0..3),
        ) {
            prop_assume!(liars.len() < honest.len());
            let all = honest.iter().chain(&liars).map(|micro| Tick {
                venue: "v",
                rate: Rate::new(*micro, Currency::USD).unwrap(),
                observed_at: NOW,
            });
            let rate = consolidate(all.collect::<Vec<_>>().into_iter(), Currency::USD, &rules(2), NOW).unwrap().rate;
            prop_assert!((98_800_000..=101_200_000).contains(&rate.micro_per_btc()));
        }
    }
}
