//! The chart of accounts.

use std::fmt;
use std::str::FromStr;

use money::Currency;
use serde::{Deserialize, Serialize};

use crate::{LedgerError, Place};

/// What kind of account it is, as every book-keeper knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Asset,
    Liability,
    /// Bridges two assets; its balance is an open position and the profit or loss of closed ones.
    Trading,
    Income,
    Expense,
    Equity,
}

/// On which side an account grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Debit,
    Credit,
}

/// One account. Every account is kept per asset, layer and shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Account {
    /// Value of the operator's that lies at a place; what `reconcile` compares with the place's own books.
    /// Asset, grows by debit.
    At(Place),
    /// Gift-card vendors that were paid and have not delivered the code. Asset, grows by debit.
    GiftCards,
    /// What purchases under way owe their shoppers: bitcoin from the claim to the conversion, then the order total in
    /// the store's currency, which captures use up. Liability, grows by credit.
    Shopper,
    /// What is owed back to shoppers and waits for its refund. Liability, grows by credit.
    Owed,
    /// Bridges bitcoin and this currency. Its bitcoin side, when credit, was taken over and is not yet sold; its currency
    /// side, once the bitcoin side is closed, is what the price made or cost. Trading.
    Trading(Currency),
    /// Bitcoin that the operator keeps instead of selling it, against its worth at that time. Trading.
    Kept(Currency),
    /// Quoted rate against market rate. Income, grows by credit.
    SpreadIncome,
    /// Fee of the quote. Income, grows by credit.
    FeeIncome,
    /// What rounding a quote in this currency up to a whole satoshi took. The bitcoin is sold along with the rest, so the
    /// open position of a pair is its trading account and this one together. Income, grows by credit.
    TradedRounding(Currency),
    /// What rounding up took where the bitcoin is not sold: gift cards. Income, grows by credit.
    Rounding,
    /// Fees of exchanges. Expense, grows by debit.
    ExchangeFees,
    /// Fees paid to Lightning nodes on a route. Expense, grows by debit.
    RoutingFees,
    /// Fees of moving value between places: miners, banks. Expense, grows by debit.
    TransferFees,
    /// Charges a little above the order total that were approved within the recipe's tolerance. Expense, grows by debit.
    ToleranceCost,
    /// Captures that nothing of the shopper's stood behind: force captures, stand-in approvals, captures above the
    /// authorization. The operator's loss. Expense, grows by debit.
    Overruns,
    /// Small card checks approved without a claim. Pending while open; posted when a store captured one. The operator's
    /// loss. Expense, grows by debit.
    CheckLosses,
    /// Store refunds that were taken back after the shopper had been paid back. The operator's loss. Expense, grows by
    /// debit.
    RefundLosses,
    /// Gift cards paid for whose hold could not be claimed, or that never came. The operator's loss. Expense, grows by
    /// debit.
    GiftCardLosses,
    /// What the operator put in. Equity, grows by credit.
    Equity,
}

impl Account {
    pub const fn class(self) -> Class {
        match self {
            Self::At(_) | Self::GiftCards => Class::Asset,
            Self::Shopper | Self::Owed => Class::Liability,
            Self::Trading(_) | Self::Kept(_) => Class::Trading,
            Self::SpreadIncome | Self::FeeIncome | Self::TradedRounding(_) | Self::Rounding => Class::Income,
            Self::ExchangeFees
            | Self::RoutingFees
            | Self::TransferFees
            | Self::ToleranceCost
            | Self::Overruns
            | Self::CheckLosses
            | Self::RefundLosses
            | Self::GiftCardLosses => Class::Expense,
            Self::Equity => Class::Equity,
        }
    }

    /// The side on which it grows; a trading account has none.
    pub const fn normal_side(self) -> Option<Side> {
        match self.class() {
            Class::Asset | Class::Expense => Some(Side::Debit),
            Class::Liability | Class::Income | Class::Equity => Some(Side::Credit),
            Class::Trading => None,
        }
    }
}

/// Accounts without a parameter, and their stable words.
const PLAIN: &[(&str, Account)] = &[
    ("gift_cards", Account::GiftCards),
    ("shopper", Account::Shopper),
    ("owed", Account::Owed),
    ("spread_income", Account::SpreadIncome),
    ("fee_income", Account::FeeIncome),
    ("rounding", Account::Rounding),
    ("exchange_fees", Account::ExchangeFees),
    ("routing_fees", Account::RoutingFees),
    ("transfer_fees", Account::TransferFees),
    ("tolerance_cost", Account::ToleranceCost),
    ("overruns", Account::Overruns),
    ("check_losses", Account::CheckLosses),
    ("refund_losses", Account::RefundLosses),
    ("gift_card_losses", Account::GiftCardLosses),
    ("equity", Account::Equity),
];

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(place) => place.fmt(f),
            Self::Trading(currency) => write!(f, "trading:{currency}"),
            Self::Kept(currency) => write!(f, "kept:{currency}"),
            Self::TradedRounding(currency) => write!(f, "rounding:{currency}"),
            plain => {
                let row = PLAIN.iter().find(|(_, account)| account == plain);
                f.write_str(row.expect("a test sees to it that every plain account has a word").0)
            }
        }
    }
}

impl FromStr for Account {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let unknown = || LedgerError::UnknownWord(text.to_owned());
        match text.split_once(':') {
            Some(("trading", code)) => code.parse().map(Self::Trading).map_err(|_| unknown()),
            Some(("kept", code)) => code.parse().map(Self::Kept).map_err(|_| unknown()),
            Some(("rounding", code)) => code.parse().map(Self::TradedRounding).map_err(|_| unknown()),
            Some(_) => text.parse().map(Self::At),
            None => PLAIN.iter().find(|(word, _)| *word == text).map(|row| row.1).ok_or_else(unknown),
        }
    }
}

impl TryFrom<String> for Account {
    type Error = LedgerError;

    fn try_from(text: String) -> Result<Self, LedgerError> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails to compile when an account is added, so that it is added to [`PLAIN`] too.
    fn has_parameter(account: Account) -> bool {
        match account {
            Account::At(_) | Account::Trading(_) | Account::Kept(_) | Account::TradedRounding(_) => true,
            Account::GiftCards
            | Account::Shopper
            | Account::Owed
            | Account::SpreadIncome
            | Account::FeeIncome
            | Account::Rounding
            | Account::ExchangeFees
            | Account::RoutingFees
            | Account::TransferFees
            | Account::ToleranceCost
            | Account::Overruns
            | Account::CheckLosses
            | Account::RefundLosses
            | Account::GiftCardLosses
            | Account::Equity => false,
        }
    }

    #[test]
    fn every_plain_account_has_one_word() {
        assert_eq!(PLAIN.len(), 15, "as many as `has_parameter` lists");
        assert!(PLAIN.iter().all(|(_, account)| !has_parameter(*account)));
        for (word, account) in PLAIN {
            assert_eq!(account.to_string(), *word);
            assert_eq!(word.parse::<Account>().as_ref(), Ok(account));
        }
    }

    #[test]
    fn accounts_with_a_parameter_are_read_back() {
        for text in ["lightning:hold", "issuer:lithic", "trading:USD", "kept:EUR", "rounding:JPY"] {
            assert_eq!(text.parse::<Account>().map(String::from).as_deref(), Ok(text));
        }
        for bad in ["trading:usd", "trading", "shopper:1", "unknown", ""] {
            assert!(bad.parse::<Account>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sides_follow_from_classes() {
        assert_eq!(Account::Shopper.normal_side(), Some(Side::Credit));
        assert_eq!(Account::Overruns.normal_side(), Some(Side::Debit));
        assert_eq!(Account::Trading(Currency::USD).normal_side(), None);
    }
}
