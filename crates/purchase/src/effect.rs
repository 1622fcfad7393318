//! What is to be done in the outside, and when to look again.

use ids::{PaymentHash, UnixMs};
use money::{Money, Msat, Rate, Sat};
use serde::{Deserialize, Serialize};

/// Where the preimage of a claim comes from. The core speaks of hashes only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreimageSource {
    /// Derived from the sealed secret, the purchase and the invoice's number.
    Derived { invoice_number: u32 },
    /// Learned by paying the vendor: asked from the paying node.
    Learned,
}

/// An amount owed to the shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwedAmount {
    /// The same bitcoin, fee included: nothing was bought for it, and that is our fault.
    Bitcoin(Msat),
    /// The store's currency, quoted anew when paid back.
    Currency(Money),
}

/// Why it is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwedCause {
    /// Claimed, and no charge was ever taken.
    NeverCharged,
    /// Approved, then voided or expired.
    Voided,
    /// Captured in part.
    CapturedInPart,
    /// The store gave money back.
    StoreRefund,
    /// More bitcoin came than the invoice asked (BOLT 11 lets a payer send up to twice).
    Overpaid,
    /// Arrived when the purchase was over, or too little of it, from a source that cannot be held; or claimed after the
    /// HTLC was taken for returned.
    ArrivedLate,
    /// The gift-card vendor was paid and did not deliver.
    NotDelivered,
}

/// One outbox row. Its idempotency key is the purchase and the row's sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    CreateInvoice {
        number: u32,
        amount_msat: Msat,
        /// The vendor invoice's hash for a gift card; else derived.
        payment_hash: Option<PaymentHash>,
        description: String,
        /// The invoice has the description's SHA-256 instead of it (BOLT 11 `h`).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hashed: bool,
        expires_at: UnixMs,
        min_final_cltv_delta: u16,
    },
    ReturnHtlc {
        payment_hash: PaymentHash,
    },
    Claim {
        payment_hash: PaymentHash,
        amount_msat: Msat,
        preimage: PreimageSource,
    },
    CreateCard {
        limit: Money,
    },
    RaiseLimit {
        card: String,
        limit: Money,
    },
    CloseCard {
        card: String,
    },
    Sell {
        attempt: u32,
        amount: Sat,
        expected: Rate,
    },
    OpenRefund {
        number: u32,
        amount: OwedAmount,
        cause: OwedCause,
    },
    /// The store took a refund back, or captured what it had voided: of the refunds owed in the store's currency, this
    /// much is not paid out if it is not yet.
    ReclaimRefund {
        amount: Money,
    },
    OrderGiftCard {
        value: Money,
        product_id: String,
    },
    PayVendor {
        payment_hash: PaymentHash,
        bolt11: String,
        max_fee_msat: Msat,
        /// Longest route, the vendor's own delta included: beyond it the send could outlive the hold.
        max_cltv_blocks: u32,
    },
    AwaitDelivery {
        order_id: String,
    },
    /// The purchase ends and the vendor was not paid by us: look whether its order says otherwise, until its invoice is
    /// long over.
    WatchOrder {
        order_id: String,
        bolt11: String,
    },
    RequestFunds {
        amount_msat: Msat,
        expires_at: UnixMs,
    },
}

impl Effect {
    /// Lower runs first.
    pub const fn priority(&self) -> u8 {
        match self {
            Self::Claim { .. } => 0,
            Self::ReturnHtlc { .. } | Self::PayVendor { .. } => 1,
            Self::CreateInvoice { .. }
            | Self::CreateCard { .. }
            | Self::RaiseLimit { .. }
            | Self::OrderGiftCard { .. }
            | Self::RequestFunds { .. } => 2,
            Self::CloseCard { .. }
            | Self::Sell { .. }
            | Self::OpenRefund { .. }
            | Self::ReclaimRefund { .. }
            | Self::AwaitDelivery { .. }
            | Self::WatchOrder { .. } => 3,
        }
    }
}

/// A deadline that comes back as an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timer {
    Quote(UnixMs),
    Hold(UnixMs),
    CardOpen(UnixMs),
    Answer { request_id: String, due_at: UnixMs },
}

impl Timer {
    pub const QUOTE: &'static str = "quote";
    pub const HOLD: &'static str = "hold";
    pub const CARD_OPEN: &'static str = "card_open";
    pub const ANSWER: &'static str = "answer:";

    /// Unique within a purchase; a timer replaces one of the same name.
    pub fn name(&self) -> String {
        match self {
            Self::Quote(_) => Self::QUOTE.to_owned(),
            Self::Hold(_) => Self::HOLD.to_owned(),
            Self::CardOpen(_) => Self::CARD_OPEN.to_owned(),
            Self::Answer { request_id, .. } => format!("{}{request_id}", Self::ANSWER),
        }
    }

    pub const fn due_at(&self) -> UnixMs {
        match self {
            Self::Quote(at) | Self::Hold(at) | Self::CardOpen(at) | Self::Answer { due_at: at, .. } => *at,
        }
    }

    /// The event that a timer of this name is, when due.
    pub fn event(name: &str) -> Option<crate::Event> {
        match name {
            Self::QUOTE => Some(crate::Event::QuoteExpired),
            Self::HOLD => Some(crate::Event::HoldWindowEnded),
            Self::CARD_OPEN => Some(crate::Event::CardOpenEnded),
            other => {
                other.strip_prefix(Self::ANSWER).map(|id| crate::Event::AnswerTimedOut { request_id: id.to_owned() })
            }
        }
    }
}
