//! A provider of channels that are ordered beforehand (LSPS1, bLIP-51), simulated: what is published of its messages, over
//! a real Lightning connection (LSPS0, bLIP-50: JSON-RPC in the peer message 37913). An order is paid to a wallet, which
//! then opens the channel over the chain.
//!
//! What is not as at a provider: the connection is answered under a key of its own, so the channel comes from another
//! node than the one that was asked; the invoice is claimed when it is paid instead of being held until the channel is
//! there; nothing is refunded; and orders are gone with the process.

mod book;
mod peer;

use crate::wallet::{PayerWallet, WalletError};
use book::Book;
use ldk_node::bitcoin::secp256k1::PublicKey;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What it asks and gives.
#[derive(Debug, Clone)]
pub struct OrderTerms {
    /// Clients are served that show it; None: all.
    pub token: Option<String>,
    pub fee_sat: u64,
    pub channel_sat_max: u64,
    /// Where the client's node can be connected to.
    pub client_at: SocketAddr,
    /// How long an invoice is good.
    pub expiry_secs: u32,
}

/// What it does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderFault {
    #[default]
    None,
    /// Says no (`001`, client rejected).
    Refuse,
    /// Takes the order and does not answer.
    Stall,
    /// Answers everything twice.
    Repeat,
    /// Asks for another total than the fee that it names.
    WrongTotal,
}

/// A running provider. Dropping it ends it; its wallet is whoever's who gave it.
pub struct ChannelSeller {
    book: Arc<Book>,
    node_id: PublicKey,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl ChannelSeller {
    /// # Errors
    /// [`WalletError::Task`] when it cannot listen.
    pub async fn start(wallet: Arc<PayerWallet>, terms: OrderTerms) -> Result<Self, WalletError> {
        let book = Arc::new(Book::new(wallet, terms));
        let io = |error: std::io::Error| WalletError::Task(error.to_string());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let (node_id, listening) = peer::listen(listener, Arc::clone(&book));
        Ok(Self { book, node_id, address, listening })
    }

    pub const fn node_id(&self) -> PublicKey {
        self.node_id
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on.
    pub fn set_fault(&self, fault: OrderFault) {
        self.book.set_fault(fault);
    }

    /// How many orders it has, paid or not.
    pub fn orders(&self) -> usize {
        self.book.len()
    }

    /// Waits until an order is paid and opens its channel. Whoever calls it mines.
    ///
    /// # Errors
    /// [`WalletError::Deadline`] while it is not paid; as [`PayerWallet::connect`] and the node's refusal.
    pub async fn fulfil(&self, order_id: &str, within: Duration) -> Result<(), WalletError> {
        self.book.fulfil(order_id, within).await
    }
}

impl Drop for ChannelSeller {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
