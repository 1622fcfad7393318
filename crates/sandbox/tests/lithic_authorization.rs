//! The real-time authorization: what the responder gets, what its answers do, and what happens without one.

mod common;

use std::time::Duration;

use common::{Api, DEADLINE, Receiver, Reply};
use sandbox::{
    faults::{ASA, HookFault},
    lithic::{CardRef, Charge, Issuer, IssuerConfig, Merchant, OnTimeout, Outcome, Status, TypedCard},
};
use serde_json::{Value, json};

struct Bench {
    issuer: Issuer,
    api: Api,
    receiver: Receiver,
}

impl Bench {
    async fn start(config: IssuerConfig) -> Self {
        let issuer = Issuer::start(config).await.expect("a free port");
        let api = Api::new(issuer.url(), issuer.api_key());
        let receiver = Receiver::start().await;
        issuer.enroll_responder(&receiver.asa_url());
        Self { issuer, api, receiver }
    }

    async fn card(&self, body: Value) -> Value {
        self.api.post("/v1/cards", body).await
    }

    async fn album_card(&self) -> CardRef {
        let body = json!({ "type": "VIRTUAL", "spend_limit": 2711, "spend_limit_duration": "FOREVER" });
        CardRef::Token(text(&self.card(body).await["token"]))
    }

    async fn charge(&self, card: &CardRef, minor: i64) -> sandbox::lithic::ChargeResult {
        self.issuer.charge(Charge::new(card.clone(), minor, "USD")).await.expect("a known card")
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn declined(detail: &str) -> impl Fn(&Outcome) -> bool {
    move |outcome| matches!(outcome, Outcome::Declined { detail: got, .. } if got == detail)
}

#[tokio::test]
async fn the_request_is_signed_and_has_the_published_fields() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let card = bench.album_card().await;
    let result = bench.charge(&card, 2711).await;
    assert!(result.is_approved());
    let asked = bench.receiver.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].is_signed_with(&bench.issuer.asa_secret()));
    assert!(!asked[0].is_signed_with("whsec_AAAA"));
    let request = asked[0].json();
    // docs.lithic.com/reference/post_card-authorization-approval-request: the required fields.
    for field in [
        "event_type",
        "token",
        "acquirer_fee",
        "amount",
        "amounts",
        "authorization_amount",
        "avs",
        "card",
        "cardholder_currency",
        "cash_amount",
        "created",
        "merchant",
        "merchant_amount",
        "merchant_currency",
        "settled_amount",
        "status",
        "transaction_initiator",
    ] {
        assert!(request.get(field).is_some(), "{field}");
    }
    assert_eq!(request["event_type"], ASA);
    assert_eq!(request["status"], "AUTHORIZATION");
    assert_eq!(request["amounts"]["cardholder"]["amount"], 2711);
    assert_eq!(request["amounts"]["merchant"], json!({ "amount": 2711, "currency": "USD" }));
    assert_eq!(request["merchant"]["mcc"], "5735");
    assert_eq!(request["merchant"]["country"], "USA");
    assert_eq!(Some(text(&request["token"])), result.token);
    assert!(request["card"].get("pan").is_none(), "the request has no number");
}

#[tokio::test]
async fn every_other_answer_declines() {
    let config = IssuerConfig { asa_timeout: Duration::from_millis(300), ..IssuerConfig::default() };
    let bench = Bench::start(config).await;
    let card = bench.album_card().await;
    for (reply, detail) in [
        (Reply::Result("UNAUTHORIZED_MERCHANT"), "UNAUTHORIZED_MERCHANT"),
        (Reply::Result("VELOCITY_EXCEEDED"), "CUSTOM_ASA_RESULT"),
        (Reply::Raw(200, "{\"result\":"), "MALFORMED_ASA_RESPONSE"),
        (Reply::Raw(200, "{}"), "MALFORMED_ASA_RESPONSE"),
        (Reply::Raw(503, "{\"result\":\"APPROVED\"}"), "MALFORMED_ASA_RESPONSE"),
        (Reply::Never, "CUSTOMER_ASA_TIMEOUT"),
        (Reply::AfterMs(2_000, "APPROVED"), "CUSTOMER_ASA_TIMEOUT"),
    ] {
        bench.receiver.reply(reply.clone());
        let result = bench.charge(&card, 2711).await;
        assert!(declined(detail)(&result.outcome), "{reply:?}: {result:?}");
        let token = result.token.expect("a transaction");
        let state = bench.issuer.transaction(&token).expect("on the books");
        assert_eq!((state.status, state.held_minor), (Status::Declined, 0));
        let shown = bench.api.get(&format!("/v1/transactions/{token}")).await;
        assert_eq!(shown["status"], "DECLINED");
        assert_eq!(shown["events"][0]["detailed_results"], json!([detail]));
    }
    assert_eq!(bench.issuer.available_minor(), 1_000_000);
}

#[tokio::test]
async fn an_unreachable_responder_declines_and_stand_in_approves() {
    let bench = Bench::start(IssuerConfig::default()).await;
    bench.issuer.enroll_responder("http://127.0.0.1:1/asa");
    let card = bench.album_card().await;
    assert!(declined("CUSTOMER_ASA_TIMEOUT")(&bench.charge(&card, 2711).await.outcome));

    let config = IssuerConfig { on_timeout: OnTimeout::StandIn, ..IssuerConfig::default() };
    let bench = Bench::start(config).await;
    bench.issuer.enroll_responder("http://127.0.0.1:1/asa");
    let card = bench.album_card().await;
    let result = bench.charge(&card, 2711).await;
    assert!(result.is_approved());
    let token = result.token.expect("a transaction");
    let shown = bench.api.get(&format!("/v1/transactions/{token}")).await;
    assert_eq!(shown["events"][0]["result"], "UNKNOWN_HOST_TIMEOUT");
    assert_eq!(shown["events"][1]["type"], "AUTHORIZATION_ADVICE");
    assert_eq!(shown["amounts"]["hold"]["amount"], -2711);
}

#[tokio::test]
async fn lithics_own_checks_decline_without_asking() {
    let bench = Bench::start(IssuerConfig { float_minor: 5_000, ..IssuerConfig::default() }).await;
    let api = &bench.api;
    let card = bench.album_card().await;
    let CardRef::Token(token) = &card else { unreachable!("made by token") };
    let patch = async |state: &str| {
        let path = format!("/v1/cards/{token}");
        assert_eq!(api.send("PATCH", &path, Some(json!({ "state": state }))).await.0, 200);
    };
    assert!(declined("CARD_SPEND_LIMIT_EXCEEDED")(&bench.charge(&card, 2712).await.outcome));
    patch("PAUSED").await;
    assert!(declined("CARD_PAUSED")(&bench.charge(&card, 2711).await.outcome));
    patch("OPEN").await;
    bench.issuer.set_total_minor(2_710);
    assert!(declined("INSUFFICIENT_FUNDS")(&bench.charge(&card, 2711).await.outcome));
    bench.issuer.set_total_minor(10_000);
    assert!(bench.charge(&card, 2711).await.is_approved());
    assert!(declined("CARD_SPEND_LIMIT_EXCEEDED")(&bench.charge(&card, 1).await.outcome));
    patch("CLOSED").await;
    assert!(declined("CARD_CLOSED")(&bench.charge(&card, 0).await.outcome));
    let strange = Charge::new(card.clone(), 100, "XTS");
    let result = bench.issuer.charge(strange).await.expect("a known card");
    assert!(!result.is_approved(), "a currency that the program does not take");
    assert_eq!(bench.receiver.asked().len(), 1, "only the good charge was asked about");
}

#[tokio::test]
async fn a_limit_of_zero_is_no_limit_as_lithic_documents() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let body = json!({ "type": "VIRTUAL", "spend_limit": 0, "spend_limit_duration": "FOREVER" });
    let card = CardRef::Token(text(&bench.card(body).await["token"]));
    assert!(bench.charge(&card, 999_999).await.is_approved());
}

#[tokio::test]
async fn a_shop_needs_number_expiry_and_security_code() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let card = bench.card(json!({ "type": "VIRTUAL" })).await;
    let right = TypedCard {
        number: text(&card["pan"]),
        security_code: text(&card["cvv"]),
        exp_month: text(&card["exp_month"]).parse().expect("a month"),
        exp_year: text(&card["exp_year"]).parse().expect("a year"),
    };
    let other_code = if right.security_code == "000" { "001" } else { "000" };
    for (typed, detail) in [
        (TypedCard { number: "4111111111111111".into(), ..right.clone() }, "CARD_INVALID"),
        (TypedCard { security_code: other_code.into(), ..right.clone() }, "CARD_SECURITY_CODE_INCORRECT"),
        (TypedCard { exp_year: right.exp_year + 1, ..right.clone() }, "CARD_EXPIRY_DATE_INCORRECT"),
    ] {
        let result = bench.charge(&CardRef::Typed(typed), 2711).await;
        assert!(declined(detail)(&result.outcome), "{result:?}");
    }
    assert!(bench.charge(&CardRef::Typed(right), 2711).await.is_approved());
    assert_eq!(bench.receiver.asked().len(), 1);
}

#[tokio::test]
async fn single_use_and_merchant_locked_cards() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let single = bench.card(json!({ "type": "SINGLE_USE" })).await;
    let single = CardRef::Token(text(&single["token"]));
    let check = bench.issuer.zero_check(single.clone()).await.expect("a known card");
    assert!(check.is_approved());
    assert!(
        declined("SINGLE_USE_CARD_REATTEMPTED")(&bench.charge(&single, 2711).await.outcome),
        "a check of zero uses the card up"
    );

    let locked = bench.card(json!({ "type": "MERCHANT_LOCKED" })).await;
    let locked = CardRef::Token(text(&locked["token"]));
    assert!(bench.charge(&locked, 2711).await.is_approved());
    assert!(bench.charge(&locked, 100).await.is_approved(), "again by the same merchant");
    let elsewhere = Merchant { acceptor_id: "999".into(), ..Merchant::default() };
    let charge = Charge { merchant: elsewhere, ..Charge::new(locked, 100, "USD") };
    let result = bench.issuer.charge(charge).await.expect("a known card");
    assert!(declined("MERCHANT_LOCKED_CARD_ATTEMPTED_ELSEWHERE")(&result.outcome));
}

#[tokio::test]
async fn a_balance_inquiry_is_final() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let card = bench.album_card().await;
    let result = bench.issuer.balance_inquiry(card).await.expect("a known card");
    assert!(result.is_approved());
    assert_eq!(bench.receiver.asked()[0].json()["status"], "BALANCE_INQUIRY");
    let state = bench.issuer.transaction(&result.token.expect("a transaction")).expect("known");
    assert_eq!((state.status, state.held_minor), (Status::Settled, 0));
}

#[tokio::test]
async fn a_foreign_merchant_is_billed_in_the_cards_currency() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let card = CardRef::Token(text(&bench.card(json!({ "type": "VIRTUAL" })).await["token"]));
    let result = bench.issuer.charge(Charge::new(card, 1_000, "EUR")).await.expect("known");
    assert!(result.is_approved());
    let amounts = &bench.receiver.asked()[0].json()["amounts"];
    assert_eq!(amounts["cardholder"], json!({ "amount": 1080, "conversion_rate": "1.080000", "currency": "USD" }));
    assert_eq!(amounts["merchant"], json!({ "amount": 1000, "currency": "EUR" }));
}

#[tokio::test]
async fn each_fault_of_the_request() {
    let config = IssuerConfig { asa_timeout: Duration::from_millis(300), ..IssuerConfig::default() };
    let bench = Bench::start(config).await;
    let card = CardRef::Token(text(&bench.card(json!({ "type": "VIRTUAL" })).await["token"]));
    let faults = bench.issuer.faults();
    let secret = bench.issuer.asa_secret();

    faults.next_webhook(ASA, HookFault::Twice);
    assert!(bench.charge(&card, 1).await.is_approved());
    let asked = bench.receiver.asked_at_least(2).await;
    assert_eq!(asked[0].json()["token"], asked[1].json()["token"], "one charge, asked twice");
    assert_eq!(asked[0].header("webhook-id"), asked[1].header("webhook-id"));

    faults.next_webhook(ASA, HookFault::WrongSignature);
    bench.charge(&card, 1).await;
    assert!(!bench.receiver.asked_at_least(3).await[2].is_signed_with(&secret));

    faults.next_webhook(ASA, HookFault::StaleSignature);
    bench.charge(&card, 1).await;
    let stale = bench.receiver.asked_at_least(4).await[3].clone();
    let fresh = bench.receiver.asked()[0].header("webhook-timestamp").parse::<i64>().expect("seconds");
    assert!(stale.is_signed_with(&secret));
    assert!(stale.header("webhook-timestamp").parse::<i64>().expect("seconds") <= fresh - 3590);

    faults.next_webhook(ASA, HookFault::CorruptJson);
    bench.charge(&card, 1).await;
    let corrupt = bench.receiver.asked_at_least(5).await[4].clone();
    assert!(serde_json::from_slice::<Value>(&corrupt.body).is_err());

    faults.next_webhook(ASA, HookFault::LoseAnswer);
    assert!(declined("CUSTOMER_ASA_TIMEOUT")(&bench.charge(&card, 1).await.outcome));
    assert_eq!(bench.receiver.asked().len(), 6, "the responder did answer");

    faults.next_webhook(ASA, HookFault::Lose);
    assert!(declined("CUSTOMER_ASA_TIMEOUT")(&bench.charge(&card, 1).await.outcome));
    assert_eq!(bench.receiver.asked().len(), 6, "the responder was not asked");

    faults.next_webhook(ASA, HookFault::DelayMs(50));
    assert!(bench.charge(&card, 1).await.is_approved());
    assert_eq!(faults.queued(), 0);
    assert!(bench.issuer.webhooks_delivered(DEADLINE).await);
}

#[tokio::test]
async fn charges_at_the_same_time_share_the_float_and_the_limit() {
    let bench = Bench::start(IssuerConfig { float_minor: 3_000, ..IssuerConfig::default() }).await;
    bench.receiver.reply(Reply::AfterMs(200, "APPROVED"));
    let card = bench.card(json!({ "type": "VIRTUAL" })).await;
    let card = CardRef::Token(text(&card["token"]));
    let (one, two) = tokio::join!(bench.charge(&card, 2711), bench.charge(&card, 2711));
    let approved = [one, two].iter().filter(|result| result.is_approved()).count();
    assert_eq!(approved, 1, "the float is enough for one");
    assert_eq!(bench.issuer.available_minor(), 289);
}

#[tokio::test]
async fn a_5xx_is_asked_once_more_and_no_more() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let card = bench.album_card().await;
    bench.receiver.reply(Reply::Raw(500, "{}"));
    assert!(declined("MALFORMED_ASA_RESPONSE")(&bench.charge(&card, 2711).await.outcome));
    let asked = bench.receiver.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].header("webhook-id"), asked[1].header("webhook-id"));

    bench.receiver.reply(Reply::Result("APPROVED"));
    bench.issuer.faults().next_webhook(ASA, HookFault::TwiceWithNewId);
    assert!(bench.charge(&card, 2711).await.is_approved());
    let asked = bench.receiver.asked_at_least(4).await;
    assert_eq!(asked[2].json()["token"], asked[3].json()["token"]);
    assert_ne!(asked[2].header("webhook-id"), asked[3].header("webhook-id"));
}

#[tokio::test]
async fn an_increment_is_asked_with_the_same_token() {
    let bench = Bench::start(IssuerConfig::default()).await;
    let card = CardRef::Token(text(&bench.card(json!({ "type": "VIRTUAL" })).await["token"]));
    let token = bench.charge(&card, 2711).await.token.expect("a transaction");
    assert!(bench.issuer.increment(&token, 300).await.expect("known").is_approved());
    let asked = bench.receiver.asked();
    assert_eq!(asked[0].json()["token"], asked[1].json()["token"]);
    assert_eq!(asked[1].json()["amounts"]["merchant"]["amount"], 300);
    bench.receiver.reply(Reply::Result("INSUFFICIENT_FUNDS"));
    assert!(!bench.issuer.increment(&token, 5).await.expect("known").is_approved());
    let state = bench.issuer.transaction(&token).expect("known");
    assert_eq!((state.status, state.authorized_minor, state.held_minor), (Status::Pending, 3011, 3011));
    assert_eq!(bench.issuer.available_minor(), 1_000_000 - 3011);
}
