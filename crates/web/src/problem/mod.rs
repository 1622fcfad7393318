//! Errors as RFC 9457 problem details.
//!
//! Invariant: a problem holds nothing of the inside: a code of the table, a text for the shopper, no path, no query, no
//! stack. What the operator has to know is in the log.

mod code;
mod from;

pub use code::Code;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::borrow::Cow;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    detail: Cow<'static, str>,
    retry_after_s: Option<u64>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, detail: Cow::Borrowed(code.detail()), retry_after_s: None }
    }
}

impl Problem {
    /// With a text of its own: what to do, for this occurrence.
    pub fn with(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: Cow::Owned(detail.into()), ..Self::from(code) }
    }

    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Our fault: the cause goes to the log and nowhere else.
    pub fn internal(why: impl std::fmt::Display) -> Self {
        tracing::error!(%why, "a request failed");
        Self::from(Code::Internal)
    }

    pub(crate) fn body(&self) -> String {
        let code = self.code;
        json!({
            "type": format!("/v1/problems/{}", code.name()),
            "title": code.title(),
            "status": code.status().as_u16(),
            "detail": self.detail,
            "code": code.name(),
        })
        .to_string()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        metrics::counter!("anytill_api_problems_total", "code" => self.code.name()).increment(1);
        let mut response = (self.code.status(), self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code.status() == axum::http::StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The table of codes as a page of the documentation has it.
pub fn problems_markdown() -> String {
    let mut text = String::from("| code | status | when | what to do |\n|---|---|---|---|\n");
    for code in Code::ALL {
        let (name, status) = (code.name(), code.status().as_u16());
        text.push_str(&format!("| `{name}` | {status} | {} | {} |\n", code.title(), code.detail()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_stable_words_and_say_what_to_do() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len(), "a code stands twice");
        for code in Code::ALL {
            assert!(code.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", code.name());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.title().contains('|') && !code.detail().contains('|'));
            assert!(code.detail().ends_with('.') && !code.title().ends_with('.'), "{}", code.name());
        }
    }
}
