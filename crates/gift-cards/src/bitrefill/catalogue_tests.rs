use super::*;

fn read(json: &str) -> Option<Known> {
    Known::read(&serde_json::from_str::<wire::Product>(json).unwrap())
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn product(rest: &str) -> String {
    format!(r#"{{"id":"card-usa","name":"Card","country_code":"US","currency":"USD",{rest}}}"#)
}

/// Shapes of the pages and of real answers.
#[test]
fn packages_and_ranges() {
    let real = product(
        r#""recipient_type":"none","in_stock":true,"packages":[
        {"id":"card-usa<&>50","value":"50","price":66444,"amount":50},
        {"id":"card-usa<&>25","value":"25","price":33222,"amount":25}]"#,
    );
    let known = read(&real).unwrap();
    assert_eq!(known.offer("card-usa", "shop.example").steps, [usd(2_500), usd(5_000)]);
    assert_eq!(known.denomination(usd(5_000)), Some(Denomination::Package("card-usa<&>50".to_owned())));
    assert_eq!(known.denomination(usd(3_000)), None);

    let pages = product(r#""type":"gift_card","packages":[{"package_id":"card-usa<&>25","value":25}]"#);
    assert_eq!(read(&pages).unwrap().denomination(usd(2_500)), Some(Denomination::Package("card-usa<&>25".to_owned())));
    let one = product(r#""packages":{"id":"card-usa<&>10","value":"10","amount":10}"#);
    assert!(read(&one).unwrap().denomination(usd(1_000)).is_some());

    let range =
        product(r#""packages":[{"id":"x","value":"1"}],"range":{"min":5,"max":500,"step":0.01,"price_rate":1}"#);
    let offer = read(&range).unwrap().offer("card-usa", "shop.example");
    assert_eq!((offer.min, offer.max, offer.increment), (usd(500), usd(50_000), usd(1)));
    assert!(offer.steps.is_empty());
    assert_eq!(read(&range).unwrap().denomination(usd(2_711)), Some(Denomination::Value));
    let dollars = product(r#""range":{"min":"5","max":"500.00","step":"1"}"#);
    assert_eq!(read(&dollars).unwrap().denomination(usd(2_711)), None);
    assert_eq!(read(&dollars).unwrap().denomination(usd(2_800)), Some(Denomination::Value));
}

#[test]
fn what_is_not_exact_or_not_money_is_not_offered() {
    for unusable in [
        r#""packages":[]"#,
        r#""packages":[{"id":"x<&>1 Month","value":"1 Month"}]"#,
        r#""packages":[{"id":"x","value":"25.001"}]"#,
        r#""packages":[{"id":"x","value":2.5e1}]"#,
        r#""packages":[{"id":"x","value":-25}]"#,
        r#""packages":[{"id":"x","value":"25","amount":20}]"#,
        r#""packages":[{"value":"25"}]"#,
        r#""range":{"min":5,"max":500,"step":0}"#,
        r#""range":{"min":5,"max":4,"step":1}"#,
        r#""range":{"min":5,"max":500,"step":0.001}"#,
        r#""recipient_type":"phone_number","range":{"min":5,"max":500,"step":1}"#,
    ] {
        assert_eq!(read(&product(unusable)), None, "{unusable}");
    }
    let good = r#""range":{"min":5,"max":500,"step":1}"#;
    assert!(read(&product(good)).is_some());
    assert_eq!(read(&product(good).replace("USD", "XYZ")), None);
    assert_eq!(read(&product(good).replace("country_code", "elsewhere")), None);
}

#[test]
fn the_cache_ages_and_is_bounded() {
    let known = read(&product(r#""range":{"min":5,"max":500,"step":1}"#));
    let mut cache = Cache::default();
    cache.put("card", known.clone(), UnixMs(1_000));
    cache.put("gone", None, UnixMs(1_000));
    assert_eq!(cache.fresh("card", UnixMs(1_999), 1_000), Some(known.clone()));
    assert_eq!(cache.fresh("gone", UnixMs(1_999), 1_000), Some(None));
    assert_eq!(cache.fresh("card", UnixMs(2_000), 1_000), None);
    assert_eq!(cache.last("card"), known);
    for number in 0..2 * PRODUCTS_MAX {
        cache.put(&number.to_string(), None, UnixMs(2_000 + number as u64));
    }
    assert_eq!(cache.0.len(), PRODUCTS_MAX);
    assert_eq!(cache.last("card"), None, "the oldest goes first");
}
