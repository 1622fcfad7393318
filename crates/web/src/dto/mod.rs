//! The shapes of the JSON API, which live here and nowhere else.
//!
//! Invariant: requests refuse unknown fields; answers are made from the core's types by hand, so that a new field of the
//! core never leaves the server by accident. Bytes are lower-case hex, times are milliseconds since 1970 UTC, amounts
//! are integers: satoshi thousandths (`_msat`) or ISO 4217 minor units (`minor`).

pub mod account;
pub mod chain_fees;
pub mod funds;
pub mod invoice;
pub mod linked;
pub mod money;
pub mod network;
pub mod price;
pub mod purchase;
pub mod receipt;
pub mod refund;
pub mod server;

use ::purchase as core;
use serde::Serialize;
use utoipa::ToSchema;

/// The words of a core enum as the API has them.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident of $source:ty { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),* }

        impl From<$source> for $name {
            fn from(value: $source) -> Self {
                match value { $(<$source>::$variant => Self::$variant),* }
            }
        }
    };
}

mirror! {
    /// Where a purchase is; `completed`, `returned` and `expired` are its ends.
    PurchaseState of core::State {
        Opened, CardPrepared, Quoted, Invoiced, AwaitingFunds, Held, CardReady, PayingVendor, Claiming, Funded, Closing,
        Completed, Returned, Expired,
    }
}

mirror! {
    /// The way a purchase takes.
    Flow of core::Flow { Card, CardFirst, GiftCard, PaidFirst }
}

mirror! {
    CardState of core::CardState { Requested, Open, Closing, Closed, Failed }
}

mirror! {
    /// Why a purchase was closed before its claim.
    CloseCause of core::CloseCause {
        Cancelled, QuoteExpired, HoldWindowEnded, DeadlineNear, InvoiceFailed, CardFailed, LimitFailed, NodeReturned,
        HoldRefused, VendorFailed, FundsFailed, CardOpenEnded,
    }
}

mirror! {
    /// Why a charge was declined.
    DeclineReason of core::DeclineReason {
        CardClosed, NotFunded, AmountTooHigh, AmountTooLow, WrongCurrency, MerchantBlocked, MerchantLocked, PriceMoved,
        DeadlineNear, ClaimUnconfirmed, CheckLimit, ByIssuer,
    }
}

mirror! {
    /// Where a dispute is, which the operator has opened at the issuer. What is won is owed to the shopper.
    DisputeState of core::DisputeState { Opened, Won, Lost }
}

mirror! {
    /// Why something is owed.
    OwedCause of core::OwedCause {
        NeverCharged, Voided, CapturedInPart, StoreRefund, Overpaid, ArrivedLate, NotDelivered,
    }
}

mirror! {
    RefundState of core::RefundState { AwaitingDestination, Waiting, Preparing, Sending, Paid, Cancelled }
}

/// When the bitcoin is claimed: `authorization` (the store charges the card) or `reveal` (the card becomes usable).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOn {
    Authorization,
    Reveal,
}

impl From<core::ClaimOn> for ClaimOn {
    fn from(value: core::ClaimOn) -> Self {
        match value {
            core::ClaimOn::Authorization => Self::Authorization,
            core::ClaimOn::Reveal => Self::Reveal,
        }
    }
}

impl From<ClaimOn> for core::ClaimOn {
    fn from(value: ClaimOn) -> Self {
        match value {
            ClaimOn::Authorization => Self::Authorization,
            ClaimOn::Reveal => Self::Reveal,
        }
    }
}

/// RFC 9457 problem details.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// Where the code is explained: `/v1/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What to do.
    pub detail: String,
    /// Stable; a program may decide by it.
    #[schema(example = "amount_zero")]
    pub code: String,
}
