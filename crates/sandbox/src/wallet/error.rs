//! What can go wrong in the payer's wallet.

use ldk_node::{BuildError, NodeError};

use crate::chain::ChainError;

/// Why the wallet could not do it.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The node refused or could not; its own error.
    #[error("the wallet's node: {0}")]
    Node(#[from] NodeError),
    /// The node could not be set up from its directory.
    #[error("the wallet's node cannot be built: {0}")]
    Build(#[from] BuildError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The text is no BOLT11 invoice.
    #[error("not a BOLT11 invoice: {0}")]
    Invoice(String),
    /// A wallet on LND; its own error.
    #[error(transparent)]
    Lnd(#[from] crate::lnd::LndError),
    /// A wallet in Electrum; its own error.
    #[error(transparent)]
    Electrum(#[from] crate::electrum::ElectrumError),
    /// This wallet is paying, or has paid, an invoice with this hash.
    #[error("this hash is being paid or was paid by this wallet")]
    AlreadyPaid,
    /// The channel ended before it could be used; the peer's or the node's reason.
    #[error("the channel was not opened: {0}")]
    ChannelRefused(String),
    /// The channel is of a kind whose balance this wallet cannot state exactly.
    #[error("the channel's balance cannot be stated exactly: {0}")]
    Inexact(String),
    /// A condition did not come true in time.
    #[error("waited too long for {0}")]
    Deadline(String),
    /// A task of the wallet ended early, which only a panic in it can do.
    #[error("a task of the wallet died: {0}")]
    Task(String),
}
