//! SIGKILL, and a server that starts again and finishes.

use super::Ended;
use super::steps::Buy;
use crate::demo::ClaimOn;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Result, ensure};
use sandbox::store::Practice;
use serde_json::json;

/// Killed while the HTLC is held.
pub async fn held(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = Buy::quote(world, claim_on, timeline).await?;
    buy.pay().await?;
    if buy.world.vendor.is_some() {
        return super::gift::crash_held(buy).await;
    }
    buy.held().await?;
    kill(&mut buy).await?;
    buy.until(&["card_ready"]).await?;
    ensure!(buy.unclaimed().await?, "the HTLC did not survive the restart");
    let card = buy.reveal().await?;
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    buy.completed().await
}

/// Killed right after the claim call: the wallet's receipt is the first sign from outside that it was made.
pub async fn claiming(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, ClaimOn::Authorization, timeline).await?;
    let store = buy.world.store.clone();
    let (again, first) =
        (card.clone(), tokio::spawn(async move { store.place_order(card, Practice::default()).await }));
    buy.claimed().await?;
    kill(&mut buy).await?;
    let first = first.await??;
    buy.until(&["funded", "completed"]).await?;
    if !first.is_taken() {
        // Our answer was lost with the server; the store's next try is approved at once.
        let order = buy.place_order(again, Practice::default()).await?;
        ensure!(order.is_taken(), "the next try was declined");
    }
    buy.completed().await
}

pub async fn kill(buy: &mut Buy<'_>) -> Result<()> {
    buy.world.server.kill().await?;
    buy.timeline.step("killed", "SIGKILL", json!({}));
    let usable = buy.world.restart_server().await?;
    buy.timeline.step("restarted", "the server is back and has compared itself with the node", json!({}));
    if !usable {
        buy.timeline.step("closed", "its node closed the channel on the chain, to be safe", json!({}));
    }
    Ok(())
}
