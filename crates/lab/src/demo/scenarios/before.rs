//! Ways out before the store has charged anything.

use super::steps::Buy;
use super::{Ended, PATIENCE};
use crate::demo::ClaimOn;
use crate::demo::rail::Rail;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Result, ensure};
use sandbox::faults::Fault;
use sandbox::store::Practice;
use sandbox::wallet::Outcome;
use serde_json::json;
use std::time::Duration;

/// Longest wait for a window's end: it, and what the server needs then.
fn window(secs: u32) -> Duration {
    Duration::from_secs(u64::from(secs)) + PATIENCE
}

pub async fn abandoned(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = Buy::quote(world, ClaimOn::Authorization, timeline).await?;
    buy.pay().await?;
    buy.held().await?;
    buy.card_ready().await?;
    let within = window(buy.world.windows.hold_secs);
    buy.timeline.step(
        "abandoned",
        &format!("waiting {} s for the window's end", buy.world.windows.hold_secs),
        json!({}),
    );
    buy.until_within(&["returned"], within).await?;
    buy.returned().await?;
    Ok(buy.ended())
}

pub async fn cancelled(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = Buy::quote(world, ClaimOn::Authorization, timeline).await?;
    buy.pay().await?;
    buy.held().await?;
    buy.cancel().await?;
    buy.returned().await?;
    buy.until(&["returned"]).await?;
    Ok(buy.ended())
}

pub async fn issuer_down(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    world.issuer.faults().always(world.issuer.card_endpoint(), Fault::Status(503));
    let mut buy = Buy::quote(world, ClaimOn::Authorization, timeline).await?;
    buy.pay().await?;
    // The money is back while the issuer is still down.
    buy.returned().await?;
    buy.world.issuer.faults().clear();
    buy.timeline.step("issuer", "answers again: was there a card after all?", json!({}));
    buy.until_within(&["returned"], Duration::from_secs(90)).await?;
    Ok(buy.ended())
}

/// The wallet pays in time, but its HTLC is stuck on the way until the invoice has expired.
pub async fn late(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = Buy::quote(world, ClaimOn::Authorization, timeline).await?;
    buy.world.link.pause().await;
    buy.pay().await?;
    let within = window(buy.world.windows.quote_secs);
    buy.timeline.step("stuck", &format!("on the way for {} s", buy.world.windows.quote_secs), json!({}));
    buy.until_within(&["expired"], within).await?;
    buy.timeline.step("expired", "the invoice has run out", json!({}));
    buy.world.link.resume().await;
    buy.returned().await?;
    Ok(buy.ended())
}

/// A second wallet pays the same invoices. It never loses anything.
pub async fn twice(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let second = world.second_wallet(timeline).await?;
    let before = second.balance_at_rest(PATIENCE).await?.total_msat;

    let mut first = Buy::quote(world, ClaimOn::Authorization, timeline).await?;
    first.pay().await?;
    first.held().await?;
    refused(&second, &first, "while held").await?;
    first.cancel().await?;
    first.returned().await?;
    first.until(&["returned"]).await?;
    refused(&second, &first, "after return").await?;

    let (mut buy, card) = Buy::ready_to_charge(first.world, ClaimOn::Authorization, timeline).await?;
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    let ended = buy.completed().await?;
    refused(&second, &buy, "after claim").await?;

    let after = second.balance_at_rest(PATIENCE).await?.total_msat;
    ensure!(before == after, "the second wallet lost {} msat", before.abs_diff(after));
    second.stop().await?;
    Ok(ended)
}

/// Fetched by the wallet, and then the shopper turns back: what the wallet pays all the same comes back.
pub async fn turned_back(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = Buy::quote(world, claim_on, timeline).await?;
    let (shown, own) = (buy.view.bolt11.clone(), buy.fetch().await?);
    buy.turn_back().await?;
    ensure!(buy.view.bolt11 != shown, "an invoice that was over is shown again");
    for (bolt11, which) in [(own, "the wallet's own"), (shown, "the one shown first")] {
        let hash = buy.world.payer.pay(&bolt11).await?;
        match buy.world.payer.wait_outcome(hash, PATIENCE).await? {
            Outcome::Failed { reason } => buy.timeline.step("came back", which, json!({ "reason": reason })),
            Outcome::Succeeded { .. } => anyhow::bail!("{which} was paid"),
        }
    }
    buy.world.rail = Rail::Bolt11;
    let card = buy.until_card(claim_on).await?;
    buy.world.rail = Rail::Lnurl;
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    buy.completed().await
}

async fn refused(second: &crate::demo::payer::Payer, buy: &Buy<'_>, when: &str) -> Result<()> {
    let hash = second.pay(&buy.paid).await?;
    match second.wait_outcome(hash, PATIENCE).await? {
        Outcome::Failed { reason } => {
            buy.timeline.step("second wallet", &format!("{when}: came back"), json!({ "reason": reason }));
            Ok(())
        }
        Outcome::Succeeded { .. } => anyhow::bail!("a second wallet paid {when}"),
    }
}
