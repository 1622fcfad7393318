use super::*;
use bitcoin::Network;
use money::Currency;

fn config(api_id: Option<&str>) -> BitrefillConfig {
    BitrefillConfig {
        base_url: "https://api.example/v2".to_owned(),
        api_id: api_id.map(str::to_owned),
        api_key: Secret::new("key".to_owned()),
        network: Network::Bitcoin,
        products: Vec::new(),
        catalogue_ms_max: 1,
        invoice_life_ms_min: 1,
    }
}

fn name() -> OrderName {
    OrderName::read("12345678-90ab-cdef-1234-567890abcdef:615b35e2aaaaaaaaaaaaaaaa").unwrap()
}

fn text(request: &Request) -> String {
    format!("{:?} {} {}", request.method(), request.target(), String::from_utf8_lossy(request.bytes()))
}

#[test]
fn requests_are_as_documented() {
    let config = config(None);
    let value = Money::parse("27.11", Currency::USD).unwrap();
    let order = |denomination: &Denomination| {
        text(&OrderCall { config: &config, product_id: "amazon-us", value, denomination }.build_request())
    };
    assert_eq!(
        order(&Denomination::Value),
        r#"Post /invoices {"products":[{"product_id":"amazon-us","quantity":1,"value":27.11}],"payment_method":"lightning"}"#
    );
    let package = Denomination::Package("amazon-us<&>25".to_owned());
    assert_eq!(
        order(&package),
        r#"Post /invoices {"products":[{"product_id":"amazon-us","quantity":1,"package_id":"amazon-us<&>25"}],"payment_method":"lightning"}"#
    );
    let product = ProductCall { config: &config, product_id: "../x" }.build_request();
    assert_eq!(product.target(), "/products/..%2Fx");
    assert_eq!(product.header_value("authorization"), Some("Bearer key"));
    let reveal = RevealCall { config: &config, name: &name() }.build_request();
    assert_eq!(reveal.target(), "/orders/615b35e2aaaaaaaaaaaaaaaa");
    assert!(reveal.is_fresh_connection());
    let business = super::BalanceCall(&self::config(Some("id"))).build_request();
    assert_eq!(business.header_value("authorization"), Some("Basic aWQ6a2V5"));
}

fn ordered(payment: &str, orders: &str) -> Outcome<Ordered> {
    let body = format!(r#"{{"data":{{"id":"inv-1","status":"unpaid","payment":{payment},"orders":{orders}}}}}"#);
    let config = config(None);
    let value = Money::new(100, Currency::USD).unwrap();
    let call = OrderCall { config: &config, product_id: "p", value, denomination: &Denomination::Value };
    call.handle_response(&Response::new(200, body))
}

#[test]
fn the_lightning_invoice_is_found_wherever_it_stands() {
    let order = r#"[{"id":"ord1","status":"created"}]"#;
    let good = Outcome::Done(Ordered { name: OrderName::read("inv-1:ord1").unwrap(), bolt11: "lnbc1xyz".to_owned() });
    for payment in [
        r#"{"method":"lightning","address":"lnbc1xyz","currency":"BTC","price":33401,"status":"unpaid"}"#,
        r#"{"lightning_invoice":"LNBC1XYZ"}"#,
        r#"{"lightningInvoice":"lightning:lnbc1xyz","address":"lnbc1xyz"}"#,
        r#"{"lightning_invoice":"lnbc1xyz","address":"bc1qxyz"}"#,
    ] {
        assert_eq!(ordered(payment, order), good, "{payment}");
    }
    for (payment, orders) in [
        (r#"{"address":"bc1qxyz"}"#, order),
        ("{}", order),
        ("null", order),
        (r#"{"lightning_invoice":"lnbc1xyz","address":"lnbc1other"}"#, order),
        (r#"{"address":"lnbc1xyz"}"#, "[]"),
        (r#"{"address":"lnbc1xyz"}"#, r#"[{"id":"a"},{"id":"b"}]"#),
        (r#"{"address":"lnbc1xyz"}"#, r#"[{"id":"a/../b"}]"#),
    ] {
        assert!(matches!(ordered(payment, orders), Outcome::Unknown(_)), "{payment} {orders}");
    }
}

fn status(invoice: &str, payment: &str, order: &str) -> Outcome<Seen> {
    let name = name();
    let body = format!(
        r#"{{"data":{{"id":"{}","status":"{invoice}","payment":{{"status":"{payment}"}},
        "orders":[{{"id":"{}","status":"{order}"}}]}}}}"#,
        name.invoice, name.order
    );
    InvoiceCall { config: &config(None), name: &name }.handle_response(&Response::new(200, body))
}

#[test]
fn statuses() {
    use VendorOrderStatus::{AwaitingFunds, Delivered, Paid, RefundedByVendor};
    for (invoice, payment, order, expected) in [
        ("unpaid", "unpaid", "created", AwaitingFunds),
        ("not_delivered", "unpaid", "created", AwaitingFunds),
        ("not_delivered", "payment_confirmed", "created", Paid),
        ("payment_detected", "payment_detected", "created", Paid),
        ("payment_confirmed", "payment_confirmed", "created", Paid),
        ("blocked", "payment_confirmed", "created", Paid),
        ("something_new", "", "something_new", Paid),
        ("complete", "payment_confirmed", "delivered", Delivered),
        ("payment_confirmed", "payment_confirmed", "delivered", Delivered),
        ("complete", "payment_confirmed", "refunded", RefundedByVendor),
    ] {
        assert_eq!(status(invoice, payment, order), Outcome::Done(Seen::Is(expected)), "{invoice} {payment} {order}");
    }
    for (invoice, order) in
        [("complete", "failed"), ("complete", "permanent_failure"), ("denied", "created"), ("payment_error", "created")]
    {
        let outcome = status(invoice, "payment_confirmed", order);
        assert!(matches!(outcome, Outcome::Done(Seen::Is(VendorOrderStatus::Failed { .. }))), "{invoice} {order}");
    }
    assert_eq!(status("complete", "payment_confirmed", "created"), Outcome::Done(Seen::AskOrder));
    let gone = Response::new(404, r#"{"error_code":"not_found","message":"no"}"#);
    let call = InvoiceCall { config: &config(None), name: &name() };
    assert_eq!(call.handle_response(&gone), Outcome::Done(Seen::Is(VendorOrderStatus::NotFound)));
}

fn revealed(status: &str, info: &str) -> Outcome<ClaimCode> {
    let body = format!(r#"{{"data":{{"id":"o","status":"{status}","redemption_info":{info}}}}}"#);
    RevealCall { config: &config(None), name: &name() }.handle_response(&Response::new(200, body))
}

fn exposed(secret: &Option<Secret>) -> Option<&str> {
    secret.as_ref().map(Secret::expose)
}

#[test]
fn codes_pins_and_links() {
    for (info, code, pin, link) in [
        (r#"{"code":"ABC","instructions":"Type ABC."}"#, Some("ABC"), None, None),
        (r#"{"code":"ABC","pin":"12","link":"","other":""}"#, Some("ABC"), Some("12"), None),
        (r#"{"link":"https://x.example/ABC","code":null}"#, None, None, Some("https://x.example/ABC")),
        (r#""ABC""#, Some("ABC"), None, None),
    ] {
        let claim = revealed("delivered", info).done().unwrap();
        assert_eq!((exposed(&claim.code), exposed(&claim.pin), exposed(&claim.link)), (code, pin, link), "{info}");
        assert!(!claim.instructions.contains("ABC"), "{}", claim.instructions);
        assert!(!format!("{claim:?}").contains("ABC"));
    }
    for empty in ["null", "{}", r#""""#, r#"{"code":" "}"#] {
        assert!(matches!(revealed("delivered", empty), Outcome::Unknown(_)), "{empty}");
    }
    for status in ["created", "failed", "refunded"] {
        let outcome = revealed(status, r#"{"code":"ABC"}"#);
        assert!(matches!(outcome, Outcome::Rejected(refusal) if refusal.code == "not_delivered"), "{status}");
    }
}

#[test]
fn order_names() {
    assert_eq!(name().text(), "12345678-90ab-cdef-1234-567890abcdef:615b35e2aaaaaaaaaaaaaaaa");
    for bad in ["", "a", "a:", ":b", "a:b/c", "a:b:c", "a b:c"] {
        assert_eq!(OrderName::read(bad), None, "{bad}");
    }
}
