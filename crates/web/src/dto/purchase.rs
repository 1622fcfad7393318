//! Purchases.

use super::funds::{self, FundsView, PayFrom};
use super::invoice::{InvoiceView, Rail};
use super::money::{MoneyIn, MoneyOut};
use super::price::PartsView;
use super::refund::RefundView;
use super::{CardState, ClaimOn, CloseCause, DeclineReason, DisputeState, Flow, PurchaseState};
use ::purchase::{Challenge, ChargeKind, ChargeRecord, Decision, DisputeRecord, Purchase, Quote, Refund, State};
use money::Currency;
use ports::Secret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One order total to pay, or a card to be prepared for one.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPurchase {
    /// Host of the checkout page as its address has it.
    #[schema(example = "www.shop.example")]
    pub store_host: String,
    /// The grand total as the store shows it. Left out with `card_first`.
    pub total: Option<MoneyIn>,
    /// The store shows its total only once a card is on file: prepare one with limit zero, quote later.
    #[serde(default)]
    pub card_first: bool,
    /// Pay with this gift card (`GET /v1/gift-cards`) instead of a card; `total` is then the value to be bought.
    pub gift_card: Option<GiftCardWish>,
    /// Only with `card_first`: the currency of the card.
    #[schema(example = "USD")]
    pub currency: Option<String>,
    /// 16 random bytes, hex; part of the terms that the invoice commits to.
    #[schema(example = "000102030405060708090a0b0c0d0e0f")]
    pub nonce: String,
    /// Left out: as the store needs it.
    pub claim_on: Option<ClaimOn>,
    /// Where the shopper is (ISO 3166-1 alpha-2); not needed with a billing address on file.
    #[schema(example = "US")]
    pub country: Option<String>,
    /// What it is paid from. Anything but `lightning` is paid first: see `funds` of the purchase before confirming.
    #[serde(default)]
    pub source: PayFrom,
    /// With `on_chain` only: the address that what is not used goes back to, less what the chain takes. Left out: the
    /// account's refund destination.
    #[schema(example = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")]
    pub refund_address: Option<String>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftCardWish {
    #[schema(example = "shop_example-usa")]
    pub product_id: String,
}

/// The total of a purchase whose card was prepared first.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    pub total: MoneyIn,
    /// A new one: 16 random bytes, hex.
    pub nonce: String,
}

/// Asks for the card's data once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealRequest {
    /// X25519 public key made for this call, 64 hex digits.
    pub public_key: String,
    /// Needed on every device but the one that began the purchase.
    #[serde(default, deserialize_with = "super::account::secret_option")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<Secret>,
}

/// Number, code and expiry, which only the key's owner can read (RFC 9180: base mode, X25519, HKDF-SHA256,
/// AES-128-GCM; `info` is `anytill reveal v1`, `aad` the purchase's id in hex).
#[derive(Serialize, ToSchema)]
pub struct Revealed {
    /// The encapsulated key, hex.
    pub enc: String,
    /// Hex. Opened, it is JSON. Of a card: `number`, `security_code`, `expiry_month`, `expiry_year`. Of a gift card:
    /// those of `code`, `pin` and `link` that there are, and `instructions`.
    pub ciphertext: String,
    /// How often it was shown, this time included.
    pub reveals: u32,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only what was begun before this time.
    pub before_ms: Option<u64>,
    /// At most so many, 1 to 100.
    pub limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct PurchaseList {
    /// Newest first.
    pub purchases: Vec<PurchaseView>,
    /// `before_ms` of the next page, if there may be one.
    pub next_before_ms: Option<u64>,
}

/// Where the shopper's bitcoin is. Only `unpaid` and `held` mean that it is still theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BitcoinIs {
    /// Nothing came.
    Unpaid,
    /// Accepted, not claimed.
    Held,
    /// The claim is under way: it can no longer be called back.
    Claiming,
    /// Ours; what no capture uses is owed back.
    Claimed,
    /// Given back.
    Returned,
}

/// A purchase as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct PurchaseView {
    #[schema(value_type = String, example = "0123456789abcdef0123456789abcdef")]
    pub id: ids::PurchaseId,
    /// Short code, as in the invoice's description.
    pub code: String,
    /// Rises with each change.
    pub version: Option<u64>,
    pub state: PurchaseState,
    pub state_since_ms: u64,
    pub created_at_ms: u64,
    pub store_host: String,
    pub store_name: String,
    #[schema(value_type = String)]
    pub currency: Currency,
    pub flow: Flow,
    pub claim_on: ClaimOn,
    pub bitcoin: BitcoinIs,
    pub quote: Option<QuoteView>,
    /// SHA-256 of the terms, hex; `GET terms` has what they are made of.
    #[schema(value_type = Option<String>)]
    pub terms_hash: Option<ids::TermsHash>,
    /// How the wallet comes by the invoice. With `lnurl` it has fetched one itself, which no extension can check.
    pub rail: Rail,
    /// To be shown and paid; none while a wallet has one of its own.
    pub invoice: Option<InvoiceView>,
    /// LUD-01, upper case: where a wallet can fetch the invoice itself (LUD-06). Doing so ends the one that is shown.
    pub lnurl: Option<String>,
    pub hold: Option<HoldView>,
    /// With a source that cannot be held.
    pub funds: Option<FundsView>,
    pub card: Option<CardView>,
    pub gift_card: Option<GiftCardView>,
    pub charges: Vec<ChargeView>,
    /// The store's bank asks whether it is the shopper (3-D Secure): show it until it is answered or its time is over.
    pub challenge: Option<ChallengeView>,
    /// Captures that the operator has disputed, oldest first.
    pub disputes: Vec<DisputeView>,
    pub claimed_msat: Option<u64>,
    pub captured_minor: u64,
    /// Why it was closed before the claim.
    pub closed_because: Option<CloseCause>,
    /// The card is being closed; what is left of the total will be owed.
    pub winding_up: bool,
    /// The operator has to look before it goes on.
    pub waits_for_operator: bool,
    pub refunds: Vec<RefundView>,
}

#[derive(Serialize, ToSchema)]
pub struct QuoteView {
    pub number: u32,
    pub total: MoneyOut,
    pub fee: MoneyOut,
    /// One bitcoin, in millionths of the major unit.
    pub rate_micro: u64,
    /// The same as text: `5457.386`.
    #[schema(example = "5457.386")]
    pub rate: String,
    /// What selling for this order total brings on the exchange where it is sold, its book walked; before the spread.
    pub executable_rate_micro: u64,
    #[schema(example = "5500")]
    pub executable_rate: String,
    /// Share of the price that the rate is below the executable one, millionths.
    pub spread_ppm: u32,
    /// Every part of the price. None of quotes that were given before this was kept.
    pub parts: Option<PartsView>,
    #[schema(example = 496_758_000)]
    pub amount_msat: u64,
    #[schema(example = "0.00496758")]
    pub amount_btc: String,
    pub observed_at_ms: u64,
    pub expires_at_ms: u64,
}

#[derive(Serialize, ToSchema)]
pub struct HoldView {
    pub amount_msat: u64,
    pub held_at_ms: u64,
    /// Block height at which it goes back whatever happens.
    pub claim_deadline: u32,
    pub returned: bool,
}

#[derive(Serialize, ToSchema)]
pub struct CardView {
    pub state: CardState,
    pub limit: MoneyOut,
    /// How often number and code were shown.
    pub reveals: u32,
}

#[derive(Serialize, ToSchema)]
pub struct GiftCardView {
    pub product_id: String,
    /// None until it is ordered.
    pub order_id: Option<String>,
    /// The code is there and can be shown.
    pub delivered: bool,
    /// The vendor was paid and does not deliver: what was claimed is owed back.
    pub failed: bool,
    /// How often the code was shown.
    pub reveals: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChargeDecision {
    Pending,
    Approved,
    /// A small check, approved without a claim.
    ApprovedCheck,
    Declined,
    /// The card network went on without asking.
    StandIn,
}

#[derive(Serialize, ToSchema)]
pub struct ChargeView {
    /// What the card is billed.
    pub amount: MoneyOut,
    /// What the store asked, where it charges in a currency of its own.
    pub merchant_amount: Option<MoneyOut>,
    /// The merchant as the card network names it.
    pub merchant: String,
    /// Asks whether the card exists; takes nothing.
    pub zero_check: bool,
    pub decision: ChargeDecision,
    pub decline_reason: Option<DeclineReason>,
    pub asked_at_ms: u64,
    pub captured_minor: u64,
    pub reversed_minor: u64,
}

#[derive(Serialize, ToSchema)]
pub struct ChallengeView {
    /// As the store names itself.
    pub merchant: String,
    /// What the card would be billed.
    pub amount: Option<MoneyOut>,
    pub answer_by_ms: u64,
}

/// It is me; it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeAnswer {
    Approve,
    Reject,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    pub answer: ChallengeAnswer,
}

#[derive(Serialize, ToSchema)]
pub struct DisputeView {
    pub amount: MoneyOut,
    pub state: DisputeState,
}

/// Every field of the canonical terms but the nonce, which the shopper chose: rebuilt and hashed, they must give
/// `terms_hash`, and the invoice's description ends in its first 32 hex digits.
#[derive(Serialize, ToSchema)]
pub struct TermsView {
    /// `anytill-terms-v1`
    pub format: &'static str,
    pub server: String,
    #[schema(value_type = String)]
    pub node: ids::NodeId,
    #[schema(value_type = String)]
    pub purchase: ids::PurchaseId,
    pub store: String,
    pub total_minor: u64,
    #[schema(value_type = String)]
    pub currency: Currency,
    pub fee_minor: u64,
    pub rate_micro: u64,
    pub spread_ppm: u32,
    pub amount_msat: u64,
    pub expires_at_ms: u64,
    pub claim_on: ClaimOn,
    #[schema(value_type = String)]
    pub terms_hash: ids::TermsHash,
    pub description: String,
}

impl PurchaseView {
    /// `refunds` may be left empty in lists, `version` unknown.
    pub fn new(p: &Purchase, version: Option<u64>, refunds: &[Refund]) -> Self {
        Self {
            id: p.id,
            code: p.code(),
            version,
            state: p.state.into(),
            state_since_ms: p.state_since.0,
            created_at_ms: p.created_at.0,
            store_host: p.store_host.clone(),
            store_name: p.store_name.clone(),
            currency: p.currency,
            flow: p.policy.flow.into(),
            claim_on: p.policy.claim_on.into(),
            bitcoin: bitcoin_is(p),
            quote: p.quote.as_ref().map(QuoteView::from),
            terms_hash: p.terms_hash,
            rail: p.rail.into(),
            invoice: InvoiceView::of(p),
            lnurl: None,
            hold: p.hold.as_ref().map(|hold| HoldView {
                amount_msat: hold.amount_msat.get(),
                held_at_ms: hold.held_at.0,
                claim_deadline: hold.claim_deadline,
                returned: hold.returned,
            }),
            funds: FundsView::of(p),
            card: p.card.as_ref().map(|card| CardView {
                state: card.state.into(),
                limit: card.limit.into(),
                reveals: p.reveals,
            }),
            gift_card: p.product_id.as_ref().map(|product_id| GiftCardView {
                product_id: product_id.clone(),
                order_id: p.vendor.as_ref().map(|order| order.order_id.clone()),
                delivered: p.vendor.as_ref().is_some_and(|order| order.delivered),
                failed: p.vendor.as_ref().is_some_and(|order| order.failed),
                reveals: p.reveals,
            }),
            charges: p.charges.iter().map(ChargeView::from).collect(),
            challenge: p.challenge.as_ref().map(ChallengeView::from),
            disputes: p.disputes.iter().map(DisputeView::from).collect(),
            claimed_msat: p.funding.map(|funding| funding.amount_msat.get()),
            captured_minor: p.captured_minor,
            closed_because: p.closing.map(|closing| closing.cause.into()),
            winding_up: p.winding_up,
            waits_for_operator: p.parked.is_some(),
            refunds: refunds.iter().map(RefundView::from).collect(),
        }
    }
}

/// Never promises more than the purchase keeps.
fn bitcoin_is(p: &Purchase) -> BitcoinIs {
    if p.is_funded() || funds::arrived(p) {
        return BitcoinIs::Claimed;
    }
    match (p.state, p.hold) {
        (State::Claiming | State::PayingVendor, _) => BitcoinIs::Claiming,
        (_, Some(hold)) if hold.returned => BitcoinIs::Returned,
        (_, Some(_)) => BitcoinIs::Held,
        (_, None) => BitcoinIs::Unpaid,
    }
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        Self {
            number: quote.number,
            total: quote.order_total.into(),
            fee: quote.fee.into(),
            rate_micro: quote.rate.micro_per_btc(),
            rate: quote.rate.decimal(),
            executable_rate_micro: quote.executable.micro_per_btc(),
            executable_rate: quote.executable.decimal(),
            parts: PartsView::of(quote),
            spread_ppm: quote.spread.0,
            amount_msat: quote.amount_msat.get(),
            amount_btc: quote.amount_msat.sat_ceil().btc_string(),
            observed_at_ms: quote.observed_at.0,
            expires_at_ms: quote.expires_at.0,
        }
    }
}

impl From<&Challenge> for ChallengeView {
    fn from(challenge: &Challenge) -> Self {
        Self {
            merchant: challenge.merchant.clone(),
            amount: challenge.amount.map(Into::into),
            answer_by_ms: challenge.answer_by.0,
        }
    }
}

impl From<&DisputeRecord> for DisputeView {
    fn from(dispute: &DisputeRecord) -> Self {
        Self { amount: dispute.amount.into(), state: dispute.state.into() }
    }
}

impl From<&ChargeRecord> for ChargeView {
    fn from(charge: &ChargeRecord) -> Self {
        let (decision, decline_reason) = match charge.decision {
            Decision::Pending => (ChargeDecision::Pending, None),
            Decision::Approved => (ChargeDecision::Approved, None),
            Decision::ApprovedCheck => (ChargeDecision::ApprovedCheck, None),
            Decision::Declined(reason) => (ChargeDecision::Declined, Some(reason.into())),
            Decision::StandIn => (ChargeDecision::StandIn, None),
        };
        Self {
            amount: charge.amount.into(),
            merchant_amount: charge.merchant_amount.map(Into::into),
            merchant: charge.merchant.descriptor.clone(),
            zero_check: charge.kind == ChargeKind::ZeroCheck,
            decision,
            decline_reason,
            asked_at_ms: charge.asked_at.0,
            captured_minor: charge.captured_minor,
            reversed_minor: charge.reversed_minor,
        }
    }
}
