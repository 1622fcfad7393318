//! Every crate's root opens with `//!`: what it is for, and which invariant it keeps.

use super::Finding;
use super::source::Source;

pub fn check(source: &Source) -> Vec<Finding> {
    let root = source.path.ends_with("src/lib.rs") || source.path.ends_with("src/main.rs");
    let opens_with_doc = source.text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| {
        let said = line.trim_start().strip_prefix("//!");
        said.is_some_and(|said| !said.trim().is_empty())
    });
    if root && !opens_with_doc {
        return vec![source.finding(1, "docs", "the crate has to open with `//!` and what it is for")];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_crate_without_a_word_is_found() {
        assert_eq!(check(&fixture("crates/money/src/lib.rs", "pub fn a() {}")).len(), 1);
        assert_eq!(check(&fixture("crates/money/src/lib.rs", "//!\npub fn a() {}")).len(), 1);
        assert_eq!(check(&fixture("crates/lab/src/main.rs", "fn main() {} //! late")).len(), 1);
        assert!(check(&fixture("crates/money/src/lib.rs", "//! Amounts.\npub fn a() {}")).is_empty());
        assert!(check(&fixture("crates/money/src/rate.rs", "pub fn a() {}")).is_empty());
    }
}
