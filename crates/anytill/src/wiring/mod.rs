//! From settings to parts: the one place that names adapters.

mod adapters;
mod holding;
mod node;
mod none;
mod payees;
mod rules;
mod secrets;
mod shoppers;
mod sources;
mod view;

pub use adapters::{exchange, gift_cards, issuer, prices};
pub use holding::{HoldingNodes, ServerNode, lnd_config};
pub use node::{DIRECTORY as NODE_DIRECTORY, host_and_port, node_config, vendor_node_config};
pub use none::NAME as NO_VENDOR;
pub use payees::LightningPayees;
pub use rules::{account_rules, engine_config, web_policy};
pub use secrets::{SeedVault, ServerTrust};
pub use shoppers::AccountShoppers;
pub use sources::{NoRecords, SealedRecords, chain_fees, chain_wallet, linked_account, paid_first};

/// Where vendors send their webhooks, under the public address.
pub fn webhook_url(public_url: &str, issuer: &str, what: &str) -> String {
    format!("{public_url}/webhooks/{issuer}/{what}")
}
