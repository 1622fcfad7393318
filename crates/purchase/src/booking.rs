//! What a step changes in the books, by the name of its posting template.
//!
//! The core says what happened in amounts; `ledger` knows accounts and sides.

use crate::{FundsSource, OwedAmount, OwedCause, PaidFrom};
use money::{Money, Msat, Sat};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "booking", rename_all = "snake_case")]
pub enum Booking {
    /// Pending: an HTLC is here.
    HoldAccepted {
        invoiced_msat: Msat,
        excess_msat: Msat,
    },
    /// Pending: it went back.
    HoldReturned {
        invoiced_msat: Msat,
        excess_msat: Msat,
    },
    /// The pending hold became ours; `invoiced_msat` for the purchase, `excess_msat` owed at once.
    HoldClaimed {
        invoiced_msat: Msat,
        excess_msat: Msat,
    },
    /// From a source that cannot be held.
    FundsArrived {
        source: FundsSource,
        invoiced_msat: Msat,
        excess_msat: Msat,
    },
    /// The shopper's bitcoin became the order total: what it is worth above
    /// total and fee is spread, `rounding_msat` is what rounding up to a whole satoshi took.
    Converted {
        claimed_msat: Msat,
        rounding_msat: Msat,
        market_value: Money,
        order_total: Money,
        fee: Money,
    },
    /// The reverse, when nothing was bought with it.
    ConversionUndone {
        claimed_msat: Msat,
        rounding_msat: Msat,
        market_value: Money,
        order_total: Money,
        fee: Money,
    },
    /// Pending: the issuer holds it for a store.
    ChargeApproved {
        amount: Money,
    },
    /// Pending: no longer.
    ChargeReversed {
        amount: Money,
    },
    /// Pending: approved with nothing behind it.
    CheckApproved {
        amount: Money,
    },
    CheckEnded {
        amount: Money,
    },
    /// `funded` from the shopper's money, `tolerance` and `overrun` from the operator's; `reserved` of the pending layer is lifted.
    Captured {
        funded: Money,
        tolerance: Money,
        overrun: Money,
        reserved: Money,
    },
    /// Captured when nothing was left to the shopper.
    ForceCaptured {
        amount: Money,
    },
    /// `sold` bitcoin brought `proceeds` before the fee.
    Sold {
        sold: Sat,
        proceeds: Money,
        fee: Money,
        fee_sat: Sat,
    },
    OwedOpened {
        amount: OwedAmount,
        cause: OwedCause,
    },
    /// To the shopper, or against the operator's loss when the operator had borne the charge.
    StoreRefunded {
        amount: Money,
        to_shopper: bool,
    },
    StoreRefundReversed {
        amount: Money,
    },
    /// Pending: the vendor is being paid from the second node.
    VendorSendStarted {
        amount_msat: Msat,
    },
    VendorSendFailed {
        amount_msat: Msat,
    },
    /// The vendor has it: the shopper's funds are used.
    VendorPaid {
        amount_msat: Msat,
        fee_msat: Msat,
    },
    /// The vendor was paid and nothing came of it: no code, or the hold had gone back. The operator's loss.
    GiftCardLost {
        vendor_msat: Msat,
    },
    /// The code is the shopper's: what was invoiced is earned, less what the vendor got.
    GiftCardDelivered {
        invoiced_msat: Msat,
        vendor_msat: Msat,
    },
    /// Refunds: currency owed became bitcoin owed.
    RefundPriced {
        owed: Money,
        amount_msat: Msat,
    },
    /// Refunds, pending: a hash is live.
    RefundStarted {
        from: PaidFrom,
        amount_msat: Msat,
    },
    /// Refunds, pending: it finally failed.
    RefundFailed {
        from: PaidFrom,
        amount_msat: Msat,
    },
    /// Refunds: paid; the routing fee is the operator's.
    RefundSent {
        from: PaidFrom,
        amount_msat: Msat,
        fee_msat: Msat,
    },
    /// Refunds: the send failed after it was priced in a currency.
    RefundUnpriced {
        owed: Money,
        amount_msat: Msat,
    },
    /// Refunds: the store took it back before it was paid out.
    RefundCancelled {
        owed: Money,
    },
}
