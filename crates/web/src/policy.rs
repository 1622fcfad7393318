//! What the operator serves: currencies, countries, stores, windows and request rates.
//!
//! Invariant: a purchase is checked against all of it before anybody pays, and what it was checked against is told by
//! `GET /v1/served`.

use accounts::limits::LimitPolicy;
use money::{Bps, Currency, Money};
use purchase::{ClaimOn, Flow, FundsSource};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Set by the operator; filled from the configuration by the binary.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What is served, by currency; an order total in any other is refused.
    pub currencies: BTreeMap<Currency, CurrencyRule>,
    /// Countries (ISO 3166-1 alpha-2) whose shoppers are served; empty means all but the blocked ones.
    pub countries: BTreeSet<String>,
    pub blocked_countries: BTreeSet<String>,
    /// Hosts that are refused, with everything below them.
    pub blocked_stores: BTreeSet<String>,
    /// Refuse stores that have no rule of their own.
    pub listed_stores_only: bool,
    /// Allow stores without a public name (`localhost`, addresses, with a port): for regtest only.
    pub local_stores: bool,
    /// Merchant categories (ISO 18245) that no card pays.
    pub blocked_categories: Vec<String>,
    /// Merchant countries that no card pays, as the issuer writes them (alpha-2 or alpha-3).
    pub blocked_merchant_countries: Vec<String>,
    /// Rules by host; each holds for everything below it, the longest host wins.
    pub stores: BTreeMap<String, StoreRule>,
    /// For all others.
    pub other_stores: StoreRule,
    /// Stores are paid by card. False where the operator has no card programme.
    pub cards: bool,
    /// Bounds of one account.
    pub limits: LimitPolicy,
    pub windows: Windows,
    pub http: HttpLimits,
}

/// Bounds of one order total, minor units, and what small checks may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyRule {
    pub total_minor_min: u64,
    pub total_minor_max: u64,
    /// Largest small check of a card that is approved without a claim.
    pub check_minor_max: u64,
}

/// How one store is bought from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRule {
    /// For people; the host if empty.
    pub name: String,
    pub claim_on: ClaimOn,
    /// A charge may be so much above or below the order total, minor units.
    pub tolerance_minor: u64,
    /// The store charges in parts.
    pub splits: bool,
    /// How long a funded card stays open.
    pub card_open_ms_max: u64,
    pub takes_gift_cards: bool,
}

impl Default for StoreRule {
    fn default() -> Self {
        Self {
            name: String::new(),
            claim_on: ClaimOn::Authorization,
            tolerance_minor: 50,
            splits: false,
            card_open_ms_max: 3 * 86_400_000,
            takes_gift_cards: false,
        }
    }
}

/// What every purchase has alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    pub hold_ms_max: u64,
    /// From the issuer's question to our answer.
    pub answer_ms_max: u64,
    pub checks_max: u32,
    pub deadline_margin_blocks: u32,
    pub min_final_cltv_delta: u16,
    pub price_fall_max: Bps,
    /// Gift cards: blocks that the send to the vendor may take at worst.
    pub vendor_blocks_max: u32,
    pub sale_attempts_max: u32,
}

/// From the height at which the node fails an HTLC back by itself to the HTLC's own expiry (LDK: 39), and some blocks
/// that are found while the payment is on its way.
const FINAL_CLTV_SLACK: u32 = 48;

impl Windows {
    fn gift_card_cltv_delta(&self) -> u16 {
        let blocks =
            self.vendor_blocks_max.saturating_add(self.deadline_margin_blocks).saturating_add(FINAL_CLTV_SLACK);
        u16::try_from(blocks).unwrap_or(u16::MAX).max(self.min_final_cltv_delta)
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            hold_ms_max: 10 * 60_000,
            answer_ms_max: 1_200,
            checks_max: 2,
            deadline_margin_blocks: 24,
            min_final_cltv_delta: 80,
            price_fall_max: Bps(100),
            vendor_blocks_max: 324,
            sale_attempts_max: 5,
        }
    }
}

/// Bounds of the API itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// Bytes of a webhook's body.
    pub webhook_bytes_max: usize,
    /// An answer is given up after this; the work goes on.
    pub request_ms_max: u64,
    /// Requests worked on at a time; webhooks and streams do not count.
    pub requests_max: usize,
    /// Passwords checked at a time: each takes memory and a core.
    pub passwords_max: usize,
    /// Streams of events open at a time, in all and of one account.
    pub streams_max: usize,
    pub streams_of_account_max: usize,
    pub heartbeat_ms: u64,
    /// A stream ends after this; the client comes back with `Last-Event-ID`.
    pub stream_ms_max: u64,
    /// How long the answer to a new purchase waits for its invoice.
    pub invoice_wait_ms: u64,
    /// How long a reveal waits for a claim.
    pub reveal_wait_ms: u64,
    pub per_ip: RequestRate,
    pub per_account: RequestRate,
    /// Registrations, log-ins and recoveries of one address; failed ones of one login are slowed down by `accounts`.
    pub per_secret: RequestRate,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: BTreeSet<IpAddr>,
    /// SHA-256 of the bearer token that may read `/metrics` from elsewhere than this machine.
    pub metrics_token_hash: Option<[u8; 32]>,
}

/// A bucket of `burst` requests that fills again by one each `every_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRate {
    pub burst: u32,
    pub every_ms: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 * 1024,
            webhook_bytes_max: 64 * 1024,
            request_ms_max: 15_000,
            requests_max: 256,
            passwords_max: 2,
            streams_max: 1_024,
            streams_of_account_max: 8,
            heartbeat_ms: 15_000,
            stream_ms_max: 15 * 60_000,
            invoice_wait_ms: 2_000,
            reveal_wait_ms: 10_000,
            per_ip: RequestRate { burst: 120, every_ms: 100 },
            per_account: RequestRate { burst: 60, every_ms: 200 },
            per_secret: RequestRate { burst: 10, every_ms: 30_000 },
            trusted_proxies: BTreeSet::new(),
            metrics_token_hash: None,
        }
    }
}

impl Default for Policy {
    /// Dollars up to 200, every country.
    fn default() -> Self {
        let dollars = CurrencyRule { total_minor_min: 100, total_minor_max: 20_000, check_minor_max: 100 };
        Self {
            currencies: BTreeMap::from([(Currency::USD, dollars)]),
            countries: BTreeSet::new(),
            blocked_countries: BTreeSet::new(),
            blocked_stores: BTreeSet::new(),
            listed_stores_only: false,
            local_stores: false,
            blocked_categories: Vec::new(),
            blocked_merchant_countries: Vec::new(),
            stores: BTreeMap::new(),
            other_stores: StoreRule::default(),
            cards: true,
            limits: default_limits(),
            windows: Windows::default(),
            http: HttpLimits::default(),
        }
    }
}

fn default_limits() -> LimitPolicy {
    LimitPolicy {
        currency: Currency::USD,
        per_purchase_minor: 20_000,
        per_day_minor: 50_000,
        abandoned_holds_per_day: 3,
        cards_per_day: 10,
        unpaid_at_once: 1,
        new_account_ms: 7 * 86_400_000,
        new_accounts_share: Bps(2_500),
    }
}

/// Why an order total or a store is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotServed {
    BadHost,
    StoreBlocked,
    StoreUnknown,
    CurrencyNotServed,
    AmountZero,
    AmountBelow { total_minor_min: u64 },
    AmountAbove { total_minor_max: u64 },
    CountryNotServed,
    ClaimOnNotServed(ClaimOn),
}

impl Policy {
    /// The rule of a store, if it may be bought from. The host as the page's address has it: lower-case ASCII.
    pub fn store(&self, host: &str) -> Result<&StoreRule, NotServed> {
        if !(is_dns_host(host) || self.local_stores && is_local_host(host)) {
            return Err(NotServed::BadHost);
        }
        if self_and_parents(host).any(|name| self.blocked_stores.contains(name)) {
            return Err(NotServed::StoreBlocked);
        }
        match self_and_parents(host).find_map(|name| self.stores.get(name)) {
            Some(rule) => Ok(rule),
            None if self.listed_stores_only => Err(NotServed::StoreUnknown),
            None => Ok(&self.other_stores),
        }
    }

    pub fn currency(&self, currency: Currency) -> Result<&CurrencyRule, NotServed> {
        self.currencies.get(&currency).ok_or(NotServed::CurrencyNotServed)
    }

    pub fn total(&self, total: Money) -> Result<(), NotServed> {
        let rule = self.currency(total.currency())?;
        match total.minor() {
            0 => Err(NotServed::AmountZero),
            minor if minor < rule.total_minor_min => {
                Err(NotServed::AmountBelow { total_minor_min: rule.total_minor_min })
            }
            minor if minor > rule.total_minor_max => {
                Err(NotServed::AmountAbove { total_minor_max: rule.total_minor_max })
            }
            _ => Ok(()),
        }
    }

    /// `country` is ISO 3166-1 alpha-2, capitals.
    pub fn country(&self, country: &str) -> Result<(), NotServed> {
        let listed = self.countries.is_empty() || self.countries.contains(country);
        if listed && !self.blocked_countries.contains(country) { Ok(()) } else { Err(NotServed::CountryNotServed) }
    }

    /// The shopper may ask for the claim at the reveal; a store that needs it gets nothing else.
    pub fn claim_on(rule: &StoreRule, asked: Option<ClaimOn>) -> Result<ClaimOn, NotServed> {
        match (rule.claim_on, asked) {
            (rule, None) => Ok(rule),
            (ClaimOn::Authorization, Some(asked)) => Ok(asked),
            (ClaimOn::Reveal, Some(ClaimOn::Reveal)) => Ok(ClaimOn::Reveal),
            (ClaimOn::Reveal, Some(ClaimOn::Authorization)) => Err(NotServed::ClaimOnNotServed(ClaimOn::Reveal)),
        }
    }

    /// What is agreed for one purchase.
    pub fn of_purchase(
        &self,
        rule: &StoreRule,
        currency: Currency,
        (flow, funds_source): (Flow, Option<FundsSource>),
        claim_on: ClaimOn,
    ) -> Result<purchase::Policy, NotServed> {
        let windows = &self.windows;
        // The hold has to outlive the worst that a send to the vendor can do.
        let min_final_cltv_delta = match flow {
            Flow::GiftCard => windows.gift_card_cltv_delta(),
            Flow::Card | Flow::CardFirst | Flow::PaidFirst => windows.min_final_cltv_delta,
        };
        Ok(purchase::Policy {
            flow,
            funds_source,
            claim_on,
            tolerance_minor: rule.tolerance_minor,
            splits: rule.splits,
            check_minor_max: self.currency(currency)?.check_minor_max,
            checks_max: windows.checks_max,
            blocked_categories: self.blocked_categories.clone(),
            blocked_countries: self.blocked_merchant_countries.clone(),
            hold_ms_max: windows.hold_ms_max,
            card_open_ms_max: rule.card_open_ms_max,
            answer_ms_max: windows.answer_ms_max,
            deadline_margin_blocks: windows.deadline_margin_blocks,
            min_final_cltv_delta,
            price_fall_max: windows.price_fall_max,
            vendor_blocks_max: windows.vendor_blocks_max,
            sale_attempts_max: windows.sale_attempts_max,
        })
    }
}

/// `www.shop.example`, `shop.example`, `example`.
fn self_and_parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, parent)| parent))
}

/// RFC 1123 labels, lower case, at least two, the last with a letter. International names in their `xn--` form.
fn is_dns_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_has_letter = host.rsplit('.').next().is_some_and(|last| last.bytes().any(|b| b.is_ascii_lowercase()));
    host.len() <= 253 && host.contains('.') && last_has_letter && host.split('.').all(label)
}

/// A name or address of the local machine, with or without a port.
fn is_local_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let name_ok = name == "localhost" || name.parse::<std::net::Ipv4Addr>().is_ok();
    name_ok && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_as_the_address_bar_has_them() {
        for good in ["shop.example", "www.shop.example", "xn--bcher-kva.example", "a1.b-c.co.uk"] {
            assert!(is_dns_host(good), "{good}");
        }
        let long = format!("{}.example", "a".repeat(64));
        for bad in [
            "",
            "shop",
            "Shop.example",
            "bücher.example",
            "shop.example.",
            ".example",
            "a..b",
            "-a.example",
            "a-.example",
            "10.0.0.1",
            "shop.example:443",
            "shop.example/x",
            "shop example.com",
            "a.b\nnonce=0",
            &long,
        ] {
            assert!(!is_dns_host(bad), "{bad}");
        }
        assert!(is_local_host("127.0.0.1:8080") && is_local_host("localhost"));
        assert!(!is_local_host("localhost:http") && !is_local_host("evil"));
    }

    #[test]
    fn rules_hold_for_everything_below_a_host() {
        let rule = |name: &str| StoreRule { name: name.to_owned(), ..StoreRule::default() };
        let policy = Policy {
            stores: BTreeMap::from([
                ("shop.example".to_owned(), rule("all")),
                ("de.shop.example".to_owned(), rule("de")),
            ]),
            blocked_stores: BTreeSet::from(["bad.example".to_owned()]),
            ..Policy::default()
        };
        let name = |host| policy.store(host).map(|rule| rule.name.as_str());
        assert_eq!(name("www.shop.example"), Ok("all"));
        assert_eq!(name("www.de.shop.example"), Ok("de"));
        assert_eq!(name("myshop.example"), Ok(""));
        assert_eq!(name("www.bad.example"), Err(NotServed::StoreBlocked));
        assert_eq!(name("notbad.example"), Ok(""));
    }

    #[test]
    fn a_store_that_charges_late_is_claimed_at_the_reveal() {
        let late = StoreRule { claim_on: ClaimOn::Reveal, ..StoreRule::default() };
        let asked = Some(ClaimOn::Authorization);
        assert_eq!(Policy::claim_on(&late, asked), Err(NotServed::ClaimOnNotServed(ClaimOn::Reveal)));
        assert_eq!(Policy::claim_on(&StoreRule::default(), Some(ClaimOn::Reveal)), Ok(ClaimOn::Reveal));
    }
}
