//! Exact decimals as vendors write them: a whole number of units of 10^-`scale`.

/// Reads a plain decimal (`1`, `1.25`, `.5`; no sign, no exponent) as units of 10^-`scale`. `None` when it is not one,
/// has more decimals than that (beyond trailing zeros), or does not fit.
pub(crate) fn parse(text: &str, scale: u32) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || fraction.contains('.') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let scale = usize::try_from(scale).ok()?;
    if fraction.len() > scale || whole.len() > 19 {
        return None;
    }
    format!("{whole}{fraction:0<scale$}").parse().ok()
}

/// Prints units of 10^-`scale` with exactly that many decimals; negative amounts with a sign.
pub(crate) fn print(units: i64, scale: u32) -> String {
    if scale == 0 {
        return units.to_string();
    }
    let one = 10_u64.pow(scale);
    let sign = if units < 0 { "-" } else { "" };
    let absolute = units.unsigned_abs();
    let width = usize::try_from(scale).unwrap_or(0);
    format!("{sign}{}.{:0width$}", absolute / one, absolute % one)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_exactly_or_not_at_all() {
        assert_eq!(parse("0.00496758", 8), Some(496_758));
        assert_eq!(parse("5500", 5), Some(550_000_000));
        assert_eq!(parse(".5", 1), Some(5));
        assert_eq!(parse("1.2500", 2), Some(125));
        for wrong in ["", ".", "-1", "+1", "1e5", "1,5", "1.2.3", "0.123", " 1", "99999999999999999999"] {
            assert_eq!(parse(wrong, 2), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(units in 0..i64::MAX, scale in 0_u32..11) {
            prop_assert_eq!(parse(&print(units, scale), scale), Some(units));
        }
    }
}
