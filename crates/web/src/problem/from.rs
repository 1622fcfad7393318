//! What the rooms behind the API say, as problems.

use super::{Code, Problem};
use crate::NotServed;
use accounts::AccountError;
use engine::{CommandError, EngineError};
use ports::{StoreError, WebhookError};
use purchase::Rejected;

/// Asking again is of use after this.
const SOON_S: u64 = 60;

impl From<NotServed> for Problem {
    fn from(why: NotServed) -> Self {
        match why {
            NotServed::BadHost => Code::StoreHostInvalid.into(),
            NotServed::StoreBlocked => Code::StoreBlocked.into(),
            NotServed::StoreUnknown => Code::StoreUnknown.into(),
            NotServed::CurrencyNotServed => Code::CurrencyNotServed.into(),
            NotServed::AmountZero => Code::AmountZero.into(),
            NotServed::AmountBelow { total_minor_min } => {
                Self::with(Code::AmountBelowMinimum, format!("The least order total is {total_minor_min} minor units."))
            }
            NotServed::AmountAbove { total_minor_max } => {
                Self::with(Code::AmountAboveLimit, format!("The highest order total is {total_minor_max} minor units."))
            }
            NotServed::CountryNotServed => Code::CountryNotServed.into(),
            NotServed::ClaimOnNotServed(_) => Code::ClaimOnNotServed.into(),
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Price(why) => {
                tracing::warn!(%why, "no price");
                Self::from(Code::PriceUnavailable).retry_after_s(SOON_S)
            }
            CommandError::NoRoom => Self::from(Code::NoRoom).retry_after_s(SOON_S),
            CommandError::NoFloat => {
                tracing::warn!("the issuer's float, or what the node that pays vendors can send, is too small");
                Self::from(Code::NoFloat).retry_after_s(SOON_S)
            }
            CommandError::NotNow => {
                tracing::warn!("too much is claimed and not yet sold");
                Self::from(Code::NotNow).retry_after_s(SOON_S)
            }
            CommandError::Limit(resource) => limit_reached(&resource),
            CommandError::AccountSuspended => {
                tracing::warn!("a purchase of a suspended account is refused");
                Code::AccountSuspended.into()
            }
            CommandError::StoreSuspended => {
                tracing::warn!("a purchase at a suspended store is refused");
                Code::StoreSuspended.into()
            }
            CommandError::TooSmall(least_msat) => Self::with(
                Code::AmountBelowMinimum,
                format!("Too little to be held safely: the least is {} satoshi.", least_msat.div_ceil(1_000)),
            ),
            CommandError::Unavailable(what) => {
                tracing::warn!(what, "not available");
                Self::from(Code::Unavailable).retry_after_s(SOON_S)
            }
            CommandError::BadStore => Code::StoreHostInvalid.into(),
            CommandError::Money(why) => {
                tracing::warn!(%why, "an amount outside all bounds");
                Code::AmountAboveLimit.into()
            }
            CommandError::Engine(error) => error.into(),
        }
    }
}

/// The resource's name holds the account: only its kind is told.
fn limit_reached(resource: &str) -> Problem {
    let kind = resource.split(':').next().unwrap_or_default();
    if kind == "unpaid" {
        return Code::UnpaidPurchaseOpen.into();
    }
    Problem::with(Code::LimitReached, format!("The limit `{kind}` is reached. {}", Code::LimitReached.detail()))
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound => Code::NotFound.into(),
            EngineError::Rejected(rejected) => rejected.into(),
            EngineError::Store(error) => error.into(),
            EngineError::Broken(why) => Self::internal(why),
        }
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::NotReady => Code::NotReady.into(),
            Rejected::TooLate => Code::TooLate.into(),
            Rejected::OtherWay => Code::WayNotServed.into(),
            Rejected::TooOften => {
                Self::with(Code::LimitReached, "The way to pay was changed too often. Cancel and begin anew.")
            }
            Rejected::PriceMoved => Code::PriceMoved.into(),
            Rejected::DeadlineNear => Code::DeadlineNear.into(),
            Rejected::Money(_) => Code::AmountAboveLimit.into(),
            Rejected::UnknownHash | Rejected::Unexpected(_) => Self::internal(rejected),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRoom { resource } => limit_reached(&resource),
            // Somebody else was faster, many times.
            StoreError::Conflict => Self::from(Code::Busy).retry_after_s(1),
            StoreError::Unknown(why) => {
                tracing::error!(why, "a commit's outcome is unknown");
                Code::OutcomeUnknown.into()
            }
            StoreError::NotWritten(why) | StoreError::Unusable(why) => {
                tracing::error!(why, "the database refuses");
                Self::from(Code::StorageUnavailable).retry_after_s(SOON_S)
            }
            StoreError::Duplicate | StoreError::Taken(_) => Self::internal(error),
        }
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::BadSignature => Code::WebhookSignature.into(),
            WebhookError::Stale => Code::WebhookStale.into(),
            WebhookError::Malformed(why) => {
                tracing::warn!(why, "a signed webhook cannot be read");
                Code::WebhookMalformed.into()
            }
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid { field, reason } => Self::with(Code::InvalidInput, format!("{field}: {reason}.")),
            AccountError::LoginTaken => Code::LoginTaken.into(),
            AccountError::InvitationNeeded => Code::InvitationNeeded.into(),
            AccountError::InvitationInvalid => Code::InvitationInvalid.into(),
            AccountError::BadCredentials => Code::BadCredentials.into(),
            AccountError::TooManyAttempts { retry_after_ms } => {
                Self::from(Code::TooManyAttempts).retry_after_s(retry_after_ms.div_ceil(1_000))
            }
            AccountError::TokenInvalid => Code::TokenInvalid.into(),
            AccountError::TokenExpired => Code::TokenExpired.into(),
            AccountError::PasswordNeeded => Code::PasswordNeeded.into(),
            AccountError::ChangedMeanwhile => Code::ChangedMeanwhile.into(),
            AccountError::Store(error) => error.into(),
        }
    }
}
