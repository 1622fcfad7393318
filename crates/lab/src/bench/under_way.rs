//! What many purchases do to one authorization: its answer with hundreds of purchases under way, beside the answer with
//! none, on two null servers by turns. What disturbs one disturbs the other.

use super::figures::{Figure, Samples};
use super::null::NullServer;
use super::progress;
use super::shoppers::{Open, Shopper};
use anyhow::{Context as _, Result};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Answers, one at a time, of each server.
const SINGLY: usize = 300;
/// Stores do not ask one after the other.
const AT_ONCE: usize = 8;
const GROUPS: usize = 50;
/// All cards are charged in the same moment.
const BURSTS: usize = 3;
/// Not like later ones: caches are filled, statements prepared.
const WARM_UP: usize = 20;
/// Purchases that are opened beside each other, so that the bench is not the bottleneck.
const OPENED_AT_ONCE: usize = 16;

pub async fn run(dir: &Path, count: usize) -> Result<Vec<Figure>> {
    let (quiet, busy) = (NullServer::start(dir, "alone").await?, NullServer::start(dir, "under-way").await?);
    let alone = Shopper::register(&quiet, 0).await?;
    let mut crowd = Crowd::gather(&busy, count).await?;
    let [mut single, mut among, mut grouped, mut burst] = [(); 4].map(|()| Samples::default());
    progress(&format!("{SINGLY} authorizations, alone and with {count} purchases under way, by turns"));
    for number in 0..WARM_UP + SINGLY {
        if number == WARM_UP {
            (single, among) = (Samples::default(), Samples::default());
        }
        let open = alone.open().await?;
        single.push(alone.charge(&open).await?);
        alone.capture(open).await?;
        crowd.charge(1, &mut among).await?;
    }
    progress(&format!("{GROUPS} times {AT_ONCE} authorizations at once, {BURSTS} times all {count}"));
    for _ in 0..GROUPS {
        crowd.charge(AT_ONCE, &mut grouped).await?;
    }
    for _ in 0..BURSTS {
        crowd.charge(count, &mut burst).await?;
    }
    quiet.stop().await;
    busy.stop().await;
    let of = "alone";
    Ok(vec![
        Figure::times("answer_alone", "authorization, no other purchase under way", &single),
        Figure::times("answer_among", "the same among many under way, one at a time", &among).times_of(of, &single),
        Figure::times("answer_grouped", "  8 at a time", &grouped).times_of(of, &single),
        Figure::times("answer_burst", "  all at once", &burst).times_of(of, &single),
    ])
}

/// Purchases under way, always as many.
struct Crowd {
    shoppers: VecDeque<Arc<Shopper>>,
    open: VecDeque<(Arc<Shopper>, Open)>,
    count: usize,
}

impl Crowd {
    async fn gather(server: &NullServer, count: usize) -> Result<Self> {
        progress(&format!("{count} purchases under way"));
        let mut shoppers = VecDeque::new();
        for number in 0..count {
            shoppers.push_back(Arc::new(Shopper::register(server, number).await?));
        }
        let mut crowd = Self { shoppers, open: VecDeque::new(), count };
        crowd.fill().await?;
        Ok(crowd)
    }

    /// Whoever has no purchase under way opens one.
    async fn fill(&mut self) -> Result<()> {
        let mut opening = JoinSet::new();
        loop {
            while opening.len() < OPENED_AT_ONCE {
                let Some(shopper) = self.shoppers.pop_front() else { break };
                opening.spawn(async move {
                    let open = shopper.open().await?;
                    anyhow::Ok((shopper, open))
                });
            }
            match opening.join_next().await {
                Some(opened) => self.open.push_back(opened??),
                None => break,
            }
        }
        anyhow::ensure!(self.open.len() == self.count, "{} purchases under way", self.open.len());
        Ok(())
    }

    /// The oldest are charged beside each other, then captured; as many new ones are opened.
    async fn charge(&mut self, at_once: usize, samples: &mut Samples) -> Result<()> {
        let mut charging = JoinSet::new();
        for _ in 0..at_once {
            let (shopper, open) = self.open.pop_front().context("too few purchases under way")?;
            charging.spawn(async move {
                let took = shopper.charge(&open).await?;
                anyhow::Ok((shopper, open, took))
            });
        }
        let mut ending = JoinSet::new();
        while let Some(charged) = charging.join_next().await {
            let (shopper, open, took) = charged??;
            samples.push(took);
            ending.spawn(async move {
                shopper.capture(open).await?;
                anyhow::Ok(shopper)
            });
        }
        while let Some(ended) = ending.join_next().await {
            self.shoppers.push_back(ended??);
        }
        self.fill().await
    }
}
