//! What is known now, what was known each day, and answers from both.

use crate::{Chance, Day, Figures, Limits, Reach, Snapshot, Us, change_over, figures};
use async_trait::async_trait;
use bitcoin::Network;
use ids::NodeId;
use ids::UnixMs;
use money::Msat;
use ports::{NetworkGraph, NetworkView, Outcome, OwnChannel};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// Days that are kept: a year and a month.
pub const DAYS_MAX: usize = 396;
/// Nodes from which the chance is asked.
const BIGGEST: usize = 3;
/// How old a graph may be that chances are told from.
const REACH_AGE_MS: u64 = 3_600_000;

/// A graph that could not be got is not asked for again so soon.
const FAILED_MS: u64 = 120_000;

/// The network as it was last heard of.
#[derive(Debug, Clone)]
pub struct Heard {
    pub at: UnixMs,
    pub figures: Figures,
    pub limits: Limits,
}

struct Made {
    at: UnixMs,
    /// In the graph that it was made from.
    channels: usize,
    reach: Arc<Reach>,
}

/// Shared by the loop that listens and by those who ask.
pub struct Watch {
    view: Arc<dyn NetworkView>,
    network: Network,
    heard: RwLock<Option<Arc<Heard>>>,
    /// Made when first asked for: it takes as much memory as the graph.
    reach: RwLock<Option<Made>>,
    /// One is made at a time: whoever comes meanwhile waits for it. When one last failed: it is not tried again at once.
    making: Mutex<Option<UnixMs>>,
    days: RwLock<Vec<Snapshot>>,
}

impl Watch {
    /// `kept`: the days of before, in any order.
    pub fn new(view: Arc<dyn NetworkView>, network: Network, mut kept: Vec<Snapshot>) -> Self {
        kept.sort_by_key(|snapshot| snapshot.day);
        kept.dedup_by_key(|snapshot| snapshot.day);
        Self {
            view,
            network,
            heard: RwLock::default(),
            reach: RwLock::default(),
            making: Mutex::default(),
            days: RwLock::new(kept),
        }
    }

    /// Of a server that has no view of the network: it never hears of any.
    pub fn unheard() -> Self {
        Self::new(Arc::new(Unheard), Network::Bitcoin, Vec::new())
    }

    /// Looks anew. All days, to be kept, if this one is among them for the first time or grew: a node that has just
    /// started hears of the network bit by bit, so the day's figures are the largest.
    pub async fn look(&self, now: UnixMs) -> Result<Option<Vec<Snapshot>>, String> {
        let graph = match self.view.graph().await {
            Outcome::Done(graph) => graph,
            Outcome::Rejected(refusal) => return Err(refusal.message),
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Err(why),
        };
        let found = figures(&graph);
        let heard = Heard { at: now, figures: found, limits: Limits::of(&graph) };
        *self.heard.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(heard));
        let mut reach = self.reach.write().unwrap_or_else(PoisonError::into_inner);
        // A node that has just started hears of ever more: what was made from little is not kept for its hour.
        let heard = graph.channels().len();
        reach.take_if(|made| !made.is_fresh(now) || heard > made.channels + made.channels / 10);
        Ok(self.note(Snapshot { day: Day::of(now), figures: found }))
    }

    fn note(&self, snapshot: Snapshot) -> Option<Vec<Snapshot>> {
        if snapshot.figures.channels == 0 {
            return None;
        }
        let mut days = self.days.write().unwrap_or_else(PoisonError::into_inner);
        match days.last_mut() {
            Some(last) if last.day > snapshot.day => return None,
            Some(last) if last.day == snapshot.day && last.figures.channels >= snapshot.figures.channels => {
                return None;
            }
            Some(last) if last.day == snapshot.day => *last = snapshot,
            _ => days.push(snapshot),
        }
        let too_many = days.len().saturating_sub(DAYS_MAX);
        days.drain(..too_many);
        Some(days.clone())
    }

    pub fn heard(&self) -> Option<Arc<Heard>> {
        self.heard.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The oldest first.
    pub fn days(&self) -> Vec<Snapshot> {
        self.days.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The figures of about `days` ago.
    pub fn before(&self, now: UnixMs, days: u32) -> Option<Snapshot> {
        change_over(&self.days.read().unwrap_or_else(PoisonError::into_inner), Day::of(now), days).copied()
    }

    /// The chance that `amount` reaches our `node` with an invoice of `final_cltv_delta`; nothing while too little is known.
    pub async fn chance(&self, node: NodeId, final_cltv_delta: u32, amount: Msat, now: UnixMs) -> Option<Chance> {
        let us = Us { node, channels: self.view.own_channels().await.done()?, final_cltv_delta };
        let reach = match self.fresh_reach(now) {
            Some(reach) => reach,
            None => self.make_reach(now).await?,
        };
        tokio::task::spawn_blocking(move || reach.chance(&us, amount)).await.ok()?
    }

    fn fresh_reach(&self, now: UnixMs) -> Option<Arc<Reach>> {
        let known = self.reach.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|made| made.is_fresh(now)).map(|made| Arc::clone(&made.reach))
    }

    async fn make_reach(&self, now: UnixMs) -> Option<Arc<Reach>> {
        let mut failed_at = self.making.lock().await;
        if let Some(made) = self.fresh_reach(now) {
            return Some(made);
        }
        if failed_at.is_some_and(|at| now.0.saturating_sub(at.0) < FAILED_MS) {
            return None;
        }
        let Some(graph) = self.view.graph().await.done() else {
            *failed_at = Some(now);
            return None;
        };
        let (network, channels) = (self.network, graph.channels().len());
        let reach =
            tokio::task::spawn_blocking(move || Arc::new(Reach::new(&graph, network, BIGGEST, now))).await.ok()?;
        *self.reach.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Made { at: now, channels, reach: Arc::clone(&reach) });
        Some(reach)
    }
}

impl Made {
    const fn is_fresh(&self, now: UnixMs) -> bool {
        now.0.saturating_sub(self.at.0) < REACH_AGE_MS
    }
}

/// A server that has no view of the network.
struct Unheard;

#[async_trait]
impl NetworkView for Unheard {
    async fn graph(&self) -> Outcome<NetworkGraph> {
        Outcome::Done(NetworkGraph::default())
    }

    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
        Outcome::Done(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const DAY_MS: u64 = 24 * 3_600_000;

    /// A graph with so many channels of one bitcoin, or no answer.
    struct Told(Mutex<Option<u64>>);

    #[async_trait]
    impl NetworkView for Told {
        async fn graph(&self) -> Outcome<NetworkGraph> {
            let Some(channels) = *self.0.lock().unwrap() else { return Outcome::Unknown("no answer".to_owned()) };
            let mut graph = NetworkGraph::default();
            for scid in 1..=channels {
                let (mut one, mut two) = ([2; 33], [2; 33]);
                (one[32], two[32]) = (0, u8::try_from(scid).unwrap());
                graph.channel(scid, [NodeId(one), NodeId(two)]).unwrap().capacity_sat = Some(100_000_000);
            }
            Outcome::Done(graph)
        }

        async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
            Outcome::Done(Vec::new())
        }
    }

    fn watch(channels: u64) -> (Arc<Told>, Watch) {
        let told = Arc::new(Told(Mutex::new(Some(channels))));
        (told.clone(), Watch::new(told, Network::Regtest, Vec::new()))
    }

    #[tokio::test]
    async fn a_day_is_kept_once_and_grows_as_more_is_heard() {
        let (told, watch) = watch(2);
        let day = |day: u64, hour: u64| UnixMs(day * DAY_MS + hour * 3_600_000);
        let channels = |kept: Vec<Snapshot>| kept.iter().map(|s| (s.day.0, s.figures.channels)).collect::<Vec<_>>();
        assert_eq!(watch.look(day(10, 0)).await.unwrap().map(channels), Some(vec![(10, 2)]));
        assert_eq!(watch.look(day(10, 1)).await.unwrap().map(channels), None, "nothing new");
        *told.0.lock().unwrap() = Some(5);
        assert_eq!(watch.look(day(10, 2)).await.unwrap().map(channels), Some(vec![(10, 5)]));
        *told.0.lock().unwrap() = Some(4);
        assert_eq!(watch.look(day(10, 3)).await.unwrap().map(channels), None, "fewer on the same day");
        assert_eq!(watch.heard().unwrap().figures.channels, 4, "what is so now is told nevertheless");
        assert_eq!(watch.look(day(11, 3)).await.unwrap().map(channels), Some(vec![(10, 5), (11, 4)]));
        assert_eq!(watch.look(day(9, 3)).await.unwrap().map(channels), None, "a clock that went back");
        *told.0.lock().unwrap() = Some(0);
        assert_eq!(watch.look(day(12, 0)).await.unwrap().map(channels), None, "a node that has heard nothing yet");
        *told.0.lock().unwrap() = None;
        assert_eq!(watch.look(day(12, 0)).await.unwrap_err(), "no answer");
    }

    #[tokio::test]
    async fn what_was_made_from_little_is_made_anew_from_more() {
        let (told, watch) = watch(0);
        let ask = || watch.chance(NodeId([2; 33]), 80, Msat::new(1_000).unwrap(), UnixMs(3));
        watch.look(UnixMs(1)).await.unwrap();
        assert!(ask().await.is_none() && watch.reach.read().unwrap().as_ref().unwrap().channels == 0);
        *told.0.lock().unwrap() = Some(20);
        watch.look(UnixMs(2)).await.unwrap();
        let _ = ask().await;
        assert_eq!(watch.reach.read().unwrap().as_ref().unwrap().channels, 20);
        *told.0.lock().unwrap() = Some(21);
        watch.look(UnixMs(3)).await.unwrap();
        assert_eq!(watch.reach.read().unwrap().as_ref().unwrap().channels, 20, "hardly more");
    }

    struct Counted(AtomicUsize);

    #[async_trait]
    impl NetworkView for Counted {
        async fn graph(&self) -> Outcome<NetworkGraph> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Outcome::Done(NetworkGraph::default())
        }

        async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
            Outcome::Done(Vec::new())
        }
    }

    /// Whoever asks often makes no copy of the graph each.
    #[tokio::test]
    async fn many_who_ask_wait_for_one() {
        let counted = Arc::new(Counted(AtomicUsize::new(0)));
        let watch = Watch::new(counted.clone(), Network::Regtest, Vec::new());
        let ask = || watch.chance(NodeId([2; 33]), 80, Msat::ZERO, UnixMs(1));
        let _ = tokio::join!(ask(), ask(), ask(), ask());
        assert_eq!(counted.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn days_are_bounded_and_looked_up_by_distance() {
        let (_, watch) = watch(3);
        for day in 100..600 {
            watch.look(UnixMs(day * DAY_MS)).await.unwrap();
        }
        let days = watch.days();
        assert_eq!((days.len(), days[0].day, days[DAYS_MAX - 1].day), (DAYS_MAX, Day(204), Day(599)));
        assert_eq!(watch.before(UnixMs(599 * DAY_MS), 30).map(|snapshot| snapshot.day), Some(Day(569)));
        assert_eq!(watch.before(UnixMs(599 * DAY_MS), 500), None);
    }
}
