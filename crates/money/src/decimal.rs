//! Plain decimal text to integers and back; exact or an error.

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("not a plain decimal number such as 27.11")]
    NotANumber,
    #[error("more than {0} decimal places")]
    TooManyDecimals(u32),
    #[error("the number is too large")]
    TooLarge,
}

/// `27.11` with two decimals is `2711`. Digits and at most one point; no sign, no grouping, no exponent.
/// Zeros beyond `decimals` are accepted, anything else there is an error: nothing is rounded.
pub fn parse_decimal(text: &str, decimals: u32) -> Result<u64, DecimalError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || (text.contains('.') && fraction.is_empty()) {
        return Err(DecimalError::NotANumber);
    }
    let significant = fraction.trim_end_matches('0');
    if significant.len() > decimals as usize {
        return Err(DecimalError::TooManyDecimals(decimals));
    }
    let kept = &fraction[..fraction.len().min(decimals as usize)];
    let missing = decimals - u32::try_from(kept.len()).map_err(|_| DecimalError::TooLarge)?;
    let scale = 10u64.checked_pow(missing).ok_or(DecimalError::TooLarge)?;
    whole
        .bytes()
        .chain(kept.bytes())
        .try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .and_then(|value| value.checked_mul(scale))
        .ok_or(DecimalError::TooLarge)
}

/// The reverse of [`parse_decimal`], with all decimals: `2711`, 2 is `27.11`.
pub fn format_decimal(value: u64, decimals: u32) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let width = decimals as usize;
    let digits = format!("{value:0>pad$}", pad = width + 1);
    let (whole, fraction) = digits.split_at(digits.len() - width);
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table() {
        use DecimalError::*;
        for (text, decimals, expected) in [
            ("27.11", 2, Ok(2_711)),
            ("0", 2, Ok(0)),
            ("27.1", 2, Ok(2_710)),
            ("27.110", 2, Ok(2_711)),
            ("5457.386", 6, Ok(5_457_386_000)),
            ("3000", 0, Ok(3_000)),
            ("3000.00", 0, Ok(3_000)),
            ("27.111", 2, Err(TooManyDecimals(2))),
            ("", 2, Err(NotANumber)),
            (".5", 2, Err(NotANumber)),
            ("5.", 2, Err(NotANumber)),
            ("-1", 2, Err(NotANumber)),
            ("+1", 2, Err(NotANumber)),
            ("1,5", 2, Err(NotANumber)),
            ("1e3", 2, Err(NotANumber)),
            ("1.2.3", 2, Err(NotANumber)),
            ("٣", 2, Err(NotANumber)),
            ("99999999999999999999", 2, Err(TooLarge)),
        ] {
            assert_eq!(parse_decimal(text, decimals), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(value: u64, decimals in 0u32..9) {
            prop_assert_eq!(parse_decimal(&format_decimal(value, decimals), decimals), Ok(value));
        }

        #[test]
        fn never_panics(text in ".{0,40}", decimals in 0u32..30) {
            let _ = parse_decimal(&text, decimals);
        }
    }
}
