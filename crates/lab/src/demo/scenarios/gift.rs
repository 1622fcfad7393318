//! Gift cards: the shopper's HTLC is held under the vendor invoice's own payment hash, and claimed with what paying it
//! reveals.

use super::steps::Buy;
use super::{Ended, PATIENCE, TOTAL_MINOR};
use crate::demo::ClaimOn;
use crate::demo::timeline::Timeline;
use crate::demo::vendor::Vendor;
use crate::demo::world::World;
use anyhow::{Context, Result, ensure};
use sandbox::bitrefill::Delivery;
use sandbox::faults::Fault;
use serde_json::json;
use std::time::Duration;

const NEW_INVOICE: &str = "POST /v2/invoices";
/// The server's nodes look for blocks every two seconds.
const BLOCK_WITHIN: Duration = Duration::from_secs(3);

fn vendor<'a>(buy: &'a Buy<'_>) -> Result<&'a Vendor> {
    buy.world.vendor.as_ref().context("there is no gift-card vendor")
}

/// Quote, pay, code, redeemed at the store, ordered.
pub async fn bought(world: &mut World, timeline: &Timeline) -> Result<Ended> {
    let mut buy = paid(world, timeline).await?;
    redeemed(&mut buy).await
}

async fn paid<'a>(world: &'a mut World, timeline: &'a Timeline) -> Result<Buy<'a>> {
    let mut buy = Buy::quote(world, ClaimOn::Reveal, timeline).await?;
    buy.pay().await?;
    Ok(buy)
}

/// From the paid invoice to the store's order.
async fn redeemed(buy: &mut Buy<'_>) -> Result<Ended> {
    buy.claimed().await?;
    let ended = buy.completed().await?;
    let code = buy.world.shopper.reveal_code(&buy.view.id).await?;
    buy.timeline.step("revealed", "the gift card's code", json!({ "characters": code.code.len() }));
    let credit = buy.world.store.redeem(&code.code, code.pin.as_deref())?;
    ensure!(u64::try_from(credit) == Ok(TOTAL_MINOR), "the card is worth {credit} minor units");
    let order = buy.world.store.place_order_on_credit().await?;
    ensure!(order.is_taken() && buy.world.store.credit_minor() == 0, "the store did not take the order");
    buy.timeline.step("ordered", "the store took the gift card and the order", json!({ "order": order.number }));
    let again = buy.world.store.redeem(&code.code, code.pin.as_deref());
    ensure!(again.is_err(), "a code was redeemed twice");
    Ok(ended)
}

/// Said before anything is asked for: there is no invoice to pay.
pub async fn refuses(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    vendor_of(world)?.bitrefill.faults().always(NEW_INVOICE, Fault::Status(403));
    let nonce = world.shopper.new_nonce();
    let view = world.shopper.create_gift_card(TOTAL_MINOR, "USD", &nonce).await?;
    let mut buy = Buy::new(world, timeline, view);
    buy.until(&["returned"]).await?;
    ensure!(buy.view.bolt11.is_empty(), "an invoice was shown without an order");
    vendor(&buy)?.bitrefill.faults().clear();
    Ok(buy.ended())
}

fn vendor_of(world: &World) -> Result<&Vendor> {
    world.vendor.as_ref().context("there is no gift-card vendor")
}

/// The vendor's node is cut off between the invoice and the payment.
pub async fn unreachable(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = Buy::quote(world, ClaimOn::Reveal, timeline).await?;
    let link = vendor(&buy)?.link.as_ref().context("no link")?;
    link.cut().await;
    buy.world.second_node_alone().await?;
    buy.pay().await?;
    buy.returned().await?;
    buy.until(&["returned"]).await?;
    vendor(&buy)?.link.as_ref().context("no link")?.heal().await;
    vendor(&buy)?.reconnect(&buy.world.server).await?;
    Ok(buy.ended())
}

pub async fn slow(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    vendor_of(world)?.bitrefill.next_delivery(Delivery::Never);
    let mut buy = paid(world, timeline).await?;
    buy.claimed().await?;
    buy.until(&["funded"]).await?;
    let order = buy.world.shopper.gift_card_order(&buy.view.id).await?;
    buy.timeline.step("waits", "paid and claimed, the code is not there yet", json!({ "order": order }));
    let at_vendor = order.rsplit(':').next().unwrap_or_default();
    vendor(&buy)?.bitrefill.resolve(at_vendor, Delivery::AfterMs(0))?;
    redeemed(&mut buy).await
}

pub async fn undelivered(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    vendor_of(world)?.bitrefill.next_delivery(Delivery::Failed);
    let mut buy = paid(world, timeline).await?;
    buy.claimed().await?;
    let ended = buy.completed().await?;
    buy.collect_refunds(1).await?;
    Ok(ended)
}

/// Killed as soon as the shopper's payment is on its way: before, while or after the vendor is paid.
pub async fn crash_held(mut buy: Buy<'_>) -> Result<Ended> {
    super::crash::kill(&mut buy).await?;
    redeemed(&mut buy).await
}

/// Tries until the second node's books survive the kill; each time they do not, the chain decides.
const KILLS_MAX: usize = 5;

/// The send is stuck on its way to the vendor when the server is killed; it goes on after the restart. A node whose books
/// are cut off between two of their parts closes its channel instead: then the send never reached the vendor, the chain
/// says so, and the shopper has everything back.
pub async fn crash_paying(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut world = world;
    for _ in 0..KILLS_MAX {
        let mut buy = killed_while_paying(world, timeline).await?;
        if vendor(&buy)?.reconnect(&buy.world.server).await? {
            return redeemed(&mut buy).await;
        }
        buy.timeline.step("closed", "the second node closed its channel on the chain, to be safe", json!({}));
        decided_on_chain(&mut buy).await?;
        let chain = buy.world.chain.clone();
        vendor(&buy)?.open_channel(&chain, &buy.world.server, timeline).await?;
        world = buy.world;
    }
    anyhow::bail!("the second node's channel did not survive {KILLS_MAX} kills")
}

async fn killed_while_paying<'a>(world: &'a mut World, timeline: &'a Timeline) -> Result<Buy<'a>> {
    let mut buy = Buy::quote(world, ClaimOn::Reveal, timeline).await?;
    vendor(&buy)?.link.as_ref().context("no link")?.pause().await;
    buy.pay().await?;
    buy.until_within(&["paying_vendor"], PATIENCE).await?;
    ensure!(buy.unclaimed().await?, "claimed before the vendor was paid");
    buy.timeline.step("stuck", "the send to the vendor is on its way", json!({}));
    buy.world.server.kill().await?;
    buy.timeline.step("killed", "SIGKILL", json!({}));
    let link = vendor(&buy)?.link.as_ref().context("no link")?;
    link.cut().await;
    link.heal().await;
    buy.world.restart_server().await?;
    buy.timeline.step("restarted", "the server is back and looks the send up", json!({}));
    Ok(buy)
}

/// Blocks until the node says that the send has finally failed, and the hold goes back.
async fn decided_on_chain(buy: &mut Buy<'_>) -> Result<()> {
    let deadline = tokio::time::Instant::now() + 4 * PATIENCE;
    while !["returned", "completed"].contains(&buy.view.state.as_str()) {
        ensure!(tokio::time::Instant::now() < deadline, "the chain did not decide: {}", buy.view.state);
        buy.world.chain.mine(1).await?;
        // As long as the node needs to see a block.
        let seen = buy.world.shopper.wait(&buy.view.id, &["returned", "completed"], BLOCK_WITHIN).await;
        if let Ok(view) = seen {
            buy.view = view;
        }
    }
    ensure!(buy.view.state == "returned", "a send that never arrived was paid for");
    buy.returned().await
}
