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

pub async fn open(store: &Sqlite, view: Option<Arc<dyn NetworkView>>, network: Network) -> Result<Watch> {
    let Some(view) = view else { return Ok(Watch::unheard()) };
    let kept = store.setting(SETTING).await?;
    let kept: Option<Vec<Snapshot>> =
        kept.map(|text| serde_json::from_str(&text)).transpose().context("the network's days")?;
    Ok(Watch::new(view, network, kept.unwrap_or_default()))
}

pub async fn run(server: Arc<Server>, mut stop: Stop) -> &'static str {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = stop.reached(Phase::NoWork) => break,
            () = tokio::time::sleep(pause) => {}
        }
        if let Err(why) = look(&server).await {
            tracing::warn!(why = format!("{why:#}"), "the network was not looked at");
        }
        pause = EVERY;
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
