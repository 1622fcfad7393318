//! Key permissions, accounts and the fee tier (docs.cdp.coinbase.com: Get API Key Permissions, List Accounts, Get
//! Account, Get Transaction Summary).

use serde_json::{Value, json};

use super::{
    Desk,
    api::{Failed, not_found},
    decimal::{print_full, print_short},
    engine::Engine,
    products::BASE,
    query::Query,
};
use crate::vendor::{decimal::print, lock, time::rfc3339};

/// Accounts on a page when no `limit` is given.
const PAGE: usize = 49;

pub(crate) fn permissions(desk: &Desk) -> Value {
    json!({
        "can_view": desk.permissions.view,
        "can_trade": desk.permissions.trade,
        "can_transfer": desk.permissions.transfer,
        "portfolio_uuid": desk.portfolio,
        "portfolio_type": "DEFAULT",
    })
}

/// An account's identifier never changes: it is made of the portfolio's and the currency.
pub(super) fn uuid_of(desk: &Desk, currency: &str) -> String {
    let code: u32 = currency.bytes().fold(0, |code, byte| code * 256 + u32::from(byte));
    format!("{code:08x}{}", &desk.portfolio[8..])
}

fn account_of(desk: &Desk, engine: &Engine, currency: &'static str) -> Value {
    let crypto = currency == BASE;
    let amount = |value| json!({ "value": print_full(value), "currency": currency });
    let since = rfc3339(1_672_531_200_000);
    json!({
        "uuid": uuid_of(desk, currency),
        "name": format!("{currency} Wallet"),
        "currency": currency,
        "available_balance": amount(engine.available(currency)),
        "default": true,
        "active": true,
        "created_at": since,
        "updated_at": since,
        "deleted_at": null,
        "type": if crypto { "ACCOUNT_TYPE_CRYPTO" } else { "ACCOUNT_TYPE_FIAT" },
        "ready": true,
        "hold": amount(engine.held(currency)),
        "retail_portfolio_id": desk.portfolio,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    })
}

pub(crate) fn list(desk: &Desk, query: &Query) -> Result<Value, Failed> {
    let engine = lock(&desk.engine);
    let all: Vec<Value> = engine.balances.keys().map(|currency| account_of(desk, &engine, currency)).collect();
    let (page, cursor) = page(desk, &all, query, PAGE, |account| account["uuid"].as_str().unwrap_or_default())?;
    Ok(
        json!({ "accounts": page, "has_next": cursor.is_some(), "cursor": cursor.unwrap_or_default(), "size": page.len() }),
    )
}

pub(crate) fn one(desk: &Desk, uuid: &str) -> Result<Value, Failed> {
    let engine = lock(&desk.engine);
    let known = engine.balances.keys().find(|currency| uuid_of(desk, currency) == uuid);
    let currency = known.ok_or_else(|| not_found("account"))?;
    Ok(json!({ "account": account_of(desk, &engine, currency) }))
}

/// The entries after `cursor`, at most `limit`, and the cursor of the next page if there is one.
pub(crate) fn page<'a, T>(
    desk: &Desk,
    all: &'a [T],
    query: &Query,
    default: usize,
    name: impl Fn(&T) -> &str,
) -> Result<(&'a [T], Option<String>), Failed> {
    let limit = match query.get("limit").map(str::parse::<usize>) {
        None => default,
        Some(Ok(limit)) if limit > 0 => limit,
        Some(_) => return Err(super::api::invalid("limit")),
    };
    let start = match query.get("cursor") {
        None => 0,
        Some(cursor) => {
            let at = all.iter().position(|entry| name(entry) == cursor);
            at.ok_or_else(|| super::api::invalid("cursor"))? + 1
        }
    };
    let end = start.saturating_add(limit.min(desk.page_max)).min(all.len());
    let page = &all[start.min(end)..end];
    let more = end < all.len();
    Ok((page, page.last().filter(|_| more).map(|last| name(last).to_owned())))
}

pub(crate) fn summary(desk: &Desk) -> Value {
    let engine = lock(&desk.engine);
    let volume: i128 = engine.orders.iter().map(super::engine::Order::value).sum();
    let fees: i128 = engine.orders.iter().map(super::engine::Order::fees).sum();
    // Volumes and fees are JSON numbers in this one answer.
    let number = |value| serde_json::from_str::<Value>(&print_short(value)).unwrap_or_default();
    let rate = |bps: u32| print(i64::from(bps), 4);
    json!({
        "total_volume": number(volume),
        "total_fees": number(fees),
        "fee_tier": {
            "pricing_tier": "Advanced 1",
            "usd_from": "0",
            "usd_to": "1000",
            "taker_fee_rate": rate(engine.taker_bps),
            "maker_fee_rate": rate(engine.maker_bps),
            "aop_from": "",
            "aop_to": "",
        },
        "margin_rate": null,
        "goods_and_services_tax": null,
        "advanced_trade_only_volume": number(volume),
        "advanced_trade_only_fees": number(fees),
        "coinbase_pro_volume": 0,
        "coinbase_pro_fees": 0,
        "total_balance": "",
        "has_promo_fee": false,
    })
}
