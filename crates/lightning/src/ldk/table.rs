//! What ldk-node does not remember: a small SQLite file beside its own (`holds.sqlite`).
//!
//! ldk-node's payment store knows of an inbound hash only pending, succeeded or failed. It does not know that an HTLC
//! is held, until when, that a deadline passed (the status stays pending for ever), which invoice was handed out, nor
//! whether a claim was asked for. And a send is stored by it after it was made.
//!
//! Invariant: a row is written before the node is told to do what it says. Rows that only repeat what ldk-node's event
//! queue would say again after a loss of power are written without waiting for the disk ([`Sync::Later`]) and are on
//! it before the event is acknowledged.

use super::error::StartError;
use ids::{NodeId, PaymentHash};
use ports::{BlockHeight, Preimage};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SCHEMA_VERSION: i64 = 2;
const SCHEMA: &str = "
    CREATE TABLE hold (
        hash BLOB PRIMARY KEY,
        request TEXT NOT NULL,
        bolt11 TEXT NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        state INTEGER NOT NULL,
        amount_msat INTEGER NOT NULL,
        claim_deadline INTEGER NOT NULL,
        claim_called INTEGER NOT NULL,
        untold INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX hold_live ON hold (claim_deadline) WHERE state = 1;
    CREATE INDEX hold_untold ON hold (hash) WHERE untold = 1;
    CREATE TABLE send (
        hash BLOB PRIMARY KEY,
        bolt11 TEXT NOT NULL,
        state INTEGER NOT NULL,
        preimage BLOB,
        fee_msat INTEGER NOT NULL,
        reason TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE meta (epoch INTEGER NOT NULL, told INTEGER NOT NULL) STRICT;
    INSERT INTO meta VALUES (0, 0);
";
/// Since version 2.
const CHANNEL_ORDERS: &str = "
    CREATE TABLE channel_order (
        order_id TEXT PRIMARY KEY,
        lsp BLOB NOT NULL,
        capacity_sat INTEGER NOT NULL,
        expiry_blocks INTEGER NOT NULL,
        fee_sat_max INTEGER NOT NULL
    ) STRICT;
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoldState {
    Open = 0,
    Held = 1,
    Claimed = 2,
    Returned = 3,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HoldRow {
    pub hash: PaymentHash,
    /// What was asked for, to know the same request again; empty if the invoice was not made here.
    pub request: String,
    pub bolt11: String,
    pub expires_at_ms: u64,
    pub state: HoldState,
    pub amount_msat: u64,
    pub claim_deadline: BlockHeight,
    /// The node was, or was about to be, given the preimage of this hold.
    pub claim_called: bool,
    /// `Returned` happened and nobody has acknowledged it yet.
    pub untold: bool,
}

/// A channel that was ordered; how it stands is the provider's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderRow {
    pub order_id: String,
    pub lsp: NodeId,
    pub capacity_sat: u64,
    pub expiry_blocks: u32,
    pub fee_sat_max: u64,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum SendState {
    Pending,
    Succeeded { preimage: Preimage, fee_msat: u64 },
    Failed { reason: String },
}

/// When a write has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    Now,
    /// With the next write that is `Now`; a killed process loses nothing, a lost supply of power may.
    Later,
}

pub(super) type TableResult<T> = Result<T, rusqlite::Error>;

pub(super) struct Table {
    connection: Mutex<Connection>,
    epoch: u64,
}

impl Table {
    /// Opens the file, making it if needed, and counts this start.
    ///
    /// # Errors
    /// [`StartError::StaleCopy`], [`StartError::Storage`] (a corrupted or newer file).
    pub fn open(dir: &Path, file: &Path, epoch_min: u64) -> Result<Self, StartError> {
        let storage = |why: String| StartError::Storage { dir: dir.to_owned(), why };
        let sql = |error: rusqlite::Error| storage(format!("{}: {error}", file.display()));
        let connection = Connection::open(file).map_err(sql)?;
        connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(sql)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(sql)?;
        match version {
            0 => connection
                .execute_batch(&format!(
                    "BEGIN; {SCHEMA} {CHANNEL_ORDERS} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                ))
                .map_err(sql)?,
            1 => connection
                .execute_batch(&format!("BEGIN; {CHANNEL_ORDERS} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"))
                .map_err(sql)?,
            SCHEMA_VERSION => {}
            newer => return Err(storage(format!("{} is of a newer version ({newer})", file.display()))),
        }
        let found: u64 = connection.query_row("SELECT epoch FROM meta", [], |row| row.get(0)).map_err(sql)?;
        if found < epoch_min {
            return Err(StartError::StaleCopy { dir: dir.to_owned(), found, expected: epoch_min });
        }
        connection.execute("UPDATE meta SET epoch = epoch + 1", []).map_err(sql)?;
        Ok(Self { connection: Mutex::new(connection), epoch: found + 1 })
    }

    /// How often the directory has been started, this start included.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    fn lock(&self, sync: Sync) -> TableResult<MutexGuard<'_, Connection>> {
        // Every statement is its own transaction, so a panic elsewhere leaves nothing half done.
        let guard = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let level = if sync == Sync::Now { "FULL" } else { "NORMAL" };
        guard.pragma_update(None, "synchronous", level)?;
        Ok(guard)
    }

    /// Orders of channels, newest first.
    pub fn orders(&self) -> TableResult<Vec<OrderRow>> {
        let connection = self.lock(Sync::Later)?;
        let mut rows = connection.prepare_cached(
            "SELECT order_id, lsp, capacity_sat, expiry_blocks, fee_sat_max FROM channel_order ORDER BY rowid DESC",
        )?;
        let read = rows.query_map([], |row| {
            Ok(OrderRow {
                order_id: row.get(0)?,
                lsp: NodeId(row.get(1)?),
                capacity_sat: row.get(2)?,
                expiry_blocks: row.get(3)?,
                fee_sat_max: row.get(4)?,
            })
        })?;
        read.collect()
    }

    pub fn add_order(&self, order: &OrderRow) -> TableResult<()> {
        self.lock(Sync::Now)?.execute(
            "INSERT OR REPLACE INTO channel_order VALUES (?1, ?2, ?3, ?4, ?5)",
            params![order.order_id, order.lsp.as_bytes(), order.capacity_sat, order.expiry_blocks, order.fee_sat_max],
        )?;
        Ok(())
    }

    pub fn hold(&self, hash: &PaymentHash) -> TableResult<Option<HoldRow>> {
        self.lock(Sync::Later)?
            .prepare_cached(&format!("{HOLD_COLUMNS} WHERE hash = ?1"))?
            .query_row([hash.as_bytes()], hold_row)
            .optional()
    }

    /// Holds whose deadline is at or below a height.
    pub fn due(&self, height: BlockHeight) -> TableResult<Vec<HoldRow>> {
        self.lock(Sync::Later)?
            .prepare_cached(&format!("{HOLD_COLUMNS} WHERE state = 1 AND claim_deadline <= ?1"))?
            .query_map([height], hold_row)?
            .collect()
    }

    pub fn held(&self) -> TableResult<Vec<HoldRow>> {
        self.due(BlockHeight::MAX)
    }

    /// A return that nobody has acknowledged yet.
    pub fn untold(&self) -> TableResult<Option<PaymentHash>> {
        self.lock(Sync::Later)?
            .prepare_cached("SELECT hash FROM hold WHERE untold = 1 LIMIT 1")?
            .query_row([], |row| row.get(0).map(PaymentHash))
            .optional()
    }

    pub fn put_hold(&self, row: &HoldRow, sync: Sync) -> TableResult<()> {
        self.lock(sync)?
            .prepare_cached("INSERT OR REPLACE INTO hold VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
            .execute(params![
                row.hash.as_bytes(),
                row.request,
                row.bolt11,
                row.expires_at_ms,
                row.state as i64,
                row.amount_msat,
                row.claim_deadline,
                row.claim_called,
                row.untold
            ])
            .map(drop)
    }

    /// A claim is about to be asked for, or was refused before it could do anything.
    pub fn mark_claim(&self, hash: &PaymentHash, called: bool, sync: Sync) -> TableResult<()> {
        self.lock(sync)?
            .prepare_cached("UPDATE hold SET claim_called = ?2 WHERE hash = ?1 AND state = 1")?
            .execute(params![hash.as_bytes(), called])
            .map(drop)
    }

    /// Held becomes returned, and somebody has to be told. False if it was not held any more.
    pub fn returned(&self, hash: &PaymentHash) -> TableResult<bool> {
        self.lock(Sync::Now)?
            .prepare_cached("UPDATE hold SET state = 3, untold = 1 WHERE hash = ?1 AND state = 1")?
            .execute([hash.as_bytes()])
            .map(|rows| rows == 1)
    }

    pub fn told(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock(Sync::Now)?
            .prepare_cached("UPDATE hold SET untold = 0 WHERE hash = ?1")?
            .execute([hash.as_bytes()])
            .map(drop)
    }

    /// Everything written so far is on the disk when this returns.
    pub fn sync(&self) -> TableResult<()> {
        self.lock(Sync::Now)?.prepare_cached("UPDATE meta SET told = told + 1")?.execute([]).map(drop)
    }

    pub fn send(&self, hash: &PaymentHash) -> TableResult<Option<SendState>> {
        self.lock(Sync::Later)?
            .prepare_cached("SELECT state, preimage, fee_msat, reason FROM send WHERE hash = ?1")?
            .query_row([hash.as_bytes()], |row| {
                Ok(match (row.get::<_, i64>(0)?, row.get::<_, Option<[u8; 32]>>(1)?) {
                    (1, Some(preimage)) => SendState::Succeeded { preimage: Preimage(preimage), fee_msat: row.get(2)? },
                    (2, _) => SendState::Failed { reason: row.get(3)? },
                    _ => SendState::Pending,
                })
            })
            .optional()
    }

    /// A send is about to be made. What is known of it already stays.
    pub fn intend_send(&self, hash: &PaymentHash, bolt11: &str) -> TableResult<()> {
        self.lock(Sync::Now)?
            .prepare_cached("INSERT OR IGNORE INTO send VALUES (?1, ?2, 0, NULL, 0, '')")?
            .execute(params![hash.as_bytes(), bolt11])
            .map(drop)
    }

    /// The node refused a send before anything left it.
    pub fn forget_send(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock(Sync::Now)?
            .prepare_cached("DELETE FROM send WHERE hash = ?1 AND state = 0")?
            .execute([hash.as_bytes()])
            .map(drop)
    }

    /// How a send ended. Success is never replaced.
    pub fn end_send(&self, hash: &PaymentHash, end: &SendState, sync: Sync) -> TableResult<()> {
        let (state, preimage, fee_msat, reason) = match end {
            SendState::Pending => return Ok(()),
            SendState::Succeeded { preimage, fee_msat } => (1, Some(preimage.0), *fee_msat, ""),
            SendState::Failed { reason } => (2, None, 0, reason.as_str()),
        };
        self.lock(sync)?
            .prepare_cached(
                "INSERT INTO send VALUES (?1, '', ?2, ?3, ?4, ?5) ON CONFLICT (hash) DO UPDATE SET
                 state = ?2, preimage = ?3, fee_msat = ?4, reason = ?5 WHERE state <> 1",
            )?
            .execute(params![hash.as_bytes(), state, preimage, fee_msat, reason])
            .map(drop)
    }
}

const HOLD_COLUMNS: &str = "SELECT hash, request, bolt11, expires_at_ms, state, amount_msat, claim_deadline, \
                            claim_called, untold FROM hold";

fn hold_row(row: &Row<'_>) -> TableResult<HoldRow> {
    let state = match row.get::<_, i64>(4)? {
        0 => HoldState::Open,
        1 => HoldState::Held,
        2 => HoldState::Claimed,
        3 => HoldState::Returned,
        other => return Err(rusqlite::Error::IntegralValueOutOfRange(4, other)),
    };
    Ok(HoldRow {
        hash: PaymentHash(row.get(0)?),
        request: row.get(1)?,
        bolt11: row.get(2)?,
        expires_at_ms: row.get(3)?,
        state,
        amount_msat: row.get(5)?,
        claim_deadline: row.get(6)?,
        claim_called: row.get(7)?,
        untold: row.get(8)?,
    })
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
