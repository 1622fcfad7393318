//! Kraken's scales, and costs and fees in them; nothing here rounds unless the function's name says how.

pub(crate) use crate::vendor::decimal::{parse, print};

/// Decimals of prices as Kraken prints them (`"5500.00000"`).
pub(crate) const PRICE_SCALE: u32 = 5;
/// Decimals of volumes (`lot_decimals` of every pair here): satoshi.
pub(crate) const VOLUME_SCALE: u32 = 8;

/// Prints fewer decimals than there are, cutting the rest off: Kraken's order book shows volumes with three.
pub(crate) fn print_cut(units: i64, scale: u32, shown: u32) -> String {
    print(units / 10_i64.pow(scale.saturating_sub(shown)), shown)
}

/// price × volume, exactly: units of 10^-13.
pub(crate) fn notional(price: i64, volume: i64) -> i128 {
    i128::from(price) * i128::from(volume)
}

/// A notional in units of 10^-`scale`, rounded down (what a seller is paid).
pub(crate) fn cost_floor(notional: i128, scale: u32) -> i64 {
    narrow(notional.div_euclid(divisor(scale)))
}

/// A notional in units of 10^-`scale`, rounded up (what a buyer pays).
pub(crate) fn cost_ceil(notional: i128, scale: u32) -> i64 {
    narrow((notional + divisor(scale) - 1).div_euclid(divisor(scale)))
}

/// The fee of a cost × basis points, rounded up.
pub(crate) fn fee_ceil(cost_bps: i128) -> i64 {
    narrow((cost_bps + 9_999).div_euclid(10_000))
}

/// The fee of a volume × basis points in units of 10^-10 of bitcoin, rounded up.
pub(crate) fn base_fee_ceil(volume_bps: i128) -> i64 {
    narrow((volume_bps + 99).div_euclid(100))
}

/// cost ÷ volume as a price, rounded down; 0 for no volume. For display only.
pub(crate) fn average_floor(cost: i64, cost_scale: u32, volume: i64) -> i64 {
    if volume == 0 {
        return 0;
    }
    let shift = PRICE_SCALE + VOLUME_SCALE - cost_scale;
    narrow(i128::from(cost) * 10_i128.pow(shift) / i128::from(volume))
}

fn divisor(scale: u32) -> i128 {
    10_i128.pow(PRICE_SCALE + VOLUME_SCALE - scale)
}

fn narrow(units: i128) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_as_kraken_does() {
        assert_eq!(print(1_712_886_158, 4), "171288.6158");
        assert_eq!(print(-5, 4), "-0.0005");
        assert_eq!(print(7, 0), "7");
        assert_eq!(print_cut(205_999_999, 8, 3), "2.059");
    }

    #[test]
    fn costs_round_in_the_venues_favour() {
        let (price, volume) = (550_000_000, 496_758); // 5500.00000 USD, 0.00496758 BTC: 27.32169
        assert_eq!(cost_floor(notional(price, volume), 4), 273_216);
        assert_eq!(cost_ceil(notional(price, volume), 4), 273_217);
        assert_eq!(fee_ceil(273_216 * 40), 1_093); // 1,092.864
        assert_eq!(average_floor(273_216, 4, volume), 549_998_188);
    }

    proptest! {
        #[test]
        fn floor_and_ceil_differ_by_at_most_one(price in 0..10_000_000_000_i64, volume in 0..1_000_000_000_i64) {
            let exact = notional(price, volume);
            let (down, up) = (cost_floor(exact, 4), cost_ceil(exact, 4));
            prop_assert!(up - down <= 1);
            prop_assert!(i128::from(down) * 1_000_000_000 <= exact);
        }
    }
}
