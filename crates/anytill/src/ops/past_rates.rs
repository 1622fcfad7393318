//! `anytill rates --history`: what a bitcoin cost, as a plot.

use super::DAY_MS;
use super::rates::places;
use crate::admin::Answer;
use anyhow::{Context as _, Result, bail};
use ids::UnixMs;
use money::{Currency, Rate};
use ports::RateStore;
use prices::{Sample, chart, svg};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// Characters of the plot.
const COLUMNS: u64 = 72;
const ROWS: u64 = 8;
/// Units of the picture.
const WIDTH: u64 = 960;
const HEIGHT: u64 = 320;

#[derive(Serialize, Deserialize)]
struct Shown {
    currencies: Vec<Past>,
}

#[derive(Serialize, Deserialize)]
struct Past {
    currency: Currency,
    points: Vec<Point>,
}

#[derive(Serialize, Deserialize)]
struct Point {
    at_ms: u64,
    /// One bitcoin, in millionths of the major unit.
    rate_micro: u64,
}

/// Of one currency, or of all of which something is kept.
pub async fn report(store: &dyn RateStore, currency: Option<Currency>, days: u16, now: UnixMs) -> Result<Answer> {
    let currencies = match currency {
        Some(currency) => vec![currency],
        None => store.rate_currencies().await?,
    };
    let since = UnixMs(now.0.saturating_sub(u64::from(days).saturating_mul(DAY_MS)));
    let (mut text, mut shown) = (String::new(), Shown { currencies: Vec::new() });
    for currency in currencies {
        let samples = store.rates_since(currency, since).await?;
        describe(&mut text, currency, &samples)?;
        let point = |sample: &Sample| Point { at_ms: sample.at.0, rate_micro: sample.rate.micro_per_btc() };
        shown.currencies.push(Past { currency, points: samples.iter().map(point).collect() });
    }
    let any = shown.currencies.iter().any(|past| !past.points.is_empty());
    if !any {
        text = format!("nothing is known of the last {days} days: rates are kept while the server runs");
    }
    Answer::new(any, text.trim_end(), &shown)
}

fn describe(text: &mut String, currency: Currency, samples: &[Sample]) -> Result<()> {
    let rates = || samples.iter().map(|sample| sample.rate);
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return Ok(writeln!(text, "{currency}  nothing")?);
    };
    let lowest = rates().min_by_key(|rate| rate.micro_per_btc()).unwrap_or(first.rate);
    let highest = rates().max_by_key(|rate| rate.micro_per_btc()).unwrap_or(first.rate);
    let (low, high, now) = (places(lowest), places(highest), places(last.rate));
    writeln!(text, "{currency}  lowest {low}, highest {high}, last {now}; {} to {}", minute(first), minute(last))?;
    for line in chart(samples, COLUMNS, ROWS) {
        writeln!(text, "{}", format!("     {line}").trim_end())?;
    }
    Ok(())
}

/// To the minute, UTC.
fn minute(sample: &Sample) -> String {
    let text = outbound::rfc3339(sample.at);
    format!("{}Z", text.get(..16).unwrap_or(&text))
}

/// The picture of the one currency of an answer.
pub fn draw(answer: &Answer, file: &Path) -> Result<()> {
    let shown: Shown = serde_json::from_value(answer.json.clone()).context("the server answered in other words")?;
    let [past] = shown.currencies.as_slice() else {
        bail!("a picture shows one currency: name it, as in --currency USD");
    };
    let sample = |point: &Point| -> Result<Sample> {
        Ok(Sample { at: UnixMs(point.at_ms), rate: Rate::new(point.rate_micro, past.currency)? })
    };
    let samples = past.points.iter().map(sample).collect::<Result<Vec<_>>>()?;
    std::fs::write(file, svg(&samples, WIDTH, HEIGHT)).with_context(|| format!("writing {}", file.display()))
}
