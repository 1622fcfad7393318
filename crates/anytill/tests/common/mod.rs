//! A server as an operator runs it: the real binary on a data directory of its own, with the sandbox outside.

use sandbox::chain::Chain;
use sandbox::kraken::{Exchange, ExchangeConfig};
use sandbox::lithic::{Issuer, IssuerConfig};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a busy machine; nothing waits for it that comes sooner.
const DEADLINE: Duration = Duration::from_secs(120);

/// Chain, issuer and exchange, and an initialised data directory that points at them.
pub struct World {
    pub chain: Chain,
    pub issuer: Issuer,
    pub exchange: Exchange,
    dir: tempfile::TempDir,
    events_secret: String,
    /// Where the server listens: `http://127.0.0.1:port`.
    pub url: String,
    /// Settings on top of those that point at the sandbox, as environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// What `env:NAME` in a setting stands for, on top of the sandbox's own.
    pub more_secrets: Vec<(&'static str, String)>,
}

/// A running server; killed when dropped.
pub struct Running {
    child: Child,
    pub ready: serde_json::Value,
}

impl World {
    pub async fn new() -> Self {
        let chain = Chain::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let issuer = Issuer::start(IssuerConfig::default()).await.unwrap();
        let exchange = Exchange::start(ExchangeConfig::default()).await.unwrap();
        let http_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{http_port}");
        issuer.enroll_responder(&format!("{url}/webhooks/lithic/charge"));
        let events_secret = issuer.subscribe(&format!("{url}/webhooks/lithic/events"));
        let dir = tempfile::tempdir().unwrap();
        let world =
            Self { chain, issuer, exchange, dir, events_secret, url, settings: Vec::new(), more_secrets: Vec::new() };
        let access = world.chain.access();
        let chain_url = format!("http://{}:{}", access.host, access.port);
        let made = world.run(&[
            "init",
            "--yes",
            "--network",
            "regtest",
            "--chain-source",
            "bitcoind",
            "--chain-url",
            &chain_url,
            "--chain-user",
            &access.user,
            "--chain-password",
            "env:CHAIN_PASSWORD",
            "--public-url",
            &world.url,
        ]);
        assert!(made.status.success(), "{}", said(&made));
        world
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn ready_file(&self) -> PathBuf {
        self.dir.path().join("ready.json")
    }

    /// Every secret that the configuration refers to, by the name of its variable.
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        let mut secrets = vec![
            ("CHAIN_PASSWORD", self.chain.access().password.clone()),
            ("ISSUER_KEY", self.issuer.api_key()),
            ("ISSUER_AUTHORIZATION", self.issuer.asa_secret()),
            ("ISSUER_EVENTS", self.events_secret.clone()),
            ("EXCHANGE_KEY", self.exchange.api_key().to_owned()),
            ("EXCHANGE_PRIVATE", self.exchange.api_secret().to_owned()),
        ];
        secrets.retain(|(name, _)| !self.more_secrets.iter().any(|(other, _)| other == name));
        secrets.extend(self.more_secrets.iter().cloned());
        secrets
    }

    /// The binary with everything in its environment that its configuration refers to.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anytill"));
        command.arg("--data").arg(self.data()).args(args).env_clear();
        for (name, value) in [
            ("ANYTILL_ISSUER__BASE_URL", self.issuer.url().as_str()),
            ("ANYTILL_ISSUER__API_KEY", "env:ISSUER_KEY"),
            ("ANYTILL_ISSUER__AUTHORIZATION_SECRET", "env:ISSUER_AUTHORIZATION"),
            ("ANYTILL_ISSUER__EVENTS_SECRET", "env:ISSUER_EVENTS"),
            ("ANYTILL_ISSUER__DECLINE_ON_TIMEOUT_CONFIRMED", "true"),
            ("ANYTILL_EXCHANGE__BASE_URL", &self.exchange.url()),
            ("ANYTILL_EXCHANGE__API_KEY", "env:EXCHANGE_KEY"),
            ("ANYTILL_EXCHANGE__PRIVATE_KEY", "env:EXCHANGE_PRIVATE"),
            ("ANYTILL_PRICES__VENUES", &format!("[{{ vendor = \"kraken\", base_url = \"{}\" }}]", self.exchange.url())),
            ("ANYTILL_PRICES__VENUES_MIN", "1"),
            ("ANYTILL_PRICES__CURRENCIES", "[]"),
            ("ANYTILL_PRICES__TABLE_URL", ""),
            ("ANYTILL_SERVER__LISTEN", self.url.trim_start_matches("http://")),
            ("ANYTILL_NODE__LISTEN", "[\"127.0.0.1:0\"]"),
        ] {
            command.env(name, value);
        }
        command.envs(self.secrets());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command that has to succeed; what it answered.
    pub fn ok(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert!(done.status.success(), "{args:?}: {}", said(&done));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a command that has to fail; what it said.
    pub fn refused(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.status.code(), Some(1), "{args:?}: {}", said(&done));
        said(&done)
    }

    pub fn serve(&self) -> Running {
        let log = std::fs::File::create(self.dir.path().join("log")).unwrap();
        let ready = self.ready_file();
        let mut child = self
            .command(&["serve", "--ready-file", ready.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        wait("the server to be ready", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", self.log());
            }
            ready.exists()
        });
        let ready = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
        Running { child, ready }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Running {
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The exit code.
    pub fn ended(mut self) -> Option<i32> {
        let mut status = None;
        wait("the server to end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything a command said.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !until() {
        assert!(begun.elapsed() < DEADLINE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Overwrites bytes of a file in place.
pub fn patch(path: &Path, offset: usize, bytes: &[u8]) {
    let mut content = std::fs::read(path).unwrap();
    content[offset..offset + bytes.len()].copy_from_slice(bytes);
    std::fs::write(path, content).unwrap();
}
