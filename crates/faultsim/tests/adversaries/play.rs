//! Moves of shoppers, stores and payers, and what they come to in bitcoin.

use engine::{CommandError, Config, NewPurchase};
use faultsim::outside::issuer::{Later, force_capture, store_charges, store_goes_on};
use faultsim::outside::node::payer_pays;
use faultsim::outside::others::EXECUTABLE_MINOR;
use faultsim::outside::{HoldIs, SendIs};
use faultsim::scenarios::TOTAL;
use faultsim::{Plan, World};
use ids::{AccountId, Nonce, PaymentHash, PurchaseId};
use money::{Bps, Currency, Money};
use ports::ChargeKind;
use purchase::{ClaimOn, Flow, OwedAmount, Policy, Purchase, Refund, RefundState, State};

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const DAY: u64 = 24 * 60 * MINUTE;

pub fn world() -> World {
    World::new(1, Plan::default())
}

pub fn with(config: Config) -> World {
    World::with(1, Plan::default(), config)
}

/// Satoshi claimed and not sold: sales under way, sales given up.
pub fn unsold(w: &mut World) -> (u64, u64) {
    let store = w.store.clone();
    let unsold = w.ask(SECOND, async move { engine::unsold(&store).await }).expect("an answer").expect("a count");
    (unsold.open_sat, unsold.exposed_sat)
}

pub fn account(number: u8) -> AccountId {
    AccountId([number; 16])
}

fn policy() -> Policy {
    Policy {
        flow: Flow::Card,
        funds_source: None,
        claim_on: ClaimOn::Authorization,
        tolerance_minor: 50,
        splits: false,
        check_minor_max: 100,
        checks_max: 2,
        blocked_categories: Vec::new(),
        blocked_countries: Vec::new(),
        hold_ms_max: 10 * MINUTE,
        card_open_ms_max: 3 * DAY,
        answer_ms_max: 1_200,
        deadline_margin_blocks: 18,
        min_final_cltv_delta: 120,
        price_fall_max: Bps(100),
        vendor_blocks_max: 60,
        sale_attempts_max: 3,
    }
}

/// Asks for the reference order.
pub fn asks(w: &mut World, account: AccountId, store_host: &str) -> Result<PurchaseId, CommandError> {
    let engine = w.engine().clone();
    let request = NewPurchase {
        id: engine.new_purchase_id(),
        account,
        store_host: store_host.to_owned(),
        store_name: "records".to_owned(),
        order_total: Money::new(TOTAL, Currency::USD).ok(),
        currency: Currency::USD,
        nonce: Nonce([4; 16]),
        policy: policy(),
        product_id: None,
        refund_to: None,
        limits: Vec::new(),
    };
    let begun = w.ask(30 * SECOND, async move { engine.create(request).await.map(|p| p.id) }).expect("an answer");
    w.run_for(2 * SECOND);
    begun
}

pub fn purchase(w: &World, id: PurchaseId) -> Purchase {
    let rows = w.store.rows();
    serde_json::from_str(&rows.aggregates[&id.into()].state).expect("a purchase")
}

pub fn hash_of(w: &World, id: PurchaseId) -> PaymentHash {
    purchase(w, id).invoice.expect("an invoice").payment_hash
}

/// A wallet pays what the invoice of a purchase asks; whose it is nobody can tell. True: held.
pub fn pays(w: &mut World, id: PurchaseId) -> bool {
    let amount_msat = purchase(w, id).quote.expect("a quote").amount_msat.get();
    let hash = hash_of(w, id);
    let held = payer_pays(&w.shared, hash, amount_msat);
    w.run_for(2 * SECOND);
    held
}

/// Asked, paid, and a card that can be used.
pub fn to_card(w: &mut World, account: AccountId, store_host: &str) -> Result<PurchaseId, CommandError> {
    let id = asks(w, account, store_host)?;
    assert!(pays(w, id));
    assert_eq!(purchase(w, id).state, State::CardReady);
    Ok(id)
}

fn card_of(w: &World, id: PurchaseId) -> String {
    purchase(w, id).card.and_then(|card| card.card).expect("a card")
}

/// The store charges the whole order and is approved.
pub fn charges(w: &mut World, id: PurchaseId) -> String {
    charges_more(w, id, 0)
}

/// The whole order and a little more.
pub fn charges_more(w: &mut World, id: PurchaseId, more_minor: u64) -> String {
    let card = card_of(w, id);
    let charge = store_charges(&w.shared, &card, ChargeKind::Authorization, TOTAL + more_minor);
    w.run_for(3 * SECOND);
    assert_eq!(w.shared.lock().books.issuer.charges[&charge].approved, Some(true));
    charge
}

pub fn then(w: &mut World, charge: &str, what: Later) {
    store_goes_on(&w.shared, charge, what, TOTAL);
    w.run_for(MINUTE);
}

/// Paid, charged, and voided by the store: the whole order is owed.
pub fn voided(w: &mut World, account: AccountId, store_host: &str) -> (PurchaseId, String) {
    let id = to_card(w, account, store_host).expect("begun");
    let charge = charges(w, id);
    then(w, &charge, Later::Reverse);
    (id, charge)
}

/// Paid, charged and captured, as an honest order.
pub fn bought(w: &mut World, account: AccountId, store_host: &str) -> (PurchaseId, String) {
    let id = to_card(w, account, store_host).expect("begun");
    let charge = charges(w, id);
    then(w, &charge, Later::Capture);
    assert_eq!(purchase(w, id).state, State::Completed);
    (id, charge)
}

/// The store takes the whole order without asking, and the shopper takes the hold back.
pub fn steals(w: &mut World, account: AccountId, store_host: &str) -> Result<PurchaseId, CommandError> {
    let id = to_card(w, account, store_host)?;
    let card = card_of(w, id);
    force_capture(&w.shared, &card, TOTAL);
    w.run_for(SECOND);
    cancels(w, id);
    assert_eq!(purchase(w, id).state, State::Returned);
    Ok(id)
}

pub fn cancels(w: &mut World, id: PurchaseId) {
    let engine = w.engine().clone();
    let done = w.ask(30 * SECOND, async move { engine.cancel(id).await.is_ok() });
    assert_eq!(done, Some(true));
    w.run_for(MINUTE);
}

/// The only refund of a purchase.
pub fn refund(w: &World, id: PurchaseId) -> Refund {
    let rows = w.store.rows();
    let at = engine::AggregateRef::from(engine::refund_id(id, 1));
    serde_json::from_str(&rows.aggregates[&at].state).expect("a refund")
}

pub fn is(w: &World, id: PurchaseId) -> RefundState {
    let refund = refund(w, id);
    assert!(matches!(refund.amount, OwedAmount::Currency(_)));
    refund.state
}

/// Minor units at the model's market, msat, rounded down.
pub fn worth_msat(minor: u64) -> i128 {
    i128::from(minor) * 100_000_000_000 / i128::from(EXECUTABLE_MINOR)
}

/// What stores and shoppers together have got from the operator, less what they gave: from the books of issuer and
/// node alone. What they lose by the spread is on it.
pub fn gained_msat(w: &World) -> i128 {
    let inner = w.shared.lock();
    let captured = u64::try_from(-inner.books.issuer.balance_minor()).expect("stores got something");
    let node = &inner.books.node;
    let sent: u64 = node.sends.values().filter(|s| s.is == SendIs::Succeeded).map(|s| s.amount_msat).sum();
    let claimed: u64 = node.holds.values().filter(|h| h.is == HoldIs::Claimed).map(|h| h.held_msat).sum();
    worth_msat(captured) + i128::from(sent) - i128::from(claimed)
}
