//! The arguments of one call: by position or by name, read one by one with Core's errors.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::error::RpcError;

/// Arguments as they came.
pub enum Params {
    Positional(Vec<Value>),
    Named(Map<String, Value>),
}

/// Arguments by their place among the names of a method.
pub struct Arguments<'a> {
    usage: String,
    values: Vec<(&'static str, Option<&'a Value>)>,
}

impl Params {
    /// From a request's `params`; absent and null mean none.
    ///
    /// # Errors
    /// -32600 when it is neither array nor object.
    pub fn from_json(params: Option<&Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self::Positional(Vec::new())),
            Some(Value::Array(values)) => Ok(Self::Positional(values.clone())),
            Some(Value::Object(fields)) => Ok(Self::Named(fields.clone())),
            Some(_) => Err(RpcError::invalid_request("Params must be an array or object")),
        }
    }

    /// Puts the arguments to their names. A null argument counts as left out.
    ///
    /// # Errors
    /// -1 for too many, -8 for a name that the method does not have.
    pub fn named<const N: usize>(&self, method: &str, names: [&'static str; N]) -> Result<Arguments<'_>, RpcError> {
        let values = match self {
            Self::Positional(values) if values.len() > N => {
                return Err(RpcError::misuse(usage(method, &names)));
            }
            Self::Positional(values) => names.iter().enumerate().map(|(at, name)| (*name, values.get(at))).collect(),
            Self::Named(fields) => {
                if let Some(unknown) = fields.keys().find(|key| !names.contains(&key.as_str())) {
                    let text = format!("Unknown named parameter {unknown}");
                    return Err(RpcError::invalid_parameter(text));
                }
                names.iter().map(|name| (*name, fields.get(*name))).collect()
            }
        };
        Ok(Arguments { usage: usage(method, &names), values })
    }
}

fn usage(method: &str, names: &[&str]) -> String {
    names.iter().fold(method.to_owned(), |text, name| format!("{text} {name}"))
}

impl<'a> Arguments<'a> {
    /// An argument that may be left out.
    pub fn optional(&self, at: usize) -> Option<&'a Value> {
        self.values.get(at).and_then(|(_, value)| *value).filter(|value| !value.is_null())
    }

    /// The text of an argument that must be there.
    ///
    /// # Errors
    /// -1 when it is missing, -3 when it is no text.
    pub fn text(&self, at: usize) -> Result<&'a str, RpcError> {
        let value = self.required(at)?;
        value.as_str().ok_or_else(|| self.wrong_type(at, "string"))
    }

    /// A whole number that must be there.
    ///
    /// # Errors
    /// -1 when it is missing, -3 when it is no whole number.
    pub fn integer(&self, at: usize) -> Result<i64, RpcError> {
        self.required(at)?.as_i64().ok_or_else(|| self.wrong_type(at, "number"))
    }

    /// A yes or no that may be left out; Core also takes 0 and 1.
    ///
    /// # Errors
    /// -3 when it is something else.
    pub fn flag(&self, at: usize, default: bool) -> Result<bool, RpcError> {
        match self.optional(at) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(number != 0),
                None => Err(self.wrong_type(at, "bool")),
            },
        }
    }

    /// A verbosity that may be left out, and may be given as a yes or no.
    ///
    /// # Errors
    /// -3 when it is something else.
    pub fn verbosity(&self, at: usize, default: i64) -> Result<i64, RpcError> {
        match self.optional(at) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(i64::from(*flag)),
            Some(value) => value.as_i64().ok_or_else(|| self.wrong_type(at, "number")),
        }
    }

    /// A block hash or transaction id; Core's messages do not always call it by the argument's name.
    ///
    /// # Errors
    /// -1 when it is missing, -3 when it is no text, -8 when it is not 64 hexadecimal digits.
    pub fn hash<H: FromStr>(&self, at: usize, called: &str) -> Result<H, RpcError> {
        let text = self.text(at)?;
        if text.len() != 64 {
            let length = text.len();
            let message = format!("{called} must be of length 64 (not {length}, for '{text}')");
            return Err(RpcError::invalid_parameter(message));
        }
        let not_hex = |_| RpcError::invalid_parameter(format!("{called} must be hexadecimal string (not '{text}')"));
        text.parse().map_err(not_hex)
    }

    /// The texts of a list that must be there.
    ///
    /// # Errors
    /// -1 when it is missing, -3 when it is not a list of texts.
    pub fn texts(&self, at: usize) -> Result<Vec<&'a str>, RpcError> {
        let values = self.required(at)?.as_array().ok_or_else(|| self.wrong_type(at, "array"))?;
        let texts = values.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        texts.ok_or_else(|| self.wrong_type(at, "array of strings"))
    }

    fn required(&self, at: usize) -> Result<&'a Value, RpcError> {
        self.optional(at).ok_or_else(|| RpcError::misuse(self.usage.clone()))
    }

    fn name(&self, at: usize) -> &'static str {
        self.values.get(at).map_or("?", |(name, _)| name)
    }

    fn wrong_type(&self, at: usize, wanted: &str) -> RpcError {
        let given = match self.optional(at) {
            None => "null",
            Some(Value::Bool(_)) => "bool",
            Some(Value::Number(_)) => "number",
            Some(Value::String(_)) => "string",
            Some(Value::Array(_)) => "array",
            Some(_) => "object",
        };
        let (place, name) = (at + 1, self.name(at));
        RpcError::wrong_type(format!(
            "Wrong type passed:\n{{\n    \"Position {place} ({name})\": \
             \"JSON value of type {given} is not of expected type {wanted}\"\n}}"
        ))
    }
}
