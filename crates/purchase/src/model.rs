//! The purchase as stored.

use crate::{
    Charge, ChargeKind, Creation, Invoice, Merchant, OwedAmount, OwedCause, Policy, PreimageSource, Quote, Rail,
};
use ids::{AccountId, NodeId, PaymentHash, PurchaseId, TermsHash, UnixMs};
use money::{Currency, Money, Msat, Sat};
use serde::{Deserialize, Serialize};

/// Where a purchase is. `Completed`, `Returned` and `Expired` are terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Card first: the prepared card is being made.
    Opened,
    /// Card first: a card with limit zero is there.
    CardPrepared,
    /// A price is locked; the way to pay it is being made.
    Quoted,
    /// A hold invoice waits to be paid.
    Invoiced,
    /// Not holdable: funds were asked for.
    AwaitingFunds,
    /// The HTLC is here, unclaimed.
    Held,
    /// Unclaimed, and the card can be used. (Not holdable: funded, and the card can be used.)
    CardReady,
    /// Gift card: the vendor is being paid. No way back but the node's word that the send failed.
    PayingVendor,
    /// The preimage was handed to the node; its confirmation is awaited.
    Claiming,
    /// The bitcoin is ours, charges are approved up to the limit.
    Funded,
    /// Before the claim: everything is declined, the HTLC goes back, the card is closed.
    Closing,
    Completed,
    Returned,
    Expired,
}

impl State {
    pub const ALL: [Self; 14] = [
        Self::Opened,
        Self::CardPrepared,
        Self::Quoted,
        Self::Invoiced,
        Self::AwaitingFunds,
        Self::Held,
        Self::CardReady,
        Self::PayingVendor,
        Self::Claiming,
        Self::Funded,
        Self::Closing,
        Self::Completed,
        Self::Returned,
        Self::Expired,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::CardPrepared => "card_prepared",
            Self::Quoted => "quoted",
            Self::Invoiced => "invoiced",
            Self::AwaitingFunds => "awaiting_funds",
            Self::Held => "held",
            Self::CardReady => "card_ready",
            Self::PayingVendor => "paying_vendor",
            Self::Claiming => "claiming",
            Self::Funded => "funded",
            Self::Closing => "closing",
            Self::Completed => "completed",
            Self::Returned => "returned",
            Self::Expired => "expired",
        }
    }

    pub const fn terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Returned | Self::Expired)
    }
}

/// An HTLC of ours, with what was booked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub payment_hash: PaymentHash,
    /// All that came; at least the invoice's amount, at most twice.
    pub amount_msat: Msat,
    /// Height at which the node fails it back by itself.
    pub claim_deadline: u32,
    pub held_at: UnixMs,
    pub preimage: PreimageSource,
    pub returned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// Asked for; its outcome is not known yet.
    Requested,
    Open,
    /// Asked to be closed.
    Closing,
    Closed,
    /// The issuer does not make one.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRecord {
    /// The issuer's reference; no card number.
    pub card: Option<String>,
    pub state: CardState,
    pub limit: Money,
    /// Acceptor of the first approved charge: the card works nowhere else.
    pub locked_to: Option<String>,
    pub checks_used: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    CardClosed,
    NotFunded,
    AmountTooHigh,
    AmountTooLow,
    WrongCurrency,
    MerchantBlocked,
    MerchantLocked,
    PriceMoved,
    DeadlineNear,
    ClaimUnconfirmed,
    CheckLimit,
    /// The issuer declined, without us or after our yes.
    ByIssuer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The claim is under way; the answer waits for its confirmation.
    Pending,
    Approved,
    /// Approved without a claim: amount zero, or a small check within the exposure.
    ApprovedCheck,
    Declined(DeclineReason),
    /// The network went on without asking us.
    StandIn,
}

/// One authorization. Amounts in minor units of the card's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRecord {
    pub charge_id: String,
    pub request_id: String,
    pub kind: ChargeKind,
    pub amount: Money,
    /// What the store asked in a currency of its own. What it is billed decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant_amount: Option<Money>,
    pub merchant: Merchant,
    pub decision: Decision,
    pub asked_at: UnixMs,
    pub answer_by: UnixMs,
    /// The issuer declined it after all.
    pub undone: bool,
    pub captured_minor: u64,
    pub reversed_minor: u64,
}

impl ChargeRecord {
    pub(crate) fn new(charge: &Charge, decision: Decision, asked_at: UnixMs, answer_by: UnixMs) -> Self {
        Self {
            charge_id: charge.charge_id.clone(),
            request_id: charge.request_id.clone(),
            kind: charge.kind,
            amount: charge.amount,
            merchant_amount: Some(charge.merchant_amount).filter(|asked| asked.currency() != charge.amount.currency()),
            merchant: charge.merchant.clone(),
            decision,
            asked_at,
            answer_by,
            undone: false,
            captured_minor: 0,
            reversed_minor: 0,
        }
    }

    /// Approved against the funds, and not undone.
    pub fn stands(&self) -> bool {
        matches!(self.decision, Decision::Approved | Decision::StandIn) && !self.undone
    }

    /// What a capture may still take, minor units.
    pub fn open_minor(&self) -> u64 {
        if self.stands() || (self.decision == Decision::ApprovedCheck && !self.undone) {
            self.amount.minor().saturating_sub(self.captured_minor.saturating_add(self.reversed_minor))
        } else {
            0
        }
    }
}

/// What the claim brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funding {
    pub amount_msat: Msat,
    pub funded_at: UnixMs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleState {
    UnderWay,
    Done,
    /// Given up: the rest stays the operator's exposure.
    Exposed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    pub state: SaleState,
    pub wanted: Sat,
    pub sold: Sat,
    /// Attempt under way or last made, from 1.
    pub attempt: u32,
    pub proceeds_minor: u64,
}

/// Amounts once owed. Each became a refund of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub number: u32,
    pub amount: OwedAmount,
    pub cause: OwedCause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseCause {
    Cancelled,
    QuoteExpired,
    HoldWindowEnded,
    DeadlineNear,
    InvoiceFailed,
    CardFailed,
    LimitFailed,
    NodeReturned,
    HoldRefused,
    VendorFailed,
    FundsFailed,
    CardOpenEnded,
}

/// What still has to be confirmed before the purchase is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub cause: CloseCause,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorOrder {
    pub order_id: String,
    pub payment_hash: PaymentHash,
    pub bolt11: String,
    pub amount_msat: Msat,
    pub delivered: bool,
    pub failed: bool,
}

/// Waits for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    pub reason: String,
    pub at: UnixMs,
}

/// What happened to a purchase after it was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    StoreRefund { amount: Money },
    StoreRefundReversed { amount: Money },
    ForceCapture { amount: Money },
    LateCapture { amount: Money },
    LateFunds { amount_msat: Msat },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    Opened,
    Won,
    Lost,
}

/// A capture that the operator has disputed at the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeRecord {
    pub dispute_id: String,
    pub charge_id: String,
    pub amount: Money,
    pub state: DisputeState,
}

/// The shopper is asked by the store's bank whether it is them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The issuer's identifier.
    pub authentication_id: String,
    /// What the card would be billed.
    pub amount: Option<Money>,
    /// As the store names itself.
    pub merchant: String,
    pub answer_by: UnixMs,
}

fn is_zero(amount: &Msat) -> bool {
    amount.is_zero()
}

/// The aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    pub id: PurchaseId,
    pub account: AccountId,
    pub store_host: String,
    pub store_name: String,
    pub currency: Currency,
    pub policy: Policy,
    /// Gift card: what is ordered, in the vendor's words.
    #[serde(default)]
    pub product_id: Option<String>,
    pub created_at: UnixMs,
    pub state: State,
    pub state_since: UnixMs,
    pub quote: Option<Quote>,
    pub terms_hash: Option<TermsHash>,
    pub invoice: Option<Invoice>,
    /// How the wallet comes by the live invoice, or by the one that is being made.
    #[serde(default, skip_serializing_if = "Rail::is_default")]
    pub rail: Rail,
    /// Each asked for an invoice beyond the one of its quote.
    #[serde(default, skip_serializing_if = "crate::rail::none_yet")]
    pub rail_changes: u32,
    /// Hashes of all invoices, the live one included.
    pub payment_hashes: Vec<PaymentHash>,
    pub hold: Option<Hold>,
    pub card: Option<CardRecord>,
    /// How often number or code were asked for.
    pub reveals: u32,
    pub charges: Vec<ChargeRecord>,
    pub funding: Option<Funding>,
    pub sale: Option<Sale>,
    pub vendor: Option<VendorOrder>,
    pub funds_target: Option<String>,
    /// The shopper has read what holds instead of a hold, and goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub funds_confirmed: bool,
    /// Seen on the chain and not final.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub funds_seen_msat: Msat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_to: Option<crate::Destination>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<crate::ChainTerms>,
    pub closing: Option<Closing>,
    /// After the claim: the card is being closed, what is left will be owed.
    pub winding_up: bool,
    pub captured_minor: u64,
    /// Captured beyond the order total: the operator's cost.
    pub overrun_minor: u64,
    pub owed: Vec<Owed>,
    pub store_refunded_minor: u64,
    pub adjustments: Vec<Adjustment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<DisputeRecord>,
    /// The newest that waits, or has not been told to be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    pub parked: Option<Parked>,
    /// Number of effects ever decided; the next one's sequence.
    pub effects: u32,
}

impl Purchase {
    /// The node that holds. None: the first of the server's.
    pub fn node(&self) -> Option<NodeId> {
        self.quote.as_ref().and_then(|quote| quote.node)
    }

    pub(crate) fn new(creation: Creation, now: UnixMs) -> Self {
        let state = if creation.quote.is_some() { State::Quoted } else { State::Opened };
        Self {
            id: creation.id,
            account: creation.account,
            store_host: creation.store_host,
            store_name: creation.store_name,
            currency: creation.currency,
            policy: creation.policy,
            product_id: creation.product_id,
            created_at: now,
            state,
            state_since: now,
            quote: creation.quote,
            terms_hash: creation.terms_hash,
            invoice: None,
            rail: Rail::default(),
            rail_changes: 0,
            payment_hashes: Vec::new(),
            hold: None,
            card: None,
            reveals: 0,
            charges: Vec::new(),
            funding: None,
            sale: None,
            vendor: None,
            funds_target: None,
            funds_confirmed: false,
            funds_seen_msat: Msat::ZERO,
            refund_to: creation.refund_to,
            told: creation.told,
            closing: None,
            winding_up: false,
            captured_minor: 0,
            overrun_minor: 0,
            owed: Vec::new(),
            store_refunded_minor: 0,
            adjustments: Vec::new(),
            disputes: Vec::new(),
            challenge: None,
            parked: None,
            effects: 0,
        }
    }

    /// Short code shown to people and in the invoice's description.
    pub fn code(&self) -> String {
        crate::terms::code(self.id)
    }

    pub fn order_total(&self) -> Option<Money> {
        self.quote.as_ref().map(|quote| quote.order_total)
    }

    pub fn is_funded(&self) -> bool {
        self.funding.is_some()
    }

    /// The purchase ended, we did not pay the vendor, and it delivered: it took the shopper's HTLC on its way, with the
    /// preimage that it knows. The code is the shopper's.
    pub fn delivered_without_us(&self) -> bool {
        let unpaid = self.closing.is_some_and(|closing| closing.cause != CloseCause::NodeReturned);
        unpaid && self.vendor.as_ref().is_some_and(|vendor| vendor.delivered)
    }

    /// Captures that the operator bore, less what refunds of the store have brought back, minor units.
    pub fn borne_minor(&self) -> u64 {
        let (mut borne, mut refunded, mut taken_back) = (self.overrun_minor, 0u64, 0u64);
        for adjustment in &self.adjustments {
            match adjustment {
                Adjustment::ForceCapture { amount } | Adjustment::LateCapture { amount } => {
                    borne = borne.saturating_add(amount.minor());
                }
                Adjustment::StoreRefund { amount } => refunded = refunded.saturating_add(amount.minor()),
                Adjustment::StoreRefundReversed { amount } => taken_back = taken_back.saturating_add(amount.minor()),
                Adjustment::LateFunds { .. } => {}
            }
        }
        borne.saturating_sub(refunded.saturating_sub(taken_back).saturating_sub(self.store_refunded_minor))
    }

    /// The same without what was agreed that the store may add.
    pub fn borne_beyond_tolerance_minor(&self) -> u64 {
        self.borne_minor().saturating_sub(self.overrun_minor.min(self.policy.tolerance_minor))
    }

    /// How often the store took back what may have been paid back already: a capture after the void, a refund reversed.
    pub fn breaches(&self) -> u64 {
        let breach =
            |a: &&Adjustment| matches!(a, Adjustment::LateCapture { .. } | Adjustment::StoreRefundReversed { .. });
        self.adjustments.iter().filter(breach).count() as u64
    }

    /// The answer to one question of the issuer.
    pub fn charge(&self, request_id: &str) -> Option<&ChargeRecord> {
        self.charges.iter().find(|charge| charge.request_id == request_id)
    }

    pub(crate) fn charge_mut(&mut self, request_id: &str) -> Option<&mut ChargeRecord> {
        self.charges.iter_mut().find(|charge| charge.request_id == request_id)
    }

    /// Was any charge approved against the funds and taken up by the network?
    pub(crate) fn ever_charged(&self) -> bool {
        self.charges.iter().any(ChargeRecord::stands)
    }

    /// Approved and neither captured nor reversed yet, minor units, checks left out.
    pub(crate) fn open_charges_minor(&self) -> u64 {
        let open = self.charges.iter().filter(|c| c.stands()).map(ChargeRecord::open_minor);
        open.fold(0, u64::saturating_add)
    }

    /// What may still be approved: the order total and its tolerance, less what stands or was captured.
    pub(crate) fn approvable_minor(&self, limit_minor: u64) -> u64 {
        limit_minor.saturating_sub(self.captured_minor.saturating_add(self.open_charges_minor()))
    }

    /// The card's reference while it is (or may be) usable.
    pub(crate) fn live_card(&self) -> Option<&str> {
        let card = self.card.as_ref()?;
        match card.state {
            CardState::Open | CardState::Closing => card.card.as_deref(),
            CardState::Requested | CardState::Closed | CardState::Failed => None,
        }
    }
}
