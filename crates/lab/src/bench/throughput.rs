//! How many purchases a second, on a server whose outside answers at once.

use super::disk::Disk;
use super::figures::{Figure, Samples};
use super::null::NullServer;
use super::progress;
use super::shoppers::Shopper;
use anyhow::{Context as _, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Commits for the disk's own rate.
const COMMITS: u32 = 500;

/// What to do how often.
pub struct Load {
    pub creations: u32,
    pub purchases: u32,
    pub shoppers: usize,
}

pub async fn run(dir: &Path, load: &Load) -> Result<Vec<Figure>> {
    let server = NullServer::start(dir, "null").await?;
    let mut shoppers = Vec::new();
    for number in 0..load.shoppers {
        shoppers.push(Arc::new(Shopper::register(&server, number).await?));
    }
    progress(&format!("{} whole purchases by {} shoppers at a time", load.purchases, load.shoppers));
    let whole = spread(&shoppers, load.purchases, Act::Whole).await?;
    progress(&format!("{} creations by {} shoppers at a time", load.creations, load.shoppers));
    let created = spread(&shoppers, load.creations, Act::Create).await?;
    server.stop().await;
    let dir = dir.to_owned();
    let disk = tokio::task::spawn_blocking(move || Disk::open(&dir, "commit-rate.sqlite")?.rate(COMMITS)).await?;
    let (commits, commit_rate) = disk.context("the disk's rate")?;
    let of = "the disk's commits";
    Ok(vec![
        Figure::times("commits", "commits of plain SQLite, full sync, one by one", &commits).per_second(commit_rate),
        created.figure("created", "purchases created, over HTTP").rate_of(of, commit_rate),
        whole.figure("whole", "whole purchases, over HTTP").rate_of(of, commit_rate),
    ])
}

/// What came of a load.
struct Done {
    samples: Samples,
    took: Duration,
}

impl Done {
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    fn figure(&self, name: &'static str, what: &'static str) -> Figure {
        let rate = self.samples.len() as f64 / self.took.as_secs_f64();
        Figure::times(name, what, &self.samples).per_second(rate)
    }
}

/// What each shopper does again and again.
#[derive(Clone, Copy)]
enum Act {
    Create,
    Whole,
}

/// All shoppers beside each other, each one thing after the other, `count` in all.
async fn spread(shoppers: &[Arc<Shopper>], count: u32, act: Act) -> Result<Done> {
    let left = Arc::new(AtomicU32::new(count));
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for shopper in shoppers {
        running.spawn(busy(Arc::clone(shopper), Arc::clone(&left), act));
    }
    let mut samples = Samples::default();
    while let Some(done) = running.join_next().await {
        samples.extend(done??);
    }
    Ok(Done { samples, took: begun.elapsed() })
}

async fn busy(shopper: Arc<Shopper>, left: Arc<AtomicU32>, act: Act) -> Result<Samples> {
    let mut samples = Samples::default();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let begun = Instant::now();
        match act {
            Act::Create => drop(shopper.create().await?),
            Act::Whole => shopper.whole().await?,
        }
        samples.push(begun.elapsed());
    }
    Ok(samples)
}
