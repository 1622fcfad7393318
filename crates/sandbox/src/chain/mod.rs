//! The chain under the sandbox: regtest, in this process or a real `bitcoind`, driven the same way.
//!
//! [`Chain::start`] brings up an in-process chain that speaks as much of Bitcoin Core's JSON-RPC as
//! ldk-node asks for; [`Chain::attach`] uses a running `bitcoind -regtest` instead. Both give a
//! [`Chain`], which mines, funds addresses and looks things up *over that RPC interface only*, so
//! that nothing above it behaves differently on the real one.
//!
//! What the in-process chain checks and what it does not: [`state`], [`mempool`]; above all, it runs
//! no scripts. Whoever wants signatures checked attaches Core.

pub mod amount;
pub mod client;
pub mod coins;
pub mod core;
pub mod error;
mod faucet;
pub mod finality;
mod handle;
pub mod mempool;
mod methods;
pub mod miner;
mod params;
mod server;
mod shapes;
pub mod state;
mod view;

pub use client::{RpcAccess, RpcClient};
pub use coins::{Coin, Coins};
pub use error::{ChainError, RpcError};
pub use handle::{Backend, Chain};
pub use view::{Seen, Utxo};
