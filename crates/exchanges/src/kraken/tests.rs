//! Requests to the byte, answers by table.

use super::*;
use money::{Money, Rate};
use outbound::{Call, Response, uuid};
use ports::{Fee, SaleReport};
use proptest::prelude::*;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> UnixMs {
        UnixMs(1_617_236_320_000)
    }
}

fn keys() -> Keys {
    Keys::new(Secret::new("the-key".to_owned()), &Secret::new("c2VjcmV0".to_owned())).unwrap()
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
        limit: Rate::parse("5430.09", Currency::USD).unwrap(),
        deadline: UnixMs(1_617_236_325_000),
    }
}

fn answer(result: &str) -> Response {
    Response::new(200, format!(r#"{{"error":[],"result":{result}}}"#))
}

fn id() -> String {
    uuid("kraken order", &key())
}

/// An order as in the API reference.
fn entry(status: &str, vol_exec: &str, cost: &str, fee: &str, oflags: &str) -> String {
    format!(
        r#"{{"refid":null,"userref":0,"cl_ord_id":"{}","status":"{status}","opentm":1688148493.7708,"starttm":0,
        "expiretm":0,"descr":{{"pair":"XBTUSD","type":"sell","ordertype":"limit","price":"5430.1","price2":"0",
        "leverage":"none","order":"sell 0.00496758 XBTUSD @ limit 5430.1","close":""}},"vol":"0.00496758",
        "vol_exec":"{vol_exec}","cost":"{cost}","fee":"{fee}","price":"5457.3","stopprice":"0.00000",
        "limitprice":"0.00000","misc":"","oflags":"{oflags}","reason":null,"closetm":1688148610.0482}}"#,
        id()
    )
}

#[test]
fn an_order_is_placed_as_documented() {
    let (keys, nonce, order) = (keys(), Nonce::default(), order());
    let call = AddOrder { order: &order, pair: Pair::assumed(Currency::USD), deadline: order.deadline };
    let signed = Signed { call, keys: &keys, nonce: &nonce, clock: &FixedClock };
    let first = signed.build_request();
    assert_eq!(first.target(), "/0/private/AddOrder");
    assert_eq!(
        String::from_utf8(first.bytes().to_vec()).unwrap(),
        format!(
            "nonce=1617236320000&ordertype=limit&type=sell&pair=XBTUSD&volume=0.00496758&price=5430.1&timeinforce=IOC\
             &oflags=fciq&deadline=2021-04-01T00%3A18%3A45.000Z&cl_ord_id={}",
            id()
        )
    );
    let second = signed.build_request();
    assert!(second.bytes().starts_with(b"nonce=1617236320001&"), "each attempt has a nonce of its own");
    assert_ne!(first.header_value("api-sign"), second.header_value("api-sign"));

    let placed = r#"{"descr":{"order":"sell 0.00496758 XBTUSD @ limit 5430.1"},"txid":["OUF4EM-FRGI2-MQMWZD"]}"#;
    assert_eq!(signed.handle_response(&answer(placed)), Outcome::Done("OUF4EM-FRGI2-MQMWZD".to_owned()));
    let repeated = Response::new(200, br#"{"error":["EAPI:Invalid nonce"]}"#.as_slice());
    assert!(matches!(signed.handle_response(&repeated), Outcome::Unknown(_)), "a proxy may have sent it twice");
    for unclear in [r#"{"txid":[]}"#, r#"{"txid":["A","B"]}"#, "{}"] {
        assert!(matches!(signed.handle_response(&answer(unclear)), Outcome::Unknown(_)), "{unclear}");
    }
}

fn query(result: &str) -> Outcome<SaleStatus> {
    QueryOrder { txid: "OUF4EM", currency: Currency::USD }.handle_response(&answer(result))
}

#[test]
fn fills_and_fees_become_integers_rounded_against_us() {
    let closed = |order: String| match query(&format!(r#"{{"OUF4EM":{order}}}"#)) {
        Outcome::Done(SaleStatus::Closed(report)) => report,
        other => panic!("{other:?}"),
    };
    let report = |sold, proceeds, fee| SaleReport { sold_sat: sat(sold), proceeds: usd(proceeds), fee };
    assert_eq!(
        closed(entry("closed", "0.00496758", "27.10999", "0.10844", "fciq")),
        report(496_758, 2_710, Fee::Currency(usd(11)))
    );
    assert_eq!(
        closed(entry("canceled", "0.00200000", "10.91480", "0.00000", "fciq,nompp")),
        report(200_000, 1_091, Fee::Currency(usd(0)))
    );
    assert_eq!(
        closed(entry("closed", "0.00496758", "27.11", "0.0000198703", "fcib")),
        report(496_758, 2_711, Fee::Bitcoin(sat(1_988)))
    );
    assert_eq!(
        closed(entry("expired", "0.00000000", "0.00000", "0.00000", "fciq")),
        report(0, 0, Fee::Currency(usd(0)))
    );
}

#[test]
fn an_order_is_open_or_not_there() {
    for status in ["open", "pending"] {
        let result = format!(r#"{{"OUF4EM":{}}}"#, entry(status, "0.001", "5.4", "0", "fciq"));
        assert_eq!(query(&result), Outcome::Done(SaleStatus::Open));
    }
    assert_eq!(query("{}"), Outcome::Done(SaleStatus::NotFound));
    for (from, to) in [
        ("\"closed\"", "\"something\""),
        ("XBTUSD", "XBTEUR"),
        ("XBTUSD", "ETHUSD"),
        ("\"vol_exec\":\"0.00496758\"", "\"vol_exec\":\"0.004967581\""),
        ("\"cost\":\"27.1\"", "\"cost\":\"-27.1\""),
        ("\"cost\":\"27.1\"", "\"cost\":27.1"),
        ("\"fee\":\"0.1\"", "\"fee\":\"1e-1\""),
    ] {
        let changed = entry("closed", "0.00496758", "27.1", "0.1", "fciq").replace(from, to);
        let result = format!(r#"{{"OUF4EM":{changed}}}"#);
        assert!(matches!(query(&result), Outcome::Unknown(_)), "{from} as {to}");
    }
}

#[test]
fn only_an_order_with_our_id_is_ours() {
    let key = key();
    let find = |orders: &[String]| {
        let listed: Vec<String> = orders.iter().enumerate().map(|(i, o)| format!(r#""O{i}":{o}"#)).collect();
        let result = format!(r#"{{"closed":{{{}}},"count":1}}"#, listed.join(","));
        FindClosed { key: &key, since: UnixMs(0) }.handle_response(&answer(&result))
    };
    let ours = entry("closed", "0.00496758", "27.11", "0.11", "fciq");
    let other = ours.replace(&id(), "9cc788d8-9c00-4b25-94d3-26d93603948d");
    let nameless = ours.replace(&format!("\"{}\"", id()), "null");
    assert!(matches!(find(&[other.clone(), ours.clone()]), Outcome::Done(SaleStatus::Closed(_))));
    assert_eq!(find(&[]), Outcome::Done(SaleStatus::NotFound));
    assert_eq!(find(std::slice::from_ref(&other)), Outcome::Done(SaleStatus::NotFound));
    assert!(matches!(find(&[ours.clone(), nameless]), Outcome::Unknown(_)));
    assert!(matches!(find(&[ours.clone(), ours]), Outcome::Unknown(_)));
    let start = FindClosed { key: &key, since: UnixMs(1_617_236_320_999) }.parameters();
    assert_eq!(start[1], ("start", "1617236200".to_owned()));
}

#[test]
fn balances_are_rounded_down_and_others_left_out() {
    let result =
        r#"{"ZUSD":"171288.6158","XXBT":"0.1234567899","XBT.F":"5.0","XETH":"1.0","CHF":"3.999","ZJPY":"7.9"}"#;
    let expected = [
        AssetBalance::Currency(Money::new(399, Currency::CHF).unwrap()),
        AssetBalance::Bitcoin(sat(12_345_678)),
        AssetBalance::Currency(Money::new(7, Currency::JPY).unwrap()),
        AssetBalance::Currency(usd(17_128_861)),
    ];
    assert_eq!(Balance.handle_response(&answer(result)), Outcome::Done(expected.to_vec()));
    assert!(matches!(Balance.handle_response(&answer(r#"{"ZUSD":"-1"}"#)), Outcome::Unknown(_)));
}

#[test]
fn maintenance_and_markets() {
    assert_eq!(Status.handle_response(&answer(r#"{"status":"online","timestamp":"x"}"#)), Outcome::Done(()));
    for status in ["maintenance", "cancel_only", "post_only"] {
        let outcome = Status.handle_response(&answer(&format!(r#"{{"status":"{status}"}}"#)));
        assert!(matches!(outcome, Outcome::Rejected(r) if r.retryable && r.code == "maintenance"));
    }
    let pair = |status: &str| {
        let result = format!(
            r#"{{"XXBTZUSD":{{"altname":"XBTUSD","wsname":"XBT/USD","base":"XXBT","quote":"ZUSD","pair_decimals":1,
            "cost_decimals":5,"lot_decimals":8,"ordermin":"0.0001","costmin":"0.5","tick_size":"0.1",
            "status":"{status}"}}}}"#
        );
        DescribePair { currency: Currency::USD }.handle_response(&answer(&result))
    };
    assert_eq!(pair("online").done().unwrap().minimum_sat, sat(10_000));
    assert!(matches!(pair("reduce_only"), Outcome::Rejected(r) if r.retryable));
    assert_eq!(Time.handle_response(&answer(r#"{"unixtime":1688669448}"#)), Outcome::Done(UnixMs(1_688_669_448_000)));
}

#[test]
fn clocks_are_compared_with_what_is_known() {
    let apart = |asked, theirs, answered| clock_apart_ms(UnixMs(asked), UnixMs(theirs), UnixMs(answered));
    assert_eq!(apart(10_500, 10_000, 10_600), 0);
    assert_eq!(apart(10_500, 10_000, 20_000), 0, "a slow answer says nothing");
    assert_eq!(apart(20_000, 10_000, 20_100), 9_001);
    assert_eq!(apart(10_000, 20_000, 10_100), 9_900);
}

#[test]
fn what_cannot_be_sold_does_not_leave() {
    let config = KrakenConfig {
        base_url: "https://api.kraken.com".to_owned(),
        api_key: Secret::new("k".to_owned()),
        private_key: Secret::new("c2VjcmV0".to_owned()),
        currencies: vec![Currency::USD],
    };
    let kraken = Kraken::new(config, Limits::default(), Retry::never(), Arc::new(FixedClock)).unwrap();
    let now = FixedClock.now();
    let good = SellOrder { deadline: now.plus_ms(10_000), ..order() };
    assert_eq!(kraken.check(&good).unwrap().1, now.plus_ms(10_000));
    assert_eq!(
        kraken.check(&SellOrder { deadline: now.plus_ms(90_000), ..good.clone() }).unwrap().1,
        now.plus_ms(55_000)
    );
    for bad in [
        SellOrder { deadline: now.plus_ms(2_999), ..good.clone() },
        SellOrder { amount_sat: sat(4_999), ..good.clone() },
        SellOrder { limit: Rate::parse("1", Currency::EUR).unwrap(), ..good.clone() },
    ] {
        assert!(kraken.check(&bad).is_err(), "{bad:?}");
    }
    assert_eq!(kraken.minimum_sat(Currency::USD), sat(5_000));
    assert_eq!(kraken.minimum_sat(Currency::EUR), Sat::MAX);
}

proptest! {
    /// Whatever comes back, nothing panics, and only a success of the documented form can be `Done`.
    #[test]
    fn answers_of_any_bytes(
        status in prop_oneof![Just(200u16), 100u16..600],
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
                let order = entry("closed", "0.00496758", "27.11", "0.11", "fciq");
                let mut body = format!(r#"{{"error":[],"result":{{"OUF4EM":{order}}}}}"#).into_bytes();
                let index = at.index(body.len());
                body[index] = byte;
                body
            }),
        ],
    ) {
        let (key, order) = (key(), order());
        let response = Response::new(status, bytes);
        let add = AddOrder { order: &order, pair: Pair::assumed(Currency::USD), deadline: order.deadline };
        let done = [
            matches!(add.handle_response(&response), Outcome::Done(_)),
            matches!(QueryOrder { txid: "OUF4EM", currency: Currency::USD }.handle_response(&response), Outcome::Done(_)),
            matches!(FindOpen { key: &key }.handle_response(&response), Outcome::Done(_)),
            matches!(FindClosed { key: &key, since: UnixMs(0) }.handle_response(&response), Outcome::Done(_)),
            matches!(Balance.handle_response(&response), Outcome::Done(_)),
            matches!(DescribePair { currency: Currency::USD }.handle_response(&response), Outcome::Done(_)),
            matches!(Status.handle_response(&response), Outcome::Done(())),
            matches!(Time.handle_response(&response), Outcome::Done(_)),
        ];
        prop_assert!(status == 200 || done.iter().all(|done| !done));
    }
}
