//! Each thing that Kraken is asked: the parameters and what its answer means. Pure.

use super::{
    errors,
    pairs::{Asset, Pair, currency_of, pair_name, sat_exact},
    sign::{Keys, Nonce},
    wire::{AssetPair, ClosedOrders, OpenOrders, Order, Placed, ServerTime, SystemStatus},
};
use crate::decimal::{parse_ceil, parse_floor};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money, Sat};
use outbound::{Call, Request, Response, rfc3339, uuid};
use ports::{AssetBalance, Clock, Fee, Outcome, Rejection, SaleReport, SaleStatus, SellOrder};
use std::collections::BTreeMap;

/// Orders are looked for from a little earlier than asked: clocks differ.
const CLOCK_MARGIN_SECS: u64 = 120;

/// A private call: its name, parameters and what its answer means.
pub trait Private: Sync {
    type Answer: Send;
    const NAME: &'static str;
    fn parameters(&self) -> Vec<(&'static str, String)>;
    fn handle_response(&self, response: &Response) -> Outcome<Self::Answer>;
}

/// A private call with all that signing it takes. Each attempt has a nonce of its own.
pub struct Signed<'a, C> {
    pub call: C,
    pub keys: &'a Keys,
    pub nonce: &'a Nonce,
    pub clock: &'a dyn Clock,
}

impl<C: Private> Call for Signed<'_, C> {
    type Answer = C::Answer;

    fn build_request(&self) -> Request {
        let parameters = self.call.parameters();
        let pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.keys.request(C::NAME, self.nonce.next(self.clock.now()), &pairs)
    }

    fn handle_response(&self, response: &Response) -> Outcome<C::Answer> {
        self.call.handle_response(response)
    }
}

/// Our order id at Kraken: a UUID, the first of the documented forms.
fn order_id(key: &IdempotencyKey) -> String {
    uuid("kraken order", key)
}

/// `AddOrder`: a limit order that fills at once as far as it can. The answer is the transaction id.
pub struct AddOrder<'a> {
    pub order: &'a SellOrder,
    pub pair: Pair,
    /// After it the matching engine refuses the order; 2 to 60 seconds ahead.
    pub deadline: UnixMs,
}

impl Private for AddOrder<'_> {
    type Answer = String;
    const NAME: &'static str = "AddOrder";

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ordertype", "limit".to_owned()),
            ("type", "sell".to_owned()),
            ("pair", self.pair.name()),
            ("volume", self.order.amount_sat.btc_string()),
            ("price", self.pair.price_ceil(self.order.limit)),
            ("timeinforce", "IOC".to_owned()),
            // The fee in the currency; sellers would pay it in bitcoin otherwise.
            ("oflags", "fciq".to_owned()),
            ("deadline", rfc3339(self.deadline)),
            ("cl_ord_id", order_id(&self.order.key)),
        ]
    }

    fn handle_response(&self, response: &Response) -> Outcome<String> {
        let placed = errors::read::<Placed>(response).and_then(|placed| match <[String; 1]>::try_from(placed.txid) {
            Ok([txid]) => Outcome::Done(txid),
            Err(_) => Outcome::Unknown("accepted without exactly one transaction id".to_owned()),
        });
        match placed {
            // Something on the way may have sent the request twice: then the first of them was taken.
            Outcome::Rejected(refusal) if refusal.code == errors::INVALID_NONCE => Outcome::Unknown(refusal.message),
            other => other,
        }
    }
}

/// `QueryOrders`: what became of an order that Kraken has named.
pub struct QueryOrder<'a> {
    pub txid: &'a str,
    pub currency: Currency,
}

impl Private for QueryOrder<'_> {
    type Answer = SaleStatus;
    const NAME: &'static str = "QueryOrders";

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("txid", self.txid.to_owned())]
    }

    fn handle_response(&self, response: &Response) -> Outcome<SaleStatus> {
        errors::read::<BTreeMap<String, Order>>(response).and_then(|orders| match orders.get(self.txid) {
            Some(order) if currency_of(&order.descr.pair) != Some(self.currency) => unreadable(),
            Some(order) => status_of(order),
            None => Outcome::Done(SaleStatus::NotFound),
        })
    }
}

/// `OpenOrders` with our order id. An IOC order is open only while it is being matched.
pub struct FindOpen<'a> {
    pub key: &'a IdempotencyKey,
}

impl Private for FindOpen<'_> {
    type Answer = SaleStatus;
    const NAME: &'static str = "OpenOrders";

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("cl_ord_id", order_id(self.key))]
    }

    fn handle_response(&self, response: &Response) -> Outcome<SaleStatus> {
        errors::read::<OpenOrders>(response).and_then(|orders| ours(orders.open, self.key))
    }
}

/// `ClosedOrders` with our order id, opened or closed since a time.
pub struct FindClosed<'a> {
    pub key: &'a IdempotencyKey,
    pub since: UnixMs,
}

impl Private for FindClosed<'_> {
    type Answer = SaleStatus;
    const NAME: &'static str = "ClosedOrders";

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let start = self.since.secs().saturating_sub(CLOCK_MARGIN_SECS);
        vec![("cl_ord_id", order_id(self.key)), ("start", start.to_string())]
    }

    fn handle_response(&self, response: &Response) -> Outcome<SaleStatus> {
        errors::read::<ClosedOrders>(response).and_then(|orders| ours(orders.closed, self.key))
    }
}

/// The order of our id. Kraken filters; that it did is not taken on trust, for another order's money is at stake.
fn ours(orders: BTreeMap<String, Order>, key: &IdempotencyKey) -> Outcome<SaleStatus> {
    let id = order_id(key);
    let mut found = None;
    for order in orders.into_values() {
        match &order.cl_ord_id {
            None => return Outcome::Unknown("an order without our order id".to_owned()),
            Some(other) if *other != id => {}
            Some(_) if found.is_some() => return Outcome::Unknown("two orders with our order id".to_owned()),
            Some(_) => found = Some(order),
        }
    }
    found.map_or(Outcome::Done(SaleStatus::NotFound), |order| status_of(&order))
}

fn unreadable<T>() -> Outcome<T> {
    Outcome::Unknown("an order is not of the documented form".to_owned())
}

/// What an order is or brought; rounded against us.
fn status_of(order: &Order) -> Outcome<SaleStatus> {
    match order.status.as_str() {
        "pending" | "open" => Outcome::Done(SaleStatus::Open),
        // Filled in part, an IOC order is `canceled`.
        "closed" | "canceled" | "expired" => match report_of(order) {
            Some(report) => Outcome::Done(SaleStatus::Closed(report)),
            None => unreadable(),
        },
        _ => unreadable(),
    }
}

fn report_of(order: &Order) -> Option<SaleReport> {
    let currency = currency_of(&order.descr.pair)?;
    let minor = |value: u64| Money::new(value, currency).ok();
    let flags: Vec<&str> = order.oflags.split(',').collect();
    let fee = if flags.contains(&"fcib") {
        Fee::Bitcoin(Sat::new(parse_ceil(&order.fee, 8).ok()?).ok()?)
    } else {
        Fee::Currency(minor(parse_ceil(&order.fee, currency.exponent()).ok()?)?)
    };
    Some(SaleReport {
        sold_sat: sat_exact(&order.vol_exec).ok()?,
        proceeds: minor(parse_floor(&order.cost, currency.exponent()).ok()?)?,
        fee,
    })
}

/// `Balance`: what is there of bitcoin and currencies; rounded down.
pub struct Balance;

impl Private for Balance {
    type Answer = Vec<AssetBalance>;
    const NAME: &'static str = "Balance";

    fn parameters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn handle_response(&self, response: &Response) -> Outcome<Vec<AssetBalance>> {
        errors::read::<BTreeMap<String, String>>(response).and_then(|balances| {
            let read = |(name, amount): (&String, &String)| -> Option<Option<AssetBalance>> {
                Some(match Asset::parse(name) {
                    Some(Asset::Bitcoin) => Some(AssetBalance::Bitcoin(Sat::new(parse_floor(amount, 8).ok()?).ok()?)),
                    Some(Asset::Currency(currency)) => {
                        let minor = parse_floor(amount, currency.exponent()).ok()?;
                        Some(AssetBalance::Currency(Money::new(minor, currency).ok()?))
                    }
                    None => None,
                })
            };
            match balances.iter().map(read).collect::<Option<Vec<_>>>() {
                Some(read) => Outcome::Done(read.into_iter().flatten().collect()),
                None => Outcome::Unknown("a balance is not of the documented form".to_owned()),
            }
        })
    }
}

/// `GET /0/public/SystemStatus`.
pub struct Status;

impl Call for Status {
    type Answer = ();

    fn build_request(&self) -> Request {
        Request::get("/0/public/SystemStatus")
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        errors::read::<SystemStatus>(response).and_then(|system| match system.status.as_str() {
            "online" => Outcome::Done(()),
            other => {
                let shown: String = other.chars().take(40).collect();
                Outcome::Rejected(Rejection::retryable("maintenance", format!("Kraken's status is {shown}")))
            }
        })
    }
}

/// `GET /0/public/Time`: Kraken's clock, to the second.
pub struct Time;

impl Call for Time {
    type Answer = UnixMs;

    fn build_request(&self) -> Request {
        Request::get("/0/public/Time")
    }

    fn handle_response(&self, response: &Response) -> Outcome<UnixMs> {
        errors::read::<ServerTime>(response).map(|time| UnixMs(time.unixtime.saturating_mul(1_000)))
    }
}

/// `GET /0/public/AssetPairs` of one market.
pub struct DescribePair {
    pub currency: Currency,
}

impl Call for DescribePair {
    type Answer = Pair;

    fn build_request(&self) -> Request {
        Request::get("/0/public/AssetPairs").query(&[("pair", &pair_name(self.currency))])
    }

    fn handle_response(&self, response: &Response) -> Outcome<Pair> {
        errors::read::<BTreeMap<String, AssetPair>>(response).and_then(|pairs| {
            let offline = |pair: &AssetPair| pair.status.as_deref().is_some_and(|status| status != "online");
            let ours = pairs.into_values().find(|pair| currency_of(&pair.altname) == Some(self.currency));
            match ours {
                None => Outcome::Rejected(Rejection::fatal("unknown_pair", pair_name(self.currency))),
                Some(pair) if offline(&pair) => {
                    Outcome::Rejected(Rejection::retryable("maintenance", format!("{} is not trading", pair.altname)))
                }
                Some(pair) => Pair::described(&pair).map_or_else(unreadable, Outcome::Done),
            }
        })
    }
}
