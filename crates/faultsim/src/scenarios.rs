//! Scripts: what shopper and store do, whatever goes wrong. Each ends with everything healed and all windows over.

mod rails;

use crate::outside::funds_arrive;
use crate::outside::issuer::{Later, force_capture, store_charges, store_goes_on};
use crate::outside::node::payer_pays;
use crate::world::World;
use engine::{NewPurchase, NewQuote};
use ids::{AccountId, Nonce, PaymentHash, PurchaseId, RefundId};
use money::{Bps, Currency, Money};
use ports::ChargeKind;
use purchase::{ClaimOn, Destination, Flow, FundsSource, Policy};
use serde_json::Value;

/// The reference order, minor units.
pub const TOTAL: u64 = 2_711;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;
/// Up to this a charge may be a check, minor units.
pub const CHECK_MAX: u64 = 100;

/// One script.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    pub script: fn(&mut World),
}

/// All scripts.
pub const ALL: &[Scenario] = &[
    Scenario { name: "purchase", script: purchase },
    Scenario { name: "reveal", script: reveal },
    Scenario { name: "declined", script: declined },
    Scenario { name: "abandoned", script: abandoned },
    Scenario { name: "cancelled", script: cancelled },
    Scenario { name: "card-first", script: card_first },
    Scenario { name: "card-first-reveal", script: card_first_reveal },
    Scenario { name: "overcharge", script: overcharge },
    Scenario { name: "tax-change", script: tax_change },
    Scenario { name: "check", script: check },
    Scenario { name: "partial", script: partial },
    Scenario { name: "voided", script: voided },
    Scenario { name: "late-answer", script: late_answer },
    Scenario { name: "store-refund", script: store_refund },
    Scenario { name: "refund-reversed", script: refund_reversed },
    Scenario { name: "force-capture", script: forced },
    Scenario { name: "remainder-too-small", script: remainder },
    Scenario { name: "gift-card", script: gift_card },
    Scenario { name: "gift-send-failed", script: gift_send_failed },
    Scenario { name: "gift-vendor-failed", script: gift_vendor_failed },
    Scenario { name: "gift-taken-on-route", script: gift_taken },
    Scenario { name: "paid-first", script: paid_first },
    Scenario { name: "paid-first-late", script: paid_first_late },
    Scenario { name: "paid-first-twice", script: paid_first_twice },
    Scenario { name: "paid-first-short", script: paid_first_short },
    Scenario { name: "paid-first-linked", script: paid_first_linked },
    Scenario { name: "paid-first-linked-late", script: paid_first_linked_late },
    Scenario { name: "overpaid", script: overpaid },
    Scenario { name: "lnurl", script: rails::fetched },
    Scenario { name: "lnurl-turned-back", script: rails::turned_back },
];

/// The script, then everything answered, every window over.
pub fn play(w: &mut World, scenario: &Scenario) {
    (scenario.script)(w);
    w.shared.heal();
    w.run_for(60 * DAY);
    // A refund may ask for another destination; the shopper gives one.
    for id in asking(w) {
        let engine = w.engine().clone();
        let destination = Destination::LightningAddress { address: "other@wallet.test".to_owned() };
        let _ = w.ask(SECOND, async move { engine.give_destination(id, destination).await.is_ok() });
    }
    w.run_for(60 * DAY);
}

fn asking(w: &World) -> Vec<RefundId> {
    let rows = w.store.rows();
    let asks = rows.aggregates.values().filter(|a| a.index.status == "awaiting_destination");
    asks.map(|a| RefundId(a.at.id)).collect()
}

fn policy(flow: Flow, claim_on: ClaimOn) -> Policy {
    Policy {
        flow,
        claim_on,
        funds_source: (flow == Flow::PaidFirst).then_some(FundsSource::OnChain),
        tolerance_minor: 50,
        splits: false,
        check_minor_max: CHECK_MAX,
        checks_max: 3,
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

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap_or(Money::zero(Currency::USD))
}

fn state(w: &World, id: PurchaseId) -> Value {
    let rows = w.store.rows();
    let stored = rows.aggregates.get(&id.into());
    stored.and_then(|s| serde_json::from_str(&s.state).ok()).unwrap_or_default()
}

fn status(w: &World, id: PurchaseId) -> String {
    state(w, id)["state"].as_str().unwrap_or_default().to_owned()
}

fn any_purchase(w: &World) -> Option<PurchaseId> {
    let rows = w.store.rows();
    rows.aggregates.keys().find(|at| at.kind == ports::AggregateKind::Purchase).map(|at| PurchaseId(at.id))
}

/// Asks until there is one; a shopper whose answer was lost finds it in the list.
fn create(w: &mut World, flow: Flow, claim_on: ClaimOn) -> Option<PurchaseId> {
    create_by(w, policy(flow, claim_on))
}

fn create_by(w: &mut World, policy: Policy) -> Option<PurchaseId> {
    let flow = policy.flow;
    let id = w.engine().new_purchase_id();
    for _ in 0..4 {
        let request = NewPurchase {
            id,
            account: AccountId([1; 16]),
            store_host: "records.test".to_owned(),
            store_name: "records".to_owned(),
            order_total: (flow != Flow::CardFirst).then(|| usd(TOTAL)),
            currency: Currency::USD,
            nonce: Nonce([4; 16]),
            policy: policy.clone(),
            product_id: (flow == Flow::GiftCard).then(|| "records_test-usa".to_owned()),
            refund_to: None,
            limits: Vec::new(),
        };
        let engine = w.engine().clone();
        let _ = w.ask(30 * SECOND, async move { engine.create(request).await.map(|p| p.id) });
        if let Some(id) = any_purchase(w) {
            return Some(id);
        }
        w.run_for(5 * SECOND);
    }
    None
}

fn wait_past(w: &mut World, id: PurchaseId, states: &[&str], ms_max: u64) -> String {
    w.run_until(ms_max, |w| !states.contains(&status(w, id).as_str()));
    status(w, id)
}

/// Waits for the invoice and pays what it asks and so much more.
fn pay(w: &mut World, id: PurchaseId, more_msat: u64) -> bool {
    if wait_past(w, id, &["quoted"], 6 * MINUTE) != "invoiced" {
        return false;
    }
    w.run_for(2 * SECOND);
    let p = state(w, id);
    let hash = p["invoice"]["payment_hash"].as_str().and_then(|h| h.parse::<PaymentHash>().ok());
    let amount_msat = p["quote"]["amount_msat"].as_u64().unwrap_or_default();
    hash.is_some_and(|hash| payer_pays(&w.shared, hash, amount_msat + more_msat))
}

/// To a card that can be used, held and unclaimed.
fn to_card(w: &mut World, claim_on: ClaimOn, more_msat: u64) -> Option<PurchaseId> {
    let id = create(w, Flow::Card, claim_on)?;
    if !pay(w, id, more_msat) {
        return None;
    }
    let usable = wait_past(w, id, &["invoiced", "held"], 20 * MINUTE) == "card_ready";
    usable.then_some(id)
}

fn card_of(w: &World, id: PurchaseId) -> Option<String> {
    state(w, id)["card"]["card"].as_str().map(str::to_owned)
}

/// One charge; its identifier if it was approved.
fn charge_once(w: &mut World, id: PurchaseId, kind: ChargeKind, minor: u64) -> Option<String> {
    let card = card_of(w, id)?;
    let charge = store_charges(&w.shared, &card, kind, minor);
    let decided = |w: &World| w.shared.lock().books.issuer.charges[&charge].approved;
    w.run_until(10 * SECOND, |w| decided(w).is_some());
    (decided(w) == Some(true)).then_some(charge)
}

/// A store tries a few times.
fn charge(w: &mut World, id: PurchaseId, minor: u64) -> Option<String> {
    (0..4).find_map(|n| {
        if n > 0 {
            w.run_for(20 * SECOND);
        }
        charge_once(w, id, ChargeKind::Authorization, minor)
    })
}

fn later(w: &mut World, charge: &str, what: Later, minor: u64) {
    w.run_for(MINUTE);
    store_goes_on(&w.shared, charge, what, minor);
    w.run_for(MINUTE);
}

/// Charged and captured in full.
fn bought(w: &mut World, more_msat: u64) -> Option<(PurchaseId, String)> {
    let id = to_card(w, ClaimOn::Authorization, more_msat)?;
    let charge = charge(w, id, TOTAL)?;
    later(w, &charge, Later::Capture, TOTAL);
    Some((id, charge))
}

fn ask_reveal(w: &mut World, id: PurchaseId) -> bool {
    (0..3).any(|_| {
        let engine = w.engine().clone();
        let answer = w.ask(30 * SECOND, async move { engine.reveal(id).await.is_ok() });
        answer == Some(true) || {
            w.run_for(5 * SECOND);
            false
        }
    })
}

fn ask_cancel(w: &mut World, id: PurchaseId) {
    for _ in 0..3 {
        let engine = w.engine().clone();
        if w.ask(30 * SECOND, async move { engine.cancel(id).await.is_ok() }) == Some(true) {
            return;
        }
        w.run_for(5 * SECOND);
    }
}

fn purchase(w: &mut World) {
    bought(w, 0);
}

fn overpaid(w: &mut World) {
    bought(w, 77_777);
}

fn reveal(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Reveal, 0) else { return };
    if !ask_reveal(w, id) {
        return;
    }
    w.run_for(DAY);
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

fn partial(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Reveal, 0) else { return };
    if !ask_reveal(w, id) {
        return;
    }
    for part in [1_200, 900] {
        w.run_for(DAY / 2);
        if let Some(charge) = charge(w, id, part) {
            later(w, &charge, Later::Capture, part);
        }
    }
}

fn declined(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Authorization, 0) else { return };
    // Far below the total: not what was ordered.
    let _ = charge_once(w, id, ChargeKind::Authorization, 500);
}

fn overcharge(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Authorization, 0) else { return };
    let _ = charge_once(w, id, ChargeKind::Authorization, TOTAL + 500);
    ask_cancel(w, id);
}

fn tax_change(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Authorization, 0) else { return };
    if let Some(charge) = charge(w, id, TOTAL + 20) {
        later(w, &charge, Later::Capture, TOTAL + 20);
    }
}

fn abandoned(w: &mut World) {
    to_card(w, ClaimOn::Authorization, 0);
    w.run_for(30 * MINUTE);
}

fn cancelled(w: &mut World) {
    if let Some(id) = to_card(w, ClaimOn::Authorization, 0) {
        ask_cancel(w, id);
    }
}

fn check(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Authorization, 0) else { return };
    let _ = charge_once(w, id, ChargeKind::ZeroCheck, 0);
    if let Some(small) = charge_once(w, id, ChargeKind::Authorization, CHECK_MAX) {
        later(w, &small, Later::Reverse, CHECK_MAX);
    }
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

fn prepared(w: &mut World, claim_on: ClaimOn) -> Option<PurchaseId> {
    let id = create(w, Flow::CardFirst, claim_on)?;
    if wait_past(w, id, &["opened"], 5 * MINUTE) != "card_prepared" {
        return None;
    }
    let _ = charge_once(w, id, ChargeKind::ZeroCheck, 0);
    for _ in 0..3 {
        let engine = w.engine().clone();
        let request = NewQuote { order_total: usd(TOTAL), nonce: Nonce([5; 16]), limits: Vec::new() };
        let _ = w.ask(30 * SECOND, async move { engine.requote(id, request).await.is_ok() });
        if status(w, id) != "card_prepared" {
            break;
        }
        w.run_for(5 * SECOND);
    }
    pay(w, id, 0).then_some(id)
}

fn card_first(w: &mut World) {
    let Some(id) = prepared(w, ClaimOn::Authorization) else { return };
    wait_past(w, id, &["invoiced", "held"], 20 * MINUTE);
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

fn card_first_reveal(w: &mut World) {
    let Some(id) = prepared(w, ClaimOn::Reveal) else { return };
    wait_past(w, id, &["invoiced", "held", "claiming"], 20 * MINUTE);
    w.run_for(MINUTE);
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

fn voided(w: &mut World) {
    let Some(id) = to_card(w, ClaimOn::Authorization, 0) else { return };
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Reverse, TOTAL);
    }
}

fn late_answer(w: &mut World) {
    w.shared.lock().books.node.confirm_ms = Some(5 * SECOND);
    let Some(id) = to_card(w, ClaimOn::Authorization, 0) else { return };
    // Declined for want of a confirmation, and the store does not try again.
    let _ = charge_once(w, id, ChargeKind::Authorization, TOTAL);
}

fn store_refund(w: &mut World) {
    let Some((_, charge)) = bought(w, 0) else { return };
    w.run_for(20 * DAY);
    later(w, &charge, Later::Refund, 1_111);
}

fn refund_reversed(w: &mut World) {
    let Some((_, charge)) = bought(w, 0) else { return };
    later(w, &charge, Later::Refund, 1_111);
    later(w, &charge, Later::TakeRefundBack, 1_111);
}

fn forced(w: &mut World) {
    let Some((id, _)) = bought(w, 0) else { return };
    if let Some(card) = card_of(w, id) {
        force_capture(&w.shared, &card, 333);
    }
    w.run_for(MINUTE);
}

/// What the first order leaves is less than the exchange takes: it is not tried again, and counted as not sold.
fn remainder(w: &mut World) {
    {
        let mut inner = w.shared.lock();
        (inner.books.exchange.leaves_sat, inner.books.exchange.minimum_sat) = (3_000, 5_000);
    }
    let _ = bought(w, 0);
}

fn gift(w: &mut World) {
    let Some(id) = create(w, Flow::GiftCard, ClaimOn::Authorization) else { return };
    if pay(w, id, 0) {
        wait_past(w, id, &["invoiced", "paying_vendor", "claiming", "funded"], 20 * MINUTE);
    }
}

fn gift_card(w: &mut World) {
    gift(w);
}

fn gift_send_failed(w: &mut World) {
    w.shared.lock().books.vendor_node.sends_fail = true;
    gift(w);
}

fn gift_vendor_failed(w: &mut World) {
    w.shared.lock().books.misc.gifts_fail = true;
    gift(w);
}

/// The shopper pays, and the vendor's node keeps it: nothing arrives here.
fn gift_taken(w: &mut World) {
    let Some(id) = create(w, Flow::GiftCard, ClaimOn::Authorization) else { return };
    if wait_past(w, id, &["quoted"], 6 * MINUTE) == "invoiced" {
        w.shared.lock().books.misc.gifts_taken = true;
        w.shared.note("the vendor takes the shopper's HTLC on its way");
    }
}

/// Confirmed as often as it takes, from this source.
fn confirmed(w: &mut World, source: FundsSource) -> Option<PurchaseId> {
    let first = policy(Flow::PaidFirst, ClaimOn::Authorization);
    let id = create_by(w, Policy { funds_source: Some(source), ..first })?;
    for _ in 0..4 {
        let engine = w.engine().clone();
        let _ = w.ask(30 * SECOND, async move { engine.confirm_funds(id).await.is_ok() });
        if state(w, id)["funds_confirmed"].as_bool() == Some(true) {
            break;
        }
        w.run_for(5 * SECOND);
    }
    (wait_past(w, id, &["quoted"], 6 * MINUTE) == "awaiting_funds").then_some(id)
}

/// The funds asked for, less some, so much later.
fn funds(w: &mut World, less_msat: u64, wait_ms: u64) -> Option<PurchaseId> {
    let id = confirmed(w, FundsSource::OnChain)?;
    w.run_for(wait_ms);
    let asked = state(w, id)["quote"]["amount_msat"].as_u64().unwrap_or_default();
    funds_arrive(&w.shared, asked - less_msat).then_some(id)
}

fn paid_first(w: &mut World) {
    let Some(id) = funds(w, 0, 10 * SECOND) else { return };
    wait_past(w, id, &["awaiting_funds", "funded"], 20 * MINUTE);
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

fn paid_first_late(w: &mut World) {
    funds(w, 0, 80 * MINUTE);
}

/// The address is paid once more, when the purchase has what it asked for.
fn paid_first_twice(w: &mut World) {
    let Some(id) = funds(w, 0, 10 * SECOND) else { return };
    wait_past(w, id, &["awaiting_funds", "funded"], 20 * MINUTE);
    let asked = state(w, id)["quote"]["amount_msat"].as_u64().unwrap_or_default();
    funds_arrive(&w.shared, asked + 70_000);
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

/// What leaves the linked account arrives so much later.
fn linked_funds(w: &mut World, wait_ms: u64) -> Option<PurchaseId> {
    let id = confirmed(w, FundsSource::LinkedAccount)?;
    w.run_for(wait_ms);
    let asked = state(w, id)["quote"]["amount_msat"].as_u64().unwrap_or_default();
    funds_arrive(&w.shared, asked).then_some(id)
}

fn paid_first_linked(w: &mut World) {
    let Some(id) = linked_funds(w, 10 * SECOND) else { return };
    wait_past(w, id, &["awaiting_funds", "funded"], 20 * MINUTE);
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

fn paid_first_linked_late(w: &mut World) {
    linked_funds(w, 40 * MINUTE);
}

fn paid_first_short(w: &mut World) {
    funds(w, 50_000, 10 * SECOND);
}
