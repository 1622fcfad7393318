//! The parts of Bitrefill's JSON that are used (docs.bitrefill.com; its own and its customers' client libraries where
//! the pages are silent). Numbers that are amounts are kept as their digits.

use ports::Secret;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// Every good answer.
#[derive(Deserialize)]
pub struct Envelope<T> {
    pub data: T,
}

#[derive(Deserialize)]
pub struct ErrorAnswer {
    pub error_code: Option<String>,
    pub message: Option<String>,
}

#[derive(Deserialize)]
pub struct Product {
    pub id: String,
    /// `country` on the pages, `country_code` in real answers.
    pub country_code: Option<String>,
    pub country: Option<String>,
    pub currency: String,
    #[serde(default)]
    pub recipient_type: Option<String>,
    #[serde(default = "yes")]
    pub in_stock: bool,
    /// A list; real answers of products with one package have been seen to hold the package itself.
    pub packages: Option<Box<RawValue>>,
    pub range: Option<Range>,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
pub struct Range {
    pub min: Box<RawValue>,
    pub max: Box<RawValue>,
    pub step: Box<RawValue>,
}

#[derive(Deserialize)]
pub struct Package {
    /// `package_id` on the pages, `id` in real answers.
    pub id: Option<String>,
    pub package_id: Option<String>,
    pub value: Option<Box<RawValue>>,
    pub amount: Option<Box<RawValue>>,
}

#[derive(Serialize)]
pub struct NewInvoice<'a> {
    pub products: [NewItem<'a>; 1],
    pub payment_method: &'static str,
}

#[derive(Serialize)]
pub struct NewItem<'a> {
    pub product_id: &'a str,
    pub quantity: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_id: Option<&'a str>,
    /// A JSON number with the value's own digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
pub struct Invoice {
    pub id: String,
    pub status: String,
    pub payment: Option<Payment>,
    #[serde(default)]
    pub orders: Vec<InvoiceOrder>,
}

/// Where the Lightning invoice is has no page: `address` in answers that customers keep, the others in Bitrefill's own
/// programs.
#[derive(Deserialize)]
pub struct Payment {
    pub status: Option<String>,
    pub address: Option<String>,
    pub lightning_invoice: Option<String>,
    #[serde(rename = "lightningInvoice")]
    pub lightning_invoice_camel: Option<String>,
}

#[derive(Deserialize)]
pub struct InvoiceOrder {
    pub id: String,
    #[serde(default)]
    pub status: String,
}

/// An order without what redeems it, which is passed over unread.
#[derive(Deserialize)]
pub struct Order {
    pub status: String,
}

#[derive(Deserialize)]
pub struct RevealedOrder {
    pub status: String,
    #[serde(default)]
    pub redemption_info: Redemption,
}

/// What redeems a card: an object, or the code alone.
#[derive(Default)]
pub struct Redemption {
    pub code: Option<Secret>,
    pub pin: Option<Secret>,
    pub link: Option<Secret>,
    pub instructions: Option<String>,
}

impl<'de> Deserialize<'de> for Redemption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(default, deserialize_with = "secret")]
            code: Option<Secret>,
            #[serde(default, deserialize_with = "secret")]
            pin: Option<Secret>,
            #[serde(default, deserialize_with = "secret")]
            link: Option<Secret>,
            #[serde(default)]
            instructions: Option<String>,
        }
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Redemption;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("what redeems a card")
            }

            fn visit_unit<E>(self) -> Result<Redemption, E> {
                Ok(Redemption::default())
            }

            fn visit_str<E>(self, code: &str) -> Result<Redemption, E> {
                Ok(Redemption { code: filled(code.to_owned()), ..Redemption::default() })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Redemption, A::Error> {
                let fields = Fields::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let Fields { code, pin, link, instructions } = fields;
                Ok(Redemption { code, pin, link, instructions })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// An empty text is no code.
fn filled(text: String) -> Option<Secret> {
    let secret = Secret::new(text);
    Some(secret).filter(|secret| !secret.expose().trim().is_empty())
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(filled))
}
