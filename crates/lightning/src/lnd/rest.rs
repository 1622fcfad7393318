//! One call of LND's REST interface, and what its answer means.
//!
//! Invariant: [`RestError::NotSent`] only where the node can have done nothing: no connection, a locked wallet, a node
//! that is still starting, a right that the macaroon lacks. What is not understood is [`RestError::Unknown`].

use super::config::LndConfig;
use outbound::{BadAddress, Fault, HttpClient, Limits, Lines, Method, Opened, Request, Response};
use ports::{Outcome, Secret};
use serde::Serialize;
use serde::de::DeserializeOwned;

const LIMITS: Limits = Limits { deadline_ms: 8_000, answer_bytes_max: 8 << 20 };
/// The whole network's graph: LND puts it together before it begins to answer, which takes a small machine long. The size
/// is of a refusal; what is taken of the answer itself is the reader's to limit.
const GRAPH_LIMITS: Limits = Limits { deadline_ms: 60_000, answer_bytes_max: 64 << 10 };

/// gRPC status codes.
pub(super) const INVALID_ARGUMENT: u32 = 3;
pub(super) const NOT_FOUND: u32 = 5;
pub(super) const ALREADY_EXISTS: u32 = 6;
const PERMISSION_DENIED: u32 = 7;

/// How LND says that it takes no calls yet (`rpcperms/interceptor.go` of 0.21).
const CLOSED: [&str; 4] = [
    "waiting to start, RPC services not available",
    "wallet not created, create one to enable full RPC access",
    "wallet locked, unlock it to enable full RPC access",
    "the RPC server is in the process of starting up",
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RestError {
    NotSent(String),
    Unknown(String),
    /// The node's own words.
    Said {
        code: u32,
        message: String,
    },
}

impl RestError {
    /// For a call of which no refusal is expected.
    pub fn outcome<T>(self) -> Outcome<T> {
        match self {
            Self::NotSent(why) => Outcome::NotSent(why),
            Self::Unknown(why) => Outcome::Unknown(why),
            Self::Said { message, .. } => Outcome::Unknown(format!("the node says: {message}")),
        }
    }

    /// Also a node that has never made an invoice: it has words of its own for that.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Said { code: NOT_FOUND, .. }) || self.says("there are no existing invoices")
    }

    /// The node refused in these words.
    pub fn says(&self, words: &str) -> bool {
        matches!(self, Self::Said { message, .. } if message.contains(words))
    }
}

impl From<Fault> for RestError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotSent(why) => Self::NotSent(why),
            Fault::Unknown(why) => Self::Unknown(why),
        }
    }
}

#[derive(Clone)]
pub(super) struct Rest {
    http: HttpClient,
    /// With more time.
    patient: HttpClient,
    macaroon: Secret,
}

impl Rest {
    pub fn new(config: &LndConfig) -> Result<Self, BadAddress> {
        let http = HttpClient::pinned(&config.url, LIMITS, &config.certificate)?;
        let patient = HttpClient::pinned(&config.url, GRAPH_LIMITS, &config.certificate)?;
        Ok(Self { http, patient, macaroon: config.macaroon.clone() })
    }

    pub async fn get<T: DeserializeOwned>(&self, path: impl Into<String>) -> Result<T, RestError> {
        self.ask(&self.signed(Request::get(path))).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, RestError> {
        self.ask(&self.signed(Request::new(Method::Post, path).json(body))).await
    }

    /// What needs no macaroon.
    pub async fn get_openly<T: DeserializeOwned>(&self, path: &str) -> Result<T, RestError> {
        self.ask(&Request::get(path)).await
    }

    pub async fn stream(&self, path: impl Into<String>) -> Result<Stream, RestError> {
        self.open(&self.signed(Request::get(path))).await
    }

    pub async fn post_stream(&self, path: &str, body: &impl Serialize) -> Result<Stream, RestError> {
        self.open(&self.signed(Request::new(Method::Post, path).json(body))).await
    }

    /// An answer that is too large to be had at once.
    pub async fn pieces(&self, path: &str) -> Result<Lines, RestError> {
        match self.patient.open_lines(&self.signed(Request::get(path))).await? {
            Opened::Lines(lines) => Ok(lines),
            Opened::Refused(response) => Err(refusal(&response)),
        }
    }

    fn signed(&self, request: Request) -> Request {
        request.secret_header("grpc-metadata-macaroon", &self.macaroon)
    }

    async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, RestError> {
        let response = self.http.send(request).await?;
        if response.status == 200 {
            return response.parsed().ok_or_else(unreadable);
        }
        Err(refusal(&response))
    }

    async fn open(&self, request: &Request) -> Result<Stream, RestError> {
        match self.http.open_lines(request).await? {
            Opened::Lines(lines) => Ok(Stream { lines }),
            Opened::Refused(response) => Err(refusal(&response)),
        }
    }
}

/// An answer of many parts.
pub(super) struct Stream {
    lines: Lines,
}

impl Stream {
    /// The next part; `None` at the end.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, RestError> {
        #[derive(serde::Deserialize)]
        struct Part<T> {
            result: Option<T>,
            error: Option<Said>,
        }
        let Some(line) = self.lines.next().await? else { return Ok(None) };
        match serde_json::from_slice::<Part<T>>(&line) {
            Ok(Part { result: Some(result), .. }) => Ok(Some(result)),
            Ok(Part { error: Some(said), .. }) => Err(meaning(said)),
            Ok(_) | Err(_) => Err(unreadable()),
        }
    }
}

#[derive(serde::Deserialize)]
struct Said {
    code: u32,
    message: String,
}

fn unreadable() -> RestError {
    RestError::Unknown("the node's answer cannot be read".to_owned())
}

/// A call is refused in plain words, a stream with the same inside of `error`.
fn refusal(response: &Response) -> RestError {
    #[derive(serde::Deserialize)]
    struct Wrapped {
        error: Said,
    }
    let plain = response.parsed::<Said>();
    match plain.or_else(|| response.parsed::<Wrapped>().map(|wrapped| wrapped.error)) {
        Some(said) => meaning(said),
        None => RestError::Unknown(format!("the node answered with status {}", response.status)),
    }
}

fn meaning(said: Said) -> RestError {
    let message: String = said.message.chars().take(200).collect();
    if said.code == PERMISSION_DENIED || message.contains("permission denied") {
        return RestError::NotSent(format!("the macaroon does not allow it: {message}"));
    }
    if message.contains("verification failed") || message.contains("cannot get macaroon") {
        return RestError::NotSent(format!("the node does not take the macaroon: {message}"));
    }
    if CLOSED.iter().any(|words| message.contains(words)) {
        return RestError::NotSent(format!("the node takes no calls: {message}"));
    }
    RestError::Said { code: said.code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LND's own words for it, and what may be concluded.
    #[test]
    fn only_what_cannot_have_happened_is_not_sent() {
        let not_sent = [
            (2, "wallet locked, unlock it to enable full RPC access"),
            (2, "the RPC server is in the process of starting up, but not yet ready to accept calls"),
            (7, "permission denied"),
            (2, "verification failed: signature mismatch after caveat verification"),
        ];
        for (code, message) in not_sent {
            let error =
                refusal(&Response::new(500, format!(r#"{{"code":{code},"message":"{message}","details":[]}}"#)));
            assert!(matches!(error, RestError::NotSent(_)), "{message}: {error:?}");
        }
        let error = refusal(&Response::new(404, r#"{"code":5,"message":"unable to locate invoice","details":[]}"#));
        assert!(error.is_not_found() && error.says("unable to locate"));
        let of_stream = r#"{"error":{"code":5,"message":"payment isn't initiated","details":[]}}"#;
        assert!(refusal(&Response::new(404, of_stream)).is_not_found());
        for other in ["", "<html>", r#"{"error":1}"#] {
            assert!(matches!(refusal(&Response::new(502, other)), RestError::Unknown(_)), "{other}");
        }
    }
}
