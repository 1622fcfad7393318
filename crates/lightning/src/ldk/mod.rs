//! The node inside the server: ldk-node 0.7 with what it lacks for holding other people's money.
//!
//! What is added, and why, is told where it is done: invoices that can be held for long (`invoice`), a durable memory
//! of holds and sends (`table`), deadlines that are noticed (`watch`), events acknowledged after the commit
//! (`events`), room to receive (`room`), a directory with one owner and one seed (`directory`), a log with an end
//! (`log`). The measured facts are in `docs/adr/0005-embedded-node.md`.
//!
//! Invariant: one process, one directory, one seed. Nothing here blocks the caller's runtime: ldk-node has threads of
//! its own and is called from its own blocking pool.

mod admin;
mod config;
mod directory;
mod doubt;
mod error;
mod events;
mod graph;
mod invoice;
mod keys;
mod log;
mod node;
mod orders;
mod port;
mod room;
mod sends;
mod splice;
mod table;
mod watch;

pub use admin::{ChannelSummary, OpenChannel, OpenedChannel, PeerSummary};
pub use config::{ChainSource, LogConfig, LogLevel, Lsp, NodeConfig};
pub use error::{AdminError, StartError};
pub use keys::NodeSeed;
pub use node::EmbeddedNode;
pub use orders::{ChannelOrder, ChannelOrderState, OrderChannel};
