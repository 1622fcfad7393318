//! When a connection that is to stay open is made anew.

use crate::Jitter;
use std::collections::VecDeque;

const MINUTE_MS: u64 = 60_000;

/// Waits between attempts, doubled while they fail, and never more attempts in a minute than the other side bears.
#[derive(Clone)]
pub struct Reconnect {
    pub first_wait_ms: u64,
    pub wait_ms_max: u64,
    pub per_minute_max: u32,
    pub jitter: Jitter,
}

/// The attempts of one connection.
pub struct Reconnects {
    policy: Reconnect,
    failed: u32,
    /// Of the last minute, monotonic milliseconds.
    begun: VecDeque<u64>,
}

impl Reconnects {
    pub const fn new(policy: Reconnect) -> Self {
        Self { policy, failed: 0, begun: VecDeque::new() }
    }

    /// The connection brought what it is for: the next failure is a first one again.
    pub fn worked(&mut self) {
        self.failed = 0;
    }

    /// How long to wait before the next attempt, which is counted as made then. The first one does not wait.
    pub fn wait_ms(&mut self, now_ms: u64, asked_ms: Option<u64>) -> u64 {
        while self.begun.front().is_some_and(|begun| now_ms.saturating_sub(*begun) >= MINUTE_MS) {
            self.begun.pop_front();
        }
        let backed_off = if self.begun.is_empty() && self.failed == 0 { 0 } else { self.back_off_ms() };
        let room = usize::try_from(self.policy.per_minute_max.max(1)).unwrap_or(usize::MAX);
        let crowded = self.begun.len().checked_sub(room).and_then(|index| self.begun.get(index));
        let until_room = crowded.map_or(0, |begun| (begun + MINUTE_MS).saturating_sub(now_ms));
        let wait_ms = backed_off.max(until_room).max(asked_ms.unwrap_or(0).min(MINUTE_MS));
        self.begun.push_back(now_ms.saturating_add(wait_ms));
        self.failed = self.failed.saturating_add(1);
        wait_ms
    }

    fn back_off_ms(&self) -> u64 {
        let doublings = self.failed.saturating_sub(1).min(32);
        let full = self.policy.first_wait_ms.saturating_mul(1 << doublings).min(self.policy.wait_ms_max);
        let half = full / 2;
        full - half + (self.policy.jitter)(half).min(half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn attempts(per_minute_max: u32) -> Reconnects {
        let policy = Reconnect { first_wait_ms: 100, wait_ms_max: 1_000, per_minute_max, jitter: Arc::new(|max| max) };
        Reconnects::new(policy)
    }

    #[test]
    fn waits_double_and_begin_anew_once_it_worked() {
        let mut attempts = attempts(100);
        let waits: Vec<u64> = (0..6).map(|n| attempts.wait_ms(n, None)).collect();
        assert_eq!(waits, [0, 100, 200, 400, 800, 1_000]);
        attempts.worked();
        assert_eq!(attempts.wait_ms(10, None), 100, "but not at once: it may end again");
        assert_eq!(attempts.wait_ms(11, Some(5_000)), 5_000, "what the other side asks for");
        assert_eq!(attempts.wait_ms(12, Some(u64::MAX)), MINUTE_MS, "within reason");
    }

    #[test]
    fn a_minute_has_so_many_attempts() {
        let mut attempts = attempts(3);
        let mut now = 1_000_000;
        let mut begun = Vec::new();
        for _ in 0..12 {
            attempts.worked();
            now += attempts.wait_ms(now, None);
            begun.push(now);
        }
        for window in begun.windows(4) {
            assert!(window[3] - window[0] >= MINUTE_MS, "{begun:?}");
        }
    }
}
