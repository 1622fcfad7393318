//! Times of steps, from the server's own log (JSON lines, microseconds).

use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    message: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    purchase: String,
    #[serde(default)]
    to: String,
}

/// When things first happened, by payment hash or purchase, as times of day (UTC).
#[derive(Default)]
pub struct StepLog {
    held: HashMap<String, Duration>,
    ready: HashMap<String, Duration>,
    confirmed: HashMap<String, Duration>,
    funded: HashMap<String, Duration>,
    ordered: HashMap<String, Duration>,
}

/// The way from the node's word that the claim is confirmed to the exchange.
pub struct SaleTimes {
    /// Until the purchase was committed as funded, with the order in its outbox.
    pub commit: Duration,
    /// Until the order was taken out of the outbox and marked as sent, which is a commit too.
    pub outbox: Duration,
    /// Until the request was at the exchange.
    pub request: Duration,
}

impl SaleTimes {
    pub fn total(&self) -> Duration {
        self.commit + self.outbox + self.request
    }
}

impl StepLog {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("the server's log {}", path.display()))?;
        Ok(Self::parse(&text))
    }

    /// Lines that are something else are passed over.
    fn parse(text: &str) -> Self {
        let mut log = Self::default();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            let Some(at) = time_of_day(&line.timestamp) else { continue };
            let (times, of) = match line.message.as_str() {
                "an HTLC has arrived" => (&mut log.held, line.hash),
                "a claim is confirmed" => (&mut log.confirmed, line.hash),
                "step" if line.to == "card_ready" => (&mut log.ready, line.purchase),
                "step" if line.to == "funded" => (&mut log.funded, line.purchase),
                "an order is sent" => (&mut log.ordered, line.purchase),
                _ => continue,
            };
            times.entry(of).or_insert(at);
        }
        log
    }

    /// From the node's word, before anything was stored, to the commit that made the card ready.
    pub fn held_to_ready(&self, payment_hash: &str, purchase: &str) -> Result<Duration> {
        Ok(between(of(&self.held, payment_hash)?, of(&self.ready, purchase)?))
    }

    /// `arrived`: when the exchange was asked.
    pub fn confirmed_to_order(&self, payment_hash: &str, purchase: &str, arrived: SystemTime) -> Result<SaleTimes> {
        let confirmed = of(&self.confirmed, payment_hash)?;
        let (funded, ordered) = (of(&self.funded, purchase)?, of(&self.ordered, purchase)?);
        let since = arrived.duration_since(UNIX_EPOCH)?;
        // The log has whole microseconds.
        let arrived = Duration::from_micros(u64::try_from(since.as_micros() % DAY.as_micros())?);
        Ok(SaleTimes {
            commit: between(confirmed, funded),
            outbox: between(funded, ordered),
            request: between(ordered, arrived),
        })
    }
}

fn of(times: &HashMap<String, Duration>, what: &str) -> Result<Duration> {
    times.get(what).copied().with_context(|| format!("{what} is not in the log"))
}

/// Over midnight, too.
fn between(from: Duration, to: Duration) -> Duration {
    if to < from { to + DAY - from } else { to - from }
}

/// `2026-01-01T12:34:56.123456Z`.
fn time_of_day(timestamp: &str) -> Option<Duration> {
    let (_, time) = timestamp.trim_end_matches('Z').split_once('T')?;
    let mut parts = time.splitn(3, ':');
    let mut whole = || parts.next()?.parse::<u64>().ok();
    let minutes = whole()? * 60 + whole()?;
    let (seconds, fraction) = parts.next()?.split_once('.')?;
    let micros: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(Duration::from_secs(minutes * 60 + seconds.parse::<u64>().ok()?) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_the_log() {
        let log = StepLog::parse(concat!(
            "not JSON\n",
            r#"{"timestamp":"2026-01-01T23:59:59.999000Z","message":"an HTLC has arrived","hash":"aa"}"#,
            "\n",
            r#"{"timestamp":"2026-01-02T00:00:00.000500Z","message":"step","purchase":"p","to":"held"}"#,
            "\n",
            r#"{"timestamp":"2026-01-02T00:00:00.004250Z","message":"step","purchase":"p","to":"card_ready"}"#,
            "\n",
            r#"{"timestamp":"2026-01-02T00:00:01.0Z","message":"step","purchase":"p","to":"card_ready"}"#,
        ));
        assert_eq!(log.held_to_ready("aa", "p").unwrap(), Duration::from_micros(5_250));
        assert!(log.held_to_ready("bb", "p").is_err() && log.held_to_ready("aa", "q").is_err());
    }

    #[test]
    fn the_way_of_an_order_is_split_where_it_was_logged() {
        let log = StepLog::parse(concat!(
            r#"{"timestamp":"2026-01-01T00:00:01.000000Z","message":"a claim is confirmed","hash":"aa"}"#,
            "\n",
            r#"{"timestamp":"2026-01-01T00:00:01.002000Z","message":"step","purchase":"p","to":"funded"}"#,
            "\n",
            r#"{"timestamp":"2026-01-01T00:00:01.005000Z","message":"an order is sent","purchase":"p"}"#,
            "\n",
            // A later step of the purchase is no news of its claim.
            r#"{"timestamp":"2026-01-01T00:00:09.0Z","message":"step","purchase":"p","to":"funded"}"#,
        ));
        // 2026-01-01 is a whole number of days after 1970.
        let arrived = UNIX_EPOCH + Duration::from_secs(1_767_225_601) + Duration::from_nanos(6_500_999);
        let times = log.confirmed_to_order("aa", "p", arrived).unwrap();
        let parts = [times.commit, times.outbox, times.request].map(|part| part.as_micros());
        assert_eq!((parts, times.total().as_micros()), ([2_000, 3_000, 1_500], 6_500));
        assert!(log.confirmed_to_order("bb", "p", arrived).is_err());
    }
}
