//! What is scarce and who has taken how much of it.
//!
//! Invariant: the kept sum of a resource equals its reservations, and no `Take` brings it over the limit it names.

use super::error::StepResult;
use super::values::number;
use ports::{GiveBack, Reservation, ReservationChange, ReservedRow, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

/// In the order given: giving back first makes room for taking.
pub(super) fn apply(conn: &Connection, changes: &[ReservationChange], aggregate: i64) -> StepResult<()> {
    for change in changes {
        match change {
            ReservationChange::Take(reservation) => take(conn, reservation, aggregate)?,
            ReservationChange::GiveBack { resource } => give_back(conn, resource, aggregate)?,
            ReservationChange::End(rule) => end(conn, *rule, aggregate)?,
        }
    }
    Ok(())
}

/// Sum taken of a resource.
pub(super) fn reserved(conn: &Connection, resource: &str) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT amount FROM reserved WHERE resource = ?1")?
        .query_row([resource], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Sums of the resources whose name begins so, largest first.
pub(super) fn reserved_under(conn: &Connection, prefix: &str, limit: u32) -> rusqlite::Result<Vec<ReservedRow>> {
    conn.prepare_cached(
        "SELECT resource, amount FROM reserved WHERE substr(resource, 1, length(?1)) = ?1
         ORDER BY amount DESC, resource LIMIT ?2",
    )?
    .query_map(params![prefix, limit], |row| Ok(ReservedRow { resource: row.get(0)?, amount: row.get(1)? }))?
    .collect()
}

/// Of nothing: only asks whether the sum is within the limit.
fn take(conn: &Connection, reservation: &Reservation, aggregate: i64) -> StepResult<()> {
    let Reservation { resource, amount, limit, give_back } = reservation;
    let taken = reserved(conn, resource)?;
    let sum = taken.checked_add(*amount).filter(|sum| sum <= limit);
    let Some(sum) = sum else {
        return Err(StoreError::NoRoom { resource: resource.clone() }.into());
    };
    if *amount == 0 {
        return Ok(());
    }
    let sum = number(sum, "reserved amount")?;
    // At most the sum, so it fits too.
    let amount = number(*amount, "reserved amount")?;
    conn.prepare_cached(
        "INSERT INTO reservations (aggregate, resource, amount, give_back) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (aggregate, resource)
         DO UPDATE SET amount = amount + excluded.amount, give_back = excluded.give_back",
    )?
    .execute(params![aggregate, resource, amount, give_back.name()])?;
    put_sum(conn, resource, sum)
}

fn give_back(conn: &Connection, resource: &str, aggregate: i64) -> StepResult<()> {
    let had: Option<u64> = conn
        .prepare_cached("DELETE FROM reservations WHERE aggregate = ?1 AND resource = ?2 RETURNING amount")?
        .query_row(params![aggregate, resource], |row| row.get(0))
        .optional()?;
    let Some(had) = had else { return Ok(()) };
    let left = reserved(conn, resource)?.checked_sub(had).ok_or_else(|| {
        StoreError::NotWritten(format!("more of {resource} was reserved by one record than by all of them"))
    })?;
    put_sum(conn, resource, number(left, "reserved amount")?)
}

/// All that the record took under one rule.
fn end(conn: &Connection, rule: GiveBack, aggregate: i64) -> StepResult<()> {
    let resources: Vec<String> = conn
        .prepare_cached("SELECT resource FROM reservations WHERE aggregate = ?1 AND give_back = ?2")?
        .query_map(params![aggregate, rule.name()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    resources.iter().try_for_each(|resource| give_back(conn, resource, aggregate))
}

fn put_sum(conn: &Connection, resource: &str, sum: i64) -> StepResult<()> {
    if sum == 0 {
        conn.prepare_cached("DELETE FROM reserved WHERE resource = ?1")?.execute([resource])?;
    } else {
        conn.prepare_cached(
            "INSERT INTO reserved (resource, amount) VALUES (?1, ?2)
             ON CONFLICT (resource) DO UPDATE SET amount = excluded.amount",
        )?
        .execute(params![resource, sum])?;
    }
    Ok(())
}
