//! Who is at the other end of the connection.

use crate::app::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::Extensions;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Where a request comes from; unknown if the server was not told (`into_make_service_with_connect_info`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp {
    address: Option<IpAddr>,
    /// The peer itself, not a proxy's word for it.
    direct: bool,
}

impl ClientIp {
    /// The peer, or what a trusted proxy says of it: the last entry, the only one that the proxy itself wrote.
    pub fn of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        let trusted = peer.is_some_and(|peer| app.http().trusted_proxies.contains(&peer));
        if !trusted {
            return Self { address: peer, direct: peer.is_some() && !forwarded };
        }
        let last = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let address = last.and_then(|text| text.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
        Self { address: address.map(|address| address.to_canonical()).or(peer), direct: false }
    }

    /// What shares a bucket: an IPv4 address, or the 64 bits of an IPv6 address that one subscriber has.
    pub fn bucket(self) -> IpAddr {
        match self.address {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            Some(v4 @ IpAddr::V4(_)) => v4,
            None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }

    /// On this machine, and no proxy in between.
    pub fn is_this_machine(self) -> bool {
        self.direct && self.address.is_some_and(|address| address.is_loopback())
    }
}

impl FromRequestParts<App> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, &parts.headers, &parts.extensions))
    }
}
