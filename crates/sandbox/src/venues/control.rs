//! What goes wrong on a feed, on order.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

use crate::vendor::lock;

/// What happens to the next change of the market on every connection that is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedFault {
    /// It is counted and not sent.
    Gap,
    /// Its checksum is wrong, where the venue has checksums.
    WrongChecksum,
    /// Its JSON breaks off in the middle.
    Garbage,
    /// Its best bid is zero.
    Zero,
    /// Its best bid is above its best ask.
    Crossed,
    /// A message of so many bytes comes instead.
    Oversized(usize),
    /// A binary message comes instead.
    Binary,
    /// Where the venue has a message for that, clients are asked to connect again.
    AskToReconnect,
}

/// The orders for one venue's feed, and what was seen on it. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Feeds(Arc<State>);

#[derive(Debug, Default)]
struct State {
    orders: Mutex<Orders>,
    /// Counts the orders to cut what is connected.
    cut: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Orders {
    next: VecDeque<FeedFault>,
    is_silent: bool,
    lag_ms: i64,
    connections: u64,
    subscriptions: u64,
}

impl Feeds {
    /// The next change of the market goes wrong in this way. Several queue up.
    pub fn next(&self, fault: FeedFault) {
        lock(&self.0.orders).next.push_back(fault);
    }

    /// Connections stay open and answer pings, but nothing is sent any more, heartbeats included.
    pub fn silence(&self, is_silent: bool) {
        lock(&self.0.orders).is_silent = is_silent;
    }

    /// The venue's times, on the feed and on REST, are so long ago.
    pub fn lag(&self, lag_ms: i64) {
        lock(&self.0.orders).lag_ms = lag_ms;
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.0.cut.send_modify(|count| *count += 1);
    }

    /// Whether a fault is queued and has not happened yet.
    pub fn has_next(&self) -> bool {
        !lock(&self.0.orders).next.is_empty()
    }

    /// Connections ever made.
    pub fn connections(&self) -> u64 {
        lock(&self.0.orders).connections
    }

    /// Subscriptions ever asked for.
    pub fn subscriptions(&self) -> u64 {
        lock(&self.0.orders).subscriptions
    }

    pub(crate) fn take(&self) -> Option<FeedFault> {
        lock(&self.0.orders).next.pop_front()
    }

    pub(crate) fn is_silent(&self) -> bool {
        lock(&self.0.orders).is_silent
    }

    pub(crate) fn lag_ms(&self) -> i64 {
        lock(&self.0.orders).lag_ms
    }

    pub(crate) fn connected(&self) -> watch::Receiver<u64> {
        lock(&self.0.orders).connections += 1;
        self.0.cut.subscribe()
    }

    pub(crate) fn subscribed(&self) {
        lock(&self.0.orders).subscriptions += 1;
    }
}
