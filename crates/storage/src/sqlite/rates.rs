//! Samples of rates.
//!
//! Invariant: bounded: whoever adds samples drops those that are too old, in the same step.

use super::Sqlite;
use super::error::StepResult;
use super::values::{column_time, ms, number, text};
use async_trait::async_trait;
use ids::UnixMs;
use money::{Currency, Rate};
use ports::{RATE_HOURS_MS, RATE_MINUTES_MS, RateSample, RateStore, StoreError};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};
use std::str::FromStr as _;

const MINUTE_MS: u64 = 60_000;
/// Name of a step, its length, how long its samples are kept.
const STEPS: [(&str, u64, u64); 2] = [("minute", MINUTE_MS, RATE_MINUTES_MS), ("hour", 3_600_000, RATE_HOURS_MS)];

#[async_trait]
impl RateStore for Sqlite {
    async fn keep_rates(&self, samples: Vec<RateSample>) -> Result<(), StoreError> {
        self.write(None, false, move |conn| keep(conn, &samples)).await
    }

    async fn rates_since(&self, currency: Currency, since: UnixMs) -> Result<Vec<RateSample>, StoreError> {
        self.read(move |conn| rates_since(conn, currency, since)).await
    }

    async fn rate_currencies(&self) -> Result<Vec<Currency>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached("SELECT DISTINCT currency FROM rate_samples ORDER BY currency")?;
            select.query_map([], |row| currency(row, 0))?.collect()
        })
        .await
    }
}

fn keep(conn: &Connection, samples: &[RateSample]) -> StepResult<()> {
    let Some(newest) = samples.iter().map(|sample| sample.at).max() else { return Ok(()) };
    let mut insert = conn.prepare_cached(
        "INSERT INTO rate_samples (step, slot, currency, at_ms, rate_micro) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?;
    let mut prune = conn.prepare_cached("DELETE FROM rate_samples WHERE step = ?1 AND slot < ?2")?;
    for (step, step_ms, kept_ms) in STEPS {
        for RateSample { at, rate } in samples {
            let slot = number(at.0 / step_ms, "slot")?;
            // An hour's sample keeps its minute: before it nobody looked.
            let minute = UnixMs(at.0 - at.0 % MINUTE_MS);
            let micro = number(rate.micro_per_btc(), "rate")?;
            insert.execute(params![step, slot, rate.currency().code(), ms(minute), micro])?;
        }
        prune.execute(params![step, number(newest.0.saturating_sub(kept_ms) / step_ms, "slot")?])?;
    }
    Ok(())
}

fn rates_since(conn: &Connection, currency: Currency, since: UnixMs) -> rusqlite::Result<Vec<RateSample>> {
    let mut select = conn.prepare_cached(
        "SELECT at_ms, rate_micro FROM rate_samples WHERE step = 'minute' AND at_ms >= ?1 AND currency = ?2
         UNION ALL
         SELECT at_ms, rate_micro FROM rate_samples WHERE step = 'hour' AND at_ms >= ?1 AND currency = ?2
             AND at_ms < (SELECT coalesce(min(at_ms), 9223372036854775807) FROM rate_samples
                          WHERE step = 'minute' AND currency = ?2)
         ORDER BY at_ms",
    )?;
    let sample = |row: &Row<'_>| {
        let rate = Rate::new(row.get(1)?, currency)
            .map_err(|error| Error::FromSqlConversionFailure(1, Type::Integer, Box::new(error)))?;
        Ok(RateSample { at: column_time(row, 0)?, rate })
    };
    select.query_map(params![ms(since), currency.code()], sample)?.collect()
}

fn currency(row: &Row<'_>, column: usize) -> rusqlite::Result<Currency> {
    Currency::from_str(text(row, column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
