//! The regtest chain, the payer's wallet and the link between two nodes, as the demo uses them.

mod either;
mod link;
mod rpc;
mod rules;
mod same;
mod wallet;
