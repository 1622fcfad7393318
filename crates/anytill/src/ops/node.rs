//! `anytill node`: the operator's hand on the Lightning nodes.

use super::more_room;
use crate::admin::{Answer, Request};
use crate::server::Server;
use crate::wiring::LightningPayees;
use accounts::Hosts;
use anyhow::{Context as _, Result, bail};
use ids::NodeId;
use lightning_node::ldk::{EmbeddedNode, OpenChannel};
use lightning_node::{Balances, HeldHtlc};
use money::Sat;
use ports::{AggregateKind, LightningNode, Lookup, Outcome, PayRequest, Payees as _, SendStatus, Store};
use serde_json::json;
use std::fmt::Write as _;

/// How long an invoice for the operator's own bitcoin is good.
pub(super) const INVOICE_SECS: u32 = 3_600;

pub async fn run(server: &Server, request: Request) -> Result<Answer> {
    let (node, listens, request) = match request {
        Request::VendorNode { request } => {
            let node = server.vendor_node.as_ref();
            (node.context("there is none: set vendor_node.enabled")?, &server.vendor_node_listens, *request)
        }
        request => match server.nodes.first.embedded() {
            Some(node) => (node, &server.node_listens, request),
            None => return of_lnd(server, request).await,
        },
    };
    match request {
        Request::NodeId => {
            let id = node.node_id();
            let addresses: Vec<String> = listens.iter().map(|place| format!("{id}@{place}")).collect();
            let text = if addresses.is_empty() { id.to_string() } else { addresses.join("\n") };
            Answer::new(true, text, &json!({ "node_id": id, "addresses": addresses }))
        }
        Request::NodeAddress => {
            let address = node.new_address().await?;
            Answer::new(true, address.clone(), &json!({ "address": address }))
        }
        Request::NodeConnect { peer } => {
            let (id, place) = peer_of(&peer)?;
            node.connect(id, place).await?;
            Ok(Answer::done(format!("connected to {peer}, and again after every start")))
        }
        Request::NodeOpen { peer, capacity_sat, push_msat, announce } => {
            let (id, place) = peer_of(&peer)?;
            let open = OpenChannel { peer: id, address: place, capacity_sat, push_msat, announce };
            let opened = node.open_channel(open).await?;
            let text = "offered; `anytill node channels` shows it, usable once its funding is confirmed";
            Answer::new(true, text, &opened)
        }
        Request::NodeClose { channel_id, force } => {
            node.close_channel(channel_id.clone(), force).await?;
            Ok(Answer::done(format!("closing {channel_id}; `anytill node balances` shows what is on its way back")))
        }
        Request::NodeBalances => balances(node.balances().await?),
        Request::NodeChannels => channels(node).await,
        Request::NodePeers => {
            let peers = node.peers().await?;
            let line = |peer: &lightning_node::ldk::PeerSummary| {
                let state = if peer.connected { "connected" } else { "not connected" };
                format!("{}@{}  {state}", peer.node_id, peer.address)
            };
            let text: Vec<String> = peers.iter().map(line).collect();
            Answer::new(true, or(text.join("\n"), "no peers: `anytill node connect`"), &peers)
        }
        Request::NodeHolds => holds(&node.held().await?),
        Request::NodeWithdraw { address, amount_sat, sat_per_vbyte } => {
            let txid = node.send_on_chain(address, amount_sat, sat_per_vbyte).await?;
            Answer::new(true, format!("sent in {txid}"), &json!({ "txid": txid }))
        }
        Request::NodeInvoice { amount_sat } => {
            let amount = Sat::new(amount_sat)?.msat();
            let invoice = node.own_invoice(amount.get(), "own funds".to_owned(), INVOICE_SECS).await?;
            Answer::new(true, invoice.clone(), &json!({ "bolt11": invoice }))
        }
        Request::NodeJitInvoice { .. }
        | Request::NodeOrderChannel { .. }
        | Request::NodeOrders
        | Request::NodeSpliceIn { .. }
        | Request::NodeSpliceOut { .. } => more_room::run(node, request).await,
        Request::NodeLiquidity { .. } => bail!("the node that pays vendors receives nothing of shoppers"),
        Request::NodePay { bolt11, max_fee_sat } => pay(server, node.as_ref(), &bolt11, max_fee_sat).await,
        other => bail!("{other:?} is not the node's"),
    }
}

/// What the server itself knows of an LND; the rest is `lncli`'s.
async fn of_lnd(server: &Server, request: Request) -> Result<Answer> {
    match request {
        Request::NodeId => {
            let ids = server.nodes.ids();
            let text: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let (id, nodes) = (ids.first(), server.nodes.all());
            let nodes: Vec<_> = nodes.map(|node| json!({ "name": node.name(), "node_id": node.node_id() })).collect();
            Answer::new(true, text.join("\n"), &json!({ "node_id": id, "addresses": [], "nodes": nodes }))
        }
        Request::NodeBalances => balances(server.nodes.balances().await.map_err(anyhow::Error::msg)?),
        Request::NodeHolds => holds(&server.nodes.held().await?),
        Request::NodePay { bolt11, max_fee_sat } => pay(server, &*server.nodes.first, &bolt11, max_fee_sat).await,
        _ => bail!("the node is an LND: this is done with lncli"),
    }
}

/// Once: the payment hash is the node's idempotency key. The books know of it by `reconcile --accept`.
async fn pay(server: &Server, node: &dyn LightningNode, bolt11: &str, max_fee_sat: u64) -> Result<Answer> {
    let payees = LightningPayees::new(server.config.chain.network.bitcoin(), Hosts::Public);
    let invoice = payees.read_invoice(bolt11).map_err(anyhow::Error::msg)?;
    let Some(amount) = invoice.amount_msat else { bail!("the invoice names no amount: ask for one that does") };
    let payment_hash = invoice.payment_hash;
    for kind in [AggregateKind::Purchase, AggregateKind::Refund] {
        if Store::find(&server.store, kind, Lookup::PaymentHash(payment_hash)).await?.is_some() {
            bail!("this is the invoice of a {}: the server pays and takes those itself", kind.name());
        }
    }
    let max_fee_msat = Sat::new(max_fee_sat)?.msat();
    let request =
        PayRequest { bolt11: invoice.bolt11, payment_hash, amount_msat: None, max_fee_msat, max_cltv_blocks: None };
    let again = "the same command again says how it ended, and never pays twice";
    let (ok, status, text) = match node.pay(request).await {
        Outcome::Done(SendStatus::Succeeded { fee_msat, .. }) => {
            let text = format!("paid: {} msat and a fee of {} msat", amount.get(), fee_msat.get());
            (true, "succeeded", format!("{text}; `anytill reconcile --accept NOTE` books it"))
        }
        Outcome::Done(SendStatus::Pending) => (true, "pending", format!("under way; {again}")),
        Outcome::Done(SendStatus::Failed { reason }) => {
            (false, "failed", format!("failed, nothing was paid: {reason}"))
        }
        Outcome::Done(SendStatus::NotFound) => (false, "unknown", format!("not known; {again}")),
        Outcome::Rejected(r) => (false, "refused", format!("refused, nothing was paid: {}: {}", r.code, r.message)),
        Outcome::NotSent(why) => (false, "not_sent", format!("not sent, nothing was paid: {why}")),
        Outcome::Unknown(why) => (false, "unknown", format!("not known ({why}); {again}")),
    };
    Answer::new(ok, text, &json!({ "payment_hash": payment_hash, "status": status, "amount_msat": amount.get() }))
}

fn balances(found: Balances) -> Result<Answer> {
    let text = format!(
        "on-chain          {:>15} sat\n  spendable       {:>15} sat\n  reserve         {:>15} sat\nin channels       \
         {:>15} sat\nfrom closed ones  {:>15} sat, on its way",
        found.onchain_total_sat, found.onchain_spendable_sat, found.reserve_sat, found.lightning_sat, found.closing_sat
    );
    Answer::new(true, text, &found)
}

async fn channels(node: &EmbeddedNode) -> Result<Answer> {
    let (channels, room) = (node.channels().await?, node.room().await.done());
    let mut text = String::new();
    for channel in &channels {
        let usable = match (channel.usable, channel.ready) {
            (true, _) => "usable".to_owned(),
            (false, true) => "peer not connected".to_owned(),
            (false, false) => format!("{}/{} confirmations", channel.confirmations, channel.confirmations_required),
        };
        let by = if channel.opened_by_us { "opened by us" } else { "opened by the peer" };
        writeln!(text, "{}  {usable}, {by}", channel.channel_id)?;
        writeln!(text, "  peer {}  capacity {} sat", channel.peer, channel.capacity_sat)?;
        let held = room.as_ref().and_then(|room| room.channels.iter().find(|one| one.channel_id == channel.channel_id));
        let left = held.map_or(0, |one| one.in_flight_left_msat.get() / 1_000);
        writeln!(
            text,
            "  can send {} sat, can receive {} sat, of it held at a time now {left} sat",
            channel.outbound_msat / 1_000,
            channel.inbound_msat / 1_000
        )?;
    }
    if let Some(room) = &room {
        let reserve = if room.reserve_ok { "" } else { "; NO HOLD IS ACCEPTED: the on-chain reserve is missing" };
        writeln!(text, "room for holds now: {} sat{reserve}", room.total_msat() / 1_000)?;
    }
    Answer::new(true, or(text.trim_end().to_owned(), "no channels"), &channels)
}

fn holds(held: &[HeldHtlc]) -> Result<Answer> {
    let mut text = String::new();
    for htlc in held {
        let claim = if htlc.claim_called { ", claim under way" } else { "" };
        writeln!(
            text,
            "{}  {} msat  claim deadline {} ({} blocks left){claim}",
            htlc.payment_hash, htlc.amount_msat, htlc.claim_deadline, htlc.blocks_left
        )?;
    }
    Answer::new(true, or(text.trim_end().to_owned(), "nothing is held"), &held)
}

fn or(text: String, nothing: &str) -> String {
    if text.is_empty() { nothing.to_owned() } else { text }
}

/// `<node id>@<host>:<port>`.
fn peer_of(text: &str) -> Result<(NodeId, String)> {
    let (id, place) = text.split_once('@').context("a peer is written <node id>@<host>:<port>")?;
    let id = id.parse().context("the node id before the @ is not one: 66 hex digits")?;
    Ok((id, place.to_owned()))
}
