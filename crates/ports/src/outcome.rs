//! The answer to a command.

use serde::{Deserialize, Serialize};

/// What is known after a command was given.
///
/// The difference between the last three is money: only [`Outcome::Rejected`] and [`Outcome::NotSent`] say that
/// nothing happened. After [`Outcome::Unknown`] the caller looks the thing up under its key before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome<T> {
    /// It happened (now, or at an earlier call with the same key).
    Done(T),
    /// The other side says that it will not happen.
    Rejected(Rejection),
    /// The command never left this machine: no connection, a local limit, not configured.
    NotSent(String),
    /// It may or may not have happened: timeout, broken connection, an answer that cannot be read.
    Unknown(String),
}

/// A refusal by the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Stable, lower-case, for programs: `insufficient_funds`, `not_found`, `rate_limited`, ...
    pub code: String,
    /// For the operator; holds no secret and no card data.
    pub message: String,
    /// The same command may succeed later without anybody changing anything (rate limit, maintenance).
    pub retryable: bool,
}

impl Rejection {
    pub fn fatal(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), retryable: false }
    }

    pub fn retryable(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), retryable: true }
    }
}

impl<T> Outcome<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(value) => Outcome::Done(f(value)),
            Self::Rejected(r) => Outcome::Rejected(r),
            Self::NotSent(why) => Outcome::NotSent(why),
            Self::Unknown(why) => Outcome::Unknown(why),
        }
    }

    pub fn and_then<U>(self, f: impl FnOnce(T) -> Outcome<U>) -> Outcome<U> {
        match self {
            Self::Done(value) => f(value),
            Self::Rejected(r) => Outcome::Rejected(r),
            Self::NotSent(why) => Outcome::NotSent(why),
            Self::Unknown(why) => Outcome::Unknown(why),
        }
    }

    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Rejected(_) | Self::NotSent(_) | Self::Unknown(_) => None,
        }
    }
}
