//! What LND does not know: which hashes are this server's, and what the engine was told of them. A small SQLite file.
//!
//! Only live hashes are in it; a row goes when the engine has the hash's end. Losing the file loses no money: a hash that
//! the engine asks about and that is still live is taken up again, and what LND says of it is then told once more.

use ids::{NodeId, PaymentHash};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE hold (hash BLOB PRIMARY KEY, told_held INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE send (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE node (id BLOB NOT NULL) STRICT;
";

pub(super) type TableResult<T> = Result<T, rusqlite::Error>;

pub(super) struct Table {
    connection: Mutex<Connection>,
}

impl Table {
    pub fn open(file: &Path) -> TableResult<Self> {
        let connection = Connection::open(file)?;
        // A killed process loses nothing; a loss of power may lose a row, see the module.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            connection.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"))?;
        }
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose file this is; None in a new one.
    pub fn node(&self) -> TableResult<Option<NodeId>> {
        let id = self.lock().query_row("SELECT id FROM node", [], |row| row.get::<_, [u8; 33]>(0)).optional()?;
        Ok(id.map(NodeId))
    }

    pub fn set_node(&self, node: &NodeId) -> TableResult<()> {
        self.lock().execute("INSERT INTO node VALUES (?1)", params![node.0]).map(drop)
    }

    pub fn add_hold(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock().execute("INSERT OR IGNORE INTO hold VALUES (?1, 0)", params![hash.0]).map(drop)
    }

    pub fn told_held(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock().execute("UPDATE hold SET told_held = 1 WHERE hash = ?1", params![hash.0]).map(drop)
    }

    pub fn end_hold(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock().execute("DELETE FROM hold WHERE hash = ?1", params![hash.0]).map(drop)
    }

    /// Live holds, and whether the engine knows that they are held.
    pub fn holds(&self) -> TableResult<Vec<(PaymentHash, bool)>> {
        let connection = self.lock();
        let mut rows = connection.prepare("SELECT hash, told_held FROM hold")?;
        let rows = rows.query_map([], |row| Ok((PaymentHash(row.get(0)?), row.get(1)?)))?;
        rows.collect()
    }

    pub fn add_send(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock().execute("INSERT OR IGNORE INTO send VALUES (?1)", params![hash.0]).map(drop)
    }

    pub fn end_send(&self, hash: &PaymentHash) -> TableResult<()> {
        self.lock().execute("DELETE FROM send WHERE hash = ?1", params![hash.0]).map(drop)
    }

    pub fn sends(&self) -> TableResult<Vec<PaymentHash>> {
        let connection = self.lock();
        let mut rows = connection.prepare("SELECT hash FROM send")?;
        let rows = rows.query_map([], |row| Ok(PaymentHash(row.get(0)?)))?;
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_known_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("lnd.sqlite");
        let (one, two) = (PaymentHash([1; 32]), PaymentHash([2; 32]));
        {
            let table = Table::open(&file).unwrap();
            assert_eq!(table.node().unwrap(), None);
            table.set_node(&NodeId([2; 33])).unwrap();
            table.add_hold(&one).unwrap();
            table.add_hold(&two).unwrap();
            table.told_held(&two).unwrap();
            table.add_hold(&two).unwrap();
            table.add_send(&one).unwrap();
        }
        let table = Table::open(&file).unwrap();
        assert_eq!(table.node().unwrap(), Some(NodeId([2; 33])));
        assert_eq!(table.holds().unwrap(), [(one, false), (two, true)], "the same invoice again is not news");
        assert_eq!(table.sends().unwrap(), [one]);
        table.end_hold(&two).unwrap();
        table.end_send(&one).unwrap();
        assert_eq!((table.holds().unwrap().len(), table.sends().unwrap().len()), (1, 0));
    }
}
