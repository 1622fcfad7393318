//! Whatever happens, in whatever order: what must always hold of a purchase, and that it always gets over.

mod common;

use common::audit::{Auditor, round_trip};
use common::world::{self, Throw};
use common::{START, creation, hash};
use ids::UnixMs;
use proptest::prelude::*;
use purchase::{Event, FORMAT, Flow, OwedCause, Policy, Recorded, State};

/// Plays the throws; says when it ended.
fn play(policy: Policy, throws: &[Throw]) -> (Auditor, UnixMs) {
    let mut auditor = Auditor::new(Event::Created(Box::new(creation(policy))), START);
    let mut now = START;
    for throw in throws {
        now = now.plus_ms(throw.delay_ms());
        let event = throw.event(auditor.purchase(), now);
        auditor.happens(&event, now);
    }
    (auditor, now)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The auditor's rules hold after every step, and the log alone leads to the same purchase.
    #[test]
    fn always(policy in world::policies(), throws in world::throws(60)) {
        play(policy, &throws).0.replayed();
    }

    /// From wherever it is, a fair outside brings a purchase to an end; nothing is left open then.
    #[test]
    fn gets_over(policy in world::policies(), throws in world::throws(40)) {
        let (mut auditor, mut now) = play(policy, &throws);
        let mut left = 30 + auditor.purchase().charges.len();
        while let Some(event) = world::fair(auditor.purchase()) {
            now = now.plus_ms(1);
            let state = auditor.purchase().state.name();
            prop_assert!(auditor.happens(&event, now), "{} does nothing in {state}: {:?}", event.name(), auditor.purchase());
            left -= 1;
            prop_assert!(left > 0, "goes in circles in {state}");
        }
        prop_assert!(auditor.purchase().state.terminal());
        auditor.replayed();
    }

    /// Until the pivot the shopper can walk away, and gets all of it back.
    #[test]
    fn cancelled_before_the_pivot(policy in world::policies(), throws in world::throws(25)) {
        let (mut auditor, now) = play(policy, &throws);
        let p = auditor.purchase();
        let unwindable = match p.state {
            State::Opened | State::CardPrepared | State::Quoted | State::Invoiced | State::AwaitingFunds | State::Held => true,
            State::CardReady => !p.is_funded(),
            State::PayingVendor | State::Claiming | State::Funded | State::Closing | State::Completed | State::Returned
            | State::Expired => false,
        };
        if !unwindable {
            return Ok(());
        }
        prop_assert!(auditor.happens(&Event::CancelRequested, now));
        for _ in 0..4 {
            let Some(event) = world::fair(auditor.purchase()) else { break };
            auditor.happens(&event, now);
        }
        prop_assert_eq!(auditor.purchase().state, State::Returned);
        let p = auditor.purchase();
        let nothing_taken = p.owed.iter().all(|owed| owed.cause == OwedCause::StoreRefund);
        prop_assert!(nothing_taken || p.policy.flow == Flow::PaidFirst);
    }
}

/// The generator is of use only if it gets around.
#[test]
fn the_dice_reach_every_state() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..600 {
        let policy = world::policies().new_tree(&mut runner).unwrap().current();
        let throws = world::throws(60).new_tree(&mut runner).unwrap().current();
        let mut auditor = Auditor::new(Event::Created(Box::new(creation(policy))), START);
        let mut now = START;
        for throw in throws {
            now = now.plus_ms(throw.delay_ms());
            let event = throw.event(auditor.purchase(), now);
            auditor.happens(&event, now);
            seen.insert(auditor.purchase().state);
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), State::ALL);
}

/// Stored events carry their format and time beside their own fields.
#[test]
fn records_are_read_back() {
    for (_, event) in common::events::all() {
        round_trip(&Recorded { format: FORMAT, at: START, event });
    }
    let held = Recorded { format: FORMAT, at: START, event: common::htlc_held(hash(1)) };
    let text = serde_json::to_string(&held).unwrap();
    assert!(text.starts_with(r#"{"format":1,"at":1000000,"event":"htlc_held","payment_hash":"0101"#), "{text}");
}
