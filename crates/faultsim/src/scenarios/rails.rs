//! A wallet that fetches its invoice itself, and one that pays what is over.

use super::{MINUTE, SECOND, TOTAL, charge, create, later, pay, state, wait_past};
use crate::outside::issuer::Later;
use crate::outside::node::payer_pays;
use crate::world::World;
use ids::{PaymentHash, PurchaseId};
use purchase::{ClaimOn, Flow, Rail};

fn live(w: &World, id: PurchaseId) -> Option<PaymentHash> {
    state(w, id)["invoice"]["payment_hash"].as_str()?.parse().ok()
}

/// By another rail, asked a few times. Then somebody pays the invoice that is over: it has to come back.
fn change(w: &mut World, id: PurchaseId, rail: Rail) -> bool {
    if wait_past(w, id, &["quoted"], 6 * MINUTE) != "invoiced" {
        return false;
    }
    let Some(old) = live(w, id) else { return false };
    for _ in 0..4 {
        let engine = w.engine().clone();
        let _ = w.ask(30 * SECOND, async move { engine.choose_rail(id, rail).await.is_ok() });
        w.run_for(2 * SECOND);
        if live(w, id) != Some(old) {
            let amount_msat = state(w, id)["quote"]["amount_msat"].as_u64().unwrap_or_default();
            payer_pays(&w.shared, old, amount_msat);
            w.run_for(2 * SECOND);
            return true;
        }
        w.run_for(5 * SECOND);
    }
    false
}

fn buy(w: &mut World, id: PurchaseId) {
    if !pay(w, id, 0) || wait_past(w, id, &["invoiced", "held"], 20 * MINUTE) != "card_ready" {
        return;
    }
    if let Some(charge) = charge(w, id, TOTAL) {
        later(w, &charge, Later::Capture, TOTAL);
    }
}

pub fn fetched(w: &mut World) {
    let Some(id) = create(w, Flow::Card, ClaimOn::Authorization) else { return };
    if change(w, id, Rail::Lnurl) {
        buy(w, id);
    }
}

pub fn turned_back(w: &mut World) {
    let Some(id) = create(w, Flow::Card, ClaimOn::Authorization) else { return };
    if change(w, id, Rail::Lnurl) && change(w, id, Rail::Bolt11) {
        buy(w, id);
    }
}
