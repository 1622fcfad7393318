//! A source of funds that cannot be held: a linked exchange account, the chain.

use crate::Outcome;
use async_trait::async_trait;
use ids::{AccountId, IdempotencyKey, UnixMs};
use money::Msat;
use serde::{Deserialize, Serialize};

/// Ask the source for funds of one purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundsRequest {
    pub key: IdempotencyKey,
    pub account: AccountId,
    pub amount_msat: Msat,
    pub expires_at: UnixMs,
    /// Where the source sends to, where it needs telling.
    pub destination: Option<String>,
}

/// What the shopper does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FundsTarget {
    /// Send to this address (BIP 21 URI).
    Address { uri: String },
    /// The linked account asks for its second factor.
    SecondFactor { challenge_id: Option<String> },
    /// Nothing: the transfer is under way.
    UnderWay,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FundsStatus {
    NotFound,
    Waiting,
    /// Seen, not final.
    Pending {
        amount_msat: Msat,
    },
    /// Final: cannot be taken back.
    Final {
        amount_msat: Msat,
    },
    Failed {
        reason: String,
    },
}

#[async_trait]
pub trait PaidFirstSource: Send + Sync {
    fn name(&self) -> &'static str;

    async fn request(&self, request: FundsRequest) -> Outcome<FundsTarget>;

    /// The same request again, with the code.
    async fn confirm_second_factor(&self, request: &FundsRequest, code: &crate::Secret) -> Outcome<FundsTarget>;

    async fn status(&self, request: &FundsRequest) -> Outcome<FundsStatus>;

    /// Give back what was received and not used.
    async fn refund(&self, request: &FundsRequest, key: &IdempotencyKey, amount_msat: Msat) -> Outcome<()>;
}
