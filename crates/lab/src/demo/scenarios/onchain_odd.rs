//! On the chain, where it costs the operator: many small coins, and what was final and is gone.

use super::linked::{card, completed};
use super::onchain::{asked, mine, paid_back, payer, send};
use super::steps::Buy;
use super::{Ended, PATIENCE};
use crate::demo::ClaimOn;
use crate::demo::onchain::FEE_SAT;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const BLOCKS: u32 = 2;
const SAT: u64 = 496_758;
/// Too much, by more than one of the coins.
const TOO_MUCH_SAT: u64 = 50_000;
const COINS: u64 = 15;

/// Paid in many small coins, and too much: the rest goes back, less what was said. What the chain takes above that is the
/// operator's, and in the books.
pub async fn small_coins(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    world.server.anytill(&["reconcile", "--accept", "what this demo began with"]).await?;
    let (mut buy, first, address) = asked(world, timeline).await?;
    let before = payer(&buy)?.taken().await?;
    let said = buy.world.shopper.funds(&buy.view.id).await?["promise"]["back_fee_msat"].as_u64();
    let said_sat = said.context("no fee was said")? / 1_000;
    let part = (SAT + TOO_MUCH_SAT) / COINS;
    for number in 0..COINS {
        let coin = if number == 0 { first } else { payer(&buy)?.coin().await? };
        let rest = if number == 0 { (SAT + TOO_MUCH_SAT) % COINS } else { 0 };
        payer(&buy)?.pay(coin, &address, part + rest, FEE_SAT).await?;
    }
    buy.timeline.step("sent", &format!("{COINS} coins of {part} sat and more"), json!({ "coins": COINS }));
    mine(&buy, BLOCKS).await?;
    let ended = completed(&mut buy).await?;
    paid_back(&buy, 1).await?;
    let refunds = buy.world.shopper.refunds(&buy.view.id).await?;
    let came_off = refunds.first().context("no refund")?.taken_sat;
    // Of this one's refund: others may have been paid back before.
    let taken = payer(&buy)?.taken().await? - before;
    // Played after others, the wallet has a larger coin of theirs, and one is enough.
    ensure!(came_off <= said_sat && taken >= came_off, "{said_sat} sat said, {came_off} came off, {taken} taken");
    payer(&buy)?.not_own(taken - came_off);
    let words = format!("{said_sat} sat said, {came_off} came off; the other {} are the operator's", taken - came_off);
    buy.timeline.step("fee", &words, json!({ "said_sat": said_sat, "came_off_sat": came_off, "taken_sat": taken }));
    let (_, reconciled) = buy.world.server.verdict(&["reconcile", "--json"]).await?;
    let reconciled: Value = serde_json::from_str(&reconciled)?;
    let rows = reconciled["places"].as_array().context("no places")?;
    let row = rows.iter().find(|row| row["place"].as_str().is_some_and(|place| place.contains("onchain")));
    let row = row.context("the chain's wallet is in no row")?;
    ensure!(row["difference"] == 0, "the wallet is not what the books say: {row}");
    Ok(ended)
}

/// What waits for the operator, once there is something, and why: the first of it that the words are in.
async fn parked(buy: &Buy<'_>, words: &str) -> Result<(String, String)> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let listed: Value = serde_json::from_str(&buy.world.server.anytill(&["parked", "list", "--json"]).await?)?;
        let rows = listed.as_array().context("no list")?;
        let found = rows.iter().find(|row| row["reason"].as_str().is_some_and(|reason| reason.contains(words)));
        if let Some(row) = found {
            let word = |name: &str| row[name].as_str().map(str::to_owned).context("a row without its words");
            return Ok((word("id")?, word("reason")?));
        }
        ensure!(Instant::now() < deadline, "nothing is parked for `{words}`: {listed}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Final, and then its blocks are taken off and the coin spent otherwise. Nothing goes back by itself; and by the
/// operator's word only as far as there are coins.
pub async fn gone(world: &mut World, _claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, coin, address) = asked(world, timeline).await?;
    send(&buy, coin, &address, SAT).await?;
    mine(&buy, BLOCKS).await?;
    card(&mut buy).await?;
    let chain = buy.world.chain.clone();
    let first = chain.height().await? + 1 - BLOCKS;
    let hash: Value = chain.client().call("getblockhash", json!([first])).await?;
    chain.client().call::<Value>("invalidateblock", json!([hash])).await?;
    let own = payer(&buy)?.address();
    payer(&buy)?.pay(coin, &own, SAT, 10 * FEE_SAT).await?;
    chain.mine(BLOCKS + 1).await?;
    buy.timeline.step("taken back", "its blocks are taken off, and the payer spends the coin to itself", json!({}));
    buy.cancel().await?;
    let ended = buy.completed().await?;
    let (id, reason) = parked(&buy, "gone from the chain").await?;
    buy.timeline.step("parked", &reason, json!({ "id": id, "reason": reason }));
    ensure!(chain.mempool().await?.is_empty(), "something was sent");
    buy.world.server.anytill(&["parked", "resolve", &id]).await?;
    let (_, reason) = parked(&buy, "too little").await?;
    buy.timeline.step("resolved", &reason, json!({ "reason": reason }));
    Ok(ended)
}
