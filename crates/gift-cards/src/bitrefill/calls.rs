//! Each thing that Bitrefill is asked: the request, and what its answer means. Pure.

use super::{
    BitrefillConfig, answers,
    catalogue::{Denomination, Known},
    wire,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use money::Money;
use outbound::{Call, Method, Request, Response, segment};
use ports::{ClaimCode, Outcome, Rejection, Secret, VendorOrderStatus};
use serde_json::value::RawValue;

/// Longest text that is passed on to the shopper.
const INSTRUCTIONS_CHARS_MAX: usize = 1_000;

/// An order's name in the port: the vendor's invoice and the one order in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderName {
    pub invoice: String,
    pub order: String,
}

impl OrderName {
    pub fn read(text: &str) -> Option<Self> {
        let (invoice, order) = text.split_once(':')?;
        let plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        (plain(invoice) && plain(order)).then(|| Self { invoice: invoice.to_owned(), order: order.to_owned() })
    }

    pub fn text(&self) -> String {
        format!("{}:{}", self.invoice, self.order)
    }
}

/// `Bearer` with a personal key, `Basic` with the identifier and secret of a business.
fn authorized(config: &BitrefillConfig, request: Request) -> Request {
    let value = match &config.api_id {
        None => format!("Bearer {}", config.api_key.expose()),
        Some(id) => {
            let pair = Secret::new(format!("{id}:{}", config.api_key.expose()));
            format!("Basic {}", STANDARD.encode(pair.expose()))
        }
    };
    request.secret_header("authorization", &Secret::new(value)).header("accept", "application/json")
}

/// `GET /accounts/balance`: only to see that the key is taken; nothing is paid from the balance.
pub struct BalanceCall<'a>(pub &'a BitrefillConfig);

impl Call for BalanceCall<'_> {
    type Answer = ();

    fn build_request(&self) -> Request {
        authorized(self.0, Request::get("/accounts/balance"))
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read::<serde_json::Value>(response).map(|_| ())
    }
}

/// `GET /products/{id}`; `None` when it is not a gift card that can be ordered by its value alone.
pub struct ProductCall<'a> {
    pub config: &'a BitrefillConfig,
    pub product_id: &'a str,
}

impl Call for ProductCall<'_> {
    type Answer = Option<Known>;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(format!("/products/{}", segment(self.product_id))))
    }

    fn handle_response(&self, response: &Response) -> Outcome<Option<Known>> {
        match answers::read::<wire::Product>(response) {
            Outcome::Done(product) if product.id != self.product_id => {
                Outcome::Unknown("another product than the one asked for".to_owned())
            }
            Outcome::Done(product) => Outcome::Done(Known::read(&product)),
            Outcome::Rejected(refusal) if refusal.code == answers::NOT_FOUND => Outcome::Done(None),
            Outcome::Rejected(refusal) => Outcome::Rejected(refusal),
            Outcome::NotSent(why) => Outcome::NotSent(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        }
    }
}

/// `POST /invoices` for one card, to be paid over Lightning. Bitrefill takes no key and no reference of ours.
pub struct OrderCall<'a> {
    pub config: &'a BitrefillConfig,
    pub product_id: &'a str,
    pub value: Money,
    pub denomination: &'a Denomination,
}

/// A new order and the text of its Lightning invoice, not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    pub name: OrderName,
    pub bolt11: String,
}

impl Call for OrderCall<'_> {
    type Answer = Ordered;

    fn build_request(&self) -> Request {
        let (package_id, value) = match self.denomination {
            Denomination::Package(id) => (Some(id.as_str()), None),
            // A decimal text is a JSON number.
            Denomination::Value => (None, RawValue::from_string(self.value.decimal()).ok()),
        };
        let item = wire::NewItem { product_id: self.product_id, quantity: 1, package_id, value };
        let body = wire::NewInvoice { products: [item], payment_method: "lightning" };
        authorized(self.config, Request::new(Method::Post, "/invoices")).json(&body)
    }

    fn handle_response(&self, response: &Response) -> Outcome<Ordered> {
        answers::read::<wire::Invoice>(response).and_then(|invoice| {
            let [order] = invoice.orders.as_slice() else {
                return Outcome::Unknown("an invoice without exactly one order".to_owned());
            };
            let name = OrderName { invoice: invoice.id.clone(), order: order.id.clone() };
            if OrderName::read(&name.text()).as_ref() != Some(&name) {
                return Outcome::Unknown("identifiers of another form than documented".to_owned());
            }
            match invoice.payment.as_ref().map(lightning_invoice) {
                Some(Some(bolt11)) => Outcome::Done(Ordered { name, bolt11 }),
                Some(None) | None => Outcome::Unknown("an invoice without one Lightning invoice".to_owned()),
            }
        })
    }
}

/// The one text that looks like a Lightning invoice, wherever it stands.
fn lightning_invoice(payment: &wire::Payment) -> Option<String> {
    let places = [&payment.lightning_invoice, &payment.lightning_invoice_camel, &payment.address];
    let mut found = places.into_iter().flatten().filter_map(|text| {
        let text = text.trim().to_ascii_lowercase();
        let bare = text.strip_prefix("lightning:").unwrap_or(&text).to_owned();
        bare.starts_with("ln").then_some(bare)
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// `GET /invoices/{id}`: where the payment and the order stand.
pub struct InvoiceCall<'a> {
    pub config: &'a BitrefillConfig,
    pub name: &'a OrderName,
}

/// What the invoice says of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Is(VendorOrderStatus),
    /// The invoice is final and the order in it is not said to be: the order itself is asked.
    AskOrder,
}

impl Call for InvoiceCall<'_> {
    type Answer = Seen;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(format!("/invoices/{}", segment(&self.name.invoice))))
    }

    fn handle_response(&self, response: &Response) -> Outcome<Seen> {
        match answers::read::<wire::Invoice>(response) {
            Outcome::Done(invoice) => seen(&invoice, &self.name.order),
            Outcome::Rejected(refusal) if refusal.code == answers::NOT_FOUND => {
                Outcome::Done(Seen::Is(VendorOrderStatus::NotFound))
            }
            other => other.and_then(|_| Outcome::Unknown("not a success".to_owned())),
        }
    }
}

fn seen(invoice: &wire::Invoice, order_id: &str) -> Outcome<Seen> {
    let Some(order) = invoice.orders.iter().find(|order| order.id == order_id) else {
        return Outcome::Unknown("the invoice does not have the order".to_owned());
    };
    if let Some(status) = ended(&order.status) {
        return Outcome::Done(Seen::Is(status));
    }
    let unpaid = invoice.payment.as_ref().and_then(|payment| payment.status.as_deref()) == Some("unpaid");
    Outcome::Done(match invoice.status.as_str() {
        "complete" => Seen::AskOrder,
        "denied" | "payment_error" => {
            Seen::Is(VendorOrderStatus::Failed { reason: format!("Bitrefill: the invoice is {}", invoice.status) })
        }
        // The invoice of 2023's answers is `not_delivered` from the start; then the payment's own status tells.
        "unpaid" => Seen::Is(VendorOrderStatus::AwaitingFunds),
        _ if unpaid => Seen::Is(VendorOrderStatus::AwaitingFunds),
        // `payment_detected`, `payment_confirmed`, `pending`, `blocked`, `not_delivered`, whatever comes to be.
        _ => Seen::Is(VendorOrderStatus::Paid),
    })
}

/// The final statuses of an order; every other one is on its way.
fn ended(status: &str) -> Option<VendorOrderStatus> {
    match status {
        "delivered" => Some(VendorOrderStatus::Delivered),
        "refunded" => Some(VendorOrderStatus::RefundedByVendor),
        "failed" | "permanent_failure" => {
            Some(VendorOrderStatus::Failed { reason: format!("Bitrefill: the order is {status}") })
        }
        _ => None,
    }
}

/// `GET /orders/{id}` for its status; codes in the answer are passed over unread.
pub struct OrderStatusCall<'a> {
    pub config: &'a BitrefillConfig,
    pub name: &'a OrderName,
}

impl Call for OrderStatusCall<'_> {
    type Answer = VendorOrderStatus;

    fn build_request(&self) -> Request {
        authorized(self.config, order_path(self.name)).fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<VendorOrderStatus> {
        answers::read::<wire::Order>(response).map(|order| ended(&order.status).unwrap_or(VendorOrderStatus::Paid))
    }
}

fn order_path(name: &OrderName) -> Request {
    Request::get(format!("/orders/{}", segment(&name.order)))
}

/// `GET /orders/{id}` for what redeems the card.
pub struct RevealCall<'a> {
    pub config: &'a BitrefillConfig,
    pub name: &'a OrderName,
}

impl Call for RevealCall<'_> {
    type Answer = ClaimCode;

    fn build_request(&self) -> Request {
        authorized(self.config, order_path(self.name)).fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<ClaimCode> {
        answers::read::<wire::RevealedOrder>(response).and_then(claim_code)
    }
}

fn claim_code(order: wire::RevealedOrder) -> Outcome<ClaimCode> {
    if order.status != "delivered" {
        return Outcome::Rejected(Rejection::retryable("not_delivered", "the order is not delivered"));
    }
    let wire::Redemption { code, pin, link, instructions } = order.redemption_info;
    if code.is_none() && pin.is_none() && link.is_none() {
        return Outcome::Unknown("a delivered order without code, PIN and link".to_owned());
    }
    let secrets = [&code, &pin, &link];
    let mut instructions = instructions.unwrap_or_default();
    // They are no secret, so nothing that is one may be in them.
    for secret in secrets.into_iter().flatten() {
        instructions = instructions.replace(secret.expose(), "[..]");
    }
    let instructions = instructions.chars().take(INSTRUCTIONS_CHARS_MAX).collect();
    Outcome::Done(ClaimCode { code, pin, link, instructions })
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
