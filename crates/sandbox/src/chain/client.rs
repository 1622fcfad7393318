//! The other end of the RPC interface: one small client for the in-process chain and for a real
//! `bitcoind`, so that everything above it cannot tell the two apart.

use std::fmt;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::{ChainError, RpcError};

/// Mining a hundred blocks is the longest call there is.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// A whole block in hexadecimal, and some.
const MAX_ANSWER_BYTES: usize = 10 * 1024 * 1024;

/// Where a chain's RPC interface is and who may use it. The password is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RpcAccess {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
}

impl fmt::Debug for RpcAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcAccess({}@{}:{})", self.user, self.host, self.port)
    }
}

impl RpcAccess {
    /// From `http://user:password@host:port`.
    ///
    /// # Errors
    /// [`ChainError::Configuration`] when a part is missing.
    pub fn from_url(url: &str) -> Result<Self, ChainError> {
        let bad = |why: &str| ChainError::Configuration(why.to_owned());
        let url = Url::parse(url).map_err(|error| bad(&error.to_string()))?;
        if url.scheme() != "http" {
            return Err(bad("bitcoind is asked over http"));
        }
        let host = url.host_str().ok_or_else(|| bad("the host is missing"))?;
        let password = url.password().ok_or_else(|| bad("user and password are missing"))?;
        // 80 is what the scheme says; 18443 is what regtest says.
        let port = url.port().unwrap_or(18_443);
        Ok(Self { host: host.to_owned(), port, user: url.username().to_owned(), password: password.to_owned() })
    }

    /// `http://host:port/`, without the credentials.
    pub fn url(&self) -> String {
        format!("http://{}:{}/", self.host, self.port)
    }
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    result: Value,
    error: Option<ReplyError>,
}

#[derive(Deserialize)]
struct ReplyError {
    code: i32,
    message: String,
}

/// Asks a chain; keeps its connections.
#[derive(Clone, Debug)]
pub struct RpcClient {
    access: RpcAccess,
    http: reqwest::Client,
}

impl RpcClient {
    /// # Errors
    /// [`ChainError::Transport`] when the HTTP client cannot be made.
    pub fn new(access: RpcAccess) -> Result<Self, ChainError> {
        let http = reqwest::Client::builder().timeout(CALL_TIMEOUT).no_proxy().build();
        let http = http.map_err(|error| ChainError::Transport(error.to_string()))?;
        Ok(Self { access, http })
    }

    pub fn access(&self) -> &RpcAccess {
        &self.access
    }

    /// Calls a method with positional arguments, `json!([...])`.
    ///
    /// # Errors
    /// [`ChainError::Rpc`] as the chain said it, [`ChainError::Transport`] when nothing usable came.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, ChainError> {
        let transport = |error: String| ChainError::Transport(format!("{method}: {error}"));
        let request = json!({ "jsonrpc": "1.0", "id": method, "method": method, "params": params });
        let sent = self
            .http
            .post(self.access.url())
            .basic_auth(&self.access.user, Some(&self.access.password))
            .json(&request)
            .send();
        let mut response = sent.await.map_err(|error| transport(error.to_string()))?;
        if response.status() == StatusCode::UNAUTHORIZED {
            return Err(transport("user or password is wrong".to_owned()));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| transport(e.to_string()))? {
            if body.len() + part.len() > MAX_ANSWER_BYTES {
                return Err(transport("the answer is too long".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        let reply: Reply = serde_json::from_slice(&body).map_err(|e| transport(e.to_string()))?;
        if let Some(ReplyError { code, message }) = reply.error {
            return Err(RpcError { code, message }.into());
        }
        serde_json::from_value(reply.result).map_err(|error| transport(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_from_url() {
        let access = RpcAccess::from_url("http://me:secret@127.0.0.1:1234").expect("a good address");
        assert_eq!((access.port, access.user.as_str()), (1234, "me"));
        assert_eq!(access.url(), "http://127.0.0.1:1234/");
        assert!(!format!("{access:?}").contains("secret"));
        for bad in ["127.0.0.1:1234", "https://a:b@c", "http://127.0.0.1", "http:///"] {
            assert!(RpcAccess::from_url(bad).is_err(), "{bad}");
        }
    }
}
