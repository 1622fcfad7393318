//! How long the room to receive lasts at the pace of the last days. Pure.

use serde::{Deserialize, Serialize};

/// Fewer days than this, and an operator should see to it.
pub const DAYS_SOON: u64 = 7;

/// What was received, on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Millisatoshi a day, rounded up.
    pub per_day_msat: u64,
    /// Over so many days: from the first on which anything came.
    pub days: u32,
}

/// Of what was received each day, oldest first, today last. None before anything came.
pub fn pace(received_msat: &[u64]) -> Option<Pace> {
    let began = received_msat.iter().position(|msat| *msat > 0)?;
    let counted = received_msat.get(began..)?;
    let sum = counted.iter().map(|msat| u128::from(*msat)).sum::<u128>();
    let per_day_msat = u64::try_from(sum.div_ceil(counted.len() as u128)).unwrap_or(u64::MAX);
    Some(Pace { per_day_msat, days: u32::try_from(counted.len()).unwrap_or(u32::MAX) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "forecast", rename_all = "snake_case")]
pub enum Forecast {
    /// The largest purchase does not fit now.
    Full,
    /// It does not fit any more after so many whole days.
    Lasts { days_left: u64 },
    /// Nothing was received yet: no pace to go by.
    Unknown,
}

impl Forecast {
    pub const fn is_alarm(self) -> bool {
        match self {
            Self::Full => true,
            Self::Lasts { days_left } => days_left < DAYS_SOON,
            Self::Unknown => false,
        }
    }
}

/// `inbound_msat`: what can be received in all; `largest_msat`: what has to fit in addition.
pub fn forecast(inbound_msat: u64, largest_msat: u64, pace: Option<Pace>) -> Forecast {
    let Some(beyond) = inbound_msat.checked_sub(largest_msat) else { return Forecast::Full };
    let Some(Pace { per_day_msat: 1.., .. }) = pace else { return Forecast::Unknown };
    let per_day = pace.map_or(1, |pace| pace.per_day_msat);
    Forecast::Lasts { days_left: beyond / per_day }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_begins_with_the_first_purchase_and_counts_quiet_days() {
        assert_eq!(pace(&[]), None);
        assert_eq!(pace(&[0, 0, 0]), None);
        assert_eq!(pace(&[0, 0, 9, 0, 1]), Some(Pace { per_day_msat: 4, days: 3 }), "ten over three days, rounded up");
        assert_eq!(pace(&[u64::MAX, u64::MAX]), Some(Pace { per_day_msat: u64::MAX, days: 2 }));
    }

    #[test]
    fn it_lasts_until_the_largest_purchase_does_not_fit() {
        let pace = Some(Pace { per_day_msat: 100, days: 3 });
        assert_eq!(forecast(499, 500, pace), Forecast::Full);
        assert_eq!(forecast(500, 500, pace), Forecast::Lasts { days_left: 0 });
        assert_eq!(forecast(1_299, 500, pace), Forecast::Lasts { days_left: 7 });
        assert!(forecast(1_199, 500, pace).is_alarm() && !forecast(1_299, 500, pace).is_alarm());
        assert_eq!(forecast(u64::MAX, 0, None), Forecast::Unknown);
        assert!(!Forecast::Unknown.is_alarm());
    }
}
