//! Orders (docs.cdp.coinbase.com: Create Order, Cancel Orders, List Orders, Get Order, List Fills).
//!
//! Not settled by the documentation: the reason for a cancellation of an order that is done (`INVALID_CANCEL_REQUEST`
//! here) and of one that never was (`UNKNOWN_CANCEL_ORDER`).

use axum::{Json, body::Bytes, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Desk, MarketStatus,
    accounts::page,
    api::{Failed, Shared, invalid, not_found},
    decimal::{PRICE_SCALE, SIZE_SCALE, print_short},
    engine::{Kind, NewOrder, Order, Refused, Side, Status},
    products::Product,
    query::Query,
};
use crate::vendor::{
    decimal::{parse, print},
    lock,
    time::{parse_rfc3339, rfc3339},
};

#[derive(Deserialize)]
struct Create {
    client_order_id: String,
    product_id: String,
    side: String,
    order_configuration: Value,
}

/// The one configuration of an order, of those that are played.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    base_size: Option<String>,
    limit_price: Option<String>,
    #[serde(default)]
    post_only: bool,
}

pub(super) async fn create(State(desk): Shared, body: Bytes) -> Result<Json<Value>, Failed> {
    let wanted: Create = serde_json::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
    if wanted.client_order_id.is_empty() || wanted.client_order_id.len() > 128 {
        return Err(invalid("client_order_id"));
    }
    let configuration = wanted.order_configuration.clone();
    let no = |Refused(error, preview, why)| Json(refused(error, Some(preview), why, &configuration));
    let now_ms = desk.clock.now_ms();
    let mut engine = lock(&desk.engine);
    let known = engine.orders.iter().find(|order| order.new.client_order_id == wanted.client_order_id);
    if let Some(first) = known.filter(|_| desk.ids_unique) {
        return Ok(Json(accepted(first)));
    }
    let new = match new_order(wanted)? {
        Ok(new) => new,
        Err(why) => return Ok(no(why)),
    };
    if *lock(&desk.status) != MarketStatus::Online {
        let why = "Orders are not being accepted";
        return Ok(no(Refused("ORDER_ENTRY_DISABLED", "UNKNOWN_PREVIEW_FAILURE_REASON", why)));
    }
    let answer = match engine.place(new, now_ms) {
        Ok(id) => engine.orders.iter().find(|order| order.id == id).map(accepted).unwrap_or_default(),
        Err(why) => return Ok(no(why)),
    };
    Ok(Json(answer))
}

/// The order, a refusal in the answer's body, or a malformed request.
fn new_order(wanted: Create) -> Result<Result<NewOrder, Refused>, Failed> {
    let side = match wanted.side.as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return Err(invalid("side")),
    };
    let Some(product) = Product::find(&wanted.product_id) else {
        return Ok(Err(Refused("INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID", "unknown product")));
    };
    let Value::Object(configurations) = &wanted.order_configuration else {
        return Err(invalid("order_configuration"));
    };
    let mut configurations = configurations.iter();
    let (Some((name, terms)), None) = (configurations.next(), configurations.next()) else {
        return Err(invalid("order_configuration"));
    };
    let unplayed = Refused("UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG", "not supported");
    if !["sor_limit_ioc", "limit_limit_fok", "limit_limit_gtc", "market_market_ioc"].contains(&name.as_str()) {
        return Ok(Err(unplayed));
    }
    let terms: Terms = serde_json::from_value(terms.clone()).map_err(|error| invalid(error.to_string()))?;
    let kind = match name.as_str() {
        "sor_limit_ioc" => Kind::ImmediateOrCancel,
        "limit_limit_fok" => Kind::FillOrKill,
        "limit_limit_gtc" => Kind::GoodTillCancelled { post_only: terms.post_only },
        _ => Kind::Market,
    };
    let Some(size) = terms.base_size else { return Ok(Err(unplayed)) };
    let Some(size) = parse(&size, SIZE_SCALE) else {
        return Ok(Err(Refused("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION", "size precision")));
    };
    let limit = match (kind, terms.limit_price) {
        (Kind::Market, None) => None,
        (Kind::Market, Some(_)) | (_, None) => return Err(invalid("limit_price")),
        (_, Some(price)) => match parse(&price, PRICE_SCALE) {
            Some(price) if price > 0 => Some(price),
            Some(_) => return Ok(Err(Refused("INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE", "price"))),
            None => {
                let why = "price precision";
                return Ok(Err(Refused("INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION", why)));
            }
        },
    };
    let (client_order_id, configuration) = (wanted.client_order_id, wanted.order_configuration);
    Ok(Ok(NewOrder { client_order_id, product, side, kind, size, limit, configuration }))
}

fn accepted(order: &Order) -> Value {
    json!({
        "success": true,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": order.id,
        "success_response": {
            "order_id": order.id,
            "product_id": order.new.product.id,
            "side": side_name(order.new.side),
            "client_order_id": order.new.client_order_id,
            "attached_order_id": "",
        },
        "order_configuration": order.new.configuration,
    })
}

/// HTTP 200 all the same. A refusal that the preview found has its reason there.
pub(super) fn refused(error: &str, preview: Option<&str>, message: &str, configuration: &Value) -> Value {
    let preview = preview.unwrap_or("UNKNOWN_PREVIEW_FAILURE_REASON");
    json!({
        "success": false,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": "",
        "error_response": {
            "error": error,
            "message": message,
            "error_details": "",
            "preview_failure_reason": preview,
            "new_order_failure_reason": error,
        },
        "order_configuration": configuration,
    })
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Pending => "PENDING",
        Status::Open => "OPEN",
        Status::Filled => "FILLED",
        Status::Cancelled => "CANCELLED",
    }
}

/// value ÷ size as a price, eight places, rounded down; for display only.
fn average(order: &Order) -> String {
    let filled = order.filled();
    if filled == 0 {
        return "0".to_owned();
    }
    let price = order.value() / i128::from(filled) * 100_000_000;
    // 10^-16 over 10^-8, times 10^8: units of 10^-16.
    print_short(price)
}

fn shown(desk: &Desk, taker_bps: u32, order: &Order) -> Value {
    let (value, fees, filled) = (order.value(), order.fees(), order.filled());
    let done = matches!(order.status, Status::Filled | Status::Cancelled);
    let after_fees = match order.new.side {
        Side::Sell => value - fees,
        Side::Buy => value + fees,
    };
    let (order_type, time_in_force) = match order.new.kind {
        Kind::ImmediateOrCancel => ("LIMIT", "IMMEDIATE_OR_CANCEL"),
        Kind::FillOrKill => ("LIMIT", "FILL_OR_KILL"),
        Kind::GoodTillCancelled { .. } => ("LIMIT", "GOOD_UNTIL_CANCELLED"),
        Kind::Market => ("MARKET", "IMMEDIATE_OR_CANCEL"),
    };
    let percent = i128::from(filled) * 10_000 / i128::from(order.new.size.max(1));
    json!({
        "order_id": order.id,
        "product_id": order.new.product.id,
        "user_id": desk.user,
        "order_configuration": order.new.configuration,
        "side": side_name(order.new.side),
        "client_order_id": order.new.client_order_id,
        "status": status_name(order.status),
        "time_in_force": time_in_force,
        "created_time": rfc3339(order.created_ms),
        "completion_percentage": print(i64::try_from(percent).unwrap_or(10_000), 2),
        "filled_size": print_short(super::decimal::of_size(filled)),
        "average_filled_price": average(order),
        "fee": "",
        "number_of_fills": order.fills.len().to_string(),
        "filled_value": print_short(value),
        "pending_cancel": false,
        "size_in_quote": false,
        "total_fees": print_short(fees),
        "size_inclusive_of_fees": false,
        "total_value_after_fees": print_short(after_fees),
        "trigger_status": "INVALID_ORDER_TYPE",
        "order_type": order_type,
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": done,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": if order.status == Status::Cancelled { "User requested cancel" } else { "" },
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": print_short(order.holds(taker_bps).map_or(0, |(_, amount)| amount)),
        "is_liquidation": false,
        "last_fill_time": order.fills.last().map(|fill| rfc3339(fill.at_ms)),
        "edit_history": [],
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": desk.portfolio,
        "originating_order_id": "",
        "attached_order_id": "",
    })
}

fn moment(query: &Query, name: &str) -> Result<Option<i64>, Failed> {
    query.get(name).map(|text| parse_rfc3339(text).ok_or_else(|| invalid(name))).transpose()
}

/// Newest first.
pub(super) fn list(desk: &Desk, query: &Query) -> Result<Value, Failed> {
    let (start, end) = (moment(query, "start_date")?, moment(query, "end_date")?);
    let engine = lock(&desk.engine);
    let fits = |order: &&Order| {
        start.is_none_or(|from| order.created_ms >= from)
            && end.is_none_or(|to| order.created_ms < to)
            && query.admits("order_ids", &order.id)
            && query.admits("product_ids", order.new.product.id)
            && query.admits("order_status", status_name(order.status))
            && query.admits("order_side", side_name(order.new.side))
            && query.admits("product_type", "SPOT")
    };
    let found: Vec<&Order> = engine.orders.iter().rev().filter(fits).collect();
    let (page, cursor) = page(desk, &found, query, desk.page_max, |order| &order.id)?;
    let orders: Vec<Value> = page.iter().map(|order| shown(desk, engine.taker_bps, order)).collect();
    let next = cursor.is_some();
    Ok(json!({ "orders": orders, "sequence": "0", "has_next": next, "cursor": cursor.unwrap_or_default() }))
}

pub(super) fn one(desk: &Desk, id: &str) -> Result<Value, Failed> {
    let engine = lock(&desk.engine);
    let order = engine.orders.iter().find(|order| order.id == id);
    let order = order.ok_or_else(|| not_found("order with this orderID"))?;
    Ok(json!({ "order": shown(desk, engine.taker_bps, order) }))
}

pub(super) fn fills(desk: &Desk, query: &Query) -> Result<Value, Failed> {
    let engine = lock(&desk.engine);
    let orders = engine.orders.iter().rev();
    let wanted = orders.filter(|order| {
        query.admits("order_id", &order.id)
            && query.admits("order_ids", &order.id)
            && query.admits("product_id", order.new.product.id)
            && query.admits("product_ids", order.new.product.id)
    });
    let each = wanted.flat_map(|order| order.fills.iter().rev().map(move |fill| (order, fill)));
    let all: Vec<Value> = each
        .map(|(order, fill)| {
            json!({
                "entry_id": fill.trade_id,
                "trade_id": fill.trade_id,
                "order_id": order.id,
                "trade_time": rfc3339(fill.at_ms),
                "trade_type": "FILL",
                "price": print(fill.price, PRICE_SCALE),
                "size": print(fill.size, SIZE_SCALE),
                "commission": print_short(fill.commission),
                "product_id": order.new.product.id,
                "sequence_timestamp": rfc3339(fill.at_ms),
                "liquidity_indicator": "TAKER",
                "size_in_quote": false,
                "user_id": desk.user,
                "side": side_name(order.new.side),
                "retail_portfolio_id": desk.portfolio,
            })
        })
        .collect();
    let (page, cursor) = page(desk, &all, query, desk.page_max, |fill| fill["entry_id"].as_str().unwrap_or_default())?;
    Ok(json!({ "fills": page, "cursor": cursor.unwrap_or_default() }))
}

#[derive(Deserialize)]
struct Cancel {
    order_ids: Vec<String>,
}

pub(super) async fn cancel(State(desk): Shared, body: Bytes) -> Result<Json<Value>, Failed> {
    let wanted: Cancel = serde_json::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
    let mut engine = lock(&desk.engine);
    let mut results = Vec::new();
    for id in wanted.order_ids {
        let failure = match engine.orders.iter_mut().find(|order| order.id == id) {
            None => Some("UNKNOWN_CANCEL_ORDER"),
            Some(order) if matches!(order.status, Status::Open | Status::Pending) => {
                order.status = Status::Cancelled;
                None
            }
            Some(_) => Some("INVALID_CANCEL_REQUEST"),
        };
        let reason = failure.unwrap_or("UNKNOWN_CANCEL_FAILURE_REASON");
        results.push(json!({ "success": failure.is_none(), "failure_reason": reason, "order_id": id }));
    }
    Ok(Json(json!({ "results": results })))
}
