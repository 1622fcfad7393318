//! Everything around a purchase: chain, issuer, exchange, store, server, the payer's wallet and a channel.

use super::issuing::{Enrolled, IssuerName, Issuing};
use super::linked::Linked;
use super::nwc::Remote;
use super::onchain::OnChain;
use super::payer::{LndPayer, Payer, PayerName};
use super::rail::Rail;
use super::selling::{ExchangeName, Selling};
use super::server::{Beside, Outside, Ready, Rules, Server, Windows};
use super::shopper::Shopper;
use super::timeline::Timeline;
use super::vendor::Vendor;
use anyhow::{Context, Result};
use bitcoin::secp256k1::PublicKey;
use sandbox::chain::{Backend, Chain, RpcAccess};
use sandbox::link::Link;
use sandbox::lnd::{Lnd, LndPlan};
use sandbox::store::{GiftCardBox, Store, StoreConfig};
use sandbox::wallet::{ChannelPlan, OpenStep, PayerWallet, WalletConfig};
use serde_json::json;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Room for one hold of the reference purchase under LDK's cap of a tenth: 0.16 BTC carries three at a time.
const CAPACITY_SAT: u64 = 16_000_000;
/// Given to the server's side, so that it can pay refunds.
const PUSH_MSAT: u64 = 4_000_000_000;
const STEP_WITHIN: Duration = Duration::from_secs(60);
/// For fees, and then some.
const BESIDE_CHANNEL_SAT: u64 = 500_000;
/// On-chain funds of the server's node: its reserve for closing channels.
const RESERVE_SAT: u64 = 1_000_000;

pub struct WorldOptions {
    pub bitcoind: Option<String>,
    pub dir: Option<PathBuf>,
    pub windows: Windows,
    pub rules: Rules,
    pub issuer: IssuerName,
    pub exchange: ExchangeName,
    /// A gift-card vendor too, with a node that the server's second node pays.
    pub gift_cards: bool,
    /// A shopper's account at Coinbase too, linked.
    pub linked: bool,
    /// Purchases can be paid on the chain too.
    pub onchain: bool,
    /// The payer's wallet and the server's node are connected without the link that scenarios cut.
    pub direct: bool,
    /// Settings of the server on top of the demo's, as environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// The directory of LND's programs, for whoever needs one.
    pub lnd: Option<PathBuf>,
    /// LNDs that the server holds on; none: the node inside it.
    pub lnds: usize,
    pub payer: PayerName,
}

pub struct World {
    pub chain: Chain,
    pub issuer: Issuing,
    pub exchange: Selling,
    pub store: Store,
    pub server: Server,
    /// The nodes that hold, where they are not inside the server.
    lnds: Vec<Lnd>,
    pub payer: Payer,
    pub vendor: Option<Vendor>,
    pub linked: Option<Linked>,
    pub onchain: Option<OnChain>,
    /// Before the payer's wallet, where it is asked over Nostr.
    pub remote: Option<Remote>,
    /// Between the payer's wallet and the server's node.
    pub link: Link,
    pub shopper: Shopper,
    pub windows: Windows,
    /// What the payer's wallet scans.
    pub rail: Rail,
    open_registration: bool,
    dir: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl World {
    pub async fn start(options: WorldOptions, timeline: &Timeline) -> Result<Self> {
        let temporary = if options.dir.is_none() { Some(tempfile::tempdir()?) } else { None };
        let of_its_own = temporary.as_ref().map(|temporary| temporary.path().to_owned());
        let dir = options.dir.clone().or(of_its_own).unwrap_or_else(std::env::temp_dir);
        timeline.begin("setup", "chain, issuer, exchange, store, server, wallet, channel");
        let chain = open_chain(options.bitcoind.as_deref(), timeline).await?;
        let mut vendor = if options.gift_cards { Some(Vendor::start(&chain, &dir, timeline).await?) } else { None };
        let (issuer, exchange, store) = vendors(&options, vendor.as_ref(), timeline).await?;
        let (windows, mut rules) = (options.windows, options.rules.clone());
        let (ports, vendor_port) = ((free_port()?, free_port()?), free_port()?);
        if let Some(vendor) = &vendor {
            rules.more.push_str(&vendor.tables(vendor_port));
        }
        let http = format!("http://127.0.0.1:{}", ports.0);
        let linked = if options.linked { Some(Linked::start(&exchange, &http, &dir).await?) } else { None };
        if let Some(linked) = &linked {
            rules.more.push_str(&linked.tables());
        }
        let onchain = if options.onchain { Some(OnChain::start(&chain)?) } else { None };
        if onchain.is_some() {
            rules.more.push_str(&OnChain::tables(windows.quote_secs));
        }
        let rules = &rules;
        let enrolled = issuer.enroll(&http);
        let mut outside = outside(&chain, &issuer, &exchange, enrolled);
        let lnds = start_lnds(&chain, &options, &dir, &mut outside, timeline).await?;
        let mut server = Server::set_up(&dir, &outside, windows, rules, ports).await?;
        server.settings = options.settings.clone();
        let ready = server.start().await?;
        timeline.step(
            "server",
            &format!("{} (node {}…)", ready.http, &ready.node_id[..16]),
            json!({ "http": ready.http }),
        );
        if lnds.is_empty() {
            fund_reserve(&chain, &server, &["node"], timeline).await?;
        }
        if let Some(vendor) = &mut vendor {
            vendor.connect(&chain, &server, vendor_port, timeline).await?;
        }
        let node_address = server.node_address()?;
        let link = Link::start(node_address).await?;
        let peer_address = if options.direct { node_address } else { link.address() };
        let payer = open_payer(&chain, &options, &dir, (&ready, peer_address, &lnds), timeline).await?;
        let shopper = register(&server, &ready, rules.open_registration).await?;
        timeline.step("shopper", "registered, with a billing address", json!({ "login": shopper.login() }));
        if let Some(linked) = &linked {
            linked.link(&shopper, timeline).await?;
        }
        Ok(Self {
            chain,
            issuer,
            exchange,
            store,
            server,
            lnds,
            payer,
            vendor,
            linked,
            onchain,
            remote: None,
            link,
            shopper,
            windows,
            rail: Rail::Bolt11,
            open_registration: rules.open_registration,
            dir,
            _temporary: temporary,
        })
    }

    /// Another wallet of another person, with a channel of its own.
    pub async fn second_wallet(&self, timeline: &Timeline) -> Result<Payer> {
        let ready = self.server.ready.as_ref().context("the server is not running")?;
        let at = (self.server.node_address()?, self.lnds.as_slice());
        open_wallet(&self.chain, self.dir.join("second-payer"), ready, at, timeline).await.map(Payer::Ldk)
    }

    /// A directory for what belongs to this world.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A shopper whose refunds go to the payer's Lightning address: `reveal` asks for a destination before paying.
    pub async fn shopper_with_address(&self) -> Result<Shopper> {
        let ready = self.server.ready.as_ref().context("the server is not running")?;
        let shopper = register(&self.server, ready, self.open_registration).await?;
        shopper.set_refund_address(&super::address::serve(&self.payer).await?).await?;
        Ok(shopper)
    }

    /// Starts a server that was killed and waits until the payer's channel can be used again. `false`: it was closed on
    /// the chain, which a node does whose books were cut off between two of their parts.
    pub async fn restart_server(&mut self) -> Result<bool> {
        let ready = self.server.start().await?;
        let id = PublicKey::from_str(&ready.node_id)?;
        let deadline = tokio::time::Instant::now() + STEP_WITHIN;
        loop {
            if !self.payer.has_channel().await? {
                return Ok(false);
            }
            if self.payer.reaches(&ready.node_id).await? {
                if let Some(vendor) = &self.vendor {
                    vendor.reconnect(&self.server).await?;
                }
                return Ok(true);
            }
            anyhow::ensure!(tokio::time::Instant::now() < deadline, "the channel is not usable after the restart");
            // Our side reconnects at once instead of by its back-off; an error only says that it is too early.
            let _ = self.payer.connect(id, self.link.address()).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until the node that pays vendors sees no peer any more.
    pub async fn second_node_alone(&self) -> Result<()> {
        let deadline = tokio::time::Instant::now() + STEP_WITHIN;
        loop {
            let channels: serde_json::Value =
                serde_json::from_str(&self.server.anytill(&["node", "--vendor", "channels", "--json"]).await?)?;
            if channels.as_array().is_some_and(|all| all.iter().all(|channel| channel["usable"] == false)) {
                return Ok(());
            }
            anyhow::ensure!(tokio::time::Instant::now() < deadline, "the second node still has a peer: {channels}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The server's node closes its channels without their peers.
    pub async fn close_by_force(&self) -> Result<()> {
        for lnd in &self.lnds {
            lnd.close_by_force().await?;
        }
        if self.lnds.is_empty() {
            let channels: serde_json::Value =
                serde_json::from_str(&self.server.anytill(&["node", "channels", "--json"]).await?)?;
            for channel in channels.as_array().into_iter().flatten() {
                let id = channel["channel_id"].as_str().context("a channel without an id")?;
                self.server.anytill(&["node", "close", id, "--force"]).await?;
            }
        }
        Ok(())
    }

    /// Of the server's nodes, what is in channels or on its way back from closed ones.
    pub async fn in_channels_sat(&self) -> Result<u64> {
        let mut sum_sat = 0;
        for lnd in &self.lnds {
            sum_sat += lnd.in_channels_sat().await?;
        }
        if self.lnds.is_empty() {
            let found: serde_json::Value =
                serde_json::from_str(&self.server.anytill(&["node", "balances", "--json"]).await?)?;
            let of = |name: &str| found[name].as_u64().with_context(|| format!("no {name}"));
            sum_sat += of("lightning_sat")? + of("closing_sat")?;
        }
        Ok(sum_sat)
    }

    pub fn show_log_tail(&self, timeline: &Timeline) {
        let Ok(text) = std::fs::read_to_string(self.server.log_path()) else { return };
        let lines: Vec<_> = text.lines().collect();
        timeline.note("\nthe end of the server's log:");
        for line in lines.iter().rev().take(25).rev() {
            timeline.note(&format!("  {line}"));
        }
    }

    /// Stops what runs; problems on the way out are shown, not fatal.
    pub async fn stop(mut self) {
        if let Err(error) = self.server.stop().await {
            tracing::warn!(%error, "the server");
        }
        if let Err(error) = self.payer.stop().await {
            tracing::warn!(%error, "the wallet");
        }
        if let Some(vendor) = self.vendor.take() {
            vendor.stop().await;
        }
        for lnd in self.lnds {
            if let Err(error) = lnd.stop().await {
                tracing::warn!(%error, "an LND");
            }
        }
    }
}

/// An LND with its on-chain reserve in place.
async fn start_lnd(chain: &Chain, programs: Option<&Path>, dir: &Path, timeline: &Timeline) -> Result<Lnd> {
    let programs = programs.context("the directory of LND's programs is not known")?;
    // A chain whose tip is old keeps it from being synced.
    chain.mine(1).await?;
    let lnd = Lnd::start(LndPlan::new(programs, dir, chain.access().clone())?).await?;
    lnd.fund(chain, RESERVE_SAT, STEP_WITHIN).await?;
    lnd.sync_to(chain.height().await?, STEP_WITHIN).await?;
    let id = lnd.node_id.get(..16).unwrap_or_default();
    timeline.step("lnd", &format!("an LND, node {id}…"), json!({ "node_id": lnd.node_id }));
    Ok(lnd)
}

/// As many as are asked for, each told to the server.
async fn start_lnds(
    chain: &Chain,
    options: &WorldOptions,
    dir: &Path,
    outside: &mut Outside,
    timeline: &Timeline,
) -> Result<Vec<Lnd>> {
    let mut lnds = Vec::new();
    for number in 1..=options.lnds {
        let name = if number == 1 { "lnd".to_owned() } else { format!("lnd-{number}") };
        let lnd = start_lnd(chain, options.lnd.as_deref(), &dir.join(&name), timeline).await?;
        outside.lnds.push(beside(name, &lnd).await?);
        lnds.push(lnd);
    }
    Ok(lnds)
}

/// The payer's own node, with a channel to the server's.
async fn open_payer(
    chain: &Chain,
    options: &WorldOptions,
    dir: &Path,
    (ready, peer_address, lnds): (&Ready, SocketAddr, &[Lnd]),
    timeline: &Timeline,
) -> Result<Payer> {
    let dir = dir.join("payer");
    match options.payer {
        PayerName::Ldk => Ok(Payer::Ldk(open_wallet(chain, dir, ready, (peer_address, lnds), timeline).await?)),
        PayerName::Lnd => {
            let lnd = start_lnd(chain, options.lnd.as_deref(), &dir, timeline).await?;
            let first = (ready.node_id.clone(), peer_address);
            Ok(Payer::Lnd(Arc::new(open_lnd_wallet(chain, lnd, first, lnds, timeline).await?)))
        }
    }
}

/// With a macaroon for exactly what the server asks, as its operator bakes it.
async fn beside(name: String, lnd: &Lnd) -> Result<Beside> {
    let calls = super::server::macaroon_calls().await?;
    let rights: Vec<_> = calls.iter().map(|call| ("uri", call.as_str())).collect();
    let plan = lnd.plan();
    let (url, certificate, listens) = (plan.url(), plan.certificate(), plan.listens);
    Ok(Beside {
        name,
        url,
        certificate: std::path::absolute(certificate)?,
        macaroon: lnd.bake(&rights).await?,
        listens,
    })
}

async fn open_chain(bitcoind: Option<&str>, timeline: &Timeline) -> Result<Chain> {
    let backend = match bitcoind {
        Some(url) => Backend::Bitcoind(RpcAccess::from_url(url)?),
        None => Backend::InProcess { bind: SocketAddr::from(([127, 0, 0, 1], 0)) },
    };
    let chain = Chain::open(backend).await?;
    let height = chain.height().await?;
    let what = if bitcoind.is_some() { "bitcoind" } else { "built in" };
    timeline.step("chain", &format!("regtest, {what}, height {height}"), json!({ "height": height }));
    Ok(chain)
}

async fn vendors(
    options: &WorldOptions,
    vendor: Option<&Vendor>,
    timeline: &Timeline,
) -> Result<(Issuing, Selling, Store)> {
    let currency = options.rules.currency;
    let issuer = Issuing::start(options.issuer, currency).await?;
    let exchange = Selling::start(options.exchange, currency).await?;
    let gift_cards = vendor.map(|vendor| GiftCardBox::new(vendor.bitrefill.codes()));
    let config = StoreConfig { gift_cards, ..StoreConfig::default() };
    let store = Store::start_on(issuer.network(), config).await?;
    let simulated = |name: &str, url: String| format!("simulated {name} at {url}");
    timeline.step("issuer", &simulated(issuer.name(), issuer.url()), json!({ "url": issuer.url() }));
    timeline.step("exchange", &simulated(exchange.name(), exchange.url()), json!({ "url": exchange.url() }));
    timeline.step("store", &format!("demo store at {}", store.url()), json!({ "url": store.url() }));
    Ok((issuer, exchange, store))
}

/// A shopper with an account; where registration is by invitation, invited first.
async fn register(server: &Server, ready: &Ready, open: bool) -> Result<Shopper> {
    let code = if open { None } else { Some(invitation(server).await?) };
    Shopper::register(&ready.http, code.as_deref()).await
}

/// A fresh code, good for one registration.
pub async fn invitation(server: &Server) -> Result<String> {
    let codes: serde_json::Value = serde_json::from_str(&server.anytill(&["invite", "--json"]).await?)?;
    Ok(codes.pointer("/0/code").and_then(serde_json::Value::as_str).context("no invitation code")?.to_owned())
}

fn outside(chain: &Chain, issuer: &Issuing, exchange: &Selling, enrolled: Enrolled) -> Outside {
    let (exchange_key, exchange_secret) = exchange.keys();
    let access = chain.access();
    Outside {
        bitcoind_url: format!("http://{}:{}", access.host, access.port),
        bitcoind_user: access.user.clone(),
        bitcoind_password: access.password.clone(),
        issuer_url: issuer.url(),
        issuer_key: issuer.api_key(),
        issuer: issuer.word(),
        issuer_asa_secret: enrolled.authorization_secret,
        issuer_events_secret: enrolled.events_secret,
        issuer_challenges_secret: enrolled.challenges_secret,
        exchange: exchange.word(),
        exchange_url: exchange.url(),
        prices_url: exchange.prices_url(),
        prices: exchange.prices_word(),
        exchange_key,
        exchange_secret,
        lnds: Vec::new(),
    }
}

/// The operator puts the on-chain reserve of one of the nodes in place; `node` are the words of its commands.
pub async fn fund_reserve(chain: &Chain, server: &Server, node: &[&str], timeline: &Timeline) -> Result<()> {
    let address = server.anytill(&[node, &["address"]].concat()).await?;
    let address = bitcoin::Address::from_str(address.trim())?.require_network(bitcoin::Network::Regtest)?;
    chain.fund(&address, RESERVE_SAT).await?;
    chain.mine(1).await?;
    // Until the node has seen it, it refuses channels whose closing it could not pay for.
    let deadline = tokio::time::Instant::now() + STEP_WITHIN;
    loop {
        let balances: serde_json::Value =
            serde_json::from_str(&server.anytill(&[node, &["balances", "--json"]].concat()).await?)?;
        if balances["onchain_total_sat"].as_u64() == Some(RESERVE_SAT) {
            break;
        }
        anyhow::ensure!(tokio::time::Instant::now() < deadline, "the node does not see its reserve: {balances}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    timeline.step(
        "reserve",
        &format!("{RESERVE_SAT} sat on-chain for closing channels"),
        json!({ "sat": RESERVE_SAT }),
    );
    Ok(())
}

async fn open_wallet(
    chain: &Chain,
    dir: PathBuf,
    ready: &Ready,
    (peer_address, lnds): (SocketAddr, &[Lnd]),
    timeline: &Timeline,
) -> Result<PayerWallet> {
    std::fs::create_dir_all(&dir)?;
    let wallet = PayerWallet::start(WalletConfig { dir, chain: chain.access().clone() }).await?;
    timeline.step("wallet", "the payer's own Lightning node", json!({ "node_id": wallet.node_id().to_string() }));
    let first = (ready.node_id.clone(), peer_address);
    for (id, peer_address) in peers(first, lnds) {
        if let Some(lnd) = lnds.iter().find(|lnd| lnd.node_id == id) {
            // An LND that has not seen the newest block takes no channel: the wallet's funds come before.
            chain.fund(&wallet.address().await?, CAPACITY_SAT + BESIDE_CHANNEL_SAT).await?;
            chain.mine(1).await?;
            let height = chain.height().await?;
            wallet.sync_to(height, STEP_WITHIN).await?;
            lnd.sync_to(height, STEP_WITHIN).await?;
        }
        let plan = ChannelPlan {
            peer: PublicKey::from_str(&id)?,
            peer_address,
            capacity_sat: CAPACITY_SAT,
            push_msat: PUSH_MSAT,
            step_timeout: STEP_WITHIN,
        };
        wallet.fund_and_open(chain, plan, |step| show(timeline, &step)).await?;
    }
    Ok(wallet)
}

/// Whom a payer has a channel with: each node that holds, the first of them under the address that is given.
fn peers((id, address): (String, SocketAddr), lnds: &[Lnd]) -> Vec<(String, SocketAddr)> {
    let others = lnds.iter().skip(1).map(|lnd| (lnd.node_id.clone(), lnd.plan().listens));
    std::iter::once((id, address)).chain(others).collect()
}

async fn open_lnd_wallet(
    chain: &Chain,
    lnd: Lnd,
    first: (String, SocketAddr),
    lnds: &[Lnd],
    timeline: &Timeline,
) -> Result<LndPayer> {
    timeline.step("wallet", "the payer's own LND", json!({ "node_id": lnd.node_id }));
    for (id, address) in peers(first, lnds) {
        lnd.fund(chain, CAPACITY_SAT + BESIDE_CHANNEL_SAT, STEP_WITHIN).await?;
        let height = chain.height().await?;
        for node in std::iter::once(&lnd).chain(lnds) {
            node.sync_to(height, STEP_WITHIN).await?;
        }
        lnd.connect(&id, address, STEP_WITHIN).await?;
        lnd.open_channel(chain, &id, (CAPACITY_SAT, PUSH_MSAT / 1_000), STEP_WITHIN).await?;
        timeline.step("usable", &format!("a channel of {CAPACITY_SAT} sat to {}…", &id[..16]), json!({}));
    }
    Ok(LndPayer::new(lnd))
}

pub fn show(timeline: &Timeline, step: &OpenStep) {
    let (name, detail) = match step {
        OpenStep::FundingSent { amount_sat, .. } => ("funding", format!("{amount_sat} sat on their way to the wallet")),
        OpenStep::Funded { onchain_sat } => ("funded", format!("the wallet has {onchain_sat} sat")),
        OpenStep::Connected => ("connected", "the wallet reached the server's node".to_owned()),
        OpenStep::FundingBroadcast { txid } => ("channel", format!("funding transaction {txid}")),
        OpenStep::Confirmed { blocks } => ("confirmed", format!("{blocks} blocks")),
        OpenStep::Usable { ours_msat } => ("usable", format!("{} sat to spend over Lightning", ours_msat / 1_000)),
    };
    timeline.step(name, &detail, json!({}));
}

/// A port that is free now, below those that the system gives to outgoing connections: the webhook's address has to be
/// known before the server starts, and stays the same when it starts again.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let port = rand::random_range(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no free port between 20000 and 32000")
}
