//! When an HTLC is over for good: the only confirmation of a claim.
//!
//! LND writes SETTLED before any peer is told. What says that an HTLC is ours is its final resolution: an event of the
//! router when the HTLC has left the channel's last commitment, or a later look-up, for which LND keeps them
//! (`store-final-htlc-resolutions`).

use super::node::Shared;
use super::rest::{Rest, RestError};
use super::wire::{HtlcEvent, Part, Resolution};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Resolutions remembered; what is older is looked up.
const REMEMBERED: usize = 4_096;
/// How often a resolution is looked up that no event told of: events are lost with a connection.
const LOOK: Duration = Duration::from_secs(2);

type HtlcId = (u64, u64);

pub(super) struct Finals {
    seen: Mutex<Seen>,
    news: watch::Sender<News>,
}

/// What whoever waits is woken by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct News {
    events: u64,
    /// Of a stream: what happened before it was not told and can be looked up.
    greetings: u64,
}

#[derive(Default)]
struct Seen {
    settled: HashMap<HtlcId, bool>,
    order: VecDeque<HtlcId>,
}

/// What became of the HTLCs of a hold that LND calls settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// All are ours.
    Ours,
    Open,
    /// At least one went back to the payer, on the chain.
    Lost,
}

impl Finals {
    pub fn new() -> Self {
        Self { seen: Mutex::new(Seen::default()), news: watch::Sender::new(News::default()) }
    }

    fn note(&self, htlc: HtlcId, settled: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.settled.insert(htlc, settled).is_none() {
            seen.order.push_back(htlc);
        }
        if seen.order.len() > REMEMBERED
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.settled.remove(&oldest);
        }
        drop(seen);
        self.news.send_modify(|news| news.events = news.events.wrapping_add(1));
    }

    /// What events have told of all parts; None while that of one is missing.
    fn told(&self, parts: &[Part]) -> Option<Fate> {
        let mut fate = Fate::Ours;
        for part in parts {
            match self.seen(&(part.chan_id, part.htlc_index)) {
                Some(true) => {}
                Some(false) => return Some(Fate::Lost),
                None => fate = Fate::Open,
            }
        }
        Some(fate).filter(|fate| *fate != Fate::Open && !parts.is_empty())
    }

    fn seen(&self, htlc: &HtlcId) -> Option<bool> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).settled.get(htlc).copied()
    }

    /// Asks LND for what no event told of.
    pub async fn fate(&self, rest: &Rest, parts: &[Part]) -> Result<Fate, RestError> {
        let mut fate = if parts.is_empty() { Fate::Open } else { Fate::Ours };
        for part in parts {
            let htlc = (part.chan_id, part.htlc_index);
            let settled = match self.seen(&htlc) {
                Some(settled) => Some(settled),
                None => {
                    let path = format!("/v1/htlc-resolution/{}/{}", part.chan_id, part.htlc_index);
                    match rest.get::<Resolution>(path).await {
                        Ok(resolution) => Some(resolution.settled),
                        Err(error) if error.is_not_found() => None,
                        Err(error) => return Err(error),
                    }
                }
            };
            match settled {
                Some(true) => {}
                Some(false) => return Ok(Fate::Lost),
                None => fate = Fate::Open,
            }
        }
        Ok(fate)
    }

    /// Waits until no part is open any more. LND is asked at first, after each greeting and where no event comes for a
    /// while; an event is looked for among those that were told, else many who wait would all ask for each one.
    pub async fn wait(&self, rest: &Rest, parts: &[Part]) -> Fate {
        let mut news = self.news.subscribe();
        let (mut asks, mut asked) = (true, Instant::now());
        loop {
            let greetings = news.borrow_and_update().greetings;
            if let Some(fate) = self.told(parts) {
                return fate;
            }
            if asks {
                match self.fate(rest, parts).await {
                    Ok(Fate::Open) => {}
                    Ok(fate) => return fate,
                    Err(error) => tracing::debug!(?error, "a final resolution cannot be looked up"),
                }
                asked = Instant::now();
            }
            let woken = tokio::time::timeout_at(asked + LOOK, news.changed()).await;
            asks = woken.is_err() || news.borrow().greetings != greetings;
        }
    }
}

/// Listens to the router for as long as the node lives.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut attempts = shared.reconnects();
    loop {
        shared.pause(&mut attempts).await;
        let mut stream = match shared.rest.stream("/v2/router/htlcevents").await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(?error, "the router's events cannot be listened to");
                continue;
            }
        };
        loop {
            match stream.next::<HtlcEvent>().await {
                Ok(Some(event)) => {
                    attempts.worked();
                    match event.final_htlc_event {
                        Some(end) => {
                            shared.finals.note((event.incoming_channel_id, event.incoming_htlc_id), end.settled);
                        }
                        // The first word of a stream: what happened before it can be looked up now.
                        None => shared.finals.stir_if_new(event.incoming_channel_id),
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(?error, "the router's events have ended");
                    break;
                }
            }
        }
    }
}

impl Finals {
    /// The greeting of a stream names no channel.
    fn stir_if_new(&self, channel: u64) {
        if channel == 0 {
            self.news.send_modify(|news| news.greetings = news.greetings.wrapping_add(1));
        }
    }
}
