//! Reads of aggregates, their log and the ledger. Each runs on one connection in one read transaction, so that what it
//! gives back was all true at one moment.

use super::outbox::reference;
use super::values::{column_hex, column_hex_or_none, column_time, hex16, hex32, ms};
use ids::{AccountId, PaymentHash, UnixMs};
use ports::{AggregateKind, AggregateRef, BalanceRow, EntryRow, EventRow, Index, Lookup, Page, StoredAggregate};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// `SELECT` of what [`aggregate`] reads, put together at build time.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT no, kind, id, version, account, status, terminal, parked, created_at_ms, updated_at_ms, state ",
            "FROM aggregates ",
            $rest
        )
    };
}

/// Several statements that see the same moment.
pub(super) fn at_one_moment<T>(
    conn: &Connection,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let value = read(conn);
    conn.prepare_cached("COMMIT")?.execute([])?;
    value
}

pub(super) fn number_of(conn: &Connection, at: AggregateRef) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT no FROM aggregates WHERE kind = ?1 AND id = ?2")?
        .query_row(params![at.kind.name(), hex16(&at.id)], |row| row.get(0))
        .optional()
}

pub(super) fn load(conn: &Connection, at: AggregateRef) -> rusqlite::Result<Option<StoredAggregate>> {
    at_one_moment(conn, |conn| {
        let found = conn
            .prepare_cached(select!("WHERE kind = ?1 AND id = ?2"))?
            .query_row(params![at.kind.name(), hex16(&at.id)], aggregate)
            .optional()?;
        found.map(|found| with_lookups(conn, found)).transpose()
    })
}

pub(super) fn find(conn: &Connection, kind: AggregateKind, lookup: &Lookup) -> rusqlite::Result<Option<AggregateRef>> {
    let found = match lookup {
        Lookup::PaymentHash(hash) => conn
            .prepare_cached(
                "SELECT a.kind, a.id FROM payment_hashes h JOIN aggregates a ON a.no = h.aggregate
                 WHERE h.kind = ?1 AND h.hash = ?2",
            )?
            .query_row(params![kind.name(), hex32(hash.as_bytes())], |row| reference(row, 0, 1)),
        Lookup::Card(card) => conn
            .prepare_cached(
                "SELECT a.kind, a.id FROM cards c JOIN aggregates a ON a.no = c.aggregate
                 WHERE c.kind = ?1 AND c.card = ?2",
            )?
            .query_row(params![kind.name(), card], |row| reference(row, 0, 1)),
    };
    found.optional()
}

pub(super) fn events(conn: &Connection, at: AggregateRef) -> rusqlite::Result<Vec<EventRow>> {
    conn.prepare_cached(
        "SELECT e.version, e.body, e.at_ms FROM events e JOIN aggregates a ON a.no = e.aggregate
         WHERE a.kind = ?1 AND a.id = ?2 ORDER BY e.version",
    )?
    .query_map(params![at.kind.name(), hex16(&at.id)], |row| {
        Ok(EventRow { version: row.get(0)?, body: row.get(1)?, at: column_time(row, 2)? })
    })?
    .collect()
}

pub(super) fn entries(conn: &Connection, at: AggregateRef) -> rusqlite::Result<Vec<EntryRow>> {
    conn.prepare_cached(
        "SELECT e.posting, e.template, e.account, e.asset, e.layer, e.shard, e.amount
         FROM entries e JOIN aggregates a ON a.no = e.aggregate WHERE a.kind = ?1 AND a.id = ?2 ORDER BY e.no",
    )?
    .query_map(params![at.kind.name(), hex16(&at.id)], |row| {
        Ok(EntryRow {
            posting: row.get(0)?,
            template: row.get(1)?,
            account: row.get(2)?,
            asset: row.get(3)?,
            layer: row.get(4)?,
            shard: row.get(5)?,
            amount: row.get(6)?,
        })
    })?
    .collect()
}

pub(super) fn list(
    conn: &Connection,
    kind: AggregateKind,
    open_only: bool,
    parked_only: bool,
    page: Page,
) -> rusqlite::Result<Vec<StoredAggregate>> {
    // Written out, so that each finds its own index.
    let sql = match (open_only, parked_only) {
        (false, false) => select!("WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3"),
        (true, false) => select!("WHERE kind = ?1 AND id > ?2 AND terminal = 0 ORDER BY id LIMIT ?3"),
        (false, true) => select!("WHERE kind = ?1 AND id > ?2 AND parked = 1 ORDER BY id LIMIT ?3"),
        (true, true) => select!("WHERE kind = ?1 AND id > ?2 AND terminal = 0 AND parked = 1 ORDER BY id LIMIT ?3"),
    };
    at_one_moment(conn, |conn| {
        let after = page.after.map(hex::encode).unwrap_or_default();
        let rows = conn
            .prepare_cached(sql)?
            .query_map(params![kind.name(), after, page.limit], aggregate)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(|row| with_lookups(conn, row)).collect()
    })
}

pub(super) fn list_of_account(
    conn: &Connection,
    kind: AggregateKind,
    account: AccountId,
    before: Option<UnixMs>,
    limit: u32,
) -> rusqlite::Result<Vec<StoredAggregate>> {
    let sql = select!(
        "WHERE account = ?1 AND kind = ?2 AND created_at_ms < ?3 ORDER BY created_at_ms DESC, id DESC LIMIT ?4"
    );
    at_one_moment(conn, |conn| {
        let before = before.map_or(i64::MAX, ms);
        let rows = conn
            .prepare_cached(sql)?
            .query_map(params![hex16(account.as_bytes()), kind.name(), before, limit], aggregate)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(|row| with_lookups(conn, row)).collect()
    })
}

/// Of every account, asset and layer that was ever used, in this order; a sum over shards can be wider than a balance.
pub(super) fn balances(conn: &Connection) -> rusqlite::Result<Vec<(BalanceRow, i128)>> {
    let mut select =
        conn.prepare_cached("SELECT account, asset, layer, amount FROM balances ORDER BY account, asset, layer")?;
    let mut rows = select.query([])?;
    let mut sums: Vec<(BalanceRow, i128)> = Vec::new();
    while let Some(row) = rows.next()? {
        let amount = i128::from(row.get::<_, i64>(3)?);
        let (account, asset, layer) =
            (super::values::text(row, 0)?, super::values::text(row, 1)?, super::values::text(row, 2)?);
        match sums.last_mut() {
            Some((last, sum)) if last.account == account && last.asset == asset && last.layer == layer => {
                *sum += amount
            }
            _ => {
                let row = BalanceRow { account: account.into(), asset: asset.into(), layer: layer.into(), amount: 0 };
                sums.push((row, amount));
            }
        }
    }
    Ok(sums)
}

pub(super) fn setting(conn: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT value FROM settings WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

/// The row without its lookups, and its number.
fn aggregate(row: &Row<'_>) -> rusqlite::Result<(i64, StoredAggregate)> {
    let index = Index {
        account: column_hex_or_none(row, 4)?.map(AccountId),
        status: row.get(5)?,
        terminal: row.get(6)?,
        parked: row.get(7)?,
        payment_hashes: Vec::new(),
        cards: Vec::new(),
        created_at: column_time(row, 8)?,
        updated_at: column_time(row, 9)?,
    };
    let found = StoredAggregate { at: reference(row, 1, 2)?, version: row.get(3)?, state: row.get(10)?, index };
    Ok((row.get(0)?, found))
}

fn with_lookups(conn: &Connection, (no, mut found): (i64, StoredAggregate)) -> rusqlite::Result<StoredAggregate> {
    found.index.payment_hashes = conn
        .prepare_cached("SELECT hash FROM payment_hashes WHERE aggregate = ?1 ORDER BY position, hash")?
        .query_map([no], |row| column_hex(row, 0).map(PaymentHash))?
        .collect::<rusqlite::Result<_>>()?;
    found.index.cards = conn
        .prepare_cached("SELECT card FROM cards WHERE aggregate = ?1 ORDER BY position, card")?
        .query_map([no], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}
