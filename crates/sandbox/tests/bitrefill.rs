//! The simulated vendor of gift cards, as its published API says that it answers.

mod common;

use common::{Api, Receiver, Reply};
use sandbox::{
    VendorClock,
    bitrefill::{
        Bitrefill, BitrefillConfig, Delivery, Invoicer, InvoicerError, MemoryInvoicer, NotPaid, Product, RateLimits,
    },
    faults::{Fault, HookFault},
    lithic::{Issuer, IssuerConfig, TypedCard},
    store::{GiftCardBox, OrderState, Practice, Reference, Store, StoreConfig, StoreError},
};
use serde_json::{Value, json};
use std::sync::Arc;

struct Desk {
    vendor: Bitrefill,
    node: Arc<MemoryInvoicer>,
    http: reqwest::Client,
}

impl Desk {
    async fn open() -> Self {
        Self::with(BitrefillConfig::default()).await
    }

    async fn with(config: BitrefillConfig) -> Self {
        let node = Arc::new(MemoryInvoicer::new(VendorClock::wall()));
        let vendor = Bitrefill::start(node.clone(), config).await.expect("a free port");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { vendor, node, http }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}{path}", self.vendor.api_url())).bearer_auth(self.vendor.api_key());
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn post(&self, body: impl Into<String>) -> (u16, Value) {
        let url = format!("{}/invoices", self.vendor.api_url());
        let request = self.http.post(url).bearer_auth(self.vendor.api_key()).body(body.into());
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// A new invoice for one card of the demo store.
    async fn order(&self, value: &str, more: Value) -> Value {
        let mut body = json!({ "products": [{ "product_id": Product::DEMO }], "payment_method": "lightning" });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let body = body.to_string().replace(r#""product_id""#, &format!(r#""value":{value},"product_id""#));
        let (status, answer) = self.post(body).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }

    fn pay(&self, invoice: &Value) {
        self.node.pay(text(&invoice["payment"]["address"])).expect("paid");
    }

    /// Bought, as far as it goes.
    async fn bought(&self, value: &str) -> Value {
        let invoice = self.order(value, json!({})).await;
        self.pay(&invoice);
        let order = text(&invoice["orders"][0]["id"]).to_owned();
        self.vendor.wait_ended(&order).await;
        self.get(&format!("/orders/{order}")).await.1["data"].clone()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[tokio::test]
async fn the_catalogue() {
    let desk = Desk::open().await;
    assert_eq!(
        desk.get("/ping").await,
        (200, json!({ "meta": { "_endpoint": "/ping" }, "data": { "message": "pong" } }))
    );
    assert_eq!(desk.get("/accounts/balance").await.1["data"]["currency"], "BTC");
    let (_, found) = desk.get("/products/search?q=AMAZON").await;
    let names: Vec<&str> = found["data"].as_array().expect("a list").iter().map(|of| text(&of["id"])).collect();
    assert_eq!(names, ["amazon_com-usa", "amazon_it-italy"]);
    let (_, page) = desk.get("/products?country=US&type=gift_card&limit=2").await;
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2));
    assert!(text(&page["meta"]["_next"]).ends_with("/v2/products?limit=2&start=2"));
    let (_, ranged) = desk.get(&format!("/products/{}", Product::DEMO)).await;
    assert_eq!(ranged["data"]["range"].to_string(), r#"{"max":500,"min":5,"price_rate":18182,"step":0.01}"#);
    let (_, fixed) = desk.get("/products/amazon_it-italy").await;
    assert_eq!(fixed["data"]["packages"][1]["id"], "amazon_it-italy<&>20");
    assert_eq!(fixed["data"]["packages"][1]["value"], "20");
    assert_eq!(fixed["data"]["packages"][1]["amount"], 20);
    assert_eq!(desk.get("/products/search").await.1["error_code"], "missing_param");
    assert_eq!(desk.get("/products/nothing").await.0, 404);
    assert_eq!(desk.get("/nothing").await.0, 404);
}

#[tokio::test]
async fn from_the_invoice_to_the_code() {
    let desk = Desk::open().await;
    let invoice = desk.order("27.11", json!({})).await;
    assert_eq!((text(&invoice["status"]), text(&invoice["payment"]["status"])), ("unpaid", "unpaid"));
    assert_eq!(invoice["payment"]["price"], 492_910);
    assert!(text(&invoice["payment"]["address"]).starts_with("lnbcrt4929100n1"));
    assert_eq!(invoice["orders"][0]["product"]["value"], "27.11");
    let (invoice_id, order_id) = (text(&invoice["id"]), text(&invoice["orders"][0]["id"]));
    let order = desk.get(&format!("/orders/{order_id}")).await.1;
    assert_eq!((text(&order["data"]["status"]), &order["data"]["redemption_info"]), ("created", &Value::Null));

    desk.pay(&invoice);
    desk.vendor.wait_ended(order_id).await;
    let paid = desk.get(&format!("/invoices/{invoice_id}")).await.1;
    assert_eq!(
        (text(&paid["data"]["status"]), text(&paid["data"]["payment"]["status"])),
        ("complete", "payment_confirmed")
    );
    assert!(!paid.to_string().contains("redemption_info"), "codes are in orders only");
    let order = desk.get(&format!("/orders/{order_id}")).await.1;
    assert_eq!(order["data"]["status"], "delivered");
    assert!(text(&order["data"]["redemption_info"]["code"]).len() > 10);
    assert_eq!(desk.node.pay(text(&invoice["payment"]["address"])), Err(NotPaid::Twice));
    assert_eq!(desk.vendor.codes().counts(), (1, 0));
}

#[tokio::test]
async fn what_else_becomes_of_an_order() {
    let desk = Desk::open().await;
    for (delivery, invoice_is, order_is) in [
        (Delivery::Failed, "complete", "failed"),
        (Delivery::Refunded, "complete", "refunded"),
        (Delivery::Denied, "denied", "created"),
        (Delivery::PaymentError, "payment_error", "created"),
    ] {
        desk.vendor.next_delivery(delivery);
        let order = desk.bought("10").await;
        assert_eq!(order["status"], order_is, "{delivery:?}");
        assert_eq!(order["redemption_info"], Value::Null);
        let invoice = desk.get(&format!("/invoices/{}", text(&order["invoice"]["id"]))).await.1;
        assert_eq!(invoice["data"]["status"], invoice_is, "{delivery:?}");
    }
    desk.vendor.next_delivery(Delivery::Never);
    let invoice = desk.order("10", json!({})).await;
    let order = text(&invoice["orders"][0]["id"]);
    assert!(desk.vendor.resolve(order, Delivery::AfterMs(0)).is_err(), "nothing becomes of what is not paid");
    desk.pay(&invoice);
    desk.vendor.wait_paid(order).await;
    assert_eq!(desk.get(&format!("/orders/{order}")).await.1["data"]["status"], "created");
    desk.vendor.resolve(order, Delivery::AfterMs(0)).expect("a paid order");
    assert_eq!(desk.get(&format!("/orders/{order}")).await.1["data"]["status"], "delivered");
    assert!(desk.vendor.resolve(order, Delivery::Failed).is_err(), "it has ended");
}

/// "Error Codes", invoice creation.
#[tokio::test]
async fn refusals() {
    let desk = Desk::open().await;
    let item = |item: &str, method: &str| format!(r#"{{"products":[{item}],"payment_method":"{method}"}}"#);
    let good = format!(r#"{{"product_id":"{}","value":10}}"#, Product::DEMO);
    desk.vendor.set_in_stock("amazon_com-usa", false);
    for (body, status, code) in [
        ("{".to_owned(), 400, "parse_error"),
        ("{}".to_owned(), 400, "missing_param"),
        (r#"{"products":"x"}"#.to_owned(), 400, "invalid_param"),
        (item(r#"{"value":10}"#, "lightning"), 400, "missing_param"),
        (item(r#"{"product_id":"nothing","value":10}"#, "lightning"), 404, "not_found"),
        (item(&format!(r#"{{"product_id":"{}"}}"#, Product::DEMO), "lightning"), 400, "missing_param"),
        (item(&format!(r#"{{"product_id":"{}","value":4.99}}"#, Product::DEMO), "lightning"), 400, "invalid_param"),
        (item(&format!(r#"{{"product_id":"{}","value":10.001}}"#, Product::DEMO), "lightning"), 400, "invalid_param"),
        (
            item(r#"{"product_id":"amazon_it-italy","package_id":"amazon_it-italy<&>21"}"#, "lightning"),
            400,
            "invalid_param",
        ),
        (
            item(&format!(r#"{{"product_id":"{}","value":10,"quantity":21}}"#, Product::DEMO), "lightning"),
            400,
            "too_many_items",
        ),
        (item(r#"{"product_id":"amazon_com-usa","value":10}"#, "lightning"), 400, "out_of_stock"),
        (item(&good, "bank"), 400, "unsupported_payment_method"),
        (item(&good, "balance"), 400, "balance_too_low"),
        (format!(r#"{{"products":[{good}]}}"#), 400, "missing_param"),
    ] {
        let (got, answer) = desk.post(body.clone()).await;
        assert_eq!((got, text(&answer["error_code"])), (status, code), "{body}: {answer}");
        assert!(!text(&answer["message"]).is_empty());
    }
    assert_eq!(desk.vendor.invoices(), 0);
    let stranger =
        desk.http.get(format!("{}/ping", desk.vendor.api_url())).bearer_auth("x").send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
    desk.vendor
        .faults()
        .next("POST /v2/invoices", Fault::Refuse { status: 500, message: "create_invoice_failed: no".into() });
    assert_eq!(
        desk.post(item(&good, "lightning")).await,
        (500, json!({ "meta": {}, "message": "no", "error_code": "create_invoice_failed" }))
    );
    let several = desk.post(item(&format!("{good},{good}"), "lightning")).await.1;
    assert_eq!(several["data"]["orders"].as_array().map(Vec::len), Some(2));
}

struct Broken;

#[async_trait::async_trait]
impl Invoicer for Broken {
    async fn invoice(&self, _: u64, _: &str, _: u32) -> Result<String, InvoicerError> {
        Err(InvoicerError("no channels".into()))
    }

    async fn paid(&self, _: [u8; 32]) -> Result<u64, InvoicerError> {
        Err(InvoicerError("no channels".into()))
    }
}

#[tokio::test]
async fn a_vendor_whose_node_is_down() {
    let vendor = Bitrefill::start(Arc::new(Broken), BitrefillConfig::default()).await.expect("a free port");
    let desk = Desk { vendor, ..Desk::open().await };
    let body =
        format!(r#"{{"products":[{{"product_id":"{}","value":10}}],"payment_method":"lightning"}}"#, Product::DEMO);
    let (status, answer) = desk.post(body).await;
    assert_eq!((status, text(&answer["error_code"])), (500, "create_invoice_failed"));
}

#[tokio::test]
async fn webhooks_say_the_invoice_once_it_is_final() {
    let desk = Desk::open().await;
    let receiver = Receiver::start().await;
    let hook = json!({ "webhook_url": receiver.webhook_url() });
    let invoice = desk.order("10", hook.clone()).await;
    desk.pay(&invoice);
    let came = receiver.webhooks_at_least(1).await;
    assert_eq!(came[0].json()["id"], invoice["id"]);
    assert_eq!(came[0].json()["status"], "complete");
    assert!(!came[0].headers.keys().any(|name| name.as_str().contains("signature")));

    // Lost once at the receiver's, then tried again; and twice, because the answer was lost.
    receiver.webhook_status(500);
    desk.pay(&desk.order("10", hook.clone()).await);
    receiver.webhooks_at_least(2).await;
    receiver.webhook_status(200);
    receiver.webhooks_at_least(3).await;
    desk.vendor.faults().next_webhook("invoice", HookFault::Twice);
    desk.pay(&desk.order("10", hook).await);
    receiver.webhooks_at_least(5).await;
}

#[tokio::test]
async fn rate_limits_are_told_and_kept() {
    let desk = Desk::with(BitrefillConfig { limits: RateLimits::Each(2), ..BitrefillConfig::default() }).await;
    let url = format!("{}/ping", desk.vendor.api_url());
    let mut told = Vec::new();
    for _ in 0..3 {
        let answer = desk.http.get(&url).bearer_auth(desk.vendor.api_key()).send().await.expect("an answer");
        let header = |name: &str| answer.headers()[name].to_str().expect("ASCII").to_owned();
        assert!(header("x-ratelimit-reset").parse::<u64>().is_ok());
        told.push((answer.status().as_u16(), header("x-ratelimit-limit"), header("x-ratelimit-remaining")));
    }
    let expected = [(200, "1"), (200, "0"), (429, "0")].map(|(status, left)| (status, "2".to_owned(), left.to_owned()));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_page_behind_a_link() {
    let desk = Desk::open().await;
    let body = r#"{"products":[{"product_id":"amazon_it-italy","package_id":"amazon_it-italy<&>20"}],"payment_method":"lightning"}"#;
    let invoice = desk.post(body).await.1["data"].clone();
    desk.pay(&invoice);
    let order = text(&invoice["orders"][0]["id"]);
    desk.vendor.wait_ended(order).await;
    let info = desk.get(&format!("/orders/{order}")).await.1["data"]["redemption_info"].clone();
    assert!(info.get("code").is_none());
    let code = desk.http.get(text(&info["link"])).send().await.expect("a page").text().await.expect("a code");
    let worth = desk.vendor.codes().redeem(&code, None, &["amazon_it-italy".to_owned()]).expect("worth something");
    assert_eq!((worth.minor, worth.currency.code()), (2_000, "EUR"));
}

struct Mall {
    desk: Desk,
    issuer: Issuer,
    store: Store,
}

impl Mall {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let issuer = Issuer::start(IssuerConfig::default()).await.expect("a free port");
        let gift_cards = Some(GiftCardBox::new(desk.vendor.codes()));
        let config = StoreConfig { gift_cards, ..StoreConfig::default() };
        let store = Store::start(issuer.clone(), config).await.expect("a free port");
        Self { desk, issuer, store }
    }

    async fn code(&self, value: &str) -> String {
        text(&self.desk.bought(value).await["redemption_info"]["code"]).to_owned()
    }

    /// Sends a form of the store's; the final address and page.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let url = format!("{}{path}", self.store.url());
        let answer = self.desk.http.post(url).form(fields).send().await.expect("a page");
        (answer.url().path().to_owned(), answer.text().await.expect("a page"))
    }
}

/// A browser without JavaScript pays with a gift card: no card is charged, and the code is spent.
#[tokio::test]
async fn the_demo_store_takes_a_gift_card() {
    let mall = Mall::open().await;
    let code = mall.code("27.11").await;
    let (address, page) = mall.send("/checkout/gift-card", &[("gift_card_code", &code), ("gift_card_pin", "")]).await;
    assert_eq!(address, "/checkout");
    assert!(page.contains("Gift card applied: $27.11") && !page.contains("cc-number") && !page.contains(&code));
    assert_eq!(mall.store.credit_minor(), Reference::TOTAL_MINOR);
    let (address, page) = mall.send("/checkout", &[("name", "Ada Shopper")]).await;
    assert_eq!(address, "/orders/RG-1001");
    assert!(page.contains("Thank you"), "{page}");
    let order = mall.store.order("RG-1001").expect("an order");
    assert_eq!((order.state.clone(), order.credit_minor, order.captured_minor), (OrderState::Taken, 2_711, 0));
    assert!(order.authorizations.is_empty());
    assert_eq!(mall.store.credit_minor(), 0);
    assert_eq!(mall.issuer.total_minor(), 1_000_000);
    let (address, page) = mall.send("/checkout/gift-card", &[("gift_card_code", &code)]).await;
    assert_eq!(address, "/checkout/gift-card");
    assert!(page.contains("check the gift card") && !page.contains(&code));
    let (_, page) = mall.send("/checkout", &[("name", "Ada Shopper")]).await;
    assert!(page.contains("check the card number"), "nothing is left of it");
}

#[tokio::test]
async fn credit_is_used_once_and_comes_back() {
    let mall = Mall::open().await;
    assert_eq!(mall.store.place_order_on_credit().await.err(), Some(StoreError::NoCard));
    let (small, rest) = (mall.code("20").await, mall.code("10").await);
    assert_eq!(mall.store.redeem(&small, None), Ok(2_000));
    assert_eq!(mall.store.place_order_on_credit().await.err(), Some(StoreError::NoCard));
    assert_eq!(mall.store.redeem(&rest, None), Ok(3_000));
    let order = mall.store.place_order_on_credit().await.expect("paid");
    assert_eq!((order.state, mall.store.credit_minor()), (OrderState::Taken, 289));
    let cancelled = mall.store.void(&order.number).expect("cancelled");
    assert_eq!((cancelled.state, mall.store.credit_minor()), (OrderState::Cancelled, 3_000));
    let other =
        mall.desk.post(r#"{"products":[{"product_id":"amazon_com-usa","value":10}],"payment_method":"lightning"}"#);
    let invoice = other.await.1["data"].clone();
    mall.desk.pay(&invoice);
    let order = text(&invoice["orders"][0]["id"]);
    mall.desk.vendor.wait_ended(order).await;
    let order = mall.desk.get(&format!("/orders/{order}")).await.1;
    let code = text(&order["data"]["redemption_info"]["code"]);
    assert!(matches!(mall.store.redeem(code, None), Err(StoreError::GiftCard(_))), "another store's card");
}

/// A gift card that is too small: the card pays the rest, in one charge, and a decline gives the credit back.
#[tokio::test]
async fn a_card_pays_what_the_gift_card_does_not() {
    let mall = Mall::open().await;
    let receiver = Receiver::start().await;
    mall.issuer.enroll_responder(&receiver.asa_url());
    let api = Api::new(mall.issuer.url(), mall.issuer.api_key());
    let made = api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
    let card = TypedCard {
        number: text(&made["pan"]).to_owned(),
        security_code: text(&made["cvv"]).to_owned(),
        exp_month: text(&made["exp_month"]).parse().expect("a month"),
        exp_year: text(&made["exp_year"]).parse().expect("a year"),
    };
    let code = mall.code("20").await;
    assert_eq!(mall.store.redeem(&code, None), Ok(2_000));

    receiver.reply(Reply::Result("INSUFFICIENT_FUNDS"));
    let declined = mall.store.place_order(card.clone(), Practice::default()).await.expect("asked");
    assert!(matches!(declined.state, OrderState::Declined { .. }));
    assert_eq!((mall.store.credit_minor(), mall.issuer.total_minor()), (2_000, 1_000_000));

    receiver.reply(Reply::Result("APPROVED"));
    let shipments = Practice { shipments: vec![1_860, 851], ..Practice::default() };
    let order = mall.store.place_order(card, shipments).await.expect("asked");
    assert_eq!((order.state, order.credit_minor, order.captured_minor), (OrderState::Taken, 2_000, 711));
    assert_eq!((mall.store.credit_minor(), mall.issuer.total_minor()), (0, 1_000_000 - 711));
    let asked: Vec<i64> =
        receiver.asked().iter().filter_map(|of| of.json()["amounts"]["merchant"]["amount"].as_i64()).collect();
    assert_eq!(asked, [711, 711]);
}
