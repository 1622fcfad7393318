//! What two threads can do to each other, played on one.

use engine::{AggregateRef, NewPurchase, NewQuote};
use faultsim::scenarios::TOTAL;
use faultsim::{Plan, World};
use ids::{AccountId, Nonce, PurchaseId, UnixMs};
use money::{Bps, Currency, Money};
use ports::TimerRow;
use purchase::{ClaimOn, Flow, Policy, Timer};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;

fn prepared(w: &mut World) -> PurchaseId {
    let engine = w.engine().clone();
    let policy = Policy {
        flow: Flow::CardFirst,
        funds_source: None,
        claim_on: ClaimOn::Authorization,
        tolerance_minor: 50,
        splits: false,
        check_minor_max: 100,
        checks_max: 2,
        blocked_categories: Vec::new(),
        blocked_countries: Vec::new(),
        hold_ms_max: 10 * MINUTE,
        card_open_ms_max: 24 * 60 * MINUTE,
        answer_ms_max: 1_200,
        deadline_margin_blocks: 18,
        min_final_cltv_delta: 120,
        price_fall_max: Bps(100),
        vendor_blocks_max: 60,
        sale_attempts_max: 3,
    };
    let request = NewPurchase {
        id: engine.new_purchase_id(),
        account: AccountId([1; 16]),
        store_host: "records.test".to_owned(),
        store_name: "records".to_owned(),
        order_total: None,
        currency: Currency::USD,
        nonce: Nonce([4; 16]),
        policy,
        product_id: None,
        refund_to: None,
        limits: Vec::new(),
    };
    let begun = w.ask(SECOND, async move { engine.create(request).await.map(|p| p.id) });
    w.run_for(5 * SECOND);
    begun.expect("an answer").expect("begun")
}

fn quoted(w: &mut World, id: PurchaseId) -> u64 {
    let engine = w.engine().clone();
    let order_total = Money::new(TOTAL, Currency::USD).expect("an amount");
    let request = NewQuote { order_total, nonce: Nonce([5; 16]), limits: Vec::new() };
    let quoted = w.ask(SECOND, async move { engine.requote(id, request).await }).expect("an answer").expect("quoted");
    quoted.quote.expect("a quote").expires_at.0
}

fn quote_timer(w: &World, id: PurchaseId) -> Option<u64> {
    w.store.rows().timers.get(&(AggregateRef::from(id), Timer::QUOTE.to_owned())).copied()
}

fn status(w: &World, id: PurchaseId) -> String {
    w.store.rows().aggregates[&id.into()].index.status.clone()
}

/// A timer is looked up, its quote is over, another is given, and only then what was looked up is ended: the new quote
/// keeps its own timer, and does not wait to be paid for ever.
#[test]
fn a_quote_given_meanwhile_keeps_its_timer() {
    let mut w = World::new(1, Plan::default());
    let id = prepared(&mut w);
    let first = quoted(&mut w, id);
    assert_eq!(quote_timer(&w, id), Some(first));
    w.run_for(6 * MINUTE);
    assert_eq!((status(&w, id).as_str(), quote_timer(&w, id)), ("card_prepared", None));
    let second = quoted(&mut w, id);
    let seen = TimerRow { at: id.into(), name: Timer::QUOTE.to_owned(), due_at: UnixMs(first) };
    w.store.rows().seen_before.push(seen);
    let engine = w.engine().clone();
    assert_eq!(w.ask(SECOND, async move { engine.tick().await }), Some(Ok(())));
    assert!(w.store.rows().seen_before.is_empty(), "it was looked at");
    assert_eq!((status(&w, id).as_str(), quote_timer(&w, id)), ("invoiced", Some(second)));
    w.run_for(6 * MINUTE);
    assert_eq!(status(&w, id), "card_prepared");
}

/// A shopper whose answer was lost asks again under the same name: one purchase, one card.
#[test]
fn begun_twice_under_one_name_is_begun_once() {
    let mut w = World::new(1, Plan::default());
    let id = prepared(&mut w);
    let engine = w.engine().clone();
    let before = w.ask(SECOND, async move { engine.purchase(id).await }).expect("an answer").expect("read");
    let before = before.expect("a purchase");
    let again = |account| NewPurchase {
        id,
        account,
        store_host: before.store_host.clone(),
        store_name: before.store_name.clone(),
        order_total: None,
        currency: before.currency,
        nonce: Nonce([4; 16]),
        policy: before.policy.clone(),
        product_id: None,
        refund_to: None,
        limits: Vec::new(),
    };
    let (engine, request) = (w.engine().clone(), again(before.account));
    let same = w.ask(SECOND, async move { engine.create(request).await }).expect("an answer").expect("found");
    assert_eq!(same, before);
    let (engine, request) = (w.engine().clone(), again(AccountId([9; 16])));
    let others = w.ask(SECOND, async move { engine.create(request).await.is_err() });
    assert_eq!(others, Some(true), "another's is not shown to be there");
    w.run_for(5 * SECOND);
    assert_eq!(w.shared.lock().books.issuer.cards.len(), 1);
}
