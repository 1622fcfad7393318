//! Delivery of event webhooks: signed, tried again until taken, and twice, late, out of order or wrongly signed when
//! ordered (docs.lithic.com/docs/events-api; Lithic delivers through Svix).
//!
//! Invariant: every try of one event carries the same `webhook-id` and the same bytes, unless a fault says otherwise.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{hub::Hub, records::Attempt, signing::sign};
use crate::{
    faults::HookFault,
    vendor::{gate::half_of, ids, lock},
};

/// A webhook's way to one subscriber.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: String,
    pub(crate) subscription: String,
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

/// The three headers of Standard Webhooks, several signatures separated by a space while a secret is being rotated.
pub(crate) fn headers(
    secrets: &[String],
    id: &str,
    now_ms: i64,
    body: &[u8],
    seal: Seal,
) -> [(&'static str, String); 3] {
    let timestamp_s = match seal {
        Seal::Right | Seal::WrongKey => now_ms.div_euclid(1000),
        Seal::Stale => now_ms.div_euclid(1000) - 3600,
    };
    let wrong = [ids::webhook_secret()];
    let keys = if seal == Seal::WrongKey { &wrong[..] } else { secrets };
    let signatures: Vec<String> = keys.iter().map(|key| sign(key, id, timestamp_s, body)).collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp_s.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}

/// Delivers until the issuer is gone.
pub(crate) async fn run(hub: Weak<Hub>, mut waiting: UnboundedReceiver<Delivery>) {
    let mut kept_back: HashMap<String, Vec<Delivery>> = HashMap::new();
    while let Some(delivery) = waiting.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        let subscription = delivery.subscription.clone();
        if let Some(kept) = one(&hub, delivery).await {
            kept_back.entry(subscription).or_default().push(kept);
        } else {
            for late in kept_back.remove(&subscription).unwrap_or_default() {
                one(&hub, late).await;
            }
        }
    }
}

/// One try. Answers the delivery when it has to be kept back until the next one is through.
async fn one(hub: &Arc<Hub>, mut delivery: Delivery) -> Option<Delivery> {
    let event_type = lock(&hub.records).event(&delivery.event).map(|event| event.event_type);
    let Some(event_type) = event_type else {
        hub.done();
        return None;
    };
    let fault = if delivery.faulted { HookFault::Pass } else { hub.faults.take_webhook(event_type) };
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
        HookFault::Twice => {
            send(hub, &delivery, Seal::Right, false).await;
            send(hub, &delivery, Seal::Right, false).await
        }
        HookFault::TwiceWithNewId => {
            send(hub, &delivery, Seal::Right, false).await;
            let other = Message { id: Some(ids::svix("msg")), ..Message::default() };
            send_as(hub, &delivery, other).await
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

async fn send(hub: &Arc<Hub>, delivery: &Delivery, seal: Seal, corrupt: bool) -> bool {
    send_as(hub, delivery, Message { id: None, seal, corrupt }).await
}

/// How one try differs from a plain one.
#[derive(Default)]
struct Message {
    /// Instead of the event's.
    id: Option<String>,
    seal: Seal,
    corrupt: bool,
}

/// Sends; whether the receiver took it (2xx).
async fn send_as(hub: &Arc<Hub>, delivery: &Delivery, message: Message) -> bool {
    let prepared = {
        let records = lock(&hub.records);
        let event = records.event(&delivery.event);
        let subscriptions = &records.subscriptions;
        let subscription = subscriptions.iter().find(|s| s.token == delivery.subscription);
        let now_ms = records.now_ms();
        event.zip(subscription).map(|(event, subscription)| {
            let whole = event.body.as_bytes();
            let body = if message.corrupt { half_of(whole).to_vec() } else { whole.to_vec() };
            let secrets = subscription.secrets.valid(now_ms);
            let id = message.id.as_ref().unwrap_or(&event.token);
            let headers = headers(&secrets, id, now_ms, &body, message.seal);
            (subscription.url.clone(), headers, body)
        })
    };
    // The subscription was deleted in the meantime: nobody to deliver to.
    let Some((url, headers, body)) = prepared else {
        return true;
    };
    let status = hub.post(&url, headers, body, hub.config.webhook_timeout).await;
    let status_code = status.map_or(0, |(status, _)| status);
    let mut records = lock(&hub.records);
    let created_ms = records.now_ms();
    if let Some(event) = records.event_mut(&delivery.event) {
        event.attempts.push(Attempt {
            token: ids::svix("atmpt"),
            subscription_token: delivery.subscription.clone(),
            created_ms,
            status_code,
            url,
        });
    }
    (200..300).contains(&status_code)
}
