//! A source of funds that cannot be held: a linked exchange account, the chain.

use crate::Outcome;
use async_trait::async_trait;
use ids::{AccountId, IdempotencyKey, UnixMs};
use money::{Msat, Sat};
use serde::{Deserialize, Serialize};

/// Ask the source for funds of one purchase. The same each time that it is about the same purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundsRequest {
    pub key: IdempotencyKey,
    pub account: AccountId,
    /// Whole satoshis.
    pub amount_msat: Msat,
    /// Nothing under this key was asked for before this time.
    pub asked_since: UnixMs,
    /// Nothing is asked for after it.
    pub expires_at: UnixMs,
}

/// What the chain asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceTerms {
    /// Blocks until it is final.
    pub confirmations: u32,
    /// What comes off a refund, at the most.
    pub refund_fee_msat: Msat,
}

/// How deep in the chain, and how deep it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    pub blocks: u32,
    pub needed: u32,
}

/// What the shopper does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum FundsTarget {
    /// Send to this address (BIP 21 URI); so much of it was seen.
    Address {
        uri: String,
        #[serde(default)]
        seen_msat: Msat,
        #[serde(default)]
        depth: Option<Depth>,
    },
    /// The linked account asks for its second factor; so many codes were tried.
    SecondFactor { tries: u8 },
    /// Nothing: the transfer is under way.
    UnderWay,
    /// Nothing: it was seen here and is not final.
    Pending { amount_msat: Msat },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FundsStatus {
    /// Nothing was sent under this key, as far as can be seen.
    NotFound,
    /// Sent or asked for; not seen here.
    Waiting,
    /// Seen here, not final; on the chain, how deep the least deep of it is.
    Pending { amount_msat: Msat, depth: Option<Depth> },
    /// Final: cannot be taken back. All that ever became final under this key: later it may be more, never less.
    Final { amount_msat: Msat },
    /// It will not come.
    Failed { reason: String },
}

/// Give back what was received and not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundsRefund {
    /// Names the send for ever.
    pub key: IdempotencyKey,
    /// The request that brought the funds: they go back to where they came from, and nowhere else.
    pub paid_under: IdempotencyKey,
    /// Where to, when it cannot go back to where it came from: an address on the chain.
    pub to: Option<String>,
    pub account: AccountId,
    /// Whole satoshis. What the chain takes for it comes off: the shopper was told so.
    pub amount_msat: Msat,
    /// No more than that comes off, whatever the chain takes: the rest is the operator's.
    pub taken_msat_max: Msat,
    /// The operator pays it back though what was received is gone.
    pub despite_loss: bool,
    /// Nothing under this key was sent before this time.
    pub asked_since: UnixMs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FundsRefundStatus {
    UnderWay,
    Sent {
        /// What it cost beyond the amount.
        fee_msat: Msat,
        /// What came off the amount on its way: so much less has arrived.
        taken_msat: Msat,
    },
    /// Finally: it may be tried under another key.
    Failed {
        reason: String,
    },
    /// Nothing was sent: so much of what was received is not there any more.
    FundsGone {
        missing_msat: Msat,
    },
}

#[async_trait]
pub trait PaidFirstSource: Send + Sync {
    /// Also the name of the place where the operator has what arrived.
    fn name(&self) -> &'static str;

    /// Can this account pay from here?
    async fn serves(&self, account: AccountId) -> Outcome<bool>;

    /// Can what was paid under this key go back to where it came from?
    async fn pays_back(&self, account: AccountId, paid_under: &IdempotencyKey) -> Outcome<bool>;

    /// Asked twice under one key, it is sent once.
    async fn request(&self, request: &FundsRequest) -> Outcome<FundsTarget>;

    /// The same request again, with the code. A wrong code answers `SecondFactor` again.
    async fn confirm_second_factor(&self, request: &FundsRequest, code: &crate::Secret) -> Outcome<FundsTarget>;

    /// `Pending` and `Final` by the operator's own side only, never by what the sender's side says.
    async fn status(&self, request: &FundsRequest) -> Outcome<FundsStatus>;

    /// How much of what was called final under this key is not there any more. Not known while it may come back by itself.
    async fn missing(&self, _paid_under: &IdempotencyKey) -> Outcome<Msat> {
        Outcome::Done(Msat::ZERO)
    }

    /// What a shopper is told before confirming an amount; none where the chain has no part in it.
    async fn terms(&self, amount_msat: Msat) -> Outcome<Option<SourceTerms>>;

    /// Can a refund go to this address, and what would come off it now, at the most?
    async fn refund_fee(&self, to: &str) -> Outcome<Msat>;

    /// Sends once per key; asked again, it says how that send is.
    async fn refund(&self, refund: &FundsRefund) -> Outcome<FundsRefundStatus>;

    /// What the operator has there.
    async fn balance(&self) -> Outcome<Sat>;

    /// A line for `doctor`.
    async fn health(&self) -> Outcome<String>;
}
