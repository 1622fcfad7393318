//! Written forms that several vendors ask for.

use ids::{IdempotencyKey, UnixMs};
use sha2::{Digest, Sha256};

/// A UUID that the key always gives (RFC 9562, version 8: SHA-256 of `purpose`, a zero byte and the key). For
/// vendors whose idempotency keys and order ids must be UUIDs.
pub fn uuid(purpose: &str, key: &IdempotencyKey) -> String {
    let mut hasher = Sha256::new();
    hasher.update(purpose.as_bytes());
    hasher.update([0]);
    hasher.update(key.0.as_bytes());
    let mut bytes: [u8; 32] = hasher.finalize().into();
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes[..16].iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// RFC 3339 in UTC with milliseconds: `2021-04-01T00:18:45.000Z`. Exact for all years to 9999.
pub fn rfc3339(at: UnixMs) -> String {
    let (secs, ms) = (at.0 / 1_000, at.0 % 1_000);
    let (days, of_day) = (secs / 86_400, secs % 86_400);
    // Days from 0000-03-01, so that the leap day is a year's last (proleptic Gregorian, eras of 400 years).
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// RFC 3339 in UTC (`Z` or `+00:00`), with or without a fraction, to milliseconds; later digits are cut off.
pub fn parse_rfc3339(text: &str) -> Option<UnixMs> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = text.split_once('T')?;
    let number = |part: Option<&str>, length: usize| {
        part.filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u64>().ok()
    };
    let mut date = date.split('-');
    let (year, month, day) = (number(date.next(), 4)?, number(date.next(), 2)?, number(date.next(), 2)?);
    let (clock, fraction) = match time.split_once('.') {
        Some((_, "")) => return None,
        split => split.unwrap_or((time, "")),
    };
    let mut clock = clock.split(':');
    let (hour, minute, second) = (number(clock.next(), 2)?, number(clock.next(), 2)?, number(clock.next(), 2)?);
    let in_range = (1_970..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 60 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    // As in `rfc3339`: years begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(UnixMs(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_back() {
        for ms in [0, 951_782_400_000, 1_617_236_325_678, 1_704_067_199_999, 1_709_164_800_000, 4_107_542_400_000] {
            assert_eq!(parse_rfc3339(&rfc3339(UnixMs(ms))), Some(UnixMs(ms)));
        }
        assert_eq!(parse_rfc3339("2022-08-04T15:25:05.010758Z"), Some(UnixMs(1_659_626_705_010)));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01Z"), Some(UnixMs(1_000)));
        for bad in [
            "",
            "2022-08-04",
            "2022-13-04T00:00:00Z",
            "2022-08-04T00:00:00",
            "2022-08-04T00:00:00.Z",
            "2022-08-04T00:00:00+01:00",
            "äöüäöüäöüäöü",
        ] {
            assert_eq!(parse_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_617_236_325_678, "2021-04-01T00:18:45.678Z"),
            (1_704_067_199_999, "2023-12-31T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(UnixMs(ms)), expected);
            assert_eq!(parse_rfc3339(expected), Some(UnixMs(ms)));
        }
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01+00:00"), Some(UnixMs(1_000)));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01.25Z"), Some(UnixMs(1_250)));
        for bad in ["", "1970-01-01", "1970-01-01T00:00:01", "1970-13-01T00:00:01Z", "1970-01-01T24:00:01Z", "x"] {
            assert_eq!(parse_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_always_gives_the_same_uuid() {
        let key = IdempotencyKey("purchase-1".to_owned());
        let id = uuid("card", &key);
        assert_eq!(id, uuid("card", &key));
        assert_ne!(id, uuid("order", &key));
        assert_ne!(id, uuid("card", &IdempotencyKey("purchase-2".to_owned())));
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "8");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
    }
}
