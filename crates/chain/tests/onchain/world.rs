//! A chain, a wallet on it, and a payer who can take back what is in no block.

use crate::proxy::Proxy;
use async_trait::async_trait;
use bitcoin::{Address, Network};
use chain_wallet::{AddressRegister, ChainConfig, ChainWallet, Confirmations, RpcAccess};
use ids::{AccountId, IdempotencyKey, UnixMs};
use money::{Msat, Sat};
use ports::{
    Clock, Depth, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome,
    PaidFirstSource as _, Secret,
};
use sandbox::chain::{Backend, Chain, Coins};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::sync::{Mutex, MutexGuard};

/// The reference purchase.
pub const SAT: u64 = 496_758;
/// How long its price is locked.
pub const LOCKED_MS: u64 = 3_600_000;
/// What a refund may cost the operator beyond what was said.
pub const EXTRA_SAT: u64 = 3_000;
const START_MS: u64 = 1_800_000_000_000;

/// One chain is mined by one test at a time.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

pub struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

/// The server's database: it is not in the wallet's file.
#[derive(Default)]
pub struct TestRegister(AtomicU32);

#[async_trait]
impl AddressRegister for TestRegister {
    async fn next(&self) -> Result<u32, String> {
        Ok(self.0.load(Ordering::SeqCst))
    }

    async fn set_next(&self, next: u32) -> Result<(), String> {
        self.0.store(next, Ordering::SeqCst);
        Ok(())
    }
}

pub fn sat(amount: u64) -> Sat {
    Sat::new(amount).unwrap()
}

pub fn msat(amount_sat: u64) -> Msat {
    sat(amount_sat).msat()
}

pub struct World {
    pub chain: Chain,
    pub wallet: ChainWallet,
    pub clock: Arc<TestClock>,
    register: Arc<TestRegister>,
    pub proxy: Proxy,
    pub payer: Coins,
    dir: tempfile::TempDir,
    seed: [u8; 64],
    network: Network,
    _turn: MutexGuard<'static, ()>,
}

impl World {
    pub async fn start() -> Self {
        let turn = TURN.lock().await;
        let backend = match std::env::var("ANYTILL_REGTEST_URL") {
            Ok(url) => Backend::Bitcoind(sandbox::chain::RpcAccess::from_url(&url).unwrap()),
            Err(_) => Backend::InProcess { bind: ([127, 0, 0, 1], 0).into() },
        };
        let chain = Chain::open(backend).await.unwrap();
        chain.mine(1).await.unwrap();
        let clock = Arc::new(TestClock(AtomicU64::new(START_MS)));
        let proxy = Proxy::start(chain.access()).await;
        let dir = tempfile::tempdir().unwrap();
        let mut seed = [0; 64];
        seed.fill_with(rand::random);
        let network = Network::Regtest;
        let register = Arc::new(TestRegister::default());
        let wallet = open(&proxy, dir.path().join("chain.sqlite"), &seed, &register, &clock, 0, None);
        wallet.follow().await.unwrap();
        let payer = Coins::new(chain.clone(), rand::random()).unwrap();
        Self { chain, wallet, clock, register, proxy, payer, dir, seed, network, _turn: turn }
    }

    /// As a killed process: what is not in the file is lost.
    pub fn reopen(&mut self) {
        self.wallet = self.another();
    }

    /// From now on what was seen so recently is not looked at again; the clock stands still but where a test moves it.
    pub fn look_seldom(&mut self) {
        self.wallet = open(&self.proxy, self.file(), &self.seed, &self.register, &self.clock, 500, None);
    }

    pub fn another(&self) -> ChainWallet {
        open(&self.proxy, self.file(), &self.seed, &self.register, &self.clock, 0, None)
    }

    /// A wallet of the same keys whose file was lost; it looks for its coins from this block on.
    pub fn lose_file(&mut self, first_block: u32) {
        let file = self.dir.path().join("new.sqlite");
        self.wallet = open(&self.proxy, file, &self.seed, &self.register, &self.clock, 0, Some(first_block));
    }

    /// What a backup job would keep.
    pub fn copy_file(&self) {
        let copy = self.copied();
        let source = rusqlite::Connection::open(self.file()).unwrap();
        source.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    }

    /// The copy in place of the file, some time later.
    pub fn put_copy_back(&mut self) {
        self.wallet = open(&self.proxy, self.copied(), &self.seed, &self.register, &self.clock, 0, None);
    }

    fn copied(&self) -> PathBuf {
        self.dir.path().join("copy.sqlite")
    }

    pub fn file(&self) -> PathBuf {
        self.dir.path().join("chain.sqlite")
    }

    pub fn pass(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn request(&self, name: &str) -> FundsRequest {
        FundsRequest {
            key: IdempotencyKey(format!("{name}/funds")),
            account: AccountId([1; 16]),
            amount_msat: msat(SAT),
            asked_since: UnixMs(START_MS),
            expires_at: UnixMs(START_MS + LOCKED_MS),
        }
    }

    /// The address that the shopper is shown.
    pub async fn address(&self, request: &FundsRequest) -> Address {
        let target = self.wallet.request(request).await;
        let Outcome::Done(FundsTarget::Address { uri, .. }) = target else { panic!("{target:?}") };
        let rest = uri.strip_prefix("bitcoin:").unwrap();
        let (address, amount) = rest.split_once("?amount=").unwrap();
        assert_eq!(amount, "0.00496758");
        address.parse::<Address<_>>().unwrap().require_network(self.network).unwrap()
    }

    pub async fn status(&self, request: &FundsRequest) -> FundsStatus {
        match self.wallet.status(request).await {
            Outcome::Done(status) => status,
            other => panic!("{other:?}"),
        }
    }

    pub async fn mine(&self, blocks: u32) {
        self.chain.mine(blocks).await.unwrap();
    }

    pub async fn rpc(&self, method: &str, params: Value) -> Value {
        self.chain.client().call(method, params).await.unwrap()
    }

    /// Takes the last blocks off. Nothing comes in their place yet.
    pub async fn invalidate(&self, blocks: u32) {
        let height = self.chain.height().await.unwrap();
        let hash = self.rpc("getblockhash", json!([height + 1 - blocks])).await;
        self.rpc("invalidateblock", json!([hash])).await;
    }

    /// Funds that are final, to have something to pay back.
    pub async fn funded(&self, name: &str) -> FundsRequest {
        let request = self.request(name);
        self.chain.fund(&self.address(&request).await, SAT).await.unwrap();
        self.mine(2).await;
        assert_eq!(self.status(&request).await, arrived(SAT));
        request
    }

    /// The same in so many coins.
    pub async fn paid_in_parts(&self, name: &str, parts: u64) {
        let request = self.request(name);
        let address = self.address(&request).await;
        let part = SAT / parts + 1;
        for _ in 0..parts {
            self.chain.fund(&address, part).await.unwrap();
        }
        self.mine(2).await;
        assert_eq!(self.status(&request).await, arrived(part * parts));
    }

    /// The same, and no more comes off it than is said now.
    pub async fn bounded(&self, name: &str, amount_sat: u64, to: &Address) -> (FundsRefund, u64) {
        let said = self.wallet.refund_fee(&to.to_string()).await.done().unwrap();
        let refund = FundsRefund { taken_msat_max: said, ..self.refund(name, amount_sat, to) };
        (refund, said.sat_floor().get())
    }

    pub fn refund(&self, name: &str, amount_sat: u64, to: &Address) -> FundsRefund {
        FundsRefund {
            key: IdempotencyKey(name.to_owned()),
            paid_under: self.request(name).key,
            to: Some(to.to_string()),
            account: AccountId([1; 16]),
            amount_msat: msat(amount_sat),
            taken_msat_max: msat(amount_sat),
            despite_loss: false,
            asked_since: self.clock.now(),
        }
    }

    /// What the chain took of a refund; it has to be done.
    pub async fn taken(&self, refund: &FundsRefund) -> u64 {
        match self.wallet.refund(refund).await {
            Outcome::Done(FundsRefundStatus::Sent { taken_msat, .. }) => taken_msat.sat_floor().get(),
            other => panic!("{other:?}"),
        }
    }

    pub async fn balance(&self) -> u64 {
        self.wallet.balance().await.done().unwrap().get()
    }
}

pub fn pending(amount_sat: u64, blocks: u32) -> FundsStatus {
    FundsStatus::Pending { amount_msat: msat(amount_sat), depth: Some(Depth { blocks, needed: 2 }) }
}

pub fn arrived(amount_sat: u64) -> FundsStatus {
    FundsStatus::Final { amount_msat: msat(amount_sat) }
}

pub fn access(proxy: &Proxy) -> RpcAccess {
    RpcAccess { url: proxy.url(), user: proxy.user(), password: Secret::new(proxy.password()) }
}

fn open(
    proxy: &Proxy,
    file: PathBuf,
    seed: &[u8; 64],
    register: &Arc<TestRegister>,
    clock: &Arc<TestClock>,
    look_ms: u64,
    first_block: Option<u32>,
) -> ChainWallet {
    let rpc = access(proxy);
    let confirmations = Confirmations::new(vec![(sat(100_000), 1), (sat(1_000_000), 2)], 3).unwrap();
    let config = ChainConfig {
        network: Network::Regtest,
        rpc,
        confirmations,
        look_ms,
        fee_rate_max_sat_vb: 100,
        refund_extra_max: sat(EXTRA_SAT),
        first_block,
    };
    ChainWallet::open(config, &file, seed, register.clone(), clock.clone()).unwrap()
}
