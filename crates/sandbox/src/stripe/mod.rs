//! Stripe Issuing, simulated over HTTP on loopback: the other issuer of the cards.
//!
//! The wire formats are those of docs.stripe.com/api and of Stripe's client libraries (API version
//! `2026-06-24.dahlia`). Besides the API, an [`Issuer`] has the network's side in process
//! ([`crate::network::CardNetwork`]), which Stripe offers in test mode as `/v1/test_helpers/issuing/...`; that is here
//! too.
//!
//! Where Stripe publishes no rule, this is what the simulation does:
//! * a canceled card cannot be changed: 400;
//! * a capture releases what was held for it, all of it when it closes the authorization, in one balance transaction;
//! * a submitted dispute is decided when the driver says so, or at once by the evidence `winning_evidence` and
//!   `losing_evidence`.
//!
//! Invariant: everything the API answers comes from one set of books under one lock, so a call that was answered, or
//! cut off, has either happened whole or not at all.

mod api;
mod ask;
mod books;
mod config;
mod form;
mod hub;
mod model;
mod network;
mod webhooks;
mod wire;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use self::{books::Books, hub::Hub, model::Dispute};
pub use self::{
    config::{IssuerConfig, OnTimeout},
    model::{CardStatus, DisputeStatus},
    webhooks::sign,
};
use crate::{
    faults::Faults,
    network::DriverError,
    vendor::{
        ids, lock,
        serve::{Served, serve},
    },
};

/// A running simulated issuer. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Issuer {
    hub: Arc<Hub>,
    running: Arc<Running>,
}

struct Running {
    served: Served,
    deliveries: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.deliveries.abort();
    }
}

/// A card as a test or a demo sees it without the API. No number: that is only behind the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardView {
    pub id: String,
    pub last4: String,
    pub status: CardStatus,
    /// Amount and interval.
    pub limits: Vec<(i64, String)>,
    pub metadata: Vec<(String, String)>,
}

impl Issuer {
    /// Starts on 127.0.0.1.
    pub async fn start(config: IssuerConfig) -> io::Result<Self> {
        let (outbox, waiting) = mpsc::unbounded_channel();
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(io::Error::other)?;
        let hub = Arc::new(Hub {
            books: Mutex::new(Books::new(config.clone())),
            faults: Faults::default(),
            http,
            outbox,
            open: watch::Sender::new(0),
            config,
        });
        let served = serve(hub.config.port, api::router(hub.clone())).await?;
        let deliveries = tokio::spawn(webhooks::run(Arc::downgrade(&hub), waiting));
        let running = Arc::new(Running { served, deliveries });
        Ok(Self { hub, running })
    }

    /// `http://127.0.0.1:port`; Stripe's paths begin with `/v1`.
    pub fn url(&self) -> String {
        self.running.served.url()
    }

    /// `sk_test_...`, the user of HTTP basic authentication or the bearer's token.
    pub fn api_key(&self) -> String {
        lock(&self.hub.books).api_key.clone()
    }

    /// The orders for what goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// Registers an endpoint for these events, as `POST /v1/webhook_endpoints` does (and the dashboard for
    /// `issuing_authorization.request`); answers its secret.
    pub fn register(&self, url: &str, events: &[&str]) -> String {
        let events = events.iter().map(|one| (*one).to_owned()).collect();
        let mut books = lock(&self.hub.books);
        let endpoint = api::new_endpoint(&books, url, events);
        let secret = endpoint.secret.clone();
        books.endpoints.push(endpoint);
        secret
    }

    /// What the Issuing balance holds, captures taken off, refunds added. Minor units.
    pub fn total_minor(&self) -> i64 {
        lock(&self.hub.books).total_minor()
    }

    /// What can still be authorized. Minor units.
    pub fn available_minor(&self) -> i64 {
        let books = lock(&self.hub.books);
        books.total_minor() - books.held_minor()
    }

    /// The operator pays in (or, negative, takes out).
    pub fn fund(&self, minor: i64) {
        lock(&self.hub.books).float_minor += minor;
    }

    /// All cards, oldest first.
    pub fn cards(&self) -> Vec<CardView> {
        let view = |card: &model::Card| CardView {
            id: card.id.clone(),
            last4: card.number.get(12..).unwrap_or_default().to_owned(),
            status: card.status,
            limits: card.limits.iter().map(|limit| (limit.amount, limit.interval.clone())).collect(),
            metadata: card.metadata.clone().into_iter().collect(),
        };
        lock(&self.hub.books).cards.iter().map(view).collect()
    }

    /// The transactions of a card, oldest first: identifier and what the balance changed by.
    pub fn transactions_of(&self, card: &str) -> Vec<(String, i64)> {
        let books = lock(&self.hub.books);
        books.transactions.iter().filter(|one| one.card == card).map(|one| (one.id.clone(), one.amount)).collect()
    }

    /// The captures of an authorization, oldest first.
    pub fn captures_of(&self, authorization: &str) -> Vec<String> {
        let books = lock(&self.hub.books);
        let of = |one: &&model::Transaction| {
            one.authorization.as_deref() == Some(authorization) && one.kind == model::TransactionKind::Capture
        };
        books.transactions.iter().filter(of).map(|one| one.id.clone()).collect()
    }

    /// The operator opens a dispute about a capture and submits it, as in the dashboard; answers its identifier.
    pub fn dispute(&self, transaction: &str) -> Result<String, DriverError> {
        self.hub.change(|books| {
            let Some(of) = books.transaction(transaction) else {
                return (Err(DriverError::NoSuchTransaction), Vec::new());
            };
            let new = Dispute {
                id: ids::stripe("idp"),
                transaction: of.id.clone(),
                amount: of.amount.abs(),
                status: DisputeStatus::Unsubmitted,
                reason: "not_received".to_owned(),
                explanation: None,
                created_s: books.now_s(),
                metadata: Default::default(),
            };
            let (id, mut events) = books.open_dispute(new);
            let submitted = books.move_dispute(&id, DisputeStatus::Unsubmitted, DisputeStatus::Submitted);
            events.extend(submitted.unwrap_or_default());
            (Ok(id), events)
        })
    }

    /// The network decides a submitted dispute.
    pub fn decide_dispute(&self, id: &str, won: bool) -> Result<(), DriverError> {
        let to = if won { DisputeStatus::Won } else { DisputeStatus::Lost };
        self.hub.change(|books| match books.move_dispute(id, DisputeStatus::Submitted, to) {
            Some(events) => (Ok(()), events),
            None => (Err(DriverError::NotPossible("the dispute is not submitted")), Vec::new()),
        })
    }

    /// Waits until every webhook so far is taken, given up or lost; `false` when that takes longer than `deadline`.
    pub async fn webhooks_delivered(&self, deadline: Duration) -> bool {
        let mut open = self.hub.open.subscribe();
        let quiet = open.wait_for(|open| *open == 0);
        matches!(tokio::time::timeout(deadline, quiet).await, Ok(Ok(_)))
    }
}
