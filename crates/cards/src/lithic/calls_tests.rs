//! Requests to the byte, answers by table.

use super::*;
use money::Currency;
use ports::Secret;

fn config() -> LithicConfig {
    LithicConfig {
        base_url: "https://api.lithic.com".to_owned(),
        api_key: Secret::new("the-key".to_owned()),
        authorization_secret: Secret::new("whsec_AAAA".to_owned()),
        events_secret: Secret::new("whsec_BBBB".to_owned()),
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
    }
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn key() -> IdempotencyKey {
    IdempotencyKey("00ff:7".to_owned())
}

fn new_card(key: IdempotencyKey, limit: Money, memo: impl Into<String>) -> ports::CreateCard {
    ports::CreateCard { key, limit, holder: ports::CardHolder::default(), memo: memo.into() }
}

fn card() -> CardRef {
    CardRef("7ef7d65c-9023-4da3-b113-3b8583fd7951".to_owned())
}

fn body(request: &Request) -> String {
    String::from_utf8(request.bytes().to_vec()).unwrap()
}

fn answer(status: u16, body: &str) -> Response {
    Response::new(status, body.as_bytes())
}

/// As in the API reference, number and code included.
const CARD: &str = r#"{"account_token":"f3f4918c-dee9-464d-a819-4aa42901d624","created":"2021-06-28T22:53:15Z",
    "cvv":"776","exp_month":"06","exp_year":"2027","funding":null,"last_four":"4142","memo":"Anytill 00ff:7",
    "pan":"4111111289144142","spend_limit":2711,"spend_limit_duration":"FOREVER","state":"OPEN",
    "token":"7ef7d65c-9023-4da3-b113-3b8583fd7951","type":"VIRTUAL","pin_status":"NOT_SET"}"#;

#[test]
fn a_card_is_asked_for_as_documented() {
    let config = config();
    let request = new_card(key(), usd(2_711), "Anytill".to_owned());
    let call = CreateCardCall { config: &config, request: &request };
    let built = call.build_request();
    assert_eq!((built.method(), built.target()), (Method::Post, "/v1/cards"));
    assert_eq!(built.header_value("authorization"), Some("the-key"));
    assert_eq!(built.header_value("idempotency-key"), Some(uuid("lithic card", &key()).as_str()));
    assert!(built.is_fresh_connection());
    assert_eq!(
        body(&built),
        r#"{"type":"VIRTUAL","state":"OPEN","memo":"Anytill 00ff:7","spend_limit":2711,"spend_limit_duration":"FOREVER"}"#
    );
    assert_eq!(call.handle_response(&answer(200, CARD)), Outcome::Done(card()));
    assert!(matches!(call.handle_response(&answer(200, "{}")), Outcome::Unknown(_)));
    assert!(matches!(call.handle_response(&answer(500, CARD)), Outcome::Unknown(_)));
}

#[test]
fn the_key_is_in_the_memo_once() {
    let config = config();
    let memo = |memo: &str| {
        let request = new_card(key(), usd(1), memo.to_owned());
        let built = CreateCardCall { config: &config, request: &request }.build_request();
        serde_json::from_slice::<serde_json::Value>(built.bytes()).unwrap()["memo"].as_str().unwrap().to_owned()
    };
    assert_eq!(memo("Anytill 00ff:7"), "Anytill 00ff:7");
    assert_eq!(memo(""), "00ff:7");
    // Another key that this one is a part of.
    assert_eq!(memo("Anytill 00ff:77"), "Anytill 00ff:77 00ff:7");
}

#[test]
fn a_limit_of_zero_is_not_no_limit() {
    let mut config = config();
    let built =
        |config: &LithicConfig, minor| body(&SetLimitCall { config, card: &card(), limit: usd(minor) }.build_request());
    assert_eq!(built(&config, 0), r#"{"spend_limit":1,"spend_limit_duration":"FOREVER"}"#);
    config.headroom_minor = 200;
    assert_eq!(built(&config, 0), r#"{"spend_limit":200,"spend_limit_duration":"FOREVER"}"#);
    assert_eq!(built(&config, 2_711), r#"{"spend_limit":2911,"spend_limit_duration":"FOREVER"}"#);
}

#[test]
fn a_limit_is_set_when_the_answer_says_so() {
    let config = config();
    let token = card();
    let call = |minor| SetLimitCall { config: &config, card: &token, limit: usd(minor) };
    let built = call(2_711).build_request();
    assert_eq!(built.method(), Method::Patch);
    assert_eq!(built.target(), "/v1/cards/7ef7d65c-9023-4da3-b113-3b8583fd7951");
    assert!(built.is_fresh_connection());
    assert_eq!(call(2_711).handle_response(&answer(200, CARD)), Outcome::Done(()));
    assert!(matches!(call(2_712).handle_response(&answer(200, CARD)), Outcome::Unknown(_)));
}

#[test]
fn a_card_is_closed_when_the_answer_says_so() {
    let config = config();
    let token = card();
    let call = CloseCardCall { config: &config, card: &token };
    assert_eq!(body(&call.build_request()), r#"{"state":"CLOSED"}"#);
    assert!(call.build_request().is_fresh_connection());
    assert!(matches!(call.handle_response(&answer(200, CARD)), Outcome::Unknown(_)));
    assert_eq!(call.handle_response(&answer(200, &CARD.replace("OPEN", "CLOSED"))), Outcome::Done(()));
    assert!(matches!(call.handle_response(&answer(404, "{}")), Outcome::Rejected(r) if r.code == "not_found"));
}

#[test]
fn a_card_is_found_by_its_whole_key() {
    let config = config();
    let key = key();
    let call = FindCardCall { config: &config, key: &key, since: UnixMs(1_617_236_925_678), after: None };
    assert_eq!(
        call.build_request().target(),
        "/v1/cards?memo=00ff%3A7&begin=2021-04-01T00%3A18%3A45.678Z&page_size=100"
    );
    assert!(!call.build_request().is_fresh_connection(), "lists hold no card numbers");
    let other = CARD.replace("00ff:7", "00ff:77").replace("7ef7d65c", "11111111");
    let page = |more: bool| answer(200, &format!(r#"{{"data":[{other},{CARD}],"has_more":{more}}}"#));
    let found = |next: Option<&str>| Outcome::Done(PageOf { items: vec![card()], next: next.map(str::to_owned) });
    assert_eq!(call.handle_response(&page(false)), found(None));
    assert_eq!(call.handle_response(&page(true)), found(Some(&card().0)));
    let second = FindCardCall { after: Some("tok".to_owned()), ..call };
    assert!(second.build_request().target().ends_with("&starting_after=tok"));
}

#[test]
fn secrets_are_revealed_only_whole() {
    let config = config();
    let token = card();
    let call = RevealCall { config: &config, card: &token };
    assert!(call.build_request().is_fresh_connection());
    let secrets = call.handle_response(&answer(200, CARD)).done().unwrap();
    assert_eq!((secrets.number.expose(), secrets.security_code.expose()), ("4111111289144142", "776"));
    assert_eq!((secrets.expiry_month, secrets.expiry_year), (6, 2027));
    assert!(!format!("{secrets:?}").contains("4111"));
    let code = |card: &str| match call.handle_response(&answer(200, card)) {
        Outcome::Rejected(r) => r.code,
        other => format!("{other:?}"),
    };
    assert_eq!(code(&CARD.replace(r#""cvv":"776","#, "")), "secrets_withheld");
    assert_eq!(code(&CARD.replace("OPEN", "CLOSED")), "card_closed");
    for (from, to) in [("\"776\"", "\"77\""), ("\"06\"", "\"13\""), ("4111111289144142", "4111x"), ("2027", "27")] {
        let unreadable = code(&CARD.replace(from, to));
        assert!(unreadable.starts_with("Unknown") && !unreadable.contains("4111"), "{unreadable}");
    }
}

#[test]
fn a_hostile_card_reference_stays_in_its_place() {
    let config = config();
    let hostile = CardRef("../financial_accounts?x=1#y".to_owned());
    let call = RevealCall { config: &config, card: &hostile };
    assert_eq!(call.build_request().target(), "/v1/cards/..%2Ffinancial_accounts%3Fx%3D1%23y");
}

#[test]
fn the_float_is_one_balance_of_our_currency() {
    let mut config = config();
    let balance = |amount: i64, currency: &str| {
        format!(
            r#"{{"available_amount":{amount},"created":"x","currency":"{currency}","pending_amount":0,
            "total_amount":{amount},"token":"t","type":"ISSUING","updated":"x"}}"#
        )
    };
    let page = |balances: &[String]| answer(200, &format!(r#"{{"data":[{}],"has_more":false}}"#, balances.join(",")));
    let float = |config: &LithicConfig, response: &Response| FloatCall { config }.handle_response(response);
    let answer = page(&[balance(5, "EUR"), balance(100_000, "USD")]);
    assert_eq!(float(&config, &answer), Outcome::Done(Float { available: usd(100_000) }));
    assert_eq!(float(&config, &page(&[balance(-5, "USD")])), Outcome::Done(Float { available: usd(0) }));
    for bad in [page(&[]), page(&[balance(1, "USD"), balance(2, "USD")])] {
        assert!(matches!(float(&config, &bad), Outcome::Rejected(r) if r.code == "no_single_balance"));
    }
    let target = |config: &LithicConfig| FloatCall { config }.build_request().target().to_owned();
    assert_eq!(target(&config), "/v1/balances?financial_account_type=ISSUING");
    config.account_token = Some("acc".to_owned());
    assert_eq!(target(&config), "/v1/balances?account_token=acc&financial_account_type=ISSUING");
    config.financial_account_token = Some("fin".to_owned());
    assert_eq!(target(&config), "/v1/financial_accounts/fin/balances");
}

#[test]
fn responder_and_subscriptions() {
    let config = config();
    let responder = |text: &str| {
        ResponderCall { config: &config, of: Responder::Authorizations }.handle_response(&answer(200, text))
    };
    assert_eq!(
        responder(r#"{"enrolled":true,"url":"https://a/asa"}"#),
        Outcome::Done(Some("https://a/asa".to_owned()))
    );
    assert_eq!(responder(r#"{"enrolled":false,"url":null}"#), Outcome::Done(None));
    let call = SubscriptionsCall { config: &config, after: None };
    let page = r#"{"data":[
        {"token":"ep_1","url":"https://a/all","disabled":false,"description":""},
        {"token":"ep_2","url":"https://a/off","disabled":true,"description":"","event_types":null},
        {"token":"ep_3","url":"https://a/card","disabled":false,"event_types":["card.created"]},
        {"token":"ep_4","url":"https://a/tx","disabled":false,"event_types":["card_transaction.updated"]}
    ],"has_more":false}"#;
    let urls = ["https://a/all", "https://a/tx"].map(str::to_owned).to_vec();
    assert_eq!(call.handle_response(&answer(200, page)), Outcome::Done(PageOf { items: urls, next: None }));
}

mod any_bytes {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever comes back, nothing panics and only a success can be `Done`.
        #[test]
        fn answers(status in 100u16..600, bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            (0usize..CARD.len(), any::<u8>()).prop_map(|(at, byte)| {
                let mut card = CARD.as_bytes().to_vec();
                card[at] = byte;
                card
            }),
        ]) {
            let (config, token, key) = (config(), card(), key());
            let request = new_card(key.clone(), usd(2_711), String::new());
            let response = Response::new(status, bytes);
            let success = response.is_success();
            let shown = [
                format!("{:?}", CreateCardCall { config: &config, request: &request }.handle_response(&response)),
                format!("{:?}", SetLimitCall { config: &config, card: &token, limit: usd(1) }.handle_response(&response)),
                format!("{:?}", CloseCardCall { config: &config, card: &token }.handle_response(&response)),
                format!("{:?}", IsClosedCall { config: &config, card: &token }.handle_response(&response)),
                format!("{:?}", RevealCall { config: &config, card: &token }.handle_response(&response)),
                format!("{:?}", FloatCall { config: &config }.handle_response(&response)),
                format!("{:?}", TransactionsCall { config: &config, card: &token, after: None }.handle_response(&response)),
                format!("{:?}", ResponderCall { config: &config, of: Responder::Authorizations }.handle_response(&response)),
                format!("{:?}", FindCardCall { config: &config, key: &key, since: UnixMs(0), after: None }
                    .handle_response(&response)),
            ];
            for text in shown {
                prop_assert!(success || !text.starts_with("Done"), "{}", text);
                prop_assert!(!text.contains("41111112"), "a card number in {}", text);
            }
        }
    }
}
