//! Failed attempts by login, so that nobody guesses passwords online.
//!
//! Invariant: bounded memory; an attempt counts from its begin, not its end, so that many at once are not free. A login
//! that does not exist is counted like any other. When the table is full, whoever was tried longest ago is forgotten:
//! to bring that about an attacker has to pay for as many argon2 checks as the table has places.

use ids::UnixMs;
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleRules {
    /// Attempts that may fail one after the other without a wait.
    pub free: u32,
    /// Wait after the next one; doubles with each further one.
    pub wait_ms: u64,
    pub wait_ms_max: u64,
    /// Attempts longer ago than this are forgotten.
    pub memory_ms: u64,
    pub logins_max: usize,
}

impl Default for ThrottleRules {
    fn default() -> Self {
        Self { free: 5, wait_ms: 30_000, wait_ms_max: 15 * 60_000, memory_ms: 24 * 60 * 60_000, logins_max: 10_000 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Attempt {
    Password,
    /// With a token in hand: counted apart, so that a stolen token cannot lock its owner out.
    PasswordWithToken,
    RecoveryCode,
}

struct Tries {
    count: u32,
    last: UnixMs,
}

pub(crate) struct Throttle {
    rules: ThrottleRules,
    tries: HashMap<(Attempt, String), Tries>,
}

impl Throttle {
    pub(crate) fn new(rules: ThrottleRules) -> Self {
        Self { rules, tries: HashMap::new() }
    }

    /// Counts an attempt; if there were too many, says for how many milliseconds there is no other.
    pub(crate) fn begin(&mut self, attempt: Attempt, login: &str, now: UnixMs) -> Result<(), u64> {
        let key = (attempt, login.to_owned());
        let memory_ms = self.rules.memory_ms;
        let known = self.tries.get(&key).filter(|tries| now.since_ms(tries.last) < memory_ms);
        let count = known.map_or(0, |tries| tries.count);
        if let Some(tries) = known {
            let over_at = tries.last.plus_ms(self.wait_ms(tries.count));
            if now < over_at {
                return Err(over_at.since_ms(now));
            }
        }
        if !self.tries.contains_key(&key) && self.tries.len() >= self.rules.logins_max {
            self.forget_one(now);
        }
        self.tries.insert(key, Tries { count: count.saturating_add(1), last: now });
        Ok(())
    }

    pub(crate) fn succeeded(&mut self, attempt: Attempt, login: &str) {
        self.tries.remove(&(attempt, login.to_owned()));
    }

    /// After this many attempts in a row.
    fn wait_ms(&self, count: u32) -> u64 {
        let ThrottleRules { free, wait_ms, wait_ms_max, .. } = self.rules;
        match count.checked_sub(free) {
            None => 0,
            Some(over) => wait_ms.saturating_mul(1u64.checked_shl(over).unwrap_or(u64::MAX)).min(wait_ms_max),
        }
    }

    fn forget_one(&mut self, now: UnixMs) {
        let memory_ms = self.rules.memory_ms;
        self.tries.retain(|_, tries| now.since_ms(tries.last) < memory_ms);
        if self.tries.len() >= self.rules.logins_max
            && let Some(oldest) = self.tries.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone())
        {
            self.tries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: ThrottleRules =
        ThrottleRules { free: 3, wait_ms: 100, wait_ms_max: 350, memory_ms: 10_000, logins_max: 4 };

    #[test]
    fn waits_double_up_to_a_limit() {
        let mut throttle = Throttle::new(RULES);
        let mut now = UnixMs(1_000_000);
        for _ in 0..3 {
            assert_eq!(throttle.begin(Attempt::Password, "ada", now), Ok(()));
        }
        for wait in [100, 200, 350, 350, 350] {
            assert_eq!(throttle.begin(Attempt::Password, "ada", now), Err(wait));
            now = now.plus_ms(wait - 1);
            assert_eq!(throttle.begin(Attempt::Password, "ada", now), Err(1));
            now = now.plus_ms(1);
            assert_eq!(throttle.begin(Attempt::Password, "ada", now), Ok(()));
        }
        assert_eq!(throttle.begin(Attempt::Password, "grace", now), Ok(()));
        assert_eq!(throttle.begin(Attempt::RecoveryCode, "ada", now), Ok(()));
        throttle.succeeded(Attempt::Password, "ada");
        assert_eq!(throttle.begin(Attempt::Password, "ada", now), Ok(()));
    }

    #[test]
    fn forgets_after_a_while() {
        let mut throttle = Throttle::new(RULES);
        for ms in 0..3 {
            assert_eq!(throttle.begin(Attempt::Password, "ada", UnixMs(ms)), Ok(()));
        }
        assert!(throttle.begin(Attempt::Password, "ada", UnixMs(3)).is_err());
        for ms in 0..3 {
            assert_eq!(throttle.begin(Attempt::Password, "ada", UnixMs(10_002 + ms)), Ok(()));
        }
    }

    #[test]
    fn many_attempts_never_overflow() {
        let mut throttle = Throttle::new(RULES);
        for round in 0..200 {
            assert_eq!(throttle.begin(Attempt::Password, "ada", UnixMs(round * 400)), Ok(()));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::new(RULES);
        for number in 0..1_000u64 {
            assert_eq!(throttle.begin(Attempt::Password, &format!("login {number}"), UnixMs(number)), Ok(()));
            assert!(throttle.tries.len() <= RULES.logins_max);
        }
        assert!(throttle.tries.contains_key(&(Attempt::Password, "login 999".into())));
    }
}
