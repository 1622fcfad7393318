//! Metrics for Prometheus: what was counted, and what is so now.
//!
//! The books and the room to receive are the operator's business: the page is for this machine, or for who has its
//! token.

use crate::app::App;
use crate::client_ip::ClientIp;
use crate::problem::{Code, Problem};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use metrics::gauge;
use ports::{AggregateKind, Outcome, Page, StoreError};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Open purchases counted at most, and how many are read at once.
const COUNTED_MAX: u32 = 4_096;
const PAGE: u32 = 512;

pub async fn metrics(State(app): State<App>, ip: ClientIp, headers: HeaderMap) -> Result<Response, Problem> {
    if !ip.is_this_machine() && !has_token(&app, &headers) {
        return Err(Code::NotFound.into());
    }
    gather(&app).await?;
    let text = app.state.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// Hashes are compared: how far they agree tells nothing of the token.
fn has_token(app: &App, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let hash = given.map(|token| <[u8; 32]>::from(Sha256::digest(token)));
    hash.is_some() && hash == app.http().metrics_token_hash
}

async fn gather(app: &App) -> Result<(), StoreError> {
    let ports = app.engine().ports();
    gauge!("anytill_holds").set(app.engine().holds() as f64);
    gauge!("anytill_accepting").set(f64::from(u8::from(app.state.running.accepts())));
    let tip = app.engine().tip();
    gauge!("anytill_tip_height").set(f64::from(tip.height));
    gauge!("anytill_tip_fresh").set(f64::from(u8::from(tip.fresh)));
    if let Outcome::Done(room) = ports.nodes.room().await {
        gauge!("anytill_room_msat").set(room.total_msat() as f64);
        gauge!("anytill_room_reserve_ok").set(f64::from(u8::from(room.reserve_ok)));
    }
    let mut taken = 0u64;
    for node in ports.nodes.all() {
        taken = taken.saturating_add(ports.store.reserved(&engine::room_name(node.node_id())).await?);
    }
    gauge!("anytill_room_reserved_msat").set(taken as f64);
    if let Outcome::Done(float) = ports.issuer.float().await {
        gauge!("anytill_float_minor", "currency" => float.available.currency().code())
            .set(float.available.minor() as f64);
    }
    for row in ports.store.balances().await? {
        gauge!("anytill_ledger_balance", "account" => row.account, "asset" => row.asset, "layer" => row.layer)
            .set(row.amount as f64);
    }
    for (name, kind) in [("purchase", AggregateKind::Purchase), ("refund", AggregateKind::Refund)] {
        open(app, name, kind).await?;
    }
    Ok(())
}

/// Purchases or refunds under way by state, those that wait for the operator among them.
async fn open(app: &App, name: &'static str, kind: AggregateKind) -> Result<(), StoreError> {
    let words: Vec<&'static str> = match kind {
        AggregateKind::Purchase => purchase::State::ALL.iter().filter(|s| !s.terminal()).map(|s| s.name()).collect(),
        AggregateKind::Refund => {
            purchase::RefundState::ALL.iter().filter(|s| !s.terminal()).map(|s| s.name()).collect()
        }
    };
    let mut counts: BTreeMap<&str, u32> = words.iter().map(|word| (*word, 0)).collect();
    let (mut parked, mut after, mut counted) = (0u32, None, 0);
    while counted < COUNTED_MAX {
        let rows = app.engine().ports().store.list(kind, true, false, Page { after, limit: PAGE }).await?;
        for row in &rows {
            parked += u32::from(row.index.parked);
            if let Some(count) = counts.get_mut(row.index.status.as_str()) {
                *count += 1;
            }
        }
        counted += PAGE;
        after = rows.last().map(|row| row.at.id);
        if rows.len() < PAGE as usize {
            break;
        }
    }
    for word in words {
        gauge!("anytill_open", "kind" => name, "state" => word).set(f64::from(counts[word]));
    }
    gauge!("anytill_parked", "kind" => name).set(f64::from(parked));
    Ok(())
}
