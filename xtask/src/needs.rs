//! What the machine must have besides Rust, how to see it, and which Debian package brings it.
//!
//! As root on Debian what is missing is installed; anybody else is told what to install. Nothing that is there is touched.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// How to see that a thing is there; asks the tools themselves, so it holds on any distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Probe {
    /// A program on the path that answers `--version`.
    Program(&'static str),
    /// A program on the path that has no such answer.
    OnPath(&'static str),
    /// A header that the C++ compiler finds.
    Header(&'static str),
    /// A family of fonts that fontconfig knows.
    Font(&'static str),
    /// A module that Python finds.
    Python(&'static str),
    /// A file that others read.
    File(&'static str),
}

impl Probe {
    fn what(self) -> &'static str {
        match self {
            Self::Program(what)
            | Self::OnPath(what)
            | Self::Header(what)
            | Self::Font(what)
            | Self::Python(what)
            | Self::File(what) => what,
        }
    }
}

/// One thing the machine must have.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub probe: Probe,
    pub debian: &'static str,
    pub why: &'static str,
}

/// For every build: SQLite, secp256k1 and ring are C.
pub const COMPILER: &[Need] = &[
    Need { probe: Probe::Program("cc"), debian: "build-essential", why: "SQLite, secp256k1 and ring are C" },
    Need { probe: Probe::Program("c++"), debian: "build-essential", why: "Bitcoin Core is C++" },
    Need { probe: Probe::Program("make"), debian: "build-essential", why: "cmake's builds run on it" },
];

/// For building Bitcoin Core, besides [`COMPILER`].
pub const BITCOIN_CORE: &[Need] = &[
    Need { probe: Probe::Program("cmake"), debian: "cmake", why: "Bitcoin Core's build system" },
    Need { probe: Probe::Program("pkg-config"), debian: "pkg-config", why: "finds libevent" },
    Need {
        probe: Probe::Header("boost/multi_index_container.hpp"),
        debian: "libboost-dev",
        why: "Bitcoin Core's memory pool",
    },
    Need { probe: Probe::Header("event2/event.h"), debian: "libevent-dev", why: "Bitcoin Core's RPC server" },
];

/// For the browser extension: what builds it, and the browsers that it is tried in.
pub const EXTENSION: &[Need] = &[
    Need { probe: Probe::Program("node"), debian: "nodejs", why: "builds the browser extension and runs its tests" },
    Need { probe: Probe::Program("npm"), debian: "npm", why: "brings the libraries that the lock file names" },
    Need { probe: Probe::OnPath("chromium"), debian: "chromium", why: "the browser that purchases are made in" },
    Need { probe: Probe::OnPath("fc-list"), debian: "fontconfig", why: "tells which fonts are there" },
    Need { probe: Probe::Font("DejaVu Sans"), debian: "fonts-dejavu-core", why: "the pictures' letters" },
    Need { probe: Probe::Font("Noto Sans"), debian: "fonts-noto-core", why: "the pictures' letters" },
    Need { probe: Probe::Font("Noto Sans CJK SC"), debian: "fonts-noto-cjk", why: "the pictures' Chinese letters" },
];

/// For trying the extension by hand in a window: what only a person can press is pressed there, and what a telephone
/// scans is read off the picture.
pub const WINDOW: &[Need] = &[
    Need { probe: Probe::OnPath("zbarimg"), debian: "zbar-tools", why: "reads the invoice's code as a wallet does" },
    Need { probe: Probe::OnPath("Xvfb"), debian: "xvfb", why: "a screen for a window that nobody looks at" },
    Need { probe: Probe::OnPath("xdotool"), debian: "xdotool", why: "presses what only a person can press" },
    Need {
        probe: Probe::Python("ensurepip"),
        debian: "python3-venv",
        why: "installs a shop in Python, which the extension is tried at",
    },
    Need {
        probe: Probe::File("/usr/share/i18n/locales/en_US"),
        debian: "locales",
        why: "that shop writes its amounts by the locale",
    },
];

/// For the vendors' client libraries, which are Python's.
pub const VENDOR_CLIENTS: &[Need] = &[
    Need { probe: Probe::Program("python3"), debian: "python3", why: "runs the vendors' client libraries" },
    Need {
        probe: Probe::Python("ensurepip"),
        debian: "python3-venv",
        why: "keeps those libraries apart from the system's",
    },
];

/// For a wallet that nobody here wrote, and the server that it asks.
pub const ELECTRUM: &[Need] = &[
    Need { probe: Probe::OnPath("electrum"), debian: "electrum", why: "the wallet that pays" },
    Need {
        probe: Probe::File("/usr/lib/python3/dist-packages/electrum/__init__.py"),
        debian: "python3-electrum",
        why: "what the wallet is made of",
    },
    Need { probe: Probe::Python("ensurepip"), debian: "python3-venv", why: "keeps its server apart from the system" },
];

/// For the purchase in Firefox.
pub const FIREFOX: &[Need] = &[Need {
    probe: Probe::OnPath("firefox-esr"),
    debian: "firefox-esr",
    why: "the other browser that purchases are made in",
}];

/// Sees to it that all of `needs` are there.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages = packages(&missing);
    if !may_install() {
        bail!("{}", advice(&missing, &packages));
    }
    eprintln!("installing what is missing: {}", packages.join(" "));
    install(&packages)?;
    let still: Vec<_> = missing.into_iter().filter(|need| !is_there(need.probe)).collect();
    if !still.is_empty() {
        bail!("still missing after the installation: {}", advice(&still, &packages));
    }
    Ok(())
}

fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !is_there(need.probe)).collect()
}

fn packages(missing: &[Need]) -> Vec<&'static str> {
    let mut packages: Vec<_> = missing.iter().map(|need| need.debian).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn advice(missing: &[Need], packages: &[&str]) -> String {
    let mut text = String::from("this machine lacks:\n");
    for need in missing {
        let what = need.probe.what();
        text.push_str(&format!("  {what}: {}\n", need.why));
    }
    text.push_str(&format!("on Debian or Ubuntu: sudo apt-get install {}", packages.join(" ")));
    text
}

fn is_there(probe: Probe) -> bool {
    match probe {
        Probe::Program(name) => quiet(Command::new(name).arg("--version")).is_ok_and(|status| status.success()),
        Probe::OnPath(name) => on_path(name),
        Probe::Header(path) => header_found(path).unwrap_or(false),
        Probe::Font(family) => {
            process::output(Command::new("fc-list").args([family, "family"])).is_ok_and(|said| !said.trim().is_empty())
        }
        Probe::Python(module) => quiet(Command::new("python3").args(["-c", &format!("import {module}")]))
            .is_ok_and(|status| status.success()),
        Probe::File(path) => Path::new(path).is_file(),
    }
}

fn on_path(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

fn header_found(path: &str) -> Result<bool> {
    let mut child = Command::new("c++")
        .args(["-x", "c++", "-E", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().context("standard input was asked for")?;
    writeln!(stdin, "#include <{path}>")?;
    drop(stdin);
    Ok(child.wait()?.success())
}

fn may_install() -> bool {
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0");
    root && is_there(Probe::Program("apt-get"))
}

/// A mirror that is slow or gone must not hang the run: apt gets its own timeouts and retries, and we a limit.
fn install(packages: &[&str]) -> Result<()> {
    let apt = |verb: &str| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.args(["-q", "-y", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120", verb]);
        command
    };
    process::run_aside(&mut apt("update"), Duration::from_secs(300))
        .context("apt-get could not read its package lists")?;
    process::run_aside(apt("install").arg("--no-install-recommends").args(packages), Duration::from_secs(900))
        .with_context(|| format!("apt-get could not install {}", packages.join(" ")))
}

fn quiet(command: &mut Command) -> std::io::Result<std::process::ExitStatus> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Need =
        Need { probe: Probe::Program("anytill-no-such-program"), debian: "no-such-package", why: "a test" };

    #[test]
    fn sees_what_is_there_and_what_is_not() {
        assert!(missing(COMPILER).is_empty(), "this test was linked by a C compiler");
        assert_eq!(missing(&[ABSENT]).len(), 1);
        assert!(is_there(Probe::Header("vector")));
        assert!(!is_there(Probe::Header("anytill/no_such_header.h")));
        assert!(is_there(Probe::OnPath("cc")) && !is_there(Probe::OnPath("anytill-no-such-program")));
        assert!(!is_there(Probe::Font("Anytill No Such Font")));
        assert!(!is_there(Probe::Python("anytill_no_such_module")));
        assert!(is_there(Probe::File("/etc/passwd")));
        assert!(!is_there(Probe::File("/anytill/no/such/file")));
    }

    #[test]
    fn the_advice_says_what_and_how() {
        let text = advice(&[ABSENT], &packages(&[ABSENT, ABSENT]));
        assert!(text.contains("anytill-no-such-program: a test"), "{text}");
        assert!(text.ends_with("apt-get install no-such-package"), "{text}");
    }
}
