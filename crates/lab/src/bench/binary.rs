//! The server's binary, built as this program was.

use anyhow::{Context as _, Result, ensure};
use std::process::{Command, Stdio};

/// Under `cargo run` only this program was built: build the server beside it, so that what is measured is what is
/// there. A binary that `ANYTILL_BIN` names is taken as it is.
pub fn ensure() -> Result<()> {
    if std::env::var_os("ANYTILL_BIN").is_some() {
        return Ok(());
    }
    let Some(cargo) = std::env::var_os("CARGO") else { return Ok(()) };
    super::progress("building the server (minutes the first time)");
    let mut build = Command::new(cargo);
    build.args(["build", "--package", "anytill"]).stdout(Stdio::null());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let status = build.status().context("cargo cannot be started")?;
    ensure!(status.success(), "the server was not built: see above");
    Ok(())
}
