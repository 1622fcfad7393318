//! Lithic, simulated over HTTP on loopback: the issuer of the cards.
//!
//! The wire formats are those of docs.lithic.com/reference (API v1) and of Lithic's client libraries. Besides the API,
//! an [`Issuer`] has the network's side in process ([`Issuer::charge`], [`Issuer::capture`], ...), which Lithic's own
//! sandbox offers as `/v1/simulate/...`; that is here too.
//!
//! Where Lithic publishes no rule, this is what the simulation does:
//! * the same `Idempotency-Key` with another body is refused with 400 (with the same body: the same card again);
//! * a closed card cannot be changed: 405, as reports from its sandbox have it;
//! * amounts that do not fit (a void of nothing) are accepted and change nothing, as a network would.
//!
//! Invariant: everything the API answers comes from one set of records under one lock, so a call that was answered,
//! or cut off, has either happened whole or not at all.

mod api;
mod asa;
mod config;
mod driver;
mod hub;
mod model;
mod network;
mod records;
mod signing;
mod three_ds;
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

pub use self::{
    config::{IssuerConfig, OnTimeout},
    model::{CardState, CardType, EventKind, LimitDuration},
    signing::sign,
    three_ds::AuthenticationResult,
};
use self::{hub::Hub, records::Records};
pub use crate::network::{
    CardRef, Charge, ChargeResult, DriverError, Merchant, Outcome, Status, TransactionState, TypedCard,
};
use crate::{
    faults::Faults,
    vendor::{
        lock,
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
    pub token: String,
    pub last_four: String,
    pub state: CardState,
    pub kind: CardType,
    pub spend_limit_minor: i64,
    pub memo: String,
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
            records: Mutex::new(Records::new(config.clone())),
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

    /// `http://127.0.0.1:port`; Lithic's paths begin with `/v1`.
    pub fn url(&self) -> String {
        self.running.served.url()
    }

    /// The value of the `Authorization` header.
    pub fn api_key(&self) -> String {
        lock(&self.hub.records).api_key.clone()
    }

    /// The secret that authorization requests are signed with, `whsec_...`; also at `GET /v1/auth_stream/secret`.
    pub fn asa_secret(&self) -> String {
        lock(&self.hub.records).asa_secrets.current.clone()
    }

    /// The orders for what goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// Enrolls the responder of authorization requests, as `POST /v1/responder_endpoints` does.
    pub fn enroll_responder(&self, url: &str) {
        lock(&self.hub.records).responder = Some(url.to_owned());
    }

    /// Subscribes to all events, as `POST /v1/event_subscriptions` does; answers the webhook secret.
    pub fn subscribe(&self, url: &str) -> String {
        let subscription = api::new_subscription(url, String::new(), None);
        let secret = subscription.secrets.current.clone();
        lock(&self.hub.records).subscriptions.push(subscription);
        secret
    }

    /// Float: what the account holds, captures taken off, refunds added. Minor units.
    pub fn total_minor(&self) -> i64 {
        lock(&self.hub.records).total_minor()
    }

    /// What can still be authorized: total less holds. Minor units.
    pub fn available_minor(&self) -> i64 {
        let records = lock(&self.hub.records);
        records.total_minor() - records.held_minor()
    }

    /// The operator pays in (or, negative, takes out): the float changes by this much.
    pub fn fund(&self, minor: i64) {
        lock(&self.hub.records).float_minor += minor;
    }

    /// Sets what the account holds now, captures included.
    pub fn set_total_minor(&self, total_minor: i64) {
        let mut records = lock(&self.hub.records);
        let difference = total_minor - records.total_minor();
        records.float_minor += difference;
    }

    /// All cards, oldest first.
    pub fn cards(&self) -> Vec<CardView> {
        let records = lock(&self.hub.records);
        let view = |card: &model::Card| CardView {
            token: card.token.clone(),
            last_four: card.pan.get(12..).unwrap_or_default().to_owned(),
            state: card.state,
            kind: card.kind,
            spend_limit_minor: card.spend_limit,
            memo: card.memo.clone(),
        };
        records.cards.iter().map(view).collect()
    }

    /// The transactions of a card, oldest first: token and what they amount to.
    pub fn transactions_of(&self, card_token: &str) -> Vec<(String, TransactionState)> {
        let tokens: Vec<String> = {
            let records = lock(&self.hub.records);
            let of_card = records.transactions.iter().filter(|of| of.card_token == card_token);
            of_card.map(|of| of.token.clone()).collect()
        };
        let with_state = |token: String| self.transaction(&token).ok().map(|at| (token, at));
        tokens.into_iter().filter_map(with_state).collect()
    }

    /// Waits until every webhook so far is taken, given up or lost; `false` when that takes longer than `deadline`.
    pub async fn webhooks_delivered(&self, deadline: Duration) -> bool {
        let mut open = self.hub.open.subscribe();
        let quiet = open.wait_for(|open| *open == 0);
        matches!(tokio::time::timeout(deadline, quiet).await, Ok(Ok(_)))
    }
}
