//! One consolidated rate a minute, for a plot. In memory, bounded, and nothing but a picture: no decision reads it.
//! Whoever wants more than two days of it keeps the samples in a [`ports::RateStore`].

use ids::UnixMs;
use money::{Currency, Rate};
pub use ports::RateSample as Sample;
use std::collections::{BTreeMap, VecDeque};

const MINUTE_MS: u64 = 60_000;
/// Two days of minutes of each currency.
pub const SAMPLES_MAX: usize = 2 * 24 * 60;

/// The samples of all currencies, the oldest first.
#[derive(Debug, Default)]
pub struct History {
    samples: BTreeMap<Currency, VecDeque<Sample>>,
}

impl History {
    /// Notes a rate, if its minute has none yet. Time never runs backwards in here.
    pub fn note(&mut self, rate: Rate, now: UnixMs) {
        let at = UnixMs(now.0 - now.0 % MINUTE_MS);
        let samples = self.samples.entry(rate.currency()).or_default();
        if samples.back().is_some_and(|last| last.at >= at) {
            return;
        }
        if samples.len() >= SAMPLES_MAX {
            samples.pop_front();
        }
        samples.push_back(Sample { at, rate });
    }

    /// What was noted after `at`, of all currencies.
    pub fn after(&self, at: UnixMs) -> Vec<Sample> {
        let new = |samples: &VecDeque<Sample>| samples.partition_point(|sample| sample.at <= at);
        self.samples.values().flat_map(|samples| samples.range(new(samples)..).copied()).collect()
    }

    /// Samples that were kept elsewhere, a currency's in the order of their times; those out of order are left out.
    pub fn restore(&mut self, kept: impl IntoIterator<Item = Sample>) {
        for sample in kept {
            self.note(sample.rate, sample.at);
        }
    }

    /// At most `points_max` samples since `since`, evenly picked, always with the newest.
    pub fn points(&self, currency: Currency, since: UnixMs, points_max: usize) -> Vec<Sample> {
        let Some(samples) = self.samples.get(&currency) else { return Vec::new() };
        let begin = samples.partition_point(|sample| sample.at < since);
        let count = samples.len() - begin;
        if points_max == 0 || count == 0 {
            return Vec::new();
        }
        let step = count.div_ceil(points_max);
        let first = begin + (count - 1) % step;
        samples.range(first..).step_by(step).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(units: u64) -> Rate {
        Rate::new(units * 1_000_000, Currency::USD).unwrap()
    }

    #[test]
    fn one_a_minute_and_no_more_than_two_days() {
        let mut history = History::default();
        for at in [0, 59_999, 60_000, 60_001, 30_000, 180_000] {
            history.note(rate(1), UnixMs(at));
        }
        let times = |samples: Vec<Sample>| samples.iter().map(|sample| sample.at.0).collect::<Vec<_>>();
        assert_eq!(times(history.points(Currency::USD, UnixMs(0), usize::MAX)), [0, 60_000, 180_000]);
        assert_eq!(times(history.after(UnixMs(0))), [60_000, 180_000]);
        assert_eq!(history.after(UnixMs(180_000)), []);
        for minute in 4..20_000 {
            history.note(rate(minute), UnixMs(minute * MINUTE_MS));
        }
        let all = history.points(Currency::USD, UnixMs(0), usize::MAX);
        assert_eq!((all.len(), all.last().unwrap().rate), (SAMPLES_MAX, rate(19_999)));
        assert_eq!(history.points(Currency::EUR, UnixMs(0), 10), []);
    }

    #[test]
    fn points_are_evenly_picked_and_end_with_the_newest() {
        let mut history = History::default();
        history.restore((0..100).map(|minute| Sample { at: UnixMs(minute * MINUTE_MS), rate: rate(minute + 1) }));
        for points_max in 1..=100 {
            let points = history.points(Currency::USD, UnixMs(0), points_max);
            assert!(!points.is_empty() && points.len() <= points_max);
            assert_eq!(points.last().unwrap().rate, rate(100));
            let gaps: Vec<u64> = points.windows(2).map(|pair| pair[1].at.0 - pair[0].at.0).collect();
            assert!(gaps.windows(2).all(|pair| pair[0] == pair[1]), "{gaps:?}");
        }
        assert_eq!(history.points(Currency::USD, UnixMs(98 * MINUTE_MS), 10).len(), 2);
        assert_eq!(history.points(Currency::USD, UnixMs(0), 0), []);
    }
}
