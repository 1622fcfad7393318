//! Markets: names, steps and smallest orders.
//!
//! Kraken calls bitcoin `XBT`, in older names `XXBT`, and currencies of its first years `ZUSD`, `ZEUR`, ...
//! (docs.kraken.com, "Asset pairs").

use super::wire::AssetPair;
use money::{Currency, DecimalError, Rate, Sat, div_ceil, format_decimal, parse_decimal};

/// Decimals that a [`Rate`] is kept to.
const RATE_DECIMALS: u32 = 6;
/// Lots of every bitcoin market are satoshi.
const LOT_DECIMALS: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub currency: Currency,
    /// Decimals that a price is written with.
    price_decimals: u32,
    /// Step of prices in millionths of the major unit.
    tick_micro: u64,
    pub minimum_sat: Sat,
}

impl Pair {
    /// What is known before Kraken was asked: the values of 2026.
    pub fn assumed(currency: Currency) -> Self {
        let price_decimals = if currency.exponent() == 0 { 0 } else { 1 };
        Self {
            currency,
            price_decimals,
            tick_micro: 10u64.pow(RATE_DECIMALS - price_decimals),
            minimum_sat: Sat::new(5_000).expect("5000 satoshi exist"),
        }
    }

    /// What `GET /0/public/AssetPairs` says; nothing where a value is not usable.
    pub fn described(wire: &AssetPair) -> Option<Self> {
        let currency = currency_of(&wire.altname)?;
        let price_decimals = wire.pair_decimals;
        if price_decimals > RATE_DECIMALS || wire.lot_decimals != LOT_DECIMALS {
            return None;
        }
        let tick_micro = match &wire.tick_size {
            Some(text) => parse_decimal(text, RATE_DECIMALS).ok().filter(|tick| *tick > 0)?,
            None => 10u64.pow(RATE_DECIMALS - price_decimals),
        };
        let minimum_sat = parse_decimal(&wire.ordermin, LOT_DECIMALS).ok().and_then(|sat| Sat::new(sat).ok())?;
        Some(Self { currency, price_decimals, tick_micro, minimum_sat })
    }

    pub fn name(&self) -> String {
        pair_name(self.currency)
    }

    /// The lowest price that may be written for a sale not below `limit`: rounded up to the next step.
    pub fn price_ceil(&self, limit: Rate) -> String {
        let steps = div_ceil(u128::from(limit.micro_per_btc()), u128::from(self.tick_micro));
        let micro = steps * u128::from(self.tick_micro);
        let unit = 10u128.pow(RATE_DECIMALS - self.price_decimals);
        // A step may be finer than the decimals that Kraken shows; then it is the decimals that bind.
        let written = div_ceil(micro, unit);
        format_decimal(u64::try_from(written).unwrap_or(u64::MAX), self.price_decimals)
    }
}

/// `XBTUSD`, which every public and private call takes.
pub fn pair_name(currency: Currency) -> String {
    format!("XBT{}", currency.code())
}

/// The currency of a bitcoin market under any of its names.
pub fn currency_of(pair: &str) -> Option<Currency> {
    ["XXBTZ", "XBT/", "BTC/", "XBT", "BTC"].iter().find_map(|prefix| pair.strip_prefix(prefix)?.parse().ok())
}

/// An asset of a balance. Names with a suffix (staked, earning, on hold) are not for sale and are left out.
#[derive(Debug, PartialEq, Eq)]
pub enum Asset {
    Bitcoin,
    Currency(Currency),
}

impl Asset {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "XXBT" | "XBT" => Some(Self::Bitcoin),
            four if four.len() == 4 => four.strip_prefix('Z')?.parse().ok().map(Self::Currency),
            other => other.parse().ok().map(Self::Currency),
        }
    }
}

/// Satoshi of a decimal text; exact.
pub fn sat_exact(text: &str) -> Result<Sat, DecimalError> {
    Sat::new(parse_decimal(text, LOT_DECIMALS)?).map_err(|_| DecimalError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(altname: &str, decimals: u32, tick: Option<&str>) -> AssetPair {
        AssetPair {
            altname: altname.to_owned(),
            pair_decimals: decimals,
            lot_decimals: 8,
            ordermin: "0.00005".to_owned(),
            tick_size: tick.map(str::to_owned),
            status: Some("online".to_owned()),
        }
    }

    #[test]
    fn names() {
        assert_eq!(pair_name(Currency::EUR), "XBTEUR");
        for name in ["XBTUSD", "XXBTZUSD", "XBT/USD", "BTC/USD", "BTCUSD"] {
            assert_eq!(currency_of(name), Some(Currency::USD), "{name}");
        }
        for name in ["ETHUSD", "XBT", "XBTUSDT", "", "XETHXXBT", "XBTusd"] {
            assert_eq!(currency_of(name), None, "{name}");
        }
        assert_eq!(Asset::parse("XXBT"), Some(Asset::Bitcoin));
        assert_eq!(Asset::parse("ZUSD"), Some(Asset::Currency(Currency::USD)));
        assert_eq!(Asset::parse("CHF"), Some(Asset::Currency(Currency::CHF)));
        assert_eq!(Asset::parse("ZAR"), "ZAR".parse().ok().map(Asset::Currency));
        for name in ["XBT.F", "XXBT.HOLD", "USDT", "XETH", "ZZZZ", "", "Z"] {
            assert_eq!(Asset::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_price_is_never_below_its_limit() {
        let pair = Pair::described(&wire("XBTUSD", 1, Some("0.1"))).unwrap();
        let price = |pair: &Pair, text: &str| pair.price_ceil(Rate::parse(text, pair.currency).unwrap());
        assert_eq!(price(&pair, "5457.386"), "5457.4");
        assert_eq!(price(&pair, "5457.4"), "5457.4");
        assert_eq!(price(&pair, "5457.400001"), "5457.5");
        let half = Pair::described(&wire("XBTUSD", 1, Some("0.5"))).unwrap();
        assert_eq!(price(&half, "5457.1"), "5457.5");
        let yen = Pair::assumed(Currency::JPY);
        assert_eq!(price(&yen, "15000000.2"), "15000001");
        let fine = Pair::described(&wire("XBTUSD", 1, Some("0.01"))).unwrap();
        assert_eq!(price(&fine, "5457.41"), "5457.5");
    }

    #[test]
    fn what_cannot_be_used_is_not() {
        assert_eq!(Pair::described(&wire("XBTUSD", 1, None)), Some(Pair::assumed(Currency::USD)));
        assert!(Pair::described(&wire("ETHUSD", 1, None)).is_none());
        assert!(Pair::described(&wire("XBTUSD", 7, None)).is_none());
        assert!(Pair::described(&wire("XBTUSD", 1, Some("0"))).is_none());
        assert!(Pair::described(&AssetPair { ordermin: "x".to_owned(), ..wire("XBTUSD", 1, None) }).is_none());
        assert!(Pair::described(&AssetPair { lot_decimals: 9, ..wire("XBTUSD", 1, None) }).is_none());
    }
}
