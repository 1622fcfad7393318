//! The sending itself.

use crate::public::PublicOnly;
use crate::{Method, PinnedCertificate, Request, Response, Retry};
use ports::Outcome;
use reqwest::{Url, header::HeaderValue};
use std::{error::Error, fmt, time::Duration};
use zeroize::Zeroizing;

/// After so much silence on a connection to a node of ours the system asks whether it still stands.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Bounds of every call of a client.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the start of the call to the last byte of the answer.
    pub deadline_ms: u64,
    pub answer_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline_ms: 10_000, answer_bytes_max: 1 << 20 }
    }
}

/// Where a client may connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    All,
    PublicNames,
}

/// The base address cannot be used; a fault of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("not an http(s) address without query, fragment, user and password")]
    NotAnAddress,
    #[error("not a ws(s) address without fragment, user and password")]
    NotASocketAddress,
    #[error("plain http is only allowed to this machine itself; use https or wss")]
    PlainHttp,
    #[error("the TLS client cannot be set up: {0}")]
    Tls(String),
}

/// What a transport fault says about the request. The texts hold no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Not one byte of it can have left.
    NotSent(String),
    /// It may have arrived.
    Unknown(String),
}

impl<T> From<Fault> for Outcome<T> {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotSent(why) => Outcome::NotSent(why),
            Fault::Unknown(why) => Outcome::Unknown(why),
        }
    }
}

/// One thing that a vendor can be asked. Both functions are pure, except that a request may be stamped anew (a nonce)
/// each time it is built.
pub trait Call: Sync {
    type Answer: Send;

    /// Built once per attempt.
    fn build_request(&self) -> Request;

    /// The meaning of a whole answer of any status.
    fn handle_response(&self, response: &Response) -> Outcome<Self::Answer>;
}

/// A client of one vendor's address.
#[derive(Clone)]
pub struct HttpClient {
    /// Without the slash at its end.
    base: String,
    limits: Limits,
    /// None: the authorities that the world trusts.
    tls: Option<rustls::ClientConfig>,
    reach: Reach,
    pooled: reqwest::Client,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpClient({})", self.base)
    }
}

impl HttpClient {
    /// `base` is `https://host[:port][/prefix]`; `http` is taken for loopback addresses only, so that no key ever
    /// crosses a network in the clear.
    pub fn new(base: &str, limits: Limits) -> Result<Self, BadAddress> {
        Self::with_tls(base, limits, None, Reach::All)
    }

    /// As [`Self::new`], to a host that a stranger has named: a name that leads to an address which is not public is
    /// refused. An address itself, and this machine, are for the caller to refuse.
    pub fn public(base: &str, limits: Limits) -> Result<Self, BadAddress> {
        Self::with_tls(base, limits, None, Reach::PublicNames)
    }

    /// As [`Self::new`], to a server that is known by its certificate alone.
    pub fn pinned(base: &str, limits: Limits, certificate: &PinnedCertificate) -> Result<Self, BadAddress> {
        Self::with_tls(base, limits, Some(certificate.tls()?), Reach::All)
    }

    fn with_tls(
        base: &str,
        limits: Limits,
        tls: Option<rustls::ClientConfig>,
        reach: Reach,
    ) -> Result<Self, BadAddress> {
        let url = Url::parse(base).map_err(|_| BadAddress::NotAnAddress)?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !bare || url.password().is_some() || url.host_str().is_none() {
            return Err(BadAddress::NotAnAddress);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(BadAddress::PlainHttp),
            _ => return Err(BadAddress::NotAnAddress),
        }
        let pooled =
            reqwest_client(limits, tls.as_ref(), reach, true).map_err(|error| BadAddress::Tls(describe(&error)))?;
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), limits, tls, reach, pooled })
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) const fn client(&self) -> &reqwest::Client {
        &self.pooled
    }

    /// Asks until it is answered or `retry` ends.
    pub async fn run<C: Call>(&self, call: &C, retry: &Retry) -> Outcome<C::Answer> {
        let mut attempt = 1;
        loop {
            let request = call.build_request();
            let (outcome, retry_after_ms) = match self.send(&request).await {
                Ok(response) => (call.handle_response(&response), response.retry_after_ms),
                Err(fault) => (fault.into(), None),
            };
            match &outcome {
                Outcome::Done(_) => {}
                Outcome::Rejected(r) => tracing::debug!(?request, attempt, code = %r.code, "rejected"),
                Outcome::NotSent(why) => tracing::debug!(?request, attempt, why, "not sent"),
                Outcome::Unknown(why) => tracing::debug!(?request, attempt, why, "outcome unknown"),
            }
            let Some(wait_ms) = retry.wait_ms(attempt, &outcome, retry_after_ms) else { return outcome };
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            attempt += 1;
        }
    }

    /// One attempt, whatever comes of it.
    pub async fn send(&self, request: &Request) -> Result<Response, Fault> {
        // Dropped, and with it its only connection, when this call ends.
        let fresh;
        let client = if request.fresh_connection {
            fresh = reqwest_client(self.limits, self.tls.as_ref(), self.reach, false)
                .map_err(|error| Fault::NotSent(describe(&error)))?;
            &fresh
        } else {
            &self.pooled
        };
        let request = self.prepare(client, request)?;
        let exchange = async {
            let response = client.execute(request).await.map_err(fault)?;
            self.read(response).await
        };
        // The connection's own time limit is shorter (see `reqwest_client`): when this one strikes, there is a
        // connection and the request may be on it.
        match tokio::time::timeout(Duration::from_millis(self.limits.deadline_ms), exchange).await {
            Ok(result) => result,
            Err(_) => Err(Fault::Unknown(format!("no whole answer within {} ms", self.limits.deadline_ms))),
        }
    }

    pub(crate) fn prepare(&self, client: &reqwest::Client, request: &Request) -> Result<reqwest::Request, Fault> {
        let unusable = |_| Fault::NotSent("the request cannot be written down".to_owned());
        if !request.target.starts_with('/') {
            return Err(Fault::NotSent("the path is not absolute".to_owned()));
        }
        let url = Url::parse(&format!("{}{}", self.base, request.target))
            .map_err(|_| Fault::NotSent("the address cannot be written down".to_owned()))?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = client.request(method, url);
        for (name, value) in &request.headers {
            let mut value = HeaderValue::from_str(value.expose())
                .map_err(|_| Fault::NotSent("a header cannot be written down".to_owned()))?;
            value.set_sensitive(true);
            builder = builder.header(*name, value);
        }
        if request.fresh_connection {
            builder = builder.header("connection", "close");
        }
        if !request.body.is_empty() {
            builder = builder.body(request.body.to_vec());
        }
        builder.build().map_err(unusable)
    }

    pub(crate) async fn read(&self, mut response: reqwest::Response) -> Result<Response, Fault> {
        let max = self.limits.answer_bytes_max;
        let too_long = || Fault::Unknown(format!("the answer is longer than {max} bytes"));
        let declared = usize::try_from(response.content_length().unwrap_or(0)).map_err(|_| too_long())?;
        if declared > max {
            return Err(too_long());
        }
        let status = response.status().as_u16();
        let retry_after_ms = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok()?.checked_mul(1_000));
        let mut body = Zeroizing::new(Vec::with_capacity(declared));
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            if body.len() + chunk.len() > max {
                return Err(too_long());
            }
            append(&mut body, &chunk);
        }
        Ok(Response { status, retry_after_ms, body })
    }
}

/// Appends without leaving an unwiped copy behind when the buffer has to move.
pub(crate) fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    if body.capacity() - body.len() < chunk.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + chunk.len()) * 2));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

fn reqwest_client(
    limits: Limits,
    tls: Option<&rustls::ClientConfig>,
    reach: Reach,
    pooled: bool,
) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder();
    if let Some(tls) = tls {
        builder = builder.use_preconfigured_tls(tls.clone()).tcp_keepalive(KEEPALIVE);
    }
    if reach == Reach::PublicNames {
        builder = builder.dns_resolver(std::sync::Arc::new(PublicOnly));
    }
    builder
        .user_agent(concat!("anytill/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(if pooled { 8 } else { 0 })
        .connect_timeout(Duration::from_millis(limits.deadline_ms / 2))
        .build()
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |ip| ip.is_loopback())
}

/// Where the transport broke. Only a connection that never came to be is `NotSent`.
pub(crate) fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        Fault::NotSent(describe(&error))
    } else {
        Fault::Unknown(describe(&error))
    }
}

/// The chain of causes, shortened; without the address, whose query might say something.
fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in ["https://api.example", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost/prefix/"] {
            assert!(HttpClient::new(good, Limits::default()).is_ok(), "{good}");
        }
        for plain in ["http://api.example", "http://10.0.0.1", "http://localhost.example"] {
            assert_eq!(HttpClient::new(plain, Limits::default()).err(), Some(BadAddress::PlainHttp), "{plain}");
        }
        for bad in ["", "api.example", "ftp://h", "https://u:p@h", "https://h?q=1", "https://h#f"] {
            assert_eq!(HttpClient::new(bad, Limits::default()).err(), Some(BadAddress::NotAnAddress), "{bad}");
        }
    }

    #[test]
    fn appending_keeps_the_bytes() {
        let mut body = Zeroizing::new(Vec::new());
        for _ in 0..100 {
            append(&mut body, b"abc");
        }
        assert_eq!(body.as_slice(), "abc".repeat(100).as_bytes());
    }
}
