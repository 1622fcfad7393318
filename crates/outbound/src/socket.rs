//! One WebSocket connection at a time, with bounds (RFC 6455): what a client of a vendor's feed is made of.

use crate::client::{BadAddress, is_loopback};
use futures::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, Interval, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, header::USER_AGENT},
        protocol::WebSocketConfig,
    },
};

/// Bounds of a connection.
#[derive(Debug, Clone, Copy)]
pub struct SocketLimits {
    /// From the name's look-up to the end of the handshake.
    pub connect_ms_max: u64,
    pub send_ms_max: u64,
    /// Longest message, and longest frame.
    pub message_bytes_max: usize,
    /// We ping this often. Three times as long without any frame, and the connection is dead.
    pub ping_ms: u64,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self { connect_ms_max: 10_000, send_ms_max: 5_000, message_bytes_max: 16 << 20, ping_ms: 15_000 }
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConnected {
    #[error("the handshake was answered with HTTP status {status}")]
    Refused { status: u16, retry_after_ms: Option<u64> },
    #[error("no connection within {0} ms")]
    TimedOut(u64),
    #[error("{0}")]
    Failed(String),
}

/// Why a connection is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    #[error("closed by the other side")]
    Closed,
    #[error("nothing was heard for {0} ms")]
    Silent(u64),
    #[error("a message is longer than {0} bytes")]
    TooLong(usize),
    #[error("a message is not text")]
    NotText,
    #[error("{0}")]
    Broken(String),
}

/// Where to connect to.
#[derive(Clone)]
pub struct SocketClient {
    url: Url,
    limits: SocketLimits,
    tls: Arc<rustls::ClientConfig>,
}

impl fmt::Debug for SocketClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SocketClient({})", self.url)
    }
}

impl SocketClient {
    /// `wss://host[:port][/path][?query]`; `ws` is taken for loopback addresses only.
    pub fn new(url: &str, limits: SocketLimits) -> Result<Self, BadAddress> {
        let url = Url::parse(url).map_err(|_| BadAddress::NotASocketAddress)?;
        let bare = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !bare || url.host_str().is_none() {
            return Err(BadAddress::NotASocketAddress);
        }
        match url.scheme() {
            "wss" => {}
            "ws" if is_loopback(&url) => {}
            "ws" => return Err(BadAddress::PlainHttp),
            _ => return Err(BadAddress::NotASocketAddress),
        }
        Ok(Self { url, limits, tls: tls()? })
    }

    pub async fn connect(&self) -> Result<Socket, NotConnected> {
        let SocketLimits { connect_ms_max, message_bytes_max, ping_ms, .. } = self.limits;
        let failed = |error: &Error| NotConnected::Failed(describe(error));
        let mut request = self.url.as_str().into_client_request().map_err(|error| failed(&error))?;
        let agent = HeaderValue::from_static(concat!("anytill/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, agent);
        let config = WebSocketConfig::default()
            .max_message_size(Some(message_bytes_max))
            .max_frame_size(Some(message_bytes_max));
        let tls = Connector::Rustls(Arc::clone(&self.tls));
        let connecting = connect_async_tls_with_config(request, Some(config), true, Some(tls));
        let connected = timeout(Duration::from_millis(connect_ms_max), connecting).await;
        let (stream, _) =
            connected.map_err(|_| NotConnected::TimedOut(connect_ms_max))?.map_err(|error| match &error {
                Error::Http(answer) => NotConnected::Refused {
                    status: answer.status().as_u16(),
                    retry_after_ms: answer.headers().get("retry-after").and_then(retry_after_ms),
                },
                other => failed(other),
            })?;
        let every = Duration::from_millis(ping_ms.max(1));
        let mut ping = interval_at(Instant::now() + every, every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Socket { stream, limits: self.limits, ping, heard: Instant::now() })
    }
}

fn retry_after_ms(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse::<u64>().ok()?.checked_mul(1_000)
}

/// The roots and the cryptography that the HTTP client uses too.
fn tls() -> Result<Arc<rustls::ClientConfig>, BadAddress> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| BadAddress::Tls(error.to_string()))?;
    Ok(Arc::new(versions.with_root_certificates(roots).with_no_client_auth()))
}

/// An open connection. Dropping it ends it.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    limits: SocketLimits,
    ping: Interval,
    heard: Instant,
}

impl Socket {
    /// The next text. Pings and pongs are seen to here. Nothing is lost when this is dropped half-way.
    pub async fn next(&mut self) -> Result<String, Ended> {
        let silence = Duration::from_millis(self.limits.ping_ms.saturating_mul(3));
        loop {
            let message = tokio::select! {
                message = self.stream.next() => message,
                _ = self.ping.tick() => {
                    if self.heard.elapsed() >= silence {
                        return Err(Ended::Silent(self.limits.ping_ms.saturating_mul(3)));
                    }
                    self.put(Message::Ping(Vec::new().into())).await?;
                    continue;
                }
            };
            self.heard = Instant::now();
            match message {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(Ended::NotText),
                Some(Ok(Message::Close(_))) | None => return Err(Ended::Closed),
                Some(Err(error)) => return Err(self.ended(&error)),
            }
        }
    }

    pub async fn send(&mut self, text: String) -> Result<(), Ended> {
        self.put(Message::Text(text.into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), Ended> {
        let patience = Duration::from_millis(self.limits.send_ms_max);
        match timeout(patience, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.ended(&error)),
            Err(_) => Err(Ended::Broken(format!("nothing could be sent within {} ms", self.limits.send_ms_max))),
        }
    }

    fn ended(&self, error: &Error) -> Ended {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Ended::Closed,
            Error::Capacity(_) => Ended::TooLong(self.limits.message_bytes_max),
            other => Ended::Broken(describe(other)),
        }
    }
}

fn describe(error: &Error) -> String {
    error.to_string().chars().take(200).collect()
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
