//! Paid first, on the chain: final after so many blocks. What arrives and buys nothing goes back, less the chain's fee.

use super::linked::{card, completed, funds_are, ordered};
use super::steps::Buy;
use super::{Ended, PATIENCE, TOTAL_MINOR};
use crate::demo::ClaimOn;
use crate::demo::onchain::{FEE_SAT, OnChain, read_uri};
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Context, Result, ensure};
use bitcoin::Address;
use sandbox::chain::Coin;
use sandbox::store::{Capture, Practice};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Of the reference purchase, by the server's table.
const BLOCKS: u32 = 2;
const SAT: u64 = 496_758;

pub(super) fn payer<'a>(buy: &'a Buy<'_>) -> Result<&'a OnChain> {
    buy.world.onchain.as_ref().context("nobody pays on the chain here")
}

/// A coin, the price, and what is promised before an address is given out.
async fn quoted<'a>(world: &'a mut World, timeline: &'a Timeline) -> Result<(Buy<'a>, Option<Coin>)> {
    let payer = world.onchain.as_ref().context("nobody pays on the chain here")?;
    let (coin, back_to) = (payer.coin().await?, payer.address().to_string());
    let nonce = world.shopper.new_nonce();
    let view = world.shopper.create_on_chain(TOTAL_MINOR, "USD", &nonce, &back_to).await?;
    let sat = view.amount_msat / 1_000;
    timeline.step(
        "quote",
        &format!("0.{sat:08} BTC at {} USD/BTC, good for {} s", view.rate, view.good_for_secs()),
        json!({ "amount_msat": view.amount_msat, "rate": view.rate }),
    );
    let buy = Buy::new(world, timeline, view);
    let funds = buy.world.shopper.funds(&buy.view.id).await?;
    let promise = &funds["promise"];
    ensure!(funds["status"] == "unconfirmed" && funds["address"].is_null(), "an address before the promise: {funds}");
    ensure!(promise["held"] == false && promise["confirmations"] == BLOCKS, "the promise is missing: {funds}");
    let back_sat = promise["back_fee_msat"].as_u64().context("what the chain takes is not said")? / 1_000;
    let words = format!("not held: final after {BLOCKS} blocks; what is not used goes back less about {back_sat} sat");
    timeline.step("paid first", &words, promise.clone());
    Ok((buy, coin))
}

/// The shopper goes on, and has an address.
pub(super) async fn asked<'a>(
    world: &'a mut World,
    timeline: &'a Timeline,
) -> Result<(Buy<'a>, Option<Coin>, Address)> {
    let (mut buy, coin) = quoted(world, timeline).await?;
    buy.view = buy.world.shopper.confirm_funds(&buy.view.id).await?;
    let funds = buy.world.shopper.funds(&buy.view.id).await?;
    let uri = funds["address"].as_str().context("no address")?;
    let (address, amount) = read_uri(uri)?;
    ensure!(amount == "0.00496758", "another amount: {uri}");
    timeline.step("confirmed", &format!("pay to {uri}"), json!({ "uri": uri }));
    timeline.qr(uri)?;
    Ok((buy, coin, address))
}

pub(super) async fn send(buy: &Buy<'_>, coin: Option<Coin>, address: &Address, sat: u64) -> Result<()> {
    let txid = payer(buy)?.pay(coin, address, sat, FEE_SAT).await?.to_string();
    buy.timeline.step("sent", &format!("{sat} sat on the chain"), json!({ "txid": txid }));
    Ok(())
}

pub(super) async fn mine(buy: &Buy<'_>, blocks: u32) -> Result<()> {
    buy.world.chain.mine(blocks).await?;
    buy.timeline.step("mined", &format!("{blocks} blocks"), json!({ "blocks": blocks }));
    Ok(())
}

/// Waits until the server sees this much that is not final.
pub(super) async fn seen(buy: &Buy<'_>, sat: u64, confirmations: u32) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let funds = buy.world.shopper.funds(&buy.view.id).await?;
        let there = funds["seen_msat"] == sat * 1_000 && (sat == 0 || funds["confirmations"] == confirmations);
        if there {
            let words = format!("{sat} sat, {confirmations} of {BLOCKS} blocks");
            buy.timeline.step("seen", &words, json!({ "sat": sat, "confirmations": confirmations }));
            return Ok(funds);
        }
        ensure!(Instant::now() < deadline, "waited for {sat} sat and saw {funds}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the price is not locked any more.
async fn unlocked(buy: &Buy<'_>) -> Result<()> {
    let until_ms = buy.world.shopper.funds(&buy.view.id).await?["locked_until_ms"].as_u64().context("no time")?;
    let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_millis());
    while now_ms()? <= u128::from(until_ms) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    buy.timeline.step("unlocked", "the price is not locked any more", json!({}));
    Ok(())
}

/// Until the quote is over, and then some.
fn window(buy: &Buy<'_>) -> Duration {
    Duration::from_secs(u64::from(buy.world.windows.quote_secs)) + PATIENCE
}

/// Waits until so many refunds are paid, each in a block, and less what the chain took: the API says what the chain shows.
pub(super) async fn paid_back(buy: &Buy<'_>, count: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let refunds = buy.world.shopper.refunds(&buy.view.id).await?;
        if refunds.len() == count && refunds.iter().all(|refund| refund.state == "paid") {
            let said: u64 = refunds.iter().map(|refund| refund.taken_sat).sum();
            let words = format!("paid back on the chain, less its {said} sat");
            buy.timeline.step("refunded", &words, json!({ "refunds": count, "taken_sat": said }));
            return Ok(());
        }
        if refunds.iter().any(|refund| refund.state == "sending") && !buy.world.chain.mempool().await?.is_empty() {
            buy.world.chain.mine(1).await?;
        }
        ensure!(Instant::now() < deadline, "not paid back: {refunds:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The chain's own word on what refunds cost, before and after.
async fn taken_between(buy: &Buy<'_>, before_sat: u64, count: usize) -> Result<()> {
    paid_back(buy, count).await?;
    let refunds = buy.world.shopper.refunds(&buy.view.id).await?;
    let said: u64 = refunds.iter().map(|refund| refund.taken_sat).sum();
    let taken = payer(buy)?.taken().await? - before_sat;
    ensure!(said == taken && taken > 0, "the server says {said} sat, the chain took {taken} sat");
    Ok(())
}

pub async fn bought(world: &mut World, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    seen(&buy, SAT, 0).await?;
    mine(&buy, 1).await?;
    seen(&buy, SAT, 1).await?;
    mine(&buy, 1).await?;
    completed(&mut buy).await
}

/// The shopper reads that it cannot be held, and leaves: there never is an address.
pub async fn unconfirmed(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, _) = quoted(world, timeline).await?;
    buy.cancel().await?;
    buy.until(&["returned"]).await?;
    ensure!(buy.world.shopper.confirm_funds(&buy.view.id).await.is_err(), "confirmed after the end");
    Ok(buy.ended())
}

/// Too little, and then the rest, to the same address.
pub async fn filled(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, 400_000).await?;
    let other = payer(&buy)?.coin().await?;
    seen(&buy, 400_000, 1).await?;
    send(&buy, other, &address, SAT - 400_000).await?;
    seen(&buy, SAT, 0).await?;
    mine(&buy, BLOCKS).await?;
    completed(&mut buy).await
}

/// Too little until the time is over: it goes back.
pub async fn short(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, 400_000).await?;
    mine(&buy, BLOCKS).await?;
    seen(&buy, 400_000, BLOCKS).await?;
    let within = window(&buy);
    buy.until_within(&["expired"], within).await?;
    taken_between(&buy, before, 1).await?;
    Ok(buy.ended())
}

/// More than was asked: the rest goes back.
pub async fn overpaid(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, SAT + 50_000).await?;
    mine(&buy, BLOCKS).await?;
    let ended = completed(&mut buy).await?;
    taken_between(&buy, before, 1).await?;
    Ok(ended)
}

/// The same address is paid once more, when the purchase has what it asked for: that goes back.
pub async fn paid_twice(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    buy.card_ready().await?;
    let other = payer(&buy)?.coin().await?;
    send(&buy, other, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    let ended = completed(&mut buy).await?;
    taken_between(&buy, before, 1).await?;
    Ok(ended)
}

/// Nothing is seen until the time is over. What comes then goes back.
pub async fn late(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    let within = window(&buy);
    buy.until_within(&["expired"], within).await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    taken_between(&buy, before, 1).await?;
    funds_are(&buy, "arrived").await?;
    Ok(buy.ended())
}

/// Sent in time and mined after it: the price is looked at again, and has held.
pub async fn slow(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    seen(&buy, SAT, 0).await?;
    unlocked(&buy).await?;
    mine(&buy, BLOCKS).await?;
    completed(&mut buy).await
}

/// The same, and there is no price at which it could be bought then: it goes back.
pub async fn slow_and_no_price(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, SAT).await?;
    seen(&buy, SAT, 0).await?;
    buy.world.exchange.stop_market_data();
    buy.timeline.step("prices", "the market data stop", json!({}));
    buy.world.shopper.wait_for_no_price(Duration::from_secs(60)).await?;
    unlocked(&buy).await?;
    mine(&buy, BLOCKS).await?;
    buy.until(&["expired"]).await?;
    buy.world.exchange.clear_faults();
    taken_between(&buy, before, 1).await?;
    buy.world.shopper.wait_for_price(Duration::from_secs(30)).await?;
    Ok(buy.ended())
}

/// Replaced by its sender, first by less, then by what was asked.
pub async fn replaced(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    seen(&buy, SAT, 0).await?;
    payer(&buy)?.pay(coin, &address, 300_000, 10 * FEE_SAT).await?;
    buy.timeline.step("replaced", "by 300000 sat and a higher fee", json!({}));
    seen(&buy, 300_000, 0).await?;
    payer(&buy)?.pay(coin, &address, SAT, 30 * FEE_SAT).await?;
    buy.timeline.step("replaced", "by what was asked and a higher fee still", json!({}));
    seen(&buy, SAT, 0).await?;
    mine(&buy, BLOCKS).await?;
    completed(&mut buy).await
}

/// Sent, and spent otherwise before it was in a block: nothing was bought, nothing is owed.
pub async fn double_spent(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    seen(&buy, SAT, 0).await?;
    let own = payer(&buy)?.address();
    payer(&buy)?.pay(coin, &own, SAT, 10 * FEE_SAT).await?;
    buy.timeline.step("taken back", "the payer spends the same coin to itself", json!({}));
    seen(&buy, 0, 0).await?;
    mine(&buy, BLOCKS).await?;
    let within = window(&buy);
    buy.until_within(&["expired"], within).await?;
    ensure!(buy.world.shopper.refunds(&buy.view.id).await?.is_empty(), "something is owed for nothing");
    Ok(buy.ended())
}

/// The block that it was in is taken off; it waits again, and is mined again.
pub async fn reorganized(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, 1).await?;
    seen(&buy, SAT, 1).await?;
    let chain = &buy.world.chain;
    let tip = chain.tip_hash().await?;
    chain.client().call::<Value>("invalidateblock", json!([tip])).await?;
    chain.mine_empty(2).await?;
    buy.timeline.step("reorganized", "the block is taken off, two empty ones come in its place", json!({}));
    seen(&buy, SAT, 0).await?;
    mine(&buy, BLOCKS).await?;
    completed(&mut buy).await
}

/// The store declines a mistyped card, and the shopper gives up: all of it goes back.
pub async fn declined(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    let mut card = card(&mut buy).await?;
    let digit = if card.security_code.starts_with('0') { '1' } else { '0' };
    card.security_code.replace_range(0..1, &digit.to_string());
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(!order.is_taken(), "a mistyped card was charged");
    buy.cancel().await?;
    let ended = buy.completed().await?;
    taken_between(&buy, before, 1).await?;
    Ok(ended)
}

/// Charged, then voided: the dollars go back, at the rate of that day, in whole satoshis.
pub async fn voided(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    let order = ordered(&mut buy, Practice { capture: Capture::OnShipment, ..Practice::default() }).await?;
    buy.world.store.void(&order)?;
    buy.timeline.step("voided", "the store cancels the order", json!({}));
    let ended = buy.completed().await?;
    taken_between(&buy, before, 1).await?;
    Ok(ended)
}

/// Killed while it waits for blocks, which come while it is down.
pub async fn crash(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    seen(&buy, SAT, 0).await?;
    buy.world.server.kill().await?;
    buy.timeline.step("killed", "SIGKILL", json!({}));
    mine(&buy, BLOCKS).await?;
    buy.world.restart_server().await?;
    buy.timeline.step("restarted", "the server is back", json!({}));
    completed(&mut buy).await
}

/// Killed as soon as its refund is on the chain: it is sent once.
pub async fn crash_refund(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    card(&mut buy).await?;
    buy.cancel().await?;
    let refund = buy.world.chain.wait_for_mempool(1, PATIENCE).await?;
    super::crash::kill(&mut buy).await?;
    let ended = buy.completed().await?;
    taken_between(&buy, before, 1).await?;
    let seen = buy.world.chain.seen(refund.first().context("no refund")?).await?;
    ensure!(seen.is_some_and(|seen| seen.height.is_some()), "another refund was paid than was sent first");
    Ok(ended)
}
