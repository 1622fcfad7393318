//! Kraken as the exchange (docs.kraken.com, Spot REST API).
//!
//! A sale is a limit order, immediate or cancel, with our own order id and a deadline of the matching engine. Kraken
//! keeps our order id unique only among open orders, and such an order is open for a moment only: so [`Exchange::sell`]
//! looks among the closed ones first, and an outcome that is unknown is looked up until the deadline is over.

mod calls;
mod errors;
mod pairs;
mod sign;
mod wire;

pub use sign::BadPrivateKey;

use async_trait::async_trait;
use calls::{AddOrder, Balance, DescribePair, FindClosed, FindOpen, Private, QueryOrder, Signed, Status, Time};
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Sat};
use outbound::{BadAddress, HttpClient, Limits, Retry};
use pairs::Pair;
use ports::{AssetBalance, Clock, Exchange, Outcome, Rejection, SaleStatus, Secret, SellOrder};
use sign::{Keys, Nonce};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Kraken takes deadlines from 2 to 60 seconds ahead of its own clock; both ends are kept clear of.
const DEADLINE_AHEAD_MS_MIN: u64 = 3_000;
const DEADLINE_AHEAD_MS_MAX: u64 = 55_000;
/// The longest that an order of ours can have been on its way before its deadline.
const PLACED_BEFORE_DEADLINE_MS: u64 = 120_000;
/// How far Kraken's clock, told to the second, may be from ours.
const CLOCK_APART_MS_MAX: u64 = 2_500;

#[derive(Debug, Clone)]
pub struct KrakenConfig {
    /// `https://api.kraken.com`.
    pub base_url: String,
    /// Of a key that nothing else uses, with the permissions to query funds, to query open and closed orders and to
    /// create orders; not to withdraw.
    pub api_key: Secret,
    /// Base64, as Kraken shows it.
    pub private_key: Secret,
    /// What bitcoin is sold for.
    pub currencies: Vec<Currency>,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKrakenConfig {
    #[error("base_url: {0}")]
    Address(#[from] BadAddress),
    #[error("private_key: {0}")]
    PrivateKey(#[from] BadPrivateKey),
    #[error("currencies: none is named")]
    NoCurrency,
}

pub struct Kraken {
    client: HttpClient,
    retry: Retry,
    keys: Keys,
    nonce: Nonce,
    /// Private calls take turns, so that nonces arrive in order.
    turn: tokio::sync::Mutex<()>,
    clock: Arc<dyn Clock>,
    /// Assumed at first, then as Kraken describes them.
    pairs: RwLock<BTreeMap<Currency, Pair>>,
}

impl Kraken {
    pub fn new(
        config: KrakenConfig,
        limits: Limits,
        retry: Retry,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadKrakenConfig> {
        if config.currencies.is_empty() {
            return Err(BadKrakenConfig::NoCurrency);
        }
        let pairs = config.currencies.iter().map(|currency| (*currency, Pair::assumed(*currency))).collect();
        Ok(Self {
            client: HttpClient::new(&config.base_url, limits)?,
            retry,
            keys: Keys::new(config.api_key, &config.private_key)?,
            nonce: Nonce::default(),
            turn: tokio::sync::Mutex::new(()),
            clock,
            pairs: RwLock::new(pairs),
        })
    }

    /// Asks Kraken for prices' steps and the smallest orders. Without it the values of 2026 are assumed.
    pub async fn refresh_pairs(&self) -> Outcome<()> {
        let currencies: Vec<Currency> = self.pairs().keys().copied().collect();
        for currency in currencies {
            match self.client.run(&DescribePair { currency }, &self.retry).await {
                Outcome::Done(pair) => {
                    self.pairs.write().unwrap_or_else(PoisonError::into_inner).insert(currency, pair);
                }
                other => return other.map(|_| ()),
            }
        }
        Outcome::Done(())
    }

    fn pairs(&self) -> BTreeMap<Currency, Pair> {
        self.pairs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn private<C: Private>(&self, call: C) -> Outcome<C::Answer> {
        let _turn = self.turn.lock().await;
        let signed = Signed { call, keys: &self.keys, nonce: &self.nonce, clock: self.clock.as_ref() };
        self.client.run(&signed, &self.retry).await
    }

    /// The pair and the deadline to send, or why the order cannot leave.
    fn check(&self, order: &SellOrder) -> Result<(Pair, UnixMs), String> {
        let currency = order.limit.currency();
        let pair = self.pairs().get(&currency).copied().ok_or_else(|| format!("{currency} is not sold for here"))?;
        if order.amount_sat < pair.minimum_sat {
            return Err(format!("{} is less than the smallest order, {}", order.amount_sat, pair.minimum_sat));
        }
        let now = self.clock.now();
        if order.deadline < now.plus_ms(DEADLINE_AHEAD_MS_MIN) {
            return Err("the deadline is too near".to_owned());
        }
        Ok((pair, order.deadline.min(now.plus_ms(DEADLINE_AHEAD_MS_MAX))))
    }
}

#[async_trait]
impl Exchange for Kraken {
    fn name(&self) -> &'static str {
        "kraken"
    }

    /// Kraken also has a smallest value (half a dollar); an order below it is refused.
    fn minimum_sat(&self, currency: Currency) -> Sat {
        self.pairs().get(&currency).map_or(Sat::MAX, |pair| pair.minimum_sat)
    }

    /// Safe to repeat once an earlier order is on Kraken's books; while one may still be on its way, the caller waits.
    async fn sell(&self, order: SellOrder) -> Outcome<SaleStatus> {
        let since = UnixMs(order.deadline.0.saturating_sub(PLACED_BEFORE_DEADLINE_MS));
        match self.private(FindClosed { key: &order.key, since }).await {
            Outcome::Done(SaleStatus::NotFound) => {}
            Outcome::Unknown(why) => return Outcome::NotSent(format!("earlier orders cannot be seen: {why}")),
            other => return other,
        }
        let (pair, deadline) = match self.check(&order) {
            Ok(checked) => checked,
            Err(why) => return Outcome::NotSent(why),
        };
        let txid = match self.private(AddOrder { order: &order, pair, deadline }).await {
            Outcome::Done(txid) => txid,
            Outcome::Rejected(refusal) => return Outcome::Rejected(refusal),
            Outcome::NotSent(why) => return Outcome::NotSent(why),
            Outcome::Unknown(why) => return Outcome::Unknown(why),
        };
        // It is placed: whatever goes wrong from here on, the caller looks again.
        match self.private(QueryOrder { txid: &txid, currency: pair.currency }).await {
            Outcome::Done(SaleStatus::Closed(report)) => Outcome::Done(SaleStatus::Closed(report)),
            _ => Outcome::Done(SaleStatus::Open),
        }
    }

    async fn sale_status(&self, key: &IdempotencyKey, placed_since: UnixMs) -> Outcome<SaleStatus> {
        // Orders go from open to closed: looked at in this order, none slips through.
        match self.private(FindOpen { key }).await {
            Outcome::Done(SaleStatus::NotFound) => self.private(FindClosed { key, since: placed_since }).await,
            other => other,
        }
    }

    async fn balances(&self) -> Outcome<Vec<AssetBalance>> {
        self.private(Balance).await
    }

    async fn health(&self) -> Outcome<String> {
        let status = self.client.run(&Status, &self.retry).await;
        if status != Outcome::Done(()) {
            return status.map(|()| String::new());
        }
        let asked = self.clock.now();
        let apart_ms = match self.client.run(&Time, &self.retry).await {
            Outcome::Done(theirs) => clock_apart_ms(asked, theirs, self.clock.now()),
            other => return other.map(|_| String::new()),
        };
        if apart_ms > CLOCK_APART_MS_MAX {
            let text = format!("our clock and Kraken's are {apart_ms} ms apart");
            return Outcome::Rejected(Rejection::fatal("clock_apart", text));
        }
        let seen = self.refresh_pairs().await;
        if seen != Outcome::Done(()) {
            return seen.map(|()| String::new());
        }
        self.private(Balance).await.map(|_| {
            let pairs: Vec<String> =
                self.pairs().values().map(|pair| format!("{} from {}", pair.name(), pair.minimum_sat)).collect();
            format!("online, clocks within {apart_ms} ms, {}", pairs.join(", "))
        })
    }
}

/// How far their clock, which drops the milliseconds, is outside of the time that the question took.
fn clock_apart_ms(asked: UnixMs, theirs: UnixMs, answered: UnixMs) -> u64 {
    let (earliest, latest) = (theirs, theirs.plus_ms(999));
    asked.since_ms(latest).max(earliest.since_ms(answered))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
