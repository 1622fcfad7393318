//! The port on a real LND and a real bitcoind: the suite that every node passes, and what only a node outside the server
//! can do to us.
//!
//! Run by `cargo xtask test --only lnd`, which builds both. `ANYTILL_LND` is the directory of lnd's programs and
//! `ANYTILL_REGTEST_URL` the chain; without them nothing is run, and that is said.

#![allow(clippy::print_stdout, reason = "a test's own `main`")]

#[path = "../common/mod.rs"]
mod common;
mod embedded;
mod faults;
mod hard;
mod network_view;
#[path = "../common/own.rs"]
mod node_parts;
mod parts;
mod payers;
mod world;

use lightning_node::conformance as cases;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use world::LndWorld;

type Scenario = (&'static str, fn(PathBuf) -> Pin<Box<dyn Future<Output = ()>>>);

const SCENARIOS: &[Scenario] = &[
    ("suite", |programs| Box::pin(suite(programs))),
    ("hard", |programs| Box::pin(hard::all(programs))),
    ("embedded", |programs| Box::pin(embedded::paid_in_parts(programs))),
    ("faults", |programs| Box::pin(faults::all(programs))),
    ("network", |programs| Box::pin(network_view::all(programs))),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let (Some(programs), Some(_)) = (std::env::var_os("ANYTILL_LND"), std::env::var_os("ANYTILL_REGTEST_URL")) else {
        println!("LND: not run here; `cargo xtask test --only lnd` builds what it needs and runs it");
        return ExitCode::SUCCESS;
    };
    let chosen: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let (mut passed, mut failed) = (0, 0);
    for (name, scenario) in SCENARIOS {
        if !chosen.is_empty() && !chosen.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let programs = PathBuf::from(&programs);
        // On a thread of its own: what panics there is a failure here.
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
            runtime.expect("threads").block_on(scenario(programs));
        });
        let good = ended.join().is_ok();
        println!("test {name} ... {}", if good { "ok" } else { "FAILED" });
        *(if good { &mut passed } else { &mut failed }) += 1;
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed; 0 ignored");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says which case is begun: a panic then names it.
macro_rules! each {
    ($world:expr, $($case:ident),+ $(,)?) => {
        $(println!("  {}", stringify!($case)); cases::$case($world).await;)+
    };
}

/// The suite, unchanged: wallet 0 is LDK's, wallet 1 is LND's.
async fn suite(programs: PathBuf) {
    let mut world = LndWorld::start(programs).await;
    each!(
        &world,
        claimed,
        returned,
        duplicate_while_held,
        two_payers_at_once,
        overpaid,
        same_request_again,
        room_shrinks,
        refused,
        send_succeeds,
        send_fails,
    );
    each!(
        &mut world,
        redelivered_until_acknowledged,
        claimed_after_restart,
        restarted_after_claim,
        restarted_after_return,
    );
    each!(&world, deadline_passes, tip_goes_stale);
    each!(&mut world, held_through_blocks, deadline_passes_while_down);
    world.stop().await;
}
