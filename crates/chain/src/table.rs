//! What the wallet itself does not know: whose an address is, and what was signed for whom. Beside its tables, in its file.

use bitcoin::consensus::encode::{deserialize, serialize};
use bitcoin::{Transaction, Txid};
use ids::{IdempotencyKey, UnixMs};
use money::Sat;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE request (
        key TEXT PRIMARY KEY, address_index INTEGER NOT NULL UNIQUE, amount_sat INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, told_sat INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE send (
        key TEXT PRIMARY KEY, address TEXT NOT NULL, owed_sat INTEGER NOT NULL, fee_sat INTEGER NOT NULL,
        lost_sat INTEGER NOT NULL, tx BLOB NOT NULL, live INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// One purchase's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub index: u32,
    pub amount: Sat,
    pub expires_at: UnixMs,
    /// Said to be final. Never less.
    pub told: Sat,
}

/// What was signed under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub address: String,
    /// What came off included.
    pub owed: Sat,
    /// Came off what was owed.
    pub fee: Sat,
    /// What the transaction pays to its miner on top, at the operator's cost: what the wallet's small coins take above what
    /// was said, and change that was too small to come back.
    pub lost: Sat,
    pub tx: Transaction,
}

impl Signed {
    pub fn txid(&self) -> Txid {
        self.tx.compute_txid()
    }
}

pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An address that was given out and a refund that has left are remembered through a loss of power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"))?;
    }
    Ok(())
}

pub(crate) fn asked(connection: &Connection, key: &IdempotencyKey) -> rusqlite::Result<Option<Asked>> {
    let sql = "SELECT address_index, amount_sat, expires_at, told_sat FROM request WHERE key = ?1";
    connection.prepare_cached(sql)?.query_row([&key.0], read_asked).optional()
}

pub(crate) fn all_asked(connection: &Connection) -> rusqlite::Result<Vec<Asked>> {
    let sql = "SELECT address_index, amount_sat, expires_at, told_sat FROM request";
    connection.prepare_cached(sql)?.query_map([], read_asked)?.collect()
}

fn read_asked(row: &Row<'_>) -> rusqlite::Result<Asked> {
    Ok(Asked { index: row.get(0)?, amount: sat(row, 1)?, expires_at: UnixMs(whole(row, 2)?), told: sat(row, 3)? })
}

pub(crate) fn add_asked(connection: &Connection, key: &IdempotencyKey, asked: &Asked) -> rusqlite::Result<()> {
    let sql = "INSERT INTO request VALUES (?1, ?2, ?3, ?4, ?5)";
    let (amount, told) = (number(asked.amount.get()), number(asked.told.get()));
    let expires_at = number(asked.expires_at.0);
    connection.execute(sql, params![key.0, asked.index, amount, expires_at, told]).map(drop)
}

pub(crate) fn set_told(connection: &Connection, key: &IdempotencyKey, told: Sat) -> rusqlite::Result<()> {
    let sql = "UPDATE request SET told_sat = max(told_sat, ?2) WHERE key = ?1";
    connection.execute(sql, params![key.0, number(told.get())]).map(drop)
}

pub(crate) fn signed(connection: &Connection, key: &IdempotencyKey) -> rusqlite::Result<Option<Signed>> {
    let sql = "SELECT address, owed_sat, fee_sat, lost_sat, tx FROM send WHERE key = ?1";
    connection.prepare_cached(sql)?.query_row([&key.0], read_signed).optional()
}

/// What was signed and is not buried.
pub(crate) fn live(connection: &Connection) -> rusqlite::Result<Vec<Signed>> {
    let sql = "SELECT address, owed_sat, fee_sat, lost_sat, tx FROM send WHERE live";
    connection.prepare_cached(sql)?.query_map([], read_signed)?.collect()
}

fn read_signed(row: &Row<'_>) -> rusqlite::Result<Signed> {
    let bytes: Vec<u8> = row.get(4)?;
    let broken = |error| rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Blob, Box::new(error));
    let tx = deserialize(&bytes).map_err(broken)?;
    Ok(Signed { address: row.get(0)?, owed: sat(row, 1)?, fee: sat(row, 2)?, lost: sat(row, 3)?, tx })
}

pub(crate) fn add_signed(connection: &Connection, key: &IdempotencyKey, signed: &Signed) -> rusqlite::Result<()> {
    let sql = "INSERT INTO send VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)";
    let [owed, fee, lost] = [signed.owed, signed.fee, signed.lost].map(|amount| number(amount.get()));
    connection.execute(sql, params![key.0, signed.address, owed, fee, lost, serialize(&signed.tx)]).map(drop)
}

pub(crate) fn bury(connection: &Connection, signed: &Signed) -> rusqlite::Result<()> {
    connection.execute("UPDATE send SET live = 0 WHERE tx = ?1", [serialize(&signed.tx)]).map(drop)
}

/// SQLite knows signed numbers; all of ours are far below.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn whole(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn sat(row: &Row<'_>, column: usize) -> rusqlite::Result<Sat> {
    let value = whole(row, column)?;
    Sat::new(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number(value)))
}
