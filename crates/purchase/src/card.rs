//! The card of a purchase, and what was charged to it, as stored.

use crate::{Charge, ChargeKind, Merchant};
use ids::UnixMs;
use money::Money;
use serde::{Deserialize, Serialize};

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
