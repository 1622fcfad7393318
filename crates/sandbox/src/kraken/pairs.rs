//! The asset pairs that the simulated exchange trades, as `AssetPairs` and `Assets` publish them.

/// An asset: Kraken's name, its display name and the decimals of its balances.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    pub(crate) altname: &'static str,
    pub(crate) decimals: u32,
    pub(crate) display_decimals: u32,
}

pub(crate) const ASSETS: [Asset; 8] = [
    asset("XXBT", "XBT", 10, 5),
    asset("ZUSD", "USD", 4, 2),
    asset("ZEUR", "EUR", 4, 2),
    asset("ZGBP", "GBP", 4, 2),
    asset("ZCAD", "CAD", 4, 2),
    asset("ZAUD", "AUD", 4, 2),
    asset("CHF", "CHF", 4, 2),
    asset("ZJPY", "JPY", 2, 0),
];

const fn asset(name: &'static str, altname: &'static str, decimals: u32, display_decimals: u32) -> Asset {
    Asset { name, altname, decimals, display_decimals }
}

/// A bitcoin pair. `tick` is the smallest step of a price, in units of 10^-5.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    pub(crate) altname: &'static str,
    pub(crate) wsname: &'static str,
    pub(crate) quote: &'static str,
    /// Decimals of a price (`pair_decimals`).
    pub(crate) decimals: u32,
    /// Decimals of the quote's balance; costs and fees are whole numbers of these.
    pub(crate) quote_scale: u32,
}

pub(crate) const BASE: &str = "XXBT";
/// Decimals of the bitcoin balance; two more than a volume has.
pub(crate) const BASE_SCALE: u32 = 10;
/// `ordermin`: 0.00005 XBT, in units of 10^-8.
pub(crate) const VOLUME_MIN: i64 = 5_000;
/// `costmin`: 0.5 of the quote currency, in units of 10^-1.
pub(crate) const COST_MIN_TENTHS: i64 = 5;

pub(crate) const PAIRS: [Pair; 7] = [
    pair("XXBTZUSD", "XBTUSD", "XBT/USD", "ZUSD", 1, 4),
    pair("XXBTZEUR", "XBTEUR", "XBT/EUR", "ZEUR", 1, 4),
    pair("XXBTZGBP", "XBTGBP", "XBT/GBP", "ZGBP", 1, 4),
    pair("XXBTZCAD", "XBTCAD", "XBT/CAD", "ZCAD", 1, 4),
    pair("XBTAUD", "XBTAUD", "XBT/AUD", "ZAUD", 1, 4),
    pair("XBTCHF", "XBTCHF", "XBT/CHF", "CHF", 1, 4),
    pair("XXBTZJPY", "XBTJPY", "XBT/JPY", "ZJPY", 0, 2),
];

const fn pair(
    name: &'static str,
    altname: &'static str,
    wsname: &'static str,
    quote: &'static str,
    decimals: u32,
    quote_scale: u32,
) -> Pair {
    Pair { name, altname, wsname, quote, decimals, quote_scale }
}

impl Pair {
    /// A pair by any of its three names; Kraken takes `BTC` for `XBT`.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        // Only in front: `XBTCAD` has a BTC in it too.
        let name = name.strip_prefix("BTC").map_or_else(|| name.to_owned(), |rest| format!("XBT{rest}"));
        PAIRS.iter().find(|pair| [pair.name, pair.altname, pair.wsname].contains(&name.as_str()))
    }

    /// The smallest step of a price, in units of 10^-5.
    pub(crate) fn tick(&self) -> i64 {
        10_i64.pow(super::decimal::PRICE_SCALE - self.decimals)
    }

    /// `costmin` in the smallest units of the quote's balance.
    pub(crate) fn cost_min(&self) -> i64 {
        COST_MIN_TENTHS * 10_i64.pow(self.quote_scale - 1)
    }
}

/// Decimals of an asset's balance by Kraken's name or its display name.
pub(crate) fn find_asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name || asset.altname == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_by_all_its_names() {
        for pair in &PAIRS {
            let as_btc = pair.altname.replacen("XBT", "BTC", 1);
            for name in [pair.name, pair.altname, pair.wsname, &as_btc, &as_btc.replace("BTC", "BTC/")] {
                assert_eq!(Pair::find(name), Some(pair), "{name}");
            }
            assert!(find_asset(pair.quote).is_some(), "{}", pair.quote);
        }
        assert_eq!(Pair::find("XBTXXX"), None);
    }
}
