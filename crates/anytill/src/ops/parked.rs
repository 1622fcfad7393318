//! `anytill parked`: what waits for the operator, why, and going on with it.

use super::find::find;
use super::story;
use crate::admin::Answer;
use crate::server::Server;
use anyhow::{Result, bail};
use ids::{PurchaseId, RefundId, UnixMs};
use ports::{AggregateKind, Page, Store, StoredAggregate};
use purchase::{Purchase, Refund};
use serde::Serialize;
use std::fmt::Write as _;

const PAGE: u32 = 256;

#[derive(Serialize)]
struct Row {
    kind: AggregateKind,
    id: String,
    /// Of the purchase; a refund has its purchase's.
    code: String,
    state: String,
    reason: String,
    parked_at: UnixMs,
}

pub async fn list(store: &dyn Store) -> Result<Answer> {
    let mut rows = Vec::new();
    for kind in [AggregateKind::Purchase, AggregateKind::Refund] {
        let mut after = None;
        loop {
            let page = store.list(kind, false, true, Page { after, limit: PAGE }).await?;
            for stored in &page {
                rows.extend(row(stored)?);
            }
            after = page.last().map(|stored| stored.at.id);
            if page.len() < PAGE as usize {
                break;
            }
        }
    }
    rows.sort_by_key(|row| row.parked_at);
    let mut text = String::new();
    for row in &rows {
        let (kind, since) = (row.kind.name(), story::time(row.parked_at));
        writeln!(text, "{kind:9}{}  {}  {:12}{since}  {}", row.id, row.code, row.state, row.reason)?;
    }
    if rows.is_empty() {
        text.push_str("nothing is parked");
    } else {
        write!(text, "{} parked; `anytill parked explain ID` tells the story and what may be done", rows.len())?;
    }
    Answer::new(true, text, &rows)
}

fn row(stored: &StoredAggregate) -> Result<Option<Row>> {
    let (code, state, parked) = match stored.at.kind {
        AggregateKind::Purchase => {
            let purchase: Purchase = serde_json::from_str(&stored.state)?;
            (purchase.code(), purchase.state.name(), purchase.parked)
        }
        AggregateKind::Refund => {
            let refund: Refund = serde_json::from_str(&stored.state)?;
            (purchase::terms::code(refund.purchase), refund.state.name(), refund.parked)
        }
    };
    Ok(parked.map(|parked| Row {
        kind: stored.at.kind,
        id: PurchaseId(stored.at.id).to_string(),
        code,
        state: state.to_owned(),
        reason: parked.reason,
        parked_at: parked.at,
    }))
}

pub async fn explain(store: &dyn Store, id: &str) -> Result<Answer> {
    let stored = find(store, id).await?;
    let told = story::tell(store, &stored).await?;
    Answer::new(true, told.text, &told.json)
}

/// Goes on: what was under way is asked for again. Every call outside is safe to repeat, none is made twice.
pub async fn resolve(server: &Server, id: &str) -> Result<Answer> {
    let stored = find(&server.store, id).await?;
    if !stored.index.parked {
        bail!("{} is not parked: there is nothing to resolve", stored.at);
    }
    match stored.at.kind {
        AggregateKind::Purchase => {
            let purchase = server.engine.resume(PurchaseId(stored.at.id)).await?;
            Ok(Answer::done(format!("{} goes on, in state {}", stored.at, purchase.state.name())))
        }
        AggregateKind::Refund => {
            server.engine.resume_refund(RefundId(stored.at.id)).await?;
            Ok(Answer::done(format!("{} goes on", stored.at)))
        }
    }
}
