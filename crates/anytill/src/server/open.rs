//! Everything a server stands on, opened in the order in which it can fail without harm.

use crate::cli::Place;
use crate::clock::SystemClock;
use crate::config::{Config, Lookup, NodeKind};
use crate::seed;
use crate::wiring::{self, HoldingNodes, ServerNode};
use accounts::{Accounts, Hasher};
use anyhow::{Context as _, Result, anyhow, ensure};
use chain_wallet::ChainWallet;
use engine::{Engine, Ports};
use ids::UnixMs;
use lightning_node::ldk::{EmbeddedNode, NodeConfig, NodeSeed};
use lightning_node::lnd::LndNode;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::{
    AccountStore, ChainFees, Clock, Exchange, GiftCardVendor, Issuer, LightningNode, Prices, RATE_MINUTES_MS,
    RateStore as _, Store,
};
use prices::LivePrices;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sources::coinbase::CoinbaseLink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::sqlite::{OpenMode, Sqlite};
use tokio::net::TcpListener;
use trust::OperatorSeed;
use web::{AppState, Policy, Running};
use zeroize::Zeroizing;

/// Where the database remembers how often the node's directory has been started.
const NODE_EPOCH: &str = "node_epoch";
const VENDOR_NODE_EPOCH: &str = "vendor_node_epoch";

/// A server that is open; cheap to share.
pub struct Server {
    pub config: Config,
    pub data: PathBuf,
    /// The configuration's.
    pub file: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub store: Sqlite,
    /// Holds.
    pub nodes: HoldingNodes,
    /// Pays gift-card vendors.
    pub vendor_node: Option<Arc<EmbeddedNode>>,
    pub engine: Arc<Engine>,
    pub accounts: Arc<Accounts>,
    pub issuer: Arc<dyn Issuer>,
    pub exchange: Arc<dyn Exchange>,
    pub prices: Arc<LivePrices>,
    pub gift_cards: Option<Arc<dyn GiftCardVendor>>,
    /// Shoppers' accounts at Coinbase.
    pub linked: Option<Arc<CoinbaseLink>>,
    /// What shoppers pay on the chain.
    pub chain_wallet: Option<Arc<ChainWallet>>,
    chain_fees: Option<Arc<dyn ChainFees>>,
    pub running: Arc<Running>,
    pub network: Arc<network::Watch>,
    pub metrics: PrometheusHandle,
    /// `http://host:port` as bound.
    pub http_url: String,
    /// `host:port` each, as the node listens.
    pub node_listens: Vec<String>,
    pub vendor_node_listens: Vec<String>,
    policy: Arc<Policy>,
    trust: Arc<wiring::ServerTrust>,
}

/// The environment, for secrets.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where the references of a configuration begin.
pub fn lookup(file: &Path) -> Lookup<'_> {
    let base = file.parent().filter(|base| !base.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Lookup { env: &environment, base }
}

/// The 64 bytes behind the words.
pub fn read_seed(config: &Config, at: Lookup<'_>) -> Result<Zeroizing<[u8; 64]>> {
    let words = config.node.seed.read(at).map_err(|why| anyhow!("node.seed: {why}"))?;
    seed::bytes(words.expose()).context("node.seed")
}

impl Server {
    /// The database first: it holds the lock that keeps a second server away.
    pub async fn open(place: &Place, file: &Path, config: Config) -> Result<(Arc<Self>, TcpListener)> {
        let at = lookup(file);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let words = read_seed(&config, at)?;
        let data = place.data.clone();
        let store = tokio::task::spawn_blocking(move || Sqlite::open(&data, OpenMode::Existing)).await??;
        let (listener, http_url, public_url) = listen(&config).await?;
        let issuer: Arc<dyn Issuer> = wiring::issuer(&config, &public_url, at)?;
        let exchange = wiring::exchange(&config, Arc::clone(&clock), at)?;
        let prices = wiring::prices(&config, Arc::clone(&clock))?;
        restore_rates(&prices, &store, clock.now()).await?;
        let gift_cards = wiring::gift_cards(&config, Arc::clone(&clock), at)?;
        let policy = Arc::new(wiring::web_policy(&config, at)?);
        let rules = wiring::account_rules(&config);
        let hosts = rules.refund_hosts;
        let accounts = Arc::new(open_accounts(&store, Arc::clone(&clock), rules).await?);

        let starting = Starting { data: &place.data, at, store: &store, clock: &clock };
        let (nodes, node_listens) = starting.nodes(&config, NodeSeed::new(*words)).await?;
        let operator = OperatorSeed::new(*words);
        let (vendor_node, vendor_node_listens) = starting.vendor_node(&config, &operator).await?;
        let trust = wiring::ServerTrust::open(&operator, nodes.ids(), &store, clock.now()).await?;
        let records = wiring::SealedRecords::new(&operator, Arc::new(store.clone()));
        let linked = wiring::linked_account(&config, &public_url, Arc::new(records), Arc::clone(&clock), at)?;
        let chain_wallet =
            wiring::chain_wallet(&config, &place.data, &operator, Arc::new(store.clone()), Arc::clone(&clock), at)?;
        let ports = Ports {
            store: Arc::new(store.clone()),
            nodes: nodes.ports(),
            vendor_node: vendor_node.clone().map(|node| node as Arc<dyn LightningNode>),
            issuer: Arc::clone(&issuer),
            exchange: exchange.clone(),
            prices: prices.clone(),
            payees: Arc::new(wiring::LightningPayees::new(config.chain.network.bitcoin(), hosts)),
            gift_cards: gift_cards.clone(),
            paid_first: wiring::paid_first(linked.as_ref(), chain_wallet.as_ref()),
            shoppers: Arc::new(wiring::AccountShoppers(Arc::clone(&accounts))),
            clock: Arc::clone(&clock),
            vault: Arc::new(wiring::SeedVault::new(&operator)),
        };
        let engine = Arc::new(Engine::new(ports, wiring::engine_config(&config, public_url)));
        let network = super::network::open(&store, nodes.network_view(), config.chain.network.bitcoin()).await?;
        let server = Self {
            chain_fees: wiring::chain_fees(&config, &nodes, at)?,
            data: place.data.clone(),
            file: file.to_owned(),
            clock,
            store,
            nodes,
            vendor_node,
            engine,
            accounts,
            issuer,
            exchange,
            prices,
            gift_cards,
            linked,
            chain_wallet,
            running: Arc::new(Running::default()),
            network: Arc::new(network),
            metrics: super::metrics::install()?,
            http_url,
            node_listens,
            vendor_node_listens,
            policy,
            trust: Arc::new(trust.with_recipes(&config, file, &operator)),
            config,
        };
        Ok((Arc::new(server), listener))
    }

    pub fn web_state(&self) -> AppState {
        AppState {
            engine: Arc::clone(&self.engine),
            accounts: Arc::clone(&self.accounts),
            account_store: Arc::new(self.store.clone()),
            policy: Arc::clone(&self.policy),
            trust: self.trust.clone(),
            links: self.linked.clone().map(|links| links as Arc<dyn ports::AccountLinks>),
            chain_fees: self.chain_fees.clone(),
            metrics: self.metrics.clone(),
            running: Arc::clone(&self.running),
            network: Arc::clone(&self.network),
        }
    }

    /// `<node id>@<address>`, or the id alone where nobody can connect.
    pub fn node_address(&self) -> String {
        let id = self.nodes.first.node_id();
        if self.nodes.first.embedded().is_none() {
            return id.to_string();
        }
        let announced = self.config.node.announce.first().or(self.node_listens.first());
        announced.map_or_else(|| id.to_string(), |address| format!("{id}@{address}"))
    }
}

/// What was sampled before the last stop, as far as prices keep it in memory.
async fn restore_rates(prices: &LivePrices, store: &Sqlite, now: UnixMs) -> Result<()> {
    let since = UnixMs(now.0.saturating_sub(RATE_MINUTES_MS));
    for currency in Prices::currencies(prices) {
        prices.restore(store.rates_since(currency, since).await?);
    }
    Ok(())
}

/// Where the API listens: its own address, and the one that shoppers and vendors reach it under.
async fn listen(config: &Config) -> Result<(TcpListener, String, String)> {
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("server.listen: {listen}"))?;
    let http_url = format!("http://{}", listener.local_addr()?);
    let public_url = Some(&config.server.public_url).filter(|url| !url.is_empty()).unwrap_or(&http_url).clone();
    Ok((listener, http_url, public_url))
}

/// The accounts' service over a store. The hash of nothing, made first, takes tens of milliseconds.
pub async fn open_accounts(store: &Sqlite, clock: Arc<dyn Clock>, rules: accounts::AccountRules) -> Result<Accounts> {
    let hasher = tokio::task::spawn_blocking(|| {
        let mut rng = StdRng::try_from_os_rng().context("the system gives no random numbers")?;
        let hasher = Hasher::new(accounts::HashCost::default(), &mut rng)?;
        Ok::<_, anyhow::Error>((hasher, rng))
    });
    let (hasher, rng) = hasher.await??;
    let store: Arc<dyn AccountStore> = Arc::new(store.clone());
    Ok(Accounts::new(store, clock, Box::new(rng), hasher, rules))
}

/// What starting a node needs.
struct Starting<'a> {
    data: &'a Path,
    at: Lookup<'a>,
    store: &'a Sqlite,
    clock: &'a Arc<dyn Clock>,
}

impl Starting<'_> {
    async fn nodes(&self, config: &Config, seed: NodeSeed) -> Result<(HoldingNodes, Vec<String>)> {
        match config.node.kind {
            NodeKind::Ldk => {
                let made = wiring::node_config(config, self.data, self.at, self.epoch(NODE_EPOCH).await?)?;
                let (node, listens) = self.start(made, seed, NODE_EPOCH).await?;
                Ok((HoldingNodes::one(ServerNode::Embedded(node)), listens))
            }
            NodeKind::Lnd => {
                let mut nodes = Vec::new();
                for lnd in &config.lnd {
                    let made = wiring::lnd_config(config, lnd, self.data, self.at)?;
                    let node = LndNode::start(made, Arc::clone(self.clock)).await;
                    let node = Arc::new(node.with_context(|| format!("the LND {}", lnd.name))?);
                    let twin = nodes.iter().any(|other: &ServerNode| other.node_id() == node.node_id());
                    ensure!(!twin, "two of the [[lnd]] are the same node: {} is node {}", lnd.name, node.node_id());
                    nodes.push(ServerNode::Lnd { name: lnd.name.clone(), node });
                }
                let mut nodes = nodes.into_iter();
                let first = nodes.next().context("node.kind is lnd, but there is no [[lnd]]")?;
                Ok((HoldingNodes { first, others: nodes.collect() }, Vec::new()))
            }
        }
    }

    async fn vendor_node(
        &self,
        config: &Config,
        operator: &OperatorSeed,
    ) -> Result<(Option<Arc<EmbeddedNode>>, Vec<String>)> {
        if !config.vendor_node.enabled {
            return Ok((None, Vec::new()));
        }
        let made = wiring::vendor_node_config(config, self.data, self.at, self.epoch(VENDOR_NODE_EPOCH).await?)?;
        let seed = NodeSeed::new(*operator.vendor_node_seed());
        let (node, listens) = self.start(made, seed, VENDOR_NODE_EPOCH).await.context("the node that pays vendors")?;
        Ok((Some(node), listens))
    }

    async fn start(&self, made: NodeConfig, seed: NodeSeed, epoch: &str) -> Result<(Arc<EmbeddedNode>, Vec<String>)> {
        let listens = made.listen.clone();
        let node = EmbeddedNode::start(made, seed, Arc::clone(self.clock)).await?;
        Store::put_setting(self.store, epoch, &node.epoch().to_string()).await?;
        Ok((Arc::new(node), listens))
    }

    async fn epoch(&self, name: &str) -> Result<u64> {
        let text = Store::setting(self.store, name).await?;
        text.map_or(Ok(0), |text| text.parse()).context("the stored number of node starts")
    }
}
