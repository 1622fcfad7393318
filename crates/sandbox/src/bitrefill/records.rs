//! What was ordered, and where it stands.

use std::collections::VecDeque;

use thiserror::Error;

use super::{catalogue::Product, codes::Redemption, life::Delivery};

/// There is none, or nothing of the kind can happen to it now.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no such order in this state")]
pub struct NoSuchOrder;

/// Statuses of an invoice ("Core Concepts", "Webhooks"; the two in between as clients list them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvoiceStatus {
    Unpaid,
    PaymentConfirmed,
    Complete,
    Denied,
    PaymentError,
}

/// Statuses of an order ("Core Concepts", "Refunds").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderStatus {
    Created,
    Delivered,
    Failed,
    Refunded,
}

pub(crate) struct Order {
    /// 24 hex digits, as the service's are.
    pub(crate) id: String,
    pub(crate) product: Product,
    pub(crate) minor: u64,
    pub(crate) status: OrderStatus,
    pub(crate) delivered_ms: Option<i64>,
    pub(crate) redemption: Option<Redemption>,
}

pub(crate) struct Invoice {
    /// A UUID.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) completed_ms: Option<i64>,
    pub(crate) status: InvoiceStatus,
    pub(crate) bolt11: String,
    pub(crate) price_sat: u64,
    pub(crate) orders: Vec<Order>,
    pub(crate) webhook_url: Option<String>,
}

impl Invoice {
    pub(crate) fn is_paid(&self) -> bool {
        self.status != InvoiceStatus::Unpaid
    }

    /// Whether one of its orders has become what it becomes.
    pub(crate) fn has_ended(&self, order: &Order) -> bool {
        let over = matches!(self.status, InvoiceStatus::Denied | InvoiceStatus::PaymentError);
        over || order.status != OrderStatus::Created
    }

    /// Whether everything that was ordered with it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.orders.iter().all(|order| order.status != OrderStatus::Created)
    }
}

#[derive(Default)]
pub(crate) struct Records {
    pub(crate) invoices: Vec<Invoice>,
    pub(crate) next_deliveries: VecDeque<Delivery>,
}

impl Records {
    pub(crate) fn invoice(&self, id: &str) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.id == id)
    }

    pub(crate) fn invoice_mut(&mut self, id: &str) -> Option<&mut Invoice> {
        self.invoices.iter_mut().find(|invoice| invoice.id == id)
    }

    /// An order with the invoice that it is of.
    pub(crate) fn order(&self, id: &str) -> Option<(&Invoice, &Order)> {
        self.invoices.iter().find_map(|invoice| {
            let order = invoice.orders.iter().find(|order| order.id == id)?;
            Some((invoice, order))
        })
    }
}
