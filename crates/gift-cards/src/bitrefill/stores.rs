//! Which product is good at which store. A list with the program, and the operator's own before it.
//!
//! The identifiers of the list are those that Bitrefill's pages and its customers' programs name; a product that is
//! gone is not offered.

use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../data/bitrefill-stores.json");

/// A product of Bitrefill's that pays at a store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreProduct {
    /// Host of the store, good for its subdomains too; with a port where it has no public name.
    pub host: String,
    /// ISO 3166-1 alpha-2: the country whose card it is.
    pub country: String,
    /// Bitrefill's product identifier, such as `amazon_com-usa`.
    pub product: String,
}

#[derive(Debug)]
pub struct Stores(Vec<StoreProduct>);

impl Stores {
    /// For a host that the operator names, the list's own products are not offered.
    pub fn new(own: Vec<StoreProduct>) -> Result<Self, serde_json::Error> {
        let built_in: Vec<StoreProduct> = serde_json::from_str(BUILT_IN)?;
        let kept = built_in.into_iter().filter(|entry| own.iter().all(|other| other.host != entry.host));
        let mut entries: Vec<StoreProduct> = kept.collect();
        entries.extend(own);
        Ok(Self(entries))
    }

    /// Products for a store and a country; those of the longest host that fits.
    pub fn products(&self, store: &str, country: &str) -> Vec<String> {
        let store = store.to_ascii_lowercase();
        let fits = |host: &str| store.strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let fitting = || self.0.iter().filter(|entry| fits(&entry.host));
        let longest = fitting().map(|entry| entry.host.len()).max().unwrap_or(0);
        fitting()
            .filter(|entry| entry.host.len() == longest && entry.country == country)
            .map(|entry| entry.product.clone())
            .collect()
    }

    /// How many stores have a product.
    pub fn len(&self) -> usize {
        let mut hosts: Vec<&str> = self.0.iter().map(|entry| entry.host.as_str()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(host: &str, country: &str, product: &str) -> StoreProduct {
        StoreProduct { host: host.to_owned(), country: country.to_owned(), product: product.to_owned() }
    }

    #[test]
    fn the_list_is_well_formed() {
        let stores = Stores::new(Vec::new()).unwrap();
        assert!(stores.len() > 5);
        for entry in &stores.0 {
            assert!(entry.host.contains('.') && entry.host == entry.host.to_ascii_lowercase(), "{entry:?}");
            assert!(entry.country.len() == 2 && entry.country == entry.country.to_ascii_uppercase(), "{entry:?}");
            assert!(!entry.product.is_empty(), "{entry:?}");
        }
    }

    #[test]
    fn a_store_is_found_by_its_host_and_country() {
        let rules = vec![own("music.amazon.com", "US", "music"), own("127.0.0.1:8080", "US", "demo")];
        let stores = Stores::new(rules).unwrap();
        for (store, country, expected) in [
            ("amazon.com", "US", &["amazon_com-usa"][..]),
            ("www.Amazon.com", "US", &["amazon_com-usa"]),
            ("music.amazon.com", "US", &["music"]),
            ("amazon.com", "IT", &[]),
            ("notamazon.com", "US", &[]),
            ("amazon.com.evil.example", "US", &[]),
            ("127.0.0.1:8080", "US", &["demo"]),
            ("", "US", &[]),
        ] {
            assert_eq!(stores.products(store, country), expected, "{store} {country}");
        }
        let replaced = Stores::new(vec![own("amazon.com", "US", "mine")]).unwrap();
        assert_eq!(replaced.products("amazon.com", "US"), ["mine"]);
    }
}
