//! What the operator's commands do, in the server or beside it: each answers with text for people and JSON for programs.

pub mod borne;
pub mod drain;
pub mod find;
pub mod funds;
pub mod ledger;
pub mod liquidity;
mod more_room;
pub mod network;
pub mod node;
mod onchain;
pub mod parked;
pub mod past_rates;
pub mod rates;
pub mod reconcile;
pub mod story;
#[cfg(test)]
mod tests;
pub mod treasury;

use crate::admin::{Answer, Request};
use crate::doctor;
use crate::ops::funds::Against;
use crate::server::Server;
use accounts::Accounts;
use anyhow::Result;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use storage::sqlite::Sqlite;
use tokio::sync::mpsc::UnboundedSender;

const DAY_MS: u64 = 86_400_000;

/// Told while something takes time.
pub type Progress = UnboundedSender<String>;

/// One request of the operator to the running server.
pub async fn run(server: &Arc<Server>, request: Request, progress: &Progress) -> Result<Answer> {
    let store = &server.store;
    match request {
        Request::Doctor => doctor::running(server).await,
        Request::Ledger => ledger::report(store).await,
        Request::Treasury => treasury::report(server).await,
        Request::Reconcile { accept, fees } => {
            let against = if fees { Against::TransferFees } else { Against::Equity };
            reconcile::run(server, accept, against).await
        }
        Request::ParkedList => parked::list(store).await,
        Request::ParkedExplain { id } => parked::explain(store, &id).await,
        Request::ParkedResolve { id } => parked::resolve(server, &id).await,
        Request::BorneList => borne::list(store).await,
        Request::BorneClear { count } => borne::clear(store, &count).await,
        Request::Drain { return_holds, wait_secs } => drain::run(server, return_holds, wait_secs, progress).await,
        Request::Rates { currency } => rates::report(&server.prices, currency, server.clock.now()),
        Request::Network { amount_sat } => network::running(server, amount_sat).await,
        Request::RateHistory { currency, days } => past_rates::report(store, currency, days, server.clock.now()).await,
        Request::Invite { count } => invite(&server.accounts, count, server.config.accounts.invite_days).await,
        Request::Backup { path } => backup(store, &path).await,
        Request::NodeLiquidity { days } => liquidity::report(server, days).await,
        Request::OnChainWithdraw { address, amount_sat, number } => {
            onchain::withdraw(server, &address, amount_sat, number).await
        }
        Request::VendorNode { .. }
        | Request::NodeId
        | Request::NodeAddress
        | Request::NodeConnect { .. }
        | Request::NodeOpen { .. }
        | Request::NodeClose { .. }
        | Request::NodeBalances
        | Request::NodeChannels
        | Request::NodePeers
        | Request::NodeHolds
        | Request::NodeWithdraw { .. }
        | Request::NodeInvoice { .. }
        | Request::NodeJitInvoice { .. }
        | Request::NodeOrderChannel { .. }
        | Request::NodeOrders
        | Request::NodeSpliceIn { .. }
        | Request::NodeSpliceOut { .. }
        | Request::NodePay { .. } => node::run(server, request).await,
    }
}

/// Codes are shown once and kept as their hashes.
pub async fn invite(accounts: &Accounts, count: u16, days: u64) -> Result<Answer> {
    let (mut text, mut codes) = (String::new(), Vec::new());
    for _ in 0..count {
        let made = accounts.create_invitation(days.saturating_mul(DAY_MS)).await?;
        writeln!(text, "{}", made.code.expose())?;
        codes.push(json!({ "code": made.code.expose(), "expires_at_ms": made.expires_at }));
    }
    write!(text, "good for one registration each, within {days} days")?;
    Answer::new(true, text, &codes)
}

/// A whole copy of the database; never of the node's channels.
pub async fn backup(store: &Sqlite, path: &str) -> Result<Answer> {
    store.backup_to(Path::new(path)).await?;
    Ok(Answer::done(format!(
        "written: {path}. It holds purchases, ledger and accounts; not the Lightning node, whose state must never be \
         restored from a copy"
    )))
}
