//! The pure core: what a purchase is, what can happen to it, and what follows.
//!
//! Invariant: [`step`] is synchronous, total and deterministic. No clock, randomness, I/O or floating point: time comes
//! in with each call, everything else with the event. Card numbers, codes and preimages are in no type of this room.
//! Every (state, event) pair has a written answer; the whole matrix is a reviewed snapshot (`tests/matrix.rs`).

mod booking;
mod card;
mod effect;
mod event;
mod issuer;
mod metadata;
mod model;
mod policy;
mod quote;
mod rail;
mod refund;
mod step;
pub mod terms;

pub use booking::Booking;
pub use card::{CardRecord, CardState, ChargeRecord, Decision, DeclineReason};
pub use effect::{Effect, OwedAmount, OwedCause, PreimageSource, Timer};
pub use event::{ChainTerms, Charge, ChargeKind, Creation, Event, Merchant, Recorded, Tip};
pub use issuer::{Challenge, DisputeRecord, DisputeState};
pub use metadata::metadata;
pub use model::{
    Adjustment, CloseCause, Closing, Funding, Hold, Owed, Parked, Purchase, Sale, SaleState, State, VendorOrder,
};
pub use policy::{ClaimOn, Flow, FundsSource, Policy, VENDOR_CHAIN_BLOCKS};
pub use quote::{DailyTable, Market, PriceParts, Quote, QuoteError, QuoteInput, make_quote};
pub use rail::{Invoice, RAIL_CHANGES_MAX, Rail};
pub use refund::{
    Destination, PaidFrom, Refund, RefundEffect, RefundEvent, RefundSend, RefundState, RefundStep, RefundTimer, Stop,
    WithdrawLink, step_refund,
};
pub use step::{Authentication, Rejected, Step, Stepped, authentication, replay, step};

/// Version of events and states as stored; raised with any change that an older program could not read.
pub const FORMAT: u32 = 1;
