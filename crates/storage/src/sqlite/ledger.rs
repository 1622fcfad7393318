//! The ledger's lines and what they add up to.
//!
//! Invariant: no line without its balance and no posting that does not add up to zero per asset and layer; checked here
//! again although whoever made the posting checked it, because this is the last place where it can be stopped.

use super::error::StepResult;
use super::values::ms;
use ports::{Commit, EntryRow, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

pub(super) fn append(conn: &Connection, commit: &Commit, aggregate: i64, version: i64) -> StepResult<()> {
    let entries = &commit.entries;
    if entries.is_empty() {
        return Ok(());
    }
    check(entries)?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO entries (aggregate, version, posting, template, account, asset, layer, shard, amount, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for entry in entries {
        let EntryRow { posting, template, account, asset, layer, shard, amount } = entry;
        insert.execute(params![
            aggregate,
            version,
            posting,
            template,
            account,
            asset,
            layer,
            shard,
            amount,
            ms(commit.now)
        ])?;
    }
    for (position, entry) in entries.iter().enumerate() {
        let same = |other: &&EntryRow| balance_key(other) == balance_key(entry);
        // Once for each balance: at its first line, with all of its lines.
        if entries[..position].iter().any(|other| same(&other)) {
            continue;
        }
        let change: i128 = entries.iter().filter(same).map(|entry| i128::from(entry.amount)).sum();
        change_balance(conn, entry, change)?;
    }
    Ok(())
}

fn balance_key(entry: &EntryRow) -> (&str, &str, &str, u8) {
    (&entry.account, &entry.asset, &entry.layer, entry.shard)
}

fn change_balance(conn: &Connection, entry: &EntryRow, change: i128) -> StepResult<()> {
    let EntryRow { account, asset, layer, shard, .. } = entry;
    let before: Option<i64> = conn
        .prepare_cached("SELECT amount FROM balances WHERE account = ?1 AND asset = ?2 AND layer = ?3 AND shard = ?4")?
        .query_row(params![account, asset, layer, shard], |row| row.get(0))
        .optional()?;
    let after = i64::try_from(i128::from(before.unwrap_or(0)) + change)
        .map_err(|_| StoreError::NotWritten(format!("the balance of {account} in {asset} would overflow")))?;
    conn.prepare_cached(
        "INSERT INTO balances (account, asset, layer, shard, amount) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, asset, layer, shard) DO UPDATE SET amount = excluded.amount",
    )?
    .execute(params![account, asset, layer, shard, after])?;
    Ok(())
}

/// Postings of a few lines each: comparing all with all is less work than sorting.
fn check(entries: &[EntryRow]) -> Result<(), StoreError> {
    for (position, entry) in entries.iter().enumerate() {
        if !matches!(entry.layer.as_str(), "pending" | "posted") {
            return Err(StoreError::NotWritten(format!("there is no ledger layer {}", entry.layer)));
        }
        let same = |other: &&EntryRow| {
            other.posting == entry.posting && other.asset == entry.asset && other.layer == entry.layer
        };
        if entries[..position].iter().any(|other| same(&other)) {
            continue;
        }
        let sum: i128 = entries.iter().filter(same).map(|entry| i128::from(entry.amount)).sum();
        if sum != 0 {
            let EntryRow { posting, template, asset, layer, .. } = entry;
            return Err(StoreError::NotWritten(format!(
                "posting {posting} ({template}) is out of balance by {sum} in {asset}, layer {layer}"
            )));
        }
    }
    Ok(())
}
