//! The demo store: its pages as a browser without JavaScript sees them, and the ways in which it charges.

mod common;

use common::{Api, Receiver};
use sandbox::{
    lithic::{Issuer, IssuerConfig, TypedCard},
    store::{Authorize, Capture, OrderState, Practice, Reference, Store, StoreConfig, StoreError},
};
use serde_json::json;

struct Mall {
    issuer: Issuer,
    receiver: Receiver,
    store: Store,
    card: TypedCard,
    browser: reqwest::Client,
}

impl Mall {
    async fn open() -> Self {
        let issuer = Issuer::start(IssuerConfig::default()).await.expect("a free port");
        let receiver = Receiver::start().await;
        issuer.enroll_responder(&receiver.asa_url());
        let api = Api::new(issuer.url(), issuer.api_key());
        let card = api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
        let text = |field: &str| card[field].as_str().expect("a string").to_owned();
        let card = TypedCard {
            number: text("pan"),
            security_code: text("cvv"),
            exp_month: text("exp_month").parse().expect("a month"),
            exp_year: text("exp_year").parse().expect("a year"),
        };
        let store = Store::start(issuer.clone(), StoreConfig::default()).await.expect("a free port");
        let browser = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { issuer, receiver, store, card, browser }
    }

    async fn order(&self, practice: Practice) -> sandbox::store::Order {
        self.store.place_order(self.card.clone(), practice).await.expect("the issuer is there")
    }

    /// Fills the form in and sends it; the final page and its address.
    async fn submit(&self, key: &str, number: &str) -> (String, String) {
        let expiry = format!("{:02}/{}", self.card.exp_month, self.card.exp_year % 100);
        let fields = [
            ("order_key", key),
            ("name", "Ada Shopper"),
            ("postal_code", "70116"),
            ("card_number", number),
            ("card_expiry", &expiry),
            ("card_code", &self.card.security_code),
        ];
        let response = self.browser.post(self.store.checkout_url()).form(&fields).send().await.expect("a page");
        let address = response.url().path().to_owned();
        (address, response.text().await.expect("a page"))
    }
}

fn amounts_asked(receiver: &Receiver) -> Vec<i64> {
    let amount = |request: &common::Received| request.json()["amounts"]["merchant"]["amount"].as_i64();
    receiver.asked().iter().filter_map(amount).collect()
}

#[tokio::test]
async fn a_browser_buys_the_album() {
    let mall = Mall::open().await;
    let page = async |path: &str| {
        let response = mall.browser.get(format!("{}{path}", mall.store.url())).send().await.expect("a page");
        (response.status().as_u16(), response.text().await.expect("a page"))
    };
    assert!(page("/").await.1.contains("$18.60"));
    assert!(page("/cart").await.1.contains("$27.11"));
    assert_eq!(page("/nowhere").await.0, 404);
    assert!(page("/orders").await.1.contains("Nothing yet"));
    let checkout = page("/checkout").await.1;
    assert!(checkout.contains("<th scope=\"row\">Order total</th><td id=\"order-total\">$27.11</td>"));
    let key = checkout.split("name=\"order_key\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("a key");

    let spaced: Vec<&str> = (0..4).filter_map(|part| mall.card.number.get(part * 4..part * 4 + 4)).collect();
    let (address, confirmation) = mall.submit(key, &spaced.join(" ")).await;
    assert_eq!(address, "/orders/RG-1001");
    assert!(confirmation.contains("Thank you"), "{confirmation}");
    let (again, _) = mall.submit(key, &mall.card.number).await;
    assert_eq!(again, address, "a reload is the same order");
    let history = page("/orders").await.1;
    assert!(history.contains("href=\"/orders/RG-1001\"") && history.contains("<td>on its way</td><td>$27.11</td>"));
    assert_eq!(history.matches("RG-1001</a>").count(), 1);
    assert_eq!(amounts_asked(&mall.receiver), [2711]);
    let request = mall.receiver.asked()[0].json();
    assert_eq!(request["merchant"]["descriptor"], "RARE GROOVE RECORDS");
    assert_eq!(request["avs"]["zipcode"], "70116");
    assert_eq!(mall.issuer.total_minor(), 1_000_000 - 2711);
}

#[tokio::test]
async fn a_declined_card_and_a_mistyped_one() {
    let mall = Mall::open().await;
    mall.receiver.reply(common::Reply::Result("INSUFFICIENT_FUNDS"));
    let (address, page) = mall.submit("", &mall.card.number).await;
    assert_eq!(address, "/checkout");
    assert!(page.contains("declined") && page.contains("Ada Shopper"));
    assert!(!page.contains(&mall.card.number), "the number is not put back into the page");
    let (_, page) = mall.submit("", "4111111111111112").await;
    assert!(page.contains("check the card number"));
    assert_eq!(mall.receiver.asked().len(), 1);
    assert_eq!(mall.issuer.available_minor(), 1_000_000);
}

#[tokio::test]
async fn checks_come_before_the_order_and_are_voided() {
    let mall = Mall::open().await;
    let order = mall.order(Practice { checks: vec![0, 100], ..Practice::default() }).await;
    assert_eq!(order.state, OrderState::Taken);
    assert_eq!(amounts_asked(&mall.receiver), [0, 100, 2711]);
    assert_eq!(mall.issuer.available_minor(), 1_000_000 - 2711);
}

#[tokio::test]
async fn a_tax_change_and_an_overcharge() {
    let mall = Mall::open().await;
    mall.order(Practice { difference_minor: 3, ..Practice::default() }).await;
    mall.receiver.reply(common::Reply::Result("UNAUTHORIZED_MERCHANT"));
    let order = mall.order(Practice { difference_minor: 5_000, ..Practice::default() }).await;
    assert_eq!(amounts_asked(&mall.receiver), [2714, 7711]);
    assert_eq!(order.state, OrderState::Declined { detail: "UNAUTHORIZED_MERCHANT".into() });
    assert_eq!(mall.store.void(&order.number).err(), Some(StoreError::NotTaken));
}

#[tokio::test]
async fn two_shipments_of_one_authorization() {
    let mall = Mall::open().await;
    let practice = Practice { capture: Capture::OnShipment, shipments: vec![1_860, 800], ..Practice::default() };
    let order = mall.order(practice).await;
    assert_eq!((order.captured_minor, mall.issuer.total_minor()), (0, 1_000_000));
    let number = order.number.as_str();
    mall.store.ship(number, 0).await.expect("sent");
    assert_eq!(mall.store.ship(number, 0).await.err(), Some(StoreError::NoSuchShipment));
    let order = mall.store.ship(number, 1).await.expect("sent");
    assert_eq!((order.captured_minor, order.authorizations.len()), (2_660, 1));
    let state = mall.issuer.transaction(&order.authorizations[0]).expect("known");
    assert_eq!((state.settled_minor, state.held_minor), (2_660, 51));
    mall.store.void(number).expect("the rest");
    assert_eq!(mall.issuer.available_minor(), 1_000_000 - 2_660);
}

#[tokio::test]
async fn an_authorization_for_each_shipment() {
    let mall = Mall::open().await;
    let practice = Practice {
        checks: vec![0],
        authorize: Authorize::PerShipment,
        shipments: vec![1_860, 851],
        ..Practice::default()
    };
    let order = mall.order(practice).await;
    assert_eq!(amounts_asked(&mall.receiver), [0], "the card is only on file");
    mall.store.ship(&order.number, 0).await.expect("sent");
    mall.receiver.reply(common::Reply::Result("CARD_PAUSED"));
    let order = mall.store.ship(&order.number, 1).await.expect("tried");
    assert_eq!(order.shipments[1].declined.as_deref(), Some("CARD_PAUSED"));
    mall.receiver.reply(common::Reply::Result("APPROVED"));
    let order = mall.store.ship(&order.number, 1).await.expect("sent");
    assert_eq!((order.captured_minor, order.authorizations.len()), (Reference::TOTAL_MINOR, 2));
}

#[tokio::test]
async fn voids_and_refunds() {
    let mall = Mall::open().await;
    let order = mall.order(Practice { capture: Capture::OnShipment, ..Practice::default() }).await;
    assert_eq!(mall.issuer.available_minor(), 1_000_000 - 2711);
    let order = mall.store.void(&order.number).expect("voided");
    assert_eq!((order.state, mall.issuer.available_minor()), (OrderState::Cancelled, 1_000_000));

    let order = mall.order(Practice::default()).await;
    let order = mall.store.refund(&order.number, 1_000).expect("refunded");
    assert_eq!((order.refunded_minor, mall.issuer.total_minor()), (1_000, 1_000_000 - 1_711));
    let order = mall.store.reverse_refund(&order.number).expect("taken back");
    assert_eq!((order.refunded_minor, mall.issuer.total_minor()), (0, 1_000_000 - 2_711));
    assert_eq!(mall.store.reverse_refund(&order.number).err(), Some(StoreError::NothingRefunded));
    assert_eq!(mall.store.order("RG-9").err(), Some(StoreError::NoSuchOrder));
}

#[tokio::test]
async fn the_back_office_ships_voids_and_refunds() {
    let mall = Mall::open().await;
    let order = mall.order(Practice { capture: Capture::OnShipment, ..Practice::default() }).await;
    let press = async |action: &str| {
        let url = format!("{}/back-office/{}/{action}", mall.store.url(), order.number);
        let response = mall.browser.post(url).send().await.expect("a page");
        (response.status().as_u16(), response.text().await.expect("a page"))
    };
    let (_, page) = press("ship/0").await;
    assert!(page.contains("captured $27.11"), "{page}");
    assert_eq!(press("ship/0").await.0, 404);
    assert!(press("refund").await.1.contains("refunded $27.11"));
    assert_eq!(mall.issuer.total_minor(), 1_000_000);
}

#[tokio::test]
async fn the_practice_can_be_set_over_http() {
    let mall = Mall::open().await;
    let url = format!("{}/_sandbox/practice", mall.store.url());
    let set = async |practice: serde_json::Value| {
        mall.browser.post(&url).json(&practice).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(set(json!({ "checks": [0], "difference_minor": 3 })).await, 204);
    assert_eq!(set(json!({ "tip": 3 })).await, 400);
    mall.submit("", &mall.card.number).await;
    assert_eq!(amounts_asked(&mall.receiver), [0, 2714]);
}
