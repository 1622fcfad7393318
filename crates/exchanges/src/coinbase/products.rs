//! Products: names, steps and smallest orders (docs.cdp.coinbase.com, "Get Product").

use super::wire;
use crate::decimal::parse_ceil;
use money::{Currency, Money, Rate, Sat, div_ceil, format_decimal, parse_decimal};

/// Decimals that a [`Rate`] is kept to.
const RATE_DECIMALS: u32 = 6;
const SIZE_DECIMALS: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    pub currency: Currency,
    /// Step of prices in millionths of the major unit.
    tick_micro: u64,
    size_min: Sat,
    /// Smallest value of an order.
    pub value_min: Money,
    last_price: Option<Rate>,
}

impl Product {
    /// What is known before Coinbase was asked: the values of 2026.
    pub fn assumed(currency: Currency) -> Self {
        let unit = currency.minor_per_major();
        Self {
            currency,
            tick_micro: 10u64.pow(RATE_DECIMALS - currency.exponent().min(RATE_DECIMALS)),
            size_min: Sat::new(1).expect("one satoshi exists"),
            value_min: Money::new(unit, currency).unwrap_or(Money::zero(currency)),
            last_price: None,
        }
    }

    /// What `GET /products/{id}` says; nothing where a value is not usable.
    pub fn described(wire: &wire::Product) -> Option<Self> {
        let currency = currency_of(&wire.product_id)?;
        // Sizes are written in satoshi; a coarser step would refuse them.
        parse_decimal(&wire.base_increment, SIZE_DECIMALS).ok().filter(|step| *step == 1)?;
        Some(Self {
            currency,
            tick_micro: parse_decimal(&wire.price_increment, RATE_DECIMALS).ok().filter(|tick| *tick > 0)?,
            size_min: Sat::new(parse_decimal(&wire.base_min_size, SIZE_DECIMALS).ok()?).ok()?,
            value_min: Money::new(parse_ceil(&wire.quote_min_size, currency.exponent()).ok()?, currency).ok()?,
            last_price: Rate::parse(&wire.price, currency).ok(),
        })
    }

    pub fn name(&self) -> String {
        product_name(self.currency)
    }

    /// By size, and by value at the last price that is known.
    pub fn minimum_sat(&self) -> Sat {
        let by_value = self.last_price.and_then(|price| price.sat_ceil(self.value_min).ok());
        by_value.map_or(self.size_min, |sat| sat.max(self.size_min))
    }

    /// Whether an order of so much, not below `limit`, is large enough. At the limit: the price only gets better.
    pub fn takes(&self, amount: Sat, limit: Rate) -> bool {
        let worth = limit.minor_floor(amount.msat());
        amount >= self.size_min && worth.is_ok_and(|worth| worth.minor() >= self.value_min.minor())
    }

    /// The lowest price that may be written for a sale not below `limit`: rounded up to the next step.
    pub fn price_ceil(&self, limit: Rate) -> String {
        let steps = div_ceil(u128::from(limit.micro_per_btc()), u128::from(self.tick_micro));
        let micro = u64::try_from(steps * u128::from(self.tick_micro)).unwrap_or(u64::MAX);
        let text = format_decimal(micro, RATE_DECIMALS);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// `BTC-USD`.
pub fn product_name(currency: Currency) -> String {
    format!("BTC-{}", currency.code())
}

pub fn currency_of(product: &str) -> Option<Currency> {
    product.strip_prefix("BTC-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> wire::Product {
        wire::Product {
            product_id: "BTC-USD".to_owned(),
            price: "5500.00".to_owned(),
            price_increment: "0.01".to_owned(),
            base_increment: "0.00000001".to_owned(),
            base_min_size: "0.00000001".to_owned(),
            quote_min_size: "1".to_owned(),
            ..wire::Product::default()
        }
    }

    #[test]
    fn a_price_is_never_below_its_limit() {
        let product = Product::described(&wire()).unwrap();
        let price = |text: &str| product.price_ceil(Rate::parse(text, Currency::USD).unwrap());
        assert_eq!(price("5457.386"), "5457.39");
        assert_eq!(price("5457.39"), "5457.39");
        assert_eq!(price("5457.390001"), "5457.4");
        assert_eq!(price("5500"), "5500");
        let half = Product::described(&wire::Product { price_increment: "0.5".to_owned(), ..wire() }).unwrap();
        assert_eq!(half.price_ceil(Rate::parse("5457.1", Currency::USD).unwrap()), "5457.5");
    }

    #[test]
    fn the_smallest_order_is_by_size_and_by_value() {
        let product = Product::described(&wire()).unwrap();
        assert_eq!(product.minimum_sat(), Sat::new(18_182).unwrap(), "a dollar at 5500");
        let limit = Rate::parse("5000", Currency::USD).unwrap();
        assert!(product.takes(Sat::new(20_000).unwrap(), limit));
        assert!(!product.takes(Sat::new(19_999).unwrap(), limit));
        assert_eq!(Product::assumed(Currency::USD).minimum_sat(), Sat::new(1).unwrap());
        assert!(!Product::assumed(Currency::USD).takes(Sat::new(19_999).unwrap(), limit));
    }

    #[test]
    fn what_cannot_be_used_is_not() {
        for bad in [
            wire::Product { product_id: "ETH-USD".to_owned(), ..wire() },
            wire::Product { product_id: "BTC-USDC".to_owned(), ..wire() },
            wire::Product { base_increment: "0.0001".to_owned(), ..wire() },
            wire::Product { price_increment: "0".to_owned(), ..wire() },
            wire::Product { quote_min_size: "x".to_owned(), ..wire() },
        ] {
            assert!(Product::described(&bad).is_none(), "{bad:?}");
        }
        assert_eq!(product_name(Currency::EUR), "BTC-EUR");
    }
}
