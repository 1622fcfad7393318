//! What was claimed and not captured, or given back: it is owed and paid back.

use super::steps::Buy;
use super::{Ended, PATIENCE};
use crate::demo::ClaimOn;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Result, ensure};
use sandbox::faults::HookFault;
use sandbox::store::{Authorize, Capture, Practice};
use serde_json::json;

/// Under `reveal`: the store charges per shipment, and the shipments are less than the order.
pub async fn partial(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, ClaimOn::Reveal, timeline).await?;
    buy.claimed().await?;
    let practice = Practice {
        authorize: Authorize::PerShipment,
        capture: Capture::OnShipment,
        shipments: vec![1_200, 800],
        ..Practice::default()
    };
    let order = buy.place_order(card, practice).await?;
    for shipment in 0..2 {
        let order = buy.world.store.ship(&order.number, shipment).await?;
        let minor = order.shipments[shipment].minor;
        ensure!(order.shipments[shipment].declined.is_none(), "a shipment was declined");
        buy.timeline.step("shipped", &format!("shipment {} of {minor} cents charged", shipment + 1), json!({}));
    }
    ensure!(buy.world.issuer.webhooks_delivered(PATIENCE).await, "the issuer's news did not arrive");
    // The shopper is done with the card: what no shipment used is owed.
    buy.cancel().await?;
    let ended = buy.completed().await?;
    buy.collect_refunds(1).await?;
    Ok(ended)
}

pub async fn voided(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, claim_on, timeline).await?;
    let practice = Practice { capture: Capture::OnShipment, ..Practice::default() };
    let order = buy.place_order(card, practice).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    buy.world.store.void(&order.number)?;
    buy.timeline.step("voided", "the store cancels the order", json!({}));
    let ended = buy.completed().await?;
    buy.collect_refunds(1).await?;
    Ok(ended)
}

/// Our answer is lost on the way, so the issuer declines. What was claimed goes back, to the millisatoshi.
pub async fn late_answer(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, ClaimOn::Authorization, timeline).await?;
    let hook = buy.world.issuer.asking_hook();
    buy.world.issuer.faults().next_webhook(hook, HookFault::LoseAnswer);
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(!order.is_taken(), "the issuer approved without an answer");
    buy.claimed().await?;
    ensure!(buy.world.issuer.webhooks_delivered(PATIENCE).await, "the issuer's news did not arrive");
    buy.cancel().await?;
    let ended = buy.completed().await?;
    buy.collect_refunds(1).await?;
    Ok(ended)
}

pub async fn refund(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, claim_on, timeline).await?;
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    let ended = buy.completed().await?;
    buy.world.store.refund(&order.number, 1_000)?;
    buy.timeline.step("store refund", "months later: ten dollars back on a closed card", json!({}));
    buy.collect_refunds(1).await?;
    Ok(ended)
}
