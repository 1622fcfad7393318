//! Issuer, exchange, prices, gift cards, and what can be seen of the rest while no server runs.

use super::Check;
use crate::admin;
use crate::cli::Place;
use crate::clock::SystemClock;
use crate::config::{Config, Lookup, NodeKind};
use crate::server::lookup;
use crate::wiring;
use anyhow::Result;
use chain_wallet::ChainWallet;
use ids::UnixMs;
use lightning_node::lnd::{LndConfig, look_over};
use money::Currency;
use outbound::{HttpClient, Limits, Request};
use ports::{Clock, Exchange, GiftCardVendor, Issuer, Outcome, PaidFirstSource, Prices};
use prices::{CurrencyReport, FeedState, LivePrices, Verdict};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONNECT_MAX: Duration = Duration::from_secs(5);
const PAGE_LIMITS: Limits = Limits { deadline_ms: 5_000, answer_bytes_max: 64 * 1024 };

/// In the server's place.
pub async fn without_server(place: &Place, file: &Path, config: &Config) -> Vec<Check> {
    let at = lookup(file);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut checks = vec![database(place)];
    match config.node.kind {
        NodeKind::Ldk => checks.push(chain(config).await),
        NodeKind::Lnd => checks.extend(of_lnds(config, file, &place.data).await),
    }
    checks.push(Check::warning(
        "server",
        "does not run: channels, room and holds cannot be seen",
        "`anytill serve`, then run this again",
    ));
    let public_url = config.server.public_url.clone();
    match wiring::issuer(config, &public_url, at) {
        Ok(issuer) => checks.extend(of_issuer(issuer.as_ref(), config).await),
        Err(error) => checks.push(Check::wrong("issuer", format!("{error:#}"), "fill in [issuer]")),
    }
    match wiring::exchange(config, Arc::clone(&clock), at) {
        Ok(exchange) => checks.push(of_exchange(exchange.as_ref()).await),
        Err(error) => checks.push(Check::wrong("exchange", format!("{error:#}"), "fill in [exchange]")),
    }
    match wiring::prices(config, Arc::clone(&clock)) {
        Ok(prices) => {
            let _ = tokio::join!(prices.refresh_once(), prices.refresh_table());
            checks.extend(of_prices(prices.as_ref(), config, clock.as_ref()));
            checks.extend(of_venues(&prices, config, clock.as_ref()));
        }
        Err(error) => checks.push(Check::wrong("prices", format!("{error:#}"), "fill in [prices]")),
    }
    match of_linked(config, Arc::clone(&clock), at) {
        Ok(source) => checks.push(of_linked_accounts(source.as_deref()).await),
        Err(error) => {
            checks.push(Check::wrong("linked accounts", format!("{error:#}"), "fill in [sources.coinbase]"));
        }
    }
    match wiring::gift_cards(config, clock, at) {
        Ok(vendor) => checks.push(of_gift_cards(vendor.as_deref()).await),
        Err(error) => checks.push(Check::wrong("gift cards", format!("{error:#}"), "fill in [gift_cards]")),
    }
    if let Err(error) = wiring::web_policy(config, at) {
        checks.push(Check::wrong("metrics", format!("{error:#}"), "fill in server.metrics_token or leave it empty"));
    }
    checks
}

fn database(place: &Place) -> Check {
    match admin::offline_store(&place.data) {
        Ok(_) => Check::ok("database", "whole"),
        Err(error) => Check::wrong("database", format!("{error:#}"), "docs/operating/backup.md says what may be done"),
    }
}

async fn chain(config: &Config) -> Check {
    const NAME: &str = "chain source";
    let url = &config.chain.url;
    let mend = "start it, or correct chain.url; without heights nothing is held or claimed";
    let Some((host, port)) = wiring::host_and_port(url) else {
        return Check::wrong(NAME, format!("{url} names no place"), mend);
    };
    match timeout(CONNECT_MAX, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Check::ok(NAME, format!("{url} answers")),
        Ok(Err(error)) => Check::wrong(NAME, format!("{url}: {error}"), mend),
        Err(_) => Check::wrong(NAME, format!("{url} does not answer"), mend),
    }
}

/// The operator's LNDs.
pub async fn of_lnds(config: &Config, file: &Path, data: &Path) -> Vec<Check> {
    let made = |lnd| wiring::lnd_config(config, lnd, data, lookup(file));
    let made: Vec<_> = config.lnd.iter().map(|lnd| (lnd.name.as_str(), made(lnd))).collect();
    let mut checks = Vec::new();
    for (name, made) in made {
        checks.extend(of_lnd(name, made).await);
    }
    checks
}

async fn of_lnd(called: &str, made: Result<LndConfig>) -> Vec<Check> {
    let made = match made {
        Ok(made) => made,
        Err(error) => return vec![Check::wrong(called, format!("{error:#}"), "fill in [[lnd]]")],
    };
    let (node_id, faults) = look_over(&made).await;
    let mut checks: Vec<Check> = faults
        .into_iter()
        .map(|fault| match fault.fatal {
            true => Check::wrong(called, fault.what, fault.mend),
            false => Check::warning(called, fault.what, fault.mend),
        })
        .collect();
    if let (Some(node_id), true) = (node_id, checks.is_empty()) {
        checks.push(Check::ok(called, format!("node {node_id} at {}, with the rights that are needed", made.url)));
    }
    checks
}

pub async fn of_issuer(issuer: &dyn Issuer, config: &Config) -> Vec<Check> {
    let name = issuer.name();
    if name == wiring::NO_VENDOR {
        return vec![Check::ok("issuer", "none: stores are paid by gift card only")];
    }
    let Outcome::Done(health) = issuer.health().await else {
        return vec![Check::wrong("issuer", format!("{name} cannot be asked"), "see [issuer]")];
    };
    let notes = health.notes.join("; ");
    if !health.reachable {
        return vec![Check::wrong("issuer", notes, "see issuer.base_url, issuer.api_key and the network")];
    }
    let mut checks = vec![Check::ok("issuer", format!("{name} answers"))];
    checks.push(match health.webhook_registered {
        Some(true) => Check::ok("webhooks", "authorization requests and events come here"),
        Some(false) => Check::wrong("webhooks", notes.clone(), "register this server's two addresses at the issuer"),
        None => Check::warning("webhooks", notes.clone(), "compare the address at the issuer with server.public_url"),
    });
    checks.extend(health.challenges.map(|challenges| match challenges {
        Ok(()) => Check::ok("3-D Secure", "the issuer asks here"),
        Err(why) => {
            Check::wrong("3-D Secure", why, "enrol this server's third address, or clear issuer.challenges_secret")
        }
    }));
    checks.push(match health.declines_on_timeout {
        Some(true) => Check::ok("no answer", "the issuer declines"),
        Some(false) => Check::wrong("no answer", "the issuer approves by itself", "have the issuer change that first"),
        None => Check::wrong(
            "no answer",
            "whether the issuer declines when we do not answer is not confirmed",
            "have it confirmed in writing, then set issuer.decline_on_timeout_confirmed",
        ),
    });
    checks.push(match issuer.float().await {
        Outcome::Done(float) => {
            let most = config.limits.purchase_max.iter().find(|max| max.currency() == float.available.currency());
            let found = format!("{} can be spent", float.available);
            match most {
                Some(max) if float.available.minor() >= max.minor() => Check::ok("float", found),
                Some(max) => {
                    Check::warning("float", format!("{found}, a purchase may be {max}"), "fund the issuer's account")
                }
                None => Check::wrong("float", found, "served.currencies and issuer.currency have to fit"),
            }
        }
        Outcome::Rejected(r) => Check::wrong("float", r.message, "see the rights of issuer.api_key"),
        Outcome::NotSent(why) | Outcome::Unknown(why) => Check::wrong("float", why, "see [issuer]"),
    });
    checks
}

pub async fn of_exchange(exchange: &dyn Exchange) -> Check {
    const NAME: &str = "exchange";
    let name = exchange.name();
    if name == wiring::NO_VENDOR {
        return Check::ok(NAME, "none: what gift cards take in is not sold");
    }
    match exchange.health().await {
        Outcome::Done(text) => Check::ok(NAME, format!("{name}: {text}")),
        Outcome::Rejected(r) => {
            Check::wrong(NAME, format!("{name}: {}: {}", r.code, r.message), mend_exchange(&r.code))
        }
        Outcome::NotSent(why) | Outcome::Unknown(why) => {
            Check::wrong(NAME, format!("{name}: {why}"), "see exchange.base_url and the network")
        }
    }
}

/// To ask the operator's own account, which needs nothing that is kept.
fn of_linked(
    config: &Config,
    clock: Arc<dyn Clock>,
    at: Lookup<'_>,
) -> anyhow::Result<Option<Arc<dyn PaidFirstSource>>> {
    let made = wiring::linked_account(config, &config.server.public_url, Arc::new(wiring::NoRecords), clock, at)?;
    Ok(made.map(|source| source as Arc<dyn PaidFirstSource>))
}

pub async fn of_gift_cards(vendor: Option<&dyn GiftCardVendor>) -> Check {
    const NAME: &str = "gift cards";
    let Some(vendor) = vendor else {
        return Check::ok(NAME, "none: stores are paid by card only");
    };
    let name = vendor.name();
    match vendor.health().await {
        Outcome::Done(text) => Check::ok(NAME, format!("{name} {text}")),
        Outcome::Rejected(r) => Check::wrong(
            NAME,
            format!("{name} refuses: {} {}", r.code, r.message),
            "see gift_cards.api_key (and api_id): docs/operating/bitrefill.md says which key",
        ),
        Outcome::NotSent(why) | Outcome::Unknown(why) => {
            Check::wrong(NAME, format!("{name}: {why}"), "see gift_cards.base_url and the network")
        }
    }
}

/// The operator's side of linked accounts. Whether the OAuth client is good shows only when somebody links.
pub async fn of_linked_accounts(source: Option<&dyn PaidFirstSource>) -> Check {
    const NAME: &str = "linked accounts";
    let Some(source) = source else {
        return Check::ok(NAME, "none can be linked");
    };
    let name = source.name();
    match source.health().await {
        Outcome::Done(text) => Check::ok(NAME, format!("{name}: {text}")),
        Outcome::Rejected(r) => Check::wrong(
            NAME,
            format!("{name} refuses: {} {}", r.code, r.message),
            "see sources.coinbase.api_key and private_key: the key needs \"view\" and \"transfer\"",
        ),
        Outcome::NotSent(why) | Outcome::Unknown(why) => {
            Check::wrong(NAME, format!("{name}: {why}"), "see sources.coinbase.api_url and the network")
        }
    }
}

/// What shoppers pay on the chain. Its file belongs to the server: without one the bitcoind alone is looked at, as `chain`.
pub async fn of_chain_wallet(wallet: Option<&ChainWallet>) -> Check {
    const NAME: &str = "paid on-chain";
    let Some(wallet) = wallet else {
        return Check::ok(NAME, "nothing: sources.onchain.enabled is false");
    };
    match wallet.health().await {
        Outcome::Done(text) => Check::ok(NAME, text),
        Outcome::Rejected(r) => Check::wrong(NAME, r.message, "docs/operating/onchain.md says what to do"),
        Outcome::NotSent(why) | Outcome::Unknown(why) => {
            Check::wrong(NAME, why, "see chain.url, chain.user and chain.password, and how the bitcoind is")
        }
    }
}

/// What each refusal asks of the operator.
fn mend_exchange(code: &str) -> &'static str {
    match code {
        "unauthorized" => "exchange.api_key and exchange.private_key belong together, and the key is not revoked",
        "forbidden" => "the key needs the rights to see funds and orders and to trade; never to withdraw or transfer",
        "clock_apart" => "run a time service (chrony, systemd-timesyncd)",
        "maintenance" => "wait: the exchange takes no orders now; what is claimed meanwhile is at your risk",
        "rate_limited" | "locked_out" => "wait, and see that nothing else uses this key",
        "not_found" | "unknown_pair" => "the exchange does not trade bitcoin for every currency in served.currencies",
        _ => "see docs/operating, the page of this exchange",
    }
}

pub fn of_prices(prices: &dyn Prices, config: &Config, clock: &dyn Clock) -> Vec<Check> {
    config.served.currencies.iter().map(|currency| price(prices, config, clock, *currency)).collect()
}

fn price(prices: &dyn Prices, config: &Config, clock: &dyn Clock, currency: Currency) -> Check {
    const NAME: &str = "prices";
    let now = clock.now();
    let mend = "without a price nothing is quoted: see prices.venues and the network";
    let seen = match prices.rate(currency, now) {
        Ok(seen) => seen,
        Err(error) => return Check::wrong(NAME, format!("{currency}: {error}"), mend),
    };
    if let Some(max) = config.limits.purchase_max.iter().find(|max| max.currency() == currency)
        && let Err(error) = prices.executable(*max, now)
    {
        return Check::warning(
            NAME,
            format!("{max} cannot be sold at the exchange now: {error}"),
            "lower purchase_max",
        );
    }
    let found = format!("{currency}: fresh, from {}", seen.venues.join(", "));
    match seen.venues.len() {
        0..=2 => Check::warning(
            NAME,
            format!("{found}; fewer than three venues cannot outvote a wrong one"),
            "name more venues in prices.venues, or see below why they are silent",
        ),
        _ => Check::ok(NAME, found),
    }
}

/// One line a venue, of the first served currency that it trades.
pub fn of_venues(prices: &LivePrices, config: &Config, clock: &dyn Clock) -> Vec<Check> {
    let now = clock.now();
    let reports: Vec<CurrencyReport> =
        config.served.currencies.iter().map(|currency| prices.report(*currency, now)).collect();
    let names = reports.first().map(|report| report.venues.iter().map(|venue| venue.venue)).into_iter().flatten();
    names.map(|name| venue(name, &reports, now)).collect()
}

fn venue(name: &'static str, reports: &[CurrencyReport], now: UnixMs) -> Check {
    let traded = reports.iter().flat_map(|report| {
        let of = report.venues.iter().filter(|venue| venue.venue == name && venue.verdict != Verdict::NotTraded);
        of.map(|venue| (report.currency, venue))
    });
    let Some((currency, seen)) = traded.into_iter().next() else {
        let mend = "take it out of prices.venues: it is of no use to what is served";
        return Check::warning(name, "trades bitcoin for none of the served currencies", mend);
    };
    let why = seen.failure.as_ref().map_or_else(|| "it was not asked yet".to_owned(), |(_, why)| why.clone());
    let feed = match seen.feed {
        FeedState::Connected => "its feed is connected",
        FeedState::Connecting => "its feed is not connected, it is asked instead",
        FeedState::None => "asked",
    };
    let age = seen.observed_at.map_or(0, |at| now.since_ms(at) / 1_000);
    match seen.verdict {
        Verdict::Fresh if seen.feed == FeedState::Connecting => {
            Check::warning(name, format!("{currency}: fresh; {feed}: {why}"), "see its websocket_url and the network")
        }
        Verdict::Fresh => Check::ok(name, format!("{currency}: fresh; {feed}")),
        Verdict::Outlier => Check::warning(
            name,
            format!("{currency}: too far from the others, and left out"),
            "wait; if it stays, take it out of prices.venues",
        ),
        Verdict::Old | Verdict::NotTraded => Check::warning(
            name,
            format!("{currency}: {age} s old: {why}"),
            "see prices.venues, the network and this machine's clock",
        ),
        Verdict::Never => {
            Check::warning(name, format!("{currency}: no price: {why}"), "see prices.venues and the network")
        }
    }
}

/// Through the proxy and back.
pub async fn of_public_url(url: &str) -> Check {
    const NAME: &str = "reachable";
    let mend = "see the proxy: it has to pass everything under server.public_url to server.listen";
    let client = match HttpClient::new(url, PAGE_LIMITS) {
        Ok(client) => client,
        Err(error) => return Check::wrong(NAME, format!("{url}: {error}"), mend),
    };
    match client.send(&Request::get("/health/live")).await {
        Ok(response) if response.is_success() => Check::ok(NAME, format!("{url} leads here")),
        Ok(response) => Check::wrong(NAME, format!("{url} answers with HTTP status {}", response.status), mend),
        Err(fault) => Check::warning(NAME, format!("{url} cannot be reached from here: {fault:?}"), mend),
    }
}
