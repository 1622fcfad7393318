//! What the engine asks of the outside, one trait a row of the house, and the four answers there are.
//!
//! Invariant: every command carries an idempotency key or a payment hash and is safe to repeat; every answer is an
//! [`Outcome`], of which only `Rejected` and `NotSent` may unwind a purchase. Nothing of a vendor is named here.

mod accounts;
mod cards;
mod chain_fees;
mod challenges;
mod clock;
mod exchange;
mod gift_cards;
mod lightning;
mod links;
mod network;
mod nodes;
mod outcome;
mod paid_first;
mod prices;
mod rates;
mod records;
mod secret;
mod store;
mod webhook;

pub use accounts::{AccountRow, AccountStore, Begun, DeviceRow, IdempotentAnswer, IdempotentCall, InviteRow};
pub use cards::{
    CardHolder, CardRef, CardSecrets, Charge, ChargeChange, ChargeKind, CreateCard, Decision, DeclineReason,
    DisputeState, Float, Issuer, IssuerHealth, IssuerNews, IssuerNotice, Merchant,
};
pub use chain_fees::{ChainFeeRate, ChainFees};
pub use challenges::{Authentication, AuthenticationDecision, CardChallenges, ChallengeAnswer};
pub use clock::Clock;
pub use exchange::{AssetBalance, Exchange, Fee, SaleReport, SaleStatus, SellOrder};
pub use gift_cards::{ClaimCode, GiftCardOrder, GiftCardVendor, VendorOffer, VendorOrderStatus, VendorQuote};
pub use lightning::{
    BlockHeight, ChannelRoom, Description, ForeignInvoice, HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode,
    NodeEvent, NodeInfo, PayRequest, Payees, Preimage, Room, SendStatus,
};
pub use links::{AccountLinks, LinkBegun, LinkError, LinkedAccount};
pub use network::{ForwardingPolicy, NetworkGraph, NetworkView, OwnChannel, PublicChannel};
pub use nodes::Nodes;
pub use outcome::{Outcome, Rejection};
pub use paid_first::{
    Depth, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, PaidFirstSource, SourceTerms,
};
pub use prices::{ExecutablePrice, ObservedRate, PriceUnavailable, Prices, RateBasis};
pub use rates::{RATE_HOURS_MS, RATE_MINUTES_MS, RateSample, RateStore};
pub use records::{RecordStore, StoredRecord};
pub use secret::Secret;
pub use store::{
    AggregateKind, AggregateRef, BalanceRow, Commit, EffectRow, EntryRow, EventRow, GiveBack, Index, Lookup, NewEffect,
    Page, Reservation, ReservationChange, ReservedRow, Store, StoreError, StoredAggregate, TimerChange, TimerRow,
};
pub use webhook::{Headers, WebhookAnswer, WebhookError};
