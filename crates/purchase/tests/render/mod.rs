//! A step in one line.

use purchase::{Booking, Effect, OwedAmount, PreimageSource, Purchase, Step, Timer};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The new state, what else changed, `|` effects `|` bookings `|` timers.
pub fn step(before: &Purchase, step: &Step) -> String {
    let after = &step.purchase;
    let mut parts = vec![if after.state == before.state { "same".to_owned() } else { after.state.name().to_owned() }];
    parts.extend(changes(before, after));
    let mut line = parts.join(" ");
    let effects: Vec<String> = step.effects.iter().map(|(_, effect)| self::effect(effect)).collect();
    let bookings: Vec<String> = step.bookings.iter().map(booking).collect();
    let mut timers: Vec<String> = step.timers.iter().map(timer).collect();
    timers.extend(step.cancelled_timers.iter().map(|name| format!("-{name}")));
    for (sign, list) in [("do", effects), ("book", bookings), ("timers", timers)] {
        if !list.is_empty() {
            let _ = write!(line, " | {sign} {}", list.join(", "));
        }
    }
    line
}

fn changes(before: &Purchase, after: &Purchase) -> Vec<String> {
    let mut found = Vec::new();
    if after.charges.len() > before.charges.len() {
        found.extend(after.charges.last().map(|charge| {
            let undone = if charge.undone { " undone" } else { "" };
            format!("[{}{undone}]", word(&charge.decision))
        }));
    }
    for (old, new) in before.charges.iter().zip(&after.charges) {
        if old.decision != new.decision {
            found.push(format!("[{} {}]", new.request_id, word(&new.decision)));
        }
        if old.undone != new.undone {
            found.push(format!("[{} undone]", new.request_id));
        }
    }
    let card = |p: &Purchase| p.card.as_ref().map(|card| (word(&card.state), card.limit));
    if card(before) != card(after) {
        found.extend(card(after).map(|(state, limit)| format!("card {state} {}", limit.decimal())));
    }
    for (name, changed) in [
        ("rail", before.rail != after.rail),
        ("winding_up", before.winding_up != after.winding_up),
        ("revealed", before.reveals != after.reveals),
        ("delivered", vendor(before).0 != vendor(after).0),
        ("failed", vendor(before).1 != vendor(after).1),
        ("parked", before.parked.is_none() && after.parked.is_some()),
        ("resumed", before.parked.is_some() && after.parked.is_none()),
        ("overrun", before.overrun_minor != after.overrun_minor),
        ("challenged", before.challenge != after.challenge),
        ("disputed", before.disputes != after.disputes),
        ("adjusted", before.adjustments.len() != after.adjustments.len()),
    ] {
        if changed {
            found.push(name.to_owned());
        }
    }
    if let (true, Some(closing)) = (before.closing != after.closing, after.closing) {
        found.push(format!("({})", word(&closing.cause)));
    }
    if let (true, Some(sale)) = (before.sale != after.sale, after.sale) {
        found.push(format!("sale {} #{}", word(&sale.state), sale.attempt));
    }
    found
}

/// Delivered, failed.
fn vendor(p: &Purchase) -> (bool, bool) {
    p.vendor.as_ref().map_or((false, false), |vendor| (vendor.delivered, vendor.failed))
}

fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        serde_json::Value::String(word) => word,
        serde_json::Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key} {}", value.as_str().unwrap_or("?"))).collect()
        }
        other => other.to_string(),
    }
}

fn owed(amount: &OwedAmount) -> String {
    match amount {
        OwedAmount::Bitcoin(msat) => msat.to_string(),
        OwedAmount::Currency(money) => money.to_string(),
    }
}

fn effect(effect: &Effect) -> String {
    let at = |hash: &ids::PaymentHash| hash.0[0];
    match effect {
        Effect::CreateInvoice { number, hashed: true, .. } => format!("create_invoice #{number} of metadata"),
        Effect::CreateInvoice { number, payment_hash: None, .. } => format!("create_invoice #{number}"),
        Effect::CreateInvoice { number, payment_hash: Some(hash), .. } => {
            format!("create_invoice #{number} of hash {}", at(hash))
        }
        Effect::ReturnHtlc { payment_hash } => format!("return_htlc {}", at(payment_hash)),
        Effect::Claim { payment_hash, preimage, .. } => match preimage {
            PreimageSource::Derived { invoice_number } => {
                format!("claim {} derived #{invoice_number}", at(payment_hash))
            }
            PreimageSource::Learned => format!("claim {} learned", at(payment_hash)),
        },
        Effect::CreateCard { limit } => format!("create_card {}", limit.decimal()),
        Effect::RaiseLimit { limit, .. } => format!("raise_limit {}", limit.decimal()),
        Effect::CloseCard { .. } => "close_card".to_owned(),
        Effect::Sell { attempt, amount, .. } => format!("sell #{attempt} {amount}"),
        Effect::OpenRefund { number, amount, cause } => {
            format!("open_refund #{number} {} {}", word(cause), owed(amount))
        }
        Effect::ReclaimRefund { amount } => format!("reclaim_refund {}", amount.decimal()),
        Effect::OrderGiftCard { value, .. } => format!("order_gift_card {}", value.decimal()),
        Effect::PayVendor { payment_hash, max_fee_msat, .. } => {
            format!("pay_vendor {} fee<={}", at(payment_hash), max_fee_msat.get())
        }
        Effect::AwaitDelivery { .. } => "await_delivery".to_owned(),
        Effect::WatchOrder { .. } => "watch_order".to_owned(),
        Effect::RequestFunds { .. } => "request_funds".to_owned(),
    }
}

/// The booking's name and its amounts, in the order of its fields.
fn booking(booking: &Booking) -> String {
    let serde_json::Value::Object(mut fields) = serde_json::to_value(booking).unwrap() else { unreachable!() };
    let name = fields.remove("booking").unwrap();
    let amounts: Vec<String> = fields.iter().map(|(key, value)| format!("{key}:{}", amount(value))).collect();
    format!("{}({})", name.as_str().unwrap(), amounts.join(" "))
}

fn amount(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(map) => match (map.get("minor"), map.values().next()) {
            (Some(minor), _) => minor.to_string(),
            (None, Some(inner)) => amount(inner),
            (None, None) => String::new(),
        },
        serde_json::Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}

fn timer(timer: &Timer) -> String {
    format!("+{}", timer.name())
}

/// How the forms of one event were answered.
pub struct Answers {
    pub event: &'static str,
    /// Answer, and which forms have it.
    pub labels: Vec<(String, Vec<String>)>,
}

impl Answers {
    fn named(&self, labels: &[String]) -> String {
        if self.labels.len() == 1 {
            return self.event.to_owned();
        }
        let most = self.labels.iter().map(|(_, labels)| labels.len()).max().unwrap_or(0);
        if labels.len() == most && most > 6 {
            return format!("{} [else]", self.event);
        }
        let plain = |label: &String| if label.is_empty() { "-".to_owned() } else { label.clone() };
        format!("{} [{}]", self.event, labels.iter().map(plain).collect::<Vec<_>>().join(", "))
    }
}

/// First what applies, then the rest gathered by answer.
pub fn block(text: &mut String, answers: &[Answers]) {
    let mut gathered: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for event in answers {
        for (answer, labels) in &event.labels {
            match answer.strip_prefix('+') {
                Some(step) => {
                    let _ = writeln!(text, "  + {} -> {step}", event.named(labels));
                }
                None => gathered.entry(answer).or_default().push(event.named(labels)),
            }
        }
    }
    for (answer, events) in gathered {
        let _ = write!(text, "  {answer}:");
        let mut width = usize::MAX;
        for event in events {
            if width.saturating_add(event.len()) > 108 {
                text.push_str("\n     ");
                width = 0;
            }
            width += event.len() + 2;
            let _ = write!(text, " {event};");
        }
        text.push('\n');
    }
}
