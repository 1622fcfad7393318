//! Request parameters: from a query string, a form body or a JSON body, as Kraken takes them.

use std::collections::BTreeMap;

use serde_json::Value;

/// Parameters by name. A name that comes twice keeps its last value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// `application/x-www-form-urlencoded`; `None` when it is not UTF-8 under the percent signs.
    pub(crate) fn urlencoded(text: &str) -> Option<Self> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        decoded.collect::<Option<_>>().map(Self)
    }

    /// A flat JSON object of strings, numbers and booleans.
    pub(crate) fn json(text: &str) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_str(text).ok()? else {
            return None;
        };
        let plain = fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            Value::Number(number) => Some((name, number.to_string())),
            Value::Bool(flag) => Some((name, flag.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        });
        plain.collect::<Option<_>>().map(Self)
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// `true` in any case (clients in Python send `True`), or `1`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
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
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_read_the_same() {
        let form = Form::urlencoded("nonce=5&pair=XBT%2FUSD&validate=true&note=a+b").expect("well formed");
        let json = Form::json(r#"{"nonce":5,"pair":"XBT/USD","validate":true,"note":"a b"}"#);
        assert_eq!(json, Some(form));
        for wrong in ["a=%", "a=%F", "a=%FF"] {
            assert_eq!(Form::urlencoded(wrong), None, "{wrong}");
        }
        assert_eq!(Form::json("[1]"), None);
    }
}
