//! One commit of one aggregate: all of it in the writer's savepoint, or a refusal.

use super::error::StepResult;
use super::values::{hex16, hex32, ms, number};
use super::{ledger, outbox, reservations};
use ports::{Commit, Index, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

/// Refuses with the first of: duplicate message, changed meanwhile, taken, unbalanced, no room.
pub(super) fn apply(conn: &Connection, commit: &Commit) -> StepResult<()> {
    let expected = number(commit.expected_version, "version")?;
    let events = i64::try_from(commit.events.len()).unwrap_or(i64::MAX);
    let version = expected
        .checked_add(events)
        .ok_or_else(|| StoreError::NotWritten(format!("version {expected} is too large")))?;
    if let Some(key) = &commit.inbox
        && inbox_has(conn, key)?
    {
        return Err(StoreError::Duplicate.into());
    }
    let aggregate = put_aggregate(conn, commit, version)?;
    put_lookups(conn, commit, aggregate)?;
    append_events(conn, commit, aggregate)?;
    if let Some(key) = &commit.inbox {
        conn.prepare_cached("INSERT INTO inbox (key, aggregate, at_ms) VALUES (?1, ?2, ?3)")?.execute(params![
            key,
            aggregate,
            ms(commit.now)
        ])?;
    }
    outbox::apply(conn, commit, aggregate)?;
    ledger::append(conn, commit, aggregate, version)?;
    reservations::apply(conn, &commit.reservations, aggregate)
}

pub(super) fn inbox_has(conn: &Connection, key: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM inbox WHERE key = ?1")?.exists([key])
}

/// The row's number. Created at version 0, changed only from the version that was expected.
fn put_aggregate(conn: &Connection, commit: &Commit, version: i64) -> StepResult<i64> {
    let kind = commit.at.kind.name();
    let id = hex16(&commit.at.id);
    let found: Option<(i64, u64)> = conn
        .prepare_cached("SELECT no, version FROM aggregates WHERE kind = ?1 AND id = ?2")?
        .query_row(params![kind, id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Index { account, status, terminal, parked, created_at, updated_at, .. } = &commit.index;
    let account = account.as_ref().map(|account| hex16(account.as_bytes()));
    match found {
        Some((no, stored)) if stored == commit.expected_version => {
            conn.prepare_cached(
                "UPDATE aggregates SET version = ?2, account = ?3, status = ?4, terminal = ?5, parked = ?6,
                        created_at_ms = ?7, updated_at_ms = ?8, state = ?9 WHERE no = ?1",
            )?
            .execute(params![
                no,
                version,
                account,
                status,
                terminal,
                parked,
                ms(*created_at),
                ms(*updated_at),
                commit.state
            ])?;
            Ok(no)
        }
        None if commit.expected_version == 0 && version > 0 => {
            conn.prepare_cached(
                "INSERT INTO aggregates (version, account, status, terminal, parked, created_at_ms, updated_at_ms,
                        state, kind, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                version,
                account,
                status,
                terminal,
                parked,
                ms(*created_at),
                ms(*updated_at),
                commit.state,
                kind,
                id
            ])?;
            Ok(conn.last_insert_rowid())
        }
        None if commit.expected_version == 0 => {
            Err(StoreError::NotWritten("a new record needs its first event".into()).into())
        }
        Some(_) | None => Err(StoreError::Conflict.into()),
    }
}

/// Hashes and cards are only ever added: what a record once had stays its own.
fn put_lookups(conn: &Connection, commit: &Commit, aggregate: i64) -> StepResult<()> {
    let kind = commit.at.kind.name();
    for (position, hash) in (0i64..).zip(&commit.index.payment_hashes) {
        let key = hex32(hash.as_bytes());
        let owner: Option<i64> = conn
            .prepare_cached("SELECT aggregate FROM payment_hashes WHERE kind = ?1 AND hash = ?2")?
            .query_row(params![kind, key], |row| row.get(0))
            .optional()?;
        match owner {
            Some(owner) if owner == aggregate => {}
            Some(_) => return Err(StoreError::Taken(format!("payment hash {hash}")).into()),
            None => {
                conn.prepare_cached(
                    "INSERT INTO payment_hashes (kind, hash, aggregate, position) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![kind, key, aggregate, position])?;
            }
        }
    }
    for (position, card) in (0i64..).zip(&commit.index.cards) {
        let owner: Option<i64> = conn
            .prepare_cached("SELECT aggregate FROM cards WHERE kind = ?1 AND card = ?2")?
            .query_row(params![kind, card], |row| row.get(0))
            .optional()?;
        match owner {
            Some(owner) if owner == aggregate => {}
            Some(_) => return Err(StoreError::Taken(format!("card {card}")).into()),
            None => {
                conn.prepare_cached("INSERT INTO cards (kind, card, aggregate, position) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![kind, card, aggregate, position])?;
            }
        }
    }
    Ok(())
}

fn append_events(conn: &Connection, commit: &Commit, aggregate: i64) -> StepResult<()> {
    let mut insert =
        conn.prepare_cached("INSERT INTO events (aggregate, version, at_ms, body) VALUES (?1, ?2, ?3, ?4)")?;
    for (version, body) in (commit.expected_version + 1..).zip(&commit.events) {
        insert.execute(params![aggregate, number(version, "version")?, ms(commit.now), body])?;
    }
    Ok(())
}
