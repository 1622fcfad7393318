//! A payer on the chain: coins, an address, what it sends, what it has.

use super::{Answer, Failed, Shared, Stage};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bitcoin::{Address, Network};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

use crate::demo::onchain::{FEE_SAT, OnChain};
use crate::demo::world::World;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new().route("/onchain", get(has)).route("/onchain/pay", post(pay))
}

fn payer(world: &World) -> Result<&OnChain, Failed> {
    let none = || Failed(StatusCode::CONFLICT, "nobody pays on the chain here: start it with --onchain".to_owned());
    world.onchain.as_ref().ok_or_else(none)
}

/// `left_sat`: of all that it was given, without the chain's fees; what it paid is below zero.
async fn has(State(stage): Shared) -> Answer {
    let world = stage.world.read().await;
    let payer = payer(&world)?;
    Ok(Json(json!({ "address": payer.address().to_string(), "left_sat": payer.left_sat().await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pay {
    address: String,
    sat: u64,
}

async fn pay(State(stage): Shared, Json(wanted): Json<Pay>) -> Answer {
    let address = wanted.address.parse::<Address<_>>().map_err(Failed::bad)?;
    let address = address.require_network(Network::Regtest).map_err(Failed::bad)?;
    let world = stage.world.read().await;
    let payer = payer(&world)?;
    let coin = payer.coin().await?;
    let txid = payer.pay(coin, &address, wanted.sat, FEE_SAT).await?;
    Ok(Json(json!({ "txid": txid.to_string() })))
}
