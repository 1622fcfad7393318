//! The schema's numbered steps. The number of the last one done is the database's `user_version`.
//!
//! Invariant: a step is done as a whole or not at all, and a published step is never edited: a change is a new file.

use super::error::advice;
use ports::StoreError;
use rusqlite::Connection;

pub(super) struct Migration {
    /// From 1, without gaps.
    pub number: u32,
    pub sql: &'static str,
}

pub(super) const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, sql: include_str!("../../migrations/sqlite/0001_initial.sql") }];

pub(super) fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(0, |migration| migration.number)
}

pub(super) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the schema up to the newest step. [`StoreError::Unusable`] for a database of a newer program (untouched) and
/// for a step that fails (undone).
pub(super) fn migrate(conn: &Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    let unusable = |error: rusqlite::Error| StoreError::Unusable(advice(&error));
    let found = version(conn).map_err(unusable)?;
    let newest = newest(migrations);
    if found > newest {
        return Err(StoreError::Unusable(format!(
            "it was written by a newer Anytill (schema {found}, this one knows {newest}): start that version or a \
             newer one; nothing was changed"
        )));
    }
    for migration in migrations.iter().filter(|migration| migration.number > found) {
        let step = format!("BEGIN IMMEDIATE;{}\n;PRAGMA user_version={};COMMIT;", migration.sql, migration.number);
        if let Err(error) = conn.execute_batch(&step) {
            if !conn.is_autocommit() {
                conn.execute_batch("ROLLBACK").map_err(unusable)?;
            }
            return Err(StoreError::Unusable(format!(
                "its schema could not be brought to version {}, nothing was changed: {}",
                migration.number,
                advice(&error)
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_gaps() {
        for (position, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.number as usize, position + 1);
        }
    }

    #[test]
    fn steps_are_whole_and_once() {
        let conn = Connection::open_in_memory().unwrap();
        let one = || Migration { number: 1, sql: "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)" };
        let two = || Migration { number: 2, sql: "INSERT INTO a VALUES (2)" };
        migrate(&conn, &[one()]).unwrap();
        let broken = Migration { number: 2, sql: "INSERT INTO a VALUES (7); INSERT INTO nowhere VALUES (1)" };
        assert!(
            matches!(migrate(&conn, &[one(), broken]), Err(StoreError::Unusable(text)) if text.contains("version 2"))
        );
        assert_eq!(version(&conn).unwrap(), 1);
        migrate(&conn, &[one(), two()]).unwrap();
        migrate(&conn, &[one(), two()]).unwrap();
        assert_eq!(version(&conn).unwrap(), 2);
        let sum: i64 = conn.query_row("SELECT SUM(x) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(sum, 3);
        assert!(matches!(migrate(&conn, &[one()]), Err(StoreError::Unusable(text)) if text.contains("newer Anytill")));
    }
}
