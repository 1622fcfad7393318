//! Coinbase Advanced Trade as the exchange (docs.cdp.coinbase.com, Advanced Trade REST API).
//!
//! A sale is a limit order, immediate or cancel, with our own order id. Coinbase knows no deadline of an order: instead
//! the token of the request ends at the deadline, so that what is late on its way is refused. Whether a used order id
//! gives the first order back is not relied on: [`Exchange::sell`] looks for the id first, and an outcome that is
//! unknown is looked up until the deadline is over.

mod calls;
mod errors;
mod products;
mod token;
mod wire;

pub use token::{BadPrivateKey, Keys};

use async_trait::async_trait;
use calls::{AddOrder, DescribeProduct, KeyPermissions, ListAccounts, ListOrders, Private, QueryOrder, Signed, Time};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Sat};
use outbound::{BadAddress, HttpClient, Limits, Retry};
use ports::{AssetBalance, Clock, Exchange, Outcome, Rejection, SaleStatus, Secret, SellOrder};
use products::Product;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// A token ends at a whole second; less than this would leave the order no time.
const DEADLINE_AHEAD_MS_MIN: u64 = 3_000;
/// The longest that an order of ours can have been on its way before its deadline.
const PLACED_BEFORE_DEADLINE_MS: u64 = 120_000;
/// How far Coinbase's clock may be from ours: tokens begin and end by it.
const CLOCK_APART_MS_MAX: u64 = 2_500;
/// Pages of a list that are read at most.
const PAGES_MAX: usize = 40;

#[derive(Debug, Clone)]
pub struct CoinbaseConfig {
    /// `https://api.coinbase.com`.
    pub base_url: String,
    /// Name of a key with the rights to view and to trade, not to transfer: `organizations/{org}/apiKeys/{key}`.
    pub api_key: Secret,
    /// Its EC private key in PEM.
    pub private_key: Secret,
    /// What bitcoin is sold for.
    pub currencies: Vec<Currency>,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCoinbaseConfig {
    #[error("base_url: {0}")]
    Address(#[from] BadAddress),
    #[error("private_key: {0}")]
    PrivateKey(#[from] BadPrivateKey),
    #[error("currencies: none is named")]
    NoCurrency,
}

pub struct Coinbase {
    client: HttpClient,
    retry: Retry,
    keys: Keys,
    /// As tokens name it.
    host: String,
    clock: Arc<dyn Clock>,
    /// Assumed at first, then as Coinbase describes them.
    products: RwLock<BTreeMap<Currency, Product>>,
}

impl Coinbase {
    pub fn new(
        config: CoinbaseConfig,
        limits: Limits,
        retry: Retry,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadCoinbaseConfig> {
        if config.currencies.is_empty() {
            return Err(BadCoinbaseConfig::NoCurrency);
        }
        let products = config.currencies.iter().map(|currency| (*currency, Product::assumed(*currency))).collect();
        let client = HttpClient::new(&config.base_url, limits)?;
        let host = config.base_url.split_once("://").map_or("", |(_, rest)| rest).trim_end_matches('/').to_lowercase();
        Ok(Self {
            client,
            retry,
            keys: Keys::new(&config.api_key, &config.private_key)?,
            host,
            clock,
            products: RwLock::new(products),
        })
    }

    /// Asks Coinbase for prices' steps and the smallest orders. Without it the values of 2026 are assumed.
    pub async fn refresh_products(&self) -> Outcome<()> {
        let currencies: Vec<Currency> = self.products().keys().copied().collect();
        for currency in currencies {
            match self.private(DescribeProduct { currency }).await {
                Outcome::Done(product) => {
                    self.products.write().unwrap_or_else(PoisonError::into_inner).insert(currency, product);
                }
                other => return other.map(|_| ()),
            }
        }
        Outcome::Done(())
    }

    fn products(&self) -> BTreeMap<Currency, Product> {
        self.products.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn private<C: Private>(&self, call: C) -> Outcome<C::Answer> {
        let signed = Signed { call, keys: &self.keys, host: &self.host, clock: self.clock.as_ref() };
        self.client.run(&signed, &self.retry).await
    }

    /// The product, or why the order cannot leave.
    fn check(&self, order: &SellOrder) -> Result<Product, String> {
        let currency = order.limit.currency();
        let known = self.products().get(&currency).copied();
        let product = known.ok_or_else(|| format!("{currency} is not sold for here"))?;
        if !product.takes(order.amount_sat, order.limit) {
            return Err(format!("{} is less than the smallest order", order.amount_sat));
        }
        if order.deadline < self.clock.now().plus_ms(DEADLINE_AHEAD_MS_MIN) {
            return Err("the deadline is too near".to_owned());
        }
        Ok(product)
    }

    /// The order of our id among all since a time.
    async fn find(&self, key: &IdempotencyKey, since: UnixMs) -> Outcome<SaleStatus> {
        let mut found: Option<SaleStatus> = None;
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let page = match self.private(ListOrders { key, since, cursor }).await {
                Outcome::Done(page) => page,
                other => return other.map(|_| SaleStatus::NotFound),
            };
            for status in page.ours {
                if found.replace(status).is_some() {
                    return Outcome::Unknown("two orders with our order id".to_owned());
                }
            }
            match page.next {
                None => return Outcome::Done(found.unwrap_or(SaleStatus::NotFound)),
                next => cursor = next,
            }
        }
        Outcome::Unknown(format!("more than {PAGES_MAX} pages of orders"))
    }
}

#[async_trait]
impl Exchange for Coinbase {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    fn minimum_sat(&self, currency: Currency) -> Sat {
        self.products().get(&currency).map_or(Sat::MAX, Product::minimum_sat)
    }

    /// Safe to repeat once an earlier order is on Coinbase's books; while one may still be on its way, the caller waits.
    async fn sell(&self, order: SellOrder) -> Outcome<SaleStatus> {
        let since = UnixMs(order.deadline.0.saturating_sub(PLACED_BEFORE_DEADLINE_MS));
        match self.find(&order.key, since).await {
            Outcome::Done(SaleStatus::NotFound) => {}
            Outcome::Unknown(why) => return Outcome::NotSent(format!("earlier orders cannot be seen: {why}")),
            other => return other,
        }
        let product = match self.check(&order) {
            Ok(product) => product,
            Err(why) => return Outcome::NotSent(why),
        };
        let id = match self.private(AddOrder { order: &order, product }).await {
            Outcome::Done(id) => id,
            Outcome::Rejected(refusal) => return Outcome::Rejected(refusal),
            Outcome::NotSent(why) => return Outcome::NotSent(why),
            Outcome::Unknown(why) => return Outcome::Unknown(why),
        };
        // It is placed: whatever goes wrong from here on, the caller looks again.
        match self.private(QueryOrder { id: &id, key: &order.key }).await {
            Outcome::Done(SaleStatus::Closed(report)) => Outcome::Done(SaleStatus::Closed(report)),
            _ => Outcome::Done(SaleStatus::Open),
        }
    }

    async fn sale_status(&self, key: &IdempotencyKey, placed_since: UnixMs) -> Outcome<SaleStatus> {
        self.find(key, placed_since).await
    }

    async fn balances(&self) -> Outcome<Vec<AssetBalance>> {
        let mut balances = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            match self.private(ListAccounts { cursor }).await {
                Outcome::Done((page, None)) => {
                    balances.extend(page);
                    return Outcome::Done(balances);
                }
                Outcome::Done((page, next)) => {
                    balances.extend(page);
                    cursor = next;
                }
                other => return other.map(|_| Vec::new()),
            }
        }
        Outcome::Unknown(format!("more than {PAGES_MAX} pages of accounts"))
    }

    async fn health(&self) -> Outcome<String> {
        let asked = self.clock.now();
        let apart_ms = match self.client.run(&Time, &self.retry).await {
            Outcome::Done(theirs) => clock_apart_ms(asked, theirs, self.clock.now()),
            other => return other.map(|_| String::new()),
        };
        if apart_ms > CLOCK_APART_MS_MAX {
            let text = format!("our clock and Coinbase's are {apart_ms} ms apart");
            return Outcome::Rejected(Rejection::fatal("clock_apart", text));
        }
        let warning = match self.private(KeyPermissions).await {
            Outcome::Done(warning) => warning,
            other => return other.map(|_| String::new()),
        };
        let seen = self.refresh_products().await;
        if seen != Outcome::Done(()) {
            return seen.map(|()| String::new());
        }
        let products = self.products();
        let products: Vec<String> =
            products.values().map(|product| format!("{} from {}", product.name(), product.minimum_sat())).collect();
        let warning = warning.map(|warning| format!("; {warning}")).unwrap_or_default();
        Outcome::Done(format!("online, clocks within {apart_ms} ms, {}{warning}", products.join(", ")))
    }
}

/// How far their clock is outside of the time that the question took.
fn clock_apart_ms(asked: UnixMs, theirs: UnixMs, answered: UnixMs) -> u64 {
    asked.since_ms(theirs).max(theirs.since_ms(answered))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
