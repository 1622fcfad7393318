//! What the disk can do: commits of a plain SQLite database with the log and the sync that the server uses, one row
//! each, one after the other.

use super::figures::Samples;
use anyhow::{Context as _, Result};
use rusqlite::Connection;
use std::path::Path;
use std::time::Instant;

/// About what the state of a purchase takes.
const ROW_BYTES: usize = 2_048;

/// A database of its own on the disk that is measured.
pub struct Disk {
    conn: Connection,
    row: String,
}

impl Disk {
    /// A fresh one; `name` is the file's.
    pub fn open(dir: &Path, name: &str) -> Result<Self> {
        let conn = Connection::open(dir.join(name))?;
        let mode: String = conn.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
        anyhow::ensure!(mode == "wal", "the disk of {} cannot hold a write-ahead log", dir.display());
        conn.execute_batch("PRAGMA synchronous=FULL; CREATE TABLE row (no INTEGER PRIMARY KEY, state TEXT NOT NULL)")?;
        Ok(Self { conn, row: "x".repeat(ROW_BYTES) })
    }

    /// One durable commit. Blocks.
    pub fn commit(&self, samples: &mut Samples) -> Result<()> {
        let begun = Instant::now();
        self.conn.execute("INSERT INTO row (state) VALUES (?1)", [&self.row]).context("a commit")?;
        samples.push(begun.elapsed());
        Ok(())
    }

    /// Commits a second, over `count` of them.
    pub fn rate(&self, count: u32) -> Result<(Samples, f64)> {
        let mut samples = Samples::default();
        let begun = Instant::now();
        for _ in 0..count {
            self.commit(&mut samples)?;
        }
        Ok((samples, f64::from(count) / begun.elapsed().as_secs_f64()))
    }
}
