//! The one retry policy.

use ports::Outcome;
use std::{fmt, sync::Arc};

/// A number from zero to its argument; randomness is handed in, so that a simulation repeats.
pub type Jitter = Arc<dyn Fn(u64) -> u64 + Send + Sync>;

/// Bounded retries with exponential waits. Only what certainly did not happen and may succeed later is repeated:
/// [`Outcome::NotSent`] and rejections that say so themselves.
#[derive(Clone)]
pub struct Retry {
    /// Including the first.
    pub attempts_max: u32,
    pub first_wait_ms: u64,
    /// Also the longest `Retry-After` that is waited for; a longer one ends the retries.
    pub wait_ms_max: u64,
    pub jitter: Jitter,
}

impl Retry {
    pub fn never() -> Self {
        Self { attempts_max: 1, first_wait_ms: 0, wait_ms_max: 0, jitter: Arc::new(|_| 0) }
    }

    /// Three attempts inside about a second.
    pub fn short(jitter: Jitter) -> Self {
        Self { attempts_max: 3, first_wait_ms: 100, wait_ms_max: 1_000, jitter }
    }

    /// How long to wait after attempt number `attempt` (from 1) ended so; `None` is the end.
    pub fn wait_ms<T>(&self, attempt: u32, outcome: &Outcome<T>, retry_after_ms: Option<u64>) -> Option<u64> {
        let again = match outcome {
            Outcome::NotSent(_) => true,
            Outcome::Rejected(rejection) => rejection.retryable,
            Outcome::Done(_) | Outcome::Unknown(_) => false,
        };
        if !again || attempt >= self.attempts_max {
            return None;
        }
        if let Some(asked) = retry_after_ms {
            return (asked <= self.wait_ms_max).then_some(asked);
        }
        let doublings = attempt.saturating_sub(1).min(32);
        let full = self.first_wait_ms.saturating_mul(1 << doublings).min(self.wait_ms_max);
        let half = full / 2;
        Some(full - half + (self.jitter)(half).min(half))
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Retry({} attempts, {} to {} ms)", self.attempts_max, self.first_wait_ms, self.wait_ms_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::Rejection;

    fn retry(attempts_max: u32, jitter: fn(u64) -> u64) -> Retry {
        Retry { attempts_max, first_wait_ms: 100, wait_ms_max: 300, jitter: Arc::new(jitter) }
    }

    #[test]
    fn only_what_did_not_happen_is_repeated() {
        let policy = retry(3, |_| 0);
        let not_sent: Outcome<()> = Outcome::NotSent(String::new());
        let unknown: Outcome<()> = Outcome::Unknown(String::new());
        assert!(policy.wait_ms(1, &not_sent, None).is_some());
        assert!(policy.wait_ms(1, &Outcome::<()>::Rejected(Rejection::retryable("x", "")), None).is_some());
        assert_eq!(policy.wait_ms(1, &Outcome::<()>::Rejected(Rejection::fatal("x", "")), None), None);
        assert_eq!(policy.wait_ms(1, &unknown, None), None);
        assert_eq!(policy.wait_ms(1, &Outcome::Done(()), None), None);
        assert_eq!(policy.wait_ms(3, &not_sent, None), None, "attempts are bounded");
        assert_eq!(Retry::never().wait_ms(1, &not_sent, None), None);
    }

    #[test]
    fn waits_grow_are_bounded_and_jittered() {
        let not_sent: Outcome<()> = Outcome::NotSent(String::new());
        let waits = |policy: Retry| (1..5).filter_map(|n| policy.wait_ms(n, &not_sent, None)).collect::<Vec<_>>();
        assert_eq!(waits(retry(5, |_| 0)), [50, 100, 150, 150]);
        assert_eq!(waits(retry(5, |max| max)), [100, 200, 300, 300]);
        assert_eq!(waits(retry(5, |_| u64::MAX)), [100, 200, 300, 300], "a bad jitter cannot wait longer");
        assert!(retry(u32::MAX, |_| 0).wait_ms(u32::MAX - 1, &not_sent, None).is_some(), "no overflow");
    }

    #[test]
    fn retry_after_is_honoured_or_ends_it() {
        let busy: Outcome<()> = Outcome::Rejected(Rejection::retryable("rate_limited", ""));
        assert_eq!(retry(3, |_| 0).wait_ms(1, &busy, Some(250)), Some(250));
        assert_eq!(retry(3, |_| 0).wait_ms(1, &busy, Some(301)), None);
    }
}
