//! One file per posting template: what happened, in figures. Each opens with its T-accounts, debits on the left.
//!
//! A template checks amounts and currencies, never the story: that a capture follows an authorization is the core's to know.

mod authorization_reversed;
mod card_authorized;
mod card_captured;
mod check_approved;
mod check_captured;
mod check_expired;
mod conversion_undone;
mod converted;
mod force_captured;
mod funds_arrived;
mod gift_card_delivered;
mod gift_card_lost;
mod hold_accepted;
mod hold_claimed;
mod hold_returned;
mod opening_balance;
mod overrun_recovered;
mod owed_opened;
mod owed_withdrawn;
mod refund_failed;
mod refund_quoted;
mod refund_reclaimed;
mod refund_sent;
mod refund_started;
mod refund_unquoted;
mod sale_filled;
mod sale_remainder_kept;
mod store_refund_received;
mod store_refund_reversed;
mod tolerance_covered;
mod treasury_moved;
mod vendor_paid;
mod vendor_pay_failed;
mod vendor_pay_started;
mod vendor_refunded;

// Lightning in
pub use funds_arrived::FundsArrived;
pub use hold_accepted::HoldAccepted;
pub use hold_claimed::HoldClaimed;
pub use hold_returned::HoldReturned;

// conversion and sale
pub use conversion_undone::ConversionUndone;
pub use converted::Converted;
pub use sale_filled::SaleFilled;
pub use sale_remainder_kept::SaleRemainderKept;

// the card
pub use authorization_reversed::AuthorizationReversed;
pub use card_authorized::CardAuthorized;
pub use card_captured::CardCaptured;
pub use check_approved::CheckApproved;
pub use check_captured::CheckCaptured;
pub use check_expired::CheckExpired;
pub use force_captured::ForceCaptured;
pub use tolerance_covered::ToleranceCovered;

// the store gives back
pub use overrun_recovered::OverrunRecovered;
pub use store_refund_received::StoreRefundReceived;
pub use store_refund_reversed::StoreRefundReversed;

// owed and refunds
pub use owed_opened::OwedOpened;
pub use owed_withdrawn::OwedWithdrawn;
pub use refund_failed::RefundFailed;
pub use refund_quoted::RefundQuoted;
pub use refund_reclaimed::RefundReclaimed;
pub use refund_sent::RefundSent;
pub use refund_started::RefundStarted;
pub use refund_unquoted::RefundUnquoted;

// gift cards
pub use gift_card_delivered::GiftCardDelivered;
pub use gift_card_lost::GiftCardLost;
pub use vendor_paid::VendorPaid;
pub use vendor_pay_failed::VendorPayFailed;
pub use vendor_pay_started::VendorPayStarted;
pub use vendor_refunded::VendorRefunded;

// the operator
pub use opening_balance::OpeningBalance;
pub use treasury_moved::TreasuryMoved;
