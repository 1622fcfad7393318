//! The node's log with an end: at info level ldk-node writes more than its database holds, and never stops.
//!
//! Invariant: on disk there are never more than `files_kept + 1` files of about `file_bytes_max` each, and a full disk
//! silences the log, not the node.

use super::config::{LogConfig, LogLevel};
use ids::UnixMs;
use ldk_node::logger::{LogLevel as LdkLevel, LogRecord, LogWriter};
use ports::Clock;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One record is at most this long; LDK prints whole transactions and graphs at its lower levels.
const LINE_BYTES_MAX: usize = 4_096;

pub(super) struct BoundedLog {
    path: PathBuf,
    config: LogConfig,
    clock: Arc<dyn Clock>,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    file: Option<File>,
    bytes: u64,
}

impl BoundedLog {
    pub fn new(path: PathBuf, config: LogConfig, clock: Arc<dyn Clock>) -> Self {
        Self { path, config, clock, current: Mutex::new(Current::default()) }
    }

    fn write(&self, line: &str) -> std::io::Result<()> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.bytes >= self.config.file_bytes_max {
            current.file = None;
            self.rotate()?;
        }
        if current.file.is_none() {
            let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            current.bytes = file.metadata()?.len();
            current.file = Some(file);
        }
        if let Some(file) = &mut current.file {
            file.write_all(line.as_bytes())?;
            current.bytes += line.len() as u64;
        }
        Ok(())
    }

    fn rotate(&self) -> std::io::Result<()> {
        if self.config.files_kept == 0 {
            return fs::remove_file(&self.path);
        }
        for number in (1..self.config.files_kept).rev() {
            let older = numbered(&self.path, number);
            if older.exists() {
                fs::rename(older, numbered(&self.path, number + 1))?;
            }
        }
        fs::rename(&self.path, numbered(&self.path, 1))
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

impl LogWriter for BoundedLog {
    fn log<'a>(&self, record: LogRecord<'a>) {
        if record.level < least(self.config.level) {
            return;
        }
        let mut line = format!(
            "{} {:<5} [{}:{}] {}",
            utc(self.clock.now()),
            record.level.to_string(),
            record.module_path,
            record.line,
            record.args
        );
        if line.len() > LINE_BYTES_MAX {
            let end = (0..=LINE_BYTES_MAX).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
            line.truncate(end);
        }
        line.push('\n');
        // Nobody to tell: the log is where it would be told.
        let _ = self.write(&line);
    }
}

const fn least(level: LogLevel) -> LdkLevel {
    match level {
        LogLevel::Error => LdkLevel::Error,
        LogLevel::Warn => LdkLevel::Warn,
        LogLevel::Info => LdkLevel::Info,
        LogLevel::Debug => LdkLevel::Debug,
        LogLevel::Trace => LdkLevel::Trace,
    }
}

/// `2026-01-31T23:59:59.123Z`, by the proleptic Gregorian calendar counted from March, when leap days come last.
fn utc(at: UnixMs) -> String {
    let (days, ms) = (at.0 / 86_400_000, at.0 % 86_400_000);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> UnixMs {
            UnixMs(1_709_251_199_007)
        }
    }

    #[test]
    fn dates_are_right() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_007, "2024-02-29T23:59:59.007Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in cases {
            assert_eq!(utc(UnixMs(ms)), text);
        }
    }

    #[test]
    fn the_log_has_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let config = LogConfig { level: LogLevel::Info, file_bytes_max: 1_000, files_kept: 2 };
        let log = BoundedLog::new(dir.path().join("ldk.log"), config, Arc::new(Fixed));
        for number in 0..200 {
            let level = if number % 2 == 0 { LdkLevel::Info } else { LdkLevel::Debug };
            log.log(LogRecord { level, args: format_args!("record {number}"), module_path: "m", line: 1 });
        }
        log.log(LogRecord {
            level: LdkLevel::Error,
            args: format_args!("{}", "é".repeat(9_000)),
            module_path: "m",
            line: 1,
        });
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["ldk.log", "ldk.log.1", "ldk.log.2"]);
        let texts: Vec<_> = names.iter().map(|n| fs::read_to_string(dir.path().join(n)).unwrap()).collect();
        assert!(texts.iter().all(|text| text.len() <= 1_000 + LINE_BYTES_MAX + 1));
        assert!(texts.iter().any(|text| text.contains("record 198")));
        assert!(texts.iter().all(|text| !text.contains("DEBUG")));
    }

    #[test]
    fn a_log_that_cannot_be_written_is_survived() {
        let dir = tempfile::tempdir().unwrap();
        let log = BoundedLog::new(dir.path().join("no/such/dir/ldk.log"), LogConfig::default(), Arc::new(Fixed));
        log.log(LogRecord { level: LdkLevel::Error, args: format_args!("lost"), module_path: "m", line: 1 });
    }
}
