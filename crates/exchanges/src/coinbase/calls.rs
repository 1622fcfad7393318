//! Each thing that Coinbase is asked: what is sent and what the answer means. Pure, but for each token's own nonce.

use super::{
    errors,
    products::{Product, currency_of, product_name},
    token::Keys,
    wire::{self, Accounts, Configuration, CreateOrder, Created, LimitIoc, OneOrder, Order, Orders, Permissions},
};
use crate::decimal::{parse_ceil, parse_floor};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money, Sat, parse_decimal};
use outbound::{Call, Method, Request, Response, rfc3339, segment, uuid};
use ports::{AssetBalance, Clock, Fee, Outcome, Rejection, SaleReport, SaleStatus, SellOrder};

const PREFIX: &str = "/api/v3/brokerage";
/// Orders are looked for from a little earlier than asked: clocks differ.
const CLOCK_MARGIN_MS: u64 = 120_000;
/// Life of a token that changes nothing.
const LOOK_MS: u64 = 60_000;
/// Entries on a page.
const PAGE: &str = "250";

/// A call with the key.
pub trait Private: Sync {
    type Answer: Send;
    const METHOD: Method;
    /// Below [`PREFIX`].
    fn path(&self) -> String;
    fn fill(&self, request: Request) -> Request;
    /// When the token ends.
    fn until(&self, now: UnixMs) -> UnixMs {
        now.plus_ms(LOOK_MS)
    }
    fn handle_response(&self, response: &Response) -> Outcome<Self::Answer>;
}

/// A private call with all that its token takes. Each attempt has a token of its own.
pub struct Signed<'a, C> {
    pub call: C,
    pub keys: &'a Keys,
    /// Host, and port where there is one.
    pub host: &'a str,
    pub clock: &'a dyn Clock,
}

impl<C: Private> Call for Signed<'_, C> {
    type Answer = C::Answer;

    fn build_request(&self) -> Request {
        let path = format!("{PREFIX}{}", self.call.path());
        let now = self.clock.now();
        let method = if C::METHOD == Method::Post { "POST" } else { "GET" };
        let place = format!("{}{path}", self.host);
        let token = self.keys.token(method, &place, now, self.call.until(now));
        self.call.fill(Request::new(C::METHOD, path)).secret_header("authorization", &token)
    }

    fn handle_response(&self, response: &Response) -> Outcome<C::Answer> {
        self.call.handle_response(response)
    }
}

/// Our order id at Coinbase.
fn order_id(key: &IdempotencyKey) -> String {
    uuid("coinbase order", key)
}

/// `POST /orders`: a limit order, immediate or cancel. The answer is Coinbase's order id.
pub struct AddOrder<'a> {
    pub order: &'a SellOrder,
    pub product: Product,
}

impl Private for AddOrder<'_> {
    type Answer = String;
    const METHOD: Method = Method::Post;

    fn path(&self) -> String {
        "/orders".to_owned()
    }

    fn fill(&self, request: Request) -> Request {
        let sor_limit_ioc = LimitIoc {
            base_size: self.order.amount_sat.btc_string(),
            limit_price: self.product.price_ceil(self.order.limit),
        };
        request.json(&CreateOrder {
            client_order_id: order_id(&self.order.key),
            product_id: self.product.name(),
            side: "SELL",
            order_configuration: Configuration { sor_limit_ioc },
        })
    }

    /// Coinbase knows no deadline of an order; after this it refuses the request.
    fn until(&self, _: UnixMs) -> UnixMs {
        self.order.deadline
    }

    fn handle_response(&self, response: &Response) -> Outcome<String> {
        errors::read::<Created>(response).and_then(|created| {
            match (created.success, created.success_response, created.error_response) {
                (true, Some(accepted), _) if accepted.order_id.is_empty() => unreadable(),
                (true, Some(accepted), _) => match accepted.client_order_id {
                    Some(id) if id != order_id(&self.order.key) => unreadable(),
                    _ => Outcome::Done(accepted.order_id),
                },
                (false, _, Some(refusal)) => errors::refused(&refusal),
                (true | false, _, _) => unreadable(),
            }
        })
    }
}

/// `GET /orders/historical/{id}`: what became of an order that Coinbase has named.
pub struct QueryOrder<'a> {
    pub id: &'a str,
    pub key: &'a IdempotencyKey,
}

impl Private for QueryOrder<'_> {
    type Answer = SaleStatus;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        format!("/orders/historical/{}", segment(self.id))
    }

    fn fill(&self, request: Request) -> Request {
        request
    }

    fn handle_response(&self, response: &Response) -> Outcome<SaleStatus> {
        errors::read::<OneOrder>(response).and_then(|OneOrder { order }| {
            let ours = order.order_id == self.id && order.client_order_id == order_id(self.key);
            if ours { status_of(&order) } else { unreadable() }
        })
    }
}

/// What one page of orders says about ours.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The orders of our id on this page.
    pub ours: Vec<SaleStatus>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `GET /orders/historical/batch`: one page of all orders since a time. There is no filter for our id.
pub struct ListOrders<'a> {
    pub key: &'a IdempotencyKey,
    pub since: UnixMs,
    pub cursor: Option<String>,
}

impl Private for ListOrders<'_> {
    type Answer = Page;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        "/orders/historical/batch".to_owned()
    }

    fn fill(&self, request: Request) -> Request {
        let start = rfc3339(UnixMs(self.since.0.saturating_sub(CLOCK_MARGIN_MS)));
        let mut pairs = vec![("start_date", start.as_str()), ("limit", PAGE)];
        pairs.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        request.query(&pairs)
    }

    fn handle_response(&self, response: &Response) -> Outcome<Page> {
        errors::read::<Orders>(response).and_then(|page| {
            let id = order_id(self.key);
            let mut ours = Vec::new();
            for order in page.orders.iter().filter(|order| order.client_order_id == id) {
                match status_of(order) {
                    Outcome::Done(status) => ours.push(status),
                    other => return other.and_then(|_| unreadable()),
                }
            }
            match next(page.has_next, page.cursor) {
                Ok(next) => Outcome::Done(Page { ours, next }),
                Err(()) => unreadable(),
            }
        })
    }
}

/// The next page's cursor; one that is said to be there has to be.
fn next(more: bool, cursor: String) -> Result<Option<String>, ()> {
    match (more, cursor.is_empty()) {
        (false, _) => Ok(None),
        (true, false) => Ok(Some(cursor)),
        (true, true) => Err(()),
    }
}

fn unreadable<T>() -> Outcome<T> {
    Outcome::Unknown("an answer is not of the documented form".to_owned())
}

/// What an order is or brought; rounded against us.
fn status_of(order: &Order) -> Outcome<SaleStatus> {
    if order.side != "SELL" {
        return unreadable();
    }
    match order.status.as_str() {
        "PENDING" | "QUEUED" | "OPEN" | "CANCEL_QUEUED" | "EDIT_QUEUED" => Outcome::Done(SaleStatus::Open),
        // Filled in part, an IOC order is `CANCELLED`.
        "FILLED" | "CANCELLED" | "EXPIRED" | "FAILED" => match report_of(order) {
            Some(report) => Outcome::Done(SaleStatus::Closed(report)),
            None => unreadable(),
        },
        _ => unreadable(),
    }
}

fn report_of(order: &Order) -> Option<SaleReport> {
    let currency = currency_of(&order.product_id)?;
    let minor = |value: u64| Money::new(value, currency).ok();
    // Where nothing was filled the texts may be empty.
    let text = |text: &str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
    Some(SaleReport {
        sold_sat: Sat::new(parse_decimal(&text(&order.filled_size), 8).ok()?).ok()?,
        proceeds: minor(parse_floor(&text(&order.filled_value), currency.exponent()).ok()?)?,
        fee: Fee::Currency(minor(parse_ceil(&text(&order.total_fees), currency.exponent()).ok()?)?),
    })
}

/// One page of what is there, held by orders or not, by account.
pub type Balances = (Vec<AssetBalance>, Option<String>);

/// `GET /accounts`: rounded down.
pub struct ListAccounts {
    pub cursor: Option<String>,
}

impl Private for ListAccounts {
    type Answer = Balances;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        "/accounts".to_owned()
    }

    fn fill(&self, request: Request) -> Request {
        let mut pairs = vec![("limit", PAGE)];
        pairs.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        request.query(&pairs)
    }

    fn handle_response(&self, response: &Response) -> Outcome<Balances> {
        errors::read::<Accounts>(response).and_then(|page| {
            let read = |account: &wire::Account| -> Option<Option<AssetBalance>> {
                let parts = [&account.available_balance, &account.hold];
                if parts.iter().any(|part| part.currency != account.currency) {
                    return None;
                }
                let sum = |decimals| {
                    let part = |part: &wire::Amount| parse_floor(&part.value, decimals).ok();
                    part(parts[0])?.checked_add(part(parts[1])?)
                };
                Some(match (account.currency.as_str(), account.currency.parse::<Currency>()) {
                    ("BTC", _) => Some(AssetBalance::Bitcoin(Sat::new(sum(8)?).ok()?)),
                    (_, Ok(currency)) => {
                        Some(AssetBalance::Currency(Money::new(sum(currency.exponent())?, currency).ok()?))
                    }
                    // Other coins are nothing to us.
                    (_, Err(_)) => None,
                })
            };
            let balances = page.accounts.iter().map(read).collect::<Option<Vec<_>>>();
            match (balances, next(page.has_next, page.cursor)) {
                (Some(balances), Ok(next)) => Outcome::Done((balances.into_iter().flatten().collect(), next)),
                (None, _) | (_, Err(())) => unreadable(),
            }
        })
    }
}

/// `GET /key_permissions`. The answer is a warning, if there is one.
pub struct KeyPermissions;

impl Private for KeyPermissions {
    type Answer = Option<&'static str>;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        "/key_permissions".to_owned()
    }

    fn fill(&self, request: Request) -> Request {
        request
    }

    fn handle_response(&self, response: &Response) -> Outcome<Self::Answer> {
        errors::read::<Permissions>(response).and_then(|may| match (may.can_view && may.can_trade, may.can_transfer) {
            (false, _) => {
                Outcome::Rejected(Rejection::fatal("forbidden", "the key has not both rights, view and trade"))
            }
            (true, true) => Outcome::Done(Some("the key may also transfer: make one that may not")),
            (true, false) => Outcome::Done(None),
        })
    }
}

/// `GET /products/{id}`.
pub struct DescribeProduct {
    pub currency: Currency,
}

impl Private for DescribeProduct {
    type Answer = Product;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        format!("/products/{}", segment(&product_name(self.currency)))
    }

    fn fill(&self, request: Request) -> Request {
        request
    }

    fn handle_response(&self, response: &Response) -> Outcome<Product> {
        errors::read::<wire::Product>(response).and_then(|wire| {
            let closed = [
                wire.is_disabled,
                wire.trading_disabled,
                wire.cancel_only,
                wire.post_only,
                wire.auction_mode,
                wire.view_only,
            ];
            if closed.contains(&true) {
                let text = format!("{} is not trading", product_name(self.currency));
                return Outcome::Rejected(Rejection::retryable("maintenance", text));
            }
            let described = Product::described(&wire).filter(|product| product.currency == self.currency);
            described.map_or_else(unreadable, Outcome::Done)
        })
    }
}

/// `GET /time`: Coinbase's clock, to the millisecond.
pub struct Time;

impl Call for Time {
    type Answer = UnixMs;

    fn build_request(&self) -> Request {
        Request::get(format!("{PREFIX}/time"))
    }

    fn handle_response(&self, response: &Response) -> Outcome<UnixMs> {
        errors::read::<wire::ServerTime>(response)
            .and_then(|time| time.epoch_millis.parse().map_or_else(|_| unreadable(), |ms| Outcome::Done(UnixMs(ms))))
    }
}
