//! What the HTTP side, the network's side and the deliveries share.

use std::{sync::Mutex, time::Duration};

use tokio::sync::{mpsc::UnboundedSender, watch};

use super::{books::Books, config::IssuerConfig, webhooks::Delivery};
use crate::{faults::Faults, vendor::lock};

/// No answer of a webhook receiver that is longer than this is read.
const ANSWER_BYTES_MAX: usize = 1 << 16;

pub(crate) struct Hub {
    pub(crate) books: Mutex<Books>,
    pub(crate) config: IssuerConfig,
    pub(crate) faults: Faults,
    pub(crate) http: reqwest::Client,
    pub(crate) outbox: UnboundedSender<Delivery>,
    /// Deliveries that are neither taken nor given up.
    pub(crate) open: watch::Sender<usize>,
}

/// A receiver's answer.
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// Whether the header `Stripe-Version` was there.
    pub(crate) versioned: bool,
    pub(crate) body: Vec<u8>,
}

impl Hub {
    /// Changes the books and delivers what that announces to whoever wants it now.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Books) -> (T, Vec<String>)) -> T {
        let mut books = lock(&self.books);
        let (answer, events) = change(&mut books);
        for event in events.iter().filter_map(|id| books.event(id)) {
            for endpoint in books.endpoints.iter().filter(|endpoint| endpoint.wants(event.kind)) {
                self.open.send_modify(|open| *open += 1);
                let delivery =
                    Delivery { event: event.id.clone(), endpoint: endpoint.id.clone(), tries: 0, faulted: false };
                if self.outbox.send(delivery).is_err() {
                    self.done();
                }
            }
        }
        answer
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

    /// POSTs an event; `None` without an answer in time.
    pub(crate) async fn post(
        &self,
        url: &str,
        signature: String,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Option<Answered> {
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .header("stripe-signature", signature)
            .body(body);
        let exchange = async {
            let mut response = request.send().await.ok()?;
            let status = response.status().as_u16();
            let versioned = response.headers().contains_key("stripe-version");
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.ok()? {
                if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                    return None;
                }
                body.extend_from_slice(&chunk);
            }
            Some(Answered { status, versioned, body })
        };
        tokio::time::timeout(timeout, exchange).await.ok().flatten()
    }
}
