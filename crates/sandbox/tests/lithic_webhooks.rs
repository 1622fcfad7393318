//! What follows an authorization, and the webhooks that tell of it.

mod common;

use common::{Api, DEADLINE, Receiver};
use sandbox::{
    faults::{Fault, HookFault},
    lithic::{
        CardRef, Charge, DriverError, Issuer, IssuerConfig, Merchant, Status, TransactionState,
    },
};
use serde_json::{Value, json};

struct Bench {
    issuer: Issuer,
    api: Api,
    receiver: Receiver,
    secret: String,
    card: String,
}

impl Bench {
    /// An issuer with a subscriber, a responder that approves, and one card.
    async fn start() -> Self {
        let issuer = Issuer::start(IssuerConfig::default())
            .await
            .expect("a free port");
        let api = Api::new(issuer.url(), issuer.api_key());
        let receiver = Receiver::start().await;
        issuer.enroll_responder(&receiver.asa_url());
        let card = api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
        let card = card["token"].as_str().expect("a token").to_owned();
        let secret = issuer.subscribe(&receiver.webhook_url());
        Self {
            issuer,
            api,
            receiver,
            secret,
            card,
        }
    }

    async fn authorize(&self, minor: i64) -> String {
        let charge = Charge::new(CardRef::Token(self.card.clone()), minor, "USD");
        let result = self.issuer.charge(charge).await.expect("a known card");
        assert!(result.is_approved());
        result.token.expect("a transaction")
    }

    async fn quiet(&self) -> Vec<Value> {
        assert!(self.issuer.webhooks_delivered(DEADLINE).await);
        self.receiver
            .webhooks()
            .iter()
            .map(common::Received::json)
            .collect()
    }
}

fn at(
    status: Status,
    authorized_minor: i64,
    held_minor: i64,
    settled_minor: i64,
) -> TransactionState {
    TransactionState {
        status,
        authorized_minor,
        held_minor,
        settled_minor,
    }
}

#[tokio::test]
async fn captures_in_parts_and_beyond() {
    let bench = Bench::start().await;
    let issuer = &bench.issuer;
    let token = bench.authorize(2711).await;
    assert_eq!(issuer.available_minor(), 1_000_000 - 2711);
    assert_eq!(
        issuer.capture(&token, 1860),
        Ok(at(Status::Settled, 2711, 851, 1860))
    );
    assert_eq!(
        issuer.capture(&token, 900),
        Ok(at(Status::Settled, 2711, 0, 2760))
    );
    assert_eq!(
        (issuer.total_minor(), issuer.available_minor()),
        (997_240, 997_240)
    );
    let webhooks = bench.quiet().await;
    assert_eq!(webhooks.len(), 3);
    let last = &webhooks[2];
    assert_eq!(last["event_type"], "card_transaction.updated");
    assert_eq!(last["status"], "SETTLED");
    assert_eq!(
        last["amounts"]["settlement"],
        json!({ "amount": -2760, "currency": "USD" })
    );
    assert_eq!(last["settled_amount"], 2760);
    let kinds: Vec<&Value> = last["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|e| &e["type"])
        .collect();
    assert_eq!(kinds, ["AUTHORIZATION", "CLEARING", "CLEARING"]);
    assert_eq!(last["events"][0]["amounts"]["settlement"], Value::Null);
    assert_eq!(last["events"][1]["amounts"]["settlement"]["amount"], 1860);
    assert_eq!(last["events"][1]["effective_polarity"], "DEBIT");
}

#[tokio::test]
async fn voids_reversals_expiries_and_captures_after_them() {
    let bench = Bench::start().await;
    let issuer = &bench.issuer;
    let token = bench.authorize(2711).await;
    assert_eq!(
        issuer.reverse_part(&token, 711),
        Ok(at(Status::Pending, 2711, 2000, 0))
    );
    assert_eq!(issuer.void(&token), Ok(at(Status::Voided, 2711, 0, 0)));
    assert_eq!(
        issuer.capture(&token, 2711),
        Ok(at(Status::Settled, 2711, 0, 2711)),
        "void, then capture"
    );

    let token = bench.authorize(500).await;
    assert_eq!(issuer.expire(&token), Ok(at(Status::Expired, 500, 0, 0)));
    assert_eq!(
        issuer.capture(&token, 500),
        Ok(at(Status::Settled, 500, 0, 500)),
        "late capture"
    );

    let token = bench.authorize(1000).await;
    assert_eq!(
        issuer.advise(&token, 1100),
        Ok(at(Status::Pending, 1100, 1100, 0))
    );
    assert_eq!(
        issuer.capture(&token, 1100),
        Ok(at(Status::Settled, 1100, 0, 1100))
    );
    assert_eq!(issuer.total_minor(), 1_000_000 - 2711 - 500 - 1100);
}

#[tokio::test]
async fn refunds_and_refunds_taken_back() {
    let bench = Bench::start().await;
    let issuer = &bench.issuer;
    let token = bench.authorize(2711).await;
    issuer.capture(&token, 2711).expect("captured");
    let refund = issuer
        .refund(&bench.card, 2711, Merchant::default())
        .expect("refunded");
    assert_eq!(
        issuer.transaction(&refund),
        Ok(at(Status::Settled, 0, 0, -2711))
    );
    assert_eq!(issuer.total_minor(), 1_000_000);
    let shown = bench.api.get(&format!("/v1/transactions/{refund}")).await;
    assert_eq!(shown["amounts"]["settlement"]["amount"], 2711);
    assert_eq!(shown["events"][0]["effective_polarity"], "CREDIT");
    assert_eq!(
        issuer.reverse_refund(&refund),
        Ok(at(Status::Voided, 0, 0, 0))
    );
    assert_eq!(issuer.total_minor(), 1_000_000 - 2711);
    assert_eq!(
        issuer.refund_within(&token, 500),
        Ok(at(Status::Settled, 2711, 0, 2211))
    );
    assert_eq!(
        issuer.reverse_refund(&token),
        Ok(at(Status::Settled, 2711, 0, 2711))
    );
}

#[tokio::test]
async fn a_force_capture_cannot_be_refused() {
    let bench = Bench::start().await;
    let path = format!("/v1/cards/{}", bench.card);
    bench
        .api
        .send("PATCH", &path, Some(json!({ "state": "CLOSED" })))
        .await;
    let token = bench
        .issuer
        .force_capture(&bench.card, 999, Merchant::default())
        .expect("forced");
    assert_eq!(
        bench.issuer.transaction(&token),
        Ok(at(Status::Settled, 0, 0, 999))
    );
    assert!(bench.receiver.asked().is_empty());
    let webhooks = bench.quiet().await;
    assert_eq!(webhooks[0]["event_type"], "card.updated");
    assert_eq!(webhooks[0]["previous_fields"], json!({ "state": "OPEN" }));
    assert_eq!(webhooks[1]["events"][0]["type"], "CLEARING");
}

#[tokio::test]
async fn the_driver_refuses_what_makes_no_sense() {
    let bench = Bench::start().await;
    let nobody = "7ef7d65c-9023-4da3-b113-3b8583fd7951";
    assert_eq!(
        bench.issuer.capture(nobody, 1),
        Err(DriverError::NoSuchTransaction)
    );
    assert_eq!(
        bench.issuer.force_capture(nobody, 1, Merchant::default()),
        Err(DriverError::NoSuchCard)
    );
    let token = bench.authorize(100).await;
    assert!(matches!(
        bench.issuer.capture(&token, -1),
        Err(DriverError::NotPossible(_))
    ));
    assert!(matches!(
        bench.issuer.reverse_refund(&token),
        Err(DriverError::NotPossible(_))
    ));
}

#[tokio::test]
async fn the_published_simulation_endpoints_do_the_same() {
    let bench = Bench::start().await;
    let card = bench.api.get(&format!("/v1/cards/{}", bench.card)).await;
    let authorized = bench
        .api
        .post(
            "/v1/simulate/authorize",
            json!({ "pan": card["pan"], "amount": 2711, "descriptor": "COFFEE SHOP" }),
        )
        .await;
    let token = authorized["token"].as_str().expect("a token");
    bench
        .api
        .post(
            "/v1/simulate/clearing",
            json!({ "token": token, "amount": 711 }),
        )
        .await;
    bench
        .api
        .post(
            "/v1/simulate/void",
            json!({ "token": token, "type": "AUTHORIZATION_EXPIRY" }),
        )
        .await;
    assert_eq!(
        bench.issuer.transaction(token),
        Ok(at(Status::Settled, 2711, 0, 711))
    );
    let back = bench
        .api
        .post(
            "/v1/simulate/return",
            json!({ "pan": card["pan"], "amount": 711, "descriptor": "COFFEE SHOP" }),
        )
        .await;
    bench
        .api
        .post(
            "/v1/simulate/return_reversal",
            json!({ "token": back["token"] }),
        )
        .await;
    assert_eq!(bench.issuer.total_minor(), 1_000_000 - 711);
    let listed = bench
        .api
        .get(&format!(
            "/v1/transactions?card_token={}&status=SETTLED",
            bench.card
        ))
        .await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    let orphan =
        json!({ "pan": card["pan"], "amount": 1, "descriptor": "X", "merchant_currency": "EUR" });
    assert_eq!(
        bench
            .api
            .send("POST", "/v1/simulate/authorize", Some(orphan))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn webhooks_are_signed_repeated_until_taken_and_listed() {
    let bench = Bench::start().await;
    bench.receiver.webhook_status(500);
    let token = bench.authorize(2711).await;
    bench.receiver.webhooks_at_least(2).await;
    bench.receiver.webhook_status(200);
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert!(came.len() >= 3);
    assert!(
        came.iter()
            .all(|webhook| webhook.is_signed_with(&bench.secret))
    );
    assert!(
        came.iter().all(|webhook| webhook.body == came[0].body),
        "the same bytes every time"
    );
    let id = came[0].header("webhook-id");
    assert!(
        came.iter()
            .all(|webhook| webhook.header("webhook-id") == id),
        "and the same id"
    );

    let event = bench.api.get(&format!("/v1/events/{id}")).await;
    assert_eq!(event["event_type"], "card_transaction.updated");
    assert_eq!(event["payload"]["token"], token);
    let attempts = bench.api.get(&format!("/v1/events/{id}/attempts")).await;
    let statuses: Vec<&Value> = attempts["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|a| &a["status"])
        .collect();
    assert_eq!(
        (statuses[0], statuses[1]),
        (&json!("SUCCESS"), &json!("FAILED")),
        "newest first"
    );
    let listed = bench
        .api
        .get("/v1/events?event_types=card_transaction.updated")
        .await;
    assert_eq!(listed["data"][0]["token"], id);
}

#[tokio::test]
async fn each_fault_of_a_webhook() {
    let bench = Bench::start().await;
    let faults = bench.issuer.faults();
    let kind = "card_transaction.updated";
    let token = bench.authorize(2711).await;
    bench.quiet().await;

    faults.next_webhook(kind, HookFault::Twice);
    bench.issuer.capture(&token, 100).expect("captured");
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert_eq!((came.len(), &came[1].body), (3, &came[2].body));

    faults.next_webhook(kind, HookFault::AfterNext);
    bench.issuer.capture(&token, 101).expect("captured");
    bench.issuer.capture(&token, 102).expect("captured");
    let came = bench.quiet().await;
    let last_amount = |webhook: &Value| {
        let events = webhook["events"].as_array().expect("events");
        events.last().expect("one")["amount"].clone()
    };
    assert_eq!(
        (last_amount(&came[3]), last_amount(&came[4])),
        (json!(102), json!(101)),
        "out of order"
    );

    for (fault, right) in [
        (HookFault::WrongSignature, false),
        (HookFault::StaleSignature, true),
        (HookFault::LoseAnswer, true),
    ] {
        let before = bench.receiver.webhooks().len();
        bench
            .receiver
            .webhook_status(if fault == HookFault::LoseAnswer {
                200
            } else {
                401
            });
        faults.next_webhook(kind, fault.clone());
        bench.issuer.capture(&token, 1).expect("captured");
        bench.receiver.webhooks_at_least(before + 1).await;
        bench.receiver.webhook_status(200);
        bench.quiet().await;
        let came = bench.receiver.webhooks();
        assert_eq!(
            came[before].is_signed_with(&bench.secret),
            right,
            "{fault:?}"
        );
        assert!(
            came.len() >= before + 2,
            "{fault:?} is followed by a good one"
        );
        assert!(came.last().expect("some").is_signed_with(&bench.secret));
    }

    let before = bench.receiver.webhooks().len();
    faults.next_webhook(kind, HookFault::Lose);
    bench.issuer.capture(&token, 1).expect("captured");
    bench.quiet().await;
    assert_eq!(bench.receiver.webhooks().len(), before, "lost");
    let subscription = bench.api.get("/v1/event_subscriptions").await["data"][0]["token"].clone();
    let path = format!(
        "/v1/event_subscriptions/{}",
        subscription.as_str().expect("a token")
    );
    let (status, _) = bench
        .api
        .send("POST", &format!("{path}/replay_missing"), None)
        .await;
    assert_eq!(status, 202);
    bench.quiet().await;
    assert!(bench.receiver.webhooks().len() > before, "and replayed");
}

#[tokio::test]
async fn subscriptions_are_managed_as_documented() {
    let bench = Bench::start().await;
    let body = json!({ "url": bench.receiver.webhook_url(), "event_types": ["card.created"] });
    let made = bench.api.post("/v1/event_subscriptions", body).await;
    let path = format!(
        "/v1/event_subscriptions/{}",
        made["token"].as_str().expect("a token")
    );
    let secret = bench.api.get(&format!("{path}/secret")).await["secret"].clone();
    let secret = secret.as_str().expect("a secret");
    bench
        .api
        .post("/v1/cards", json!({ "type": "VIRTUAL" }))
        .await;
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert_eq!(came.len(), 2, "one for each subscription");
    assert!(came.iter().any(|webhook| webhook.is_signed_with(secret)));

    assert_eq!(
        bench
            .api
            .send("POST", &format!("{path}/secret/rotate"), None)
            .await
            .0,
        204
    );
    bench
        .api
        .post("/v1/cards", json!({ "type": "VIRTUAL" }))
        .await;
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert!(
        came[2..]
            .iter()
            .any(|webhook| webhook.is_signed_with(secret)),
        "the old secret for a day"
    );

    let patched = bench
        .api
        .send("PATCH", &path, Some(json!({ "disabled": true })))
        .await
        .1;
    assert_eq!(patched["disabled"], true);
    assert_eq!(bench.api.send("DELETE", &path, None).await.0, 204);
    assert_eq!(bench.api.send("GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn each_fault_of_an_endpoint() {
    let bench = Bench::start().await;
    let faults = bench.issuer.faults();
    let impatient = reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_millis(400))
        .build()
        .expect("a client");
    let create = async || {
        let request = impatient.post(format!("{}/v1/cards", bench.issuer.url()));
        let request = request
            .header("authorization", &bench.api.key)
            .json(&json!({ "type": "VIRTUAL" }));
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.json::<Value>().await.ok()))
    };
    let refuse = Fault::Refuse {
        status: 429,
        message: "Rate limited, too many requests per second".into(),
    };
    for (fault, made, answered) in [
        (Fault::Pass, 1, Some((200, true))),
        (refuse, 0, Some((429, true))),
        (Fault::Status(500), 0, Some((500, false))),
        (Fault::Status(503), 0, Some((503, false))),
        (Fault::StatusAfter(502), 1, Some((502, false))),
        (Fault::Stall, 0, None),
        (Fault::StallAfter, 1, None),
        (Fault::DelayMs(50), 1, Some((200, true))),
        (Fault::DelayMs(2_000), 1, None),
        (Fault::DropBefore, 0, None),
        (Fault::DropAfter, 1, None),
        (Fault::CorruptJson, 1, Some((200, false))),
        (Fault::Twice, 2, Some((200, true))),
    ] {
        let before = bench.issuer.cards().len();
        faults.next("POST /v1/cards", fault.clone());
        let got = create()
            .await
            .map(|(status, json)| (status, json.is_some()));
        assert_eq!(got, answered, "{fault:?}");
        assert_eq!(bench.issuer.cards().len() - before, made, "{fault:?}");
    }
    faults.always("*", Fault::DropBefore);
    assert!(create().await.is_none());
    assert!(create().await.is_none());
    faults.clear();
    assert_eq!(create().await.map(|(status, _)| status), Some(200));
    assert!(faults.seen("POST /v1/cards") >= 16);
}

#[tokio::test]
async fn a_person_can_order_faults_over_http() {
    let bench = Bench::start().await;
    let order = json!({ "endpoint": "GET /v1/balances", "fault": { "status": 503 } });
    assert_eq!(
        bench
            .api
            .send("POST", "/_sandbox/faults", Some(order))
            .await
            .0,
        204
    );
    assert_eq!(bench.api.send("GET", "/v1/balances", None).await.0, 503);
    assert_eq!(bench.api.send("GET", "/v1/balances", None).await.0, 200);
    let order = json!({ "webhook": "*", "fault": "lose", "always": true });
    assert_eq!(
        bench
            .api
            .send("POST", "/_sandbox/faults", Some(order))
            .await
            .0,
        204
    );
    assert_eq!(
        bench.api.send("DELETE", "/_sandbox/faults", None).await.0,
        204
    );
    let wrong = json!({ "endpoint": "GET /v1/balances", "fault": "explode" });
    assert_eq!(
        bench
            .api
            .send("POST", "/_sandbox/faults", Some(wrong))
            .await
            .0,
        400
    );
    assert_eq!(
        bench
            .api
            .send("POST", "/_sandbox/float", Some(json!({ "total_minor": 5 })))
            .await
            .0,
        204
    );
    let overview = bench.api.get("/_sandbox").await;
    assert_eq!(overview["available_minor"], 5);
    assert!(overview["cards"][0].get("pan").is_none());
}
