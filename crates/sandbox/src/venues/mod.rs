//! Price venues, simulated: their public REST endpoints and their live feeds, from the vendors' own pages, all looking
//! at one [`Market`] that the driver moves.
//!
//! What goes wrong on a feed is ordered with [`Feeds`], on REST with [`Faults`]. Only public market data is played;
//! nothing can be traded here (see [`crate::kraken`] for the exchange).
//!
//! Invariant: a fault of one venue touches no other, and the market is never wrong: only what a venue says of it is.

mod bitfinex;
mod bitstamp;
mod coinbase;
mod control;
mod ecb;
mod gemini;
mod kraken;
mod market;
mod socket;

use std::{io, sync::Arc};

use axum::{
    Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub use self::{
    control::{FeedFault, Feeds},
    market::{Level, Market, PairBook},
};
pub use crate::vendor::time::VendorClock;
use crate::{
    faults::Faults,
    vendor::{
        gate::{self, Gate},
        serve::{Served, serve},
    },
};

/// The venues that are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Kraken,
    Coinbase,
    Bitstamp,
    Gemini,
    Bitfinex,
    /// The European Central Bank's daily table; it has no feed.
    Ecb,
}

/// Settings of a [`Venue`].
#[derive(Clone, Debug)]
pub struct VenueConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// Between two heartbeats of a feed. The vendors' own are 1 s (Kraken, Coinbase) and 15 s (Bitfinex).
    pub heartbeat_ms: u64,
    pub clock: VendorClock,
}

impl Default for VenueConfig {
    fn default() -> Self {
        Self { port: 0, heartbeat_ms: 1_000, clock: VendorClock::default() }
    }
}

/// A running simulated venue. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Venue {
    desk: Desk,
    served: Arc<Served>,
}

/// What REST and the feed share.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) market: Market,
    pub(crate) faults: Faults,
    pub(crate) feeds: Feeds,
    pub(crate) clock: VendorClock,
    pub(crate) heartbeat_ms: u64,
}

impl Desk {
    /// The venue's own time: behind if it lags.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms() - self.feeds.lag_ms()
    }
}

impl Venue {
    /// Starts on 127.0.0.1.
    pub async fn start(kind: Kind, market: &Market, config: VenueConfig) -> io::Result<Self> {
        let desk = Desk {
            market: market.clone(),
            faults: Faults::default(),
            feeds: Feeds::default(),
            clock: config.clock,
            heartbeat_ms: config.heartbeat_ms.max(1),
        };
        let (router, refusal): (Router, fn(u16, &str) -> Response) = match kind {
            Kind::Kraken => (kraken::router(&desk), kraken::refusal),
            Kind::Coinbase => (coinbase::router(&desk), coinbase::refusal),
            Kind::Bitstamp => (bitstamp::router(&desk), bitstamp::refusal),
            Kind::Gemini => (gemini::router(&desk), gemini::refusal),
            Kind::Bitfinex => (bitfinex::router(&desk), bitfinex::refusal),
            Kind::Ecb => (ecb::router(&desk), ecb::refusal),
        };
        let gate = Gate { faults: desk.faults.clone(), refusal };
        let router = router.layer(middleware::from_fn_with_state(gate, gate::pass));
        let served = Arc::new(serve(config.port, router).await?);
        Ok(Self { desk, served })
    }

    /// `http://127.0.0.1:port`
    pub fn rest_url(&self) -> String {
        self.served.url()
    }

    /// `ws://127.0.0.1:port`, without the vendor's path.
    pub fn socket_url(&self) -> String {
        self.served.url().replacen("http", "ws", 1)
    }

    /// The orders for what goes wrong on REST. The feed's handshake is an endpoint too: `GET` and the feed's path.
    pub fn faults(&self) -> &Faults {
        &self.desk.faults
    }

    /// The orders for what goes wrong on the feed.
    pub fn feeds(&self) -> &Feeds {
        &self.desk.feeds
    }
}

/// A JSON answer from text that is JSON already: numbers keep their digits.
pub(crate) fn json_text(text: String) -> Response {
    ([("content-type", "application/json")], text).into_response()
}

pub(crate) fn json_error(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

/// JSON array of what is JSON already.
pub(crate) fn array(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    format!("[{}]", parts.join(","))
}
