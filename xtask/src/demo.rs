//! `cargo demo`: builds the server and the lab, then becomes `lab demo`, told where the server is. What the demo is asked to
//! run on, a real chain, LND or Electrum, is seen to first.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::{bitcoind, electrum, lnd, needs, process, repo};

/// A whole purchase on this machine, by real Lightning. All arguments go to the demo: try `cargo demo --help`.
#[derive(clap::Args, Debug)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What the demo is to do (`--scenario NAME`, `--json`, `--keep`, ...)
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

/// Set where the terminal's Ctrl-C is left to the demo, which then stops everything.
const UNINTERRUPTED: &str = "ANYTILL_DEMO_UNINTERRUPTED";

/// What the demo is told to run on that is not in this repository.
#[derive(Debug, Default, PartialEq)]
struct Outside {
    lnd: bool,
    electrum: bool,
}

/// Becomes the demo where it needs no chain beside it.
pub fn main(args: &Args) -> Result<ExitCode> {
    let root = repo::root()?;
    needs::ensure(needs::COMPILER)?;
    build(&root)?;
    let mut demo = Command::new(repo::dev_binary(&root, "lab"));
    demo.arg("demo").args(&args.args).env("ANYTILL_BIN", repo::dev_binary(&root, "anytill"));
    let Some(outside) = outside(&args.args) else {
        let error = demo.exec();
        return Err(error).with_context(|| format!("cannot start `{}`", process::shown(&demo)));
    };
    refuse_first(&root, args)?;
    if std::env::var_os(UNINTERRUPTED).is_none() {
        return ignoring_interrupts();
    }
    equip(&mut demo, &root, &outside)?;
    let mut code = ExitCode::FAILURE;
    bitcoind::beside_apart(&bitcoind::ensure(None)?, |url| {
        demo.args(["--bitcoind", url]);
        let status = demo.status().with_context(|| format!("cannot start `{}`", process::shown(&demo)))?;
        code = ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1));
        Ok(())
    })?;
    Ok(code)
}

/// None if no chain is to be started: nothing asks for one, or it is given.
fn outside(args: &[OsString]) -> Option<Outside> {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let given = |name: &str| {
        let with = format!("{name}=");
        words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(&with) {
            Some(value) => Some(value.to_owned()),
            None => (word == name).then(|| words.get(at + 1).map(ToString::to_string)).flatten(),
        })
    };
    let is = |name: &str, value: &str| given(name).is_some_and(|given| given == value);
    let lnd = is("--node", "lnd") || is("--payer", "lnd") || is("--payer", "nwc");
    let electrum = is("--payer", "electrum");
    let help = words.iter().any(|word| word == "--help" || word == "-h");
    ((lnd || electrum) && given("--bitcoind").is_none() && !help).then_some(Outside { lnd, electrum })
}

/// What is impossible is said before anything is built for it.
fn refuse_first(root: &Path, args: &Args) -> Result<()> {
    let mut lab = Command::new(repo::dev_binary(root, "lab"));
    lab.args(["demo", "--check"]).args(&args.args);
    let status = lab.status().with_context(|| format!("cannot start `{}`", process::shown(&lab)))?;
    if !status.success() {
        std::process::exit(status.code().unwrap_or(1));
    }
    Ok(())
}

/// This program once more, with Ctrl-C ignored: a signal that is ignored stays so in what is started, until it is asked for,
/// as the demo does.
fn ignoring_interrupts() -> Result<ExitCode> {
    let mut again = Command::new("sh");
    again.args(["-c", "trap '' INT; exec \"$@\"", "sh"]).args(std::env::args_os()).env(UNINTERRUPTED, "1");
    let error = again.exec();
    Err(error).context("cannot start a shell")
}

/// Tells the demo where the programs are.
fn equip(demo: &mut Command, root: &Path, outside: &Outside) -> Result<()> {
    if outside.lnd {
        demo.env("ANYTILL_LND", lnd::ensure(root)?);
    }
    if outside.electrum {
        demo.env("ANYTILL_ELECTRUMX", electrum::ensure(root)?);
    }
    Ok(())
}

/// Cargo's own progress is shown, on standard error: `--json` keeps standard output for itself.
pub fn build(root: &Path) -> Result<()> {
    eprintln!("building the server and the demo (minutes the first time, then seconds)");
    let mut cargo = Command::new(repo::cargo());
    cargo.current_dir(root).args(["build", "--package", "anytill", "--package", "lab"]);
    let status = cargo.status().with_context(|| format!("cannot start `{}`", process::shown(&cargo)))?;
    if !status.success() {
        bail!("the build failed: see above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> Option<Outside> {
        outside(&words.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_chain_is_started_where_something_needs_it() {
        assert_eq!(of(""), None);
        assert_eq!(of("--node ldk --payer ldk --rail onchain"), None);
        assert_eq!(of("--payer electrum"), Some(Outside { lnd: false, electrum: true }));
        assert_eq!(of("--node=lnd --payer=electrum"), Some(Outside { lnd: true, electrum: true }));
        assert_eq!(of("--payer nwc --keep"), Some(Outside { lnd: true, electrum: false }));
        assert_eq!(of("--payer lnd --bitcoind http://u:p@h:1"), None);
        assert_eq!(of("--payer lnd --help"), None);
    }
}
