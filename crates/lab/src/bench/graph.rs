//! The Lightning Network's graph at its size: read from a file, asked for a chance, shown as a page.

use super::figures::{Figure, Samples};
use super::null::NullServer;
use super::progress;
use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use bitcoin::Network;
use graphs::read_file;
use ids::UnixMs;
use money::Sat;
use network::{Day, Figures, Snapshot, Us, Watch, figures};
use ports::{NetworkGraph, NetworkView, Outcome, OwnChannel};
use sandbox::graph::{MadeGraph, now_secs};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const NODES: usize = 40_000;
const CHANNELS: usize = 100_000;
const READS: usize = 10;
const ASKS: usize = 60;
const PAGES: usize = 100;
/// Milliseconds.
const READ_AIM: f64 = 1_000.0;
const CHANCE_AIM: f64 = 20.0;
const PAGE_AIM: f64 = 50.0;
/// The reference purchase.
const AMOUNT_SAT: u64 = 496_758;

struct Read(NetworkGraph);

#[async_trait]
impl NetworkView for Read {
    async fn graph(&self) -> Outcome<NetworkGraph> {
        Outcome::Done(self.0.clone())
    }

    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
        Outcome::Done(own_channels(&self.0))
    }
}

/// We are behind three of its nodes, of which nobody else knows.
fn own_channels(graph: &NetworkGraph) -> Vec<OwnChannel> {
    let own = |(number, place): (u64, u32)| {
        let short_channel_id = (900_000 + number) << 40;
        graph.id_of(place).map(|peer| OwnChannel { peer, short_channel_id, inbound_msat: 5_000_000_000 })
    };
    (0u64..).zip([0, 100, 20_000]).filter_map(own).collect()
}

pub async fn run(dir: &Path) -> Result<Vec<Figure>> {
    progress("graph: making a network");
    let now = UnixMs(u64::from(now_secs()) * 1_000);
    let (lnd, cln) = (dir.join("describegraph.json"), dir.join("listchannels.json"));
    let (to_lnd, to_cln) = (lnd.clone(), cln.clone());
    let made = tokio::task::spawn_blocking(move || {
        let made = MadeGraph::new(1, NODES, CHANNELS, now_secs());
        std::fs::write(to_lnd, made.lnd_json())?;
        std::fs::write(to_cln, made.cln_json())?;
        Ok::<usize, std::io::Error>(made.channels.len())
    });
    let channels = made.await??;
    progress("graph: reading");
    let (from_lnd, graph) = reads(&lnd)?;
    let (from_cln, _) = reads(&cln)?;
    ensure!(graph.channels().len() == channels, "{} of {channels} channels were read", graph.channels().len());
    progress("graph: asking");
    let mut all = vec![
        Figure::times("graph_lnd", "40,000 nodes and 100,000 channels read, LND's file", &from_lnd)
            .median_below(READ_AIM),
        Figure::times("graph_cln", "the same, Core Lightning's file", &from_cln).median_below(READ_AIM),
    ];
    let view = Arc::new(Read(graph));
    let days = (1..396).map(|ago| Snapshot { day: Day(Day::of(now).0 - ago), figures: Figures::default() });
    let watch = Arc::new(Watch::new(view.clone(), Network::Bitcoin, days.collect()));
    watch.look(now).await.map_err(anyhow::Error::msg)?;
    all.extend(chances(&view.0, &watch, now).await?);
    all.push(pages(dir, watch).await?);
    Ok(all)
}

fn reads(path: &Path) -> Result<(Samples, NetworkGraph)> {
    let mut samples = Samples::default();
    let mut last = NetworkGraph::default();
    for _ in 0..READS {
        let begun = Instant::now();
        let (_, graph) = read_file(path)?;
        ensure!(figures(&graph).nodes > 0, "an empty graph");
        samples.push(begun.elapsed());
        last = graph;
    }
    Ok((samples, last))
}

/// The first question makes the graph ready; it is told apart.
async fn chances(graph: &NetworkGraph, watch: &Watch, now: UnixMs) -> Result<Vec<Figure>> {
    let us = Us { node: graph.id_of(1).context("a node")?, channels: own_channels(graph), final_cltv_delta: 80 };
    let amount = Sat::new(AMOUNT_SAT)?.msat();
    let begun = Instant::now();
    watch.chance(us.node, us.final_cltv_delta, amount, now).await.context("no chance")?;
    let first = begun.elapsed();
    let mut samples = Samples::default();
    for step in 0..ASKS as u64 {
        let amount = Sat::new(AMOUNT_SAT + step)?.msat();
        let begun = Instant::now();
        let chance = watch.chance(us.node, us.final_cltv_delta, amount, now).await.context("no chance")?;
        samples.push(begun.elapsed());
        ensure!(chance.chance_ppm > 0, "{chance:?}");
    }
    Ok(vec![
        Figure::single("chance_first", "the first chance, the graph made ready", "ms", first.as_secs_f64() * 1_000.0),
        Figure::times("chance", "the chance that an amount arrives", &samples).median_below(CHANCE_AIM),
    ])
}

async fn pages(dir: &Path, watch: Arc<Watch>) -> Result<Figure> {
    let server = NullServer::start_with(dir, "network", watch).await?;
    let client = reqwest::Client::new();
    let url = format!("{}/network?amount_sat={AMOUNT_SAT}", server.http);
    let mut samples = Samples::default();
    for _ in 0..PAGES {
        let begun = Instant::now();
        let page = client.get(&url).send().await?.error_for_status()?.text().await?;
        samples.push(begun.elapsed());
        ensure!(page.contains("polyline"), "a page without its plots");
    }
    server.stop().await;
    Ok(Figure::times("network_page", "the network's page over HTTP, 396 days plotted", &samples).median_below(PAGE_AIM))
}
