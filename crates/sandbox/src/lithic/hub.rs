//! What the issuer's HTTP side, its driver and its deliveries share.

use std::{sync::Mutex, time::Duration};

use tokio::sync::{mpsc::UnboundedSender, watch};

use super::{config::IssuerConfig, records::Records, webhooks::Delivery};
use crate::{faults::Faults, vendor::lock};

/// No answer of a webhook receiver that is longer than this is read.
const ANSWER_BYTES_MAX: usize = 1 << 16;

pub(crate) struct Hub {
    pub(crate) records: Mutex<Records>,
    pub(crate) config: IssuerConfig,
    pub(crate) faults: Faults,
    pub(crate) http: reqwest::Client,
    pub(crate) outbox: UnboundedSender<Delivery>,
    /// Deliveries that are neither taken nor given up.
    pub(crate) open: watch::Sender<usize>,
}

impl Hub {
    /// Hands events to delivery, in order, to whoever subscribes to them now.
    pub(crate) fn deliver(&self, records: &Records, events: &[String]) {
        for event in events.iter().filter_map(|token| records.event(token)) {
            for subscription in &records.subscriptions {
                if subscription.wants(event.event_type) {
                    self.enqueue(event.token.clone(), subscription.token.clone());
                }
            }
        }
    }

    pub(crate) fn enqueue(&self, event: String, subscription: String) {
        self.open.send_modify(|open| *open += 1);
        let delivery = Delivery { event, subscription, tries: 0, faulted: false };
        if self.outbox.send(delivery).is_err() {
            self.done();
        }
    }

    /// Puts a delivery back after a wait.
    pub(crate) fn later(&self, delivery: Delivery, wait: Duration) {
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // The issuer may be gone by then; so is the delivery.
            let _ = outbox.send(delivery);
        });
    }

    pub(crate) fn done(&self) {
        self.open.send_modify(|open| *open = open.saturating_sub(1));
    }

    /// Changes the records and delivers what that announces.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Records) -> (T, Vec<String>)) -> T {
        let mut records = lock(&self.records);
        let (answer, events) = change(&mut records);
        self.deliver(&records, &events);
        answer
    }

    /// POSTs JSON; HTTP status and the answer's body, or `None` without an answer in time.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: [(&'static str, String); 3],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Option<(u16, Vec<u8>)> {
        let mut request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("user-agent", "lithic-sandbox/1")
            .body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let exchange = async {
            let mut response = request.send().await.ok()?;
            let status = response.status().as_u16();
            let mut answer = Vec::new();
            while let Some(chunk) = response.chunk().await.ok()? {
                if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
                    return None;
                }
                answer.extend_from_slice(&chunk);
            }
            Some((status, answer))
        };
        tokio::time::timeout(timeout, exchange).await.ok().flatten()
    }
}
