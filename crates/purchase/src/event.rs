//! What can happen to a purchase. Stored for ever, replayed on start.

use crate::{DisputeState, Policy, Quote, Rail};
use ids::{AccountId, PaymentHash, PurchaseId, UnixMs};
use money::{Currency, Money, Msat, Rate, Sat};
use serde::{Deserialize, Serialize};

/// How a purchase begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    pub id: PurchaseId,
    pub account: AccountId,
    /// The store's host as the extension saw it, and its short name.
    pub store_host: String,
    pub store_name: String,
    /// Of the card and the order total.
    pub currency: Currency,
    pub policy: Policy,
    /// Gift card: what is ordered, in the vendor's words. Its value is the quote's order total.
    #[serde(default)]
    pub product_id: Option<String>,
    /// Where what is owed of this purchase goes, if that is not the account's own destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_to: Option<crate::Destination>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<ChainTerms>,
    /// None only for a card-first purchase, whose total is read later.
    pub quote: Option<Quote>,
    /// Hash of the canonical terms, once there is a quote.
    pub terms_hash: Option<ids::TermsHash>,
}

/// What the shopper is told of the chain before confirming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainTerms {
    /// Blocks until it is final.
    pub confirmations: u32,
    /// What comes off a refund, at the most.
    pub refund_fee_msat: Msat,
}

/// Height of the chain as the node knows it, and whether that knowledge is fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    pub height: u32,
    pub fresh: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    pub acceptor_id: String,
    pub descriptor: String,
    pub category: String,
    pub country: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    ZeroCheck,
    Authorization,
    AuthorizationAndCapture,
}

/// The issuer asks: may the store have this?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The authorization; increments share it.
    pub charge_id: String,
    /// This one question.
    pub request_id: String,
    pub kind: ChargeKind,
    pub amount: Money,
    pub merchant_amount: Money,
    pub merchant: Merchant,
    /// What selling would bring now; none if there is no fresh price.
    pub executable: Option<Rate>,
    pub tip: Tip,
}

/// Each carries all it needs; amounts of issuer events are what the event adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    Created(Box<Creation>),
    /// Card-first: the total was read on the review page.
    QuoteGiven {
        quote: Quote,
        terms_hash: ids::TermsHash,
    },
    InvoiceIssued {
        number: u32,
        payment_hash: PaymentHash,
        bolt11: String,
    },
    InvoiceFailed {
        reason: String,
    },
    /// A wallet fetches an invoice of its own, or the shopper turns back to the one that is shown.
    RailChosen {
        rail: Rail,
    },
    CancelRequested,
    /// Number or claim code is asked for. Price and tip count only where the claim happens now.
    RevealRequested {
        executable: Option<Rate>,
        tip: Tip,
    },

    HtlcHeld {
        payment_hash: PaymentHash,
        amount_msat: Msat,
        claim_deadline: u32,
        tip: Tip,
    },
    HtlcClaimed {
        payment_hash: PaymentHash,
        amount_msat: Msat,
    },
    HtlcReturned {
        payment_hash: PaymentHash,
    },

    CardCreated {
        card: String,
    },
    CardFailed {
        reason: String,
    },
    LimitRaised,
    LimitFailed {
        reason: String,
    },
    CardClosed,

    ChargeRequested(Box<Charge>),
    ChargeAuthorized {
        charge_id: String,
        amount: Money,
    },
    ChargeDeclined {
        charge_id: String,
    },
    ChargeCaptured {
        charge_id: String,
        amount: Money,
    },
    ChargeReversed {
        charge_id: String,
        amount: Money,
    },
    ForceCaptured {
        charge_id: String,
        amount: Money,
    },
    StoreRefunded {
        charge_id: String,
        amount: Money,
    },
    StoreRefundReversed {
        charge_id: String,
        amount: Money,
    },
    /// 3-D Secure: the shopper is to say whether it is them.
    ChallengeAsked {
        authentication_id: String,
        amount: Option<Money>,
        merchant: String,
        answer_by: UnixMs,
    },
    ChallengeEnded {
        authentication_id: String,
        passed: bool,
    },
    /// The operator has disputed a capture at the issuer, and that is how it stands.
    ChargeDisputed {
        charge_id: String,
        dispute_id: String,
        amount: Money,
        state: DisputeState,
    },

    SaleClosed {
        attempt: u32,
        sold: Sat,
        proceeds: Money,
        fee_minor: u64,
        fee_sat: Sat,
    },
    SaleFailed {
        attempt: u32,
        reason: String,
    },
    /// No attempt can sell the rest.
    SaleGivenUp {
        attempt: u32,
        reason: String,
    },

    VendorOrdered {
        order_id: String,
        payment_hash: PaymentHash,
        bolt11: String,
        amount_msat: Msat,
        /// What the vendor's invoice asks of the last HTLC (BOLT 11 `c`).
        final_cltv_delta: u32,
    },
    VendorOrderFailed {
        reason: String,
    },
    VendorPaid {
        fee_msat: Msat,
    },
    VendorSendFailed {
        reason: String,
    },
    VendorDelivered,
    VendorFailed {
        reason: String,
    },

    /// The shopper has seen that it cannot be held, and says: send.
    FundsConfirmed,
    FundsRequested {
        target: String,
        /// On the chain: so much is seen, and is not final.
        #[serde(default)]
        seen_msat: Msat,
    },
    FundsRequestFailed {
        reason: String,
    },
    /// All that is final by now.
    FundsArrived {
        amount_msat: Msat,
        /// The price now, asked where it is not locked any more.
        #[serde(default)]
        executable: Option<Rate>,
    },

    QuoteExpired,
    HoldWindowEnded,
    DeadlineNear {
        height: u32,
    },
    AnswerTimedOut {
        request_id: String,
    },
    CardOpenEnded,

    Parked {
        reason: String,
    },
    Resumed,
}

impl Event {
    /// The variant's name, as stored.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::QuoteGiven { .. } => "quote_given",
            Self::InvoiceIssued { .. } => "invoice_issued",
            Self::InvoiceFailed { .. } => "invoice_failed",
            Self::RailChosen { .. } => "rail_chosen",
            Self::CancelRequested => "cancel_requested",
            Self::RevealRequested { .. } => "reveal_requested",
            Self::HtlcHeld { .. } => "htlc_held",
            Self::HtlcClaimed { .. } => "htlc_claimed",
            Self::HtlcReturned { .. } => "htlc_returned",
            Self::CardCreated { .. } => "card_created",
            Self::CardFailed { .. } => "card_failed",
            Self::LimitRaised => "limit_raised",
            Self::LimitFailed { .. } => "limit_failed",
            Self::CardClosed => "card_closed",
            Self::ChargeRequested(_) => "charge_requested",
            Self::ChargeAuthorized { .. } => "charge_authorized",
            Self::ChargeDeclined { .. } => "charge_declined",
            Self::ChargeCaptured { .. } => "charge_captured",
            Self::ChargeReversed { .. } => "charge_reversed",
            Self::ForceCaptured { .. } => "force_captured",
            Self::StoreRefunded { .. } => "store_refunded",
            Self::StoreRefundReversed { .. } => "store_refund_reversed",
            Self::ChallengeAsked { .. } => "challenge_asked",
            Self::ChallengeEnded { .. } => "challenge_ended",
            Self::ChargeDisputed { .. } => "charge_disputed",
            Self::SaleClosed { .. } => "sale_closed",
            Self::SaleFailed { .. } => "sale_failed",
            Self::SaleGivenUp { .. } => "sale_given_up",
            Self::VendorOrdered { .. } => "vendor_ordered",
            Self::VendorOrderFailed { .. } => "vendor_order_failed",
            Self::VendorPaid { .. } => "vendor_paid",
            Self::VendorSendFailed { .. } => "vendor_send_failed",
            Self::VendorDelivered => "vendor_delivered",
            Self::VendorFailed { .. } => "vendor_failed",
            Self::FundsConfirmed => "funds_confirmed",
            Self::FundsRequested { .. } => "funds_requested",
            Self::FundsRequestFailed { .. } => "funds_request_failed",
            Self::FundsArrived { .. } => "funds_arrived",
            Self::QuoteExpired => "quote_expired",
            Self::HoldWindowEnded => "hold_window_ended",
            Self::DeadlineNear { .. } => "deadline_near",
            Self::AnswerTimedOut { .. } => "answer_timed_out",
            Self::CardOpenEnded => "card_open_ended",
            Self::Parked { .. } => "parked",
            Self::Resumed => "resumed",
        }
    }
}

/// An event of a purchase or a refund as it stands in the log: the format it was written in and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<E> {
    pub format: u32,
    pub at: UnixMs,
    #[serde(flatten)]
    pub event: E,
}
