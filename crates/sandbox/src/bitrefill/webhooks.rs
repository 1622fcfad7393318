//! The vendor's one webhook: the whole invoice, as JSON, once it is final ("Webhooks"). It is not signed, and what it
//! says of an order is not more than that somebody should look.
//!
//! [`HookFault`]s about ids and signatures, which these webhooks do not have, are as [`HookFault::Pass`]. The kind that
//! faults are ordered by is [`KIND`].

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Desk, records::Invoice, wire};
use crate::{
    faults::HookFault,
    vendor::{gate::half_of, lock},
};

/// The name of the webhook among the faults.
pub(crate) const KIND: &str = "invoice";

/// Sends it in its own time.
pub(crate) fn announce(desk: &Arc<Desk>, invoice: &Invoice) {
    let Some(url) = invoice.webhook_url.clone() else { return };
    let body = wire::invoice(desk, invoice).to_string().into_bytes();
    lock(&desk.tasks).spawn(send(Arc::downgrade(desk), url, body));
}

async fn send(desk: Weak<Desk>, url: String, body: Vec<u8>) {
    let Some((fault, waits)) = desk.upgrade().map(|desk| {
        let waits: Vec<Duration> = desk.config.webhook_retries.clone();
        (desk.faults.take_webhook(KIND), waits)
    }) else {
        return;
    };
    match fault {
        HookFault::Lose => return,
        HookFault::DelayMs(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        HookFault::Twice | HookFault::TwiceWithNewId | HookFault::LoseAnswer => {
            post(&desk, &url, body.clone()).await;
        }
        HookFault::CorruptJson => {
            post(&desk, &url, half_of(&body).to_vec()).await;
            return;
        }
        HookFault::Pass | HookFault::AfterNext | HookFault::WrongSignature | HookFault::StaleSignature => {}
    }
    for wait in std::iter::once(Duration::ZERO).chain(waits) {
        tokio::time::sleep(wait).await;
        if post(&desk, &url, body.clone()).await {
            return;
        }
    }
    tracing::warn!("webhook given up");
}

/// Whether the receiver took it (2xx).
async fn post(desk: &Weak<Desk>, url: &str, body: Vec<u8>) -> bool {
    let Some((http, within)) = desk.upgrade().map(|desk| (desk.http.clone(), desk.config.webhook_timeout)) else {
        return true;
    };
    let sent = http.post(url).header("content-type", "application/json").timeout(within).body(body).send().await;
    sent.is_ok_and(|response| response.status().is_success())
}
