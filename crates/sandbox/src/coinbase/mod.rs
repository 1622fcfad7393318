//! Coinbase Advanced Trade, simulated over HTTP on loopback: another exchange that the bitcoin is sold on.
//!
//! The wire formats are those of docs.cdp.coinbase.com (Advanced Trade REST, `/api/v3/brokerage`) and of Coinbase's own
//! library coinbase-advanced-py: amounts are decimal strings, a refused order is HTTP 200 with `success: false`, and
//! every private request carries a token of its own (`auth.rs`). Private: key_permissions, accounts, products,
//! product_book, best_bid_ask, orders, batch_cancel, historical orders and fills, transaction_summary. Public: time,
//! market/products, market/product_book, ticker.
//!
//! Coinbase App is played too, on the same port: users who let an application send their bitcoin (`login.rs`, OAuth 2
//! with PKCE), and `/v2` user, accounts, transactions and addresses (`v2.rs`). The exchange's own bitcoin is one of its
//! accounts, the operator's. Its addresses are on no chain.
//!
//! What is not played is refused, never ignored: stop and bracket orders, good-till-date, sizes in the quote currency,
//! futures. Amounts are exact to sixteen places; nothing is rounded.
//!
//! An order under a `client_order_id` that was used before gives the first order back, as the documentation says; with
//! [`ExchangeConfig::ids_unique`] off it becomes another order, since nobody has promised otherwise.

mod accounts;
mod api;
mod auth;
mod control;
mod decimal;
mod engine;
mod login;
mod market;
mod orders;
mod people;
mod products;
mod query;
mod rates;
mod v2;

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde::Deserialize;
use thiserror::Error;

pub use self::auth::Permissions;
pub use self::login::press;
pub use self::people::{NewUser, Sends};
use self::{
    auth::ApiKey,
    decimal::{PRICE_SCALE, SIZE_SCALE},
    engine::{Book, Engine, Level},
    products::{PRODUCTS, Product},
    rates::Rates,
};
use crate::{
    faults::Faults,
    vendor::{
        decimal::parse,
        ids, lock,
        serve::{Served, serve},
        time::VendorClock,
        tls::{Authority, serve_tls},
    },
};

/// Settings of an [`Exchange`].
#[derive(Clone, Debug)]
pub struct ExchangeConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// `taker_fee_rate` in basis points: 60 on the first tier.
    pub taker_fee_bps: u32,
    pub maker_fee_bps: u32,
    /// Levels keep their size when they are traded with. Off: a book gets thinner with every order.
    pub refills: bool,
    /// Currency and amount at the start: `("BTC", "1.5")`.
    pub balances: Vec<(String, String)>,
    pub permissions: Permissions,
    /// A used `client_order_id` gives the first order back.
    pub ids_unique: bool,
    /// Most entries on a page of a list, whatever is asked for.
    pub page_max: usize,
    /// Requests in a second: with the key, and without.
    pub private_per_second: Option<u32>,
    pub public_per_second: Option<u32>,
    pub clock: VendorClock,
}

impl Default for ExchangeConfig {
    /// One bitcoin, ten thousand dollars, a book for every product, and the published limits.
    fn default() -> Self {
        Self {
            port: 0,
            taker_fee_bps: 60,
            maker_fee_bps: 40,
            refills: true,
            balances: vec![("BTC".into(), "1".into()), ("USD".into(), "10000".into())],
            permissions: Permissions { view: true, trade: true, transfer: false },
            ids_unique: true,
            page_max: 250,
            private_per_second: Some(30),
            public_per_second: Some(10),
            clock: VendorClock::default(),
        }
    }
}

/// A mistake of whoever drives the simulation.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ExchangeError {
    #[error("no such product or currency: {0}")]
    Unknown(String),
    #[error("not an exact decimal: {0}")]
    NotADecimal(String),
}

/// Whether the market trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketStatus {
    #[default]
    Online,
    /// Products say `cancel_only`; new orders are refused.
    CancelOnly,
    /// Products say `trading_disabled`; new orders are refused.
    TradingDisabled,
    /// Every private call is answered with a bare HTTP 503.
    Maintenance,
}

/// A running simulated exchange. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Exchange {
    desk: Arc<Desk>,
    served: Arc<Served>,
    over_tls: Arc<Mutex<Vec<Served>>>,
}

/// What the HTTP side and the driver share.
pub(crate) struct Desk {
    pub(crate) engine: Mutex<Engine>,
    pub(crate) status: Mutex<MarketStatus>,
    pub(crate) private_rate: Rates,
    pub(crate) public_rate: Rates,
    pub(crate) faults: Faults,
    pub(crate) clock: VendorClock,
    pub(crate) key: ApiKey,
    pub(crate) wallet_key: ApiKey,
    pub(crate) people: Mutex<people::People>,
    pub(crate) permissions: Permissions,
    pub(crate) ids_unique: bool,
    pub(crate) page_max: usize,
    pub(crate) portfolio: String,
    pub(crate) user: String,
}

impl Exchange {
    /// Starts on 127.0.0.1.
    pub async fn start(config: ExchangeConfig) -> io::Result<Self> {
        let desk = Arc::new(Desk {
            engine: Mutex::new(Engine::new(config.taker_fee_bps, config.maker_fee_bps, config.refills)),
            status: Mutex::default(),
            private_rate: Rates::new(config.private_per_second),
            public_rate: Rates::new(config.public_per_second),
            faults: Faults::default(),
            clock: config.clock,
            key: ApiKey::generate(),
            wallet_key: ApiKey::generate(),
            people: Mutex::new(people::People {
                operator_email: "operator@anytill.example".to_owned(),
                ..people::People::default()
            }),
            permissions: config.permissions,
            ids_unique: config.ids_unique,
            page_max: config.page_max.max(1),
            portfolio: ids::uuid(),
            user: ids::uuid(),
        });
        let served = Arc::new(serve(config.port, api::router(desk.clone())).await?);
        let exchange = Self { desk, served, over_tls: Arc::default() };
        exchange.furnish(&config.balances).map_err(io::Error::other)?;
        Ok(exchange)
    }

    fn furnish(&self, balances: &[(String, String)]) -> Result<(), ExchangeError> {
        for (currency, amount) in balances {
            self.set_balance(currency, amount)?;
        }
        for product in &PRODUCTS {
            self.set_book(product.id, &[(product.bid, "100")], &[(product.ask, "100")])?;
        }
        Ok(())
    }

    /// Serves the same exchange over TLS too, for clients that take nothing else; its `https://` address.
    pub async fn serve_tls(&self, port: u16, authority: &Authority) -> io::Result<String> {
        let served = serve_tls(port, api::router(self.desk.clone()), authority).await?;
        let url = served.url();
        lock(&self.over_tls).push(served);
        Ok(url)
    }

    /// `http://127.0.0.1:port`; Coinbase's paths begin with `/api/v3/brokerage`.
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// `organizations/{org}/apiKeys/{key}`.
    pub fn key_name(&self) -> &str {
        &self.desk.key.name
    }

    /// The key itself, in PEM.
    pub fn private_key(&self) -> &str {
        &self.desk.key.private_pem
    }

    /// The orders for what goes wrong. [`crate::faults::Fault::Refuse`] with status 200 is a refused order with that
    /// reason, with another status that HTTP error.
    pub fn faults(&self) -> &Faults {
        &self.desk.faults
    }

    /// Replaces a product's book: prices and sizes as decimals, in any order. Resting orders that cross it trade.
    pub fn set_book(&self, product: &str, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> Result<(), ExchangeError> {
        self.desk.set_book(product, bids, asks)
    }

    /// Sets a balance.
    pub fn set_balance(&self, currency: &str, amount: &str) -> Result<(), ExchangeError> {
        self.desk.set_balance(currency, amount)
    }

    /// A balance as Coinbase prints it.
    pub fn balance(&self, currency: &str) -> Option<String> {
        let engine = lock(&self.desk.engine);
        engine.balances.get(currency).map(|amount| decimal::print_full(*amount))
    }

    /// Whether orders are taken.
    pub fn set_status(&self, status: MarketStatus) {
        *lock(&self.desk.status) = status;
    }

    /// New orders stay `PENDING` until this is off again.
    pub fn set_holding(&self, holding: bool) {
        lock(&self.desk.engine).set_holding(holding, self.desk.clock.now_ms());
    }

    /// How many orders were ever taken.
    pub fn orders(&self) -> usize {
        lock(&self.desk.engine).orders.len()
    }
}

impl Desk {
    fn set_book<T: AsRef<str>>(&self, product: &str, bids: &[(T, T)], asks: &[(T, T)]) -> Result<(), ExchangeError> {
        let known = Product::find(product).ok_or_else(|| ExchangeError::Unknown(product.into()))?;
        let now_ms = self.clock.now_ms();
        let mut book = Book { bids: levels(bids)?, asks: levels(asks)?, set_ms: now_ms };
        book.bids.sort_by_key(|level| std::cmp::Reverse(level.price));
        book.asks.sort_by_key(|level| level.price);
        lock(&self.engine).set_book(known, book, now_ms);
        Ok(())
    }

    fn set_balance(&self, currency: &str, amount: &str) -> Result<(), ExchangeError> {
        let known = products::currencies().find(|known| *known == currency);
        let known = known.ok_or_else(|| ExchangeError::Unknown(currency.into()))?;
        let value = decimal::parse_value(amount).ok_or_else(|| ExchangeError::NotADecimal(amount.into()))?;
        lock(&self.engine).balances.insert(known, value);
        Ok(())
    }
}

fn levels<T: AsRef<str>>(levels: &[(T, T)]) -> Result<Vec<Level>, ExchangeError> {
    let number = |text: &str, scale| parse(text, scale).ok_or_else(|| ExchangeError::NotADecimal(text.into()));
    let level = |(price, size): &(T, T)| {
        Ok(Level { price: number(price.as_ref(), PRICE_SCALE)?, size: number(size.as_ref(), SIZE_SCALE)? })
    };
    levels.iter().map(level).collect()
}
