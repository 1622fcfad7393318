//! The sandbox's clock as its vendors' public calls tell it: a test has no clock of its own.

use ids::UnixMs;
use ports::Clock;
use std::time::Instant;

pub struct SandboxClock {
    asked: UnixMs,
    since: Instant,
}

impl SandboxClock {
    /// `asked` is what the vendor has just told.
    pub fn new(asked: UnixMs) -> Self {
        Self { asked, since: Instant::now() }
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> UnixMs {
        self.asked.plus_ms(u64::try_from(self.since.elapsed().as_millis()).unwrap())
    }
}
