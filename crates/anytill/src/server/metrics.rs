//! Numbers for Prometheus that no request makes: what an operator wants an alert for.

use super::open::Server;
use super::stop::{Phase, Watch};
use crate::ops::liquidity;
use anyhow::{Context as _, Result};
use metrics::gauge;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use ports::{AggregateKind, Outcome, Page, Prices as _, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_secs(10);
/// Seconds: an authorization is answered in about 0.05, a vendor in up to some.
const BUCKETS: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 3.0, 10.0];
/// Exchanges count such questions against a key: five minutes.
const TREASURY_ROUNDS: u64 = 30;
const PARKED_PAGE: u32 = 256;

pub fn install() -> Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?;
    builder.install_recorder().context("the metrics' recorder")
}

pub async fn run(server: Arc<Server>, mut watch: Watch) -> &'static str {
    for round in 0u64.. {
        look(&server).await;
        if round.is_multiple_of(TREASURY_ROUNDS) {
            treasury(&server).await;
            liquidity(&server).await;
        }
        server.metrics.run_upkeep();
        tokio::select! {
            () = watch.reached(Phase::NoWork) => break,
            () = sleep(EVERY) => {}
        }
    }
    "metrics"
}

async fn look(server: &Server) {
    let now = server.clock.now();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    gauge!("anytill_holds").set(count(server.engine.holds()));
    for kind in [AggregateKind::Purchase, AggregateKind::Refund] {
        if let Some(parked) = parked(server, kind).await {
            gauge!("anytill_parked", "kind" => kind.name()).set(count(parked));
        }
    }
    if let Ok(rows) = engine::borne(&server.store).await {
        borne(server, &rows);
    }
    if let Ok(unsold) = engine::unsold(&server.store).await {
        let max = server.engine.config().exposure_sat_max;
        gauge!("anytill_unsold_satoshi", "sale" => "open").set(whole(unsold.open_sat));
        gauge!("anytill_unsold_satoshi", "sale" => "exposed").set(whole(unsold.exposed_sat));
        gauge!("anytill_unsold_satoshi_max").set(whole(max));
        let all = unsold.open_sat.saturating_add(unsold.exposed_sat);
        gauge!("anytill_unsold_reached").set(f64::from(u8::from(all >= max)));
    }
    for node in server.nodes.all() {
        let name = || node.name().to_owned();
        if let Outcome::Done(info) = node.info().await {
            gauge!("anytill_node_tip_height", "node" => name()).set(f64::from(info.tip_height));
            gauge!("anytill_node_tip_age_seconds", "node" => name()).set(secs(now.since_ms(info.tip_seen_at)));
            gauge!("anytill_node_channels_usable", "node" => name()).set(f64::from(info.channels_usable));
        }
        if let Outcome::Done(room) = node.room().await {
            gauge!("anytill_node_room_satoshi", "node" => name()).set(whole(room.total_msat() / 1_000));
            gauge!("anytill_node_reserve_ok", "node" => name()).set(f64::from(u8::from(room.reserve_ok)));
        }
    }
    if let Ok(held) = server.nodes.held().await {
        let nearest = held.first().map_or(i64::from(i32::MAX), |htlc| htlc.blocks_left);
        gauge!("anytill_hold_blocks_left_min").set(f64::from(i32::try_from(nearest).unwrap_or(i32::MAX)));
    }
    for currency in server.prices.currencies() {
        if let Ok(seen) = server.prices.rate(currency, now) {
            gauge!("anytill_price_age_seconds", "currency" => currency.code())
                .set(secs(now.since_ms(seen.observed_at)));
        }
    }
    if let Ok(free) = crate::disk::free_bytes(&server.data) {
        gauge!("anytill_disk_free_bytes").set(whole(free));
    }
    let stats = server.store.stats();
    gauge!("anytill_store_commits").set(whole(stats.groups));
    gauge!("anytill_store_steps").set(whole(stats.steps));
}

/// How long the room to receive lasts, and a figure for the day.
async fn liquidity(server: &Server) {
    if let Err(why) = liquidity::sample(server).await {
        tracing::warn!(why = format!("{why:#}"), "the day's liquidity is not kept");
    }
    let Ok(looked) = liquidity::look(server, liquidity::DAYS).await else { return };
    for node in looked.nodes {
        let days = node.days_left().map_or(f64::NAN, whole);
        gauge!("anytill_node_room_days_left", "node" => node.name().to_owned()).set(days);
    }
    for node in looked.away {
        gauge!("anytill_node_room_days_left", "node" => node.name).set(f64::NAN);
    }
}

/// Where bitcoin (satoshi) and money (minor units) are. What is not known is not a number: never a zero.
async fn treasury(server: &Server) {
    let Ok(rows) = crate::ops::treasury::look(server).await else { return };
    for row in rows {
        let labels = [
            ("place", row.place.clone()),
            ("what", row.what.words().replace([' ', '-'], "_")),
            ("asset", row.asset.to_string()),
        ];
        let unit = if row.asset == ledger::Asset::Btc { 1_000 } else { 1 };
        let amount = row.known().map_or(f64::NAN, |amount| {
            let size = whole(amount.unsigned_abs() / unit);
            if amount < 0 { -size } else { size }
        });
        gauge!("anytill_treasury_amount", &labels).set(amount);
        gauge!("anytill_treasury_level", &labels).set(row.word.level().map_or(f64::NAN, f64::from));
    }
}

/// Whether it answered, trades, and agrees with our clock, when it was last asked.
pub fn healthy_exchange(well: bool) {
    gauge!("anytill_exchange_ok").set(f64::from(u8::from(well)));
}

async fn parked(server: &Server, kind: AggregateKind) -> Option<usize> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = Store::list(&server.store, kind, false, true, Page { after, limit: PARKED_PAGE }).await.ok()?;
        count += page.len();
        after = page.last().map(|stored| stored.at.id);
        if page.len() < PARKED_PAGE as usize {
            return Some(count);
        }
    }
}

/// What was borne since it was last cleared, and how many accounts and stores are refused for it.
fn borne(server: &Server, rows: &[engine::Borne]) {
    let config = server.engine.config();
    for (of, max) in [("account", config.borne_account_minor_max), ("store", config.borne_store_minor_max)] {
        let is = |row: &&engine::Borne| if of == "account" { row.of_account() } else { row.of_store() };
        let open = || rows.iter().filter(is).map(engine::Borne::open);
        gauge!("anytill_borne_minor", "by" => of).set(whole(open().fold(0, u64::saturating_add)));
        let refused = u64::try_from(open().filter(|minor| *minor > max).count()).unwrap_or(u64::MAX);
        gauge!("anytill_borne_refused", "by" => of).set(whole(refused));
    }
}

fn secs(ms: u64) -> f64 {
    whole(ms) / 1_000.0
}

/// Prometheus knows floating point only; nothing here is an amount that is booked.
fn whole(number: u64) -> f64 {
    f64::from(u32::try_from(number >> 20).unwrap_or(u32::MAX)) * 1_048_576.0
        + f64::from(u32::try_from(number & 0xf_ffff).unwrap_or(0))
}
