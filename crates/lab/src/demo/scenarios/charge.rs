//! What a store does with the card.

use super::steps::Buy;
use super::{Ended, TOTAL_MINOR, gift};
use crate::demo::ClaimOn;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Result, ensure};
use sandbox::lithic::CardRef;
use sandbox::store::Practice;
use serde_json::json;
use std::time::Duration;

pub async fn purchase(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    if world.vendor.is_some() {
        return gift::bought(world, timeline).await;
    }
    if world.linked.is_some() {
        return super::linked::bought(world, timeline).await;
    }
    if world.onchain.is_some() {
        return super::onchain::bought(world, timeline).await;
    }
    bought(world, claim_on, timeline, Practice::default()).await
}

/// Everything as it should be, with a store of this practice.
async fn bought(world: &mut World, claim_on: ClaimOn, timeline: &Timeline, practice: Practice) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, claim_on, timeline).await?;
    let order = buy.place_order(card, practice).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    let ended = buy.completed().await?;
    let receipt = buy.world.shopper.receipt(&buy.view.id).await?;
    buy.timeline.step("receipt", &receipt.line(), receipt.json.clone());
    Ok(ended)
}

/// The card is mistyped: the network declines without asking us, so nothing is claimed.
pub async fn declined(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, mut card) = Buy::ready_to_charge(world, ClaimOn::Authorization, timeline).await?;
    let digit = if card.security_code.starts_with('0') { '1' } else { '0' };
    card.security_code.replace_range(0..1, &digit.to_string());
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(!order.is_taken() && buy.unclaimed().await?, "a mistyped card was charged");
    give_up(&mut buy).await
}

async fn give_up(buy: &mut Buy<'_>) -> Result<Ended> {
    buy.cancel().await?;
    buy.returned().await?;
    buy.until(&["returned"]).await?;
    ensure!(buy.world.issuer.open_cards() == 0, "a card was left open");
    Ok(buy.ended())
}

/// The market data stop; when the store charges, no price is fresh, and nothing is claimed.
pub async fn price_stale(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, ClaimOn::Authorization, timeline).await?;
    buy.world.exchange.stop_market_data();
    buy.timeline.step("prices", "the market data stop", json!({}));
    buy.world.shopper.wait_for_no_price(Duration::from_secs(60)).await?;
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(!order.is_taken() && buy.unclaimed().await?, "charged without a price");
    let ended = give_up(&mut buy).await?;
    buy.world.exchange.clear_faults();
    buy.world.shopper.wait_for_price(Duration::from_secs(30)).await?;
    Ok(ended)
}

/// The shopper's purchase does not depend on the exchange; the bitcoin stays unsold, on the ledger.
pub async fn exchange_down(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    world.exchange.take_no_orders();
    let ended = purchase(world, claim_on, timeline).await;
    world.exchange.clear_faults();
    ended
}

pub async fn check(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, ClaimOn::Authorization, timeline).await?;
    let token = buy.world.issuer.last_card().ok_or_else(|| anyhow::anyhow!("no card at the issuer"))?;
    let zero = buy.world.issuer.zero_check(CardRef::Token(token)).await?;
    ensure!(zero.is_approved() && buy.unclaimed().await?, "a check of $0 is approved and claims nothing");
    buy.timeline.step("check", "$0 approved, nothing claimed", json!({}));
    let order = buy.place_order(card, Practice { checks: vec![0, 100], ..Practice::default() }).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    buy.completed().await
}

pub async fn overcharge(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, card) = Buy::ready_to_charge(world, ClaimOn::Authorization, timeline).await?;
    let order = buy.place_order(card, Practice { difference_minor: 500, ..Practice::default() }).await?;
    ensure!(!order.is_taken() && buy.unclaimed().await?, "five dollars too much were approved");
    give_up(&mut buy).await
}

pub async fn tax_change(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    bought(world, claim_on, timeline, Practice { difference_minor: 7, ..Practice::default() }).await
}

/// As at stores that show the total only once a card is on file.
pub async fn card_first(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let view = world.shopper.create_card_first("USD", claim_on.word()).await?;
    let mut buy = Buy::new(world, timeline, view);
    buy.until(&["card_prepared"]).await?;
    buy.timeline.step("prepared", "a card with limit zero", json!({}));
    let card = buy.reveal().await?;
    let check = buy.world.issuer.zero_check(CardRef::Typed(card.clone())).await?;
    ensure!(check.is_approved(), "the check of a prepared card is approved");
    buy.timeline.step("check", "the store checks the card with $0", json!({}));
    let nonce = buy.world.shopper.new_nonce();
    buy.view = buy.world.shopper.quote(&buy.view.id, TOTAL_MINOR, "USD", &nonce).await?;
    buy.invoiced(&nonce).await?;
    buy.pay().await?;
    buy.until(&["card_ready", "funded"]).await?;
    buy.timeline.step("limit raised", "the card covers the order now", json!({}));
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    buy.completed().await
}
