//! What engine, accounts and API are told of the settings.

use crate::config::{Config, IssuerVendor, Lookup, Network, Registration, amount_of};
use accounts::limits::LimitPolicy;
use accounts::{AccountRules, Hosts};
use anyhow::{Result, anyhow};
use money::{Bps, Ppm};
use sha2::{Digest as _, Sha256};
use web::{CurrencyRule, HttpLimits, Policy, RequestRate, StoreRule, Windows};

const DAY_MS: u64 = 86_400_000;

pub fn engine_config(config: &Config, server_url: String) -> engine::Config {
    let (purchase, refund) = (&config.purchase, &config.refund);
    engine::Config {
        server_url,
        spread: Ppm(purchase.spread_ppm),
        gift_card_spread: Ppm(config.gift_cards.spread_ppm),
        chain_spread: Ppm(config.sources.onchain.spread_ppm),
        chain_quote_ms: ms(config.sources.onchain.quote_secs),
        fee: Bps(purchase.fee_bps),
        quote_ms: ms(purchase.quote_secs),
        tip_age_ms_max: ms(config.chain.tip_age_secs_max),
        hold_msat_min: purchase.hold_sat_min.saturating_mul(1_000),
        sale_slack: Bps(config.sale.slack_bps),
        sale_deadline_ms: ms(config.sale.deadline_secs),
        exposure_sat_max: config.sale.exposure_sat_max,
        card_attempts_max: purchase.card_attempts_max,
        refund_wait_ms: ms(refund.wait_secs),
        early_refund_minor_max: refund.early_minor_max,
        early_refund_store_minor_max: refund.early_store_minor_max,
        borne_account_minor_max: config.limits.borne_account_minor_max,
        borne_store_minor_max: config.limits.borne_store_minor_max,
        refund_fee_max: Bps(refund.fee_bps_max),
        refund_fee_msat_min: refund.fee_msat_min,
        float_keep: amount_of(&config.treasury.issuer_float_keep, config.issuer.currency),
        vendor_send_keep_msat: config.treasury.vendor_outbound_sat_keep.saturating_mul(1_000),
        ..engine::Config::default()
    }
}

pub fn account_rules(config: &Config) -> AccountRules {
    let local = config.chain.network == Network::Regtest;
    AccountRules {
        open_registration: config.accounts.registration == Registration::Open,
        token_ms: config.accounts.token_days.saturating_mul(DAY_MS),
        refund_change_delay_ms: ms(config.refund.destination_delay_secs),
        refund_hosts: if local { Hosts::AlsoLocal } else { Hosts::Public },
        ..AccountRules::default()
    }
}

/// `metrics_token` is read here; it is kept as its hash only.
pub fn web_policy(config: &Config, at: Lookup<'_>) -> Result<Policy> {
    let (purchase, served, blocked) = (&config.purchase, &config.served, &config.blocked);
    let currencies = served.currencies.iter().filter_map(|currency| {
        let min = amount_of(&config.limits.purchase_min, *currency)?;
        let max = amount_of(&config.limits.purchase_max, *currency)?;
        let rule = CurrencyRule {
            total_minor_min: min.minor(),
            total_minor_max: max.minor(),
            check_minor_max: purchase.check_minor_max,
        };
        Some((*currency, rule))
    });
    let other_stores = StoreRule {
        name: String::new(),
        claim_on: purchase.claim_on,
        tolerance_minor: purchase.tolerance_minor,
        splits: false,
        card_open_ms_max: ms(purchase.card_open_secs),
        takes_gift_cards: false,
    };
    let stores = config.stores.iter().map(|rule| {
        let made = StoreRule {
            name: rule.name.clone().unwrap_or_default(),
            claim_on: rule.claim_on.unwrap_or(purchase.claim_on),
            tolerance_minor: rule.tolerance_minor.unwrap_or(purchase.tolerance_minor),
            splits: rule.splits,
            card_open_ms_max: rule.card_open_secs.map_or(other_stores.card_open_ms_max, ms),
            takes_gift_cards: false,
        };
        (rule.host.clone(), made)
    });
    Ok(Policy {
        currencies: currencies.collect(),
        countries: served.countries.iter().cloned().collect(),
        blocked_countries: blocked.countries.iter().cloned().collect(),
        blocked_stores: blocked.stores.iter().cloned().collect(),
        listed_stores_only: served.listed_stores_only,
        local_stores: served.local_stores,
        blocked_categories: blocked.categories.clone(),
        blocked_merchant_countries: blocked.merchant_countries.clone(),
        stores: stores.collect(),
        other_stores: other_stores.clone(),
        cards: config.issuer.vendor != IssuerVendor::None,
        limits: limits(config),
        windows: windows(config),
        http: http_limits(config, at)?,
    })
}

fn limits(config: &Config) -> LimitPolicy {
    let limits = &config.limits;
    let currency = limits.day_max.currency();
    // Served currencies have their own largest total; this one bounds the sum that they are converted to.
    let single = amount_of(&limits.purchase_max, currency).unwrap_or(limits.day_max);
    LimitPolicy {
        currency,
        per_purchase_minor: single.minor(),
        per_day_minor: limits.day_max.minor(),
        abandoned_holds_per_day: limits.abandoned_day_max,
        cards_per_day: limits.cards_day_max,
        unpaid_at_once: limits.unpaid_max,
        new_account_ms: ms(limits.new_account_secs),
        new_accounts_share: Bps(limits.new_account_room_bps),
    }
}

fn windows(config: &Config) -> Windows {
    let purchase = &config.purchase;
    Windows {
        hold_ms_max: ms(purchase.hold_secs),
        answer_ms_max: purchase.answer_ms_max,
        checks_max: purchase.checks_max,
        deadline_margin_blocks: purchase.deadline_margin_blocks,
        min_final_cltv_delta: purchase.min_final_cltv_delta,
        price_fall_max: Bps(purchase.price_fall_bps_max),
        vendor_blocks_max: config.gift_cards.send_blocks_max,
        sale_attempts_max: config.sale.attempts_max,
    }
}

fn http_limits(config: &Config, at: Lookup<'_>) -> Result<HttpLimits> {
    let server = &config.server;
    let token = server.metrics_token.is_set().then(|| server.metrics_token.read(at));
    let token = token.transpose().map_err(|why| anyhow!("server.metrics_token: {why}"))?;
    Ok(HttpLimits {
        body_bytes_max: server.body_bytes_max,
        per_ip: rate(server.requests_per_minute_address),
        per_account: rate(server.requests_per_minute_account),
        trusted_proxies: server.trusted_proxies.clone(),
        metrics_token_hash: token.map(|token| Sha256::digest(token.expose().as_bytes()).into()),
        ..HttpLimits::default()
    })
}

/// A fifth of a minute's requests may come at once.
fn rate(per_minute: u32) -> RequestRate {
    RequestRate { burst: per_minute.div_ceil(5), every_ms: 60_000 / u64::from(per_minute.max(1)) }
}

const fn ms(secs: u64) -> u64 {
    secs.saturating_mul(1_000)
}
