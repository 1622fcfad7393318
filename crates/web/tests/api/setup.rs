//! A whole server in memory: the real engine, accounts and database, a small outside.

use crate::fakes::*;
use accounts::{AccountRules, Accounts, HashCost, Hasher, Hosts};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use engine::{Config, Engine, Ports};
use hpke::kem::X25519HkdfSha256;
use hpke::{Kem, Serializable};
use http_body_util::BodyExt;
use ids::{PaymentHash, PurchaseId};
use metrics_exporter_prometheus::PrometheusBuilder;
use money::{Msat, Ppm};
use ports::{Clock, LightningNode, NodeEvent, NodeInfo};
use purchase::State;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use storage::sqlite::{OpenMode, Sqlite};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tower::ServiceExt;
use web::{AppState, BadPublicKey, Policy, RecipeBundle, Running, Sealed, Trust};
use zeroize::Zeroizing;

pub const PASSWORD: &str = "correct horse battery";
pub const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
/// Nothing in these tests takes longer.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct HpkeTrust(pub Option<RecipeBundle>);

impl Trust for HpkeTrust {
    fn key_set(&self) -> String {
        r#"{"format":"test"}"#.to_owned()
    }

    fn recipes(&self) -> Option<&RecipeBundle> {
        self.0.as_ref()
    }

    fn link_tag(&self, purchase: PurchaseId) -> [u8; 8] {
        std::array::from_fn(|i| !purchase.0[i])
    }

    fn new_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut secret = [0; 32];
        rand::RngCore::fill_bytes(&mut StdRng::from_os_rng(), &mut secret);
        Zeroizing::new(secret)
    }

    fn is_signed(&self, k1: &[u8; 32], signature: &[u8], key: &[u8; 33]) -> bool {
        trust::is_signed_by_wallet(k1, signature, key)
    }

    fn seal(&self, key: &[u8; 32], purchase: PurchaseId, plain: Zeroizing<Vec<u8>>) -> Result<Sealed, BadPublicKey> {
        let sealed = trust::seal_card(&mut StdRng::from_os_rng(), key, purchase, plain).map_err(|_| BadPublicKey)?;
        Ok(Sealed { enc: sealed.enc.to_vec(), ciphertext: sealed.ciphertext })
    }
}

/// The extension's one-time key.
pub struct OneTimeKey {
    private: [u8; 32],
    pub public_hex: String,
}

impl OneTimeKey {
    pub fn new() -> Self {
        let (private, public) = X25519HkdfSha256::gen_keypair(&mut StdRng::from_os_rng());
        Self { private: private.to_bytes().into(), public_hex: hex::encode(public.to_bytes()) }
    }

    pub fn open(&self, purchase: &str, answer: &Value) -> Value {
        let bytes = |name: &str| hex::decode(answer[name].as_str().unwrap()).unwrap();
        let sealed = trust::Sealed { enc: bytes("enc").try_into().unwrap(), ciphertext: bytes("ciphertext") };
        let plain = trust::open_card(&self.private, purchase.parse().unwrap(), &sealed).unwrap();
        serde_json::from_slice(&plain).unwrap()
    }
}

pub struct Server {
    pub router: Router,
    pub engine: Arc<Engine>,
    pub accounts: Arc<Accounts>,
    pub store: Sqlite,
    pub clock: Arc<ManualClock>,
    pub node: Arc<FakeNode>,
    pub issuer: Arc<FakeIssuer>,
    pub prices: Arc<FakePrices>,
    pub running: Arc<Running>,
    pub dir: TempDir,
    driver: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Status and stable code of a problem; its form is checked on the way.
    pub fn problem(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(self.headers["content-type"], "application/problem+json", "{body}");
        assert_eq!(body["status"], self.status.as_u16(), "{body}");
        let code = body["code"].as_str().unwrap().to_owned();
        assert_eq!(body["type"], format!("/v1/problems/{code}"));
        assert!(!body["title"].as_str().unwrap().is_empty() && !body["detail"].as_str().unwrap().is_empty());
        (self.status.as_u16(), code)
    }

    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

/// Everything that is free to be set in a test.
pub struct Options {
    pub policy: Policy,
    pub rules: AccountRules,
    pub config: Config,
    pub recipes: Option<RecipeBundle>,
    /// A provider of accounts that can be linked.
    pub linked: Option<Arc<crate::linked::FakeLinked>>,
    pub on_chain: Option<Arc<crate::onchain::FakeChain>>,
    pub chain_fees: Option<Arc<dyn ports::ChainFees>>,
    pub network: Arc<network::Watch>,
    /// A second node that holds.
    pub other_node: Option<Arc<FakeNode>>,
}

impl Default for Options {
    fn default() -> Self {
        let mut policy = Policy::default();
        policy.limits.cards_per_day = 100;
        policy.limits.per_day_minor = 10_000_000;
        Self {
            policy,
            rules: AccountRules { open_registration: true, refund_hosts: Hosts::Public, ..AccountRules::default() },
            config: Config { spread: Ppm(0), server_url: "https://till.example".to_owned(), ..Config::default() },
            linked: None,
            on_chain: None,
            chain_fees: None,
            recipes: Some(RecipeBundle::new("anytill-recipes-v1\n".to_owned(), "ab".repeat(64))),
            network: Arc::new(network::Watch::unheard()),
            other_node: None,
        }
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        Self::on(TempDir::new().unwrap(), options).await
    }

    /// Over what an earlier one left.
    pub async fn on(dir: TempDir, options: Options) -> Self {
        let store = Sqlite::open(dir.path(), OpenMode::OrCreate).unwrap();
        let (clock, node, issuer) =
            (Arc::new(ManualClock::new()), Arc::new(FakeNode::new()), Arc::new(FakeIssuer::new()));
        let prices = Arc::new(FakePrices { gone: AtomicBool::new(false) });
        let ports = Ports {
            store: Arc::new(store.clone()),
            nodes: ports::Nodes::new(
                node.clone(),
                options.other_node.iter().map(|node| node.clone() as Arc<dyn LightningNode>).collect(),
            ),
            vendor_node: None,
            issuer: issuer.clone(),
            exchange: Arc::new(FakeExchange),
            prices: prices.clone(),
            payees: Arc::new(FakePayees),
            gift_cards: None,
            paid_first: engine::PaidFirstSources {
                linked_account: options.linked.clone().map(|source| source as Arc<dyn ports::PaidFirstSource>),
                on_chain: options.on_chain.clone().map(|source| source as Arc<dyn ports::PaidFirstSource>),
            },
            shoppers: Arc::new(NoShoppers),
            clock: clock.clone(),
            vault: Arc::new(FixedVault::new()),
        };
        let engine = Arc::new(Engine::new(ports, options.config));
        engine.recover().await.unwrap();
        engine
            .on_tip(node.node_id(), NodeInfo { tip_height: 100, tip_seen_at: clock.now(), channels_usable: 1 })
            .await
            .unwrap();
        let mut rng = StdRng::seed_from_u64(7);
        let hasher = Hasher::new(HashCost { memory_kib: 8, passes: 1 }, &mut rng).unwrap();
        let store_of_accounts: Arc<dyn ports::AccountStore> = Arc::new(store.clone());
        let accounts =
            Arc::new(Accounts::new(store_of_accounts.clone(), clock.clone(), Box::new(rng), hasher, options.rules));
        let running = Arc::new(Running::default());
        let state = AppState {
            engine: engine.clone(),
            accounts: accounts.clone(),
            account_store: store_of_accounts,
            policy: Arc::new(options.policy),
            trust: Arc::new(HpkeTrust(options.recipes)),
            links: options.linked.map(|links| links as Arc<dyn ports::AccountLinks>),
            chain_fees: options.chain_fees,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            running: running.clone(),
            network: options.network,
        };
        let driven = engine.clone();
        let driver = tokio::spawn(async move {
            loop {
                let row = driven.next_ready().await;
                driven.run_effect(row).await;
            }
        });
        let router = web::router(state);
        Self { router, engine, accounts, store, clock, node, issuer, prices, running, dir, driver }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = tokio::time::timeout(DEADLINE, body.collect()).await.expect("the body ends").unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn shopper(&self, login: &str) -> Shopper<'_> {
        let body = json!({ "login": login, "password": PASSWORD, "device_name": "first" });
        let answer = self.post("/v1/register", &body).await.ok();
        self.device(&answer)
    }

    /// Another device of the same shopper.
    pub async fn log_in(&self, login: &str) -> Shopper<'_> {
        self.clock.advance_ms(1);
        let body = json!({ "login": login, "password": PASSWORD, "device_name": "second" });
        let answer = self.post("/v1/login", &body).await.ok();
        self.device(&answer)
    }

    fn device(&self, answer: &Value) -> Shopper<'_> {
        let token = answer["token"].as_str().unwrap().to_owned();
        Shopper { server: self, token, recovery: answer["recovery_code"].clone() }
    }

    /// The shopper's wallet pays the invoice.
    pub async fn pay(&self, purchase: &Value) {
        let hash: PaymentHash = purchase["invoice"]["payment_hash"].as_str().unwrap().parse().unwrap();
        let amount_msat = Msat::new(purchase["quote"]["amount_msat"].as_u64().unwrap()).unwrap();
        let held = NodeEvent::HtlcHeld { payment_hash: hash, amount_msat, claim_deadline: 300 };
        self.engine.on_node_event(self.node.node_id(), &held).await.unwrap();
    }

    /// The node confirms the claim as soon as it is asked for.
    pub async fn confirm_claim(&self, purchase: &Value) {
        let id: PurchaseId = purchase["id"].as_str().unwrap().parse().unwrap();
        let waits = [State::Quoted, State::Invoiced, State::Held, State::CardReady];
        let claiming = self.engine.wait_past(id, &waits);
        tokio::time::timeout(DEADLINE, claiming).await.expect("it is claimed").unwrap();
        let payment_hash: PaymentHash = purchase["invoice"]["payment_hash"].as_str().unwrap().parse().unwrap();
        let amount_msat = Msat::new(purchase["quote"]["amount_msat"].as_u64().unwrap()).unwrap();
        self.engine
            .on_node_event(self.node.node_id(), &NodeEvent::HtlcClaimed { payment_hash, amount_msat })
            .await
            .unwrap();
    }

    /// So much later: timers run, and the chain's tip is fresh again.
    pub async fn later(&self, ms: u64) {
        self.clock.advance_ms(ms);
        let tip = NodeInfo { tip_height: 100, tip_seen_at: self.clock.now(), channels_usable: 1 };
        self.engine.on_tip(self.node.node_id(), tip).await.unwrap();
        self.engine.tick().await.unwrap();
    }

    /// The store charges the card of a purchase, and the claim is confirmed; the charge's identifier.
    pub async fn charge(&self, purchase: &Value, charge: &str) {
        let card = self.card_of(purchase).await;
        let body = json!({ "id": charge, "card": card, "minor": 2711 }).to_string();
        let (asked, ()) = tokio::join!(self.webhook("charge", "good", "now", &body), self.confirm_claim(purchase));
        assert_eq!(asked.ok()["approved"], true);
    }

    pub async fn news(&self, event: &str, purchase: &Value, charge: &str, kind: &str, minor: u64) {
        let card = self.card_of(purchase).await;
        let body = json!({ "event": event, "id": charge, "card": card, "kind": kind, "minor": minor }).to_string();
        self.webhook("events", "good", "now", &body).await.ok();
    }

    async fn card_of(&self, purchase: &Value) -> String {
        let id: PurchaseId = purchase["id"].as_str().unwrap().parse().unwrap();
        self.engine.purchase(id).await.unwrap().unwrap().card.unwrap().card.unwrap()
    }

    pub async fn past(&self, purchase: &Value, states: &[State]) -> purchase::Purchase {
        let id: PurchaseId = purchase["id"].as_str().unwrap().parse().unwrap();
        let passed = self.engine.wait_past(id, states);
        tokio::time::timeout(DEADLINE, passed).await.expect("it goes on").unwrap()
    }

    /// Until the first refund of a purchase is there.
    pub async fn owed(&self, purchase: &Value) {
        let id: PurchaseId = purchase["id"].as_str().unwrap().parse().unwrap();
        let mut changes = self.engine.subscribe(id);
        let opened = async {
            while self.engine.refund(engine::refund_id(id, 1)).await.unwrap().is_none() {
                assert!(changes.next().await);
            }
        };
        tokio::time::timeout(DEADLINE, opened).await.expect("it is owed");
    }

    /// Until a refund is in another state.
    pub async fn refund_past(&self, refund: &Value, state: &str) {
        let (id, purchase) = (refund["id"].as_str().unwrap().parse().unwrap(), &refund["purchase"]);
        let mut changes = self.engine.subscribe(purchase.as_str().unwrap().parse::<PurchaseId>().unwrap());
        let passed = async {
            loop {
                if self.engine.refund(id).await.unwrap().unwrap().state.name() != state {
                    return;
                }
                assert!(changes.next().await);
            }
        };
        tokio::time::timeout(DEADLINE, passed).await.expect("it goes on")
    }

    pub async fn webhook(&self, hook: &str, signature: &str, time: &str, body: &str) -> Answer {
        let request = Request::post(format!("/webhooks/fake/{hook}"))
            .header("x-signature", signature)
            .header("x-time", time)
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    pub fn node_id(&self) -> String {
        self.node.node_id().to_string()
    }
}

pub struct Shopper<'a> {
    pub server: &'a Server,
    pub token: String,
    pub recovery: Value,
}

impl Shopper<'_> {
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.token))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.server.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn call(&self, method: Method, path: &str, key: &str, body: &Value) -> Answer {
        let mut request = self.request(method, path).header("content-type", "application/json");
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.server.send(request.body(body).unwrap()).await
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, key, body).await
    }

    /// The album: $27.11.
    pub async fn buy(&self, key: &str) -> Value {
        self.post("/v1/purchases", key, &album()).await.ok()
    }

    /// The album, paid, its card ready.
    pub async fn ready(&self, key: &str) -> Value {
        let purchase = self.buy(key).await;
        self.server.pay(&purchase).await;
        let ready = self.server.past(&purchase, &[State::Invoiced, State::Held]).await;
        assert_eq!(ready.state, State::CardReady);
        purchase
    }
}

pub fn album() -> Value {
    json!({
        "store_host": "www.albums.example",
        "total": { "minor": 2711, "currency": "USD" },
        "nonce": NONCE,
    })
}

/// `base` with one field replaced.
pub fn with(base: &Value, field: &str, value: Value) -> Value {
    let mut body = base.clone();
    body[field] = value;
    body
}
