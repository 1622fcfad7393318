//! What follows an authorization: captures, voids, refunds, and the amounts that they leave.

mod common;

use common::{Subscribed, json_of};
use sandbox::lithic::{DriverError, Merchant, Status, TransactionState};
use serde_json::{Value, json};

fn at(status: Status, authorized_minor: i64, held_minor: i64, settled_minor: i64) -> TransactionState {
    TransactionState { status, authorized_minor, held_minor, settled_minor }
}

#[tokio::test]
async fn captures_in_parts_and_beyond() {
    let bench = Subscribed::start().await;
    let issuer = &bench.issuer;
    let token = bench.authorize(2711).await;
    assert_eq!(issuer.available_minor(), 1_000_000 - 2711);
    assert_eq!(issuer.capture(&token, 1860), Ok(at(Status::Settled, 2711, 851, 1860)));
    assert_eq!(issuer.capture(&token, 900), Ok(at(Status::Settled, 2711, 0, 2760)));
    assert_eq!((issuer.total_minor(), issuer.available_minor()), (997_240, 997_240));
    let webhooks = json_of(&bench.quiet().await);
    assert_eq!(webhooks.len(), 3);
    let last = &webhooks[2];
    assert_eq!(last["event_type"], "card_transaction.updated");
    assert_eq!(last["status"], "SETTLED");
    assert_eq!(last["amounts"]["settlement"], json!({ "amount": -2760, "currency": "USD" }));
    assert_eq!(last["settled_amount"], 2760);
    let kinds: Vec<&Value> = last["events"].as_array().expect("events").iter().map(|e| &e["type"]).collect();
    assert_eq!(kinds, ["AUTHORIZATION", "CLEARING", "CLEARING"]);
    assert_eq!(last["events"][0]["amounts"]["settlement"], Value::Null);
    assert_eq!(last["events"][1]["amounts"]["settlement"]["amount"], 1860);
    assert_eq!(last["events"][1]["effective_polarity"], "DEBIT");
}

#[tokio::test]
async fn voids_reversals_expiries_and_captures_after_them() {
    let bench = Subscribed::start().await;
    let issuer = &bench.issuer;
    let token = bench.authorize(2711).await;
    assert_eq!(issuer.reverse_part(&token, 711), Ok(at(Status::Pending, 2711, 2000, 0)));
    assert_eq!(issuer.void(&token), Ok(at(Status::Voided, 2711, 0, 0)));
    assert_eq!(issuer.capture(&token, 2711), Ok(at(Status::Settled, 2711, 0, 2711)), "void, then capture");

    let token = bench.authorize(500).await;
    assert_eq!(issuer.expire(&token), Ok(at(Status::Expired, 500, 0, 0)));
    assert_eq!(issuer.capture(&token, 500), Ok(at(Status::Settled, 500, 0, 500)), "late capture");

    let token = bench.authorize(1000).await;
    assert_eq!(issuer.advise(&token, 1100), Ok(at(Status::Pending, 1100, 1100, 0)));
    assert_eq!(issuer.capture(&token, 1100), Ok(at(Status::Settled, 1100, 0, 1100)));
    assert_eq!(issuer.total_minor(), 1_000_000 - 2711 - 500 - 1100);
}

#[tokio::test]
async fn refunds_and_refunds_taken_back() {
    let bench = Subscribed::start().await;
    let issuer = &bench.issuer;
    let token = bench.authorize(2711).await;
    issuer.capture(&token, 2711).expect("captured");
    let refund = issuer.refund(&bench.card, 2711, Merchant::default()).expect("refunded");
    assert_eq!(issuer.transaction(&refund), Ok(at(Status::Settled, 0, 0, -2711)));
    assert_eq!(issuer.total_minor(), 1_000_000);
    let shown = bench.api.get(&format!("/v1/transactions/{refund}")).await;
    assert_eq!(shown["amounts"]["settlement"]["amount"], 2711);
    assert_eq!(shown["events"][0]["effective_polarity"], "CREDIT");
    assert_eq!(issuer.reverse_refund(&refund), Ok(at(Status::Voided, 0, 0, 0)));
    assert_eq!(issuer.total_minor(), 1_000_000 - 2711);
    assert_eq!(issuer.refund_within(&token, 500), Ok(at(Status::Settled, 2711, 0, 2211)));
    assert_eq!(issuer.reverse_refund(&token), Ok(at(Status::Settled, 2711, 0, 2711)));
}

#[tokio::test]
async fn a_force_capture_cannot_be_refused() {
    let bench = Subscribed::start().await;
    let path = format!("/v1/cards/{}", bench.card);
    bench.api.send("PATCH", &path, Some(json!({ "state": "CLOSED" }))).await;
    let token = bench.issuer.force_capture(&bench.card, 999, Merchant::default()).expect("forced");
    assert_eq!(bench.issuer.transaction(&token), Ok(at(Status::Settled, 0, 0, 999)));
    assert!(bench.receiver.asked().is_empty());
    let webhooks = json_of(&bench.quiet().await);
    assert_eq!(webhooks[0]["event_type"], "card.updated");
    assert_eq!(webhooks[0]["previous_fields"], json!({ "state": "OPEN" }));
    assert_eq!(webhooks[1]["events"][0]["type"], "CLEARING");
}

#[tokio::test]
async fn the_driver_refuses_what_makes_no_sense() {
    let bench = Subscribed::start().await;
    let nobody = "7ef7d65c-9023-4da3-b113-3b8583fd7951";
    assert_eq!(bench.issuer.capture(nobody, 1), Err(DriverError::NoSuchTransaction));
    assert_eq!(bench.issuer.force_capture(nobody, 1, Merchant::default()), Err(DriverError::NoSuchCard));
    let token = bench.authorize(100).await;
    assert!(matches!(bench.issuer.capture(&token, -1), Err(DriverError::NotPossible(_))));
    assert!(matches!(bench.issuer.reverse_refund(&token), Err(DriverError::NotPossible(_))));
}

#[tokio::test]
async fn the_published_simulation_endpoints_do_the_same() {
    let bench = Subscribed::start().await;
    let card = bench.api.get(&format!("/v1/cards/{}", bench.card)).await;
    let authorized = bench
        .api
        .post("/v1/simulate/authorize", json!({ "pan": card["pan"], "amount": 2711, "descriptor": "COFFEE SHOP" }))
        .await;
    let token = authorized["token"].as_str().expect("a token");
    bench.api.post("/v1/simulate/clearing", json!({ "token": token, "amount": 711 })).await;
    bench.api.post("/v1/simulate/void", json!({ "token": token, "type": "AUTHORIZATION_EXPIRY" })).await;
    assert_eq!(bench.issuer.transaction(token), Ok(at(Status::Settled, 2711, 0, 711)));
    let back = bench
        .api
        .post("/v1/simulate/return", json!({ "pan": card["pan"], "amount": 711, "descriptor": "COFFEE SHOP" }))
        .await;
    bench.api.post("/v1/simulate/return_reversal", json!({ "token": back["token"] })).await;
    assert_eq!(bench.issuer.total_minor(), 1_000_000 - 711);
    let listed = bench.api.get(&format!("/v1/transactions?card_token={}&status=SETTLED", bench.card)).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    let orphan = json!({ "pan": card["pan"], "amount": 1, "descriptor": "X", "merchant_currency": "EUR" });
    assert_eq!(bench.api.send("POST", "/v1/simulate/authorize", Some(orphan)).await.0, 400);
}
