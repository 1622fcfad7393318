//! Requests to the byte, answers by table.

use super::{calls::Page, *};
use money::{Money, Rate};
use outbound::{Call, Response, uuid};
use ports::{Fee, SaleReport};
use proptest::prelude::*;
use serde_json::{Value, json};

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> UnixMs {
        UnixMs(1_617_236_320_000)
    }
}

fn pem() -> String {
    let secret = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    secret.to_sec1_pem(p256::pkcs8::LineEnding::LF).unwrap().to_string()
}

fn coinbase() -> Coinbase {
    let config = CoinbaseConfig {
        base_url: "https://API.coinbase.com/".to_owned(),
        api_key: Secret::new("organizations/o/apiKeys/k".to_owned()),
        private_key: Secret::new(pem()),
        currencies: vec![Currency::USD],
    };
    Coinbase::new(config, Limits::default(), Retry::never(), Arc::new(FixedClock)).unwrap()
}

fn key() -> IdempotencyKey {
    IdempotencyKey("p:sell".to_owned())
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn sat(value: u64) -> Sat {
    Sat::new(value).unwrap()
}

fn order() -> SellOrder {
    SellOrder {
        key: key(),
        amount_sat: sat(496_758),
        limit: Rate::parse("5430.091", Currency::USD).unwrap(),
        deadline: UnixMs(1_617_236_325_000),
    }
}

fn answer(body: &Value) -> Response {
    Response::new(200, body.to_string())
}

fn id() -> String {
    uuid("coinbase order", &key())
}

/// An order as in the API reference.
fn entry(status: &str, size: &str, value: &str, fees: &str) -> Value {
    json!({
        "order_id": "0000-000000-000000", "product_id": "BTC-USD", "user_id": "2222-000000-000000",
        "order_configuration": { "sor_limit_ioc": { "base_size": "0.00496758", "limit_price": "5430.1" } },
        "side": "SELL", "client_order_id": id(), "status": status, "time_in_force": "IMMEDIATE_OR_CANCEL",
        "created_time": "2021-04-01T00:18:40.123Z", "completion_percentage": "100", "filled_size": size,
        "average_filled_price": "5457.3", "fee": "", "number_of_fills": "1", "filled_value": value,
        "pending_cancel": false, "size_in_quote": false, "total_fees": fees, "size_inclusive_of_fees": false,
        "total_value_after_fees": "27.1", "trigger_status": "INVALID_ORDER_TYPE", "order_type": "LIMIT",
        "reject_reason": "REJECT_REASON_UNSPECIFIED", "settled": true, "product_type": "SPOT",
    })
}

#[test]
fn an_order_is_placed_as_documented() {
    let (coinbase, order) = (coinbase(), order());
    let call = AddOrder { order: &order, product: Product::assumed(Currency::USD) };
    let signed = Signed { call, keys: &coinbase.keys, host: &coinbase.host, clock: &FixedClock };
    let first = signed.build_request();
    assert_eq!(coinbase.host, "api.coinbase.com");
    assert_eq!(first.target(), "/api/v3/brokerage/orders");
    assert_eq!(
        serde_json::from_slice::<Value>(first.bytes()).unwrap(),
        json!({
            "client_order_id": id(), "product_id": "BTC-USD", "side": "SELL",
            "order_configuration": { "sor_limit_ioc": { "base_size": "0.00496758", "limit_price": "5430.1" } },
        })
    );
    let second = signed.build_request();
    assert_eq!(first.bytes(), second.bytes());
    assert_ne!(first.header_value("authorization"), second.header_value("authorization"));

    let placed = json!({
        "success": true, "failure_reason": "UNKNOWN_FAILURE_REASON", "order_id": "11111-00000-000000",
        "success_response": { "order_id": "11111-00000-000000", "product_id": "BTC-USD", "side": "SELL",
            "client_order_id": id() },
        "order_configuration": {},
    });
    assert_eq!(signed.handle_response(&answer(&placed)), Outcome::Done("11111-00000-000000".to_owned()));
    let mut other = placed.clone();
    other["success_response"]["client_order_id"] = json!("another");
    for unclear in [other, json!({ "success": true }), json!({ "success": false }), json!({})] {
        assert!(matches!(signed.handle_response(&answer(&unclear)), Outcome::Unknown(_)), "{unclear}");
    }
    let refused = json!({ "success": false, "error_response": { "error": "INSUFFICIENT_FUND", "message": "no" } });
    assert!(matches!(signed.handle_response(&answer(&refused)), Outcome::Rejected(r) if r.code == "insufficient_fund"));
}

fn query(order: Value) -> Outcome<SaleStatus> {
    QueryOrder { id: "0000-000000-000000", key: &key() }.handle_response(&answer(&json!({ "order": order })))
}

#[test]
fn fills_and_fees_become_integers_rounded_against_us() {
    for (status, size, value, fees, sold, proceeds, fee) in [
        ("FILLED", "0.00496758", "27.10999", "0.16265994", 496_758, 2_710, 17),
        ("CANCELLED", "0.002", "10.9148", "0.0654888", 200_000, 1_091, 7),
        ("CANCELLED", "0", "0", "0", 0, 0, 0),
        ("EXPIRED", "", "", "", 0, 0, 0),
        ("FAILED", "0.00000000", "0.0000000000000000", "0", 0, 0, 0),
    ] {
        let report = SaleReport { sold_sat: sat(sold), proceeds: usd(proceeds), fee: Fee::Currency(usd(fee)) };
        assert_eq!(query(entry(status, size, value, fees)), Outcome::Done(SaleStatus::Closed(report)), "{status}");
    }
    for status in ["PENDING", "OPEN", "QUEUED", "CANCEL_QUEUED"] {
        assert_eq!(query(entry(status, "0.001", "5.4", "0.1")), Outcome::Done(SaleStatus::Open));
    }
}

#[test]
fn what_is_not_ours_or_not_documented_is_unknown() {
    let good = entry("FILLED", "0.00496758", "27.1", "0.2");
    for (name, value) in [
        ("status", json!("UNKNOWN_ORDER_STATUS")),
        ("status", json!("SOMETHING")),
        ("side", json!("BUY")),
        ("product_id", json!("ETH-USD")),
        ("client_order_id", json!("another")),
        ("order_id", json!("another")),
        ("filled_size", json!("0.004967581")),
        ("filled_value", json!("-27.1")),
        ("filled_value", serde_json::from_str("27.1").unwrap()),
        ("total_fees", json!("1e-1")),
    ] {
        let mut changed = good.clone();
        changed[name] = value.clone();
        assert!(matches!(query(changed), Outcome::Unknown(_)), "{name}: {value}");
    }
}

fn list(body: &Value) -> Outcome<Page> {
    ListOrders { key: &key(), since: UnixMs(0), cursor: None }.handle_response(&answer(body))
}

#[test]
fn orders_are_found_by_our_id_page_by_page() {
    let ours = entry("OPEN", "0", "0", "0");
    let mut other = ours.clone();
    other["client_order_id"] = json!("another");
    // Another's order may be of a kind that we do not know.
    other["status"] = json!("SOMETHING");
    let page = json!({ "orders": [other, ours], "sequence": "0", "has_next": true, "cursor": "abc" });
    assert_eq!(list(&page), Outcome::Done(Page { ours: vec![SaleStatus::Open], next: Some("abc".to_owned()) }));
    let last = json!({ "orders": [], "has_next": false, "cursor": "" });
    assert_eq!(list(&last), Outcome::Done(Page { ours: vec![], next: None }));
    for unclear in [json!({ "orders": [], "has_next": true }), json!({ "orders": [] }), json!({ "has_next": false })] {
        assert!(matches!(list(&unclear), Outcome::Unknown(_)), "{unclear}");
    }
    let coinbase = coinbase();
    let call = ListOrders { key: &key(), since: UnixMs(1_617_236_320_999), cursor: Some("a b".to_owned()) };
    let signed = Signed { call, keys: &coinbase.keys, host: &coinbase.host, clock: &FixedClock };
    assert_eq!(
        signed.build_request().target(),
        "/api/v3/brokerage/orders/historical/batch?start_date=2021-04-01T00%3A16%3A40.999Z&limit=250&cursor=a+b"
    );
}

#[test]
fn balances_are_rounded_down_and_others_left_out() {
    let account = |currency: &str, value: &str| {
        let amount = |value: &str| json!({ "value": value, "currency": currency });
        json!({ "uuid": "1", "currency": currency, "available_balance": amount(value), "hold": amount("0.5") })
    };
    let page = |accounts: Value| answer(&json!({ "accounts": accounts, "has_next": false, "cursor": "" }));
    let read = |accounts: Value| ListAccounts { cursor: None }.handle_response(&page(accounts));
    let all = json!([
        account("BTC", "0.1234567899999999"),
        account("USDC", "5.0"),
        account("USD", "10000.0199999999"),
        account("ETH", "1"),
    ]);
    let expected = vec![AssetBalance::Bitcoin(sat(62_345_678)), AssetBalance::Currency(usd(1_000_051))];
    assert_eq!(read(all), Outcome::Done((expected, None)));
    for bad in [json!([account("USD", "-1")]), json!([account("BTC", "x")])] {
        assert!(matches!(read(bad), Outcome::Unknown(_)));
    }
}

#[test]
fn a_market_that_does_not_trade_and_a_key_without_rights() {
    let product = |name: &str| {
        let mut product = json!({
            "product_id": "BTC-USD", "price": "5500", "price_increment": "0.01", "base_increment": "0.00000001",
            "base_min_size": "0.00000001", "quote_min_size": "1", "is_disabled": false, "cancel_only": false,
        });
        product[name] = json!(true);
        DescribeProduct { currency: Currency::USD }.handle_response(&answer(&product))
    };
    assert_eq!(product("nothing").done().unwrap().minimum_sat(), sat(18_182));
    for name in ["is_disabled", "trading_disabled", "cancel_only", "post_only", "auction_mode", "view_only"] {
        assert!(matches!(product(name), Outcome::Rejected(r) if r.retryable && r.code == "maintenance"), "{name}");
    }
    let may = |view: bool, trade: bool, transfer: bool| {
        let body = json!({ "can_view": view, "can_trade": trade, "can_transfer": transfer });
        KeyPermissions.handle_response(&answer(&body))
    };
    assert_eq!(may(true, true, false), Outcome::Done(None));
    assert!(matches!(may(true, true, true), Outcome::Done(Some(_))));
    assert!(matches!(may(true, false, false), Outcome::Rejected(r) if r.code == "forbidden"));
}

#[test]
fn clocks_are_compared_with_what_is_known() {
    let apart = |asked, theirs, answered| clock_apart_ms(UnixMs(asked), UnixMs(theirs), UnixMs(answered));
    assert_eq!(apart(10_500, 10_550, 10_600), 0);
    assert_eq!(apart(20_000, 10_000, 20_100), 10_000);
    assert_eq!(apart(10_000, 20_000, 10_100), 9_900);
}

#[test]
fn what_cannot_be_sold_does_not_leave() {
    let coinbase = coinbase();
    let now = FixedClock.now();
    let good = SellOrder { deadline: now.plus_ms(10_000), ..order() };
    assert!(coinbase.check(&good).is_ok());
    for bad in [
        SellOrder { deadline: now.plus_ms(2_999), ..good.clone() },
        SellOrder { amount_sat: sat(18_000), ..good.clone() },
        SellOrder { limit: Rate::parse("5430", Currency::EUR).unwrap(), ..good.clone() },
    ] {
        assert!(coinbase.check(&bad).is_err(), "{bad:?}");
    }
    assert_eq!(coinbase.minimum_sat(Currency::EUR), Sat::MAX);
}

proptest! {
    /// Whatever comes back, nothing panics, and only a success of the documented form can be `Done`.
    #[test]
    fn answers_of_any_bytes(
        status in prop_oneof![Just(200u16), 100u16..600],
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
                let body = json!({ "order": entry("FILLED", "0.00496758", "27.11", "0.11") });
                let mut body = body.to_string().into_bytes();
                let index = at.index(body.len());
                body[index] = byte;
                body
            }),
        ],
    ) {
        let (key, order) = (key(), order());
        let response = Response::new(status, bytes);
        let add = AddOrder { order: &order, product: Product::assumed(Currency::USD) };
        let done = [
            matches!(add.handle_response(&response), Outcome::Done(_)),
            matches!(QueryOrder { id: "0000-000000-000000", key: &key }.handle_response(&response), Outcome::Done(_)),
            matches!(ListOrders { key: &key, since: UnixMs(0), cursor: None }.handle_response(&response), Outcome::Done(_)),
            matches!(ListAccounts { cursor: None }.handle_response(&response), Outcome::Done(_)),
            matches!(KeyPermissions.handle_response(&response), Outcome::Done(_)),
            matches!(DescribeProduct { currency: Currency::USD }.handle_response(&response), Outcome::Done(_)),
            matches!(Time.handle_response(&response), Outcome::Done(_)),
        ];
        prop_assert!(status == 200 || done.iter().all(|done| !done));
    }
}
