//! Market data (docs.kraken.com/exchange/api-reference: Get Server Time, Get System Status, Get Asset Info, Get
//! Tradable Asset Pairs, Get Ticker Information, Get Order Book).

use serde_json::{Map, Number, Value, json};

use super::{
    Desk, SystemStatus,
    api::{Refused, invalid},
    decimal::{PRICE_SCALE, VOLUME_SCALE, print, print_cut},
    engine::{Engine, Level},
    form::Form,
    pairs::{ASSETS, Asset, COST_MIN_TENTHS, PAIRS, Pair, VOLUME_MIN, find_asset},
};
use crate::vendor::{lock, time::rfc3339};

pub(crate) const METHODS: [&str; 6] = ["Time", "SystemStatus", "Assets", "AssetPairs", "Ticker", "Depth"];

/// Levels of a book on each side when `count` is not given, and at most.
const DEPTH: usize = 100;
const DEPTH_MAX: usize = 500;

pub(crate) fn answer(desk: &Desk, method: &str, form: &Form) -> Result<Value, Refused> {
    match method {
        "Time" => Ok(time(desk.clock.now_ms())),
        "SystemStatus" => Ok(status(desk)),
        "Assets" => assets(form),
        "AssetPairs" => pairs(desk, form),
        "Ticker" => ticker(desk, form),
        "Depth" => depth(desk, form),
        _ => Err("EGeneral:Unknown method".into()),
    }
}

/// A JSON number with decimals, for times and percentages; amounts are strings.
pub(crate) fn number(text: &str) -> Value {
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

fn time(now_ms: i64) -> Value {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let spelled = rfc3339(now_ms);
    let part = |range| spelled.get(range).unwrap_or_default();
    let named = |names: &[&'static str], index: i64| {
        let index = usize::try_from(index).ok();
        index.and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    let weekday = named(&DAYS, now_ms.div_euclid(86_400_000).rem_euclid(7));
    let month = named(&MONTHS, part(5..7).parse::<i64>().unwrap_or(1) - 1);
    let (day, year, clock) = (part(8..10), part(2..4), part(11..19));
    json!({
        "unixtime": now_ms.div_euclid(1000),
        "rfc1123": format!("{weekday}, {day} {month} {year} {clock} +0000"),
    })
}

fn status(desk: &Desk) -> Value {
    let status = match lock(&desk.session).status {
        SystemStatus::Online => "online",
        SystemStatus::Maintenance => "maintenance",
        SystemStatus::CancelOnly => "cancel_only",
        SystemStatus::PostOnly => "post_only",
    };
    let now = rfc3339(desk.clock.now_ms());
    json!({ "status": status, "timestamp": format!("{}Z", now.get(..19).unwrap_or_default()) })
}

fn assets(form: &Form) -> Result<Value, Refused> {
    let wanted: Vec<&Asset> = match form.get("asset") {
        None => ASSETS.iter().collect(),
        Some(names) => {
            let found = names.split(',').map(find_asset).collect::<Option<_>>();
            found.ok_or("EQuery:Unknown asset")?
        }
    };
    let entry = |asset: &Asset| {
        let value = json!({
            "aclass": "currency", "altname": asset.altname, "decimals": asset.decimals,
            "display_decimals": asset.display_decimals, "status": "enabled",
        });
        (asset.name.to_owned(), value)
    };
    Ok(Value::Object(wanted.into_iter().map(entry).collect()))
}

/// The pairs asked for (`None`: all); an unknown one refuses the whole call.
fn wanted(form: &Form) -> Result<Vec<&'static Pair>, Refused> {
    let Some(names) = form.get("pair") else {
        return Ok(PAIRS.iter().collect());
    };
    let found: Option<Vec<_>> = names.split(',').map(Pair::find).collect();
    found.ok_or_else(|| "EQuery:Unknown asset pair".into())
}

fn pairs(desk: &Desk, form: &Form) -> Result<Value, Refused> {
    let (taker, maker) = {
        let engine = lock(&desk.engine);
        (engine.taker_bps, engine.maker_bps)
    };
    let schedule = |bps: u32| json!([[0, number(&print(i64::from(bps), 2))]]);
    let entry = |pair: &'static Pair| {
        let value = json!({
            "altname": pair.altname,
            "wsname": pair.wsname,
            "aclass_base": "currency",
            "base": super::pairs::BASE,
            "aclass_quote": "currency",
            "quote": pair.quote,
            "lot": "unit",
            "cost_decimals": 5,
            "pair_decimals": pair.decimals,
            "lot_decimals": VOLUME_SCALE,
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": schedule(taker),
            "fees_maker": schedule(maker),
            "fee_volume_currency": "ZUSD",
            "margin_call": 80,
            "margin_stop": 40,
            "ordermin": "0.00005",
            "costmin": print(COST_MIN_TENTHS, 1),
            "tick_size": print(pair.tick() / 10_i64.pow(PRICE_SCALE - pair.decimals), pair.decimals),
            "status": "online",
        });
        (pair.name.to_owned(), value)
    };
    debug_assert_eq!(print(VOLUME_MIN, VOLUME_SCALE), "0.00005000");
    Ok(Value::Object(wanted(form)?.into_iter().map(entry).collect()))
}

fn ticker(desk: &Desk, form: &Form) -> Result<Value, Refused> {
    let engine = lock(&desk.engine);
    let mut result = Map::new();
    for pair in wanted(form)? {
        if let Some(entry) = ticker_of(&engine, pair) {
            result.insert(pair.name.to_owned(), entry);
        }
    }
    Ok(Value::Object(result))
}

/// `a` and `b` are price, whole lot volume, lot volume. A pair without bids or asks has no ticker.
fn ticker_of(engine: &Engine, pair: &'static Pair) -> Option<Value> {
    let book = engine.books.get(pair.name)?;
    let (bid, ask) = (book.bids.first()?, book.asks.first()?);
    let top = |level: &Level| {
        let whole = level.volume / 10_i64.pow(VOLUME_SCALE);
        json!([print(level.price, PRICE_SCALE), whole.to_string(), print_cut(level.volume, VOLUME_SCALE, 3)])
    };
    let last = engine.last_price.get(pair.name).copied().unwrap_or(bid.price);
    let last = print(last, PRICE_SCALE);
    let done = engine.orders.iter().filter(|order| order.new.pair == pair);
    let traded: i64 = done.clone().map(|order| order.volume_done).sum();
    let trades: usize = done.map(|order| order.trades.len()).sum();
    let volume = print(traded, VOLUME_SCALE);
    Some(json!({
        "a": top(ask),
        "b": top(bid),
        "c": [last, volume],
        "v": [volume, volume],
        "p": [last, last],
        "t": [trades, trades],
        "l": [last, last],
        "h": [last, last],
        "o": last,
    }))
}

fn depth(desk: &Desk, form: &Form) -> Result<Value, Refused> {
    let pair = form.get("pair").ok_or_else(invalid)?;
    let pair = Pair::find(pair).ok_or("EQuery:Unknown asset pair")?;
    let count = match form.get("count").map(str::parse) {
        None => DEPTH,
        Some(Ok(count)) if (1..=DEPTH_MAX).contains(&count) => count,
        Some(_) => return Err(invalid()),
    };
    let engine = lock(&desk.engine);
    let book = engine.books.get(pair.name).cloned().unwrap_or_default();
    let at_s = book.set_ms.div_euclid(1000);
    let side = |levels: &[Level]| -> Vec<Value> {
        let shown = levels.iter().take(count);
        let entry = |level: &Level| {
            let volume = print_cut(level.volume, VOLUME_SCALE, 3);
            json!([print(level.price, PRICE_SCALE), volume, at_s])
        };
        shown.map(entry).collect()
    };
    Ok(json!({ pair.name: { "asks": side(&book.asks), "bids": side(&book.bids) } }))
}
