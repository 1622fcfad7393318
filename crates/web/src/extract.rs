//! Bodies, paths and query strings, with problems for what is wrong with them.

use crate::problem::{Code, Problem};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::str::FromStr;

/// A JSON body. Unknown fields are for the type to refuse (`deny_unknown_fields`).
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|text| text.split(';').next()).map(str::trim).unwrap_or_default();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Code::WrongContentType.into());
        }
        let body = bytes(request, state).await?;
        serde_json::from_slice(&body).map(Self).map_err(|error| match error.classify() {
            Category::Io | Category::Syntax | Category::Eof => {
                Problem::with(Code::MalformedJson, format!("Line {}, column {}.", error.line(), error.column()))
            }
            Category::Data => Problem::with(Code::InvalidBody, what_is_wrong(&error)),
        })
    }
}

/// What was expected and where, without a word of what was sent: a password in the wrong place is not repeated.
fn what_is_wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // Names of our own.
    if text.starts_with("missing field `") || text.starts_with("duplicate field `") {
        return format!("{text}.");
    }
    let kinds = ["unknown field", "unknown variant", "invalid type", "invalid value", "invalid length"];
    let kind = kinds.into_iter().find(|kind| text.starts_with(kind));
    // The last one is not the sender's.
    match kind.zip(text.rfind(", expected ")) {
        Some((kind, expected)) => format!("{kind}{}.", &text[expected..]),
        None => format!("Line {}, column {}.", error.line(), error.column()),
    }
}

/// The whole body, within the limit of its route.
pub async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection: BytesRejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge.into(),
        // The client went away in the middle of it.
        _ => Problem::with(Code::MalformedJson, "The body did not come to its end."),
    })
}

/// An identifier in the path. What cannot be one names nothing.
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let text = path.map_err(|_| Problem::from(Code::NotFound))?.0;
        text.parse().map(Self).map_err(|_| Code::NotFound.into())
    }
}

/// Parameters of the query string.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|_| Code::InvalidQuery.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[allow(dead_code, reason = "only its name counts")]
        minor: u64,
        #[allow(dead_code, reason = "only its name counts")]
        currency: Option<money::Currency>,
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        for (body, said) in [
            (r#"{}"#, "missing field `minor` at line 1 column 2."),
            (r#"{"hunter2":1}"#, "unknown field, expected `minor` or `currency` at line 1 column 10."),
            (r#"{"minor":"hunter2"}"#, "invalid type, expected u64 at line 1 column 18."),
            (r#"{"minor":", expected hunter2"}"#, "invalid type, expected u64 at line 1 column 29."),
            (r#"{"minor":1,"currency":"hunter2"}"#, "Line 1, column 32."),
            (r#""hunter2""#, "invalid type, expected struct Body at line 1 column 9."),
        ] {
            let error = serde_json::from_str::<Body>(body).unwrap_err();
            assert_eq!(what_is_wrong(&error), said, "{error}");
        }
    }
}
