//! The slow way to fund a purchase: on the chain, in a wallet of its own.
//!
//! The wallet has keys, a file and coins of its own: nothing here touches what the Lightning nodes keep in reserve.
//! It believes one `bitcoind` of the operator's, asked over RPC, and nobody else.
//!
//! Invariants:
//! - An address is given out for one purchase, and after it was written down whose it is.
//! - What has been called final is called final for ever: it is written down before it is said. The confirmations are
//!   chosen for that (see [`Confirmations`]); what a deeper reorganization takes away is the operator's loss, and said.
//! - A refund is signed once. It is written down before it leaves, sent again until it is buried, and never made anew
//!   under the same key.

mod addresses;
mod book;
mod confirmations;
mod fees;
mod health;
mod rpc;
mod sends;
mod source;
mod sync;
mod table;
mod view;
mod withdrawals;

pub use addresses::AddressRegister;
pub use confirmations::{BadConfirmations, Confirmations};
pub use fees::{CoreFees, EsploraFees};
pub use source::{ChainConfig, ChainWallet, OpenError, RpcAccess};
pub use withdrawals::Withdrawal;
