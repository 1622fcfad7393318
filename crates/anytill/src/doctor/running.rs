//! What the running server sees.

use super::{Check, answer, outside};
use crate::admin::Answer;
use crate::ops;
use crate::ops::treasury::{Row, Word, look};
use crate::server::Server;
use crate::wiring::ServerNode;
use anyhow::Result;
use ports::{AggregateKind, Outcome, Page, PaidFirstSource, Store};
use std::sync::Arc;

/// Blocks to a claim deadline that are worth a word.
const BLOCKS_NEAR: i64 = 18;

pub async fn running(server: &Arc<Server>) -> Result<Answer> {
    let mut checks = vec![serving(server), database(server).await];
    checks.extend(node(server).await);
    checks.extend(outside::of_issuer(server.issuer.as_ref(), &server.config).await);
    checks.push(outside::of_exchange(server.exchange.as_ref()).await);
    checks.extend(outside::of_prices(server.prices.as_ref(), &server.config, server.clock.as_ref()));
    checks.push(outside::of_gift_cards(server.gift_cards.as_deref()).await);
    let linked = server.linked.clone().map(|source| source as Arc<dyn PaidFirstSource>);
    checks.push(outside::of_linked_accounts(linked.as_deref()).await);
    checks.push(outside::of_chain_wallet(server.chain_wallet.as_deref()).await);
    checks.extend(outside::of_venues(&server.prices, &server.config, server.clock.as_ref()));
    if !server.config.server.public_url.is_empty() {
        checks.push(outside::of_public_url(&server.config.server.public_url).await);
    }
    checks.push(parked(server).await);
    checks.extend(treasury(server).await);
    answer(checks)
}

fn serving(server: &Server) -> Check {
    let found = format!("runs at {}, node {}", server.http_url, server.node_address());
    if server.running.accepts() {
        Check::ok("server", found)
    } else {
        Check::warning("server", format!("{found}, draining"), "it takes purchases again once it is started again")
    }
}

async fn database(server: &Server) -> Check {
    match Store::next_due(&server.store).await {
        Ok(_) => {
            let stats = server.store.stats();
            Check::ok("database", format!("answers; {} steps in {} syncs since the start", stats.steps, stats.groups))
        }
        Err(error) => Check::wrong("database", error.to_string(), "docs/operating/backup.md says what may be done"),
    }
}

async fn node(server: &Server) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(outside::of_lnds(&server.config, &server.file, &server.data).await);
    for node in server.nodes.all() {
        checks.push(chain(server, node).await);
        checks.extend(channels(node).await);
    }
    checks.extend(liquidity(server).await);
    checks.push(holds(server).await);
    checks
}

/// Said before quoting has to stop.
async fn liquidity(server: &Server) -> Vec<Check> {
    const NAME: &str = "liquidity";
    match ops::liquidity::look(server, ops::liquidity::DAYS).await {
        Ok(looked) => {
            let mend = "get more room: `anytill node liquidity` says how";
            let alarm = |node: &ops::liquidity::Shown| {
                let alarm = node.alarm()?;
                Some(Check::warning(NAME, format!("{}: {alarm}", node.name()), mend))
            };
            let away = |node: &ops::liquidity::Away| {
                Check::warning(NAME, format!("{}: not known, it does not answer", node.name), "see that the node runs")
            };
            looked.nodes.iter().filter_map(alarm).chain(looked.away.iter().map(away)).collect()
        }
        Err(error) => vec![Check::wrong(NAME, format!("{error:#}"), "see the log")],
    }
}

/// With the node's name, where there are several.
fn of_node(what: &str, node: &ServerNode) -> String {
    if node.embedded().is_some() { what.to_owned() } else { format!("{what} of {}", node.name()) }
}

async fn chain(server: &Server, node: &ServerNode) -> Check {
    let name = of_node("chain", node);
    let mend = if node.embedded().is_some() {
        "see chain.url and `node/ldk.log`; without a fresh tip nothing is held or claimed"
    } else {
        "see that the LND runs, and its own log; without a fresh tip nothing is held or claimed"
    };
    match node.info().await {
        Outcome::Done(info) => {
            let age_secs = server.clock.now().since_ms(info.tip_seen_at) / 1_000;
            let found = format!("height {}, confirmed by the chain source {age_secs} s ago", info.tip_height);
            if age_secs <= server.config.chain.tip_age_secs_max {
                Check::ok(name, found)
            } else {
                Check::wrong(name, found, mend)
            }
        }
        Outcome::Rejected(r) => Check::wrong(name, r.message, mend),
        Outcome::NotSent(why) | Outcome::Unknown(why) => Check::wrong(name, why, mend),
    }
}

async fn channels(node: &ServerNode) -> Vec<Check> {
    let name = of_node("channels", node);
    let Outcome::Done(room) = node.room().await else {
        let log =
            if node.embedded().is_some() { "see `node/ldk.log`" } else { "see that the LND runs, and its own log" };
        return vec![Check::wrong(name, "the node does not tell", log)];
    };
    let usable = room.channels.iter().filter(|channel| channel.usable).count();
    let found = format!(
        "{usable} of {} usable, {} sat can be held now, {} sat at most in one part",
        room.channels.len(),
        room.total_msat() / 1_000,
        room.largest_part_msat() / 1_000
    );
    let get = "get inbound capacity: docs/operating/costs.md";
    let channels = match (usable, room.total_msat()) {
        (0, _) if room.channels.is_empty() => Check::wrong(name, "none: nothing can be received", get),
        (0, _) => Check::wrong(name, found, "their peers are away: `anytill node peers`, `anytill node connect`"),
        (_, 0) => Check::wrong(name, found, get),
        _ => Check::ok(name, found),
    };
    let reserve = if room.reserve_ok {
        Check::ok(of_node("reserve", node), "enough on-chain for closing channels")
    } else {
        let mend = "send bitcoin to `anytill node address`: no hold is accepted without it";
        Check::wrong(of_node("reserve", node), "too little on-chain for closing channels", mend)
    };
    vec![channels, reserve]
}

async fn holds(server: &Server) -> Check {
    match server.nodes.held().await {
        Ok(held) => match held.first() {
            Some(nearest) if nearest.blocks_left < BLOCKS_NEAR => Check::warning(
                "holds",
                format!("{} held, the nearest deadline in {} blocks", held.len(), nearest.blocks_left),
                "they are returned in time while the server runs: do not stop it now",
            ),
            _ => Check::ok("holds", format!("{} held", held.len())),
        },
        Err(error) => Check::wrong("holds", error.to_string(), "see `node/ldk.log`"),
    }
}

async fn parked(server: &Server) -> Check {
    let mut count = 0;
    for kind in [AggregateKind::Purchase, AggregateKind::Refund] {
        match Store::list(&server.store, kind, false, true, Page { after: None, limit: 100 }).await {
            Ok(rows) => count += rows.len(),
            Err(error) => return Check::wrong("parked", error.to_string(), ""),
        }
    }
    match count {
        0 => Check::ok("parked", "nothing waits for you"),
        _ => Check::warning("parked", format!("{count} wait for you"), "anytill parked list"),
    }
}

/// One line for each place that is not as `[treasury]` has it.
async fn treasury(server: &Server) -> Vec<Check> {
    const NAME: &str = "treasury";
    match look(server).await {
        Ok(rows) => {
            let bad = |row: &&Row| !matches!(row.word, Word::Plain | Word::Fine);
            let lines: Vec<Check> =
                rows.iter().filter(bad).map(|row| Check::warning(NAME, row.line(), "anytill treasury")).collect();
            if lines.is_empty() { vec![Check::ok(NAME, "nothing is low")] } else { lines }
        }
        Err(error) => vec![Check::wrong(NAME, format!("{error:#}"), "see the database")],
    }
}
