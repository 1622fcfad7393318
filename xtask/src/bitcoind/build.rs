//! Configures and compiles the daemon and puts it into the cache in one rename.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{home, source};
use crate::{needs, process};

/// A daemon that was seen to start, with its command-line client.
#[derive(Clone, Debug)]
pub struct Daemon {
    pub bitcoind: PathBuf,
    pub cli: PathBuf,
}

impl Daemon {
    fn at(home: &Path) -> Self {
        Self { bitcoind: home.join("bin/bitcoind"), cli: home.join("bin/bitcoin-cli") }
    }

    /// Both programs start on this machine: a cache copied from another distribution may lack a library.
    fn works(&self) -> bool {
        [&self.bitcoind, &self.cli].iter().all(|program| {
            let version = process::output(Command::new(program).arg("-version"));
            version.is_ok_and(|text| text.contains("Bitcoin Core"))
        })
    }
}

/// Only what the demo and the tests ask of it; `-O1` compiles in half the time and a regtest chain does not notice.
const OPTIONS: &[&str] = &[
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
    "-DCMAKE_C_FLAGS_RELEASE=-O2",
    "-DBUILD_DAEMON=ON",
    "-DBUILD_CLI=ON",
    "-DBUILD_BITCOIN_BIN=OFF",
    "-DBUILD_TX=OFF",
    "-DBUILD_UTIL=OFF",
    "-DBUILD_TESTS=OFF",
    "-DENABLE_WALLET=OFF",
    "-DENABLE_EXTERNAL_SIGNER=OFF",
    "-DENABLE_IPC=OFF",
    "-DWITH_EMBEDDED_ASMAP=OFF",
    "-DWITH_CCACHE=OFF",
    "-DINSTALL_MAN=OFF",
];

/// Two cores take 4 to 16 minutes; a busy machine more.
const BUILD_LIMIT: Duration = Duration::from_secs(90 * 60);
const CONFIGURE_LIMIT: Duration = Duration::from_secs(15 * 60);

/// A short name for source and options together: another set of options is another entry in the cache.
pub fn key() -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325; // FNV-1a: only has to differ, not to resist
    let words = [source::CHECKSUM, std::env::consts::ARCH, std::env::consts::OS];
    for byte in words.iter().chain(OPTIONS).flat_map(|word| word.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// The daemon from the cache, built first if it is not there.
pub fn ensure(jobs: Option<usize>) -> Result<Daemon> {
    let home = home()?;
    let daemon = Daemon::at(&home);
    if daemon.works() {
        return Ok(daemon);
    }
    let parent = home.parent().context("the cache is a directory")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot write to {}", parent.display()))?;
    let lock = File::create(beside(&home, "lock"))?;
    lock.lock().context("cannot lock the cache")?;
    // Installing may already mend it: a kept cache on a machine that lacks libevent.
    needs::ensure(needs::COMPILER)?;
    needs::ensure(needs::BITCOIN_CORE)?;
    if !daemon.works() {
        build(&home, jobs)?;
    }
    Ok(daemon)
}

/// Builds from scratch: what an interrupted build left behind is not to be trusted.
fn build(home: &Path, jobs: Option<usize>) -> Result<()> {
    let work = beside(home, "unfinished");
    for stale in [work.as_path(), home] {
        remove(stale)?;
    }
    std::fs::create_dir_all(&work)?;
    let started = Instant::now();
    let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    eprintln!(
        "building Bitcoin Core from libbitcoinkernel-sys {} with {jobs} jobs; this takes minutes, once",
        source::VERSION
    );
    let tree = source::fetch(&work.join("source"))?;
    compile(&tree, &work.join("build"), jobs)?;
    publish(&work, home)?;
    eprintln!("built bitcoind in {} s: {}", started.elapsed().as_secs(), home.display());
    Ok(())
}

fn compile(tree: &Path, build: &Path, jobs: usize) -> Result<()> {
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(tree).arg("-B").arg(build).args(OPTIONS);
    process::run_aside(&mut configure, CONFIGURE_LIMIT).context("Bitcoin Core could not be configured")?;
    let mut make = Command::new("nice");
    make.args(["-n", "10", "cmake", "--build"]).arg(build);
    make.args(["--target", "bitcoind", "bitcoin-cli", "-j"]).arg(jobs.to_string());
    process::run_aside(&mut make, BUILD_LIMIT).context("Bitcoin Core could not be compiled")
}

/// Moves the two programs to their final name in one rename, after they have answered.
fn publish(work: &Path, home: &Path) -> Result<()> {
    let ready = work.join("ready");
    std::fs::create_dir_all(ready.join("bin"))?;
    for name in ["bitcoind", "bitcoin-cli"] {
        std::fs::copy(work.join("build/bin").join(name), ready.join("bin").join(name))
            .with_context(|| format!("the build left no {name}"))?;
    }
    anyhow::ensure!(Daemon::at(&ready).works(), "what was built does not run");
    std::fs::rename(&ready, home)?;
    remove(work)
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

    /// Programs that answer as the real ones do.
    fn fake_programs(dir: &Path) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(dir).expect("a directory");
        for name in ["bitcoind", "bitcoin-cli"] {
            let path = dir.join(name);
            std::fs::write(&path, "#!/bin/sh\necho Bitcoin Core version test\n").expect("a script");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
        }
    }

    #[test]
    fn a_half_built_state_is_not_a_result() {
        let dir = tempfile::tempdir().expect("a directory");
        let (work, home) = (dir.path().join("x.unfinished"), dir.path().join("x"));
        fake_programs(&work.join("build/bin"));
        std::fs::remove_file(work.join("build/bin/bitcoin-cli")).expect("it is there");
        assert!(publish(&work, &home).is_err());
        assert!(!home.exists(), "nothing may appear under the final name");
        assert!(!Daemon::at(&home).works());
    }

    #[test]
    fn a_finished_build_is_moved_and_the_rest_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let (work, home) = (dir.path().join("x.unfinished"), dir.path().join("x"));
        fake_programs(&work.join("build/bin"));
        publish(&work, &home).expect("both programs answer");
        assert!(Daemon::at(&home).works());
        assert!(!work.exists());
    }

    #[test]
    fn a_program_that_cannot_start_is_no_result() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(dir.path().join("bin")).expect("a directory");
        std::fs::write(dir.path().join("bin/bitcoind"), "half a file").expect("a file");
        assert!(!Daemon::at(dir.path()).works());
    }
}
