//! A refund: one amount owed to a shopper and its way back. An aggregate of its own, so that a missing destination
//! keeps no purchase open.
//!
//! Invariant: at most one payment hash is live at a time, committed before anything is sent; a new one only after the
//! node has said that the last one finally failed. A reclaimed refund is not sent, a sent one not reclaimed.

mod step;

use crate::{Booking, OwedAmount, OwedCause};
use ids::{AccountId, LinkHash, PaymentHash, PurchaseId, RefundId, UnixMs};
use money::{Money, Msat, Rate};
use serde::{Deserialize, Serialize};

pub use step::step_refund;

/// Where it goes. More ways come as variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    Bolt11 {
        invoice: String,
    },
    /// An invoice that a wallet gave at a withdraw link, for the amount that was priced with it.
    Withdrawn {
        invoice: String,
        /// None when bitcoin is owed.
        rate: Option<Rate>,
    },
    /// `name@domain` (LUD-16).
    LightningAddress {
        address: String,
    },
    /// Back to the account that the purchase was paid from.
    LinkedAccount {
        provider: String,
    },
    /// An address on the chain: less what the chain takes.
    OnChain {
        address: String,
    },
}

/// What a refund leaves from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidFrom {
    /// The node that holds.
    #[default]
    Node,
    /// The operator's own account with the linked account's provider.
    LinkedAccount,
    /// The wallet that shoppers pay on the chain.
    OnChain,
}

impl PaidFrom {
    /// What is sent for an amount: exchanges and the chain know whole satoshis only, and are told no less.
    pub fn pays(self, owed_msat: Msat) -> Msat {
        match self {
            Self::Node => owed_msat,
            Self::LinkedAccount | Self::OnChain => owed_msat.sat_ceil().msat(),
        }
    }

    fn is_node(&self) -> bool {
        *self == Self::Node
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// The shopper has to say where to.
    AwaitingDestination,
    /// Until the issuer's settlement window is over.
    Waiting,
    /// An invoice is being fetched and the amount priced.
    Preparing,
    /// One payment hash is live.
    Sending,
    Paid,
    /// The store took it back before it was paid out.
    Cancelled,
}

impl RefundState {
    pub const ALL: [Self; 6] =
        [Self::AwaitingDestination, Self::Waiting, Self::Preparing, Self::Sending, Self::Paid, Self::Cancelled];

    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingDestination => "awaiting_destination",
            Self::Waiting => "waiting",
            Self::Preparing => "preparing",
            Self::Sending => "sending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }

    pub const fn terminal(self) -> bool {
        matches!(self, Self::Paid | Self::Cancelled)
    }
}

/// What is being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSend {
    /// To a linked account, or on the chain, there is no invoice: then it is a hash of the refund and the number of its try.
    pub payment_hash: PaymentHash,
    /// Empty when there is no invoice.
    pub bolt11: String,
    #[serde(default, skip_serializing_if = "PaidFrom::is_node")]
    pub from: PaidFrom,
    pub amount_msat: Msat,
    /// On the chain: no more than that comes off the amount, as was said; the rest of the fee is the operator's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub taken_msat_max: Msat,
    /// The invoice says no amount; the sender has to.
    pub amount_missing: bool,
    /// None when bitcoin is owed.
    pub rate: Option<Rate>,
}

fn is_zero(amount: &Msat) -> bool {
    amount.is_zero()
}

/// Why a refund waits for the operator before anything was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// What it is paid from lacks something. It is tried again all the while.
    Waits,
    /// What was received for it is gone. Resumed, it is the operator's loss.
    FundsGone,
}

/// Where a wallet collects a refund by itself (LUD-03): one secret, one amount, one end, one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawLink {
    pub hash: LinkHash,
    pub amount_msat: Msat,
    /// None when bitcoin is owed.
    pub rate: Option<Rate>,
    pub expires_at: UnixMs,
    /// Given by the first wallet that came; the link is good for no other.
    pub invoice: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub purchase: PurchaseId,
    pub account: AccountId,
    pub number: u32,
    pub amount: OwedAmount,
    pub cause: OwedCause,
    pub state: RefundState,
    pub destination: Option<Destination>,
    /// The newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<WithdrawLink>,
    pub not_before: UnixMs,
    pub created_at: UnixMs,
    pub send: Option<RefundSend>,
    /// Hashes ever live, the current one included.
    pub payment_hashes: Vec<PaymentHash>,
    pub attempts: u32,
    pub last_problem: Option<String>,
    pub paid_fee_msat: Option<Msat>,
    /// What the chain took of it: so much less has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_msat: Option<Msat>,
    pub parked: Option<crate::Parked>,
    /// What it is parked for, where it may go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// The operator lets it be paid though what was received is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub despite_loss: bool,
    pub effects: u32,
}

/// Preparations that fail before the shopper is asked for another destination; it is tried again all the same.
const ATTEMPTS_BEFORE_ASKING: u32 = 3;

impl Refund {
    /// What was said could not be paid to, and another destination is taken.
    pub fn destination_refused(&self) -> bool {
        let tried = match self.state {
            RefundState::AwaitingDestination => true,
            RefundState::Preparing => self.attempts >= ATTEMPTS_BEFORE_ASKING,
            RefundState::Waiting | RefundState::Sending | RefundState::Paid | RefundState::Cancelled => false,
        };
        tried && self.last_problem.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RefundEvent {
    Opened {
        id: RefundId,
        purchase: PurchaseId,
        account: AccountId,
        number: u32,
        amount: OwedAmount,
        cause: OwedCause,
        destination: Option<Destination>,
        not_before: UnixMs,
    },
    DestinationGiven {
        destination: Destination,
    },
    /// The shopper wants to collect it by a link; an older one is over.
    LinkOffered {
        hash: LinkHash,
        amount_msat: Msat,
        rate: Option<Rate>,
        expires_at: UnixMs,
    },
    /// A wallet that has the link gave an invoice.
    LinkUsed {
        hash: LinkHash,
        invoice: String,
    },
    WaitEnded,
    /// Of the preparation with that number; another's is dropped. 0 in what was written before they were numbered.
    Prepared {
        send: RefundSend,
        #[serde(default)]
        attempt: u32,
    },
    /// `ask_again`: the destination itself is no good (expired, wrong network).
    PrepareFailed {
        reason: String,
        ask_again: bool,
        #[serde(default)]
        attempt: u32,
    },
    SendSucceeded {
        payment_hash: PaymentHash,
        fee_msat: Msat,
        #[serde(default)]
        taken_msat: Msat,
    },
    SendFailed {
        payment_hash: PaymentHash,
        reason: String,
    },
    RetryDue,
    /// The store took this much of its refund back.
    Reclaimed {
        amount: Money,
    },
    Parked {
        reason: String,
    },
    /// Nothing is sent for now: parked, with what has to change.
    Stopped {
        stop: Stop,
        reason: String,
    },
    Resumed,
}

impl RefundEvent {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::DestinationGiven { .. } => "destination_given",
            Self::LinkOffered { .. } => "link_offered",
            Self::LinkUsed { .. } => "link_used",
            Self::WaitEnded => "wait_ended",
            Self::Prepared { .. } => "prepared",
            Self::PrepareFailed { .. } => "prepare_failed",
            Self::SendSucceeded { .. } => "send_succeeded",
            Self::SendFailed { .. } => "send_failed",
            Self::RetryDue => "retry_due",
            Self::Reclaimed { .. } => "reclaimed",
            Self::Parked { .. } => "parked",
            Self::Stopped { .. } => "stopped",
            Self::Resumed => "resumed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum RefundEffect {
    /// Price it, get or read an invoice.
    Prepare {
        amount: OwedAmount,
        destination: Destination,
        #[serde(default)]
        attempt: u32,
    },
    Send {
        send: RefundSend,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundTimer {
    Wait(UnixMs),
    Retry(UnixMs),
}

impl RefundTimer {
    pub const WAIT: &'static str = "wait";
    pub const RETRY: &'static str = "retry";

    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait(_) => Self::WAIT,
            Self::Retry(_) => Self::RETRY,
        }
    }

    pub const fn due_at(self) -> UnixMs {
        match self {
            Self::Wait(at) | Self::Retry(at) => at,
        }
    }

    pub fn event(name: &str) -> Option<RefundEvent> {
        match name {
            Self::WAIT => Some(RefundEvent::WaitEnded),
            Self::RETRY => Some(RefundEvent::RetryDue),
            _ => None,
        }
    }
}

/// What an applied event does; all of it is committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundStep {
    pub refund: Refund,
    pub effects: Vec<(u32, RefundEffect)>,
    pub bookings: Vec<Booking>,
    pub timers: Vec<RefundTimer>,
}
