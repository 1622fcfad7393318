//! A regtest chain on a free port in a directory of its own, which ends with its value.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::build::Daemon;
use crate::process;

/// A running `bitcoind`. Dropping it kills it and removes its files; [`Chain::stop`] asks it politely.
pub struct Chain {
    child: Child,
    cli: PathBuf,
    dir: PathBuf,
    rpc_port: u16,
}

/// Fixed, because it listens on loopback and guards play money.
const USER: &str = "anytill";
const PASSWORD: &str = "regtest";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// The port is free when it is chosen, yet somebody else may take it first: then another is tried.
const TRIES: usize = 5;

impl Chain {
    /// `apart`: not reached by the terminal's Ctrl-C.
    pub fn start(daemon: &Daemon, apart: bool) -> Result<Self> {
        let mut last = None;
        for attempt in 0..TRIES {
            match Self::try_start(daemon, attempt, apart) {
                Ok(chain) => return Ok(chain),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("at least one try")?)
    }

    fn try_start(daemon: &Daemon, attempt: usize, apart: bool) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("anytill-regtest-{}-{attempt}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let rpc_port = free_port()?;
        let mut command = Command::new(&daemon.bitcoind);
        command.arg(format!("-datadir={}", dir.display())).arg(format!("-rpcport={rpc_port}"));
        command.args(["-regtest", "-listen=0", "-server=1", "-txindex=1", "-fallbackfee=0.00001"]);
        command.args([format!("-rpcuser={USER}"), format!("-rpcpassword={PASSWORD}")]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if apart {
            command.process_group(0);
        }
        let child = command.spawn().with_context(|| format!("cannot start {}", daemon.bitcoind.display()))?;
        let mut chain = Self { child, cli: daemon.cli.clone(), dir, rpc_port };
        chain.wait_until_ready()?;
        Ok(chain)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            let answer = self.cli(&["getblockcount"]);
            match answer {
                Ok(_) => return Ok(()),
                Err(error) if started.elapsed() > START_LIMIT => {
                    return Err(error.context("bitcoind does not answer"));
                }
                Err(_) => {}
            }
            if let Some(status) = process::wait(&mut self.child, Duration::from_millis(100))? {
                bail!("bitcoind ended at once ({status}); its words are above");
            }
        }
    }

    /// Address with user and password, as `--bitcoind` takes it.
    pub fn url(&self) -> String {
        format!("http://{USER}:{PASSWORD}@127.0.0.1:{}", self.rpc_port)
    }

    pub fn cli(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.cli);
        command.arg(format!("-datadir={}", self.dir.display())).arg(format!("-rpcport={}", self.rpc_port));
        command.args(["-regtest", "-rpcclienttimeout=30"]);
        command.args([format!("-rpcuser={USER}"), format!("-rpcpassword={PASSWORD}")]);
        process::output(command.args(words))
    }

    pub fn stop(mut self) -> Result<()> {
        self.cli(&["stop"])?;
        match process::wait(&mut self.child, STOP_LIMIT)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("bitcoind ended badly ({status})"),
            None => bail!("bitcoind does not stop"),
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            process::kill_tree(&mut self.child);
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
