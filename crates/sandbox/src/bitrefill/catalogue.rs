//! What is sold. Amounts are whole minor units here and decimals on the wire.

use money::{Currency, Money};

/// What the holder of a card gets ("Core Concepts": a code, a PIN, a link or any of them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    Code,
    CodeAndPin,
    /// The code is on the page behind it.
    Link,
}

/// The amounts of a product, minor units ("Denominations: Packages vs Ranges").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sold {
    Packages(Vec<u64>),
    Range { min: u64, max: u64, step: u64 },
}

/// A gift card on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub id: String,
    pub name: String,
    /// ISO 3166-1 alpha-2, and in words.
    pub country: (String, String),
    pub currency: Currency,
    pub sold: Sold,
    pub gives: Gives,
    pub in_stock: bool,
}

impl Product {
    /// The card that the demo store takes: any amount from five dollars.
    pub const DEMO: &str = "rare_groove_records-usa";

    fn new(id: &str, name: &str, country: (&str, &str), currency: Currency, sold: Sold, gives: Gives) -> Self {
        let country = (country.0.to_owned(), country.1.to_owned());
        Self { id: id.to_owned(), name: name.to_owned(), country, currency, sold, gives, in_stock: true }
    }

    /// Two cards of the demo store, and two of the best known one in two countries, each with another kind of code.
    pub fn catalogue() -> Vec<Self> {
        let (us, it) = (("US", "United States"), ("IT", "Italy"));
        let any = |min, max| Sold::Range { min, max, step: 1 };
        vec![
            Self::new(Self::DEMO, "Rare Groove Records", us, Currency::USD, any(500, 50_000), Gives::Code),
            Self::new(
                "rare_groove_records_fixed-usa",
                "Rare Groove Records (fixed)",
                us,
                Currency::USD,
                Sold::Packages(vec![1_000, 2_500, 5_000, 10_000]),
                Gives::CodeAndPin,
            ),
            Self::new(
                "amazon_com-usa",
                "Amazon.com",
                us,
                Currency::USD,
                Sold::Range { min: 100, max: 200_000, step: 100 },
                Gives::Code,
            ),
            Self::new(
                "amazon_it-italy",
                "Amazon.it",
                it,
                Currency::EUR,
                Sold::Packages(vec![1_000, 2_000, 5_000]),
                Gives::Link,
            ),
        ]
    }

    /// As documented: the product's id, `<&>` and the value as it is shown.
    pub(crate) fn package_id(&self, minor: u64) -> String {
        format!("{}<&>{}", self.id, self.amount(minor))
    }

    /// The value as a decimal without needless zeros: `25`, `27.11`.
    pub(crate) fn amount(&self, minor: u64) -> String {
        let exact = Money::new(minor, self.currency).map(Money::decimal).unwrap_or_default();
        match exact.split_once('.') {
            Some((whole, cents)) if cents.bytes().all(|digit| digit == b'0') => whole.to_owned(),
            _ => exact,
        }
    }

    pub(crate) fn sells(&self, minor: u64) -> bool {
        match &self.sold {
            Sold::Packages(packages) => packages.contains(&minor),
            Sold::Range { min, max, step } => {
                (*min..=*max).contains(&minor) && (minor - min).is_multiple_of((*step).max(1))
            }
        }
    }
}

/// All products, in the order in which they are listed.
pub(crate) struct Catalogue(Vec<Product>);

impl Catalogue {
    pub(crate) fn new(products: Vec<Product>) -> Self {
        Self(products)
    }

    pub(crate) fn all(&self) -> &[Product] {
        &self.0
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Product> {
        self.0.iter().find(|product| product.id == id)
    }

    pub(crate) fn set_in_stock(&mut self, id: &str, in_stock: bool) {
        for product in self.0.iter_mut().filter(|product| product.id == id) {
            product.in_stock = in_stock;
        }
    }
}
