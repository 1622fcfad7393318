//! A server that holds on several nodes.

use super::Ended;
use super::steps::Buy;
use crate::demo::ClaimOn;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Result, anyhow, ensure};
use lightning_invoice::Bolt11Invoice;
use sandbox::store::Practice;
use serde_json::json;
use std::str::FromStr as _;

/// Two purchases at a time: the second invoice is another node's, since there is more room.
pub async fn two_at_a_time(world: &mut World, claim_on: ClaimOn, timeline: &Timeline) -> Result<Ended> {
    let (first, first_card) = Buy::ready_to_charge(world, claim_on, timeline).await?;
    let payees = [payee(&first.view.bolt11)?];
    let (view, hash, paid) = (first.view.clone(), first.hash, first.paid.clone());
    let (mut second, second_card) = Buy::ready_to_charge(first.world, claim_on, timeline).await?;
    let other = payee(&second.view.bolt11)?;
    ensure!(!payees.contains(&other), "both invoices are of node {other}");
    timeline.step(
        "two nodes",
        &format!("{}… holds one, {}… the other", &payees[0][..16], &other[..16]),
        json!({ "first": payees[0], "second": other }),
    );
    let order = second.place_order(second_card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the second order");
    second.claimed().await?;
    second.completed().await?;
    let mut first = Buy::new(second.world, timeline, view);
    (first.hash, first.paid) = (hash, paid);
    let order = first.place_order(first_card, Practice::default()).await?;
    ensure!(order.is_taken(), "the store did not take the first order");
    first.claimed().await?;
    first.completed().await
}

fn payee(bolt11: &str) -> Result<String> {
    let invoice = Bolt11Invoice::from_str(bolt11).map_err(|error| anyhow!("{error}"))?;
    Ok(invoice.recover_payee_pub_key().to_string())
}
