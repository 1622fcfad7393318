//! The one thread that writes.
//!
//! Whatever waits is applied as one group: each step in a savepoint of its own, one COMMIT with one sync for all, and
//! only then the answers. While a group syncs the next one gathers, so the disk's rate of syncs does not limit the
//! rate of steps.
//!
//! Invariant: nobody is answered before the COMMIT returned; if it fails, everybody in the group gets its failure, also
//! those whose step was refused, because the refusal may rest on a step that is not there.

use super::error::{self, StepError};
use super::queue::{Job, Queue, Taken};
use super::status::Status;
use ports::StoreError;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;

/// Most steps of one group, so that an answer's delay is bounded.
const GROUP_MAX: usize = 128;
/// Steps after which the log is copied into the database although more work waits.
const CHECKPOINT_STEPS: u64 = 1_000;
/// Quiet time after which the log is copied into the database.
const CHECKPOINT_IDLE: Duration = Duration::from_millis(500);

/// A log of this many frames (of 4 KiB) is made to start anew.
const LOG_FRAMES_LONG: u32 = 32_768;
const READERS_PATIENCE: Duration = Duration::from_millis(100);

/// What became of a whole group.
enum Group {
    Committed(Vec<Result<(), StoreError>>),
    /// The failure is everybody's.
    Failed(StoreError),
    /// SQLite ended the transaction because of one step.
    Lost(StoreError),
}

pub(super) struct Writer {
    conn: Connection,
    queue: Arc<Queue>,
    status: Arc<Status>,
    steps_since_checkpoint: u64,
    log_frames: u32,
}

impl Writer {
    pub(super) fn new(conn: Connection, queue: Arc<Queue>, status: Arc<Status>) -> Self {
        Self { conn, queue, status, steps_since_checkpoint: 0, log_frames: 0 }
    }

    /// Until the queue is closed and empty, or the store has failed.
    pub(super) fn run(mut self) {
        // Also if a step panics: whoever waits must hear of it.
        let _end = EndOfWriter { queue: self.queue.clone(), status: self.status.clone() };
        loop {
            let patience = (self.steps_since_checkpoint > 0).then_some(CHECKPOINT_IDLE);
            match self.queue.take(GROUP_MAX, patience) {
                Taken::Jobs(jobs) => self.run_jobs(jobs),
                Taken::Idle => self.checkpoint(),
                Taken::Closed => break,
            }
            if self.steps_since_checkpoint >= CHECKPOINT_STEPS {
                self.checkpoint();
            }
            if self.status.failure().is_some() {
                return;
            }
        }
        self.checkpoint();
    }

    fn run_jobs(&mut self, mut jobs: Vec<Job>) {
        // A reader may have met the damage.
        if let Some(reason) = self.status.failure() {
            return answer_all(jobs, &StoreError::Unusable(reason));
        }
        match self.try_group(&mut jobs) {
            Group::Committed(fates) => answer(jobs, fates),
            Group::Failed(error) => answer_all(jobs, &error),
            Group::Lost(error) if jobs.len() == 1 => answer_all(jobs, &error),
            Group::Lost(error) => {
                // One of them was too much (a full disk, mostly). The others must not suffer: each for itself.
                tracing::warn!(%error, steps = jobs.len(), "a group of steps was undone; running them one by one");
                for job in jobs {
                    self.run_jobs(vec![job]);
                }
            }
        }
    }

    fn try_group(&mut self, jobs: &mut [Job]) -> Group {
        if let Err(error) = self.execute("BEGIN IMMEDIATE") {
            return Group::Failed(self.failed_statement(&error));
        }
        let mut fates = Vec::with_capacity(jobs.len());
        for job in jobs.iter_mut() {
            match self.apply(job) {
                Ok(fate) => fates.push(fate),
                Err(error) => return self.lost(&error),
            }
        }
        if let Err(error) = self.execute("COMMIT") {
            return Group::Failed(self.failed_commit(&error));
        }
        let applied = fates.iter().filter(|fate| fate.is_ok()).count() as u64;
        self.steps_since_checkpoint += applied;
        self.status.committed(applied);
        Group::Committed(fates)
    }

    /// One step in its savepoint. The outer error says that the whole transaction cannot go on.
    fn apply(&mut self, job: &mut Job) -> Result<Result<(), StoreError>, rusqlite::Error> {
        self.execute("SAVEPOINT step")?;
        let fate = match job.step.apply(&self.conn) {
            Ok(()) => Ok(()),
            Err(StepError::Refused(error)) => Err(error),
            Err(StepError::Sql(error)) if self.conn.is_autocommit() || error::ends_the_store(&error) => {
                return Err(error);
            }
            Err(StepError::Sql(error)) => {
                tracing::error!(%error, "a step was refused by the database");
                Err(error::of_statement(&error))
            }
        };
        if fate.is_err() {
            self.execute("ROLLBACK TO step")?;
        }
        self.execute("RELEASE step")?;
        Ok(fate)
    }

    fn lost(&mut self, error: &rusqlite::Error) -> Group {
        let failure = self.failed_statement(error);
        match self.roll_back() {
            Ok(()) if self.status.failure().is_none() => Group::Lost(failure),
            Ok(()) => Group::Failed(failure),
            Err(failure) => Group::Failed(failure),
        }
    }

    /// Nothing was committed. Fatal ones end the store.
    fn failed_statement(&self, error: &rusqlite::Error) -> StoreError {
        let failure = error::of_statement(error);
        if let StoreError::Unusable(reason) = &failure {
            self.status.fail(reason.clone());
        }
        failure
    }

    fn failed_commit(&mut self, error: &rusqlite::Error) -> StoreError {
        let failure = error::of_commit(error);
        if let StoreError::Unknown(reason) = &failure {
            // Only a new process, which reads the log from the disk, can tell.
            self.status.fail(format!("a commit's outcome is unknown: {reason}"));
            return failure;
        }
        tracing::warn!(error = %failure, "a commit was refused");
        match self.roll_back() {
            Ok(()) => failure,
            Err(failure) => failure,
        }
    }

    /// Ends an open transaction, if there is one still.
    fn roll_back(&mut self) -> Result<(), StoreError> {
        if self.conn.is_autocommit() {
            return Ok(());
        }
        self.execute("ROLLBACK").map_err(|error| {
            let reason = format!("a transaction could not be undone: {}", error::advice(&error));
            self.status.fail(reason.clone());
            StoreError::Unknown(reason)
        })
    }

    /// Copies the log into the database. Its failure to sync is as bad as a commit's: the log would be reused.
    fn checkpoint(&mut self) {
        self.steps_since_checkpoint = 0;
        let copied = if self.log_frames < LOG_FRAMES_LONG {
            self.copy_log("PRAGMA wal_checkpoint(PASSIVE)")
        } else {
            // Readers that overlap keep a log from ever starting anew: wait for them, but not for long.
            self.conn
                .busy_timeout(READERS_PATIENCE)
                .and_then(|()| self.copy_log("PRAGMA wal_checkpoint(RESTART)"))
                .and_then(|frames| self.conn.busy_timeout(super::open::BUSY).map(|()| frames))
        };
        match copied {
            Ok(frames) => self.log_frames = frames,
            Err(error) => {
                tracing::error!(%error, "the log could not be copied into the database");
                if matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::SystemIoFailure)) {
                    self.status.fail(format!("the log could not be copied: {}", error::advice(&error)));
                } else {
                    drop(self.failed_statement(&error));
                }
            }
        }
    }

    /// The log's length in frames, as SQLite says.
    fn copy_log(&self, pragma: &str) -> rusqlite::Result<u32> {
        let (busy, frames): (bool, i64) = self.conn.query_row(pragma, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let frames = u32::try_from(frames).unwrap_or(0);
        // Restarted: the next commit begins the log from its start.
        Ok(if pragma.contains("RESTART") && !busy { 0 } else { frames })
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }
}

fn answer(jobs: Vec<Job>, fates: Vec<Result<(), StoreError>>) {
    for (job, fate) in jobs.into_iter().zip(fates) {
        job.step.answer(fate);
    }
}

fn answer_all(jobs: Vec<Job>, error: &StoreError) {
    for job in jobs {
        job.step.answer(Err(error.clone()));
    }
}

/// However the writer ends, nobody waits for ever.
struct EndOfWriter {
    queue: Arc<Queue>,
    status: Arc<Status>,
}

impl Drop for EndOfWriter {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.status.fail("the writer ended by a fault of the program".into());
        }
        let reason = self.status.failure().unwrap_or_else(|| super::status::CLOSED.into());
        answer_all(self.queue.close_and_empty(), &StoreError::Unusable(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::open::{self, open_writer};
    use crate::sqlite::queue::Task;
    use tempfile::TempDir;

    fn writer(dir: &TempDir) -> Writer {
        let conn = open_writer(&open::database_path(dir.path()), true).unwrap();
        Writer::new(conn, Arc::new(Queue::new()), Arc::new(Status::new()))
    }

    fn job<T: Send + 'static>(
        run: impl FnMut(&Connection) -> super::error::StepResult<T> + Send + 'static,
    ) -> (Job, tokio::sync::oneshot::Receiver<Result<T, StoreError>>) {
        let (step, answer) = Task::new(run);
        (Job { at: None, urgent: false, step }, answer)
    }

    #[test]
    fn a_long_log_starts_anew_and_a_reader_only_delays_that() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(&dir);
        let put = "INSERT INTO settings VALUES (hex(randomblob(8)), '')";
        writer.conn.execute(put, []).unwrap();
        let reader = open::open_reader(&open::database_path(dir.path())).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM settings").unwrap();
        writer.conn.execute(put, []).unwrap();
        writer.log_frames = LOG_FRAMES_LONG;
        writer.checkpoint();
        assert!((1..LOG_FRAMES_LONG).contains(&writer.log_frames));
        reader.execute_batch("COMMIT").unwrap();
        writer.log_frames = LOG_FRAMES_LONG;
        writer.checkpoint();
        assert_eq!((writer.log_frames, writer.status.failure()), (0, None));
        writer.conn.execute(put, []).unwrap();
        writer.checkpoint();
        assert!((1..9).contains(&writer.log_frames), "{}", writer.log_frames);
    }

    #[test]
    fn a_group_that_fails_is_refused_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(&dir);
        // A duplicate that rests on a step of the same group must not be told when that step is not there.
        let (broken, written) = job(|conn| {
            conn.execute_batch("PRAGMA defer_foreign_keys=ON; INSERT INTO inbox VALUES ('message', 999, 0)")?;
            Ok(())
        });
        let (rests_on_it, refused) = job(|conn| {
            let there: bool = conn.prepare("SELECT 1 FROM inbox WHERE key = 'message'")?.exists([])?;
            if there { Err(StoreError::Duplicate.into()) } else { Ok(()) }
        });
        writer.run_jobs(vec![broken, rests_on_it]);
        for answer in [written, refused] {
            let answer = answer.blocking_recv().unwrap();
            assert!(matches!(answer, Err(StoreError::NotWritten(_))), "{answer:?}");
        }
        assert_eq!(writer.status.failure(), None);
        let (good, written) = job(|conn| Ok(conn.execute("INSERT INTO settings VALUES ('a', 'b')", [])?));
        writer.run_jobs(vec![good]);
        assert_eq!(written.blocking_recv().unwrap(), Ok(1));
    }

    #[test]
    fn a_step_that_panics_leaves_nobody_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let writer = writer(&dir);
        let (queue, status) = (writer.queue.clone(), writer.status.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (good, cut_off) = job(|_| Ok(()));
        let (bad, panicked) = job::<()>(|_| panic!("on purpose"));
        for job in [good, bad] {
            assert!(runtime.block_on(queue.push(job)).is_ok());
        }
        assert!(std::thread::spawn(move || writer.run()).join().is_err());
        assert!(cut_off.blocking_recv().is_err());
        assert!(panicked.blocking_recv().is_err());
        assert!(status.failure().is_some());
        let (late, _) = job(|_| Ok(()));
        assert!(runtime.block_on(queue.push(late)).is_err());
    }
}
