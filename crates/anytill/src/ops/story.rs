//! The story of a purchase or refund: its log as text, what is open, and what may safely be done.
//!
//! Invariant: nothing of it changes anything; what it shows holds no card number, preimage or token, because the log
//! does not.

use anyhow::Result;
use ids::{PurchaseId, UnixMs};
use money::{Money, Rate};
use ports::{AggregateKind, Store, StoredAggregate};
use purchase::{Purchase, Refund, RefundState, State};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

pub struct Story {
    pub text: String,
    pub json: Value,
}

pub async fn tell(store: &dyn Store, stored: &StoredAggregate) -> Result<Story> {
    let mut text = String::new();
    let (headline, actions) = match stored.at.kind {
        AggregateKind::Purchase => of_purchase(&serde_json::from_str(&stored.state)?),
        AggregateKind::Refund => of_refund(&serde_json::from_str(&stored.state)?),
    };
    writeln!(text, "{headline}\n")?;
    let events = store.events(stored.at).await?;
    let mut first = None;
    for row in &events {
        let body: Map<String, Value> = serde_json::from_str(&row.body)?;
        let at = body.get("at").and_then(Value::as_u64).map_or(row.at, UnixMs);
        let began = *first.get_or_insert(at);
        writeln!(text, "{}  {:>10}  {}", time(at), since(began, at), event_line(&body))?;
    }
    let effects = store.effects_of(stored.at).await?;
    if !effects.is_empty() {
        writeln!(text, "\nunder way or waiting to be tried again:")?;
        for effect in &effects {
            let body: Value = serde_json::from_str(&effect.body)?;
            writeln!(text, "  {} (tried {} times): {}", effect.key, effect.attempts, flat(&body))?;
        }
    }
    writeln!(text, "\nwhat may be done:")?;
    for action in &actions {
        writeln!(text, "  - {action}")?;
    }
    let json = json!({
        "kind": stored.at.kind,
        "id": PurchaseId(stored.at.id),
        "state": serde_json::from_str::<Value>(&stored.state)?,
        "events": events.iter().map(|row| serde_json::from_str(&row.body)).collect::<Result<Vec<Value>, _>>()?,
        "effects": effects.iter().map(|row| json!({ "key": row.key, "attempts": row.attempts })).collect::<Vec<_>>(),
        "actions": actions,
    });
    Ok(Story { text: text.trim_end().to_owned(), json })
}

fn of_purchase(p: &Purchase) -> (String, Vec<String>) {
    let total = p.order_total().map_or_else(|| "total not read yet".to_owned(), |total| total.to_string());
    let parked = p.parked.as_ref().map_or_else(String::new, |parked| format!(", PARKED: {}", parked.reason));
    let headline = format!("purchase {} ({}) at {}: {total}, {}{parked}", p.id, p.code(), p.store_host, p.state.name());
    (headline, purchase_actions(p))
}

fn purchase_actions(p: &Purchase) -> Vec<String> {
    let mut actions = Vec::new();
    let id = p.id;
    if p.parked.is_none() {
        actions.push("nothing is needed: it is not parked and goes on by itself".to_owned());
        return actions;
    }
    let mend = match p.state {
        _ if p.delivered_without_us() => {
            "the vendor's node took the shopper's HTLC on its way instead of passing it on: we were not paid and paid \
             nothing, so the books have nothing of it. The shopper can open the code in the panel, as it was paid with the \
             shopper's bitcoin. Tell the vendor, and see whether it happens again (docs/threat-model.md)"
        }
        State::Claiming => {
            "see that the node runs and its peer is connected (`anytill node peers`, `anytill node holds`); the claim is \
             then made again with the same preimage. If its deadline has passed the HTLC went back to the shopper"
        }
        State::PayingVendor => {
            "see what became of the send at the node that pays vendors; it is looked up, never made again"
        }
        State::Closing => {
            "see that node and issuer answer (`anytill doctor`); return and closing are then asked for again"
        }
        State::CardReady | State::Funded => {
            "compare the card at the issuer with the log above; the limit already bounds what can be charged"
        }
        State::Completed | State::Returned | State::Expired => {
            "it is over; compare the last events with the issuer's and the node's own records, the ledger has what it cost"
        }
        State::Opened | State::CardPrepared | State::Quoted | State::Invoiced | State::AwaitingFunds | State::Held => {
            "nothing has been claimed; the hold window and the claim deadline still return what is held"
        }
    };
    actions.push(mend.to_owned());
    if p.sale.is_some_and(|sale| sale.state == purchase::SaleState::Exposed) {
        actions.push(
            "the bitcoin was not sold: sell it by hand at the exchange, then `anytill reconcile --accept` and `anytill borne \
             clear unsold:exposed`"
                .to_owned(),
        );
    }
    actions.push(format!("then: anytill parked resolve {id}   (safe to repeat: no call outside is made twice)"));
    actions.push("never: edit the database, send or refund by hand while something above is under way".to_owned());
    actions
}

fn of_refund(r: &Refund) -> (String, Vec<String>) {
    let parked = r.parked.as_ref().map_or_else(String::new, |parked| format!(", PARKED: {}", parked.reason));
    let owed = flat(&serde_json::to_value(r.amount).unwrap_or_default());
    let code = purchase::terms::code(r.purchase);
    let headline = format!("refund {} of purchase {} ({code}): {owed}, {}{parked}", r.id, r.purchase, r.state.name());
    let mut actions = Vec::new();
    match r.state {
        RefundState::AwaitingDestination => actions.push("the shopper has to say where it goes".to_owned()),
        RefundState::Waiting => actions.push("nothing: the issuer's settlement window has to end".to_owned()),
        RefundState::Preparing => {
            actions.push("see that prices are fresh and the destination answers; it is tried again by itself, and the shopper may name \
                 another destination"
                    .to_owned());
        }
        RefundState::Sending => actions.push(
            "see the node's peers and channels; never pay by hand: a second payment hash is used only after the node says \
             that this one finally failed"
                .to_owned(),
        ),
        RefundState::Paid | RefundState::Cancelled => actions.push("nothing: it is over".to_owned()),
    }
    if r.parked.is_some() {
        actions.push(format!("then: anytill parked resolve {}   (safe to repeat)", r.id));
    }
    (headline, actions)
}

/// The event's name, then what it carries.
fn event_line(body: &Map<String, Value>) -> String {
    let name = body.get("event").and_then(Value::as_str).unwrap_or("?");
    let rest = body.iter().filter(|(key, _)| !matches!(key.as_str(), "event" | "at" | "format"));
    let rest: Map<String, Value> = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
    if rest.is_empty() { name.to_owned() } else { format!("{name:22}{}", flat(&Value::Object(rest))) }
}

/// Characters of one value; an invoice has some hundred.
const VALUE_CHARS_MAX: usize = 72;

/// `name=value` pairs, objects opened, amounts written out, nothing empty.
fn flat(value: &Value) -> String {
    let mut pairs = Vec::new();
    flatten("", value, &mut pairs);
    pairs.join(" ")
}

fn flatten(name: &str, value: &Value, pairs: &mut Vec<String>) {
    let mut put = |text: &str| pairs.push(if name.is_empty() { text.to_owned() } else { format!("{name}={text}") });
    if let Some(amount) = amount(value) {
        return put(&amount);
    }
    match value {
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => put(&format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", "))),
        Value::String(text) => put(&shortened(text)),
        Value::Bool(_) | Value::Number(_) => put(&value.to_string()),
        Value::Object(fields) => {
            for (key, inner) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, inner, pairs);
            }
        }
    }
}

/// An amount of a currency, or a rate, as people write it.
fn amount(value: &Value) -> Option<String> {
    // Both have two fields; what has more is more.
    if value.as_object().is_none_or(|fields| fields.len() != 2) {
        return None;
    }
    let money = serde_json::from_value::<Money>(value.clone()).map(|money| money.to_string());
    let rate = || serde_json::from_value::<Rate>(value.clone()).map(|rate| rate.to_string());
    money.or_else(|_| rate()).ok()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text.to_owned();
    }
    let kept: String = text.chars().take(VALUE_CHARS_MAX).collect();
    format!("{kept}...")
}

/// `2026-01-31 23:59:59Z`.
pub fn time(at: UnixMs) -> String {
    outbound::rfc3339(at).replace('T', " ")
}

/// `+1.234s`, `+2h`: enough to see what took long.
fn since(first: UnixMs, at: UnixMs) -> String {
    let ms = at.since_ms(first);
    match ms {
        0..60_000 => format!("+{}.{:03}s", ms / 1_000, ms % 1_000),
        60_000..3_600_000 => format!("+{}m{:02}s", ms / 60_000, ms / 1_000 % 60),
        _ => format!("+{}h{:02}m", ms / 3_600_000, ms / 60_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_readable_in_one_line() {
        let event = json!({ "format": 1, "at": 5, "event": "htlc_held", "payment_hash": "ab", "amount_msat": 7,
                            "tip": { "height": 3, "fresh": true }, "none": null, "list": [],
                            "total": { "currency": "USD", "minor": 2711 } });
        let Value::Object(body) = event else { unreachable!() };
        assert_eq!(
            event_line(&body),
            "htlc_held             amount_msat=7 payment_hash=ab tip.fresh=true tip.height=3 total=27.11 USD"
        );
        let Value::Object(bare) = json!({ "event": "resumed", "at": 1, "format": 1 }) else { unreachable!() };
        assert_eq!(event_line(&bare), "resumed");
    }

    #[test]
    fn times_are_short() {
        let since = |ms: u64| since(UnixMs(1_000), UnixMs(1_000 + ms));
        assert_eq!([since(0), since(61_005), since(7_260_000)], ["+0.000s", "+1m01s", "+2h01m"]);
        assert!(time(UnixMs(1_709_251_199_007)).starts_with("2024-02-29 23:59:59"));
    }
}
