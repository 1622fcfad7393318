//! `POST /v2/invoices` ("Resell Bitrefill Products", step 2; "Error Codes", invoice creation).

use std::{str::FromStr, sync::Arc};

use lightning_invoice::Bolt11Invoice;
use money::Money;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    Desk,
    api::Refused,
    catalogue::Product,
    life,
    records::{Invoice, InvoiceStatus, Order, OrderStatus},
    wire,
};
use crate::vendor::{ids, lock};

const ITEMS_MAX: u64 = 20;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    products: Vec<Item>,
    payment_method: Option<String>,
    webhook_url: Option<String>,
}

/// One product; `value` as its digits.
#[derive(Deserialize)]
struct Item {
    product_id: Option<String>,
    package_id: Option<String>,
    value: Option<Box<RawValue>>,
    quantity: Option<u64>,
}

/// The new invoice as it is answered.
pub(crate) async fn answer(desk: &Arc<Desk>, body: &[u8]) -> Result<Value, Refused> {
    // Not JSON at all, or JSON of another shape.
    let json = serde_json::from_slice::<Value>(body);
    json.map_err(|error| Refused::bad("parse_error", format!("Failed to parse the request: {error}")))?;
    let body: Body = serde_json::from_slice(body).map_err(|error| Refused::bad("invalid_param", error.to_string()))?;
    let wanted = wanted(desk, &body)?;
    let price_sat: u64 = wanted.iter().map(|(product, minor)| desk.price_sat(product, *minor)).sum();
    let method = body.payment_method.as_deref().ok_or_else(|| missing("payment_method"))?;
    match method {
        "lightning" => {}
        "balance" => {
            return Err(Refused::bad("balance_too_low", format!("Insufficient balance. Required: {price_sat}")));
        }
        other => {
            return Err(Refused::bad("unsupported_payment_method", format!("Payment method '{other}' not supported")));
        }
    }
    if body.webhook_url.as_ref().is_some_and(|url| !url.starts_with("http")) {
        return Err(Refused::bad("invalid_param", "webhook_url is not an address".to_owned()));
    }
    let id = ids::uuid();
    let described = format!("Bitrefill invoice {id}");
    let node = lock(&desk.invoicer).clone();
    let node = node.ok_or_else(|| Refused::internal("create_invoice_failed", "closed".to_owned()))?;
    let made = node.invoice(price_sat.saturating_mul(1_000), &described, desk.config.expiry_s).await;
    let bolt11 = made.map_err(|error| Refused::internal("create_invoice_failed", error.to_string()))?;
    let order = |(product, minor): (Product, u64)| Order {
        id: ids::hex24(),
        product,
        minor,
        status: OrderStatus::Created,
        delivered_ms: None,
        redemption: None,
    };
    let invoice = Invoice {
        id: id.clone(),
        created_ms: desk.config.clock.now_ms(),
        completed_ms: None,
        status: InvoiceStatus::Unpaid,
        bolt11: bolt11.clone(),
        price_sat,
        orders: wanted.into_iter().map(order).collect(),
        webhook_url: body.webhook_url,
    };
    let shown = wire::invoice(desk, &invoice);
    lock(&desk.records).invoices.push(invoice);
    // One that cannot be read, for a test, cannot be paid either.
    if let Ok(signed) = Bolt11Invoice::from_str(&bolt11) {
        let hash = *signed.payment_hash().as_ref();
        lock(&desk.tasks).spawn(life::follow(Arc::downgrade(desk), id, hash));
    }
    Ok(shown)
}

fn missing(name: &str) -> Refused {
    Refused::bad("missing_param", format!("Missing required parameter: {name}"))
}

/// Each single card with its value, minor units.
fn wanted(desk: &Desk, body: &Body) -> Result<Vec<(Product, u64)>, Refused> {
    if body.products.is_empty() {
        return Err(missing("products"));
    }
    let count = body.products.iter().map(|item| item.quantity.unwrap_or(1)).fold(0_u64, u64::saturating_add);
    if count > ITEMS_MAX {
        return Err(Refused::bad("too_many_items", format!("More than {ITEMS_MAX} items")));
    }
    let catalogue = lock(&desk.catalogue);
    let mut wanted = Vec::new();
    for item in &body.products {
        let id = item.product_id.as_deref().ok_or_else(|| missing("product_id"))?;
        let product = catalogue.find(id).ok_or_else(|| Refused::not_found(format!("Product '{id}' doesn't exist")))?;
        let minor = value(item, product)?;
        if !product.in_stock {
            let message = format!("Product '{id}' is currently out of stock");
            return Err(Refused::bad("out_of_stock", message));
        }
        for _ in 0..item.quantity.unwrap_or(1) {
            wanted.push((product.clone(), minor));
        }
    }
    Ok(wanted)
}

fn value(item: &Item, product: &Product) -> Result<u64, Refused> {
    let minor = match (&item.package_id, &item.value) {
        (Some(package), _) => {
            let text = package.strip_prefix(&format!("{}<&>", product.id));
            text.and_then(|text| Money::parse(text, product.currency).ok())
        }
        (None, Some(value)) => Money::parse(value.get(), product.currency).ok(),
        (None, None) => return Err(missing("package_id or value")),
    };
    let minor = minor.map(Money::minor).filter(|minor| product.sells(*minor));
    minor.ok_or_else(|| Refused::bad("invalid_param", format!("No such value of '{}'", product.id)))
}
