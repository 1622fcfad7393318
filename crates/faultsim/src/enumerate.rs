//! One run for each place and fault.

use crate::auditor::audit;
use crate::fault::{Fault, Plan, Site};
use crate::scenarios::{Scenario, play};
use crate::world::World;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A place that a run comes to more often than this, for the same command, is one that looks again and again.
const SAME_MAX: u32 = 4;

/// A run that went wrong, with all that is needed to see why.
#[derive(Debug, Clone)]
pub struct Failure {
    pub scenario: &'static str,
    pub index: usize,
    pub fault: Option<Fault>,
    pub seed: u64,
    pub wrong: Vec<String>,
    pub transcript: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { scenario, index, fault, seed, .. } = self;
        writeln!(f, "{scenario}: {fault:?} at {index}, seed {seed}")?;
        for wrong in &self.wrong {
            writeln!(f, "  - {wrong}")?;
        }
        write!(f, "{}", self.transcript)
    }
}

/// Plays a scenario under a plan; the world when it is over.
pub fn run(scenario: &Scenario, seed: u64, plan: Plan) -> World {
    let mut world = World::new(seed, plan);
    play(&mut world, scenario);
    world
}

/// The auditor's word, and that each log replays.
pub fn verdict(world: &mut World) -> Vec<String> {
    let mut wrong = audit(world);
    let engine = world.engine().clone();
    match world.ask(1_000, async move { engine.check_all().await }) {
        Some(Ok(_)) => {}
        Some(Err(error)) => wrong.push(error.to_string()),
        None => wrong.push("the logs could not be replayed".to_owned()),
    }
    wrong
}

/// One run and what is wrong with it.
pub fn judge(scenario: &Scenario, seed: u64, index: usize, fault: Option<Fault>) -> Option<Failure> {
    let plan = fault.map_or_else(Plan::default, |fault| Plan::single(index, fault));
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut world = run(scenario, seed, plan);
        let transcript = world.transcript();
        (verdict(&mut world), transcript)
    }));
    let (wrong, transcript) = ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned());
        (vec!["the run panicked".to_owned()], text)
    });
    let (scenario, failed) = (scenario.name, !wrong.is_empty());
    failed.then_some(Failure { scenario, index, fault, seed, wrong, transcript })
}

/// Places of a clean run worth failing at, by their number.
pub fn places(sites: &[Site]) -> Vec<(usize, Site)> {
    let mut seen: BTreeMap<Site, u32> = BTreeMap::new();
    let mut places = Vec::new();
    for (index, site) in sites.iter().enumerate() {
        let count = seen.entry(*site).or_default();
        *count += 1;
        if *count <= SAME_MAX || matches!(site, Site::Write("commit")) {
            places.push((index, *site));
        }
    }
    places
}

/// Every single fault of a scenario: the number of runs, and those that went wrong.
pub fn every_single_fault(scenario: &Scenario, seed: u64) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    failures.extend(judge(scenario, seed, 0, None));
    let sites = run(scenario, seed, Plan::default()).shared.lock().sites.clone();
    let mut runs = 1;
    for (index, site) in places(&sites) {
        for fault in site.faults() {
            runs += 1;
            failures.extend(judge(scenario, seed, index, Some(fault)));
        }
    }
    (runs, failures)
}
