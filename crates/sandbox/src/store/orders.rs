//! The reference order and what a store does with it.

use serde::Deserialize;

use crate::network::TypedCard;

/// The reference order: a jazz album at $18.60, shipping $5.99, tax $2.52; together $27.11.
pub struct Reference;

impl Reference {
    pub const CURRENCY: &str = "USD";
    pub const ALBUM_MINOR: i64 = 1_860;
    pub const SHIPPING_MINOR: i64 = 599;
    pub const TAX_MINOR: i64 = 252;
    pub const TOTAL_MINOR: i64 = Self::ALBUM_MINOR + Self::SHIPPING_MINOR + Self::TAX_MINOR;

    /// The rows of the order summary, as labelled on the pages.
    pub fn rows() -> [OrderRow; 3] {
        let row = |label, minor| OrderRow { label, minor };
        [row("Subtotal", Self::ALBUM_MINOR), row("Shipping", Self::SHIPPING_MINOR), row("Tax", Self::TAX_MINOR)]
    }
}

/// One row of the order summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRow {
    pub label: &'static str,
    pub minor: i64,
}

/// When the store asks for the money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorize {
    /// The whole order when it is placed.
    #[default]
    Whole,
    /// Each shipment when it is sent, as big stores do.
    PerShipment,
}

/// When the store takes the money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// As soon as the order is placed.
    #[default]
    AtOnce,
    /// When [`super::Store::ship`] is called.
    OnShipment,
}

/// How a store charges an order. `Default`: one authorization of the total, captured at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Practice {
    /// Authorizations before the order, minor units: `[0]`, `[100]`, `[0, 100]`. Those above zero are voided at once.
    pub checks: Vec<i64>,
    /// Added to the total when it is charged: a tax computed late, a few cents; an overcharge; negative for less.
    pub difference_minor: i64,
    pub authorize: Authorize,
    pub capture: Capture,
    /// What each shipment is charged, minor units. Empty: one shipment of everything.
    pub shipments: Vec<i64>,
}

impl Practice {
    /// What the store authorizes for the whole order.
    pub fn charged_minor(&self) -> i64 {
        Reference::TOTAL_MINOR + self.difference_minor
    }

    fn shipments(&self) -> Vec<Shipment> {
        let whole = [self.charged_minor()];
        let parts = if self.shipments.is_empty() { &whole[..] } else { &self.shipments };
        let shipment = |minor: &i64| Shipment { minor: *minor, sent: false, declined: None };
        parts.iter().map(shipment).collect()
    }
}

/// A part of an order that is sent and charged by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    pub minor: i64,
    pub sent: bool,
    /// Why its authorization was declined, if it was.
    pub declined: Option<String>,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Being charged.
    Open,
    /// Confirmed to the shopper.
    Taken,
    /// The card was declined; `detail` as the issuer's network says it. The shopper only sees that it was declined.
    Declined {
        detail: String,
    },
    Cancelled,
}

/// An order. No `Debug`: it has the card on file.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// `RG-1001`
    pub number: String,
    pub practice: Practice,
    pub state: OrderState,
    /// The issuer's transactions, in the order of their authorization. Checks are not among them.
    pub authorizations: Vec<String>,
    pub shipments: Vec<Shipment>,
    pub captured_minor: i64,
    pub refunded_minor: i64,
    /// What gift cards have paid of it.
    pub credit_minor: i64,
    /// Refund transactions and their amounts.
    pub refunds: Vec<(String, i64)>,
    pub(super) key: Option<String>,
    pub(super) card: Option<(TypedCard, String)>,
}

impl Order {
    pub(super) fn new(index: usize, key: Option<&str>, practice: Practice) -> Self {
        Self {
            number: format!("RG-{}", 1001 + index),
            state: OrderState::Open,
            authorizations: Vec::new(),
            shipments: practice.shipments(),
            captured_minor: 0,
            refunded_minor: 0,
            credit_minor: 0,
            refunds: Vec::new(),
            key: key.map(str::to_owned),
            card: None,
            practice,
        }
    }

    /// The card pays a part only: one authorization of it, sent and captured as one, whatever the practice.
    pub(super) fn charge_in_one(&mut self, minor: i64) {
        self.practice.authorize = Authorize::Whole;
        self.shipments = vec![Shipment { minor, sent: false, declined: None }];
    }

    /// Whether the shopper was shown a confirmation.
    pub fn is_taken(&self) -> bool {
        matches!(self.state, OrderState::Taken | OrderState::Cancelled)
    }
}
