//! `anytill treasury`: where bitcoin and money are, against what should be there, and what the operator may move.
//!
//! Invariant: amounts are msat or minor units, exact; what cannot be read is unknown, never zero; nothing is moved here.

mod look;
mod moves;

pub use look::look;

use crate::admin::Answer;
use crate::server::Server;
use anyhow::Result;
use ledger::Asset;
use moves::moves;
use serde::{Serialize, Serializer};
use std::fmt::Write as _;

/// What an amount is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The holding node's own bitcoin that its channels can send.
    Ours,
    /// What it can hold at once.
    Room,
    OnChain,
    /// On its way back from closed channels, of either node.
    Closing,
    VendorSends,
    VendorInbound,
    VendorOnChain,
    ExchangeBitcoin,
    ExchangeMoney,
    /// What came from linked accounts, where it is sold elsewhere.
    Arrived,
    /// What was paid on the chain.
    ArrivedOnChain,
    Float,
    /// Claimed, and not sold yet.
    Unsold,
    /// The same, for the operator to sell.
    GivenUp,
    /// To shoppers.
    Owed,
}

impl What {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ours | Self::VendorSends => "can send",
            Self::Room => "room for holds",
            Self::VendorInbound => "can receive",
            Self::OnChain | Self::VendorOnChain => "on-chain",
            Self::Closing => "from closed ones",
            Self::ExchangeBitcoin | Self::ExchangeMoney => "balance",
            Self::Arrived => "from linked ones",
            Self::ArrivedOnChain => "paid on-chain",
            Self::Float => "float",
            Self::Unsold => "unsold",
            Self::GivenUp => "given up",
            Self::Owed => "owed to shoppers",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Nothing is set for it.
    Plain,
    Fine,
    High,
    Low,
    /// Nothing is quoted that needs it.
    Stops,
    Unknown,
}

impl Word {
    const fn text(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Fine => "fine",
            Self::High => "high",
            Self::Low => "low",
            Self::Stops => "empty: quoting stops",
            Self::Unknown => "not known",
        }
    }

    /// As Prometheus is told; none for what is not known.
    pub const fn level(self) -> Option<u8> {
        match self {
            Self::Plain | Self::Fine => Some(0),
            Self::High => Some(1),
            Self::Low => Some(2),
            Self::Stops => Some(3),
            Self::Unknown => None,
        }
    }
}

/// What should be there, in the asset's unit; what is not set is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Band {
    /// Below it nothing is quoted: what is kept, what is quoted already, and the smallest purchase.
    pub stops_below: Option<i64>,
    pub low_below: Option<i64>,
    pub target: Option<i64>,
    pub high_above: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub place: String,
    pub what: What,
    #[serde(serialize_with = "word_of")]
    pub asset: Asset,
    /// msat or minor units; or why it is not known.
    #[serde(serialize_with = "known_of")]
    pub amount: Result<i64, String>,
    #[serde(flatten)]
    pub band: Band,
    pub word: Word,
}

fn word_of<S: Serializer>(asset: &Asset, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(asset)
}

fn known_of<S: Serializer>(amount: &Result<i64, String>, to: S) -> Result<S::Ok, S::Error> {
    amount.as_ref().ok().serialize(to)
}

impl Row {
    pub fn new(place: &str, what: What, asset: Asset, amount: Result<i64, String>, band: Band) -> Self {
        let word = judge(&amount, band);
        Self { place: place.to_owned(), what, asset, amount, band, word }
    }

    pub fn known(&self) -> Option<i64> {
        self.amount.as_ref().ok().copied()
    }

    /// One line for a complaint.
    pub fn line(&self) -> String {
        let found = match &self.amount {
            Ok(amount) => format!("{} {}", self.asset.decimal(*amount), self.asset),
            Err(why) => format!("{why};"),
        };
        format!("{} {}: {found} {}", self.place, self.what.words(), self.word.text())
    }
}

fn judge(amount: &Result<i64, String>, band: Band) -> Word {
    let Ok(amount) = *amount else { return Word::Unknown };
    if band.stops_below.is_some_and(|stops| amount < stops) {
        Word::Stops
    } else if band.low_below.is_some_and(|low| amount < low) {
        Word::Low
    } else if band.high_above.is_some_and(|high| amount > high) {
        Word::High
    } else if band == Band::default() {
        Word::Plain
    } else {
        Word::Fine
    }
}

pub async fn report(server: &Server) -> Result<Answer> {
    let rows = look(server).await?;
    let suggested = moves(&rows, server.exchange.name(), server.issuer.name());
    let text = table(&rows, &suggested)?;
    Answer::new(true, text.trim_end(), &serde_json::json!({ "places": rows, "moves": suggested }))
}

fn table(rows: &[Row], suggested: &[String]) -> Result<String> {
    let mut text = format!("{:14}{:18}{:6}{:>20}{:>20}  \n", "place", "", "asset", "there", "target");
    for row in rows {
        let decimal = |amount: i64| row.asset.decimal(amount);
        let there = row.known().map_or_else(|| "?".to_owned(), decimal);
        let target = row.band.target.map_or_else(String::new, decimal);
        let why = row.amount.as_ref().err().map_or_else(String::new, |why| format!(": {why}"));
        let (place, what, asset, word) = (&row.place, row.what.words(), row.asset.to_string(), row.word.text());
        let line = format!("{place:14}{what:18}{asset:6}{there:>20}{target:>20}  {word}{why}");
        writeln!(text, "{}", line.trim_end())?;
    }
    text.push_str(if suggested.is_empty() { "\nnothing to move" } else { "\nsuggested:\n" });
    for one in suggested {
        writeln!(text, "- {one}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Currency;

    const USD: Asset = Asset::Fiat(Currency::USD);

    #[test]
    fn each_amount_has_its_word() {
        let band = Band { stops_below: Some(10), low_below: Some(20), target: Some(30), high_above: Some(40) };
        for (amount, word) in [
            (-1, Word::Stops),
            (9, Word::Stops),
            (10, Word::Low),
            (19, Word::Low),
            (20, Word::Fine),
            (40, Word::Fine),
            (41, Word::High),
        ] {
            assert_eq!(judge(&Ok(amount), band), word, "{amount}");
        }
        assert_eq!(judge(&Ok(0), Band::default()), Word::Plain);
        assert_eq!(judge(&Err("timeout".to_owned()), band), Word::Unknown);
    }

    #[test]
    fn what_is_unknown_is_not_shown_as_zero() {
        let unknown = Row::new("lithic", What::Float, USD, Err("timeout".to_owned()), Band::default());
        let zero = Row::new("kraken", What::ExchangeMoney, USD, Ok(0), Band::default());
        let text = table(&[unknown.clone(), zero], &[]).unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["lithic", "float", "USD", "?", "not", "known:", "timeout"]);
        assert_eq!(lines[2], ["kraken", "balance", "USD", "0.00"]);
        let json = serde_json::to_value(&unknown).unwrap();
        assert!(json["amount"].is_null() && json["word"] == "unknown" && json["asset"] == "USD", "{json}");
        assert_eq!(unknown.word.level(), None);
    }
}
