//! What can go wrong at a vendor, on order: the next call of an endpoint, or the next webhook of a kind, is refused,
//! answered with an error, stalled, cut off, garbled, repeated, delayed, lost or wrongly signed.
//!
//! Invariant: a fault whose name ends in `Before` (and `Refuse`, `Status`, `Stall`) leaves the vendor's books as they
//! were; one that ends in `After` (and `Delay`, `CorruptJson`) has changed them, and the caller cannot tell.
//!
//! Endpoints are named by method and path as the vendor documents them, such as `GET /v1/cards/{card_token}` (the
//! name between the braces does not matter); webhooks by their event type, the authorization requests by [`ASA`] and [`STRIPE_REQUEST`].
//! `*` means every endpoint, or every webhook except those.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};

use crate::vendor::lock;

/// The name of Lithic's real-time authorization request among the webhooks.
pub const ASA: &str = "card_authorization.approval_request";
/// The name of Stripe's.
pub const STRIPE_REQUEST: &str = "issuing_authorization.request";
/// The name of Lithic's question about a 3-D Secure authentication.
pub const THREE_DS: &str = "three_ds_authentication.approval_request";

/// What is asked while somebody waits, and so is no news.
const QUESTIONS: [&str; 3] = [ASA, STRIPE_REQUEST, THREE_DS];

/// What happens to one call of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing: lets one call through, to reach the one after it.
    Pass,
    /// Not done; the vendor's own error shape. Lithic: HTTP `status` with `message`. Kraken: HTTP 200 with `message`
    /// in `error`, whatever `status` says.
    Refuse { status: u16, message: String },
    /// Not done; a bare HTTP error as a load balancer would send it, not JSON.
    Status(u16),
    /// Done, then a bare HTTP error.
    StatusAfter(u16),
    /// Not done, and never answered. The connection stays open until the caller gives up.
    Stall,
    /// Done, and never answered.
    StallAfter,
    /// Done at once, answered so many milliseconds later.
    DelayMs(u64),
    /// Not done; the connection is closed without one byte of an answer.
    DropBefore,
    /// Done; the connection is closed without one byte of an answer.
    DropAfter,
    /// Done; the answer's JSON breaks off in the middle.
    CorruptJson,
    /// Done twice, as if a proxy on the way had sent the request again; the second answer is given.
    Twice,
}

/// What happens to one webhook, or to one authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookFault {
    /// Nothing: lets one through, to reach the one after it.
    Pass,
    /// Sent twice with the same id and body. An authorization request is asked twice at the same time, and the first
    /// answer counts.
    Twice,
    /// As [`Self::Twice`], but as two messages with ids of their own: a sender that does not keep the id.
    TwiceWithNewId,
    /// Kept back until the next webhook has been delivered: out of order. Authorization requests: as [`Self::Pass`].
    AfterNext,
    /// Sent so many milliseconds late.
    DelayMs(u64),
    /// Never sent by itself; it stays in the event list and can be replayed. An authorization request that is lost
    /// runs into its time limit.
    Lose,
    /// Sent with a signature made by another key, then (a webhook) tried again as usual.
    WrongSignature,
    /// Sent with a correct signature over a timestamp of an hour ago, then (a webhook) tried again as usual.
    StaleSignature,
    /// Sent with a body that breaks off in the middle, correctly signed.
    CorruptJson,
    /// Sent and answered, but the answer is lost on the way: the receiver has acted, the vendor does not know. A
    /// webhook is sent again; an authorization request counts as unanswered.
    LoseAnswer,
}

/// The orders for one vendor's faults. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Orders>>);

#[derive(Debug, Default)]
struct Orders {
    endpoints: Queue<Fault>,
    webhooks: Queue<HookFault>,
    seen: HashMap<String, usize>,
}

#[derive(Debug)]
struct Queue<F> {
    next: HashMap<String, VecDeque<F>>,
    always: HashMap<String, F>,
}

impl<F> Default for Queue<F> {
    fn default() -> Self {
        Self { next: HashMap::new(), always: HashMap::new() }
    }
}

impl<F: Clone> Queue<F> {
    fn take(&mut self, name: &str, wild: bool) -> Option<F> {
        let names: &[&str] = if wild { &[name, "*"] } else { &[name] };
        for name in names {
            if let Some(fault) = self.next.get_mut(*name).and_then(VecDeque::pop_front) {
                return Some(fault);
            }
        }
        names.iter().find_map(|name| self.always.get(*name).cloned())
    }
}

impl Faults {
    /// The next call of `endpoint` goes wrong in this way. Several queue up.
    pub fn next(&self, endpoint: &str, fault: Fault) {
        let mut orders = lock(&self.0);
        let queue = orders.endpoints.next.entry(normal(endpoint)).or_default();
        queue.push_back(fault);
    }

    /// Every call of `endpoint` goes wrong in this way, until [`Self::clear`]. Queued faults come first.
    pub fn always(&self, endpoint: &str, fault: Fault) {
        let mut orders = lock(&self.0);
        orders.endpoints.always.insert(normal(endpoint), fault);
    }

    /// The next webhook of this event type goes wrong in this way. Several queue up.
    pub fn next_webhook(&self, event_type: &str, fault: HookFault) {
        let mut orders = lock(&self.0);
        let queue = orders.webhooks.next.entry(event_type.into()).or_default();
        queue.push_back(fault);
    }

    /// Every webhook of this event type goes wrong in this way, until [`Self::clear`].
    pub fn always_webhook(&self, event_type: &str, fault: HookFault) {
        let mut orders = lock(&self.0);
        orders.webhooks.always.insert(event_type.into(), fault);
    }

    /// Everything works again. Calls that are stalled stay stalled.
    pub fn clear(&self) {
        let mut orders = lock(&self.0);
        orders.endpoints = Queue::default();
        orders.webhooks = Queue::default();
    }

    /// How many faults are queued and have not happened yet.
    pub fn queued(&self) -> usize {
        let orders = lock(&self.0);
        let endpoints: usize = orders.endpoints.next.values().map(VecDeque::len).sum();
        let webhooks: usize = orders.webhooks.next.values().map(VecDeque::len).sum();
        endpoints + webhooks
    }

    /// How often `endpoint` was called since the start, faults included.
    pub fn seen(&self, endpoint: &str) -> usize {
        lock(&self.0).seen.get(&normal(endpoint)).copied().unwrap_or(0)
    }

    pub(crate) fn take(&self, endpoint: &str) -> Fault {
        let mut orders = lock(&self.0);
        let name = normal(endpoint);
        *orders.seen.entry(name.clone()).or_default() += 1;
        orders.endpoints.take(&name, true).unwrap_or(Fault::Pass)
    }

    pub(crate) fn take_webhook(&self, event_type: &str) -> HookFault {
        let mut orders = lock(&self.0);
        let wild = !QUESTIONS.contains(&event_type);
        orders.webhooks.take(event_type, wild).unwrap_or(HookFault::Pass)
    }
}

/// `GET /v1/cards/{token}` and `GET /v1/cards/{card_token}` are one endpoint.
fn normal(endpoint: &str) -> String {
    let mut name = String::with_capacity(endpoint.len());
    let mut inside = false;
    for character in endpoint.chars() {
        inside = inside && character != '}';
        if !inside {
            name.push(character);
        }
        inside = inside || character == '{';
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_come_once_and_in_order_before_the_lasting_one() {
        let faults = Faults::default();
        faults.always("GET /v1/cards/{token}", Fault::Stall);
        faults.next("GET /v1/cards/{card_token}", Fault::Pass);
        faults.next("*", Fault::DropAfter);
        assert_eq!(faults.queued(), 2);
        assert_eq!(faults.take("GET /v1/cards/{x}"), Fault::Pass);
        assert_eq!(faults.take("GET /v1/cards/{x}"), Fault::DropAfter);
        assert_eq!(faults.take("GET /v1/cards/{x}"), Fault::Stall);
        assert_eq!(faults.take("POST /v1/cards"), Fault::Pass);
        faults.clear();
        assert_eq!(faults.take("GET /v1/cards/{x}"), Fault::Pass);
        assert_eq!(faults.seen("GET /v1/cards/{card_token}"), 4);
    }

    #[test]
    fn every_webhook_does_not_include_the_authorization_request() {
        let faults = Faults::default();
        faults.always_webhook("*", HookFault::Lose);
        assert_eq!(faults.take_webhook("card.created"), HookFault::Lose);
        assert_eq!(faults.take_webhook(ASA), HookFault::Pass);
    }
}
