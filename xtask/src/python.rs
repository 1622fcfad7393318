//! Virtual environments of Python in the cache; pip is asked again only when the list of what they have changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{process, repo};

const INSTALL_LIMIT: Duration = Duration::from_secs(900);

/// The environment of this name that has what `requirements` lists; made, or made anew, where it has others.
pub fn environment(name: &str, requirements: &Path) -> Result<PathBuf> {
    let wanted = fs::read(requirements).context("the list of what is to be installed")?;
    let place = repo::cache_dir()?.join(name);
    let stamp = place.join("anytill-requirements.txt");
    let python = place.join("bin/python");
    if python.is_file() && fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(place);
    }
    process::run_aside(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place), INSTALL_LIMIT)
        .context("the virtual environment could not be made")?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::run_aside(pip.arg(requirements), INSTALL_LIMIT)
        .with_context(|| format!("{name} could not be installed"))?;
    fs::write(stamp, wanted).context("the mark of what is installed")?;
    Ok(place)
}
