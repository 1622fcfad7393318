//! The engine on models: one thread, one clock, every message and every effect driven from here.
//!
//! Invariant: the same seed, plan and script give the same run to the byte. A crash drops the engine with all that it
//! had under way; store and outside stay.

use crate::fault::{Fault, Plan, Site};
use crate::outside::{
    ModelExchange, ModelFunds, ModelGiftCards, ModelIssuer, ModelNode, ModelPayees, ModelPrices, ModelShoppers,
    ModelVault, issuer, node,
};
use crate::shared::{BLOCK_MS, Shared, delay_ms};
use crate::store::ModelStore;
use engine::{Config, Engine, NewsOutcome, Ports};
use ports::{Decision, Headers, LightningNode, Nodes, Outcome};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// More rounds at one instant than any run needs.
const ROUNDS_MAX: u32 = 20_000;
/// More steps in time than any run needs.
const STEPS_MAX: u32 = 40_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Effect,
    NodeEvent,
    VendorNodeEvent,
    Other,
    Tick,
}

type Future_ = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Task {
    kind: Kind,
    future: Future_,
}

/// One run's world.
pub struct World {
    pub shared: Shared,
    pub store: ModelStore,
    ports: Ports,
    config: Config,
    engine: Arc<Engine>,
    tasks: Vec<Task>,
    /// Time up to which the tip was told.
    tip_told: u64,
    pub crashes: u32,
}

impl World {
    pub fn new(seed: u64, plan: Plan) -> Self {
        Self::with(seed, plan, Config::default())
    }

    pub fn with(seed: u64, plan: Plan, config: Config) -> Self {
        let shared = Shared::new(seed, plan);
        let store = ModelStore::new(shared.clone());
        let node = |vendor| Arc::new(ModelNode { shared: shared.clone(), vendor });
        let ports = Ports {
            store: Arc::new(store.clone()),
            nodes: Nodes::one(node(false)),
            vendor_node: Some(node(true)),
            issuer: Arc::new(ModelIssuer { shared: shared.clone() }),
            exchange: Arc::new(ModelExchange { shared: shared.clone() }),
            prices: Arc::new(ModelPrices),
            payees: Arc::new(ModelPayees { shared: shared.clone() }),
            gift_cards: Some(Arc::new(ModelGiftCards { shared: shared.clone() })),
            paid_first: engine::PaidFirstSources {
                linked_account: Some(Arc::new(ModelFunds { shared: shared.clone(), linked: true })),
                on_chain: Some(Arc::new(ModelFunds { shared: shared.clone(), linked: false })),
            },
            shoppers: Arc::new(ModelShoppers),
            clock: Arc::new(shared.clone()),
            vault: Arc::new(ModelVault { shared: shared.clone() }),
        };
        let engine = Arc::new(Engine::new(ports.clone(), config.clone()));
        let mut world = Self { shared, store, ports, config, engine, tasks: Vec::new(), tip_told: 0, crashes: 0 };
        world.start();
        world.pump();
        world
    }

    pub const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    pub fn now(&self) -> u64 {
        self.shared.now_ms()
    }

    /// A new process on the same store.
    fn start(&mut self) {
        loop {
            self.tasks.clear();
            {
                let mut inner = self.shared.lock();
                inner.crashed = false;
                inner.books.issuer.news.iter_mut().for_each(|news| news.in_flight = false);
                // Whoever waits for an answer over a connection that broke has none.
                inner.books.issuer.questions.clear();
            }
            self.engine = Arc::new(Engine::new(self.ports.clone(), self.config.clone()));
            let engine = self.engine.clone();
            let mut recovering = Box::pin(async move { engine.recover().await });
            let recovered = loop {
                let polled = recovering.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                if self.shared.lock().crashed {
                    break false;
                }
                match polled {
                    Poll::Ready(Ok(_)) => break true,
                    Poll::Ready(Err(error)) => {
                        self.shared.note(format!("not recovered: {error}"));
                        break false;
                    }
                    Poll::Pending => self.set_clock(self.now() + 100),
                }
            };
            self.tip_told = self.now();
            if recovered {
                return;
            }
            self.crashes += 1;
            assert!(self.crashes < 50, "never recovered: {}", self.transcript());
            self.set_clock(self.now() + 1_000);
        }
    }

    fn set_clock(&self, at: u64) {
        let mut inner = self.shared.lock();
        inner.now = at.max(inner.now);
        node::pass(&mut inner);
        issuer::pass(&mut inner);
    }

    fn spawn(&mut self, kind: Kind, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(Task { kind, future: Box::pin(future) });
    }

    fn busy(&self, kind: Kind) -> bool {
        self.tasks.iter().any(|task| task.kind == kind)
    }

    /// Until nothing more happens at this instant.
    pub fn pump(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let before = self.shared.lock().activity;
            self.feed();
            let finished = self.poll();
            if self.shared.lock().crashed {
                self.crashes += 1;
                self.shared.note("CRASH");
                self.start();
                continue;
            }
            if finished == 0 && self.shared.lock().activity == before {
                return;
            }
        }
        panic!("never quiet at one instant: {}", self.transcript());
    }

    fn poll(&mut self) -> usize {
        let mut finished = 0;
        let mut at = 0;
        while at < self.tasks.len() {
            let polled = self.tasks[at].future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if self.shared.lock().crashed {
                return finished;
            }
            if polled.is_ready() {
                drop(self.tasks.remove(at));
                finished += 1;
            } else {
                at += 1;
            }
        }
        finished
    }

    /// What is ready becomes a task.
    fn feed(&mut self) {
        while let Some(row) = self.engine.try_next_ready() {
            let engine = self.engine.clone();
            self.spawn(Kind::Effect, async move { engine.run_effect(row).await });
        }
        self.feed_node_events();
        self.feed_questions();
        self.feed_news();
        let now = self.now();
        if now >= self.tip_told + BLOCK_MS {
            self.tip_told = now;
            let engine = self.engine.clone();
            self.spawn(Kind::Other, async move {
                let node = engine.ports().nodes.first();
                if let Outcome::Done(info) = node.info().await {
                    let _ = engine.on_tip(node.node_id(), info).await;
                }
            });
        }
        let due = self.engine.next_wake().is_some_and(|at| at.0 <= now);
        let late = self.store.next_due_ms().is_some_and(|at| at + 1_000 <= now);
        if (due || late) && !self.busy(Kind::Tick) {
            let engine = self.engine.clone();
            self.spawn(Kind::Tick, async move {
                let _ = engine.tick().await;
            });
        }
    }

    fn feed_node_events(&mut self) {
        for (kind, vendor) in [(Kind::NodeEvent, false), (Kind::VendorNodeEvent, true)] {
            let event = {
                let inner = self.shared.lock();
                let book = if vendor { &inner.books.vendor_node } else { &inner.books.node };
                book.events.front().cloned()
            };
            let Some(event) = event.filter(|_| !self.busy(kind)) else { continue };
            let (engine, shared) = (self.engine.clone(), self.shared.clone());
            let node = ModelNode { shared: shared.clone(), vendor };
            self.spawn(kind, async move {
                let fault = shared.arrive(Site::Message(if vendor { "vendor_node.event" } else { "node.event" }));
                before_message(&shared, fault).await;
                for _ in 0..times(fault) {
                    let stored = if vendor {
                        engine.on_vendor_node_event(&event).await
                    } else {
                        engine.on_node_event(engine.ports().nodes.first().node_id(), &event).await
                    };
                    if let Err(error) = stored {
                        // Announced again a moment later.
                        shared.note(format!("node event not stored: {error}"));
                        let later = shared.now_ms() + 200;
                        shared.until(later).await;
                        return;
                    }
                }
                after_message(&shared, fault).await;
                let _ = node.ack_event().await;
            });
        }
    }

    fn feed_questions(&mut self) {
        let questions = std::mem::take(&mut self.shared.lock().books.issuer.questions);
        for question in questions {
            let fault = self.shared.arrive(Site::Message("issuer.question"));
            for _ in 0..times(fault) {
                let (engine, shared) = (self.engine.clone(), self.shared.clone());
                let charge = question.charge.clone();
                self.spawn(Kind::Other, async move {
                    before_message(&shared, fault).await;
                    let body = serde_json::to_vec(&charge).unwrap_or_default();
                    let answer = engine.on_charge(&Headers::default(), &body).await;
                    after_message(&shared, fault).await;
                    let approve = answer.is_ok_and(|a| a.decision == Decision::Approve);
                    issuer::answered(&mut shared.lock(), &charge.charge_id, approve, "us");
                });
            }
        }
    }

    fn feed_news(&mut self) {
        let due: Vec<_> = {
            let mut inner = self.shared.lock();
            let now = inner.now;
            let ready = inner.books.issuer.news.iter_mut().filter(|news| !news.in_flight && news.not_before <= now);
            ready
                .map(|news| {
                    news.in_flight = true;
                    news.change.clone()
                })
                .collect()
        };
        for change in due {
            let (engine, shared) = (self.engine.clone(), self.shared.clone());
            self.spawn(Kind::Other, async move {
                let fault = shared.arrive(Site::Message("issuer.news"));
                before_message(&shared, fault).await;
                let body = serde_json::to_vec(&[&change]).unwrap_or_default();
                let mut stored = false;
                for _ in 0..times(fault) {
                    let outcome = engine.on_news(&Headers::default(), &body).await;
                    stored = outcome == Ok(NewsOutcome::Stored);
                }
                after_message(&shared, fault).await;
                let mut inner = shared.lock();
                inner.activity += 1;
                let now = inner.now;
                let news = &mut inner.books.issuer.news;
                if stored {
                    news.retain(|n| n.change.event_id != change.event_id);
                } else if let Some(n) = news.iter_mut().find(|n| n.change.event_id == change.event_id) {
                    (n.in_flight, n.not_before) = (false, now + 5_000);
                }
            });
        }
    }

    /// When something happens by itself next.
    fn next_ms(&self) -> Option<u64> {
        let engine = self.engine.next_wake().map(|at| at.0);
        let store = self.store.next_due_ms();
        let inner = self.shared.lock();
        let books = &inner.books;
        let outside = [books.node.next_ms(), books.vendor_node.next_ms(), books.issuer.next_ms()];
        let holds = books.node.holds_live().then_some(self.tip_told + BLOCK_MS);
        // The look each second that the engine plans for itself is the server's; the store knows what is due.
        let engine = engine.filter(|at| store.is_some_and(|due| due <= *at));
        let waiting = inner.waits.range(inner.now + 1..).next().copied();
        outside.into_iter().chain([engine, store, holds, waiting]).flatten().min()
    }

    /// Lets time pass, from one happening to the next, until `done` or for so long. True: `done`.
    pub fn run_until(&mut self, ms_max: u64, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now() + ms_max;
        for _ in 0..STEPS_MAX {
            self.pump();
            if done(self) {
                return true;
            }
            let now = self.now();
            if now >= end {
                return false;
            }
            let next = self.next_ms().unwrap_or(end).max(now + 20).min(end);
            self.set_clock(next);
        }
        panic!("time never passes: {}", self.transcript());
    }

    pub fn run_for(&mut self, ms: u64) {
        self.run_until(ms, |_| false);
    }

    /// Somebody asks the engine for something and waits at most so long. Nothing if the process died or was too slow.
    pub fn ask<R: Send + 'static>(
        &mut self,
        ms_max: u64,
        future: impl Future<Output = R> + Send + 'static,
    ) -> Option<R> {
        let cell = Arc::new(Mutex::new(None));
        let put = cell.clone();
        self.spawn(Kind::Other, async move {
            let answer = future.await;
            *put.lock().expect("one thread") = Some(answer);
        });
        let crashes = self.crashes;
        let answer = cell.clone();
        self.run_until(ms_max, move |w| answer.lock().expect("one thread").is_some() || w.crashes > crashes);
        cell.lock().expect("one thread").take()
    }

    /// Everything that happened, a line each.
    pub fn transcript(&self) -> String {
        self.shared.lock().log.join("\n")
    }
}

const fn times(fault: Option<Fault>) -> u32 {
    if matches!(fault, Some(Fault::Twice)) { 2 } else { 1 }
}

async fn before_message(shared: &Shared, fault: Option<Fault>) {
    if fault == Some(Fault::CrashBefore) {
        shared.die::<()>().await;
    }
    if fault == Some(Fault::Never) {
        shared.healed().await;
    }
    let until = shared.now_ms() + delay_ms(fault);
    shared.until(until).await;
}

async fn after_message(shared: &Shared, fault: Option<Fault>) {
    if fault == Some(Fault::CrashAfter) {
        shared.die::<()>().await;
    }
}
