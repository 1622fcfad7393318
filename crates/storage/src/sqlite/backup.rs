//! Copies and checks for the operator.

use super::error::{advice, of_statement};
use super::{Sqlite, open};
use ports::StoreError;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};

impl Sqlite {
    /// Writes a whole, checked copy of this database to `path`, which must not exist yet, while everything goes on.
    /// [`StoreError::NotWritten`] if that fails; no half copy stays.
    ///
    /// The copy holds purchases, refunds, the ledger and the shoppers. It does **not** hold the Lightning node's
    /// channels, and those must never be restored from a copy: a node that comes back with an old channel state can
    /// lose all of the channel's funds to its peer. To restore: stop the server, move `anytill.sqlite` *and* the files
    /// `-wal` and `-shm` beside it away, put the copy in their place, leave the node's own files as they are, start,
    /// and reconcile.
    pub async fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_owned();
        let source = open::database_path(self.dir());
        self.detached(move || backup(&source, &path)).await
    }

    /// Checks the whole file and what has to add up in it: the ledger's postings and balances, the reservations, the
    /// versions. Slow on a large database. The text says what is wrong; empty if nothing is.
    pub async fn verify(&self) -> Result<Vec<String>, StoreError> {
        let source = open::database_path(self.dir());
        self.detached(move || {
            let conn = open::open_reader(&source).map_err(|error| of_statement(&error))?;
            verify(&conn).map_err(|error| of_statement(&error))
        })
        .await
    }

    /// On a connection and a thread of its own, so that a long one keeps no reader waiting.
    async fn detached<T: Send + 'static>(
        &self,
        run: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(reason) = self.failed().now() {
            return Err(StoreError::Unusable(reason));
        }
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::NotWritten("the work on the database was cut off".into())),
        }
    }
}

fn backup(source: &Path, path: &Path) -> Result<(), StoreError> {
    let refused = |text: String| StoreError::NotWritten(format!("no backup was made: {text}"));
    if path.exists() {
        return Err(refused(format!("{} is there already", path.display())));
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    let draft = PathBuf::from(draft);
    let copied = open::private_file(&draft)
        .map_err(|error| refused(format!("{} cannot be made: {error}", draft.display())))
        .and_then(|()| copy(source, &draft).map_err(refused))
        .and_then(|()| open::publish(&draft, path).map_err(|error| refused(error.to_string())));
    if copied.is_err() {
        // Nothing more can be done about a draft that cannot be removed; the error says that there is no backup.
        let _ = fs::remove_file(&draft);
    }
    copied
}

fn copy(source: &Path, draft: &Path) -> Result<(), String> {
    let target = draft.to_str().ok_or("the path is not valid UTF-8")?;
    let conn = open::open_reader(source).map_err(|error| advice(&error))?;
    // The copy is a write, though not to this database.
    conn.execute_batch("PRAGMA query_only=OFF").map_err(|error| advice(&error))?;
    conn.execute("VACUUM INTO ?1", [target]).map_err(|error| advice(&error))?;
    let copy = open::open_reader(draft).map_err(|error| advice(&error))?;
    match open::quick_check(&copy).map_err(|error| advice(&error))? {
        problem if problem == "ok" => Ok(()),
        problem => Err(format!("the copy is damaged: {problem}")),
    }
}

/// What has to add up, each with a query that finds nothing when it does.
const SUMS: &[(&str, &str)] = &[
    (
        "postings that do not add up to zero",
        "SELECT aggregate || ' version ' || version || ' posting ' || posting || ' ' || asset || ' ' || layer
         FROM entries GROUP BY aggregate, version, posting, asset, layer HAVING SUM(amount) <> 0 LIMIT 1",
    ),
    (
        "balances that are not the sum of their entries",
        "SELECT account || ' ' || asset || ' ' || layer || ' shard ' || shard FROM
         (SELECT account, asset, layer, shard, amount FROM balances
          UNION ALL SELECT account, asset, layer, shard, -amount FROM entries)
         GROUP BY account, asset, layer, shard HAVING SUM(amount) <> 0 LIMIT 1",
    ),
    (
        "reserved sums that are not the sum of their reservations",
        "SELECT resource FROM (SELECT resource, amount FROM reserved
         UNION ALL SELECT resource, -amount FROM reservations)
         GROUP BY resource HAVING SUM(amount) <> 0 LIMIT 1",
    ),
    (
        "records whose version is not the number of their events",
        "SELECT a.kind || ' ' || a.id FROM aggregates a WHERE a.version <>
         (SELECT COUNT(*) FROM events e WHERE e.aggregate = a.no) LIMIT 1",
    ),
];

fn verify(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut problems = Vec::new();
    let file: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if file != "ok" {
        problems.push(format!("the file is damaged: {file}"));
    }
    let dangling = conn.prepare("PRAGMA foreign_key_check")?.exists([])?;
    if dangling {
        problems.push("rows that point to records that are not there".into());
    }
    for (what, sql) in SUMS {
        let mut select = conn.prepare(sql)?;
        let mut rows = select.query([])?;
        if let Some(row) = rows.next()? {
            problems.push(format!("there are {what}: {}", row.get::<_, String>(0)?));
        }
    }
    Ok(problems)
}
