//! Vendors' decimal texts with more places than we keep.

use money::{DecimalError, parse_decimal};

/// The text in units of `10^-decimals`, further places dropped.
pub fn parse_floor(text: &str, decimals: u32) -> Result<u64, DecimalError> {
    parse(text, decimals).map(|(value, _)| value)
}

/// The text in units of `10^-decimals`, further places counted as one more.
pub fn parse_ceil(text: &str, decimals: u32) -> Result<u64, DecimalError> {
    let (value, rest) = parse(text, decimals)?;
    if rest { value.checked_add(1).ok_or(DecimalError::TooLarge) } else { Ok(value) }
}

/// The kept part and whether anything was cut off.
fn parse(text: &str, decimals: u32) -> Result<(u64, bool), DecimalError> {
    let Some((whole, fraction)) = text.split_once('.') else { return Ok((parse_decimal(text, decimals)?, false)) };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    let (kept, cut) = fraction.split_at(fraction.len().min(decimals as usize));
    let value = if kept.is_empty() {
        parse_decimal(whole, decimals)?
    } else {
        parse_decimal(&format!("{whole}.{kept}"), decimals)?
    };
    Ok((value, cut.bytes().any(|byte| byte != b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounding_is_named() {
        for (text, decimals, floor, ceil) in [
            ("27.11", 2, 2_711, 2_711),
            ("27.11000", 2, 2_711, 2_711),
            ("27.11001", 2, 2_711, 2_712),
            ("27.11999", 2, 2_711, 2_712),
            ("0.00000", 2, 0, 0),
            ("0.00001", 2, 0, 1),
            ("3000.9", 0, 3_000, 3_001),
            ("3000", 0, 3_000, 3_000),
            ("7.5", 2, 750, 750),
        ] {
            assert_eq!(parse_floor(text, decimals), Ok(floor), "{text}");
            assert_eq!(parse_ceil(text, decimals), Ok(ceil), "{text}");
        }
        for bad in ["", ".", "1.", ".5", "-1", "1e-5", "1.x", "1.2.3", "NaN", "1,5", "184467440737095516.16"] {
            assert!(parse_floor(bad, 2).is_err() && parse_ceil(bad, 2).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_ceil_is_floor_or_one_more(text in ".{0,30}", decimals in 0u32..12) {
            if let (Ok(floor), Ok(ceil)) = (parse_floor(&text, decimals), parse_ceil(&text, decimals)) {
                prop_assert!(ceil == floor || ceil == floor + 1);
            }
        }

        #[test]
        fn longer_texts(whole in 0u64..1_000_000, fraction in "[0-9]{1,12}") {
            let text = format!("{whole}.{fraction}");
            let exact = parse_decimal(&text, 12).unwrap();
            let unit = 10u64.pow(10);
            prop_assert_eq!(parse_floor(&text, 2), Ok(exact / unit));
            prop_assert_eq!(parse_ceil(&text, 2), Ok(exact.div_ceil(unit)));
        }
    }
}
