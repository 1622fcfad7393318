//! Bitrefill's rate limits, kept on our side: a call that would be refused is not made.
//!
//! docs.bitrefill.com, "Rate limits": most calls 60 in 10 minutes each; the catalogue 60 a minute and 1000 an hour.

use ids::UnixMs;
use std::collections::VecDeque;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Balance,
    Product,
    NewInvoice,
    Invoice,
    Order,
}

const TEN_MINUTES_MS: u64 = 600_000;
/// After a 429: another program uses the same key, or the vendor has changed its mind.
const PAUSE_MS: u64 = 60_000;

impl Kind {
    const ALL: [Self; 5] = [Self::Balance, Self::Product, Self::NewInvoice, Self::Invoice, Self::Order];

    /// So many calls within so many milliseconds.
    const fn windows(self) -> &'static [(usize, u64)] {
        match self {
            Self::Balance | Self::NewInvoice | Self::Invoice | Self::Order => &[(60, TEN_MINUTES_MS)],
            Self::Product => &[(60, 60_000), (1_000, 3_600_000)],
        }
    }
}

#[derive(Debug, Default)]
struct Meter {
    /// Times of the calls inside the longest window.
    calls: VecDeque<UnixMs>,
    paused_until: UnixMs,
}

#[derive(Debug, Default)]
pub struct Limiter([Meter; Kind::ALL.len()]);

impl Limiter {
    fn meter(&mut self, kind: Kind) -> &mut Meter {
        &mut self.0[kind as usize]
    }

    /// Counts a call, or says for how many milliseconds there is none left.
    pub fn take(&mut self, kind: Kind, now: UnixMs) -> Result<(), u64> {
        let meter = self.meter(kind);
        if now < meter.paused_until {
            return Err(meter.paused_until.since_ms(now));
        }
        let longest_ms = kind.windows().iter().map(|(_, length_ms)| *length_ms).max().unwrap_or(0);
        while meter.calls.front().is_some_and(|at| now.since_ms(*at) >= longest_ms) {
            meter.calls.pop_front();
        }
        for (limit, length_ms) in kind.windows() {
            let nth_last = meter.calls.len().checked_sub(*limit).and_then(|index| meter.calls.get(index));
            if let Some(at) = nth_last.filter(|at| now.since_ms(**at) < *length_ms) {
                return Err(at.plus_ms(*length_ms).since_ms(now));
            }
        }
        meter.calls.push_back(now);
        Ok(())
    }

    /// The vendor said that it was too much.
    pub fn pause(&mut self, kind: Kind, now: UnixMs) {
        self.meter(kind).paused_until = now.plus_ms(PAUSE_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_never_exceeded_whatever_the_order_of_calls() {
        for kind in Kind::ALL {
            let mut limiter = Limiter::default();
            let mut made: Vec<u64> = Vec::new();
            // A burst, a trickle and bursts again.
            for now in (0..4_000_000).step_by(700).chain((4_000_000..5_000_000).step_by(13)) {
                if limiter.take(kind, UnixMs(now)).is_ok() {
                    made.push(now);
                }
            }
            for (limit, length_ms) in kind.windows() {
                for (index, first) in made.iter().enumerate() {
                    let inside = made.get(index + limit).is_none_or(|next| next - first >= *length_ms);
                    assert!(inside, "{kind:?}: {limit} in {length_ms} ms");
                }
            }
            assert!(made.len() > kind.windows()[0].0, "it goes on after the first window");
        }
    }

    #[test]
    fn it_says_when_there_is_a_call_again() {
        let mut limiter = Limiter::default();
        for call in 0..60 {
            assert_eq!(limiter.take(Kind::NewInvoice, UnixMs(1_000 + call)), Ok(()));
        }
        assert_eq!(limiter.take(Kind::NewInvoice, UnixMs(2_000)), Err(599_000));
        assert_eq!(limiter.take(Kind::Invoice, UnixMs(2_000)), Ok(()), "others have their own");
        assert_eq!(limiter.take(Kind::NewInvoice, UnixMs(601_000)), Ok(()));
        limiter.pause(Kind::Order, UnixMs(5_000));
        assert_eq!(limiter.take(Kind::Order, UnixMs(6_000)), Err(59_000));
        assert_eq!(limiter.take(Kind::Order, UnixMs(65_000)), Ok(()));
    }
}
