//! Postings, and the one way to make one: a template fills a draft, and a draft that does not balance is an error.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Account, Amount, Asset, BalanceKey, Layer, LedgerError};

/// One line: so much of an asset, on an account, in a layer. A debit is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub account: Account,
    pub asset: Asset,
    pub layer: Layer,
    /// Millisatoshi or minor units; never zero.
    pub amount: i64,
}

/// Lines that balance to zero per asset and per layer. Which purchase or refund it belongs to is said by the commit that
/// carries it. Without lines (nothing moved) it is whole too, and stores nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    template: &'static str,
    shard: u8,
    entries: Vec<Entry>,
}

/// What a posting is made by: one kind of thing that happens, one file in [`crate::templates`].
pub trait Template {
    /// Stable word, stored with every entry.
    const NAME: &'static str;

    /// Puts the lines on the draft.
    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError>;

    /// The posting. `shard` (any value derived from the purchase's id) spreads the balances over several rows, so that
    /// no hot account makes purchases wait for each other.
    fn posting(&self, shard: u8) -> Result<Posting, LedgerError> {
        let mut draft = Draft::default();
        self.draft(&mut draft)?;
        draft.finish(Self::NAME, shard)
    }
}

/// Lines on their way to a posting.
#[derive(Debug, Default)]
pub struct Draft {
    entries: Vec<Entry>,
}

impl Draft {
    pub(crate) fn debit(&mut self, layer: Layer, account: Account, amount: impl Into<Amount>) {
        let amount = amount.into();
        self.line(layer, account, amount.asset(), amount.signed());
    }

    pub(crate) fn credit(&mut self, layer: Layer, account: Account, amount: impl Into<Amount>) {
        let amount = amount.into();
        self.line(layer, account, amount.asset(), -amount.signed());
    }

    /// All lines of `template` with the sides changed.
    pub(crate) fn reverse(&mut self, template: &impl Template) -> Result<(), LedgerError> {
        let start = self.entries.len();
        template.draft(self)?;
        self.entries[start..].iter_mut().for_each(|entry| entry.amount = -entry.amount);
        Ok(())
    }

    /// Zero leaves no line.
    fn line(&mut self, layer: Layer, account: Account, asset: Asset, amount: i64) {
        if amount != 0 {
            self.entries.push(Entry { account, asset, layer, amount });
        }
    }

    fn finish(self, template: &'static str, shard: u8) -> Result<Posting, LedgerError> {
        let mut sums: BTreeMap<(Asset, Layer), i128> = BTreeMap::new();
        for entry in &self.entries {
            *sums.entry((entry.asset, entry.layer)).or_default() += i128::from(entry.amount);
        }
        if let Some(((asset, layer), off_by)) = sums.into_iter().find(|(_, sum)| *sum != 0) {
            return Err(LedgerError::Unbalanced { template, asset, layer, off_by });
        }
        Ok(Posting { template, shard, entries: self.entries })
    }
}

impl Posting {
    /// [`Template::NAME`] of what made it.
    pub const fn template(&self) -> &'static str {
        self.template
    }

    pub const fn shard(&self) -> u8 {
        self.shard
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Which kept balances it changes, and by how much.
    pub fn changes(&self) -> impl Iterator<Item = (BalanceKey, i64)> + '_ {
        self.entries.iter().map(|entry| {
            let Entry { account, asset, layer, amount } = *entry;
            (BalanceKey { account, asset, layer, shard: self.shard }, amount)
        })
    }
}

/// For snapshots and transcripts: `{"template": .., "entries": [["posted", "owed", "BTC", -5], ..]}`.
impl Serialize for Posting {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let line = |e: &Entry| (e.layer.word(), e.account.to_string(), e.asset.to_string(), e.amount);
        let mut fields = serializer.serialize_struct("Posting", 3)?;
        fields.serialize_field("template", self.template)?;
        fields.serialize_field("shard", &self.shard)?;
        fields.serialize_field("entries", &self.entries.iter().map(line).collect::<Vec<_>>())?;
        fields.end()
    }
}

/// A T-account table: one line per entry, debits on the left.
impl std::fmt::Display for Posting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.template)?;
        for entry in &self.entries {
            let amount = entry.asset.decimal(entry.amount.saturating_abs());
            let (debit, credit) = if entry.amount > 0 { (amount, String::new()) } else { (String::new(), amount) };
            let (layer, account, asset) = (entry.layer.word(), entry.account.to_string(), entry.asset.to_string());
            let line = format!("  {layer:8}{account:20}{asset:4}{debit:>16} |{credit:>16}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use money::{Currency, Money, Msat};

    use super::*;

    struct Anything(Vec<(Layer, Amount, Amount)>);

    impl Template for Anything {
        const NAME: &'static str = "anything";

        fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
            for (layer, debit, credit) in &self.0 {
                draft.debit(*layer, Account::Shopper, *debit);
                draft.credit(*layer, Account::Owed, *credit);
            }
            Ok(())
        }
    }

    fn msat(value: u64) -> Amount {
        Msat::new(value).unwrap().into()
    }

    fn usd(minor: u64) -> Amount {
        Money::new(minor, Currency::USD).unwrap().into()
    }

    #[test]
    fn only_what_balances_exists() {
        assert!(Anything(vec![(Layer::Posted, msat(5), msat(5))]).posting(0).is_ok());
        let off = Anything(vec![(Layer::Posted, msat(5), msat(4))]).posting(0);
        assert_eq!(
            off,
            Err(LedgerError::Unbalanced { template: "anything", asset: Asset::Btc, layer: Layer::Posted, off_by: 1 })
        );
    }

    #[test]
    fn neither_assets_nor_layers_balance_each_other() {
        let assets = Anything(vec![(Layer::Posted, msat(5), usd(5))]).posting(0);
        assert!(matches!(assets, Err(LedgerError::Unbalanced { .. })));
        let layers = Anything(vec![(Layer::Posted, msat(5), msat(0)), (Layer::Pending, msat(0), msat(5))]).posting(0);
        assert!(matches!(layers, Err(LedgerError::Unbalanced { .. })));
    }

    #[test]
    fn nothing_moved_is_no_line() {
        let posting = Anything(vec![(Layer::Posted, msat(0), msat(0))]).posting(3).unwrap();
        assert!(posting.entries().is_empty());
        assert_eq!((posting.template(), posting.shard()), ("anything", 3));
    }
}
