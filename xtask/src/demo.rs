//! `cargo demo`: builds the server and the lab, then becomes `lab demo`, told where the server is.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{needs, process, repo};

/// A whole purchase on this machine, by real Lightning. All arguments go to the demo: try `cargo demo --help`.
#[derive(clap::Args, Debug)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What the demo is to do (`--scenario NAME`, `--json`, `--keep`, ...)
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

/// Returns only if something went wrong: else this process has become the demo.
pub fn main(args: &Args) -> Result<()> {
    let root = repo::root()?;
    needs::ensure(needs::COMPILER)?;
    build(&root)?;
    let mut demo = Command::new(repo::dev_binary(&root, "lab"));
    demo.arg("demo").args(&args.args).env("ANYTILL_BIN", repo::dev_binary(&root, "anytill"));
    let error = demo.exec();
    Err(error).with_context(|| format!("cannot start `{}`", process::shown(&demo)))
}

/// Cargo's own progress is shown, on standard error: `--json` keeps standard output for itself.
pub fn build(root: &std::path::Path) -> Result<()> {
    eprintln!("building the server and the demo (minutes the first time, then seconds)");
    let mut cargo = Command::new(repo::cargo());
    cargo.current_dir(root).args(["build", "--package", "anytill", "--package", "lab"]);
    let status = cargo.status().with_context(|| format!("cannot start `{}`", process::shown(&cargo)))?;
    if !status.success() {
        bail!("the build failed: see above");
    }
    Ok(())
}
