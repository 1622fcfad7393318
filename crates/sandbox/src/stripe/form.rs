//! Request parameters in Stripe's form encoding: `spending_controls[spending_limits][0][amount]=2711`, `expand[]=number`.
//!
//! Kept flat, under the names as they came, lists numbered: what a call takes is looked up by its whole name, and what
//! it does not take is refused by name.

use std::collections::BTreeMap;

/// Parameters by full name. `name[]` becomes `name[0]`, `name[1]`, ...
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// `None` when it is not UTF-8 under the percent signs.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut all = BTreeMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (mut name, value) = (decode(name)?, decode(value)?);
            if let Some(list) = name.strip_suffix("[]") {
                let next = (0..).find(|index| !all.contains_key(&format!("{list}[{index}]")))?;
                name = format!("{list}[{next}]");
            }
            all.insert(name, value);
        }
        Some(Self(all))
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Everything under `name[...]`: the part in the brackets and the value.
    pub(crate) fn under(&self, name: &str) -> BTreeMap<String, String> {
        let inner = |(key, value): (&String, &String)| {
            let inside = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            (!inside.contains('[')).then(|| (inside.to_owned(), value.clone()))
        };
        self.0.iter().filter_map(inner).collect()
    }

    /// The values of a list, in order.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        (0..).map_while(|index| self.0.get(&format!("{name}[{index}]")).cloned()).collect()
    }

    /// The first name that begins with none of `known` (before its brackets).
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        let head = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
        self.0.keys().find(|name| !known.contains(&head(name).as_str())).map(String::as_str)
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_brackets_are_read() {
        let params = Params::read("a[b][0][c]=1&expand%5B%5D=number&expand[]=cvc&m[k]=x+%26y&empty=").unwrap();
        assert_eq!(params.get("a[b][0][c]"), Some("1"));
        assert_eq!(params.list("expand"), ["number", "cvc"]);
        assert_eq!(params.under("m"), BTreeMap::from([("k".to_owned(), "x &y".to_owned())]));
        assert_eq!(params.get("empty"), None);
        assert_eq!(params.unknown(&["a", "expand", "m"]), Some("empty"));
        assert_eq!(Params::read("a=%zz"), None);
    }
}
