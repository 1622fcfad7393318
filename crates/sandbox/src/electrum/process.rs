//! Starting and ending both processes.

use super::{Electrum, ElectrumError, ElectrumPlan, LOOK};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

const LAUNCH: &str = "import runpy, shutil, sys; from electrum import simple_config; \
    simple_config.FEERATE_REGTEST_HARDCODED = 5000; sys.argv[0] = shutil.which('electrum'); \
    runpy.run_path(sys.argv[0], run_name='__main__')";
pub(super) const USER: &str = "anytill";
const START_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(30);
/// Of its words, for an error.
const LAST_WORDS: usize = 600;

impl Electrum {
    /// Starts server and wallet, and waits until the wallet is connected.
    ///
    /// # Errors
    /// [`ElectrumError::Ended`] with last words, [`ElectrumError::Late`].
    pub async fn start(plan: ElectrumPlan) -> Result<Self, ElectrumError> {
        std::fs::create_dir_all(plan.dir.join("index"))?;
        std::fs::create_dir_all(plan.dir.join("electrum/regtest"))?;
        let mut server = spawn(&plan, "electrumx", server(&plan))?;
        let deadline = Instant::now() + START_WITHIN;
        while tokio::net::TcpStream::connect(plan.served).await.is_err() {
            alive(&plan, "electrumx", &mut server)?;
            if Instant::now() >= deadline {
                return Err(ElectrumError::Late { what: "answer of ElectrumX".to_owned(), within: START_WITHIN });
            }
            tokio::time::sleep(LOOK).await;
        }
        let password = hex::encode(rand::random::<[u8; 16]>());
        std::fs::write(plan.dir.join("electrum/regtest/config"), config(plan.rpc, &password).to_string())?;
        let daemon = spawn(&plan, "electrum", wallet(&plan))?;
        let http = reqwest::Client::builder().no_proxy().build();
        let http =
            http.map_err(|error| ElectrumError::Transport { what: "HTTP".to_owned(), why: error.to_string() })?;
        let mut electrum = Self { plan, server, daemon, http, password, node_id: String::new() };
        while !electrum.is_connected().await {
            alive(&electrum.plan, "electrum", &mut electrum.daemon)?;
            if Instant::now() >= deadline {
                return Err(ElectrumError::Late { what: "connected Electrum".to_owned(), within: START_WITHIN });
            }
            tokio::time::sleep(LOOK).await;
        }
        electrum.call("create", json!([])).await?;
        electrum.call("load_wallet", json!([])).await?;
        let id = electrum.call("nodeid", json!([])).await?;
        electrum.node_id = id.as_str().unwrap_or_default().to_owned();
        Ok(electrum)
    }

    async fn is_connected(&self) -> bool {
        self.call("getinfo", json!([])).await.is_ok_and(|info| info["connected"] == true)
    }

    /// Asks both to stop and waits for their ends.
    ///
    /// # Errors
    /// [`ElectrumError::Late`]; they are killed then.
    pub async fn stop(mut self) -> Result<(), ElectrumError> {
        self.call("stop", json!([])).await?;
        let late = |what: &str| ElectrumError::Late { what: what.to_owned(), within: STOP_WITHIN };
        timeout(STOP_WITHIN, self.daemon.wait()).await.map_err(|_| late("end of Electrum"))??;
        // It has no other way to be asked than a signal, and nothing that would be lost.
        self.server.kill().await?;
        Ok(())
    }
}

fn spawn(plan: &ElectrumPlan, name: &str, mut command: Command) -> Result<Child, ElectrumError> {
    let log = std::fs::File::create(plan.dir.join(format!("{name}.log")))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    Ok(command.spawn()?)
}

fn alive(plan: &ElectrumPlan, name: &'static str, child: &mut Child) -> Result<(), ElectrumError> {
    if child.try_wait()?.is_none() {
        return Ok(());
    }
    let words = std::fs::read_to_string(plan.dir.join(format!("{name}.log"))).unwrap_or_default();
    let from = words.char_indices().rev().nth(LAST_WORDS).map_or(0, |(at, _)| at);
    Err(ElectrumError::Ended { what: name, said: words[from..].to_owned() })
}

fn server(plan: &ElectrumPlan) -> Command {
    let chain = &plan.chain;
    let mut command = Command::new(&plan.server);
    command.env("COIN", "Bitcoin").env("NET", "regtest").env("DB_ENGINE", "leveldb");
    command.env("DB_DIRECTORY", plan.dir.join("index"));
    command
        .env("DAEMON_URL", format!("http://{}:{}@{}:{}/", chain.user, chain.password, chain.host, chain.port))
        .env("SERVICES", format!("tcp://{}", plan.served))
        .env("PEER_DISCOVERY", "off")
        .env("PEER_ANNOUNCE", "")
        .env("ALLOW_ROOT", "1");
    // One client on loopback, which is to hear of a block at once, and as often as it likes.
    command.env("DAEMON_POLL_INTERVAL_BLOCKS", "200").env("DAEMON_POLL_INTERVAL_MEMPOOL", "200");
    command.env("COST_SOFT_LIMIT", "0").env("COST_HARD_LIMIT", "0");
    command
}

/// The wallet's daemon. On regtest Electrum takes 180 satoshis a virtual byte for a channel's commitments, whatever the chain
/// says; ldk-node, which believes the chain, counts that as exposure to dust and refuses the first HTLC. So that one number
/// is set to 5; nothing else of Electrum is touched.
fn wallet(plan: &ElectrumPlan) -> Command {
    let mut command = Command::new(super::PYTHON);
    command.args(["-c", LAUNCH]);
    command.arg("--regtest").arg("-D").arg(plan.dir.join("electrum"));
    command.args(["daemon", "--oneserver", "--server", &format!("{}:t", plan.served)]);
    command
}

/// With gossip it finds its own route; else it looks for a trampoline node.
fn config(rpc: SocketAddr, password: &str) -> Value {
    json!({
        "rpchost": rpc.ip().to_string(),
        "rpcport": rpc.port(),
        "rpcuser": USER,
        "rpcpassword": password,
        "use_gossip": true,
        "check_updates": false,
        "log_to_file": true,
    })
}
