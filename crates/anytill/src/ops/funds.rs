//! What the operator put in at each place, and what moving it cost, beside what purchases moved: set when reconciling,
//! with a note each time.
//!
//! Invariant: a change is one entry in the log, and the rows are the log's sum.

use anyhow::{Context as _, Result, bail};
use ids::UnixMs;
use ledger::{Account, Asset, Place};
use ports::Store;
use serde::{Deserialize, Serialize};

const SETTING: &str = "operator_funds";
/// Longest note, characters.
const NOTE_CHARS_MAX: usize = 200;

macro_rules! worded {
    ($name:ident, $inner:ty) => {
        /// As its word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub $inner);

        impl TryFrom<String> for $name {
            type Error = ledger::LedgerError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0.to_string()
            }
        }
    };
}

worded!(PlaceWord, Place);
worded!(AssetWord, Asset);

/// What stands against an amount in the books.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// Put in, or taken out, by the operator.
    #[default]
    Equity,
    /// Went to miners or banks: an expense.
    TransferFees,
}

/// An amount at a place: msat or minor units; negative once more was taken out than put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fund {
    pub place: PlaceWord,
    pub asset: AssetWord,
    pub amount: i64,
    #[serde(default)]
    pub against: Against,
}

impl Against {
    pub const fn account(self) -> Account {
        match self {
            Self::Equity => Account::Equity,
            Self::TransferFees => Account::TransferFees,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    pub at: UnixMs,
    pub note: String,
    pub changes: Vec<Fund>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Funds {
    pub rows: Vec<Fund>,
    pub log: Vec<Moved>,
}

impl Funds {
    pub async fn load(store: &dyn Store) -> Result<Self> {
        let text = store.setting(SETTING).await?;
        let funds = text.as_deref().map(serde_json::from_str).transpose().context("the operator's funds")?;
        Ok(funds.unwrap_or_default())
    }

    pub async fn save(&self, store: &dyn Store) -> Result<()> {
        Ok(store.put_setting(SETTING, &serde_json::to_string(self)?).await?)
    }

    /// Takes a change in, with the operator's word for it.
    pub fn change(&mut self, at: UnixMs, note: &str, changes: Vec<Fund>) -> Result<()> {
        let note = note.trim();
        if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX || note.chars().any(char::is_control) {
            bail!("--accept needs a note of up to {NOTE_CHARS_MAX} characters: what was moved, and why");
        }
        for change in &changes {
            let same =
                |row: &&mut Fund| (row.place, row.asset, row.against) == (change.place, change.asset, change.against);
            match self.rows.iter_mut().find(same) {
                Some(row) => row.amount = row.amount.checked_add(change.amount).context("the sum is too large")?,
                None => self.rows.push(*change),
            }
        }
        self.rows.retain(|row| row.amount != 0);
        self.log.push(Moved { at, note: note.to_owned(), changes });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fund(place: &str, asset: &str, amount: i64) -> Fund {
        let (place, asset) = (PlaceWord(place.parse().unwrap()), AssetWord(asset.parse().unwrap()));
        Fund { place, asset, amount, against: Against::Equity }
    }

    #[test]
    fn rows_are_the_sum_of_the_log() {
        let mut funds = Funds::default();
        funds
            .change(UnixMs(1), "opened", vec![fund("exchange:kraken", "BTC", 5), fund("issuer:lithic", "USD", 7)])
            .unwrap();
        funds.change(UnixMs(2), "moved", vec![fund("exchange:kraken", "BTC", -5)]).unwrap();
        assert_eq!(funds.rows, [fund("issuer:lithic", "USD", 7)]);
        assert_eq!(funds.log.len(), 2);
        let fees = Fund { against: Against::TransferFees, ..fund("lightning:node", "BTC", -3) };
        funds.change(UnixMs(3), "a close", vec![fund("lightning:node", "BTC", 9), fees]).unwrap();
        assert_eq!(funds.rows[1..], [fund("lightning:node", "BTC", 9), fees], "each against its account");
        let text = serde_json::to_string(&funds).unwrap();
        assert_eq!(serde_json::from_str::<Funds>(&text).unwrap(), funds);
        let before = r#"{"place":"issuer:lithic","asset":"USD","amount":7}"#;
        assert_eq!(serde_json::from_str::<Fund>(before).unwrap(), fund("issuer:lithic", "USD", 7));
        for note in ["", " ", "a\nb"] {
            assert!(funds.change(UnixMs(3), note, vec![]).is_err(), "{note:?}");
        }
    }
}
