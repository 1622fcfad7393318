//! The webhooks: signed, repeated until taken, and each of their faults; the faults of the endpoints.

mod common;

use common::{Subscribed, json_of};
use sandbox::faults::{Fault, HookFault};
use serde_json::{Value, json};

#[tokio::test]
async fn webhooks_are_signed_repeated_until_taken_and_listed() {
    let bench = Subscribed::start().await;
    bench.receiver.webhook_status(500);
    let token = bench.authorize(2711).await;
    bench.receiver.webhooks_at_least(2).await;
    bench.receiver.webhook_status(200);
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert!(came.len() >= 3);
    assert!(came.iter().all(|webhook| webhook.is_signed_with(&bench.secret)));
    assert!(came.iter().all(|webhook| webhook.body == came[0].body), "the same bytes every time");
    let id = came[0].header("webhook-id");
    assert!(came.iter().all(|webhook| webhook.header("webhook-id") == id), "and the same id");

    let event = bench.api.get(&format!("/v1/events/{id}")).await;
    assert_eq!(event["event_type"], "card_transaction.updated");
    assert_eq!(event["payload"]["token"], token);
    let attempts = bench.api.get(&format!("/v1/events/{id}/attempts")).await;
    let statuses: Vec<&Value> = attempts["data"].as_array().expect("a list").iter().map(|a| &a["status"]).collect();
    assert_eq!((statuses[0], statuses[1]), (&json!("SUCCESS"), &json!("FAILED")), "newest first");
    let listed = bench.api.get("/v1/events?event_types=card_transaction.updated").await;
    assert_eq!(listed["data"][0]["token"], id);
}

#[tokio::test]
async fn each_fault_of_a_webhook() {
    let bench = Subscribed::start().await;
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
    let came = json_of(&bench.quiet().await);
    let last_amount = |webhook: &Value| {
        let events = webhook["events"].as_array().expect("events");
        events.last().expect("one")["amount"].clone()
    };
    assert_eq!((last_amount(&came[3]), last_amount(&came[4])), (json!(102), json!(101)), "out of order");

    for (fault, right) in
        [(HookFault::WrongSignature, false), (HookFault::StaleSignature, true), (HookFault::LoseAnswer, true)]
    {
        let before = bench.receiver.webhooks().len();
        bench.receiver.webhook_status(if fault == HookFault::LoseAnswer { 200 } else { 401 });
        faults.next_webhook(kind, fault.clone());
        bench.issuer.capture(&token, 1).expect("captured");
        bench.receiver.webhooks_at_least(before + 1).await;
        bench.receiver.webhook_status(200);
        bench.quiet().await;
        let came = bench.receiver.webhooks();
        assert_eq!(came[before].is_signed_with(&bench.secret), right, "{fault:?}");
        assert!(came.len() >= before + 2, "{fault:?} is followed by a good one");
        assert!(came.last().expect("some").is_signed_with(&bench.secret));
    }

    let before = bench.receiver.webhooks().len();
    faults.next_webhook(kind, HookFault::Lose);
    bench.issuer.capture(&token, 1).expect("captured");
    bench.quiet().await;
    assert_eq!(bench.receiver.webhooks().len(), before, "lost");
    let subscription = bench.api.get("/v1/event_subscriptions").await["data"][0]["token"].clone();
    let path = format!("/v1/event_subscriptions/{}", subscription.as_str().expect("a token"));
    let (status, _) = bench.api.send("POST", &format!("{path}/replay_missing"), None).await;
    assert_eq!(status, 202);
    bench.quiet().await;
    assert!(bench.receiver.webhooks().len() > before, "and replayed");
}

#[tokio::test]
async fn subscriptions_are_managed_as_documented() {
    let bench = Subscribed::start().await;
    let body = json!({ "url": bench.receiver.webhook_url(), "event_types": ["card.created"] });
    let made = bench.api.post("/v1/event_subscriptions", body).await;
    let path = format!("/v1/event_subscriptions/{}", made["token"].as_str().expect("a token"));
    let secret = bench.api.get(&format!("{path}/secret")).await["secret"].clone();
    let secret = secret.as_str().expect("a secret");
    bench.api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert_eq!(came.len(), 2, "one for each subscription");
    assert!(came.iter().any(|webhook| webhook.is_signed_with(secret)));

    assert_eq!(bench.api.send("POST", &format!("{path}/secret/rotate"), None).await.0, 204);
    bench.api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
    bench.quiet().await;
    let came = bench.receiver.webhooks();
    assert!(came[2..].iter().any(|webhook| webhook.is_signed_with(secret)), "the old secret for a day");

    let patched = bench.api.send("PATCH", &path, Some(json!({ "disabled": true }))).await.1;
    assert_eq!(patched["disabled"], true);
    assert_eq!(bench.api.send("DELETE", &path, None).await.0, 204);
    assert_eq!(bench.api.send("GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn each_fault_of_an_endpoint() {
    let bench = Subscribed::start().await;
    let faults = bench.issuer.faults();
    let impatient =
        reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_millis(400)).build().expect("a client");
    let create = async || {
        let request = impatient.post(format!("{}/v1/cards", bench.issuer.url()));
        let request = request.header("authorization", &bench.api.key).json(&json!({ "type": "VIRTUAL" }));
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.json::<Value>().await.ok()))
    };
    let refuse = Fault::Refuse { status: 429, message: "Rate limited, too many requests per second".into() };
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
        let got = create().await.map(|(status, json)| (status, json.is_some()));
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
    let bench = Subscribed::start().await;
    let order = json!({ "endpoint": "GET /v1/balances", "fault": { "status": 503 } });
    assert_eq!(bench.api.send("POST", "/_sandbox/faults", Some(order)).await.0, 204);
    assert_eq!(bench.api.send("GET", "/v1/balances", None).await.0, 503);
    assert_eq!(bench.api.send("GET", "/v1/balances", None).await.0, 200);
    let order = json!({ "webhook": "*", "fault": "lose", "always": true });
    assert_eq!(bench.api.send("POST", "/_sandbox/faults", Some(order)).await.0, 204);
    assert_eq!(bench.api.send("DELETE", "/_sandbox/faults", None).await.0, 204);
    let wrong = json!({ "endpoint": "GET /v1/balances", "fault": "explode" });
    assert_eq!(bench.api.send("POST", "/_sandbox/faults", Some(wrong)).await.0, 400);
    assert_eq!(bench.api.send("POST", "/_sandbox/float", Some(json!({ "total_minor": 5 }))).await.0, 204);
    let overview = bench.api.get("/_sandbox").await;
    assert_eq!(overview["available_minor"], 5);
    assert!(overview["cards"][0].get("pan").is_none());
}
