//! Times of steps, from the server's own log (JSON lines, microseconds).

use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

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

/// When each HTLC arrived and each card was ready, as times of day (UTC).
pub struct StepLog {
    held: HashMap<String, Duration>,
    ready: HashMap<String, Duration>,
}

impl StepLog {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("the server's log {}", path.display()))?;
        Ok(Self::parse(&text))
    }

    /// Lines that are something else are passed over.
    fn parse(text: &str) -> Self {
        let mut log = Self { held: HashMap::new(), ready: HashMap::new() };
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            let Some(at) = time_of_day(&line.timestamp) else { continue };
            match line.message.as_str() {
                "an HTLC has arrived" => drop(log.held.insert(line.hash, at)),
                "step" if line.to == "card_ready" => drop(log.ready.entry(line.purchase).or_insert(at)),
                _ => {}
            }
        }
        log
    }

    /// From the node's word, before anything was stored, to the commit that made the card ready.
    pub fn held_to_ready(&self, payment_hash: &str, purchase: &str) -> Result<Duration> {
        let held = self.held.get(payment_hash).with_context(|| format!("no HTLC {payment_hash} in the log"))?;
        let ready = self.ready.get(purchase).with_context(|| format!("no card of {purchase} in the log"))?;
        // Over midnight.
        Ok(if ready < held { *ready + DAY - *held } else { *ready - *held })
    }
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
}
