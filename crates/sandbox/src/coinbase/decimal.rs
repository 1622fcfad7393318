//! Coinbase's amounts: decimal strings with up to sixteen places. Everything here is exact, nothing rounds.

use crate::vendor::decimal::parse;

/// Places of a price (`quote_increment` of every product here is a cent).
pub(crate) const PRICE_SCALE: u32 = 2;
/// Places of a size (`base_increment`): satoshi.
pub(crate) const SIZE_SCALE: u32 = 8;
/// Places of balances, values and fees. A price times a size times basis points has fourteen.
pub(crate) const VALUE_SCALE: u32 = 16;

/// An amount in units of 10^-16.
pub(crate) type Value = i128;

const ONE: Value = 10_i128.pow(VALUE_SCALE);

/// price × size.
pub(crate) fn value(price: i64, size: i64) -> Value {
    i128::from(price) * i128::from(size) * 10_i128.pow(VALUE_SCALE - PRICE_SCALE - SIZE_SCALE)
}

/// A size as an amount of bitcoin.
pub(crate) fn of_size(size: i64) -> Value {
    i128::from(size) * 10_i128.pow(VALUE_SCALE - SIZE_SCALE)
}

/// So many basis points of a value of a price times a size: exact, since such a value has ten places.
pub(crate) fn fee(value: Value, bps: u32) -> Value {
    value * i128::from(bps) / 10_000
}

/// Reads a plain decimal with at most eight places as a balance.
pub(crate) fn parse_value(text: &str) -> Option<Value> {
    parse(text, SIZE_SCALE).map(of_size)
}

/// All sixteen places, as accounts show them.
pub(crate) fn print_full(value: Value) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let absolute = value.unsigned_abs();
    let one = ONE.unsigned_abs();
    format!("{sign}{}.{:016}", absolute / one, absolute % one)
}

/// Without zeros at its end, as orders show it.
pub(crate) fn print_short(value: Value) -> String {
    let full = print_full(value);
    full.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_fees_are_exact() {
        let sold = value(550_000, 496_758); // 5500.00 USD, 0.00496758 BTC
        assert_eq!(print_short(sold), "27.32169");
        assert_eq!(print_short(fee(sold, 60)), "0.16393014");
        assert_eq!(print_full(of_size(496_758)), "0.0049675800000000");
        assert_eq!(print_short(fee(value(1, 1), 1)), "0.00000000000001");
        assert_eq!((print_short(0), print_full(-1)), ("0".into(), "-0.0000000000000001".into()));
        assert_eq!(parse_value("10000"), Some(10_000 * ONE));
        assert_eq!(parse_value("1.123456789"), None);
    }
}
