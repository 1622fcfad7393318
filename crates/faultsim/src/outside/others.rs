//! The smaller models: prices, gift-card vendor, a source that is paid first, the vault.

use super::node::{SendIs, msat};
use super::payees::PayeeBook;
use super::{derived, sha256};
use crate::shared::{Inner, Shared};
use async_trait::async_trait;
use engine::Vault;
use ids::{AccountId, IdempotencyKey, PaymentHash, PurchaseId, UnixMs};
use money::{Currency, Money, Msat, Rate};
use ports::{
    ClaimCode, ExecutablePrice, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, GiftCardOrder,
    GiftCardVendor, ObservedRate, Outcome, PaidFirstSource, Preimage, PriceUnavailable, Prices, RateBasis, Rejection,
    Secret, SourceTerms, VendorOffer, VendorOrderStatus, VendorQuote,
};
use std::collections::BTreeMap;

/// What a bitcoin sells for, and what the consolidated rate is: minor units.
pub const EXECUTABLE_MINOR: u64 = 551_251;
/// What the gift-card vendor asks for a bitcoin's worth.
const VENDOR_MINOR: u64 = 550_000;

#[derive(Debug, Clone)]
pub struct GiftEntry {
    pub order_id: String,
    pub hash: PaymentHash,
    pub amount_msat: u64,
    pub value_minor: u64,
}

#[derive(Debug, Clone)]
pub struct FundsEntry {
    pub key: String,
    /// From a linked account; else on-chain.
    pub linked: bool,
    pub asked_msat: u64,
    /// Final.
    pub received_msat: Option<u64>,
    /// When it was, in the order of all happenings.
    pub final_seq: Option<u64>,
}

/// Books of the smaller models.
#[derive(Default)]
pub struct Misc {
    pub purchases: u64,
    /// Amounts of invoices of others.
    pub invoices: BTreeMap<PaymentHash, u64>,
    pub preimages: BTreeMap<PaymentHash, [u8; 32]>,
    pub gifts: BTreeMap<String, GiftEntry>,
    /// The vendor takes the bitcoin and does not deliver.
    pub gifts_fail: bool,
    /// The vendor's node is on the shopper's route, and takes the HTLC instead of passing it on.
    pub gifts_taken: bool,
    pub funds: Vec<FundsEntry>,
    pub payees: PayeeBook,
    /// Key and amount of what went back to linked accounts.
    pub linked_refunds: Vec<(String, u64)>,
}

impl Misc {
    /// What the operator has of what one kind of source brought.
    pub fn received_msat(&self, linked: bool) -> u64 {
        let received: u64 = self.funds.iter().filter(|f| f.linked == linked).filter_map(|f| f.received_msat).sum();
        let back: u64 = self.linked_refunds.iter().map(|(_, amount)| amount).sum();
        received - if linked { back } else { 0 }
    }
}

pub(super) fn new_invoice(inner: &mut Inner, amount_msat: u64) -> PaymentHash {
    let preimage = derived(inner.books.seed, "invoice", inner.books.misc.invoices.len() as u64);
    let hash = PaymentHash(sha256(&preimage));
    inner.books.misc.invoices.insert(hash, amount_msat);
    inner.books.misc.preimages.insert(hash, preimage);
    hash
}

pub struct ModelPrices;

fn rate(currency: Currency) -> Result<Rate, PriceUnavailable> {
    if currency != Currency::USD {
        return Err(PriceUnavailable::UnknownCurrency { currency });
    }
    Rate::new(EXECUTABLE_MINOR * 10_000, currency).map_err(|_| PriceUnavailable::Never)
}

#[async_trait]
impl Prices for ModelPrices {
    fn rate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        Ok(ObservedRate {
            rate: rate(currency)?,
            observed_at: now,
            venues: vec!["model".to_owned()],
            outliers: Vec::new(),
            basis: RateBasis::Venues,
        })
    }

    fn executable(&self, total: Money, now: UnixMs) -> Result<ExecutablePrice, PriceUnavailable> {
        let consolidated = self.rate(total.currency(), now)?;
        Ok(ExecutablePrice { rate: rate(total.currency())?, observed_at: now, consolidated })
    }

    fn currencies(&self) -> Vec<Currency> {
        vec![Currency::USD]
    }
}

pub struct ModelGiftCards {
    pub shared: Shared,
}

fn vendor_quote(gift: &GiftEntry, now: u64) -> VendorQuote {
    VendorQuote {
        order_id: gift.order_id.clone(),
        bolt11: format!("lngift{}", gift.hash),
        payment_hash: gift.hash,
        amount_msat: msat(gift.amount_msat),
        expires_at: UnixMs(now + 3_600_000),
        min_final_cltv_delta: 18,
    }
}

#[async_trait]
impl GiftCardVendor for ModelGiftCards {
    fn name(&self) -> &'static str {
        "model-vendor"
    }

    async fn offers(&self, _store: &str, _country: &str) -> Outcome<Vec<VendorOffer>> {
        Outcome::Done(Vec::new())
    }

    async fn order(&self, order: GiftCardOrder) -> Outcome<VendorQuote> {
        let act = |inner: &mut Inner| {
            let now = inner.now;
            if let Some(gift) = inner.books.misc.gifts.get(&order.key.0) {
                return Outcome::Done(vendor_quote(gift, now));
            }
            let value_minor = order.value.minor();
            let amount_msat = value_minor * 100_000_000_000 / VENDOR_MINOR;
            let hash = new_invoice(inner, amount_msat);
            let order_id = format!("gift{}", inner.books.misc.gifts.len());
            let gift = GiftEntry { order_id, hash, amount_msat, value_minor };
            let quote = vendor_quote(&gift, now);
            inner.books.misc.gifts.insert(order.key.0.clone(), gift);
            Outcome::Done(quote)
        };
        self.shared.call("gift_cards.order", act).await
    }

    async fn find_order(&self, key: &IdempotencyKey, _since: UnixMs) -> Outcome<Option<VendorQuote>> {
        let act = |inner: &mut Inner| {
            let now = inner.now;
            Outcome::Done(inner.books.misc.gifts.get(&key.0).map(|gift| vendor_quote(gift, now)))
        };
        self.shared.call("gift_cards.find_order", act).await
    }

    async fn status(&self, order_id: &str) -> Outcome<VendorOrderStatus> {
        let act = |inner: &mut Inner| {
            let gift = inner.books.misc.gifts.values().find(|gift| gift.order_id == order_id);
            let Some(gift) = gift else { return Outcome::Done(VendorOrderStatus::NotFound) };
            let paid = inner.books.vendor_node.sends.get(&gift.hash).is_some_and(|s| s.is == SendIs::Succeeded);
            Outcome::Done(match (paid, inner.books.misc.gifts_fail) {
                (false, _) if inner.books.misc.gifts_taken => VendorOrderStatus::Delivered,
                (false, _) => VendorOrderStatus::AwaitingFunds,
                (true, false) => VendorOrderStatus::Delivered,
                (true, true) => VendorOrderStatus::Failed { reason: "sold out".to_owned() },
            })
        };
        self.shared.call("gift_cards.status", act).await
    }

    async fn reveal(&self, _order_id: &str) -> Outcome<ClaimCode> {
        Outcome::Rejected(Rejection::fatal("not_modelled", "no codes here"))
    }

    async fn health(&self) -> Outcome<String> {
        Outcome::Done("modelled".to_owned())
    }
}

/// The shopper sends to the source.
pub fn funds_arrive(shared: &Shared, amount_msat: u64) -> bool {
    let mut inner = shared.lock();
    let seq = inner.activity;
    let Some(entry) = inner.books.misc.funds.last_mut() else { return false };
    (entry.received_msat, entry.final_seq) = (Some(amount_msat), Some(seq));
    inner.note(format!("funds of {amount_msat} msat are final"));
    true
}

pub struct ModelFunds {
    pub shared: Shared,
    pub linked: bool,
}

#[async_trait]
impl PaidFirstSource for ModelFunds {
    fn name(&self) -> &'static str {
        if self.linked { "model-linked" } else { "model-source" }
    }

    async fn serves(&self, _account: AccountId) -> Outcome<bool> {
        Outcome::Done(true)
    }

    async fn pays_back(&self, _account: AccountId, paid_under: &IdempotencyKey) -> Outcome<bool> {
        Outcome::Done(paid_under.0.ends_with("/funds"))
    }

    async fn request(&self, request: &FundsRequest) -> Outcome<FundsTarget> {
        let act = |inner: &mut Inner| {
            let key = request.key.0.clone();
            if !inner.books.misc.funds.iter().any(|f| f.key == key) {
                let asked_msat = request.amount_msat.get();
                inner.books.misc.funds.push(FundsEntry {
                    key: key.clone(),
                    linked: self.linked,
                    asked_msat,
                    received_msat: None,
                    final_seq: None,
                });
            }
            Outcome::Done(match self.linked {
                true => FundsTarget::UnderWay,
                false => FundsTarget::Address { uri: format!("bitcoin:{key}"), seen_msat: Msat::ZERO, depth: None },
            })
        };
        self.shared.call("paid_first.request", act).await
    }

    async fn confirm_second_factor(&self, _request: &FundsRequest, _code: &Secret) -> Outcome<FundsTarget> {
        Outcome::Done(FundsTarget::UnderWay)
    }

    async fn status(&self, request: &FundsRequest) -> Outcome<FundsStatus> {
        let act = |inner: &mut Inner| {
            let entry = inner.books.misc.funds.iter().find(|f| f.key == request.key.0);
            Outcome::Done(match entry.map(|f| f.received_msat) {
                None => FundsStatus::NotFound,
                Some(None) => FundsStatus::Waiting,
                Some(Some(amount)) => FundsStatus::Final { amount_msat: msat(amount) },
            })
        };
        self.shared.call("paid_first.status", act).await
    }

    async fn terms(&self, _amount_msat: Msat) -> Outcome<Option<SourceTerms>> {
        Outcome::Done(None)
    }

    async fn refund_fee(&self, _to: &str) -> Outcome<Msat> {
        Outcome::Done(Msat::ZERO)
    }

    async fn refund(&self, refund: &FundsRefund) -> Outcome<FundsRefundStatus> {
        let act = |inner: &mut Inner| {
            let known = inner.books.misc.linked_refunds.iter().any(|(key, _)| *key == refund.key.0);
            if !known {
                inner.books.misc.linked_refunds.push((refund.key.0.clone(), refund.amount_msat.get()));
            }
            Outcome::Done(FundsRefundStatus::Sent { fee_msat: Msat::ZERO, taken_msat: Msat::ZERO })
        };
        self.shared.call("paid_first.refund", act).await
    }

    async fn balance(&self) -> Outcome<money::Sat> {
        let act = |inner: &mut Inner| Outcome::Done(msat(inner.books.misc.received_msat(self.linked)).sat_floor());
        self.shared.call("paid_first.balance", act).await
    }

    async fn health(&self) -> Outcome<String> {
        Outcome::Done("a model".to_owned())
    }
}

pub struct ModelVault {
    pub shared: Shared,
}

impl Vault for ModelVault {
    fn new_purchase_id(&self) -> PurchaseId {
        let mut inner = self.shared.lock();
        inner.books.misc.purchases += 1;
        let bytes = derived(inner.books.seed, "purchase", inner.books.misc.purchases);
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[..16]);
        PurchaseId(id)
    }

    fn preimage(&self, purchase: PurchaseId, invoice_number: u32) -> Preimage {
        let seed = self.shared.lock().books.seed;
        Preimage(derived(seed, &format!("preimage {purchase}"), u64::from(invoice_number)))
    }
}
