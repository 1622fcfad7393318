//! The vendors' own client libraries against the simulations: `crates/sandbox/tests/vendor_clients`.
//!
//! The libraries are those of its `requirements.txt`, in a virtual environment in the cache.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::{needs, process, python, repo};

const CHECKS_LIMIT: Duration = Duration::from_secs(600);

/// Runs every check.
pub fn check(root: &Path) -> Result<String> {
    needs::ensure(needs::VENDOR_CLIENTS)?;
    let home = root.join("crates/sandbox/tests/vendor_clients");
    let python = python::environment("vendor-clients", &home.join("requirements.txt"))?.join("bin/python");
    let mut command = Command::new(python);
    command.arg(home.join("run.py")).arg(repo::dev_binary(root, "lab"));
    // What is tried is the repository's, not what a person has set for pip or Python.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let mut count = 0;
    process::run_lines(&mut command, CHECKS_LIMIT, |line| count += usize::from(line.contains("_check.py: ok")))?;
    anyhow::ensure!(count > 0, "no check was run");
    Ok(format!("{count} vendors, as their client libraries expect"))
}
