//! Read-only connections, used on blocking threads.
//!
//! Invariant: never more connections than [`CONNECTIONS_MAX`]; a reader sees everything that was answered before it
//! began, and holds nothing longer than one read.

use super::error;
use super::open;
use super::status::{self, Status};
use ports::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

const CONNECTIONS_MAX: usize = 4;

pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
    status: Arc<Status>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, status: Arc<Status>) -> Self {
        Self { path, idle: Arc::default(), free: Arc::new(Semaphore::new(CONNECTIONS_MAX)), status }
    }

    pub(super) async fn read<T, F>(&self, run: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        if let Some(reason) = self.status.failure() {
            return Err(StoreError::Unusable(reason));
        }
        let closed = || StoreError::Unusable(status::CLOSED.into());
        let permit = self.free.clone().acquire_owned().await.map_err(|_| closed())?;
        let (path, idle) = (self.path.clone(), self.idle.clone());
        let read = tokio::task::spawn_blocking(move || {
            let lock = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = lock().pop();
            let conn = match waiting {
                Some(conn) => conn,
                None => open::open_reader(&path)?,
            };
            let value = run(&conn);
            // A connection that met an error may be in any state: the next one starts fresh.
            if value.is_ok() {
                lock().push(conn);
            }
            drop(permit);
            value
        });
        match read.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                let failure = error::of_statement(&error);
                if let StoreError::Unusable(reason) = &failure {
                    self.status.fail(reason.clone());
                }
                Err(failure)
            }
            Err(_) => Err(StoreError::NotWritten("a read was cut off".into())),
        }
    }

    /// After the reads under way, no more.
    pub(super) fn close(&self) {
        self.free.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
