//! The Anytill server as its operator runs it: a process of its own, a configuration, a data directory.

use anyhow::{Context, Result, bail};
use money::Currency;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// From the start of the process to its word that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How often a file that another process writes is looked for.
const LOOK: Duration = Duration::from_millis(25);

const RECIPES: &str = "recipes.json";
const CHALLENGES_SECRET: &str = "issuer-challenges.secret";

/// What the server needs to know of the sandbox.
pub struct Outside {
    pub bitcoind_url: String,
    pub bitcoind_user: String,
    pub bitcoind_password: String,
    /// The vendors' words in the configuration.
    pub issuer: &'static str,
    pub exchange: &'static str,
    pub issuer_url: String,
    pub issuer_key: String,
    pub issuer_asa_secret: String,
    pub issuer_events_secret: String,
    pub issuer_challenges_secret: Option<String>,
    pub exchange_url: String,
    /// Where the exchange has its market data, and whose they are.
    pub prices_url: String,
    pub prices: &'static str,
    pub exchange_key: String,
    pub exchange_secret: String,
    /// The nodes that hold; none: the one inside the server.
    pub lnds: Vec<Beside>,
}

/// Windows of a demo: generous for a person, short for a scenario that waits for their end.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    pub quote_secs: u32,
    pub hold_secs: u32,
    pub price_age_ms_max: u32,
}

impl Windows {
    pub const PATIENT: Self = Self { quote_secs: 300, hold_secs: 600, price_age_ms_max: 30_000 };
    /// With a source that is paid first: two looks at it fit into a quote.
    pub const SHORT_FIRST: Self = Self { quote_secs: 8, ..Self::SHORT };
    /// Blocks come when a scenario mines them.
    pub const SHORT_CHAIN: Self = Self { quote_secs: 15, ..Self::SHORT };
    pub const SHORT: Self = Self { quote_secs: 20, hold_secs: 25, price_age_ms_max: 6_000 };
}

/// What the operator decides beside the windows. `Default`: dollars, open registration, no store with a rule of its own.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What is served, and what the issuer's cards bill in.
    pub currency: Currency,
    pub open_registration: bool,
    /// A directory of recipes, signed by the server's own key.
    pub recipes: Option<PathBuf>,
    /// More tables of the configuration, TOML.
    pub more: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self { currency: Currency::USD, open_registration: true, recipes: None, more: String::new() }
    }
}

impl Rules {
    /// So many dollars, or about as many of a currency without cents.
    fn amount(&self, dollars: u64) -> String {
        let code = self.currency.code();
        if self.currency.exponent() == 0 {
            format!("{} {code}", dollars.saturating_mul(100))
        } else {
            format!("{dollars}.{:0width$} {code}", 0, width = usize::try_from(self.currency.exponent()).unwrap_or(2))
        }
    }
}

/// What a ready server says of itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    #[serde(rename = "http_url")]
    pub http: String,
    pub node_id: String,
    /// Where peers connect; empty where the node is not the server's own.
    node_address: String,
}

/// An LND beside the server, as its operator names it.
pub struct Beside {
    pub name: String,
    pub url: String,
    pub certificate: PathBuf,
    /// Hex.
    pub macaroon: String,
    pub listens: SocketAddr,
}

/// A server that was set up; running or not.
pub struct Server {
    binary: PathBuf,
    dir: PathBuf,
    port: u16,
    node_port: u16,
    lnd: Option<SocketAddr>,
    child: Option<Child>,
    pub ready: Option<Ready>,
    /// Environment variables for [`Server::start`], over the configuration.
    pub settings: Vec<(&'static str, String)>,
}

impl Server {
    /// Writes configuration and secrets, and makes a seed with `anytill init`.
    pub async fn set_up(
        dir: &Path,
        outside: &Outside,
        windows: Windows,
        rules: &Rules,
        ports: (u16, u16),
    ) -> Result<Self> {
        let server = Self {
            binary: binary()?,
            dir: dir.join("server"),
            port: ports.0,
            node_port: ports.1,
            lnd: outside.lnds.first().map(|lnd| lnd.listens),
            child: None,
            ready: None,
            settings: Vec::new(),
        };
        std::fs::create_dir_all(&server.dir)?;
        restrict(&server.dir, 0o700)?;
        server.write_secrets(outside)?;
        let url = &outside.bitcoind_url;
        let chain = ["--chain-source", "bitcoind", "--chain-url", url, "--chain-user", &outside.bitcoind_user];
        let init = ["init", "--yes", "--network", "regtest", "--chain-password", "file:bitcoind.secret"];
        server.anytill(&[&init[..], &chain[..]].concat()).await.context("anytill init")?;
        std::fs::write(server.dir.join("anytill.toml"), server.config(outside, windows, rules))?;
        if let Some(recipes) = &rules.recipes {
            let (from, to) = (recipes.to_string_lossy(), server.dir.join(RECIPES));
            server.anytill(&["recipes", "sign", &from, "--out", &to.to_string_lossy()]).await?;
        }
        Ok(server)
    }

    fn write_secrets(&self, outside: &Outside) -> Result<()> {
        for (name, value) in [
            ("bitcoind.secret", &outside.bitcoind_password),
            ("issuer-key.secret", &outside.issuer_key),
            ("issuer-asa.secret", &outside.issuer_asa_secret),
            ("issuer-events.secret", &outside.issuer_events_secret),
            ("exchange-key.secret", &outside.exchange_key),
            ("exchange-private.secret", &outside.exchange_secret),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .chain(outside.lnds.iter().map(|lnd| (format!("{}.macaroon", lnd.name), &lnd.macaroon)))
        .chain(outside.issuer_challenges_secret.iter().map(|secret| (CHALLENGES_SECRET.to_owned(), secret)))
        {
            if value.is_empty() {
                continue;
            }
            let path = self.dir.join(name);
            // One line each: a key in PEM has its line breaks written out.
            std::fs::write(&path, value.trim().replace('\n', "\\n"))?;
            restrict(&path, 0o600)?;
        }
        Ok(())
    }

    fn config(&self, outside: &Outside, windows: Windows, rules: &Rules) -> String {
        let Windows { quote_secs, hold_secs, price_age_ms_max } = windows;
        let (port, node_port) = (self.port, self.node_port);
        let Outside { bitcoind_url, bitcoind_user, .. } = outside;
        let vendors = vendors(outside, rules.currency.code(), price_age_ms_max);
        let registration = if rules.open_registration { "open" } else { "invite" };
        let (currency, more) = (rules.currency.code(), &rules.more);
        let recipes = if rules.recipes.is_some() { RECIPES } else { "" };
        let node = node(&outside.lnds, node_port);
        let [least, most, day] = [1, 500, 5_000].map(|dollars| rules.amount(dollars));
        format!(
            r#"# Written by the demo.
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
requests_per_minute_address = 6000
requests_per_minute_account = 6000

[chain]
network = "regtest"
source = "bitcoind"
url = "{bitcoind_url}"
user = "{bitcoind_user}"
password = "file:bitcoind.secret"

{node}
[purchase]
spread_ppm = 7748
quote_secs = {quote_secs}
hold_secs = {hold_secs}

[accounts]
registration = "{registration}"

[limits]
abandoned_day_max = 100
cards_day_max = 100
purchase_min = ["{least}"]
purchase_max = ["{most}"]
day_max = "{day}"
new_account_room_bps = 10000

[served]
currencies = ["{currency}"]
# The demo store has no public name.
local_stores = true

{vendors}
[recipes]
file = "{recipes}"

{more}"#
        )
    }

    /// Starts the process and waits for its word.
    pub async fn start(&mut self) -> Result<Ready> {
        let ready_file = self.dir.join("ready.json");
        if ready_file.exists() {
            std::fs::remove_file(&ready_file)?;
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut child = Command::new(&self.binary)
            .args(["--data", &self.dir.to_string_lossy(), "serve", "--ready-file", &ready_file.to_string_lossy()])
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        let deadline = Instant::now() + READY_WITHIN;
        let ready: Ready = loop {
            if let Some(status) = child.try_wait()? {
                bail!("the server stopped at its start ({status}); see {}", self.log_path().display());
            }
            if let Ok(text) = std::fs::read_to_string(&ready_file)
                && let Ok(ready) = serde_json::from_str(&text)
            {
                break ready;
            }
            if Instant::now() > deadline {
                bail!("the server was not ready in time; see {}", self.log_path().display());
            }
            tokio::time::sleep(LOOK).await;
        };
        self.child = Some(child);
        self.ready = Some(ready.clone());
        Ok(ready)
    }

    /// Where peers reach the node of a server that is ready.
    pub fn node_address(&self) -> Result<SocketAddr> {
        match (self.lnd, &self.ready) {
            (Some(listens), _) => Ok(listens),
            (None, Some(ready)) => Ok(ready.node_address.parse()?),
            (None, None) => bail!("the server is not running"),
        }
    }

    /// SIGKILL: no goodbye.
    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// As Ctrl-C does.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if let Some(pid) = child.id() {
            Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
        }
        if tokio::time::timeout(Duration::from_secs(30), child.wait()).await.is_err() {
            child.kill().await?;
            bail!("the server did not stop when asked");
        }
        Ok(())
    }

    /// Runs an operator's command on this server's data and gives its standard output.
    pub async fn anytill(&self, args: &[&str]) -> Result<String> {
        let output = self.command(args).output().await;
        let output = output.with_context(|| format!("running {}", self.binary.display()))?;
        if !output.status.success() {
            bail!("anytill {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub fn binary(&self) -> std::path::Display<'_> {
        self.binary.display()
    }

    /// Of the running process.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// As [`Self::anytill`], for commands whose exit status is a part of the answer: did it succeed, and the output.
    pub async fn verdict(&self, args: &[&str]) -> Result<(bool, String)> {
        let output = self.command(args).output().await?;
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if out.trim().is_empty() {
            bail!("anytill {}: {}", args.join(" "), error.trim());
        }
        Ok((output.status.success(), out.into_owned()))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["--data", &self.dir.to_string_lossy()]).args(args).stdin(Stdio::null());
        command
    }

    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn log_path(&self) -> PathBuf {
        self.dir.join("server.log")
    }
}

fn node(lnds: &[Beside], port: u16) -> String {
    if lnds.is_empty() {
        return format!("[node]\nlisten = [\"127.0.0.1:{port}\"]\n");
    }
    let one = |Beside { name, url, certificate, .. }: &Beside| {
        let certificate = certificate.display();
        format!(
            "\n[[lnd]]\nname = \"{name}\"\nurl = \"{url}\"\ncertificate = \"{certificate}\"\n\
             macaroon = \"file:{name}.macaroon\"\n"
        )
    };
    std::iter::once("[node]\nkind = \"lnd\"\n".to_owned()).chain(lnds.iter().map(one)).collect()
}

/// Issuer, exchange and prices: nothing here says that they are simulated.
fn vendors(outside: &Outside, currency: &str, price_age_ms_max: u32) -> String {
    let Outside { issuer, exchange, issuer_url, exchange_url, prices_url, prices, .. } = outside;
    let challenges = match outside.issuer_challenges_secret {
        Some(_) => format!("challenges_secret = \"file:{CHALLENGES_SECRET}\""),
        None => String::new(),
    };
    let issuer = if issuer.is_empty() {
        "vendor = \"\"".to_owned()
    } else {
        format!(
            r#"vendor = "{issuer}"
base_url = "{issuer_url}"
api_key = "file:issuer-key.secret"
authorization_secret = "file:issuer-asa.secret"
events_secret = "file:issuer-events.secret"
{challenges}
decline_on_timeout_confirmed = true"#
        )
    };
    let exchange = if exchange.is_empty() {
        "vendor = \"\"".to_owned()
    } else {
        format!(
            r#"vendor = "{exchange}"
base_url = "{exchange_url}"
api_key = "file:exchange-key.secret"
private_key = "file:exchange-private.secret""#
        )
    };
    format!(
        r#"[issuer]
{issuer}
currency = "{currency}"

[exchange]
{exchange}

[prices]
venues = [{{ vendor = "{prices}", base_url = "{prices_url}" }}]
venues_min = 1
currencies = []
table_url = ""
refresh_ms = 1000
quiet_ms = 0
age_ms_max = {price_age_ms_max}
"#
    )
}

/// What `anytill node bake-macaroon` tells an operator to bake.
pub async fn macaroon_calls() -> Result<Vec<String>> {
    let output = Command::new(binary()?).args(["node", "bake-macaroon"]).output().await?;
    let words = String::from_utf8_lossy(&output.stdout);
    let calls: Vec<_> =
        words.split_whitespace().filter_map(|word| word.strip_prefix("uri:").map(str::to_owned)).collect();
    if calls.is_empty() { bail!("anytill node bake-macaroon said: {words}") } else { Ok(calls) }
}

/// The server binary: named by the environment, or beside this one.
fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("ANYTILL_BIN") {
        return Ok(path.into());
    }
    let beside = std::env::current_exe()?.with_file_name("anytill");
    if beside.exists() {
        return Ok(beside);
    }
    bail!("the server binary is missing: run `cargo demo`, or `cargo build -p anytill` and set ANYTILL_BIN")
}

pub fn restrict(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?)
}
