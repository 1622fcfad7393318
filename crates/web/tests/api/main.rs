//! The API against the real engine, accounts and database, with a small outside.

mod accounts;
mod adversaries;
mod bad_input;
mod chain_fees;
mod events;
mod fakes;
mod idempotency;
mod limits;
mod linked;
mod lnurl;
mod network;
mod nodes;
mod onchain;
mod purchases;
mod refunds;
mod reveal;
mod server;
mod setup;
mod wallet_login;
mod webhooks;
mod withdraw;
