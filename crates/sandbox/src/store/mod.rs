//! A demo store on loopback: one jazz album, a cart, a checkout with a card form, an order page. Plain HTML that works
//! without JavaScript, as a shopper's browser and the extension see it.
//!
//! It charges as real stores do: checks of zero or a dollar before the order, one authorization or one per shipment,
//! more or less than the total, captures at once or at shipment, voids, refunds. [`Practice`] says which.
//!
//! Where it takes gift cards ([`GiftCardBox`]), a code typed at the checkout becomes credit of the store's one shopper,
//! once; an order uses the credit first and charges the card with the rest, if there is one.
//!
//! Invariant: placing an order twice with the same key (a double click, a reload) charges once.

mod orders;
mod pages;
mod web;

use std::{
    io,
    sync::{Arc, Mutex},
};

use thiserror::Error;

pub use self::orders::{Authorize, Capture, Order, OrderRow, OrderState, Practice, Reference, Shipment};
use crate::{
    bitrefill::{Codes, NotRedeemed, Product},
    faults::Faults,
    network::{CardNetwork, CardRef, Charge, DriverError, Merchant, Outcome, TypedCard},
    vendor::{
        lock,
        serve::{Served, serve},
    },
};

/// Settings of a [`Store`].
#[derive(Clone, Default)]
pub struct StoreConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// Who the store is to the card network.
    pub merchant: Merchant,
    /// How orders from the pages are charged; [`Store::set_practice`] changes it.
    pub practice: Practice,
    /// `None`: no box for codes at the checkout.
    pub gift_cards: Option<GiftCardBox>,
}

/// The gift cards that the store takes.
#[derive(Clone)]
pub struct GiftCardBox {
    /// Where codes are redeemed: the vendor's books.
    pub codes: Codes,
    /// Products of the vendor that pay here.
    pub products: Vec<String>,
}

impl GiftCardBox {
    /// The cards that are made for the demo store.
    pub fn new(codes: Codes) -> Self {
        let products = Product::catalogue().into_iter().map(|product| product.id);
        Self { codes, products: products.filter(|id| id.starts_with("rare_groove")).collect() }
    }
}

/// Why a step with an order is not possible. A decline is no error: it is in the order.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StoreError {
    #[error("no such order")]
    NoSuchOrder,
    #[error("no such shipment, or it has been sent")]
    NoSuchShipment,
    #[error("the order was not taken")]
    NotTaken,
    #[error("nothing was refunded")]
    NothingRefunded,
    #[error("the store takes no gift cards")]
    NoGiftCards,
    #[error(transparent)]
    GiftCard(#[from] NotRedeemed),
    #[error("a card is needed for what the gift cards do not pay")]
    NoCard,
    #[error(transparent)]
    Issuer(#[from] DriverError),
}

/// A running demo store. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    counter: Arc<Counter>,
    served: Arc<Served>,
}

/// What the pages and the driver share.
pub(crate) struct Counter {
    issuer: Arc<dyn CardNetwork>,
    merchant: Merchant,
    gift_cards: Option<GiftCardBox>,
    books: Mutex<Books>,
    faults: Faults,
}

struct Books {
    practice: Practice,
    orders: Vec<Order>,
    /// What gift cards have brought and no order has used, minor units.
    credit_minor: i64,
}

impl Store {
    /// Opens on 127.0.0.1; its acquirer reaches the cards of `issuer`, Lithic's or Stripe's.
    pub async fn start(issuer: impl CardNetwork + 'static, config: StoreConfig) -> io::Result<Self> {
        Self::start_on(Arc::new(issuer), config).await
    }

    /// As [`Self::start`], with an issuer that was chosen while the program runs.
    pub async fn start_on(issuer: Arc<dyn CardNetwork>, config: StoreConfig) -> io::Result<Self> {
        let counter = Arc::new(Counter {
            issuer,
            merchant: config.merchant,
            gift_cards: config.gift_cards,
            books: Mutex::new(Books { practice: config.practice, orders: Vec::new(), credit_minor: 0 }),
            faults: Faults::default(),
        });
        let served = Arc::new(serve(config.port, web::router(counter.clone())).await?);
        Ok(Self { counter, served })
    }

    /// `http://127.0.0.1:port`: the album's page.
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// The page with the order total and the card form.
    pub fn checkout_url(&self) -> String {
        format!("{}/checkout", self.url())
    }

    /// The orders for what goes wrong with the store's own pages.
    pub fn faults(&self) -> &Faults {
        &self.counter.faults
    }

    /// How orders from the pages are charged from now on.
    pub fn set_practice(&self, practice: Practice) {
        lock(&self.counter.books).practice = practice;
    }

    /// Places an order for the reference album with this card, as the button on the page does.
    pub async fn place_order(&self, card: TypedCard, practice: Practice) -> Result<Order, StoreError> {
        self.counter.place(None, Some(card), practice, "").await
    }

    /// Redeems a gift card, as the button at the checkout does; says what the credit is then, minor units.
    ///
    /// # Errors
    /// [`StoreError::NoGiftCards`] and [`StoreError::GiftCard`]; the credit is as before then.
    pub fn redeem(&self, code: &str, pin: Option<&str>) -> Result<i64, StoreError> {
        self.counter.redeem(code, pin)
    }

    /// Places an order that the credit pays, without a card.
    pub async fn place_order_on_credit(&self) -> Result<Order, StoreError> {
        self.counter.place(None, None, Practice::default(), "").await
    }

    /// What gift cards have brought and no order has used, minor units.
    pub fn credit_minor(&self) -> i64 {
        lock(&self.counter.books).credit_minor
    }

    /// An order by its number.
    pub fn order(&self, number: &str) -> Result<Order, StoreError> {
        self.counter.order(number)
    }

    /// All orders, oldest first.
    pub fn orders(&self) -> Vec<Order> {
        lock(&self.counter.books).orders.clone()
    }

    /// Sends a shipment (counted from 0): authorizes it if the store does that per shipment, and captures it.
    pub async fn ship(&self, number: &str, shipment: usize) -> Result<Order, StoreError> {
        self.counter.ship(number, shipment).await
    }

    /// Cancels the order: what is still held is voided.
    pub fn void(&self, number: &str) -> Result<Order, StoreError> {
        self.counter.void(number)
    }

    /// Gives back `minor` as a transaction of its own.
    pub fn refund(&self, number: &str, minor: i64) -> Result<Order, StoreError> {
        self.counter.refund(number, minor)
    }

    /// Takes the newest refund back.
    pub fn reverse_refund(&self, number: &str) -> Result<Order, StoreError> {
        self.counter.reverse_refund(number)
    }
}

impl Counter {
    fn order(&self, number: &str) -> Result<Order, StoreError> {
        let books = lock(&self.books);
        let found = books.orders.iter().find(|order| order.number == number);
        found.cloned().ok_or(StoreError::NoSuchOrder)
    }

    /// Changes an order that was taken.
    fn update(&self, number: &str, change: impl FnOnce(&mut Order)) -> Result<Order, StoreError> {
        let mut books = lock(&self.books);
        let found = books.orders.iter_mut().find(|order| order.number == number);
        let order = found.ok_or(StoreError::NoSuchOrder)?;
        change(order);
        Ok(order.clone())
    }

    fn redeem(&self, code: &str, pin: Option<&str>) -> Result<i64, StoreError> {
        let taken = self.gift_cards.as_ref().ok_or(StoreError::NoGiftCards)?;
        // The store's own cards are in the store's currency.
        let worth = taken.codes.redeem(code, pin, &taken.products)?;
        let mut books = lock(&self.books);
        books.credit_minor += i64::try_from(worth.minor).unwrap_or(0);
        Ok(books.credit_minor)
    }

    /// What is left to pay by card once the credit is used.
    fn rest_minor(&self, practice: &Practice) -> i64 {
        (practice.charged_minor() - lock(&self.books).credit_minor).max(0)
    }

    /// Takes as much of the credit as the order needs and there is.
    fn use_credit(&self, number: &str, practice: &Practice) -> Result<i64, StoreError> {
        let mut books = lock(&self.books);
        let used = books.credit_minor.min(practice.charged_minor()).max(0);
        books.credit_minor -= used;
        let found = books.orders.iter_mut().find(|order| order.number == number);
        found.ok_or(StoreError::NoSuchOrder)?.credit_minor = used;
        Ok(used)
    }

    /// Gives the order's credit back: it was declined, or cancelled.
    fn return_credit(&self, number: &str) -> Result<(), StoreError> {
        let mut books = lock(&self.books);
        let found = books.orders.iter_mut().find(|order| order.number == number);
        let back = std::mem::take(&mut found.ok_or(StoreError::NoSuchOrder)?.credit_minor);
        books.credit_minor += back;
        Ok(())
    }

    fn charge(&self, card: &TypedCard, minor: i64, postal_code: &str) -> Charge {
        Charge {
            merchant: self.merchant.clone(),
            postal_code: postal_code.to_owned(),
            ..Charge::new(CardRef::Typed(card.clone()), minor, Reference::CURRENCY)
        }
    }

    /// Takes a number for the order first, so that the same key cannot be charged twice at the same time. Answers the
    /// order, and whether it is new.
    fn open_order(&self, key: Option<&str>, practice: Practice) -> (Order, bool) {
        let mut books = lock(&self.books);
        let same = |order: &&Order| key.is_some() && order.key.as_deref() == key;
        if let Some(order) = books.orders.iter().find(same) {
            return (order.clone(), false);
        }
        let order = Order::new(books.orders.len(), key, practice);
        books.orders.push(order.clone());
        (order, true)
    }

    async fn place(
        &self,
        key: Option<&str>,
        card: Option<TypedCard>,
        practice: Practice,
        postal_code: &str,
    ) -> Result<Order, StoreError> {
        if card.is_none() && self.rest_minor(&practice) > 0 {
            return Err(StoreError::NoCard);
        }
        let (opened, is_new) = self.open_order(key, practice.clone());
        if !is_new {
            return Ok(opened);
        }
        let number = opened.number;
        let used_minor = self.use_credit(&number, &practice)?;
        let Some(card) = card else {
            return self.taken_on_credit(&number, &practice, used_minor);
        };
        let placed = self.place_by_card(&number, card, &practice, postal_code, used_minor).await;
        if !matches!(&placed, Ok(order) if order.is_taken()) {
            self.return_credit(&number)?;
        }
        placed
    }

    /// Nothing is charged; everything is sent at once. Two orders at a time may have wanted the same credit.
    fn taken_on_credit(&self, number: &str, practice: &Practice, used_minor: i64) -> Result<Order, StoreError> {
        if used_minor < practice.charged_minor() {
            self.return_credit(number)?;
            let detail = "GIFT_CARD_BALANCE".to_owned();
            return self.update(number, |order| order.state = OrderState::Declined { detail });
        }
        self.update(number, |order| {
            order.state = OrderState::Taken;
            for shipment in &mut order.shipments {
                shipment.sent = true;
            }
        })
    }

    async fn place_by_card(
        &self,
        number: &str,
        card: TypedCard,
        practice: &Practice,
        postal_code: &str,
        used_minor: i64,
    ) -> Result<Order, StoreError> {
        let declined = |detail: String| self.update(number, |order| order.state = OrderState::Declined { detail });
        for check_minor in &practice.checks {
            let result = self.issuer.charge(self.charge(&card, *check_minor, postal_code)).await?;
            match (result.outcome, result.token) {
                (Outcome::Declined { detail, .. }, _) => return declined(detail),
                (Outcome::Approved, Some(token)) if *check_minor > 0 => {
                    self.issuer.void(&token)?;
                }
                (Outcome::Approved, _) => {}
            }
        }
        let on_file = Some((card.clone(), postal_code.to_owned()));
        self.update(number, |order| order.card = on_file)?;
        if practice.authorize == Authorize::PerShipment && used_minor == 0 {
            return self.update(number, |order| order.state = OrderState::Taken);
        }
        let total = practice.charged_minor() - used_minor;
        if total == 0 {
            return self.taken_on_credit(number, practice, used_minor);
        }
        let result = self.issuer.charge(self.charge(&card, total, postal_code)).await?;
        match (result.outcome, result.token) {
            (Outcome::Declined { detail, .. }, _) => return declined(detail),
            (Outcome::Approved, token) => {
                self.update(number, |order| {
                    order.state = OrderState::Taken;
                    order.authorizations.extend(token);
                    if used_minor > 0 {
                        order.charge_in_one(total);
                    }
                })?;
            }
        }
        if practice.capture == Capture::AtOnce {
            return self.ship_all(number).await;
        }
        self.order(number)
    }

    async fn ship_all(&self, number: &str) -> Result<Order, StoreError> {
        let count = self.order(number)?.shipments.len();
        for shipment in 0..count {
            self.ship(number, shipment).await?;
        }
        self.order(number)
    }

    async fn ship(&self, number: &str, index: usize) -> Result<Order, StoreError> {
        let order = self.order(number)?;
        if order.state != OrderState::Taken {
            return Err(StoreError::NotTaken);
        }
        let unsent = order.shipments.get(index).filter(|shipment| !shipment.sent);
        let minor = unsent.ok_or(StoreError::NoSuchShipment)?.minor;
        let token = match (order.practice.authorize, order.card) {
            (Authorize::Whole, _) => order.authorizations.first().cloned(),
            (Authorize::PerShipment, Some((card, postal_code))) => {
                let result = self.issuer.charge(self.charge(&card, minor, &postal_code)).await?;
                if let Outcome::Declined { detail, .. } = result.outcome {
                    return self.update(number, |order| order.shipments[index].declined = Some(detail));
                }
                result.token
            }
            (Authorize::PerShipment, None) => None,
        };
        let token = token.ok_or(StoreError::NotTaken)?;
        self.issuer.capture(&token, minor)?;
        self.update(number, |order| {
            let shipment = &mut order.shipments[index];
            (shipment.sent, shipment.declined) = (true, None);
            order.captured_minor += minor;
            if !order.authorizations.contains(&token) {
                order.authorizations.push(token);
            }
        })
    }

    fn void(&self, number: &str) -> Result<Order, StoreError> {
        let order = self.order(number)?;
        if order.state != OrderState::Taken {
            return Err(StoreError::NotTaken);
        }
        for token in &order.authorizations {
            if self.issuer.transaction(token)?.held_minor > 0 {
                self.issuer.void(token)?;
            }
        }
        self.return_credit(number)?;
        self.update(number, |order| order.state = OrderState::Cancelled)
    }

    fn refund(&self, number: &str, minor: i64) -> Result<Order, StoreError> {
        let order = self.order(number)?;
        let charged = order.authorizations.first().ok_or(StoreError::NotTaken)?;
        let card = self.issuer.card_of(charged)?;
        let token = self.issuer.refund(&card, minor, self.merchant.clone())?;
        self.update(number, |order| {
            order.refunded_minor += minor;
            order.refunds.push((token, minor));
        })
    }

    fn reverse_refund(&self, number: &str) -> Result<Order, StoreError> {
        let order = self.order(number)?;
        let (token, minor) = order.refunds.last().cloned().ok_or(StoreError::NothingRefunded)?;
        self.issuer.reverse_refund(&token)?;
        self.update(number, |order| {
            order.refunds.pop();
            order.refunded_minor -= minor;
        })
    }
}
