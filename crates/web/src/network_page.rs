//! The network's figures as a page: no script, nothing from elsewhere.

use crate::dto::network::{Figure, NetworkDay, NetworkFigures, NetworkNow};
use crate::page;
use axum::response::Response;
use ids::UnixMs;
use money::{Currency, Money, Sat};
use network::Change;
use plot::Point;
use std::fmt::Write as _;

pub fn page(seen: &NetworkNow, now: UnixMs) -> Response {
    let mut body = String::from("<h1>The Lightning Network</h1>");
    match (&seen.figures, seen.heard_at_ms) {
        (Some(figures), Some(heard_at_ms)) => {
            let minutes = now.0.saturating_sub(heard_at_ms) / 60_000;
            let _ = write!(
                body,
                "<p>The public channels that this server's node has heard of, looked at {minutes} minutes ago. A node \
                 hears of the whole network only after some hours.</p>"
            );
            table(&mut body, figures);
            if let Some(carry) = &seen.could_carry {
                let _ = write!(
                    body,
                    "<p><strong>{}</strong> of these channels take {} BTC in one piece in at least one direction, by \
                     what their ends announce. Wallets can send an amount in several parts.</p>",
                    grouped(carry.channels),
                    btc(carry.amount_sat)
                );
            }
        }
        _ => body.push_str("<p>Nothing has been heard of it yet. Come back in some minutes.</p>"),
    }
    plots(&mut body, &seen.days);
    page::html("The Lightning Network", &body)
}

fn table(body: &mut String, figures: &NetworkFigures) {
    body.push_str(
        "<table><thead><tr><th scope=\"col\"></th><th scope=\"col\">now</th><th scope=\"col\">in 30 days</th></tr>\
         </thead><tbody>",
    );
    row(body, "nodes", &grouped(figures.nodes.now), &figures.nodes);
    row(body, "channels", &grouped(figures.channels.now), &figures.channels);
    row(body, "capacity", &worth(figures.capacity_sat.now, figures.capacity_usd_minor), &figures.capacity_sat);
    let mean = worth(figures.mean_channel_sat.now, figures.mean_channel_usd_minor);
    row(body, "mean channel", &mean, &figures.mean_channel_sat);
    row(body, "median channel", &worth(figures.median_channel_sat.now, None), &figures.median_channel_sat);
    body.push_str("</tbody></table>");
}

fn row(body: &mut String, what: &str, now: &str, figure: &Figure) {
    let change = figure.change_30d_bps.map_or_else(|| "not known yet".to_owned(), |bps| Change(bps).percent());
    let _ = write!(body, "<tr><th scope=\"row\">{what}</th><td>{now}</td><td>{change}</td></tr>");
}

fn plots(body: &mut String, days: &[NetworkDay]) {
    if days.len() < 2 {
        return;
    }
    let of = |value: fn(&NetworkDay) -> u64| -> Vec<Point> {
        days.iter().map(|day| Point { at: day.day.into(), value: value(day) }).collect()
    };
    let _ = write!(body, "<h2>{} days</h2>", days.len());
    for (title, points, label) in [
        ("nodes", of(|day| day.nodes), grouped as fn(u64) -> String),
        ("channels", of(|day| day.channels), grouped),
        ("capacity in BTC", of(|day| day.capacity_sat), btc),
    ] {
        let picture = plot::svg(title, &points, label, 600, 120);
        let _ = write!(body, "<figure><figcaption>{title}</figcaption>{picture}</figure>");
    }
}

fn worth(sat: u64, usd_minor: Option<u64>) -> String {
    let dollars = usd_minor.and_then(|minor| Money::new(minor, Currency::USD).ok());
    dollars
        .map_or_else(|| format!("{} BTC", btc(sat)), |dollars| format!("{} BTC, {} USD", btc(sat), dollars.decimal()))
}

fn btc(sat: u64) -> String {
    Sat::new(sat).map_or_else(|_| "-".to_owned(), Sat::btc_string)
}

/// Thousands apart, by a thin space that does not break.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(
            [0, 999, 1_000, 38_637, 1_234_567].map(grouped),
            [
                "0".to_owned(),
                "999".to_owned(),
                "1\u{202f}000".to_owned(),
                "38\u{202f}637".to_owned(),
                "1\u{202f}234\u{202f}567".to_owned()
            ]
        );
    }
}
