//! Compiles LND and puts it into the cache in one rename.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::go;
use crate::{process, repo};

pub const VERSION: &str = "v0.21.3-beta";
/// Its REST services that are left out of a plain build.
const TAGS: &str = "invoicesrpc routerrpc walletrpc signrpc chainrpc peersrpc";
const PROGRAMS: [&str; 2] = ["lnd", "lncli"];
/// Two idle cores take 3 to 8 minutes with what has to be downloaded; a busy machine more.
const BUILD_LIMIT: Duration = Duration::from_secs(90 * 60);

/// The directory with the programs, built first if it is not there.
pub fn ensure(root: &Path) -> Result<PathBuf> {
    let module = root.join("xtask/lnd");
    let home = repo::cache_dir()?.join(format!("lnd-{VERSION}-{}", key(&module)?));
    if works(&home) {
        return Ok(home);
    }
    let parent = home.parent().context("the cache is a directory")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot write to {}", parent.display()))?;
    let lock = File::create(beside(&home, "lock"))?;
    lock.lock().context("cannot lock the cache")?;
    if !works(&home) {
        go::ensure()?;
        build(&module, &home)?;
    }
    Ok(home)
}

/// Another go.mod or go.sum is another build.
fn key(module: &Path) -> Result<String> {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325; // FNV-1a: only has to differ, not to resist
    for name in ["go.mod", "go.sum"] {
        let text = std::fs::read(module.join(name)).with_context(|| format!("cannot read {name} of LND"))?;
        for byte in text.iter().chain(TAGS.as_bytes()).chain(std::env::consts::ARCH.as_bytes()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    Ok(format!("{hash:016x}"))
}

fn works(home: &Path) -> bool {
    PROGRAMS.iter().all(|name| {
        let said = process::output(Command::new(home.join(name)).arg("--version"));
        said.is_ok_and(|text| text.contains(VERSION.trim_start_matches('v')))
    })
}

fn build(module: &Path, home: &Path) -> Result<()> {
    let work = beside(home, "unfinished");
    remove(&work)?;
    remove(home)?;
    std::fs::create_dir_all(&work)?;
    let started = Instant::now();
    eprintln!("building LND {VERSION}; this takes minutes, once");
    let mut compile = go::go();
    compile.args(["build", "-tags", TAGS, "-o"]).arg(&work);
    compile.args(PROGRAMS.map(|name| format!("github.com/lightningnetwork/lnd/cmd/{name}"))).current_dir(module);
    process::run_aside(&mut compile, BUILD_LIMIT).context("LND could not be built")?;
    anyhow::ensure!(works(&work), "what was built does not run");
    std::fs::rename(&work, home)?;
    eprintln!("built LND in {} s: {}", started.elapsed().as_secs(), home.display());
    Ok(())
}

/// The same name with a word added, in the same directory (so that a rename stays on one file system).
fn beside(home: &Path, word: &str) -> PathBuf {
    let mut name = home.as_os_str().to_owned();
    name.push(".");
    name.push(word);
    PathBuf::from(name)
}

fn remove(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_asks_for_the_version_that_is_said() {
        let module = repo::root().expect("the repository").join("xtask/lnd");
        let text = std::fs::read_to_string(module.join("go.mod")).expect("a file");
        assert!(text.contains(&format!("github.com/lightningnetwork/lnd {VERSION}")));
        assert_eq!(key(&module).expect("a key").len(), 16);
    }

    #[test]
    fn a_half_built_state_is_not_a_result() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("lnd"), "half a file").expect("a file");
        assert!(!works(dir.path()));
    }
}
