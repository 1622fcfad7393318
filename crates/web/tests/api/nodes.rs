//! Several nodes that hold: an invoice goes where there is room, and a purchase stays at its node.

use crate::fakes::FakeNode;
use crate::setup::{Options, Server, album};
use ids::{NodeId, PaymentHash};
use money::Msat;
use ports::{Clock as _, LightningNode as _, NodeEvent, NodeInfo};
use purchase::State;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const OTHER: NodeId = NodeId([3; 33]);

fn two() -> (Options, Arc<FakeNode>) {
    let other = Arc::new(FakeNode::of(OTHER));
    let mut options = Options { other_node: Some(other.clone()), ..Options::default() };
    options.policy.limits.new_accounts_share = money::Bps(10_000);
    (options, other)
}

/// The second node sees the tip too.
async fn start(options: Options) -> Server {
    let server = Server::with(options).await;
    tip(&server).await;
    server
}

async fn tip(server: &Server) {
    let info = NodeInfo { tip_height: 100, tip_seen_at: server.clock.now(), channels_usable: 1 };
    server.engine.on_tip(OTHER, info).await.unwrap();
}

fn hash_of(purchase: &Value) -> PaymentHash {
    purchase["invoice"]["payment_hash"].as_str().unwrap().parse().unwrap()
}

/// The node that the terms name, which the extension looks for in the key set and in the invoice.
async fn terms_node(shopper: &crate::setup::Shopper<'_>, purchase: &Value) -> String {
    let path = format!("/v1/purchases/{}/terms", purchase["id"].as_str().unwrap());
    shopper.get(&path).await.ok()["node"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_invoice_goes_where_there_is_most_room() {
    let (options, other) = two();
    let server = start(options).await;
    // One of the two purchases fits beside the other only on another node.
    let each = 900_000_000;
    server.node.room_msat.store(each, Ordering::SeqCst);
    other.room_msat.store(each + 1, Ordering::SeqCst);
    let mut nodes = Vec::new();
    for login in ["ada", "ben"] {
        let shopper = server.shopper(login).await;
        let bought = shopper.buy("k").await;
        nodes.push(terms_node(&shopper, &bought).await);
    }
    // What the first was quoted is taken from the other's room.
    let (first, second) = (server.node.node_id().to_string(), OTHER.to_string());
    assert_eq!(nodes, [second, first]);
    let eve = server.shopper("eve").await;
    let full = eve.post("/v1/purchases", "k", &album()).await;
    assert_eq!(full.problem().1, "no_room");
}

#[tokio::test]
async fn one_that_does_not_answer_or_is_behind_is_passed_over() {
    let (options, other) = two();
    let server = start(options).await;
    other.room_msat.store(100_000_000_000, Ordering::SeqCst);
    other.reachable.store(false, Ordering::SeqCst);
    let ada = server.shopper("ada").await;
    let bought = ada.buy("k").await;
    assert_eq!(terms_node(&ada, &bought).await, server.node.node_id().to_string());
    // It answers again; its chain stands still.
    other.reachable.store(true, Ordering::SeqCst);
    let age_ms = server.engine.config().tip_age_ms_max + 1;
    server.later(age_ms).await;
    let ben = server.shopper("ben").await;
    let bought = ben.buy("k").await;
    assert_eq!(terms_node(&ben, &bought).await, server.node.node_id().to_string());
    tip(&server).await;
    let cleo = server.shopper("cleo").await;
    let bought = cleo.buy("k").await;
    assert_eq!(terms_node(&cleo, &bought).await, OTHER.to_string());
}

#[tokio::test]
async fn a_hold_is_returned_by_the_node_that_holds_it() {
    let (options, other) = two();
    let server = start(options).await;
    other.room_msat.store(100_000_000_000, Ordering::SeqCst);
    let ada = server.shopper("ada").await;
    let bought = ada.buy("k").await;
    let payment_hash = hash_of(&bought);
    let amount_msat = Msat::new(bought["quote"]["amount_msat"].as_u64().unwrap()).unwrap();
    let held = NodeEvent::HtlcHeld { payment_hash, amount_msat, claim_deadline: 300 };
    server.engine.on_node_event(OTHER, &held).await.unwrap();
    let id = bought["id"].as_str().unwrap();
    ada.post(&format!("/v1/purchases/{id}/cancel"), "c", &Value::Null).await.ok();
    server.past(&bought, &[State::Held, State::CardReady, State::Closing]).await;
    assert_eq!(*other.returned.lock().unwrap(), [payment_hash]);
    assert!(server.node.returned.lock().unwrap().is_empty());
    // An HTLC that nobody asked for goes back where it came.
    let stray = PaymentHash([9; 32]);
    let held = NodeEvent::HtlcHeld { payment_hash: stray, amount_msat, claim_deadline: 300 };
    server.engine.on_node_event(OTHER, &held).await.unwrap();
    assert_eq!(*other.returned.lock().unwrap(), [payment_hash, stray]);
}

#[tokio::test]
async fn what_a_node_holds_that_is_not_configured_any_more_is_not_given_up() {
    let (options, other) = two();
    let server = start(options).await;
    other.room_msat.store(100_000_000_000, Ordering::SeqCst);
    let ada = server.shopper("ada").await;
    let bought = ada.buy("k").await;
    let node = server.engine.ports().nodes.of(Some(NodeId([4; 33])));
    let answer = node.hold_status(hash_of(&bought)).await;
    assert!(matches!(&answer, ports::Outcome::Unknown(why) if why.contains("not configured")), "{answer:?}");
}
