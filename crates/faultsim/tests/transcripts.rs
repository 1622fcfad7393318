//! What happens in each scenario when nothing goes wrong, line by line; reviewed when it changes.

use faultsim::enumerate::run;
use faultsim::scenarios::ALL;
use faultsim::{Fault, Plan};

#[test]
fn clean_transcripts() {
    for scenario in ALL {
        let world = run(scenario, 1, Plan::default());
        insta::assert_snapshot!(format!("clean-{}", scenario.name), world.transcript());
    }
}

/// The same seed and plan give the same run.
#[test]
fn runs_are_deterministic() {
    for (index, fault) in [(12, Fault::CrashAfter), (20, Fault::VeryLate), (25, Fault::Twice)] {
        let one = run(&ALL[0], 5, Plan::single(index, fault)).transcript();
        let two = run(&ALL[0], 5, Plan::single(index, fault)).transcript();
        assert_eq!(one, two);
    }
}
