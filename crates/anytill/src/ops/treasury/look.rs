//! Every place, asked once, with what `[treasury]` says should be there.

use super::{Band, Row, What, Word};
use crate::config::amount_of;
use crate::ops::ledger::trial_balance;
use crate::ops::reconcile::{at_exchange, why};
use crate::server::Server;
use crate::wiring::{HoldingNodes, NO_VENDOR, ServerNode};
use anyhow::Result;
use ledger::{Asset, Exposure};
use lightning_node::Balances;
use lightning_node::ldk::EmbeddedNode;
use ports::{LightningNode as _, PaidFirstSource as _, Room, Store};
use std::sync::Arc;

const NODE: &str = "node";
const VENDOR_NODE: &str = "vendor-node";

pub async fn look(server: &Server) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    holding_node(server, &mut rows).await?;
    if let Some(node) = &server.vendor_node {
        vendor_node(server, node, &mut rows).await?;
    }
    if server.exchange.name() != NO_VENDOR {
        exchange(server, &mut rows).await;
    }
    if let Some(source) = server.linked.as_ref().filter(|source| source.name() != server.exchange.name()) {
        let arrived = why(source.balance().await).map(|sat| sat.msat().signed());
        rows.push(btc(source.name(), What::Arrived, arrived, Band::default()));
    }
    if let Some(wallet) = &server.chain_wallet {
        let arrived = why(wallet.balance().await).map(|sat| sat.msat().signed());
        rows.push(btc(wallet.name(), What::ArrivedOnChain, arrived, Band::default()));
    }
    if server.issuer.name() != NO_VENDOR {
        issuer(server, &mut rows).await?;
    }
    owed(server, &mut rows).await?;
    Ok(rows)
}

async fn holding_node(server: &Server, rows: &mut Vec<Row>) -> Result<()> {
    let set = &server.config.treasury;
    let room = why(server.engine.ports().nodes.room().await);
    let ours = room.as_ref().map_err(Clone::clone).and_then(|room| whole(room.outbound_msat()));
    let band = Band {
        target: set_msat(set.node_outbound_sat_max).and(Some(msat_of(set.node_outbound_sat_target))),
        high_above: set_msat(set.node_outbound_sat_max),
        ..Band::default()
    };
    rows.push(btc(NODE, What::Ours, ours, band));
    let receives = room.as_ref().map_err(Clone::clone).and_then(|room| whole(room.total_msat()));
    let mut taken = 0u64;
    for id in server.nodes.ids() {
        taken = taken.saturating_add(server.store.reserved(&engine::room_name(id)).await?);
    }
    let stops = signed(taken).saturating_add(msat_of(server.config.purchase.hold_sat_min));
    let band = Band { stops_below: Some(stops), low_below: set_msat(set.node_room_sat_min), ..Band::default() };
    rows.push(btc(NODE, What::Room, receives, band));
    on_chain(NODE, What::OnChain, &server.nodes, room.as_ref().ok(), rows).await;
    Ok(())
}

async fn vendor_node(server: &Server, node: &Arc<EmbeddedNode>, rows: &mut Vec<Row>) -> Result<()> {
    let set = &server.config.treasury;
    let room = why(node.room().await);
    let sends = room.as_ref().map_err(Clone::clone).and_then(|room| whole(room.outbound_msat()));
    let taken = server.store.reserved(&engine::send_name(node.node_id())).await?;
    let least = msat_of(server.config.purchase.hold_sat_min).saturating_add(msat_of(set.vendor_outbound_sat_keep));
    let band = Band {
        stops_below: Some(signed(taken).saturating_add(least)),
        low_below: set_msat(set.vendor_outbound_sat_min),
        target: set_msat(set.vendor_outbound_sat_target),
        high_above: None,
    };
    rows.push(btc(VENDOR_NODE, What::VendorSends, sends, band));
    let receives = room.and_then(|room| {
        let usable = room.channels.iter().filter(|channel| channel.usable);
        whole(usable.map(|channel| channel.inbound_msat.get()).sum())
    });
    rows.push(btc(VENDOR_NODE, What::VendorInbound, receives, Band::default()));
    on_chain(VENDOR_NODE, What::VendorOnChain, &HoldingNodes::one(ServerNode::Embedded(Arc::clone(node))), None, rows)
        .await;
    Ok(())
}

/// `room` is the holding node's: without its reserve it takes no hold.
async fn on_chain(place: &str, what: What, nodes: &HoldingNodes, room: Option<&Room>, rows: &mut Vec<Row>) {
    let found = nodes.balances().await;
    let part = |of: fn(&Balances) -> u64| found.as_ref().map_err(Clone::clone).and_then(|found| sat(of(found)));
    let reserve = part(|found| found.reserve_sat).ok().filter(|reserve| *reserve > 0);
    let band = Band { low_below: reserve, target: reserve, ..Band::default() };
    let mut row = btc(place, what, part(|found| found.onchain_total_sat), band);
    if room.is_some_and(|room| !room.reserve_ok) && row.amount.is_ok() {
        row.word = Word::Stops;
    }
    rows.push(row);
    let closing = part(|found| found.closing_sat);
    if closing != Ok(0) {
        rows.push(btc(place, What::Closing, closing, Band::default()));
    }
}

async fn exchange(server: &Server, rows: &mut Vec<Row>) {
    let (set, place) = (&server.config.treasury, server.exchange.name());
    let balances = why(server.exchange.balances().await);
    let there = |asset| balances.as_ref().map_err(Clone::clone).and_then(|found| at_exchange(found, asset));
    let band = Band {
        stops_below: None,
        low_below: set_msat(set.exchange_bitcoin_sat_min),
        target: set_msat(set.exchange_bitcoin_sat_target),
        high_above: set_msat(set.exchange_bitcoin_sat_max),
    };
    rows.push(btc(place, What::ExchangeBitcoin, there(Asset::Btc), band));
    for currency in &server.config.served.currencies {
        let high_above = amount_of(&set.exchange_money_max, *currency).map(money::Money::signed);
        let asset = Asset::Fiat(*currency);
        let band = Band { high_above, ..Band::default() };
        rows.push(Row::new(place, What::ExchangeMoney, asset, there(asset), band));
    }
}

async fn issuer(server: &Server, rows: &mut Vec<Row>) -> Result<()> {
    let (config, place) = (&server.config, server.issuer.name());
    let (set, limits, currency) = (&config.treasury, &config.limits, config.issuer.currency);
    let of = |list| amount_of(list, currency).map(money::Money::signed);
    let taken = server.store.reserved(&engine::float_name(place, currency)).await?;
    let least = of(&limits.purchase_min).unwrap_or(1).saturating_add(signed(config.purchase.tolerance_minor));
    let kept = of(&set.issuer_float_keep).unwrap_or(0).saturating_add(signed(taken));
    let band = Band {
        stops_below: Some(kept.saturating_add(least)),
        low_below: of(&set.issuer_float_warn).or(of(&limits.purchase_max)),
        target: of(&set.issuer_float_target),
        high_above: None,
    };
    let float = why(server.issuer.float().await).and_then(|float| match float.available {
        available if available.currency() == currency => Ok(available.signed()),
        other => Err(format!("it bills in {}", other.currency())),
    });
    rows.push(Row::new(place, What::Float, Asset::Fiat(currency), float, band));
    Ok(())
}

/// What is claimed and not sold, and what shoppers are to get back.
async fn owed(server: &Server, rows: &mut Vec<Row>) -> Result<()> {
    let unsold = engine::unsold(&server.store).await?;
    let max = server.config.sale.exposure_sat_max;
    let band = Band { high_above: Some(msat_of(max)), ..Band::default() };
    let mut row = btc("ledger", What::Unsold, sat(unsold.open_sat), band);
    let next = server.config.purchase.hold_sat_min;
    if unsold.open_sat.saturating_add(unsold.exposed_sat).saturating_add(next) > max {
        row.word = Word::High;
    }
    rows.push(row);
    let band = Band { high_above: Some(0), ..Band::default() };
    rows.push(btc("ledger", What::GivenUp, sat(unsold.exposed_sat), band));
    for (asset, amount) in Exposure::of(&trial_balance(&server.store).await?).owed {
        rows.push(Row::new("ledger", What::Owed, asset, Ok(amount), Band::default()));
    }
    Ok(())
}

fn btc(place: &str, what: What, amount: Result<i64, String>, band: Band) -> Row {
    Row::new(place, what, Asset::Btc, amount, band)
}

fn whole(msat: u64) -> Result<i64, String> {
    i64::try_from(msat).map_err(|_| "too large".to_owned())
}

fn sat(sat: u64) -> Result<i64, String> {
    sat.checked_mul(1_000).ok_or_else(|| "too large".to_owned()).and_then(whole)
}

/// Of a limit, where too large means none.
fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

fn msat_of(sat: u64) -> i64 {
    signed(sat.saturating_mul(1_000))
}

/// Zero is "not set".
fn set_msat(sat: u64) -> Option<i64> {
    (sat > 0).then(|| msat_of(sat))
}
