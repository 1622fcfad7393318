//! The one clock.

use ids::UnixMs;

/// Wall-clock time. The binaries have the real one, tests and the simulator one that they move themselves.
pub trait Clock: Send + Sync {
    fn now(&self) -> UnixMs;
}
