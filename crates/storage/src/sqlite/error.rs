//! What SQLite's errors mean to those who wait for an answer.
//!
//! Invariant: "not written" is said only where SQLite cannot have written the commit mark. In WAL mode a failed COMMIT
//! can leave a complete commit in the log that the next start would find (the frames are written, then the sync or the
//! shared index fails), so an I/O error there is unknown and ends the writer.

use ports::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// Why a step was not applied.
#[derive(Debug)]
pub(super) enum StepError {
    /// By the rules of the store; the connection is as good as before.
    Refused(StoreError),
    /// By SQLite.
    Sql(Error),
}

pub(super) type StepResult<T> = Result<T, StepError>;

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// Of a statement before COMMIT, or of a read: whatever it was, nothing of it stays.
pub(super) fn of_statement(error: &Error) -> StoreError {
    if ends_the_store(error) { StoreError::Unusable(advice(error)) } else { StoreError::NotWritten(advice(error)) }
}

/// Of COMMIT itself.
pub(super) fn of_commit(error: &Error) -> StoreError {
    match code(error) {
        // Before any frame of the log is complete: no room, no lock, no right to write.
        Some(
            ErrorCode::DiskFull
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::ConstraintViolation,
        ) => StoreError::NotWritten(advice(error)),
        _ => StoreError::Unknown(advice(error)),
    }
}

/// After these, nothing that this process reads or writes can be trusted.
pub(super) fn ends_the_store(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, _) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                || matches!(failure.extended_code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
        }
        // A value that our own schema would not have taken.
        Error::FromSqlConversionFailure(..)
        | Error::InvalidColumnType(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..) => true,
        _ => false,
    }
}

fn code(error: &Error) -> Option<ErrorCode> {
    match error {
        Error::SqliteFailure(failure, _) => Some(failure.code),
        _ => None,
    }
}

/// SQLite's words and, where it helps, what to do.
pub(super) fn advice(error: &Error) -> String {
    let hint = match code(error) {
        Some(ErrorCode::DiskFull) => ": make room on the disk; nothing was lost and it goes on by itself",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ": another program holds it open for writing",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => ": check the owner and the mode of the files",
        Some(ErrorCode::SystemIoFailure) => ": check the disk and the kernel's log before starting again",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ": the file is damaged; keep a copy of it and restore the newest backup"
        }
        _ => "",
    };
    match error {
        Error::SqliteFailure(failure, _) => format!("{error} (SQLite {}){hint}", failure.extended_code),
        _ => format!("{error}{hint}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(extended: i32) -> Error {
        Error::SqliteFailure(ffi::Error::new(extended), None)
    }

    #[test]
    fn commit_errors() {
        for (extended, known) in [
            (ffi::SQLITE_FULL, true),
            (ffi::SQLITE_BUSY, true),
            (ffi::SQLITE_BUSY_SNAPSHOT, true),
            (ffi::SQLITE_READONLY, true),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, true),
            (ffi::SQLITE_IOERR_FSYNC, false),
            (ffi::SQLITE_IOERR_WRITE, false),
            (ffi::SQLITE_IOERR_SHMSIZE, false),
            (ffi::SQLITE_NOMEM, false),
            (ffi::SQLITE_CORRUPT, false),
            (ffi::SQLITE_INTERRUPT, false),
        ] {
            let answer = of_commit(&failure(extended));
            assert_eq!(matches!(answer, StoreError::NotWritten(_)), known, "{extended}: {answer}");
            assert_eq!(matches!(answer, StoreError::Unknown(_)), !known, "{extended}: {answer}");
        }
    }

    #[test]
    fn statement_errors() {
        for (extended, ends) in [
            (ffi::SQLITE_FULL, false),
            (ffi::SQLITE_IOERR_WRITE, false),
            (ffi::SQLITE_IOERR_FSYNC, true),
            (ffi::SQLITE_IOERR_DIR_FSYNC, true),
            (ffi::SQLITE_CORRUPT, true),
            (ffi::SQLITE_CORRUPT_INDEX, true),
            (ffi::SQLITE_NOTADB, true),
        ] {
            let answer = of_statement(&failure(extended));
            assert_eq!(matches!(answer, StoreError::Unusable(_)), ends, "{extended}: {answer}");
        }
    }
}
