//! A refund: the whole (state, event) matrix as a reviewed snapshot, and what holds whatever happens.

mod common;

use common::audit::round_trip;
use common::{START, hash, msat, rate, usd};
use ids::{AccountId, LinkHash, PurchaseId, RefundId, UnixMs};
use proptest::prelude::*;
use purchase::{
    Booking, Destination, OwedAmount, OwedCause, PaidFrom, Refund, RefundEffect, RefundEvent, RefundSend, RefundState,
    RefundStep, Stop, step_refund,
};
use std::fmt::Write;

const WAIT_MS: u64 = 10_000;
const DAY_MS: u64 = 86_400_000;

fn invoice(text: &str) -> Destination {
    Destination::Bolt11 { invoice: text.to_owned() }
}

fn address() -> Destination {
    Destination::LightningAddress { address: "ann@wallet.example".to_owned() }
}

fn owed_dollars() -> OwedAmount {
    OwedAmount::Currency(usd("10"))
}

fn opened(amount: OwedAmount, destination: Option<Destination>, wait_ms: u64) -> RefundEvent {
    RefundEvent::Opened {
        id: RefundId([4; 16]),
        purchase: PurchaseId([7; 16]),
        account: AccountId([8; 16]),
        number: 1,
        amount,
        cause: OwedCause::Voided,
        destination,
        not_before: START.plus_ms(wait_ms),
    }
}

fn prepared(of: u8, amount: OwedAmount) -> RefundEvent {
    let price = rate("5000");
    let (amount_msat, rate) = match amount {
        OwedAmount::Bitcoin(msat) => (msat, None),
        OwedAmount::Currency(money) => (price.msat_floor(money).unwrap(), Some(price)),
    };
    let bolt11 = format!("lnbcrtrefund{of}");
    RefundEvent::Prepared {
        send: RefundSend {
            payment_hash: hash(of),
            bolt11,
            from: PaidFrom::Node,
            amount_msat,
            taken_msat_max: money::Msat::ZERO,
            amount_missing: false,
            rate,
        },
        attempt: 0,
    }
}

fn offered(of: u8, amount: OwedAmount) -> RefundEvent {
    let RefundEvent::Prepared { send, .. } = prepared(of, amount) else { unreachable!() };
    let (amount_msat, rate) = (send.amount_msat, send.rate);
    RefundEvent::LinkOffered { hash: LinkHash([of; 32]), amount_msat, rate, expires_at: START.plus_ms(60_000) }
}

fn used(of: u8, invoice: &str) -> RefundEvent {
    RefundEvent::LinkUsed { hash: LinkHash([of; 32]), invoice: invoice.to_owned() }
}

fn stopped(stop: Stop, reason: &str) -> RefundEvent {
    RefundEvent::Stopped { stop, reason: reason.to_owned() }
}

fn succeeded(of: u8) -> RefundEvent {
    RefundEvent::SendSucceeded { payment_hash: hash(of), fee_msat: msat(21), taken_msat: money::Msat::ZERO }
}

fn failed(of: u8) -> RefundEvent {
    RefundEvent::SendFailed { payment_hash: hash(of), reason: why() }
}

fn why() -> String {
    "why".to_owned()
}

/// A table that is a `match` too: an event that is added does not compile until it has a row.
macro_rules! table {
    ($($variant:pat => [$($label:literal = $event:expr),+ $(,)?]),+ $(,)?) => {
        fn all() -> Vec<(&'static str, RefundEvent)> {
            let row = |event: &RefundEvent| match event { $($variant => {})+ };
            let all = vec![$($(($label, $event)),+),+];
            all.iter().for_each(|(_, event)| row(event));
            all
        }
    };
}

table! {
    RefundEvent::Opened { .. } => ["" = opened(owed_dollars(), None, 0)],
    RefundEvent::DestinationGiven { .. } => [
        "invoice" = RefundEvent::DestinationGiven { destination: invoice("lnbcrt1") },
        "address" = RefundEvent::DestinationGiven { destination: address() },
    ],
    RefundEvent::LinkOffered { .. } => [
        "dollars" = offered(1, owed_dollars()),
        "another" = offered(2, owed_dollars()),
        "bitcoin" = offered(1, OwedAmount::Bitcoin(msat(5_000))),
    ],
    RefundEvent::LinkUsed { .. } => [
        "" = used(1, "lnbcrt1"),
        "another invoice" = used(1, "lnbcrt2"),
        "another's" = used(9, "lnbcrt1"),
    ],
    RefundEvent::WaitEnded => ["" = RefundEvent::WaitEnded],
    RefundEvent::Prepared { .. } => [
        "dollars" = prepared(1, owed_dollars()),
        "dollars again" = prepared(2, owed_dollars()),
        "bitcoin" = prepared(1, OwedAmount::Bitcoin(msat(5_000))),
        "half the dollars" = prepared(3, OwedAmount::Currency(usd("5"))),
    ],
    RefundEvent::PrepareFailed { .. } => [
        "" = RefundEvent::PrepareFailed { reason: why(), ask_again: false, attempt: 0 },
        "ask again" = RefundEvent::PrepareFailed { reason: why(), ask_again: true, attempt: 0 },
    ],
    RefundEvent::SendSucceeded { .. } => ["" = succeeded(1), "another" = succeeded(9)],
    RefundEvent::SendFailed { .. } => ["" = failed(1), "another" = failed(9)],
    RefundEvent::RetryDue => ["" = RefundEvent::RetryDue],
    RefundEvent::Reclaimed { .. } => [
        "10.00" = RefundEvent::Reclaimed { amount: usd("10") },
        "4.00" = RefundEvent::Reclaimed { amount: usd("4") },
        "11.00" = RefundEvent::Reclaimed { amount: usd("11") },
        "zero" = RefundEvent::Reclaimed { amount: usd("0") },
    ],
    RefundEvent::Parked { .. } => ["" = RefundEvent::Parked { reason: why() }],
    RefundEvent::Stopped { .. } => ["waits" = stopped(Stop::Waits, "why"), "gone" = stopped(Stop::FundsGone, "why")],
    RefundEvent::Resumed => ["" = RefundEvent::Resumed],
}

/// The ways to a state; a state that is added does not compile until it has an arm.
fn ways(state: RefundState) -> Vec<(&'static str, Vec<RefundEvent>)> {
    let now = opened(owed_dollars(), Some(invoice("lnbcrt1")), 0);
    let to_address = opened(owed_dollars(), Some(address()), 0);
    let bitcoin = OwedAmount::Bitcoin(msat(5_000));
    match state {
        RefundState::AwaitingDestination => vec![
            ("", vec![opened(owed_dollars(), None, 0)]),
            ("bitcoin", vec![opened(bitcoin, None, 0)]),
            ("link offered", vec![opened(owed_dollars(), None, 0), offered(1, owed_dollars())]),
            ("link used, send failed", {
                let used = vec![opened(owed_dollars(), None, 0), offered(1, owed_dollars()), used(1, "lnbcrt1")];
                [used, vec![prepared(1, owed_dollars()), failed(1)]].concat()
            }),
            ("send failed", vec![now, prepared(1, owed_dollars()), failed(1)]),
        ],
        RefundState::Waiting => vec![
            ("", vec![opened(owed_dollars(), Some(address()), WAIT_MS)]),
            ("no destination", vec![opened(owed_dollars(), None, WAIT_MS)]),
        ],
        RefundState::Preparing => vec![
            ("", vec![now]),
            ("link used", vec![opened(owed_dollars(), None, 0), offered(1, owed_dollars()), used(1, "lnbcrt1")]),
            ("bitcoin", vec![opened(bitcoin, Some(invoice("lnbcrt1")), 0)]),
            ("send to address failed", vec![to_address, prepared(1, owed_dollars()), failed(1)]),
        ],
        RefundState::Sending => vec![
            ("to invoice", vec![now, prepared(1, owed_dollars())]),
            ("to address", vec![to_address.clone(), prepared(1, owed_dollars())]),
            ("parked", vec![to_address.clone(), prepared(1, owed_dollars()), RefundEvent::Parked { reason: why() }]),
            ("funds gone", vec![to_address, prepared(1, owed_dollars()), stopped(Stop::FundsGone, "gone")]),
        ],
        RefundState::Paid => vec![("", vec![now, prepared(1, owed_dollars()), succeeded(1)])],
        RefundState::Cancelled => vec![("", vec![now, RefundEvent::Reclaimed { amount: usd("10") }])],
    }
}

fn applied(refund: Option<&Refund>, event: &RefundEvent, now: UnixMs) -> RefundStep {
    step_refund(refund, event, now).expect("not refused").expect("not known")
}

fn line(step: &RefundStep) -> String {
    let mut line = step.refund.state.name().to_owned();
    if let OwedAmount::Currency(left) = step.refund.amount {
        let _ = write!(line, " {}", left.decimal());
    }
    for (_, effect) in &step.effects {
        let _ = match effect {
            RefundEffect::Prepare { destination: Destination::Bolt11 { .. }, .. } => {
                write!(line, " | do prepare invoice")
            }
            RefundEffect::Prepare { destination: Destination::Withdrawn { rate, .. }, .. } => {
                write!(line, " | do prepare invoice at {}", rate.map_or("-".to_owned(), |rate| rate.decimal()))
            }
            RefundEffect::Prepare { .. } => write!(line, " | do prepare address"),
            RefundEffect::Send { send } => write!(line, " | do send {} {}", send.payment_hash.0[0], send.amount_msat),
        };
    }
    for booking in &step.bookings {
        let _ = write!(line, " | book {}", serde_json::to_string(booking).unwrap());
    }
    for timer in &step.timers {
        let _ = write!(line, " | timer {} in {} ms", timer.name(), timer.due_at().since_ms(START));
    }
    line
}

#[test]
fn matrix() {
    let mut text = String::new();
    for state in RefundState::ALL {
        for (name, way) in ways(state) {
            let refund = way.iter().fold(None, |refund, event| Some(applied(refund.as_ref(), event, START).refund));
            let refund = refund.expect("a way begins with its opening");
            assert_eq!(refund.state, state, "the way `{name}` leads elsewhere");
            let _ = writeln!(text, "\n{} {name}", state.name());
            for (label, event) in all() {
                let delay_ms = if matches!(event, RefundEvent::WaitEnded) { WAIT_MS } else { 0 };
                let answer = match step_refund(Some(&refund), &event, START.plus_ms(delay_ms)) {
                    Ok(Some(step)) => format!("-> {}", line(&step)),
                    Ok(None) => "= nothing".to_owned(),
                    Err(refusal) => format!("! {refusal}"),
                };
                let _ = writeln!(text, "  {:<34} {answer}", format!("{} {label}", event.name()));
            }
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_happens_before_the_opening() {
    for (label, event) in all() {
        let answer = step_refund(None, &event, START);
        assert_eq!(answer.is_ok(), matches!(event, RefundEvent::Opened { .. }), "{} {label}", event.name());
    }
}

#[test]
fn too_early_is_not_waited_for() {
    let waiting = applied(None, &opened(owed_dollars(), None, WAIT_MS), START).refund;
    assert_eq!(step_refund(Some(&waiting), &RefundEvent::WaitEnded, START.plus_ms(WAIT_MS - 1)), Ok(None));
}

/// What it waits for comes by itself, or the operator decides; a loss that was borne once is not asked about again.
#[test]
fn stopped_it_goes_on_when_it_can_or_may() {
    let run = |refund: &Refund, events: &[RefundEvent]| {
        events.iter().fold(refund.clone(), |refund, event| applied(Some(&refund), event, START).refund)
    };
    let preparing = applied(None, &opened(owed_dollars(), Some(address()), 0), START).refund;
    let gone = run(&preparing, &[stopped(Stop::FundsGone, "gone")]);
    assert_eq!((gone.parked.as_ref().map(|p| p.reason.as_str()), gone.despite_loss), (Some("gone"), false));
    let resumed = applied(Some(&gone), &RefundEvent::Resumed, START);
    assert!(resumed.refund.despite_loss && matches!(resumed.effects[..], [(_, RefundEffect::Prepare { .. })]));
    let waits = run(&resumed.refund, &[prepared(1, owed_dollars()), stopped(Stop::Waits, "too little is there")]);
    assert_eq!(step_refund(Some(&waits), &stopped(Stop::Waits, "too little is there"), START), Ok(None));
    assert!(waits.parked.is_some() && waits.despite_loss);
    for ended in [run(&waits, &[succeeded(1)]), run(&waits, &[failed(1)])] {
        assert_eq!((ended.parked, ended.stop), (None, None), "nothing is left for the operator to do");
    }
    let taken_back = run(&gone, &[RefundEvent::Reclaimed { amount: usd("10") }]);
    assert_eq!((taken_back.state, taken_back.parked), (RefundState::Cancelled, None));
    // Coins that came make no loss of another refund's.
    let waited = run(&preparing, &[stopped(Stop::Waits, "too little is there"), RefundEvent::Resumed]);
    assert!(!waited.despite_loss);
    // What is parked for a contradiction stays so.
    let wrong = run(&waits, &[RefundEvent::Parked { reason: why() }, succeeded(1)]);
    assert_eq!(wrong.parked.map(|parked| parked.reason), Some(why()));
}

#[test]
fn pauses_grow_and_end_growing() {
    let mut refund = applied(None, &opened(owed_dollars(), Some(address()), 0), START).refund;
    let mut pauses = Vec::new();
    for _ in 0..16 {
        let step =
            applied(Some(&refund), &RefundEvent::PrepareFailed { reason: why(), ask_again: false, attempt: 0 }, START);
        pauses.push(step.timers[0].due_at().since_ms(START));
        refund = applied(Some(&step.refund), &RefundEvent::RetryDue, START).refund;
    }
    assert_eq!(pauses[..3], [30_000, 60_000, 120_000]);
    assert!(pauses.is_sorted() && pauses.last() < Some(&DAY_MS));
}

/// Good until its end, for one invoice; the same again is known as long as it is on its way.
#[test]
fn a_link_is_good_once_and_until_its_end() {
    let open = [opened(owed_dollars(), None, 0), offered(1, owed_dollars())];
    let refund = open.iter().fold(None, |refund, event| Some(applied(refund.as_ref(), event, START).refund)).unwrap();
    let at = |refund: &Refund, event: &RefundEvent, ms| step_refund(Some(refund), event, START.plus_ms(ms));
    assert_eq!(at(&refund, &used(1, "lnbcrt1"), 60_000), Err(purchase::Rejected::TooLate));
    let taken = at(&refund, &used(1, "lnbcrt1"), 59_999).unwrap().unwrap().refund;
    // Repeated by a wallet that did not hear the answer, later than its end too.
    assert_eq!(at(&taken, &used(1, "lnbcrt1"), 70_000), Ok(None));
    assert_eq!(at(&taken, &used(1, "lnbcrt2"), 59_999), Err(purchase::Rejected::TooLate));
    // An older link is over when a newer one is offered, when a destination is typed, and when less is owed.
    for event in [
        offered(2, owed_dollars()),
        RefundEvent::DestinationGiven { destination: address() },
        RefundEvent::Reclaimed { amount: usd("4") },
    ] {
        let next = at(&refund, &event, 1).unwrap().unwrap().refund;
        assert_eq!(at(&next, &used(1, "lnbcrt1"), 2), Err(purchase::Rejected::TooLate), "{}", event.name());
    }
}

/// A wallet that is gone for good keeps nobody's bitcoin: while nothing is live the shopper names another destination,
/// or takes a link, and what still comes of the old one is dropped.
#[test]
fn a_destination_that_leads_nowhere_is_left() {
    let answered = |refund: &Refund, of: u8, attempt: u32| {
        let RefundEvent::Prepared { send, .. } = prepared(of, owed_dollars()) else { unreachable!() };
        step_refund(Some(refund), &RefundEvent::Prepared { send, attempt }, START).unwrap()
    };
    let failed = |refund: &Refund| {
        let event = RefundEvent::PrepareFailed { reason: why(), ask_again: false, attempt: refund.attempts };
        applied(Some(refund), &event, START).refund
    };
    let mut refund = applied(None, &opened(owed_dollars(), Some(address()), 0), START).refund;
    for _ in 1..3 {
        refund = failed(&refund);
        assert!(!refund.destination_refused(), "it may be back in a moment");
        refund = applied(Some(&refund), &RefundEvent::RetryDue, START).refund;
    }
    let refund = failed(&refund);
    assert!(refund.destination_refused());

    let elsewhere = RefundEvent::DestinationGiven { destination: invoice("lnbcrt9") };
    let moved = applied(Some(&refund), &elsewhere, START).refund;
    assert_eq!((moved.state, moved.attempts), (RefundState::Preparing, 4));
    assert!(!moved.destination_refused());
    assert_eq!(answered(&moved, 1, 3), None, "the old address has answered at last");
    assert_eq!(answered(&moved, 2, 4).map(|step| step.refund.state), Some(RefundState::Sending));

    let linked = applied(Some(&refund), &offered(1, owed_dollars()), START).refund;
    assert_eq!(linked.state, RefundState::AwaitingDestination);
    assert_eq!(answered(&linked, 1, 3), None);
    assert_eq!(step_refund(Some(&linked), &RefundEvent::RetryDue, START), Ok(None));
    assert!(step_refund(Some(&linked), &used(1, "lnbcrt1"), START).unwrap().is_some());
}

/// An invoice that could not be paid, given again: the shopper is asked for another. An address that answers with it is
/// asked later.
#[test]
fn a_hash_that_failed_is_not_tried_again() {
    for (first, then) in [(invoice("lnbcrt1"), RefundState::AwaitingDestination), (address(), RefundState::Preparing)] {
        let way = [opened(owed_dollars(), Some(first.clone()), 0), prepared(1, owed_dollars()), failed(1)];
        let mut refund =
            way.iter().fold(None, |refund, event| Some(applied(refund.as_ref(), event, START).refund)).unwrap();
        let next = match refund.state {
            RefundState::AwaitingDestination => RefundEvent::DestinationGiven { destination: first },
            _ => RefundEvent::RetryDue,
        };
        refund = applied(Some(&refund), &next, START).refund;
        let step = applied(Some(&refund), &prepared(1, owed_dollars()), START);
        assert_eq!(step.refund.state, then);
        assert!(step.effects.is_empty() && step.bookings.is_empty(), "{step:?}");
        assert!(step.refund.last_problem.is_some());
    }
}

/// What is said next, more or less to the point.
fn any_event(pick: u8, of: u8, refund: &Refund) -> RefundEvent {
    let live = refund.send.as_ref().map_or(of, |send| send.payment_hash.0[0]);
    match pick % 14 {
        0 | 1 => prepared(of, refund.amount),
        2 => succeeded(live),
        3 | 4 => failed(live),
        5 => RefundEvent::DestinationGiven { destination: address() },
        6 => RefundEvent::DestinationGiven { destination: invoice(&format!("lnbcrt{of}")) },
        7 => RefundEvent::RetryDue,
        8 => RefundEvent::WaitEnded,
        9 => RefundEvent::Reclaimed { amount: usd(["0.01", "3", "10"][usize::from(of) % 3]) },
        10 => RefundEvent::PrepareFailed {
            reason: why(),
            ask_again: of.is_multiple_of(2),
            attempt: [0, refund.attempts, refund.attempts + 1][usize::from(of) % 3],
        },
        11 => offered(of, refund.amount),
        12 => used(refund.link.as_ref().map_or(of, |link| link.hash.0[0]), &format!("lnbcrt{of}")),
        _ => all()[usize::from(of) % all().len()].1.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// At most one hash is live, none comes twice, the end is the end, and what was owed is paid, taken back or owed.
    #[test]
    fn always(bitcoin: bool, known: bool, picks in prop::collection::vec((any::<u8>(), 0u8..12), 0..60)) {
        let owed = if bitcoin { OwedAmount::Bitcoin(msat(5_000)) } else { owed_dollars() };
        let first = opened(owed, known.then(address), u64::from(known) * WAIT_MS);
        let mut refund = applied(None, &first, START).refund;
        let mut log = vec![(first, START)];
        let (mut live, mut used, mut sequence) = (None, Vec::new(), refund.effects);
        let (mut priced, mut pending, mut cancelled) = (0i128, 0i128, 0);
        for (index, (pick, of)) in picks.into_iter().enumerate() {
            let now = START.plus_ms(index as u64 * 1_000);
            let event = any_event(pick, of, &refund);
            let Ok(Some(step)) = step_refund(Some(&refund), &event, now) else { continue };
            let next = step.refund;
            prop_assert!(next != refund || !step.timers.is_empty(), "{} was applied and changed nothing", event.name());
            round_trip(&event);
            round_trip(&next);
            match &event {
                RefundEvent::SendSucceeded { payment_hash, .. } | RefundEvent::SendFailed { payment_hash, .. } => {
                    prop_assert_eq!(live.take(), Some(*payment_hash));
                }
                _ => {}
            }
            for (number, effect) in &step.effects {
                round_trip(effect);
                sequence += 1;
                prop_assert_eq!(*number, sequence);
                if let RefundEffect::Send { send } = effect {
                    let again = live == Some(send.payment_hash);
                    prop_assert!(again || (live.is_none() && !used.contains(&send.payment_hash)));
                    live = Some(send.payment_hash);
                    used.push(send.payment_hash);
                }
            }
            for booking in &step.bookings {
                match booking {
                    Booking::RefundPriced { owed, .. } => priced += i128::from(owed.minor()),
                    Booking::RefundUnpriced { owed, .. } => priced -= i128::from(owed.minor()),
                    Booking::RefundCancelled { owed } => {
                        prop_assert!(!owed.is_zero());
                        cancelled += owed.minor();
                    }
                    Booking::RefundStarted { amount_msat, .. } => pending += i128::from(amount_msat.get()),
                    Booking::RefundFailed { amount_msat, .. } => pending -= i128::from(amount_msat.get()),
                    Booking::RefundSent { amount_msat, .. } => {
                        prop_assert!(!amount_msat.is_zero());
                        pending -= i128::from(amount_msat.get());
                    }
                    other => prop_assert!(false, "a refund does not book {:?}", other),
                }
            }
            prop_assert!(!refund.state.terminal() || next.state == refund.state, "a terminal state was left");
            prop_assert_eq!(live.is_some(), next.state == RefundState::Sending);
            prop_assert_eq!(pending > 0, live.is_some(), "pending while a hash is live, and only then");
            if let OwedAmount::Currency(left) = next.amount {
                prop_assert_eq!(left.minor() + cancelled, 1_000);
                let out = matches!(next.state, RefundState::Sending | RefundState::Paid);
                prop_assert_eq!(priced, if out { i128::from(left.minor()) } else { 0 });
            }
            refund = next;
            log.push((event, now));
        }
        let again = log.iter().fold(None, |refund, (event, at)| Some(applied(refund.as_ref(), event, *at).refund));
        prop_assert_eq!(again, Some(refund));
    }
}
