//! The browser extension's scripts: its libraries are installed as the lock file says, then npm runs the script.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{bitcoind, electrum, lnd, needs, process, repo};

const GECKODRIVER: &str = "0.37.1";
const GECKODRIVER_LIMIT: Duration = Duration::from_secs(1_800);
const FIREFOX_LIMIT: Duration = Duration::from_secs(600);
const WALLETS_LIMIT: Duration = Duration::from_secs(900);

/// Longer than any install seen; a registry that is gone must not hang the run.
const INSTALL_LIMIT: Duration = Duration::from_secs(900);

/// Runs `npm run SCRIPT` in `extension/`.
pub fn run(root: &Path, script: &str, limit: Duration) -> Result<()> {
    needs::ensure(needs::EXTENSION)?;
    needs::ensure(needs::WINDOW)?;
    let dir = root.join("extension");
    install(&dir)?;
    process::run(&mut npm(root, &dir, script), limit)
}

/// The purchase in Firefox, driven by Mozilla's geckodriver, which the registry has as a crate: built once, kept in the cache.
pub fn firefox(root: &Path) -> Result<String> {
    needs::ensure(needs::EXTENSION)?;
    needs::ensure(needs::FIREFOX)?;
    let home = repo::cache_dir()?.join(format!("geckodriver-{GECKODRIVER}"));
    let driver = home.join("bin/geckodriver");
    if !driver.is_file() {
        let mut command = Command::new(repo::cargo());
        command.args(["install", "geckodriver", "--version", GECKODRIVER, "--locked", "--root"]).arg(&home);
        process::run(&mut command, GECKODRIVER_LIMIT).context("geckodriver could not be built")?;
    }
    let dir = root.join("extension");
    install(&dir)?;
    let mut command = npm(root, &dir, "test:firefox");
    process::run(command.env("GECKODRIVER", &driver), FIREFOX_LIMIT)?;
    Ok(format!("bought in Firefox through geckodriver {GECKODRIVER}"))
}

/// What the panel's code says, scanned and paid by wallets that nobody here wrote.
pub fn wallets(root: &Path) -> Result<String> {
    needs::ensure(needs::EXTENSION)?;
    needs::ensure(needs::WINDOW)?;
    let (programs, electrumx, daemon) = (lnd::ensure(root)?, electrum::ensure(root)?, bitcoind::ensure(None)?);
    let dir = root.join("extension");
    install(&dir)?;
    bitcoind::beside(&daemon, WALLETS_LIMIT, |_| {
        let mut command = npm(root, &dir, "test:wallets");
        command.env("ANYTILL_LND", &programs).env("ANYTILL_ELECTRUMX", &electrumx);
        command
    })?;
    Ok("scanned and paid by LND and by Electrum".to_owned())
}

fn npm(root: &Path, dir: &Path, script: &str) -> Command {
    let mut command = Command::new("npm");
    command.args(["run", "--silent", script]).current_dir(dir);
    command.env("ANYTILL_BIN", repo::dev_binary(root, "anytill"));
    command.env("LAB_BIN", repo::dev_binary(root, "lab"));
    command
}

/// `npm ci`, unless what is installed is what the lock file says: the mark beside them is a copy of it.
fn install(dir: &Path) -> Result<()> {
    let lock = fs::read(dir.join("package-lock.json")).context("the extension's lock file")?;
    let stamp = dir.join("node_modules/.anytill-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund"]).current_dir(dir);
    process::run(&mut command, INSTALL_LIMIT).context("the extension's libraries could not be installed")?;
    fs::write(stamp, lock).context("the mark of what is installed")
}
