//! Calls to the outside that are to be made, and timers.
//!
//! Invariant: a key is used once for ever; a row that is done is never leased again; a row is leased by one at a time.

use super::error::StepResult;
use super::values::{column_hex, column_time, ms, text};
use ids::UnixMs;
use ports::{AggregateKind, AggregateRef, Commit, EffectRow, NewEffect, StoreError, TimerChange, TimerRow};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};

/// The outbox rows and timers of a commit.
pub(super) fn apply(conn: &Connection, commit: &Commit, aggregate: i64) -> StepResult<()> {
    if let Some(key) = &commit.finished_effect {
        conn.prepare_cached("UPDATE outbox SET done = 1 WHERE key = ?1 AND aggregate = ?2")?
            .execute(params![key, aggregate])?;
    }
    for effect in &commit.effects {
        let NewEffect { key, body, not_before, priority, leased_until } = effect;
        let mut insert = conn.prepare_cached(
            "INSERT INTO outbox (key, aggregate, priority, not_before_ms, leased_until_ms, ready_at_ms, attempts,
                    created_at_ms, done, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0, ?8)
             ON CONFLICT (key) DO NOTHING",
        )?;
        let ready_at = (*not_before).max(*leased_until);
        let inserted = insert.execute(params![
            key,
            aggregate,
            priority,
            ms(*not_before),
            ms(*leased_until),
            ms(ready_at),
            ms(commit.now),
            body
        ])?;
        if inserted == 0 {
            return Err(StoreError::Taken(format!("effect key {key}")).into());
        }
    }
    for change in &commit.timers {
        match change {
            TimerChange::Set { name, due_at } => conn
                .prepare_cached(
                    "INSERT INTO timers (aggregate, name, due_at_ms) VALUES (?1, ?2, ?3)
                     ON CONFLICT (aggregate, name) DO UPDATE SET due_at_ms = excluded.due_at_ms",
                )?
                .execute(params![aggregate, name, ms(*due_at)])?,
            TimerChange::Cancel { name } => conn
                .prepare_cached("DELETE FROM timers WHERE aggregate = ?1 AND name = ?2")?
                .execute(params![aggregate, name])?,
            TimerChange::CancelDue { name, due_at } => conn
                .prepare_cached("DELETE FROM timers WHERE aggregate = ?1 AND name = ?2 AND due_at_ms = ?3")?
                .execute(params![aggregate, name, ms(*due_at)])?,
        };
    }
    Ok(())
}

pub(super) fn lease(
    conn: &Connection,
    now: UnixMs,
    leased_until: UnixMs,
    limit: u32,
) -> rusqlite::Result<Vec<EffectRow>> {
    let mut select = conn.prepare_cached(
        "SELECT o.key, a.kind, a.id, o.body, o.attempts, o.created_at_ms, o.no, o.not_before_ms
         FROM outbox o JOIN aggregates a ON a.no = o.aggregate
         WHERE o.done = 0 AND o.ready_at_ms <= ?1 ORDER BY o.priority, o.created_at_ms, o.no LIMIT ?2",
    )?;
    let mut update = conn.prepare_cached("UPDATE outbox SET leased_until_ms = ?2, ready_at_ms = ?3 WHERE no = ?1")?;
    let mut leased = Vec::new();
    let rows = select
        .query_map(params![ms(now), limit], |row| Ok((effect(row)?, row.get::<_, i64>(6)?, column_time(row, 7)?)))?;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let (effect, no, not_before) = row;
        update.execute(params![no, ms(leased_until), ms(leased_until.max(not_before))])?;
        leased.push(effect);
    }
    Ok(leased)
}

pub(super) fn end_leases(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE outbox SET leased_until_ms = 0, ready_at_ms = not_before_ms WHERE done = 0 AND leased_until_ms > 0",
    )?
    .execute([])
    .map(drop)
}

pub(super) fn postpone(conn: &Connection, key: &str, at: UnixMs, error: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE outbox SET attempts = attempts + 1, not_before_ms = ?2, leased_until_ms = 0, ready_at_ms = ?2,
                last_error = ?3 WHERE key = ?1 AND done = 0",
    )?
    .execute(params![key, ms(at), error])
    .map(drop)
}

pub(super) fn finish(conn: &Connection, key: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE outbox SET done = 1 WHERE key = ?1 AND done = 0")?.execute([key]).map(drop)
}

/// Those that are not done, oldest first.
pub(super) fn effects_of(conn: &Connection, aggregate: i64) -> rusqlite::Result<Vec<EffectRow>> {
    conn.prepare_cached(
        "SELECT o.key, a.kind, a.id, o.body, o.attempts, o.created_at_ms
         FROM outbox o JOIN aggregates a ON a.no = o.aggregate
         WHERE o.done = 0 AND o.aggregate = ?1 ORDER BY o.no",
    )?
    .query_map([aggregate], effect)?
    .collect()
}

pub(super) fn due_timers(conn: &Connection, now: UnixMs, limit: u32) -> rusqlite::Result<Vec<TimerRow>> {
    conn.prepare_cached(
        "SELECT t.name, a.kind, a.id, t.due_at_ms FROM timers t JOIN aggregates a ON a.no = t.aggregate
         WHERE t.due_at_ms <= ?1 ORDER BY t.due_at_ms, t.aggregate, t.name LIMIT ?2",
    )?
    .query_map(params![ms(now), limit], |row| {
        Ok(TimerRow { name: row.get(0)?, at: reference(row, 1, 2)?, due_at: column_time(row, 3)? })
    })?
    .collect()
}

/// The next timer, or the next outbox row that nobody has leased by then.
pub(super) fn next_due(conn: &Connection) -> rusqlite::Result<Option<UnixMs>> {
    conn.prepare_cached(
        "SELECT MIN(due) FROM (SELECT MIN(due_at_ms) AS due FROM timers
         UNION ALL SELECT MIN(ready_at_ms) FROM outbox WHERE done = 0)",
    )?
    .query_row([], |row| Ok(row.get::<_, Option<u64>>(0)?.map(UnixMs)))
}

fn effect(row: &Row<'_>) -> rusqlite::Result<EffectRow> {
    Ok(EffectRow {
        key: row.get(0)?,
        at: reference(row, 1, 2)?,
        body: row.get(3)?,
        attempts: row.get(4)?,
        created_at: column_time(row, 5)?,
    })
}

pub(super) fn reference(row: &Row<'_>, kind: usize, id: usize) -> rusqlite::Result<AggregateRef> {
    let kind = match text(row, kind)? {
        "purchase" => AggregateKind::Purchase,
        "refund" => AggregateKind::Refund,
        other => {
            let unknown = format!("there is no kind of record called {other}");
            return Err(Error::FromSqlConversionFailure(kind, Type::Text, unknown.into()));
        }
    };
    Ok(AggregateRef { kind, id: column_hex(row, id)? })
}
