//! Kept balances: each posting changes them, nobody ever sums over history.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Account, Asset, Layer, LedgerError, Posting};

/// What a stored balance is kept under. Shards of one account add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceKey {
    pub account: Account,
    pub asset: Asset,
    pub layer: Layer,
    pub shard: u8,
}

/// One balance, over all shards. A debit balance is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    pub account: Account,
    pub asset: Asset,
    pub layer: Layer,
    /// Millisatoshi or minor units.
    pub amount: i64,
}

impl Balance {
    /// From the words it is stored with.
    pub fn parse(account: &str, asset: &str, layer: &str, amount: i64) -> Result<Self, LedgerError> {
        Ok(Self { account: account.parse()?, asset: asset.parse()?, layer: layer.parse()?, amount })
    }
}

/// All balances that are not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrialBalance {
    rows: BTreeMap<(Account, Asset, Layer), i64>,
}

impl TrialBalance {
    /// From stored rows, in any order, shards apart or together.
    pub fn from_balances(rows: impl IntoIterator<Item = Balance>) -> Result<Self, LedgerError> {
        let mut balance = Self::default();
        for row in rows {
            balance.add(row.account, row.asset, row.layer, row.amount)?;
        }
        Ok(balance)
    }

    /// Takes a posting in. On an error nothing has changed.
    pub fn apply(&mut self, posting: &Posting) -> Result<(), LedgerError> {
        for (index, entry) in posting.entries().iter().enumerate() {
            if let Err(error) = self.add(entry.account, entry.asset, entry.layer, entry.amount) {
                for done in &posting.entries()[..index] {
                    self.add(done.account, done.asset, done.layer, -done.amount)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn add(&mut self, account: Account, asset: Asset, layer: Layer, amount: i64) -> Result<(), LedgerError> {
        let key = (account, asset, layer);
        let sum = self.rows.get(&key).copied().unwrap_or(0).checked_add(amount);
        let sum = sum.ok_or(LedgerError::Overflow { account, asset })?;
        if sum == 0 {
            self.rows.remove(&key);
        } else {
            self.rows.insert(key, sum);
        }
        Ok(())
    }

    /// Debit positive; zero if nothing was ever posted.
    pub fn get(&self, account: Account, asset: Asset, layer: Layer) -> i64 {
        self.rows.get(&(account, asset, layer)).copied().unwrap_or(0)
    }

    /// In the order of the chart of accounts.
    pub fn rows(&self) -> impl Iterator<Item = Balance> + '_ {
        self.rows.iter().map(|(&(account, asset, layer), &amount)| Balance { account, asset, layer, amount })
    }

    /// Every asset in every layer that does not add up to zero, and by how much. Empty, or the books are wrong.
    pub fn imbalances(&self) -> Vec<(Asset, Layer, i128)> {
        let mut sums: BTreeMap<(Asset, Layer), i128> = BTreeMap::new();
        for row in self.rows() {
            *sums.entry((row.asset, row.layer)).or_default() += i128::from(row.amount);
        }
        sums.into_iter().filter(|(_, sum)| *sum != 0).map(|((asset, layer), sum)| (asset, layer, sum)).collect()
    }

    pub fn is_balanced(&self) -> bool {
        self.imbalances().is_empty()
    }

    /// Nothing is under way.
    pub fn nothing_pending(&self) -> bool {
        self.rows().all(|row| row.layer == Layer::Posted)
    }
}

/// One line of the table, without blanks at its end.
fn table_line(f: &mut fmt::Formatter<'_>, cells: [&str; 5]) -> fmt::Result {
    let [account, asset, layer, debit, credit] = cells;
    let line = format!("{account:24}{asset:7}{layer:9}{debit:>20}{credit:>20}");
    writeln!(f, "{}", line.trim_end())
}

/// As a table: account, asset, layer, debit, credit; then the sums, which are equal when the books are right.
impl fmt::Display for TrialBalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table_line(f, ["account", "asset", "layer", "debit", "credit"])?;
        let mut sums: BTreeMap<(Asset, Layer), (i128, i128)> = BTreeMap::new();
        for row in self.rows() {
            let sum = sums.entry((row.asset, row.layer)).or_default();
            let amount = row.asset.decimal(row.amount.saturating_abs());
            let (debit, credit) = if row.amount > 0 {
                sum.0 += i128::from(row.amount);
                (amount.as_str(), "")
            } else {
                sum.1 -= i128::from(row.amount);
                ("", amount.as_str())
            };
            let (account, asset) = (row.account.to_string(), row.asset.to_string());
            table_line(f, [&account, &asset, row.layer.word(), debit, credit])?;
        }
        for ((asset, layer), (debit, credit)) in sums {
            let written =
                |sum: i128| i64::try_from(sum).map_or_else(|_| "too large".to_owned(), |sum| asset.decimal(sum));
            table_line(f, ["sum", &asset.to_string(), layer.word(), &written(debit), &written(credit)])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use money::{Currency, Money, Msat};

    use super::*;
    use crate::templates::{OpeningBalance, TreasuryMoved};
    use crate::{Amount, Place, PlaceName, Template};

    const HOLD: PlaceName = PlaceName::new("hold").expect("a good name");

    fn msat(value: u64) -> Amount {
        Msat::new(value).unwrap().into()
    }

    #[test]
    fn what_cannot_be_kept_changes_nothing() {
        let mut balance = TrialBalance::default();
        let all = OpeningBalance { place: Place::Lightning(HOLD), amount: msat(Msat::MAX.get()) }.posting(0).unwrap();
        for _ in 0..4 {
            balance.apply(&all).unwrap();
        }
        let before = balance.clone();
        assert!(matches!(balance.apply(&all), Err(LedgerError::Overflow { .. })));
        assert_eq!(balance, before);
    }

    #[test]
    fn shards_add_up_and_zeros_vanish() {
        let row = |amount| Balance { account: Account::Owed, asset: Asset::Btc, layer: Layer::Posted, amount };
        let balance = TrialBalance::from_balances([row(5), row(-2), row(-3)]).unwrap();
        assert_eq!(balance, TrialBalance::default());
        let off = TrialBalance::from_balances([row(5)]).unwrap();
        assert_eq!(off.imbalances(), [(Asset::Btc, Layer::Posted, 5)]);
        assert!(!off.is_balanced());
    }

    #[test]
    fn stored_words_are_read_back() {
        let row = Balance { account: Account::Owed, asset: Asset::Btc, layer: Layer::Pending, amount: -5 };
        assert_eq!(Balance::parse("owed", "BTC", "pending", -5), Ok(row));
        assert!(Balance::parse("owed", "BTC", "someday", -5).is_err());
    }

    #[test]
    fn the_table_shows_both_sides() {
        let mut balance = TrialBalance::default();
        let (from, to) = (Place::Bank(HOLD), Place::Issuer(HOLD));
        let usd = |minor| Amount::from(Money::new(minor, Currency::USD).unwrap());
        balance.apply(&OpeningBalance { place: from, amount: usd(10_000) }.posting(0).unwrap()).unwrap();
        balance.apply(&TreasuryMoved { from, to, amount: usd(5_000), fee: usd(25) }.posting(0).unwrap()).unwrap();
        insta::assert_snapshot!(balance, @r"
        account                 asset  layer                   debit              credit
        issuer:hold             USD    posted                  50.00
        bank:hold               USD    posted                  49.75
        transfer_fees           USD    posted                   0.25
        equity                  USD    posted                                     100.00
        sum                     USD    posted                 100.00              100.00
        ");
    }
}
