//! What can be wrong, from the point of view of whoever has to do something about it.

use ports::StoreError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The shopper corrects the input.
    #[error("{field}: {reason}")]
    Invalid { field: &'static str, reason: &'static str },
    #[error("this login is taken")]
    LoginTaken,
    #[error("registration is by invitation")]
    InvitationNeeded,
    /// Unknown, used or expired; it is not told which.
    #[error("this invitation cannot be used")]
    InvitationInvalid,
    /// Unknown login, wrong password or wrong code; it is not told which.
    #[error("login and password or code do not match")]
    BadCredentials,
    #[error("too many failed attempts; try again in {} s", retry_after_ms.div_ceil(1_000))]
    TooManyAttempts { retry_after_ms: u64 },
    /// Not a token, not one of ours, or revoked: log in.
    #[error("this token is not valid")]
    TokenInvalid,
    #[error("this token has expired; log in again")]
    TokenExpired,
    /// Ask for the password and try again.
    #[error("this needs the password")]
    PasswordNeeded,
    /// Others change the same account all the time: try again.
    #[error("the account changed meanwhile; try again")]
    ChangedMeanwhile,
    #[error("{0}")]
    Store(StoreError),
}

impl AccountError {
    /// For programs; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid_input",
            Self::LoginTaken => "login_taken",
            Self::InvitationNeeded => "invitation_needed",
            Self::InvitationInvalid => "invitation_invalid",
            Self::BadCredentials => "bad_credentials",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::TokenInvalid => "token_invalid",
            Self::TokenExpired => "token_expired",
            Self::PasswordNeeded => "password_needed",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::Store(_) => "storage_unavailable",
        }
    }
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::ChangedMeanwhile,
            other => Self::Store(other),
        }
    }
}

pub(crate) fn invalid<T>(field: &'static str, reason: &'static str) -> Result<T, AccountError> {
    Err(AccountError::Invalid { field, reason })
}
