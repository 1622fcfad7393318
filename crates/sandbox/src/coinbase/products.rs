//! The products that the simulation trades, as `GET /products` publishes them.

/// A bitcoin product. All have the increments of `BTC-USD`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Product {
    /// `BTC-USD`.
    pub(crate) id: &'static str,
    pub(crate) quote: &'static str,
    pub(crate) quote_name: &'static str,
    /// Best bid and ask at the start.
    pub(crate) bid: &'static str,
    pub(crate) ask: &'static str,
}

pub(crate) const BASE: &str = "BTC";
/// `base_min_size`, in satoshi.
pub(crate) const SIZE_MIN: i64 = 1;
/// `base_max_size`, in satoshi: 3,400 BTC.
pub(crate) const SIZE_MAX: i64 = 340_000_000_000;
/// `quote_min_size`, in units of the quote currency.
pub(crate) const QUOTE_MIN: i128 = 1;

/// Books at the start are those of the simulated Kraken, so that both tell the same price.
pub(crate) const PRODUCTS: [Product; 3] = [
    Product { id: "BTC-USD", quote: "USD", quote_name: "US Dollar", bid: "5500.00", ask: "5500.10" },
    Product { id: "BTC-EUR", quote: "EUR", quote_name: "Euro", bid: "5092.50", ask: "5092.60" },
    Product { id: "BTC-GBP", quote: "GBP", quote_name: "British Pound", bid: "4330.70", ask: "4330.80" },
];

impl Product {
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.id == id)
    }
}

/// Currencies that have an account.
pub(crate) fn currencies() -> impl Iterator<Item = &'static str> {
    std::iter::once(BASE).chain(PRODUCTS.iter().map(|product| product.quote))
}
