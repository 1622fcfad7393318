//! SQLite, the embedded default: one data directory, one process, one writing thread, a few readers.
//!
//! Invariant: every change goes through the writer ([`writer`]), which answers after the sync; reads see whatever was
//! answered. Once the store has failed ([`Sqlite::failed`]), every call answers [`StoreError::Unusable`].

mod accounts;
mod backup;
mod commit;
mod error;
mod ledger;
mod lock;
mod migrate;
mod open;
mod outbox;
mod queries;
mod queue;
mod rates;
mod read;
mod records;
mod reservations;
mod status;
mod store;
mod values;
mod writer;

pub use lock::DirLock;
pub use status::{Failed, Stats};

use error::StepResult;
use ports::{AggregateRef, StoreError};
use queue::{Job, Queue, Task};
use read::Readers;
use rusqlite::Connection;
use status::Status;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use writer::Writer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// A missing database is an error: the data directory may be the wrong one.
    Existing,
    /// A missing database is made.
    OrCreate,
}

/// An open database. Clones share it; the last one closes it.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    queue: Arc<Queue>,
    status: Arc<Status>,
    readers: Readers,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Last, so that the next process comes in only after everything is closed.
    _lock: DirLock,
}

impl Sqlite {
    /// Opens the database of a data directory. Blocks: it checks the whole file (`quick_check`) and may bring its
    /// schema up to date.
    ///
    /// [`StoreError::Unusable`], with what to do, for a directory that another process uses and for a database that is
    /// damaged, of another program or of a newer version; such a file is left as it is.
    pub fn open(dir: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        open::ensure_dir(dir)?;
        let lock = DirLock::acquire(dir)?;
        let path = open::database_path(dir);
        let conn = open::open_writer(&path, mode == OpenMode::OrCreate)?;
        let queue = Arc::new(Queue::new());
        let status = Arc::new(Status::new());
        let writer = Writer::new(conn, queue.clone(), status.clone());
        let thread = std::thread::Builder::new()
            .name("anytill-writer".into())
            .spawn(move || writer.run())
            .map_err(|error| StoreError::Unusable(format!("the writing thread cannot be started: {error}")))?;
        let readers = Readers::new(path, status.clone());
        let inner =
            Inner { dir: dir.to_owned(), queue, status, readers, writer: Mutex::new(Some(thread)), _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Watches for the failure after which the process has to end.
    pub fn failed(&self) -> Failed {
        self.inner.status.watch()
    }

    pub fn stats(&self) -> Stats {
        self.inner.status.stats()
    }

    /// Limits the size of the database, in pages of 4 KiB; `None` is SQLite's own limit. Steps that would pass it are
    /// answered [`StoreError::NotWritten`], as on a full disk.
    pub async fn limit_pages(&self, pages_max: Option<u32>) -> Result<(), StoreError> {
        let pages_max = pages_max.unwrap_or(u32::MAX - 1);
        self.write(None, true, move |conn| {
            let pragma = format!("PRAGMA max_page_count={pages_max}");
            Ok(conn.query_row(&pragma, [], |_| Ok(()))?)
        })
        .await
    }

    /// Writes what waits and closes; other clones' calls answer [`StoreError::Unusable`] from then on. Dropping the
    /// last clone does the same, but blocks the thread it is dropped on.
    pub async fn close(self) {
        // The blocking part is short but not nothing: a last copy of the log into the database.
        let _ = tokio::task::spawn_blocking(move || self.inner.close()).await;
    }

    /// One step for the writer.
    async fn write<T, F>(&self, at: Option<AggregateRef>, urgent: bool, run: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> StepResult<T> + Send + 'static,
    {
        if let Some(reason) = self.inner.status.failure() {
            return Err(StoreError::Unusable(reason));
        }
        let (step, answer) = Task::new(run);
        if self.inner.queue.push(Job { at, urgent, step }).await.is_err() {
            let reason = self.inner.status.failure().unwrap_or_else(|| status::CLOSED.into());
            return Err(StoreError::Unusable(reason));
        }
        match answer.await {
            Ok(answer) => answer,
            // The writer was cut off in the middle of it.
            Err(_) => Err(StoreError::Unknown("the writer ended before it answered".into())),
        }
    }

    fn dir(&self) -> &Path {
        &self.inner.dir
    }

    async fn read<T, F>(&self, run: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.readers.read(run).await
    }
}

impl Inner {
    fn close(&self) {
        self.readers.close();
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A panic of the writer was told to those who waited and to those who watch.
            let _ = writer.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
