//! `anytill node liquidity`: what can be received now, for how long at the present pace, and how to get more.

mod days;
mod forecast;

pub use days::sample;

use crate::admin::Answer;
use crate::ops::reconcile::why;
use crate::server::Server;
use anyhow::{Context as _, Result};
use days::{Day, day_of, inbound_msat};
use forecast::{Forecast, Pace, forecast, pace};
use ids::NodeId;
use plot::{Point, bar, column, sparkline};
use ports::{AggregateKind, ChannelRoom, Page, Prices as _, Store};
use purchase::Purchase;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// What the pace is taken from where nobody says otherwise.
pub const DAYS: u16 = 14;
const PAGE: u32 = 256;
const BAR: usize = 24;
const SVG_SIZE: (u64, u64) = (640, 120);
/// A channel of which so little can be received (of a hundred) has had its time as a way in.
const USED_UP_PERCENT: u64 = 5;

/// One node, as programs read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    name: String,
    node_id: NodeId,
    /// Can be held at once, msat.
    room_msat: u64,
    /// Of it, quoted and not paid yet.
    reserved_msat: u64,
    /// In one part, at most.
    largest_part_msat: u64,
    /// Can be received in all, one after another.
    inbound_msat: u64,
    reserve_ok: bool,
    /// What one purchase may cost at most, at the present rate; the least hold where there is no rate.
    largest_purchase_msat: u64,
    pace: Option<Pace>,
    #[serde(flatten)]
    forecast: Forecast,
    channels: Vec<Channel>,
    /// Received a day, oldest first, today last, msat.
    received_msat: Vec<u64>,
    days: Vec<Day>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Channel {
    channel_id: String,
    usable: bool,
    inbound_msat: u64,
    outbound_msat: u64,
    in_flight_left_msat: u64,
    slots_left: u16,
    htlc_min_msat: u64,
}

impl From<&ChannelRoom> for Channel {
    fn from(room: &ChannelRoom) -> Self {
        Self {
            channel_id: room.channel_id.clone(),
            usable: room.usable,
            inbound_msat: room.inbound_msat.get(),
            outbound_msat: room.outbound_msat.get(),
            in_flight_left_msat: room.in_flight_left_msat.get(),
            slots_left: room.slots_left,
            htlc_min_msat: room.htlc_min_msat.get(),
        }
    }
}

impl Shown {
    /// One line, where an operator should see to it before quoting has to stop.
    pub fn alarm(&self) -> Option<String> {
        let largest = self.largest_purchase_msat / 1_000;
        match self.forecast {
            Forecast::Full => {
                let now = self.room_msat.min(self.inbound_msat) / 1_000;
                Some(format!("a purchase of {largest} sat does not fit now: {now} sat can be held"))
            }
            Forecast::Lasts { days_left } if self.forecast.is_alarm() => {
                Some(format!("at the present pace a purchase of {largest} sat does not fit in {days_left} days"))
            }
            Forecast::Lasts { .. } | Forecast::Unknown => None,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whole days; none where there is no pace to go by.
    pub const fn days_left(&self) -> Option<u64> {
        match self.forecast {
            Forecast::Full => Some(0),
            Forecast::Lasts { days_left } => Some(days_left),
            Forecast::Unknown => None,
        }
    }
}

pub async fn report(server: &Server, days: u16) -> Result<Answer> {
    let Looked { nodes: shown, away } = look(server, days).await?;
    let mut text = String::new();
    for node in &shown {
        describe(&mut text, node)?;
    }
    for node in &away {
        writeln!(text, "{}  does not answer: {}\n", node.name, node.why)?;
    }
    more(&mut text, server, &shown)?;
    let json = serde_json::json!({ "nodes": shown, "away": away });
    Answer::new(away.is_empty(), text.trim_end(), &json)
}

/// A node of which nothing is known now.
#[derive(Debug, Serialize)]
pub struct Away {
    pub name: String,
    pub why: String,
}

pub struct Looked {
    pub nodes: Vec<Shown>,
    pub away: Vec<Away>,
}

pub async fn look(server: &Server, days: u16) -> Result<Looked> {
    let received = received(server, days).await?;
    let kept = days::kept(&server.store).await?;
    let largest_purchase_msat = largest_purchase(server);
    let (mut shown, mut away) = (Vec::new(), Vec::new());
    for node in server.nodes.all() {
        let room = match why(node.room().await) {
            Ok(room) => room,
            Err(why) => {
                away.push(Away { name: node.name().to_owned(), why });
                continue;
            }
        };
        let node_id = node.node_id();
        let reserved_msat = server.store.reserved(&engine::room_name(node_id)).await?;
        let received_msat = received.of(node_id);
        let (inbound, pace) = (inbound_msat(&room), pace(&received_msat));
        shown.push(Shown {
            name: node.name().to_owned(),
            node_id,
            room_msat: room.total_msat(),
            reserved_msat,
            largest_part_msat: room.largest_part_msat(),
            inbound_msat: inbound,
            reserve_ok: room.reserve_ok,
            largest_purchase_msat,
            pace,
            forecast: if room.total_msat() < largest_purchase_msat {
                Forecast::Full
            } else {
                forecast(inbound.saturating_sub(reserved_msat), largest_purchase_msat, pace)
            },
            channels: room.channels.iter().map(Channel::from).collect(),
            received_msat,
            days: kept.iter().filter(|day| day.node == node_id).copied().collect(),
        });
    }
    Ok(Looked { nodes: shown, away })
}

/// At the dearest currency's present rate.
fn largest_purchase(server: &Server) -> u64 {
    let now = server.clock.now();
    let at_rate = |max: &money::Money| {
        let seen = server.prices.rate(max.currency(), now).ok()?;
        Some(seen.rate.msat_floor(*max).ok()?.get())
    };
    let least = server.config.purchase.hold_sat_min.saturating_mul(1_000);
    server.config.limits.purchase_max.iter().filter_map(at_rate).max().unwrap_or(least)
}

/// What was claimed a day by each node.
struct Received {
    first: NodeId,
    from: u64,
    days: usize,
    by_node: std::collections::BTreeMap<NodeId, Vec<u64>>,
}

impl Received {
    fn of(&self, node: NodeId) -> Vec<u64> {
        self.by_node.get(&node).cloned().unwrap_or_else(|| vec![0; self.days])
    }

    fn note(&mut self, p: &Purchase) {
        // What was paid on the chain, or from a linked account, no node received.
        let (Some(funding), Some(_)) = (&p.funding, &p.hold) else { return };
        let Some(place) = day_of(funding.funded_at).checked_sub(self.from) else { return };
        let days = self.by_node.entry(p.node().unwrap_or(self.first)).or_insert_with(|| vec![0; self.days]);
        if let Some(day) = usize::try_from(place).ok().and_then(|place| days.get_mut(place)) {
            *day = day.saturating_add(funding.amount_msat.get());
        }
    }
}

async fn received(server: &Server, days: u16) -> Result<Received> {
    let today = day_of(server.clock.now());
    let from = (today + 1).saturating_sub(u64::from(days));
    let first = server.nodes.first.node_id();
    let mut received = Received { first, from, days: days.into(), by_node: std::collections::BTreeMap::new() };
    let mut after = None;
    loop {
        let page = Page { after, limit: PAGE };
        let page = Store::list(&server.store, AggregateKind::Purchase, false, false, page).await?;
        for stored in &page {
            // An order that was not touched since cannot have been claimed since.
            if day_of(stored.index.updated_at) >= from {
                received.note(&serde_json::from_str(&stored.state)?);
            }
        }
        after = page.last().map(|stored| stored.at.id);
        if page.len() < PAGE as usize {
            return Ok(received);
        }
    }
}

fn describe(text: &mut String, node: &Shown) -> Result<()> {
    let sat = |msat: u64| msat / 1_000;
    writeln!(text, "{}  {}", node.name, node.node_id)?;
    writeln!(
        text,
        "  can be held now    {:>14} sat, at most {} in one part",
        sat(node.room_msat),
        sat(node.largest_part_msat)
    )?;
    writeln!(text, "  quoted of it       {:>14} sat", sat(node.reserved_msat))?;
    writeln!(text, "  can come in all    {:>14} sat, in {} channels", sat(node.inbound_msat), node.channels.len())?;
    writeln!(text, "  largest purchase   {:>14} sat", sat(node.largest_purchase_msat))?;
    if !node.reserve_ok {
        writeln!(text, "  the on-chain reserve for closing channels is missing: nothing is held without it")?;
    }
    for channel in &node.channels {
        let whole = channel.inbound_msat.saturating_add(channel.outbound_msat);
        let id = channel.channel_id.get(..12).unwrap_or(&channel.channel_id);
        let away = if channel.usable { "" } else { "  (its peer is away)" };
        writeln!(
            text,
            "  {id:12} {} {:>11} sat can come, {} at a time in {} parts from {} up{away}",
            bar(channel.inbound_msat, whole, BAR),
            sat(channel.inbound_msat),
            sat(channel.in_flight_left_msat),
            channel.slots_left,
            sat(channel.htlc_min_msat)
        )?;
    }
    let points = |values: &[u64]| -> Vec<Point> {
        (0u64..).zip(values).map(|(at, value)| Point { at, value: *value }).collect()
    };
    let per_day = node.pace.map_or(0, |pace| sat(pace.per_day_msat));
    writeln!(text, "  received a day     {}  {per_day} sat on average", sparkline(&points(&node.received_msat)))?;
    let kept: Vec<u64> = node.days.iter().map(|day| day.inbound_sat_min).collect();
    if kept.len() > 1 {
        writeln!(text, "  could come         {}  the least of each day", sparkline(&points(&kept)))?;
    }
    let words = match (node.alarm(), node.days_left()) {
        (Some(alarm), _) => alarm,
        (None, Some(days)) => format!("lasts {days} days at this pace"),
        (None, None) => "nothing was received in this time: no pace to go by".to_owned(),
    };
    Ok(writeln!(text, "  {words}\n")?)
}

/// Ways to be able to receive more, as commands where there are any.
fn more(text: &mut String, server: &Server, shown: &[Shown]) -> Result<()> {
    writeln!(text, "to receive more:")?;
    writeln!(text, "- send out what came in, to the exchange's Lightning deposit: `anytill treasury` says how much")?;
    let embedded = server.nodes.first.embedded().is_some();
    let lsp = embedded && !server.config.node.lsp.is_empty();
    if lsp {
        writeln!(
            text,
            "- have your LSP open a channel with the next sum of your own: `anytill node jit-invoice SATOSHI`"
        )?;
        writeln!(text, "- order one from it beforehand, if it sells them: `anytill node order-channel SATOSHI`")?;
    } else if embedded {
        writeln!(
            text,
            "- name an LSP (LSPS1, LSPS2) as `node.lsp`: it opens a channel when one is ordered, or something is paid to you"
        )?;
    }
    let open = if embedded { "anytill node open PEER SATOSHI" } else { "lncli openchannel" };
    writeln!(text, "- open a channel towards a peer that opens one back of the same size: `{open}`")?;
    let used_up = |channel: &&Channel| {
        let whole = channel.inbound_msat.saturating_add(channel.outbound_msat);
        channel.usable && channel.inbound_msat < whole / 100 * USED_UP_PERCENT
    };
    for channel in shown.iter().flat_map(|node| &node.channels).filter(used_up) {
        let close = if embedded { "anytill node close" } else { "lncli closechannel" };
        writeln!(text, "- {} is full of your own bitcoin: send from it, or `{close} {0}`", channel.channel_id)?;
    }
    Ok(())
}

/// The kept days of every node below each other.
pub fn draw(answer: &Answer, file: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct All {
        nodes: Vec<Shown>,
    }
    let shown: All = serde_json::from_value(answer.json.clone()).context("the server answered in other words")?;
    std::fs::write(file, pictures(&shown.nodes)).with_context(|| format!("writing {}", file.display()))
}

fn pictures(nodes: &[Shown]) -> String {
    let (width, height) = SVG_SIZE;
    let series = nodes.iter().flat_map(|node| {
        let kept = node.days.iter().map(|day| Point { at: day.day, value: day.inbound_sat_min }).collect::<Vec<_>>();
        let received = (0u64..).zip(&node.received_msat).map(|(at, msat)| Point { at, value: msat / 1_000 });
        [
            (format!("{}: could come, the least of each day", node.name), kept),
            (format!("{}: received a day", node.name), received.collect()),
        ]
    });
    let series: Vec<_> = series.collect();
    column(&series, |_, value| format!("{value} sat"), width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(forecast: Forecast) -> Shown {
        Shown {
            name: "north".to_owned(),
            node_id: NodeId([2; 33]),
            room_msat: 1_600_000_000,
            reserved_msat: 0,
            largest_part_msat: 1_600_000_000,
            inbound_msat: 12_000_000_000,
            reserve_ok: true,
            largest_purchase_msat: 9_000_000_000,
            pace: Some(Pace { per_day_msat: 5, days: 2 }),
            forecast,
            channels: Vec::new(),
            received_msat: vec![0, 5_000],
            days: vec![Day { node: NodeId([2; 33]), day: 20_000, inbound_sat_min: 7 }],
        }
    }

    /// What the server answers is what the command draws.
    #[test]
    fn the_answer_is_read_back() {
        for forecast in [Forecast::Full, Forecast::Lasts { days_left: 3 }, Forecast::Unknown] {
            let json = serde_json::to_value(shown(forecast)).unwrap();
            let read: Shown = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), json);
            assert_eq!(json["days"][0]["inbound_sat_min"], 7);
        }
        let picture = pictures(&[shown(Forecast::Unknown)]);
        assert!(picture.contains("north: received a day") && picture.ends_with("</svg>"), "{picture}");
    }

    #[test]
    fn an_alarm_says_what_does_not_fit() {
        let full = shown(Forecast::Full).alarm().unwrap();
        assert_eq!(full, "a purchase of 9000000 sat does not fit now: 1600000 sat can be held");
        assert!(shown(Forecast::Lasts { days_left: 6 }).alarm().unwrap().ends_with("in 6 days"));
        assert_eq!(shown(Forecast::Lasts { days_left: 7 }).alarm(), None);
    }
}
