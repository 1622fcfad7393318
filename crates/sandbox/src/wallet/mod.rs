//! The payer's wallet: a Lightning node of its own, with its own directory, keys and channels, that
//! shares nothing with the server's node but the network and the chain.
//!
//! It opens a private channel to the server, pays invoices, receives refunds, and states what it has
//! to the millisatoshi ([`Balance`]). Wants a multi-threaded tokio runtime, as ldk-node does.
//!
//! Invariant: what the wallet reports about an invoice comes from the node's events or its store,
//! never from what somebody else says.

mod balance;
mod error;
mod hand;
mod open;
mod outcome;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::bitcoin::{Address, Network};
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::lightning_invoice::{Bolt11InvoiceDescription, Description};
use ldk_node::liquidity::LSPS2ServiceConfig;
use ldk_node::logger::LogLevel;
use ldk_node::payment::PaymentStatus;
use ldk_node::{BuildError, Builder, ChannelDetails, LightningBalance, NodeError, UserChannelId};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::chain::{Chain, RpcAccess};

pub use balance::Balance;
pub use error::WalletError;
pub use hand::Hand;
pub use ldk_node::Node;
pub use open::{ChannelPlan, OpenStep};
pub use outcome::Outcome;

/// How often a condition is looked at that no event announces.
const POLL: Duration = Duration::from_millis(50);

/// While a close is being resolved; as many as a claim needs to be final.
const BLOCKS_AT_A_TIME: u32 = 6;

/// What a wallet is started with.
#[derive(Debug, Clone)]
pub struct WalletConfig {
    /// Where keys, channels and log are; a wallet started on it again is the same wallet.
    pub dir: PathBuf,
    /// Its view of the chain.
    pub chain: RpcAccess,
}

/// What a provider of channels asks and gives.
#[derive(Debug, Clone)]
pub struct LspTerms {
    /// Clients are served that show it; None: all.
    pub token: Option<String>,
    /// For each channel.
    pub fee_msat: u64,
    /// So much larger than the sum the channel is opened for, millionths.
    pub larger_ppm: u32,
}

/// An HTLC on its way out that the peer has neither claimed nor returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingHtlc {
    /// Rounded down to whole satoshis, as on the commitment transaction.
    pub amount_sat: u64,
    /// Height at which it can be taken back on-chain.
    pub expiry_height: u32,
}

/// A running wallet; see the module. Stops when dropped, but [`PayerWallet::stop`] says how it went.
pub struct PayerWallet {
    node: Arc<Node>,
    journal: Arc<outcome::Journal>,
    stop: watch::Sender<bool>,
    following: Option<JoinHandle<()>>,
}

impl PayerWallet {
    /// Starts a wallet in a directory; a fresh one makes its own random keys.
    ///
    /// # Errors
    /// [`WalletError::Build`] when the directory cannot be used, [`WalletError::Node`] when the chain
    /// cannot be reached.
    pub async fn start(config: WalletConfig) -> Result<Self, WalletError> {
        Self::build(config, |_| Ok(())).await
    }

    /// Starts one that also opens channels to whoever buys them just in time (LSPS2, bLIP-52), as ldk-node does.
    ///
    /// # Errors
    /// As [`PayerWallet::start`].
    pub async fn start_lsp(config: WalletConfig, listens: SocketAddr, terms: LspTerms) -> Result<Self, WalletError> {
        Self::build(config, move |builder| {
            builder.set_listening_addresses(vec![SocketAddress::from(listens)])?;
            builder.set_liquidity_provider_lsps2(LSPS2ServiceConfig {
                require_token: terms.token,
                advertise_service: false,
                channel_opening_fee_ppm: 0,
                channel_over_provisioning_ppm: terms.larger_ppm,
                min_channel_opening_fee_msat: terms.fee_msat,
                min_channel_lifetime: 4_320,
                max_client_to_self_delay: 1_024,
                min_payment_size_msat: 1_000,
                max_payment_size_msat: 10_000_000_000,
                client_trusts_lsp: false,
            });
            Ok(())
        })
        .await
    }

    async fn build(
        config: WalletConfig,
        more: impl FnOnce(&mut Builder) -> Result<(), BuildError> + Send + 'static,
    ) -> Result<Self, WalletError> {
        let node = blocking(move || {
            let WalletConfig { dir, chain } = config;
            let mut builder = Builder::new();
            let dir = dir.to_string_lossy().into_owned();
            let log = format!("{dir}/wallet.log");
            builder
                .set_network(Network::Regtest)
                .set_storage_dir_path(dir)
                .set_filesystem_logger(Some(log), Some(LogLevel::Info))
                .set_chain_source_bitcoind_rpc(chain.host, chain.port, chain.user, chain.password);
            more(&mut builder)?;
            let node = builder.build()?;
            node.start()?;
            Ok::<_, WalletError>(Arc::new(node))
        })
        .await??;
        let journal = Arc::new(outcome::Journal::new());
        let (stop, stopped) = watch::channel(false);
        let following = outcome::follow(Arc::clone(&node), Arc::clone(&journal), stopped);
        Ok(Self { node, journal, stop, following: Some(tokio::spawn(following)) })
    }

    /// Stops cleanly. Peers see the connection end; HTLCs in flight stay in flight.
    ///
    /// # Errors
    /// [`WalletError::Node`] when it was not running.
    pub async fn stop(mut self) -> Result<(), WalletError> {
        self.stop.send_replace(true);
        if let Some(following) = self.following.take() {
            following.await.map_err(|error| WalletError::Task(error.to_string()))?;
        }
        self.call(|node| node.stop()).await
    }

    /// The node itself, for what has no function here. Its calls may block.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub fn node_id(&self) -> PublicKey {
        self.node.node_id()
    }

    /// A fresh on-chain address of the wallet.
    ///
    /// # Errors
    /// [`WalletError::Node`].
    pub async fn address(&self) -> Result<Address, WalletError> {
        self.call(|node| node.onchain_payment().new_address()).await
    }

    /// Connects to a node and remembers it for restarts.
    ///
    /// # Errors
    /// [`WalletError::Node`] when it is not there.
    pub async fn connect(&self, node_id: PublicKey, to: SocketAddr) -> Result<(), WalletError> {
        self.call(move |node| node.connect(node_id, SocketAddress::from(to), true)).await
    }

    /// Leaves a node until it is connected to again.
    ///
    /// # Errors
    /// [`WalletError::Node`].
    pub async fn disconnect(&self, node_id: PublicKey) -> Result<(), WalletError> {
        self.call(move |node| node.disconnect(node_id)).await
    }

    /// Its channels, open or being opened.
    pub fn channels(&self) -> Vec<ChannelDetails> {
        self.node.list_channels()
    }

    /// Pays an invoice of a stated amount. Returns its hash; [`PayerWallet::wait_outcome`] says what
    /// became of it. What failed can be tried again.
    ///
    /// # Errors
    /// [`WalletError::AlreadyPaid`] while or after this wallet pays that hash, [`WalletError::Node`]
    /// when there is no way to send it (no route, expired, too little).
    pub async fn pay(&self, bolt11: &str) -> Result<[u8; 32], WalletError> {
        self.hand().pay(bolt11).await
    }

    /// As [`PayerWallet::pay`], with more than the invoice asks for (BOLT 11 allows up to twice), or
    /// with an amount where it asks for none.
    ///
    /// # Errors
    /// As [`PayerWallet::pay`]; also when it is less than the invoice asks for.
    pub async fn pay_amount(&self, bolt11: &str, amount_msat: u64) -> Result<[u8; 32], WalletError> {
        self.hand()
            .pay_with(bolt11, move |node, invoice| node.bolt11_payment().send_using_amount(invoice, amount_msat, None))
            .await
    }

    /// The part of it that pays, for whoever pays with it on somebody's behalf.
    pub fn hand(&self) -> Hand {
        Hand::new(Arc::clone(&self.node), Arc::clone(&self.journal))
    }

    /// Waits until the payee has claimed or returned it, or the node has given up.
    ///
    /// # Errors
    /// [`WalletError::Deadline`] while it is held, for example.
    pub async fn wait_outcome(&self, hash: [u8; 32], within: Duration) -> Result<Outcome, WalletError> {
        self.hand().wait_outcome(hash, within).await
    }

    /// Whether this process of the wallet has begun to pay a hash, whatever came of it.
    pub fn has_begun(&self, hash: &[u8; 32]) -> bool {
        self.journal.known(hash).is_some()
    }

    /// The HTLC of an invoice that is being paid, while it is in the wallet's own commitment and
    /// nobody has claimed it: the proof that the payer still has the money. Dust is not listed.
    pub fn outgoing_pending(&self, hash: &[u8; 32]) -> Option<PendingHtlc> {
        let details = self.node.payment(&PaymentId(*hash))?;
        if details.status != PaymentStatus::Pending {
            return None;
        }
        let balances = self.node.list_balances().lightning_balances;
        balances.into_iter().find_map(|balance| match balance {
            LightningBalance::MaybeTimeoutClaimableHTLC {
                amount_satoshis,
                claimable_height,
                payment_hash,
                outbound_payment: true,
                ..
            } if payment_hash.0 == *hash => {
                Some(PendingHtlc { amount_sat: amount_satoshis, expiry_height: claimable_height })
            }
            _ => None,
        })
    }

    /// An invoice of the wallet's own, for a refund. It is claimed as soon as it is paid.
    ///
    /// # Errors
    /// [`WalletError::Node`].
    pub async fn receive(&self, amount_msat: u64, description: &str, expiry_s: u32) -> Result<String, WalletError> {
        let description = Description::new(description.to_owned());
        let description = description.map_err(|error| WalletError::Invoice(error.to_string()))?;
        let description = Bolt11InvoiceDescription::Direct(description);
        let invoice = self.call(move |node| node.bolt11_payment().receive(amount_msat, &description, expiry_s)).await?;
        Ok(invoice.to_string())
    }

    /// Waits until something was received for a hash; says how much, in millisatoshis. Only what
    /// arrives while this process runs is seen.
    ///
    /// # Errors
    /// [`WalletError::Deadline`].
    pub async fn wait_received(&self, hash: [u8; 32], within: Duration) -> Result<u64, WalletError> {
        let mut received = self.journal.subscribe_received();
        let came = received.wait_for(|received| received.contains_key(&hash));
        match tokio::time::timeout(within, came).await {
            Ok(Ok(received)) => Ok(received.get(&hash).copied().unwrap_or(0)),
            Ok(Err(error)) => Err(WalletError::Task(error.to_string())),
            Err(_) => Err(WalletError::Deadline("an amount to be received".to_owned())),
        }
    }

    /// Reads the chain now instead of within two seconds.
    ///
    /// # Errors
    /// [`WalletError::Node`] when the chain does not answer.
    pub async fn sync(&self) -> Result<(), WalletError> {
        self.call(|node| node.sync_wallets()).await
    }

    /// Reads the chain until this height was seen.
    ///
    /// # Errors
    /// As [`PayerWallet::sync`], or [`WalletError::Deadline`].
    pub async fn sync_to(&self, height: u32, within: Duration) -> Result<(), WalletError> {
        let deadline = Instant::now() + within;
        loop {
            self.sync().await?;
            if self.node.status().current_best_block.height >= height {
                return Ok(());
            }
            next_look(deadline, || format!("the wallet to see height {height}")).await?;
        }
    }

    /// What it has now; see [`Balance`] for when the total is exact.
    ///
    /// # Errors
    /// [`WalletError::Inexact`] for a channel whose balance cannot be stated.
    pub fn balance(&self) -> Result<Balance, WalletError> {
        Balance::of(&self.node.list_channels(), &self.node.list_balances())
    }

    /// Everything it has, in millisatoshis.
    ///
    /// # Errors
    /// As [`PayerWallet::balance`].
    pub fn balance_msat(&self) -> Result<u64, WalletError> {
        Ok(self.balance()?.total_msat())
    }

    /// Waits until nothing is in flight and no close is being resolved, and says what there is then,
    /// which is exact. Who waits for a close has to mine blocks.
    ///
    /// # Errors
    /// As [`PayerWallet::balance`], or [`WalletError::Deadline`].
    pub async fn balance_at_rest(&self, within: Duration) -> Result<Balance, WalletError> {
        let deadline = Instant::now() + within;
        loop {
            let balance = self.balance()?;
            if balance.is_at_rest() {
                return Ok(balance);
            }
            next_look(deadline, || format!("the balance to come to rest, now {balance:?}")).await?;
        }
    }

    /// Mines until every closed channel is resolved and nothing is in flight, and says what there is then.
    /// Six blocks at a time, and only once the wallet has seen the last six: it answers each step of a close
    /// with the next one, which has to reach the mempool in between. About 35 such rounds after a force close.
    /// A peer with a claim of its own gets no more time than that: where it has one, wait for it first.
    ///
    /// # Errors
    /// As [`PayerWallet::balance`] and the chain, or [`WalletError::Deadline`].
    pub async fn mine_until_at_rest(&self, chain: &Chain, within: Duration) -> Result<Balance, WalletError> {
        let deadline = Instant::now() + within;
        loop {
            self.sync_to(chain.height().await?, within).await?;
            let balance = self.balance()?;
            if balance.is_at_rest() {
                return Ok(balance);
            }
            next_look(deadline, || format!("the chain to resolve a close, now {balance:?}")).await?;
            chain.mine(BLOCKS_AT_A_TIME).await?;
        }
    }

    /// Ends a channel with the peer's consent, or without it by the last commitment.
    ///
    /// # Errors
    /// [`WalletError::Node`].
    pub async fn close(&self, channel: &ChannelDetails, force: bool) -> Result<(), WalletError> {
        let (id, peer) = (channel.user_channel_id, channel.counterparty_node_id);
        self.call(move |node| {
            if force {
                return node.force_close_channel(&id, peer, None);
            }
            node.close_channel(&id, peer)
        })
        .await
    }

    fn channel(&self, id: UserChannelId) -> Option<ChannelDetails> {
        self.node.list_channels().into_iter().find(|channel| channel.user_channel_id == id)
    }

    /// Runs a call of the node's where it may block.
    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Node) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, WalletError> {
        self.hand().call(call).await
    }
}

impl Drop for PayerWallet {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, WalletError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|error| WalletError::Task(error.to_string()))
}

async fn next_look(deadline: Instant, what: impl FnOnce() -> String) -> Result<(), WalletError> {
    if Instant::now() >= deadline {
        return Err(WalletError::Deadline(what()));
    }
    tokio::time::sleep(POLL).await;
    Ok(())
}
