//! Records as the API prints them. Amounts of products are exact decimals written without a float.

use serde_json::{Value, json, value::RawValue};

use super::{
    Desk,
    catalogue::{Product, Sold},
    records::{Invoice, InvoiceStatus, Order, OrderStatus},
};
use crate::vendor::time::rfc3339;

/// A JSON number with exactly these digits.
fn number(decimal: &str) -> Value {
    // `serde_json` has no exact decimals of its own here; whole numbers and those with cents are all there are.
    decimal.parse::<u64>().map_or_else(|_| Value::String(format!("{DECIMAL}{decimal}")), Value::from)
}

/// Marks a number with decimals until [`text`] writes it.
const DECIMAL: &str = "\u{1}decimal:";

/// The JSON text, with every marked number as a number.
pub(crate) fn text(value: &Value) -> String {
    let marked = value.to_string();
    let mut parts = marked.split("\"\\u0001decimal:");
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (decimal, rest) = part.split_once('"').unwrap_or((part, ""));
        written.push_str(decimal);
        written.push_str(rest);
    }
    debug_assert!(serde_json::from_str::<Box<RawValue>>(&written).is_ok());
    written
}

/// A product with its packages or its range. `price` is what the account would pay, in satoshis.
pub(crate) fn product(desk: &Desk, product: &Product) -> Value {
    let mut shown = json!({
        "id": product.id,
        "name": product.name,
        "type": "gift_card",
        "country_code": product.country.0,
        "country_name": product.country.1,
        "currency": product.currency.code(),
        "categories": ["retail"],
        "created_time": "2009-01-03T18:15:05.000Z",
        "recipient_type": "none",
        "image": product.id,
        "in_stock": product.in_stock,
    });
    match &product.sold {
        Sold::Packages(packages) => {
            let package = |minor: &u64| {
                json!({
                    "id": product.package_id(*minor),
                    "value": product.amount(*minor),
                    "price": desk.price_sat(product, *minor),
                    "amount": number(&product.amount(*minor)),
                })
            };
            shown["packages"] = packages.iter().map(package).collect();
        }
        Sold::Range { min, max, step } => {
            let amount = |minor: &u64| number(&product.amount(*minor));
            let rate = desk.price_sat(product, 100);
            shown["range"] =
                json!({ "min": amount(min), "max": amount(max), "step": amount(step), "price_rate": rate });
        }
    }
    shown
}

fn order_status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Created => "created",
        OrderStatus::Delivered => "delivered",
        OrderStatus::Failed => "failed",
        OrderStatus::Refunded => "refunded",
    }
}

/// An order as a part of its invoice: without what redeems it.
fn order_in_invoice(desk: &Desk, order: &Order, created_ms: i64) -> Value {
    json!({
        "id": order.id,
        "status": order_status(order.status),
        "product": {
            "id": order.product.id,
            "name": order.product.name,
            "value": order.product.amount(order.minor),
            "currency": order.product.currency.code(),
            "image": order.product.id,
            "_href": format!("{}/products/{}", desk.api_url(), order.product.id),
        },
        "created_time": rfc3339(created_ms),
        "delivered_time": order.delivered_ms.map(rfc3339),
    })
}

/// An order by itself; what redeems it is there once it is delivered.
pub(crate) fn order(desk: &Desk, invoice: &Invoice, order: &Order) -> Value {
    let mut shown = order_in_invoice(desk, order, invoice.created_ms);
    shown["invoice"] = json!({ "id": invoice.id, "_href": format!("{}/invoices/{}", desk.api_url(), invoice.id) });
    shown["redemption_info"] = match &order.redemption {
        None => Value::Null,
        Some(redemption) => {
            let mut info = serde_json::Map::new();
            let mut put = |name: &str, value: Option<String>| {
                if let Some(value) = value {
                    info.insert(name.to_owned(), Value::String(value));
                }
            };
            put("code", redemption.code.clone());
            put("pin", redemption.pin.clone());
            put("link", redemption.link_token.as_ref().map(|token| format!("{}/gift/{token}", desk.url())));
            put("instructions", Some(format!("Enter the code at the checkout of {}.", order.product.name)));
            Value::Object(info)
        }
    };
    if order.status == OrderStatus::Refunded {
        shown["refund"] = json!({ "amount": invoice.price_sat, "currency": "BTC" });
    }
    shown
}

/// An invoice; the Lightning invoice is its `payment.address`, `price` is in satoshis.
pub(crate) fn invoice(desk: &Desk, invoice: &Invoice) -> Value {
    let status = match invoice.status {
        InvoiceStatus::Unpaid if desk.config.says_not_delivered => "not_delivered",
        InvoiceStatus::Unpaid => "unpaid",
        InvoiceStatus::PaymentConfirmed => "payment_confirmed",
        InvoiceStatus::Complete => "complete",
        InvoiceStatus::Denied => "denied",
        InvoiceStatus::PaymentError => "payment_error",
    };
    let paid = if invoice.status == InvoiceStatus::Unpaid { "unpaid" } else { "payment_confirmed" };
    let orders = invoice.orders.iter().map(|order| order_in_invoice(desk, order, invoice.created_ms));
    let mut shown = json!({
        "id": invoice.id,
        "created_time": rfc3339(invoice.created_ms),
        "status": status,
        "payment": {
            "method": "lightning",
            "address": invoice.bolt11,
            "currency": "BTC",
            "price": invoice.price_sat,
            "status": paid,
            "commission": 0,
        },
        "orders": orders.collect::<Vec<_>>(),
    });
    if let Some(completed_ms) = invoice.completed_ms {
        shown["completed_time"] = Value::String(rfc3339(completed_ms));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_as_numbers() {
        let value = json!({ "min": number("5"), "step": number("0.01"), "text": "0.01", "last": number("27.11") });
        assert_eq!(text(&value), r#"{"last":27.11,"min":5,"step":0.01,"text":"0.01"}"#);
    }
}
