//! The embedded node on a regtest chain, with real channels: the suite of the port, and what is its own.

#[path = "../common/mod.rs"]
mod common;
mod gossip;
#[path = "../common/own.rs"]
mod node_parts;
mod own;
mod room;
mod suite;
mod world;
