//! `anytill network`: what there is, how it changed, and whether an amount arrives.

use crate::admin::{self, Answer, Request};
use crate::cli::{NetworkArgs, Place};
use crate::server::{Server, look_at_network};
use anyhow::{Context as _, Result, bail};
use graphs::{Source, read_file};
use money::{Currency, Msat, Rate, Sat};
use network::{Chance, Change, Figures, Limits, Snapshot, figures};
use plot::{Point, column, sparkline};
use ports::Prices as _;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

const CHANGE_DAYS: u32 = 30;
/// Characters of a plot in the terminal.
const PLOT_WIDTH: usize = 60;
const SVG_SIZE: (u64, u64) = (600, 120);

#[derive(Serialize, Deserialize)]
struct Shown {
    /// `gossip`, `lnd`, `core_lightning`.
    source: String,
    figures: Figures,
    mean_channel_sat: u64,
    /// Of about 30 days ago.
    before: Option<Snapshot>,
    usd_rate: Option<String>,
    amount_sat: Option<u64>,
    could_carry: Option<u64>,
    chance: Option<ShownChance>,
    days: Vec<Snapshot>,
}

#[derive(Serialize, Deserialize)]
struct ShownChance {
    chance_ppm: u32,
    from: Vec<ShownFrom>,
}

#[derive(Serialize, Deserialize)]
struct ShownFrom {
    node: ids::NodeId,
    chance_ppm: u32,
    parts: u32,
    fee_msat: u64,
}

/// Of the running server, or of a file.
pub fn run(place: &Place, args: &NetworkArgs) -> Result<Answer> {
    if let Some(file) = &args.graph {
        return of_file(place, file, args.amount_sat);
    }
    let Some(answer) = admin::ask(&place.data, &Request::Network { amount_sat: args.amount_sat })? else {
        bail!(
            "no server runs on {}: its node hears of the network. For another node's graph: --graph FILE",
            place.data.display()
        )
    };
    if let Some(path) = &args.svg {
        let shown: Shown = serde_json::from_value(answer.json.clone())?;
        std::fs::write(path, pictures(&shown.days)).with_context(|| path.display().to_string())?;
    }
    Ok(answer)
}

/// In the server.
pub async fn running(server: &Server, amount_sat: Option<u64>) -> Result<Answer> {
    look_at_network(server).await?;
    let (watch, now) = (&server.network, server.clock.now());
    let Some(heard) = watch.heard() else { bail!("nothing has been heard of the network yet") };
    let amount = amount_sat.map(msat).transpose()?;
    let chance = match amount {
        Some(amount) => {
            let final_cltv_delta = server.config.purchase.min_final_cltv_delta.into();
            watch.chance(server.nodes.first.node_id(), final_cltv_delta, amount, now).await
        }
        None => None,
    };
    let rate = server.prices.rate(Currency::USD, now).ok().map(|seen| seen.rate);
    let (source, heard_by) = match server.nodes.first.embedded() {
        Some(_) => ("gossip", "heard by this server's node"),
        None => ("lnd", "heard by this server's LND"),
    };
    let shown = Shown {
        source: source.to_owned(),
        figures: heard.figures,
        mean_channel_sat: heard.figures.mean_channel_sat(),
        before: watch.before(now, CHANGE_DAYS),
        usd_rate: rate.map(Rate::decimal),
        amount_sat,
        could_carry: amount.map(|amount| heard.limits.could_carry(amount)),
        chance: chance.map(shown_chance),
        days: watch.days(),
    };
    answer(&shown, rate, heard_by, "Too little is known yet to say how likely it reaches this node.")
}

fn of_file(place: &Place, file: &Path, amount_sat: Option<u64>) -> Result<Answer> {
    let begun = Instant::now();
    let (source, graph) = read_file(file)?;
    let took = begun.elapsed();
    let rate = rate_of_server(place);
    let found = figures(&graph);
    let amount = amount_sat.map(msat).transpose()?;
    let (source, name) = match source {
        Source::Lnd => ("lnd", "LND's graph"),
        Source::CoreLightning => ("core_lightning", "Core Lightning's graph"),
    };
    let shown = Shown {
        source: source.to_owned(),
        figures: found,
        mean_channel_sat: found.mean_channel_sat(),
        before: None,
        usd_rate: rate.map(Rate::decimal),
        amount_sat,
        could_carry: amount.map(|amount| Limits::of(&graph).could_carry(amount)),
        chance: None,
        days: Vec::new(),
    };
    let no_chance = "How likely it reaches this server's node is told by the running server, without --graph.";
    answer(&shown, rate, &format!("{name}, read in {} ms", took.as_millis()), no_chance)
}

/// A running server's dollars, if there is one.
fn rate_of_server(place: &Place) -> Option<Rate> {
    let answer = admin::ask(&place.data, &Request::Rates { currency: Some(Currency::USD) }).ok()??;
    let rate = answer.json.get("currencies")?.get(0)?.get("rate")?.as_str()?;
    Rate::parse(rate, Currency::USD).ok()
}

fn msat(sat: u64) -> Result<Msat> {
    Ok(Sat::new(sat)?.msat())
}

fn shown_chance(chance: Chance) -> ShownChance {
    let from = chance.from.iter().map(|from| ShownFrom {
        node: from.node,
        chance_ppm: from.chance_ppm,
        parts: from.parts,
        fee_msat: from.fee_msat,
    });
    ShownChance { chance_ppm: chance.chance_ppm, from: from.collect() }
}

fn answer(shown: &Shown, rate: Option<Rate>, source: &str, no_chance: &str) -> Result<Answer> {
    let mut text = String::new();
    writeln!(text, "The Lightning Network, {source}\n")?;
    let (now, then) = (&shown.figures, shown.before.map(|before| before.figures));
    writeln!(text, "{:16}{:>28}  {:>10}", "", "now", "in 30 days")?;
    let mut line = |what: &str, value: String, of: fn(&Figures) -> u64| {
        let change = then.and_then(|then| Change::between(of(&then), of(now)));
        let change = change.map_or_else(|| "-".to_owned(), Change::percent);
        writeln!(text, "{what:16}{value:>28}  {change:>10}")
    };
    line("nodes", now.nodes.to_string(), |of| of.nodes)?;
    line("channels", now.channels.to_string(), |of| of.channels)?;
    let dollars =
        |worth: Option<money::Money>| worth.map_or_else(String::new, |usd| format!("  {} USD", usd.decimal()));
    let capacity = dollars(rate.and_then(|rate| now.capacity_at(rate).ok()));
    line("capacity", format!("{} BTC{capacity}", btc(now.capacity_sat)), |of| of.capacity_sat)?;
    let mean = dollars(rate.and_then(|rate| now.mean_channel_at(rate).ok()));
    line("mean channel", format!("{} BTC{mean}", btc(shown.mean_channel_sat)), Figures::mean_channel_sat)?;
    line("median channel", format!("{} BTC", btc(now.median_channel_sat)), |of| of.median_channel_sat)?;
    amount_lines(&mut text, shown, no_chance)?;
    if shown.days.len() > 1 {
        writeln!(text, "\n{} days", shown.days.len())?;
        for (title, points) in series(&shown.days) {
            writeln!(text, "{title:16}{}", sparkline(&points[points.len().saturating_sub(PLOT_WIDTH)..]))?;
        }
    }
    Answer::new(true, text.trim_end(), shown)
}

fn amount_lines(text: &mut String, shown: &Shown, no_chance: &str) -> Result<()> {
    let (Some(amount_sat), Some(channels)) = (shown.amount_sat, shown.could_carry) else { return Ok(()) };
    writeln!(text, "\n{channels} channels could carry {} BTC in one piece", btc(amount_sat))?;
    let Some(chance) = &shown.chance else {
        return Ok(writeln!(text, "{no_chance}")?);
    };
    writeln!(
        text,
        "{} is the chance that it reaches this node now, estimated from capacities:",
        percent(chance.chance_ppm)
    )?;
    for from in &chance.from {
        let way = if from.parts == 0 {
            "no route".to_owned()
        } else {
            format!("{} in {} part(s), {} msat fee", percent(from.chance_ppm), from.parts, from.fee_msat)
        };
        writeln!(text, "  from {}  {way}", from.node)?;
    }
    Ok(())
}

fn percent(ppm: u32) -> String {
    format!("{}.{} %", ppm / 10_000, ppm % 10_000 / 1_000)
}

fn btc(sat: u64) -> String {
    Sat::new(sat).map_or_else(|_| "-".to_owned(), Sat::btc_string)
}

fn series(days: &[Snapshot]) -> [(&'static str, Vec<Point>); 3] {
    let of = |value: fn(&Figures) -> u64| -> Vec<Point> {
        days.iter().map(|day| Point { at: day.day.0.into(), value: value(&day.figures) }).collect()
    };
    [("nodes", of(|of| of.nodes)), ("channels", of(|of| of.channels)), ("capacity", of(|of| of.capacity_sat))]
}

/// The plots below each other, one document.
fn pictures(days: &[Snapshot]) -> String {
    let (width, height) = SVG_SIZE;
    let label =
        |title: &str, value| if title == "capacity" { format!("{} BTC", btc(value)) } else { value.to_string() };
    column(&series(days).map(|(title, points)| (title.to_owned(), points)), label, width, height)
}
