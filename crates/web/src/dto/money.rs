//! Amounts.

use crate::problem::{Code, Problem};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of a currency as it is asked for.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyIn {
    /// Minor units of ISO 4217: 27.11 USD is 2711, 3000 JPY is 3000.
    #[schema(value_type = u64, minimum = 1, example = 2711)]
    pub minor: serde_json::Number,
    /// ISO 4217, capitals.
    #[schema(example = "USD")]
    pub currency: String,
}

impl MoneyIn {
    /// Exact, or the problem with it. Whether it is served is for the policy to say.
    pub fn read(&self) -> Result<Money, Problem> {
        let currency = read_currency(&self.currency)?;
        // As written: a number with a point or an exponent is none of ours, however it is rounded.
        let text = self.minor.to_string();
        if text.starts_with('-') {
            return Err(Code::AmountNegative.into());
        }
        match self.minor.as_u64() {
            Some(minor) => Money::new(minor, currency).map_err(|_| Code::AmountAboveLimit.into()),
            None if text.contains('e') => Err(Code::AmountAboveLimit.into()),
            None => Err(Code::AmountDecimals.into()),
        }
    }
}

pub fn read_currency(text: &str) -> Result<Currency, Problem> {
    text.parse().map_err(|_| Code::CurrencyUnknown.into())
}

/// An amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyOut {
    /// Minor units of ISO 4217.
    #[schema(example = 2711)]
    pub minor: u64,
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
}

impl From<Money> for MoneyOut {
    fn from(money: Money) -> Self {
        Self { minor: money.minor(), currency: money.currency() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(minor: &str, currency: &str) -> Result<u64, Code> {
        let text = format!(r#"{{"minor":{minor},"currency":"{currency}"}}"#);
        let money: MoneyIn = serde_json::from_str(&text).unwrap();
        money.read().map(|money| money.minor()).map_err(|problem| problem.code)
    }

    #[test]
    fn each_wrong_amount_has_its_code() {
        for (minor, currency, expected) in [
            ("2711", "USD", Ok(2_711)),
            ("0", "USD", Ok(0)),
            ("-1", "USD", Err(Code::AmountNegative)),
            ("-0.5", "USD", Err(Code::AmountNegative)),
            ("27.11", "USD", Err(Code::AmountDecimals)),
            ("2711.0", "USD", Err(Code::AmountDecimals)),
            ("9007199254740993", "USD", Err(Code::AmountAboveLimit)),
            ("99999999999999999999999", "USD", Err(Code::AmountAboveLimit)),
            ("1e30", "USD", Err(Code::AmountAboveLimit)),
            ("2711", "usd", Err(Code::CurrencyUnknown)),
            ("2711", "BTC", Err(Code::CurrencyUnknown)),
        ] {
            assert_eq!(read(minor, currency), expected, "{minor} {currency}");
        }
    }
}
