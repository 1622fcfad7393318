//! Account and orders (docs.kraken.com/exchange/api-reference: Get Account Balance, Add Order, Query Orders Info, Get
//! Open Orders, Get Closed Orders, Cancel Order).
//!
//! Not settled by the documentation and taken from what others measured: cancelling an order that is gone answers
//! `EOrder:Unknown order`, one that never was `EOrder:Invalid order`; several closed orders may share one `cl_ord_id`.

use serde_json::{Map, Value, json};

use super::{
    Desk, SystemStatus,
    api::{Refused, invalid},
    decimal::{PRICE_SCALE, VOLUME_SCALE, average_floor, parse, print},
    engine::{Engine, NewOrder, Order, OrderStatus, Side},
    form::Form,
    pairs::{ASSETS, BASE_SCALE, Pair},
    public::number,
};
use crate::vendor::{ids, lock, time::parse_rfc3339};

pub(crate) const METHODS: [&str; 7] =
    ["Balance", "BalanceEx", "AddOrder", "QueryOrders", "OpenOrders", "ClosedOrders", "CancelOrder"];

/// Closed orders come fifty at a time; as many can be queried at once.
const ORDERS_MAX: usize = 50;

pub(crate) fn answer(desk: &Desk, method: &str, form: &Form) -> Result<Value, Refused> {
    match method {
        "Balance" => Ok(balance(&lock(&desk.engine))),
        "BalanceEx" => Ok(balance_extended(&lock(&desk.engine))),
        "AddOrder" => add_order(desk, form),
        "QueryOrders" => query_orders(&lock(&desk.engine), form),
        "OpenOrders" => open_orders(&lock(&desk.engine), form),
        "ClosedOrders" => closed_orders(&lock(&desk.engine), form),
        "CancelOrder" => cancel_order(desk, form),
        _ => Err("EGeneral:Unknown method".into()),
    }
}

pub(super) fn balance(engine: &Engine) -> Value {
    let entry = |(name, units): (&&'static str, &i64)| {
        let asset = ASSETS.iter().find(|asset| asset.name == *name)?;
        Some(((*name).to_owned(), json!(print(*units, asset.decimals))))
    };
    Value::Object(engine.balances.iter().filter_map(entry).collect())
}

/// With what open orders hold.
fn balance_extended(engine: &Engine) -> Value {
    let entry = |(name, units): (&&'static str, &i64)| {
        let asset = ASSETS.iter().find(|asset| asset.name == *name)?;
        let held = print(units - engine.free(name), asset.decimals);
        Some(((*name).to_owned(), json!({ "balance": print(*units, asset.decimals), "hold_trade": held })))
    };
    Value::Object(engine.balances.iter().filter_map(entry).collect())
}

fn wrong(name: &str) -> Refused {
    format!("EGeneral:Invalid arguments:{name}")
}

/// `cl_ord_id`: a UUID with hyphens, 32 hexadecimal digits, or free text of at most 18 characters.
fn client_order_id(text: &str) -> Result<String, Refused> {
    let short = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let free = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if ids::is_uuid(text) || short || free {
        return Ok(text.to_owned());
    }
    Err(wrong("cl_ord_id"))
}

/// Parameters that the simulation does not play, with the values that mean "no".
const UNPLAYED: [(&str, &str); 9] = [
    ("leverage", "none"),
    ("price2", "0"),
    ("trigger", ""),
    ("reduce_only", "false"),
    ("starttm", "0"),
    ("expiretm", "0"),
    ("displayvol", ""),
    ("close[ordertype]", ""),
    ("stptype", "cancel-newest"),
];

fn unplayed(form: &Form) -> Result<(), Refused> {
    let asked = |(name, no): &&(&str, &str)| form.get(name).is_some_and(|value| !value.eq_ignore_ascii_case(no));
    UNPLAYED.iter().find(asked).map_or(Ok(()), |(name, _)| Err(wrong(name)))
}

fn new_order(form: &Form, only_base_fees: bool) -> Result<NewOrder, Refused> {
    let pair = Pair::find(form.get("pair").ok_or_else(invalid)?).ok_or("EQuery:Unknown asset pair")?;
    let side = match form.get("type") {
        Some("buy") => Side::Buy,
        Some("sell") => Side::Sell,
        _ => return Err(wrong("type")),
    };
    unplayed(form)?;
    let limit = match (form.get("ordertype"), form.get("price")) {
        (Some("market"), None) => None,
        (Some("limit"), Some(price)) => {
            let units = parse(price, PRICE_SCALE).filter(|units| *units > 0);
            Some(units.ok_or_else(|| wrong("price"))?)
        }
        (Some("limit"), None) => return Err(wrong("price")),
        (_, _) => return Err(wrong("ordertype")),
    };
    let immediate = match form.get("timeinforce") {
        None | Some("GTC") => false,
        Some("IOC") => true,
        Some(_) => return Err(wrong("timeinforce")),
    };
    let flags: Vec<&str> = form.get("oflags").map_or(Vec::new(), |flags| flags.split(',').collect());
    let (in_base, in_quote) = (flags.contains(&"fcib"), flags.contains(&"fciq"));
    if flags.iter().any(|flag| !["fcib", "fciq", "post"].contains(flag)) || (in_base && in_quote) {
        return Err(wrong("oflags"));
    }
    // Preferences: bitcoin is the default of a sale, and what is taken where the other cannot be.
    let fee_in_base = only_base_fees || in_base || (side == Side::Sell && !in_quote);
    let volume = form.get("volume").and_then(|volume| parse(volume, VOLUME_SCALE));
    let userref = form.get("userref").map(str::parse).transpose().map_err(|_| wrong("userref"))?;
    let cl_ord_id = form.get("cl_ord_id").map(client_order_id).transpose()?;
    // The two exclude each other (docs.kraken.com, Add Order).
    if userref.is_some() && cl_ord_id.is_some() {
        return Err(invalid());
    }
    Ok(NewOrder {
        pair,
        side,
        limit,
        volume: volume.ok_or_else(|| wrong("volume"))?,
        immediate,
        post_only: flags.contains(&"post"),
        fee_in_base,
        userref,
        cl_ord_id,
    })
}

fn add_order(desk: &Desk, form: &Form) -> Result<Value, Refused> {
    let new = new_order(form, desk.only_base_fees)?;
    let now_ms = desk.clock.now_ms();
    let deadline = form.get("deadline").map(parse_rfc3339);
    match deadline {
        Some(None) => return Err(wrong("deadline")),
        Some(Some(until_ms)) if until_ms <= now_ms => {
            return Err("EService:Deadline elapsed".into());
        }
        Some(Some(_)) | None => {}
    }
    match lock(&desk.session).status {
        SystemStatus::Online => {}
        SystemStatus::PostOnly if new.post_only => {}
        SystemStatus::Maintenance => return Err("EService:Unavailable".into()),
        SystemStatus::CancelOnly => return Err("EService:Market in cancel_only mode".into()),
        SystemStatus::PostOnly => return Err("EService:Market in post_only mode".into()),
    }
    let descr = json!({ "order": description(&new) });
    let mut engine = lock(&desk.engine);
    if form.flag("validate") {
        engine.check(&new)?;
        return Ok(json!({ "descr": descr }));
    }
    let txid = engine.place(new, now_ms)?;
    Ok(json!({ "descr": descr, "txid": [txid] }))
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// `sell 0.00496758 XBTUSD @ limit 5500.0`
fn description(new: &NewOrder) -> String {
    let how = match new.limit {
        None => "market".to_owned(),
        Some(limit) => format!("limit {}", limit_text(new, limit)),
    };
    let volume = print(new.volume, VOLUME_SCALE);
    format!("{} {volume} {} @ {how}", side_name(new.side), new.pair.altname)
}

fn limit_text(new: &NewOrder, limit: i64) -> String {
    print(limit / new.pair.tick(), new.pair.decimals)
}

/// An order as QueryOrders, OpenOrders and ClosedOrders show it.
fn order_info(order: &Order, with_trades: bool) -> Value {
    let new = &order.new;
    let zero = print(0, PRICE_SCALE);
    let quote = |units: i64| print(units * 10_i64.pow(PRICE_SCALE - new.pair.quote_scale), PRICE_SCALE);
    let status = match order.status {
        OrderStatus::Open => "open",
        OrderStatus::Closed => "closed",
        OrderStatus::Canceled => "canceled",
    };
    let mut info = json!({
        "refid": null,
        "userref": new.userref,
        "cl_ord_id": new.cl_ord_id,
        "status": status,
        "opentm": seconds(order.opened_ms),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": new.pair.altname,
            "type": side_name(new.side),
            "ordertype": if new.limit.is_some() { "limit" } else { "market" },
            "price": new.limit.map_or_else(|| "0".to_owned(), |limit| limit_text(new, limit)),
            "price2": "0",
            "leverage": "none",
            "order": description(new),
            "close": "",
        },
        "vol": print(new.volume, VOLUME_SCALE),
        "vol_exec": print(order.volume_done, VOLUME_SCALE),
        "cost": quote(order.cost),
        "fee": if new.fee_in_base { print(order.fee, BASE_SCALE) } else { quote(order.fee) },
        "price": print(average_floor(order.cost, new.pair.quote_scale, order.volume_done), PRICE_SCALE),
        "stopprice": zero,
        "limitprice": zero,
        "misc": "",
        "oflags": format!("{}{}", if new.fee_in_base { "fcib" } else { "fciq" }, if new.post_only { ",post" } else { "" }),
    });
    if let Some(closed_ms) = order.closed_ms {
        info["closetm"] = seconds(closed_ms);
        info["reason"] = json!(order.reason);
    }
    if with_trades && !order.trades.is_empty() {
        info["trades"] = json!(order.trades);
    }
    info
}

fn seconds(unix_ms: i64) -> Value {
    number(&print(unix_ms, 3))
}

/// The filters that the order lists document.
fn fits(order: &Order, form: &Form) -> bool {
    let userref =
        form.get("userref").is_none_or(|wanted| order.new.userref.is_some_and(|userref| userref.to_string() == wanted));
    let id = form.get("cl_ord_id").is_none_or(|wanted| order.new.cl_ord_id.as_deref() == Some(wanted));
    userref && id
}

fn query_orders(engine: &Engine, form: &Form) -> Result<Value, Refused> {
    let wanted: Vec<&str> = form.get("txid").ok_or_else(invalid)?.split(',').map(str::trim).collect();
    if wanted.len() > ORDERS_MAX {
        return Err(invalid());
    }
    let mut found = Map::new();
    for txid in wanted {
        let order = engine.order(txid).ok_or("EOrder:Invalid order")?;
        if fits(order, form) {
            found.insert(txid.to_owned(), order_info(order, form.flag("trades")));
        }
    }
    Ok(Value::Object(found))
}

fn open_orders(engine: &Engine, form: &Form) -> Result<Value, Refused> {
    let open = engine.orders.iter().filter(|order| order.status == OrderStatus::Open);
    let entry = |order: &Order| (order.txid.clone(), order_info(order, form.flag("trades")));
    let found: Map<String, Value> = open.filter(|order| fits(order, form)).map(entry).collect();
    Ok(json!({ "open": found }))
}

fn closed_orders(engine: &Engine, form: &Form) -> Result<Value, Refused> {
    let moment = |name: &str| match form.get(name) {
        None => Ok(None),
        // Unix seconds, perhaps with decimals, or the txid of an order, which means its opening.
        Some(text) => match (parse(text, 3), engine.order(text)) {
            (Some(unix_ms), _) => Ok(Some(unix_ms)),
            (None, Some(order)) => Ok(Some(order.opened_ms)),
            (None, None) => Err(wrong(name)),
        },
    };
    let (start, end) = (moment("start")?, moment("end")?);
    let offset: usize = form.get("ofs").map_or(Ok(0), str::parse).map_err(|_| wrong("ofs"))?;
    let by = form.get("closetime").unwrap_or("both").to_owned();
    let within = |order: &&Order| {
        let inside = |at_ms: i64| start.is_none_or(|from| at_ms > from) && end.is_none_or(|to| at_ms <= to);
        let (opened, closed) = (inside(order.opened_ms), order.closed_ms.is_some_and(inside));
        match by.as_str() {
            "open" => opened,
            "close" => closed,
            _ => opened || closed,
        }
    };
    let closed = engine.orders.iter().rev().filter(|order| order.status != OrderStatus::Open);
    let found: Vec<&Order> = closed.filter(within).filter(|order| fits(order, form)).collect();
    let page = found.iter().skip(offset).take(ORDERS_MAX);
    let entry = |order: &&Order| (order.txid.clone(), order_info(order, form.flag("trades")));
    let shown: Map<String, Value> = page.map(entry).collect();
    let mut result = json!({ "closed": shown });
    if !form.flag("without_count") {
        result["count"] = json!(found.len());
    }
    Ok(result)
}

/// Cancels by txid, by userref (in the same parameter), or by `cl_ord_id`.
fn cancel_order(desk: &Desk, form: &Form) -> Result<Value, Refused> {
    let mut engine = lock(&desk.engine);
    let now_ms = desk.clock.now_ms();
    let (count, known) = match (form.get("txid"), form.get("cl_ord_id")) {
        (Some(txid), None) => {
            let userref = txid.parse::<i32>().ok();
            let named = |order: &Order| match userref {
                Some(userref) => order.new.userref == Some(userref),
                None => order.txid == txid,
            };
            let known = engine.orders.iter().any(named);
            (engine.cancel(now_ms, named), known)
        }
        (None, Some(id)) => {
            let named = |order: &Order| order.new.cl_ord_id.as_deref() == Some(id);
            let known = engine.orders.iter().any(named);
            (engine.cancel(now_ms, named), known)
        }
        (Some(_), Some(_)) | (None, None) => return Err(invalid()),
    };
    match (count, known) {
        (0, true) => Err("EOrder:Unknown order".into()),
        (0, false) => Err("EOrder:Invalid order".into()),
        (count, _) => Ok(json!({ "count": count })),
    }
}
