//! From the payment to the code, or to whatever else was ordered to become of it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    Desk,
    records::{Invoice, InvoiceStatus, NoSuchOrder, Order, OrderStatus},
    webhooks,
};
use crate::vendor::lock;

/// What becomes of an order once it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The code is there so many milliseconds later.
    AfterMs(u64),
    /// Paid, and never delivered, until [`super::Bitrefill::resolve`].
    Never,
    /// Paid, and the order failed.
    Failed,
    /// Paid, failed, and the vendor has given the money back, in its own way ("Refunds").
    Refunded,
    /// The payment was refused after it came.
    Denied,
    PaymentError,
}

/// Waits for the money of an invoice, then lets its orders become what they become.
pub(crate) async fn follow(desk: Weak<Desk>, invoice_id: String, hash: [u8; 32]) {
    let Some(invoicer) = desk.upgrade().and_then(|desk| lock(&desk.invoicer).clone()) else { return };
    if let Err(error) = invoicer.paid(hash).await {
        tracing::warn!(%error, "the vendor's node no longer waits for an order's money");
        return;
    }
    let Some(desk) = desk.upgrade() else { return };
    let ordered = {
        let mut records = lock(&desk.records);
        let Some(invoice) = records.invoice_mut(&invoice_id) else { return };
        invoice.status = InvoiceStatus::PaymentConfirmed;
        let ids: Vec<String> = invoice.orders.iter().map(|order| order.id.clone()).collect();
        let mut next = || records.next_deliveries.pop_front().unwrap_or(desk.config.delivery);
        ids.into_iter().map(|id| (id, next())).collect::<Vec<_>>()
    };
    desk.changes.send_replace(());
    for (order_id, delivery) in ordered {
        if let Delivery::AfterMs(ms) = delivery {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        if delivery != Delivery::Never {
            let _ = resolve(&desk, &order_id, delivery);
        }
    }
}

/// Ends an order now. The invoice ends with the last of its orders, and its webhook is sent.
pub(crate) fn resolve(desk: &Arc<Desk>, order_id: &str, delivery: Delivery) -> Result<(), NoSuchOrder> {
    become_of(desk, order_id, delivery)?;
    desk.changes.send_replace(());
    Ok(())
}

fn become_of(desk: &Arc<Desk>, order_id: &str, delivery: Delivery) -> Result<(), NoSuchOrder> {
    let now_ms = desk.config.clock.now_ms();
    let mut records = lock(&desk.records);
    let invoice = records.order(order_id).map(|(invoice, _)| invoice.id.clone()).ok_or(NoSuchOrder)?;
    let invoice = records.invoice_mut(&invoice).ok_or(NoSuchOrder)?;
    if invoice.status != InvoiceStatus::PaymentConfirmed {
        return Err(NoSuchOrder);
    }
    let open = |order: &&mut Order| order.id == order_id && order.status == OrderStatus::Created;
    let order = invoice.orders.iter_mut().find(open).ok_or(NoSuchOrder)?;
    match delivery {
        Delivery::Never => return Ok(()),
        Delivery::AfterMs(_) => {
            order.status = OrderStatus::Delivered;
            order.delivered_ms = Some(now_ms);
            order.redemption = Some(desk.codes.issue(&order.product, order.minor));
        }
        Delivery::Failed => order.status = OrderStatus::Failed,
        Delivery::Refunded => order.status = OrderStatus::Refunded,
        // The invoice has the status; its orders stay as they were.
        Delivery::Denied => return ended(desk, invoice, InvoiceStatus::Denied, now_ms),
        Delivery::PaymentError => return ended(desk, invoice, InvoiceStatus::PaymentError, now_ms),
    }
    if invoice.is_over() { ended(desk, invoice, InvoiceStatus::Complete, now_ms) } else { Ok(()) }
}

fn ended(desk: &Arc<Desk>, invoice: &mut Invoice, status: InvoiceStatus, now_ms: i64) -> Result<(), NoSuchOrder> {
    invoice.status = status;
    invoice.completed_ms = Some(now_ms);
    webhooks::announce(desk, invoice);
    Ok(())
}
