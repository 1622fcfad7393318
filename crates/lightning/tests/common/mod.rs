//! What the tests of all nodes have in common: the chain, the wallets that pay, waiting.

use async_trait::async_trait;
use bitcoin::secp256k1::PublicKey;
use ids::{NodeId, PaymentHash};
use lightning_node::conformance::Payer;
use sandbox::chain::{Backend, Chain, RpcAccess};
use sandbox::wallet::{ChannelPlan, Outcome, PayerWallet, WalletConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Only a failure takes so long. ldk-node looks for its peers once a minute.
pub const SOON: Duration = Duration::from_secs(150);
const LOOK: Duration = Duration::from_millis(25);
/// A tenth of it, LDK's cap for what may be held, is two reference orders and more.
const CAPACITY_SAT: u64 = 12_000_000;
const PUSH_MSAT: u64 = 1_200_000_000;

pub struct LdkPayer(pub PayerWallet);

/// Looks until it is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so().await {
        assert!(Instant::now() < deadline, "in {SOON:?} there was no {what}");
        sleep(LOOK).await;
    }
}

/// A chain in this process, or the `bitcoind -regtest` whose address is in `ANYTILL_REGTEST_URL`
/// (`http://user:password@host:port`). These tests mine: on a shared one they run one at a time.
pub async fn open_chain() -> Chain {
    let backend = match std::env::var("ANYTILL_REGTEST_URL") {
        Ok(url) => Backend::Bitcoind(RpcAccess::from_url(&url).expect("an address")),
        Err(_) => Backend::InProcess { bind: SocketAddr::from(([127, 0, 0, 1], 0)) },
    };
    Chain::open(backend).await.expect("a chain")
}

/// A wallet without anything.
pub async fn start_wallet(chain: &Chain, dir: PathBuf) -> PayerWallet {
    PayerWallet::start(WalletConfig { dir, chain: chain.access().clone() }).await.expect("started")
}

/// A payer: the wallet with a channel to the node. Money is got where there is none.
pub async fn open_channel(chain: &Chain, wallet: PayerWallet, node: NodeId, listens: SocketAddr) -> LdkPayer {
    let plan = ChannelPlan {
        peer: PublicKey::from_slice(&node.0).expect("a node"),
        peer_address: listens,
        capacity_sat: CAPACITY_SAT,
        push_msat: PUSH_MSAT,
        step_timeout: SOON,
    };
    wallet.fund_and_open(chain, plan, |_| {}).await.expect("a channel");
    LdkPayer(wallet)
}

#[async_trait]
impl Payer for LdkPayer {
    async fn pay(&self, bolt11: &str) -> Result<(), String> {
        self.0.pay(bolt11).await.map(drop).map_err(|error| error.to_string())
    }

    async fn pay_amount(&self, bolt11: &str, amount_msat: u64) -> Result<(), String> {
        self.0.pay_amount(bolt11, amount_msat).await.map(drop).map_err(|error| error.to_string())
    }

    async fn is_pending(&self, payment_hash: PaymentHash) -> bool {
        self.0.outgoing_pending(&payment_hash.0).is_some()
    }

    async fn outcome(&self, payment_hash: PaymentHash) -> Result<[u8; 32], String> {
        match self.0.wait_outcome(payment_hash.0, SOON).await.expect("an end") {
            Outcome::Succeeded { preimage, .. } => Ok(preimage),
            Outcome::Failed { reason } => Err(reason),
        }
    }

    async fn balance_msat(&self) -> u64 {
        self.0.balance_at_rest(SOON).await.expect("at rest").total_msat()
    }

    async fn invoice(&self, amount_msat: u64) -> String {
        self.0.receive(amount_msat, "for the payer", 600).await.expect("an invoice")
    }
}
