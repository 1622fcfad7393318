//! Samples and what is said of them. Times are measured, not money: they may be floats.

use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

const STRETCHES: usize = 5;

/// Times of one thing done again and again.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The samples in five stretches, in the order in which they were taken.
    fn stretches(&self) -> impl Iterator<Item = Self> {
        self.0.chunks(self.0.len().div_ceil(STRETCHES).max(1)).map(|stretch| Self(stretch.to_vec()))
    }

    pub fn median_ms(&self) -> Option<f64> {
        self.quantile_ms(50)
    }

    pub fn p99_ms(&self) -> Option<f64> {
        self.quantile_ms(99)
    }

    /// The smallest sample that is not exceeded by `percent` of a hundred (nearest rank).
    fn quantile_ms(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map(|took| took.as_secs_f64() * 1_000.0)
    }
}

/// What a figure should stay below, or reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Aim {
    pub limit: f64,
    pub unit: &'static str,
    /// It is good to be above.
    pub at_least: bool,
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Stable, for programs.
    pub name: Cow<'static, str>,
    /// For people.
    pub what: Cow<'static, str>,
    pub n: usize,
    pub unit: &'static str,
    pub median: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    /// How often a second, where that is what counts.
    pub per_second: Option<f64>,
    /// As a multiple of something else of this run.
    pub ratio: Option<Ratio>,
    pub aim: Option<Aim>,
    pub met: Option<bool>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ratio {
    /// Of the medians, or of the rates.
    pub value: f64,
    /// Of the 99th percentiles, where they are compared too.
    pub p99: Option<f64>,
    /// The lowest and the highest of the same ratio in single stretches of the run.
    pub spread: Option<(f64, f64)>,
    pub of: &'static str,
}

impl Figure {
    pub fn times(name: impl Into<Cow<'static, str>>, what: impl Into<Cow<'static, str>>, samples: &Samples) -> Self {
        Self {
            name: name.into(),
            what: what.into(),
            n: samples.len(),
            unit: "ms",
            median: samples.median_ms(),
            p95: samples.quantile_ms(95),
            p99: samples.p99_ms(),
            per_second: None,
            ratio: None,
            aim: None,
            met: None,
        }
    }

    pub fn single(
        name: impl Into<Cow<'static, str>>,
        what: impl Into<Cow<'static, str>>,
        unit: &'static str,
        value: f64,
    ) -> Self {
        let none = Self::times(name, what, &Samples::default());
        Self { n: 1, unit, median: Some(value), ..none }
    }

    #[must_use]
    pub fn per_second(mut self, rate: f64) -> Self {
        self.per_second = Some(rate);
        self
    }

    /// The median as a multiple of another median.
    #[must_use]
    pub fn median_of(mut self, of: &'static str, base_ms: Option<f64>) -> Self {
        self.ratio =
            self.median.zip(base_ms).map(|(median, base)| Ratio { value: median / base, p99: None, spread: None, of });
        self
    }

    /// Median and 99th percentile as multiples of another's.
    #[must_use]
    pub fn times_of(mut self, of: &'static str, base: &Samples) -> Self {
        self = self.median_of(of, base.median_ms());
        if let Some(ratio) = self.ratio.as_mut() {
            ratio.p99 = self.p99.zip(base.p99_ms()).map(|(p99, base)| p99 / base);
        }
        self
    }

    /// The rate as a multiple of another rate.
    #[must_use]
    pub fn rate_of(mut self, of: &'static str, base: f64) -> Self {
        self.ratio = self.per_second.map(|rate| Ratio { value: rate / base, p99: None, spread: None, of });
        self
    }

    /// The aim is about the ratio.
    #[must_use]
    pub fn ratio_below(mut self, limit: f64) -> Self {
        self.aim = Some(Aim { limit, unit: "x", at_least: false });
        self.met = self.ratio.map(|ratio| ratio.value < limit);
        self
    }

    /// How fast it is beside another: that one's median divided by this one's, over the whole and over stretches that
    /// both went through together.
    #[must_use]
    pub fn speed_of(mut self, of: &'static str, own: &Samples, base: &Samples) -> Self {
        let speed = |own: &Samples, base: &Samples| base.median_ms().zip(own.median_ms()).map(|(base, own)| base / own);
        let stretches = own.stretches().zip(base.stretches()).filter_map(|(own, base)| speed(&own, &base));
        let spread = stretches.fold(None, |spread: Option<(f64, f64)>, value| {
            Some(spread.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        self.ratio = speed(own, base).map(|value| Ratio { value, p99: None, spread, of });
        self
    }

    /// The aim is a ratio of at least this.
    #[must_use]
    pub fn ratio_reaches(mut self, limit: f64) -> Self {
        self.aim = Some(Aim { limit, unit: "x", at_least: true });
        self.met = self.ratio.map(|ratio| ratio.value >= limit);
        self
    }

    /// The aim is about the median.
    #[must_use]
    pub fn median_below(mut self, limit: f64) -> Self {
        self.aim = Some(Aim { limit, unit: self.unit, at_least: false });
        self.met = self.median.map(|median| median < limit);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ms: impl IntoIterator<Item = u64>) -> Samples {
        Samples(ms.into_iter().map(Duration::from_millis).collect())
    }

    #[test]
    fn median_and_p99_are_samples() {
        let samples = of((1..=200).rev());
        assert_eq!((samples.median_ms(), samples.p99_ms()), (Some(100.0), Some(198.0)));
        let few = of([7, 3]);
        assert_eq!((few.median_ms(), few.p99_ms()), (Some(3.0), Some(7.0)));
        assert_eq!(Samples::default().median_ms(), None);
    }

    #[test]
    fn a_speed_is_of_medians_and_its_spread_of_stretches() {
        let (own, base) = (of([10, 10, 20, 20, 10, 10, 10, 10, 10, 10]), of([10, 10, 10, 10, 10, 10, 10, 10, 20, 20]));
        let figure = Figure::times("a", "b", &own).speed_of("other", &own, &base).ratio_reaches(0.95);
        let ratio = figure.ratio.unwrap();
        assert_eq!((ratio.value, ratio.spread, figure.met), (1.0, Some((0.5, 2.0)), Some(true)));
        let slow = Figure::times("a", "b", &of([20])).speed_of("other", &of([20]), &of([10])).ratio_reaches(0.95);
        assert_eq!(slow.met, Some(false));
        assert_eq!(
            Figure::times("a", "b", &own).speed_of("other", &own, &Samples::default()).ratio_reaches(1.0).met,
            None
        );
    }

    #[test]
    fn an_aim_is_met_only_below_it() {
        let figure = |ms| Figure::times("a", "b", &of([ms]));
        assert_eq!(figure(9).median_below(10.0).met, Some(true));
        assert_eq!(figure(10).median_below(10.0).met, Some(false));
        assert_eq!(figure(15).median_of("other", Some(10.0)).ratio_below(1.5).met, Some(false));
        assert_eq!(figure(14).median_of("other", Some(10.0)).ratio_below(1.5).met, Some(true));
        let twice = Figure::times("a", "b", &of([6, 40])).times_of("other", &of([3, 10])).ratio.unwrap();
        assert_eq!((twice.value, twice.p99), (2.0, Some(4.0)));
        // What was not measured is not met.
        let nothing = Figure::times("a", "b", &Samples::default()).median_below(10.0);
        assert_eq!((nothing.met, nothing.median), (None, None));
    }
}
