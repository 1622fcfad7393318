//! Where a run can go wrong, and the one place where it does.

/// A place that can fail: numbered in the order in which a run comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// A command to the outside.
    Call(&'static str),
    /// A message from the outside.
    Message(&'static str),
    /// A write to the store.
    Write(&'static str),
}

/// One fault at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The other side refuses, for good.
    Rejected,
    /// The other side refuses for now.
    RejectedRetryable,
    NotSent,
    /// The answer is lost, and so was the command.
    UnknownNotDone,
    /// The answer is lost, the command was not.
    UnknownDone,
    Twice,
    /// The answer (or message) comes after the time in which a store's charge is answered.
    Late,
    /// The answer (or message) comes after quote and hold window are over.
    VeryLate,
    /// No command of this name is answered, nor done, until all is healed; no message of this name comes until then.
    Never,
    /// The process dies on the way.
    CrashBefore,
    /// The process dies when it is done, before anybody knows.
    CrashAfter,
    /// The store refuses, once.
    NotWritten,
}

/// Delay of [`Fault::Late`] and [`Fault::VeryLate`], milliseconds.
pub const LATE_MS: u64 = 2_500;
pub const VERY_LATE_MS: u64 = 16 * 60_000;

impl Site {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call(name) | Self::Message(name) | Self::Write(name) => name,
        }
    }

    /// What can go wrong here.
    pub fn faults(self) -> Vec<Fault> {
        use Fault::{
            CrashAfter, CrashBefore, Late, Never, NotSent, NotWritten, Rejected, RejectedRetryable, Twice, UnknownDone,
            UnknownNotDone, VeryLate,
        };
        match self {
            Self::Call(name) => {
                let mut all = vec![
                    Rejected,
                    RejectedRetryable,
                    NotSent,
                    UnknownNotDone,
                    UnknownDone,
                    Late,
                    VeryLate,
                    Never,
                    CrashBefore,
                    CrashAfter,
                ];
                // An exchange may tell two orders apart only while the first is open: the caller never repeats one.
                if name != "exchange.sell" {
                    all.push(Twice);
                }
                all
            }
            Self::Message(_) => vec![Twice, Late, VeryLate, Never, CrashBefore, CrashAfter],
            Self::Write("commit") => vec![NotWritten, UnknownNotDone, UnknownDone, CrashBefore, CrashAfter],
            Self::Write(_) => vec![NotWritten, CrashBefore, CrashAfter],
        }
    }
}

/// At which place what goes wrong: nothing, or one thing. More come with a longer list.
#[derive(Debug, Clone, Default)]
pub struct Plan(pub Vec<(usize, Fault)>);

impl Plan {
    pub fn single(at: usize, fault: Fault) -> Self {
        Self(vec![(at, fault)])
    }

    pub(crate) fn at(&self, index: usize) -> Option<Fault> {
        self.0.iter().find(|(at, _)| *at == index).map(|(_, fault)| *fault)
    }
}
