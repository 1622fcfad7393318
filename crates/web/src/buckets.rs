//! Request rates: a token bucket for each address and each account.
//!
//! Invariant: memory is bounded. When too many strangers are about, new ones share one bucket: they are slowed down, who
//! is known is not.

use crate::RequestRate;
use ids::UnixMs;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Buckets kept at a time.
const BUCKETS_MAX: usize = 50_000;

/// Buckets by key. Of each only the time is kept at which it would be full again (generic cell rate algorithm).
pub struct Buckets<K> {
    rate: RequestRate,
    full_at: Mutex<HashMap<Option<K>, UnixMs>>,
}

impl<K: Hash + Eq> Buckets<K> {
    pub fn new(rate: RequestRate) -> Self {
        Self { rate, full_at: Mutex::default() }
    }

    /// Takes one, or says how many milliseconds from now there is one.
    pub fn take(&self, key: K, now: UnixMs) -> Result<(), u64> {
        let mut map = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= BUCKETS_MAX {
            map.retain(|_, full_at| *full_at > now);
        }
        let known = Some(key);
        let key = if map.len() < BUCKETS_MAX || map.contains_key(&known) { known } else { None };
        let full_at = map.entry(key).or_insert(now);
        let next = (*full_at).max(now).plus_ms(self.rate.every_ms);
        let burst_ms = self.rate.every_ms.saturating_mul(u64::from(self.rate.burst.max(1)));
        let ahead_ms = next.since_ms(now);
        if ahead_ms > burst_ms {
            return Err(ahead_ms - burst_ms);
        }
        *full_at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time() {
        let buckets = Buckets::new(RequestRate { burst: 3, every_ms: 100 });
        let now = UnixMs(1_000_000);
        for _ in 0..3 {
            assert_eq!(buckets.take("a", now), Ok(()));
        }
        assert_eq!(buckets.take("a", now), Err(100));
        assert_eq!(buckets.take("b", now), Ok(()), "another's bucket is full");
        assert_eq!(buckets.take("a", now.plus_ms(99)), Err(1));
        assert_eq!(buckets.take("a", now.plus_ms(100)), Ok(()));
        assert_eq!(buckets.take("a", now.plus_ms(100)), Err(100));
    }

    #[test]
    fn strangers_share_one_bucket_when_memory_is_full() {
        let buckets = Buckets::new(RequestRate { burst: 1, every_ms: 1_000 });
        let now = UnixMs(1_000_000);
        for key in 0..BUCKETS_MAX {
            assert_eq!(buckets.take(key, now), Ok(()));
        }
        assert_eq!(buckets.take(BUCKETS_MAX + 1, now), Ok(()));
        assert!(buckets.take(BUCKETS_MAX + 2, now).is_err());
        assert_eq!(buckets.take(BUCKETS_MAX + 3, now.plus_ms(1_000)), Ok(()), "old buckets are forgotten");
        assert!(buckets.full_at.lock().unwrap().len() <= BUCKETS_MAX);
    }
}
