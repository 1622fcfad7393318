//! Every single fault at every place of every scenario.

#![allow(clippy::print_stdout)] // the number of runs is part of what the test shows

use faultsim::enumerate::{Failure, every_single_fault, judge, run};
use faultsim::scenarios::ALL;
use faultsim::{Fault, Plan};

const SEED: u64 = 27_11;

#[test]
fn clean_runs() {
    let failures: Vec<Failure> = ALL.iter().filter_map(|scenario| judge(scenario, SEED, 0, None)).collect();
    for failure in &failures {
        println!("{failure}\n");
    }
    assert!(failures.is_empty(), "{} clean runs went wrong", failures.len());
}

/// `FAULTSIM=scenario:index:Fault` shows one run, `FAULTSIM=scenario` all of its runs that went wrong.
#[test]
fn one_run() {
    let Ok(wanted) = std::env::var("FAULTSIM") else { return };
    let mut words = wanted.split(':');
    let (name, index, fault) = (words.next(), words.next().and_then(|n| n.parse().ok()), words.next());
    let scenario = ALL.iter().find(|s| Some(s.name) == name).expect("a scenario of that name");
    let Some(index): Option<usize> = index else {
        let (runs, failures) = every_single_fault(scenario, SEED);
        failures.iter().for_each(|failure| println!("{failure}\n"));
        println!("{runs} runs, {} wrong", failures.len());
        return;
    };
    let sites = run(scenario, SEED, Plan::default()).shared.lock().sites.clone();
    let fault = sites[index].faults().into_iter().find(|f| fault == Some(format!("{f:?}").as_str()));
    let plan = fault.map_or_else(Plan::default, |fault: Fault| Plan::single(index, fault));
    let mut world = run(scenario, SEED, plan);
    println!("{}\n{:#?}", world.transcript(), faultsim::enumerate::verdict(&mut world));
}

#[test]
fn every_single_fault_of_every_scenario() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let results = std::sync::Mutex::new((0usize, Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(scenario) = ALL.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let (runs, failures) = every_single_fault(scenario, SEED);
                    println!("{:>20}: {runs} runs, {} wrong", scenario.name, failures.len());
                    let mut all = results.lock().expect("no panic while it is held");
                    all.0 += runs;
                    all.1.extend(failures);
                }
            });
        }
    });
    let (runs, failures) = results.into_inner().expect("no panic while it was held");
    println!("{runs} runs");
    for f in &failures {
        println!("FAILED {}:{}:{:?} {:?}", f.scenario, f.index, f.fault, f.wrong);
    }
    if let Some(first) = failures.first() {
        panic!("{} of {runs} runs went wrong; the first:\n{first}", failures.len());
    }
}
