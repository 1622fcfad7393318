//! Looks at the Lightning Network now and then, and keeps a snapshot a day.

use super::open::Server;
use super::stop::{Phase, Watch as Stop};
use anyhow::{Context as _, Result};
use bitcoin::Network;
use network::{Snapshot, Watch};
use ports::{NetworkView, Store};
use std::sync::Arc;
use std::time::Duration;
use storage::sqlite::Sqlite;

/// Where the days are kept: JSON, bounded by [`network::DAYS_MAX`].
const SETTING: &str = "network_days";
/// The first look, when a node that was away has its channels again.
const FIRST: Duration = Duration::from_secs(20);
const EVERY: Duration = Duration::from_secs(600);
/// An LND tells all of it each time, tens of megabytes on the main network.
const EVERY_OF_LND: Duration = Duration::from_secs(3_600);

pub async fn open(store: &Sqlite, view: Arc<dyn NetworkView>, network: Network) -> Result<Watch> {
    let kept = store.setting(SETTING).await?;
    let kept: Option<Vec<Snapshot>> =
        kept.map(|text| serde_json::from_str(&text)).transpose().context("the network's days")?;
    Ok(Watch::new(view, network, kept.unwrap_or_default()))
}

pub async fn run(server: Arc<Server>, mut stop: Stop) -> &'static str {
    let every = if server.nodes.first.embedded().is_some() { EVERY } else { EVERY_OF_LND };
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = stop.reached(Phase::NoWork) => break,
            () = tokio::time::sleep(pause) => {}
        }
        pause = match look(&server).await {
            Ok(()) => every,
            Err(why) => {
                tracing::warn!(why = format!("{why:#}"), "the network was not looked at");
                EVERY
            }
        };
    }
    "network"
}

/// Figures of now, and of this day if there is something new to keep.
pub async fn look(server: &Server) -> Result<()> {
    let days = server.network.look(server.clock.now()).await.map_err(anyhow::Error::msg)?;
    if let Some(days) = days {
        server.store.put_setting(SETTING, &serde_json::to_string(&days)?).await?;
    }
    Ok(())
}
