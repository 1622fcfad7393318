//! Delivery of events: signed, tried again until taken, and twice, late, out of order or wrongly signed when ordered
//! (docs.stripe.com/webhooks).
//!
//! Invariant: every try of one event carries the same bytes under a new timestamp, unless a fault says otherwise.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use tokio::sync::mpsc::UnboundedReceiver;

use super::hub::Hub;
use crate::{
    faults::HookFault,
    vendor::{gate::half_of, ids, lock},
};

/// An event's way to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: String,
    pub(crate) endpoint: String,
    pub(crate) tries: u32,
    /// The fault for this delivery has happened already.
    pub(crate) faulted: bool,
}

/// How a request is signed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Seal {
    #[default]
    Right,
    WrongKey,
    /// Correct for an hour ago.
    Stale,
}

/// The value of `Stripe-Signature`: `t=..,v1=..`, the HMAC-SHA256 of `t.body` in hex under the whole secret as it is
/// written. `v0` is Stripe's own, for test events, and says nothing.
pub fn sign(secret: &str, timestamp_s: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{timestamp_s}.").as_bytes());
    mac.update(body);
    let signature = hex::encode(mac.finalize().into_bytes());
    format!("t={timestamp_s},v1={signature},v0={}", "0".repeat(64))
}

pub(crate) fn sealed(secret: &str, now_ms: i64, body: &[u8], seal: Seal) -> String {
    let now_s = now_ms.div_euclid(1_000);
    match seal {
        Seal::Right => sign(secret, now_s, body),
        Seal::WrongKey => sign(&ids::webhook_secret(), now_s, body),
        Seal::Stale => sign(secret, now_s - 3_600, body),
    }
}

/// Delivers until the issuer is gone.
pub(crate) async fn run(hub: Weak<Hub>, mut waiting: UnboundedReceiver<Delivery>) {
    let mut kept_back: HashMap<String, Vec<Delivery>> = HashMap::new();
    while let Some(delivery) = waiting.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        let endpoint = delivery.endpoint.clone();
        if let Some(kept) = one(&hub, delivery).await {
            kept_back.entry(endpoint).or_default().push(kept);
        } else {
            for late in kept_back.remove(&endpoint).unwrap_or_default() {
                one(&hub, late).await;
            }
        }
    }
}

/// One try. Answers the delivery when it has to be kept back until the next one is through.
async fn one(hub: &Arc<Hub>, mut delivery: Delivery) -> Option<Delivery> {
    let Some(kind) = lock(&hub.books).event(&delivery.event).map(|event| event.kind) else {
        hub.done();
        return None;
    };
    let fault = if delivery.faulted { HookFault::Pass } else { hub.faults.take_webhook(kind) };
    delivery.faulted = true;
    let taken = match fault {
        HookFault::AfterNext => return Some(delivery),
        HookFault::Lose => {
            hub.done();
            return None;
        }
        HookFault::DelayMs(ms) => {
            hub.later(delivery, Duration::from_millis(ms));
            return None;
        }
        HookFault::Pass => send(hub, &delivery, Seal::Right, false).await,
        // An event keeps its id, however often it is sent.
        HookFault::Twice | HookFault::TwiceWithNewId => {
            send(hub, &delivery, Seal::Right, false).await;
            send(hub, &delivery, Seal::Right, false).await
        }
        HookFault::WrongSignature => send(hub, &delivery, Seal::WrongKey, false).await,
        HookFault::StaleSignature => send(hub, &delivery, Seal::Stale, false).await,
        HookFault::CorruptJson => send(hub, &delivery, Seal::Right, true).await,
        HookFault::LoseAnswer => {
            send(hub, &delivery, Seal::Right, false).await;
            false
        }
    };
    if taken {
        hub.done();
    } else {
        again(hub, delivery);
    }
    None
}

fn again(hub: &Arc<Hub>, mut delivery: Delivery) {
    delivery.tries += 1;
    let config = &hub.config;
    if delivery.tries >= config.webhook_tries_max {
        tracing::warn!(event = delivery.event, "webhook given up");
        hub.done();
        return;
    }
    let index = usize::try_from(delivery.tries - 1).unwrap_or(usize::MAX);
    let waits = &config.webhook_retries;
    let wait = waits.get(index).or(waits.last()).copied();
    hub.later(delivery, wait.unwrap_or(Duration::from_secs(1)));
}

/// Sends; whether the receiver took it (2xx).
async fn send(hub: &Arc<Hub>, delivery: &Delivery, seal: Seal, corrupt: bool) -> bool {
    let prepared = {
        let books = lock(&hub.books);
        let endpoint = books.endpoints.iter().find(|one| one.id == delivery.endpoint);
        let event = books.event(&delivery.event);
        event.zip(endpoint).map(|(event, endpoint)| {
            let whole = event.body.as_bytes();
            let body = if corrupt { half_of(whole).to_vec() } else { whole.to_vec() };
            (endpoint.url.clone(), sealed(&endpoint.secret, books.now_ms(), &body, seal), body)
        })
    };
    // An endpoint that is gone takes nothing more.
    let Some((url, signature, body)) = prepared else { return true };
    let answer = hub.post(&url, signature, body, hub.config.webhook_timeout).await;
    answer.is_some_and(|answer| (200..300).contains(&answer.status))
}
