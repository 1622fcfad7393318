//! One snapshot a day, and what changed since.

use crate::Figures;
use ids::UnixMs;
use money::div_half_even;
use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 24 * 3_600_000;
/// A snapshot that is missing (the server was off) is replaced by one at most so many days older or younger.
const SLACK_DAYS: u32 = 3;

/// Days since 1970-01-01 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub u32);

impl Day {
    pub fn of(at: UnixMs) -> Self {
        Self(u32::try_from(at.0 / DAY_MS).unwrap_or(u32::MAX))
    }
}

/// The figures of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub day: Day,
    pub figures: Figures,
}

/// How a figure changed, in hundredths of a percent of what it was, to the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Change(pub i64);

impl Change {
    /// Nothing where there was nothing before.
    pub fn between(then: u64, now: u64) -> Option<Self> {
        if then == 0 {
            return None;
        }
        let bps = i64::try_from(div_half_even(u128::from(now.abs_diff(then)) * 10_000, then.into())).ok()?;
        Some(Self(if now < then { -bps } else { bps }))
    }

    /// `+8.10 %`.
    pub fn percent(self) -> String {
        let sign = match self.0 {
            0 => "",
            1.. => "+",
            _ => "-",
        };
        let bps = self.0.unsigned_abs();
        format!("{sign}{}.{:02} %", bps / 100, bps % 100)
    }
}

/// The snapshot nearest to `days` before `today`, if one is near enough; the older of two as near.
pub fn change_over(kept: &[Snapshot], today: Day, days: u32) -> Option<&Snapshot> {
    let wanted = today.0.checked_sub(days)?;
    kept.iter()
        .filter(|snapshot| snapshot.day < today && snapshot.day.0.abs_diff(wanted) <= SLACK_DAYS.min(days / 2))
        .min_by_key(|snapshot| (snapshot.day.0.abs_diff(wanted), snapshot.day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(day: u32) -> Snapshot {
        Snapshot { day: Day(day), figures: Figures::default() }
    }

    #[test]
    fn changes_are_rounded_to_the_nearest_hundredth_of_a_percent() {
        let percent = |then, now| Change::between(then, now).map(Change::percent);
        assert_eq!(percent(7_404, 8_004).as_deref(), Some("+8.10 %"));
        assert_eq!(percent(39_305, 38_637).as_deref(), Some("-1.70 %"));
        assert_eq!(percent(3, 3).as_deref(), Some("0.00 %"));
        assert_eq!(percent(1, 3).as_deref(), Some("+200.00 %"));
        assert_eq!(percent(3, 0).as_deref(), Some("-100.00 %"));
        assert_eq!(percent(0, 3), None);
        assert_eq!(percent(u64::MAX, 1).as_deref(), Some("-100.00 %"));
    }

    #[test]
    fn the_nearest_day_is_taken_and_none_that_is_far() {
        let kept = [snapshot(60), snapshot(68), snapshot(72), snapshot(100)];
        let day = |days| change_over(&kept, Day(100), days).map(|found| found.day.0);
        assert_eq!(day(30), Some(68), "the older of two that are as near");
        assert_eq!(day(28), Some(72));
        assert_eq!(day(40), Some(60));
        assert_eq!(day(50), None);
        assert_eq!(day(0), None, "today is no past");
        assert_eq!(day(200), None);
    }
}
