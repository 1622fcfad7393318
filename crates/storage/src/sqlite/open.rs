//! Opening the database: refused unless it is ours, whole, not newer and nobody else's.
//!
//! Invariant: a database is either made complete under another name and renamed, or opened as it is; an empty,
//! foreign, damaged or newer file is never written to, and a missing one is made anew only if there is no trace of it.

use super::error::advice;
use super::migrate::{self, MIGRATIONS};
use ports::StoreError;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `AnyT`, in the file's header (SQLite file format, offset 68).
const APPLICATION_ID: u32 = 0x416e_7954;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
const STATEMENTS_CACHED: usize = 96;
/// Others hold the lock only for moments: a shell of the operator's, a backup tool.
pub(super) const BUSY: Duration = Duration::from_secs(5);

pub(super) fn database_path(dir: &Path) -> PathBuf {
    dir.join("anytill.sqlite")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The directory, readable by its owner only if it has to be made.
pub(super) fn ensure_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|error| StoreError::Unusable(format!("the data directory {} cannot be made: {error}", dir.display())))
}

/// The connection that writes, on a database of the newest schema.
pub(super) fn open_writer(path: &Path, create: bool) -> Result<Connection, StoreError> {
    look_first(path, create)?;
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| unusable(path, &error))?;
    let checked = (|| {
        conn.busy_timeout(BUSY)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        quick_check(&conn)
    })();
    match checked {
        Ok(problem) if problem == "ok" => {}
        Ok(problem) => return Err(damaged(path, &problem)),
        Err(error) => return Err(unusable(path, &error)),
    }
    // Before anything is written, so that a newer database stays as it is.
    migrate::migrate(&conn, MIGRATIONS).map_err(|error| about(path, error))?;
    let mode: String =
        conn.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)).map_err(|error| unusable(path, &error))?;
    if mode != "wal" {
        return Err(StoreError::Unusable(format!(
            "{}: this file system cannot hold a write-ahead log (journal mode {mode}): use a local disk",
            path.display()
        )));
    }
    // Checkpoints are the writer's own, because SQLite's automatic ones swallow a failed sync.
    conn.execute_batch(
        "PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON; PRAGMA foreign_keys=ON;
         PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;",
    )
    .and_then(|()| conn.query_row("PRAGMA wal_autocheckpoint=0", [], |_| Ok(())))
    .map_err(|error| unusable(path, &error))?;
    Ok(conn)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    conn.execute_batch("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-1024;")?;
    Ok(conn)
}

/// `ok`, or the first thing found wrong.
pub(super) fn quick_check(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
}

/// What the file says of itself, read without SQLite, which would begin to recover and to lock it.
fn look_first(path: &Path, create: bool) -> Result<(), StoreError> {
    let at = path.display();
    let refuse = |text: String| Err(StoreError::Unusable(text));
    let mut header = Vec::with_capacity(HEADER_BYTES);
    match File::open(path).and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut header)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let log = with_suffix(path, "-wal");
            if log.exists() {
                return refuse(format!("{at} is missing, but its log {} is there: restore the file", log.display()));
            }
            if !create {
                return refuse(format!(
                    "there is no database at {at}: run `anytill init`, or restore the newest backup"
                ));
            }
            return make_new(path).map_err(|error| match error {
                New::Store(error) => about(path, error),
                New::Io(error) => StoreError::Unusable(format!("{at} cannot be made: {error}")),
            });
        }
        Err(error) => return refuse(format!("{at} cannot be read: {error}")),
        Ok(_) => {}
    }
    if header.is_empty() {
        return refuse(format!(
            "{at} is empty: restore the newest backup (remove the file only to start from nothing)"
        ));
    }
    if header.len() < HEADER_BYTES || header[..16] != MAGIC[..] {
        return refuse(format!(
            "{at} is damaged or not an SQLite database: restore the newest backup; nothing was changed"
        ));
    }
    let application = u32::from_be_bytes([header[68], header[69], header[70], header[71]]);
    if application != APPLICATION_ID {
        return refuse(format!(
            "{at} is another program's database: choose another data directory; nothing was changed"
        ));
    }
    Ok(())
}

enum New {
    Store(StoreError),
    Io(io::Error),
}

impl From<io::Error> for New {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Whole under another name first: whoever finds the real name finds a complete database.
fn make_new(path: &Path) -> Result<(), New> {
    let draft = with_suffix(path, ".new");
    remove_if_there(&draft)?;
    remove_if_there(&with_suffix(&draft, "-journal"))?;
    private_file(&draft)?;
    let build = || -> Result<(), StoreError> {
        let sql = |error: rusqlite::Error| StoreError::Unusable(advice(&error));
        let conn = Connection::open_with_flags(&draft, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sql)?;
        conn.execute_batch(&format!("PRAGMA application_id={APPLICATION_ID}")).map_err(sql)?;
        migrate::migrate(&conn, MIGRATIONS)?;
        conn.close().map_err(|(_, error)| sql(error))
    };
    build().map_err(New::Store)?;
    Ok(publish(&draft, path)?)
}

/// A new empty file that only its owner can read.
pub(super) fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Renames a complete file so that name and content survive a power cut.
pub(super) fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    File::open(draft)?.sync_all()?;
    fs::rename(draft, path)?;
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn unusable(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unusable(format!("{}: {}", path.display(), advice(error)))
}

fn damaged(path: &Path, problem: &str) -> StoreError {
    StoreError::Unusable(format!(
        "{} is damaged ({problem}): keep a copy of it and restore the newest backup",
        path.display()
    ))
}

fn about(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Unusable(text) => StoreError::Unusable(format!("{}: {text}", path.display())),
        other => other,
    }
}
