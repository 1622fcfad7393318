//! The address that a card is billed to. Stores compare it with what the issuer has, so it has to be well formed.

use crate::country::Country;
use crate::error::{AccountError, invalid};
use crate::service::read_line;
use serde::{Deserialize, Serialize};
use std::fmt;

const LINE_CHARS_MAX: usize = 100;
const POSTAL_CODE_CHARS_MAX: usize = 12;

/// As checked by [`BillingAddress::check`]; one that is read from JSON is checked too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AddressParts", into = "AddressParts")]
pub struct BillingAddress(AddressParts);

/// Its lines; as somebody typed them until they are checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressParts {
    pub name: String,
    pub line1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    pub city: String,
    /// State or province; two letters where the country's posts use them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    pub country: Country,
}

impl BillingAddress {
    /// Trimmed, complete for its country. An empty optional line is none.
    pub fn check(typed: AddressParts) -> Result<Self, AccountError> {
        let line = |field, text: &str| read_line(field, text, LINE_CHARS_MAX);
        let optional = |field, text: Option<&str>, chars_max| match text.map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => read_line(field, text, chars_max).map(Some),
        };
        let country = typed.country;
        let region = optional("region", typed.region.as_deref(), LINE_CHARS_MAX)?;
        let postal_code = optional("postal_code", typed.postal_code.as_deref(), POSTAL_CODE_CHARS_MAX)?;
        Ok(Self(AddressParts {
            name: line("name", &typed.name)?,
            line1: line("line1", &typed.line1)?,
            line2: optional("line2", typed.line2.as_deref(), LINE_CHARS_MAX)?,
            city: line("city", &typed.city)?,
            region: check_region(country, region)?,
            postal_code: check_postal_code(country, postal_code)?,
            country,
        }))
    }

    pub fn parts(&self) -> &AddressParts {
        &self.0
    }
}

/// Issuers in these countries refuse an address without its two-letter region.
fn check_region(country: Country, region: Option<String>) -> Result<Option<String>, AccountError> {
    if !matches!(country.code(), "US" | "CA") {
        return Ok(region);
    }
    match region.map(|region| region.to_ascii_uppercase()) {
        Some(region) if region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase()) => Ok(Some(region)),
        _ => invalid("region", "the two letters of the state or province"),
    }
}

fn check_postal_code(country: Country, code: Option<String>) -> Result<Option<String>, AccountError> {
    let code = code.map(|code| code.to_ascii_uppercase());
    let good = match (country.code(), code.as_deref()) {
        ("US", Some(code)) => has_shape(code, "99999") || has_shape(code, "99999-9999"),
        ("CA", Some(code)) => has_shape(code, "A9A 9A9") || has_shape(code, "A9A9A9"),
        ("US" | "CA", None) => false,
        (_, Some(code)) => code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-')),
        (_, None) => true,
    };
    if good { Ok(code) } else { invalid("postal_code", "not a postal code of this country") }
}

/// `9` stands for a digit, `A` for a capital letter, anything else for itself.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            other => byte == other,
        })
}

impl TryFrom<AddressParts> for BillingAddress {
    type Error = AccountError;
    fn try_from(typed: AddressParts) -> Result<Self, AccountError> {
        Self::check(typed)
    }
}

impl From<BillingAddress> for AddressParts {
    fn from(address: BillingAddress) -> Self {
        address.0
    }
}

/// Where somebody lives is nobody's business in a log.
impl fmt::Debug for BillingAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BillingAddress({}, ..)", self.0.country)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(country: &str, region: Option<&str>, postal_code: Option<&str>) -> AddressParts {
        AddressParts {
            name: " Ada Lovelace ".into(),
            line1: "12 St James's Square".into(),
            line2: Some("  ".into()),
            city: "London".into(),
            region: region.map(str::to_owned),
            postal_code: postal_code.map(str::to_owned),
            country: Country::parse(country).unwrap(),
        }
    }

    #[test]
    fn countries_differ() {
        for (country, region, postal_code, good) in [
            ("US", Some("ny"), Some("10001"), true),
            ("US", Some("NY"), Some("10001-1234"), true),
            ("US", Some("New York"), Some("10001"), false),
            ("US", None, Some("10001"), false),
            ("US", Some("NY"), None, false),
            ("US", Some("NY"), Some("1000"), false),
            ("US", Some("NY"), Some("1000A"), false),
            ("CA", Some("ON"), Some("k1a 0b1"), true),
            ("CA", Some("ON"), Some("K1A0B1"), true),
            ("CA", Some("ON"), Some("10001"), false),
            ("GB", None, Some("SW1Y 4JH"), true),
            ("DE", None, Some("10115"), true),
            ("DE", Some("Berlin"), Some("10115"), true),
            ("DE", None, Some("10115_"), false),
            ("DE", None, Some("1234567890123"), false),
            ("IE", None, None, true),
        ] {
            let checked = BillingAddress::check(typed(country, region, postal_code));
            assert_eq!(checked.is_ok(), good, "{country} {region:?} {postal_code:?}: {checked:?}");
        }
        let address = BillingAddress::check(typed("US", Some("ny"), Some("10001"))).unwrap();
        let parts = address.parts();
        assert_eq!(
            (parts.name.as_str(), parts.line2.as_deref(), parts.region.as_deref()),
            ("Ada Lovelace", None, Some("NY"))
        );
    }

    #[test]
    fn lines_are_checked() {
        let good = typed("IE", None, None);
        for broken in [
            AddressParts { name: "  ".into(), ..good.clone() },
            AddressParts { line1: String::new(), ..good.clone() },
            AddressParts { city: "a\u{0}b".into(), ..good.clone() },
            AddressParts { line2: Some("x".repeat(101)), ..good.clone() },
        ] {
            assert!(BillingAddress::check(broken).is_err());
        }
    }

    #[test]
    fn json_is_checked_and_debug_is_silent() {
        let address = BillingAddress::check(typed("GB", None, Some("SW1Y 4JH"))).unwrap();
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<BillingAddress>(&json).unwrap(), address);
        assert!(serde_json::from_str::<BillingAddress>(&json.replace("GB", "XX")).is_err());
        assert!(serde_json::from_str::<BillingAddress>(&json.replace("London", "")).is_err());
        assert!(serde_json::from_str::<BillingAddress>(&json.replace("\"city\"", "\"town\"")).is_err());
        assert_eq!(format!("{address:?}"), "BillingAddress(GB, ..)");
    }
}
