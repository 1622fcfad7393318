//! A vendor of gift cards that is paid over Lightning.

use crate::{Outcome, Secret};
use async_trait::async_trait;
use ids::{IdempotencyKey, PaymentHash, UnixMs};
use money::{Money, Msat};
use serde::{Deserialize, Serialize};

/// What a vendor sells for a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorOffer {
    pub product_id: String,
    pub store: String,
    pub country: String,
    /// Amounts sold; empty when any between `min` and `max`.
    pub steps: Vec<Money>,
    pub min: Money,
    pub max: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftCardOrder {
    pub key: IdempotencyKey,
    pub product_id: String,
    pub value: Money,
}

/// An order at the vendor, with the invoice that pays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorQuote {
    pub order_id: String,
    pub bolt11: String,
    pub payment_hash: PaymentHash,
    pub amount_msat: Msat,
    /// BOLT 11 `c` of the invoice.
    pub min_final_cltv_delta: u16,
    pub expires_at: UnixMs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VendorOrderStatus {
    NotFound,
    AwaitingFunds,
    /// Paid, the code is not there yet.
    Paid,
    Delivered,
    Failed {
        reason: String,
    },
    RefundedByVendor,
}

/// What the shopper types at the store.
#[derive(Debug)]
pub struct ClaimCode {
    pub code: Option<Secret>,
    pub pin: Option<Secret>,
    /// Some codes are behind an address.
    pub link: Option<Secret>,
    pub instructions: String,
}

#[async_trait]
pub trait GiftCardVendor: Send + Sync {
    fn name(&self) -> &'static str;

    async fn offers(&self, store: &str, country: &str) -> Outcome<Vec<VendorOffer>>;

    async fn order(&self, order: GiftCardOrder) -> Outcome<VendorQuote>;

    async fn find_order(&self, key: &IdempotencyKey, since: UnixMs) -> Outcome<Option<VendorQuote>>;

    async fn status(&self, order_id: &str) -> Outcome<VendorOrderStatus>;

    /// May be asked again; over a connection of its own.
    async fn reveal(&self, order_id: &str) -> Outcome<ClaimCode>;
}
