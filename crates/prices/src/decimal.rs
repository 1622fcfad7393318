//! Amounts as they stand in JSON, as text or as number, without ever being a floating-point number.

use money::{Currency, Rate, Sat, parse_decimal};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Decimals of an amount of bitcoin.
const SAT_DECIMALS: u32 = 8;
/// Longest exponent that is written out; no price and no amount has a longer one.
const EXPONENT_MAX: usize = 30;

/// A JSON number, or a string that holds one, in its own digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal<'a>(&'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Decimal<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        // Digits need no escapes; `null`, arrays and objects are no numbers.
        if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            Ok(Self(text))
        } else {
            Err(de::Error::custom("not a number"))
        }
    }
}

impl<'a> Decimal<'a> {
    /// As it was written.
    pub(crate) const fn text(self) -> &'a str {
        self.0
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0.starts_with('-')
    }

    /// Without its sign.
    pub(crate) fn unsigned(self) -> Self {
        Self(self.0.trim_start_matches('-'))
    }

    /// A price; exact or nothing. Zero is no price.
    pub(crate) fn rate(self, currency: Currency) -> Option<Rate> {
        Rate::parse(&plain(self.0)?, currency).ok()
    }

    /// An amount of bitcoin, what is below a satoshi cut off: a bid is never made larger.
    pub(crate) fn sat_floor(self) -> Option<Sat> {
        let text = plain(self.0)?;
        let kept = match text.split_once('.') {
            Some((_, fraction)) if fraction.len() > 8 => &text[..text.len() - (fraction.len() - 8)],
            _ => &text,
        };
        // Cut digits have to be digits too.
        let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        parse_decimal(kept, SAT_DECIMALS).ok().filter(|_| whole).and_then(|sat| Sat::new(sat).ok())
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0.bytes().all(|byte| matches!(byte, b'0' | b'.'))
    }

    /// Digits without point and leading zeros, as checksums of books take them.
    pub(crate) fn significant(self, out: &mut String) {
        let digits = self.0.bytes().filter(|byte| *byte != b'.').skip_while(|byte| *byte == b'0');
        out.extend(digits.map(char::from));
    }

    /// A whole number.
    pub(crate) fn whole(self) -> Option<u64> {
        self.0.parse().ok()
    }
}

/// Digits and at most one point: an exponent (`1e-7`, `1.5E+3`) is written out.
fn plain(text: &str) -> Option<Cow<'_, str>> {
    let Some(at) = text.find(['e', 'E']) else { return Some(Cow::Borrowed(text)) };
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let (down, exponent) = match exponent.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    let exponent: usize = exponent.parse().ok().filter(|exponent| *exponent <= EXPONENT_MAX)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let point = if down { whole.len().checked_sub(exponent) } else { Some(whole.len() + exponent) };
    Some(Cow::Owned(match point {
        Some(point) if point >= all.len() => format!("{all:0<point$}"),
        Some(point) if point > 0 => format!("{}.{}", &all[..point], &all[point..]),
        Some(_) => format!("0.{all}"),
        None => format!("0.{}{all}", "0".repeat(exponent - whole.len())),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Option<Decimal<'_>> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn text_and_numbers_keep_their_digits() {
        for (json, rate) in [
            ("5457.386", Some("5457.386")),
            ("\"5457.38600\"", Some("5457.386")),
            ("5.457386e3", Some("5457.386")),
            ("5457386E-3", Some("5457.386")),
            ("12e+2", Some("1200")),
            ("1e-6", Some("0.000001")),
            ("1.5e-1", Some("0.15")),
            ("0", None),
            ("0.0", None),
            ("-1", None),
            ("1e-7", None),
            ("1e99", None),
            ("0.30000000000000004", None),
        ] {
            let found = read(json).and_then(|decimal| decimal.rate(Currency::USD)).map(Rate::decimal);
            assert_eq!(found.as_deref(), rate, "{json}");
        }
        for none in ["null", "\"\"", "\"x\"", "[1]", "{}", "true", "\"\\u0031\"", "NaN"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn amounts_are_cut_to_the_satoshi() {
        for (json, sat) in [
            ("0.00000001", Some(1)),
            ("1e-8", Some(1)),
            ("0.123456789999", Some(12_345_678)),
            ("3", Some(300_000_000)),
            ("0", Some(0)),
            ("-0.1", None),
            ("\"0.1x\"", None),
            ("\"0.123456789x\"", None),
        ] {
            let found = read(json).and_then(Decimal::sat_floor).map(Sat::get);
            assert_eq!(found, sat, "{json}");
        }
        assert_eq!(read("-0.5").unwrap().unsigned().sat_floor().map(Sat::get), Some(50_000_000));
        assert!(read("0.000").unwrap().is_zero() && !read("0.001").unwrap().is_zero());
        let mut digits = String::new();
        read("\"0.00100500\"").unwrap().significant(&mut digits);
        assert_eq!(digits, "100500");
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-0-9.eE+x]{0,40}") {
            let quoted = format!("\"{text}\"");
            if let Some(decimal) = read(&quoted) {
                let _ = (decimal.rate(Currency::JPY), decimal.sat_floor(), decimal.whole());
            }
        }
    }
}
