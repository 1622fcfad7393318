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

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: include_str!("../../migrations/sqlite/0001_initial.sql") },
    Migration { number: 2, sql: include_str!("../../migrations/sqlite/0002_limits.sql") },
    Migration { number: 3, sql: include_str!("../../migrations/sqlite/0003_records.sql") },
    Migration { number: 4, sql: include_str!("../../migrations/sqlite/0004_rates.sql") },
];

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
    fn reservations_from_before_say_by_their_name_when_they_end() {
        let conn = Connection::open_in_memory().unwrap();
        migrate(&conn, &MIGRATIONS[..1]).unwrap();
        conn.execute_batch(
            "INSERT INTO aggregates VALUES (1, 'purchase', '0102030405060708090a0b0c0d0e0f10', 1, NULL, 'quoted', 0, 0,
                 1, 1, '{}');
             INSERT INTO reservations (aggregate, resource, amount) VALUES (1, 'room:02', 5), (1, 'float:i:USD', 6),
                 (1, 'unpaid:aa', 1), (1, 'day:aa:1:USD', 7), (1, 'cards:aa:1', 1), (1, 'early:aa:shop', 8);
             INSERT INTO idempotent_answers (account, key, request_hash, created_at_ms)
                 VALUES ('aa', 'k', printf('%064d', 1), 1), ('aa', 'l', printf('%064d', 1), 1);",
        )
        .unwrap();
        migrate(&conn, MIGRATIONS).unwrap();
        let mut select = conn.prepare("SELECT resource, give_back FROM reservations ORDER BY resource").unwrap();
        let rows: Vec<(String, String)> =
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
        let rows: Vec<(&str, &str)> = rows.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("cards:aa:1", "when_no_card"),
                ("day:aa:1:USD", "when_unclaimed"),
                ("early:aa:shop", "own_time"),
                ("float:i:USD", "when_over"),
                ("room:02", "when_paid_or_over"),
                ("unpaid:aa", "when_paid_or_over"),
            ]
        );
        let names: i64 =
            conn.query_row("SELECT COUNT(DISTINCT subject) FROM idempotent_answers", [], |row| row.get(0)).unwrap();
        assert_eq!(names, 2, "each call from before has a name of its own");
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
