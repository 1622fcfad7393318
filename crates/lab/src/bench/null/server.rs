//! The null server, listening on this machine.

use super::drive;
use super::node::{HEIGHT, NullNode};
use super::vendors::{AccountShoppers, FixedPrices, NoPayees, NullExchange, NullIssuer, RandomVault, SystemClock};
use accounts::{AccountRules, Accounts, HashCost, Hasher, Hosts};
use anyhow::{Context as _, Result, ensure};
use engine::{Config, Engine, Ports};
use ids::PurchaseId;
use metrics_exporter_prometheus::PrometheusBuilder;
use money::{Currency, Ppm, Rate};
use ports::{AccountStore, Clock, LightningNode, Nodes, Outcome};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use storage::sqlite::{OpenMode, Sqlite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use web::{AppState, BadPublicKey, Policy, RequestRate, Running, Sealed, Trust};
use zeroize::Zeroizing;

/// 5,457.386 USD/BTC, the rate of the reference purchase.
const RATE_MICRO: u64 = 5_457_386_000;
/// Passwords are not what is measured.
const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1 };
const NO_LIMIT: RequestRate = RequestRate { burst: u32::MAX, every_ms: 1 };

pub struct NullServer {
    pub http: String,
    pub node: Arc<NullNode>,
    /// Signs the issuer's webhooks.
    pub webhook_secret: String,
    pub store: Sqlite,
    tasks: JoinSet<()>,
}

impl NullServer {
    /// On a database of its own in `dir`, which must be on the disk that is measured.
    pub async fn start(dir: &Path, name: &str) -> Result<Self> {
        Self::start_with(dir, name, Arc::new(network::Watch::unheard())).await
    }

    /// One that knows the Lightning Network.
    pub async fn start_with(dir: &Path, name: &str, network: Arc<network::Watch>) -> Result<Self> {
        let data = dir.join(name);
        let store = tokio::task::spawn_blocking(move || Sqlite::open(&data, OpenMode::OrCreate)).await??;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let node = Arc::new(NullNode::new());
        let mut key = [0u8; 24];
        rand::fill(&mut key[..]);
        // 24 bytes of hex are valid base64 too.
        let webhook_secret = format!("whsec_{}", hex::encode(key));
        let (account_store, accounts) = open_accounts(&store, &clock)?;
        let ports = Ports {
            store: Arc::new(store.clone()),
            nodes: Nodes::one(node.clone()),
            vendor_node: None,
            issuer: Arc::new(NullIssuer::new(&webhook_secret)?),
            exchange: Arc::new(NullExchange),
            prices: Arc::new(FixedPrices(Rate::new(RATE_MICRO, Currency::USD)?)),
            payees: Arc::new(NoPayees),
            gift_cards: None,
            paid_first: engine::PaidFirstSources::default(),
            shoppers: Arc::new(AccountShoppers(Arc::clone(&accounts))),
            clock,
            vault: Arc::new(RandomVault),
        };
        let config = Config { spread: Ppm(0), ..Config::default() };
        let engine = Arc::new(Engine::new(ports, config));
        let Outcome::Done(info) = node.info().await else { anyhow::bail!("the null node has no tip") };
        ensure!(info.tip_height == HEIGHT, "another tip");
        engine.on_tip(node.node_id(), info).await?;
        let state = AppState {
            engine: Arc::clone(&engine),
            accounts,
            account_store,
            policy: Arc::new(policy()),
            trust: Arc::new(Hpke),
            links: None,
            chain_fees: None,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            running: Arc::new(Running::default()),
            network,
        };
        let driven: Arc<dyn LightningNode> = node.clone();
        let mut tasks = drive::spawn(&engine, &driven);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let http = format!("http://{}", listener.local_addr()?);
        let app = web::router(state).into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the null server ended");
            }
        });
        Ok(Self { http, node, webhook_secret, store, tasks })
    }

    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        self.store.close().await;
    }
}

fn open_accounts(store: &Sqlite, clock: &Arc<dyn Clock>) -> Result<(Arc<dyn AccountStore>, Arc<Accounts>)> {
    let mut rng = StdRng::from_os_rng();
    let hasher = Hasher::new(CHEAP, &mut rng).context("the hash of passwords")?;
    let account_store: Arc<dyn AccountStore> = Arc::new(store.clone());
    let rules = AccountRules { open_registration: true, refund_hosts: Hosts::Public, ..AccountRules::default() };
    let accounts = Accounts::new(Arc::clone(&account_store), Arc::clone(clock), Box::new(rng), hasher, rules);
    Ok((account_store, Arc::new(accounts)))
}

/// The server's defaults without the bounds of one account and one address: few shoppers stand for many.
fn policy() -> Policy {
    let mut policy = Policy::default();
    let (limits, http) = (&mut policy.limits, &mut policy.http);
    limits.cards_per_day = u64::from(u32::MAX);
    limits.per_day_minor = u64::from(u32::MAX);
    limits.unpaid_at_once = u64::from(u32::MAX);
    limits.abandoned_holds_per_day = u64::from(u32::MAX);
    (http.per_ip, http.per_account, http.per_secret) = (NO_LIMIT, NO_LIMIT, NO_LIMIT);
    http.requests_max = 1_024;
    policy
}

/// Seals as the server does.
struct Hpke;

impl Trust for Hpke {
    fn key_set(&self) -> String {
        "{}".to_owned()
    }

    fn recipes(&self) -> Option<&web::RecipeBundle> {
        None
    }

    fn link_tag(&self, purchase: PurchaseId) -> [u8; 8] {
        std::array::from_fn(|i| !purchase.0[i])
    }

    fn new_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new([0; 32]);
        rand::fill(&mut secret[..]);
        secret
    }

    fn is_signed(&self, k1: &[u8; 32], signature: &[u8], key: &[u8; 33]) -> bool {
        trust::is_signed_by_wallet(k1, signature, key)
    }

    fn seal(&self, key: &[u8; 32], purchase: PurchaseId, plain: Zeroizing<Vec<u8>>) -> Result<Sealed, BadPublicKey> {
        let sealed = trust::seal_card(&mut rand::rng(), key, purchase, plain).map_err(|_| BadPublicKey)?;
        Ok(Sealed { enc: sealed.enc.to_vec(), ciphertext: sealed.ciphertext })
    }
}
