//! What an operator asks of the books: what was earned, and what is at stake.

use std::collections::BTreeSet;
use std::fmt;

use money::Currency;

use crate::{Account, Asset, Balance, Class, Layer, TrialBalance};

/// What is open between bitcoin and a currency. Both debit positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub currency: Currency,
    /// Trading account and traded rounding together. Negative: taken over and not sold. Positive: sold or paid out and
    /// not bought back. Zero: what `fiat_minor` shows is gain or loss.
    pub btc_msat: i64,
    /// Negative: gain. Open positions have it at the price at which they were taken over.
    pub fiat_minor: i64,
}

/// Income and expenses that have happened, per asset; nothing is converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfitAndLoss {
    /// Credit positive: what it brought; expenses are negative.
    pub lines: Vec<Balance>,
    /// Trading accounts: gain or loss once closed, a position while open.
    pub trading: Vec<Position>,
}

/// What could still be lost, and what was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Claimed and not yet sold (or, positive, paid out and not bought back), per pair.
    pub unsold: Vec<Position>,
    /// Small checks approved without a claim, still open: minor units.
    pub checks_open: Vec<(Currency, i64)>,
    /// Captures that nothing of the shopper's stood behind: minor units.
    pub overruns: Vec<(Currency, i64)>,
    /// Paid back, and then taken back from us: minor units.
    pub refund_losses: Vec<(Currency, i64)>,
    /// Paid to gift-card vendors, or on its way, without a code yet: msat.
    pub gift_cards_msat: i64,
    /// Owed to shoppers and not yet paid back.
    pub owed: Vec<(Asset, i64)>,
}

impl ProfitAndLoss {
    pub fn of(balance: &TrialBalance) -> Self {
        let earned = balance
            .rows()
            .filter(|row| row.layer == Layer::Posted && matches!(row.account.class(), Class::Income | Class::Expense));
        let lines = earned.map(|row| Balance { amount: row.amount.saturating_neg(), ..row }).collect();
        Self { lines, trading: positions(balance) }
    }

    /// Sum of the lines in one asset; trading is not in it.
    pub fn total(&self, asset: Asset) -> i128 {
        self.lines.iter().filter(|line| line.asset == asset).map(|line| i128::from(line.amount)).sum()
    }
}

impl Exposure {
    pub fn of(balance: &TrialBalance) -> Self {
        let unsold = positions(balance).into_iter().filter(|position| position.btc_msat != 0);
        let gift_cards = [Layer::Pending, Layer::Posted];
        let gift_cards = gift_cards.map(|layer| balance.get(Account::GiftCards, Asset::Btc, layer));
        let owed = balance.rows().filter(|row| row.account == Account::Owed && row.layer == Layer::Posted);
        Self {
            unsold: unsold.collect(),
            checks_open: per_currency(balance, Account::CheckLosses, Layer::Pending),
            overruns: per_currency(balance, Account::Overruns, Layer::Posted),
            refund_losses: per_currency(balance, Account::RefundLosses, Layer::Posted),
            gift_cards_msat: gift_cards[0].saturating_add(gift_cards[1]),
            owed: owed.map(|row| (row.asset, row.amount.saturating_neg())).collect(),
        }
    }
}

fn positions(balance: &TrialBalance) -> Vec<Position> {
    let currency = |row: Balance| match row.account {
        Account::Trading(currency) | Account::TradedRounding(currency) => Some(currency),
        _ => None,
    };
    let currencies: BTreeSet<Currency> = balance.rows().filter_map(currency).collect();
    let get = |account, asset| balance.get(account, asset, Layer::Posted);
    let position = |currency| {
        let trading = Account::Trading(currency);
        let rounding_msat = get(Account::TradedRounding(currency), Asset::Btc);
        Position {
            currency,
            btc_msat: get(trading, Asset::Btc).saturating_add(rounding_msat),
            fiat_minor: get(trading, Asset::Fiat(currency)),
        }
    };
    currencies.into_iter().map(position).collect()
}

fn per_currency(balance: &TrialBalance, account: Account, layer: Layer) -> Vec<(Currency, i64)> {
    let rows = balance.rows().filter(|row| row.account == account && row.layer == layer);
    rows.filter_map(|row| match row.asset {
        Asset::Fiat(currency) => Some((currency, row.amount)),
        Asset::Btc => None,
    })
    .collect()
}

impl fmt::Display for ProfitAndLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let (account, asset) = (line.account.to_string(), line.asset.to_string());
            writeln!(f, "{account:24}{asset:5}{:>20}", line.asset.decimal(line.amount))?;
        }
        for position in &self.trading {
            let account = Account::Trading(position.currency).to_string();
            let (open, fiat) = (-i128::from(position.btc_msat), position.fiat_minor.saturating_neg());
            let fiat = Asset::Fiat(position.currency).decimal(fiat);
            writeln!(f, "{account:24}{:5}{fiat:>20}  with {open} msat open", position.currency)?;
        }
        Ok(())
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for position in &self.unsold {
            let open = Asset::Btc.decimal(position.btc_msat.saturating_abs());
            let at = Asset::Fiat(position.currency).decimal(position.fiat_minor.saturating_abs());
            let what = if position.btc_msat < 0 { "claimed and not yet sold" } else { "paid out and not bought back" };
            writeln!(f, "{what}: {open} BTC, against {at} {}", position.currency)?;
        }
        for (what, rows) in [
            ("small checks approved unpaid", &self.checks_open),
            ("captured beyond the shopper's money", &self.overruns),
            ("lost after a refund", &self.refund_losses),
        ] {
            for (currency, minor) in rows {
                writeln!(f, "{what}: {} {currency}", Asset::Fiat(*currency).decimal(*minor))?;
            }
        }
        if self.gift_cards_msat != 0 {
            writeln!(f, "gift cards paid and not delivered: {} BTC", Asset::Btc.decimal(self.gift_cards_msat))?;
        }
        for (asset, amount) in &self.owed {
            writeln!(f, "owed to shoppers: {} {asset}", asset.decimal(*amount))?;
        }
        Ok(())
    }
}
