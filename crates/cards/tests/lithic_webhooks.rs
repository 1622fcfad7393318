//! What Lithic sends: authorization requests and events, as documented, and as nobody should send them.

use base64::{Engine, engine::general_purpose::STANDARD};
use cards::lithic::{Lithic, LithicConfig};
use hmac::{Hmac, Mac};
use ids::UnixMs;
use money::{Currency, Money};
use outbound::{Limits, Retry};
use ports::{
    CardRef, Charge, ChargeKind, Decision, DeclineReason, Headers, Issuer, IssuerNotice, Merchant, Secret, WebhookError,
};
use serde_json::{Value, json};
use sha2::Sha256;

const NOW: UnixMs = UnixMs(1_800_000_000_000);
const AUTHORIZATION_KEY: &[u8] = b"authorization key of the tests";
const EVENTS_KEY: &[u8] = b"events key of the tests";

fn lithic() -> Lithic {
    let secret = |key: &[u8]| Secret::new(format!("whsec_{}", STANDARD.encode(key)));
    let config = LithicConfig {
        base_url: "https://api.lithic.com".to_owned(),
        api_key: Secret::new("key".to_owned()),
        authorization_secret: secret(AUTHORIZATION_KEY),
        events_secret: secret(EVENTS_KEY),
        challenges_secret: None,
        currency: Currency::USD,
        card_program_token: None,
        account_token: None,
        financial_account_token: None,
        headroom_minor: 0,
        authorization_url: None,
        events_url: None,
        challenges_url: None,
        decline_on_timeout_confirmed: false,
    };
    Lithic::new(config, Limits::default(), Retry::never()).unwrap()
}

fn signed(key: &[u8], body: &[u8]) -> Headers {
    let (id, at) = ("msg_1", (NOW.0 / 1_000).to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    Headers(vec![
        ("webhook-id".into(), id.into()),
        ("webhook-timestamp".into(), at),
        ("webhook-signature".into(), signature),
    ])
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

/// The example of the API reference, shortened; `amounts` are the store's euros and the card's dollars.
fn request() -> Value {
    json!({
        "event_type": "card_authorization.approval_request",
        "token": "c30c2182-1e69-4e0d-b40f-eec0d2a19123",
        "status": "AUTHORIZATION",
        "card": {"token": "aac502f9-aecc-458a-954e-4bcf6edb6123", "last_four": "4142", "memo": "Anytill k",
                 "spend_limit": 2711, "spend_limit_duration": "FOREVER", "state": "OPEN", "type": "VIRTUAL"},
        "amount": 2711, "authorization_amount": 2711, "acquirer_fee": 0, "cash_amount": 0,
        "merchant_amount": 2500, "merchant_currency": "EUR", "cardholder_currency": "USD", "settled_amount": 0,
        "amounts": {
            "cardholder": {"amount": 2711, "conversion_rate": "1.084400", "currency": "USD"},
            "merchant": {"amount": 2500, "currency": "EUR"},
            "settlement": null,
            "hold": {"amount": 2711, "currency": "USD"}
        },
        "merchant": {"acceptor_id": "452322000053360", "acquiring_institution_id": "333301802529120",
                     "city": "gosq.com", "country": "DEU", "descriptor": "SQ *JAZZ", "mcc": "5735", "state": "BE"},
        "avs": {"address": "", "zipcode": "", "address_on_file_match": "NOT_PRESENT"},
        "transaction_initiator": "CARDHOLDER", "created": "2027-01-15T08:00:00Z", "network": "VISA"
    })
}

fn read(value: &Value) -> Result<Charge, WebhookError> {
    let body = value.to_string().into_bytes();
    lithic().read_charge(&signed(AUTHORIZATION_KEY, &body), &body, NOW)
}

#[test]
fn an_authorization_is_read_as_documented() {
    let expected = Charge {
        charge_id: "c30c2182-1e69-4e0d-b40f-eec0d2a19123".to_owned(),
        request_id: "c30c2182-1e69-4e0d-b40f-eec0d2a19123:2500".to_owned(),
        card: CardRef("aac502f9-aecc-458a-954e-4bcf6edb6123".to_owned()),
        kind: ChargeKind::Authorization,
        amount: usd(2_711),
        merchant_amount: Money::new(2_500, Currency::EUR).unwrap(),
        merchant: Merchant {
            acceptor_id: "452322000053360".to_owned(),
            descriptor: "SQ *JAZZ".to_owned(),
            category: "5735".to_owned(),
            country: "DEU".to_owned(),
        },
    };
    assert_eq!(read(&request()), Ok(expected));
}

#[test]
fn kinds_of_authorization() {
    let kind = |status: &str, cents: i64| {
        let mut value = request();
        value["status"] = json!(status);
        value["amounts"]["cardholder"]["amount"] = json!(cents);
        value["amounts"]["merchant"]["amount"] = json!(cents);
        read(&value).map(|charge| charge.kind).ok()
    };
    assert_eq!(kind("AUTHORIZATION", 100), Some(ChargeKind::Authorization));
    assert_eq!(kind("AUTHORIZATION", 0), Some(ChargeKind::ZeroCheck));
    assert_eq!(kind("BALANCE_INQUIRY", 0), Some(ChargeKind::ZeroCheck));
    assert_eq!(kind("BALANCE_INQUIRY", 1), None);
    assert_eq!(kind("FINANCIAL_AUTHORIZATION", 100), Some(ChargeKind::AuthorizationAndCapture));
    assert_eq!(kind("CREDIT_AUTHORIZATION", -100), Some(ChargeKind::Credit));
    assert_eq!(kind("FINANCIAL_CREDIT_AUTHORIZATION", -100), Some(ChargeKind::Credit));
    assert_eq!(kind("SOMETHING_NEW", 100), None);
    assert_eq!(kind("AUTHORIZATION", -100), None);
}

#[test]
fn a_question_has_a_name_that_survives_repetition() {
    let mut value = request();
    assert_eq!(read(&value).unwrap().request_id, read(&value).unwrap().request_id);
    let first = read(&value).unwrap();
    value["amounts"]["merchant"]["amount"] = json!(2_600);
    let increment = read(&value).unwrap();
    assert_eq!(first.charge_id, increment.charge_id);
    assert_ne!(first.request_id, increment.request_id);
    value["event_token"] = json!("bbbf1e86-322d-11ee-9779-00505685a123");
    assert_eq!(read(&value).unwrap().request_id, "bbbf1e86-322d-11ee-9779-00505685a123");
}

#[test]
fn an_amount_too_small_for_the_billing_currency_is_no_check() {
    let mut value = request();
    value["amounts"]["cardholder"]["amount"] = json!(0);
    value["amounts"]["merchant"] = json!({"amount": 1, "currency": "JPY"});
    assert_eq!(read(&value).unwrap().kind, ChargeKind::Authorization);
}

#[test]
fn every_missing_part_is_malformed() {
    for path in [
        "/token",
        "/status",
        "/card/token",
        "/amounts",
        "/amounts/cardholder",
        "/amounts/merchant/currency",
        "/merchant",
        "/merchant/acceptor_id",
        "/merchant/mcc",
        "/merchant/country",
    ] {
        let mut value = request();
        let (parent, name) = path.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        assert!(matches!(read(&value), Err(WebhookError::Malformed(_))), "{path}");
    }
    for (path, bad) in [
        ("/event_type", json!("card_transaction.updated")),
        ("/amounts/cardholder/currency", json!("usd")),
        ("/amounts/cardholder/amount", json!(27.11)),
        ("/amounts/cardholder/amount", json!(i64::MIN)),
        ("/amounts/merchant/amount", json!("2500")),
    ] {
        let mut value = request();
        *value.pointer_mut(path).unwrap() = bad;
        assert!(matches!(read(&value), Err(WebhookError::Malformed(_))), "{path}");
    }
    let mut older = request();
    older.as_object_mut().unwrap().remove("event_type");
    assert!(read(&older).is_ok());
}

#[test]
fn the_two_kinds_of_webhook_have_their_own_keys() {
    let body = request().to_string().into_bytes();
    let with_events_key = lithic().read_charge(&signed(EVENTS_KEY, &body), &body, NOW);
    assert_eq!(with_events_key, Err(WebhookError::BadSignature));
    let body = transaction(&[]).to_string().into_bytes();
    let crossed = lithic().read_news(&signed(AUTHORIZATION_KEY, &body), &body, NOW);
    assert_eq!(crossed, Err(WebhookError::BadSignature));
    let late = UnixMs(NOW.0 + 300_001);
    assert_eq!(lithic().read_news(&signed(EVENTS_KEY, &body), &body, late), Err(WebhookError::Stale));
}

#[test]
fn decisions_are_answered_with_the_token() {
    let charge = read(&request()).unwrap();
    let result = |decision| {
        let answer = lithic().answer_charge(&charge, decision);
        assert_eq!((answer.status, answer.content_type), (200, "application/json"));
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(value["token"], json!(charge.charge_id));
        assert_eq!(value.as_object().unwrap().len(), 2, "an approved_amount would be a partial approval");
        value["result"].as_str().unwrap().to_owned()
    };
    assert_eq!(result(Decision::Approve), "APPROVED");
    use DeclineReason::*;
    for (reason, expected) in [
        (CardClosed, "CARD_PAUSED"),
        (MerchantBlocked, "UNAUTHORIZED_MERCHANT"),
        (MerchantLocked, "UNAUTHORIZED_MERCHANT"),
        (AmountTooHigh, "VELOCITY_EXCEEDED"),
        (CheckLimit, "VELOCITY_EXCEEDED"),
        (AmountTooLow, "INSUFFICIENT_FUNDS"),
        (NotFunded, "INSUFFICIENT_FUNDS"),
        (WrongCurrency, "INSUFFICIENT_FUNDS"),
        (PriceMoved, "INSUFFICIENT_FUNDS"),
        (DeadlineNear, "INSUFFICIENT_FUNDS"),
        (ClaimUnconfirmed, "INSUFFICIENT_FUNDS"),
        (Internal, "INSUFFICIENT_FUNDS"),
    ] {
        assert_eq!(result(Decision::Decline(reason)), expected);
    }
}

/// Events as (type, cents, result), the first the oldest.
fn transaction(events: &[(&str, i64, &str)]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .enumerate()
        .map(|(index, (kind, cents, result))| {
            let credit = ["RETURN", "FINANCIAL_CREDIT_AUTHORIZATION", "CORRECTION_CREDIT"].contains(kind) || *cents < 0;
            json!({
                "token": format!("event-{index}"), "type": kind, "result": result,
                "created": format!("2027-01-15T08:00:{index:02}Z"),
                "effective_polarity": if credit { "CREDIT" } else { "DEBIT" },
                "amount": cents, "detailed_results": [result], "rule_results": [],
                "amounts": {
                    "cardholder": {"amount": cents, "conversion_rate": "1.000000", "currency": "USD"},
                    "merchant": {"amount": cents, "currency": "USD"}, "settlement": null
                }
            })
        })
        .collect();
    json!({"event_type": "card_transaction.updated", "token": "tx-1", "card_token": "card-1", "status": "PENDING",
           "result": "APPROVED", "created": "2027-01-15T08:00:00Z", "events": events})
}

fn notices_of(value: &Value) -> Result<Vec<(String, IssuerNotice)>, WebhookError> {
    let body = value.to_string().into_bytes();
    let news = lithic().read_news(&signed(EVENTS_KEY, &body), &body, NOW)?;
    assert!(news.look_up.is_empty() && news.disputes.is_empty(), "Lithic tells all in the body");
    let changes = news.changes;
    for change in &changes {
        let closed = change.notice == IssuerNotice::CardClosed;
        assert_eq!(change.card, CardRef("card-1".to_owned()));
        assert_eq!(change.charge_id, if closed { "" } else { "tx-1" });
    }
    Ok(changes.into_iter().map(|change| (change.event_id, change.notice)).collect())
}

fn notices(events: &[(&str, i64, &str)]) -> Vec<IssuerNotice> {
    notices_of(&transaction(events)).unwrap().into_iter().map(|(_, notice)| notice).collect()
}

const OK: &str = "APPROVED";

#[test]
fn the_usual_course() {
    use IssuerNotice::*;
    let story = [("AUTHORIZATION", 2_711, OK), ("CLEARING", 1_860, OK), ("CLEARING", 851, OK)];
    assert_eq!(
        notices(&story),
        [Authorized { amount: usd(2_711) }, Captured { amount: usd(1_860) }, Captured { amount: usd(851) }]
    );
    // Each webhook repeats the earlier events under the same identifiers.
    let first = notices_of(&transaction(&story[..1])).unwrap();
    let all = notices_of(&transaction(&story)).unwrap();
    assert_eq!(first[..], all[..1]);
    assert_eq!(all.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["event-0", "event-1", "event-2"]);
}

#[test]
fn everything_else_that_can_happen() {
    use IssuerNotice::*;
    let other = |kind: &str| Other { kind: kind.to_owned() };
    let a = ("AUTHORIZATION", 2_711, OK);
    let authorized = Authorized { amount: usd(2_711) };
    type Story<'a> = (Vec<(&'a str, i64, &'a str)>, Vec<IssuerNotice>);
    let stories: Vec<Story> = vec![
        (vec![("AUTHORIZATION", 2_711, "INSUFFICIENT_FUNDS")], vec![Declined]),
        (vec![a, ("AUTHORIZATION_ADVICE", 2_711, "UNKNOWN_HOST_TIMEOUT")], vec![authorized.clone(), Declined]),
        (vec![a, ("AUTHORIZATION_REVERSAL", 711, OK)], vec![authorized.clone(), Reversed { amount: usd(711) }]),
        (vec![a, ("AUTHORIZATION_EXPIRY", 2_711, OK)], vec![authorized.clone(), Expired { amount: usd(2_711) }]),
        (vec![("RETURN", -2_711, OK)], vec![Refunded { amount: usd(2_711) }]),
        (vec![("RETURN", 2_711, OK)], vec![Refunded { amount: usd(2_711) }]),
        (
            vec![("RETURN", -500, OK), ("RETURN_REVERSAL", 500, OK)],
            vec![Refunded { amount: usd(500) }, RefundReversed { amount: usd(500) }],
        ),
        (vec![("FINANCIAL_CREDIT_AUTHORIZATION", -500, OK)], vec![Refunded { amount: usd(500) }]),
        (
            vec![("CREDIT_AUTHORIZATION", -500, OK), ("CLEARING", -500, OK)],
            vec![other("CREDIT_AUTHORIZATION"), Refunded { amount: usd(500) }],
        ),
        (vec![("CLEARING", 900, OK)], vec![ForceCaptured { amount: usd(900) }]),
        (
            vec![("AUTHORIZATION", 900, "DECLINED"), ("CLEARING", 900, OK)],
            vec![Declined, ForceCaptured { amount: usd(900) }],
        ),
        (
            vec![("AUTHORIZATION_ADVICE", 900, OK), ("CLEARING", 900, OK)],
            vec![Authorized { amount: usd(900) }, Captured { amount: usd(900) }],
        ),
        (
            // Our answer came too late, and a stand-in approved.
            vec![("AUTHORIZATION", 900, "UNKNOWN_HOST_TIMEOUT"), ("AUTHORIZATION_ADVICE", 900, OK)],
            vec![Declined, Authorized { amount: usd(900) }],
        ),
        (vec![("CORRECTION_DEBIT", 3, OK)], vec![ForceCaptured { amount: usd(3) }]),
        (vec![("CORRECTION_CREDIT", -3, OK)], vec![Refunded { amount: usd(3) }]),
        (vec![("BALANCE_INQUIRY", 0, OK)], vec![other("BALANCE_INQUIRY")]),
        (vec![("SOMETHING_NEW", 5, OK)], vec![other("SOMETHING_NEW")]),
        (vec![("CLEARING", 5, "DECLINED")], vec![other("CLEARING")]),
        (vec![], vec![]),
    ];
    for (events, expected) in stories {
        assert_eq!(notices(&events), expected, "{events:?}");
    }
}

#[test]
fn an_advice_replaces_what_was_authorized() {
    use IssuerNotice::*;
    let story = [
        ("AUTHORIZATION", 1_000, OK),
        ("AUTHORIZATION_ADVICE", 1_500, OK),
        ("AUTHORIZATION_REVERSAL", 200, OK),
        ("AUTHORIZATION_ADVICE", 300, OK),
        ("AUTHORIZATION_ADVICE", 300, OK),
    ];
    let expected = [
        Authorized { amount: usd(1_000) },
        Authorized { amount: usd(500) },
        Reversed { amount: usd(200) },
        Reversed { amount: usd(1_000) },
        Other { kind: "AUTHORIZATION_ADVICE".to_owned() },
    ];
    assert_eq!(notices(&story), expected);
}

#[test]
fn one_message_that_authorizes_and_captures_is_two_changes() {
    let both = notices_of(&transaction(&[("FINANCIAL_AUTHORIZATION", 2_711, OK)])).unwrap();
    assert_eq!(both[0], ("event-0".to_owned(), IssuerNotice::Authorized { amount: usd(2_711) }));
    assert_eq!(both[1], ("event-0:captured".to_owned(), IssuerNotice::Captured { amount: usd(2_711) }));
    assert_eq!(both.len(), 2);
}

#[test]
fn events_are_taken_by_time_not_by_place() {
    let mut value = transaction(&[("AUTHORIZATION", 10, OK), ("CLEARING", 10, OK)]);
    value["events"][0]["created"] = json!("2027-01-15T08:00:00.25Z");
    value["events"][1]["created"] = json!("2027-01-15T08:00:00.3Z");
    value["events"].as_array_mut().unwrap().reverse();
    let notices: Vec<_> = notices_of(&value).unwrap().into_iter().map(|(_, notice)| notice).collect();
    assert!(matches!(notices[..], [IssuerNotice::Authorized { .. }, IssuerNotice::Captured { .. }]));
}

#[test]
fn a_closed_card_is_told_once() {
    let event = |state: &str| json!({"event_type": "card.updated", "card_token": "card-1", "state": state, "previous_fields": {}});
    let closed = notices_of(&event("CLOSED")).unwrap();
    assert_eq!(closed, [("closed:card-1".to_owned(), IssuerNotice::CardClosed)]);
    assert_eq!(notices_of(&event("PAUSED")), Ok(vec![]));
    assert_eq!(notices_of(&json!({"event_type": "balance.updated"})), Ok(vec![]));
    assert!(matches!(notices_of(&json!({})), Err(WebhookError::Malformed(_))));
    assert!(matches!(notices_of(&json!({"event_type": "card.updated"})), Err(WebhookError::Malformed(_))));
}

mod any_bytes {
    use super::*;
    use proptest::prelude::*;

    fn mangled(mut body: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
        for (at, byte) in changes {
            let index = at.index(body.len());
            body[index] = *byte;
        }
        body
    }

    proptest! {
        /// Signed rubbish is malformed or read, never a panic; without the signature it is refused unread.
        #[test]
        fn webhooks(
            rubbish in proptest::collection::vec(any::<u8>(), 0..200),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let lithic = lithic();
            let story = transaction(&[("AUTHORIZATION", 10, OK), ("AUTHORIZATION_ADVICE", 20, OK), ("CLEARING", 5, OK)]);
            for body in [
                rubbish,
                mangled(request().to_string().into_bytes(), &changes),
                mangled(story.to_string().into_bytes(), &changes),
            ] {
                let _ = lithic.read_charge(&signed(AUTHORIZATION_KEY, &body), &body, NOW);
                let _ = lithic.read_news(&signed(EVENTS_KEY, &body), &body, NOW);
                let wrong = signed(b"another key", &body);
                prop_assert_eq!(lithic.read_charge(&wrong, &body, NOW), Err(WebhookError::BadSignature));
                prop_assert_eq!(lithic.read_news(&wrong, &body, NOW), Err(WebhookError::BadSignature));
            }
        }
    }
}
