//! A product as it can be offered and ordered, read from the vendor's decimals exactly. Pure, but for the cache.

use super::wire;
use ids::UnixMs;
use money::{Currency, Money};
use ports::VendorOffer;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Products remembered; more are asked for each time.
const PRODUCTS_MAX: usize = 500;

/// How one value of a product is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denomination {
    /// By the identifier of a fixed package.
    Package(String),
    /// By the value itself, inside a range.
    Value,
}

/// What is needed of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub country: String,
    pub in_stock: bool,
    /// Values and their packages' identifiers, rising; empty when there is a range.
    packages: Vec<(Money, String)>,
    min: Money,
    max: Money,
    increment: Money,
}

impl Known {
    /// `None`: it needs more than a value (a phone number, a date), or its amounts are not exact ones of its currency.
    pub fn read(product: &wire::Product) -> Option<Self> {
        if !matches!(product.recipient_type.as_deref(), None | Some("none" | "email" | "")) {
            return None;
        }
        let currency: Currency = product.currency.parse().ok()?;
        let country = product.country_code.clone().or_else(|| product.country.clone())?.to_ascii_uppercase();
        let in_stock = product.in_stock;
        // With both, either can be used; a range has more values.
        if let Some(range) = &product.range {
            let (min, max) = (amount(&range.min, currency)?, amount(&range.max, currency)?);
            let increment = amount(&range.step, currency).filter(|step| !step.is_zero())?;
            let sound = min.minor() <= max.minor() && !max.is_zero();
            return sound.then_some(Self { country, in_stock, packages: Vec::new(), min, max, increment });
        }
        let mut packages: Vec<(Money, String)> =
            packages(product.packages.as_deref()?).iter().filter_map(|package| fixed(package, currency)).collect();
        packages.sort_by_key(|(value, _)| value.minor());
        packages.dedup_by_key(|(value, _)| value.minor());
        let (min, max) = (packages.first()?.0, packages.last()?.0);
        let increment = Money::new(1, currency).ok()?;
        Some(Self { country, in_stock, packages, min, max, increment })
    }

    pub fn offer(&self, product_id: &str, store: &str) -> VendorOffer {
        VendorOffer {
            product_id: product_id.to_owned(),
            store: store.to_owned(),
            country: self.country.clone(),
            steps: self.packages.iter().map(|(value, _)| *value).collect(),
            min: self.min,
            max: self.max,
            increment: self.increment,
        }
    }

    /// How this value is ordered, if it is sold.
    pub fn denomination(&self, value: Money) -> Option<Denomination> {
        if !self.offer("", "").sells(value) {
            return None;
        }
        let package = self.packages.iter().find(|(of, _)| *of == value);
        Some(package.map_or(Denomination::Value, |(_, id)| Denomination::Package(id.clone())))
    }
}

/// A number or a text of digits; anything but a plain decimal is none.
fn amount(raw: &RawValue, currency: Currency) -> Option<Money> {
    let text = raw.get().trim();
    let digits = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    Money::parse(digits, currency).ok()
}

fn packages(raw: &RawValue) -> Vec<wire::Package> {
    let list = serde_json::from_str::<Vec<wire::Package>>(raw.get());
    list.or_else(|_| serde_json::from_str(raw.get()).map(|package| vec![package])).unwrap_or_default()
}

/// A package of money: not a month, a bundle or a point.
fn fixed(package: &wire::Package, currency: Currency) -> Option<(Money, String)> {
    let id = package.id.clone().or_else(|| package.package_id.clone())?;
    let read = |raw: &Option<Box<RawValue>>| raw.as_deref().map(|raw| amount(raw, currency));
    let value = match (read(&package.amount), read(&package.value)) {
        (Some(amount), Some(value)) if amount != value => None,
        (Some(amount), _) => amount,
        (None, Some(value)) => value,
        (None, None) => None,
    };
    Some((value.filter(|value| !value.is_zero())?, id))
}

#[derive(Debug)]
struct Cached {
    known: Option<Known>,
    at: UnixMs,
}

/// What was read of products, and when. A product that does not exist is remembered too.
#[derive(Debug, Default)]
pub struct Cache(BTreeMap<String, Cached>);

impl Cache {
    /// What is known and not older than `age_ms_max`.
    pub fn fresh(&self, product_id: &str, now: UnixMs, age_ms_max: u64) -> Option<Option<Known>> {
        let cached = self.0.get(product_id).filter(|cached| now.since_ms(cached.at) < age_ms_max)?;
        Some(cached.known.clone())
    }

    /// What was known last, whatever its age: an order is refused by the vendor if it is no longer true.
    pub fn last(&self, product_id: &str) -> Option<Known> {
        self.0.get(product_id).and_then(|cached| cached.known.clone())
    }

    pub fn put(&mut self, product_id: &str, known: Option<Known>, now: UnixMs) {
        if !self.0.contains_key(product_id) && self.0.len() >= PRODUCTS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, cached)| cached.at).map(|(id, _)| id.clone());
            self.0.retain(|id, _| Some(id) != oldest.as_ref());
        }
        self.0.insert(product_id.to_owned(), Cached { known, at: now });
    }

    pub fn forget(&mut self, product_id: &str) {
        self.0.remove(product_id);
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
