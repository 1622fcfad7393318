//! Paid first, from a linked account: nothing is held. What arrives and buys nothing goes back to the account.

use super::steps::Buy;
use super::{Ended, PATIENCE, TOTAL_MINOR};
use crate::demo::ClaimOn;
use crate::demo::linked::Linked;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Context, Result, ensure};
use sandbox::coinbase::Sends;
use sandbox::faults::Fault;
use sandbox::lithic::TypedCard;
use sandbox::store::{Capture, Practice};
use serde_json::json;
use std::time::{Duration, Instant};

const SEND: &str = "POST /v2/accounts/{account_id}/transactions";
const CODE: &str = "246810";

fn linked<'a>(buy: &'a Buy<'_>) -> Result<&'a Linked> {
    buy.world.linked.as_ref().context("there is no linked account")
}

/// The price, and the promise that is shown before the shopper confirms. Nothing is sent.
async fn quoted<'a>(world: &'a mut World, timeline: &'a Timeline) -> Result<Buy<'a>> {
    let nonce = world.shopper.new_nonce();
    let view = world.shopper.create_linked(TOTAL_MINOR, "USD", &nonce).await?;
    let sat = view.amount_msat / 1_000;
    timeline.step(
        "quote",
        &format!("0.{sat:08} BTC at {} USD/BTC, good for {} s", view.rate, view.good_for_secs()),
        json!({ "amount_msat": view.amount_msat, "rate": view.rate }),
    );
    let buy = Buy::new(world, timeline, view);
    let funds = buy.world.shopper.funds(&buy.view.id).await?;
    ensure!(funds["status"] == "unconfirmed" && funds["promise"]["held"] == false, "the promise is missing: {funds}");
    timeline.step("paid first", "not held: what is not used is paid back to the account", funds["promise"].clone());
    Ok(buy)
}

async fn confirmed<'a>(world: &'a mut World, timeline: &'a Timeline) -> Result<Buy<'a>> {
    let mut buy = quoted(world, timeline).await?;
    buy.view = buy.world.shopper.confirm_funds(&buy.view.id).await?;
    timeline.step("confirmed", "the linked account is asked to send", json!({}));
    Ok(buy)
}

/// Waits until the purchase says this of its funds.
pub async fn funds_are(buy: &Buy<'_>, status: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let funds = buy.world.shopper.funds(&buy.view.id).await?;
        if funds["status"] == status {
            buy.timeline.step("funds", status, json!({ "status": status }));
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "waited for {status} and saw {funds}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn card(buy: &mut Buy<'_>) -> Result<TypedCard> {
    buy.card_ready().await?;
    funds_are(buy, "arrived").await?;
    buy.reveal().await
}

/// From the arrival to the store's order.
pub async fn ordered(buy: &mut Buy<'_>, practice: Practice) -> Result<String> {
    let card = card(buy).await?;
    let order = buy.place_order(card, practice).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    Ok(order.number)
}

pub async fn completed(buy: &mut Buy<'_>) -> Result<Ended> {
    ordered(buy, Practice::default()).await?;
    let ended = buy.completed().await?;
    let receipt = buy.world.shopper.receipt(&buy.view.id).await?;
    buy.timeline.step("receipt", &receipt.line(), receipt.json.clone());
    Ok(ended)
}

/// Waits until so many refunds are paid, without giving any destination.
async fn paid_back(buy: &Buy<'_>, count: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let refunds = buy.world.shopper.refunds(&buy.view.id).await?;
        if refunds.len() == count && refunds.iter().all(|refund| refund.state == "paid") {
            buy.timeline.step("refunded", "paid back to the linked account", json!({ "refunds": count }));
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "not paid back: {refunds:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn bought(world: &mut World, timeline: &Timeline) -> Result<Ended> {
    completed(&mut confirmed(world, timeline).await?).await
}

/// The shopper reads that it cannot be held, and leaves.
pub async fn unconfirmed(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = quoted(world, timeline).await?;
    let sends = linked(&buy)?.coinbase.sends();
    buy.cancel().await?;
    buy.until(&["returned"]).await?;
    ensure!(linked(&buy)?.coinbase.sends() == sends, "something was sent without a confirmation");
    ensure!(buy.world.shopper.confirm_funds(&buy.view.id).await.is_err(), "confirmed after the end");
    Ok(buy.ended())
}

/// The store declines a mistyped card, and the shopper gives up: all of it goes back.
pub async fn store_declines(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = confirmed(world, timeline).await?;
    let mut card = card(&mut buy).await?;
    let digit = if card.security_code.starts_with('0') { '1' } else { '0' };
    card.security_code.replace_range(0..1, &digit.to_string());
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(!order.is_taken(), "a mistyped card was charged");
    buy.cancel().await?;
    let ended = buy.completed().await?;
    paid_back(&buy, 1).await?;
    Ok(ended)
}

/// Charged, then voided: the dollars go back, at the rate of that day, in whole satoshis.
pub async fn store_voids(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let mut buy = confirmed(world, timeline).await?;
    let order = ordered(&mut buy, Practice { capture: Capture::OnShipment, ..Practice::default() }).await?;
    buy.world.store.void(&order)?;
    buy.timeline.step("voided", "the store cancels the order", json!({}));
    let ended = buy.completed().await?;
    paid_back(&buy, 1).await?;
    Ok(ended)
}

pub async fn second_factor(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let coinbase = world.linked.as_ref().context("there is no linked account")?;
    coinbase.coinbase.set_second_factor(&coinbase.user, Some(CODE));
    let mut buy = confirmed(world, timeline).await?;
    funds_are(&buy, "second_factor").await?;
    let wrong = buy.world.shopper.second_factor(&buy.view.id, "000000").await;
    let refused = wrong.err().context("a wrong code was taken")?;
    ensure!(format!("{refused:#}").contains("wrong_code"), "a wrong code: {refused:#}");
    buy.timeline.step("wrong code", "refused: nothing was sent", json!({}));
    buy.world.shopper.second_factor(&buy.view.id, CODE).await?;
    buy.timeline.step("right code", "the account sends", json!({}));
    let ended = completed(&mut buy).await?;
    linked(&buy)?.coinbase.set_second_factor(&linked(&buy)?.user, None);
    Ok(ended)
}

/// Coinbase delays the transfer and then cancels it.
pub async fn transfer_cancelled(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    set_sends(world, Sends::Pending)?;
    let mut buy = confirmed(world, timeline).await?;
    funds_are(&buy, "pending").await?;
    linked(&buy)?.coinbase.cancel_sends();
    buy.timeline.step("cancelled", "Coinbase cancels the transfer", json!({}));
    buy.until(&["returned"]).await?;
    set_sends(buy.world, Sends::Instant)?;
    Ok(buy.ended())
}

/// It arrives when the price is not locked any more: all of it goes back.
pub async fn transfer_late(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    set_sends(world, Sends::Delayed)?;
    let mut buy = confirmed(world, timeline).await?;
    funds_are(&buy, "under_way").await?;
    buy.until_within(&["expired"], window(&buy)).await?;
    buy.timeline.step("expired", "the price is not locked any more", json!({}));
    set_sends(buy.world, Sends::Instant)?;
    linked(&buy)?.coinbase.finish_sends();
    paid_back(&buy, 1).await?;
    funds_are(&buy, "arrived").await?;
    Ok(buy.ended())
}

fn window(buy: &Buy<'_>) -> Duration {
    Duration::from_secs(u64::from(buy.world.windows.quote_secs)) + PATIENCE
}

fn set_sends(world: &World, sends: Sends) -> Result<()> {
    world.linked.as_ref().context("there is no linked account")?.coinbase.set_sends(sends);
    Ok(())
}

/// The send is done, its answer is lost, and the server is killed: it is sent once.
pub async fn crash_sending(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let coinbase = world.linked.as_ref().context("there is no linked account")?.coinbase.clone();
    let sends = coinbase.sends();
    coinbase.faults().next(SEND, Fault::StallAfter);
    let mut buy = confirmed(world, timeline).await?;
    let deadline = Instant::now() + PATIENCE;
    while coinbase.sends() == sends {
        ensure!(Instant::now() < deadline, "nothing was sent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    super::crash::kill(&mut buy).await?;
    let ended = completed(&mut buy).await?;
    ensure!(coinbase.sends() == sends + 1, "sent {} times", coinbase.sends() - sends);
    Ok(ended)
}

pub async fn token_ended(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let coinbase = world.linked.as_ref().context("there is no linked account")?.coinbase.clone();
    coinbase.end_tokens();
    timeline.step("token", "the access token has ended: it is refreshed", json!({}));
    let ended = bought(world, timeline).await?;
    ensure!(coinbase.live_sessions() == 1, "{} sessions are live", coinbase.live_sessions());
    Ok(ended)
}

/// Unlinked while the transfer is on its way: it still buys, and what is owed then asks for another destination.
pub async fn unlinked(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    set_sends(world, Sends::Delayed)?;
    let mut buy = confirmed(world, timeline).await?;
    funds_are(&buy, "under_way").await?;
    buy.world.shopper.unlink().await?;
    ensure!(linked(&buy)?.coinbase.live_sessions() == 0, "the tokens were not revoked");
    ensure!(buy.world.shopper.linked_sat().await?.is_none(), "still linked");
    buy.timeline.step("unlinked", "the tokens are revoked and forgotten", json!({}));
    set_sends(buy.world, Sends::Instant)?;
    linked(&buy)?.coinbase.finish_sends();
    let order = ordered(&mut buy, Practice { capture: Capture::OnShipment, ..Practice::default() }).await?;
    buy.world.store.void(&order)?;
    buy.timeline.step("voided", "the store cancels the order", json!({}));
    let ended = buy.completed().await?;
    buy.collect_refunds(1).await?;
    linked(&buy)?.link_again(&buy.world.shopper).await?;
    Ok(ended)
}

pub async fn source_refuses(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let coinbase = world.linked.as_ref().context("there is no linked account")?.coinbase.clone();
    coinbase.faults().next(SEND, Fault::Refuse { status: 402, message: "insufficient".to_owned() });
    let mut buy = confirmed(world, timeline).await?;
    buy.until(&["returned"]).await?;
    buy.timeline.step("refused", "Coinbase refuses the send", json!({}));
    Ok(buy.ended())
}

/// Coinbase does not answer until the price is not locked any more: nothing is sent, then or later.
pub async fn source_down(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let coinbase = world.linked.as_ref().context("there is no linked account")?.coinbase.clone();
    let sends = coinbase.sends();
    coinbase.faults().always(SEND, Fault::Status(503));
    let mut buy = confirmed(world, timeline).await?;
    buy.until_within(&["expired"], window(&buy)).await?;
    coinbase.faults().clear();
    ensure!(coinbase.sends() == sends, "it was sent all the same");
    Ok(buy.ended())
}
