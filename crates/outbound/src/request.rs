//! What an adapter wants sent.

use ports::Secret;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One HTTP request below the client's base address. Bodies are overwritten when dropped.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    /// Starts with `/`; has the query in it, if any.
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, Secret)>,
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(crate) fresh_connection: bool,
}

impl Request {
    /// `path` is absolute and already made of safe parts: see [`segment`] for what comes from outside.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            target: path.into(),
            headers: Vec::new(),
            body: Zeroizing::new(Vec::new()),
            fresh_connection: false,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// Query parameters, percent-encoded, after the path.
    #[must_use]
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        if !pairs.is_empty() {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(&form(pairs));
        }
        self
    }

    /// A header; every value is treated as a secret.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, Secret::new(value.into())));
        self
    }

    #[must_use]
    pub fn secret_header(mut self, name: &'static str, value: &Secret) -> Self {
        self.headers.push((name, value.clone()));
        self
    }

    /// A JSON body. Serialising plain structs of strings and integers cannot fail; should it, the body stays empty
    /// and the vendor refuses it.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        self.body("application/json", bytes)
    }

    #[must_use]
    pub fn body(mut self, content_type: &'static str, bytes: Vec<u8>) -> Self {
        self.headers.push(("content-type", Secret::new(content_type.to_owned())));
        self.body = Zeroizing::new(bytes);
        self
    }

    /// Over a connection that nothing else used or will use: for answers that hold card data.
    #[must_use]
    pub const fn fresh_connection(mut self) -> Self {
        self.fresh_connection = true;
        self
    }

    pub const fn method(&self) -> Method {
        self.method
    }

    /// Path and query, as they go out.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The path alone: what may be logged.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The value of a header that the adapter set, for its own tests.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.expose())
    }

    pub const fn is_fresh_connection(&self) -> bool {
        self.fresh_connection
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} ({} bytes)", self.method, self.path(), self.body.len())
    }
}

/// `application/x-www-form-urlencoded` text (WHATWG URL, section 5).
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        encode(&mut text, name, true);
        text.push('=');
        encode(&mut text, value, true);
    }
    text
}

/// One path segment made safe: nothing in it can leave the segment.
pub fn segment(text: &str) -> String {
    // A segment of dots is resolved away by the receiver even when encoded (RFC 3986, section 5.2.4).
    if text.is_empty() || text.bytes().all(|byte| byte == b'.') {
        return "_".to_owned();
    }
    let mut safe = String::new();
    encode(&mut safe, text, false);
    safe
}

fn encode(out: &mut String, text: &str, space_is_plus: bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' if space_is_plus => out.push('+'),
            other => {
                out.push('%');
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        assert_eq!(
            form(&[("a", "x y"), ("b", "2021-04-01T00:18:45Z"), ("c", "ä&=")]),
            "a=x+y&b=2021-04-01T00%3A18%3A45Z&c=%C3%A4%26%3D"
        );
        assert_eq!(Request::get("/p").query(&[("q", "1")]).query(&[("r", "2")]).target(), "/p?q=1&r=2");
        assert_eq!(Request::get("/p").query(&[]).target(), "/p");
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        for hostile in ["../x", "a/b", "a?b", "a#b", "..", ".", "", "%2e%2e", "a\\b", "a\nb"] {
            let safe = segment(hostile);
            assert!(!safe.is_empty() && safe != ".." && safe != ".", "{hostile}");
            assert!(safe.bytes().all(|b| b.is_ascii_alphanumeric() || b"%-._".contains(&b)), "{hostile} -> {safe}");
        }
        assert_eq!(segment("7ef7d65c-9023-4da3-b113-3b8583fd7951"), "7ef7d65c-9023-4da3-b113-3b8583fd7951");
    }

    #[test]
    fn debug_shows_neither_header_nor_body_nor_query() {
        let request = Request::new(Method::Post, "/path")
            .query(&[("memo", "hidden-query")])
            .header("authorization", "hidden-key")
            .body("text/plain", b"hidden-body".to_vec());
        assert_eq!(format!("{request:?}"), "Post /path (11 bytes)");
    }
}
