//! The auditor finds what it is there to find: defects planted in the outside, in the rows, and in the books.

use faultsim::auditor::audit;
use faultsim::outside::{Defect, HoldIs};
use faultsim::scenarios::{ALL, Scenario, play};
use faultsim::{Plan, World};

fn scenario(name: &str) -> &'static Scenario {
    ALL.iter().find(|s| s.name == name).expect("a scenario of that name")
}

fn played(name: &str, defect: Option<Defect>) -> World {
    let mut world = World::new(1, Plan::default());
    world.shared.lock().books.planted = defect;
    play(&mut world, scenario(name));
    world
}

#[track_caller]
fn finds(world: &World, words: &str) {
    let wrong = audit(world);
    assert!(wrong.iter().any(|line| line.contains(words)), "`{words}` is not among {wrong:#?}");
}

#[test]
fn a_good_run_is_good() {
    assert_eq!(audit(&played("purchase", None)), Vec::<String>::new());
}

#[test]
fn a_node_that_confirms_without_claiming() {
    let world = played("purchase", Some(Defect::ConfirmsWithoutClaiming));
    finds(&world, "was approved before its bitcoin was ours");
    finds(&world, "ledger lightning:node BTC");
}

#[test]
fn a_card_left_open() {
    finds(&played("cancelled", Some(Defect::LeavesCardsOpen)), "is open");
}

#[test]
fn an_exchange_that_sells_less_than_it_says() {
    finds(&played("purchase", Some(Defect::SellsLess)), "ledger exchange:model-exchange BTC");
}

#[test]
fn a_dropped_posting_and_a_dropped_line() {
    let world = played("purchase", None);
    let saved = world.store.rows().clone();
    world.store.rows().entries.pop();
    world.store.rows().postings.pop();
    finds(&world, "posting (");
    finds(&world, "the trial balance of");
    *world.store.rows() = saved;
    {
        let mut rows = world.store.rows();
        let claimed: Vec<bool> = rows.entries.iter().map(|(_, e)| e.template != "hold_claimed").collect();
        assert!(claimed.contains(&false), "there is such a posting");
        let mut keep = claimed.iter();
        rows.postings.retain(|_| *keep.next().expect("as many"));
        let mut keep = claimed.iter();
        rows.entries.retain(|_| *keep.next().expect("as many"));
    }
    finds(&world, "ledger lightning:node BTC");
    finds(&world, "pending is left");
}

#[test]
fn a_hold_that_nobody_ended() {
    let world = played("cancelled", None);
    world.shared.lock().books.node.holds.values_mut().for_each(|hold| hold.is = HoldIs::Held);
    finds(&world, "the node still holds");
}

#[test]
fn an_approval_before_the_claim() {
    let world = played("purchase", None);
    world.shared.lock().books.issuer.charges.values_mut().for_each(|charge| charge.approved_seq = Some(0));
    finds(&world, "was approved before its bitcoin was ours");
}

#[test]
fn a_refund_paid_twice_a_sale_made_twice() {
    let world = played("voided", None);
    {
        let mut inner = world.shared.lock();
        let sends: Vec<_> = inner.books.node.sends.iter().map(|(hash, send)| (*hash, send.clone())).collect();
        let (_, send) = sends.first().expect("a refund was sent").clone();
        inner.books.node.sends.insert(ids::PaymentHash([1; 32]), send);
        let sale = inner.books.exchange.sales[0].clone();
        inner.books.exchange.sales.push(sale);
    }
    finds(&world, "a send of no refund");
    finds(&world, "was sold twice");
    finds(&world, "got 496759 sat and sold");
}

#[test]
fn a_refund_that_is_short() {
    let world = played("late-answer", None);
    world.shared.lock().books.node.sends.values_mut().for_each(|send| send.amount_msat -= 1);
    finds(&world, "got back");
}
