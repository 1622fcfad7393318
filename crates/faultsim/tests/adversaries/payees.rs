//! A thousand refunds, ten of each purchase, to payees that err, stall, change their answer, ask another amount or go
//! away, on a node that is killed meanwhile: each is paid exactly once, or waits where it can be seen.

use crate::play::*;
use faultsim::auditor::audit;
use faultsim::outside::issuer::Later;
use faultsim::outside::issuer::store_goes_on;
use faultsim::outside::payees::HOSTILE;
use faultsim::outside::{Mood, SendIs};
use faultsim::{Fault, Plan, World};
use ids::{AccountId, RefundId};
use purchase::{Destination, OwedAmount, Refund, RefundState};
use std::collections::BTreeMap;

/// Of each mood.
const SHOPPERS: u8 = 10;
const PARTS: u64 = 10;
const PART_MINOR: u64 = 100;

fn address(mood: usize, whose: u8) -> Destination {
    Destination::LightningAddress { address: format!("{mood}.{whose}@hostile.test") }
}

/// The process dies some places from now.
fn will_be_killed(w: &World, places: usize, fault: Fault) {
    let mut inner = w.shared.lock();
    let at = inner.sites.len() + places;
    inner.plan = Plan::single(at, fault);
}

fn refunds(w: &World) -> Vec<Refund> {
    let rows = w.store.rows();
    let refunds = rows.aggregates.values().filter(|stored| stored.at.kind == ports::AggregateKind::Refund);
    refunds.map(|stored| serde_json::from_str(&stored.state).expect("a refund")).collect()
}

/// Whose refund it is: the number of the mood, and of the shopper.
fn whose(refund: &Refund) -> (usize, u8) {
    let [HOSTILE, mood, shopper, ..] = refund.account.0 else { panic!("another's") };
    (usize::from(mood), shopper)
}

/// All that ever arrived of a refund, msat, one entry for each time.
fn arrived(w: &World, refund: &Refund) -> Vec<u64> {
    let inner = w.shared.lock();
    let sends = refund.payment_hashes.iter().filter_map(|hash| inner.books.node.sends.get(hash));
    sends.filter(|send| send.is == SendIs::Succeeded).map(|send| send.amount_msat).collect()
}

fn give(w: &mut World, id: RefundId, destination: Destination) {
    let engine = w.engine().clone();
    let _ = w.ask(SECOND, async move { engine.give_destination(id, destination).await.is_ok() });
}

/// Paid once and to the millisatoshi, or nothing arrived and it says what is the matter.
fn check(w: &World, waiting: &mut BTreeMap<Mood, u32>) {
    let owed_msat = u64::try_from(worth_msat(PART_MINOR)).expect("an amount");
    for refund in refunds(w) {
        assert!(matches!(refund.amount, OwedAmount::Currency(owed) if owed.minor() == PART_MINOR), "{refund:?}");
        assert!(refund.parked.is_none(), "{refund:?}");
        match (refund.state, arrived(w, &refund).as_slice()) {
            (RefundState::Paid, [once]) => assert_eq!(*once, owed_msat),
            (RefundState::AwaitingDestination | RefundState::Preparing, []) => {
                assert!(refund.last_problem.is_some(), "it waits and does not say why: {refund:?}");
                *waiting.entry(Mood::ALL[whose(&refund).0]).or_default() += 1;
            }
            (state, sends) => panic!("{state:?} with {sends:?}: {refund:?}"),
        }
    }
}

#[test]
fn a_thousand_refunds_are_each_paid_once_or_seen_to_wait() {
    let mut w = world();
    let mut kills = 0;
    for mood in 0..Mood::ALL.len() {
        for shopper in 0..SHOPPERS {
            let mut account = [shopper; 16];
            (account[0], account[1], account[2]) = (HOSTILE, u8::try_from(mood).expect("few"), shopper);
            let (_, charge) = bought(&mut w, AccountId(account), &format!("{mood}-{shopper}.test"));
            for part in 0..PARTS {
                store_goes_on(&w.shared, &charge, Later::Refund, PART_MINOR);
                w.run_for(SECOND);
                if part == 3 {
                    let fault = if shopper.is_multiple_of(2) { Fault::CrashBefore } else { Fault::CrashAfter };
                    will_be_killed(&w, usize::from(shopper) * 3 + mood, fault);
                    kills += 1;
                }
            }
            w.run_for(MINUTE);
            w.shared.lock().plan = Plan::default();
        }
    }
    assert_eq!(refunds(&w).len(), 1_000);
    assert!(w.crashes * 2 > kills, "{} of {kills} kills struck", w.crashes);

    // Whoever is asked again says the same address again, each day.
    for day in 0..12 {
        w.run_for(DAY);
        for refund in refunds(&w) {
            if refund.state == RefundState::AwaitingDestination {
                let (mood, shopper) = whose(&refund);
                give(&mut w, refund.id, address(mood, shopper));
            }
        }
        will_be_killed(&w, 40 + day, Fault::CrashAfter);
    }
    w.shared.lock().plan = Plan::default();
    w.run_for(DAY);
    let mut waiting = BTreeMap::new();
    check(&w, &mut waiting);
    // One of the same invoices was paid, and nobody's twice; the others wait for whoever is away.
    let whole = u32::from(SHOPPERS) * u32::try_from(PARTS).expect("few");
    let expected = BTreeMap::from([(Mood::Same, whole - 1), (Mood::Unknown, whole), (Mood::Away, whole)]);
    assert_eq!(waiting, expected);

    // The payees are as they should be again.
    w.shared.lock().books.misc.payees.mended = true;
    for refund in refunds(&w) {
        if refund.state == RefundState::AwaitingDestination {
            let (mood, shopper) = whose(&refund);
            give(&mut w, refund.id, address(mood, shopper));
        }
    }
    w.run_for(30 * DAY);
    let mut waiting = BTreeMap::new();
    check(&w, &mut waiting);
    assert_eq!(waiting, BTreeMap::new());
    assert_eq!(audit(&w), Vec::<String>::new(), "books of all, to the millisatoshi");
}
