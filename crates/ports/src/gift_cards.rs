//! A vendor of gift cards that is paid over Lightning.

use crate::{Outcome, Secret};
use async_trait::async_trait;
use ids::{IdempotencyKey, PaymentHash, UnixMs};
use money::{Money, Msat};
use serde::{Deserialize, Serialize};

/// What a vendor sells for a store. All amounts are in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorOffer {
    pub product_id: String,
    pub store: String,
    pub country: String,
    /// Amounts sold, rising; empty when `min` and every `increment` above it up to `max`.
    pub steps: Vec<Money>,
    pub min: Money,
    pub max: Money,
    /// Never zero; without meaning beside `steps`.
    pub increment: Money,
}

impl VendorOffer {
    /// Whether exactly this value is sold.
    pub fn sells(&self, value: Money) -> bool {
        self.at_least(value) == Some(value)
    }

    /// The smallest value sold that pays `total` in full; `None` beyond `max` and in another currency.
    pub fn at_least(&self, total: Money) -> Option<Money> {
        if total.currency() != self.min.currency() {
            return None;
        }
        if !self.steps.is_empty() {
            return self.steps.iter().copied().find(|step| step.minor() >= total.minor());
        }
        let above = total.minor().saturating_sub(self.min.minor()).div_ceil(self.increment.minor().max(1));
        let minor = above.checked_mul(self.increment.minor().max(1))?.checked_add(self.min.minor())?;
        Money::new(minor, total.currency()).ok().filter(|value| value.minor() <= self.max.minor())
    }
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
    pub expires_at: UnixMs,
    /// Blocks that the vendor's node wants to be left when the HTLC reaches it (BOLT 11 `c`; 18 where it is absent).
    /// What the hold's own final CLTV has to leave room for.
    pub min_final_cltv_delta: u32,
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

    /// Only of a delivered order. May be asked again; over a connection of its own.
    async fn reveal(&self, order_id: &str) -> Outcome<ClaimCode>;

    /// Reachable, and the key is taken. The text is for the operator.
    async fn health(&self) -> Outcome<String>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Currency;

    fn usd(minor: u64) -> Money {
        Money::new(minor, Currency::USD).unwrap()
    }

    fn offer(steps: &[u64], min: u64, max: u64, increment: u64) -> VendorOffer {
        VendorOffer {
            product_id: "card".to_owned(),
            store: "shop.example".to_owned(),
            country: "US".to_owned(),
            steps: steps.iter().copied().map(usd).collect(),
            min: usd(min),
            max: usd(max),
            increment: usd(increment),
        }
    }

    #[test]
    fn the_smallest_card_that_pays_the_total() {
        let fixed = offer(&[500, 2_500, 5_000], 500, 5_000, 1);
        let dollars = offer(&[], 500, 20_000, 100);
        let cents = offer(&[], 100, 200_000, 1);
        for (total, of_fixed, of_dollars, of_cents) in [
            (2_711, Some(5_000), Some(2_800), Some(2_711)),
            (2_500, Some(2_500), Some(2_500), Some(2_500)),
            (1, Some(500), Some(500), Some(100)),
            (20_000, None, Some(20_000), Some(20_000)),
            (20_001, None, None, Some(20_001)),
            (200_001, None, None, None),
        ] {
            for (offer, expected) in [(&fixed, of_fixed), (&dollars, of_dollars), (&cents, of_cents)] {
                assert_eq!(offer.at_least(usd(total)), expected.map(usd), "{total}");
                assert_eq!(offer.sells(usd(total)), expected == Some(total), "{total}");
            }
        }
        assert_eq!(fixed.at_least(Money::new(500, Currency::EUR).unwrap()), None);
    }
}
