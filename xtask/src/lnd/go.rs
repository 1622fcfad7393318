//! The Go that builds LND.
//!
//! LND asks for a newer Go than any Debian has. From 1.21 on Go fetches the toolchain that a module asks for by itself,
//! through the module proxy; so 1.21 is what the machine needs. Debian 12 has 1.19 and, in its backports, 1.23.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

const GO_MIN: (u32, u32) = (1, 21);
const INSTALL_LIMIT: Duration = Duration::from_secs(900);

/// A command of Go's that may fetch the toolchain it needs.
pub fn go() -> Command {
    let mut command = Command::new("go");
    command.env("GOTOOLCHAIN", "auto").env("GOFLAGS", "-mod=readonly");
    command
}

/// Sees to it that a Go is there which can fetch the one that LND needs.
pub fn ensure() -> Result<()> {
    let found = version();
    if found.is_some_and(|version| version >= GO_MIN) {
        return Ok(());
    }
    let has = found.map_or_else(|| "no Go".to_owned(), |(major, minor)| format!("Go {major}.{minor}"));
    if !(is_root() && is_bookworm()) {
        bail!("{}", advice(&has));
    }
    eprintln!("this machine has {has}; installing golang-go from bookworm-backports");
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.args(["-q", "-y", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]).args(words);
        process::run_aside(&mut command, INSTALL_LIMIT)
    };
    apt(&["update"]).context("apt-get could not read its package lists")?;
    apt(&["install", "--no-install-recommends", "-t", "bookworm-backports", "golang-go"])
        .with_context(|| advice(&has))?;
    match version() {
        Some(version) if version >= GO_MIN => Ok(()),
        _ => bail!("{}", advice("an older Go before it on the path")),
    }
}

fn advice(has: &str) -> String {
    format!(
        "LND is built with Go, and this machine has {has}. Any Go from {}.{} on will do, since it fetches the newer one that \
         LND asks for by itself:\n  Debian 12, with bookworm-backports among apt's sources: sudo apt-get install -t bookworm-backports golang-go\n  elsewhere: the \
         distribution's golang, or https://go.dev/dl",
        GO_MIN.0, GO_MIN.1
    )
}

fn version() -> Option<(u32, u32)> {
    // Outside any module: asking must not fetch a toolchain.
    let mut command = Command::new("go");
    command.arg("version").env("GOTOOLCHAIN", "local").current_dir("/");
    read_version(&process::output(&mut command).ok()?)
}

/// Of `go version go1.26.8 linux/amd64`.
fn read_version(said: &str) -> Option<(u32, u32)> {
    let number = said.split_whitespace().find_map(|word| word.strip_prefix("go1.").map(|rest| (1, rest)))?;
    let digits: String = number.1.chars().take_while(char::is_ascii_digit).collect();
    Some((number.0, digits.parse().ok()?))
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}

fn is_bookworm() -> bool {
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| text.contains("VERSION_CODENAME=bookworm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_and_compared() {
        assert_eq!(read_version("go version go1.26.8 linux/amd64"), Some((1, 26)));
        assert_eq!(read_version("go version go1.19 linux/amd64"), Some((1, 19)));
        assert!(read_version("go version go1.19.8 linux/amd64") < Some(GO_MIN));
        assert_eq!(read_version("zsh: command not found: go"), None);
    }

    #[test]
    fn the_advice_says_what_and_how() {
        let text = advice("Go 1.19");
        assert!(text.contains("has Go 1.19") && text.contains("-t bookworm-backports golang-go"), "{text}");
    }
}
