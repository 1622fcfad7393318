//! The Lightning Network as figures: how many nodes and channels, how much they carry, how it changed, and the chance
//! that an amount reaches us.
//!
//! Invariant: amounts are integers and shares are millionths or hundredths of a percent; a chance is a figure for
//! showing and no decision about money rests on it. What a source does not know is unknown, never zero.

mod chance;
mod daily;
mod figures;
mod limits;
mod watch;

pub use chance::{Chance, FromNode, Reach, Us};
pub use daily::{Change, Day, Snapshot, change_over};
pub use figures::{Figures, figures};
pub use limits::Limits;
pub use watch::{DAYS_MAX, Heard, Watch};
