//! Bitrefill as the vendor of gift cards (docs.bitrefill.com, API v2).
//!
//! Bitrefill takes no key and no reference of ours, so an order whose answer was lost cannot be found. It does not have
//! to be: an order that is not paid is worth nothing, and only the one whose hash was committed is ever paid. So
//! nothing is repeated here, `find_order` is refused, and after `Unknown` the order is made anew.
//!
//! Its rate limits are kept here, and the catalogue for a day. Webhooks are not asked for: they are not signed, and the
//! engine looks by itself.

mod answers;
mod calls;
mod catalogue;
mod limiter;
mod looks;
mod stores;
mod wire;

pub use stores::StoreProduct;

use crate::invoice::{self, BadInvoice};
use async_trait::async_trait;
use bitcoin::Network;
use calls::{BalanceCall, InvoiceCall, OrderCall, OrderName, OrderStatusCall, ProductCall, RevealCall, Seen};
use catalogue::{Cache, Known};
use ids::{IdempotencyKey, UnixMs};
use limiter::{Kind, Limiter};
use looks::Looks;
use outbound::{BadAddress, Call, HttpClient, Limits, Retry};
use ports::{
    ClaimCode, Clock, GiftCardOrder, GiftCardVendor, Outcome, Rejection, Secret, VendorOffer, VendorOrderStatus,
    VendorQuote,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stores::Stores;

/// Orders that a repeated call with the same key gets back. A restart forgets them, which costs an unpaid order.
const ORDERS_MAX: usize = 500;

#[derive(Debug, Clone)]
pub struct BitrefillConfig {
    /// `https://api.bitrefill.com/v2`.
    pub base_url: String,
    /// Of the Business API; without it `api_key` is a personal one.
    pub api_id: Option<String>,
    /// May do everything that the account may, so of an account without a balance and without saved ways to pay.
    pub api_key: Secret,
    /// That the vendor's invoices have to be for.
    pub network: Network,
    /// The operator's own, before those of the list.
    pub products: Vec<StoreProduct>,
    /// How long a product is offered as it was read.
    pub catalogue_ms_max: u64,
    /// How long a new order has to be payable at least: until the shopper can have paid the hold invoice.
    pub invoice_life_ms_min: u64,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBitrefillConfig {
    #[error("base_url: {0}")]
    Address(#[from] BadAddress),
    #[error("the list of stores: {0}")]
    Stores(String),
}

pub struct Bitrefill {
    client: HttpClient,
    config: BitrefillConfig,
    stores: Stores,
    clock: Arc<dyn Clock>,
    limiter: Mutex<Limiter>,
    cache: Mutex<Cache>,
    looks: Mutex<Looks>,
    ordered: Mutex<HashMap<IdempotencyKey, (GiftCardOrder, VendorQuote)>>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bitrefill {
    pub fn new(config: BitrefillConfig, limits: Limits, clock: Arc<dyn Clock>) -> Result<Self, BadBitrefillConfig> {
        let stores =
            Stores::new(config.products.clone()).map_err(|error| BadBitrefillConfig::Stores(error.to_string()))?;
        Ok(Self {
            client: HttpClient::new(&config.base_url, limits)?,
            config,
            stores,
            clock,
            limiter: Mutex::default(),
            cache: Mutex::default(),
            looks: Mutex::default(),
            ordered: Mutex::default(),
        })
    }

    /// One call, if the vendor's rate limit has one left.
    async fn ask<C: Call>(&self, kind: Kind, call: &C) -> Outcome<C::Answer> {
        if let Err(wait_ms) = lock(&self.limiter).take(kind, self.clock.now()) {
            return Outcome::NotSent(format!(
                "Bitrefill's rate limit has no call left for {} s",
                wait_ms.div_ceil(1_000)
            ));
        }
        let outcome = self.client.run(call, &Retry::never()).await;
        if matches!(&outcome, Outcome::Rejected(refusal) if refusal.code == answers::RATE_LIMITED) {
            lock(&self.limiter).pause(kind, self.clock.now());
        }
        outcome
    }

    /// From the cache, else from the vendor; an old entry when the vendor cannot be asked. `None`: not sold.
    async fn product(&self, product_id: &str) -> Outcome<Option<Known>> {
        let now = self.clock.now();
        if let Some(known) = lock(&self.cache).fresh(product_id, now, self.config.catalogue_ms_max) {
            return Outcome::Done(known);
        }
        match self.ask(Kind::Product, &ProductCall { config: &self.config, product_id }).await {
            Outcome::Done(known) => {
                if known.is_none() {
                    tracing::warn!(product_id, "Bitrefill does not sell this product as a gift card");
                }
                lock(&self.cache).put(product_id, known.clone(), now);
                Outcome::Done(known)
            }
            failed => match lock(&self.cache).last(product_id) {
                Some(known) => Outcome::Done(Some(known)),
                None => failed,
            },
        }
    }

    /// What an earlier call with the same key has ordered, while it can still be paid.
    fn ordered_before(&self, order: &GiftCardOrder) -> Option<VendorQuote> {
        let earliest = self.clock.now().plus_ms(self.config.invoice_life_ms_min);
        let ordered = lock(&self.ordered);
        let (before, quote) = ordered.get(&order.key)?;
        (before == order && quote.expires_at >= earliest).then(|| quote.clone())
    }

    fn remember(&self, order: GiftCardOrder, quote: &VendorQuote) {
        let now = self.clock.now();
        let mut ordered = lock(&self.ordered);
        if ordered.len() >= ORDERS_MAX {
            ordered.retain(|_, (_, quote)| quote.expires_at > now);
        }
        if ordered.len() < ORDERS_MAX {
            ordered.insert(order.key.clone(), (order, quote.clone()));
        }
    }

    /// The order as a quote, if its invoice is one to build on.
    fn quote(&self, ordered: calls::Ordered) -> Result<VendorQuote, BadInvoice> {
        let calls::Ordered { name, bolt11 } = ordered;
        let now = self.clock.now();
        let checked = invoice::check(&bolt11, self.config.network, now, self.config.invoice_life_ms_min)?;
        Ok(VendorQuote {
            order_id: name.text(),
            bolt11,
            payment_hash: checked.payment_hash,
            amount_msat: checked.amount_msat,
            expires_at: checked.expires_at,
            min_final_cltv_delta: checked.min_final_cltv_delta,
        })
    }
}

#[async_trait]
impl GiftCardVendor for Bitrefill {
    fn name(&self) -> &'static str {
        "bitrefill"
    }

    /// A store or a country that Bitrefill has nothing for has no offers.
    async fn offers(&self, store: &str, country: &str) -> Outcome<Vec<VendorOffer>> {
        let mut offers = Vec::new();
        for product_id in self.stores.products(store, country) {
            match self.product(&product_id).await {
                Outcome::Done(Some(known)) if known.country != country => {
                    tracing::warn!(product_id, country, "the product is for another country");
                }
                Outcome::Done(Some(known)) if known.in_stock => offers.push(known.offer(&product_id, store)),
                Outcome::Done(_) => {}
                other => return other.map(|_| Vec::new()),
            }
        }
        Outcome::Done(offers)
    }

    /// A repeated key gets its order back while this process remembers it, else a new one; at most one is ever paid.
    async fn order(&self, order: GiftCardOrder) -> Outcome<VendorQuote> {
        if let Some(quote) = self.ordered_before(&order) {
            return Outcome::Done(quote);
        }
        let known = match self.product(&order.product_id).await {
            Outcome::Done(Some(known)) => known,
            Outcome::Done(None) => {
                return Outcome::Rejected(Rejection::fatal(answers::NOT_FOUND, "not sold as a gift card"));
            }
            Outcome::Rejected(refusal) => return Outcome::Rejected(refusal),
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Outcome::NotSent(why),
        };
        let Some(denomination) = known.denomination(order.value) else {
            return Outcome::Rejected(Rejection::fatal("not_sold", "this value is not sold"));
        };
        let call = OrderCall {
            config: &self.config,
            product_id: &order.product_id,
            value: order.value,
            denomination: &denomination,
        };
        match self.ask(Kind::NewInvoice, &call).await {
            Outcome::Done(ordered) => match self.quote(ordered) {
                Ok(quote) => {
                    self.remember(order, &quote);
                    Outcome::Done(quote)
                }
                Err(bad) => Outcome::Rejected(Rejection::fatal("bad_invoice", bad.to_string())),
            },
            Outcome::Rejected(refusal) => {
                if matches!(refusal.code.as_str(), answers::OUT_OF_STOCK | answers::NOT_FOUND | "invalid_param") {
                    lock(&self.cache).forget(&order.product_id);
                }
                Outcome::Rejected(refusal)
            }
            Outcome::NotSent(why) => Outcome::NotSent(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        }
    }

    async fn find_order(&self, _key: &IdempotencyKey, _since: UnixMs) -> Outcome<Option<VendorQuote>> {
        Outcome::Rejected(Rejection::fatal("not_supported", "Bitrefill keeps no reference of ours"))
    }

    async fn status(&self, order_id: &str) -> Outcome<VendorOrderStatus> {
        let Some(name) = OrderName::read(order_id) else {
            return Outcome::Done(VendorOrderStatus::NotFound);
        };
        if let Some(last) = lock(&self.looks).last(order_id, self.clock.now()) {
            return Outcome::Done(last);
        }
        let outcome = match self.ask(Kind::Invoice, &InvoiceCall { config: &self.config, name: &name }).await {
            Outcome::Done(Seen::Is(status)) => Outcome::Done(status),
            Outcome::Done(Seen::AskOrder) => {
                self.ask(Kind::Order, &OrderStatusCall { config: &self.config, name: &name }).await
            }
            other => other.and_then(|_| Outcome::Unknown("not a status".to_owned())),
        };
        if let Outcome::Done(status) = &outcome {
            lock(&self.looks).note(order_id, status, self.clock.now());
        }
        outcome
    }

    async fn reveal(&self, order_id: &str) -> Outcome<ClaimCode> {
        let Some(name) = OrderName::read(order_id) else {
            return Outcome::Rejected(Rejection::fatal(answers::NOT_FOUND, "no order of this vendor"));
        };
        self.ask(Kind::Order, &RevealCall { config: &self.config, name: &name }).await
    }

    async fn health(&self) -> Outcome<String> {
        let checked = self.ask(Kind::Balance, &BalanceCall(&self.config)).await;
        checked.map(|()| format!("answers and takes the key; products for {} stores are known", self.stores.len()))
    }
}
