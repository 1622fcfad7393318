//! The node's log with an end: at info level ldk-node writes more than its database holds, and never stops.
//!
//! Invariant: on disk there are never more than `files_kept + 1` files of about `file_bytes_max` each, and a full disk
//! silences the log, not the node.

use super::config::{LogConfig, LogLevel};
use ldk_node::logger::{LogLevel as LdkLevel, LogRecord, LogWriter};
use ports::{Clock, Secret};
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
    /// What LDK may print with what it prints, and nobody may read here.
    secret: Option<Secret>,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    file: Option<File>,
    bytes: u64,
}

impl BoundedLog {
    pub fn new(path: PathBuf, config: LogConfig, clock: Arc<dyn Clock>) -> Self {
        Self { path, config, clock, secret: None, current: Mutex::new(Current::default()) }
    }

    /// With something that is left out wherever it stands.
    pub fn without(mut self, secret: Option<Secret>) -> Self {
        self.secret = secret.filter(|secret| !secret.expose().is_empty());
        self
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
            outbound::rfc3339(self.clock.now()),
            record.level.to_string(),
            record.module_path,
            record.line,
            record.args
        );
        if let Some(secret) = &self.secret {
            line = line.replace(secret.expose(), "(withheld)");
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use ids::UnixMs;

    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> UnixMs {
            UnixMs(1_709_251_199_007)
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
