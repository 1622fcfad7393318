//! What is shown at the end: the table of what happened, the books, where things are.

use super::scenarios::{self, Measured, Scenario, TOTAL_MINOR};
use super::timeline::Timeline;
use super::world::World;
use anyhow::Result;
use serde_json::json;

/// A scenario and how it went.
pub struct Played {
    pub scenario: &'static Scenario,
    pub result: Measured,
}

pub fn list_scenarios(timeline: &Timeline) {
    for scenario in &scenarios::ALL {
        timeline.note(&format!(
            "{:<14} {:<10} {:>14} msat  {}",
            scenario.name, scenario.state, scenario.change_msat, scenario.about
        ));
        timeline.object(json!({
            "scenario": scenario.name, "state": scenario.state,
            "payer_change_msat": scenario.change_msat, "about": scenario.about,
        }));
    }
}

/// The table, the trial balance, and for programs the last object. True if all is as it should be.
pub async fn finish(world: &World, timeline: &Timeline, played: &[Played], table: bool) -> Result<bool> {
    let books = world.server.anytill(&["ledger", "--json"]).await?;
    let books: serde_json::Value = serde_json::from_str(&books)?;
    let balanced = books["balanced"].as_bool().unwrap_or(false);
    if table {
        show_table(timeline, played);
    }
    if !timeline.json() {
        timeline.note("\nthe operator's books (anytill ledger):\n");
        timeline.note(&world.server.anytill(&["ledger"]).await?);
    }
    let good = balanced && played.iter().all(|p| p.result.good);
    for one in played {
        timeline.object(json!({
            "scenario": one.scenario.name,
            "purchase": one.result.purchase,
            "state": one.result.state,
            "total_minor": TOTAL_MINOR,
            "currency": "USD",
            "amount_msat": scenarios::PRICE_MSAT,
            "elapsed_ms": one.result.elapsed_ms,
            "payer_paid_msat": -one.result.change_msat,
            "ledger_balanced": balanced,
            "as_expected": one.result.good,
        }));
    }
    timeline.note(if good { "as it should be" } else { "NOT as it should be" });
    Ok(good)
}

/// What was played, one line each.
pub fn show_table(timeline: &Timeline, played: &[Played]) {
    timeline
        .note(&format!("\n{:<14} {:<10} {:>16} {:>9}  {}", "scenario", "state", "payer, msat", "ms", "what happened"));
    for Played { scenario, result } in played {
        let mark = if result.good { "" } else { "  <- not as expected" };
        timeline.note(&format!(
            "{:<14} {:<10} {:>16} {:>9}  {}{mark}",
            scenario.name, result.state, result.change_msat, result.elapsed_ms, scenario.about
        ));
    }
}

/// For somebody who wants to click through it.
pub fn where_things_are(world: &World, wallet: &str, pairing: &str, timeline: &Timeline) {
    let http = world.server.ready.as_ref().map_or("", |ready| ready.http.as_str());
    let (login, password) = (world.shopper.login(), world.shopper.password());
    let data = world.server.dir().display();
    timeline.note(&format!("\nstore     {}   (its back office: {}/back-office)", world.store.url(), world.store.url()));
    timeline.note(&format!("wallet    {wallet}   (pays invoices, takes refunds)"));
    timeline.note(&format!("server    {http}   (API document: {http}/v1/openapi.json)"));
    timeline.note(&format!("pairing   {pairing}   (for the extension)"));
    let nwc = world.remote.as_ref().map(super::nwc::Remote::connection);
    if let Some(nwc) = nwc {
        timeline.note(&format!("connect   {nwc}   (the wallet over NIP-47, for the extension)"));
    }
    timeline.note(&format!("log in    {login}   password {password}"));
    timeline.note(&format!("issuer    {}   key {}", world.issuer.url(), world.issuer.api_key()));
    timeline.note(&format!("exchange  {}", world.exchange.url()));
    timeline
        .note(&format!("operator  {} --data {data} ledger   (or node, parked, doctor, ...)", world.server.binary()));
    timeline.note("Ctrl-C stops everything.");
    timeline.object(json!({
        "kept": {
            "store": world.store.url(), "wallet": wallet, "nwc": nwc, "server": http, "pairing": pairing,
            "login": login, "password": password,
            "issuer": world.issuer.url(), "issuer_key": world.issuer.api_key(), "exchange": world.exchange.url(),
            "data": data.to_string(),
        },
    }));
}
