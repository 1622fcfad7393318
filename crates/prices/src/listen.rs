//! Keeps one venue's live feed open and takes in what it says.

use crate::{Broken, FeedState, Update, Venue, seen::Seen};
use money::Currency;
use outbound::{Ended, NotConnected, Reconnect, Reconnects, Socket};
use ports::Clock;
use std::{
    collections::VecDeque,
    sync::{PoisonError, RwLock},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// How a feed is kept.
#[derive(Clone)]
pub struct Listening {
    pub reconnect: Reconnect,
    /// A connection that brings no price for so long is made anew.
    pub idle_ms_max: u64,
    /// So often a minute a currency's data are asked for anew before the whole connection is.
    pub resyncs_per_minute_max: usize,
}

impl Listening {
    /// A first wait of half a second, at most a minute's; ten connections a minute, below every venue's limit.
    pub fn usual(jitter: outbound::Jitter) -> Self {
        Self {
            reconnect: Reconnect { first_wait_ms: 500, wait_ms_max: 60_000, per_minute_max: 10, jitter },
            idle_ms_max: 60_000,
            resyncs_per_minute_max: 6,
        }
    }
}

/// What a venue's listener works with.
pub(crate) struct Listener<'a> {
    pub(crate) venue: &'a dyn Venue,
    pub(crate) currencies: Vec<Currency>,
    /// Bring books too.
    pub(crate) books: bool,
    /// Whether its price is one of those that are consolidated.
    pub(crate) counts: bool,
    pub(crate) how: &'a Listening,
    pub(crate) seen: &'a RwLock<Seen>,
    pub(crate) clock: &'a dyn Clock,
}

/// Why one connection was given up.
enum Over {
    Ended(Ended),
    Idle(u64),
    Broken(Broken),
}

impl Listener<'_> {
    /// Never ends, unless there is no feed.
    pub(crate) async fn run(&self) {
        let mut attempts = Reconnects::new(self.how.reconnect.clone());
        let began = Instant::now();
        let mut asked_ms = None;
        loop {
            let now_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            sleep(Duration::from_millis(attempts.wait_ms(now_ms, asked_ms.take()))).await;
            let Some((client, mut feed)) = self.venue.feed(&self.currencies, self.books) else { return };
            self.state(FeedState::Connecting);
            let mut socket = match client.connect().await {
                Ok(socket) => socket,
                Err(error) => {
                    if let NotConnected::Refused { retry_after_ms, .. } = error {
                        asked_ms = retry_after_ms;
                    }
                    self.failed(error.to_string());
                    continue;
                }
            };
            self.connected();
            let mut delivered = false;
            let over = self.converse(&mut socket, feed.as_mut(), &mut delivered).await;
            if delivered {
                attempts.worked();
            }
            self.state(FeedState::Connecting);
            self.failed(match over {
                Over::Ended(ended) => ended.to_string(),
                Over::Idle(ms) => format!("no price for {ms} ms"),
                Over::Broken(broken) => broken.why.to_string(),
            });
        }
    }

    async fn converse(&self, socket: &mut Socket, feed: &mut dyn crate::Feed, delivered: &mut bool) -> Over {
        for text in feed.hello() {
            if let Err(ended) = socket.send(text).await {
                return Over::Ended(ended);
            }
        }
        let idle = Duration::from_millis(self.how.idle_ms_max);
        let mut useful = Instant::now();
        let mut resyncs = VecDeque::new();
        let mut found = Vec::new();
        loop {
            let text = match timeout(idle.saturating_sub(useful.elapsed()), socket.next()).await {
                Ok(Ok(text)) => text,
                Ok(Err(ended)) => return Over::Ended(ended),
                Err(_) => return Over::Idle(self.how.idle_ms_max),
            };
            let read = feed.read(&text, &mut found);
            if found.iter().any(|update| !matches!(update, Update::Note(_))) {
                (useful, *delivered) = (Instant::now(), true);
            }
            self.put(&mut found);
            if let Err(broken) = read {
                match self.resync(feed, &broken, &mut resyncs) {
                    Some(texts) => {
                        for text in texts {
                            if let Err(ended) = socket.send(text).await {
                                return Over::Ended(ended);
                            }
                        }
                    }
                    None => return Over::Broken(broken),
                }
            }
        }
    }

    /// What to send to have a currency's data anew; nothing if the connection has to go.
    fn resync(
        &self,
        feed: &mut dyn crate::Feed,
        broken: &Broken,
        resyncs: &mut VecDeque<Instant>,
    ) -> Option<Vec<String>> {
        let currency = broken.currency?;
        while resyncs.front().is_some_and(|at| at.elapsed() >= Duration::from_secs(60)) {
            resyncs.pop_front();
        }
        if resyncs.len() >= self.how.resyncs_per_minute_max {
            return None;
        }
        let texts = feed.again(currency);
        if texts.is_empty() {
            return None;
        }
        resyncs.push_back(Instant::now());
        self.failed(format!("{currency}: {}", broken.why));
        self.change(|seen, name| seen.venue_mut(name).resyncs += 1);
        Some(texts)
    }

    fn put(&self, found: &mut Vec<Update>) {
        if found.is_empty() {
            return;
        }
        let now = self.clock.now();
        self.change(|seen, name| {
            for update in found.drain(..) {
                seen.put(name, update, now, self.counts);
            }
        });
    }

    fn state(&self, state: FeedState) {
        self.change(|seen, name| seen.venue_mut(name).feed = state);
    }

    fn connected(&self) {
        self.change(|seen, name| {
            let venue = seen.venue_mut(name);
            venue.feed = FeedState::Connected;
            venue.connections += 1;
        });
    }

    fn failed(&self, why: String) {
        tracing::info!(venue = self.venue.name(), why, "a price feed");
        let now = self.clock.now();
        self.change(|seen, name| seen.failed(name, now, why));
    }

    fn change(&self, change: impl FnOnce(&mut Seen, &'static str)) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut seen, self.venue.name());
    }
}
