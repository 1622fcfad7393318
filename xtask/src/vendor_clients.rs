//! The vendors' own client libraries against the simulations: `crates/sandbox/tests/vendor_clients`.
//!
//! The libraries are those of its `requirements.txt`, in a virtual environment in the cache; pip is asked again only when
//! that file changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{needs, process, repo};

const INSTALL_LIMIT: Duration = Duration::from_secs(900);
const CHECKS_LIMIT: Duration = Duration::from_secs(600);

/// Runs every check.
pub fn check(root: &Path) -> Result<String> {
    needs::ensure(needs::VENDOR_CLIENTS)?;
    let home = root.join("crates/sandbox/tests/vendor_clients");
    let python = environment(&home)?;
    let mut command = Command::new(python);
    command.arg(home.join("run.py")).arg(repo::dev_binary(root, "lab"));
    // What is tried is the repository's, not what a person has set for pip or Python.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let mut count = 0;
    process::run_lines(&mut command, CHECKS_LIMIT, |line| count += usize::from(line.contains("_check.py: ok")))?;
    anyhow::ensure!(count > 0, "no check was run");
    Ok(format!("{count} vendors, as their client libraries expect"))
}

/// The Python of the environment that has the libraries; made, or made anew, where it has others.
fn environment(home: &Path) -> Result<PathBuf> {
    let wanted = fs::read(home.join("requirements.txt")).context("the libraries' list")?;
    let place = repo::cache_dir()?.join("vendor-clients");
    let (python, stamp) = (place.join("bin/python"), place.join("anytill-requirements.txt"));
    if python.is_file() && fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    process::run_aside(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place), INSTALL_LIMIT)
        .context("the virtual environment could not be made")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::run_aside(pip.arg(home.join("requirements.txt")), INSTALL_LIMIT)
        .context("the vendors' libraries could not be installed")?;
    fs::write(stamp, wanted).context("the mark of what is installed")?;
    Ok(python)
}
