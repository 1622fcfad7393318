//! Cardholders, cards, authorizations, transactions and disputes as Stripe keeps them (docs.stripe.com/api/issuing).
//!
//! Invariant: what an authorization holds is the sum of its balance transactions, which are only added to.

use std::collections::BTreeMap;

use crate::network::Merchant;

/// A postal address, as `billing[address]` has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) line1: String,
    pub(crate) line2: Option<String>,
    pub(crate) city: String,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: String,
    pub(crate) country: String,
}

#[derive(Clone)]
pub(crate) struct Cardholder {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) email: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) address: Address,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) created_s: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardStatus {
    Active,
    Inactive,
    /// Final.
    Canceled,
}

impl CardStatus {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Canceled => "canceled",
        }
    }

    pub(crate) fn read(word: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Canceled].into_iter().find(|status| status.word() == word)
    }
}

/// One of `spending_controls[spending_limits]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpendingLimit {
    pub(crate) amount: i64,
    pub(crate) interval: String,
}

/// A card. No `Debug`: the number must not end up in a log.
#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) cvc: String,
    pub(crate) exp_month: u8,
    pub(crate) exp_year: u16,
    pub(crate) cardholder: String,
    pub(crate) status: CardStatus,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) limits: Vec<SpendingLimit>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) created_s: i64,
}

/// One entry of `request_history`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) amount: i64,
    pub(crate) merchant_amount: i64,
    pub(crate) approved: bool,
    pub(crate) reason: &'static str,
    pub(crate) created_s: i64,
}

/// One of `balance_transactions`: a hold is negative, a release positive.
#[derive(Clone, Debug)]
pub(crate) struct BalanceMove {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) created_s: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthStatus {
    Pending,
    Closed,
    Reversed,
    Expired,
}

impl AuthStatus {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Closed => "closed",
            Self::Reversed => "reversed",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    pub(crate) card: String,
    pub(crate) merchant: Merchant,
    /// Lower case.
    pub(crate) merchant_currency: String,
    pub(crate) rate_millionths: i64,
    pub(crate) postal_code: String,
    pub(crate) typed: bool,
    pub(crate) created_s: i64,
    pub(crate) approved: bool,
    pub(crate) status: AuthStatus,
    /// What was authorized (or refused), reversals taken off.
    pub(crate) amount: i64,
    pub(crate) merchant_amount: i64,
    pub(crate) requests: Vec<Request>,
    pub(crate) moves: Vec<BalanceMove>,
}

impl Authorization {
    pub(crate) fn held(&self) -> i64 {
        -self.moves.iter().map(|one| one.amount).sum::<i64>()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionKind {
    Capture,
    Refund,
}

#[derive(Clone)]
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) authorization: Option<String>,
    pub(crate) card: String,
    pub(crate) kind: TransactionKind,
    /// What the balance changes by: captures negative, refunds positive, a refund taken back negative.
    pub(crate) amount: i64,
    pub(crate) merchant_amount: i64,
    pub(crate) merchant_currency: String,
    pub(crate) merchant: Merchant,
    pub(crate) created_s: i64,
    pub(crate) balance_transaction: String,
    pub(crate) dispute: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    Unsubmitted,
    Submitted,
    Won,
    Lost,
}

impl DisputeStatus {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Unsubmitted => "unsubmitted",
            Self::Submitted => "submitted",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) transaction: String,
    pub(crate) amount: i64,
    pub(crate) status: DisputeStatus,
    pub(crate) reason: String,
    pub(crate) explanation: Option<String>,
    pub(crate) created_s: i64,
    pub(crate) metadata: BTreeMap<String, String>,
}
