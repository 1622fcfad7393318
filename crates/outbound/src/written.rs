//! Written forms that several vendors ask for.

use ids::{IdempotencyKey, UnixMs};
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Nanoseconds in a millisecond.
const NANOS: i128 = 1_000_000;

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

/// RFC 3339 in UTC with milliseconds: `2021-04-01T00:18:45.000Z`. What is later than the year 9999 is its end.
pub fn rfc3339(at: UnixMs) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * NANOS);
    let time = time.unwrap_or(PrimitiveDateTime::MAX.assume_utc());
    let (date, (hour, minute, second, ms)) = (time.date(), time.to_hms_milli());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// RFC 3339, with or without a fraction, to milliseconds; later digits are cut off. None before 1970.
pub fn parse_rfc3339(text: &str) -> Option<UnixMs> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos().div_euclid(NANOS)).ok().map(UnixMs)
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
        assert_eq!(parse_rfc3339("1970-01-01T01:00:01+01:00"), Some(UnixMs(1_000)));
        assert_eq!(parse_rfc3339("2016-12-31T23:59:60Z"), Some(UnixMs(1_483_228_799_999)), "a leap second");
        assert_eq!(rfc3339(UnixMs(u64::MAX)), "9999-12-31T23:59:59.999Z");
        for bad in [
            "",
            "2022-08-04",
            "2022-13-04T00:00:00Z",
            "2022-08-04T00:00:00",
            "2022-08-04T00:00:00.Z",
            "1969-12-31T23:59:59.999Z",
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
