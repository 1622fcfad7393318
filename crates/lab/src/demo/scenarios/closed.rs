//! The channel is closed by force while it holds: the chain ends it, and what that costs is in the books to the satoshi.

use super::steps::Buy;
use super::{Ended, PATIENCE};
use crate::demo::ClaimOn;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Context, Result, ensure};
use sandbox::chain::Chain;
use sandbox::store::Practice;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// For the chain to resolve all of a close, both sides' time locks included.
const RESOLVED_WITHIN: Duration = Duration::from_secs(300);
/// Far fewer while it runs than the hold has left.
const BLOCK_EVERY: Duration = Duration::from_secs(2);
/// LND's own time lock grows with the channel, up to two weeks.
const BLOCKS_AT_A_TIME: u32 = 72;
/// An output that is nobody's money: each side's handle for raising the fee (BOLT 3).
const ANCHOR_SAT: u64 = 330;
const MSAT_PER_SAT: i64 = 1_000;

/// Held, closed by force, charged: claimed all the same. Of the node inside the server, which has the claim as soon as
/// its own record of the preimage is on the disk; LND confirms one on the chain a day later.
pub async fn charged(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, from, before_msat) = closed(world, claim_on, timeline).await?;
    let card = buy.reveal().await?;
    let mining = Mining::start(buy.world.chain.clone());
    let order = buy.place_order(card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the order");
    buy.claimed().await?;
    let ended = buy.completed().await?;
    mining.stop().await?;
    accounted_for(buy.world, before_msat - super::PRICE_MSAT, from, timeline).await?;
    Ok(ended)
}

/// Held, closed by force, cancelled: the payer has it back on the chain, at the HTLC's own end.
pub async fn cancelled(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (mut buy, from, before_msat) = closed(world, claim_on, timeline).await?;
    buy.cancel().await?;
    buy.until(&["returned"]).await?;
    let ended = Ended { purchase: buy.view.id.clone(), state: buy.view.state.clone() };
    accounted_for(buy.world, before_msat, from, timeline).await?;
    buy.returned().await?;
    Ok(ended)
}

/// Up to the card, then the channel is closed; the chain's height and what the payer had before.
async fn closed<'a>(world: &'a mut World, claim_on: ClaimOn, timeline: &'a Timeline) -> Result<(Buy<'a>, u32, i64)> {
    world.server.anytill(&["reconcile", "--accept", "what this demo began with"]).await?;
    let before_msat = i64::try_from(world.payer.balance_at_rest(PATIENCE).await?.total_msat)?;
    let mut buy = Buy::quote(world, claim_on, timeline).await?;
    buy.pay().await?;
    buy.held().await?;
    buy.card_ready().await?;
    let from = buy.world.chain.height().await?;
    buy.world.close_by_force().await?;
    timeline.step("closed", "the server's node closes the channel by force, with the HTLC in it", json!({}));
    Ok((buy, from, before_msat))
}

/// What both sides lost is what the chain took, and the books have ours as fees.
async fn accounted_for(world: &World, expected_msat: i64, from: u32, timeline: &Timeline) -> Result<()> {
    resolved(world).await?;
    let after_msat = i64::try_from(world.payer.balance_at_rest(PATIENCE).await?.total_msat)?;
    let payer_sat = sat(expected_msat - after_msat)?;
    let taken_sat = taken_by_the_chain(&world.chain, from).await?;
    let (agrees, said) = world.server.verdict(&["reconcile", "--json"]).await?;
    let differs_msat = difference_msat(&said)?;
    ensure!(agrees == (differs_msat == 0), "{said}");
    let ours_sat = sat(-differs_msat)?;
    ensure!(
        ours_sat + payer_sat == taken_sat,
        "{ours_sat} sat are missing here and {payer_sat} sat at the payer's, and the chain took {taken_sat} sat"
    );
    world.server.anytill(&["reconcile", "--accept", "a close by force", "--fees"]).await?;
    let (agrees, said) = world.server.verdict(&["reconcile", "--json"]).await?;
    ensure!(agrees, "the books differ once the fees are in: {said}");
    let books: Value = serde_json::from_str(&world.server.anytill(&["ledger", "--json"]).await?)?;
    let booked = books["trial_balance"].as_array().into_iter().flatten();
    let fees: i64 = booked
        .filter(|row| row["account"] == "transfer_fees" && row["asset"] == "BTC")
        .filter_map(|row| row["amount"].as_i64())
        .sum();
    ensure!(books["balanced"] == true && fees == ours_sat * MSAT_PER_SAT, "{fees} msat of fees in the books");
    let words =
        format!("the chain took {taken_sat} sat: {ours_sat} of ours, booked as fees, {payer_sat} of the payer's");
    timeline.step("books", &words, json!({ "ours_sat": ours_sat, "payer_sat": payer_sat }));
    Ok(())
}

fn sat(msat: i64) -> Result<i64> {
    ensure!(msat % MSAT_PER_SAT == 0, "{msat} msat are no whole satoshi, and the chain knows no others");
    Ok(msat / MSAT_PER_SAT)
}

fn difference_msat(reconciled: &str) -> Result<i64> {
    let read: Value = serde_json::from_str(reconciled)?;
    let mut places = read["places"].as_array().into_iter().flatten();
    let node = places.find(|row| row["place"] == "lightning:node").context("the node is in no row")?;
    node["difference"].as_i64().with_context(|| format!("the node's balance is not known: {node}"))
}

/// Mines until nothing of the close is on its way on either side.
async fn resolved(world: &World) -> Result<()> {
    let deadline = Instant::now() + RESOLVED_WITHIN;
    loop {
        world.payer.mine_until_at_rest(&world.chain, RESOLVED_WITHIN).await?;
        let left_sat = world.in_channels_sat().await?;
        if left_sat == 0 && world.chain.mempool().await?.is_empty() {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the node still waits for {left_sat} sat of the close");
        world.chain.mine(BLOCKS_AT_A_TIME).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The fees of every transaction since then, and the anchors that nobody has taken.
async fn taken_by_the_chain(chain: &Chain, from: u32) -> Result<i64> {
    let mut taken_sat = 0;
    for height in from + 1..=chain.height().await? {
        let hash: String = chain.client().call("getblockhash", json!([height])).await?;
        let block: Value = chain.client().call("getblock", json!([hash, 1])).await?;
        let txids = block["tx"].as_array().context("a block without transactions")?;
        for txid in txids.iter().skip(1).filter_map(Value::as_str) {
            let txid = txid.parse()?;
            taken_sat += chain.fee_sat(&txid).await?.context("a fee that is not known")?;
            let seen = chain.seen(&txid).await?.context("a transaction that is not known")?;
            for (vout, output) in (0u32..).zip(&seen.tx.output) {
                let outpoint = bitcoin::OutPoint { txid, vout };
                if output.value.to_sat() == ANCHOR_SAT && chain.spender_of(&outpoint).await?.is_none() {
                    taken_sat += ANCHOR_SAT;
                }
            }
        }
    }
    Ok(i64::try_from(taken_sat)?)
}

/// Mines whatever waits to be mined, and a block now and then: LND takes its next step at one.
struct Mining {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<()>>,
}

impl Mining {
    fn start(chain: Chain) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = &mut stopped => return Ok(()),
                    _ = chain.wait_for_mempool(1, BLOCK_EVERY) => {
                        chain.mine(1).await?;
                    }
                }
            }
        });
        Self { stop, task }
    }

    async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.task.await?
    }
}
