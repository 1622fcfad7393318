//! Amounts on the wire: Core writes bitcoin with eight decimals. Here they are whole satoshis, and
//! are never a floating point number on the way in or out.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

const SAT_PER_BTC: u64 = 100_000_000;

/// Satoshis that are written as a JSON number of bitcoin, `0.00496758`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Btc(pub u64);

impl Serialize for Btc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{}.{:08}", self.0 / SAT_PER_BTC, self.0 % SAT_PER_BTC);
        RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Reads an amount in bitcoin, a JSON number or text, as satoshis. `None` for anything that is not
/// exact: a sign, more than eight decimals, too large. `1e-8` is one satoshi: small numbers come so.
pub fn parse_btc(value: &Value) -> Option<u64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) {
        return None;
    }
    // A satoshi is the eighth decimal.
    let places = exponent.parse::<i32>().ok()?.checked_add(8)?;
    let places = places.checked_sub(i32::try_from(decimals.len()).ok()?)?;
    let power = 10_u64.checked_pow(u32::try_from(places).ok()?)?;
    format!("{whole}{decimals}").parse::<u64>().ok()?.checked_mul(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_with_eight_decimals() {
        for (sat, text) in [(0, "0.00000000"), (496_758, "0.00496758"), (5_000_000_001, "50.00000001")] {
            assert_eq!(serde_json::to_string(&Btc(sat)).expect("a number"), text);
        }
    }

    #[test]
    fn read_exactly_or_not_at_all() {
        for (json, want) in [
            ("0.1", Some(10_000_000)),
            ("1", Some(100_000_000)),
            ("\"0.00000001\"", Some(1)),
            ("\"0.000000001\"", None),
            ("-1", None),
            ("1e-8", Some(1)),
            ("3.32e-6", Some(332)),
            ("3.3212345e-5", None),
            ("1e-9", None),
            ("\"1e3\"", Some(100_000_000_000)),
            ("\"1e99\"", None),
            ("\".5\"", None),
            ("true", None),
        ] {
            let value: Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(parse_btc(&value), want, "{json}");
        }
    }
}
