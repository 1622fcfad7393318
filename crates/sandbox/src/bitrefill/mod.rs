//! Bitrefill, simulated over HTTP on loopback: the vendor of gift cards that is paid over Lightning.
//!
//! The wire format is held only to what is published. Read on 29 November 2026:
//!
//! * docs.bitrefill.com: "Core Concepts", "Resell Bitrefill Products", "Searching Products", "Webhooks", "Refunds",
//!   "Error Codes", "Error Handling"
//! * github.com/bitrefill/agents 3.2.0 (REST API: endpoints, tiers, rate limits) and github.com/bitrefill/cli 0.2.0
//! * answers of the real service that its customers keep with their client libraries: github.com/lacksfish/
//!   bitrefill-api-client-v2 (2023; the envelope, invoices, orders), and the Lightning invoice in `payment.address`
//!   as several clients of 2026 read it
//!
//! What none of these says is assumed, and said at its place: HTTP 400 and 404 of the errors, what an order or an
//! invoice that was never paid is called later, how often a webhook is tried.
//!
//! What the simulation does not play is refused, never ignored: accounts with a balance, other ways to pay than
//! Lightning, top-ups, eSIMs, test products. Its own key is of the Personal tier (`Authorization: Bearer`).
//!
//! Invariant: an order is paid only when the [`Invoicer`] says so, and every code that was ever given out is in
//! [`Codes`], where a store redeems it once.

mod api;
mod catalogue;
mod codes;
mod control;
mod invoicer;
mod life;
mod memory;
mod meter;
mod new_invoice;
mod records;
mod webhooks;
mod wire;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use money::{Currency, Rate};
use tokio::{sync::watch, task::JoinSet};

use self::{catalogue::Catalogue, meter::Meters, records::Records};
pub use self::{
    catalogue::{Gives, Product, Sold},
    codes::{Codes, NotRedeemed, Worth},
    invoicer::{Invoicer, InvoicerError},
    life::Delivery,
    memory::{MemoryInvoicer, NotPaid, Twist},
    meter::RateLimits,
    records::NoSuchOrder,
};
use crate::{
    faults::Faults,
    vendor::{
        ids, lock,
        serve::{Served, serve},
        time::VendorClock,
    },
};

/// Settings of a [`Bitrefill`].
#[derive(Clone, Debug)]
pub struct BitrefillConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// `None`: a new one is made.
    pub api_key: Option<String>,
    pub products: Vec<Product>,
    /// What a bitcoin is worth when an order is priced, by currency. Cards are sold at face value.
    pub rates: Vec<Rate>,
    pub limits: RateLimits,
    /// What becomes of orders for which nothing else was ordered.
    pub delivery: Delivery,
    /// How long an order's Lightning invoice can be paid (bitrefill/agents: about half an hour).
    pub expiry_s: u32,
    /// `not_delivered`, as real answers have it, instead of the documented `unpaid`.
    pub says_not_delivered: bool,
    /// How long a webhook's receiver has to answer.
    pub webhook_timeout: Duration,
    /// Waits before the second, third, ... try of a webhook; assumed.
    pub webhook_retries: Vec<Duration>,
    pub clock: VendorClock,
}

impl Default for BitrefillConfig {
    /// The catalogue of [`Product::catalogue`], 5,500 dollars a bitcoin, documented rate limits, delivery at once.
    fn default() -> Self {
        let rate = |text: &str, currency| Rate::parse(text, currency).ok();
        Self {
            port: 0,
            api_key: None,
            products: Product::catalogue(),
            rates: [rate("5500", Currency::USD), rate("5092.5", Currency::EUR)].into_iter().flatten().collect(),
            limits: RateLimits::Documented,
            delivery: Delivery::AfterMs(0),
            expiry_s: 1_800,
            says_not_delivered: false,
            webhook_timeout: Duration::from_secs(5),
            webhook_retries: [100, 500].map(Duration::from_millis).into(),
            clock: VendorClock::default(),
        }
    }
}

/// A running simulated vendor. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Bitrefill {
    desk: Arc<Desk>,
    served: Arc<Served>,
}

/// What the HTTP side and the driver share.
pub(crate) struct Desk {
    config: BitrefillConfig,
    api_key: String,
    catalogue: Mutex<Catalogue>,
    records: Mutex<Records>,
    meters: Mutex<Meters>,
    codes: Codes,
    /// `None` once the vendor is closed.
    invoicer: Mutex<Option<Arc<dyn Invoicer>>>,
    faults: Faults,
    http: reqwest::Client,
    /// Waiting for money, and delivering. They end with the desk.
    tasks: Mutex<JoinSet<()>>,
    /// Something happened to an order.
    changes: watch::Sender<()>,
    /// `http://127.0.0.1:port`, known once it listens.
    url: std::sync::OnceLock<String>,
}

impl Bitrefill {
    /// Starts on 127.0.0.1; `invoicer` makes the orders' Lightning invoices and tells when one is paid.
    pub async fn start(invoicer: Arc<dyn Invoicer>, config: BitrefillConfig) -> io::Result<Self> {
        let desk = Arc::new(Desk {
            api_key: config.api_key.clone().unwrap_or_else(ids::api_key),
            catalogue: Mutex::new(Catalogue::new(config.products.clone())),
            records: Mutex::default(),
            meters: Mutex::new(Meters::new(config.limits)),
            codes: Codes::default(),
            invoicer: Mutex::new(Some(invoicer)),
            faults: Faults::default(),
            http: reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?,
            tasks: Mutex::new(JoinSet::new()),
            changes: watch::Sender::new(()),
            url: std::sync::OnceLock::new(),
            config,
        });
        let served = Arc::new(serve(desk.config.port, api::router(desk.clone())).await?);
        let _ = desk.url.set(served.url());
        Ok(Self { desk, served })
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// What stands for `https://api.bitrefill.com/v2`.
    pub fn api_url(&self) -> String {
        format!("{}/v2", self.url())
    }

    /// The token behind `Authorization: Bearer`.
    pub fn api_key(&self) -> &str {
        &self.desk.api_key
    }

    /// The orders for what goes wrong. A refusal's message may begin with an error code: `out_of_stock: sold out`.
    pub fn faults(&self) -> &Faults {
        &self.desk.faults
    }

    /// Every code that was given out; a store that takes these cards redeems them here.
    pub fn codes(&self) -> Codes {
        self.desk.codes.clone()
    }

    /// How many invoices were ever made.
    pub fn invoices(&self) -> usize {
        lock(&self.desk.records).invoices.len()
    }

    /// What becomes of the next order that is paid. Several queue up.
    pub fn next_delivery(&self, delivery: Delivery) {
        lock(&self.desk.records).next_deliveries.push_back(delivery);
    }

    /// Ends an order of a paid invoice that [`Delivery::Never`] left open.
    ///
    /// # Errors
    /// [`NoSuchOrder`] also when it is not paid or has ended.
    pub fn resolve(&self, order_id: &str, delivery: Delivery) -> Result<(), NoSuchOrder> {
        life::resolve(&self.desk, order_id, delivery)
    }

    /// Waits until the vendor has seen the money of an order.
    pub async fn wait_paid(&self, order_id: &str) {
        self.wait(|records| records.order(order_id).is_some_and(|(invoice, _)| invoice.is_paid())).await;
    }

    /// Waits until nothing more becomes of an order by itself.
    pub async fn wait_ended(&self, order_id: &str) {
        self.wait(|records| records.order(order_id).is_some_and(|(invoice, order)| invoice.has_ended(order))).await;
    }

    async fn wait(&self, until: impl Fn(&Records) -> bool) {
        let mut changes = self.desk.changes.subscribe();
        // The sender is in the desk that this handle holds, so it does not go away.
        let _ = changes.wait_for(|()| until(&lock(&self.desk.records))).await;
    }

    /// Takes no orders any more, waits for no money, and lets its node go, so that whoever started that can stop it.
    pub async fn close(&self) {
        lock(&self.desk.invoicer).take();
        let mut tasks = std::mem::take(&mut *lock(&self.desk.tasks));
        tasks.shutdown().await;
    }

    /// Whether a product can be bought.
    pub fn set_in_stock(&self, product_id: &str, in_stock: bool) {
        lock(&self.desk.catalogue).set_in_stock(product_id, in_stock);
    }
}
