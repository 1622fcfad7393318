//! The sandbox's clock, in Unix milliseconds, and RFC 3339 as the vendors print it (UTC, milliseconds, `Z`).

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Tells a simulated vendor the time, in Unix milliseconds. Tests that travel in time hand in their own.
#[derive(Clone)]
pub struct VendorClock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl VendorClock {
    /// A clock of one's own: `now_ms` answers Unix milliseconds.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// The machine's clock. The vendors are the outside: nothing that decides about money reads this.
    pub fn wall() -> Self {
        Self::new(|| {
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
        })
    }

    /// The machine's clock and so many milliseconds more; the number can be changed while the vendor runs.
    pub fn ahead_by(ms: Arc<AtomicI64>) -> Self {
        let wall = Self::wall();
        Self::new(move || wall.now_ms().saturating_add(ms.load(Ordering::SeqCst)))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl Default for VendorClock {
    fn default() -> Self {
        Self::wall()
    }
}

impl fmt::Debug for VendorClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VendorClock")
    }
}

const DAY_MS: i64 = 86_400_000;

/// Days since 1970-01-01 to (year, month, day); Howard Hinnant's `civil_from_days`.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// (year, month, day) to days since 1970-01-01; the inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `2026-01-31T09:30:00.123Z`
pub(crate) fn rfc3339(unix_ms: i64) -> String {
    let (year, month, day) = civil_from_days(unix_ms.div_euclid(DAY_MS));
    let ms_of_day = unix_ms.rem_euclid(DAY_MS);
    let (hour, minute) = (ms_of_day / 3_600_000, ms_of_day / 60_000 % 60);
    let (second, ms) = (ms_of_day / 1_000 % 60, ms_of_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// The year and month (1 to 12) of a moment.
pub(crate) fn year_month(unix_ms: i64) -> (i64, i64) {
    let (year, month, _) = civil_from_days(unix_ms.div_euclid(DAY_MS));
    (year, month)
}

/// Reads RFC 3339 with `Z` or a numeric offset; a date alone is its midnight, and a moment without an offset is UTC,
/// as Lithic's list endpoints take them. `None` for anything else.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
    };
    let at = |index: usize, wanted: &[u8]| text.as_bytes().get(index).is_some_and(|b| wanted.contains(b));
    if !text.is_ascii() || !at(4, b"-") || !at(7, b"-") {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight_ms = days_from_civil(year, month, day) * DAY_MS;
    if text.len() == 10 {
        return Some(midnight_ms);
    }
    if !at(10, b"Tt ") || !at(13, b":") || !at(16, b":") {
        return None;
    }
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (ms, rest) = fraction_ms(text.get(19..)?)?;
    let offset_ms = offset_ms(rest)?;
    Some(midnight_ms + hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms - offset_ms)
}

fn fraction_ms(rest: &str) -> Option<(i64, &str)> {
    let Some(after_dot) = rest.strip_prefix('.') else {
        return Some((0, rest));
    };
    let count = after_dot.bytes().take_while(u8::is_ascii_digit).count();
    let digits = after_dot.get(..count.min(3)).filter(|d| !d.is_empty())?;
    let ms = format!("{digits:0<3}").parse().ok()?;
    Some((ms, after_dot.get(count..)?))
}

fn offset_ms(rest: &str) -> Option<i64> {
    match rest {
        "" | "Z" | "z" => Some(0),
        _ => {
            let sign = match rest.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = rest.get(1..)?.split_once(':')?;
            let minutes_east = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            Some(sign * minutes_east * 60_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_and_read_back() {
        for (unix_ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_695_762_868_637, "2023-09-26T21:14:28.637Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(unix_ms), text);
            assert_eq!(parse_rfc3339(text), Some(unix_ms));
        }
    }

    #[test]
    fn other_spellings_are_read_and_nonsense_is_not() {
        assert_eq!(parse_rfc3339("1970-01-02"), Some(DAY_MS));
        assert_eq!(parse_rfc3339("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00.5Z"), Some(500));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00.123456Z"), Some(123));
        for nonsense in ["", "yesterday", "1970-13-01", "1970-01-01T25:00:00Z", "1970-01-01X"] {
            assert_eq!(parse_rfc3339(nonsense), None, "{nonsense}");
        }
    }
}
