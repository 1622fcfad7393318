//! `anytill rates`: what a bitcoin costs now, who says so, and who is not believed.

use crate::admin::{self, Answer, Request};
use crate::cli::Place;
use crate::clock::SystemClock;
use crate::{config, wiring};
use anyhow::{Result, bail};
use ids::UnixMs;
use money::{Currency, Rate};
use ports::{Clock, ObservedRate, Prices as _, RateBasis};
use prices::{CurrencyReport, FeedState, LivePrices, Sample, VenueReport, Verdict, Via, sparkline};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

/// Points of the picture, and how far back it goes.
const POINTS_MAX: usize = 60;
const POINTS_MS: u64 = 24 * 3_600_000;

#[derive(Serialize)]
struct Shown {
    currencies: Vec<Priced>,
    /// By a daily table: for showing only, nothing is sold by them.
    estimates: Vec<Priced>,
}

#[derive(Serialize)]
struct Priced {
    currency: Currency,
    /// Decimal; nothing where there is no price.
    rate: Option<String>,
    observed_at_ms: Option<u64>,
    age_ms: Option<u64>,
    basis: Option<RateBasis>,
    outliers: Vec<String>,
    /// Why there is no price.
    why: Option<String>,
    venues: Vec<Said>,
    points: Vec<Point>,
}

#[derive(Serialize)]
struct Said {
    venue: &'static str,
    rate: Option<String>,
    age_ms: Option<u64>,
    /// `fresh`, `old`, `outlier`, `never`, `not_traded`.
    verdict: &'static str,
    /// `feed` or `asked`.
    via: Option<&'static str>,
    /// `none`, `connecting`, `connected`.
    feed: &'static str,
    reconnects: u64,
    resyncs: u64,
    failure: Option<String>,
}

#[derive(Serialize)]
struct Point {
    at_ms: u64,
    rate: String,
}

/// The running server's prices, or those of the venues, asked once.
pub fn run(place: &Place, currency: Option<Currency>) -> Result<Answer> {
    if let Some(answer) = admin::ask(&place.data, &Request::Rates { currency })? {
        return Ok(answer);
    }
    let config = config::load(&config::file_of(&place.data, place.config.as_deref()), std::env::vars())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let prices = wiring::prices(&config, Arc::clone(&clock))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (_, table) = tokio::join!(prices.refresh_once(), prices.refresh_table());
        if let Err(why) = table {
            crate::out::note(format!("no daily table: {why}"));
        }
    });
    report(&prices, currency, clock.now())
}

pub fn report(prices: &LivePrices, currency: Option<Currency>, now: UnixMs) -> Result<Answer> {
    let (own, estimated) = (prices.currencies(), prices.estimated());
    let asked = |currencies: &[Currency]| -> Vec<Currency> {
        currencies.iter().copied().filter(|of| currency.is_none_or(|asked| asked == *of)).collect()
    };
    let (own, estimated) = (asked(&own), asked(&estimated));
    if let Some(currency) = currency.filter(|_| own.is_empty() && estimated.is_empty()) {
        bail!("{currency} is not priced here: see prices.currencies and prices.table_url");
    }
    let since = UnixMs(now.0.saturating_sub(POINTS_MS));
    let reports: Vec<(CurrencyReport, Vec<Sample>)> =
        own.iter().map(|of| (prices.report(*of, now), prices.points(*of, since, POINTS_MAX))).collect();
    let estimates: Vec<CurrencyReport> = estimated.iter().map(|of| prices.report(*of, now)).collect();
    let mut text = String::new();
    for (report, points) in &reports {
        describe(&mut text, report, points, now)?;
    }
    for report in &estimates {
        writeln!(text, "{}  {}", report.currency, headline(report, now))?;
    }
    let good = reports.iter().all(|(report, _)| report.rate.is_ok());
    let shown = Shown {
        currencies: reports.iter().map(|(report, points)| priced(report, points, now)).collect(),
        estimates: estimates.iter().map(|report| priced(report, &[], now)).collect(),
    };
    Answer::new(good, text.trim_end(), &shown)
}

fn describe(text: &mut String, report: &CurrencyReport, points: &[Sample], now: UnixMs) -> Result<()> {
    writeln!(text, "{}  {}", report.currency, headline(report, now))?;
    for venue in report.venues.iter().filter(|venue| venue.verdict != Verdict::NotTraded) {
        let rate = venue.rate.map_or_else(|| "-".to_owned(), places);
        let age = venue.observed_at.map_or_else(|| "-".to_owned(), |at| seconds(now, at));
        write!(text, "     {:9} {rate:>14}  {age:>8}  {:8}", venue.venue, word(venue.verdict))?;
        let via = venue.via.map_or("", |via| if via == Via::Socket { "by its feed" } else { "asked" });
        write!(text, "{via:12}")?;
        if let Some((at, why)) = venue.failure.as_ref().filter(|_| venue.verdict != Verdict::Fresh) {
            write!(text, "{} ago: {why}", seconds(now, *at))?;
        }
        let end = text.trim_end().len();
        text.truncate(end);
        text.push('\n');
    }
    if points.len() > 1 {
        writeln!(text, "     {}", sparkline(points))?;
    }
    Ok(())
}

fn headline(report: &CurrencyReport, now: UnixMs) -> String {
    match &report.rate {
        Ok(seen) => format!("{}  {}", places(seen.rate), rests_on(seen, now)),
        Err(why) => format!("no price: {why}"),
    }
}

fn rests_on(seen: &ObservedRate, now: UnixMs) -> String {
    let from = format!("{} old, from {}", seconds(now, seen.observed_at), seen.venues.join(", "));
    let without =
        if seen.outliers.is_empty() { String::new() } else { format!(", without {}", seen.outliers.join(", ")) };
    match &seen.basis {
        RateBasis::Venues => format!("{from}{without}"),
        RateBasis::VenuesAndTable { table, date } => {
            format!("{from}{without}; the table of {table}, {date}, agrees")
        }
        RateBasis::Table { table, date, through } => {
            format!("an estimate: {through} by the table of {table}, {date}; {from}")
        }
    }
}

/// Two places at least, as prices are read.
pub fn places(rate: Rate) -> String {
    let text = rate.decimal();
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let point = if fraction == 0 { "." } else { "" };
    format!("{text}{point}{}", "0".repeat(2usize.saturating_sub(fraction)))
}

fn seconds(now: UnixMs, at: UnixMs) -> String {
    let ms = now.0.saturating_sub(at.0);
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fresh => "fresh",
        Verdict::Old => "old",
        Verdict::Outlier => "outlier",
        Verdict::Never => "never",
        Verdict::NotTraded => "not_traded",
    }
}

fn priced(report: &CurrencyReport, points: &[Sample], now: UnixMs) -> Priced {
    let seen = report.rate.as_ref().ok();
    Priced {
        currency: report.currency,
        rate: seen.map(|seen| seen.rate.decimal()),
        observed_at_ms: seen.map(|seen| seen.observed_at.0),
        age_ms: seen.map(|seen| now.0.saturating_sub(seen.observed_at.0)),
        basis: seen.map(|seen| seen.basis.clone()),
        outliers: seen.map(|seen| seen.outliers.clone()).unwrap_or_default(),
        why: report.rate.as_ref().err().map(ToString::to_string),
        venues: report.venues.iter().map(|venue| said(venue, now)).collect(),
        points: points.iter().map(|point| Point { at_ms: point.at.0, rate: point.rate.decimal() }).collect(),
    }
}

fn said(venue: &VenueReport, now: UnixMs) -> Said {
    Said {
        venue: venue.venue,
        rate: venue.rate.map(Rate::decimal),
        age_ms: venue.observed_at.map(|at| now.0.saturating_sub(at.0)),
        verdict: word(venue.verdict),
        via: venue.via.map(|via| if via == Via::Socket { "feed" } else { "asked" }),
        feed: match venue.feed {
            FeedState::None => "none",
            FeedState::Connecting => "connecting",
            FeedState::Connected => "connected",
        },
        reconnects: venue.reconnects,
        resyncs: venue.resyncs,
        failure: venue.failure.as_ref().map(|(_, why)| why.clone()),
    }
}
