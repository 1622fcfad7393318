//! Shoppers, payers and stores that want more than they paid for, over several purchases: what each gains, counted in
//! the books of node and issuer, and the bound that it stays within. Thieves and crowds are in
//! `web/tests/api/adversaries.rs`; `docs/threat-model.md` names the test of each line.

mod payees;
mod play;

use engine::{CommandError, Config};
use faultsim::World;
use faultsim::auditor::audit;
use faultsim::outside::issuer::Later;
use faultsim::outside::{HoldEntry, HoldIs};
use faultsim::scenarios::TOTAL;
use ids::PaymentHash;
use play::*;
use ports::NodeEvent;
use purchase::{RefundState, State};

const STORE: &str = "www.records.test";

/// The spread that honest and other shoppers pay for a purchase, and a rounding, at most.
fn spreads(purchases: u64) -> i128 {
    worth_msat(TOTAL * purchases) / 90
}

fn hold(w: &World, hash: PaymentHash) -> HoldEntry {
    w.shared.lock().books.node.holds[&hash].clone()
}

/// A node that does not refuse a second payer announces it as another HTLC for the same hash.
fn announce(w: &mut World, hash: PaymentHash) {
    let (amount_msat, claim_deadline) = {
        let entry = hold(w, hash);
        (money::Msat::new(entry.asked_msat).expect("an amount"), entry.deadline + 90)
    };
    let engine = w.engine().clone();
    let event = NodeEvent::HtlcHeld { payment_hash: hash, amount_msat, claim_deadline };
    let stored =
        w.ask(SECOND, async move { engine.on_node_event(engine.ports().nodes.first().node_id(), &event).await });
    assert_eq!(stored, Some(Ok(())));
    w.run_for(2 * SECOND);
}

/// An exchange that does not answer: what is claimed meanwhile is at the operator's risk, and bounded.
#[test]
fn nothing_is_quoted_beyond_what_may_be_unsold() {
    let mut w = with(Config { exposure_sat_max: 900_000, ..Config::default() });
    w.shared.silence("exchange.sell");
    w.shared.silence("exchange.sale_status");
    let (id, _) = bought(&mut w, account(1), STORE);
    let amount = purchase(&w, id).sale.expect("a sale").wanted.get();
    assert_eq!(unsold(&mut w), (amount, 0));
    assert!(matches!(asks(&mut w, account(2), STORE), Err(CommandError::NotNow)), "{amount} and as much again");
    w.shared.heal();
    w.run_for(10 * MINUTE);
    assert_eq!(unsold(&mut w), (0, 0));
    bought(&mut w, account(2), STORE);
    w.run_for(10 * DAY);
    assert_eq!(audit(&w), Vec::<String>::new());
}

/// What a sale has given up counts until a person has sold it.
#[test]
fn a_sale_given_up_is_exposed_until_it_is_cleared() {
    let mut w = with(Config { exposure_sat_max: 900_000, ..Config::default() });
    w.shared.lock().books.exchange.empty = true;
    let (id, _) = bought(&mut w, account(1), STORE);
    w.run_for(10 * MINUTE);
    let amount = purchase(&w, id).sale.expect("a sale").wanted.get();
    assert_eq!(unsold(&mut w), (0, amount));
    assert!(matches!(asks(&mut w, account(2), STORE), Err(CommandError::NotNow)));
    let store = w.store.clone();
    w.ask(SECOND, async move { engine::clear_borne(&store, "unsold:exposed").await })
        .expect("cleared")
        .expect("a count");
    assert_eq!(unsold(&mut w), (0, 0));
    asks(&mut w, account(2), STORE).expect("quoted again");
}

/// The second shopper gains nothing and loses nothing, and the first one's purchase goes on as if there were no other.
#[test]
fn a_second_payer_of_one_hash_while_it_is_held() {
    let mut w = world();
    let id = to_card(&mut w, account(1), STORE).expect("begun");
    let hash = hash_of(&w, id);
    assert!(!pays(&mut w, id), "the node refuses it");
    announce(&mut w, hash);
    // Failing the hash would fail the whole hold: the first payer's.
    assert_eq!((hold(&w, hash).is, purchase(&w, id).state), (HoldIs::Held, State::CardReady));
    let charge = charges(&mut w, id);
    then(&mut w, &charge, Later::Capture);
    w.run_for(10 * DAY);
    assert_eq!((purchase(&w, id).state, hold(&w, hash).is), (State::Completed, HoldIs::Claimed));
    assert!(gained_msat(&w) <= 0);
    assert_eq!(audit(&w), Vec::<String>::new());
}

#[test]
fn a_second_payer_of_one_hash_after_it_was_returned() {
    let mut w = world();
    let id = to_card(&mut w, account(1), STORE).expect("begun");
    cancels(&mut w, id);
    let hash = hash_of(&w, id);
    assert_eq!(hold(&w, hash).is, HoldIs::Returned);
    assert!(!pays(&mut w, id), "the node refuses it");
    // One that holds it all the same: it goes back, and the purchase stays over.
    w.shared.lock().books.node.holds.get_mut(&hash).expect("a hold").is = HoldIs::Held;
    announce(&mut w, hash);
    assert_eq!((hold(&w, hash).is, purchase(&w, id).state), (HoldIs::Returned, State::Returned));
    w.run_for(10 * DAY);
    assert_eq!(audit(&w), Vec::<String>::new());
}

/// The preimage is known by then: whoever is on the second payer's route could take it, but not we.
#[test]
fn a_second_payer_of_one_hash_after_the_claim() {
    let mut w = world();
    let (id, _) = bought(&mut w, account(1), STORE);
    let hash = hash_of(&w, id);
    let claimed = hold(&w, hash);
    assert!(!pays(&mut w, id), "the node refuses it");
    announce(&mut w, hash);
    w.run_for(10 * DAY);
    let after = hold(&w, hash);
    assert_eq!((after.is, after.held_msat), (HoldIs::Claimed, claimed.held_msat), "claimed once");
    assert_eq!(purchase(&w, id).owed.len(), 0, "nothing of it was anybody's");
    assert_eq!(audit(&w), Vec::<String>::new());
}

/// An invoice says whose purchase it is, not who pays: who pays another's has made a present, and nothing else moves.
#[test]
fn a_shopper_who_pays_the_invoice_of_another() {
    let mut w = world();
    let hers = asks(&mut w, account(1), STORE).expect("begun");
    let his = asks(&mut w, account(2), STORE).expect("begun");
    assert_ne!(hash_of(&w, hers), hash_of(&w, his));
    assert!(pays(&mut w, hers), "with his wallet");
    let charge = charges(&mut w, hers);
    then(&mut w, &charge, Later::Capture);
    w.run_for(10 * MINUTE);
    assert_eq!((purchase(&w, hers).state, purchase(&w, his).state), (State::Completed, State::Expired));
    assert_eq!(purchase(&w, his).card, None, "no card for what was not paid");
    assert!(gained_msat(&w) <= 0);
    w.run_for(10 * DAY);
    assert_eq!(audit(&w), Vec::<String>::new());
}

/// Five voids in a row, then five captures: early paybacks stop at the account's exposure, and what was not yet paid
/// back is owed no more.
#[test]
fn voids_then_captures_gain_no_more_than_the_early_exposure() {
    let mut w = world();
    let early = Config::default().early_refund_minor_max;
    let all: Vec<_> = (0..5).map(|_| voided(&mut w, account(1), STORE)).collect();
    let paid_early = usize::try_from(early / TOTAL).expect("a few");
    let states: Vec<_> = all.iter().map(|(id, _)| is(&w, *id)).collect();
    assert_eq!(states[..paid_early], [RefundState::Paid; 3]);
    assert_eq!(states[paid_early..], [RefundState::Waiting; 2]);
    for (_, charge) in &all {
        then(&mut w, charge, Later::Capture);
    }
    let states: Vec<_> = all.iter().map(|(id, _)| is(&w, *id)).collect();
    assert_eq!(states[paid_early..], [RefundState::Cancelled; 2]);
    let gained = gained_msat(&w);
    assert!(gained <= worth_msat(early), "{gained} msat");
    assert!(gained >= worth_msat(3 * TOTAL) - spreads(5), "the attack was played: {gained} msat");
    // And it was the last time: what the operator bore is over its bound.
    assert!(matches!(asks(&mut w, account(1), STORE), Err(CommandError::AccountSuspended)));
    w.run_for(30 * DAY);
    assert_eq!(gained_msat(&w), gained, "nothing follows later");
}

/// One capture after a payback: from then on that account waits out the settlement window, at every store.
#[test]
fn a_capture_after_a_payback_ends_early_refunds_of_the_account() {
    let mut w = world();
    let (first, charge) = voided(&mut w, account(1), STORE);
    assert_eq!(is(&w, first), RefundState::Paid);
    then(&mut w, &charge, Later::Capture);
    let (second, _) = voided(&mut w, account(1), "other.test");
    assert_eq!(is(&w, second), RefundState::Waiting);
    // Another's account is as it was, and so is this one when the operator has cleared it.
    let (others, _) = voided(&mut w, account(2), STORE);
    assert_eq!(is(&w, others), RefundState::Paid);
    let store = w.store.clone();
    let name = format!("breaches:{}", account(1));
    let cleared = w.ask(SECOND, async move { engine::clear_borne(&store, &name).await });
    assert!(matches!(cleared, Some(Ok(Some(_)))));
    let (third, _) = voided(&mut w, account(1), STORE);
    assert_eq!(is(&w, third), RefundState::Paid);
    // What waited is paid when nothing can be taken back any more.
    w.run_for(8 * DAY);
    assert_eq!(is(&w, second), RefundState::Paid);
}

/// The store refunds what it has captured, and takes the refund back once the shopper has it.
#[test]
fn refunds_then_reversals_gain_no_more_than_the_early_exposure() {
    let mut w = world();
    let early = Config::default().early_refund_minor_max;
    let all: Vec<_> = (0..5).map(|_| bought(&mut w, account(1), STORE)).collect();
    for (_, charge) in &all {
        then(&mut w, charge, Later::Refund);
    }
    let paid = all.iter().filter(|(id, _)| is(&w, *id) == RefundState::Paid).count() as u64;
    assert_eq!(paid, early / TOTAL);
    for (_, charge) in &all {
        then(&mut w, charge, Later::TakeRefundBack);
    }
    let gained = gained_msat(&w);
    assert!(gained <= worth_msat(early), "{gained} msat");
    assert!(gained >= worth_msat(3 * TOTAL) - spreads(5), "the attack was played: {gained} msat");
    let (next, charge) = bought(&mut w, account(1), "other.test");
    then(&mut w, &charge, Later::Refund);
    assert_eq!(is(&w, next), RefundState::Waiting, "early refunds are over");
    w.run_for(30 * DAY);
    assert!(gained_msat(&w) <= gained, "nothing follows later");
}

/// A store with many accounts in league: early paybacks at one merchant are bounded whoever is paid back, also if it
/// shows a new host each time.
#[test]
fn many_accounts_at_one_store_gain_no_more_than_the_stores_exposure() {
    let mut w = world();
    let early = Config::default().early_refund_store_minor_max;
    let all: Vec<_> = (1..=20).map(|n| voided(&mut w, account(n), &format!("a{n}.records.test"))).collect();
    let paid = all.iter().filter(|(id, _)| is(&w, *id) == RefundState::Paid).count() as u64;
    assert_eq!(paid, early / TOTAL);
    for (_, charge) in &all {
        then(&mut w, charge, Later::Capture);
    }
    let gained = gained_msat(&w);
    assert!(gained <= worth_msat(early), "{gained} msat");
    assert!(gained >= worth_msat(paid * TOTAL) - spreads(20), "the attack was played: {gained} msat");
}

/// Nothing stops a capture that nobody approved; what stops is the next purchase.
#[test]
fn forced_captures_gain_no_more_than_the_bound_and_one_order() {
    let mut w = world();
    let (of_account, of_store) = (Config::default().borne_account_minor_max, Config::default().borne_store_minor_max);
    let mut stolen = 0;
    for number in 1..=9 {
        let before = stolen;
        while steals(&mut w, account(number), STORE).is_ok() {
            stolen += TOTAL;
            assert!(stolen - before <= of_account + TOTAL, "account {number} got {}", stolen - before);
        }
    }
    assert!(stolen > of_store && stolen <= of_store + TOTAL, "the store got {stolen}");
    assert_eq!(gained_msat(&w), worth_msat(stolen));
    assert!(matches!(asks(&mut w, account(9), STORE), Err(CommandError::StoreSuspended)));
    assert!(matches!(asks(&mut w, account(1), "other.test"), Err(CommandError::AccountSuspended)));
    // Who had nothing to do with it buys elsewhere as ever.
    let gained = gained_msat(&w);
    bought(&mut w, account(30), "other.test");
    assert!(gained_msat(&w) <= gained);
}

/// What the store gives back is no longer borne.
#[test]
fn a_forced_capture_that_is_refunded_is_forgotten() {
    let mut w = world();
    let id = steals(&mut w, account(1), STORE).expect("begun");
    assert_eq!(purchase(&w, id).borne_minor(), TOTAL);
    let forced = w.shared.lock().books.issuer.charges.keys().find(|key| key.starts_with("fc")).cloned();
    then(&mut w, &forced.expect("a forced capture"), Later::Refund);
    assert_eq!(purchase(&w, id).borne_minor(), 0);
    let store = w.store.clone();
    let counts = w.ask(SECOND, async move { engine::borne(&store).await });
    assert_eq!(counts, Some(Ok(Vec::new())));
    for _ in 0..2 {
        steals(&mut w, account(1), STORE).expect("as if it had been the first");
    }
}

/// A few cents more on each order: within the tolerance it is the operator's cost, and an account's has an end.
#[test]
fn the_tolerance_has_an_end() {
    let mut w = world();
    let bound = Config::default().borne_account_minor_max;
    let mut orders = 0;
    let mut borne = 0;
    while let Ok(id) = asks(&mut w, account(1), STORE) {
        assert!(pays(&mut w, id));
        let charge = charges_more(&mut w, id, 50);
        faultsim::outside::issuer::store_goes_on(&w.shared, &charge, Later::Capture, TOTAL + 50);
        w.run_for(MINUTE);
        borne += purchase(&w, id).borne_minor();
        assert_eq!(purchase(&w, id).borne_beyond_tolerance_minor(), 0);
        orders += 1;
        assert!(orders <= 102, "it never ends");
    }
    assert_eq!(borne, orders * 50);
    assert!(borne > bound && borne <= bound + 50, "{borne}");
    // The store is not to blame: others buy there.
    bought(&mut w, account(2), STORE);
}
