//! What it was measured on.

use serde::Serialize;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Magic number of a file system that is memory (statfs(2)).
const TMPFS: i64 = 0x0102_1994;

#[derive(Debug, Serialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_gib: u64,
    pub kernel: String,
    /// Seconds since 1970.
    pub at_unix_s: u64,
    pub optimised: bool,
    /// A disk whose commits cost nothing: ratios to its rate say nothing.
    pub disk_is_memory: bool,
    /// Processes that wanted a core, on average of the last minute: the bench's own are among them.
    pub load: String,
}

impl Machine {
    pub fn look(dir: &Path) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split(':').nth(1)).unwrap_or("unknown").trim().to_owned()
        };
        let memory_kib = field(&read("/proc/meminfo"), "MemTotal").split(' ').next().and_then(|kib| kib.parse().ok());
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory_kib.unwrap_or(0u64) >> 20,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            at_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            optimised: !cfg!(debug_assertions),
            disk_is_memory: rustix::fs::statfs(dir).is_ok_and(|found| found.f_type == TMPFS),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}
